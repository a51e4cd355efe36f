"""``lstm-course agenda``: a workshop, minute by minute."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lstm_helpers.commands.deliver import refuse_to_overwrite, write_atomically
from lstm_helpers.commands.errors import WrongUseError

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["clock_time", "lessons_named", "run"]

WIDTH = 100


def run(
    hours: float,
    *,
    start: str,
    lessons: Sequence[str],
    out: Path | None,
    force: bool = False,
) -> int:
    """Print an agenda, and write it as a page.

    Parameters
    ----------
    hours : float
        Time in the room, lunch not counted.
    start : str
        When each day begins, such as ``"09:00"``.
    lessons : sequence of str
        Numbers or ranges, such as ``"03"`` or ``"00-04"``; empty: chosen to fit.
    out : Path or None
        HTML file to write.
    force : bool, optional
        Whether it may replace a file that this command did not write.

    Returns
    -------
    int
        0.

    Raises
    ------
    WrongUseError
        If hours, time or lessons make no sense, the lessons do not fit, or the file cannot be
        written.
    """
    from rich.console import Console

    from lstm_helpers.workshop.agenda import AgendaError, plan
    from lstm_helpers.workshop.agenda_page import agenda_page, told
    from lstm_helpers.workshop.lessons_read import UnknownLessonError

    if out is not None:
        refuse_to_overwrite(out, "agenda", force=force)
    try:
        agenda = plan(hours, clock_time(start), tuple(lessons_named(lessons)))
    except (AgendaError, UnknownLessonError) as error:
        raise WrongUseError(str(error)) from None
    console = Console()
    _print(Console(width=min(WIDTH, console.width)), told(agenda))
    if out is not None:
        write_atomically(out, agenda_page(agenda).encode())
        print(f"Written to {out}.")
    return 0


def clock_time(text: str) -> int:
    """Read a time of day.

    Parameters
    ----------
    text : str
        Such as ``"09:00"`` or ``"9:30"``.

    Returns
    -------
    int
        Minutes after midnight.

    Raises
    ------
    WrongUseError
        If it is none.

    Examples
    --------
    >>> clock_time("9:30")
    570
    """
    found = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", text.strip())
    if not found:
        raise WrongUseError(f"--start must be a time of day such as 09:00; got {text!r}.")
    return 60 * int(found.group(1)) + int(found.group(2))


def lessons_named(words: Sequence[str]) -> Iterator[str]:
    """Write ranges of lessons out.

    Parameters
    ----------
    words : sequence of str
        Numbers or ranges; several in one word may be separated by commas or spaces.

    Yields
    ------
    str
        Numbers of two digits.

    Raises
    ------
    WrongUseError
        If a word is neither.

    Examples
    --------
    >>> list(lessons_named(["00-02", "4,7"]))
    ['00', '01', '02', '04', '07']
    """
    for word in (part for text in words for part in re.split(r"[,\s]+", text) if part):
        found = re.fullmatch(r"(\d{1,2})(?:-(\d{1,2}))?", word)
        if not found or (found.group(2) and int(found.group(2)) < int(found.group(1))):
            raise WrongUseError(f"--lessons must name lessons, such as 03 or 00-04; got {word!r}.")
        first, last = int(found.group(1)), int(found.group(2) or found.group(1))
        yield from (f"{number:02}" for number in range(first, last + 1))


def _print(console: Console, told: dict[str, Any]) -> None:
    from rich.table import Table
    from rich.text import Text

    console.print(Text(f"Agenda: {told['title']}", style="bold"))
    for text in (told["lessons"], told["sum"], *told["notes"]):
        console.print(Text(text))
    for day in told["days"]:
        table = Table(title=day["heading"], title_justify="left", show_footer=True, expand=True)
        table.add_column("Time", no_wrap=True)
        table.add_column("What", footer=day["sum"], ratio=1)
        table.add_column("Teaching", justify="right", footer=str(day["teaching"]))
        table.add_column("Exercises", justify="right", footer=str(day["exercise"]))
        for row in day["rows"]:
            _add(table, row)
        console.print()
        console.print(table)
    _print_short(console, told)


def _add(table: Any, row: dict[str, Any]) -> None:
    from rich.text import Text

    if row["kind"] == "lesson":
        table.add_section()
        table.add_row("", Text(row["what"], style="bold"))
    elif row["kind"] == "section":
        what = Text(row["what"].replace("`", ""))
        for one in row["exercises"]:
            what.append(f"\n  {one['name']} ({one['words']})")
        table.add_row(row["time"], what, str(row["teaching"]), str(row["exercise"]))
    elif row["kind"] == "stand":
        table.add_row("", Text(row["what"]))
    else:
        table.add_section()
        table.add_row(row["time"], Text(f"--- {row['what']}, {row['minutes']} min"))


def _print_short(console: Console, told: dict[str, Any]) -> None:
    from rich.text import Text

    console.print()
    console.print(Text("When time runs short, first things first", style="bold"))
    for number, one in enumerate(told["savings"], start=1):
        text = f"{number}. {one['what']}: {one['minutes']} min won. It may go: {one['why']}."
        console.print(Text(text))
    console.print(
        Text(
            f"An exercise that goes is shown; learners run {told['skipping']}, and go on with the "
            "course's version."
        )
    )
    for heading, texts in (("The lessons say", told["advice"]), ("These stay", told["kept"])):
        if texts:
            console.print()
            console.print(Text(heading, style="bold"))
        for line in texts:
            console.print(Text(f"- {line}"))
