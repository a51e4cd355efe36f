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

_REPEAT = 0.05  # seconds; code that swallows the first interruption gets another
# A machine may stand still for a moment. Whoever was stopped by that, and not by a loop, is done
# within these rings after the limit.
_GRACE = 5


class TimeUp(BaseException):
    """Raised inside code that ran longer than it may.

    Not an `Exception`, so that a learner's ``except Exception`` lets it by.
    """


class Clock:
    """Counts how often the time was up.

    Attributes
    ----------
    up : bool
        Whether `TimeUp` was raised, also if the code in the block caught it.
    """

    def __init__(self) -> None:
        self.up = False
        self._rings = 0

    def ring(self) -> bool:
        """Count one more ring.

        Returns
        -------
        bool
            Whether to interrupt.
        """
        self._rings += 1
        self.up = self._rings > _GRACE
        return self.up


@contextmanager
def time_limit(seconds: float) -> Iterator[Clock]:
    """Raise `TimeUp` inside the block once it has run for longer than ``seconds``.

    The interruption comes a quarter of a second later still, so that a machine that stood still
    for a moment does not count as an endless loop.

    Parameters
    ----------
    seconds : float
        Wall-clock time, above 0.

    Yields
    ------
    Clock
        Says afterwards whether the time was up.

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
        with _by_timer(seconds) as clock:
            yield clock
    else:
        with _by_watchdog(seconds) as clock:
            yield clock


@contextmanager
def _by_timer(seconds: float) -> Iterator[Clock]:
    clock = Clock()

    def ring(signum: int, frame: FrameType | None) -> None:
        if clock.ring():
            raise TimeUp

    earlier_handler = signal.signal(signal.SIGALRM, ring)
    earlier_delay, earlier_interval = signal.setitimer(signal.ITIMER_REAL, seconds, _REPEAT)
    try:
        yield clock
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
def _by_watchdog(seconds: float) -> Iterator[Clock]:
    clock = Clock()
    runner = ctypes.c_ulong(threading.get_ident())
    done = threading.Event()
    lock = threading.Lock()

    def watch() -> None:
        delay = seconds
        while not done.wait(delay):
            with lock:
                if not done.is_set() and clock.ring():
                    ctypes.pythonapi.PyThreadState_SetAsyncExc(runner, ctypes.py_object(TimeUp))
            delay = _REPEAT

    watchdog = threading.Thread(target=watch, daemon=True, name="time limit of a check")
    watchdog.start()
    try:
        yield clock
    finally:
        with lock:
            done.set()
            # Take back an interruption that was asked for and not yet delivered.
            ctypes.pythonapi.PyThreadState_SetAsyncExc(runner, None)
        watchdog.join()
