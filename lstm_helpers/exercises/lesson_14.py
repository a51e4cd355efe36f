"""Lesson 14: from one sequence to another: teacher forcing, attention, beam search."""

from __future__ import annotations

from typing import Any

import numpy as np

from lstm_helpers.checks import Case, Choice, Exercise, Misconception, Output, Question
from lstm_helpers.exercises._lesson_14_attention import ATTENTION
from lstm_helpers.exercises._lesson_14_beam import BEAM_SEARCH
from lstm_helpers.exercises._lesson_14_match import EXACT_MATCH
from lstm_helpers.nn.functions import Array

TITLE = "From go to went"


# --- shift_right ------------------------------------------------------------------------------


def shift_right(targets: Any, start: int) -> Array:
    """Make the decoder's inputs for teacher forcing.

    Parameters
    ----------
    targets : array_like of int (N, T)
        What the decoder is to put out.
    start : int
        The symbol that stands before the first.

    Returns
    -------
    ndarray of int (N, T)
        At each step the target of the step before.

    Examples
    --------
    >>> shift_right([[23, 5, 14, 20, 27]], 28)
    array([[28, 23,  5, 14, 20]])
    """
    targets = np.asarray(targets)
    shifted: Array = np.full_like(targets, start)
    shifted[:, 1:] = targets[:, :-1]
    return shifted


def _shift_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case((rng.permutation(90)[: N * T].reshape(N, T), 90 + start), {"N": N, "T": T}, note=note)
        for N, T, start, note in (
            (3, 5, 1, ""),
            (4, 6, 7, ""),
            (5, 2, 3, ""),
            (1, 8, 5, "one example"),
        )
    ]


def _column(targets, symbol):
    return np.full((len(targets), 1), symbol)


SHIFT_RIGHT = Exercise(
    name="shift_right",
    lesson="14",
    title="Inputs for teacher forcing",
    points=1,
    minutes=4,
    reference=shift_right,
    cases=_shift_cases,
    outputs=(Output("shifted", ("N", "T")),),
    misconceptions=(
        Misconception(
            "not-shifted",
            lambda targets, start: targets.copy(),
            "The inputs are the targets: at each step the decoder is told the letter that it is to "
            "name. Its loss will be zero, and alone it can do nothing. Shift by one step.",
            variants=(
                lambda targets, start: np.concatenate(
                    [_column(targets, start), targets[:, 1:]], axis=1
                ),
            ),
        ),
        Misconception(
            "shifted-left",
            lambda targets, start: np.concatenate(
                [targets[:, 1:], _column(targets, start)], axis=1
            ),
            "That is shifted to the left: each step gets the letter that comes after its target. "
            "It has to get the one before; `start` stands in the first column.",
            variants=(lambda targets, start: np.roll(targets, -1, axis=1),),
        ),
        Misconception(
            "wrapped-around",
            lambda targets, start: np.roll(targets, 1, axis=1),
            "`np.roll` brings the last target round to the first step, and `start` is not there. "
            "The first column is `start`; the last target is no input to anything.",
        ),
        Misconception(
            "one-step-too-long",
            lambda targets, start: np.concatenate([_column(targets, start), targets], axis=1),
            "There is one step too many: `start` is put in front, but the last target is still "
            "there. Nothing comes after it, so it is no input.",
        ),
        Misconception(
            "start-missing",
            lambda targets, start: targets[:, :-1],
            "The last target is dropped, but nothing is put in front: the decoder has no input at "
            "its first step. Put a column of `start` there.",
        ),
        Misconception(
            "zeros-in-front",
            lambda targets, start: np.concatenate([_column(targets, 0), targets[:, :-1]], axis=1),
            "The first column is 0, which marks padding in this lesson. It should be `start`.",
        ),
        Misconception(
            "start-not-the-argument",
            lambda targets, start: np.concatenate([_column(targets, 28), targets[:, :-1]], axis=1),
            "The first column is 28, whatever `start` is. Put the argument there: another list of "
            "symbols has another start.",
        ),
        Misconception(
            "first-letter-everywhere",
            lambda targets, start: np.concatenate(
                [_column(targets, start), targets[:, [0] * (targets.shape[1] - 1)]], axis=1
            ),
            "Behind `start` stands the first letter again and again: a loop that copies from left "
            "to right reads what it has just overwritten. Copy from `targets`, which stays as it "
            "is.",
        ),
        Misconception(
            "shifted-over-the-batch",
            lambda targets, start: np.concatenate(
                [np.full((1, targets.shape[1]), start), targets[:-1]]
            ),
            "Examples are shifted, not steps: each word gets the letters of the word before. Steps "
            "are the second axis, `targets[:, :-1]`.",
            variants=(lambda targets, start: np.roll(targets, 1, axis=0),),
        ),
        Misconception(
            "row-reversed",
            lambda targets, start: np.concatenate(
                [_column(targets, start), targets[:, :0:-1]], axis=1
            ),
            "`start` is in its place, but the targets run backwards. Keep their order: "
            "`targets[:, :-1]`.",
        ),
    ),
    hints=(
        "What does the decoder know when it has to name the third letter? The first two.",
        "The first column is `start`; the column k of the result is the column k - 1 of the "
        "targets.",
        "Put `np.full((len(targets), 1), start)` and `targets[:, :-1]` side by side with "
        "`np.concatenate(..., axis=1)`.",
    ),
)


EXERCISES = (SHIFT_RIGHT, ATTENTION, EXACT_MATCH, BEAM_SEARCH)


QUIZ = (
    Question(
        "With teacher forcing a decoder names 99 letters of 100 rightly. Words have ten letters, "
        "and each error is independent of the others. How many words are right when it reads its "
        "own letters?",
        (
            Choice("99 of 100", "That is the share of letters. A word needs all ten."),
            Choice(
                "About 90 of 100",
                "$0.99^{10} = 0.904$. Whatever follows the first error, the word is wrong, so its "
                "own errors cannot make *exact match* worse; they make letters worse.",
                correct=True,
            ),
            Choice(
                "Far fewer than 90, since one error leads to more",
                "It does, but in words that are lost already. What counts for a word is whether "
                "there is a first error, and up to there the decoder has read the truth.",
            ),
        ),
    ),
    Question(
        "A beam of width 5 finds a sequence to which the model gives a higher probability than to "
        "the greedy one. What follows?",
        (
            Choice(
                "It is more often right",
                "Only if the model is right about probabilities. Where the model is sure of "
                "a mistake, the beam finds that mistake more reliably.",
            ),
            Choice(
                "Nothing about right and wrong; only that the search was better",
                "Search error and model error are two things. A better search finds what the model "
                "believes.",
                correct=True,
            ),
            Choice(
                "It is the most probable sequence of all",
                "A beam drops hypotheses too. Only one that never drops any is certain.",
            ),
        ),
    ),
    Question(
        "Verbs are split at random. `understand` → `understood` is in the training part, "
        "`withstand` in the test part, and a model answers `withstood`. What has it shown?",
        (
            Choice(
                "That it can form irregular past tenses",
                "Of a relative whose past tense it had read. Of an unknown stem, such as `forsake` "
                "when nothing like it was read, nothing has been shown.",
            ),
            Choice(
                "That it copies an ending that it has seen; how it does on unknown stems stays "
                "open",
                "Relatives on both sides of the split make it easier. That may be just what you "
                "need, but say which of the two you have measured.",
                correct=True,
            ),
            Choice(
                "That it was trained on the test part",
                "`withstand` itself was not there. The leak is finer: a part of the word was.",
            ),
        ),
    ),
)
