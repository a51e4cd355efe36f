"""``lstm-course progress``: how far the learner of a folder is."""

from itertools import groupby
from pathlib import Path

from lstm_helpers.commands.deliver import COURSE_FOLDER
from lstm_helpers.commands.errors import CommandError, WrongUseError

__all__ = ["find_folder", "run"]

LEAST_STATUS = 15
MARKS = {
    "passed": "✓ passed",
    "failed": "✗ failed",
    "skipped": "» skipped",
    "not attempted": "· not attempted",
}


def run(folder: Path | None) -> None:
    """Print a table of lessons and exercises.

    Parameters
    ----------
    folder : Path or None
        The working folder; by default the one that `find_folder` finds.

    Raises
    ------
    WrongUseError
        If there is no such folder.
    CommandError
        If what was recorded cannot be read.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from lstm_helpers.exercises import LESSONS
    from lstm_helpers.notebook.database import StoreError
    from lstm_helpers.notebook.store import table

    folder = find_folder() if folder is None else folder.expanduser()
    if not folder.is_dir():
        raise WrongUseError(f"There is no folder {folder}; give the one that holds the lessons.")
    try:
        rows = table(folder)
    except StoreError as error:
        raise CommandError(str(error)) from None
    longest = max(len(row.exercise) for row in rows)
    shown = Table(
        title=f"Progress in {folder.absolute()}",
        title_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
    )
    shown.add_column("Exercise", width=longest)
    shown.add_column("Status", min_width=LEAST_STATUS, overflow="fold")
    for heading in ("Points", "Minutes", "Attempts", "Hints"):
        shown.add_column(heading, width=len(heading), justify="right")
    for number, group in groupby(rows, key=lambda row: row.lesson):
        shown.add_row(Text(f"{number} {LESSONS[number].title}", style="bold"))
        for row in group:
            passed = row.status == "passed"
            shown.add_row(
                row.exercise,
                MARKS[row.status] + (f": {row.diagnosis}" if row.diagnosis else ""),
                f"{row.points if passed else 0}/{row.points}",
                str(row.minutes),
                str(row.attempts),
                str(row.hints),
            )
        shown.add_section()
    done = [row for row in rows if row.status == "passed"]
    skipped = sum(row.status == "skipped" for row in rows)
    console = Console()
    # A terminal that is narrower than this breaks lines; what rich cut off would be lost.
    narrowest = longest + LEAST_STATUS + len("PointsMinutesAttemptsHints") + 3 * 6 - 2
    Console(width=max(console.width, narrowest)).print(shown)
    console.print(
        f"{len(done)} of {len(rows)} exercises passed, {sum(row.points for row in done)} of "
        f"{sum(row.points for row in rows)} points{f', {skipped} skipped' if skipped else ''}."
    )


def find_folder() -> Path:
    """Find the learner's folder when none is named.

    Returns
    -------
    Path
        What ``LSTM_COURSE_HOME`` says, else the nearest folder at or above this one with a record
        of progress, else ``lstm-course`` in this one if it has one, else this one.
    """
    from lstm_helpers.notebook.folder import working_folder

    found = working_folder()
    if not (found / COURSE_FOLDER).is_dir():
        usual = Path.cwd() / "lstm-course"
        if (usual / COURSE_FOLDER).is_dir():
            return usual
    return found
