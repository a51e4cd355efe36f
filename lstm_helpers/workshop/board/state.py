"""Who is where: what the events say of each learner and exercise, kept in memory.

Events may come late and out of order, from clocks that are wrong. A passed exercise stays passed;
else the latest check or skip counts, by the learner's own clock. How far that clock is off is
taken from the event that arrived soonest after it happened. Hands queue by when they arrived.
Who left stays away until anything else is heard of her.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from lstm_helpers.workshop.board.rules import (
    FAILED,
    LEAVE,
    NO_VERDICT,
    NOT_ATTEMPTED,
    PASSED,
    SKIPPED,
    Event,
)
from lstm_helpers.workshop.board.store import Row


@dataclass(slots=True)
class Attempt:
    """How one learner stands with one exercise.

    Attributes
    ----------
    status : str
        Passed once and for all, or the latest.
    at : float
        When that came about, by the learner's clock.
    failures : int
        Failed checks.
    stuck : float
        When the first check failed that no skip followed, by the learner's clock; else infinite.
    diagnosis : str or None
        Of the latest failed check.
    hints : int
        The highest hint that was read.
    solution : bool
        Whether the course's solution was shown.
    """

    status: str = NOT_ATTEMPTED
    at: float = -math.inf
    failures: int = 0
    stuck: float = math.inf
    diagnosis: str | None = None
    hints: int = 0
    solution: bool = False


@dataclass(slots=True)
class Learner:
    """One learner.

    Attributes
    ----------
    row : Row
        Number, nickname and the like.
    attempts : dict of str to Attempt
        For each exercise that anything was heard of.
    events : int
        How many there were.
    heard : float
        When the last one arrived; when the learner joined, if there was none.
    lag : float
        What to add to the learner's clock to have ours.
    lesson : str or None
        Where the last event came from.
    hand : float or None
        Since when the hand is up.
    hand_at : float
        When the hand was last moved, by the learner's clock.
    left : bool
        Whether the last that was heard is that she left.
    version : int
        The state's version when anything here last changed.
    """

    row: Row
    attempts: dict[str, Attempt] = field(default_factory=dict)
    events: int = 0
    heard: float = 0.0
    lag: float = math.inf
    lesson: str | None = None
    hand: float | None = None
    hand_at: float = -math.inf
    left: bool = False
    version: int = 0

    def ours(self, theirs: float) -> float:
        """Turn a time by the learner's clock into one by ours.

        Parameters
        ----------
        theirs : float
            Seconds since 1970, by the learner's clock.

        Returns
        -------
        float
            The same by ours; not before she joined, and not after she was last heard of.
        """
        return min(max(theirs + self.lag, self.row.joined), self.heard)


class State:
    """Everything that a page shows.

    Parameters
    ----------
    lesson_of : mapping of str to str
        The number of the lesson of each exercise, in the order of the course.
    """

    def __init__(self, lesson_of: Mapping[str, str]) -> None:
        self.lesson_of = lesson_of
        self.learners: dict[int, Learner] = {}
        self.events = 0
        self.version = 1
        self.base = 1  # what was sent of an older version no longer fits
        self.nicknames = True
        self.chosen: tuple[str, ...] = ()

    @property
    def lessons(self) -> tuple[str, ...]:
        """The lessons shown: those chosen, else the one in which most learners are."""
        if self.chosen:
            return self.chosen
        where = Counter(one.lesson for one in self.learners.values() if one.lesson)
        if not where:
            return (next(iter(self.lesson_of.values())),)
        most = max(where.values())
        return (max(lesson for lesson, count in where.items() if count == most),)

    @property
    def exercises(self) -> list[str]:
        """The exercises shown."""
        lessons = self.lessons
        return [name for name, lesson in self.lesson_of.items() if lesson in lessons]

    def join(self, row: Row) -> None:
        """Put a learner on the board, or note a new nickname.

        Parameters
        ----------
        row : Row
            The learner as stored.
        """
        self.version += 1
        learner = self.learners.setdefault(row.number, Learner(row, heard=row.joined))
        learner.row = row
        learner.version = self.version

    def add(self, number: int, received: float, events: Iterable[Event]) -> None:
        """Take in events that are stored.

        Parameters
        ----------
        number : int
            Whose.
        received : float
            When they came.
        events : iterable of Event
            In order; none of them a second time.
        """
        before = self.lessons
        self.version += 1
        self.learners[number].version = self.version
        for event in events:
            self.restore(number, received, event)
        if self.lessons != before:
            self.base = self.version

    def restore(self, number: int, received: float, event: Event) -> None:
        """Take in one event, before any page looks on.

        Parameters
        ----------
        number : int
            Whose.
        received : float
            When it came.
        event : Event
            None that was taken in already.
        """
        learner = self.learners[number]
        learner.heard = max(learner.heard, received)
        learner.events += 1
        self.events += 1
        learner.lag = min(learner.lag, received - event.at)
        learner.left = event.kind == LEAVE
        if event.kind == LEAVE:
            return
        if event.exercise is None:
            if event.at >= learner.hand_at:
                learner.hand_at = event.at
                learner.hand = (learner.hand or received) if event.raised else None
            return
        learner.lesson = self.lesson_of.get(event.exercise, learner.lesson)
        _take_in(learner.attempts.setdefault(event.exercise, Attempt()), event)

    def lower(self, number: int, received: float, key: str) -> Event:
        """Make the event of a hand that the instructor lowers.

        Parameters
        ----------
        number : int
            Whose.
        received : float
            When.
        key : str
            The event's key, which no learner can send.

        Returns
        -------
        Event
            To be stored and added.
        """
        at = self.learners[number].hand_at
        return Event(key, at if math.isfinite(at) else received, "hand", raised=False)

    def show(self, *, nicknames: bool | None = None, lessons: Iterable[str] | None = None) -> None:
        """Change what is shown; every page starts afresh.

        Parameters
        ----------
        nicknames : bool, optional
            Whether learners appear under their nicknames.
        lessons : iterable of str, optional
            The lessons shown; none for the one in which most learners are.
        """
        if nicknames is not None:
            self.nicknames = nicknames
        if lessons is not None:
            wanted = set(lessons)
            self.chosen = tuple(dict.fromkeys(n for n in self.lesson_of.values() if n in wanted))
        self.version += 1
        self.base = self.version


def returned(key: str) -> Event:
    """Make the event of somebody who had left and joins again.

    Parameters
    ----------
    key : str
        The event's key, which no learner can send.

    Returns
    -------
    Event
        To be stored and added: a hand that is down, since long ago, so that no clock is misread.
    """
    return Event(key, 0.0, "hand", raised=False)


def _take_in(attempt: Attempt, event: Event) -> None:
    if event.kind == "hint":
        attempt.hints = max(attempt.hints, event.level or 0)
    elif event.kind == "solution":
        attempt.solution = True
    elif event.status == PASSED:
        attempt.status, attempt.at = PASSED, event.at
    elif event.status == FAILED:
        attempt.failures += 1
        skipped_later = attempt.status == SKIPPED and attempt.at > event.at
        if not skipped_later:
            attempt.stuck = min(attempt.stuck, event.at)
        if attempt.status != PASSED and event.at >= attempt.at:
            attempt.status, attempt.at, attempt.diagnosis = FAILED, event.at, event.diagnosis
    elif event.status == SKIPPED:
        if attempt.status != PASSED and event.at >= attempt.at:
            attempt.status, attempt.at, attempt.stuck = SKIPPED, event.at, math.inf
    elif event.status == NO_VERDICT and attempt.status == NOT_ATTEMPTED:
        attempt.status, attempt.at = NO_VERDICT, event.at
