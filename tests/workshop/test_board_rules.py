"""What the board takes and what it refuses, before anything is stored."""

import json

import pytest

from lstm_helpers.exercises import EXERCISES
from lstm_helpers.workshop.board.codes import ALPHABET, new_code, same_code
from lstm_helpers.workshop.board.limits import Buckets, neighbourhood
from lstm_helpers.workshop.board.nicknames import RefusedError, clean_nick, folded
from lstm_helpers.workshop.board.rules import Event, read_events, read_join, read_json
from tests.workshop.board_server import event

LESSON_OF = {name: exercise.lesson for name, exercise in EXERCISES.items()}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"text"',
        b'{"version": 2}',
        b'{"version": true}',
        b'{"version": 1.0}',
        b'{"version": 1, "x": NaN}',
        b'{"version": 1, "x": Infinity}',
        b'{"version": 1, "x": 1e999}',
        b'{"version": 1, "x": ' + b"9" * 5000 + b"}",
        b'{"version": 1, "version": 1}',
        b'{"version": 1, "x": {"a": 1, "a": 2}}',
        b'{"version": 1, "x": "\xff"}',
        b'\xef\xbb\xbf{"version": 1}',
        b'{"version": 1, "x": ' + b"[" * 50_000,
        b'{"version": 1, "x": ' + b"[" * 30_000 + b"]" * 30_000 + b"}",
        b"{" * 60_000,
    ],
    ids=lambda body: body[:30].decode("latin-1") + str(len(body)),
)
def test_a_body_that_is_not_plain_json_is_refused_with_a_sentence(body: bytes) -> None:
    with pytest.raises(RefusedError, match=r"^[A-Z].*\.$"):
        read_json(body)


@pytest.mark.parametrize(
    ("nick", "cleaned"),
    [
        ("ada", "ada"),
        ("  ada \t\n lovelace ", "ada lovelace"),
        ("a\x00d\x1b[31ma\x7f", "ad[31ma"),
        ("\u202eada\u202c\u2066!\u2069", "ada!"),
        ("ad\u200ba\ufeff", "ada"),
        ("a" + "\u0301" * 30, "\u00e1\u0301\u0301"),
        ("<b>&\"ada'</b>", "<b>&\"ada'</b>"),  # text like any other: the page shows it as text
        ("李雷", "李雷"),
    ],
)
def test_nicknames_are_made_harmless(nick: str, cleaned: str) -> None:
    assert clean_nick(nick) == cleaned


@pytest.mark.parametrize(
    "nick", ["", "   ", "\u200b\u202e", "\x00", "\ud800", "x" * 25, "x" * 100_000, "Learner 7"]
)
def test_nicknames_that_are_refused(nick: str) -> None:
    with pytest.raises(RefusedError, match=r"^.*nickname|`learner`"):
        clean_nick(nick)


def test_nicknames_that_look_alike_are_the_same() -> None:
    assert folded(clean_nick("Ada L")) == folded(clean_nick("ａｄａl"))
    assert folded(clean_nick("ada")) != folded(clean_nick("adam"))


@pytest.mark.parametrize(
    "more",
    [
        {"code": 5},
        {"nick": None},
        {"client": "short"},
        {"client": "x" * 65},
        {"client": "../../../etc"},
        {"admin": True},
    ],
)
def test_a_wish_to_join_with_a_wrong_part_is_refused(more: dict[str, object]) -> None:
    wish = {"version": 1, "code": "K", "nick": "ada", "client": "0123456789"}
    assert read_join(wish).nick == "ada"
    with pytest.raises(RefusedError):
        read_join(wish | more)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (event(), ("check", "lstm_step", "failed", "bias-twice", None, None)),
        (
            event(status="passed", diagnosis=None),
            ("check", "lstm_step", "passed", None, None, None),
        ),
        (event("hint", level=3), ("hint", "lstm_step", None, None, 3, None)),
        (event("solution"), ("solution", "lstm_step", None, None, None, None)),
        (event("skip"), ("skip", "lstm_step", "skipped", None, None, None)),
        (event("hand"), ("hand", None, None, None, None, True)),
        (event("leave"), ("leave", None, None, None, None, None)),
    ],
)
def test_each_kind_of_event_is_read(sent: dict[str, object], kept: tuple[object, ...]) -> None:
    events, refused = read_events({"version": 1, "events": [sent]}, LESSON_OF)
    assert refused == {}
    assert events == [Event(str(sent["key"]), events[0].at, *kept)]


