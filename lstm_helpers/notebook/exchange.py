"""One exchange with the board: join it if that is still to be done, then send a batch of rows.

What the board answers decides what becomes of the membership. Anything that a board of this course
would not answer means: keep everything, and try again later.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from lstm_helpers.notebook.display import is_grading
from lstm_helpers.notebook.membership import VERSION, Mark, Membership, change, end, is_token, look
from lstm_helpers.notebook.outbox import Row, unsent
from lstm_helpers.notebook.posting import Reply, UnreachableError, post

ANSWER_SECONDS = 20.0  # a slow board gets its time: nobody waits for it
FORGOTTEN_AFTER = timedelta(days=3)  # without an answer
LARGEST_BATCH = 100  # rows

_AGAIN = "`join(address, code, nick)` joins again."
_ENDED = "The workshop's board has ended, and nothing is sent to it any more."
_SILENT = f"The workshop's board last answered three days ago, and was forgotten; {_AGAIN}"
_REFUSED = {
    403: f"The workshop's board did not accept your code, and was forgotten; {_AGAIN}",
    409: f"Your nickname on the workshop's board is taken, so it was forgotten; {_AGAIN}",
    422: f"The workshop's board did not understand who joined, and was forgotten; {_AGAIN}",
}


class Step(NamedTuple):
    """How an exchange with the board went.

    Attributes
    ----------
    kind : {"done", "went on", "failed", "wait"}
        Nothing is left; something was achieved; nothing was; the board asked to wait.
    seconds : float
        How long it asked to wait.
    limit : int
        How many rows to send the next time.
    """

    kind: str
    seconds: float = 0.0
    limit: int = LARGEST_BATCH


_DONE, _WENT_ON, _FAILED = Step("done"), Step("went on"), Step("failed")


def exchange(folder: Path, limit: int) -> Step:
    """Do what is to be done next.

    Parameters
    ----------
    folder : pathlib.Path
        The working folder.
    limit : int
        How many rows to send at most.

    Returns
    -------
    Step
        How it went.
    """
    found = look(folder)
    if not isinstance(found, Membership) or is_grading():
        return _DONE
    if datetime.now(UTC) - datetime.fromisoformat(found.heard) > FORGOTTEN_AFTER:
        end(folder, found, _SILENT, forget_client=False)
        return _DONE
    try:
        if found.token is None:
            return _join(folder, found, limit)
        return _send(folder, found, found.token, limit)
    except UnreachableError:
        return _FAILED


def join_request(membership: Membership) -> dict[str, Any]:
    """Write what a board is told by somebody who joins.

    Parameters
    ----------
    membership : Membership
        As whom, and with which code.

    Returns
    -------
    dict
        The body of the request.
    """
    return {
        "version": VERSION,
        "code": membership.code,
        "nick": membership.nick,
        "client": membership.client,
    }


def accepted(body: dict[str, Any]) -> dict[str, Any] | None:
    """Read a board's answer to somebody who joins.

    Parameters
    ----------
    body : dict
        What it answered with status 200.

    Returns
    -------
    dict or None
        New values for the fields of the membership; None if this is not a board's answer.
    """
    learner, token = body.get("learner"), body.get("token")
    if body.get("version") != VERSION or not is_token(learner) or not is_token(token):
        return None
    return {"learner": learner, "token": token, "heard": _now()}


def _join(folder: Path, membership: Membership, limit: int) -> Step:
    request = join_request(membership)
    reply = post(membership.address, "/api/join", request, None, ANSWER_SECONDS)
    if reply.status == 200 and (given := accepted(reply.body)):
        change(folder, membership, **given)
        # Goes on at once: that a board gave a token which it then does not know is no success.
        return exchange(folder, limit)
    if reply.status in _REFUSED:
        end(folder, membership, _REFUSED[reply.status], forget_client=False)
        return _DONE
    return _any_other(folder, membership, reply)


def _send(folder: Path, membership: Membership, token: str, limit: int) -> Step:
    rows = unsent(folder, membership.after, membership.since, limit)
    if not rows:
        return _DONE
    events = [row.event for row in rows if row.event is not None]
    if not events:
        change(folder, membership, after=rows[-1].mark)
        return _WENT_ON
    content = {"version": VERSION, "events": events}
    reply = post(membership.address, "/api/events", content, token, ANSWER_SECONDS)
    if reply.status == 200:
        last = _last_answered(rows, reply.body)
        if last is None:
            return _FAILED
        change(folder, membership, after=last, heard=_now())
        return Step("went on", limit=min(2 * limit, LARGEST_BATCH))
    if reply.status == 401:
        latest = look(folder)
        if isinstance(latest, Membership) and latest.token == token:  # else another kernel joined
            change(folder, membership, learner=None, token=None)
        return _FAILED
    if reply.status in (413, 422):
        if len(rows) == 1:  # the board will never take this one; those behind it must get through
            change(folder, membership, after=rows[0].mark)
        return Step("failed", limit=max(1, len(rows) // 4))
    return _any_other(folder, membership, reply)


def _last_answered(rows: list[Row], body: dict[str, Any]) -> Mark | None:
    """Find the last row before the first that the board left out."""
    answered: set[object] = set()
    for name in ("accepted", "refused"):
        keys = body.get(name)
        answered.update(key for key in _listed(keys) if isinstance(key, str))
    last = None
    for row in rows:
        if row.event is not None and row.event["key"] not in answered:
            break
        last = row.mark
    return last


def _any_other(folder: Path, membership: Membership, reply: Reply) -> Step:
    if reply.status == 410:
        end(folder, membership, _ENDED, forget_client=True)
        return _DONE
    if reply.status == 429 and reply.retry_after is not None:
        return Step("wait", reply.retry_after)
    return _FAILED


def _listed(keys: object) -> list[Any]:
    return list(keys) if isinstance(keys, list | dict) else []


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
