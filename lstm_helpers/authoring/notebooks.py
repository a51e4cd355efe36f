"""From a lesson to the bytes of its two notebooks.

The same lesson gives the same bytes on every machine: ids come from the text of the cells, keys
are sorted, and nothing of the Python that builds is written down.
"""

import hashlib
from collections import Counter
from typing import Any

from lstm_helpers.authoring.regions import split_regions
from lstm_helpers.authoring.rules import Registry
from lstm_helpers.authoring.source import Lesson, LessonCell

__all__ = ["cell_ids", "notebook_bytes"]

ID_LENGTH = 12  # hexadecimal digits: 48 bits, ample for some hundred cells


def cell_ids(lesson: Lesson) -> list[str]:
    """Name each cell after its text.

    Parameters
    ----------
    lesson : Lesson
        The lesson.

    Returns
    -------
    list of str
        One id for each cell; cells of equal text get ``-2``, ``-3`` … at the end. Inserting a cell
        changes no other id, and both copies of a cell have the same one.
    """
    seen: Counter[str] = Counter()
    ids = []
    for cell in lesson.cells:
        digest = hashlib.sha256(f"{cell.kind}\n{cell.source}".encode()).hexdigest()[:ID_LENGTH]
        seen[digest] += 1
        ids.append(digest if seen[digest] == 1 else f"{digest}-{seen[digest]}")
    return ids


def notebook_bytes(lesson: Lesson, registry: Registry, *, solutions: bool) -> bytes:
    """Build one notebook.

    Parameters
    ----------
    lesson : Lesson
        A lesson in which `find_problems` found nothing.
    registry : Registry
        Where the points of each exercise are looked up.
    solutions : bool
        The instructor's copy if true, else the learner's.

    Returns
    -------
    bytes
        A notebook file (format 4.5, UTF-8) without outputs.
    """
    import nbformat

    cells = [
        _cell(cell, cell_id, registry, solutions=solutions)
        for cell, cell_id in zip(lesson.cells, cell_ids(lesson), strict=True)
        if solutions or not cell.for_instructors
    ]
    notebook = nbformat.from_dict(
        {
            "cells": cells,
            "metadata": {
                "kernelspec": {
                    "display_name": "Python 3",
                    "language": "python",
                    "name": "python3",
                },
                "language_info": {"name": "python"},
                "lstm_helpers": {
                    "number": lesson.number,
                    "title": lesson.title,
                    "minutes": lesson.minutes,
                },
            },
            "nbformat": 4,
            "nbformat_minor": 5,
        }
    )
    nbformat.validate(notebook)
    text: str = nbformat.writes(notebook)
    return (text.rstrip("\n") + "\n").encode()


def _cell(cell: LessonCell, cell_id: str, registry: Registry, *, solutions: bool) -> dict[str, Any]:
    source = cell.source
    metadata = dict(cell.options)
    if cell.exercise is not None:
        regions = split_regions(source)
        source = regions.solution if solutions else regions.stub
        metadata["nbgrader"] = _nbgrader(cell.exercise, grade=False)
        metadata["lstm_helpers"] = {"exercise": cell.exercise}
    elif cell.check is not None:
        points = registry.exercises[cell.check].points
        metadata["nbgrader"] = _nbgrader(f"check-{cell.check}", grade=True) | {"points": points}
        metadata["lstm_helpers"] = {"check": cell.check}
    built: dict[str, Any] = {
        "cell_type": cell.kind,
        "id": cell_id,
        "metadata": metadata,
        "source": source,
    }
    if cell.kind == "code":
        built |= {"execution_count": None, "outputs": []}
    return built


def _nbgrader(grade_id: str, *, grade: bool) -> dict[str, Any]:
    """Metadata in nbgrader's third schema, which allows no other keys."""
    return {
        "schema_version": 3,
        "grade": grade,
        "grade_id": grade_id,
        "locked": grade,
        "solution": not grade,
        "task": False,
    }
