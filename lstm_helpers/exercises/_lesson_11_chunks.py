"""Lesson 11: chunks of a long series whose first days do not count."""

from __future__ import annotations

from typing import Any

import numpy as np

from lstm_helpers.checks import Case, Exercise, Misconception, Output
from lstm_helpers.nn.functions import Array


def chunk_with_warmup(
    inputs: Array, targets: Array, length: int, warmup: int, step: int
) -> tuple[Array, Array]:
    """Cut a long series into chunks whose first days fill the state and are not judged.

    Parameters
    ----------
    inputs : ndarray (n, D)
        One row for each day.
    targets : ndarray (n,)
        What is to be said on the same day.
    length : int
        Days in a chunk.
    warmup : int
        So many days at the beginning of each chunk have no target; less than ``length``.
    step : int
        Days from the beginning of a chunk to that of the next.

    Returns
    -------
    X : ndarray (N, length, D)
        Every whole chunk, the earliest first.
    Y : ndarray (N, length - warmup)
        The targets of its judged days.

    Examples
    --------
    >>> X, Y = chunk_with_warmup(np.arange(7.0)[:, None], np.arange(7.0), 4, 1, 3)
    >>> X[:, :, 0], Y
    (array([[0., 1., 2., 3.],
           [3., 4., 5., 6.]]), array([[1., 2., 3.],
           [4., 5., 6.]]))
    """
    starts = range(0, len(inputs) - length + 1, step)
    X = np.stack([inputs[k : k + length] for k in starts])
    Y = np.stack([targets[k + warmup : k + length] for k in starts])
    return X, Y


def _chunk_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    # The second and the fourth end with the last row; the others leave rows over, and the fifth
    # has rows between two chunks as well.
    sizes = (
        (37, 2, 11, 4, 3),
        (39, 3, 12, 5, 9),
        (29, 1, 8, 2, 5),
        (41, 4, 9, 3, 8),
        (39, 3, 7, 2, 10),
    )
    for n, D, length, warmup, step in sizes:
        inputs, targets = rng.normal(size=(n, D)), rng.normal(size=n)
        N = (n - length) // step + 1
        sizes_ = {"N": N, "length": length, "D": D, "length - warmup": length - warmup}
        note = f"length {length}, warm-up {warmup} and step {step}"
        cases.append(Case((inputs, targets, length, warmup, step), sizes_, note=note))
    return cases


def _chunks(
    starts: Any = lambda n, length, warmup, step: range(0, n - length + 1, step),
    of_x: Any = lambda k, length, warmup, step: slice(k, k + length),
    of_y: Any = lambda k, length, warmup, step: slice(k + warmup, k + length),
    change: Any = lambda X, Y, warmup: (X, Y),
    stack: Any = np.stack,
) -> Any:
    """Chunks with one of their parts exchanged."""

    def answer(inputs, targets, length, warmup, step):
        sizes = length, warmup, step
        begin = list(starts(len(inputs), *sizes))
        X = stack([inputs[of_x(k, *sizes)] for k in begin])
        Y = stack([targets[of_y(k, *sizes)] for k in begin])
        return change(X, Y, warmup)

    return answer


def _from_the_end(n: int, length: int, warmup: int, step: int) -> range:
    return range((n - length) % step, n - length + 1, step)


