"""What is measured of a function of tensors, and of a function that trains for an epoch.

Letters: n examples in all, N in a batch, T steps, D features, V classes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from lstm_helpers.frameworks.torch_models import MeanScorer
from lstm_helpers.frameworks.torch_state import undisturbed

Array = npt.NDArray[Any]
_LOSSES = {"cross-entropy": nn.CrossEntropyLoss, "squared error": nn.MSELoss}


def value_and_gradient(
    answer: Callable[..., Any], source: Array, other: Any, weights: Array
) -> tuple[Any, float, Array] | None:
    """Call a function of a tensor twice: plainly, and with a gradient to be followed back.

    Parameters
    ----------
    answer : callable
        Takes a tensor and ``other``.
    source : ndarray
        Becomes the tensor. If the function changes that in place, so does this array.
    other : ndarray or int
        The second argument; an array becomes a tensor, likewise.
    weights : ndarray
        Of the shape of the result: the gradient is that of ``(weights * result).sum()``.

    Returns
    -------
    result : object
        What came of the first call.
    whole : float
        0 if that is a list or tuple, else 1.
    gradient : ndarray
        With respect to ``source``; zeros where the second result is not tied to it, or is not of
        the shape of ``weights``. None instead of all three if the function returned None.
    """
    second = torch.from_numpy(other).clone() if isinstance(other, np.ndarray) else other
    leaf = torch.from_numpy(source).clone().requires_grad_()
    with undisturbed():
        result = answer(
            torch.from_numpy(source),
            torch.from_numpy(other) if isinstance(other, np.ndarray) else other,
        )
        if result is None:
            return None
        whole = float(not isinstance(result, list | tuple))
        return result, whole, _gradient(answer, leaf, second, torch.from_numpy(weights)).numpy()


def _gradient(answer: Callable[..., Any], leaf: Tensor, other: Any, weights: Tensor) -> Tensor:
    nothing = torch.zeros_like(leaf)
    try:
        tied = answer(leaf.clone(), other)
    except Exception:  # such as `.numpy()` on a tensor with a gradient; without one it went well
        return nothing
    if not isinstance(tied, Tensor) or not tied.requires_grad or tied.shape != weights.shape:
        return nothing
    (gradient,) = torch.autograd.grad((tied * weights).sum(), leaf, allow_unused=True)
    return nothing if gradient is None else gradient


@cache
def warm_up() -> None:
    """Let PyTorch load what it loads at the first optimizer, which takes about a second."""
    torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)


def measure_epoch(
    answer: Callable[..., Any],
    data: tuple[Array, Array, Array],
    start: tuple[Array, Array],
    batch_size: int,
    loss: str,
    learning_rate: float,
    **further: float,
) -> dict[str, Any] | None:
    """Let a function train a small model for an epoch, and look at every step.

    The model starts in eval mode and with gradients left over from somewhere else.

    Parameters
    ----------
    answer : callable
        Takes model, loader, optimizer, loss function and what is in ``further``.
    data : tuple of ndarray
        Sequences (n, T, D), their lengths (n,), targets.
    start : tuple of ndarray
        Weights (D, V) and bias (V,) of the model.
    batch_size : int
        N; the last batch may be smaller.
    loss : {"cross-entropy", "squared error"}
        The loss function.
    learning_rate : float
        Of plain gradient descent.
    **further
        ``max_norm``, or nothing.

    Returns
    -------
    dict or None
        ``loss`` is what was returned. ``tied`` is 1 if that still holds on to a graph, else 0;
        ``asked`` 1 if the loss function was called, else 0; ``scored`` the share of its calls
        that were given what the model had put out;
        ``training`` the share of calls in training mode; ``backward`` how often gradients
        arrived; ``steps`` the number of updates;
        ``norms`` (number of batches,) the global norms of the gradients at the updates;
        ``clipped_late`` 1 if the gradients are shorter afterwards than they were at the last
        update, else 0; ``weights`` the parameters afterwards, in one row. None if None was
        returned.
    """
    dataset = TensorDataset(*map(torch.from_numpy, data))
    loader = DataLoader(dataset, batch_size, generator=torch.Generator())
    model = MeanScorer(*map(torch.from_numpy, start)).eval()
    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate)
    for array in model.parameters():
        array.grad = torch.ones_like(array)
    norms: list[float] = []

    def note(*_: object) -> None:
        norms.append(_global_norm(model))

    optimizer.register_step_pre_hook(note)
    ways_back: list[int] = []
    model.weight.register_hook(  # type: ignore[no-untyped-call]
        lambda gradient: ways_back.append(1)
    )
    heard: list[bool] = []
    loss_fn = _listening(_LOSSES[loss], model, heard)
    with undisturbed():
        result = answer(model, loader, optimizer, loss_fn, **further)
    if result is None:
        return None
    shortened = bool(norms) and 0 < _global_norm(model) < 0.999 * norms[-1]
    updates = np.zeros(len(loader))
    updates[: len(norms)] = norms[: len(updates)]
    return {
        "loss": result,
        "asked": float(bool(heard)),
        "scored": float(np.mean(heard)) if heard else 1.0,
        "tied": float(isinstance(result, Tensor) and result.requires_grad),
        "training": float(np.mean(model.modes)) if model.modes else 0.0,
        "backward": float(len(ways_back)),
        "steps": float(len(norms)),
        "norms": updates,
        "clipped_late": float(shortened),
        "weights": np.concatenate([p.detach().flatten().numpy() for p in model.parameters()]),
    }


def _listening(kind: Any, model: MeanScorer, heard: list[bool]) -> Any:
    """A loss that notes at each call whether it was given something that the model put out."""

    class Listening(kind):  # type: ignore[misc]
        def forward(self, *given: Any, **named: Any) -> Any:
            first = given[0] if given else named.get("input")
            scores = first.detach().flatten() if isinstance(first, Tensor) else torch.zeros(0)
            heard.append(any(torch.equal(scores, one.flatten()) for one in model.put_out))
            return super().forward(*given, **named)

    return Listening()


def _global_norm(model: nn.Module) -> float:
    squares = [float(p.grad.square().sum()) for p in model.parameters() if p.grad is not None]
    return math.sqrt(sum(squares))
