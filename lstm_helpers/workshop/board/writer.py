"""The board's file: opened, locked, written by one thread, deleted.

One SQLite file with a write-ahead log. The thread owns the only connection. It takes all the work
that waits, does it in one transaction and commits; only then does anybody get an answer. What was
answered therefore survives a `kill -9` at any moment, and twenty learners who send at once cost
one write to the disk. The file is locked as long as the board runs: no second board can use it.
"""

from __future__ import annotations

import os
import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import TypeVar

from lstm_helpers.workshop.board.codes import new_code, new_key

FILE = "board.sqlite"
ENDED = "board.ended"
APPLICATION_ID = 0x4C53544E
SCHEMA_VERSION = 1
MOST_AT_ONCE = 256  # pieces of work in one transaction

_SCHEMA = """
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE learners (
    number INTEGER PRIMARY KEY, client BLOB NOT NULL UNIQUE, nick TEXT NOT NULL,
    folded TEXT NOT NULL UNIQUE, token TEXT NOT NULL UNIQUE, joined REAL NOT NULL,
    masked INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE events (
    id INTEGER PRIMARY KEY, learner INTEGER NOT NULL, key TEXT NOT NULL, received REAL NOT NULL,
    at REAL NOT NULL, kind TEXT NOT NULL, exercise TEXT, status TEXT, diagnosis TEXT,
    level INTEGER, raised INTEGER, UNIQUE (learner, key)
);
"""

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]


class StoreError(Exception):
    """The file cannot be used; the message is one sentence."""


class InUseError(StoreError):
    """Another board uses the file; the message is one sentence."""


class Writer:
    """The file of one board, and the thread that writes it.

    Parameters
    ----------
    folder : Path
        Where it is, or will be.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        self.facts: dict[str, str] = {}
        self._work: queue.SimpleQueue[tuple[Work[object], Future[object]] | None]
        self._work = queue.SimpleQueue()
        self._connection = self._open(folder)
        self._thread = threading.Thread(target=self._run, name="board-store", daemon=True)
        self._thread.start()

    def submit(self, work: Work[T]) -> Future[T]:
        """Have the thread do something in a transaction.

        Parameters
        ----------
        work : callable
            Takes the connection; what it raises undoes it, and nothing else.

        Returns
        -------
        Future
            Done once the transaction is on the disk.
        """
        future: Future[T] = Future()
        future.set_running_or_notify_cancel()  # from here on nobody can cancel it
        self._work.put((work, future))  # type: ignore[arg-type]
        return future

    def close(self) -> None:
        """Finish the work that waits and close the file; nothing may be submitted afterwards."""
        self._work.put(None)
        self._thread.join()
        self._connection.close()

    def delete(self) -> None:
        """Close the file and delete it with its log, so that nothing of it is left."""
        ended = self.path.with_name(ENDED)
        ended.touch()  # whatever kills us next, the next start finishes this
        self.close()
        delete_files(self.path)
        ended.unlink()

    def _open(self, folder: Path) -> sqlite3.Connection:
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            if (folder / ENDED).exists():
                delete_files(self.path)
                (folder / ENDED).unlink()
            os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
        except OSError as error:
            raise StoreError(
                f"{error.filename or folder} cannot be used ({error.strerror or error}): give "
                "another folder with --folder."
            ) from None
        connection = sqlite3.connect(
            self.path, timeout=1.0, isolation_level=None, check_same_thread=False
        )
        try:
            self._prepare(connection)
        except sqlite3.Error as error:
            connection.close()
            if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY:
                raise InUseError(
                    f"Another board uses {folder}: stop that one, or give another folder with "
                    "--folder."
                ) from None
            raise StoreError(
                f"{self.path} cannot be read ({error}): begin a new board with --new."
            ) from None
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("BEGIN IMMEDIATE")
        (mine,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        if tables and (mine, version) != (APPLICATION_ID, SCHEMA_VERSION):
            raise sqlite3.DatabaseError("it is not a board of this version")
        if not tables:
            for statement in _SCHEMA.split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            facts = {
                "code": new_code(),
                "view": new_key(),
                "instructor": new_key(),
                "board": new_key()[:8],
                "created": str(time.time()),
            }
            connection.executemany("INSERT INTO facts VALUES (?, ?)", facts.items())
        connection.execute("COMMIT")
        self.facts = dict(connection.execute("SELECT name, value FROM facts"))

    def _run(self) -> None:
        while True:
            item = self._work.get()
            batch = []
            while item is not None:
                batch.append(item)
                if len(batch) == MOST_AT_ONCE or self._work.empty():
                    break
                item = self._work.get()
            if batch:
                self._transaction(batch)
            if item is None:
                return

    def _transaction(self, batch: list[tuple[Work[object], Future[object]]]) -> None:
        done: list[tuple[Future[object], object]] = []
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            for work, future in batch:
                self._connection.execute("SAVEPOINT one")
                try:
                    done.append((future, work(self._connection)))
                except Exception as error:
                    self._connection.execute("ROLLBACK TO one")
                    future.set_exception(error)
                self._connection.execute("RELEASE one")
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:  # a full disk, say: nobody is told that it was kept
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
            return
        for future, result in done:
            future.set_result(result)


def delete_board(folder: Path) -> bool:
    """Delete what an earlier board left in a folder, damaged or not.

    Parameters
    ----------
    folder : Path
        Where.

    Returns
    -------
    bool
        Whether there was one.

    Raises
    ------
    InUseError
        If a board is running there.
    """
    if not (folder / FILE).exists():
        return False
    try:
        Writer(folder).delete()
    except InUseError:
        raise
    except StoreError:
        delete_files(folder / FILE)
    return True


def delete_files(path: Path) -> None:
    """Empty and delete a database and its log.

    Parameters
    ----------
    path : Path
        The database; no error if there is none.
    """
    for ending in ("", "-wal", "-shm", "-journal"):
        file = path.with_name(path.name + ending)
        if file.exists():
            file.write_bytes(b"")
            file.unlink()
