"""Marks of a report as tables that other systems import: one line for each learner.

Canvas knows its students by ID, SIS user ID or SIS login ID, and takes a line "Points Possible".
Moodle is told at import which column says who it is. In both, a lesson is one column.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lstm_helpers.exercises import LESSONS
from lstm_helpers.grading.report import csv_text

__all__ = ["IDENTIFIERS", "ExportError", "Exported", "exported"]

IDENTIFIERS = {
    "canvas": ("SIS Login ID", "SIS User ID", "ID"),
    "moodle": ("Username", "ID number", "Email address"),
    "csv": ("learner",),
}
"""For each format, columns that may hold the names of learners' folders; the first by default."""

_CANVAS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")


class ExportError(ValueError):
    """There is nothing to export; the message says why in one sentence."""


@dataclass(frozen=True)
class Exported:
    """A table and what is to be known of it.

    Attributes
    ----------
    text : str
        CSV.
    learners : int
        Lines.
    notes : tuple of str
        What an instructor must look at before the import.
    """

    text: str
    learners: int
    notes: tuple[str, ...]


def exported(report: Path, form: str, identifier: str | None = None) -> Exported:
    """Turn the marks of a report into a table.

    Parameters
    ----------
    report : Path
        The folder that ``lstm-course grade`` wrote, or its ``results.json``.
    form : {"canvas", "moodle", "csv"}
        For which system.
    identifier : str, optional
        The column that holds the names of learners' folders, of :data:`IDENTIFIERS`.

    Returns
    -------
    Exported
        One column for each lesson with its points; empty where a learner submitted nothing.

    Raises
    ------
    ExportError
        If there is no report, it has no marks, or there is no such format or column.

    References
    ----------
    Canvas: ``lib/gradebook_importer.rb`` of instructure/canvas-lms. Moodle: "Grade import",
    https://docs.moodle.org, and ``grade/import/csv`` of moodle/moodle.
    """
    if form not in IDENTIFIERS:
        raise ExportError(f"got the format {form!r}; expected one of {', '.join(IDENTIFIERS)}")
    identifier = identifier or IDENTIFIERS[form][0]
    if identifier not in IDENTIFIERS[form]:
        raise ExportError(
            f"got the column {identifier!r}; for {form} expected one of "
            + ", ".join(repr(each) for each in IDENTIFIERS[form])
        )
    points, most, notes = _read(report)
    lessons = [lesson for lesson in LESSONS if lesson in most]
    titles = [f"{lesson} {LESSONS[lesson].title}" for lesson in lessons]
    values = {
        learner: [theirs.get(lesson) for lesson in lessons] for learner, theirs in points.items()
    }
    rows: list[list[object]]
    if form == "canvas":
        columns = [*_CANVAS, *titles]
        rows = [["    Points Possible", "", "", "", "", *(most[lesson] for lesson in lessons)]]
        for learner, theirs in values.items():
            who = [learner if name in ("Student", identifier) else "" for name in _CANVAS]
            rows.append([*who, *theirs])
    elif form == "moodle":
        columns = [identifier, *titles]
        rows = [[learner, *theirs] for learner, theirs in values.items()]
        notes += [
            f"{title!r} has at most {most[lesson]} points: make the grade item in Moodle first."
            for lesson, title in zip(lessons, titles, strict=True)
        ]
    else:
        columns = [identifier, *titles, "total", "max_total"]
        whole = sum(most.values())
        rows = [
            [learner, *theirs, sum(value or 0 for value in theirs), whole]
            for learner, theirs in values.items()
        ]
    text = csv_text(columns, rows)
    column = columns.index(identifier)
    written = [row[column] for row in csv.reader(io.StringIO(text))]
    for learner, said in zip(values, written[-len(values) :], strict=True):
        if said != learner:
            notes.append(f"{learner!r} stands as {said!r}, to be no formula: enter it by hand.")
    return Exported(text, len(values), tuple(notes))


def _read(report: Path) -> tuple[dict[str, dict[str, int]], dict[str, int], list[str]]:
    """Points by learner and lesson, the most that each lesson gives, and what was left out."""
    path = report / "results.json" if report.is_dir() else report
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
        entries = [(one["learner"], one["marks"]) for one in read["submissions"]]
        points: dict[str, dict[str, int]] = {}
        most: dict[str, int] = {}
        notes = []
        twice = set()
        for learner, marks in entries:
            lesson, gained, whole = _sums(marks)
            most[lesson] = whole
            theirs = points.setdefault(learner, {})
            if lesson in theirs:
                twice.add((learner, lesson))
            theirs[lesson] = gained
    except FileNotFoundError:
        raise ExportError(
            f"there is no {path}; give a folder that `lstm-course grade` wrote"
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError, UnicodeDecodeError):
        raise ExportError(f"{path} is not what `lstm-course grade` writes") from None
    if not points:
        raise ExportError(f"{path} holds no marks")
    for learner, lesson in sorted(twice):
        del points[learner][lesson]
        notes.append(f"Two submissions of lesson {lesson} are by {learner!r}: neither is exported.")
    return points, most, notes


def _sums(marks: list[Mapping[str, Any]]) -> tuple[str, int, int]:
    (lesson,) = {mark["lesson"] for mark in marks}
    if lesson not in LESSONS:
        raise ValueError(lesson)
    return lesson, sum(int(m["points"]) for m in marks), sum(int(m["max_points"]) for m in marks)
