"""Lesson 13: what goes wrong in drawing a character."""

from __future__ import annotations

import numpy as np

from lstm_helpers.checks import Misconception


def _softmax(z):
    e = np.exp(z - z.max())
    return e / e.sum()


def _keep_largest(z, k):
    return np.where(z >= np.sort(z)[-k], z, -np.inf)


def _inverse(p, u):
    return int(np.argmax(np.cumsum(p) > u * np.sum(p)))


def _drawn(probabilities, pick=_inverse):
    """An answer with its own probabilities, or its own way to draw."""

    def answer(logits, temperature, k, u):
        p = probabilities(logits, temperature, k)
        return p, pick(p, u)

    return answer


def _right(logits, temperature, k):
    return _softmax(_keep_largest(logits, k) / temperature)


def _cut_not_normalised(logits, temperature, k):
    p = _softmax(logits / temperature)
    return np.where(p >= np.sort(p)[-k], p, 0.0)


def _cut_to_zero(logits, temperature, k):
    return _softmax(np.where(logits >= np.sort(logits)[-k], logits, 0.0) / temperature)


def _overflowing(logits, temperature, k):
    with np.errstate(over="ignore", invalid="ignore"):
        e = np.exp(_keep_largest(logits, k) / temperature)
        return e / e.sum()


def _softmax_twice(logits, temperature, k):
    return _softmax(_keep_largest(_softmax(logits), k) / temperature)


def _divided_afterwards(logits, temperature, k):
    return _softmax(_keep_largest(logits, k)) / temperature


def _more_than_the_kth(logits, temperature, k, u):
    z = np.where(logits > np.sort(logits)[-k], logits, -np.inf)
    with np.errstate(invalid="ignore"):
        e = np.exp((z - z.max()) / temperature)
        p = e / e.sum()
    return p, int(np.argmax(np.cumsum(p) > u))


def _by_rank(p, u):
    """The position among the characters from the likeliest down, not the character."""
    return int(np.argmax(np.cumsum(np.sort(p)[::-1]) > u))


def _likeliest_first(p, u):
    order = np.argsort(-p, kind="stable")
    return int(order[_by_rank(p, u)])


def _evenly(p, u):
    kept = np.flatnonzero(p)
    return int(kept[int(u * len(kept))])


def _first_not_below(p, u):
    return int(np.searchsorted(np.cumsum(p), u))


def _sorted_away(logits, temperature, k, u):
    p = _softmax(np.sort(logits)[::-1][:k] / temperature)
    return p, _inverse(p, u)


def _ignoring_k_when_drawing(logits, temperature, k, u):
    return _right(logits, temperature, k), _inverse(_softmax(logits / temperature), u)


