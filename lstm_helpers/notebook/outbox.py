"""What is to be sent to a board: rows of the progress file, without the learner's code.

The progress file itself is the outbox: a row is in it, durably, before anything is sent, and a
`Mark` says up to which row the board has answered. The column with source texts is never read here.
"""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path
from typing import Any, NamedTuple

from lstm_helpers.notebook import database
from lstm_helpers.notebook.membership import Mark
from lstm_helpers.notebook.records import (
    FAILED,
    HINT_LEVELS,
    NO_VERDICT,
    NOT_ATTEMPTED,
    PASSED,
    SKIPPED,
)
from lstm_helpers.notebook.store import Store

HAND = "hand"
LEAVE = "leave"

_STATUSES = (PASSED, FAILED, NOT_ATTEMPTED, NO_VERDICT, SKIPPED)
_AT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00")
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+){0,11}")
_LONGEST_SLUG = 64  # characters


class Row(NamedTuple):
    """One row that the board has not answered yet.

    Attributes
    ----------
    mark : Mark
        Where it stands.
    event : dict or None
        What is sent of it; None if it is of a kind that is not sent.
    """

    mark: Mark
    event: dict[str, Any] | None


def newest(folder: Path) -> Mark:
    """Find the last row that there is.

    Parameters
    ----------
    folder : pathlib.Path
        The working folder.

    Returns
    -------
    Mark
        The row; number 0 if there is none.

    Raises
    ------
    StoreError
        If the file cannot be read.
    """

    def action(connection: sqlite3.Connection) -> Mark:
        row = connection.execute("SELECT id, at FROM events ORDER BY id DESC LIMIT 1").fetchone()
        return Mark(*row) if row is not None else Mark(0, "")

    return database.read(Store(folder).path, action, Mark(0, ""), mend=False)[0]


def unsent(folder: Path, after: Mark, since: str, limit: int) -> list[Row]:
    """List the rows that come after one, oldest first.

    Parameters
    ----------
    folder : pathlib.Path
        The working folder.
    after : Mark
        The last row that needs not be sent. If the file does not have it, since it was damaged and
        a new one was begun, time decides.
    since : str
        In a file without `after`, rows from before this time are left out.
    limit : int
        How many rows at most.

    Returns
    -------
    list of Row
        With `Row.event` None for what is not sent.

    Raises
    ------
    StoreError
        If the file cannot be read.
    """

    def action(connection: sqlite3.Connection) -> list[tuple[Any, ...]]:
        known = connection.execute(
            "SELECT 1 FROM events WHERE id = ? AND at = ?", (after.number, after.at)
        ).fetchone()
        return connection.execute(
            "SELECT id, at, kind, exercise, status, diagnosis, level FROM events"
            f" WHERE {'id > ?' if known else 'at >= ?'} ORDER BY id LIMIT ?",
            (after.number if known else since, limit),
        ).fetchall()

    nothing: list[tuple[Any, ...]] = []
    rows, _ = database.read(Store(folder).path, action, nothing, mend=False)
    return [Row(Mark(row[0], row[1]), _event(*row)) for row in rows]


def record_hand(folder: Path, *, raised: bool) -> None:
    """Append that the hand was raised or lowered.

    Parameters
    ----------
    folder : pathlib.Path
        The working folder.
    raised : bool
        Which.

    Raises
    ------
    StoreError
        If it cannot be written.
    """
    database.write(
        Store(folder).path,
        lambda connection: database.append(connection, HAND, "", level=int(raised)),
    )


def record_leaving(folder: Path) -> None:
    """Append that the board was left.

    Parameters
    ----------
    folder : pathlib.Path
        The working folder.

    Raises
    ------
    StoreError
        If it cannot be written.
    """
    database.write(Store(folder).path, lambda connection: database.append(connection, LEAVE, ""))


def hand_is_raised(folder: Path) -> bool:
    """Say whether the hand was raised and not lowered since.

    Parameters
    ----------
    folder : pathlib.Path
        The working folder.

    Returns
    -------
    bool
        False also where nothing can be read.
    """

    def action(connection: sqlite3.Connection) -> bool:
        last = connection.execute(
            "SELECT level FROM events WHERE kind = ? ORDER BY id DESC LIMIT 1", (HAND,)
        ).fetchone()
        return last is not None and last[0] == 1

    try:
        return database.read(Store(folder).path, action, False, mend=False)[0]
    except database.StoreError:
        return False


def _event(
    number: int,
    at: Any,
    kind: str,
    exercise: str,
    status: str | None,
    diagnosis: str | None,
    level: int | None,
) -> dict[str, Any] | None:
    """Write a row as the board wants it; nothing that is not of a known form gets into it."""
    from lstm_helpers.exercises import EXERCISES

    if not isinstance(at, str) or not _AT.fullmatch(at):
        return None
    event: dict[str, Any] = {
        "key": f"{number}-{at}",
        "at": at,
        "kind": kind,
        "lesson": None,
        "exercise": None,
        "status": None,
        "diagnosis": None,
        "level": None,
        "raised": None,
    }
    if kind == HAND:
        return event | {"raised": level == 1}
    if kind == LEAVE:
        return event
    if kind not in ("check", "hint", "solution", "skip") or exercise not in EXERCISES:
        return None
    event |= {"lesson": EXERCISES[exercise].lesson, "exercise": exercise}
    if kind == "hint":
        event["level"] = min(max(level or 1, 1), HINT_LEVELS)
    elif kind == "check":
        event["status"] = status if status in _STATUSES else NO_VERDICT
        if diagnosis and len(diagnosis) <= _LONGEST_SLUG and _SLUG.fullmatch(diagnosis):
            event["diagnosis"] = diagnosis
    elif kind == "skip":
        event["status"] = SKIPPED
    return event
