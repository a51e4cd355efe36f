"""Padding never changes an answer: a sequence alone, and the same inside any batch."""

import numpy as np
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lstm_helpers.frameworks.torch_models import SequenceClassifier
from lstm_helpers.training.torch_loop import padded_batches

ANY_LENGTHS = st.lists(st.integers(1, 29), min_size=1, max_size=8)
EASY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@EASY
@given(
    lengths=ANY_LENGTHS, layers=st.integers(1, 2), both=st.booleans(), seed=st.integers(0, 2**16)
)
def test_pytorch_gives_the_same_logits_alone_and_in_any_batch(lengths, layers, both, seed):
    torch.manual_seed(seed)
    model = SequenceClassifier(3, 5, 4, num_layers=layers, bidirectional=both).eval()
    rng = np.random.default_rng(seed)
    sequences = [rng.normal(size=(length, 3)) for length in lengths]
    x, counts, _ = next(iter(padded_batches(sequences, [0] * len(lengths), len(lengths))))
    noise = torch.from_numpy(rng.normal(0, 100, x.shape)).float()  # in place of the zeros
    padding = torch.arange(x.shape[1]) >= counts[:, None]
    other = torch.where(padding[:, :, None], noise, x)
    with torch.no_grad():
        alone = torch.cat(
            [model(x[n : n + 1, :k], counts[n : n + 1]) for n, k in enumerate(counts)]
        )
        together, with_noise = model(x, counts), model(other, counts)
    torch.testing.assert_close(together, alone, rtol=0, atol=1e-6)
    torch.testing.assert_close(with_noise, alone, rtol=0, atol=1e-6)


@settings(EASY, max_examples=25)
@given(lengths=ANY_LENGTHS, both=st.booleans(), seed=st.integers(0, 2**16))
def test_keras_with_a_mask_gives_the_same_logits_alone_and_in_any_batch(lengths, both, seed):
    import keras

    keras.utils.set_random_seed(seed)
    layer = keras.layers.LSTM(5)
    layer = keras.layers.Bidirectional(layer) if both else layer
    head = keras.layers.Dense(4)
    rng = np.random.default_rng(seed)
    sequences = [rng.normal(size=(length, 3)).astype("float32") for length in lengths]
    x = np.zeros((len(lengths), max(lengths), 3), dtype="float32")
    for row, sequence in zip(x, sequences, strict=True):
        row[: len(sequence)] = sequence
    mask = np.arange(x.shape[1]) < np.array(lengths)[:, None]
    together = np.asarray(head(layer(x, mask=mask)))
    alone = np.concatenate([np.asarray(head(layer(s[None]))) for s in sequences])
    np.testing.assert_allclose(together, alone, rtol=0, atol=1e-6)