MISCONCEPTIONS = (
    Misconception(
        "temperature-multiplied",
        _drawn(lambda logits, tau, k: _softmax(_keep_largest(logits, k) * tau)),
        "The logits are multiplied by the temperature, so heat makes the model surer. Divide: "
        "a high temperature brings the logits together.",
    ),
    Misconception(
        "temperature-after-softmax",
        _drawn(_softmax_twice),
        "The softmax comes before the division, and again after it. Divide the *logits* by the "
        "temperature; one softmax, at the end, makes probabilities of them.",
        variants=(
            _drawn(lambda logits, tau, k: _softmax(_keep_largest(_softmax(logits) / tau, k))),
        ),
    ),
    Misconception(
        "probabilities-divided",
        _drawn(_divided_afterwards),
        "The probabilities are divided by the temperature, so they do not sum to 1; put back "
        "to 1, they would be as before. It is the logits that are divided.",
    ),
    Misconception(
        "temperature-ignored",
        _drawn(lambda logits, tau, k: _softmax(_keep_largest(logits, k))),
        "The temperature plays no part, or falls out again. Divide the logits by it before the "
        "softmax.",
    ),
    Misconception(
        "not-normalised",
        _drawn(_cut_not_normalised),
        "After the cut the probabilities no longer sum to 1. Divide them by their sum, or cut "
        "before the softmax.",
        variants=(_drawn(_cut_not_normalised, pick=lambda p, u: int(np.argmax(np.cumsum(p) > u))),),
    ),
    Misconception(
        "smallest-k",
        _drawn(
            lambda logits, tau, k: _softmax(
                np.where(logits <= np.sort(logits)[k - 1], logits, -np.inf) / tau
            )
        ),
        "You keep the k *least* likely characters. `np.sort` and `np.argsort` go upwards, so "
        "the largest stand at the end: `[-k:]`.",
    ),
    Misconception(
        "threshold-from-below",
        _drawn(
            lambda logits, tau, k: _softmax(
                np.where(logits >= np.sort(logits)[k - 1], logits, -np.inf) / tau
            )
        ),
        "The cut is at the k-th logit from *below*, so V - k + 1 characters are kept. "
        "`np.sort` goes upwards: the k-th from above is `np.sort(logits)[-k]`.",
    ),
    Misconception(
        "first-k",
        _drawn(lambda logits, tau, k: np.r_[_softmax(logits[:k] / tau), np.zeros(len(logits) - k)]),
        "You keep the first k characters, whatever their logits. Keep those with the k largest "
        "logits.",
    ),
    Misconception(
        "k-ignored",
        _drawn(lambda logits, tau, k: _softmax(logits / tau)),
        "All characters can be drawn. Only the k with the largest logits may keep a "
        "probability above 0.",
    ),
    Misconception(
        "one-too-many",
        _drawn(lambda logits, tau, k: _right(logits, tau, min(k + 1, len(logits)))),
        "One character too many is kept: k + 1 of them have a probability above 0.",
    ),
    Misconception(
        "one-too-few",
        _drawn(lambda logits, tau, k: _right(logits, tau, max(k - 1, 1))),
        "One character too few is kept: the k-th largest itself may be drawn as well "
        "(`>=` in place of `>`).",
        variants=(lambda logits, tau, k, u: _more_than_the_kth(logits, tau, k, u),),
    ),
    Misconception(
        "cut-to-zero",
        _drawn(_cut_to_zero),
        "The logits of the others are set to 0. But e to the 0 is 1, no small number: a logit "
        "of 0 can be drawn. Set them to minus infinity, or their probabilities to 0.",
    ),
    Misconception(
        "overflow",
        _drawn(_overflowing),
        "With large logits the exponential overflows, and infinity over infinity is NaN. "
        "Subtract the largest logit first: that changes no probability.",
        variants=(
            _drawn(
                lambda logits, tau, k: _overflowing(logits, tau, k),
                pick=lambda p, u: int(np.argmax(np.cumsum(p) > u)),
            ),
        ),
    ),
    Misconception(
        "always-the-likeliest",
        _drawn(_right, pick=lambda p, u: int(p.argmax())),
        "The probabilities are right, but the likeliest is always taken: `u` plays no part. "
        "Walk through the sums of p (`np.cumsum`) until they exceed `u`.",
    ),
    Misconception(
        "likeliest-first",
        _drawn(_right, pick=_likeliest_first),
        "The probabilities are right, and so is the draw in the long run; but you walk from "
        "the likeliest down. Here the sums go through the characters in the order of their "
        "numbers, so that one `u` gives one answer.",
    ),
    Misconception(
        "rank-for-character",
        _drawn(_right, pick=_by_rank),
        "What you return is a place in the *sorted* list. The number of the character that "
        "stands there is asked for: `order[place]`, or do not sort at all.",
    ),
    Misconception(
        "evenly-among-k",
        _drawn(_right, pick=_evenly),
        "The k characters are drawn as if they were equally likely. `u` has to be compared "
        "with the sums of their probabilities.",
    ),
    Misconception(
        "one-before",
        _drawn(_right, pick=lambda p, u: max(_inverse(p, u) - 1, 0)),
        "The character is one too early: it is the last whose sum is still *below* `u`. Take "
        "the first whose sum is above.",
        variants=(_drawn(_right, pick=lambda p, u: _inverse(p, u) - 1),),
    ),
    Misconception(
        "one-behind",
        _drawn(_right, pick=lambda p, u: min(_inverse(p, u) + 1, len(p) - 1)),
        "The character is one too late: the first whose sum is above `u` is the one.",
        variants=(_drawn(_right, pick=lambda p, u: _inverse(p, u) + 1),),
    ),
    Misconception(
        "sum-equal-to-u",
        _drawn(_right, pick=_first_not_below),
        "You stop where the sum reaches `u`; it has to be *above*. With u = 0 yours draws a "
        "character of probability 0. In `np.searchsorted` that is `side='right'`.",
    ),
    Misconception(
        "not-summed",
        _drawn(_right, pick=lambda p, u: int(np.argmax(p > u))),
        "Single probabilities are compared with `u`. Compare their sums, from character 0 up "
        "to and with this one: `np.cumsum(p)`.",
    ),
    Misconception(
        "from-the-other-end",
        _drawn(_right, pick=lambda p, u: _inverse(p, 1 - u)),
        "The walk goes the other way: your sums are compared with 1 - u, or run from the last "
        "character. Begin at character 0 and stop where the sum exceeds `u`.",
    ),
    Misconception(
        "k-ignored-when-drawing",
        _ignoring_k_when_drawing,
        "p is right, but the character is drawn from the probabilities before the cut, so it "
        "may be one that p excludes.",
    ),
    Misconception(
        "others-dropped",
        _sorted_away,
        "Only k probabilities are left, in order of size, so that nobody can tell which "
        "character they belong to. p has V entries, at the characters' own places, 0 for those "
        "that are out.",
    ),
)
