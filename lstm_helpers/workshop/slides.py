"""Slides of a lesson as one HTML file that needs nothing else: no network, no server.

reveal.js and its speaker view are written into it; see ``static/reveal/README.md``. Formulas are
MathML, figures are part of the file. The page's content security policy lets no request out and
runs no script but its own, which it knows by their hashes.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Sequence
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader
from markupsafe import Markup

from lstm_helpers.workshop.lessons_read import TaughtLesson
from lstm_helpers.workshop.slides_lesson import lesson_strips
from lstm_helpers.workshop.slides_parts import Slide, Strip
from lstm_helpers.workshop.slides_run import Shown, run_lesson, shown_by

__all__ = ["lesson_page", "slides_name", "slides_page"]

_WRAPPED = '<pre style="white-space: pre-wrap; overflow-wrap: anywhere">'


def slides_name(number: str, *, notes: bool = True) -> str:
    """Name the file of a lesson's slides.

    Parameters
    ----------
    number : str
        The lesson's, of two digits.
    notes : bool, optional
        Whether they have notes.

    Returns
    -------
    str
        Another name without notes, so that one never takes the place of the other.
    """
    return f"{number}_slides.html" if notes else f"{number}_slides_no_notes.html"


def lesson_page(
    lesson: TaughtLesson,
    *,
    run: bool = True,
    notes: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> str:
    """Make the slides of a lesson.

    Parameters
    ----------
    lesson : TaughtLesson
        The lesson.
    run : bool, optional
        Whether to run its notebook; otherwise there are no figures and nothing printed.
    notes : bool, optional
        Whether the speaker's notes, which hold what is for instructors, are on the page.
    progress : callable, optional
        Called after each cell with the position of the cell and their number.

    Returns
    -------
    str
        The page.

    Raises
    ------
    RunError
        If a cell fails.
    """
    shown: dict[int, Shown] = {}
    if run:
        cells = run_lesson(lesson, progress)["cells"]
        shown = {
            number: shown_by(cell)
            for number, cell in enumerate(cells)
            if cell["cell_type"] == "code"
        }
    strips = lesson_strips(lesson, shown, was_run=run)
    if not notes:
        for slide in (slide for strip in strips for slide in strip.slides):
            slide.notes = []
    return slides_page(lesson, strips)


def slides_page(lesson: TaughtLesson, strips: Sequence[Strip]) -> str:
    """Write slides as a page.

    Parameters
    ----------
    lesson : TaughtLesson
        The lesson.
    strips : sequence of Strip
        Its slides.

    Returns
    -------
    str
        HTML.
    """
    static = files("lstm_helpers.workshop").joinpath("static")
    reveal = static.joinpath("reveal")
    notes = reveal.joinpath("notes.js").read_text(encoding="utf-8")
    scripts = [
        reveal.joinpath("reveal.js").read_text(encoding="utf-8"),
        notes,
        static.joinpath("slides.js").read_text(encoding="utf-8"),
    ]
    styles = [
        reveal.joinpath("reveal.css").read_text(encoding="utf-8"),
        static.joinpath("slides.css").read_text(encoding="utf-8"),
    ]
    hashes = [_hash(text) for text in (*map(_inside, scripts), speaker_script(notes))]
    environment = Environment(loader=PackageLoader("lstm_helpers.workshop"), autoescape=True)
    return environment.get_template("slides.html").render(
        lesson=lesson,
        strips=[[_marked(slide) for slide in strip.slides] for strip in strips],
        scripts=[Markup(_inside(text)) for text in scripts],
        styles=[Markup(text) for text in styles],
        hashes=Markup(" ".join(f"'sha256-{digest}'" for digest in hashes)),
    )


def speaker_script(notes: str) -> str:
    """Find the script that the speaker view will run, as the browser will see it.

    Parameters
    ----------
    notes : str
        Source of reveal's plugin: it holds the view's page as a JavaScript template.

    Returns
    -------
    str
        The script.

    Raises
    ------
    ValueError
        If the plugin is built otherwise than that of the version that is vendored.
    """
    found = re.search(r"<script>(.*?)<\\/script>", notes, re.DOTALL)
    if found is None or "${" in found.group(1):
        raise ValueError(
            "notes.js holds no speaker view of the kind that was expected; see "
            "lstm_helpers/workshop/static/reveal/README.md."
        )
    return re.sub(r"\\(.)", r"\1", found.group(1), flags=re.DOTALL)


def _inside(script: str) -> str:
    """Make a script safe to stand within a page: none of its strings may end the element."""
    return "\n" + script.replace("</script", "<\\/script").strip() + "\n"


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")


def _marked(slide: Slide) -> dict[str, Any]:
    parts = ("kicker", "heading", "body", "foot")
    return {
        "kind": slide.kind,
        "seconds": slide.seconds,
        # The speaker view is narrow, and cuts off what does not wrap.
        "notes": [Markup(note.replace("<pre>", _WRAPPED)) for note in slide.notes],
        **{part: Markup(getattr(slide, part)) for part in parts},
    }
