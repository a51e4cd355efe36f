"""Lesson 13, second exercise: probabilities from counts, with a shorter context to lean on."""

from __future__ import annotations

import numpy as np

from lstm_helpers.checks import Case, Exercise, Output
from lstm_helpers.exercises._lesson_13_counts_mistakes import MISCONCEPTIONS
from lstm_helpers.nn.functions import Array


def smooth_counts(counts: Array, lower: Array, strength: float = 1.0) -> Array:
    """Mix what was counted with the probabilities of a shorter context.

    Parameters
    ----------
    counts : ndarray (N, V)
        How often each of V characters has followed each of N contexts.
    lower : ndarray (N, V)
        Probabilities of the same characters after the same contexts, shortened by one.
    strength : float, optional
        Above 0. The shorter context weighs as much as ``strength`` observations for each
        different character that has followed.

    Returns
    -------
    ndarray (N, V)
        Probabilities; ``lower`` itself where nothing has been counted.

    References
    ----------
    .. [1] I. H. Witten, T. C. Bell, "The zero-frequency problem: estimating the probabilities of
       novel events in adaptive text compression", IEEE Transactions on Information Theory 37
       (1991), 1085-1094, doi:10.1109/18.87000.

    Examples
    --------
    >>> smooth_counts(np.array([[4.0, 2.0, 0.0]]), np.array([[0.5, 0.25, 0.25]]))
    array([[0.625 , 0.3125, 0.0625]])
    """
    weight = strength * (counts > 0).sum(axis=1, keepdims=True)  # (N, 1)
    total = counts.sum(axis=1, keepdims=True) + weight
    seen = total > 0
    return np.where(seen, (counts + weight * lower) / np.where(seen, total, 1.0), lower)


def _cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for N, V, strengths, note in (
        (4, 6, (), ""),
        (3, 5, (2.5,), "strength = 2.5"),
        (5, 4, (0.5,), "contexts that were never seen"),
    ):
        counts = rng.integers(1, 9, (N, V)).astype(float)
        for row in counts:  # one to three characters have not followed, different ones each time
            row[rng.permutation(V)[: rng.integers(1, min(4, V - 1))]] = 0.0
        counts[0, counts[0] > 0] += 3.0
        counts[1] = np.eye(V)[rng.integers(V)] * rng.integers(2, 9)
        if "never" in note:
            counts[rng.permutation(np.arange(2, N))[:2]] = 0.0
        for row in counts[2:]:  # in each case something has been seen once, and something often
            followers = np.flatnonzero(row)
            if len(followers) > 1:
                row[followers[:2]] = 1.0, rng.integers(3, 9)
        lower = rng.dirichlet(np.full(V, 2.0), N)
        cases.append(Case((counts, lower, *strengths), {"N": N, "V": V}, note=note))
    return cases


SMOOTH_COUNTS = Exercise(
    name="smooth_counts",
    lesson="13",
    title="Probabilities from counts",
    points=3,
    minutes=12,
    reference=smooth_counts,
    cases=_cases,
    outputs=(Output("probabilities", ("N", "V")),),
    may_call=("bits_per_character",),
    misconceptions=MISCONCEPTIONS,
    hints=(
        "Think of `lower` as further observations that you add to the counts. How many are added "
        "in all, and how are they spread over the V characters?",
        "d = number of different followers of each context. Add `strength * d * lower` to the "
        "counts and divide by what the row then sums to. What if that is 0?",
        "d = (counts > 0).sum(axis=1, keepdims=True); total = counts.sum(axis=1, keepdims=True) "
        "+ strength * d; `np.where(total > 0, ..., lower)`, with no division by 0 in the dots.",
    ),
)
