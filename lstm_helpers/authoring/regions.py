"""Solution regions: what stands between ``# BEGIN SOLUTION`` and ``# END SOLUTION``.

The learner's copy gets ``raise NotImplementedError`` in place of each region, as far indented as
its markers; the instructor's copy keeps the region and loses the marker lines.
"""

import ast
import re
from typing import NamedTuple

__all__ = ["Regions", "defines", "split_regions", "stray_markers"]

PLACEHOLDER = "raise NotImplementedError"

_EXACT = re.compile(r"^( *)# (BEGIN|END) SOLUTION$")
_IN_CODE = re.compile(r"#+\s*(BEGIN|END)\W*SOLUTION", re.IGNORECASE)
_IN_TEXT = re.compile(r"^\s*#*\s*(BEGIN|END)\s+SOLUTION\s*$")


class _Line(NamedTuple):
    """One line of a copy, and the line of the cell (counted from 0) that it comes from."""

    number: int
    text: str


class Regions(NamedTuple):
    """A cell, taken apart.

    Attributes
    ----------
    solution : str
        The cell without marker lines.
    stub : str
        The cell with a placeholder for each region.
    problems : tuple of (int, str)
        Line in the cell, counted from 0, and what is wrong there.
    """

    solution: str
    stub: str
    problems: tuple[tuple[int, str], ...]


def split_regions(source: str) -> Regions:
    """Take the cell of an exercise apart.

    Parameters
    ----------
    source : str
        Text of the cell with its markers.

    Returns
    -------
    Regions
        Both copies, and every fault found; the copies mean something only if there is none.

    Examples
    --------
    >>> regions = split_regions(
    ...     "def double(x):\\n    # BEGIN SOLUTION\\n    return 2 * x\\n    # END SOLUTION"
    ... )
    >>> print(regions.stub)
    def double(x):
        raise NotImplementedError
    >>> print(regions.solution)
    def double(x):
        return 2 * x
    """
    solution: list[_Line] = []
    stub: list[_Line] = []
    problems: list[tuple[int, str]] = []
    begun: tuple[int, str] | None = None  # line and indentation of the marker that is open
    begins: list[int] = []
    for number, line in enumerate(source.splitlines()):
        marker = _EXACT.match(line)
        if not marker:
            if _IN_CODE.search(line):
                sentence = "write a marker on a line of its own as `# BEGIN SOLUTION` or "
                problems.append((number, sentence + f"`# END SOLUTION`; got `{line.strip()}`."))
            elif begun and line.strip() and not line.startswith(begun[1]):
                sentence = "this line of the solution is less indented than its `# BEGIN SOLUTION`;"
                problems.append((number, f"{sentence} end the solution before it."))
            solution.append(_Line(number, line))
            if not begun:
                stub.append(_Line(number, line))
            continue
        indentation, word = marker.groups()
        if word == "BEGIN" and begun:
            sentence = "`# BEGIN SOLUTION` stands inside another solution; end that one first."
            problems.append((number, sentence))
        elif word == "BEGIN":
            begun = (number, indentation)
            begins.append(number)
            stub.append(_Line(number, indentation + PLACEHOLDER))
        elif begun is None:
            sentence = "`# END SOLUTION` has no `# BEGIN SOLUTION` before it in this cell."
            problems.append((number, sentence))
        else:
            if indentation != begun[1]:
                sentence = "`# END SOLUTION` must be as far indented as its `# BEGIN SOLUTION`."
                problems.append((number, sentence))
            begun = None
    if begun:
        sentence = "`# BEGIN SOLUTION` has no `# END SOLUTION` after it in this cell."
        problems.append((begun[0], sentence))
    if not begins and not problems:
        sentence = "the cell of an exercise needs `# BEGIN SOLUTION` and `# END SOLUTION`."
        problems.append((0, sentence))
    if not problems:
        problems += _code_problems(solution, stub, begins)
    return Regions(_text(solution), _text(stub), tuple(problems))


def stray_markers(source: str, *, code: bool) -> list[int]:
    """Find markers in a cell that is no exercise.

    Parameters
    ----------
    source : str
        Text of the cell.
    code : bool
        Whether it is a code cell: there a marker counts anywhere after a ``#``, in a text only
        alone on its line.

    Returns
    -------
    list of int
        Lines in the cell, counted from 0.
    """
    pattern = _IN_CODE if code else _IN_TEXT
    return [number for number, line in enumerate(source.splitlines()) if pattern.search(line)]


def defines(source: str, name: str) -> bool:
    """Say whether code defines a function or class of this name at its top level.

    Parameters
    ----------
    source : str
        Python that can be parsed.
    name : str
        Name to look for.

    Returns
    -------
    bool
        True if there is a ``def`` or ``class`` of that name.
    """
    kinds = (ast.FunctionDef, ast.ClassDef)
    return any(isinstance(node, kinds) and node.name == name for node in ast.parse(source).body)


def _code_problems(
    solution: list[_Line], stub: list[_Line], begins: list[int]
) -> list[tuple[int, str]]:
    """Both copies must be Python, and each region must lie in the body of a function."""
    for lines, copy in ((solution, "with its solution"), (stub, "without its solution")):
        try:
            tree = ast.parse(_text(lines))
        except SyntaxError as error:
            at = min(max(error.lineno or 1, 1), len(lines)) - 1
            sentence = f"the exercise {copy} is not valid Python ({error.msg})."
            return [(lines[at].number if lines else 0, sentence)]
    inside: set[int] = set()  # lines of the cell on which a placeholder is the body of a function
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            first, last = node.body[0].lineno, node.end_lineno or node.body[0].lineno
            inside.update(line.number for line in stub[first - 1 : last])
    sentence = "a solution must stand inside a function, so that the learner's copy can be run."
    return [(begin, sentence) for begin in begins if begin not in inside]


def _text(lines: list[_Line]) -> str:
    return "\n".join(line.text for line in lines)
