"""A workshop's live board, from the learner's side: `join`, `leave`, `raise_hand`, `lower_hand`.

Joining writes down the wish, and `lstm_helpers.notebook.sending` does the rest in the background.
What a board answers is asked for in a thread too, and waited for a few seconds at most.
"""

from __future__ import annotations

import queue
import sqlite3
import threading
import uuid
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from lstm_helpers.notebook import membership, sending
from lstm_helpers.notebook.board_input import (
    InputError,
    clean_address,
    clean_text,
    printable,
    same_code,
)
from lstm_helpers.notebook.cards import show_card
from lstm_helpers.notebook.database import StoreError
from lstm_helpers.notebook.display import is_grading
from lstm_helpers.notebook.exchange import accepted, join_request
from lstm_helpers.notebook.folder import working_folder
from lstm_helpers.notebook.membership import Membership
from lstm_helpers.notebook.outbox import hand_is_raised, newest, record_hand, record_leaving
from lstm_helpers.notebook.posting import Reply, UnreachableError, post

JOIN_SECONDS = 3.0
LEAVE_SECONDS = 2.0
LONGEST_NICK = 24  # characters
LONGEST_CODE = 40

_SENT = (
    "From now on each check, hint, shown solution and skip sends: lesson, exercise, status, "
    "diagnosis, number of the hint and time, under your nickname. Your code is never sent, nor is "
    "what you did before you joined."
)
_HOW_TO_LEAVE = (
    "`raise_hand()` asks for help, `leave()` ends this; import them as you did `join`. It holds "
    "for all notebooks in this folder, also after a restart."
)
_NOT_JOINED = ("○", "Not joined", "")


def join(address: str, code: str, nick: str) -> None:
    """Join a workshop's live board.

    From then on each check sends what came out of it, never your code. The board cannot delay a
    check: all is sent in the background, and sent again later if the board does not answer.

    Parameters
    ----------
    address : str
        The address that stands on the board.
    code : str
        The code that stands there.
    nick : str
        What you want to be called, 1 to 24 characters; it need not be your name.

    Examples
    --------
    In a lesson::

        join("http://10.0.0.5:8899", "KFWM-7Q2P", "ada")
    """
    if is_grading():
        return
    try:
        folder = working_folder()
        before = membership.look(folder)
        previous = before if isinstance(before, Membership) else None
        wish = _wish(folder, address, code, nick, previous)
        shape, word, paragraphs = _join(folder, wish, previous)
    except InputError as error:
        show_card(*_NOT_JOINED, [str(error)])
    except (StoreError, OSError, sqlite3.Error) as error:
        show_card(*_NOT_JOINED, [_unwritable(error)])
    else:
        show_card(shape, word, "", paragraphs)


def leave() -> None:
    """Leave the workshop's board: it is told so, and nothing is sent any more.

    A board that does not answer within two seconds is left all the same.

    Examples
    --------
    In a lesson::

        leave()
    """
    if is_grading():
        return
    try:
        folder = working_folder()
        found = membership.look(folder)
        if not isinstance(found, Membership):
            note = membership.forget(folder)
            show_card("○", "Not joined", "", [note or "", "There is no board to leave."])
            return
        raised = hand_is_raised(folder)
        if raised:
            record_hand(folder, raised=False)
        record_leaving(folder)
        sender = sending.sender(folder)
        sender.wake()
        all_sent = sender.wait(LEAVE_SECONDS)
        membership.forget(folder)
    except (StoreError, OSError, RuntimeError, sqlite3.Error) as error:
        show_card("■", "Not left", "", [_unwritable(error)])
        return
    rest = "It no longer counts you among those who are there."
    if not all_sent:
        rest = (
            "What it had not answered yet is not sent any more, so it may not know that you left."
        )
    hand = "Your hand may still show there." if raised and not all_sent else ""
    text = (
        f"You have left the board at {found.address}. What it has stays there until whoever runs "
        "the workshop ends it."
    )
    show_card("✓", "Left", "", [text, rest, hand])


def raise_hand() -> None:
    """Ask for help: your nickname shows a raised hand on the workshop's board.

    Examples
    --------
    In a lesson::

        raise_hand()
    """
    _show_hand(raised=True)


def lower_hand() -> None:
    """Take your hand down on the workshop's board.

    Examples
    --------
    In a lesson::

        lower_hand()
    """
    _show_hand(raised=False)


