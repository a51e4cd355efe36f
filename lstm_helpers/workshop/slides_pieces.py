"""A single piece of a lesson as HTML, with the room that it takes; and which of its sentences."""

from __future__ import annotations

from collections.abc import Sequence

from lstm_helpers.workshop.lessons_read import Piece
from lstm_helpers.workshop.slides_fit import (
    BODY,
    code_size,
    formula_height,
    lines_of,
    table_height,
    text_height,
)
from lstm_helpers.workshop.slides_parts import pre
from lstm_helpers.workshop.slides_run import Picture, Shown
from lstm_helpers.workshop.slides_text import formula, inline, markdown, sentences, words

__all__ = [
    "as_notes",
    "end_of",
    "is_brief",
    "lead_of",
    "paragraph",
    "piece_height",
    "set_picture",
    "set_piece",
    "set_printed",
    "set_whole",
]

LEAD = 260
CONTEXT = 330
CODE_LINE = 34
PRINTED = 420
BRIEF, BRIEF_SIZE = 8, 22


def set_piece(piece: Piece) -> str:
    """Set a piece of text as HTML.

    Parameters
    ----------
    piece : Piece
        Any but code.

    Returns
    -------
    str
        HTML.
    """
    if piece.kind == "math":
        lines = "".join(f"<div>{formula(line, block=True)}</div>" for line in lines_of(piece.text))
        return f'<div class="display">{lines}</div>'
    return markdown(piece.text)


def piece_height(piece: Piece) -> int:
    """Height of a piece of text.

    Parameters
    ----------
    piece : Piece
        Any but code.

    Returns
    -------
    int
        Pixels.
    """
    if piece.kind == "math":
        return formula_height(piece.text)
    if piece.kind == "table":
        return table_height(piece.text)
    if piece.kind == "fence":
        return CODE_LINE * len(piece.text.splitlines())
    if piece.kind == "list":
        return sum(text_height(line) for line in piece.text.splitlines())
    return text_height(piece.text)


def paragraph(text: str, kind: str = "") -> str:
    """Set a paragraph, without references.

    Parameters
    ----------
    text : str
        Markdown.
    kind : str, optional
        A CSS class.

    Returns
    -------
    str
        HTML; empty if the text is.
    """
    start = f'<p class="{kind}">' if kind else "<p>"
    return f"{start}{inline(text)}</p>" if text else ""


def set_picture(picture: Picture) -> str:
    """Set a figure with its caption.

    Parameters
    ----------
    picture : Picture
        The figure.

    Returns
    -------
    str
        HTML.
    """
    caption = f"<figcaption>{inline(picture.caption)}</figcaption>" if picture.caption else ""
    return f"<figure>{picture.image}{caption}</figure>"


def set_whole(piece: Piece, output: Shown) -> str:
    """Set all of a piece, as an author wants it: code with what it puts on the page.

    Parameters
    ----------
    piece : Piece
        Text or code.
    output : Shown
        What the code put on the page.

    Returns
    -------
    str
        HTML.
    """
    if piece.kind == "heading":
        return f"<h2>{inline(piece.text)}</h2>"
    if piece.kind != "code":
        return set_piece(piece)
    parts = [pre(piece.text, BODY // 2, python=True)]
    parts += [pre(output.text, BODY // 2)] if output.text else []
    parts += [set_picture(picture) for picture in output.pictures]
    return "".join([*parts, *output.tables])


def lead_of(text: str) -> str:
    """Take the sentence that leads from a paragraph to what stands below it.

    Parameters
    ----------
    text : str
        Markdown.

    Returns
    -------
    str
        Its last sentence; empty if that is long, or a remark in brackets.
    """
    parts = sentences(text) if text else []
    fits = bool(parts) and len(words(parts[-1])) <= LEAD and not parts[-1].startswith("(")
    return parts[-1] if fits else ""


def end_of(text: str) -> str:
    """Take as much of the end of a paragraph as there is room for above a question.

    Parameters
    ----------
    text : str
        Markdown.

    Returns
    -------
    str
        Whole sentences.
    """
    parts = sentences(text)
    while parts and len(words(" ".join(parts))) > CONTEXT:
        parts = parts[1:]
    return " ".join(parts)


def as_notes(printed: Sequence[str]) -> list[str]:
    """Write what cells printed as Markdown, for the notes.

    Parameters
    ----------
    printed : sequence of str
        What each cell printed.

    Returns
    -------
    list of str
        Fenced blocks.
    """
    return [f"```text\n{text}\n```" for text in printed]


def is_brief(printed: Sequence[str]) -> bool:
    """Say whether what was printed can be taken in beside the figure that follows.

    Parameters
    ----------
    printed : sequence of str
        What each cell printed.

    Returns
    -------
    bool
        True for a few lines in large letters.
    """
    text = "\n".join(printed)
    return len(text.splitlines()) <= BRIEF and code_size(text, PRINTED) >= BRIEF_SIZE


def set_printed(printed: Sequence[str]) -> tuple[str, list[str]]:
    """Set what cells printed after a prediction.

    Parameters
    ----------
    printed : sequence of str
        What each cell printed; at least one.

    Returns
    -------
    body : str
        HTML of all, or of the last, if it can be read; else empty.
    left : list of str
        The others, for the notes.
    """
    text, left = "\n".join(printed), []
    if len(printed) > 1 and not code_size(text, PRINTED):
        text, left = printed[-1], as_notes(printed[:-1])
    body = pre(text, PRINTED)
    return body, left if body else [*left, *as_notes([text])]
