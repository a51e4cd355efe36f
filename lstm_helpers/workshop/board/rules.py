"""What learners' notebooks may send: read strictly, and refused with one sentence.

Nothing here knows what is stored. JSON is read with every ambiguity refused: names that stand
twice, numbers that are not whole, text that is not UTF-8.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple, NoReturn

from lstm_helpers.workshop.board.nicknames import RefusedError, clean_nick

VERSION = 1
MOST_EVENTS_AT_ONCE = 100

PASSED, FAILED, NOT_ATTEMPTED, NO_VERDICT, SKIPPED = (
    "passed",
    "failed",
    "not attempted",
    "no verdict",
    "skipped",
)
LEAVE = "leave"
KINDS = ("check", "hint", "solution", "skip", "hand", LEAVE)

_FIELDS = ("key", "at", "kind", "lesson", "exercise", "status", "diagnosis", "level", "raised")
_KEY = re.compile(r"[A-Za-z0-9._:+-]{1,64}")
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_CLIENT = re.compile(r"[0-9A-Za-z-]{8,64}")


class Join(NamedTuple):
    """A wish to join, in order.

    Attributes
    ----------
    code : str
        The join code as it was typed.
    nick : str
        The nickname, cleaned.
    client : str
        What tells this client from any other.
    """

    code: str
    nick: str
    client: str


class Event(NamedTuple):
    """Something that happened in a learner's notebook, in order.

    Attributes
    ----------
    key : str
        Tells it from the client's other events.
    at : float
        When, by the client's clock, in seconds since 1970.
    kind : str
        One of `KINDS`.
    exercise : str or None
        Which exercise; None for a hand, and for leaving.
    status : str or None
        What a check said.
    diagnosis : str or None
        The slug of the cause, if one was recognised.
    level : int or None
        Which hint.
    raised : bool or None
        Whether a hand was raised or lowered.
    """

    key: str
    at: float
    kind: str
    exercise: str | None = None
    status: str | None = None
    diagnosis: str | None = None
    level: int | None = None
    raised: bool | None = None


def read_json(body: bytes) -> dict[str, Any]:
    """Read a body as one JSON object of version 1.

    Parameters
    ----------
    body : bytes
        What was sent.

    Returns
    -------
    dict
        The object.

    Raises
    ------
    RefusedError
        If it is anything else.
    """
    try:
        found = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_each_once,
            parse_constant=_no_number,
            parse_float=_no_number,
            parse_int=_small,
        )
    except UnicodeDecodeError:
        raise RefusedError("The body is not UTF-8.") from None
    except RecursionError:
        raise RefusedError("The body is nested too deeply.") from None
    except ValueError:
        raise RefusedError("The body is not JSON.") from None
    if not isinstance(found, dict):
        raise RefusedError("The body is not a JSON object.")
    version = found.get("version")
    if type(version) is not int or version != VERSION:
        raise RefusedError(
            f"The board speaks version {VERSION} of its protocol and got another: update the "
            "package `lstm-course`."
        )
    return found


def read_join(found: Mapping[str, Any]) -> Join:
    """Read a wish to join.

    Parameters
    ----------
    found : mapping
        From `read_json`.

    Returns
    -------
    Join
        Its parts.

    Raises
    ------
    RefusedError
        If a part is missing, unknown or of the wrong kind, or the nickname will not do.
    """
    _only(found, ("version", "code", "nick", "client"))
    for name in ("code", "nick", "client"):
        if not isinstance(found.get(name), str):
            raise RefusedError(f"`{name}` is missing or is not text.")
    if not _CLIENT.fullmatch(found["client"]):
        raise RefusedError("`client` is not 8 to 64 letters, digits and hyphens.")
    return Join(found["code"], clean_nick(found["nick"]), found["client"])


def read_events(
    found: Mapping[str, Any], lesson_of: Mapping[str, str]
) -> tuple[list[Event], dict[str, str]]:
    """Read a batch of events; one that will not do does not spoil the others.

    Parameters
    ----------
    found : mapping
        From `read_json`.
    lesson_of : mapping of str to str
        The number of the lesson of each known exercise.

    Returns
    -------
    events : list of Event
        Those in order, each key once.
    refused : dict of str to str
        For the keys of the others: why.

    Raises
    ------
    RefusedError
        If the batch is not a list, is too long, or has an event without a key.
    """
    _only(found, ("version", "events"))
    batch = found.get("events")
    if not isinstance(batch, list):
        raise RefusedError("`events` is missing or is not a list.")
    if len(batch) > MOST_EVENTS_AT_ONCE:
        raise RefusedError(
            f"There are {len(batch)} events; at most {MOST_EVENTS_AT_ONCE} are taken at once."
        )
    events: dict[str, Event] = {}
    refused: dict[str, str] = {}
    for place, item in enumerate(batch):
        key = item.get("key") if isinstance(item, dict) else None
        if not isinstance(key, str) or not _KEY.fullmatch(key):
            raise RefusedError(
                f"Event {place} has no key of 1 to 64 letters, digits and the signs . _ : + -"
            )
        if key in events or key in refused:
            continue
        try:
            events[key] = _read_event(item, lesson_of)
        except RefusedError as error:
            refused[key] = str(error)
    return list(events.values()), refused


def _read_event(item: dict[str, Any], lesson_of: Mapping[str, str]) -> Event:
    _only(item, _FIELDS)
    kind, status, diagnosis = item.get("kind"), item.get("status"), item.get("diagnosis")
    level, raised = item.get("level"), item.get("raised")
    if kind not in KINDS:
        raise RefusedError(f"`kind` is none of {', '.join(KINDS)}.")
    at = _moment(item.get("at"))
    if kind == "hand":
        if type(raised) is not bool:
            raise RefusedError("`raised` of a hand is neither true nor false.")
        return Event(item["key"], at, kind, raised=raised)
    if kind == LEAVE:
        return Event(item["key"], at, kind)
    exercise = item.get("exercise")
    lesson = lesson_of.get(exercise) if isinstance(exercise, str) else None
    if lesson is None:
        raise RefusedError("The board knows no such exercise: the courses are of two versions.")
    if item.get("lesson") not in (None, lesson):
        raise RefusedError(f"`{exercise}` belongs to lesson {lesson}.")
    if kind == "check":
        if status not in (PASSED, FAILED, NOT_ATTEMPTED, NO_VERDICT):
            raise RefusedError("`status` of a check is none that a check can have.")
        if diagnosis is not None and not (
            isinstance(diagnosis, str) and len(diagnosis) <= 64 and _SLUG.fullmatch(diagnosis)
        ):
            raise RefusedError("`diagnosis` is not a slug of at most 64 characters.")
        return Event(item["key"], at, kind, exercise, status, diagnosis)
    if kind == "hint":
        if type(level) is not int or not 1 <= level <= 3:
            raise RefusedError("`level` of a hint is not 1, 2 or 3.")
        return Event(item["key"], at, kind, exercise, level=level)
    return Event(item["key"], at, kind, exercise, SKIPPED if kind == "skip" else None)


def _moment(text: Any) -> float:
    """Read a point in time with its zone, in this century."""
    try:
        if not isinstance(text, str) or len(text) > 40:
            raise ValueError
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None or not 2000 <= moment.year < 2100:
            raise ValueError
        return moment.timestamp()
    except (ValueError, OverflowError):
        raise RefusedError("`at` is not a time in UTC such as 2026-03-01T09:30:00Z.") from None


def _only(found: Mapping[str, Any], known: tuple[str, ...]) -> None:
    if any(name not in known for name in found):
        raise RefusedError(f"Only these names are known: {', '.join(known)}.")


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError
    return found


def _no_number(text: str) -> NoReturn:
    raise ValueError(text)


def _small(text: str) -> int:
    if len(text) > 15:
        raise ValueError(text)
    return int(text)
