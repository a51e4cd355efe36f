"""The notebook that graders and learners see of a submission: built anew, nothing believed.

Texts come from the submitted file; which cells are graded, and all that nbgrader reads of them,
from the grade book.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from nbformat import NotebookNode, v4
from nbgrader import utils

__all__ = ["LONGEST_CELL", "MISSING", "kind_and_text", "of_gradebook", "rebuilt"]

LONGEST_CELL = 20_000
"""Characters of a cell that are shown to graders and learners; all of it is graded."""
MOST_SHOWN = 400_000
"""Characters of all cells together that are shown."""
MISSING = "# This cell was missing from the submission."
CUT = "… (the rest is not shown)"


def rebuilt(
    notebook: Mapping[str, Any], graded: Iterable[NotebookNode], released: Collection[str] = ()
) -> NotebookNode:
    """Build a notebook anew: a stranger's texts, and the grade book's word for all the rest.

    Parameters
    ----------
    notebook : mapping
        What was submitted, as plain data; of its cells, only kind, text and grade id are looked at.
    graded : iterable of NotebookNode
        The cells that the grade book knows, in their order, with their right metadata.
    released : collection of str, optional
        Texts that learners were given. All other texts show as they were typed: nbgrader's pages
        would run what scripts they hold.

    Returns
    -------
    NotebookNode
        A notebook without outputs and attachments, with every graded cell exactly once.

    Examples
    --------
    >>> stranger = {"cells": [{"cell_type": "code", "source": "x = 1", "outputs": ["forged"]}]}
    >>> metadata = {"nbgrader": {"grade_id": "check-f", "grade": True}}
    >>> check = v4.new_code_cell("check(f)", metadata=metadata)
    >>> [(cell.source, cell.outputs) for cell in rebuilt(stranger, [check]).cells]
    [('check(f)', []), ('x = 1', [])]
    """
    known = {cell.metadata.nbgrader["grade_id"]: cell for cell in graded}
    left = MOST_SHOWN
    cells: list[NotebookNode] = []
    places: dict[str, NotebookNode] = {}
    for cell in notebook["cells"]:
        kind, text = kind_and_text(cell)
        if kind not in ("code", "markdown"):
            continue
        most = min(LONGEST_CELL, left)
        if len(text) > most and text not in released:
            text = text[:most] + CUT
        left = max(left - len(text), 0)
        if kind == "markdown" and text not in released:
            text = _as_typed(text)
        grade_id = _grade_id(cell)
        made = known.get(grade_id)
        if made is None or grade_id in places:
            made = v4.new_code_cell(text) if kind == "code" else v4.new_markdown_cell(text)
        else:
            places[grade_id] = made
            if not utils.is_locked(made):
                made.source = text
        cells.append(made)
    before: NotebookNode | None = None
    for grade_id, made in known.items():
        if grade_id not in places:
            if not utils.is_locked(made):
                made.source = MISSING
            at = next((k + 1 for k, cell in enumerate(cells) if cell is before), 0)
            cells.insert(at, made)
        before = made
    return v4.new_notebook(cells=cells)


def of_gradebook(cell: Any, notebook: Any) -> NotebookNode:
    """Make a graded cell as it was released.

    Parameters
    ----------
    cell : nbgrader.api.SourceCell
        What the grade book has of it.
    notebook : nbgrader.api.Notebook
        The notebook that it is in.

    Returns
    -------
    NotebookNode
        With its text and its metadata.
    """
    worth = {each.name: each.max_score for each in (*notebook.grade_cells, *notebook.task_cells)}
    metadata = {
        "schema_version": 3,
        "grade_id": cell.name,
        "grade": any(each.name == cell.name for each in notebook.grade_cells),
        "solution": any(each.name == cell.name for each in notebook.solution_cells),
        "task": any(each.name == cell.name for each in notebook.task_cells),
        "locked": cell.locked,
        "checksum": cell.checksum,
        "cell_type": cell.cell_type,
    }
    if cell.name in worth:
        metadata["points"] = worth[cell.name]
    make = v4.new_code_cell if cell.cell_type == "code" else v4.new_markdown_cell
    made: NotebookNode = make(cell.source, metadata={"nbgrader": metadata})
    return made


def kind_and_text(cell: Any) -> tuple[str, str]:
    """Say what a cell is and what it says.

    Parameters
    ----------
    cell : object
        From the JSON of a notebook, whatever that holds.

    Returns
    -------
    kind, text : str
        Both empty if it is no cell.

    Examples
    --------
    >>> kind_and_text({"cell_type": "code", "source": ["x = 1\\n", "y = 2"]})
    ('code', 'x = 1\\ny = 2')
    """
    if not isinstance(cell, dict) or not isinstance(cell.get("cell_type"), str):
        return "", ""
    source = cell.get("source", cell.get("input"))
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str):
        return "", ""
    return cell["cell_type"], source.encode("utf-8", "replace").decode()


def _as_typed(text: str) -> str:
    """Put a text into a block of code: no run of backticks in it is long enough to end that."""
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{fence}\n{text}\n{fence}"


def _grade_id(cell: Mapping[str, Any]) -> str:
    value: Any = cell
    for name in ("metadata", "nbgrader", "grade_id"):
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, str) else ""
