"""Which definitions of a notebook an answer needs: the others need not run."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from lstm_helpers.grading.extract import Extract, names_bound

__all__ = ["is_stub", "needed"]

# Whoever looks names up by their text may need anything.
_LOOK_UP = {"globals", "locals", "vars", "eval", "exec", "__import__", "compile", "sys", "inspect"}


def needed(extracted: Extract, name: str) -> set[tuple[int, int]]:
    """Find the statements that bind a name, and those that these need.

    Parameters
    ----------
    extracted : Extract
        What was taken from a notebook.
    name : str
        What is wanted.

    Returns
    -------
    set of (int, int)
        Number of the cell and place of the statement in it.

    Examples
    --------
    >>> from lstm_helpers.grading import extract_cells
    >>> source = "import torch\\nK = 2\\ndef twice(x):\\n    return K * x"
    >>> cell = {"cell_type": "code", "source": source}
    >>> sorted(needed(extract_cells({"cells": [cell]}), "twice"))
    [(1, 1), (1, 2)]
    """
    binds: dict[str, list[tuple[int, int]]] = {}
    reads: dict[tuple[int, int], set[str]] = {}
    for cell in extracted.cells:
        for place, node in enumerate(ast.parse(cell.source).body):
            key = (cell.number, place)
            reads[key] = set(_read(node))
            for bound in names_bound(node):
                binds.setdefault(bound, []).append(key)
    found: set[tuple[int, int]] = set()
    seen: set[str] = set()
    waiting = [name, "*"]  # a star import may bind anything
    while waiting:
        wanted = waiting.pop()
        if wanted in seen:
            continue
        seen.add(wanted)
        for key in binds.get(wanted, ()):
            found.add(key)
            waiting += reads[key]
    return set(reads) if seen & _LOOK_UP else found


def is_stub(extracted: Extract, name: str) -> bool:
    """Whether an answer is what the course left: a function that raises `NotImplementedError`.

    Parameters
    ----------
    extracted : Extract
        What was taken from a notebook.
    name : str
        The answer.

    Returns
    -------
    bool
        True if there is no need to run it.
    """
    last: ast.stmt | None = None
    for cell in extracted.cells:
        for node in ast.parse(cell.source).body:
            if name in names_bound(node):
                last = node
    if not isinstance(last, ast.FunctionDef) or last.decorator_list:
        return False
    body = [node for node in last.body if not _is_text(node)]
    return len(body) == 1 and ast.unparse(body[0]) == "raise NotImplementedError"


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _read(node: ast.stmt) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Name):
            yield part.id
        elif isinstance(part, ast.Import | ast.ImportFrom):
            yield from (alias.name.partition(".")[0] for alias in part.names)
