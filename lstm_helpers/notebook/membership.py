"""Which board a working folder has joined: ``.lstm-course/board.json``.

The file holds a `Membership`, or else a `Note`: the sentence that says why there is none any more,
for the next card. Every kernel of the folder reads it, and changes it under a lock and in one step.
``board-client`` keeps the folder's own random name, by which a board knows it when it joins again.
What writes raises ``OSError`` if the folder cannot be written and ``sqlite3.Error`` if another
program holds the lock.
Loads the standard library only.
"""

from __future__ import annotations

import json
import os
import re
import uuid
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from lstm_helpers.notebook.database import one_at_a_time
from lstm_helpers.notebook.folder import COURSE_FOLDER

FILE_NAME = "board.json"
CLIENT_FILE_NAME = "board-client"
VERSION = 1

_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]{1,512}")


class Mark(NamedTuple):
    """A row of the progress file.

    Attributes
    ----------
    number : int
        Its id, 0 before the first.
    at : str
        Its time, by which a row of another file with the same id is told apart.
    """

    number: int
    at: str


class Note(NamedTuple):
    """What is left of a membership that ended by itself.

    Attributes
    ----------
    sentence : str
        Why it ended.
    """

    sentence: str


@dataclass(frozen=True)
class Membership:
    """A board that was joined, or is to be joined as soon as it answers.

    Attributes
    ----------
    address, code, nick : str
        As the learner gave them, cleaned.
    client : str
        The folder's random name.
    key : str
        Another one at each call of `join`: tells whether this is still the same membership.
    since : str
        When it began, in UTC and ISO 8601.
    heard : str
        When the board answered last, or `since`.
    after : Mark
        The last row that needs not be sent.
    learner, token : str or None
        What the board answered; None until it has.
    """

    address: str
    code: str
    nick: str
    client: str
    key: str
    since: str
    heard: str
    after: Mark
    learner: str | None = None
    token: str | None = None


def is_token(value: object) -> bool:
    """Say whether this can be a board's token, or a learner's id there.

    Parameters
    ----------
    value : object
        What a board answered.

    Returns
    -------
    bool
        True for up to 512 characters that need no care in a header.
    """
    return isinstance(value, str) and _TOKEN.fullmatch(value) is not None


def look(folder: Path) -> Membership | Note | None:
    """Read what a folder has joined.

    Parameters
    ----------
    folder : pathlib.Path
        The working folder.

    Returns
    -------
    Membership or Note or None
        None also where the file cannot be read.
    """
    try:
        return _from_json(json.loads(_file(folder).read_bytes()))
    except (OSError, ValueError, TypeError, LookupError, RecursionError):
        return None


def begin(folder: Path, membership: Membership) -> None:
    """Write a membership, in place of whatever there is.

    Parameters
    ----------
    folder : pathlib.Path
        The working folder.
    membership : Membership
        The new one.
    """
    with one_at_a_time(_file(folder)):
        _write(folder, membership)


def change(folder: Path, membership: Membership, **changes: Any) -> bool:
    """Change a membership, unless it has ended or another has begun meanwhile.

    Parameters
    ----------
    folder : pathlib.Path
        The working folder.
    membership : Membership
        The one that was read.
    **changes : object
        New values of its fields.

    Returns
    -------
    bool
        Whether it is still the same.
    """
    with one_at_a_time(_file(folder)):
        found = look(folder)
        if not isinstance(found, Membership) or found.key != membership.key:
            return False
        _write(folder, replace(found, **changes))
        return True


def end(folder: Path, membership: Membership, sentence: str, *, forget_client: bool) -> None:
    """End a membership and leave a note for the next card.

    Parameters
    ----------
    folder : pathlib.Path
        The working folder.
    membership : Membership
        The one that was read; if another has begun meanwhile, nothing is done.
    sentence : str
        The note.
    forget_client : bool
        Whether the folder's random name goes too, so that two workshops cannot be linked by it.
    """
    with one_at_a_time(_file(folder)):
        found = look(folder)
        if isinstance(found, Membership) and found.key == membership.key:
            _write(folder, Note(sentence))
            if forget_client:
                (folder / COURSE_FOLDER / CLIENT_FILE_NAME).unlink(missing_ok=True)


def forget(folder: Path, *, only_note: bool = False) -> str | None:
    """Delete what the folder has joined, or the note.

    Parameters
    ----------
    folder : pathlib.Path
        The working folder.
    only_note : bool, optional
        Whether a membership stays.

    Returns
    -------
    str or None
        The sentence of the note, if there was one.
    """
    if not _file(folder).exists():
        return None
    with one_at_a_time(_file(folder)):
        found = look(folder)
        if isinstance(found, Note) or not only_note:
            _file(folder).unlink(missing_ok=True)
        return found.sentence if isinstance(found, Note) else None


def client_name(folder: Path) -> str:
    """Read the folder's random name, or make one.

    Parameters
    ----------
    folder : pathlib.Path
        The working folder.

    Returns
    -------
    str
        32 hexadecimal digits.
    """
    path = folder / COURSE_FOLDER / CLIENT_FILE_NAME
    path.parent.mkdir(parents=True, exist_ok=True)
    with one_at_a_time(_file(folder)):
        with suppress(OSError, UnicodeError):
            name = path.read_text(encoding="ascii").strip()
            if re.fullmatch("[0-9a-f]{32}", name):
                return name
        name = uuid.uuid4().hex
        _replace(path, name.encode())
        return name


def _file(folder: Path) -> Path:
    return folder / COURSE_FOLDER / FILE_NAME


def _write(folder: Path, content: Membership | Note) -> None:
    fields = content._asdict() if isinstance(content, Note) else asdict(content)
    kind = type(content).__name__.lower()
    _replace(_file(folder), json.dumps({"version": VERSION, kind: fields}, indent=1).encode())


def _replace(path: Path, content: bytes) -> None:
    """Write in one step a file that only its owner can read: a token stands in it."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.new")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


def _from_json(read: Any) -> Membership | Note | None:
    if not isinstance(read, dict) or read.get("version") != VERSION:
        return None
    if "note" in read:
        sentence = read["note"]["sentence"]
        return Note(sentence) if isinstance(sentence, str) else None
    fields = dict(read["membership"])
    number, at = fields.pop("after")
    membership = Membership(after=Mark(number, at), **fields)
    texts = [value for name, value in fields.items() if name not in ("learner", "token")]
    sound = isinstance(number, int) and all(isinstance(text, str) for text in [at, *texts])
    sound = sound and (membership.token is None or is_token(membership.token))
    return membership if sound else None
