"""A board in a thread of its own, and what a learner, a looker-on and an instructor send it."""

import asyncio
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests

from lstm_helpers.workshop.board.board import Board
from lstm_helpers.workshop.board.serve import Server, listen, serve_with


class Running:
    """A board that runs, as a test sees it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.board: Board
        self.address = ""
        self._server: Server
        self._loop: asyncio.AbstractEventLoop
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))

    async def _run(self) -> None:
        with listen("127.0.0.1", 0) as opened:
            self.address = f"http://127.0.0.1:{opened.getsockname()[1]}"
            self.board = Board(self.folder, (self.address,))
            self._server = serve_with(self.board)
            self._loop = asyncio.get_running_loop()
            self._loop.call_soon(self._ready.set)
            await self._server.serve(sockets=[opened])

    def start(self) -> None:
        self._thread.start()
        assert self._ready.wait(30)

    def stop(self) -> None:
        if self._thread.is_alive():
            self._server.handle_exit(15, None)
            self._thread.join(30)

    def join(self, nick: str = "ada", **other: Any) -> requests.Response:
        wish = {"version": 1, "code": self.board.code, "nick": nick, "client": uuid.uuid4().hex}
        return self.post("/api/join", wish | other)

    def token(self, nick: str = "ada") -> str:
        answer = self.join(nick)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["token"])

    def send(self, token: str, *events: Any) -> requests.Response:
        return self.post("/api/events", {"version": 1, "events": list(events)}, token)

    def post(self, path: str, body: object, token: str | None = None) -> requests.Response:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        if isinstance(body, bytes):
            return requests.post(self.address + path, data=body, headers=headers, timeout=30)
        return requests.post(self.address + path, json=body, headers=headers, timeout=30)

    def viewer(self) -> requests.Session:
        browser = requests.Session()
        answer = browser.get(f"{self.address}/?code={self.board.code}", timeout=30)
        assert answer.status_code == 200
        return browser

    def instructor(self) -> requests.Session:
        browser = requests.Session()
        link = f"{self.address}/instructor?key={self.board.instructor_key}"
        assert browser.get(link, timeout=30).status_code == 200
        browser.headers["X-Board-Token"] = self.board.csrf
        return browser

    def state(self) -> dict[str, Any]:
        answer = self.viewer().get(f"{self.address}/api/state", timeout=30)
        assert answer.status_code == 200
        return dict(answer.json())

    def join_many(self, nicks: list[str]) -> None:
        """Let learners in without the requests that this would take."""
        store = self.board.store
        futures = [store.submit(store.join(f"client-{nick}", nick)) for nick in nicks]
        rows = [future.result() for future in futures]

        def show() -> None:
            for row in rows:
                self.board.state.join(row)
            self.board.stream.changed()

        self._loop.call_soon_threadsafe(show)

    def control(self, browser: requests.Session, action: str, **more: object) -> requests.Response:
        body = {"version": 1, "action": action, **more}
        return browser.post(f"{self.address}/api/control", json=body, timeout=30)


@contextmanager
def running(folder: Path) -> Iterator[Running]:
    board = Running(folder)
    board.start()
    try:
        yield board
    finally:
        board.stop()


def event(kind: str = "check", **more: Any) -> dict[str, Any]:
    """Make an event as a notebook sends it; by default a failed check of `lstm_step`."""
    made: dict[str, Any] = {
        "key": uuid.uuid4().hex,
        "at": datetime.now(UTC).isoformat(),
        "kind": kind,
        "lesson": "03",
        "exercise": "lstm_step",
        "status": None,
        "diagnosis": None,
        "level": None,
        "raised": None,
    }
    if kind == "check":
        made |= {"status": "failed", "diagnosis": "bias-twice"}
    elif kind == "hand":
        made |= {"lesson": None, "exercise": None, "raised": True}
    elif kind == "leave":
        made |= {"lesson": None, "exercise": None}
    elif kind == "hint":
        made["level"] = 1
    elif kind == "skip":
        made["status"] = "skipped"
    return made | more
