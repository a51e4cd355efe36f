"""Lesson 14: the share of whole words that are right."""

from __future__ import annotations

from typing import Any

import numpy as np

from lstm_helpers.checks import Case, Exercise, Misconception, Output


def exact_match(predicted: Any, true: Any, end: int) -> float:
    """Share of words that are right in every letter, and end where they should.

    Parameters
    ----------
    predicted : array_like of int (N, T)
        What a model put out. What stands behind its first end is not read.
    true : array_like of int (N, T)
        What it should be, with an end in each row.
    end : int
        The symbol that ends a word.

    Returns
    -------
    float
        Between 0 and 1.

    Examples
    --------
    >>> exact_match([[5, 3, 9, 7], [5, 9, 1, 1]], [[5, 3, 9, 0], [5, 4, 9, 0]], end=9)
    0.5
    """
    predicted, true = np.asarray(predicted), np.asarray(true)
    counts = np.cumsum(true == end, axis=1) - (true == end) == 0  # the end itself is read
    return float(np.mean(np.all((predicted == true) | ~counts, axis=1)))


# How many rows of each kind: no two of the answers below count the same number of them.
_KINDS = {
    "right": 2,
    "right, more behind the end": 5,
    "right, several ends": 3,
    "wrong letter": 3,
    "wrong letter, more behind the end": 1,
    "ends too early": 2,
    "goes on": 4,
    "no end": 2,
    "padding in the word": 6,
}


def _row(rng: np.random.Generator, kind: str, length: int, T: int, end: int):
    """A predicted and a true row; the end stands at position `length`, padding is 0."""
    true = np.zeros(T, dtype=int)
    true[:length] = rng.integers(1, end, length)
    true[length] = end
    predicted = true.copy()
    if kind == "right, more behind the end":
        predicted[length + 1 :] = rng.integers(1, end, T - length - 1)
    if kind == "right, several ends":
        predicted[length + 1 :] = end
    if kind.startswith("wrong letter"):
        k = rng.integers(length)
        predicted[k] = predicted[k] % (end - 1) + 1
    if kind == "wrong letter, more behind the end":
        predicted[length + 1 :] = end
    if kind == "ends too early":
        predicted[length - 1 : length + 1] = end, 0
    if kind == "goes on":
        predicted[length : length + 2] = rng.integers(1, end), end
    if kind == "padding in the word":  # a decoder may put out any symbol, also 0
        predicted[rng.integers(length)] = 0
    if kind == "no end":
        predicted[length:] = rng.integers(1, end, T - length)
    return predicted, true


def _match_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for T, end, more in ((7, 9, "right"), (6, 8, "goes on"), (8, 27, "wrong letter")):
        kinds = [kind for kind, count in _KINDS.items() for _ in range(count)]
        kinds += [more] * int(rng.integers(1, 4))
        rng.shuffle(kinds)
        rows = [_row(rng, kind, int(rng.integers(2, T - 2)), T, end) for kind in kinds]
        predicted, true = (np.array(part) for part in zip(*rows, strict=True))
        cases.append(Case((predicted, true, end), {"N": len(kinds), "T": T}))
    return cases


def _before_end(rows, end):
    return np.cumsum(rows == end, axis=1) == 0


def _share(rows_right):
    return float(np.mean(np.all(rows_right, axis=1)))


def _by_words(cut):
    """Compare two lists of symbols for each row."""

    def answer(predicted, true, end):
        pairs = zip(predicted.tolist(), true.tolist(), strict=True)
        return float(np.mean([cut(a, end) == cut(b, end) for a, b in pairs]))

    return answer


def _upto_last_end(row, end):
    return row[: len(row) - row[::-1].index(end)] if end in row else row


def _without_end_and_padding(row, end):
    return [k for k in row if k not in (0, end)]