@pytest.mark.parametrize(
    "more",
    [
        {"exercise": "rm_rf"},
        {"exercise": ["lstm_step"]},
        {"exercise": None},
        {"lesson": "04"},
        {"lesson": 3},
        {"kind": "party"},
        {"kind": ["check"]},
        {"status": "brilliant"},
        {"status": 1},
        {"status": {}},
        {"diagnosis": "<script>"},
        {"diagnosis": "x" * 65},
        {"diagnosis": 7},
        {"at": "yesterday"},
        {"at": "2026-01-01T00:00:00"},
        {"at": "0001-01-01T00:00:00+23:59"},
        {"at": 5},
        {"at": "2026" * 50},
        {"code": "def lstm_step(): ..."},
        {"kind": "hint", "level": 0},
        {"kind": "hint", "level": True},
        {"kind": "hint", "level": 10**12},
        {"kind": "hand", "raised": 1},
        {"kind": "hand", "raised": None},
    ],
    ids=str,
)
def test_an_event_that_will_not_do_is_refused_and_the_others_are_not(
    more: dict[str, object],
) -> None:
    good, bad = event(), event(**more)
    events, refused = read_events({"version": 1, "events": [bad, good]}, LESSON_OF)
    assert [one.key for one in events] == [good["key"]]
    assert list(refused) == [bad["key"]]
    assert refused[str(bad["key"])].endswith(".")


@pytest.mark.parametrize(
    "events",
    [
        None,
        {},
        "x",
        [5],
        [None],
        [[]],
        [{}],
        [event(key="")],
        [event(key="a b")],
        [event(key=5)],
        [event(key="x" * 65)],
        [event(key="!1")],
        [event() for _ in range(101)],
    ],
    ids=range(13),
)
def test_a_batch_without_keys_or_too_long_is_refused_whole(events: object) -> None:
    with pytest.raises(RefusedError):
        read_events({"version": 1, "events": events}, LESSON_OF)


def test_a_key_that_stands_twice_counts_once() -> None:
    one = event()
    events, refused = read_events({"version": 1, "events": [one, one]}, LESSON_OF)
    assert len(events) == 1
    assert refused == {}


def test_codes_are_unambiguous_and_compared_as_people_type_them() -> None:
    codes = {new_code() for _ in range(200)}
    assert len(codes) == 200
    assert set("".join(codes)) <= set(ALPHABET + "-")
    assert not set("0O1IL5S8B2ZUV") & set(ALPHABET)
    code = codes.pop()
    assert same_code(f"  {code.lower().replace('-', ' - ')} ", code)
    assert not same_code(code[:-1], code)
    assert not same_code(code + "A", code)
    assert not same_code("", code)
    assert not same_code("\ud800", code)


def test_a_bucket_empties_and_fills_again() -> None:
    now = [0.0]
    buckets = Buckets(10, 2, clock=lambda: now[0])
    assert buckets.take("ada", 10) == 0
    assert buckets.take("ada") == 0.5
    assert buckets.take("bob", 10) == 0
    now[0] = 0.5
    assert buckets.take("ada") == 0
    now[0] = 100
    assert buckets.take("ada", 1000) == 0  # more than a full bucket is asked of nobody
    assert buckets.wait("ada") > 0


def test_one_machine_is_one_client_whatever_its_address() -> None:
    assert neighbourhood("2001:db8::1") == neighbourhood("2001:db8::ffff:2")
    assert neighbourhood("::ffff:10.0.0.5") == "10.0.0.5"
    assert neighbourhood("10.0.0.5") != neighbourhood("10.0.0.6")


def test_the_wording_of_a_body_never_echoes_it() -> None:
    for body in (b'{"version": "<script>"}', b'{"version": 1, "<b>": 1}'):
        with pytest.raises(RefusedError) as caught:
            read_join(read_json(body))
        assert "<" not in json.dumps(str(caught.value))
