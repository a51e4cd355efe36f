"""What a learner types to join a board: cleaned, or refused with a sentence."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urlsplit

_HOST = re.compile(r"[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\]")


class InputError(ValueError):
    """It cannot be used; the message is a sentence that says what would be."""


def clean_address(value: object) -> str:
    """Bring what a learner typed into the form ``scheme://host[:port]``.

    Parameters
    ----------
    value : object
        An address; a path in it is dropped, and ``http://`` is added where nothing stands.

    Returns
    -------
    str
        The address.

    Raises
    ------
    InputError
        If it is none.

    Examples
    --------
    >>> clean_address(" 10.0.0.5:8899/board ")
    'http://10.0.0.5:8899'
    """
    if not isinstance(value, str):
        raise InputError(_wanted("address", value, "a text such as 'http://10.0.0.5:8899'"))
    text = value.strip()
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        port = parts.port
        host = parts.hostname or ""
        host = f"[{host}]" if ":" in host else host.encode("idna").decode("ascii")
        fits = _HOST.fullmatch(host) and parts.username is None and port != 0
    except (ValueError, UnicodeError):
        fits, port, host = False, None, ""
    if not fits or parts.scheme not in ("http", "https") or re.search(r"\s", text):
        raise InputError(
            f"The address {text[:80]!r} cannot be used; expected one such as "
            "'http://10.0.0.5:8899', as it stands on the board."
        )
    return f"{parts.scheme}://{host}" + (f":{port}" if port else "")


def clean_text(what: str, value: object, longest: int, such: str) -> str:
    """Clean a code or a nickname.

    Parameters
    ----------
    what : str
        What it is called.
    value : object
        What was typed.
    longest : int
        How many characters it may have.
    such : str
        What it should look like.

    Returns
    -------
    str
        The text without what cannot be seen.

    Raises
    ------
    InputError
        If it is no text, empty or too long.

    Examples
    --------
    >>> clean_text("nickname", "  ada\\n l. ", 24, "such as 'ada'")
    'ada l.'
    """
    expected = f"1 to {longest} characters, {such}"
    if not isinstance(value, str):
        raise InputError(_wanted(what, value, expected))
    cleaned = printable(value)
    if not 1 <= len(cleaned) <= longest:
        count = f"{len(cleaned)} character{'' if len(cleaned) == 1 else 's'}"
        raise InputError(f"The {what} has {count}; expected {expected}.")
    return cleaned


def printable(text: str) -> str:
    """Drop what has no shape of its own, such as controls and marks of direction.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    str
        One line, without spaces at its ends.
    """
    text = unicodedata.normalize("NFC", text)
    kept = "".join(" " if letter.isspace() else letter for letter in text)
    kept = "".join(letter for letter in kept if unicodedata.category(letter)[0] != "C")
    return " ".join(kept.split())


def same_code(one: str, other: str) -> bool:
    """Say whether two codes are the same to a board.

    Parameters
    ----------
    one, other : str
        As they were typed.

    Returns
    -------
    bool
        Spaces, hyphens and capitals do not count.
    """

    def normal(code: str) -> str:
        return "".join(letter for letter in code.casefold() if letter.isalnum())

    return normal(one) == normal(other)


def _wanted(what: str, value: object, expected: str) -> str:
    return f"The {what} is of type {type(value).__name__}; expected {expected}."
