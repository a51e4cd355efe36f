"""What an agenda is made of. Minutes are whole numbers; clock times are minutes after midnight."""

from __future__ import annotations

from dataclasses import dataclass

from lstm_helpers.workshop.lessons_read import LessonSection, TaughtLesson

__all__ = [
    "HOW_TO_SKIP",
    "WORTH_SAVING",
    "Agenda",
    "Checkpoint",
    "Saving",
    "Slot",
    "clock",
    "hours_of",
    "shown_minutes",
]

WORTH_SAVING = 10
"""So many minutes are worth letting something go, or counting on."""

HOW_TO_SKIP = '`from lstm_helpers.notebook import skip`, then `NAME = skip("NAME")`'
"""What a learner runs to go on with the course's version."""


def shown_minutes(minutes: int) -> int:
    """Minutes for an exercise that is shown and talked through instead of done: a fifth.

    Parameters
    ----------
    minutes : int
        What the exercise takes.

    Returns
    -------
    int
        Rounded up.

    Examples
    --------
    >>> shown_minutes(12)
    3
    """
    return -(-minutes // 5)


def hours_of(minutes: int) -> str:
    """Write a length of time.

    Parameters
    ----------
    minutes : int
        How long.

    Returns
    -------
    str
        In hours.

    Examples
    --------
    >>> hours_of(60), hours_of(390)
    ('1 hour', '6.5 hours')
    """
    return "1 hour" if minutes == 60 else f"{round(minutes / 60, 2):g} hours"


def clock(minutes: int) -> str:
    """Write a time of day.

    Parameters
    ----------
    minutes : int
        Minutes after midnight.

    Returns
    -------
    str
        Such as ``"09:05"``.

    Examples
    --------
    >>> clock(545)
    '09:05'
    """
    return f"{minutes // 60:02}:{minutes % 60:02}"


@dataclass(frozen=True)
class Slot:
    """One line of an agenda.

    Attributes
    ----------
    kind : str
        ``"section"``, ``"break"``, ``"lunch"`` or ``"spare"``.
    day : int
        From 1.
    start, minutes : int
        When it begins and how long it takes.
    lesson : TaughtLesson or None
        Of a section.
    section : LessonSection or None
        Of a section.
    shown : tuple of str
        Exercises of the section that are shown instead of done.
    """

    kind: str
    day: int
    start: int
    minutes: int
    lesson: TaughtLesson | None = None
    section: LessonSection | None = None
    shown: tuple[str, ...] = ()

    @property
    def end(self) -> int:
        """When it is over."""
        return self.start + self.minutes

    @property
    def done(self) -> tuple[str, ...]:
        """Exercises that learners do here."""
        asked = self.section.exercises if self.section else ()
        return tuple(one.name for one in asked if one.name not in self.shown)

    @property
    def exercise_minutes(self) -> int:
        """Minutes in which learners work by themselves."""
        asked = self.section.exercises if self.section else ()
        return sum(one.minutes for one in asked if one.name not in self.shown)

    @property
    def teaching_minutes(self) -> int:
        """The other minutes of a section."""
        return self.minutes - self.exercise_minutes if self.kind == "section" else 0

    @property
    def place(self) -> str:
        """Where one is: such as ``"lesson 03, section 4"``."""
        if self.lesson is None or self.section is None:
            return {"break": "break", "lunch": "lunch", "spare": "end"}[self.kind]
        return f"lesson {self.lesson.number}, section {self.section.number}"


@dataclass(frozen=True)
class Saving:
    """Something that may go when time runs short.

    Attributes
    ----------
    name : str
        The exercise, or empty for a whole section.
    lesson : str
        Number of the lesson.
    section : int
        Number of the section.
    minutes : int
        What is won.
    why : str
        Why this and not another; completes the sentence "it may go: ...".
    """

    name: str
    lesson: str
    section: int
    minutes: int
    why: str

    @property
    def what(self) -> str:
        """What goes, in words."""
        return f"`{self.name}`" if self.name else f"lesson {self.lesson}, section {self.section}"


@dataclass(frozen=True)
class Checkpoint:
    """Where one should be when a break begins.

    Attributes
    ----------
    day : int
        From 1.
    by : int
        Clock time.
    place : str
        What should be done by then.
    savings : tuple of Saving
        What to let go, of what comes next, if it is not done.
    spare : int
        Minutes to spare at the end of the day.
    """

    day: int
    by: int
    place: str
    savings: tuple[Saving, ...]
    spare: int = 0


@dataclass(frozen=True)
class Agenda:
    """A workshop, minute by minute.

    Attributes
    ----------
    total : int
        Minutes that were asked for: breaks included, lunch not.
    days : tuple of tuple of Slot
        The lines of each day.
    lessons : tuple of TaughtLesson
        In the order in which they are taught.
    savings : tuple of Saving
        What may go, first things first.
    kept : tuple of str
        Sentences on exercises that should stay.
    checkpoints : tuple of Checkpoint
        One for each break.
    notes : tuple of str
        What an instructor should know besides.
    """

    total: int
    days: tuple[tuple[Slot, ...], ...]
    lessons: tuple[TaughtLesson, ...]
    savings: tuple[Saving, ...]
    kept: tuple[str, ...]
    checkpoints: tuple[Checkpoint, ...]
    notes: tuple[str, ...]

    @property
    def slots(self) -> tuple[Slot, ...]:
        """All lines of all days."""
        return tuple(slot for day in self.days for slot in day)

    @property
    def shown(self) -> tuple[str, ...]:
        """Exercises that are shown instead of done, because there is not enough time for all."""
        return tuple(name for slot in self.slots for name in slot.shown)

    def minutes_of(self, what: str, day: int | None = None) -> int:
        """Add up.

        Parameters
        ----------
        what : str
            ``"teaching"``, ``"exercises"``, ``"break"``, ``"spare"`` or ``"lunch"``.
        day : int, optional
            Of this day only.

        Returns
        -------
        int
            Minutes. All but lunch add up to the time that was asked for.
        """
        slots = [slot for slot in self.slots if day in (None, slot.day)]
        if what == "teaching":
            return sum(slot.teaching_minutes for slot in slots)
        if what == "exercises":
            return sum(slot.exercise_minutes for slot in slots)
        return sum(slot.minutes for slot in slots if slot.kind == what)
