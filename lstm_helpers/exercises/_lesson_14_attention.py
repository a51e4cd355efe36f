"""Lesson 14: attention by dot products, with a mask."""

from __future__ import annotations

from typing import Any

import numpy as np

from lstm_helpers.checks import Case, Exercise, Output
from lstm_helpers.exercises._lesson_14_attention_mistakes import MISCONCEPTIONS
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
        (4, 6, 3, 5, 1.0, "scores of -1000 and larger ones in the padding"),
    ):
        counts = rng.permutation(np.arange(2, T))[:N]  # never all steps, and never one
        mask = np.arange(T) < counts[:, None]
        if note == "padding anywhere":
            mask = np.array([rng.permutation(row) for row in mask])
        query, keys = size * rng.normal(size=(N, H)), size * rng.normal(size=(N, T, H))
        if "-1000" in note:  # other scores in each example; those of the padding are the largest
            level = np.where(mask, -1000.0, 1000.0) + 600.0 * np.arange(N)[:, None] * mask
            keys += (level / (query**2).sum(axis=1, keepdims=True))[:, :, None] * query[:, None]
        if size > 1:  # two steps share the weight, and neither of them is padding
            keys[:, 0] = query * 1200 / (query**2).sum(axis=1, keepdims=True)
            keys[:, 1] = keys[:, 0] * rng.uniform(0.999, 1.0, (N, 1))
        values = rng.normal(0.5, 1.0, (N, T, D)) + 2.0 * ~mask[:, :, None]
        sizes = {"N": N, "T": T, "H": H, "D": D}
        cases.append(Case((query, keys, values, mask), sizes, note=note))
    return cases


ATTENTION = Exercise(
    name="attention",
    lesson="14",
    title="Attention by dot products",
    points=3,
    minutes=10,
    reference=attention,
    cases=_cases,
    outputs=(Output("context", ("N", "D")), Output("weights", ("N", "T"))),
    misconceptions=MISCONCEPTIONS,
    hints=(
        "Three lines: scores (N, T), weights (N, T), context (N, D). Which of them has to know "
        "about the padding?",
        "`np.where(mask, scores, -np.inf)` before the softmax over `axis=1`; subtract each row's "
        "maximum before `np.exp`.",
        "Scores: `(keys @ query[:, :, None])[:, :, 0]`. Context: `(weights[:, :, None] * "
        "values).sum(axis=1)`.",
    ),
)
