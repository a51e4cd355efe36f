"""Pages that look on: coalesced updates, slow readers, and what is left when they go."""

import asyncio
import json
import time
from contextlib import suppress
from typing import Any

import pytest

from lstm_helpers.exercises import EXERCISES
from lstm_helpers.workshop.board import stream as streams
from lstm_helpers.workshop.board.state import State
from lstm_helpers.workshop.board.store import Row
from lstm_helpers.workshop.board.stream import SECONDS_BETWEEN, Stream


def make() -> tuple[State, Stream]:
    state = State({name: exercise.lesson for name, exercise in EXERCISES.items()})
    return state, Stream(state)


def join(state: State, stream: Stream, number: int) -> None:
    state.join(Row(number, f"nick{number}", f"token{number}", time.time(), False, b""))
    stream.changed()


def read(message: bytes) -> dict[str, Any]:
    kind, data = message.decode().split("\n", 1)
    assert kind == "event: state"
    return dict(json.loads(data.removeprefix("data: ")))


def test_updates_are_coalesced_and_a_slow_page_gets_the_newest() -> None:
    async def scenario() -> None:
        state, stream = make()
        publisher = asyncio.create_task(stream.run())
        quick, slow = stream.messages("quick"), stream.messages("slow")
        for page in (quick, slow):
            assert (await anext(page)).startswith(b"retry:")
            assert read(await anext(page))["full"]
        begin, got = time.monotonic(), []

        async def change() -> None:
            for number in range(1, 61):
                join(state, stream, number)
                await asyncio.sleep(0.01)

        changing = asyncio.create_task(change())
        while not got or got[-1]["count"] < 60:
            got.append(read(await anext(quick)))
        seconds = time.monotonic() - begin
        await changing
        assert 2 <= len(got) <= 2 + seconds / SECONDS_BETWEEN
        assert not any(each["full"] for each in got)
        assert [one["id"] for each in got for one in each["learners"]] == list(range(1, 61))
        # The slow one read nothing meanwhile: one message brings it up to date.
        message = read(await anext(slow))
        assert [one["id"] for one in message["learners"]] == list(range(1, 61))
        await quick.aclose()
        assert dict(stream.viewers) == {"slow": 1}
        stream.close(ended=True)
        assert [part async for part in slow][-1].startswith(b"event: ended")
        assert not stream.viewers
        await publisher

    asyncio.run(scenario())


def test_a_page_is_told_now_and_then_that_the_board_is_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(streams, "KEEP_ALIVE", 0.05)

    async def scenario() -> None:
        _, stream = make()
        page = stream.messages("a")
        await anext(page)
        await anext(page)
        assert (await anext(page)).startswith(b":")
        await page.aclose()

    asyncio.run(scenario())


def test_there_is_room_for_so_many_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "MOST_VIEWERS", 3)
    monkeypatch.setattr(streams, "MOST_VIEWERS_AT_ONE_ADDRESS", 2)

    async def scenario() -> None:
        _, stream = make()
        pages = []
        for address in ("a", "a", "b"):
            assert stream.has_room(address)
            page = stream.messages(address)
            await anext(page)
            pages.append(page)
            assert stream.has_room("b") == (len(pages) < 3)
        assert not stream.has_room("a")
        for page in pages:
            with suppress(StopAsyncIteration):
                await page.aclose()
        assert stream.has_room("a")

    asyncio.run(scenario())
