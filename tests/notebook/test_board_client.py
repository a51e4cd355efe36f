"""The learner's side of a live board: whatever it does, a check is quick and nothing is lost."""

from __future__ import annotations

import json
import os
import signal
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from answers_to_sigmoid import right, wrong
from fake_board import FakeBoard, closed_port

from lstm_helpers.notebook import (
    board,
    check,
    database,
    exchange,
    hint,
    join,
    leave,
    lower_hand,
    membership,
    outbox,
    posting,
    raise_hand,
    sending,
    skip,
)
from lstm_helpers.notebook.membership import Mark, Membership
from lstm_helpers.notebook.store import Store

CODE, NICK = "KFWM-7Q2P", "ada"
BOUND = 0.2  # seconds; the promise to learners
BAD = [
    "slow",
    "garbage",
    "deep",
    "no http",
    "500",
    "429",
    "redirect",
    "endless",
    "gigantic",
    "drip",
    "continue",
    "liar",
    "forgetful",
]


@pytest.fixture(autouse=True)
def quick(home, monkeypatch, page):
    """Try again soon, and leave no thread behind."""
    monkeypatch.setattr(sending, "SHORTEST_PAUSE", 0.05)
    monkeypatch.setattr(sending, "LONGEST_PAUSE", 0.3)
    monkeypatch.setattr(board, "LEAVE_SECONDS", 1.0)
    yield
    membership.forget(home)
    for one in list(sending._senders.values()):
        one.wake()
        assert one.wait(10)
    sending._senders.clear()


@pytest.fixture
def boards():
    """Make boards that are closed at the end, before threads are waited for."""
    made = []

    def make(mode="ok", port=0):
        made.append(FakeBoard(mode, port))
        return made[-1]

    yield make
    for one in made:
        one.free.set()
        one.close()


