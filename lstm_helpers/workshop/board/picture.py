"""What a page is sent of the state: everything, or what changed since a version it has."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from typing import Any

from lstm_helpers.exercises import EXERCISES, LESSONS
from lstm_helpers.general_diagnoses import GENERAL_DIAGNOSES, in_words
from lstm_helpers.workshop.board.rules import FAILED, NO_VERDICT, NOT_ATTEMPTED, PASSED, SKIPPED
from lstm_helpers.workshop.board.state import Attempt, Learner, State

LETTERS = {PASSED: "p", FAILED: "f", SKIPPED: "s", NO_VERDICT: "n", NOT_ATTEMPTED: "-"}
MOST_STUCK = 12
IDLE_SECONDS = 300.0
_SHORT = 140  # characters; of a longer sentence only its first part is shown
_UNTOUCHED = Attempt()


@cache
def label(name: str) -> str:
    """Name an exercise in three or four characters: lesson and place.

    Parameters
    ----------
    name : str
        The exercise.

    Returns
    -------
    str
        Such as ``"3.1"``.

    Examples
    --------
    >>> label("lstm_gates")
    '3.1'
    """
    number = EXERCISES[name].lesson
    names = [exercise.name for exercise in LESSONS[number].exercises]
    return f"{number.lstrip('0') or '0'}.{names.index(name) + 1}"


@cache
def wording(name: str, slug: str) -> str:
    """Say in words what a diagnosis means.

    Parameters
    ----------
    name : str
        The exercise.
    slug : str
        The diagnosis.

    Returns
    -------
    str
        The misconception's own words, shortened to their first sentence if they are long; else
        what a general diagnosis means; the slug with spaces, if it is neither.

    Examples
    --------
    >>> wording("lstm_step", "bias-twice")
    'The bias is added twice. This course has one bias vector; PyTorch has two and adds both.'
    >>> wording("lstm_step", "wrong-sign")
    'A result is right except for its sign.'
    """
    for misconception in EXERCISES[name].misconceptions:
        if misconception.slug == slug:
            text = " ".join(misconception.message.split())
            if len(text) > _SHORT:
                first = re.match(r".{12,}?[.!?](?=\s[A-Z`]|$)", text)
                text = first.group() if first else text
            return text
    return GENERAL_DIAGNOSES.get(slug, in_words(slug))


def picture(state: State, since: int, now: float) -> dict[str, Any]:
    """Describe the state for a page.

    Parameters
    ----------
    state : State
        What is known.
    since : int
        The version that the page has; 0 for none.
    now : float
        The time, in seconds since 1970.

    Returns
    -------
    dict
        Of learners only those that changed since; ``"full"`` says whether these are all. Who left
        is listed, and counted nowhere.
    """
    full = since < state.base
    names = state.exercises
    learners = list(state.learners.values())
    present = [one for one in learners if not one.left]
    return {
        "full": full,
        "version": state.version,
        "now": now,
        "idle": IDLE_SECONDS,
        "count": len(present),
        "left": len(learners) - len(present),
        "events": state.events,
        "nicknames": state.nicknames,
        "lessons": [{"number": n, "title": LESSONS[n].title} for n in state.lessons],
        "chosen": list(state.chosen),
        "exercises": [_exercise(name, present) for name in names],
        "learners": [
            _learner(one, names, state.nicknames) for one in learners if full or one.version > since
        ],
        "hands": [
            {"learner": one.row.number, "since": one.hand}
            for one in sorted(present, key=lambda one: one.hand or 0.0)
            if one.hand is not None
        ],
        "stuck": _stuck(names, present),
    }


def _exercise(name: str, learners: list[Learner]) -> dict[str, Any]:
    attempts = [one.attempts[name] for one in learners if name in one.attempts]
    statuses = Counter(attempt.status for attempt in attempts)
    causes = Counter(a.diagnosis for a in attempts if a.status == FAILED and a.diagnosis)
    commonest = None
    if causes:
        most = max(causes.values())
        slug = min(cause for cause, count in causes.items() if count == most)
        commonest = {
            "slug": slug,
            "words": in_words(slug),
            "text": wording(name, slug),
            "count": most,
        }
    return {
        "name": name,
        "label": label(name),
        "title": EXERCISES[name].title,
        "passed": statuses[PASSED],
        "failed": statuses[FAILED],
        "skipped": statuses[SKIPPED],
        "commonest": commonest,
    }


def _learner(one: Learner, names: list[str], nicknames: bool) -> dict[str, Any]:
    shown = nicknames and not one.row.masked
    cells = []
    for name in names:
        attempt = one.attempts.get(name, _UNTOUCHED)
        letter = LETTERS[attempt.status]
        cells.append(f"{letter}{attempt.failures}" if letter == "f" else letter)
    return {
        "id": one.row.number,
        "name": one.row.nick if shown else f"learner {one.row.number}",
        "masked": one.row.masked,
        "left": one.left,
        "events": one.events,
        "cells": cells,
    }


def _stuck(names: list[str], learners: list[Learner]) -> list[dict[str, Any]]:
    """For each learner the exercise that she has been stuck at longest; the longest first."""
    found: list[dict[str, Any]] = []
    for one in learners:
        theirs = [
            (one.ours(attempt.stuck), name, attempt)
            for name in names
            if (attempt := one.attempts.get(name, _UNTOUCHED)).status == FAILED
        ]
        if theirs:
            since, name, attempt = min(theirs, key=lambda each: each[0])
            found.append(
                {
                    "learner": one.row.number,
                    "label": label(name),
                    "exercise": name,
                    "since": since,
                    "heard": one.heard,
                    "failures": attempt.failures,
                    "hints": attempt.hints,
                    "solution": attempt.solution,
                }
            )
    found.sort(key=lambda each: each["since"])
    return found[:MOST_STUCK]
