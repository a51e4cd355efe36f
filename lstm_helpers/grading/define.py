"""Run the definitions that were taken from a notebook, one by one."""

from __future__ import annotations

import ast
import linecache
from collections.abc import Collection, Iterable, Iterator
from typing import Any

__all__ = ["define"]


def define(
    cells: Iterable[tuple[int, str]],
    namespace: dict[str, Any],
    chosen: Collection[tuple[int, int]] | None = None,
) -> Iterator[str]:
    """Run every definition in order; one that fails costs only itself.

    Parameters
    ----------
    cells : iterable of (int, str)
        Number and source of each cell.
    namespace : dict
        Where names are set.
    chosen : collection of (int, int), optional
        Number of the cell and place of the statement in it, of those to run; by default all.

    Yields
    ------
    str
        A sentence on each definition that failed.
    """
    for number, source in cells:
        label = f"<cell {number}>"
        lines = [line + "\n" for line in source.split("\n")]
        linecache.cache[label] = (len(source), None, lines, label)  # for tracebacks
        for place, node in enumerate(ast.parse(source, label).body):
            if chosen is not None and (number, place) not in chosen:
                continue
            try:
                code = compile(ast.Module([node], []), label, "exec", dont_inherit=True)
                exec(code, namespace)
            except (Exception, SystemExit) as error:
                what = f"{type(error).__name__}: {error}".rstrip(": ")
                yield f"Cell {number} stops on line {node.lineno} ({what})."
