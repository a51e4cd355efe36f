"""What goes first when time runs short, and what should stay.

An exercise may go if no other exercise of the agenda calls it; `skip` puts the course's
version in its place, and the lesson runs on. Of these, those of sections that the lesson's own
notes let go are first; then those with fewer points; then those that fewer cells use. Sections
without exercises go only where the lesson's notes say so. The very first exercise stays: on it one
learns how a check works.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Sequence
from functools import cache

from lstm_helpers.exercises import EXERCISES
from lstm_helpers.workshop.agenda_parts import Saving, shown_minutes
from lstm_helpers.workshop.lessons_read import Asked, LessonSection, TaughtLesson

__all__ = ["kept", "savings"]


def savings(lessons: Sequence[TaughtLesson], shown: Collection[str] = ()) -> tuple[Saving, ...]:
    """List what may go, first things first.

    Parameters
    ----------
    lessons : sequence of TaughtLesson
        What is taught.
    shown : collection of str, optional
        Exercises that went already.

    Returns
    -------
    tuple of Saving
        Exercises and sections.
    """
    callers, cells = _callers(lessons, shown)
    found: list[tuple[tuple[bool, int, int, int], Saving]] = []
    first = next((one.name for lesson in lessons for one in lesson.exercises), "")
    for lesson in lessons:
        for section in lesson.sections:
            advised = section.number in lesson.may_go
            if advised and not section.exercises:
                why = "the lesson's notes for instructors let it go"
                saving = Saving("", lesson.number, section.number, section.minutes, why)
                found.append(((False, 0, 0, 0), saving))
            for asked in section.exercises:
                if asked.name == first or asked.name in shown or callers.get(asked.name):
                    continue
                exercise = EXERCISES.get(asked.name)
                points = exercise.points if exercise else 1
                key = (not advised, points, cells.get(asked.name, 0), -asked.minutes)
                found.append((key, _saving(lesson, section, asked, advised)))
    return tuple(saving for _, saving in sorted(found, key=lambda pair: pair[0]))


def kept(lessons: Sequence[TaughtLesson], shown: Collection[str] = ()) -> tuple[str, ...]:
    """Say which exercises should stay, and why.

    Parameters
    ----------
    lessons : sequence of TaughtLesson
        What is taught.
    shown : collection of str, optional
        Exercises that are not done anyway.

    Returns
    -------
    tuple of str
        Sentences.
    """
    callers, _ = _callers(lessons, shown)
    names = [one.name for lesson in lessons for one in lesson.exercises if one.name not in shown]
    sentences = []
    for name in names:
        if callers.get(name):
            who = ", ".join(f"`{caller}`" for caller in callers[name])
            sentences.append(f"`{name}`: called by {who}.")
        elif name == names[0]:
            sentences.append(f"`{name}`: the first one; on it one learns how a check works.")
    return tuple(sentences)


def _saving(lesson: TaughtLesson, section: LessonSection, asked: Asked, advised: bool) -> Saving:
    why = "no other exercise calls it"
    if advised:
        why += f", and the lesson's notes let section {section.number} go"
    won = asked.minutes - shown_minutes(asked.minutes)
    return Saving(asked.name, lesson.number, section.number, won, why)


def _callers(
    lessons: Sequence[TaughtLesson], shown: Collection[str]
) -> tuple[dict[str, list[str]], dict[str, int]]:
    """For each exercise: those that are done and call it, and how many other cells do."""
    callers: dict[str, list[str]] = {}
    cells: dict[str, int] = {}
    asked = {one.name for lesson in lessons for one in lesson.exercises}
    for lesson in lessons:
        for section in lesson.sections:
            for piece in section.pieces:
                if piece.kind != "code" or piece.check or piece.instructor:
                    continue
                for name in sorted(_names(piece.text) & asked - {piece.exercise}):
                    if piece.exercise in shown:
                        continue
                    if piece.exercise:
                        callers.setdefault(name, []).append(piece.exercise)
                    else:
                        cells[name] = cells.get(name, 0) + 1
    return callers, cells


@cache
def _names(source: str) -> frozenset[str]:
    """Names that a cell reads; none if it is no plain Python."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return frozenset()
    found = (node for node in ast.walk(tree) if isinstance(node, ast.Name))
    return frozenset(node.id for node in found if isinstance(node.ctx, ast.Load))
