"""What is measured of a classifier of sequences, whatever it is made of.

Nothing here looks into a model. It is called on batches that differ in one thing, and the logits
are compared. Its parameters are drawn anew before that, so that neither a start from zero nor a
lucky one decides.

Letters: N sequences, T steps, D features, H units, V classes, L layers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from lstm_helpers.frameworks.torch_state import undisturbed

_WORST = 1e3  # stands for a difference that is not finite
_VARIANTS = 12  # of a sequence, with other values at one step
_ROWS = 10  # sequences of 1 to 5 steps, whose gradients are followed back
_CLASSES = 24  # so many that among their logits all kinds of numbers will be
Settings = tuple[int, int, int, int, bool]  # D, H, V, L, bidirectional


def measure(
    answer: Callable[..., Any],
    settings: Settings,
    x: npt.NDArray[np.float32],
    lengths: npt.NDArray[np.int64],
    seed: int,
) -> dict[str, Any] | None:
    """Build a model, call it in many ways, and compare what comes back.

    Parameters
    ----------
    answer : callable
        A class or function that makes the model from input size, hidden size, number of classes,
        ``num_layers`` and ``bidirectional``.
    settings : tuple
        These five.
    x : ndarray (N, T, D)
        A padded batch. If the model changes it in place, so does this array.
    lengths : ndarray (N,)
        How many steps of each sequence are real; likewise.
    seed : int
        Of everything that is drawn here.

    Returns
    -------
    dict or None
        ``logits``, and by name what was measured; ``logits`` alone, with zeros for its numbers,
        if these are not logits by their shape; None if the model returned None. Differences are
        relative to the largest logit.

    Raises
    ------
    TypeError
        If the model is no ``torch.nn.Module``, cannot be called, or returned a list.
    """
    with undisturbed():
        return _Probe(answer, settings, seed).run(x, lengths)


@contextmanager
def _trying(what: str) -> Iterator[None]:
    """Say with an error what was being tried."""
    try:
        yield
    except Exception as error:
        error.add_note(f"What was tried: {what}.")
        raise


class _Probe:
    def __init__(self, answer: Callable[..., Any], settings: Settings, seed: int) -> None:
        self.answer = answer
        self.settings = settings
        self.generator = torch.Generator().manual_seed(seed)
        D, H, V, L, bidirectional = settings
        further = (
            {}
            if (L, bidirectional) == (1, False)
            else {"num_layers": L, "bidirectional": bidirectional}
        )
        torch.default_generator.manual_seed(seed)  # torch.manual_seed is slow: it asks every device
        with _trying("making the model"):
            self.model = answer(D, H, V, **further)
        if not isinstance(self.model, nn.Module):
            raise TypeError(
                "what it makes is no torch.nn.Module; expected a model: derive the class from "
                "nn.Module"
            )
        if type(self.model).forward is nn.Module.forward:
            raise TypeError("the class has no method `forward(self, x, lengths)`: is it misspelt?")
        self.parameters = _count(self.model)

    def run(self, x: Any, lengths: Any) -> dict[str, Any] | None:
        """All measurements on one batch."""
        V = self.settings[2]
        self.model.eval()
        kind = torch.get_default_dtype()
        given, counts = torch.from_numpy(x).to(kind), torch.from_numpy(lengths)
        self.x, self.lengths = given.clone(), counts.clone()
        with _trying("a batch in eval mode"), torch.no_grad():
            if any(map(is_lazy, self.model.parameters())):
                self.model(given, counts)  # gives them their shapes
            self._draw(self.model, 0.7)
            torch.default_generator.manual_seed(0)
            logits = _tensor(self.model(given, counts))
        if logits is None:
            return None
        if isinstance(logits, list):
            raise TypeError("`forward` returned a list; expected one tensor of logits (N, V)")
        if not isinstance(logits, Tensor) or logits.shape != (len(x), V):
            return {"logits": _zeros_like(logits)}
        self.base = logits.detach().clone()
        return {
            "logits": logits,
            **self._repeated(),
            **self._padding(),
            **self._batch(),
            **self._state_dict(),
            **self._with_many_classes(),
            **self._sizes(),
        }

    def _repeated(self) -> dict[str, float]:
        again = self._logits(self.x, self.lengths, "the same batch again")
        other = self._logits(self.x, self.lengths, "the same batch again", seed=1)
        return {"kept": _gap(again, self.base), "random": _gap(other, again)}

    def _padding(self) -> dict[str, float]:
        N, T, D = self.x.shape
        padding = torch.arange(T) >= self.lengths[:, None]  # (N, T)
        other = torch.where(padding[:, :, None], self._normal(N, T, D), self.x)
        longer = torch.cat([self.x, self._normal(N, 2, D)], dim=1)
        values = self._logits(other, self.lengths, "other values in the padding")
        amount = self._logits(longer, self.lengths, "two more steps of padding")
        return {
            "padding_values": _gap(values, self.base),
            "padding_amount": _gap(amount, self.base),
        }

    def _batch(self) -> dict[str, float]:
        N, T, D = self.x.shape
        n = int(self.lengths.argmin())
        single, count = self.x[[n], : self.lengths[n]], self.lengths[[n]]
        alone = self._logits(single, count, "one of the sequences by itself, without padding")
        others = torch.cat([self._normal(N - 1, T, D), self.x[-1:]])
        beside = self._logits(others, self.lengths, "other sequences in the batch")
        return {
            "alone": _gap(alone, self.base[n]),
            "neighbours": _gap(beside[-1], self.base[-1]),
        }

    def _state_dict(self) -> dict[str, float]:
        with _trying("a second model, into which the first one's `state_dict()` is loaded"):
            twin = self.answer(*self.settings)
            twin.load_state_dict(self.model.state_dict())
        twin.eval()
        what = "a second model with the first one's weights"
        return {"state_dict": _gap(self._logits(self.x, self.lengths, what, twin), self.base)}

    def _with_many_classes(self) -> dict[str, float]:
        D, H, _, L, bidirectional = self.settings
        with _trying(f"a model for {_CLASSES} classes"):
            model = self.answer(D, H, _CLASSES, L, bidirectional)
            if any(map(is_lazy, model.parameters())):
                model(self.x.clone(), self.lengths.clone())
        self._draw(model, 0.7)
        found = {**self._steps(model.eval()), **self._gradients(model.train())}
        self._draw(model, 30.0)
        return {**found, **self._values(model.eval())}

    def _steps(self, model: nn.Module) -> dict[str, float]:
        """Change one step of a short sequence in many ways, or the order of its steps."""
        D, K, T = self.settings[0], _VARIANTS, 3
        x = self._normal(1, T, D).repeat(1 + 3 * K, 1, 1)
        first, last, order = (slice(1 + k * K, 1 + (k + 1) * K) for k in range(3))
        x[first, 0], x[last, -1] = 3 * self._normal(K, D), 3 * self._normal(K, D)
        x[order] = x[0, torch.tensor([[2, 1, 0], [1, 0, 2], [0, 2, 1]] * K)[:K]]
        padded = torch.cat([x, torch.zeros(len(x), 2, D)], dim=1)
        lengths = torch.full((len(x),), T)
        logits = self._logits(padded, lengths, "sequences of the same length", model)
        return {
            "first_step": _largest(logits[first] - logits[:1]),
            "last_step": _largest(logits[last] - logits[:1]),
            "step_order": _largest(logits[order] - logits[:1]),
        }

    def _gradients(self, model: nn.Module) -> dict[str, float]:
        x = (2 * self._normal(_ROWS, 5, self.settings[0])).requires_grad_()
        with _trying("a batch in training mode, and the gradients of its logits"):
            logits = _tensor(model(1 * x, torch.arange(_ROWS) % 5 + 1))
            if logits.requires_grad:
                (logits * self._normal(*logits.shape)).sum().backward()
        unused = sum(p.grad is None or not bool(p.grad.any()) for p in model.parameters())
        start = 0.0 if x.grad is None else _largest(x.grad[:, 0])
        return {"unused": float(unused), "start_gradient": start}

    def _values(self, model: nn.Module) -> dict[str, float]:
        if not self.parameters:  # none was made large, so the size of a logit says nothing
            return {"row_sum": 1.0, "log_sum": 1.0, "largest": _WORST, "smallest": -_WORST}
        what = f"{_CLASSES} classes, large inputs and weights"
        logits = self._logits(3 * self.x, self.lengths, what, model).double()
        return {
            "row_sum": _largest(logits.sum(-1) - 1),
            "log_sum": _largest(logits.logsumexp(-1)),
            "largest": float(logits.max().clamp(-_WORST, _WORST)),
            "smallest": float(logits.min().clamp(-_WORST, _WORST)),
        }

    def _sizes(self) -> dict[str, float]:
        D, H, V, L, bidirectional = self.settings
        with _trying("models of other sizes"):
            units, layers, directions = (
                _count(self.answer(*other))
                for other in (
                    (D, H + 1, V, L, bidirectional),
                    (D, H, V, L + 1, bidirectional),
                    (D, H, V, L, not bidirectional),
                )
            )
            fewer, same, more = (_count(self.answer(D, H + k, V)) for k in (-1, 0, 1))
        sign = -1 if bidirectional else 1
        # Relative to what the plainest recurrent layer needs.
        return {
            "more_units": (units - self.parameters) / (D + H),
            "more_layers": (layers - self.parameters) / H**2,
            "more_directions": sign * (directions - self.parameters) / (H * (D + H)),
            # Only matrices from H units to H units grow with the square of H.
            "squares": (more - 2 * same + fewer) / 2,
        }

    def _logits(
        self, x: Tensor, lengths: Tensor, what: str, model: Any = None, seed: int = 0
    ) -> Tensor:
        torch.default_generator.manual_seed(seed)
        with _trying(what), torch.no_grad():
            result = (self.model if model is None else model)(x.clone(), lengths.clone())
        logits: Tensor = _tensor(result)
        return logits.detach()

    def _normal(self, *shape: int) -> Tensor:
        return torch.randn(*shape, generator=self.generator)

    def _draw(self, model: nn.Module, scale: float) -> None:
        with torch.no_grad():
            for array in model.parameters():
                # Biases are smaller, so that the inputs decide and not the drift of a state.
                size = scale if array.ndim > 1 else 0.3 * scale
                array.copy_(size * self._normal(*array.shape))


def _count(model: nn.Module) -> int:
    return sum(array.numel() for array in model.parameters() if not is_lazy(array))


def _largest(difference: Tensor) -> float:
    """The largest absolute value, kept finite; 0 if there is none."""
    if not difference.numel():
        return 0.0
    return float(difference.abs().nan_to_num(_WORST, _WORST).max().clamp(max=_WORST))


def _gap(got: Tensor, expected: Tensor) -> float:
    """The largest difference in numbers, relative to the largest that is expected."""
    if got.numel() != expected.numel():
        return 1.0
    return _largest(got.flatten() - expected.flatten()) / (1 + _largest(expected))


def _tensor(result: Any) -> Any:
    """A tensor also where an array came back: it has no gradient, which will show."""
    return torch.from_numpy(result) if isinstance(result, np.ndarray) else result


def _zeros_like(result: Any) -> Any:
    """The form of a result without its numbers, which depend on how a model is made."""
    if isinstance(result, Tensor):
        return torch.zeros(result.shape)
    return tuple(map(_zeros_like, result)) if isinstance(result, tuple) else result
