"""The page for a latecomer: what earlier lessons showed, and the course's solutions.

A notebook, since JupyterLab opens one as a readable page, and its cells can be run. Its metadata
hold a hash of its text, so that a page which was only run and saved is still known as unchanged.
"""

import ast
import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from lstm_helpers.bundled import notebooks_folder

__all__ = ["EarlierLesson", "digests", "page_bytes", "read_lessons"]

SAW = "## What you saw"
_NEXT = "**Try next.**"
_KEY = "catch_up"


@dataclass(frozen=True)
class EarlierLesson:
    """What a lesson leaves behind.

    Attributes
    ----------
    number, title, name : str
        Two digits, its title, and the name of its file.
    minutes : int
        How long it takes.
    saw : str
        Its summary, as Markdown.
    imports : str
        What its solutions import.
    solutions : dict of str to str
        Name of each exercise, and the course's solution.
    """

    number: str
    title: str
    name: str
    minutes: int
    saw: str
    imports: str
    solutions: dict[str, str]


def read_lessons() -> list[EarlierLesson]:
    """Read all lessons of the course from the instructors' copies.

    Returns
    -------
    list of EarlierLesson
        In order.

    Raises
    ------
    FileNotFoundError
        If there are no notebooks.
    """
    paths = sorted(notebooks_folder("solutions").glob("[0-9][0-9]_*.ipynb"))
    return [_read(path.name, json.loads(path.read_text(encoding="utf-8"))) for path in paths]


def page_bytes(earlier: list[EarlierLesson], coming: EarlierLesson) -> bytes:
    """Write the page.

    Parameters
    ----------
    earlier : list of EarlierLesson
        Those that were missed.
    coming : EarlierLesson
        The lesson to go on with.

    Returns
    -------
    bytes
        A notebook without outputs.
    """
    cells = list(_cells(earlier, coming))
    metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
        "lstm_helpers": {_KEY: _digest((cell["cell_type"], cell["source"]) for cell in cells)},
    }
    notebook = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return (json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n").encode()


def digests(content: bytes) -> tuple[str | None, str | None]:
    """Say with which text a page was written, and which it has now.

    Parameters
    ----------
    content : bytes
        The file; outputs and the like do not count.

    Returns
    -------
    written : str or None
        Hash of the text when it was written; None if this is no such page.
    present : str or None
        Hash of the text as it is.
    """
    try:
        notebook = json.loads(content)
        cells = [(cell["cell_type"], "".join(cell["source"])) for cell in notebook["cells"]]
        return str(notebook["metadata"]["lstm_helpers"][_KEY]), _digest(cells)
    except (ValueError, LookupError, TypeError, RecursionError):
        return None, None


def _read(name: str, notebook: dict[str, Any]) -> EarlierLesson:
    course = notebook["metadata"]["lstm_helpers"]
    saw, sources, solutions = "", [], {}
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "code":
            sources.append(source)
            exercise = cell["metadata"].get("lstm_helpers", {}).get("exercise")
            if exercise is not None:
                solutions[exercise] = source
        elif source.startswith(SAW):
            saw = source.removeprefix(SAW).partition(_NEXT)[0].strip()
    return EarlierLesson(
        number=course["number"],
        title=course["title"],
        name=name,
        minutes=course["minutes"],
        saw=saw,
        imports=_imports(sources, solutions.values()),
        solutions=solutions,
    )


def _imports(sources: Iterable[str], solutions: Iterable[str]) -> str:
    """Pick out of a lesson's imports those that its solutions need."""
    used = {
        node.id
        for solution in solutions
        for node in ast.walk(ast.parse(solution))
        if isinstance(node, ast.Name)
    }
    plain: dict[str, None] = {}
    quiet: dict[str, None] = {}  # a framework that would say something on the page
    for source in sources:
        for top in _statements(source):
            for node in top.body if isinstance(top, ast.With) else [top]:
                if isinstance(node, ast.Import | ast.ImportFrom):
                    kept = [a for a in node.names if (a.asname or a.name.split(".")[0]) in used]
                    if kept:
                        node.names = kept
                        (plain if node is top else quiet)[ast.unparse(node)] = None
    lines = list(plain)
    if quiet:
        lines.append("from lstm_helpers.notebook import quiet_imports")
        lines += ["", "with quiet_imports():", *(f"    {line}" for line in quiet)]
    return "\n".join(lines)


def _statements(source: str) -> list[ast.stmt]:
    try:
        return ast.parse(source).body
    except SyntaxError:  # a magic of IPython
        return []


def _cells(earlier: list[EarlierLesson], coming: EarlierLesson) -> Iterator[dict[str, Any]]:
    until = f"Lesson {earlier[0].number}"
    if len(earlier) > 1:
        until = f"Lessons {earlier[0].number} to {earlier[-1].number}"
    yield _markdown(
        "opening",
        f"# {until}: what you missed\n\n"
        f"You go on with [lesson {coming.number}: {coming.title}]({coming.name}). Here is, of each "
        "lesson before it, what those saw who went through it, and the course's solutions to its "
        "exercises. The cells run as they stand.\n\n"
        "Of these exercises, those that you had not passed are noted as skipped. To make one "
        "yours, solve it in its lesson: a check that passes takes the place of the skip. In any "
        'notebook of this folder, `recover("NAME")` shows the same solution; of an exercise that '
        "you have passed, your own answer.",
    )
    for lesson in earlier:
        yield _markdown(
            f"lesson-{lesson.number}",
            f"## Lesson {lesson.number}: {lesson.title}\n\n"
            f"[Open it]({lesson.name}) ({lesson.minutes} minutes).\n\n"
            f"### What those saw who went through it\n\n{lesson.saw}",
        )
        if lesson.solutions:
            yield _markdown(f"solutions-{lesson.number}", "### The course's solutions")
        if lesson.imports:
            yield _code(f"imports-{lesson.number}", lesson.imports)
        for name, source in lesson.solutions.items():
            yield _code(f"solution-{name}"[:64], source)


def _markdown(name: str, source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "id": name, "metadata": {}, "source": source}


def _code(name: str, source: str) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": name,
        "metadata": {},
        "outputs": [],
        "source": source,
    }


def _digest(cells: Iterable[tuple[str, str]]) -> str:
    # JupyterLab may drop or add spaces at the end of a cell when it saves.
    text = json.dumps([[kind, source.rstrip()] for kind, source in cells])
    return hashlib.sha256(text.encode()).hexdigest()
