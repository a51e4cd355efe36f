"""How much room something takes on a slide of 1280 by 720, so that too much never gets onto one.

The figures are for the wide letters of DejaVu Sans and on the safe side; the page itself shrinks
what is still too tall because a machine has other fonts, by a tenth at most.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from lstm_helpers.workshop.slides_text import sentences, words

__all__ = [
    "BODY",
    "TEXT",
    "code_size",
    "fill",
    "formula_height",
    "lines_of",
    "list_items",
    "opening_sentences",
    "table_height",
    "text_height",
]

BODY = 500
"""Height of what stands between heading and foot, in pixels."""

TEXT = 400
"""So many letters of prose at most; what is longer goes to the notes."""

LINE, LETTERS, GAP = 42, 64, 16
SIZES = (30, 27, 24, 22, 20, 18)


def text_height(text: str) -> int:
    """Height of a paragraph.

    Parameters
    ----------
    text : str
        Markdown.

    Returns
    -------
    int
        Pixels.
    """
    return -(-len(words(text)) // LETTERS) * LINE + GAP


def formula_height(tex: str) -> int:
    r"""Height of a formula that stands by itself.

    Parameters
    ----------
    tex : str
        LaTeX.

    Returns
    -------
    int
        Pixels.
    """
    height = GAP
    for line in lines_of(tex):
        rows = 1 + line.count(r"\\")
        tall = any(name in line for name in (r"\frac", r"\sum", r"\underbrace", r"\prod"))
        height += rows * (112 if tall else 66)
    return height


def lines_of(tex: str, letters: int = 58) -> list[str]:
    r"""Split a formula that is too wide where it has wide spaces.

    Parameters
    ----------
    tex : str
        LaTeX.
    letters : int, optional
        So many fit into a line.

    Returns
    -------
    list of str
        One or more formulas.

    Examples
    --------
    >>> lines_of(r"a = b, \quad c = d", letters=8)
    ['a = b,', 'c = d']
    """
    if len(words(tex)) <= letters or r"\begin{aligned}" in tex or r"\left" in tex:
        return [tex]
    lines: list[str] = []
    for part in re.split(r"\\q?quad(?![a-z])", tex):
        part = part.strip()
        open_before = bool(lines) and lines[-1].count("{") != lines[-1].count("}")
        short = bool(lines) and len(words(f"{lines[-1]} {part}")) <= letters
        if open_before or short:
            lines[-1] = rf"{lines[-1]} \quad {part}"
        else:
            lines.append(part)
    return lines


def table_height(table: str, letters: int = 88) -> int:
    """Height of a table.

    Parameters
    ----------
    table : str
        Markdown.
    letters : int, optional
        How many fit into a line of it, all columns together.

    Returns
    -------
    int
        Pixels.
    """
    rows = [
        [_wide(cell) for cell in re.split(r"(?<!\\)\|", row.strip().strip("|"))]
        for row in table.splitlines()
        if not re.fullmatch(r"[|\s:-]+", row)
    ]
    widest = [max(row[k] for row in rows if k < len(row)) for k in range(max(map(len, rows)))]
    lines = sum(_row_lines(row, widest, letters) for row in rows)
    return lines * 36 + len(rows) * 13 + GAP


def _row_lines(row: list[int], widest: list[int], letters: int) -> int:
    """Lines of a row: browsers wrap the widest column first, and all if there is little room."""
    if sum(widest) > 1.2 * letters:
        share = letters / sum(widest)
        return max(
            max(1, math.ceil(cell / max(1, width * share)))
            for cell, width in zip(row, widest, strict=False)
        )
    wrapping = widest.index(max(widest))
    room = letters - sum(widest) + widest[wrapping]
    return max(1, math.ceil(row[wrapping] / max(1, room))) if wrapping < len(row) else 1


def _wide(cell: str) -> int:
    """Letters of a cell; those of code are wider, and there is room between columns."""
    code = sum(len(part) for part in cell.split("`")[1::2])
    return len(words(cell)) + code // 6 + 2


def code_size(source: str, height: int, width: int = 1090) -> int:
    """Size of letters with which a piece of code or printed text fits.

    Parameters
    ----------
    source : str
        The text.
    height, width : int
        The room, in pixels.

    Returns
    -------
    int
        30 to 18, or 0 if even the smallest is too large.
    """
    lines = source.splitlines() or [""]
    longest = max(len(line) for line in lines)
    for size in SIZES:
        if longest * size * 0.61 <= width and len(lines) * size * 1.35 <= height:
            return size
    return 0


def opening_sentences(text: str, letters: int) -> tuple[str, str]:
    """Split a paragraph: as many whole sentences as are allowed, and the rest.

    Parameters
    ----------
    text : str
        Markdown.
    letters : int
        So many at most.

    Returns
    -------
    first, rest : str
        Either may be empty.
    """
    parts = sentences(text)
    taken = 0
    while taken < len(parts) and len(words(" ".join(parts[: taken + 1]))) <= letters:
        taken += 1
    return " ".join(parts[:taken]), " ".join(parts[taken:])


def list_items(text: str) -> list[str]:
    """Take a list apart.

    Parameters
    ----------
    text : str
        Markdown.

    Returns
    -------
    list of str
        Its items, with their markers.
    """
    items: list[list[str]] = []
    for line in text.splitlines():
        if re.match(r"(?:[-*+]|\d+\.) ", line) or not items:
            items.append([])
        items[-1].append(line)
    return ["\n".join(item).strip("\n") for item in items]


def fill(items: Sequence[str], room: int = BODY) -> list[list[str]]:
    """Share items out to slides.

    Parameters
    ----------
    items : sequence of str
        Markdown.
    room : int, optional
        Height of a slide.

    Returns
    -------
    list of list of str
        What goes onto each slide; about equally much.
    """
    heights = [text_height(item) for item in items]
    slides = max(1, -(-sum(heights) // room))
    even = sum(heights) / slides
    shared: list[list[str]] = []
    used = 0
    for item, height in zip(items, heights, strict=True):
        if not shared or used + height > room or used >= even:
            shared.append([])
            used = 0
        shared[-1].append(item)
        used += height
    return shared
