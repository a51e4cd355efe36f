"""Lesson 13: what goes wrong in smoothing counts."""

from __future__ import annotations

import numpy as np

from lstm_helpers.checks import Misconception


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


def _weight_of_columns(counts, lower, strength=1.0):
    """Totals of the rows, but followers counted down the columns."""
    weight = strength * (counts > 0).sum(axis=0, keepdims=True)
    return (counts + weight * lower) / (counts.sum(axis=1, keepdims=True) + weight)


def _strength_in_one_place(above, below):
    def answer(counts, lower, strength=1.0):
        d = (counts > 0).sum(axis=1, keepdims=True)
        total = counts.sum(axis=1, keepdims=True) + strength**below * d
        seen = total > 0
        mixed = (counts + strength**above * d * lower) / np.where(seen, total, 1.0)
        return np.where(seen, mixed, lower)

    return answer


def _different_numbers(counts, strength):
    return strength * np.array([[len(np.unique(row))] for row in counts])


def _one_weight_for_all(counts, lower, strength=1.0):
    weight = strength * (counts > 0).sum()
    return (counts + weight * lower) / (counts.sum(axis=1, keepdims=True) + weight)


def _number_of_symbols(counts, strength):
    return strength * np.full((len(counts), 1), float(counts.shape[1]))


def _likelihood(counts, w, lower):
    return counts / counts.sum(axis=1, keepdims=True)


MISCONCEPTIONS = (
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
        _mixed(weight=lambda counts, strength: strength * (counts == 0).sum(axis=1, keepdims=True)),
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
        _mixed(mix=lambda counts, w, lower: counts / counts.sum(axis=1, keepdims=True) + w * lower),
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
            _mixed(
                mix=lambda counts, w, lower: (
                    counts + w * lower / (counts.sum(axis=1, keepdims=True) + w)
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
        variants=(_weight_of_columns,),
    ),
    Misconception(
        "strength-in-one-place",
        _strength_in_one_place(above=1, below=0),
        "`strength` stands above the line or below it, but not in both places, so the rows do "
        "not sum to 1. What is added to the counts has to be added to their total too.",
        variants=(_strength_in_one_place(above=0, below=1),),
    ),
    Misconception(
        "weight-added-whole",
        _mixed(mix=lambda counts, w, lower: (counts + w) / (counts.sum(axis=1, keepdims=True) + w)),
        "Every count gets the whole weight, so the rows sum to more than 1, and `lower` plays "
        "no part. Spread the weight over the characters: times `lower`.",
    ),
    Misconception(
        "different-numbers-counted",
        _mixed(weight=_different_numbers),
        "`np.unique` of a row finds how many different *numbers* stand in it, the 0 among "
        "them; two characters that have come three times each count once. Count the entries "
        "above 0: `(counts > 0).sum(...)`.",
    ),
    Misconception(
        "seen-once-counted",
        _mixed(weight=lambda counts, strength: strength * (counts == 1).sum(1, keepdims=True)),
        "Only characters that have followed once are counted. That is another method's weight; "
        "here every character that has followed counts: `counts > 0`.",
    ),
    Misconception(
        "one-total-for-all",
        _mixed(mix=lambda counts, w, lower: (counts + w * lower) / (counts.sum() + w)),
        "The counts of all contexts are summed together, so the rows sum to less than 1. Each "
        "context has a total of its own: `counts.sum(axis=1, keepdims=True)`.",
    ),
    Misconception(
        "one-weight-for-all",
        _one_weight_for_all,
        "The different characters of all contexts are counted together. Each context has a "
        "number of its own: `(counts > 0).sum(axis=1, keepdims=True)`.",
    ),
)
