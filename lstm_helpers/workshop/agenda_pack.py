"""Put sections on the clock: days, breaks, lunch.

Nobody sits longer than 90 minutes; a break comes earlier, from 70 minutes on, where a lesson ends.
Breaks are 10 minutes on a day of up to four hours and 15 on a longer one. A day of more than five
hours has an hour for lunch, as near to its middle as sections allow; it is not counted.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from lstm_helpers.workshop.agenda_parts import Slot, shown_minutes
from lstm_helpers.workshop.lessons_read import LessonSection, TaughtLesson

__all__ = ["LONGEST_DAY", "LONGEST_SITTING", "LUNCH", "day_lengths", "pack", "section_minutes"]

LONGEST_DAY = 390
LONGEST_SITTING = 90
ENOUGH_FOR_A_BREAK = 70
WORTH_LUNCH = 30  # so many spare minutes at the end of a day
LUNCH = 60
LUNCH_FROM = 300


def day_lengths(total: int) -> tuple[int, ...]:
    """Share minutes out to days of at most six and a half hours.

    Parameters
    ----------
    total : int
        All minutes, breaks included, lunch not.

    Returns
    -------
    tuple of int
        Minutes of each day; they differ by one at most.

    Examples
    --------
    >>> day_lengths(720)
    (360, 360)
    """
    days = -(-total // LONGEST_DAY)
    return tuple(total // days + (day < total % days) for day in range(days))


def section_minutes(section: LessonSection, shown: Collection[str]) -> int:
    """Minutes of a section when some of its exercises are shown instead of done.

    Parameters
    ----------
    section : LessonSection
        The section.
    shown : collection of str
        Names of these exercises, perhaps among others.

    Returns
    -------
    int
        The minutes.
    """
    won = (one.minutes - shown_minutes(one.minutes) for one in section.exercises)
    names = [one.name for one in section.exercises]
    return section.minutes - sum(w for w, name in zip(won, names, strict=True) if name in shown)


@dataclass(frozen=True)
class _State:
    """How far the clock is: minutes of the day that are used, and since the last break."""

    day: int = 0
    used: int = 0
    sat: int = 0
    lunched: bool = False
    slots: tuple[Slot, ...] = ()


def pack(
    lessons: Sequence[TaughtLesson], lengths: Sequence[int], start: int, shown: Collection[str]
) -> tuple[Slot, ...] | None:
    """Put lessons on the clock.

    Days end with a lesson if everything fits that way, else within one.

    Parameters
    ----------
    lessons : sequence of TaughtLesson
        In order.
    lengths : sequence of int
        Minutes of each day.
    start : int
        When each day begins, in minutes after midnight.
    shown : collection of str
        Names of exercises that are shown instead of done.

    Returns
    -------
    tuple of Slot or None
        All lines; None if the lessons do not fit.
    """
    for together in (True, False):
        slots = _packed(lessons, lengths, start, frozenset(shown), together=together)
        if slots is not None:
            return slots
    return None


def _packed(
    lessons: Sequence[TaughtLesson],
    lengths: Sequence[int],
    start: int,
    shown: frozenset[str],
    *,
    together: bool,
) -> tuple[Slot, ...] | None:
    state = _State()
    for lesson in lessons:
        units = [lesson.sections] if together else [(section,) for section in lesson.sections]
        for unit in units:
            while True:
                placed = _place(state, lesson, unit, lengths[state.day], start, shown)
                if placed is not None:
                    state = placed
                    break
                if state.day + 1 == len(lengths):
                    return None
                state = _night(state, lengths[state.day], start)
    while state.day + 1 < len(lengths):
        state = _night(state, lengths[state.day], start)
    return _night(state, lengths[state.day], start).slots


def _place(
    state: _State,
    lesson: TaughtLesson,
    unit: Sequence[LessonSection],
    length: int,
    start: int,
    shown: frozenset[str],
) -> _State | None:
    """Add these sections to the day, with the breaks that they need; None if they do not fit."""
    for section in unit:
        minutes = section_minutes(section, shown)
        state = _rest(state, minutes, section.number == 1, length, start)
        if state.used + minutes > length:
            return None
        mine = tuple(one.name for one in section.exercises if one.name in shown)
        slot = Slot("section", state.day + 1, _now(state, start), minutes, lesson, section, mine)
        state = replace(
            state,
            used=state.used + minutes,
            sat=state.sat + minutes,
            slots=(*state.slots, slot),
        )
    return state


def _rest(state: _State, following: int, opens: bool, length: int, start: int) -> _State:
    """Take a break, or lunch, before a section of so many minutes, if it is time."""
    due = state.sat + following > LONGEST_SITTING or (opens and state.sat >= ENOUGH_FOR_A_BREAK)
    middle = length / 2
    if length > LUNCH_FROM and not state.lunched:
        late = state.used + following / 2 > middle
        if late or (due and state.used > middle - ENOUGH_FOR_A_BREAK / 2):
            slot = Slot("lunch", state.day + 1, _now(state, start), LUNCH)
            return replace(state, sat=0, lunched=True, slots=(*state.slots, slot))
    if not due:
        return state
    minutes = 10 if length <= 240 else 15
    slot = Slot("break", state.day + 1, _now(state, start), minutes)
    return replace(state, used=state.used + minutes, sat=0, slots=(*state.slots, slot))


def _night(state: _State, length: int, start: int) -> _State:
    """End the day: what is left of it is spare, for questions and the quiz.

    Lunch may come before it, but no break: nobody has to sit through what is spare.
    """
    if state.sat and length - state.used >= WORTH_LUNCH:
        rested = _rest(state, length - state.used, False, length, start)
        state = rested if rested.lunched else state
    slots = state.slots
    left = length - state.used
    if left > 0:
        slots = (*slots, Slot("spare", state.day + 1, _now(state, start), left))
    return _State(day=state.day + 1, slots=slots)


def _now(state: _State, start: int) -> int:
    return start + state.used + (LUNCH if state.lunched else 0)
