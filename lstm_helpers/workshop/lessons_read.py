"""Read a lesson as an instructor sees it: sections with minutes, exercises, what stands in between.

Read are the built notebooks of ``solutions/``, which an installed package carries too. A lesson
has an opening cell, sections ``## 1. Question? (5 min)``, in them exercises ``### Exercise: `name`
(5 minutes)``, and closing sections without a number, such as *What you saw*.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from lstm_helpers.bundled import notebooks_folder
from lstm_helpers.workshop.blocks import Block, blocks_of
from lstm_helpers.workshop.lesson_parts import (
    Asked,
    LessonSection,
    Piece,
    TaughtLesson,
    exercise_heading,
)

__all__ = [
    "Asked",
    "LessonSection",
    "Piece",
    "TaughtLesson",
    "UnknownLessonError",
    "exercise_heading",
    "lesson_numbers",
    "parse_lesson",
    "read_lesson",
]

_SECTION = re.compile(r"(?:(\d+)\. )?(.*?)(?: \((\d+) min(?:, ([^)]*))?\))?")
SLIDE_TYPES = ("skip", "slide", "subslide", "fragment", "notes")


class UnknownLessonError(LookupError):
    """There is no lesson of that number."""


def lesson_numbers() -> tuple[str, ...]:
    """List the lessons that there are.

    Returns
    -------
    tuple of str
        Two digits each, in order.
    """
    return tuple(path.name[:2] for path in _files())


def read_lesson(number: str) -> TaughtLesson:
    """Read a lesson from the notebooks with solutions.

    Parameters
    ----------
    number : str
        Such as ``"03"``; ``"3"`` will do.

    Returns
    -------
    TaughtLesson
        The lesson.

    Raises
    ------
    UnknownLessonError
        If there is none of that number.

    Examples
    --------
    >>> read_lesson("3").title
    'The cell'
    """
    for path in _files():
        if number.isdecimal() and path.name[:2] == number.zfill(2):
            return _read(path)
    known = lesson_numbers()
    raise UnknownLessonError(
        f"There is no lesson {number!r}; there are {known[0]} to {known[-1]}."
        if known
        else f"There is no lesson {number!r}."
    )


def parse_lesson(notebook: Mapping[str, Any]) -> TaughtLesson:
    """Read a lesson from a notebook.

    Parameters
    ----------
    notebook : mapping
        Of nbformat 4, as `lstm-course build` writes it.

    Returns
    -------
    TaughtLesson
        The lesson.

    Examples
    --------
    >>> cell = {"cell_type": "markdown", "metadata": {}, "source": "## 1. Why? (4 min)"}
    >>> header = {"number": "99", "title": "T", "minutes": 4}
    >>> lesson = parse_lesson({"metadata": {"lstm_helpers": header}, "cells": [cell]})
    >>> lesson.sections[0].title, lesson.minutes
    ('Why?', 4)
    """
    header = notebook["metadata"]["lstm_helpers"]
    opening: list[Piece] = []
    sections: list[LessonSection] = []
    below = opening
    collected: list[list[Piece]] = []
    for piece in _pieces(notebook["cells"]):
        if piece.kind == "heading" and piece.level == 1:
            continue
        if piece.kind == "heading" and piece.level == 2 and not piece.instructor:
            found = _SECTION.fullmatch(piece.text)
            number, title, minutes, remark = found.groups() if found else (0, piece.text, 0, "")
            sections.append(
                LessonSection(int(number or 0), title, int(minutes or 0), remark or "", ())
            )
            below = []
            collected.append(below)
            continue
        below.append(piece)
    filled = [
        replace(section, pieces=tuple(pieces))
        for section, pieces in zip(sections, collected, strict=True)
    ]
    return TaughtLesson(
        number=header["number"],
        title=header["title"],
        header_minutes=header["minutes"],
        opening=tuple(opening),
        sections=tuple(section for section in filled if section.number),
        closing=tuple(section for section in filled if not section.number),
        notebook=dict(notebook),
    )


@cache
def _read(path: Path) -> TaughtLesson:
    return parse_lesson(json.loads(path.read_text(encoding="utf-8")))


def _files() -> list[Path]:
    return sorted(notebooks_folder("solutions").glob("[0-9][0-9]_*.ipynb"))


def _pieces(cells: Iterable[Mapping[str, Any]]) -> Iterator[Piece]:
    for position, cell in enumerate(cells):
        metadata = cell["metadata"]
        source = cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])
        slide_type = metadata.get("slideshow", {}).get("slide_type", "")
        of_cell = Piece(
            kind=cell["cell_type"],
            text=source,
            cell=position,
            instructor="instructor" in metadata.get("tags", ()),
            slide_type=slide_type if slide_type in SLIDE_TYPES else "",
            exercise=metadata.get("lstm_helpers", {}).get("exercise", ""),
            check=metadata.get("lstm_helpers", {}).get("check", ""),
        )
        if of_cell.kind == "code":
            yield of_cell
        elif of_cell.kind == "markdown":
            for block in blocks_of(source):
                yield _placed(of_cell, block)


def _placed(of_cell: Piece, block: Block) -> Piece:
    return replace(of_cell, kind=block.kind, text=block.text, level=block.level)
