"""Lesson 14: beam search over a function that gives the next symbol's probabilities."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from lstm_helpers.checks import Case, Exercise, Output
from lstm_helpers.exercises._lesson_14_beam_mistakes import MISCONCEPTIONS, Hypothesis
from lstm_helpers.nn.functions import Array

NextLogProbs = Callable[[tuple[int, ...]], Array]


def beam_search(
    next_log_probs: NextLogProbs, width: int, end: int, max_length: int
) -> tuple[Array, float]:
    """Look for the most probable sequence, with `width` hypotheses kept at each step.

    Parameters
    ----------
    next_log_probs : callable
        Takes the symbols so far, a tuple, and returns the natural logarithms of the probabilities
        of all V symbols that may follow.
    width : int
        Hypotheses kept.
    end : int
        The symbol that ends a sequence.
    max_length : int
        Steps at most; the end counts as one.

    Returns
    -------
    symbols : ndarray of int (L,)
        The best hypothesis, without the end.
    score : float
        Its log-probability, that of the end included.

    References
    ----------
    .. [1] I. Sutskever, O. Vinyals, Q. V. Le, "Sequence to sequence learning with neural
       networks", NeurIPS 2014, section 3.2, arXiv:1409.3215.

    Examples
    --------
    >>> def coin(symbols):
    ...     return np.log([0.6, 0.4] if symbols else [0.5, 0.5])
    >>> symbols, score = beam_search(coin, 2, 1, 3)
    >>> symbols.tolist(), round(float(np.exp(score)), 3)
    ([], 0.5)
    """
    beam: list[Hypothesis] = [(0.0, ())]
    for _ in range(max_length):
        if all(symbols[-1:] == (end,) for _, symbols in beam):
            break
        candidates: list[Hypothesis] = []
        for score, symbols in beam:
            if symbols[-1:] == (end,):
                candidates.append((score, symbols))
                continue
            logs = next_log_probs(symbols)
            candidates += [(score + float(p), (*symbols, k)) for k, p in enumerate(logs)]
        beam = sorted(candidates, reverse=True)[:width]
    score, symbols = max(beam)
    return np.array([k for k in symbols if k != end], dtype=int), score


# --- cases ------------------------------------------------------------------------------------


_BASES = (
    # seed, V, width, steps at most, how likely the end is
    (117, 4, 3, 9, 0.3),
    (92, 5, 2, 10, -0.4),
    (122, 6, 4, 8, -0.6),
    (109, 4, 3, 3, -2.5),
    (9, 4, 2, 8, 0.3),
    (956, 4, 3, 5, 0.0),
)


def _language(
    rng: np.random.Generator, base: int, num_symbols: int, hurry: float
) -> tuple[NextLogProbs, int]:
    """Probabilities that depend on the step and on the last two symbols, and the end symbol.

    The bases were found by trying: in their languages every known mistake shows, each in its own
    way. Drawn anew are a little noise, and which symbol is which.
    """
    V = num_symbols
    logits = np.random.default_rng(base).normal(0.0, 1.6, (6, V + 1, V + 1, V))
    logits[..., 0] += hurry
    logits[0, ..., 0] = -6.0  # no empty words
    logits += rng.normal(0.0, 0.01, logits.shape)
    logs = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    original = rng.permutation(V)  # of each symbol, the base's

    return partial(_next_log_probs, logs, original.tolist()), int(np.argmin(original))


def _next_log_probs(logs: Array, original: Sequence[int], symbols: tuple[int, ...]) -> Array:
    """At the top level, so that a grader can send it by name."""
    V = len(original)
    if not isinstance(symbols, tuple):  # the lesson's own function looks them up in a dict
        raise TypeError(
            f"`next_log_probs` got a {type(symbols).__name__}, {symbols!r}; expected a tuple, such "
            "as `(0, 1)`, or `()` at the beginning"
        )
    if any(not 0 <= k < V for k in symbols):
        raise ValueError(
            f"`next_log_probs` got {symbols!r}; expected symbols from 0 to {V - 1} only: a "
            "beginning holds what has been written, and the first is the empty tuple `()`"
        )
    before = [V, V, *(int(original[k]) for k in symbols)]
    row: Array = logs[min(len(symbols), 5), before[-2], before[-1]]
    again: Array = row[list(original)]
    return again


def _cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for base, V, width, max_length, hurry in _BASES:
        language, end = _language(rng, base, V, hurry)
        note = f"width {width} and at most {max_length} steps"
        cases.append(Case((language, width, end, max_length), note=note))
    return cases


def _in_words(case: Case, got: list[Array], expected: list[Array]) -> str:
    """Two answers of a search side by side: their lengths alone would say little."""
    if got[0].ndim != 1 or got[1].ndim:
        return ""
    mine, ours = ([int(k) for k in part[0]] for part in (got, expected))
    return (
        f"In a case with {case.note} you return {mine} with {float(got[1]):.3f}; this beam "
        f"ends with {ours} and {float(expected[1]):.3f} (the end is {case.args[2]})."
    )


BEAM_SEARCH = Exercise(
    name="beam_search",
    lesson="14",
    title="Beam search",
    points=3,
    minutes=15,
    reference=beam_search,
    cases=_cases,
    outputs=(Output("symbols", ("L",)), Output("score")),
    misconceptions=MISCONCEPTIONS,
    in_words=_in_words,
    hints=(
        "A hypothesis is a pair: its log-probability so far, and its symbols. Begin with a list "
        "that holds one, `(0.0, ())`.",
        "In each step make a list of candidates: finished hypotheses as they are, and every other "
        "one once for each symbol. Sort it, and keep the first `width`.",
        "`candidates += [(score + p, (*symbols, k)) for k, p in "
        "enumerate(next_log_probs(symbols))]`; then `beam = sorted(candidates, "
        "reverse=True)[:width]`. Stop when all are finished.",
    ),
)
