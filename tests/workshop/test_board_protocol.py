"""What a learner's notebook gets from the board for what it sends."""

import contextlib
import json
import socket
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from lstm_helpers.workshop.board import answers, limits, serve, store
from lstm_helpers.workshop.board import board as boards
from lstm_helpers.workshop.board.limits import Buckets
from tests.workshop.board_server import Running, event, running


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("board")) as board:
        yield board


def nick() -> str:
    return uuid.uuid4().hex[:12]


def error(answer: requests.Response) -> str:
    found = answer.json()
    assert list(found) == ["error"]
    assert found["error"].endswith(".")
    return str(found["error"])


def test_join_and_send(board: Running) -> None:
    name = nick()
    answer = board.join(name, code=board.board.code.lower().replace("-", " "))
    assert answer.status_code == 200
    found = answer.json()
    assert set(found) == {"version", "learner", "token"}
    assert found["version"] == 1
    good, unknown = event(), event(exercise="no_such")
    answer = board.send(found["token"], good, unknown, event("hand", key="hand-1"))
    assert answer.status_code == 200
    assert answer.json()["accepted"] == [good["key"], "hand-1"]
    assert list(answer.json()["refused"]) == [unknown["key"]]
    state = board.state()
    mine = next(one for one in state["learners"] if one["id"] == int(found["learner"]))
    assert (mine["name"], mine["events"]) == (name, 2)
    assert mine["id"] in [one["learner"] for one in state["hands"]]


def test_the_same_client_stays_the_same_learner_under_a_new_nickname(board: Running) -> None:
    client, first, second = uuid.uuid4().hex, nick(), nick()
    one = board.join(first, client=client).json()
    two = board.join(second, client=client).json()
    assert one == two
    names = {learner["id"]: learner["name"] for learner in board.state()["learners"]}
    assert names[int(one["learner"])] == second
    assert board.join(first).status_code == 200  # the old nickname is free again


def test_a_nickname_that_somebody_has_is_refused(board: Running) -> None:
    name = nick()
    assert board.join(name).status_code == 200
    answer = board.join(f" {name.upper()} ")
    assert answer.status_code == 409
    assert "choose another" in error(answer)


@pytest.mark.parametrize("code", ["", "AAAA-AAAA", "' OR 1=1 --", "💥" * 60])
def test_a_wrong_code_lets_nobody_in(board: Running, code: str) -> None:
    before = board.state()["count"]
    answer = board.join(nick(), code=code)
    assert answer.status_code == 403
    error(answer)
    assert board.state()["count"] == before


@pytest.mark.parametrize("token", [None, "", "x", "🤖".encode().decode("latin-1"), "x" * 5000])
def test_without_a_token_nothing_is_taken(board: Running, token: str | None) -> None:
    before = board.state()["events"]
    answer = board.post("/api/events", {"version": 1, "events": [event()]}, token)
    assert answer.status_code == 401
    error(answer)
    assert board.state()["events"] == before


def test_a_replay_changes_nothing(board: Running) -> None:
    token = board.token(nick())
    batch = [event(), event("hint"), event("hand")]
    first = board.send(token, *batch)
    before = board.state()
    second = board.send(token, *batch, event(key=batch[0]["key"], status="passed"))
    assert second.json() == first.json()
    after = board.state()
    for changing in ("now", "version"):
        del before[changing], after[changing]
    assert after == before


def test_one_learner_cannot_touch_the_events_of_another(board: Running) -> None:
    ada, bob = board.token(nick()), board.token(nick())
    mine = event()
    before = board.state()["events"]
    assert board.send(ada, mine).json()["accepted"] == [mine["key"]]
    assert board.send(bob, mine | {"status": "passed"}).json()["accepted"] == [mine["key"]]
    assert board.state()["events"] == before + 2


@pytest.mark.parametrize(
    "body",
    [b"{", b'{"version":1,"events":NaN}', b'{"version":1,"events":' + b"[" * 60_000, b"\xff\xfe"],
    ids=["cut", "NaN", "deep", "not UTF-8"],
)
def test_malformed_bodies_are_refused(board: Running, body: bytes) -> None:
    assert board.post("/api/events", body, board.token(nick())).status_code == 422
    assert board.post("/api/join", body[:2000]).status_code == 422


def test_a_body_that_is_too_large_is_refused_before_it_is_read(board: Running) -> None:
    token = board.token(nick())
    large = json.dumps({"version": 1, "events": [], "x": "x" * limits.EVENTS_BYTES}).encode()
    assert board.post("/api/events", large, token).status_code == 413
    assert board.join("x" * limits.JOIN_BYTES).status_code == 413


def test_a_body_of_unknown_length_is_cut_off(board: Running) -> None:
    """Send pieces without saying how many: the answer comes long before the last of them."""
    parts = urlsplit(board.address)
    with socket.create_connection((parts.hostname, parts.port), timeout=30) as raw:
        raw.sendall(
            b"POST /api/join HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
            + b"400\r\n"
            + b"x" * 1024
            + b"\r\n400\r\n"
            + b"x" * 1024
            + b"\r\n1\r\nx\r\n"
        )
        assert raw.recv(1000).startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize("length", ["-5", "9" * 30])
