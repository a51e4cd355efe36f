"""Generated problems whose answer needs memory, each with the score of an answer without any.

Every task is one function ``name(num_sequences, num_steps, ..., rng)`` that draws fresh sequences,
and one NamedTuple that it returns. Whatever the task, the tuple begins with ``xs (N, T, D)`` and
``targets``, and holds ``baseline``: the expected loss of the best answer that ignores the input,
in the unit of the loss that the docstring names, exact and not estimated. Classification adds
``chance``, the accuracy of that answer. A network that has not left the baseline has learned
nothing from the sequence. Nothing here trains or plots.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.integer[Any]]


class Adding(NamedTuple):
    """Sequences of the adding problem.

    Parameters
    ----------
    xs : ndarray (N, T, 2)
        Feature 0: the values, uniform in [0, 1). Feature 1: the marker, 1 at two steps, else 0.
    targets : ndarray (N, 1)
        Sum of the two marked values.
    positions : ndarray of int (N, 2)
        Steps that are marked, counted from 0; the first in the first half, the second after it.
    baseline : float
        Mean squared error of the constant answer 1, which is 1/6.
    """

    xs: Array
    targets: Array
    positions: Integers
    baseline: float


class Recall(NamedTuple):
    """Sequences of the recall task.

    Parameters
    ----------
    xs : ndarray (N, T, V + K)
        One-hot symbols: columns 0 to V - 1 are the cues, the other K are the distractors.
    targets : ndarray of int (N,)
        The cue shown at the first step, 0 to V - 1.
    baseline : float
        Cross-entropy, in nats, of giving each cue the same probability: ln V.
    chance : float
        Accuracy of any answer that ignores the input: 1/V.
    """

    xs: Array
    targets: Integers
    baseline: float
    chance: float


def adding(num_sequences: int, num_steps: int, rng: np.random.Generator) -> Adding:
    r"""Draw sequences of the adding problem: add the two marked values, ignore the others.

    Parameters
    ----------
    num_sequences : int
        N, at least 1.
    num_steps : int
        T, at least 2.
    rng : numpy.random.Generator
        Source of the random numbers.

    Returns
    -------
    Adding
        ``xs (N, T, 2)``, ``targets (N, 1)``, ``positions (N, 2)`` and ``baseline``, float64.

    Raises
    ------
    ValueError
        If ``num_sequences`` is below 1 or ``num_steps`` below 2.

    Notes
    -----
    The idea is Hochreiter and Schmidhuber's [1]_. Their values are uniform in [-1, 1] and their
    target is :math:`0.5 + (X_1 + X_2) / 4`, so the constant 0.5 scores
    :math:`2 \cdot \frac13 \cdot \frac1{16} = \frac1{24} = 0.0417`. Here values and target are
    those of Le et al. [2]_: uniform in [0, 1], target :math:`X_1 + X_2`. One marker stands in
    each half, as in Arjovsky et al. [3]_, so the first one is always far from the end.

    The mean of the target is 1, and the constant answer 1 has the error
    :math:`\mathrm{var}(X_1 + X_2) = \frac1{12} + \frac1{12} = \frac16 = 0.1667`, wherever the
    markers stand. The figure 0.1767 that is quoted for this very problem, in [2]_ and [4]_ among
    others, does not follow from its definition. Who knows only one of the two values, and adds
    1/2 for the other, gets to :math:`\frac1{12} = 0.0833`.

    References
    ----------
    .. [1] S. Hochreiter, J. Schmidhuber, "Long short-term memory", Neural Computation 9 (1997),
       1735-1780, experiment 4.
    .. [2] Q. V. Le, N. Jaitly, G. E. Hinton, "A simple way to initialize recurrent networks of
       rectified linear units", 2015, arXiv:1504.00941.
    .. [3] M. Arjovsky, A. Shah, Y. Bengio, "Unitary evolution recurrent neural networks",
       ICML 2016, arXiv:1511.06464.
    .. [4] S. Bai, J. Z. Kolter, V. Koltun, "An empirical evaluation of generic convolutional and
       recurrent networks for sequence modeling", 2018, arXiv:1803.01271.

    Examples
    --------
    >>> task = adding(3, 10, np.random.default_rng(0))
    >>> task.xs.shape, task.targets.shape, round(task.baseline, 4)
    ((3, 10, 2), (3, 1), 0.1667)
    >>> bool(np.allclose((task.xs[:, :, 0] * task.xs[:, :, 1]).sum(axis=1), task.targets[:, 0]))
    True
    """
    _require_at_least("num_sequences", num_sequences, 1)
    _require_at_least("num_steps", num_steps, 2)
    values = rng.random((num_sequences, num_steps))
    middle = num_steps // 2
    first = rng.integers(0, middle, num_sequences)
    second = rng.integers(middle, num_steps, num_sequences)
    positions = np.stack([first, second], axis=1)  # (N, 2)
    markers = np.zeros_like(values)
    np.put_along_axis(markers, positions, 1.0, axis=1)
    targets = np.take_along_axis(values, positions, axis=1).sum(axis=1, keepdims=True)
    return Adding(np.stack([values, markers], axis=2), targets, positions, baseline=1 / 6)


def recall(
    num_sequences: int,
    num_steps: int,
    rng: np.random.Generator,
    num_symbols: int = 4,
    num_distractors: int = 4,
) -> Recall:
    r"""Draw sequences of the recall task: say at the end which symbol came first.

    Parameters
    ----------
    num_sequences : int
        N, at least 1.
    num_steps : int
        T, at least 1: one step with the cue, then T - 1 distractors.
    rng : numpy.random.Generator
        Source of the random numbers.
    num_symbols : int, optional
        V, how many cues there are, at least 2.
    num_distractors : int, optional
        K, how many symbols fill the other steps, at least 1. None of them is a cue.

    Returns
    -------
    Recall
        ``xs (N, T, V + K)``, float64, ``targets (N,)``, ``baseline`` and ``chance``.

    Raises
    ------
    ValueError
        If a number is too small.

    Notes
    -----
    Cues are equally likely, and the distractors say nothing about them. Without memory, the best
    prediction is 1/V for each cue, with a cross-entropy of :math:`-\ln \frac1V = \ln V`.

    References
    ----------
    .. [1] S. Hochreiter, J. Schmidhuber, "Long short-term memory", Neural Computation 9 (1997),
       1735-1780, experiment 2c: a symbol to be remembered through random ones. Theirs predicts
       the next symbol at every step; here only the end is asked for.

    Examples
    --------
    >>> task = recall(2, 5, np.random.default_rng(0))
    >>> task.xs.shape, task.targets.shape, round(task.baseline, 4), task.chance
    ((2, 5, 8), (2,), 1.3863, 0.25)
    >>> bool((task.xs[:, 0].argmax(axis=1) == task.targets).all())
    True
    """
    _require_at_least("num_sequences", num_sequences, 1)
    _require_at_least("num_steps", num_steps, 1)
    _require_at_least("num_symbols", num_symbols, 2)
    _require_at_least("num_distractors", num_distractors, 1)
    targets = rng.integers(0, num_symbols, num_sequences)
    width = num_symbols + num_distractors
    symbols = rng.integers(num_symbols, width, (num_sequences, num_steps))
    symbols[:, 0] = targets
    return Recall(np.eye(width)[symbols], targets, math.log(num_symbols), 1 / num_symbols)


def _require_at_least(name: str, value: int, least: int) -> None:
    if value < least:
        raise ValueError(f"got {name}={value}; expected at least {least}: pass a larger number")
