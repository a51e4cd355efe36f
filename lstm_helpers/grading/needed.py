"""Which definitions of a notebook an answer needs: the others need not run."""

from __future__ import annotations

from lstm_helpers.grading.extract import Extract

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
    found: set[tuple[int, int]] = set()
    seen: set[str] = set()
    waiting = {name, "*"}  # a star import may bind anything
    while waiting:
        wanted = waiting.pop()
        seen.add(wanted)
        for key in extracted.binding.get(wanted, ()):
            found.add(key)
            waiting |= extracted.statements[key].reads - seen
    return set(extracted.statements) if seen & _LOOK_UP else found


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
    keys = extracted.binding.get(name, [])
    return any(extracted.statements[key].is_stub for key in keys[-1:])
