"""What is special about lesson 06: real tensors, a freedom, two precisions, two mistakes."""

import numpy as np
import pytest
import torch

from lstm_helpers import convert, nn
from lstm_helpers.checks import diagnose
from lstm_helpers.exercises.lesson_06 import (
    FROM_TORCH,
    TO_KERAS,
    TO_TORCH,
    from_torch,
    to_keras,
    to_torch,
)


def verdict_on(exercise, answer, seed=0):
    return diagnose(exercise, answer, np.random.default_rng(seed))


def named(weight_ih, weight_hh, bias_ih, bias_hh):
    return {
        "weight_ih_l0": weight_ih,
        "weight_hh_l0": weight_hh,
        "bias_ih_l0": bias_ih,
        "bias_hh_l0": bias_hh,
    }


def test_the_references_agree_with_convert_and_with_each_other():
    params = nn.init_lstm(3, 4, np.random.default_rng(0))
    theirs = convert.to_torch("lstm", ((params,),))
    assert to_torch(*params).keys() == theirs.keys()
    assert all(np.array_equal(to_torch(*params)[name], theirs[name]) for name in theirs)
    (layer,) = convert.to_keras("lstm", ((params,),))
    assert all(map(np.array_equal, to_keras(*params), layer))
    tensors = {name: torch.from_numpy(array) for name, array in theirs.items()}
    assert all(map(np.array_equal, from_torch(tensors), params))


def test_an_lstm_with_these_weights_computes_what_ours_does():
    rng = np.random.default_rng(1)
    params = nn.init_lstm(3, 4, rng)
    xs, h0, c0 = rng.normal(size=(2, 6, 3)), rng.normal(size=(2, 4)), rng.normal(size=(2, 4))
    layer = torch.nn.LSTM(3, 4, batch_first=True, dtype=torch.float64)
    layer.load_state_dict({k: torch.from_numpy(v) for k, v in to_torch(*params).items()})
    states = torch.from_numpy(h0)[None], torch.from_numpy(c0)[None]
    hs, (_, c_n) = layer(torch.from_numpy(xs), states)
    ours, c_last = nn.lstm_forward(xs, h0, c0, *params)
    assert np.abs(hs.detach().numpy() - ours).max() < 1e-12
    assert np.abs(c_n[0].detach().numpy() - c_last).max() < 1e-12


def test_cases_hold_the_state_dicts_of_real_models_of_both_precisions():
    cases = FROM_TORCH.cases(np.random.default_rng(0))
    assert {case.args[0]["weight_ih_l0"].dtype for case in cases} == {torch.float32, torch.float64}
    for case in cases:
        (state_dict,) = case.args
        assert all(isinstance(tensor, torch.Tensor) for tensor in state_dict.values())
        assert all(tensor.count_nonzero() == tensor.numel() for tensor in state_dict.values())
        layer = torch.nn.LSTM(case.sizes["D"], case.sizes["H"])
        layer.load_state_dict(state_dict)  # names and shapes are those of the layer


@pytest.mark.parametrize(
    ("exercise", "answer", "slug", "text"),
    [
        # Known mistakes, with the bias split otherwise than ours and as tensors.
        (
            TO_TORCH,
            lambda W_x, W_h, b: named(W_x, W_h, b / 2, b / 2),
            "not-transposed",
            "transpose both",
        ),
        (
            TO_TORCH,
            lambda W_x, W_h, b: named(*map(torch.Tensor, (W_x.T, W_h.T, b / 4, 3 * b / 4))),
            "precision-lost",
            "`torch.Tensor(...)`",
        ),
        (
            TO_TORCH,
            lambda W_x, W_h, b: named(W_x.T, W_h.T, 3 * b, -b),
            "bias-twice",
            "every gate gets 2 b",
        ),
        # Two at once.
        (
            TO_TORCH,
            lambda W_x, W_h, b: named(W_x.reshape(-1, len(W_x)), W_h.reshape(-1, len(W_h)), b, b),
            "reshaped-instead-of-transposed",
            "`b` stands in both biases",
        ),
        (
            FROM_TORCH,
            lambda s: (
                s["weight_ih_l0"].numpy().T,
                s["weight_hh_l0"].view(s["weight_hh_l0"].shape[::-1]).numpy(),
                s["bias_hh_l0"].numpy(),
            ),
            "reshaped-instead-of-transposed",
            "Only one of the two biases",
        ),
        # The gates of one array in another order.
        (
            TO_TORCH,
            lambda W_x, W_h, b: named(
                W_x.T, np.concatenate([np.split(W_h, 4, axis=1)[k] for k in (0, 3, 1, 2)], 1).T, b,
                0 * b,
            ),
            "gates-in-another-order",
            "Right so far: `weight_ih_l0` and `(bias_ih_l0 + bias_hh_l0)`.",
        ),
        # What nobody listed still gets a message that names the place.
        (
            TO_TORCH,
            lambda W_x, W_h, b: named(W_x, W_h, b, b),
            "transposed",
            '`state_dict["weight_ih_l0"]` has shape (3, 8), that is (D, 4H); expected (8, 3)',
        ),
        (
            TO_TORCH,
            lambda W_x, W_h, b: list(to_torch(W_x, W_h, b).values()),
            "wrong-kind",
            'is a list of 4; expected a dict with the keys `"weight_ih_l0"`, `"weight_hh_l0"`',
        ),
        (
            TO_TORCH,
            lambda W_x, W_h, b: {
                k.replace("weights", "weight").replace("ih", "in"): v
                for k, v in to_torch(W_x, W_h, b).items()
            },
            "wrong-keys",
            'Probably `"weight_in_l0"` should be `"weight_ih_l0"` and `"bias_in_l0"` should be',
        ),
        (TO_KERAS, lambda W_x, W_h, b: [W_x, W_h, -b], "wrong-sign", "except for its sign"),
        (
            FROM_TORCH,
            lambda s: tuple(array.tolist() for array in from_torch(s)),
            "not-numpy",
            "is a list; expected a NumPy array of shape (D, 4H). `np.array(...)` makes one of it.",
        ),
        (
            FROM_TORCH,
            lambda s: (*from_torch(s)[:2], s["bias_ih_l0"] + s["bias_hh_l0"]),
            "not-numpy",
            "The result `b` of `from_torch` is a Tensor",
        ),
        (
            FROM_TORCH,
            lambda s: s["weight_ih"],
            "raised",
            'A dict that was given has the keys `"weight_ih_l0"`, `"weight_hh_l0"`, `"bias_ih_l0"` '
            'and `"bias_hh_l0"`.',
        ),
        (
            FROM_TORCH,
            lambda s: (*from_torch(s), s.pop("bias_hh_l0"))[:3],
            "model-changed",
            "`pop` takes a weight away",
        ),
        (
            FROM_TORCH,
            lambda s: tuple(array.astype(np.float16) for array in from_torch(s)),
            "wrong-precision",
            "`W_x` has the precision float16; expected float64",
        ),
    ],
)  # fmt: skip
def test_what_a_learner_reads(exercise, answer, slug, text):
    for seed in range(3):
        verdict = verdict_on(exercise, answer, seed)
        assert verdict.status == "failed"
        assert verdict.diagnosis == slug, verdict.message
        assert text in verdict.message