def until(condition, seconds=30.0):
    """Wait for something that happens in the background."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def text_of(page):
    return page[-1]["text/plain"]


def exercises_of(one):
    return [event["exercise"] for event in one.events.values()]


def joined(home):
    found = membership.look(home)
    return found if isinstance(found, Membership) else None


def settle(home):
    """Wait until everything is sent."""
    assert sending.sender(home).wait(15)


# --- joining -----------------------------------------------------------------------------------


def test_joining_says_what_is_sent_and_sends_each_thing_that_follows(home, page, boards):
    one = boards()
    check(wrong, "sigmoid")  # before: not sent
    join(one.address, CODE, NICK)
    text = text_of(page)
    assert text.startswith("✓ Joined")
    for said in (f"You are `{NICK}`", "lesson, exercise, status", "never sent", "`leave()`"):
        assert said in text
    check(wrong, "sigmoid")
    hint("sigmoid")
    hint("sigmoid", solution=True)
    skip("sigmoid")
    check(right, "sigmoid")
    raise_hand()
    settle(home)
    sent = [
        (e["kind"], e["lesson"], e["exercise"], e["status"], e["level"], e["raised"])
        for e in one.events.values()
    ]
    assert sent == [
        ("check", "00", "sigmoid", "failed", None, None),
        ("hint", "00", "sigmoid", None, 1, None),
        ("solution", "00", "sigmoid", None, None, None),
        ("skip", "00", "sigmoid", "skipped", None, None),
        ("check", "00", "sigmoid", "passed", None, None),
        ("hand", None, None, None, None, True),
    ]
    path, content, headers = one.posts[0]
    assert path == "/api/join"
    assert set(content) == {"version", "code", "nick", "client"}
    assert (content["code"], content["nick"]) == (CODE, NICK)
    assert headers["Connection"] == "close"
    first = next(iter(one.events.values()))
    assert set(first) == {
        "key", "at", "kind", "lesson", "exercise", "status", "diagnosis", "level", "raised"
    }  # fmt: skip
    assert first["diagnosis"] == Store(home).answers("sigmoid")[0].diagnosis


def test_no_code_is_sent(home, page, boards):
    one = boards()
    join(one.address, CODE, NICK)

    def sigmoid(x):
        mark_of_my_code = 41
        return x + mark_of_my_code

    check(sigmoid)
    settle(home)
    assert exercises_of(one) == ["sigmoid"]
    assert "mark_of_my_code" in Store(home).answers("sigmoid")[0].source
    assert not any(b"mark_of_my_code" in body or b"return" in body for body in one.bodies)


@pytest.mark.parametrize(
    "diagnosis",
    ["def f(x): return x", "A" * 30, "a" * 65, "wrong sign", "a_b", "x\n", "<script>", "é"],
)
def test_what_is_no_slug_is_not_sent_as_a_diagnosis(home, page, boards, diagnosis):
    one = boards()
    join(one.address, CODE, NICK)
    Store(home).record_check("sigmoid", "failed", diagnosis, None)
    Store(home).record_check("long_gone", "failed", None, None)
    Store(home).record_check("sigmoid", "odd status", None, None)
    sending.wake(home)
    settle(home)
    assert [event["diagnosis"] for event in one.events.values()] == [None, None]
    assert [event["status"] for event in one.events.values()] == ["failed", "no verdict"]


def test_an_address_is_cleaned(home, page, boards):
    one = boards()
    join(f"  127.0.0.1:{one.port}/some/page?x=1 ", f" {CODE} ", "  ada\u202e\n l. ")
    assert text_of(page).startswith("✓ Joined")
    assert joined(home).address == one.address
    assert one.posts[0][1]["nick"] == "ada l."


@pytest.mark.parametrize(
    ("address", "code", "nick", "said"),
    [
        ("ftp://x", CODE, NICK, "'ftp://x' cannot be used; expected one such as 'http://"),
        ("", CODE, NICK, "expected one such as"),
        ("http://", CODE, NICK, "expected one such as"),
        ("http://a b", CODE, NICK, "expected one such as"),
        ("http://a:99999", CODE, NICK, "expected one such as"),
        ("http://ada:secret@host", CODE, NICK, "expected one such as"),
        ("http://a\r\nX-Evil: 1", CODE, NICK, "expected one such as"),
        ("http://[::1", CODE, NICK, "expected one such as"),
        (None, CODE, NICK, "The address is of type NoneType"),
        ("10.0.0.5", "", NICK, "The code has 0 characters; expected 1 to 40"),
        ("10.0.0.5", 7, NICK, "The code is of type int"),
        ("10.0.0.5", CODE, "\u200b \n", "The nickname has 0 characters; expected 1 to 24"),
        ("10.0.0.5", CODE, "a" * 25, "The nickname has 25 characters"),
        ("10.0.0.5", CODE, b"ada", "The nickname is of type bytes"),
    ],
)
def test_what_cannot_be_used_is_a_sentence(home, page, address, code, nick, said):
    join(address, code, nick)
    assert text_of(page).startswith("○ Not joined")
    assert said in text_of(page)
    assert membership.look(home) is None


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        ("403", "did not accept the code `KFWM-7Q2P`"),
        ("409", "`ada` is taken by somebody else: choose another one"),
        ("410", "This workshop has ended"),
        ("422", 'It says: "the nick is <b>odd</b>"'),
    ],
)
def test_a_refusal_is_final(home, page, boards, mode, said):
    join(boards(mode).address, CODE, NICK)
    assert text_of(page).startswith("○ Not joined")
    assert said in text_of(page)
    assert "<b>odd" not in page[-1]["text/html"]
    assert membership.look(home) is None


def test_a_refusal_leaves_an_earlier_board_alone(home, page, boards):
    first = boards()
    join(first.address, CODE, NICK)
    join(boards("403").address, "OTHER", "bob")
    assert f"You are still `ada` on the board at {first.address}" in text_of(page)
    check(right, "sigmoid")
    settle(home)
    assert exercises_of(first) == ["sigmoid"]


def test_a_board_that_is_down_is_joined_later(home, page, boards):
    port = closed_port()
    join(f"127.0.0.1:{port}", CODE, NICK)
    text = text_of(page)
    assert text.startswith("○ Not joined yet")
    assert "nothing listens there" in text
    check(right, "sigmoid")
    one = boards(port=port)
    until(lambda: one.events)
    assert exercises_of(one) == ["sigmoid"]
    assert joined(home).token is not None


def test_a_slow_board_is_waited_for_three_seconds_at_most(home, page, boards, monkeypatch):
    monkeypatch.setattr(board, "JOIN_SECONDS", 0.2)
    one = boards("slow")
    join(one.address, CODE, NICK)
    assert "did not answer" in text_of(page)
    check(right, "sigmoid")
    one.free.set()
    until(lambda: one.events)


@pytest.mark.parametrize("mode", ["garbage", "500", "429", "liar", "redirect"])
def test_what_is_no_answer_keeps_the_wish(home, page, boards, mode):
    one = boards(mode)
    join(one.address, CODE, NICK)
    assert text_of(page).startswith("○ Not joined yet")
    one.mode = "ok"
    until(lambda: joined(home).token is not None)
    assert all(path == "/api/join" for path, _, _ in one.posts)


def test_joining_again_keeps_what_is_unsent_in_the_same_workshop(home, page, boards):
    port = closed_port()
    join(f"127.0.0.1:{port}", "KFWM 7q2p", NICK)
    check(wrong, "sigmoid")
    one = boards()  # the board has moved to another address
    join(one.address, CODE, NICK)
    settle(home)
    assert exercises_of(one) == ["sigmoid"]
    other = boards()
    join(other.address, "ANOTHER", NICK)
    check(right, "sigmoid")
    settle(home)
    assert [event["status"] for event in other.events.values()] == ["passed"]
    assert len(one.events) == 1


def test_a_folder_keeps_its_name_until_the_workshop_has_ended(home, page, boards):
    one = boards()
    for _ in range(2):
        join(one.address, CODE, NICK)
        leave()
    one.mode = "410"
    join(one.address, CODE, NICK)
    one.mode = "ok"
    join(one.address, CODE, NICK)
    clients = [content["client"] for path, content, _ in one.posts if path == "/api/join"]
    assert len(set(clients)) == 1
    one.mode = "410"
    check(right, "sigmoid")
    settle(home)
    one.mode = "ok"
    join(one.address, CODE, NICK)
    assert one.posts[-1][1]["client"] != clients[0]


def test_a_folder_that_cannot_be_written_is_a_card(page, unwritable):
    join("10.0.0.5", CODE, NICK)
    assert "The working folder cannot be used" in text_of(page)
    for call in (raise_hand, lower_hand, leave):
        call()
        assert text_of(page).startswith("○ Not joined")


# --- hands, leaving ----------------------------------------------------------------------------


def test_hands_go_up_and_down(home, page, boards):
    one = boards()
    join(one.address, CODE, NICK)
    for call, said in ((raise_hand, "▲ Hand raised"), (lower_hand, "▽ Hand lowered")):
        for _ in range(2):
            call()
            assert text_of(page).startswith(said)
    settle(home)
    assert [event["raised"] for event in one.events.values()] == [True, True, False, False]


@pytest.mark.parametrize("call", [raise_hand, lower_hand, leave])
def test_without_a_board_there_is_a_card(home, page, call):
    call()
    assert text_of(page).startswith("○ Not joined")
    assert list(home.iterdir()) == []


def test_leaving_lowers_the_hand_and_ends_it(home, page, boards):
    one = boards()
    join(one.address, CODE, NICK)
    raise_hand()
    leave()
    assert text_of(page).startswith("✓ Left")
    sent = [(event["kind"], event["raised"]) for event in one.events.values()]
    assert sent == [("hand", True), ("hand", False), ("leave", None)]
    assert membership.look(home) is None
    posts = len(one.posts)
    check(right, "sigmoid")
    assert sending._senders[home]._thread is None
    assert len(one.posts) == posts


def test_leaving_a_board_that_is_down_says_so(home, page, boards):
    join(f"127.0.0.1:{closed_port()}", CODE, NICK)
    raise_hand()
    leave()
    assert "Your hand may still show there." in text_of(page)
    assert membership.look(home) is None


def test_leaving_while_a_request_is_under_way_is_not_undone(home, page, boards):
    one = boards()
    join(one.address, CODE, NICK)
    one.mode = "slow"
    check(right, "sigmoid")
    until(lambda: len(one.posts) == 2)
    leave()
    one.free.set()
    settle(home)
    assert membership.look(home) is None


# --- a board that misbehaves -------------------------------------------------------------------


def seconds_of_checks(count=5):
    spent = []
    for _ in range(count):
        begun = time.perf_counter()
        check(right, "sigmoid")
        spent.append(time.perf_counter() - begun)
    return spent


@pytest.mark.parametrize("mode", [*BAD, "down"])
def test_a_bad_board_delays_no_check_and_loses_nothing(
    home, page, boards, mode, monkeypatch, capfd, record_property
):
    monkeypatch.setattr(exchange, "ANSWER_SECONDS", 12.0 if mode == "slow" else 1.0)
    monkeypatch.setattr(sending, "SHORTEST_PAUSE", 0.2)
    one = boards()
    join(one.address, CODE, NICK)
    if mode == "down":
        one.close()
    else:
        one.mode = mode
    requests = len(one.posts)
    spent = []
    for _ in range(3):  # a busy machine may take long once, a board may not
        spent = seconds_of_checks()
        record_property("seconds", spent)
        if statistics.median(spent) < BOUND:
            break
    assert statistics.median(spent) < BOUND
    if mode != "down":
        until(lambda: len(one.posts) > requests)
    check(wrong, "sigmoid")
    assert text_of(page).startswith("✗ Not yet")
    if mode == "down":
        two = boards(port=one.port)
        two.tokens = set(one.tokens)
    else:
        one.mode = "ok"
        one.free.set()
        two = one
    rows = outbox.unsent(home, Mark(0, ""), "", 1000)
    expected = [row.event["key"] for row in rows]
    assert len(expected) >= 6
    until(lambda: set(two.events) >= set(expected))
    assert sorted(two.events) == sorted(expected)
    assert capfd.readouterr() == ("", "")
    assert not any(path == "/elsewhere" for path, _, _ in two.posts)


def test_what_a_board_sends_is_read_up_to_a_limit(boards):
    for mode in ("endless", "gigantic", "continue"):
        one = boards(mode)
        # It is the amount that ends it, and not the time.
        with pytest.raises(posting.UnreachableError, match="no board of this course"):
            posting.post(one.address, "/api/join", {}, None, 60)


def test_an_answer_that_drips_is_given_up(boards):
    with pytest.raises(posting.UnreachableError, match="in time"):
        posting.post(boards("drip").address, "/api/join", {}, None, 0.2)


def test_redirects_and_proxies_are_not_followed(home, page, boards, monkeypatch):
    proxy = boards()
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy.address)
    one = boards()
    join(one.address, CODE, NICK)
    assert [path for path, _, _ in one.posts] == ["/api/join"]
    assert proxy.posts == []


def test_an_unknown_token_is_renewed_with_the_same_code(home, page, boards):
    one = boards()
    join(one.address, CODE, NICK)
    one.tokens = set()  # the board was started anew
    check(right, "sigmoid")
    until(lambda: one.events)
    settle(home)
    paths = [path.removeprefix("/api/") for path, _, _ in one.posts]
    assert paths == ["join", "events", "join", "events"]
    assert one.posts[0][1] == one.posts[2][1]


def test_a_token_that_another_kernel_renewed_is_kept(home, page, boards):
    one = boards()
    join(one.address, CODE, NICK)
    old = joined(home).token
    one.tokens = {"newer"}

    def renewed_meanwhile(request, content):
        if request.headers["Authorization"] == f"Bearer {old}":
            membership.change(home, joined(home), token="newer")
        one.answer_ok(request, content)

    one.answer_meanwhile = renewed_meanwhile
    one.mode = "meanwhile"
    check(right, "sigmoid")
    settle(home)
    assert [path for path, _, _ in one.posts] == ["/api/join", "/api/events", "/api/events"]
    assert len(one.events) == 1


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        ("410", "The workshop's board has ended, and nothing is sent to it any more."),
        ("403", "did not accept your code"),
        ("409", "Your nickname on the workshop's board is taken"),
    ],
)
def test_an_end_is_said_once_on_the_next_card(home, page, boards, mode, said):
    one = boards()
    join(one.address, CODE, NICK)
    if mode != "410":
        membership.change(home, joined(home), token=None)
    one.mode = mode
    check(right, "sigmoid")
    settle(home)
    assert joined(home) is None
    posts = len(one.posts)
    check(right, "sigmoid")
    assert said in text_of(page)
    check(right, "sigmoid")
    assert said not in text_of(page)
    assert len(one.posts) == posts
    assert membership.look(home) is None


def test_an_end_is_said_by_a_hand_too(home, page, boards):
    one = boards()
    join(one.address, CODE, NICK)
    one.mode = "410"
    check(right, "sigmoid")
    settle(home)
    raise_hand()
    assert "has ended" in text_of(page)


def test_a_board_that_is_silent_for_days_is_forgotten(home, page, boards):
    join(f"127.0.0.1:{closed_port()}", CODE, NICK)
    membership.change(home, joined(home), heard="2020-01-01T00:00:00+00:00")
    sending.sender(home).wake()
    settle(home)
    check(right, "sigmoid")
    assert "last answered three days ago" in text_of(page)


def test_pauses_grow_to_a_minute_and_differ(monkeypatch):
    monkeypatch.undo()
    pauses = [sending.pause_after(failures) for failures in (1, 2, 3, 4, 7, 8, 1000)]
    for pause, least in zip(pauses, (1, 2, 4, 8, 60, 60, 60), strict=True):
        assert least <= pause <= 1.25 * least
    assert len({sending.pause_after(1) for _ in range(20)}) > 10


def test_a_check_tries_at_once(home, page, boards, monkeypatch):
    monkeypatch.setattr(sending, "pause_after", lambda failures: 600.0)
    one = boards("500")
    join(one.address, CODE, NICK)
    until(lambda: sending.sender(home).is_failing())
    time.sleep(0.2)
    assert len(one.posts) == 2  # of `join`, and in the background
    check(right, "sigmoid")
    until(lambda: len(one.posts) == 3)


def test_many_checks_at_once_are_one_try_a_second(home, page, boards, monkeypatch):
    asked, gate, sleep = [], threading.Event(), time.sleep

    def held(seconds):
        if threading.current_thread().name != "lstm-course board":
            return sleep(seconds)
        asked.append(seconds)
        return gate.wait(30)

    monkeypatch.setattr(sending, "SHORTEST_PAUSE", 1000.0)
    monkeypatch.setattr(sending.time, "sleep", held)
    one = boards("500")
    join(one.address, CODE, NICK)
    for _ in range(20):
        sending.wake(home)
        sleep(0.01)
    until(lambda: asked)
    assert len(one.posts) == 2
    assert 900 < asked[0] <= 1000
    gate.set()


def test_a_wish_to_wait_is_heeded_and_capped(home, page, boards, monkeypatch):
    slept = []
    monkeypatch.setattr(sending.time, "sleep", lambda seconds: slept.append(seconds))
    replies = iter([posting.Reply(429, {}, wait) for wait in (0.0, 0.25, 1e6)])

    def post(*_):
        reply = next(replies, None)
        return reply or posting.Reply(410, {}, None)

    monkeypatch.setattr(exchange, "post", post)
    monkeypatch.setattr(board, "post", lambda *_: posting.Reply(429, {}, 5.0))
    join("10.0.0.5", CODE, NICK)
    settle(home)
    assert slept == [0.05, 0.25, 0.3]


def test_batches_have_at_most_a_hundred_and_shrink(home, page, boards, monkeypatch):
    one = boards()
    join(one.address, CODE, NICK)
    real = one.answer_ok

    def narrow(request, content):
        if len(content.get("events", ())) > 10:
            one.send(request, 413, {"error": "too large"})
        elif any(event["diagnosis"] == "cause-7" for event in content["events"]):
            one.send(request, 422, {"error": "that one is malformed"})
        else:
            real(request, content)

    one.answer_narrow = narrow
    one.mode = "narrow"

    def many(connection):
        for number in range(250):
            row = {"status": "failed", "diagnosis": f"cause-{number}", "source": "# code\n" * 500}
            database.append(connection, "check", "sigmoid", **row)

    database.write(Store(home).path, many)
    sending.wake(home)
    until(lambda: len(one.events) > 20)
    one.mode = "ok"
    settle(home)
    found = [event["diagnosis"] for event in one.events.values()]
    assert found == [f"cause-{number}" for number in range(250) if number != 7]
    sizes = [len(content["events"]) for path, content, _ in one.posts if path == "/api/events"]
    assert max(sizes) == 100
    assert max(map(len, one.bodies)) < 64_000


def test_what_is_refused_is_not_sent_again(home, page, boards):
    one = boards()
    join(one.address, CODE, NICK)

    def refuse(request, content):
        keys = [event["key"] for event in content["events"]]
        one.send(request, 200, {"version": 1, "accepted": [], "refused": dict.fromkeys(keys, "no")})

    one.answer_refusing = refuse
    one.mode = "refusing"
    check(right, "sigmoid")
    settle(home)
    one.mode = "ok"
    check(wrong, "sigmoid")
    settle(home)
    assert [event["status"] for event in one.events.values()] == ["failed"]


def test_an_answer_for_some_keeps_the_rest(home, page, boards):
    one = boards("500")
    join(one.address, CODE, NICK)
    for _ in range(3):
        check(wrong, "sigmoid")

    def first_only(request, content):
        if request.path == "/api/join":
            one.answer_ok(request, content)
            return
        one.events[content["events"][0]["key"]] = content["events"][0]
        one.send(request, 200, {"version": 1, "accepted": [content["events"][0]["key"]]})

    one.answer_some = first_only
    one.mode = "some"
    settle(home)
    assert len(one.events) == 3


# --- files that are damaged, grading, threads --------------------------------------------------


def test_a_damaged_progress_file_does_not_stop_it(home, page, boards):
    one = boards()
    join(one.address, CODE, NICK)
    for _ in range(3):
        check(wrong, "sigmoid")
    settle(home)
    time.sleep(1.01)  # a row of the new file has the same number, but not the same time
    Store(home).path.write_bytes(b"no database" * 1000)
    sending.wake(home)
    settle(home)
    assert list(Store(home).path.parent.glob("*damaged*")) == []  # left for a card to tell
    check(right, "sigmoid")
    assert "kept as `progress.damaged-" in text_of(page)
    settle(home)
    assert [event["status"] for event in one.events.values()] == ["failed"] * 3 + ["passed"]


def test_the_file_of_an_older_course_can_be_joined_with(home, page, boards):
    Store(home).record_check("sigmoid", "passed", None, None)
    one = boards()
    join(one.address, CODE, NICK)
    check(wrong, "sigmoid")
    settle(home)
    assert [event["key"].split("-")[0] for event in one.events.values()] == ["2"]


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", "\x00", '{"version": 1}', '{"version": 1, "membership": 3}', "[" * 5000,
     '{"version": 1, "note": {"sentence": 3}}', '{"version": 2, "membership": {}}'],
)  # fmt: skip
def test_a_damaged_membership_counts_as_none(home, page, text):
    (home / ".lstm-course").mkdir()
    (home / ".lstm-course" / "board.json").write_text(text)
    check(right, "sigmoid")
    assert text_of(page).startswith("✓ Passed")
    assert membership.look(home) is None
    raise_hand()
    assert text_of(page).startswith("○ Not joined")


def test_only_the_owner_can_read_the_token(home, page, boards):
    join(boards().address, CODE, NICK)
    file = home / ".lstm-course" / "board.json"
    assert json.loads(file.read_text())["membership"]["token"]
    if os.name == "posix":
        assert file.stat().st_mode & 0o077 == 0


def test_under_nbgrader_nothing_is_sent(home, page, boards, monkeypatch):
    one = boards()
    join(one.address, CODE, NICK)
    settle(home)
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    posts, shown = len(one.posts), len(page)
    assert check(right, "sigmoid") is right
    for call in (raise_hand, lower_hand, leave, lambda: join(one.address, CODE, "b")):
        assert call() is None
    Store(home).record_check("sigmoid", "passed", None, None)
    sending.wake(home)
    sending.sender(home).wake()  # even so
    settle(home)
    assert (len(one.posts), len(page)) == (posts, shown)
    assert joined(home).nick == NICK


def test_a_thread_that_cannot_be_started_is_no_trouble(home, page, boards, monkeypatch):
    one = boards()
    join(one.address, CODE, NICK)
    settle(home)

    def refuse(self):
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        check(wrong, "sigmoid")
    assert text_of(page).startswith("✗ Not yet")
    check(right, "sigmoid")
    settle(home)
    assert len(one.events) == 2


def test_whatever_goes_wrong_in_the_thread_it_goes_on(home, page, boards, monkeypatch):
    one = boards()
    join(one.address, CODE, NICK)
    settle(home)
    real, failures = exchange.post, iter([MemoryError(), KeyError("x"), OSError("disk")])

    def post(*words):
        for failure in failures:
            raise failure
        return real(*words)

    monkeypatch.setattr(exchange, "post", post)
    check(right, "sigmoid")
    settle(home)
    assert len(one.events) == 1


# --- several kernels, and kernels that are killed ----------------------------------------------

KERNEL = """
import os, signal, sys
sys.path.insert(0, {here!r})
from answers_to_sigmoid import right
from lstm_helpers.notebook import check, sending
for _ in range({count}):
    check(right, "sigmoid")
{then}
"""


def kernel(count=1, then=""):
    program = KERNEL.format(here=str(Path(__file__).parent), count=count, then=then)
    return subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )


def test_a_killed_kernel_loses_nothing(home, page, boards):
    one = boards()
    join(one.address, CODE, NICK)
    one.mode = "slow"
    with kernel(2, then="os.kill(os.getpid(), signal.SIGKILL)") as killed:
        killed.communicate(timeout=60)
    assert killed.returncode == -signal.SIGKILL
    one.mode = "ok"
    with kernel(1) as later:  # it ends at once; its last request has a moment
        assert later.communicate(timeout=60)[1] == b""
    sending.wake(home)
    settle(home)
    assert [key.split("-")[0] for key in one.events] == ["1", "2", "3"]


def test_several_kernels_of_a_folder_do_not_fight(home, page, boards):
    one = boards()
    join(one.address, CODE, NICK)
    kernels = [kernel(5), kernel(5)]
    for each in kernels:
        with each:
            assert each.communicate(timeout=60)[1] == b""
    check(right, "sigmoid")
    settle(home)
    assert sorted(int(key.split("-")[0]) for key in one.events) == list(range(1, 12))
    assert len(exercises_of(one)) == 11


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this system")
def test_a_forked_process_sends_with_a_thread_of_its_own(home, page, boards):
    one = boards()
    join(one.address, CODE, NICK)
    with kernel(
        1,
        then="""
from lstm_helpers.notebook.folder import working_folder
import warnings
warnings.simplefilter("ignore")
sending.sender(working_folder()).wait(20)  # a fork amid an import would inherit its lock
child = os.fork()
if child == 0:
    assert not sending._senders
    check(right, "sigmoid")
    sending.sender(working_folder()).wait(20)
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
""",
    ) as forking:
        assert forking.communicate(timeout=60)[1] == b""
    assert len(one.events) == 2


def test_a_kernel_that_ends_does_not_wait_for_a_slow_board(home, page, boards):
    one = boards()
    join(one.address, CODE, NICK)
    one.mode = "slow"
    with kernel(then="import time; print(time.time(), file=sys.stderr)") as ending:
        ended = float(ending.communicate(timeout=60)[1])
        assert time.time() - ended < 5  # the board would take 10
