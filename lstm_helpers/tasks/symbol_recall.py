"""The recall task: say at the end which symbol came first."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from lstm_helpers.tasks.base import Array, Integers, require_at_least


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
    require_at_least("num_sequences", num_sequences, 1)
    require_at_least("num_steps", num_steps, 1)
    require_at_least("num_symbols", num_symbols, 2)
    require_at_least("num_distractors", num_distractors, 1)
    targets = rng.integers(0, num_symbols, num_sequences)
    width = num_symbols + num_distractors
    symbols = rng.integers(num_symbols, width, (num_sequences, num_steps))
    symbols[:, 0] = targets
    return Recall(np.eye(width)[symbols], targets, math.log(num_symbols), 1 / num_symbols)
