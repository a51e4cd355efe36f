"""Where an instructor cell's remarks belong: to a section, to an exercise, to the predictions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from lstm_helpers.workshop.lessons_read import Piece, TaughtLesson
from lstm_helpers.workshop.slides_fit import list_items

__all__ = ["Hints", "hints_of"]

_LEAD = re.compile(r"\*\*(.+?)\*\*")
_SECTION = re.compile(r"(?:^|(?<=\. )|(?<=\; ))Sections? (\d+): ")
_EXERCISES = re.compile(r"^[-*] ((?:`\w+`(?:, | and )?)+):")


@dataclass
class Hints:
    """Remarks for instructors, as Markdown.

    Attributes
    ----------
    lesson : list of str
        On the whole: timing, what to leave out, what is asked often.
    sections : dict of int to list of str
        On a section.
    exercises : dict of str to list of str
        On an exercise: where people stumble.
    predictions : dict of int to list of str
        Answers to the predictions of a section; under 0 those of the whole lesson.
    """

    lesson: list[str] = field(default_factory=list)
    sections: dict[int, list[str]] = field(default_factory=dict)
    exercises: dict[str, list[str]] = field(default_factory=dict)
    predictions: dict[int, list[str]] = field(default_factory=dict)

    def answers_for(self, section: int) -> list[str]:
        """Find the answers to the predictions of a section.

        Parameters
        ----------
        section : int
            Its number.

        Returns
        -------
        list of str
            Its own; else those of the whole lesson; else those of the next section that has some,
            because a cell for instructors speaks of all sections since the last one.
        """
        later = sorted(number for number in self.predictions if number > section)
        for number in (section, 0, *later[:1]):
            if number in self.predictions:
                return self.predictions[number]
        return []


def hints_of(lesson: TaughtLesson) -> Hints:
    """Sort the remarks of a lesson's instructor cells.

    Parameters
    ----------
    lesson : TaughtLesson
        The lesson.

    Returns
    -------
    Hints
        All of them, each where it belongs; what announces assertions is left out.
    """
    hints = Hints()
    last = lesson.sections[-1].number if lesson.sections else 0
    names = {one.name for one in lesson.exercises}
    for section in (*lesson.sections, *lesson.closing):
        number = section.number if 0 < section.number < last else 0
        for piece in section.pieces:
            if piece.instructor and piece.kind in ("text", "list"):
                _sort(hints, piece, number, names)
    return hints


def _sort(hints: Hints, piece: Piece, number: int, names: set[str]) -> None:
    lead = _LEAD.match(piece.text)
    title = lead.group(1).lower() if lead else ""
    if "as assertions" in piece.text:
        return
    if title.startswith("answers to the predictions"):
        for where, text in _by_section(piece.text, number):
            hints.predictions.setdefault(where, []).append(text)
        return
    rest = []
    for item in list_items(piece.text) if piece.kind == "list" else ():
        found = _EXERCISES.match(item)
        about = (
            [name for name in re.findall(r"`(\w+)`", found.group(1)) if name in names]
            if found
            else []
        )
        section = re.match(r"^[-*] Section (\d+): ", item)
        for name in about:
            hints.exercises.setdefault(name, []).append(item)
        if section:
            hints.sections.setdefault(int(section.group(1)), []).append(item)
        elif not about:
            rest.append(item)
    text = "\n".join(rest) if piece.kind == "list" else piece.text
    if text and not text.strip("*").endswith("stumble."):
        (hints.sections.setdefault(number, []) if number else hints.lesson).append(text)


def _by_section(text: str, number: int) -> Iterator[tuple[int, str]]:
    """Split "Section 1: ... Section 2: ..." ; without it, it is of one section or of all."""
    body = _LEAD.sub("", " ".join(text.split()), count=1).strip()
    parts = _SECTION.split(body)
    if parts[0].strip():
        yield number, parts[0].strip()
    for where, part in zip(parts[1::2], parts[2::2], strict=True):
        yield int(where), part.strip()
