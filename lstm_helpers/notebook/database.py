"""The file in which progress is kept: opened, checked, set aside when damaged.

One SQLite file per working folder, ``.lstm-course/progress.sqlite``. Its only table, ``events``,
is only ever appended to. SQLite's rollback journal with ``synchronous = EXTRA`` makes a returned
write durable, whatever kills the process next; the write-ahead log would be quicker, but does not
work on network drives, which is where university home folders are.

A file that is damaged, or is not ours, is renamed and kept; a new one takes its place.
Loads the standard library only, and knows neither exercises nor notebooks.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

APPLICATION_ID = 0x4C53544D  # "LSTM": tells our file from any other SQLite file
SCHEMA_VERSION = 1
BUSY_SECONDS = 2.0  # a check answers within two seconds, even while another program blocks the file

_SCHEMA = """
CREATE TABLE events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    kind TEXT NOT NULL,
    exercise TEXT NOT NULL,
    status TEXT,
    diagnosis TEXT,
    level INTEGER,
    source TEXT
)
"""
_INDEX = "CREATE INDEX events_by_exercise ON events (exercise, kind)"

_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_already_checked: set[tuple[str, int]] = set()  # files whose every page was read once

T = TypeVar("T")


class StoreError(Exception):
    """Progress cannot be read or written; the message is one sentence for the learner."""


class _DamagedError(Exception):
    """The file is there, but is not a progress file in working order."""


def write(path: Path, action: Callable[[sqlite3.Connection], T]) -> tuple[T, str | None]:
    """Run an action in one durable transaction, creating or replacing the file when needed.

    Parameters
    ----------
    path : pathlib.Path
        The progress file.
    action : callable
        Takes the open connection; may run twice, when the first file turns out to be damaged.

    Returns
    -------
    result : object
        What the action returned.
    notice : str or None
        A sentence for the learner when a damaged file was set aside.

    Raises
    ------
    StoreError
        If the folder cannot be written, another program blocks the file, or a newer course
        wrote it.
    """
    with _as_store_error(path, "saved"):
        path.parent.mkdir(parents=True, exist_ok=True)
        return _with_replacement(path, lambda: _transaction(path, action))


def read(
    path: Path, action: Callable[[sqlite3.Connection], T], empty: T, *, mend: bool = True
) -> tuple[T, str | None]:
    """Run an action on an existing file; a missing file is not created.

    Parameters
    ----------
    path : pathlib.Path
        The progress file.
    action : callable
        Takes the open connection.
    empty : object
        The result when there is no file, or none that can be used.
    mend : bool, optional
        Whether a damaged file is set aside. If not, it is left for a call whose notice a learner
        gets to see.

    Returns
    -------
    result : object
        What the action returned, or `empty`.
    notice : str or None
        A sentence for the learner when a damaged file was set aside.

    Raises
    ------
    StoreError
        If the file cannot be read, or a newer course wrote it.
    """

    def once() -> T:
        if not path.exists():
            return empty
        with closing(_connect(path, "rw")) as connection:
            return action(connection) if _is_ready(path, connection) else empty

    with _as_store_error(path, "read"):
        if mend:
            return _with_replacement(path, once)
        try:
            return once(), None
        except (_DamagedError, sqlite3.DatabaseError) as error:
            if not _means_damage(error):
                raise
            return empty, None


def append(
    connection: sqlite3.Connection,
    kind: str,
    exercise: str,
    *,
    status: str | None = None,
    diagnosis: str | None = None,
    level: int | None = None,
    source: str | None = None,
) -> None:
    """Append one row, as part of the action of a `write`.

    Parameters
    ----------
    connection : sqlite3.Connection
        What the action was given.
    kind : str
        Such as ``"check"``.
    exercise : str
        The exercise; empty where it is about none.
    status, diagnosis : str, optional
        What a check said, and the slug of the cause.
    level : int, optional
        Number of the hint; of a hand, 1 if raised and 0 if lowered.
    source : str, optional
        Source text.
    """
    at = datetime.now(UTC).isoformat(timespec="seconds")
    connection.execute(
        "INSERT INTO events (at, kind, exercise, status, diagnosis, level, source)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (at, kind, exercise, status, diagnosis, level, source),
    )


def _transaction(path: Path, action: Callable[[sqlite3.Connection], T]) -> T:
    with closing(_connect(path, "rwc")) as connection:
        connection.execute("BEGIN IMMEDIATE")
        try:
            if not _is_ready(path, connection):
                connection.execute(_SCHEMA)
                connection.execute(_INDEX)
                connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            result = action(connection)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        return result


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    address = f"{path.absolute().as_uri()}?mode={mode}"
    connection = sqlite3.connect(address, uri=True, timeout=BUSY_SECONDS, isolation_level=None)
    connection.execute("PRAGMA synchronous = EXTRA")
    return connection


def _is_ready(path: Path, connection: sqlite3.Connection) -> bool:
    """Say whether the file is ours (True) or empty (False); anything else raises."""
    application, version, tables = connection.execute(
        "SELECT (SELECT application_id FROM pragma_application_id),"
        " (SELECT user_version FROM pragma_user_version),"
        " (SELECT count(*) FROM sqlite_schema)"
    ).fetchone()
    if tables == 0 and application in (0, APPLICATION_ID):
        return False
    if application != APPLICATION_ID:
        raise _DamagedError
    if version > SCHEMA_VERSION:
        raise StoreError(
            f"`{path}` was written by a newer version of the course (file format {version}, this "
            f"version knows {SCHEMA_VERSION}): update the package `lstm-course`."
        )
    file = (str(path), path.stat().st_ino)
    if file not in _already_checked:
        if connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            raise _DamagedError
        _already_checked.add(file)
    return True


def _with_replacement(path: Path, once: Callable[[], T]) -> tuple[T, str | None]:
    """Run `once`; when the file proves damaged, set it aside and run `once` again."""
    try:
        return once(), None
    except (_DamagedError, sqlite3.DatabaseError) as error:
        if not _means_damage(error):
            raise
    with one_at_a_time(path):
        # Another kernel may have set the file aside meanwhile: look again before renaming.
        try:
            return once(), None
        except (_DamagedError, sqlite3.DatabaseError) as error:
            if not _means_damage(error):
                raise
        kept = _set_aside(path)
    notice = (
        f"The file with your progress could not be read, so it was kept as `{kept.name}` in "
        f"`{kept.parent}` and a new one was begun."
    )
    return once(), notice


def _means_damage(error: Exception) -> bool:
    if isinstance(error, _DamagedError):
        return True
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGE


def _set_aside(path: Path) -> Path:
    """Rename the file, and the rollback journal that belongs to it, to a name not in use."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    kept = path.with_name(f"{path.stem}.damaged-{stamp}{path.suffix}")
    number = 1
    while kept.exists():
        number += 1
        kept = path.with_name(f"{path.stem}.damaged-{stamp}-{number}{path.suffix}")
    path.rename(kept)
    journal = path.with_name(path.name + "-journal")
    if journal.exists():
        journal.rename(kept.with_name(kept.name + "-journal"))
    return kept