def test_a_length_that_lies_is_refused(board: Running, length: str) -> None:
    parts = urlsplit(board.address)
    with socket.create_connection((parts.hostname, parts.port), timeout=30) as raw:
        raw.sendall(
            f"POST /api/join HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode()
        )
        assert raw.recv(1000).startswith((b"HTTP/1.1 413", b"HTTP/1.1 400"))


def test_a_body_that_does_not_arrive_is_not_waited_for(
    board: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "BODY_SECONDS", 0.2)
    parts = urlsplit(board.address)
    with socket.create_connection((parts.hostname, parts.port), timeout=30) as raw:
        raw.sendall(b"POST /api/join HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{")
        assert raw.recv(1000).startswith(b"HTTP/1.1 408")


def test_who_connects_and_asks_nothing_is_let_go(
    board: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve, "SECONDS_TO_ASK", 0.2)
    parts = urlsplit(board.address)
    for sent in (b"", b"GET / HTTP/1.1\r\nX-Slow: "):
        with socket.create_connection((parts.hostname, parts.port), timeout=30) as raw:
            raw.sendall(sent)
            with contextlib.suppress(ConnectionResetError):
                assert raw.recv(1000) == b""


def test_one_address_cannot_take_all_connections(
    board: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve, "MOST_CONNECTIONS_AT_ONE_ADDRESS", 3)
    parts = urlsplit(board.address)
    with contextlib.ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(socket.create_connection((parts.hostname, parts.port), timeout=30))
        with pytest.raises(requests.ConnectionError):
            board.join(nick())
        # Another machine, here another loopback address, is not shut out.
        wish = {"version": 1, "code": board.board.code, "nick": nick(), "client": uuid.uuid4().hex}
        body = json.dumps(wish).encode()
        with socket.create_connection(
            (parts.hostname, parts.port), timeout=30, source_address=("127.0.0.2", 0)
        ) as raw:
            head = f"POST /api/join HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
            raw.sendall(head.encode() + body)
            assert raw.recv(1000).startswith(b"HTTP/1.1 200")
    for _ in range(100):  # once they are let go
        with contextlib.suppress(requests.ConnectionError):
            assert board.join(nick()).status_code == 200
            break
        time.sleep(0.05)
    else:
        pytest.fail("connections that were closed still count")


def test_flooding_by_one_is_stopped_and_nobody_else_notices(tmp_path: Path) -> None:
    with running(tmp_path) as board:
        flooder, other = board.token("flooder"), board.token("other")
        statuses = []
        for _ in range(90):
            answer = board.send(flooder, event())
            statuses.append(answer.status_code)
            if answer.status_code == 429:
                assert int(answer.headers["Retry-After"]) >= 1
                error(answer)
        assert statuses[:50] == [200] * 50
        assert statuses.count(429) >= 5
        many = [event() for _ in range(100)]
        assert board.send(other, *many).status_code == 200
        for _ in range(10):
            assert board.send(other, event()).status_code == 200


def test_too_many_events_in_few_requests_are_a_flood_too(tmp_path: Path) -> None:
    with running(tmp_path) as board:
        token = board.token()
        statuses = [board.send(token, *(event() for _ in range(100))).status_code for _ in range(7)]
        assert statuses[:4] == [200] * 4
        assert 429 in statuses


def test_one_learner_cannot_fill_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "MOST_EVENTS_OF_ONE", 3)
    with running(tmp_path) as board:
        token = board.token()
        batch = [event() for _ in range(5)]
        answer = board.send(token, *batch).json()
        assert answer["accepted"] == [one["key"] for one in batch[:3]]
        assert "no more room" in answer["refused"][batch[4]["key"]]
        assert board.send(token, *batch).json() == answer
        assert board.send(board.token("bob"), event()).json()["refused"] == {}
        assert board.state()["events"] == 4


def test_the_board_takes_so_many_learners_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "MOST_LEARNERS", 2)
    with running(tmp_path) as board:
        assert [board.join(name).status_code for name in ("a", "b", "c")] == [200, 200, 429]
        assert board.state()["count"] == 2


def test_new_learners_from_one_address_are_limited_but_known_ones_come_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(tmp_path) as board:
        monkeypatch.setattr(board.board, "new_learners", Buckets(2, 0.001))
        client = uuid.uuid4().hex
        assert board.join("a", client=client).status_code == 200
        assert [board.join(name).status_code for name in ("b", "c")] == [200, 429]
        assert board.join("a2", client=client).status_code == 200


def test_what_cannot_be_stored_is_not_acknowledged(
    board: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sqlite3

    def fails(connection: sqlite3.Connection) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    token = board.token(nick())
    monkeypatch.setattr(boards.Store, "add", lambda *words, **more: fails)
    answer = board.send(token, event())
    assert answer.status_code == 503
    error(answer)
    monkeypatch.undo()
    assert board.send(token, event()).status_code == 200


def test_answers_carry_the_headers_that_tie_a_browser_down(board: Running) -> None:
    for path in ("/", "/static/board.js", "/api/state", "/nowhere", "/instructor"):
        answer = requests.get(board.address + path, timeout=30)
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert "Access-Control-Allow-Origin" not in answer.headers
        assert "Server" not in answer.headers
