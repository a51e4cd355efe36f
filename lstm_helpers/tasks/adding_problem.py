"""The adding problem: add the two values that are marked."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lstm_helpers.tasks.base import Array, Integers, require_at_least


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
    require_at_least("num_sequences", num_sequences, 1)
    require_at_least("num_steps", num_steps, 2)
    values = rng.random((num_sequences, num_steps))
    middle = num_steps // 2
    first = rng.integers(0, middle, num_sequences)
    second = rng.integers(middle, num_steps, num_sequences)
    positions = np.stack([first, second], axis=1)  # (N, 2)
    markers = np.zeros_like(values)
    np.put_along_axis(markers, positions, 1.0, axis=1)
    targets = np.take_along_axis(values, positions, axis=1).sum(axis=1, keepdims=True)
    return Adding(np.stack([values, markers], axis=2), targets, positions, baseline=1 / 6)
