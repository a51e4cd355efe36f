"""Lesson 13, second exercise: probabilities from counts, with a shorter context to lean on."""

from __future__ import annotations

import numpy as np

from lstm_helpers.checks import Case, Exercise, Misconception, Output
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
        lower = rng.dirichlet(np.full(V, 2.0), N)
        cases.append(Case((counts, lower, *strengths), {"N": N, "V": V}, note=note))
    return cases


def _mixed(
    weight=lambda counts, strength: strength * (counts > 0).sum(axis=1, keepdims=True),
    mix=lambda counts, w, lower: (counts + w * lower) / (counts.sum(axis=1, keepdims=True) + w),
    unseen=lambda probabilities, lower: lower,
):
    """Smoothing with one of its parts exchanged."""

    def answer(counts, lower, strength=1.0):
        with np.errstate(invalid="ignore", divide="ignore"):
            probabilities = mix(counts, weight(counts, strength), lower)
        never = counts.sum(axis=1, keepdims=True) == 0
        return np.where(never, unseen(probabilities, lower), probabilities)

    return answer


def _not_a_number(probabilities, lower):
    return np.full_like(lower, np.nan)


def _unseen_not_handled(counts, lower, strength=1.0):
    weight = strength * (counts > 0).sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore"):
        return (counts + weight * lower) / (counts.sum(axis=1, keepdims=True) + weight)


def _only_where_zero(counts, lower, strength=1.0):
    weight = strength * (counts > 0).sum(axis=1, keepdims=True)
    total = counts.sum(axis=1, keepdims=True) + weight
    with np.errstate(invalid="ignore"):
        backed_off = np.where(counts > 0, counts / total, weight * lower / total)
    return np.where(total > 0, backed_off, lower)


def _over_columns(counts, lower, strength=1.0):
    weight = strength * (counts > 0).sum(axis=0, keepdims=True)
    return (counts + weight * lower) / (counts.sum(axis=0, keepdims=True) + weight)


def _one_weight_for_all(counts, lower, strength=1.0):
    weight = strength * (counts > 0).sum()
    return (counts + weight * lower) / (counts.sum(axis=1, keepdims=True) + weight)


def _number_of_symbols(counts, strength):
    return strength * np.full((len(counts), 1), float(counts.shape[1]))


