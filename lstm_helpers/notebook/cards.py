"""Cards: a heading with a shape and a word, paragraphs, and the same in plain text.

The colours are JupyterLab's own variables, so that a card follows the theme; elsewhere it takes
the colours of the page. All text is escaped. A card holds no mathematics: MathJax leaves it alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from lstm_helpers.notebook.display import display_html

TEXT_COLOUR = "var(--jp-ui-font-color1, inherit)"
LINE_COLOUR = "var(--jp-border-color1, rgba(128, 128, 128, 0.6))"
FONT = "font-family: var(--jp-content-font-family, sans-serif); font-size: 14px; line-height: 1.5"

_CODE_STYLE = (
    "font-family: var(--jp-code-font-family, monospace); font-size: 0.93em;"
    f" color: {TEXT_COLOUR}; background: var(--jp-layout-color2, rgba(128, 128, 128, 0.2));"
    " padding: 0 3px; border-radius: 2px; white-space: pre-wrap"
)
_EDGE = {
    "✓": "var(--jp-success-color1, #388e3c)",
    "✗": "var(--jp-error-color1, #d32f2f)",
}
_OTHER_EDGE = "var(--jp-info-color1, #0277bd)"


def markup(text: str) -> str:
    """Turn one paragraph of plain text into HTML.

    Parameters
    ----------
    text : str
        May hold `code` in backticks. Everything else is shown as it stands.

    Returns
    -------
    str
        Escaped HTML.

    Examples
    --------
    >>> markup("a < b")
    'a &lt; b'
    """
    pieces = re.split(r"`([^`]+)`", text)
    return "".join(
        f'<code style="{_CODE_STYLE}">{escape(piece)}</code>'
        if number % 2
        else escape(piece).replace("\n", "<br>")
        for number, piece in enumerate(pieces)
    )


def card_html(shape: str, word: str, subject: str, paragraphs: Sequence[str]) -> str:
    """Write a card as HTML.

    Parameters
    ----------
    shape : str
        One character that says the same as the word, such as ``"✓"``.
    word : str
        The word, such as ``"Passed"``.
    subject : str
        What the card is about: an exercise's name.
    paragraphs : sequence of str
        Plain text with `code` in backticks; a blank line starts a new paragraph.

    Returns
    -------
    str
        HTML with inline styles.
    """
    edge = _EDGE.get(shape, _OTHER_EDGE)
    body = "".join(
        f'<p style="margin: 6px 0 0 0; color: {TEXT_COLOUR}">{markup(paragraph)}</p>'
        for paragraph in _split(paragraphs)
    )
    return (
        f'<div class="lstm-card mathjax_ignore" role="status" aria-label="{_label(word, subject)}"'
        f' style="{FONT}; max-width: 46em; margin: 4px 0; padding: 8px 14px; color: {TEXT_COLOUR};'
        " background: var(--jp-layout-color1, transparent);"
        f' border: 1px solid {LINE_COLOUR}; border-left: 6px solid {edge}; border-radius: 4px">'
        f'<div><span aria-hidden="true" style="font-weight: bold; color: {edge}">'
        f"{escape(shape)}</span> <strong>{escape(word)}</strong>"
        f"{_html_subject(subject)}</div>{body}</div>"
    )


def card_text(shape: str, word: str, subject: str, paragraphs: Sequence[str]) -> str:
    """Write the same card as plain text.

    Parameters
    ----------
    shape, word, subject : str
        As for `card_html`.
    paragraphs : sequence of str
        As for `card_html`.

    Returns
    -------
    str
        Paragraphs with a blank line between them.

    Examples
    --------
    >>> print(card_text("✓", "Passed", "sigmoid", ["Right."]))
    ✓ Passed: sigmoid
    <BLANKLINE>
    Right.
    """
    heading = f"{shape} {word}: {subject}" if subject else f"{shape} {word}"
    return "\n\n".join([heading, *_split(paragraphs)])


def show_card(shape: str, word: str, subject: str, paragraphs: Sequence[str]) -> None:
    """Display a card.

    Parameters
    ----------
    shape, word, subject : str
        As for `card_html`.
    paragraphs : sequence of str
        As for `card_html`.
    """
    display_html(
        card_html(shape, word, subject, paragraphs), card_text(shape, word, subject, paragraphs)
    )


def _split(paragraphs: Sequence[str]) -> list[str]:
    whole = "\n\n".join(paragraph for paragraph in paragraphs if paragraph)
    return [part.strip("\n") for part in re.split(r"\n\s*\n", whole) if part.strip()]


def _html_subject(subject: str) -> str:
    return f": {markup(f'`{subject}`')}" if subject else ""


def _label(word: str, subject: str) -> str:
    return escape(f"{subject}: {word}" if subject else word)
