"""Nicknames: made harmless for a page that a whole room looks at."""

from __future__ import annotations

import re
import unicodedata

NICK_LENGTH = 24
_NUMBERED = re.compile(r"learner\d+")
_MOST_MARKS = 2  # accents on one letter; some names have two, none has twenty


class RefusedError(Exception):
    """What was sent cannot be taken; the message is one sentence for who sent it."""


def clean_nick(nick: str) -> str:
    """Make a nickname harmless: one line of visible characters in their own direction.

    Parameters
    ----------
    nick : str
        As it was typed.

    Returns
    -------
    str
        Without control and formatting characters, with single spaces, in normal form.

    Raises
    ------
    RefusedError
        If nothing or too much is left, or what the board calls learners whose names it hides.

    Examples
    --------
    >>> clean_nick("  ada \\u202e lovelace\\x00 ")
    'ada lovelace'
    """
    # The length first: normal forms of long texts take time.
    if len(nick) > 8 * NICK_LENGTH:
        raise RefusedError(_too_long(len(nick)))
    kept, marks = [], 0
    for letter in unicodedata.normalize("NFKC", nick):
        category = unicodedata.category(letter)
        if category in ("Zs", "Zl", "Zp") or letter.isspace():
            letter = " "
        elif category[0] == "C":  # control, format (bidi overrides too), surrogate, unassigned
            continue
        marks = marks + 1 if category[0] == "M" else 0
        if marks <= _MOST_MARKS:
            kept.append(letter)
    cleaned = " ".join("".join(kept).split())
    if not any(unicodedata.category(letter)[0] in "LNSP" for letter in cleaned):
        raise RefusedError("The nickname has no visible letter: choose another.")
    if len(cleaned) > NICK_LENGTH:
        raise RefusedError(_too_long(len(cleaned)))
    if _NUMBERED.fullmatch(folded(cleaned)):
        raise RefusedError(
            "`learner` with a number is what the board itself calls somebody: choose another."
        )
    return cleaned


def folded(nick: str) -> str:
    """Return what two nicknames that look the same have in common.

    Parameters
    ----------
    nick : str
        From `clean_nick`.

    Returns
    -------
    str
        Without capitals and spaces.
    """
    return "".join(unicodedata.normalize("NFKC", nick.casefold()).split())


def _too_long(length: int) -> str:
    return (
        f"The nickname has {length} characters; at most {NICK_LENGTH} fit on the board: choose a "
        "shorter one."
    )
