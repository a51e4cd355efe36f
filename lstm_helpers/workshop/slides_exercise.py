"""The slides of an exercise: what to write, what goes in and out, and an example by hand."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Sequence

from lstm_helpers.exercises import EXERCISES
from lstm_helpers.workshop.lessons_read import Asked, Piece
from lstm_helpers.workshop.slides_fit import BODY, opening_sentences, table_height, text_height
from lstm_helpers.workshop.slides_parts import Slide, paragraphs, pre
from lstm_helpers.workshop.slides_pieces import paragraph, piece_height, set_piece
from lstm_helpers.workshop.slides_text import markdown

__all__ = ["exercise_slides", "signature"]

SHORT = 220
WIDTH = 80  # letters of a line of code that can be read from the last row
FOOT = 72  # two lines


def exercise_slides(
    asked: Asked, pieces: Sequence[Piece], source: str, kicker: str, hints: Sequence[str]
) -> list[Slide]:
    """Make the slides of an exercise.

    The one with the table of what goes in and out stays on the wall while learners work: the
    first, if it has room for it. The example by hand gets one of its own if it fits, else it goes
    to the notes.

    Parameters
    ----------
    asked : Asked
        Name and minutes.
    pieces : sequence of Piece
        What the lesson says below its heading.
    source : str
        The solution's cell; only the signature is shown.
    kicker : str
        The small line above, as HTML.
    hints : sequence of str
        Where people stumble, as Markdown.

    Returns
    -------
    list of Slide
        One of them has the exercise's minutes.
    """
    exercise = EXERCISES.get(asked.name)
    by_hand = next(
        (n for n, piece in enumerate(pieces) if piece.text.startswith("**By hand")), len(pieces)
    )
    task, example = pieces[:by_hand], pieces[by_hand:]
    tables = [piece for piece in task if piece.kind == "table"]
    said = [piece for piece in task if piece.kind != "table"]
    head = signature(source)
    first = Slide("exercise", kicker=kicker)
    first.heading = (
        f'Exercise: <code>{asked.name}</code> <span class="minutes">{asked.minutes} min</span>'
    )
    first.body = pre(head, 150, python=True) if head else ""
    first.room = 40 * len(head.splitlines()) + 40
    if exercise and '"""' not in head:
        first.body = paragraph(exercise.title) + first.body
        first.room += text_height(exercise.title)
    first.foot = _foot(asked.name)
    first.notes = paragraphs(hints) + _notes(said)
    first.seconds = 60 * asked.minutes
    slides = [first]
    room = sum(table_height(table.text) for table in tables)
    inside = "".join(markdown(table.text) for table in tables)
    lead = _short(said[0]) if said else ""
    lead_room = text_height(said[0].text[:SHORT]) if lead else 0
    if tables and first.room + room <= BODY - FOOT:
        first.body += inside
        if first.room + room + lead_room <= BODY - FOOT:
            first.body = lead + first.body
    elif tables:
        for part in _parts([table.text for table in tables]):
            height = table_height(part)
            slides.append(
                Slide("shapes", kicker, first.heading, markdown(part), first.foot, room=height)
            )
        first.body = lead + first.body
        first.seconds, slides[1].seconds = 0, first.seconds  # this one stays on the wall
    if example:
        height = sum(piece_height(piece) for piece in example)
        notes = _notes(example)
        if height <= BODY - FOOT:
            body = "".join(set_piece(piece) for piece in example)
            slides.append(Slide("hand", kicker, first.heading, body, first.foot, room=height))
        else:
            first.notes += notes
    return slides


def signature(source: str) -> str:
    """Write the first lines of a solution: the head and its docstring, not what it does.

    Parameters
    ----------
    source : str
        Python source of the cell.

    Returns
    -------
    str
        Python source; empty if nothing is defined there.

    Examples
    --------
    >>> print(signature('def f(x):' + chr(10) + '    return x'))
    def f(x):
    """
    lines = source.splitlines()
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            head = lines[node.lineno - 1 : node.body[0].lineno - 1]
            said = ast.get_docstring(node)
            if said:
                head.append(f'    """{said.splitlines()[0]}"""')
            init = next((n for n in node.body if isinstance(n, ast.FunctionDef)), None)
            if isinstance(node, ast.ClassDef) and init is not None:
                head += lines[init.lineno - 1 : init.body[0].lineno - 1]
            return "\n".join(_wrapped(line) for line in head if line.strip())
    return ""


def _wrapped(line: str) -> str:
    """Break a line of a head that is too long: a docstring at a word, arguments at a comma."""
    if len(line) <= WIDTH:
        return line
    indent = line[: len(line) - len(line.lstrip())]
    further = indent if line.lstrip().startswith('"""') else indent + 8 * " "
    lines = textwrap.wrap(
        line.strip(),
        WIDTH,
        initial_indent=indent,
        subsequent_indent=further,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join(lines)


def _parts(tables: Sequence[str]) -> list[str]:
    """Tables, each short enough for a slide; a part has the head of the whole."""
    parts = []
    for table in tables:
        head, rows = table.splitlines()[:2], table.splitlines()[2:]
        while len(rows) > 1 and table_height("\n".join([*head, *rows])) > BODY - FOOT:
            fitting = len(rows) - 1
            while fitting > 1 and table_height("\n".join([*head, *rows[:fitting]])) > BODY - FOOT:
                fitting -= 1
            parts.append("\n".join([*head, *rows[:fitting]]))
            rows = rows[fitting:]
        parts.append("\n".join([*head, *rows]))
    return parts


def _short(piece: Piece) -> str:
    first, _ = opening_sentences(piece.text, SHORT) if piece.kind == "text" else ("", "")
    return paragraph(first)


def _notes(pieces: Sequence[Piece]) -> list[str]:
    return [set_piece(piece) for piece in pieces]


def _foot(name: str) -> str:
    skipping = f'from lstm_helpers.notebook import skip; skip("{name}")'
    calls = (f'hint("{name}")', "raise_hand()", skipping)
    words = ("stuck:", "ask:", "go on:")
    parts = (f"{w} <code>{c}</code>" for w, c in zip(words, calls, strict=True))
    return "".join(f"<span>{part}</span>" for part in ("check: run the cell below", *parts))
