"""Take a learner's definitions out of a notebook, without running any of it.

What is taken, from the top level of each code cell: imports, also those under a ``with``; functions
and classes, whole; names set to a constant (a number, text, or tuples, lists, sets and dictionaries
of such), to a ``lambda`` or to another name. Everything else is left out, so a training loop, a
plot, a wrong ``print``, or ``x = check(x)`` costs nothing and changes nothing. A cell that is not
Python costs only itself.

Taken code is still a stranger's: a decorator, a default value or a class body runs as soon as it
is defined. Where that matters it belongs in a sandbox.
"""

import ast
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from lstm_helpers.grading.reading import read_notebook

__all__ = ["Cell", "Extract", "Left", "Problem", "Statement", "extract", "extract_cells"]

LARGEST_CELL = 200_000
"""Characters of the longest cell that is parsed."""
MOST_CODE = 500_000
"""Characters of all cells that are parsed; the longest lesson has a tenth of that."""
MOST_MAGIC = 300_000
"""Characters that IPython may read while it rewrites magics: it reads a cell again for each one."""
LONGEST_MAGIC = 20_000
"""Characters of the longest cell with magics."""
# IPython searches for `word?`, which takes the square of the length of a word.
_LONG_WORD = re.compile(r"[\w*.\[\]-]{301}")

# Cell magics that run their cell as it stands, in the notebook's own names. (%%timeit does not.)
_TRANSPARENT_MAGIC = re.compile(r"\A(\s*)%%(?:time|capture)\b[^\n]*")
# What IPython may rewrite in a cell: magics, help, prompts, and the indentation of its first line.
_MAGIC = re.compile(
    r"\A\s*[ \t]|^[ \t]*(?:[%!?,;/]|>>>|In ?\[)|=[ \t]*[%!]|\?[ \t]*$", re.MULTILINE
)


class Statement(NamedTuple):
    """What is known of a definition without running it.

    Attributes
    ----------
    binds : tuple of str
        Names that it defines.
    reads : frozenset of str
        Names that occur in it.
    is_stub : bool
        Whether it is a function that only raises `NotImplementedError`, as the course leaves it.
    """

    binds: tuple[str, ...]
    reads: frozenset[str]
    is_stub: bool


