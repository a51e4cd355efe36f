"""Trying again what may succeed the next time, after pauses that grow."""

from __future__ import annotations

from collections.abc import Callable
from time import sleep
from typing import NamedTuple, TypeVar

from lstm_helpers.datasets.base import DatasetError

Result = TypeVar("Result")


class TransferError(Exception):
    """An attempt failed in a way in which the next one may not."""


class Patience(NamedTuple):
    """How long to try.

    Attributes
    ----------
    timeout : float
        Seconds without a sign of the server after which an attempt has failed.
    attempts : int
        How many attempts at most, at least 1.
    pause : float
        Seconds between the first two attempts; each further pause is twice as long.
    """

    timeout: float
    attempts: int
    pause: float


def in_attempts(attempt: Callable[[], Result], patience: Patience, failed: str) -> Result:
    """Try something again, after pauses that grow, until it succeeds.

    Parameters
    ----------
    attempt : callable
        Raises `TransferError` where another attempt makes sense; any other error ends all.
    patience : Patience
        How often, and how long between.
    failed : str
        How the sentence begins if no attempt succeeds, such as ``"imdb.npz could not be fetched"``.

    Returns
    -------
    object
        What the attempt returned.

    Raises
    ------
    DatasetError
        If no attempt succeeded; it says why the last one failed.
    ValueError
        If there is to be no attempt, or a time is not positive.

    Examples
    --------
    >>> in_attempts(lambda: 42, Patience(timeout=1, attempts=3, pause=1), "no answer")
    42
    """
    if patience.attempts < 1 or patience.timeout <= 0 or patience.pause < 0:
        raise ValueError(
            f"got attempts={patience.attempts}, timeout={patience.timeout}, pause={patience.pause};"
            " expected at least one attempt, a timeout above 0 and a pause of at least 0 seconds"
        )
    for number in range(1, patience.attempts + 1):
        try:
            return attempt()
        except TransferError as error:
            if number == patience.attempts:
                times = "once" if number == 1 else f"{number} times"
                raise DatasetError(
                    f"{failed}: {error}. Tried {times}; see whether this computer is online, and "
                    "try again later. The lessons need no network."
                ) from error
        sleep(patience.pause * 2 ** (number - 1))
    raise AssertionError("the last attempt returns or raises")
