"""What a lesson consists of, as an instructor sees it: pieces, exercises, sections."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

__all__ = ["Asked", "LessonSection", "Piece", "TaughtLesson", "exercise_heading"]

_EXERCISE = re.compile(r"Exercise: `(\w+)` \((\d+) minutes?\)")
_NEEDS = re.compile(r"You need:(.*?)(?:\.\s|\.$|;)", re.DOTALL)
_ADVICE = re.compile(
    r"(?:Short of time:|If time is short,).*?\.(?=\s|$)", re.DOTALL | re.IGNORECASE
)
_LEFT_OUT = (
    re.compile(r"(?<!never )leave out (?:the )?sections? (\d+)(?: and (\d+))?(?!')", re.IGNORECASE),
    re.compile(r"sections? (\d+)(?: and (\d+))? can be (?:homework|read at home)", re.IGNORECASE),
    re.compile(r"exercise of section (\d+) as homework", re.IGNORECASE),
)


@dataclass(frozen=True)
class Piece:
    """A block of text or a code cell, in reading order.

    Attributes
    ----------
    kind : str
        A kind of `Block`, or ``"code"``.
    text : str
        Markdown without markers of headings and quotes; source of a code cell.
    cell : int
        Position of its cell in the notebook.
    level : int
        Of a heading, else 0.
    instructor : bool
        Whether only instructors get the cell.
    slide_type : str
        What the author said in the cell's option ``slideshow``, else empty.
    exercise, check : str
        Of a code cell: the exercise that is solved or checked here, else empty.
    """

    kind: str
    text: str
    cell: int
    level: int = 0
    instructor: bool = False
    slide_type: str = ""
    exercise: str = ""
    check: str = ""


@dataclass(frozen=True)
class Asked:
    """An exercise as a lesson asks for it.

    Attributes
    ----------
    name : str
        The exercise.
    minutes : int
        How long it should take.
    """

    name: str
    minutes: int


@dataclass(frozen=True)
class LessonSection:
    """One section of a lesson.

    Attributes
    ----------
    number : int
        From 1; 0 for closing sections.
    title : str
        Its question, as Markdown.
    minutes : int
        For all of it, exercises included; 0 for closing sections.
    remark : str
        What stands behind the minutes, such as ``"when you are online"``.
    pieces : tuple of Piece
        What stands below its heading.
    """

    number: int
    title: str
    minutes: int
    remark: str
    pieces: tuple[Piece, ...]

    @cached_property
    def exercises(self) -> tuple[Asked, ...]:
        """What it asks for, in order."""
        found = (exercise_heading(piece) for piece in self.pieces)
        return tuple(asked for asked in found if asked is not None)

    @property
    def exercise_minutes(self) -> int:
        """Minutes of its exercises together."""
        return sum(asked.minutes for asked in self.exercises)

    @property
    def teaching_minutes(self) -> int:
        """Minutes that are left for the rest."""
        return self.minutes - self.exercise_minutes


@dataclass(frozen=True)
class TaughtLesson:
    """A lesson as an instructor sees it.

    Attributes
    ----------
    number : str
        Two digits.
    title : str
        Title without the number.
    header_minutes : int
        Time that the lesson's header gives.
    opening : tuple of Piece
        What stands before the first section, without the title.
    sections : tuple of LessonSection
        Those with a number.
    closing : tuple of LessonSection
        Those without.
    notebook : dict
        The whole notebook, nbformat 4. Copy it before you change it.
    """

    number: str
    title: str
    header_minutes: int
    opening: tuple[Piece, ...]
    sections: tuple[LessonSection, ...]
    closing: tuple[LessonSection, ...]
    notebook: dict[str, Any]

    @cached_property
    def minutes(self) -> int:
        """Minutes of all sections, which the agenda counts."""
        return sum(section.minutes for section in self.sections)

    @cached_property
    def exercises(self) -> tuple[Asked, ...]:
        """All that it asks for, in order."""
        return tuple(asked for section in self.sections for asked in section.exercises)

    @cached_property
    def needs(self) -> tuple[str, ...]:
        """Numbers of the lessons that it builds on, by its own opening."""
        found = _NEEDS.search("\n".join(p.text for p in self.opening if p.kind == "text"))
        return tuple(_lessons_named(found.group(1))) if found else ()

    @cached_property
    def advice(self) -> str:
        """What its instructor cells say for when time is short, as Markdown."""
        notes = " ".join(
            " ".join(piece.text.split())
            for section in (*self.sections, *self.closing)
            for piece in section.pieces
            if piece.instructor and piece.kind == "text"
        )
        sentences = (match.group() for match in _ADVICE.finditer(notes))
        return " ".join(text[0].upper() + text[1:] for text in sentences)

    @cached_property
    def may_go(self) -> tuple[int, ...]:
        """Numbers of the sections that this advice lets go first."""
        found = (match for pattern in _LEFT_OUT for match in pattern.finditer(self.advice))
        numbers = {int(number) for match in found for number in match.groups() if number}
        return tuple(sorted(numbers))


def exercise_heading(piece: Piece) -> Asked | None:
    """Read the heading of an exercise.

    Parameters
    ----------
    piece : Piece
        Anything.

    Returns
    -------
    Asked or None
        None if it is not such a heading.
    """
    found = _EXERCISE.fullmatch(piece.text) if piece.kind == "heading" else None
    return Asked(found.group(1), int(found.group(2))) if found else None


def _lessons_named(text: str) -> Iterator[str]:
    """Numbers of lessons in "lessons 02 to 04", "lessons 03 and 07", "lesson 00, and ..."."""
    for first, word, last in re.findall(r"\b(\d\d)\b(?:\s+(to|and)\s+(\d\d)\b)?", text):
        yield first
        if word == "to":
            yield from (f"{n:02}" for n in range(int(first) + 1, int(last)))
        if last:
            yield last