@dataclass(frozen=True)
class Cell:
    """What was taken from one code cell.

    Attributes
    ----------
    number : int
        Which cell of the notebook it is, counted from 1, texts included.
    exercise : str or None
        The exercise that the course's metadata on the cell names.
    source : str
        The definitions, each on its own line of the cell; lines that were left out are blank.
    names : tuple of str
        What they define.
    statements : tuple of Statement
        The definitions, in the order in which they stand in the source.
    """

    number: int
    exercise: str | None
    source: str
    names: tuple[str, ...]
    statements: tuple[Statement, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class Problem:
    """A cell that could not be read.

    Attributes
    ----------
    number : int
        Which cell of the notebook it is, counted from 1.
    exercise : str or None
        The exercise that the course's metadata on the cell names.
    line : int or None
        Line in the cell, counted from 1, if known.
    message : str
        What is wrong with it.
    """

    number: int
    exercise: str | None
    line: int | None
    message: str


@dataclass(frozen=True)
class Left:
    """A name that the notebook sets by code that is not taken.

    Attributes
    ----------
    number : int
        Which cell of the notebook does it, counted from 1.
    line : int
        Line in that cell, counted from 1.
    """

    number: int
    line: int


@dataclass(frozen=True)
class Extract:
    """All that was taken from a notebook.

    Attributes
    ----------
    cells : tuple of Cell
        Those that define something, in the order of the notebook. Run in that order, the last
        definition of a name wins.
    problems : tuple of Problem
        Cells that cost themselves.
    names : mapping of str to int
        Each defined name, and the number of the cell that defines it last.
    left_out : mapping of str to Left
        Names that the notebook sets only by code that was left out.
    course : mapping
        What the notebook's metadata say under ``lstm_helpers``: number, title, minutes.
    """

    cells: tuple[Cell, ...]
    problems: tuple[Problem, ...]
    names: Mapping[str, int]
    left_out: Mapping[str, Left]
    course: Mapping[str, Any]

    @cached_property
    def statements(self) -> dict[tuple[int, int], Statement]:
        """All definitions, by the number of the cell and their place in it."""
        return {
            (cell.number, place): statement
            for cell in self.cells
            for place, statement in enumerate(cell.statements)
        }

    @cached_property
    def binding(self) -> dict[str, list[tuple[int, int]]]:
        """For each name, the definitions that bind it."""
        found: dict[str, list[tuple[int, int]]] = {}
        for key, statement in self.statements.items():
            for name in statement.binds:
                found.setdefault(name, []).append(key)
        return found


def extract(path: Path) -> Extract:
    """Take the definitions out of a notebook file.

    Parameters
    ----------
    path : Path
        A notebook, format 3 or 4.

    Returns
    -------
    Extract
        Definitions by cell, and what could not be read.

    Raises
    ------
    NotebookError
        If the file is no notebook.
    OSError
        If it cannot be opened.
    """
    return extract_cells(read_notebook(path))


def extract_cells(notebook: Mapping[str, Any]) -> Extract:
    """Take the definitions out of a notebook that is already read.

    Parameters
    ----------
    notebook : mapping
        A notebook as `read_notebook` returns it.

    Returns
    -------
    Extract
        Definitions by cell, and what could not be read.

    Examples
    --------
    >>> cell = {"cell_type": "code", "source": "%matplotlib inline\\nH = 3\\nprint(H)"}
    >>> dict(extract_cells({"cells": [cell]}).names)
    {'H': 1}
    """
    cells: list[Cell] = []
    problems: list[Problem] = []
    names: dict[str, int] = {}
    left_out: dict[str, Left] = {}
    reader = _Reader()
    for number, cell in enumerate(_list(notebook.get("cells")), start=1):
        if not isinstance(cell, dict) or cell.get("cell_type") != "code":
            continue
        exercise = _course(cell).get("exercise")
        exercise = exercise if isinstance(exercise, str) else None
        text = cell.get("source", cell.get("input", ""))
        if isinstance(text, list):
            text = "".join(part for part in text if isinstance(part, str))
        try:
            source, statements, others = reader.read(text)
        except _UnreadableError as error:
            problems.append(Problem(number, exercise, error.line, str(error)))
            continue
        left_out.update((name, Left(number, line)) for name, line in others)
        if statements:
            bound = tuple(dict.fromkeys(name for one in statements for name in one.binds))
            names.update(dict.fromkeys(bound, number))
            cells.append(Cell(number, exercise, source, bound, statements))
    left_out = {name: left for name, left in left_out.items() if name not in names}
    return Extract(tuple(cells), tuple(problems), names, left_out, _course(notebook))


def _hands_on(node: ast.stmt) -> bool:
    """Whether it is `f = check(f)` or `f = skip("f")`, which answer nothing."""
    call = getattr(node, "value", None)
    name = call.func if isinstance(call, ast.Call) else None
    return isinstance(name, ast.Name) and name.id in ("check", "skip")


class _UnreadableError(Exception):
    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


class _Reader:
    """Reads the cells of one notebook, all of them together within bounds."""

    def __init__(self) -> None:
        self.code, self.magic = MOST_CODE, MOST_MAGIC

    def read(self, text: Any) -> tuple[str, tuple[Statement, ...], list[tuple[str, int]]]:
        """Source and statements of a cell's definitions; names that the rest sets, with lines."""
        code, tree = self._parse(text)
        taken: list[ast.stmt] = []
        others: list[tuple[str, int]] = []
        for node in _statements(tree):
            if _is_definition(node):
                taken.append(node)
            elif not _hands_on(node):
                others += ((name, node.lineno) for name in names_bound(node))
        source = _source(code, taken)
        body = _tree(source).body
        if len(body) != len(taken):
            raise _UnreadableError("its definitions cannot be told apart from the rest")
        return source, tuple(map(_statement, body)), others

    def _parse(self, text: Any) -> tuple[str, ast.Module]:
        """Turn the text of a cell into Python, magics resolved, and its syntax tree."""
        if not isinstance(text, str):
            raise _UnreadableError("its text is missing")
        if len(text) > LARGEST_CELL:
            raise _UnreadableError(
                f"it has {len(text)} characters, expected at most {LARGEST_CELL}"
            )
        if len(text) > self.code:
            raise _UnreadableError(
                f"the cells down to this one have more than {MOST_CODE} characters"
            )
        self.code -= len(text)
        # The line of the magic stays, blank, so that lines keep their numbers.
        text = _TRANSPARENT_MAGIC.sub(r"\1", text)
        try:
            return text, _tree(text)  # most cells; spares loading IPython
        except _UnreadableError as error:
            text = self._without_magics(text, error)
            return text, _tree(text)

    def _without_magics(self, text: str, problem: _UnreadableError) -> str:
        """Rewrite IPython's own syntax as calls, as IPython does; nothing is executed."""
        count = len(_MAGIC.findall(text))
        if not count:
            return text
        cost = len(text) * (count + 1)
        if len(text) > LONGEST_MAGIC or cost > self.magic or _LONG_WORD.search(text):
            raise _UnreadableError(
                f"{problem}; should that be a magic (`%`, `!`, `?`), this is too much text to look "
                "for it: put it into a cell of its own",
                problem.line,
            )
        self.magic -= cost
        from IPython.core.inputtransformer2 import TransformerManager

        try:
            return str(TransformerManager().transform_cell(text))
        except Exception:  # whatever it stumbles over, the text as it stands tells better
            return text


def _tree(text: str) -> ast.Module:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # such as one about "\\d": not what this is about
            return ast.parse(text)
    except SyntaxError as error:
        raise _UnreadableError(error.msg, error.lineno) from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise _UnreadableError(str(error) or "it is nested too deeply") from None


def _statement(node: ast.stmt) -> Statement:
    return Statement(tuple(names_bound(node)), frozenset(_read(node)), _is_stub(node))


def _read(node: ast.stmt) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Name):
            yield part.id
        elif isinstance(part, ast.Import | ast.ImportFrom):
            yield from (alias.name.partition(".")[0] for alias in part.names)


