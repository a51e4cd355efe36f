"""Join codes and keys: made at random, compared in constant time; and the lines to join with."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets

ALPHABET = "34679ACDEFGHJKMNPQRTWXY"  # none of 0O 1IL 2Z 5S 8B UV, which look alike on a wall


def new_code() -> str:
    """Make a join code.

    Returns
    -------
    str
        Two groups of four characters, such as ``"KFWM-7A4P"``: 36 bits.
    """
    letters = [secrets.choice(ALPHABET) for _ in range(8)]
    return "".join(letters[:4]) + "-" + "".join(letters[4:])


def new_key() -> str:
    """Make a token or a key.

    Returns
    -------
    str
        256 random bits that may stand in an address.
    """
    return secrets.token_urlsafe(32)


def join_lines(address: str, code: str) -> tuple[str, str]:
    """Write what a learner runs to join.

    Parameters
    ----------
    address : str
        Where the board is reached.
    code : str
        The join code.

    Returns
    -------
    tuple of str
        Two lines of Python; the first also imports what raises a hand.

    Examples
    --------
    >>> print(*join_lines("http://10.0.0.5:8899", "KFWM-7A4P"), sep=chr(10))
    from lstm_helpers.notebook import join, raise_hand
    join("http://10.0.0.5:8899", "KFWM-7A4P", "nickname")
    """
    return (
        "from lstm_helpers.notebook import join, raise_hand",
        f'join({json.dumps(address)}, {json.dumps(code)}, "nickname")',
    )


def same_code(given: str, code: str) -> bool:
    """Compare a join code as somebody typed it with the right one.

    Parameters
    ----------
    given : str
        What was typed; capitals, spaces and hyphens do not matter.
    code : str
        The right one.

    Returns
    -------
    bool
        Whether they are the same.

    Examples
    --------
    >>> same_code(" kfwm 7a4p", "KFWM-7A4P"), same_code("kfwm", "KFWM-7A4P")
    (True, False)
    """
    return same_key(_plain(given), _plain(code))


def same_key(given: str, key: str) -> bool:
    """Compare two keys in a time that says nothing about where they differ.

    Parameters
    ----------
    given : str
        What somebody sent.
    key : str
        The right one.

    Returns
    -------
    bool
        Whether they are the same.
    """
    return hmac.compare_digest(digest(given), digest(key))


def digest(text: str) -> bytes:
    """Return the SHA-256 of a text, of any characters.

    Parameters
    ----------
    text : str
        The text.

    Returns
    -------
    bytes
        32 bytes.
    """
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def derived(key: str, purpose: str) -> str:
    """Make a second key of a first, which it does not give away.

    Parameters
    ----------
    key : str
        The first.
    purpose : str
        What the second is for.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    return hmac.new(key.encode(), purpose.encode(), hashlib.sha256).hexdigest()


def _plain(code: str) -> str:
    return "".join(code[:64].upper().replace("-", "").split())
