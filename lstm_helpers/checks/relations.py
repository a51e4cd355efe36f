"""General relations between a wrong result and the right one.

Where no known misconception fits, a relation that holds on every case says more than a first wrong
entry: the array is transposed, has the wrong sign, is N times too large, runs backwards in time.
Each function looks at one result over all cases and returns the slug and a sentence, or None.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import permutations

import numpy as np

from lstm_helpers.checks.compare import close, differs
from lstm_helpers.checks.messages import told_apart
from lstm_helpers.checks.model import Array, Output


@dataclass(frozen=True)
class Pair:
    """What one case gave for one result, and what is right.

    Parameters
    ----------
    got, expected : ndarray
        The two arrays; not necessarily of one shape.
    sizes : mapping of str to int
        The axis letters of the case.
    """

    got: Array
    expected: Array
    sizes: Mapping[str, int]


@dataclass(frozen=True)
class Finding:
    """A relation that holds.

    Parameters
    ----------
    slug : str
        Its name.
    sentence : str
        What it means for the learner.
    """

    slug: str
    sentence: str


_GATES = ("input gate i", "forget gate f", "candidate g", "output gate o")


def find(output: Output, pairs: list[Pair], rtol: float, atol: float) -> Finding | None:
    """Find the first general relation that holds on every case.

    Parameters
    ----------
    output : Output
        Which result it is.
    pairs : list of Pair
        One for each case.
    rtol, atol : float
        As in `Exercise`.

    Returns
    -------
    Finding or None
        None if no relation holds.
    """
    # A case in which all is zero, or one step long, fits almost any relation: leave it out.
    telling = [p for p in pairs if np.any(p.expected) and not _equal(p.got, p.expected, rtol, atol)]
    if not telling:
        return None

    def holds(change: Callable[[Pair], Array | None]) -> bool:
        for pair in telling:
            changed = change(pair)
            if changed is None or not _equal(pair.got, changed, rtol, atol):
                return False
        return True

    for relation in (_transposed, _sign, _factor, _gates, _time, _prefix, _precision):
        finding = relation(output, telling, holds)
        if finding is not None:
            return finding
    return None


def _equal(got: Array, expected: Array, rtol: float, atol: float) -> bool:
    return bool(np.isfinite(got).all()) and close(got, expected, rtol, atol)


Holds = Callable[[Callable[[Pair], Array | None]], bool]


def _transposed(output: Output, pairs: list[Pair], holds: Holds) -> Finding | None:
    axes = output.axes
    for order in list(permutations(range(len(axes))))[1:]:
        if holds(lambda p, order=order: np.transpose(p.expected, order)):  # type: ignore[misc]
            now = ", ".join(axes[k] for k in order)
            return Finding(
                "transposed",
                f"The numbers of `{output.name}` are right, but its axes are in another order: "
                f"({now}) instead of ({', '.join(axes)}). Transpose it.",
            )
    return None


def _sign(output: Output, pairs: list[Pair], holds: Holds) -> Finding | None:
    if holds(lambda p: -p.expected):
        return Finding("wrong-sign", f"`{output.name}` is right except for its sign.")
    return None


def _factor(output: Output, pairs: list[Pair], holds: Holds) -> Finding | None:
    letters = sorted(set.intersection(*(set(p.sizes) for p in pairs)))
    candidates: dict[str, Callable[[Pair], float]] = {"2": lambda p: 2.0}
    for a in letters:
        candidates[a] = lambda p, a=a: float(p.sizes[a])  # type: ignore[misc]
    for a in letters:
        for b in letters:
            if a < b:
                candidates[f"{a}·{b}"] = lambda p, a=a, b=b: float(  # type: ignore[misc]
                    p.sizes[a] * p.sizes[b]
                )
    if sum(p.expected.size for p in pairs) == 1:
        return None  # any number is some factor times any other
    for text, factor in candidates.items():
        if holds(lambda p, factor=factor: p.expected * factor(p)):  # type: ignore[misc]
            return Finding(
                "constant-factor",
                f"Every entry of `{output.name}` is {text} times too large. Is something counted "
                "twice, or summed where a mean belongs?",
            )
        if holds(lambda p, factor=factor: p.expected / factor(p)):  # type: ignore[misc]
            return Finding(
                "constant-factor",
                f"Every entry of `{output.name}` is {text} times too small. Is a mean taken where "
                "a sum belongs?",
            )
    first = pairs[0]
    if first.got.shape == first.expected.shape:
        number = float(np.vdot(first.got, first.expected) / np.vdot(first.expected, first.expected))
        if number and holds(lambda p: p.expected * number):
            times, _ = told_apart(number, 1.0)
            return Finding(
                "constant-factor",
                f"Every entry of `{output.name}` is {times} times the right one.",
            )
    return None


def _gates(output: Output, pairs: list[Pair], holds: Holds) -> Finding | None:
    if "4H" not in output.axes:
        return None
    axis = output.axes.index("4H")
    if any(p.got.shape != p.expected.shape for p in pairs):
        return None
    for order in list(permutations(range(4)))[1:]:

        def shuffle(p: Pair, order: tuple[int, ...] = order) -> Array:
            blocks = np.split(p.expected, 4, axis=axis)
            return np.concatenate([blocks[k] for k in order], axis=axis)

        if holds(shuffle):
            found = ", ".join("ifgo"[k] for k in order)
            return Finding(
                "gate-order",
                f"The four blocks of `{output.name}` are right, but stacked in the order {found}; "
                "here the order is i, f, g, o.",
            )
    wrong = set()
    for p in pairs:
        for k, (got, right) in enumerate(
            zip(np.split(p.got, 4, axis=axis), np.split(p.expected, 4, axis=axis), strict=True)
        ):
            if differs(got, right, 1e-8, 1e-9).any():
                wrong.add(k)
    if len(wrong) < 4:
        names = " and ".join(_GATES[k] for k in sorted(wrong))
        return Finding(
            "gate-block", f"`{output.name}` is right except in the block of the {names}."
        )
    return None


def _time(output: Output, pairs: list[Pair], holds: Holds) -> Finding | None:
    if "T" not in output.axes:
        return None
    axis = output.axes.index("T")
    if holds(lambda p: np.flip(p.expected, axis)):
        return Finding("time-reversed", f"`{output.name}` is right, but runs backwards in time.")
    for shift, word in ((1, "late"), (-1, "early")):
        fits = all(
            p.got.shape == p.expected.shape
            and p.expected.shape[axis] > 2
            and close(
                np.delete(p.got, 0 if shift == 1 else -1, axis),
                np.delete(p.expected, -1 if shift == 1 else 0, axis),
                1e-8,
                1e-9,
            )
            for p in pairs
        )
        if fits:
            return Finding(
                "time-shifted", f"`{output.name}` is right, but stands one step too {word}."
            )
    return None


def _prefix(output: Output, pairs: list[Pair], holds: Holds) -> Finding | None:
    if any(p.got.shape != p.expected.shape for p in pairs):
        return None
    for axis, letter in enumerate(output.axes):
        if letter not in ("T", "N"):
            continue
        wrong: set[int] = set()  # counted from the end of the axis, from -1 down
        right_at_start = right_at_end = True
        for p in pairs:
            length = p.expected.shape[axis]
            if length < 2:
                continue
            bad = differs(p.got, p.expected, 1e-8, 1e-9)
            per_index = np.atleast_1d(bad.any(axis=tuple(k for k in range(bad.ndim) if k != axis)))
            right_at_start &= not per_index[0] and bool(per_index[1:].all())
            right_at_end &= not per_index[-1] and bool(per_index[:-1].all())
            wrong.update(int(k) - length for k in np.flatnonzero(per_index))
        if letter == "N" and right_at_start:
            return Finding(
                "first-example-only",
                f"`{output.name}` is right for the first sequence of the batch only.",
            )
        if letter == "T" and right_at_start:
            return Finding(
                "first-step-only",
                f"`{output.name}` is right at the first step and wrong at every later one: what "
                "does a step hand on to the next?",
            )
        if letter == "T" and right_at_end:
            return Finding(
                "last-step-only",
                f"`{output.name}` is right at the last step and wrong at every earlier one: what "
                "does a step hand back to the one before?",
            )
        if letter == "T" and wrong == {-1}:
            return Finding(
                "all-but-last-step", f"`{output.name}` is right except at the last step."
            )
    return None


def _precision(output: Output, pairs: list[Pair], holds: Holds) -> Finding | None:
    if all(_equal(p.got, p.expected, 2e-3, 2e-3) for p in pairs):
        largest = max(float(np.abs(p.got - p.expected).max()) for p in pairs)
        return Finding(
            "low-precision",
            f"`{output.name}` is nearly right; the largest error is {largest:.0e}. Was something "
            "rounded, cut off (`np.clip`), or turned into `float32` on the way?",
        )
    return None
