"""Lesson 14: what goes wrong in attention, each with one of its parts exchanged."""

from __future__ import annotations

import numpy as np

from lstm_helpers.checks import Misconception


def _softmax(scores, axis=1):
    shares = np.exp(scores - scores.max(axis=axis, keepdims=True))
    return shares / shares.sum(axis=axis, keepdims=True)


def _attend_with(
    score=lambda query, keys: np.einsum("nh,nth->nt", query, keys),
    weigh=lambda scores, mask: _softmax(np.where(mask, scores, -np.inf)),
    read=lambda weights, keys, values: np.einsum("nt,ntd->nd", weights, values),
):
    """`attention` with one of its parts exchanged."""

    def answer(query, keys, values, mask):
        weights = weigh(score(query, keys), mask)
        return read(weights, keys, values), weights

    return answer


def _over_the_batch(scores, mask):
    with np.errstate(invalid="ignore"):
        return np.nan_to_num(_softmax(np.where(mask, scores, -np.inf), axis=0))


def _over_the_batch_with_a_large_number(scores, mask):
    return _softmax(np.where(mask, scores, -1e9), axis=0)


def _renormalised(scores, mask):
    weights = _softmax(scores) * mask
    with np.errstate(invalid="ignore"):
        return weights / weights.sum(axis=1, keepdims=True)


def _with_a_small_number_below(eps, shares):
    def weigh(scores, mask):
        real = shares(scores - scores.max(axis=1, keepdims=True)) * mask
        return real / (real.sum(axis=1, keepdims=True) + eps)

    return weigh


def _largest_of_all(scores, mask):
    real = np.where(mask, scores, -np.inf)
    shares = np.exp(real - real.max())
    with np.errstate(invalid="ignore"):
        return shares / shares.sum(axis=1, keepdims=True)


def _over_everything(scores, mask):
    shares = np.exp(np.where(mask, scores - scores[mask].max(), -np.inf))
    return shares / shares.sum()


def _overflowing(scores, mask):
    shares = np.where(mask, np.exp(scores), 0.0)
    return shares / shares.sum(axis=1, keepdims=True)


def _hardest(scores, mask):
    return np.eye(scores.shape[1])[np.where(mask, scores, -np.inf).argmax(axis=1)]


def _without_exponential(scores, mask):
    real = np.where(mask, scores, 0.0)
    return real / real.sum(axis=1, keepdims=True)


def _cosine(query, keys):
    lengths = np.linalg.norm(query, axis=1)[:, None] * np.linalg.norm(keys, axis=2)
    return np.einsum("nh,nth->nt", query, keys) / lengths


