"""The live board under load: how soon it answers, how soon the page shows it, whether it loses any.

Simulated learners join a board on this machine and send checks, each by a connection of its own, as
their notebooks would: what is not answered is kept and sent again. Meanwhile pages look on (one of
them never reads what it is sent), and the server is killed with `kill -9` and started again. At the
end every event must be in the board's file exactly once, and in what the page shows.

Latencies are those of answered requests that did not fall into the time from a kill until the new
server answers; events and pages go on through it. Run it with `python benchmarks/board.py`.
"""

import argparse
import asyncio
import contextlib
import json
import os
import platform
import random
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

LIMIT = 0.1  # s for 99 of 100 requests
START_SECONDS = 60.0
SERVER = (
    "import sys; from pathlib import Path; from lstm_helpers.commands import board;"
    " board.run(Path(sys.argv[1]), '127.0.0.1', int(sys.argv[2]), new=False)"
)


@dataclass
class Learner:
    """A simulated learner and what her notebook keeps."""

    nick: str
    token: str = ""
    number: int = 0
    waiting: dict[str, dict[str, Any]] = field(default_factory=dict)  # not yet answered, by key
    begun: dict[str, float] = field(default_factory=dict)  # when each event happened
    accepted: list[str] = field(default_factory=list)  # keys in the order of the answers
    busy: bool = False


@dataclass
class Run:
    """What was measured, in seconds."""

    learners: list[Learner]
    latencies: list[float] = field(default_factory=list)
    excluded: int = 0  # answered requests that met a restart
    failures: int = 0  # requests without an answer, sent again
    ages: list[float] = field(default_factory=list)  # from check to page, outside restarts
    worst_age: float = 0.0  # the same, restarts included
    updates: int = 0  # that the page got
    downtimes: list[float] = field(default_factory=list)
    lost: int = 0
    twice: int = 0
    on_page: int = 0  # events that the page knew of at the end
    kept: int = 0  # events in the file


class Server:
    """The board as a process of its own, in a folder and at a port that stay the same."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "server.log"
        self.port = 0
        self.down: list[tuple[float, float]] = []  # from each kill until it answered again
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.log.unlink(missing_ok=True)
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-c", SERVER, self.folder / "board", str(self.port)],
                stdout=output,
                stderr=subprocess.STDOUT,
                env=os.environ | {"PYTHONUNBUFFERED": "1"},
            )
        deadline = time.monotonic() + START_SECONDS
        while "Stop it with" not in (text := self.log.read_text(encoding="utf-8")):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the board did not start:\n{text}")
            time.sleep(0.02)
        address, self.code = re.findall(r"(http://\S+)/\?code=(\S+)", text)[0]
        self.port = urlsplit(address).port or 0

    def stop(self, number: int) -> None:
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(30)

    def was_down(self, begin: float, end: float) -> bool:
        return any(begin < up and end > down for down, up in self.down)


async def ask(
    server: Server, method: str, path: str, body: object = None, **headers: str
) -> tuple[int, dict[str, str], bytes]:
    """Send one request by a connection of its own; return status, headers and body."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    try:
        data = b"" if body is None else json.dumps(body).encode()
        lines = [f"{method} {path} HTTP/1.1", "Host: board", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        lines += [f"Content-Length: {len(data)}", "", ""]
        writer.write("\r\n".join(lines).encode() + data)
        await writer.drain()
        answer = await reader.read(-1)
    finally:
        await close(writer)
    head, _, rest = answer.partition(b"\r\n\r\n")
    if not head:
        raise ConnectionResetError
    first, *others = head.decode().split("\r\n")
    found = {name.lower(): value for name, _, value in (line.partition(": ") for line in others)}
    return int(first.split()[1]), found, rest


async def close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


async def join(server: Server, learner: Learner) -> None:
    wish = {
        "version": 1,
        "code": server.code,
        "nick": learner.nick,
        "client": f"{learner.nick:0>9}",
    }
    status, _, body = await ask(server, "POST", "/api/join", wish)
    if status != 200:
        raise RuntimeError(f"{learner.nick} could not join: {status} {body!r}")
    answer = json.loads(body)
    learner.token, learner.number = answer["token"], int(answer["learner"])


async def send(server: Server, learner: Learner, run: Run) -> None:
    """Send what a learner has, until all of it is answered."""
    if learner.busy:
        return
    learner.busy = True
    pause = 0.2
    while learner.waiting:
        batch = list(learner.waiting.values())[:100]
        begin = time.monotonic()
        try:
            status, _, body = await asyncio.wait_for(
                ask(
                    server,
                    "POST",
                    "/api/events",
                    {"version": 1, "events": batch},
                    Authorization=f"Bearer {learner.token}",
                ),
                10,
            )
            answer = json.loads(body) if status == 200 else {}
        except (OSError, ValueError, TimeoutError):
            status = 0
        end = time.monotonic()
        if status != 200:
            run.failures += 1
            await asyncio.sleep(pause * random.uniform(0.8, 1.2))
            pause = min(2 * pause, 2.0)
            continue
        if server.was_down(begin, end):
            run.excluded += 1
        else:
            run.latencies.append(end - begin)
        if answer["refused"]:
            raise RuntimeError(f"events were refused: {answer['refused']}")
        for key in answer["accepted"]:
            del learner.waiting[key]
            learner.accepted.append(key)
    learner.busy = False


async def look_on(server: Server, run: Run, stop: asyncio.Event, *, measure: bool) -> None:
    """Be a page: read what it is sent, come back when the server is gone, note ages of events."""
    by_number = {learner.number: learner for learner in run.learners}
    shown: Counter[int] = Counter()
    while not stop.is_set():
        try:
            _, headers, _ = await ask(server, "GET", f"/?code={server.code}")
            cookie = headers["set-cookie"].partition(";")[0]
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port, limit=2**24)
        except (OSError, KeyError):
            await asyncio.sleep(0.2)
            continue
        try:
            request = f"GET /api/stream HTTP/1.1\r\nHost: board\r\nCookie: {cookie}\r\n\r\n"
            writer.write(request.encode())
            while True:
                line = await reader.readline()
                if not line or stop.is_set():
                    break
                if not line.startswith(b"data: "):
                    continue
                now = time.monotonic()
                state = json.loads(line[6:])
                if not measure:
                    continue
                run.updates += 1
                run.on_page = state["events"]
                for one in state["learners"]:
                    learner = by_number.get(one["id"])
                    if learner is None:
                        continue
                    keys = list(learner.begun)[shown[one["id"]] : one["events"]]
                    shown[one["id"]] = max(shown[one["id"]], one["events"])
                    for key in keys:
                        age = now - learner.begun[key]
                        run.worst_age = max(run.worst_age, age)
                        if not server.was_down(learner.begun[key], now):
                            run.ages.append(age)
        except OSError:
            pass
        finally:
            await close(writer)


