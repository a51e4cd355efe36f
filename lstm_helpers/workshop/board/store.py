"""What the board does with its file: lets learners in, keeps events, reads everything back.

Each function here that changes something gives a piece of work for the thread of `writer`.
"""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import Any, NamedTuple

from lstm_helpers.workshop.board.codes import digest, new_key
from lstm_helpers.workshop.board.limits import MOST_EVENTS, MOST_EVENTS_OF_ONE, MOST_LEARNERS
from lstm_helpers.workshop.board.nicknames import folded
from lstm_helpers.workshop.board.rules import Event
from lstm_helpers.workshop.board.writer import Work, Writer

FULL = "The board has no more room for events of this learner."
_COLUMNS = "number, nick, token, joined, masked, client"


class NickTakenError(Exception):
    """Another client has this nickname."""


class BoardFullError(Exception):
    """No more learners fit."""


class Row(NamedTuple):
    """A learner as stored, in order.

    Attributes
    ----------
    number : int
        1 for who joined first.
    nick : str
        Nickname, cleaned.
    token : str
        What the learner's notebook shows with each batch of events.
    joined : float
        When, in seconds since 1970.
    masked : bool
        Whether the instructor has hidden this nickname.
    client : bytes
        Digest of what tells this client from any other.
    """

    number: int
    nick: str
    token: str
    joined: float
    masked: bool
    client: bytes


class Store(Writer):
    """What one board keeps.

    Parameters
    ----------
    folder : Path
        Where its file is, or will be.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._counts: dict[int, int] = self.submit(
            lambda connection: dict(
                connection.execute("SELECT learner, count(*) FROM events GROUP BY learner")
            )
        ).result()
        self._total = sum(self._counts.values())

    def load(self) -> tuple[list[Row], list[tuple[int, float, Event]]]:
        """Read everything, before anything is submitted.

        Returns
        -------
        learners : list of Row
            In the order in which they joined.
        events : list of (int, float, Event)
            Learner, when it was received, and the event, in the order of arrival.
        """

        def work(
            connection: sqlite3.Connection,
        ) -> tuple[list[Row], list[tuple[int, float, Event]]]:
            learners = [
                _row(row)
                for row in connection.execute(f"SELECT {_COLUMNS} FROM learners ORDER BY number")
            ]
            events = [
                (row[0], row[1], _event(row[2:]))
                for row in connection.execute(
                    "SELECT learner, received, key, at, kind, exercise, status, diagnosis, level,"
                    " raised FROM events ORDER BY id"
                )
            ]
            return learners, events

        return self.submit(work).result()

    def join(self, client: str, nick: str) -> Work[Row]:
        """Make the work of letting a learner in, or in again.

        Parameters
        ----------
        client : str
            What tells this client from any other.
        nick : str
            Nickname, cleaned.

        Returns
        -------
        callable
            Gives the learner; raises `NickTakenError` or `BoardFullError`.
        """

        def work(connection: sqlite3.Connection) -> Row:
            known = connection.execute(
                "SELECT number FROM learners WHERE client = ?", (digest(client),)
            ).fetchone()
            try:
                if known:
                    connection.execute(
                        "UPDATE learners SET nick = ?, folded = ? WHERE number = ?",
                        (nick, folded(nick), known[0]),
                    )
                else:
                    (number,) = connection.execute(
                        "SELECT coalesce(max(number), 0) + 1 FROM learners"
                    ).fetchone()
                    if number > MOST_LEARNERS:
                        raise BoardFullError
                    connection.execute(
                        "INSERT INTO learners VALUES (?, ?, ?, ?, ?, ?, 0)",
                        (number, digest(client), nick, folded(nick), new_key(), time.time()),
                    )
            except sqlite3.IntegrityError:
                raise NickTakenError from None
            row = connection.execute(
                f"SELECT {_COLUMNS} FROM learners WHERE client = ?",
                (digest(client),),
            ).fetchone()
            return _row(row)

        return work

    def add(
        self, learner: int, received: float, events: list[Event], *, always: bool = False
    ) -> Work[tuple[list[Event], dict[str, str]]]:
        """Make the work of keeping events; those that are there already stay as they are.

        Parameters
        ----------
        learner : int
            Whose.
        received : float
            When they came.
        events : list of Event
            In order.
        always : bool, optional
            Whether they are the instructor's, for which there is always room.

        Returns
        -------
        callable
            Gives the events that are new, and for each that there is no room for: why.
        """

        def work(connection: sqlite3.Connection) -> tuple[list[Event], dict[str, str]]:
            added: list[Event] = []
            refused: dict[str, str] = {}
            room = min(MOST_EVENTS_OF_ONE - self._counts.get(learner, 0), MOST_EVENTS - self._total)
            for event in events:
                if (
                    not always
                    and len(added) >= room
                    and not _is_there(connection, learner, event.key)
                ):
                    refused[event.key] = FULL
                    continue
                row = (learner, event.key, received, *event[1:])
                if connection.execute(
                    "INSERT OR IGNORE INTO events (learner, key, received, at, kind, exercise,"
                    " status, diagnosis, level, raised) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    row,
                ).rowcount:
                    added.append(event)
            # A commit that fails leaves these too high by a few, which does no harm.
            self._counts[learner] = self._counts.get(learner, 0) + len(added)
            self._total += len(added)
            return added, refused

        return work


def set_fact(name: str, value: str) -> Work[None]:
    """Make the work of keeping a setting.

    Parameters
    ----------
    name : str
        Which.
    value : str
        Its new value.

    Returns
    -------
    callable
        What does it.
    """

    def work(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    return work


def set_masked(learner: int, masked: bool) -> Work[None]:
    """Make the work of hiding or showing one nickname.

    Parameters
    ----------
    learner : int
        Whose.
    masked : bool
        Whether it is hidden.

    Returns
    -------
    callable
        What does it.
    """

    def work(connection: sqlite3.Connection) -> None:
        connection.execute("UPDATE learners SET masked = ? WHERE number = ?", (masked, learner))

    return work


def _is_there(connection: sqlite3.Connection, learner: int, key: str) -> bool:
    found = connection.execute(
        "SELECT 1 FROM events WHERE learner = ? AND key = ?", (learner, key)
    ).fetchone()
    return found is not None


def _row(values: tuple[Any, ...]) -> Row:
    number, nick, token, joined, masked, client = values
    return Row(number, nick, token, joined, bool(masked), client)


def _event(values: tuple[Any, ...]) -> Event:
    key, at, kind, exercise, status, diagnosis, level, raised = values
    raised = None if raised is None else bool(raised)
    return Event(key, at, kind, exercise, status, diagnosis, level, raised)
