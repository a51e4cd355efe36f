"""Who may look, who may lead, and what is left when the workshop has ended."""

import contextlib
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from lstm_helpers.workshop.board.controls import CONFIRMATION
from lstm_helpers.workshop.board.limits import Buckets
from tests.workshop.board_server import Running, event, running


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("board")) as board:
        yield board


def nick() -> str:
    return uuid.uuid4().hex[:12]


def first_message(browser: requests.Session, address: str) -> str:
    """Read the stream up to its first state."""
    with browser.get(f"{address}/api/stream", stream=True, timeout=30) as answer:
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        for line in answer.iter_lines():
            if line.startswith(b"data: "):
                return str(line.decode())
    raise AssertionError("the stream ended")


def test_nobody_without_the_code_reads(board: Running) -> None:
    name = nick()
    board.token(name)
    stranger = requests.Session()
    for cookie in ("x", board.board.code, board.board.csrf):
        stranger.cookies.set(f"board-{board.board.name}-view", cookie)
        for path in ("/api/state", "/api/stream"):
            answer = stranger.get(board.address + path, timeout=30)
            assert answer.status_code == 403
            assert name not in answer.text
    page = stranger.get(board.address, timeout=30)
    assert "Join code" in page.text
    for secret in (name, board.board.code, board.board.view_key, board.board.instructor_key):
        assert secret not in page.text


def test_the_code_opens_the_page_and_the_stream(board: Running) -> None:
    name = nick()
    board.token(name)
    by_form = requests.Session()
    wrong = by_form.post(f"{board.address}/enter", data={"code": "AAAA-AAAA"}, timeout=30)
    assert wrong.status_code == 403
    assert "not the join code" in wrong.text
    right = by_form.post(f"{board.address}/enter", data={"code": board.board.code}, timeout=30)
    assert right.status_code == 200
    for browser in (by_form, board.viewer()):
        assert "Stuck longest" in browser.get(board.address, timeout=30).text
        assert name in first_message(browser, board.address)


def test_cookies_are_for_the_browser_alone(board: Running) -> None:
    code, key = board.board.code, board.board.instructor_key
    for link in (f"/?code={code}", f"/instructor?key={key}"):
        answer = requests.get(board.address + link, allow_redirects=False, timeout=30)
        assert answer.status_code == 303
        assert answer.headers["Location"].startswith("/")
        for cookie in answer.raw.headers.getlist("set-cookie"):
            assert "HttpOnly" in cookie
            assert "SameSite=lax" in cookie
        assert code not in answer.headers["Set-Cookie"]


def test_the_host_header_is_not_trusted(board: Running) -> None:
    for path in ("/", f"/?code={board.board.code}"):
        answer = requests.get(
            board.address + path,
            headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"},
            allow_redirects=False,
            timeout=30,
        )
        assert "evil" not in answer.text + str(answer.headers)


def test_guesses_of_the_code_are_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running(tmp_path) as board:
        wrong = Buckets(5, 0.01)
        monkeypatch.setattr(board.board, "wrong_codes", wrong)
        statuses = [board.join("eve", code=f"AAAA-AAA{k}").status_code for k in range(3)]
        statuses += [
            requests.get(f"{board.address}/?code=AAAA{k}", timeout=30).status_code for k in range(2)
        ]
        assert statuses == [403] * 5
        # Now not even the right code is looked at, by whatever door.
        answers = [
            board.join("eve"),
            requests.get(f"{board.address}/?code={board.board.code}", timeout=30),
            requests.post(f"{board.address}/enter", data={"code": board.board.code}, timeout=30),
            # Nor does a header help that claims another address.
            requests.get(
                f"{board.address}/?code={board.board.code}",
                headers={"X-Forwarded-For": "10.9.8.7"},
                timeout=30,
            ),
        ]
        assert [answer.status_code for answer in answers] == [429] * 4
        assert all(int(answer.headers["Retry-After"]) >= 1 for answer in answers)
        assert "Too many wrong codes" in answers[1].text
        wrong.clock = lambda: 1e9
        assert board.join("eve").status_code == 200


def test_controls_are_refused_to_who_has_only_the_code(board: Running) -> None:
    token = board.token(nick())
    board.send(token, event("hand"))
    before = board.state()
    viewer = board.viewer()
    for browser in (viewer, requests.Session()):
        assert browser.get(f"{board.address}/instructor", timeout=30).status_code == 403
        for given in ("", board.board.csrf):  # even if the token of the page leaked
            browser.headers["X-Board-Token"] = given
            for action, more in (
                ("nicknames", {"shown": False}),
                ("lower", {"learner": 1}),
                ("mask", {"learner": 1, "masked": True}),
                ("lessons", {"lessons": ["04"]}),
                ("end", {"confirm": CONFIRMATION}),
            ):
                assert board.control(browser, action, **more).status_code == 403
    body = {"version": 1, "action": "end", "confirm": CONFIRMATION}
    assert board.post("/api/control", body, token).status_code == 403
    assert requests.get(f"{board.address}/instructor?key=x", timeout=30).status_code == 403
    assert "X-Board-Token" not in viewer.get(board.address, timeout=30).text
    assert board.board.csrf not in viewer.get(board.address, timeout=30).text
    after = board.state()
    assert before["learners"] == after["learners"]
    assert before["hands"] == after["hands"]