@contextmanager
def one_at_a_time(path: Path) -> Iterator[None]:
    """Hold a lock between processes; the system releases it when its holder dies.

    An empty SQLite file beside the other is a lock that works alike on every system.

    Parameters
    ----------
    path : pathlib.Path
        The file that is not to be changed by two at once; its folder is there.

    Yields
    ------
    None
        Nothing.

    Raises
    ------
    sqlite3.OperationalError
        If another process holds the lock for longer than two seconds.
    """
    address = f"{path.with_suffix('.lock').absolute().as_uri()}?mode=rwc"
    lock = sqlite3.connect(address, uri=True, timeout=BUSY_SECONDS, isolation_level=None)
    with closing(lock):
        lock.execute("BEGIN EXCLUSIVE")
        yield
        lock.execute("ROLLBACK")


@contextmanager
def _as_store_error(path: Path, what: str) -> Iterator[None]:
    """Turn what the system and SQLite raise into one sentence."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code == sqlite3.SQLITE_BUSY:
            reason = "another program is using it; try again in a moment"
        elif code == sqlite3.SQLITE_FULL:
            reason = "the disk is full; make some room and try again"
        else:
            reason = f"{error}; make the folder writable or set LSTM_COURSE_HOME to another one"
        raise StoreError(f"Progress could not be {what} in `{path.parent}`: {reason}.") from error
