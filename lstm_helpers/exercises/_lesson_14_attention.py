"""Lesson 14: attention by dot products, with a mask."""

from __future__ import annotations

from typing import Any

import numpy as np

from lstm_helpers.checks import Case, Exercise, Misconception, Output
from lstm_helpers.nn.functions import Array


def attention(query: Any, keys: Any, values: Any, mask: Any) -> tuple[Array, Array]:
    """Attend to the real steps of a sequence, by dot products.

    Parameters
    ----------
    query : array_like (N, H)
        What each example looks for.
    keys : array_like (N, T, H)
        What each step offers to be found by.
    values : array_like (N, T, D)
        What each step hands over.
    mask : array_like of bool (N, T)
        True where there is a real step; at least one in every sequence.

    Returns
    -------
    context : ndarray (N, D)
        Mean of the values, weighted.
    weights : ndarray (N, T)
        Softmax over the real steps of the products of query and key; 0 in the padding.

    References
    ----------
    .. [1] M.-T. Luong, H. Pham, C. D. Manning, "Effective approaches to attention-based neural
       machine translation", EMNLP 2015, 1412-1421, arXiv:1508.04025; the score called "dot".

    Examples
    --------
    >>> keys = np.array([[[0.0], [np.log(3.0)], [9.0]]])
    >>> context, weights = attention([[1.0]], keys, 4 * keys, [[True, True, False]])
    >>> weights
    array([[0.25, 0.75, 0.  ]])
    """
    scores = np.einsum("nh,nth->nt", query, keys)
    scores = np.where(mask, scores, -np.inf)
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    weights: Array = shares / shares.sum(axis=1, keepdims=True)
    context: Array = np.einsum("nt,ntd->nd", weights, values)
    return context, weights


def _cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for N, T, H, D, size, note in (
        (3, 6, 4, 5, 1.0, ""),
        (4, 7, 6, 2, 1.0, "padding anywhere"),
        (2, 8, 3, 4, 1.0, ""),
        (3, 5, 2, 4, 30.0, "scores of more than 1000"),
    ):
        counts = rng.permutation(np.arange(2, T))[:N]  # never all steps, and never one
        mask = np.arange(T) < counts[:, None]
        if note == "padding anywhere":
            mask = np.array([rng.permutation(row) for row in mask])
        query, keys = size * rng.normal(size=(N, H)), size * rng.normal(size=(N, T, H))
        if size > 1:  # two steps share the weight, and neither of them is padding
            keys[:, 0] = query * 1200 / (query**2).sum(axis=1, keepdims=True)
            keys[:, 1] = keys[:, 0] * rng.uniform(0.999, 1.0, (N, 1))
        values = rng.normal(0.5, 1.0, (N, T, D)) + 2.0 * ~mask[:, :, None]
        sizes = {"N": N, "T": T, "H": H, "D": D}
        cases.append(Case((query, keys, values, mask), sizes, note=note))
    return cases


# --- wrong answers ----------------------------------------------------------------------------


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


ATTENTION = Exercise(
    name="attention",
    lesson="14",
    title="Attention by dot products",
    points=3,
    minutes=10,
    reference=attention,
    cases=_cases,
    outputs=(Output("context", ("N", "D")), Output("weights", ("N", "T"))),
    misconceptions=(
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
        ),
        Misconception(
            "softmax-over-everything",
            _attend_with(weigh=_over_everything),
            "One sum serves the whole batch. Each example has its own: `sum(axis=1, "
            "keepdims=True)`.",
        ),
        Misconception(
            "scaled",
            _attend_with(
                score=lambda query, keys: (
                    np.einsum("nh,nth->nt", query, keys) / np.sqrt(keys.shape[2])
                )
            ),
            "The scores are divided by the square root of H. Transformers do that; here the plain "
            "dot product is asked for, as Keras's `Attention` layer takes it.",
            variants=(
                _attend_with(
                    score=lambda query, keys: np.einsum("nh,nth->nt", query, keys) / keys.shape[2]
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
            "values-not-weighted",
            _attend_with(read=lambda weights, keys, values: values.mean(axis=1)),
            "The context is the plain mean of the values. Multiply each step's values by its "
            "weight, `weights[:, :, None] * values`, and sum over the steps.",
            variants=(_attend_with(read=lambda weights, keys, values: values.sum(axis=1)),),
        ),
    ),
    hints=(
        "Three lines: scores (N, T), weights (N, T), context (N, D). Which of them has to know "
        "about the padding?",
        "`np.where(mask, scores, -np.inf)` before the softmax over `axis=1`; subtract each row's "
        "maximum before `np.exp`.",
        "Scores: `(keys @ query[:, :, None])[:, :, 0]`. Context: `(weights[:, :, None] * "
        "values).sum(axis=1)`.",
    ),
)