def _show_hand(*, raised: bool) -> None:
    if is_grading():
        return
    try:
        folder = working_folder()
        found = membership.look(folder)
        if not isinstance(found, Membership):
            note = membership.forget(folder)
            text = "Join the workshop's board first: `join(address, code, nick)`."
            show_card(*_NOT_JOINED, [note or "", text])
            return
        record_hand(folder, raised=raised)
        sending.wake(folder)
    except (StoreError, OSError, sqlite3.Error) as error:
        show_card("■", "Not noted", "", [_unwritable(error)])
        return
    if raised:
        who = _quoted(found.nick)
        text = f"It is on its way to the board, as {who}. `lower_hand()` takes it down."
        show_card("▲", "Hand raised", "", [text])
    else:
        show_card("▽", "Hand lowered", "", ["`raise_hand()` raises it again."])


def _wish(
    folder: Path, address: object, code: object, nick: object, previous: Membership | None
) -> Membership:
    """Clean what was typed, and say from which row on things are to be sent."""
    address = clean_address(address)
    code = clean_text("code", code, LONGEST_CODE, "as it stands on the board")
    nick = clean_text("nickname", nick, LONGEST_NICK, "such as 'ada'")
    now = datetime.now(UTC).isoformat(timespec="seconds")
    wish = Membership(
        address=address,
        code=code,
        nick=nick,
        client=membership.client_name(folder),
        key=uuid.uuid4().hex,
        since=now,
        heard=now,
        after=newest(folder),
    )
    if previous is not None and same_code(previous.code, code):
        # The same workshop, perhaps at a new address: what is unsent still is to be sent.
        wish = replace(wish, since=previous.since, after=previous.after)
        if (previous.address, previous.nick) == (address, nick):
            wish = replace(wish, learner=previous.learner, token=previous.token)
    return wish


def _join(
    folder: Path, wish: Membership, previous: Membership | None
) -> tuple[str, str, list[str]]:
    """Ask the board, and say what to show."""
    reply = _ask(wish)
    given = accepted(reply.body) if isinstance(reply, Reply) and reply.status == 200 else None
    if given is not None:
        membership.begin(folder, replace(wish, **given))
        sending.wake(folder)
        text = f"You are {_quoted(wish.nick)} on the board at {wish.address}."
        return "✓", "Joined", [text, _SENT, _HOW_TO_LEAVE]
    refused = _refusal(reply, wish) if isinstance(reply, Reply) else None
    if refused is not None:
        if isinstance(reply, Reply) and reply.status == 410:
            _forget_ended(folder, wish, previous)
        elif previous is not None:
            refused += (
                f" You are still {_quoted(previous.nick)} on the board at {previous.address}."
            )
        return *_NOT_JOINED[:2], [refused]
    membership.begin(folder, wish)
    sending.wake(folder)
    why = reply if isinstance(reply, str) else f"it answered with status {reply.status}"
    text = (
        f"The board at {wish.address} cannot be joined at the moment: {why}. Go on with the "
        "lesson: it is tried again in the background, and what you do from now on is sent then. If "
        "the address is wrong, call `join` again."
    )
    return "○", "Not joined yet", [text, _SENT, _HOW_TO_LEAVE]


def _ask(wish: Membership) -> Reply | str:
    """Return the board's answer, or half a sentence that says why there is none."""
    answers: queue.SimpleQueue[Reply | str] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(post(wish.address, "/api/join", join_request(wish), None, JOIN_SECONDS))
        except UnreachableError as error:
            answers.put(str(error))
        except Exception as error:  # nothing may be printed from a thread
            answers.put(f"{type(error).__name__}: {error}")

    threading.Thread(target=ask, name="lstm-course join", daemon=True).start()
    try:
        return answers.get(timeout=JOIN_SECONDS)
    except queue.Empty:
        return f"it did not answer within {JOIN_SECONDS:g} seconds"


def _refusal(reply: Reply, wish: Membership) -> str | None:
    """Say why a board does not want somebody; None where trying again may help."""
    if reply.status == 403:
        return (
            f"The board did not accept the code {_quoted(wish.code)}: compare it, letter by letter."
        )
    if reply.status == 409:
        return f"The nickname {_quoted(wish.nick)} is taken by somebody else: choose another one."
    if reply.status == 410:
        return "This workshop has ended."
    if reply.status == 422:
        said = reply.body.get("error")
        told = f' It says: "{printable(said)[:200]}"' if isinstance(said, str) else ""
        return f"The board did not accept this address, code or nickname.{told}"
    return None


def _forget_ended(folder: Path, wish: Membership, previous: Membership | None) -> None:
    if previous is not None and previous.address == wish.address:
        membership.end(folder, previous, "", forget_client=True)
        membership.forget(folder, only_note=True)


def _quoted(text: str) -> str:
    return f"`{text.replace('`', chr(39))}`"


def _unwritable(error: Exception) -> str:
    if isinstance(error, StoreError):
        return str(error)
    return (
        f"The working folder cannot be used ({error}): make it writable, or set LSTM_COURSE_HOME "
        "to another one."
    )