EXACT_MATCH = Exercise(
    name="exact_match",
    lesson="14",
    title="Whole words that are right",
    points=2,
    minutes=6,
    reference=exact_match,
    cases=_match_cases,
    outputs=(Output("share"),),
    misconceptions=(
        Misconception(
            "per-letter",
            lambda predicted, true, end: float(
                np.mean((predicted == true)[_before_end(true, end) | (true == end)])
            ),
            "That is the share of right *letters*. A word with one wrong letter in ten is wrong: "
            "first ask `np.all` over the steps, then take the mean over the words.",
            variants=(lambda predicted, true, end: float(np.mean((predicted == true)[true != 0])),),
        ),
        Misconception(
            "padding-counted-per-letter",
            lambda predicted, true, end: float(np.mean(predicted == true)),
            "That is the share of equal entries, padding included, of which there is plenty to "
            "get right. Ask for whole words, up to and including their end.",
        ),
        Misconception(
            "compared-behind-the-end",
            lambda predicted, true, end: _share(predicted == true),
            "Whole rows are compared, also what stands behind the end. A decoder may go on after "
            "its end; nobody reads that. Compare up to and including the end.",
        ),
        Misconception(
            "end-not-compared",
            lambda predicted, true, end: _share((predicted == true) | ~_before_end(true, end)),
            "The letters are compared, but not whether the word ends there: `walkeded` would count "
            "as `walked`. The end is a symbol like any other, and has to be in its place.",
        ),
        Misconception(
            "cut-by-the-predicted-end",
            lambda predicted, true, end: _share((predicted == true) | ~_before_end(predicted, end)),
            "Only what stands before the *predicted* end is compared, so a word that stops too "
            "early counts as right. Read as far as the true end, and include it.",
        ),
        Misconception(
            "cut-at-the-last-end",
            _by_words(_upto_last_end),
            "Words are cut at the last end symbol. A decoder may put out several: the first one "
            "ends the word.",
        ),
        Misconception(
            "ends-and-padding-dropped",
            _by_words(_without_end_and_padding),
            "Ends and padding are taken out, and the rest is compared. So letters behind the end "
            "count as part of the word. Cut the word at its first end.",
        ),
        Misconception(
            "only-lengths",
            lambda predicted, true, end: float(
                np.mean((predicted == end).argmax(axis=1) == (true == end).argmax(axis=1))
            ),
            "Only the positions of the ends are compared. The letters before them have to be equal "
            "as well.",
        ),
        Misconception(
            "zeros-not-compared",
            lambda predicted, true, end: _share(
                (predicted == true) | (predicted == 0) | ~(_before_end(true, end) | (true == end))
            ),
            "Where the decoder has put out 0, nothing is compared. What is read depends on the "
            "true word only: a 0 inside it is a wrong letter.",
            variants=(lambda predicted, true, end: _share((predicted == true) | (predicted == 0)),),
        ),
        Misconception(
            "over-the-words",
            lambda predicted, true, end: float(
                np.mean(np.all((predicted == true) | ~(_before_end(true, end) | (true == end)), 0))
            ),
            "That is the share of *steps* at which all words are right. A word is a row: take "
            "`np.all(..., axis=1)`.",
        ),
        Misconception(
            "never-right",
            lambda predicted, true, end: 0.0,
            "Your share is 0 in every case, and in each some words are right. Is a number of words "
            "divided by `//`, which drops the fraction? Or does `np.all` run over the words, or "
            "over everything? A word is a row: `axis=1`.",
        ),
        Misconception(
            "any-letter",
            lambda predicted, true, end: float(
                np.mean(np.any((predicted == true) & _before_end(true, end), axis=1))
            ),
            "A word counts as soon as one of its letters is right (`np.any`). All have to be: "
            "`np.all`.",
        ),
        Misconception(
            "count-instead-of-share",
            lambda predicted, true, end: exact_match(predicted, true, end) * len(true),
            "That is the number of words that are right. The share is asked for: divide by N, or "
            "take the mean.",
        ),
        Misconception(
            "errors-instead-of-matches",
            lambda predicted, true, end: 1 - exact_match(predicted, true, end),
            "That is the share of words that are *wrong*. The share of right ones is asked for.",
        ),
        Misconception(
            "percent",
            lambda predicted, true, end: 100 * exact_match(predicted, true, end),
            "That is in percent. A share between 0 and 1 is asked for.",
        ),
    ),
    hints=(
        "Which entries of a row have to be equal? Those up to the first end of the *true* word, "
        "and that end too.",
        "`np.cumsum(true == end, axis=1)` is 0 before the end, and stays 1 from the end on. How do "
        "you include the end itself?",
        "With `ends = true == end`, read where `np.cumsum(ends, axis=1) - ends == 0`. A row is "
        "right if all entries are equal or not read.",
    ),
)
