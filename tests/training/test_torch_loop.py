"""Training PyTorch models: the numbers of a loop by hand, early stopping, padding, refusals."""

import numpy as np
import pytest
import torch
from torch import nn

from lstm_helpers.training.torch_loop import (
    fit_torch,
    mean_loss,
    padded_batches,
    pick_device,
    predict,
)


def line(seed=0):
    torch.manual_seed(seed)
    return nn.Linear(2, 1)


def batches(rng, count=3):
    xs = torch.tensor(rng.normal(size=(count, 4, 2)), dtype=torch.float32)
    ys = torch.tensor(rng.normal(size=(count, 4, 1)), dtype=torch.float32)
    return list(zip(xs, ys, strict=True))


def test_it_does_what_the_same_loop_by_hand_does():
    data = batches(np.random.default_rng(0))
    model, twin = line(), line()
    history = fit_torch(
        model, data, nn.MSELoss(), torch.optim.SGD(model.parameters(), 0.1), 2, max_norm=0.5
    )
    optimizer = torch.optim.SGD(twin.parameters(), 0.1)
    norms, losses = [], []
    for _ in range(2):
        for x, y in data:
            optimizer.zero_grad()
            loss = ((twin(x) - y) ** 2).mean()
            loss.backward()
            norm = torch.sqrt(sum((p.grad**2).sum() for p in twin.parameters()))
            for p in twin.parameters():
                p.grad *= min(1.0, 0.5 / float(norm))
            optimizer.step()
            norms.append(float(norm))
            losses.append(loss.item())
    np.testing.assert_allclose(history.gradient_norm, norms, rtol=1e-5)
    np.testing.assert_allclose(history.train_loss, np.reshape(losses, (2, 3)).mean(1), rtol=1e-5)
    for ours, theirs in zip(model.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-6)


def test_early_stopping_keeps_the_weights_of_the_best_epoch():
    data = batches(np.random.default_rng(0), 1)
    model = line()
    seen = []

    def loss_fn(output, target):
        return ((output - target) ** 2).mean()

    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    validation = data  # its loss falls for three steps and then rises: the rate turns negative
    original = mean_loss(model, validation, loss_fn)
    scheduler = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: seen.append(step) or (1.0 if step < 3 else -1.0)
    )
    history = fit_torch(
        model, data, loss_fn, optimizer, 50, validation=validation, scheduler=scheduler, patience=4
    )
    best = int(history.validation_loss.argmin())
    assert history.best_epoch == best
    assert len(history.train_loss) == best + 5 < 50
    assert mean_loss(model, validation, loss_fn) == pytest.approx(history.validation_loss[best])
    assert history.validation_loss[best] < original
    assert len(seen) == len(history.train_loss) + 1  # one step of the schedule for each update


def test_the_mean_loss_weighs_examples_and_not_batches():
    model = nn.Identity()
    data = [(torch.zeros(3), torch.zeros(3)), (torch.zeros(1), torch.full((1,), 2.0))]
    assert mean_loss(model, data, nn.MSELoss()) == pytest.approx(1.0)


def test_prediction_turns_dropout_off_and_the_mode_back():
    model = nn.Sequential(nn.Dropout(0.9))
    model.train()
    outputs, _ = predict(model, [(torch.ones(100), torch.ones(100))])
    assert bool((outputs == 1).all())
    assert model.training
    assert not outputs.requires_grad


def test_padded_batches_hold_every_sequence_once_and_zeros_behind_it():
    rng = np.random.default_rng(0)
    sequences = [rng.normal(size=(T, 2)) for T in (3, 1, 5, 2)]
    seen = {}
    for x, lengths, y in padded_batches(
        sequences, [10, 11, 12, 13], 3, torch.Generator().manual_seed(1)
    ):
        assert x.shape[1] == lengths.max()
        for row, length, target in zip(x, lengths, y, strict=True):
            seen[int(target)] = row[:length]
            assert bool((row[length:] == 0).all())
    assert sorted(seen) == [10, 11, 12, 13]
    for number, sequence in enumerate(sequences):
        np.testing.assert_allclose(seen[10 + number].numpy(), sequence, rtol=1e-6)


def test_targets_keep_their_kind():
    (_, _, classes), (_, _, values) = (
        next(iter(padded_batches([np.ones((2, 1))], target, 1))) for target in ([1], [0.5])
    )
    assert classes.dtype == torch.long
    assert values.dtype == torch.float32


def test_lengths_reach_the_model_as_they_are():
    class Lengths(nn.Module):
        def forward(self, x, lengths):
            assert lengths.device.type == "cpu"
            return lengths.float()

    outputs, _ = predict(Lengths(), padded_batches([np.ones((2, 1)), np.ones((4, 1))], [0, 0], 2))
    assert outputs.tolist() == [2.0, 4.0]


def test_what_cannot_work_is_refused():
    model = line()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    data = batches(np.random.default_rng(0), 1)
    with pytest.raises(ValueError, match="expected at least 1"):
        fit_torch(model, data, nn.MSELoss(), optimizer, 0)
    with pytest.raises(ValueError, match="no batch to train on"):
        fit_torch(model, [], nn.MSELoss(), optimizer, 1)
    with pytest.raises(ValueError, match="early stopping needs a loss"):
        fit_torch(model, data, nn.MSELoss(), optimizer, 1, patience=2)
    with pytest.raises(ValueError, match="no batch; expected at least one"):
        predict(model, [])
    with pytest.raises(ValueError, match="as many of both"):
        padded_batches([np.ones((2, 1))], [0, 1], 1)
    with pytest.raises(ValueError, match="got the device 'tpu'"):
        pick_device("tpu")
    with pytest.raises(FloatingPointError, match="the loss became nan after 0 steps"):
        fit_torch(model, [(data[0][0], data[0][1] * float("nan"))], nn.MSELoss(), optimizer, 1)
