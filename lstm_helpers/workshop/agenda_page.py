"""An agenda in words: the rows that terminal and page share, and the page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from jinja2 import Environment, PackageLoader
from markupsafe import Markup, escape

from lstm_helpers.workshop.agenda_parts import (
    HOW_TO_SKIP,
    WORTH_SAVING,
    Agenda,
    Checkpoint,
    Slot,
    clock,
    hours_of,
    shown_minutes,
)

__all__ = ["agenda_page", "behind", "rows_of", "told"]

PAUSES = {
    "break": "Break",
    "lunch": "Lunch",
    "spare": "To spare: questions, quiz, what took longer",
}
_EMPHASIS = re.compile(r"\*{1,2}([^*]+)\*{1,2}|\$([^$]+)\$")


def told(agenda: Agenda) -> dict[str, Any]:
    """Put an agenda into words.

    Parameters
    ----------
    agenda : Agenda
        The agenda.

    Returns
    -------
    dict
        Texts with `code` in backticks, and rows for each day.
    """
    teaching, exercises = agenda.minutes_of("teaching"), agenda.minutes_of("exercises")
    pauses, spare = agenda.minutes_of("break"), agenda.minutes_of("spare")
    lunch = ", and lunch" if agenda.minutes_of("lunch") else ""
    days = f"{len(agenda.days)} days" if len(agenda.days) > 1 else "1 day"
    return {
        "title": hours_of(agenda.total) + (f", {days}" if len(agenda.days) > 1 else ""),
        "lessons": "Lessons: "
        + " · ".join(f"{lesson.number} {lesson.title}" for lesson in agenda.lessons),
        "sum": f"{teaching} min teaching + {exercises} min exercises + {pauses} min breaks + "
        f"{spare} min to spare = {agenda.total} min{lunch}.",
        "notes": agenda.notes,
        "days": [_day(agenda, number) for number in range(1, len(agenda.days) + 1)],
        "savings": [
            {"what": one.what, "minutes": one.minutes, "why": one.why} for one in agenda.savings
        ],
        "skipping": HOW_TO_SKIP,
        "kept": agenda.kept,
        "advice": [
            f"Lesson {lesson.number}: {plain(lesson.advice)}"
            for lesson in agenda.lessons
            if lesson.advice
        ],
    }


def plain(text: str) -> str:
    """Take stars and dollars out of Markdown, and leave `code` in backticks.

    Parameters
    ----------
    text : str
        A line of Markdown.

    Returns
    -------
    str
        The line.

    Examples
    --------
    >>> plain("Is *this* $h$, or `h`?")
    'Is this h, or `h`?'
    """
    return _EMPHASIS.sub(lambda match: match.group(1) or match.group(2), text)


def behind(checkpoint: Checkpoint) -> str:
    """Say where to stand at a break, and what to do if one does not.

    Parameters
    ----------
    checkpoint : Checkpoint
        The place and what may go.

    Returns
    -------
    str
        Two or three sentences.
    """
    stand = f"At {clock(checkpoint.by)} {checkpoint.place} is done. If it is not:"
    things = [f"{one.what} ({one.minutes} min)" for one in checkpoint.savings]
    skip = f"skip {', then '.join(things)}."
    if checkpoint.spare >= WORTH_SAVING:
        stand = f"{stand} {checkpoint.spare} min are to spare at the end of the day."
        return f"{stand} Later than that: {skip}" if things else stand
    if things:
        return f"{stand} {skip}"
    return f"{stand} nothing ahead today can go; cut questions, or end later."


def rows_of(agenda: Agenda, day: int) -> Iterator[dict[str, Any]]:
    """Write the lines of a day.

    Parameters
    ----------
    agenda : Agenda
        The agenda.
    day : int
        From 1.

    Yields
    ------
    dict
        With ``kind`` (``"lesson"``, ``"section"``, ``"stand"`` or that of a pause) and texts.
    """
    stands = {one.by: one for one in agenda.checkpoints if one.day == day}
    before = ""
    for slot in agenda.days[day - 1]:
        time = f"{clock(slot.start)}–{clock(slot.end)}"
        if slot.lesson is None or slot.section is None:
            before = before if slot.kind == "spare" else ""
            yield {
                "kind": slot.kind,
                "time": time,
                "what": PAUSES[slot.kind],
                "minutes": slot.minutes,
            }
            if slot.kind != "spare" and slot.start in stands:
                yield {"kind": "stand", "what": behind(stands[slot.start])}
            continue
        if slot.lesson.number != before:
            before = slot.lesson.number
            goes_on = " (continued)" if slot.section.number > 1 else ""
            yield {"kind": "lesson", "what": f"Lesson {before}: {slot.lesson.title}{goes_on}"}
        yield {
            "kind": "section",
            "time": time,
            "what": f"{slot.section.number}. {plain(slot.section.title)}",
            "exercises": list(_exercises(slot)),
            "teaching": slot.teaching_minutes or "",
            "exercise": slot.exercise_minutes or "",
        }


def _exercises(slot: Slot) -> Iterator[dict[str, Any]]:
    for one in slot.section.exercises if slot.section else ():
        shown = one.name in slot.shown
        minutes = shown_minutes(one.minutes) if shown else one.minutes
        words = f"shown, {minutes} min" if shown else f"{minutes} min"
        yield {"name": one.name, "shown": shown, "words": words}


def _day(agenda: Agenda, number: int) -> dict[str, Any]:
    slots = agenda.days[number - 1]
    teaching = agenda.minutes_of("teaching", number)
    exercises = agenda.minutes_of("exercises", number)
    span = f"{clock(slots[0].start)} to {clock(slots[-1].end)}"
    heading = f"Day {number}, {span}" if len(agenda.days) > 1 else span
    pauses = agenda.minutes_of("break", number)
    spare = agenda.minutes_of("spare", number)
    return {
        "heading": heading,
        "rows": list(rows_of(agenda, number)),
        "sum": f"{teaching + exercises} min of lessons, {pauses} of breaks, {spare} to spare",
        "teaching": teaching,
        "exercise": exercises,
    }


def agenda_page(agenda: Agenda) -> str:
    """Write an agenda as one HTML file that needs nothing else.

    Parameters
    ----------
    agenda : Agenda
        The agenda.

    Returns
    -------
    str
        The page; it prints on A4.
    """
    environment = Environment(
        loader=PackageLoader("lstm_helpers.workshop"), autoescape=True, finalize=_code
    )
    return environment.get_template("agenda.html").render(agenda=told(agenda))


def _code(value: Any) -> Any:
    """Escape a text and set what stands in its backticks as code."""
    if not isinstance(value, str) or isinstance(value, Markup) or "`" not in value:
        return value
    parts = value.split("`")
    marked = [
        Markup("<code>{}</code>").format(part) if number % 2 else escape(part)
        for number, part in enumerate(parts)
    ]
    return Markup("").join(marked)
