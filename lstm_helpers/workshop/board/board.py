"""One workshop: its file, its state, its pages, and who may do what."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

from lstm_helpers.exercises import EXERCISES, LESSONS
from lstm_helpers.workshop.board import limits
from lstm_helpers.workshop.board.codes import derived, digest, same_code, same_key
from lstm_helpers.workshop.board.limits import Buckets
from lstm_helpers.workshop.board.nicknames import RefusedError
from lstm_helpers.workshop.board.rules import Event, Join
from lstm_helpers.workshop.board.state import State, returned
from lstm_helpers.workshop.board.store import Row, Store, set_fact, set_masked
from lstm_helpers.workshop.board.stream import Stream
from lstm_helpers.workshop.board.writer import Work

T = TypeVar("T")


class EndedError(Exception):
    """The workshop has ended; nothing is kept any more."""


class Board:
    """A workshop that runs; made inside an event loop.

    Parameters
    ----------
    folder : Path
        Where its file is, or will be.
    addresses : tuple of str, optional
        Where learners reach it, as shown on the page.

    Raises
    ------
    StoreError
        If the file cannot be used.
    """

    def __init__(self, folder: Path, addresses: tuple[str, ...] = ()) -> None:
        self.addresses = addresses
        self.ended = False
        self.lesson_of = {name: exercise.lesson for name, exercise in EXERCISES.items()}
        self.store = Store(folder)
        facts = self.store.facts
        self.code, self.instructor_key = facts["code"], facts["instructor"]
        self.view_key, self.name = facts["view"], facts["board"]
        self.csrf = derived(self.instructor_key, "csrf")
        self.state = State(self.lesson_of)
        self._tokens: dict[bytes, int] = {}
        self._clients: set[bytes] = set()
        self._restore()
        self.stream = Stream(self.state)
        self.requests = Buckets(*limits.REQUESTS)
        self.flood = Buckets(*limits.EVENTS)
        self.wrong_codes = Buckets(*limits.WRONG_CODES)
        self.new_learners = Buckets(*limits.NEW_LEARNERS)

    def guess(self, address: str, code: str) -> float | None:
        """Judge a join code.

        Parameters
        ----------
        address : str
            Who tries it.
        code : str
            As it was typed.

        Returns
        -------
        float or None
            None if it is right, 0 if it is wrong; else the seconds to wait, because too many
            were wrong: then it is not even looked at.
        """
        seconds = self.wrong_codes.wait(address)
        if seconds:
            return seconds
        if same_code(code, self.code):
            return None
        self.wrong_codes.take(address)
        return 0.0

    def whose(self, token: str) -> int | None:
        """Find the learner of a token.

        Parameters
        ----------
        token : str
            As it was sent.

        Returns
        -------
        int or None
            The learner's number, or None.
        """
        return self._tokens.get(digest(token))

    def knows(self, client: str) -> bool:
        """Say whether a client has joined before.

        Parameters
        ----------
        client : str
            What tells it from any other.

        Returns
        -------
        bool
            Whether it has.
        """
        return digest(client) in self._clients

    def is_viewer(self, key: str) -> bool:
        """Say whether this is what a browser gets for the join code."""
        return same_key(key, self.view_key)

    def is_instructor(self, key: str) -> bool:
        """Say whether this is the instructor's key."""
        return same_key(key, self.instructor_key)

    async def join(self, wish: Join) -> Row:
        """Let a learner in, or in again.

        Parameters
        ----------
        wish : Join
            With the right code.

        Returns
        -------
        Row
            The learner.

        Raises
        ------
        NickTakenError
            If another client has this nickname.
        BoardFullError
            If no more learners fit.
        """

        return await asyncio.shield(self._join(wish))

    async def add(self, learner: int, events: list[Event]) -> dict[str, str]:
        """Keep events of a learner.

        Parameters
        ----------
        learner : int
            Whose.
        events : list of Event
            In order.

        Returns
        -------
        dict of str to str
            For those that there is no room for: why. All others are on the disk.
        """
        return await asyncio.shield(self._add(learner, time.time(), events, always=False))

    async def lower(self, learner: int) -> None:
        """Lower a learner's hand.

        Parameters
        ----------
        learner : int
            Whose.

        Raises
        ------
        RefusedError
            If there is no such learner.
        """
        self._known(learner)
        now = time.time()
        event = self.state.lower(learner, now, f"!{time.time_ns()}")
        await asyncio.shield(self._add(learner, now, [event], always=True))

    async def mask(self, learner: int, masked: bool) -> None:
        """Hide or show one nickname.

        Parameters
        ----------
        learner : int
            Whose.
        masked : bool
            Whether it is hidden.

        Raises
        ------
        RefusedError
            If there is no such learner.
        """
        self._known(learner)
        await self._commit(set_masked(learner, masked))
        self.state.join(self.state.learners[learner].row._replace(masked=masked))
        self.stream.changed()

    async def show(
        self, *, nicknames: bool | None = None, lessons: Iterable[str] | None = None
    ) -> None:
        """Change what all pages show.

        Parameters
        ----------
        nicknames : bool, optional
            Whether learners appear under their nicknames.
        lessons : iterable of str, optional
            The lessons; none for the one in which most learners are.

        Raises
        ------
        RefusedError
            If there is no such lesson.
        """
        lessons = None if lessons is None else list(lessons)
        unknown = [number for number in lessons or () if number not in LESSONS]
        if unknown:
            raise RefusedError("There is no such lesson.")
        self.state.show(nicknames=nicknames, lessons=lessons)
        settings = {"nicknames": self.state.nicknames, "lessons": self.state.chosen}
        await self._commit(set_fact("settings", json.dumps(settings)))
        self.stream.changed()

    async def end(self) -> None:
        """End the workshop and delete all that is known of it."""
        if self.ended:
            return
        self.ended = True
        self.stream.close(ended=True)
        await asyncio.shield(asyncio.to_thread(self.store.delete))
        self._tokens.clear()
        self._clients.clear()
        self.state.learners.clear()

    def close(self) -> None:
        """Close the file; the workshop can be taken up again."""
        if not self.ended:
            self.store.close()

    async def _commit(self, work: Work[T]) -> T:
        """Wait until work is on the disk."""
        if self.ended:
            raise EndedError
        return await asyncio.wrap_future(self.store.submit(work))

    async def _join(self, wish: Join) -> Row:
        row = await self._commit(self.store.join(wish.client, wish.nick))
        known = self.state.learners.get(row.number)
        if known is None or known.row != row:
            self._remember(row)
            self.stream.changed()
        if known is not None and known.left:
            event = returned(f"!{time.time_ns()}")
            await self._add(row.number, time.time(), [event], always=True)
        return row

    async def _add(
        self, learner: int, received: float, events: list[Event], *, always: bool
    ) -> dict[str, str]:
        work = self.store.add(learner, received, events, always=always)
        added, refused = await self._commit(work)
        if added and learner in self.state.learners:
            self.state.add(learner, received, added)
            self.stream.changed()
        return refused

    def _remember(self, row: Row) -> None:
        self.state.join(row)
        self._tokens[digest(row.token)] = row.number
        self._clients.add(row.client)

    def _known(self, learner: int) -> None:
        if learner not in self.state.learners:
            raise RefusedError("There is no such learner.")

    def _restore(self) -> None:
        learners, events = self.store.load()
        for row in learners:
            self._remember(row)
        for number, received, event in events:
            self.state.restore(number, received, event)
        settings = json.loads(self.store.facts.get("settings", "{}"))
        chosen = [number for number in settings.get("lessons", ()) if number in LESSONS]
        self.state.show(nicknames=settings.get("nicknames", True), lessons=chosen)