MISCONCEPTIONS = (
    Misconception(
        "no-mask",
        _attend_with(weigh=lambda scores, mask: _softmax(scores)),
        "The padding gets a share of the weight: the mask is not used. Padding has no letter "
        "to attend to; give it the score minus infinity before the softmax.",
    ),
    Misconception(
        "mask-after-softmax",
        _attend_with(weigh=lambda scores, mask: _softmax(scores) * mask),
        "The mask is applied after the softmax: the padding has taken its share by then, and "
        "the weights of the real steps no longer sum to 1. Mask the scores first.",
    ),
    Misconception(
        "masked-too-late",
        _attend_with(weigh=_renormalised),
        "The weights are masked after the softmax and put back to the sum 1. Where the padding "
        "has by far the largest score, the shares of the real steps are 0 by then, and 0 / 0 is "
        "NaN, or 0 with a small number below the line. Mask the scores first: then the padding "
        "has no say in anything.",
        variants=tuple(
            _attend_with(weigh=_with_a_small_number_below(eps, shares))
            for eps in (1e-12, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6)
            for shares in (np.exp, lambda scores: _softmax(scores))
        ),
    ),
    Misconception(
        "not-small-enough",
        _attend_with(weigh=lambda scores, mask: _softmax(np.where(mask, scores, -100.0))),
        "The score that you give to the padding is not small enough: where real scores are "
        "near -1000, it is the largest of all. Take `-np.inf`, or -1e9.",
        variants=tuple(
            _attend_with(weigh=lambda scores, mask, low=low: _softmax(np.where(mask, scores, low)))
            for low in (-1.0, -10.0, -1000.0)
        ),
    ),
    Misconception(
        "one-maximum-for-all",
        _attend_with(weigh=_largest_of_all),
        "One maximum, that of the whole batch, is subtracted everywhere. An example whose "
        "scores are all far below it is left with zeros, and 0 / 0 is NaN. Subtract each "
        "example's own: `max(axis=1, keepdims=True)`.",
    ),
    Misconception(
        "scores-for-weights",
        lambda query, keys, values, mask: (
            _attend_with()(query, keys, values, mask)[0],
            np.where(mask, np.einsum("nh,nth->nt", query, keys), -np.inf),
        ),
        "The context is right, but beside it you return the scores. Return the weights: what "
        "the softmax has made of them.",
        variants=(
            lambda query, keys, values, mask: (
                _attend_with()(query, keys, values, mask)[0],
                np.einsum("nh,nth->nt", query, keys),
            ),
            lambda query, keys, values, mask: (
                _attend_with()(query, keys, values, mask)[0],
                np.where(mask, np.einsum("nh,nth->nt", query, keys), -1e9),
            ),
        ),
    ),
    Misconception(
        "masked-score-zero",
        _attend_with(weigh=lambda scores, mask: _softmax(scores * mask)),
        "The padding gets the score 0, and the exponential of 0 is 1: a real share. The score "
        "that leads to the weight 0 is minus infinity (`-np.inf`).",
    ),
    Misconception(
        "mask-inverted",
        _attend_with(weigh=lambda scores, mask: _softmax(np.where(mask, -np.inf, scores))),
        "All weight lies on the padding: the mask is read the wrong way round. True marks a "
        "real step.",
        variants=(_attend_with(weigh=lambda scores, mask: _softmax(scores) * ~mask),),
    ),
    Misconception(
        "softmax-over-the-batch",
        _attend_with(weigh=_over_the_batch),
        "The softmax runs over the examples (`axis=0`), so that words compete with one "
        "another. The steps of one word compete: `axis=1`.",
        variants=(_attend_with(weigh=_over_the_batch_with_a_large_number),),
    ),
    Misconception(
        "softmax-over-everything",
        _attend_with(weigh=_over_everything),
        "One sum serves the whole batch. Each example has its own: `sum(axis=1, keepdims=True)`.",
    ),
    Misconception(
        "scaled",
        _attend_with(
            score=lambda query, keys: np.einsum("nh,nth->nt", query, keys) / np.sqrt(keys.shape[2])
        ),
        "The scores are divided by a size or its square root. Transformers do that; here the "
        "plain dot product is asked for, as Keras's `Attention` layer takes it.",
        variants=(
            _attend_with(
                score=lambda query, keys: np.einsum("nh,nth->nt", query, keys) / keys.shape[2]
            ),
            lambda query, keys, values, mask: _attend_with()(
                query / np.sqrt(values.shape[2]), keys, values, mask
            ),
        ),
    ),
    Misconception(
        "cosine",
        _attend_with(score=_cosine),
        "The scores are cosines: products divided by the lengths of both vectors. They stay "
        "within -1 and 1, so that no step can win clearly. The plain dot product is asked for.",
    ),
    Misconception(
        "overflow",
        _attend_with(weigh=_overflowing),
        "The exponential of a large score overflows, and infinity divided by infinity is no "
        "number. Subtract the largest score of each example first: the weights stay the same.",
    ),
    Misconception(
        "only-the-best-step",
        _attend_with(weigh=_hardest),
        "All weight goes to the step with the highest score. That is hard attention, through "
        "which no gradient flows. A softmax over the scores is asked for.",
    ),
    Misconception(
        "no-exponential",
        _attend_with(weigh=_without_exponential),
        "The scores are divided by their sum without the exponential. Scores may be negative; "
        "a softmax takes `np.exp` first.",
    ),
    Misconception(
        "keys-handed-over",
        _attend_with(read=lambda weights, keys, values: np.einsum("nt,nth->nh", weights, keys)),
        "The context is a mean of the keys. Keys only say where to look; what is handed over "
        "are the values, (N, T, D).",
    ),
    Misconception(
        "mean-instead-of-sum",
        _attend_with(
            read=lambda weights, keys, values: (weights[:, :, None] * values).mean(axis=1)
        ),
        "The weighted values are averaged over the steps, which divides by T once more. The "
        "weights sum to 1 already: take the sum.",
    ),
    Misconception(
        "sigmoid",
        _attend_with(weigh=lambda scores, mask: mask / (1 + np.exp(-np.clip(scores, -700, 700)))),
        "The weights come from a sigmoid, each by itself, so they do not sum to 1. In a "
        "softmax the steps share the weight.",
    ),
    Misconception(
        "all-the-same",
        _attend_with(weigh=lambda scores, mask: mask / mask.sum(axis=1, keepdims=True)),
        "Every real step gets the same weight: the query plays no part. The weights are a "
        "softmax of the scores.",
    ),
    Misconception(
        "values-not-weighted",
        _attend_with(read=lambda weights, keys, values: values.mean(axis=1)),
        "The context is the plain mean of the values. Multiply each step's values by its "
        "weight, `weights[:, :, None] * values`, and sum over the steps.",
        variants=(_attend_with(read=lambda weights, keys, values: values.sum(axis=1)),),
    ),
)
