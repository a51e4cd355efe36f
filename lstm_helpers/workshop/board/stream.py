"""Pages that look on: each gets all of the state, then what changed, at most twice a second.

What changed is put into words once for all pages that are at the same version. A page that reads
slowly holds up nobody: it waits in a task of its own, and when it is ready it gets the newest
state, however many came and went meanwhile.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator

from lstm_helpers.workshop.board.limits import MOST_VIEWERS, MOST_VIEWERS_AT_ONE_ADDRESS
from lstm_helpers.workshop.board.picture import picture
from lstm_helpers.workshop.board.state import State

SECONDS_BETWEEN = 0.5
KEEP_ALIVE = 15.0
_STILL_HERE = b": still here\n\n"
_ENDED = b"event: ended\ndata: {}\n\n"


class Stream:
    """Tells pages what changed.

    Parameters
    ----------
    state : State
        What they look at.
    """

    def __init__(self, state: State) -> None:
        self.state = state
        self.viewers: Counter[str] = Counter()
        self.ended = False
        self.closing = False
        self._next = asyncio.Event()  # set, and replaced, at each publication
        self._published = 0
        self._changed = asyncio.Event()
        self._cache: dict[int, bytes] = {}
        self._cached = 0

    def changed(self) -> None:
        """Note that the state has changed."""
        self._changed.set()

    def close(self, *, ended: bool = False) -> None:
        """Let all pages go.

        Parameters
        ----------
        ended : bool, optional
            Whether the workshop has ended; else the server stops, and pages come back.
        """
        self.ended |= ended
        self.closing = True
        self._changed.set()

    async def run(self) -> None:
        """Publish what changed, until closed."""
        while not self.closing:
            await self._changed.wait()
            self._changed.clear()
            self._publish()
            if not self.closing:
                await asyncio.sleep(SECONDS_BETWEEN)
        self._publish()

    def has_room(self, address: str) -> bool:
        """Say whether one more page may look on.

        Parameters
        ----------
        address : str
            Where it is.

        Returns
        -------
        bool
            Whether it may.
        """
        return (
            self.viewers.total() < MOST_VIEWERS
            and self.viewers[address] < MOST_VIEWERS_AT_ONE_ADDRESS
        )

    async def messages(self, address: str) -> AsyncIterator[bytes]:
        """Give what one page is to be sent.

        Parameters
        ----------
        address : str
            Where it is.

        Yields
        ------
        bytes
            Server-sent events.
        """
        self.viewers[address] += 1
        try:
            yield b"retry: 1000\n\n"
            since, seen = 0, -1
            while not self.closing:
                if seen == self._published:
                    try:
                        await asyncio.wait_for(self._next.wait(), KEEP_ALIVE)
                    except TimeoutError:
                        yield _STILL_HERE
                    continue
                seen = self._published
                if since != self.state.version:
                    message = self._message(since)
                    since = self._cached
                    yield message
            if self.ended:
                yield _ENDED
        finally:
            self.viewers[address] -= 1
            if self.viewers[address] <= 0:
                del self.viewers[address]

    def _publish(self) -> None:
        self._published += 1
        self._next.set()
        self._next = asyncio.Event()

    def _message(self, since: int) -> bytes:
        """Write what changed since a version, once for all who have that version."""
        if self._cached != self.state.version:
            self._cache.clear()
            self._cached = self.state.version
        if since not in self._cache:
            data = json.dumps(picture(self.state, since, time.time()), separators=(",", ":"))
            self._cache[since] = f"event: state\ndata: {data}\n\n".encode()
        return self._cache[since]