def _steps_without_one(n: int, length: int, warmup: int, step: int) -> range:
    return range(0, (n - length) // step * step, step)


def _whole_before_a_step(n: int, length: int, warmup: int, step: int) -> list[int]:
    return [k for k in range(0, n - step, step) if k + length <= n]


def _pulled_back(n: int, length: int, warmup: int, step: int) -> list[int]:
    return sorted({*range(0, n - length + 1, step), n - length})


def _until_all_is_in(n: int, length: int, step: int) -> range:
    return range(0, n - length + step, step)


def _padded(starts: Any, target: float = 0.0) -> Any:
    """Chunks that reach behind the end, where inputs are 0 and targets a given number."""

    def answer(inputs, targets, length, warmup, step):
        n, D = inputs.shape
        inputs = np.concatenate([inputs, np.zeros((length + step, D))])
        targets = np.concatenate([targets, np.full(length + step, target)])
        begin = starts(n, length, step)
        X = np.stack([inputs[k : k + length] for k in begin])
        return X, np.stack([targets[k + warmup : k + length] for k in begin])

    return answer


def _reshaped(X: Array, Y: Array, warmup: int) -> tuple[Array, Array]:
    return X.transpose(0, 2, 1).reshape(X.shape), Y


def _nan_at_first(X: Array, Y: Array, warmup: int) -> tuple[Array, Array]:
    Y = Y.copy()
    Y[:, :warmup] = np.nan
    return X, Y


def _zeroed(X: Array, Y: Array, warmup: int) -> tuple[Array, Array]:
    X = X.copy()
    X[:, :warmup] = 0.0
    return X, Y


CHUNK_WITH_WARMUP = Exercise(
    name="chunk_with_warmup",
    lesson="11",
    title="Chunks whose first days do not count",
    points=2,
    minutes=10,
    reference=chunk_with_warmup,
    cases=_chunk_cases,
    outputs=(Output("X", ("N", "length", "D")), Output("Y", ("N", "length - warmup"))),
    misconceptions=tuple(
        Misconception(slug, answer, text, tuple(more))
        for slug, answer, text, *more in (
            (
                "warm-up-has-targets",
                _chunks(of_y=lambda k, length, warmup, step: slice(k, k + length)),
                "The warm-up has targets too, so the network is asked for discharge before it can "
                "know what the soil holds. A chunk's targets begin `warmup` days after its inputs.",
            ),
            (
                "warm-up-at-the-end",
                _chunks(of_y=lambda k, length, warmup, step: slice(k, k + length - warmup)),
                "There are as many targets as there should be, but they are those of the chunk's "
                "first days. The first `warmup` days fill the state; the judged ones come after.",
            ),
            (
                "only-as-many-as-the-warm-up",
                _chunks(
                    of_y=lambda k, length, warmup, step: slice(k + length - warmup, k + length)
                ),
                "The targets are those of the last `warmup` days: a minus counts from the end. The "
                "judged days are all *after* the first `warmup`: `[warmup:]`, not `[-warmup:]`.",
            ),
            (
                "warm-up-cut-from-the-inputs",
                _chunks(of_x=lambda k, length, warmup, step: slice(k + warmup, k + length)),
                "The warm-up is cut off from the inputs as well: then there is none. The inputs of "
                "a chunk are all its `length` days.",
            ),
            (
                "warm-up-wiped-out",
                _chunks(change=_zeroed),
                "The inputs of the warm-up are set to 0, so it fills the state with nothing. They "
                "stay as they are; only the targets leave those days out.",
            ),
            (
                "warm-up-in-front",
                _chunks(
                    starts=lambda n, length, warmup, step: range(0, n - length - warmup + 1, step),
                    of_x=lambda k, length, warmup, step: slice(k, k + length + warmup),
                    of_y=lambda k, length, warmup, step: slice(k + warmup, k + length + warmup),
                ),
                "The warm-up comes in addition to the chunk. Here it is part of it: `length` days "
                "in all, of which the first `warmup` have no target.",
            ),
            (
                "targets-a-day-late",
                _chunks(
                    starts=lambda n, length, warmup, step: range(0, n - length, step),
                    of_y=lambda k, length, warmup, step: slice(k + warmup + 1, k + length + 1),
                ),
                "The targets are those of the next day. This is no forecast: each day's discharge "
                "belongs to the weather of the same day.",
                _chunks(of_y=lambda k, length, warmup, step: slice(k + warmup - 1, k + length - 1)),
            ),
            (
                "warm-up-off-by-one",
                _chunks(of_y=lambda k, length, warmup, step: slice(k + warmup + 1, k + length)),
                "The warm-up has the wrong length by one day. With `warmup` days in front, the "
                "first judged day of a chunk has the number `warmup`, counted from 0.",
                _chunks(of_y=lambda k, length, warmup, step: slice(k + warmup - 1, k + length)),
            ),
            (
                "one-chunk-too-few",
                _chunks(starts=lambda n, length, warmup, step: range(0, n - length, step)),
                "The last chunk is left out, though all of it is there. The last possible "
                "beginning is n - length, so the range ends at n - length + 1, and the number of "
                "chunks is `(n - length) // step + 1`.",
                _chunks(starts=_steps_without_one),
            ),
            (
                "range-ends-a-step-early",
                _chunks(starts=_whole_before_a_step),
                "The beginnings end `step` rows before the end of the series, where `length` "
                "belongs: it is the length that says whether a chunk is whole. They are "
                "`range(0, n - length + 1, step)`.",
                _chunks(starts=lambda n, length, warmup, step: range(0, n - step, step)),
                _chunks(starts=lambda n, length, warmup, step: range(0, n - step + 1, step)),
                _chunks(
                    starts=lambda n, length, warmup, step: range(0, n - step, step), stack=np.array
                ),
            ),
            (
                "chunks-behind-the-end",
                _chunks(starts=lambda n, length, warmup, step: range(0, n, step)),
                "The last chunks reach behind the end of the series and are too short to be "
                "stacked with the others. Only whole chunks are wanted: the beginnings are "
                "`range(0, n - length + 1, step)`.",
                _chunks(starts=lambda n, length, warmup, step: range(0, n, step), stack=np.array),
            ),
            (
                "last-chunk-padded",
                _padded(_until_all_is_in),
                "Chunks that reach behind the end of the series are filled up, with zeros or NaN. "
                "Only whole chunks are wanted: what is left over at the end stays so.",
                _padded(lambda n, length, step: range(0, n, step)),
                _padded(lambda n, length, step: range(0, n, step), np.nan),
                _padded(_until_all_is_in, np.nan),
            ),
            (
                "last-chunk-pulled-back",
                _chunks(starts=_pulled_back),
                "Rows left over at the end make one more chunk, which is pulled back so that it is "
                "whole. Each chunk begins `step` days after the one before, and what is left over "
                "stays so.",
            ),
            (
                "step-ignored",
                _chunks(starts=lambda n, length, warmup, step: range(0, n - length + 1, length)),
                "The chunks stand side by side, or begin at places of their own. The next one "
                "begins `step` days after the one before.",
                _chunks(
                    starts=lambda n, length, warmup, step: range(0, n - length + 1, length - warmup)
                ),
                _chunks(starts=lambda n, length, warmup, step: range(n - length + 1)),
                _chunks(starts=lambda n, length, warmup, step: range(0, n - length + 1, warmup)),
            ),
            (
                "counted-from-the-end",
                _chunks(starts=_from_the_end),
                "The chunks are counted from the end of the series. The first one begins with row "
                "0, and days may be left over at the end.",
            ),
            (
                "newest-first",
                _chunks(change=lambda X, Y, warmup: (X[::-1], Y[::-1])),
                "The chunks are right, but the latest comes first. Put the earliest first.",
            ),
            (
                "nan-for-the-warm-up",
                _chunks(
                    of_y=lambda k, length, warmup, step: slice(k, k + length), change=_nan_at_first
                ),
                "The warm-up days have the target NaN. Here they have none at all: Y holds the "
                "judged days only, `length - warmup` for each chunk.",
            ),
            (
                "begins-after-the-warm-up",
                _chunks(starts=lambda n, length, warmup, step: range(warmup, n - length + 1, step)),
                "The first chunk begins only after the first `warmup` days, which are thrown away. "
                "It begins with row 0: those days are its warm-up.",
            ),
            (
                "states-for-chunks",
                _chunks(change=lambda X, Y, warmup: (X.transpose(1, 0, 2), Y)),
                "The axes of X are in the wrong order: here chunks come first, then days, then "
                "columns.",
                _chunks(change=lambda X, Y, warmup: (X.transpose(1, 0, 2), Y.T)),
                _chunks(change=lambda X, Y, warmup: (X.transpose(0, 2, 1), Y)),
            ),
            (
                "reshaped-for-transposed",
                _chunks(change=_reshaped),
                "X has the right shape, but days and columns are mixed up: a sliding view has the "
                "axes (N, D, length), and `reshape` reads its numbers on in that order. To "
                "exchange two axes use `transpose` or `swapaxes`.",
            ),
            (
                "last-day-only",
                _chunks(of_y=lambda k, length, warmup, step: k + length - 1),
                "Each chunk has a single target, that of its last day, as windows do. A chunk is "
                "asked for every day after its warm-up, so one pass gives many errors to learn "
                "from.",
                _chunks(of_y=lambda k, length, warmup, step: slice(k + length - 1, k + length)),
            ),
            (
                "target-with-a-column",
                _chunks(change=lambda X, Y, warmup: (X, Y[:, :, None])),
                "Y has an axis too many, of length 1. Subtracted from (N, length - warmup) it "
                "would be stretched out to compare every chunk with every other one, without an "
                "error.",
            ),
        )
    ),
    hints=(
        "Where does the first chunk begin, where the last one that is still whole, and which of a "
        "chunk's days have a target?",
        "The beginnings are `range(0, n - length + 1, step)`. A chunk that begins at k has the "
        "inputs k to k + length, and targets from k + warmup on.",
        "X = np.stack([inputs[k : k + length] for k in starts]); "
        "Y = np.stack([targets[k + warmup : k + length] for k in starts]).",
    ),
)
