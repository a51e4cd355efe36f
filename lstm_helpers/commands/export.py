"""``lstm-course export``: the marks of a report as a table for Canvas, Moodle or a spreadsheet."""

from __future__ import annotations

import sys
from pathlib import Path

from lstm_helpers.commands.deliver import refuse_to_overwrite, write_atomically
from lstm_helpers.commands.errors import WrongUseError

__all__ = ["run"]


def run(
    report: Path,
    *,
    form: str,
    identifier: str | None,
    out: Path | None,
    force: bool = False,
) -> int:
    """Write the table.

    Parameters
    ----------
    report : Path
        What ``lstm-course grade`` wrote.
    form : str
        ``"canvas"``, ``"moodle"`` or ``"csv"``.
    identifier : str or None
        Column for the names of learners' folders; None: the usual one.
    out : Path or None
        File to write; None: beside the report's own table.
    force : bool, optional
        Whether it may replace a file.

    Returns
    -------
    int
        0.

    Raises
    ------
    WrongUseError
        If there is no report, no such format or column, or the file is there already.
    """
    from lstm_helpers.grading.export import ExportError, exported

    folder = report if report.is_dir() else report.parent
    path = folder / f"{form}.csv" if out is None else out
    try:
        table = exported(report, form, identifier)
    except ExportError as error:
        raise WrongUseError(f"{error}.") from None
    refuse_to_overwrite(path, "export", force=force)
    write_atomically(path, table.text.encode())
    for note in table.notes:
        print(note, file=sys.stderr)
    print(f"Marks of {table.learners} learners for {form}: {path}.")
    return 0
