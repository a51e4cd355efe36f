"""A slide, and the strips of slides that belong to one section."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from dataclasses import dataclass, field
from html import escape

from lstm_helpers.workshop.slides_fit import code_size
from lstm_helpers.workshop.slides_text import code_html, inline, markdown

__all__ = ["Slide", "Strip", "paragraphs", "pre", "spread"]

READABLE = 20  # letters of code of this size can be read from the last row
WIDEST, MOST_WRAPPED = 88, 2


@dataclass
class Slide:
    """One slide.

    Attributes
    ----------
    kind : str
        Its CSS class: ``"title"``, ``"section"``, ``"predict"``, ``"figure"``, and so on.
    kicker : str
        The small line above, as HTML.
    heading : str
        The heading, as HTML; may be empty.
    body : str
        HTML.
    foot : str
        HTML.
    notes : list of str
        For the speaker, as HTML.
    seconds : int
        How long it should be shown.
    room : int
        Height that the body is estimated to take.
    """

    kind: str
    kicker: str = ""
    heading: str = ""
    body: str = ""
    foot: str = ""
    notes: list[str] = field(default_factory=list)
    seconds: int = 0
    room: int = 0


@dataclass
class Strip:
    """Slides of one section, one below the other.

    Attributes
    ----------
    slides : list of Slide
        In order.
    seconds : int
        For all of them together.
    """

    slides: list[Slide]
    seconds: int = 0


def paragraphs(texts: Iterable[str]) -> list[str]:
    """Set paragraphs for the speaker.

    Parameters
    ----------
    texts : iterable of str
        Markdown; empty ones are left out.

    Returns
    -------
    list of str
        HTML.
    """
    return [markdown(text) for text in texts if text.strip()]


def pre(source: str, room: int, *, python: bool = False) -> str:
    """Set code or printed text so that it fits.

    A line or two of printed text that alone would make all of it too small are wrapped.

    Parameters
    ----------
    source : str
        The text.
    room : int
        Height in pixels.
    python : bool, optional
        Whether to colour it as Python.

    Returns
    -------
    str
        HTML; empty if it would be too small to read.
    """
    size = code_size(source, room)
    if 0 < size < READABLE and not python:
        wrapped = _wrapped(source)
        if code_size(wrapped, room) >= READABLE:
            source, size = wrapped, code_size(wrapped, room)
    inside = code_html(source) if python else escape(source)
    return f'<pre class="c{size}"><code>{inside}</code></pre>' if size else ""


def _wrapped(text: str) -> str:
    lines = text.splitlines()
    if sum(len(line) > WIDEST for line in lines) > MOST_WRAPPED:
        return text  # a wide table, which would fall apart
    return "\n".join(
        textwrap.fill(line, WIDEST, subsequent_indent=4 * " ") if len(line) > WIDEST else line
        for line in lines
    )


def spread(slides: list[Slide], seconds: int) -> None:
    """Share time out to those slides that have none of their own.

    Parameters
    ----------
    slides : list of Slide
        They are changed.
    seconds : int
        Exactly so much is shared out.
    """
    for number, slide in enumerate(slides):
        slide.seconds = seconds // len(slides) + (number < seconds % len(slides))


def kicker(text: str) -> str:
    """Set the small line above a slide's heading.

    Parameters
    ----------
    text : str
        Markdown.

    Returns
    -------
    str
        HTML.
    """
    return inline(text)