async def never_read(server: Server, stop: asyncio.Event) -> None:
    """Be a page that asks for all that happens and reads none of it."""
    _, headers, _ = await ask(server, "GET", f"/?code={server.code}")
    cookie = headers["set-cookie"].partition(";")[0]
    _, writer = await asyncio.open_connection("127.0.0.1", server.port, limit=1)
    request = f"GET /api/stream HTTP/1.1\r\nHost: board\r\nCookie: {cookie}\r\n\r\n"
    writer.write(request.encode())
    await stop.wait()
    writer.transport.abort()
    await close(writer)


async def kill_now_and_then(server: Server, seconds: float, kills: int) -> None:
    begin = time.monotonic()
    for turn in range(kills):
        due = begin + seconds * (turn + 1) / (kills + 1)
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        down = time.monotonic()
        server.down.append((down, float("inf")))
        server.stop(signal.SIGKILL)
        await asyncio.to_thread(server.start)
        while True:
            try:
                await ask(server, "GET", "/static/board.svg")
                break
            except OSError:
                await asyncio.sleep(0.02)
        server.down[-1] = (down, time.monotonic())


def new_event(rng: random.Random, exercises: list[Any]) -> dict[str, Any]:
    exercise = rng.choice(exercises)
    passed = rng.random() < 0.3
    return {
        "key": f"{rng.getrandbits(96):x}",
        "at": datetime.now(UTC).isoformat(),
        "kind": "check",
        "lesson": exercise.lesson,
        "exercise": exercise.name,
        "status": "passed" if passed else "failed",
        "diagnosis": None if passed else rng.choice(exercise.misconceptions).slug,
        "level": None,
        "raised": None,
    }


