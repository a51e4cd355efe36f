"""The agenda of a workshop, computed from the lessons' own minutes.

**Which lessons.** Unless they are named: whole lessons in the order of `LADDER`, each taken if it
still fits; they are taught in the order of their numbers. Half a day has the vanishing gradient
and the cell; one day adds sequences and backpropagation, so that it ends with a cell built and
proven by hand; two days add training, the frameworks and the river. If half an hour or more is
left over, the next lesson is added with as few exercises as possible shown instead of done.

**The clock.** See :mod:`lstm_helpers.workshop.agenda_pack`.

**Short of time.** See :mod:`lstm_helpers.workshop.agenda_short`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from lstm_helpers.workshop.agenda_pack import LUNCH, LUNCH_FROM, day_lengths, pack
from lstm_helpers.workshop.agenda_parts import (
    HOW_TO_SKIP,
    WORTH_SAVING,
    Agenda,
    Checkpoint,
    Saving,
    Slot,
    clock,
    hours_of,
)
from lstm_helpers.workshop.agenda_short import kept, savings
from lstm_helpers.workshop.lessons_read import TaughtLesson, lesson_numbers, read_lesson

__all__ = ["LADDER", "AgendaError", "plan"]

LADDER = ("00", "02", "03", "01", "04", "07", "11", "05", "06", "08", "09", "10", "12", "13", "14")
"""Lessons, the first to be taken first."""

SHORTEST, LONGEST = 60, 24 * 60
WORTH_FILLING = 30


class AgendaError(ValueError):
    """No agenda can be made of what was asked."""


def plan(
    hours: float, start: int = 9 * 60, lessons: Sequence[str] = (), *, worth: int = WORTH_FILLING
) -> Agenda:
    """Plan a workshop.

    Parameters
    ----------
    hours : float
        Time in the room, from 1 to 24 hours: breaks included, lunch not.
    start : int, optional
        When each day begins, in minutes after midnight.
    lessons : sequence of str, optional
        Numbers of the lessons to teach; by default chosen to fit.
    worth : int, optional
        So many minutes left over are worth a lesson with exercises that are shown.

    Returns
    -------
    Agenda
        The agenda.

    Raises
    ------
    AgendaError
        If the hours are out of range, a day would end after midnight, or the lessons do not fit.
    UnknownLessonError
        If a lesson does not exist.

    Examples
    --------
    >>> [lesson.number for lesson in plan(3).lessons]
    ['00', '02', '03']
    """
    total = round(hours * 60) if SHORTEST <= hours * 60 <= LONGEST else 0
    if not total:
        raise AgendaError(f"A workshop takes 1 to 24 hours; got {hours:g}.")
    lengths = day_lengths(total)
    ends = start + lengths[0] + (LUNCH if lengths[0] > LUNCH_FROM else 0)
    if start < 0 or ends > 24 * 60:
        raise AgendaError(
            f"A day of {hours_of(lengths[0])} that begins at {clock(start)} ends after "
            "midnight; begin earlier, or plan fewer hours."
        )
    if lessons:
        named = [read_lesson(number) for number in lessons]
        taught = sorted({lesson.number: lesson for lesson in named}.values(), key=_number)
        slots, shown = _fit(taught, lengths, start)
        if slots is None:
            raise AgendaError(_too_long(taught, hours, start))
    else:
        taught, slots, shown = _chosen(lengths, start, worth)
    days = tuple(
        tuple(slot for slot in slots if slot.day == day + 1) for day in range(len(lengths))
    )
    going = savings(taught, shown)
    return Agenda(
        total=total,
        days=days,
        lessons=tuple(taught),
        savings=going,
        kept=kept(taught, shown),
        checkpoints=tuple(_checkpoints(days, going)),
        notes=(*_notes(taught, shown), *_empty(days)),
    )


def _number(lesson: TaughtLesson) -> str:
    return lesson.number


def _fit(
    taught: Sequence[TaughtLesson],
    lengths: Sequence[int],
    start: int,
    of: Sequence[TaughtLesson] | None = None,
) -> tuple[tuple[Slot, ...] | None, tuple[str, ...]]:
    """Put lessons on the clock, showing as few exercises as it takes; only those in `of`."""
    names = {one.name for lesson in (taught if of is None else of) for one in lesson.exercises}
    shown: tuple[str, ...] = ()
    while True:
        slots = pack(taught, lengths, start, shown)
        if slots is not None:
            return slots, shown
        going = (s.name for s in savings(taught, shown) if s.name in names)
        name = next(going, None)
        if name is None:
            return None, ()
        shown = (*shown, name)


def _chosen(
    lengths: Sequence[int], start: int, worth: int
) -> tuple[list[TaughtLesson], tuple[Slot, ...], tuple[str, ...]]:
    """Lessons that fit, in the order of the ladder; perhaps one more with exercises shown."""
    there = lesson_numbers()
    ladder = [read_lesson(number) for number in LADDER if number in there]
    taught: list[TaughtLesson] = []
    slots: tuple[Slot, ...] = ()
    for lesson in ladder:
        tried = sorted([*taught, lesson], key=_number)
        packed = pack(tried, lengths, start, ())
        if packed is not None:
            taught, slots = tried, packed
    spare = sum(slot.minutes for slot in slots if slot.kind == "spare")
    if spare >= worth:
        for lesson in ladder:
            if lesson in taught:
                continue
            tried = sorted([*taught, lesson], key=_number)
            packed, shown = _fit(tried, lengths, start, of=[lesson])
            if packed is not None:
                return tried, packed, shown
    return taught, slots, ()


def _too_long(taught: Sequence[TaughtLesson], hours: float, start: int) -> str:
    names = ", ".join(lesson.number for lesson in taught)
    minutes = sum(lesson.minutes for lesson in taught)
    sentence = (
        f"Lessons {names} take {minutes} minutes without breaks and do not fit into {hours:g} "
        "hours, even with exercises shown instead of done; "
    )
    for half in range(2, 49):
        lengths = day_lengths(30 * half)
        if half / 2 > hours and pack(taught, lengths, start, ()) is not None:
            return f"{sentence}plan {half / 2:g} hours, or fewer lessons."
    return f"{sentence}plan fewer lessons."


def _checkpoints(days: Sequence[Sequence[Slot]], going: Sequence[Saving]) -> Iterator[Checkpoint]:
    """Where to stand at each break, and what of the rest to let go if one does not."""
    sections = [slot for day in days for slot in day if slot.kind == "section"]
    for day in days:
        spare = sum(slot.minutes for slot in day if slot.kind == "spare")
        for before, slot in pairwise(day):
            if slot.kind not in ("break", "lunch"):
                continue
            ahead = {
                (one.lesson.number, one.section.number)
                for one in sections
                if one.day == slot.day and one.start > slot.start and one.lesson and one.section
            }
            chosen: list[Saving] = []
            for saving in going:
                enough = sum(one.minutes for one in chosen) >= WORTH_SAVING
                if not enough and (saving.lesson, saving.section) in ahead:
                    chosen.append(saving)
            yield Checkpoint(slot.day, slot.start, before.place, tuple(chosen), spare)


def _empty(days: Sequence[Sequence[Slot]]) -> Iterator[str]:
    for number, day in enumerate(days, start=1):
        if all(slot.section is None for slot in day):
            yield f"Nothing is left for day {number}: name more lessons, or plan fewer hours."


def _notes(taught: Sequence[TaughtLesson], shown: Sequence[str]) -> Iterator[str]:
    numbers = [lesson.number for lesson in taught]
    missing: dict[str, list[str]] = {}
    for lesson in taught:
        for number in lesson.needs:
            if number not in numbers:
                missing.setdefault(number, []).append(lesson.number)
    for number, builders in missing.items():
        yield (
            f"{'Lesson' if len(builders) == 1 else 'Lessons'} {' and '.join(builders)} "
            f"{'builds' if len(builders) == 1 else 'build'} on lesson {number}, which this agenda "
            f"leaves out: `lstm-course catch-up {builders[0]}` gives learners what it would have "
            "produced."
        )
    if shown:
        which = ", ".join(f"`{name}`" for name in shown)
        yield (
            f"There is not enough time for all exercises: {which}. Show and talk through; "
            f"learners run {HOW_TO_SKIP}, and have the course's version."
        )
    for lesson in taught:
        for section in lesson.sections:
            if section.remark:
                yield f"Lesson {lesson.number}, section {section.number}: {section.remark}."
        if lesson.minutes != lesson.header_minutes:
            yield (
                f"The sections of lesson {lesson.number} add up to {lesson.minutes} minutes, its "
                f"heading says {lesson.header_minutes}: counted are the sections."
            )
