"""The training loop for networks written in NumPy: batches in, trained parameters out.

Parameters and gradients are dicts of arrays with the same keys. The loop knows nothing of the
network: it calls ``loss_and_grads``, shortens the gradients if asked to, and lets the optimiser
take a step. Arguments are never changed, apart from the optimiser's memory.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Protocol, TypeVar

import numpy as np
from threadpoolctl import threadpool_limits

from lstm_helpers.nn import clip_by_global_norm
from lstm_helpers.nn.functions import Array
from lstm_helpers.training.history import StepHistory
from lstm_helpers.training.progress import track

Batch = TypeVar("Batch")


class Optimizer(Protocol):
    """What `fit` asks of an optimiser: `lstm_helpers.nn.SGD` and `lstm_helpers.nn.Adam` have it.

    Parameters
    ----------
    *args, **kwargs
        A protocol is not made; what an optimiser is made with is its own affair.
    """

    def step(self, params: dict[str, Array], grads: dict[str, Array]) -> dict[str, Array]:
        """Return new parameters.

        Parameters
        ----------
        params, grads : dict of ndarray
            With the same keys.

        Returns
        -------
        dict of ndarray
            New arrays.
        """


def fit(
    params: Mapping[str, Array],
    loss_and_grads: Callable[[dict[str, Array], Batch], tuple[float, Mapping[str, Array]]],
    batches: Iterable[Batch],
    optimizer: Optimizer,
    max_norm: float | None = None,
    label: str = "training",
    progress: bool = True,
    num_threads: int | None = 1,
) -> tuple[dict[str, Array], StepHistory]:
    """Train: one step of gradient descent for each batch.

    Parameters
    ----------
    params : dict of ndarray
        Where to start; left as it is.
    loss_and_grads : callable
        Takes the parameters and a batch; returns the loss, a number, and a dict with a gradient
        for each parameter.
    batches : iterable
        One element for each step, such as `minibatches` gives; with a length, the progress bar
        shows the time left.
    optimizer : Optimizer
        Such as ``nn.Adam(lr=1e-3)``. It keeps its memory: take a new one for a new training.
    max_norm : float, optional
        Longest global norm of the gradients; longer ones are shortened to it. Without it there is
        no clipping.
    label : str, optional
        What stands in front of the progress bar.
    progress : bool, optional
        False: no progress bar. There is none under nbgrader and where nobody would see it.
    num_threads : int, optional
        How many threads a matrix product may use; None leaves it as it is. The matrices of a small
        recurrent network are done sooner by one than by several that wait for each other.

    Returns
    -------
    params : dict of ndarray
        The trained parameters.
    history : StepHistory
        Loss and gradient norm at each step.

    Raises
    ------
    FloatingPointError
        If the loss or a gradient stops being a finite number.
    ValueError
        If the gradients and the parameters have different keys, or there are no batches.

    Examples
    --------
    >>> from lstm_helpers import nn
    >>> def square(params, batch):
    ...     return float(params["w"] ** 2), {"w": 2 * params["w"]}
    >>> params, history = fit({"w": np.array(8.0)}, square, range(3), nn.SGD(lr=0.25))
    >>> float(params["w"]), history.loss
    (1.0, array([64., 16.,  4.]))
    """
    now = dict(params)
    losses: list[float] = []
    norms: list[float] = []
    with threadpool_limits(num_threads):
        for batch in track(batches, label, progress, lambda: f"loss {losses[-1]:.4g}"):
            loss, grads = loss_and_grads(now, batch)
            norm = _global_norm(grads)
            _require_finite(float(loss), norm, len(losses) + 1, max_norm)
            if max_norm is not None:
                clipped, _ = clip_by_global_norm(list(grads.values()), max_norm)
                grads = dict(zip(grads, clipped, strict=True))
            now = optimizer.step(now, dict(grads))
            losses.append(float(loss))
            norms.append(norm)
    if not losses:
        raise ValueError(
            "there was no batch to train on; expected at least one: an iterator that was used up "
            "before gives none, so make a new one for each training"
        )
    return now, StepHistory(np.array(losses), np.array(norms))


class Minibatches:
    """Shuffled batches, epoch after epoch, with a length. Made by `minibatches`.

    Parameters
    ----------
    arrays : tuple of ndarray
        Arrays of one first length n.
    batch_size : int
        Rows in a batch; the last batch of an epoch may be shorter.
    rng : numpy.random.Generator
        Draws a new order for each epoch.
    epochs : int
        How often every row comes up.
    """

    def __init__(
        self,
        arrays: tuple[np.ndarray[Any, Any], ...],
        batch_size: int,
        rng: np.random.Generator,
        epochs: int,
    ) -> None:
        self.arrays = arrays
        self.batch_size = batch_size
        self.rng = rng
        self.epochs = epochs

    def __len__(self) -> int:
        return self.epochs * math.ceil(len(self.arrays[0]) / self.batch_size)

    def __iter__(self) -> Iterator[tuple[np.ndarray[Any, Any], ...]]:
        num_rows = len(self.arrays[0])
        for _ in range(self.epochs):
            order = self.rng.permutation(num_rows)
            for start in range(0, num_rows, self.batch_size):
                rows = order[start : start + self.batch_size]
                yield tuple(array[rows] for array in self.arrays)


def minibatches(
    arrays: tuple[np.ndarray[Any, Any], ...],
    batch_size: int,
    rng: np.random.Generator,
    epochs: int = 1,
) -> Minibatches:
    """Cut arrays into shuffled batches.

    Whole rows are shuffled, so a window keeps the order of its days.

    Parameters
    ----------
    arrays : tuple of ndarray
        Such as ``(X, y)``; all have the same first length n, at least 1.
    batch_size : int
        Rows in a batch, at least 1; the last batch of an epoch may be shorter.
    rng : numpy.random.Generator
        Draws a new order for each epoch.
    epochs : int, optional
        How often every row comes up, at least 1.

    Returns
    -------
    Minibatches
        An iterable with a length, whose elements are tuples of arrays.

    Raises
    ------
    ValueError
        If there is no array or no row, if first lengths differ, or if a number is below 1.

    Examples
    --------
    >>> X, y = np.arange(10).reshape(5, 2), np.arange(5)
    >>> batches = minibatches((X, y), batch_size=2, rng=np.random.default_rng(0), epochs=3)
    >>> len(batches), [len(y) for X, y in batches]
    (9, [2, 2, 1, 2, 2, 1, 2, 2, 1])
    """
    if not isinstance(arrays, tuple) or not arrays:
        raise ValueError(
            f"got {type(arrays).__name__} for the arrays; expected a tuple with at least one "
            "array, such as (X, y)"
        )
    lengths = [len(array) for array in arrays]
    if len(set(lengths)) > 1 or lengths[0] < 1:
        raise ValueError(
            f"the arrays have {', '.join(map(str, lengths))} rows; expected the same number for "
            "all of them, at least 1"
        )
    if batch_size < 1 or epochs < 1:
        raise ValueError(
            f"got batch_size={batch_size} and epochs={epochs}; expected both to be at least 1"
        )
    return Minibatches(arrays, batch_size, rng, epochs)


def _global_norm(grads: Mapping[str, Array]) -> float:
    with np.errstate(over="ignore", invalid="ignore"):
        return float(np.sqrt(sum(float(np.sum(g * g)) for g in grads.values())))


def _require_finite(loss: float, norm: float, step: int, max_norm: float | None) -> None:
    if math.isfinite(loss) and math.isfinite(norm):
        return
    what = "the gradient norm" if math.isfinite(loss) else "the loss"
    value = norm if math.isfinite(loss) else loss
    if step == 1:
        advice = "this is the first step, so look for nan or inf in the data and the start values"
    elif max_norm is None:
        advice = "train with a smaller learning rate, or clip the gradients with max_norm=1.0"
    else:
        advice = "train with a smaller learning rate, or a smaller max_norm"
    raise FloatingPointError(
        f"{what} was {value} at step {step}; expected a finite number: {advice}"
    )
