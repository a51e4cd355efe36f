"""The training loop for PyTorch models: epochs, clipping, a schedule, early stopping, a record.

A batch is a tuple whose last element is the target; the others go to the model in their order, so
``(x, lengths, y)`` becomes ``loss_fn(model(x, lengths), y)``.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_
from torch.utils.data import DataLoader

from lstm_helpers.training.history import History
from lstm_helpers.training.progress import track

LossFunction = Callable[[Tensor, Tensor], Tensor]


def pick_device(preferred: str | None = None) -> torch.device:
    """Choose where to compute: a CUDA card, Apple's MPS, or the processor.

    Parameters
    ----------
    preferred : str, optional
        A device by name, such as ``"cpu"``; without it the fastest kind that is there.

    Returns
    -------
    torch.device
        The device.

    Raises
    ------
    ValueError
        If the one that is asked for is unknown or not there.

    Examples
    --------
    >>> pick_device("cpu")
    device(type='cpu')
    """
    there = ["cpu"]
    if torch.backends.mps.is_available():
        there.insert(0, "mps")
    if torch.cuda.is_available():
        there.insert(0, "cuda")
    if preferred is not None and preferred not in there:
        raise ValueError(f"got the device {preferred!r}; expected one that is here: {there}")
    return torch.device(preferred or there[0])


def fit_torch(
    model: nn.Module,
    batches: Iterable[Sequence[Tensor]],
    loss_fn: LossFunction,
    optimizer: torch.optim.Optimizer,
    epochs: int,
    *,
    validation: Iterable[Sequence[Tensor]] | None = None,
    max_norm: float | None = None,
    scheduler: Any = None,
    patience: int | None = None,
    label: str = "training",
    progress: bool = True,
) -> History:
    """Train a model in place.

    Parameters
    ----------
    model : torch.nn.Module
        Trained where it is; batches are moved to its device.
    batches : iterable
        Such as a ``DataLoader``; gone through once in every epoch.
    loss_fn : callable
        Takes the model's output and the target; returns the mean loss of the batch.
    optimizer : torch.optim.Optimizer
        Of the model's parameters.
    epochs : int
        How many at most, at least 1.
    validation : iterable, optional
        Batches that are only looked at. With them, the model ends with the weights of the epoch
        whose validation loss was lowest.
    max_norm : float, optional
        Longest global norm of the gradients; longer ones are shortened to it.
    scheduler : torch.optim.lr_scheduler.LRScheduler, optional
        Is stepped after every update, not after every epoch.
    patience : int, optional
        Stop after so many epochs without a lower validation loss.
    label : str, optional
        What stands in front of the progress bar.
    progress : bool, optional
        False: no progress bar.

    Returns
    -------
    History
        Losses, gradient norms, the epoch that was kept.

    Raises
    ------
    FloatingPointError
        If the loss stops being a finite number.
    ValueError
        If there is nothing to train on, ``epochs`` is below 1, or ``patience`` is asked for
        without validation data.

    Examples
    --------
    >>> x = torch.linspace(-1, 1, 8)[:, None]
    >>> model = nn.Linear(1, 1)
    >>> history = fit_torch(model, [(x, 2 * x)], nn.MSELoss(),
    ...                     torch.optim.SGD(model.parameters(), lr=0.5), epochs=200)
    >>> bool(history.train_loss[-1] < 1e-6)
    True
    """
    if epochs < 1:
        raise ValueError(f"got epochs={epochs}; expected at least 1")
    if patience is not None and validation is None:
        raise ValueError(
            "patience is given, but no validation data; expected both: early stopping needs a loss "
            "that the training does not see"
        )
    start = time.perf_counter()
    train_losses: list[float] = []
    validation_losses: list[float] = []
    norms: list[float] = []
    best_epoch, best_weights = 0, None
    for epoch in track(range(epochs), label, progress, lambda: f"loss {train_losses[-1]:.4g}"):
        train_losses.append(
            _train_epoch(model, batches, loss_fn, optimizer, max_norm, scheduler, norms)
        )
        best_epoch = epoch if validation is None else best_epoch
        if validation is None:
            continue
        validation_losses.append(mean_loss(model, validation, loss_fn))
        if validation_losses[-1] <= min(validation_losses):
            best_epoch, best_weights = epoch, copy.deepcopy(model.state_dict())
        if patience is not None and epoch - best_epoch >= patience:
            break
    if best_weights is not None:
        model.load_state_dict(best_weights)
    return History(
        np.array(train_losses),
        np.array(validation_losses),
        np.array(norms),
        best_epoch,
        time.perf_counter() - start,
    )


def mean_loss(
    model: nn.Module, batches: Iterable[Sequence[Tensor]], loss_fn: LossFunction
) -> float:
    """Mean loss per example, without training.

    Parameters
    ----------
    model : torch.nn.Module
        Is left in the mode, training or not, that it was in.
    batches : iterable
        As in `fit_torch`.
    loss_fn : callable
        As in `fit_torch`.

    Returns
    -------
    float
        Weighted by the number of examples in each batch.

    Raises
    ------
    ValueError
        If there is no batch.
    """
    outputs, targets = predict(model, batches)
    return float(loss_fn(outputs, targets))


def predict(model: nn.Module, batches: Iterable[Sequence[Tensor]]) -> tuple[Tensor, Tensor]:
    """Outputs and targets of all batches, without gradients and with dropout off.

    Parameters
    ----------
    model : torch.nn.Module
        Is left in the mode, training or not, that it was in.
    batches : iterable
        As in `fit_torch`.

    Returns
    -------
    outputs, targets : torch.Tensor (n, ...)
        In the order of the batches, on the processor.

    Raises
    ------
    ValueError
        If there is no batch.

    Examples
    --------
    >>> outputs, targets = predict(nn.Identity(), [(torch.ones(2), torch.zeros(2))])
    >>> outputs, targets
    (tensor([1., 1.]), tensor([0., 0.]))
    """
    device, was_training = _device_of(model), model.training
    outputs, targets = [], []
    model.eval()
    try:
        with torch.no_grad():
            for *inputs, target in batches:
                outputs.append(model(*_moved(inputs, device)).cpu())
                targets.append(target.cpu())
    finally:
        model.train(was_training)
    if not outputs:
        raise ValueError("there was no batch; expected at least one")
    return torch.cat(outputs), torch.cat(targets)


def padded_batches(
    sequences: Sequence[npt.NDArray[Any]],
    targets: npt.ArrayLike,
    batch_size: int,
    generator: torch.Generator | None = None,
) -> DataLoader[Any]:
    """Batches of sequences of different lengths: ``(x (N, T, D), lengths (N,), y (N, ...))``.

    Parameters
    ----------
    sequences : sequence of ndarray (T_n, D)
        Each batch is padded with zeros to its own longest sequence.
    targets : array_like (n, ...)
        One target for each sequence; integers stay integers, the rest becomes float32.
    batch_size : int
        N; the last batch may be smaller.
    generator : torch.Generator, optional
        Shuffles before every epoch; without it the order stays.

    Returns
    -------
    torch.utils.data.DataLoader
        With inputs in float32 and lengths on the processor, where packing wants them.

    Raises
    ------
    ValueError
        If there is not one target for each sequence.

    Examples
    --------
    >>> x, lengths, y = next(iter(padded_batches([np.ones((2, 3)), np.ones((5, 3))], [0, 1], 2)))
    >>> tuple(x.shape), lengths.tolist(), y.tolist()
    ((2, 5, 3), [2, 5], [0, 1])
    """
    values = np.asarray(targets)
    if len(values) != len(sequences):
        raise ValueError(
            f"got {len(sequences)} sequences and {len(values)} targets; expected as many of both"
        )
    kind = torch.long if values.dtype.kind in "iu" else torch.float32
    examples = [
        (torch.as_tensor(sequence, dtype=torch.float32), torch.as_tensor(value, dtype=kind))
        for sequence, value in zip(sequences, values, strict=True)
    ]
    return DataLoader(
        examples,  # type: ignore[arg-type]
        batch_size=batch_size,
        shuffle=generator is not None,
        generator=generator,
        collate_fn=_collate,
    )


def _collate(examples: list[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor, Tensor]:
    sequences, targets = zip(*examples, strict=True)
    lengths = torch.tensor([len(sequence) for sequence in sequences])
    padded = nn.utils.rnn.pad_sequence(list(sequences), batch_first=True)
    return padded, lengths, torch.stack(targets)


def _train_epoch(
    model: nn.Module,
    batches: Iterable[Sequence[Tensor]],
    loss_fn: LossFunction,
    optimizer: torch.optim.Optimizer,
    max_norm: float | None,
    scheduler: Any,
    norms: list[float],
) -> float:
    device = _device_of(model)
    model.train()
    total, count = 0.0, 0
    for *inputs, target in batches:
        optimizer.zero_grad()
        loss = loss_fn(model(*_moved(inputs, device)), target.to(device))
        value = loss.item()
        if not np.isfinite(value):
            raise FloatingPointError(
                f"the loss became {value} after {len(norms)} steps; expected a finite number: "
                "lower the learning rate or clip the gradients with max_norm"
            )
        loss.backward()  # type: ignore[no-untyped-call]
        limit = float("inf") if max_norm is None else max_norm
        norms.append(float(clip_grad_norm_(model.parameters(), limit)))
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        total, count = total + value * len(target), count + len(target)
    if not count:
        raise ValueError(
            "there was no batch to train on; expected at least one: an iterator that was used up "
            "gives none, so pass a DataLoader or a list"
        )
    return total / count


def _device_of(model: nn.Module) -> torch.device:
    first = next(model.parameters(), None)
    return torch.device("cpu") if first is None else first.device


def _moved(inputs: Sequence[Tensor], device: torch.device) -> list[Tensor]:
    """Inputs on the device; lengths, one integer for each example, stay on the processor."""
    return [x if x.ndim == 1 and not x.is_floating_point() else x.to(device) for x in inputs]
