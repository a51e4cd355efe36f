"""`progress`: a table of lessons and exercises, and how far you are."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import groupby

from lstm_helpers.notebook.cards import FONT, LINE_COLOUR, TEXT_COLOUR, markup, show_card
from lstm_helpers.notebook.checking import HEADINGS
from lstm_helpers.notebook.database import StoreError
from lstm_helpers.notebook.display import display_html, is_grading
from lstm_helpers.notebook.folder import working_folder
from lstm_helpers.notebook.store import PASSED, SKIPPED, ProgressRow, Store

_HEADS = ("Exercise", "Status", "Attempts", "Hints", "Minutes", "Points")
_CELL = f"padding: 3px 10px; color: {TEXT_COLOUR}; border-bottom: 1px solid {LINE_COLOUR}"


def progress() -> None:
    """Show which exercises you have passed, with attempts, hints, minutes and points.

    Examples
    --------
    In a lesson::

        progress()
    """
    if is_grading():
        return
    try:
        store = Store(working_folder())
        rows = store.table()
    except (StoreError, OSError) as error:
        show_card("■", "Not available", "progress", [str(error)])
        return
    titles = _lesson_titles()
    display_html(
        table_html(rows, titles, store.notice or ""), table_text(rows, titles, store.notice or "")
    )


def table_html(rows: Sequence[ProgressRow], titles: dict[str, str], note: str = "") -> str:
    """Write the table as HTML.

    Parameters
    ----------
    rows : sequence of ProgressRow
        In lesson order.
    titles : dict of str to str
        Number of a lesson to its title.
    note : str, optional
        A sentence to show under the table.

    Returns
    -------
    str
        HTML with inline styles.
    """
    heads = "".join(
        f'<th scope="col" style="{_CELL}; text-align: {_align(number)}">{head}</th>'
        for number, head in enumerate(_HEADS)
    )
    body = []
    for lesson, group in groupby(rows, key=lambda row: row.lesson):
        body.append(
            f'<tr><th scope="rowgroup" colspan="{len(_HEADS)}" style="{_CELL}; padding-top: 10px;'
            f' text-align: left">{escape(_lesson_name(lesson, titles))}</th></tr>'
        )
        body += [_html_row(row) for row in group]
    foot = "".join(
        f'<td style="{_CELL}; text-align: {_align(number)}"><strong>{escape(cell)}</strong></td>'
        for number, cell in enumerate(_totals(rows))
    )
    paragraph = f'<p style="color: {TEXT_COLOUR}">{markup(note)}</p>' if note else ""
    return (
        f'<div class="lstm-progress mathjax_ignore" style="{FONT}; color: {TEXT_COLOUR};'
        ' overflow-x: auto">'
        f'<table aria-label="Progress: {escape(summary(rows))}" style="border-collapse: collapse;'
        f' margin: 4px 0; background: var(--jp-layout-color1, transparent)">'
        f'<caption style="caption-side: top; text-align: left; color: {TEXT_COLOUR};'
        f' padding: 4px 10px">{escape(summary(rows))}</caption>'
        f"<thead><tr>{heads}</tr></thead><tbody>{''.join(body)}</tbody>"
        f"<tfoot><tr>{foot}</tr></tfoot></table>{paragraph}</div>"
    )


def table_text(rows: Sequence[ProgressRow], titles: dict[str, str], note: str = "") -> str:
    """Write the table as plain text.

    Parameters
    ----------
    rows : sequence of ProgressRow
        In lesson order.
    titles : dict of str to str
        Number of a lesson to its title.
    note : str, optional
        A sentence to show under the table.

    Returns
    -------
    str
        Lines of equal columns.
    """
    cells = [_HEADS, *(_cells(row) for row in rows), _totals(rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(_HEADS))]

    def line(row: Sequence[str]) -> str:
        return "  ".join(
            cell.ljust(width) if _align(number) == "left" else cell.rjust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()

    lines = [summary(rows), "", line(_HEADS)]
    for lesson, group in groupby(rows, key=lambda row: row.lesson):
        lines += ["", _lesson_name(lesson, titles), *(line(_cells(row)) for row in group)]
    lines += ["", line(_totals(rows))]
    return "\n".join([*lines, "", note] if note else lines)


def summary(rows: Sequence[ProgressRow]) -> str:
    """Say in one line how far the learner is.

    Parameters
    ----------
    rows : sequence of ProgressRow
        The exercises.

    Returns
    -------
    str
        Such as ``"3 of 8 exercises passed, 7 of 20 points"``, and how many were skipped.
    """
    passed = [row for row in rows if row.status == PASSED]
    points = f"{sum(row.points for row in passed)} of {sum(row.points for row in rows)} points"
    skipped = sum(row.status == SKIPPED for row in rows)
    end = f", {skipped} skipped" if skipped else ""
    return f"{len(passed)} of {len(rows)} exercises passed, {points}{end}"


def _lesson_titles() -> dict[str, str]:
    from lstm_helpers.exercises import LESSONS

    return {number: lesson.title for number, lesson in LESSONS.items()}


def _lesson_name(lesson: str, titles: dict[str, str]) -> str:
    title = titles.get(lesson)
    return f"Lesson {lesson}: {title}" if title else f"Lesson {lesson}"


def _cells(row: ProgressRow) -> tuple[str, ...]:
    earned = row.points if row.status == PASSED else 0
    hints = f"{row.hints} of 3" + (" + solution" if row.solution_seen else "")
    return (
        row.exercise,
        " ".join(HEADINGS[row.status]),
        str(row.attempts),
        hints,
        str(row.minutes),
        f"{earned} of {row.points}",
    )


def _totals(rows: Sequence[ProgressRow]) -> tuple[str, ...]:
    passed = [row for row in rows if row.status == PASSED]
    return (
        "Total",
        f"{len(passed)} of {len(rows)} passed",
        str(sum(row.attempts for row in rows)),
        str(sum(row.hints for row in rows)),
        str(sum(row.minutes for row in rows)),
        f"{sum(row.points for row in passed)} of {sum(row.points for row in rows)}",
    )


def _html_row(row: ProgressRow) -> str:
    name, *others = _cells(row)
    first = (
        f'<th scope="row" style="{_CELL}; text-align: left; font-weight: normal"'
        f' title="{escape(row.title)}">{markup(f"`{name}`")}</th>'
    )
    return (
        f"<tr>{first}"
        + "".join(
            f'<td style="{_CELL}; text-align: {_align(number)}">{escape(cell)}</td>'
            for number, cell in enumerate(others, 1)
        )
        + "</tr>"
    )


def _align(column: int) -> str:
    return "left" if column < 2 else "right"
