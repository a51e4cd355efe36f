"""Send to the board in the background what it has not answered yet.

`wake` is all that a check does for it: it looks for one small file and, if a board was joined, sees
to it that a thread works on what is unsent. The thread ends when nothing is left. Whatever the
board does, the thread neither prints nor raises, and nobody waits for it. Several kernels of one
folder may send the same row; the board knows it by its key.
"""

from __future__ import annotations

import atexit
import os
import random
import threading
import time
from pathlib import Path

from lstm_helpers.notebook.display import is_grading
from lstm_helpers.notebook.exchange import LARGEST_BATCH, Step, exchange
from lstm_helpers.notebook.membership import Membership, Note, forget, look

SHORTEST_PAUSE = 1.0  # seconds, also between two attempts that checks bring about
LONGEST_PAUSE = 60.0
EXIT_SECONDS = 0.4  # how long a kernel that ends waits for a request under way


def wake(folder: Path) -> str | None:
    """Let what is unsent be sent, if a board was joined.

    Parameters
    ----------
    folder : pathlib.Path
        The working folder.

    Returns
    -------
    str or None
        A sentence for the card if the membership has ended by itself.
    """
    if is_grading():
        return None
    try:
        found = look(folder)
        if isinstance(found, Membership):
            sender(folder).wake()
        elif isinstance(found, Note):
            return forget(folder, only_note=True)
    except Exception:  # no trouble with a board may reach a check
        pass
    return None


class Sender:
    """Sends what one working folder has for its board.

    Parameters
    ----------
    folder : pathlib.Path
        The working folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._woken = threading.Event()
        self._thread: threading.Thread | None = None
        self._failures = 0

    def wake(self) -> None:
        """Try now, or a second after the last attempt; returns at once."""
        with self._lock:
            self._woken.set()
            if self._thread is None or not self._thread.is_alive():
                thread = threading.Thread(target=self._run, name="lstm-course board", daemon=True)
                thread.start()
                self._thread = thread

    def wait(self, seconds: float) -> bool:
        """Wait until nothing is left to be sent.

        Parameters
        ----------
        seconds : float
            How long at most.

        Returns
        -------
        bool
            Whether nothing is left.
        """
        thread = self._thread
        if thread is not None:
            thread.join(seconds)
        return self._thread is None

    def is_failing(self) -> bool:
        """Say whether the last attempt failed.

        Returns
        -------
        bool
            True while it waits for the next one.
        """
        return self._failures > 0

    def _run(self) -> None:
        limit = LARGEST_BATCH
        while True:
            self._woken.clear()
            begun = time.monotonic()
            try:
                step = exchange(self._folder, limit)
            except Exception:  # a full disk, a folder that is gone, an answer nobody thought of
                step = Step("failed")
            limit = step.limit
            if step.kind == "failed":
                self._failures += 1
                self._woken.wait(pause_after(self._failures))
                time.sleep(max(0.0, begun + SHORTEST_PAUSE - time.monotonic()))
            elif step.kind == "wait":
                time.sleep(min(max(step.seconds, SHORTEST_PAUSE), LONGEST_PAUSE))
            else:
                self._failures = 0
                with self._lock:
                    if step.kind == "done" and not self._woken.is_set():
                        self._thread = None
                        return


def pause_after(failures: int) -> float:
    """Say how long to wait before the next attempt, unless a check comes first.

    Parameters
    ----------
    failures : int
        How many attempts have failed, one after the other.

    Returns
    -------
    float
        Seconds: twice as many each time up to a minute, and up to a quarter more at random, so
        that a class does not come all at once.
    """
    pause = SHORTEST_PAUSE * 2.0 ** min(failures - 1, 16)
    return min(pause, LONGEST_PAUSE) * (1 + 0.25 * random.random())


_senders: dict[Path, Sender] = {}
_senders_lock = threading.Lock()


def sender(folder: Path) -> Sender:
    """Find the one sender of a folder in this process.

    Parameters
    ----------
    folder : pathlib.Path
        The working folder.

    Returns
    -------
    Sender
        Made when it is first asked for.
    """
    with _senders_lock:
        return _senders.setdefault(folder.absolute(), Sender(folder.absolute()))


def _flush() -> None:
    """Give a request that is under way when a kernel ends a moment."""
    until = time.monotonic() + EXIT_SECONDS
    for one in list(_senders.values()):
        if not one.is_failing():
            one.wait(max(0.0, until - time.monotonic()))


def _after_fork() -> None:
    """Begin anew in a forked process, which has the senders but not their threads."""
    global _senders_lock
    _senders.clear()
    _senders_lock = threading.Lock()


atexit.register(_flush)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
