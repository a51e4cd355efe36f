"""Take the Markdown of a cell apart into blocks: headings, paragraphs, formulas, tables, lists.

Only what lessons use: a paragraph ends at a blank line or where another kind of block begins.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Block", "blocks_of"]

_HEADING = re.compile(r"(#{1,6}) +(.*?) *#*")
_ITEM = re.compile(r"(?:[-*+]|\d+\.) +")


@dataclass(frozen=True)
class Block:
    """A block of Markdown.

    Attributes
    ----------
    kind : str
        ``"heading"``, ``"text"``, ``"math"``, ``"table"``, ``"list"``, ``"quote"`` or ``"fence"``.
    text : str
        Its Markdown; without the markers of headings, quotes and formulas.
    level : int
        Of a heading, else 0.
    """

    kind: str
    text: str
    level: int = 0


def blocks_of(source: str) -> list[Block]:
    r"""Take Markdown apart.

    Parameters
    ----------
    source : str
        The text of a cell.

    Returns
    -------
    list of Block
        In order.

    Examples
    --------
    >>> [block.kind for block in blocks_of("# A\n\nb\n$$c$$\n\n- d\n\n  e\n\n> f")]
    ['heading', 'text', 'math', 'list', 'quote']
    """
    blocks: list[Block] = []
    lines = source.splitlines()
    at = 0
    while at < len(lines):
        if not lines[at].strip():
            at += 1
            continue
        kind = _kind(lines[at])
        end = _end(lines, at, kind)
        blocks.append(_block(kind, lines[at:end]))
        at = end
    return list(_joined(blocks))


def _kind(line: str) -> str:
    if line.startswith("```"):
        return "fence"
    if line.startswith("$$"):
        return "math"
    if _HEADING.fullmatch(line):
        return "heading"
    if line.startswith("|"):
        return "table"
    if line.startswith(">"):
        return "quote"
    if _ITEM.match(line):
        return "list"
    return "indented" if line.startswith("  ") else "text"


def _end(lines: list[str], at: int, kind: str) -> int:
    """The line behind the block that begins at this one."""
    if kind == "heading":
        return at + 1
    if kind == "math" and lines[at].rstrip().endswith("$$") and len(lines[at].strip()) > 2:
        return at + 1
    for end in range(at + 1, len(lines)):
        line = lines[end]
        if kind in ("fence", "math"):
            closed = line.startswith("```") if kind == "fence" else line.rstrip().endswith("$$")
            if closed:
                return end + 1
            continue
        begins = _kind(line)
        if not line.strip() or begins in ("fence", "math", "heading"):
            return end
        if kind in ("table", "quote") and begins != kind:
            return end
        if kind == "text" and begins in ("table", "quote", "list") and begins != "list":
            return end
        if kind == "text" and begins == "list" and line.startswith("- "):
            return end
    return len(lines)


def _block(kind: str, lines: list[str]) -> Block:
    text = "\n".join(lines)
    if kind == "heading":
        found = _HEADING.fullmatch(lines[0])
        assert found is not None
        return Block(kind, found.group(2), len(found.group(1)))
    if kind == "math":
        return Block(kind, text.strip().removeprefix("$$").removesuffix("$$").strip())
    if kind == "quote":
        return Block(kind, "\n".join(line.removeprefix(">").removeprefix(" ") for line in lines))
    return Block(kind, text)


def _joined(blocks: list[Block]) -> Iterator[Block]:
    """Put an indented paragraph, or a second item, back to the list above it."""
    held: Block | None = None
    for block in blocks:
        if held is not None and held.kind == "list" and block.kind in ("indented", "list"):
            held = Block("list", f"{held.text}\n\n{block.text}")
            continue
        if held is not None:
            yield held
        held = Block("text", block.text.strip()) if block.kind == "indented" else block
    if held is not None:
        yield held
