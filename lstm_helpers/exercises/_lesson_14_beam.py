"""Lesson 14: beam search over a function that gives the next symbol's probabilities."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from lstm_helpers.checks import Case, Exercise, Misconception, Output
from lstm_helpers.nn.functions import Array

NextLogProbs = Callable[[tuple[int, ...]], Array]
Hypothesis = tuple[float, tuple[int, ...]]  # total log-probability, symbols


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


def _next_log_probs(logs: Array, original: Sequence[int], symbols: Sequence[int]) -> Array:
    """At the top level, so that a grader can send it by name."""
    V = len(original)
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


# --- wrong answers ----------------------------------------------------------------------------


def _without_end(symbols, end):
    return [k for k in symbols if k != end]


def _search_with(
    add=lambda score, log: score + log,
    start=0.0,
    choose=lambda candidates, width: sorted(candidates, reverse=True)[:width],
    keep_finished=True,
    extend_finished=False,
    stop_at_first=False,
    worth=lambda score, symbols: score,
    last=lambda score, symbols: score,
    clean=_without_end,
):
    """`beam_search` with one of its parts exchanged."""

    def answer(next_log_probs, width, end, max_length):
        beam: list[Hypothesis] = [(start, ())]
        for _ in range(max_length):
            done = [symbols[-1:] == (end,) for _, symbols in beam]
            if (all(done) and not extend_finished) or (stop_at_first and any(done)):
                break
            candidates = []
            for (score, symbols), finished in zip(beam, done, strict=True):
                if finished and not extend_finished:
                    candidates += [(score, symbols)] if keep_finished else []
                    continue
                logs = next_log_probs(symbols)
                candidates += [(add(score, float(p)), (*symbols, k)) for k, p in enumerate(logs)]
            beam = choose(candidates, width)
        if stop_at_first:
            beam = [each for each in beam if each[1][-1:] == (end,)] or beam
        score, symbols = max(beam, key=lambda each: worth(*each))
        return clean(symbols, end), last(score, symbols)

    return answer


def _greedy(next_log_probs, width, end, max_length):
    symbols, score = [], 0.0
    for _ in range(max_length):
        logs = next_log_probs(tuple(symbols))
        best = int(np.argmax(logs))
        score += float(logs[best])
        if best == end:
            break
        symbols.append(best)
    return symbols, score


def _one_heir_each(next_log_probs, width, end, max_length):
    first = next_log_probs(())
    results = []
    for k in np.argsort(first)[::-1][:width]:
        symbols, score = [int(k)], float(first[k])
        while symbols[-1] != end and len(symbols) < max_length:
            logs = next_log_probs(tuple(symbols))
            symbols.append(int(np.argmax(logs)))
            score += float(logs.max())
        results.append((score, symbols))
    score, symbols = max(results)
    return [k for k in symbols if k != end], score


def _finished_set_aside(next_log_probs, width, end, max_length):
    beam: list[Hypothesis] = [(0.0, ())]
    done: list[Hypothesis] = []
    for _ in range(max_length):
        candidates = [
            (score + float(p), (*symbols, k))
            for score, symbols in beam
            for k, p in enumerate(next_log_probs(symbols))
        ]
        done += [each for each in candidates if each[1][-1] == end]
        beam = sorted((c for c in candidates if c[1][-1] != end), reverse=True)[:width]
    score, symbols = max(done + beam)
    return [k for k in symbols if k != end], score


def _cut_at_end(symbols, end):
    return list(symbols[: symbols.index(end)] if end in symbols else symbols)


_MISCONCEPTIONS = (
    Misconception(
        "greedy",
        _greedy,
        "That is greedy decoding: one hypothesis, the likeliest symbol at each step. `width` is "
        "not used. Keep that many hypotheses, and compare them after every step.",
    ),
    Misconception(
        "one-heir-each",
        _one_heir_each,
        "Each hypothesis goes on with its own best symbol only, so a good one can never have two "
        "heirs. Extend every hypothesis by every symbol, and keep the best of all together.",
    ),
    Misconception(
        "score-of-the-last-step",
        _search_with(add=lambda score, log: log),
        "Hypotheses are compared by their last symbol's log-probability alone. A sequence is as "
        "probable as the product of all its steps: add the logarithm to the score so far.",
    ),
    Misconception(
        "log-probabilities-multiplied",
        _search_with(add=lambda score, log: score * log, start=1.0),
        "Log-probabilities are multiplied. The product of probabilities is the *sum* of their "
        "logarithms; a product of negative numbers even changes its sign at every step.",
        variants=(_search_with(add=lambda score, log: -abs(score * log), start=1.0),),
    ),
    Misconception(
        "probabilities-added",
        _search_with(add=lambda score, log: score + float(np.exp(log))),
        "Probabilities are added up, so longer hypotheses look better. Multiply probabilities, or "
        "add their logarithms, which `next_log_probs` returns.",
    ),
    Misconception(
        "probability-returned",
        _search_with(last=lambda score, symbols: float(np.exp(score))),
        "The symbols are right, but the score is a probability. Return its logarithm: the sum of "
        "what `next_log_probs` gave.",
    ),
    Misconception(
        "divided-by-the-length",
        _search_with(last=lambda score, symbols: score / len(symbols)),
        "The score is divided by the length. That is a common remedy for a beam's liking for short "
        "answers; here the plain sum is asked for.",
        variants=(
            _search_with(
                choose=lambda candidates, width: sorted(
                    candidates, key=lambda each: each[0] / len(each[1]), reverse=True
                )[:width],
                worth=lambda score, symbols: score / len(symbols),
            ),
            _search_with(worth=lambda score, symbols: score / len(symbols)),
        ),
    ),
    Misconception(
        "finished-extended",
        _search_with(extend_finished=True, clean=_cut_at_end),
        "A hypothesis that has reached the end is extended further, and pays for symbols that "
        "nobody will read. Carry it over as it is, with its score.",
        variants=(_search_with(extend_finished=True),),
    ),
    Misconception(
        "finished-set-aside",
        _finished_set_aside,
        "Finished hypotheses are set aside, so others move up into their places. Many programs do "
        "so. Here a finished one keeps competing for its place among the `width`, as the exercise "
        "says.",
    ),
    Misconception(
        "stops-at-the-first-end",
        _search_with(stop_at_first=True),
        "The search stops as soon as one kept hypothesis is finished. Another that still runs may "
        "be more probable in the end: go on until all that are kept are finished.",
    ),
    Misconception(
        "worst-kept",
        _search_with(choose=lambda candidates, width: sorted(candidates)[:width]),
        "The *least* probable hypotheses are kept: `sorted` puts the smallest first. Sort with "
        "`reverse=True`, or take the last ones.",
    ),
    Misconception(
        "end-not-removed",
        _search_with(clean=lambda symbols, end: list(symbols)),
        "The end symbol is still part of the result. Its log-probability counts, but the symbols "
        "are returned without it.",
    ),
    Misconception(
        "one-too-many-kept",
        _search_with(
            choose=lambda candidates, width: sorted(candidates, reverse=True)[: width + 1]
        ),
        "One hypothesis too many is kept at each step: `width` is their number.",
    ),
    Misconception(
        "one-too-few-kept",
        _search_with(
            choose=lambda candidates, width: sorted(candidates, reverse=True)[: width - 1]
        ),
        "One hypothesis too few is kept at each step: `width` is their number.",
    ),
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
    misconceptions=_MISCONCEPTIONS,
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
