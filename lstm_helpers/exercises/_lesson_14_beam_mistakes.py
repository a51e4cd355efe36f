"""Lesson 14: what goes wrong in a beam search, each as a search of its own."""

from __future__ import annotations

import numpy as np

from lstm_helpers.checks import Misconception

Hypothesis = tuple[float, tuple[int, ...]]  # total log-probability, symbols


def _without_end(symbols, end):
    return [k for k in symbols if k != end]


def _best(candidates, width):
    return sorted(candidates, reverse=True)[:width]


def _best_per_symbol(candidates, width):
    return sorted(candidates, key=lambda each: each[0] / len(each[1]), reverse=True)[:width]


def _search_with(
    add=lambda score, log: score + log,
    start=0.0,
    choose=_best,
    finished="kept",
    stop_at_first=False,
    final=lambda beam, end: beam,
    worth=lambda score, symbols: score,
    last=lambda score, symbols: score,
    clean=_without_end,
    asked=lambda symbols: symbols,
    taken_for_end=lambda end: end,
    more_steps=0,
):
    """`beam_search` with one of its parts exchanged; `finished`: kept, dropped or extended."""

    def answer(next_log_probs, width, end, max_length):
        beam: list[Hypothesis] = [(start, ())]
        end = taken_for_end(end)
        for _ in range(max_length + more_steps):
            done = [symbols[-1:] == (end,) for _, symbols in beam]
            if (all(done) and finished != "extended") or (stop_at_first and any(done)):
                break
            candidates = []
            for (score, symbols), is_done in zip(beam, done, strict=True):
                if is_done and finished != "extended":
                    candidates += [(score, symbols)] if finished == "kept" else []
                    continue
                logs = next_log_probs(asked(symbols))
                candidates += [(add(score, float(p)), (*symbols, k)) for k, p in enumerate(logs)]
            beam = choose(candidates, width)
        score, symbols = max(final(beam, end), key=lambda each: worth(*each))
        return clean(symbols, end), last(score, symbols)

    return answer


def _finished_ones(beam, end):
    return [each for each in beam if each[1][-1:] == (end,)] or beam


def _end_for_nothing(next_log_probs, width, end, max_length):
    """The end's own log-probability is not added."""
    beam: list[Hypothesis] = [(0.0, ())]
    for _ in range(max_length):
        candidates = []
        for score, symbols in beam:
            if symbols[-1:] == (end,):
                candidates.append((score, symbols))
                continue
            logs = np.array(next_log_probs(symbols))
            logs[end] = 0.0
            candidates += [(score + float(p), (*symbols, k)) for k, p in enumerate(logs)]
        beam = _best(candidates, width)
    score, symbols = max(beam)
    return _without_end(symbols, end), score


def _finished_moved_out(next_log_probs, width, end, max_length):
    """Finished hypotheses leave the beam once they are among the best, and only they count."""
    beam: list[Hypothesis] = [(0.0, ())]
    done: list[Hypothesis] = []
    for _ in range(max_length):
        candidates = [
            (score + float(p), (*symbols, k))
            for score, symbols in beam
            for k, p in enumerate(next_log_probs(symbols))
        ]
        best = _best(candidates, width)
        done += [each for each in best if each[1][-1] == end]
        beam = [each for each in best if each[1][-1] != end]
        if not beam:
            break
    score, symbols = max(done or beam)
    return _without_end(symbols, end), score


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


MISCONCEPTIONS = (
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
        variants=(
            _search_with(
                add=lambda score, log: log,
                choose=lambda candidates, width: sorted(candidates, key=lambda each: -each[0])[
                    :width
                ],
            ),
        ),
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
        "The score is divided by the length, in what you return or where hypotheses are compared. "
        "That is a common remedy for a beam's liking for short answers; here the plain sum is "
        "asked for.",
        variants=(
            _search_with(
                choose=_best_per_symbol, worth=lambda score, symbols: score / len(symbols)
            ),
            _search_with(worth=lambda score, symbols: score / len(symbols)),
            _search_with(choose=_best_per_symbol),
        ),
    ),
    Misconception(
        "finished-extended",
        _search_with(finished="extended", clean=_cut_at_end),
        "A hypothesis that has reached the end is extended further, and pays for symbols that "
        "nobody will read. Carry it over as it is, with its score.",
        variants=(_search_with(finished="extended"),),
    ),
    Misconception(
        "finished-set-aside",
        _finished_set_aside,
        "Finished hypotheses are set aside, so others move up into their places. Many programs do "
        "so. Here a finished one keeps competing for its place among the `width`, as the exercise "
        "says.",
    ),
    Misconception(
        "finished-dropped",
        _search_with(finished="dropped"),
        "A hypothesis that is finished gets lost in the next step, since only unfinished ones are "
        "made candidates. Carry it over as it is, with its score.",
    ),
    Misconception(
        "stops-at-the-first-end",
        _search_with(stop_at_first=True, final=_finished_ones),
        "The search stops as soon as one kept hypothesis is finished. Another that still runs may "
        "be more probable in the end: go on until all that are kept are finished.",
        variants=(_search_with(stop_at_first=True),),
    ),
    Misconception(
        "worst-kept",
        _search_with(choose=lambda candidates, width: sorted(candidates)[:width]),
        "The *least* probable hypotheses are kept: `sorted` puts the smallest first. Sort with "
        "`reverse=True`, or take the last ones.",
    ),
    Misconception(
        "finished-preferred",
        _search_with(final=_finished_ones),
        "At the end you choose among finished hypotheses only. When the steps run out, the best of "
        "those kept is the answer, finished or not.",
        variants=(_finished_moved_out,),
    ),
    Misconception(
        "last-of-the-beam",
        _search_with(final=lambda beam, end: beam[-1:]),
        "You return the worst of the hypotheses that are kept. Return the one with the highest "
        "score.",
    ),
    Misconception(
        "end-for-nothing",
        _end_for_nothing,
        "The end costs nothing in your search, so that short sequences look too probable. Its "
        "log-probability belongs to the score like any other.",
    ),
    Misconception(
        "end-not-recognised",
        _search_with(taken_for_end=lambda end: 27),
        "No hypothesis is ever finished: all of them run on to `max_length`. Compare the last "
        "symbol with the argument `end`; it need not be 27, nor the last of the V.",
        variants=(_search_with(taken_for_end=lambda end: -1),),
    ),
    Misconception(
        "last-symbol-cut",
        _search_with(clean=lambda symbols, end: list(symbols[:-1])),
        "The last symbol is taken away even if it is no end. A hypothesis that has run out of "
        "steps is returned whole.",
    ),
    Misconception(
        "only-the-last-symbol",
        _search_with(asked=lambda symbols: symbols[-1:]),
        "`next_log_probs` is given the last symbol only. What comes next depends on all that "
        "stands before: pass the whole tuple.",
    ),
    Misconception(
        "one-step-too-few",
        _search_with(more_steps=-1),
        "The search makes one step too few: `max_length` steps are allowed, and the first is the "
        "one from the empty hypothesis.",
    ),
    Misconception(
        "one-step-too-many",
        _search_with(more_steps=1),
        "The search makes one step too many: no hypothesis may have more than `max_length` "
        "symbols, the end included.",
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
