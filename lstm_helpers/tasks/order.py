"""The temporal order problem: in which order did the two marks come?"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from lstm_helpers.tasks.base import Array, Integers, require_at_least

ORDER_SYMBOLS = "XYabcdEB"
"""The symbols of the columns: the two marks, four distractors, the start E and the trigger B."""


class TemporalOrder(NamedTuple):
    """Sequences of the temporal order problem.

    Attributes
    ----------
    xs : ndarray (N, T, 8)
        One-hot symbols; column k stands for ``ORDER_SYMBOLS[k]``.
    targets : ndarray of int (N,)
        The class: the marks read as binary digits, X as 0 and Y as 1, the first one leading. With
        two marks XX is 0, XY is 1, YX is 2, YY is 3.
    positions : ndarray of int (N, K)
        Steps of the K marks, counted from 0, in order.
    baseline : float
        Cross-entropy, in nats, of giving each class the same probability: K ln 2.
    chance : float
        Accuracy of any answer that ignores the input: 1/4 with two marks, 1/8 with three.
    """

    xs: Array
    targets: Integers
    positions: Integers
    baseline: float
    chance: float


def temporal_order(
    num_sequences: int, num_steps: int, rng: np.random.Generator, num_marks: int = 2
) -> TemporalOrder:
    r"""Draw sequences of the temporal order problem: name the marks in the order they came.

    Parameters
    ----------
    num_sequences : int
        N, at least 1.
    num_steps : int
        T, at least 4 with two marks and 6 with three.
    rng : numpy.random.Generator
        Source of the random numbers.
    num_marks : {2, 3}, optional
        K, how many marks there are, each an X or a Y. There are 2^K classes.

    Returns
    -------
    TemporalOrder
        ``xs (N, T, 8)``, float64, ``targets (N,)``, ``positions (N, K)``, ``baseline`` and
        ``chance``.

    Raises
    ------
    ValueError
        If a number is too small, or ``num_marks`` is neither 2 nor 3.

    Notes
    -----
    As in [1]_, a sequence begins with E and ends with the trigger B, at which the class is asked
    for; between them stand random distractors a, b, c, d and the marks, each an X or a Y with equal
    probability. Theirs are 100 to 110 steps long, with the marks at steps 10-20 and 50-60, or
    10-20, 33-43 and 66-76. Here all sequences have T steps, and each mark keeps its place: it
    stands at most T/10 steps after T/10 and T/2, or after T/10, T/3 and 2T/3 (rounded down).

    The symbols that stand there tell nothing about each other, so each mark is worth ln 2. Who
    knows only one of two scores ln 2 = 0.693, and is right in one half of the cases.

    References
    ----------
    .. [1] S. Hochreiter, J. Schmidhuber, "Long short-term memory", Neural Computation 9 (1997),
       1735-1780, experiments 6a (two marks) and 6b (three).

    Examples
    --------
    >>> task = temporal_order(2, 20, np.random.default_rng(3))
    >>> for x, target in zip(task.xs, task.targets):
    ...     print("".join(ORDER_SYMBOLS[k] for k in x.argmax(axis=1)), target)
    EabbXbbaccYabbdcbbcB 1
    EcYddbbcccYbdaaddbaB 3
    """
    if num_marks not in (2, 3):
        raise ValueError(f"got num_marks={num_marks}; expected 2 or 3: choose one of them")
    require_at_least("num_sequences", num_sequences, 1)
    require_at_least("num_steps", num_steps, 2 * num_marks)
    tenth = num_steps // 10
    firsts = [max(1, tenth), *(k * num_steps // num_marks for k in range(1, num_marks))]
    lasts = [2 * tenth if tenth else 1, *(first + tenth for first in firsts[1:])]
    positions = rng.integers(firsts, lasts, (num_sequences, num_marks), endpoint=True)
    marks = rng.integers(0, 2, (num_sequences, num_marks))  # X is 0, Y is 1
    symbols = rng.integers(2, 6, (num_sequences, num_steps))
    np.put_along_axis(symbols, positions, marks, axis=1)
    symbols[:, 0], symbols[:, -1] = 6, 7
    targets = marks @ (1 << np.arange(num_marks)[::-1])
    return TemporalOrder(
        np.eye(8)[symbols], targets, positions, num_marks * math.log(2), 0.5**num_marks
    )
