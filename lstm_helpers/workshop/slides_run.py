"""Run a lesson's notebook and take from its outputs what a slide can show.

The kernel runs in a temporary folder that is also its ``LSTM_COURSE_HOME``: nobody's progress
changes.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import unescape
from typing import Any

from lstm_helpers.notebook.folder import HOME_VARIABLE
from lstm_helpers.workshop.lessons_read import TaughtLesson

__all__ = ["Picture", "RunError", "Shown", "run_lesson", "shown_by"]

_FIGURE = re.compile(r"<figure\b.*?</figure>", re.DOTALL)
_IMAGE = re.compile(r"<img\b[^>]*>")
_SVG = re.compile(r"<svg\b.*?</svg>", re.DOTALL)
_CAPTION = re.compile(r"<figcaption\b[^>]*>(.*?)</figcaption>", re.DOTALL)
_TABLE = re.compile(r"<table\b.*?</table>", re.DOTALL)
_ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


SPEAKS_FOR_ITSELF = 12


class RunError(RuntimeError):
    """A cell of the lesson failed."""


@dataclass(frozen=True)
class Picture:
    """A figure of an output.

    Attributes
    ----------
    image : str
        An ``<img>`` or ``<svg>`` element.
    caption : str
        Markdown.
    """

    image: str
    caption: str


@dataclass(frozen=True)
class Shown:
    """What a cell put on the page.

    Attributes
    ----------
    pictures : tuple of Picture
        Figures with their captions.
    tables : tuple of str
        HTML tables.
    text : str
        What it printed.
    """

    pictures: tuple[Picture, ...] = ()
    tables: tuple[str, ...] = ()
    text: str = ""


def run_lesson(
    lesson: TaughtLesson, progress: Callable[[int, int], None] | None = None
) -> dict[str, Any]:
    """Run a lesson's notebook.

    A failing assertion in an instructor's cell does not stop it: these compare numbers with those
    of the author's machine, and slides show this machine's.

    Parameters
    ----------
    lesson : TaughtLesson
        The lesson.
    progress : callable, optional
        Called after each code cell with the position of the cell and their number.

    Returns
    -------
    dict
        The notebook with outputs.

    Raises
    ------
    RunError
        If a cell fails.
    """
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, DeadKernelError

    notebook = nbformat.reads(json.dumps(lesson.notebook), as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code" and "instructor" in cell.metadata.get("tags", ()):
            cell.metadata.tags = [*cell.metadata.tags, "raises-exception"]
    at = 0

    def started(cell: Any, cell_index: int, **_: Any) -> None:
        nonlocal at
        at = cell_index

    def done(cell: Any, cell_index: int, **_: Any) -> None:
        if progress is not None:
            progress(cell_index + 1, len(notebook.cells))

    with tempfile.TemporaryDirectory(prefix="lstm-slides-") as home:
        client = NotebookClient(
            notebook,
            kernel_name="python3",
            timeout=None,
            extra_arguments=["--IPKernelApp.log_level=40"],
            resources={"metadata": {"path": home}},
            on_cell_start=started,
            on_cell_executed=done,
        )
        try:
            client.execute(env={**os.environ, HOME_VARIABLE: home})
        except CellExecutionError as error:
            raise RunError(_failed(lesson, at, f"{error.ename}: {error.evalue}")) from None
        except DeadKernelError:
            raise RunError(_failed(lesson, at, "the kernel died")) from None
    return dict(notebook)


def _failed(lesson: TaughtLesson, position: int, reason: str) -> str:
    where = next(
        (
            f"section {section.number}, "
            for section in lesson.sections
            for piece in section.pieces
            if piece.cell == position
        ),
        "",
    )
    reason = " ".join(_ESCAPES.sub("", reason).split())[:200].rstrip(".")
    return (
        f"Lesson {lesson.number} stopped in cell {position + 1} ({where}{reason}): run the "
        "notebook in JupyterLab to see why, or use --no-run for slides without figures."
    )


def shown_by(cell: Mapping[str, Any]) -> Shown:
    """Take from a cell's outputs what a slide can show.

    Parameters
    ----------
    cell : mapping
        A code cell of a notebook that was run. Cards, quizzes and tables of progress are left out.

    Returns
    -------
    Shown
        Figures, tables, text.
    """
    pictures: list[Picture] = []
    tables: list[str] = []
    text: list[str] = []
    for output in cell.get("outputs", ()):
        if output["output_type"] == "stream":
            text += [_joined(output["text"])] if output["name"] == "stdout" else []
            continue
        data = output.get("data", {})
        html = _joined(data.get("text/html", ""))
        if "lstm-card" in html or "lstm-progress" in html or "lstm-quiz" in html:
            continue
        found = _FIGURE.findall(html)
        pictures += [picture for figure in found if (picture := _picture(figure))]
        if not found:
            tables += _TABLE.findall(html)
        if not html and "image/png" in data:
            source = "".join(_joined(data["image/png"]).split())
            pictures.append(Picture(f'<img src="data:image/png;base64,{source}" alt="">', ""))
        elif not html and output["output_type"] == "execute_result":
            value = _joined(data.get("text/plain", ""))
            # A bare number says nothing without the cell that it comes from.
            text += [value + "\n"] if len(value) >= SPEAKS_FOR_ITSELF else []
    return Shown(tuple(pictures), tuple(tables), _ESCAPES.sub("", "".join(text)).strip("\n"))


def _picture(figure: str) -> Picture | None:
    found = _IMAGE.search(figure) or _SVG.search(figure)
    if not found:
        return None
    caption = _CAPTION.search(figure)
    image = re.sub(r'\sstyle="[^"]*"', "", found.group()) if "<img" in found.group() else None
    return Picture(image or found.group(), _as_markdown(caption.group(1)) if caption else "")


def _as_markdown(html: str) -> str:
    """Undo `markup`: code back into backticks, the rest as it was written."""
    text = re.sub(r"<code\b[^>]*>(.*?)</code>", r"`\1`", html, flags=re.DOTALL)
    return unescape(re.sub(r"<[^>]+>", " ", text)).strip()


def _joined(text: str | list[str]) -> str:
    return text if isinstance(text, str) else "".join(text)