async def load(
    folder: Path, *, seconds: float, learners: int, rate: float, kills: int, viewers: int = 3
) -> Run:
    """Put a board under load.

    Parameters
    ----------
    folder : Path
        An empty folder for the board.
    seconds : float
        How long learners send.
    learners : int
        How many.
    rate : float
        Checks per second, of all learners together.
    kills : int
        How often the server is killed.
    viewers : int, optional
        Pages that look on, besides one that does not read.

    Returns
    -------
    Run
        What was measured.
    """
    from lstm_helpers.exercises import EXERCISES

    exercises = [one for one in EXERCISES.values() if one.lesson in ("02", "03")]
    rng = random.Random(0)
    server = Server(folder)
    server.start()
    run = Run([Learner(f"learner-{turn}x") for turn in range(learners)])
    try:
        for learner in run.learners:
            await join(server, learner)
        stop = asyncio.Event()
        pages = [
            asyncio.create_task(look_on(server, run, stop, measure=turn == 0))
            for turn in range(viewers)
        ]
        pages.append(asyncio.create_task(never_read(server, stop)))
        killer = asyncio.create_task(kill_now_and_then(server, seconds, kills))
        begin = time.monotonic()
        tasks = set()
        for turn in range(round(seconds * rate)):
            await asyncio.sleep(max(0.0, begin + turn / rate - time.monotonic()))
            learner = rng.choice(run.learners)
            event = new_event(rng, exercises)
            learner.waiting[event["key"]] = event
            learner.begun[event["key"]] = time.monotonic()
            tasks.add(asyncio.create_task(send(server, learner, run)))
        await killer
        await asyncio.gather(*tasks)
        await asyncio.sleep(1.5)  # the page has the last of it
        stop.set()
        await asyncio.sleep(0)
        for page in pages[:-1]:
            page.cancel()
        await asyncio.gather(*pages, return_exceptions=True)
    finally:
        server.stop(signal.SIGTERM)
    run.downtimes = [up - down for down, up in server.down]
    count(run, folder / "board" / "board.sqlite")
    return run


def count(run: Run, file: Path) -> None:
    """Compare what was answered, and what was ever sent, with what the file holds."""
    connection = sqlite3.connect(file)
    held = Counter(connection.execute("SELECT learner, key FROM events"))
    connection.close()
    run.kept = held.total()
    run.twice = held.total() - len(held)
    for learner in run.learners:
        if learner.waiting or set(learner.accepted) != set(learner.begun):
            raise RuntimeError(f"{learner.nick} still waits for answers")
        run.lost += sum((learner.number, key) not in held for key in learner.accepted)


def share(values: list[float], part: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else float("nan")


def report(run: Run) -> bool:
    sent = sum(len(learner.begun) for learner in run.learners)
    down = ", ".join(f"{seconds:.1f}" for seconds in run.downtimes) or "none"
    milliseconds = [1000 * share(run.latencies, part) for part in (0.5, 0.99, 1.0)]
    ages = [share(run.ages, part) for part in (0.5, 0.99, 1.0)]
    lines = [
        ("checks sent, by learners", f"{sent}, {len(run.learners)}"),
        ("kill -9; seconds until it answered again", f"{len(run.downtimes)}; {down}"),
        ("requests without an answer, sent again", f"{run.failures}"),
        ("answers measured; left out at restarts", f"{len(run.latencies)}; {run.excluded}"),
        ("answer, ms: p50, p99, slowest", ", ".join(f"{value:.1f}" for value in milliseconds)),
        ("updates of the page", f"{run.updates}"),
        ("check to page, s: p50, p99, oldest", ", ".join(f"{value:.2f}" for value in ages)),
        ("the same through restarts, s: oldest", f"{run.worst_age:.2f}"),
        (
            "in the file; lost; twice; on the page",
            f"{run.kept}; {run.lost}; {run.twice}; {run.on_page}",
        ),
    ]
    for what, value in lines:
        print(f"{what:<42} {value}")
    nothing_lost = run.lost == run.twice == 0 and run.kept == run.on_page == sent
    quick = milliseconds[1] < 1000 * LIMIT
    print("Nothing was lost." if nothing_lost else "Something was LOST.")
    print(f"p99 is {'under' if quick else 'NOT under'} {1000 * LIMIT:.0f} ms.")
    return nothing_lost and quick


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=120, help="duration (default: 120)")
    parser.add_argument("--learners", type=int, default=500, help="at most 600 (default: 500)")
    parser.add_argument("--rate", type=float, default=20, help="checks per second (default: 20)")
    parser.add_argument("--kills", type=int, default=3, help="kill -9 so often (default: 3)")
    words = parser.parse_args()
    load_now = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    print(
        f"Python {platform.python_version()}, {platform.system()}, {os.cpu_count()} cores, "
        f"load {load_now:.1f} before the run\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        run = asyncio.run(
            load(
                Path(folder),
                seconds=words.seconds,
                learners=words.learners,
                rate=words.rate,
                kills=words.kills,
            )
        )
    return 0 if report(run) else 1


if __name__ == "__main__":
    sys.exit(main())
