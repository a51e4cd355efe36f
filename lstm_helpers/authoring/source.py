"""Read a lesson: header fields, and cells with the lines they stand on.

jupytext splits the text into cells but does not say where each began. So the text is read twice,
the second time with its line number written onto each marker line: whatever jupytext takes for
the start of a cell (and not for text in a string, say) tells its own line.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lstm_helpers.authoring.problems import LessonError, Problem

__all__ = ["Lesson", "LessonCell", "read_lesson"]

OPTIONS = ("exercise", "check", "tags", "slideshow", "jupyter", "editable", "deletable", "name")
"""What may stand on a marker line; anything else is taken for a slip of the pen."""

WRITTEN_BY_JUPYTEXT = ("lines_to_next_cell", "cell_marker", "lines_to_end_of_cell_marker")

_MARKER = re.compile(r"^\s*#\s*%%%*(\s.*)?$")
_LINE_OPTION = re.compile(r"lesson_line\W+(\d+)")  # as an option, or within a title
_WRONG_TAGS = re.compile(r"""\btags=(?!\[("[^"]+"(, *"[^"]+")*)?\])""")
_FILE_NAME = re.compile(r"^(\d\d)_[a-z0-9_]+\.py$")


@dataclass(frozen=True)
class LessonCell:
    """One cell of a lesson.

    Attributes
    ----------
    kind : str
        ``"code"``, ``"markdown"`` or ``"raw"``.
    source : str
        Text of the cell, solution markers included.
    line : int
        Line of the lesson file that holds the cell's marker.
    first_line : int
        Line of the lesson file that holds the first line of `source`.
    options : dict
        What stands on the marker line, without ``exercise`` and ``check``.
    exercise : str or None
        Name of the exercise that is solved here.
    check : str or None
        Name of the exercise that is checked here.
    """

    kind: str
    source: str
    line: int
    first_line: int
    options: dict[str, Any]
    exercise: str | None
    check: str | None

    @property
    def for_instructors(self) -> bool:
        """Whether only ``solutions/`` gets this cell."""
        return "instructor" in self.options.get("tags", ())


@dataclass(frozen=True)
class Lesson:
    """One lesson file.

    Attributes
    ----------
    path : Path
        The file.
    number : str
        Two digits, as at the start of the file name.
    title : str
        Title without the number.
    minutes : int
        Time that the whole lesson should take.
    cells : tuple of LessonCell
        In the order of the file.
    """

    path: Path
    number: str
    title: str
    minutes: int
    cells: tuple[LessonCell, ...]


def read_lesson(path: Path) -> Lesson:
    """Read one lesson file.

    Parameters
    ----------
    path : Path
        A file ``NN_name.py`` in jupytext's percent format.

    Returns
    -------
    Lesson
        Header fields and cells; exercises and markers are not looked into here.

    Raises
    ------
    LessonError
        If the file name, the header or a marker line breaks the format.
    """
    import jupytext

    named = _FILE_NAME.match(path.name)
    if not named:
        sentence = "the file name must be two digits, an underscore and lower-case words, such as "
        raise LessonError([Problem(path, 1, sentence + "02_the_vanishing_gradient.py.")])
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise LessonError(
            [Problem(path, 1, "the file is not UTF-8 text; save it as UTF-8.")]
        ) from None
    try:
        notebook = jupytext.reads(text, fmt="py:percent")
        numbered = jupytext.reads(_with_line_numbers(text), fmt="py:percent")
    except Exception as error:  # PyYAML's, jupytext's and nbformat's, each with its own class
        for line, text_line in enumerate(text.splitlines(), start=1):
            if _MARKER.match(text_line) and _WRONG_TAGS.search(text_line):
                sentence = '`tags` must be a list of words in quotes, such as ["instructor"].'
                raise LessonError([Problem(path, line, sentence)]) from None
        line = getattr(getattr(error, "problem_mark", None), "line", 0) + 2  # below the first ---
        sentence = f"the header cannot be read ({' '.join(str(error).split())})."
        raise LessonError([Problem(path, line, sentence)]) from None

    problems = list(_header_problems(path, text, notebook.metadata, named.group(1)))
    cells = []
    below_header = _line_below_header(text)
    for cell, twin in zip(notebook.cells, numbered.cells, strict=True):
        tag = _LINE_OPTION.search(repr(dict(twin.metadata)))
        line = int(tag.group(1)) if tag else below_header
        options = {k: v for k, v in cell.metadata.items() if k not in WRITTEN_BY_JUPYTEXT}
        problems += _option_problems(path, line, options)
        cells.append(
            LessonCell(
                kind=cell.cell_type,
                source=cell.source,
                line=line,
                first_line=line + 1 if tag else line,
                options={k: v for k, v in options.items() if k not in ("exercise", "check")},
                exercise=options.get("exercise"),
                check=options.get("check"),
            )
        )
    if problems:
        raise LessonError(problems)
    header = notebook.metadata["lstm_helpers"]
    return Lesson(path, header["number"], header["title"], header["minutes"], tuple(cells))


def _with_line_numbers(text: str) -> str:
    """Write its line number at the end of every line that looks like a cell marker."""
    return "\n".join(
        f"{line.rstrip()} lesson_line={number}" if _MARKER.match(line) else line
        for number, line in enumerate(text.splitlines(), start=1)
    )


def _line_below_header(text: str) -> int:
    """Line on which the first cell starts if it has no marker."""
    lines = text.splitlines()
    ends = [number for number, line in enumerate(lines, start=1) if line.strip() == "# ---"]
    start = ends[1] if len(ends) > 1 else 0
    filled = (number for number in range(start, len(lines)) if lines[number].strip())
    return next(filled, start) + 1


def _header_problems(path: Path, text: str, metadata: Any, number: str) -> Iterator[Problem]:
    lines = text.splitlines()
    line = next((n for n, line in enumerate(lines, start=1) if "lstm_helpers:" in line), 1)
    header = metadata.get("lstm_helpers")
    if not isinstance(header, dict):
        sentence = "the header needs a line `lstm_helpers: {number, title, minutes}` under jupyter."
        yield Problem(path, line, sentence)
        return
    missing = [field for field in ("number", "title", "minutes") if field not in header]
    for field in missing:
        yield Problem(path, line, f"the header field `{field}` under lstm_helpers is missing.")
    if "number" not in missing and header["number"] != number:
        expected = f'the header field `number` must be "{number}", in quotes, as in the file name'
        yield Problem(path, line, f"{expected}; got {header['number']!r}.")
    title = header.get("title")
    if "title" not in missing and not (isinstance(title, str) and title.strip()):
        yield Problem(path, line, f"the header field `title` must be a text; got {title!r}.")
    minutes = header.get("minutes")
    if "minutes" not in missing and not (type(minutes) is int and minutes > 0):
        sentence = f"the header field `minutes` must be a whole number above 0; got {minutes!r}."
        yield Problem(path, line, sentence)


def _option_problems(path: Path, line: int, options: dict[str, Any]) -> Iterator[Problem]:
    for name in options:
        if name not in OPTIONS:
            sentence = f"a cell has no option `{name}`; there are {', '.join(OPTIONS)}."
            yield Problem(path, line, sentence)
    for name in ("exercise", "check"):
        if name in options and not isinstance(options[name], str):
            sentence = f'`{name}` must be a name in quotes, such as {name}="rnn_step".'
            yield Problem(path, line, sentence)
