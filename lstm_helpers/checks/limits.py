"""A limit on the time that a learner's code may take, in the same process.

On Linux and macOS an interval timer interrupts the main thread, also inside ``time.sleep``. On
Windows, and outside the main thread, a watchdog thread asks the interpreter to raise in the thread
that runs the code; that reaches every Python loop but not a single long call into C.

It ends endless loops of honest learners. It is no defence against code that wants to run on:
that is the grader's sandbox.
"""

from __future__ import annotations

import ctypes
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_REPEAT = 0.05  # seconds; a handler that swallows the first interruption gets another


class TimeUp(BaseException):
    """Raised inside code that ran longer than it may.

    Not an `Exception`, so that a learner's ``except Exception`` lets it by.
    """


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise `TimeUp` inside the block once it has run for longer than ``seconds``.

    Parameters
    ----------
    seconds : float
        Wall-clock time, above 0.

    Yields
    ------
    None
        Nothing; the block runs under the limit.

    Raises
    ------
    ValueError
        If ``seconds`` is not above 0.
    TimeUp
        In the block, when its time is up.
    """
    if seconds <= 0:
        raise ValueError(f"the time limit is {seconds} s; expected more than 0 s")
    in_main_thread = threading.current_thread() is threading.main_thread()
    if in_main_thread and hasattr(signal, "setitimer"):
        with _by_timer(seconds):
            yield
    else:
        with _by_watchdog(seconds):
            yield


@contextmanager
def _by_timer(seconds: float) -> Iterator[None]:
    def ring(signum: int, frame: FrameType | None) -> None:
        raise TimeUp

    earlier_handler = signal.signal(signal.SIGALRM, ring)
    earlier_delay, earlier_interval = signal.setitimer(signal.ITIMER_REAL, seconds, _REPEAT)
    try:
        yield
    finally:
        # Twice, because the first call may itself be interrupted by a last ring.
        try:
            signal.setitimer(signal.ITIMER_REAL, 0)
        except TimeUp:
            signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, earlier_handler)
        if earlier_delay:
            signal.setitimer(signal.ITIMER_REAL, earlier_delay, earlier_interval)


@contextmanager
def _by_watchdog(seconds: float) -> Iterator[None]:
    runner = ctypes.c_ulong(threading.get_ident())
    done = threading.Event()
    lock = threading.Lock()

    def watch() -> None:
        delay = seconds
        while not done.wait(delay):
            with lock:
                if not done.is_set():
                    ctypes.pythonapi.PyThreadState_SetAsyncExc(runner, ctypes.py_object(TimeUp))
            delay = _REPEAT

    watchdog = threading.Thread(target=watch, daemon=True, name="time limit of a check")
    watchdog.start()
    try:
        yield
    finally:
        with lock:
            done.set()
            # Take back an interruption that was asked for and not yet delivered.
            ctypes.pythonapi.PyThreadState_SetAsyncExc(runner, None)
        watchdog.join()