def _likelihood(counts, w, lower):
    return counts / counts.sum(axis=1, keepdims=True)


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
    misconceptions=(
        Misconception(
            "never-seen-divides-by-zero",
            _unseen_not_handled,
            "A context that was never seen has no counts, so you divide 0 by 0 and get NaN. "
            "There the shorter context speaks alone: return its row of `lower`.",
        ),
        Misconception(
            "never-seen-is-zero",
            _mixed(unseen=lambda p, lower: np.zeros_like(lower)),
            "After a context that was never seen all your probabilities are 0, and one of these "
            "characters will come. There the row of `lower` is the answer.",
        ),
        Misconception(
            "never-seen-is-uniform",
            _mixed(unseen=lambda p, lower: np.full_like(lower, 1 / lower.shape[1])),
            "After a context that was never seen you make all characters equally likely. The "
            "shorter context knows better: return its row of `lower`.",
        ),
        Misconception(
            "counts-alone",
            _mixed(mix=_likelihood, unseen=_not_a_number),
            "Those are shares of the counts. What has not been seen yet then has probability 0 and "
            "costs infinitely many bits when it comes. `lower` has to be mixed in.",
            variants=(
                _mixed(mix=_likelihood),
                _mixed(mix=_likelihood, unseen=lambda p, lower: np.zeros_like(lower)),
            ),
        ),
        Misconception(
            "add-one",
            _mixed(
                mix=lambda counts, w, lower: (
                    (counts + 1) / (counts.sum(axis=1, keepdims=True) + counts.shape[1])
                ),
                unseen=lambda p, lower: p,
            ),
            "You add the same to every count, as if nothing were known of characters that have not "
            "followed yet. `lower` knows which of them are likely: add in proportion to it.",
            variants=(
                _mixed(
                    weight=_number_of_symbols,
                    mix=lambda counts, w, lower: (
                        (counts + w / counts.shape[1]) / (counts.sum(axis=1, keepdims=True) + w)
                    ),
                    unseen=lambda p, lower: p,
                ),
            ),
        ),
        Misconception(
            "uniform-for-lower",
            _mixed(
                mix=lambda counts, w, lower: (
                    (counts + w / counts.shape[1]) / (counts.sum(axis=1, keepdims=True) + w)
                )
            ),
            "The weight is spread evenly over the V characters. Spread it as `lower` says.",
        ),
        Misconception(
            "total-for-different",
            _mixed(weight=lambda counts, strength: strength * counts.sum(axis=1, keepdims=True)),
            "The weight counts all observations; it should count the *different* characters that "
            "have followed: `(counts > 0).sum(...)`. With yours, a context seen a thousand times "
            "is trusted no more than one seen once.",
        ),
        Misconception(
            "whole-vocabulary",
            _mixed(weight=_number_of_symbols),
            "The weight is `strength` times V. It should count how many different characters have "
            "really followed: after q that is one, and then the shorter context has little to say.",
            variants=(_mixed(weight=_number_of_symbols, unseen=lambda p, lower: p),),
        ),
        Misconception(
            "unseen-characters-counted",
            _mixed(
                weight=lambda counts, strength: strength * (counts == 0).sum(axis=1, keepdims=True)
            ),
            "You count the characters that have *not* followed. Many different followers are a "
            "sign that more will come, so the weight counts those above zero.",
        ),
        Misconception(
            "same-weight-everywhere",
            _mixed(weight=lambda counts, strength: np.full((len(counts), 1), strength)),
            "The weight is `strength` in every row. It should be `strength` times the number of "
            "different characters that have followed this context.",
            variants=(
                _mixed(
                    weight=lambda counts, strength: np.full((len(counts), 1), strength),
                    unseen=lambda p, lower: p,
                ),
            ),
        ),
        Misconception(
            "strength-ignored",
            _mixed(weight=lambda counts, strength: (counts > 0).sum(axis=1, keepdims=True)),
            "`strength` plays no part. It multiplies the number of different characters.",
        ),
        Misconception(
            "not-normalised",
            _mixed(
                mix=lambda counts, w, lower: counts / counts.sum(axis=1, keepdims=True) + w * lower
            ),
            "The rows do not sum to 1: counts and added weight are not divided by the same total. "
            "Add the weighted `lower` to the counts, then divide by counts plus weight.",
            variants=(
                _mixed(
                    mix=lambda counts, w, lower: (
                        (counts + w * lower) / counts.sum(axis=1, keepdims=True)
                    )
                ),
                _mixed(
                    mix=lambda counts, w, lower: (
                        (counts + lower) / (counts.sum(axis=1, keepdims=True) + w)
                    )
                ),
                _mixed(
                    mix=lambda counts, w, lower: (
                        counts / (counts.sum(axis=1, keepdims=True) + w) + lower
                    )
                ),
            ),
        ),
        Misconception(
            "only-for-what-is-missing",
            _only_where_zero,
            "`lower` is used only for characters whose count is 0, so the rows sum to less than 1. "
            "Here it is mixed in for all of them.",
        ),
        Misconception(
            "weights-exchanged",
            _mixed(
                mix=lambda counts, w, lower: (
                    (
                        w * counts / counts.sum(axis=1, keepdims=True)
                        + counts.sum(axis=1, keepdims=True) * lower
                    )
                    / (counts.sum(axis=1, keepdims=True) + w)
                )
            ),
            "The two weights are exchanged: the more often a context was seen, the less you trust "
            "its counts. The shares of the counts weigh as much as there are counts.",
        ),
        Misconception(
            "over-the-wrong-axis",
            _over_columns,
            "The sums run down the columns, over the contexts. Each row is a context of its own: "
            "`axis=1, keepdims=True`.",
        ),
        Misconception(
            "one-weight-for-all",
            _one_weight_for_all,
            "The different characters of all contexts are counted together. Each context has a "
            "number of its own: `(counts > 0).sum(axis=1, keepdims=True)`.",
        ),
    ),
    hints=(
        "Think of `lower` as further observations that you add to the counts. How many are added "
        "in all, and how are they spread over the V characters?",
        "d = number of different followers of each context. Add `strength * d * lower` to the "
        "counts and divide by what the row then sums to. What if that is 0?",
        "d = (counts > 0).sum(axis=1, keepdims=True); total = counts.sum(axis=1, keepdims=True) "
        "+ strength * d; `np.where(total > 0, ..., lower)`, with no division by 0 in the dots.",
    ),
)