def test_another_site_cannot_use_the_instructors_browser(board: Running) -> None:
    """It would have the cookies, but not the token that our page sends beside them."""
    browser = board.instructor()
    del browser.headers["X-Board-Token"]
    assert board.control(browser, "nicknames", shown=False).status_code == 403
    for method in ("GET", "PUT", "OPTIONS"):
        answer = browser.request(method, f"{board.address}/api/control", timeout=30)
        assert answer.status_code == 405


def test_one_switch_hides_all_nicknames_and_another_one_of_them(board: Running) -> None:
    name = nick()
    number = int(board.join(name).json()["learner"])
    instructor = board.instructor()

    def shown() -> str:
        return str(next(one["name"] for one in board.state()["learners"] if one["id"] == number))

    assert shown() == name
    assert board.control(instructor, "nicknames", shown=False).status_code == 200
    assert shown() == f"learner {number}"
    assert name not in first_message(board.viewer(), board.address)
    board.control(instructor, "nicknames", shown=True)
    board.control(instructor, "mask", learner=number, masked=True)
    assert shown() == f"learner {number}"
    board.control(instructor, "mask", learner=number, masked=False)
    assert shown() == name


def test_a_hand_that_was_lowered_stays_down_until_it_is_raised_again(board: Running) -> None:
    answer = board.join(nick()).json()
    number, token = int(answer["learner"]), answer["token"]
    hand = event("hand")
    board.send(token, hand)

    def is_up() -> bool:
        return number in [one["learner"] for one in board.state()["hands"]]

    assert is_up()
    assert board.control(board.instructor(), "lower", learner=number).status_code == 200
    assert not is_up()
    board.send(token, hand)  # a replay
    assert not is_up()
    board.send(token, event("hand"))
    assert is_up()
    board.send(token, event("hand", raised=False))
    assert not is_up()


def test_the_instructor_chooses_lessons(board: Running) -> None:
    instructor = board.instructor()
    assert board.control(instructor, "lessons", lessons=["04", "02"]).status_code == 200
    state = board.state()
    assert [one["number"] for one in state["lessons"]] == ["02", "04"]
    assert {one["label"][0] for one in state["exercises"]} == {"2", "4"}
    assert board.control(instructor, "lessons", lessons=[]).status_code == 200
    assert board.state()["chosen"] == []


@pytest.mark.parametrize(
    ("action", "more"),
    [
        ("party", {}),
        ("nicknames", {"shown": "no"}),
        ("lower", {"learner": 10**9}),
        ("lower", {"learner": "1"}),
        ("mask", {"learner": 1}),
        ("lessons", {"lessons": ["99"]}),
        ("lessons", {"lessons": "03"}),
        ("end", {}),
        ("end", {"confirm": True}),
    ],
)
def test_controls_refuse_what_makes_no_sense(
    board: Running, action: str, more: dict[str, object]
) -> None:
    answer = board.control(board.instructor(), action, **more)
    assert answer.status_code == 422
    assert answer.json()["error"].endswith(".")


def test_too_many_pages_are_refused_but_never_the_instructors(
    board: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(board.board.stream, "has_room", lambda address: False)
    answer = board.viewer().get(f"{board.address}/api/stream", timeout=30)
    assert answer.status_code == 429
    assert first_message(board.instructor(), board.address)


def test_an_ended_workshop_is_deleted_and_gone_for_all(tmp_path: Path) -> None:
    folder = tmp_path / "board"
    with running(folder) as board:
        secret = "nobody-must-find-this"
        token = board.token(secret)
        for _ in range(20):
            board.send(token, event())
        viewer, instructor = board.viewer(), board.instructor()
        found = b"".join(file.read_bytes() for file in folder.iterdir())
        assert secret.encode() in found
        with viewer.get(f"{board.address}/api/stream", stream=True, timeout=30) as stream:
            assert board.control(instructor, "end", confirm=CONFIRMATION).status_code == 200
            with contextlib.suppress(requests.exceptions.ChunkedEncodingError):
                assert b"event: ended" in stream.content
        assert list(folder.iterdir()) == []
        assert board.join("late").status_code == 410
        assert board.send(token, event()).status_code == 410
        for browser in (viewer, instructor):
            for path in ("/", "/instructor", "/api/state", "/api/stream"):
                answer = browser.get(board.address + path, timeout=30)
                assert answer.status_code == 410
                assert secret not in answer.text
        assert board.control(instructor, "nicknames", shown=True).status_code == 410
    assert list(folder.iterdir()) == []
    with running(folder) as board:  # the next one has nothing to do with it
        assert board.state()["count"] == 0
        assert board.send(token, event()).status_code == 401