def _is_stub(node: ast.stmt) -> bool:
    if not isinstance(node, ast.FunctionDef) or node.decorator_list:
        return False
    match [each for each in node.body if not _is_text(each)]:
        case [ast.Raise(exc=ast.Name(id="NotImplementedError"), cause=None)]:
            return True
    return False


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _statements(tree: ast.Module) -> Iterator[ast.stmt]:
    """The statements of a cell; imports under a ``with`` count as if they stood before it."""
    for node in tree.body:
        if isinstance(node, ast.With):
            yield from (n for n in node.body if isinstance(n, ast.Import | ast.ImportFrom))
        yield node


def _is_definition(node: ast.stmt) -> bool:
    if isinstance(
        node, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    ):
        return True
    if isinstance(node, ast.Assign):
        targets = node.targets
    elif isinstance(node, ast.AnnAssign) and node.value is not None:
        targets = [node.target]
    else:
        return False
    if isinstance(node.value, ast.Lambda | ast.Name):
        return all(isinstance(target, ast.Name) for target in targets)
    if not all(_is_plain_target(target, node.value) for target in targets):
        return False
    return _is_literal(node.value)


def _is_plain_target(target: ast.expr, value: ast.expr | None) -> bool:
    """Whether a target is a name, or as many names as the literal has items."""
    if isinstance(target, ast.Tuple | ast.List):
        return (
            isinstance(value, ast.Tuple | ast.List)
            and len(value.elts) == len(target.elts)
            and all(isinstance(name, ast.Name) for name in target.elts)
        )
    return isinstance(target, ast.Name)


def _is_literal(value: ast.expr | None) -> bool:
    try:
        ast.literal_eval(value)  # type: ignore[arg-type]
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False
    return True


def names_bound(node: ast.stmt) -> Iterator[str]:
    """Names that a statement binds at the top level.

    Parameters
    ----------
    node : ast.stmt
        The statement.

    Yields
    ------
    str
        A name.
    """
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
        return
    if isinstance(node, ast.Import | ast.ImportFrom):
        for alias in node.names:
            yield alias.asname or alias.name.partition(".")[0]
        return
    waiting: list[ast.AST] = [node]
    while waiting:
        part = waiting.pop()
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            yield part.id
        elif isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield part.name  # under an `if` or `with`; its own names stay inside
        elif not isinstance(part, ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp):
            waiting += reversed(list(ast.iter_child_nodes(part)))


def _source(code: str, taken: Iterable[ast.stmt]) -> str:
    """Write the taken statements, each on the line where it stands in the cell."""
    # str.splitlines would also split at form feeds and the like, where Python sees no new line.
    lines = code.replace("\r\n", "\n").replace("\r", "\n").encode().split(b"\n")
    written: list[list[bytes]] = []  # for each line, what of several statements stands there
    for node in taken:
        first, begin = _start(node, lines)
        last, end = (node.end_lineno or node.lineno) - 1, node.end_col_offset
        if first == last:
            part = [lines[first][begin:end]]
        else:
            part = [lines[first][begin:], *lines[first + 1 : last], lines[last][:end]]
        if len(written) > first:  # several simple statements on one line
            written[-1].append(part.pop(0))
        written += ([] for _ in range(first - len(written)))
        written += ([line] for line in part)
    return b"\n".join(b"; ".join(line) for line in written).decode()


def _start(node: ast.stmt, lines: list[bytes]) -> tuple[int, int]:
    """Line and column, from 0, where a statement begins: at the ``@`` of its first decorator."""
    decorators = getattr(node, "decorator_list", [])
    if not decorators:
        return node.lineno - 1, node.col_offset
    line: int = decorators[0].lineno - 1
    while line > 0 and not lines[line].lstrip().startswith(b"@"):
        line -= 1  # between the two there may be brackets and comments
    return line, 0


def _course(part: Mapping[str, Any]) -> Mapping[str, Any]:
    """Get the course's own metadata of a notebook or a cell."""
    metadata = part.get("metadata")
    course = metadata.get("lstm_helpers") if isinstance(metadata, dict) else None
    return course if isinstance(course, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
