"""What the rows of the progress file mean: answers, and one line for each exercise.

Loads the standard library only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

HINT_LEVELS = 3

PASSED = "passed"
FAILED = "failed"
NOT_ATTEMPTED = "not attempted"
SKIPPED = "skipped"  # the learner went on with the course's version, or was caught up
NO_VERDICT = "no verdict"  # the check was interrupted, or itself went wrong: no attempt


class Answer(NamedTuple):
    """One version of a learner's answer, as it was when it was checked.

    Attributes
    ----------
    at : str
        When, in UTC and ISO 8601.
    status : {"passed", "failed", "not attempted", "no verdict"}
        What the check said.
    diagnosis : str or None
        Slug of the cause, if one was recognised.
    source : str
        The text of the function.
    """

    at: str
    status: str
    diagnosis: str | None
    source: str


class Skip(NamedTuple):
    """An exercise that the learner skipped, or was caught up with.

    Attributes
    ----------
    at : str
        When, in UTC and ISO 8601.
    source : str or None
        The course's solution, if she was caught up with it.
    """

    at: str
    source: str | None


@dataclass(frozen=True)
class ProgressRow:
    """How far a learner is with one exercise.

    Attributes
    ----------
    lesson : str
        Number of the lesson, such as ``"02"``.
    title : str
        The exercise's title.
    exercise : str
        The exercise's name.
    points, minutes : int
        What the exercise is worth and how long it should take.
    status : str
        ``"passed"`` (once is for good); else ``"failed"`` or ``"skipped"``, whichever came last;
        else ``"not attempted"``.
    attempts : int
        Checks that ended in a verdict.
    hints : int
        Hints seen, 0 to 3.
    diagnosis : str or None
        What the last failed check found; None once passed.
    solution_seen : bool
        Whether a solution was shown.
    """

    lesson: str
    title: str
    exercise: str
    points: int
    minutes: int
    status: str = NOT_ATTEMPTED
    attempts: int = 0
    hints: int = 0
    diagnosis: str | None = None
    solution_seen: bool = False


@dataclass
class Tally:
    """What was recorded of one exercise.

    Attributes
    ----------
    status : str
        Passed if a check ever said so, else what came last.
    attempts, hints : int
        How many checks and hints there were.
    diagnosis : str or None
        Cause of the latest failure.
    solution_seen : bool
        Whether a solution was shown.
    """

    status: str = NOT_ATTEMPTED
    attempts: int = 0
    hints: int = 0
    diagnosis: str | None = None
    solution_seen: bool = False


def tally(
    events: Iterable[tuple[str, str, str | None, str | None, int | None]],
) -> dict[str, Tally]:
    """Add up events.

    Parameters
    ----------
    events : iterable of tuple
        Kind, exercise, status, diagnosis and hint level of each, oldest first.

    Returns
    -------
    dict of str to Tally
        One for each exercise that occurs.
    """
    seen: dict[str, Tally] = {}
    for kind, exercise, status, diagnosis, level in events:
        one = seen.setdefault(exercise, Tally())
        if kind == "hint":
            one.hints = max(one.hints, min(level or 0, HINT_LEVELS))
        elif kind == "solution":
            one.solution_seen = True
        elif kind == "skip":
            if one.status != PASSED:
                one.status = SKIPPED
        elif status in (PASSED, FAILED):
            one.attempts += 1
            if one.status != PASSED:
                one.status = status
            if status == FAILED:
                one.diagnosis = diagnosis
    return seen
