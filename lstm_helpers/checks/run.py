"""Run an answer on a case and note everything that happened, without judging it."""

from __future__ import annotations

import contextlib
import copy
import inspect
import io
import linecache
import sysconfig
import time
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from lstm_helpers.checks.form import from_framework, is_tensor
from lstm_helpers.checks.limits import TimeUp, time_limit
from lstm_helpers.checks.model import Case

_NOT_THE_LEARNERS = tuple(
    str(Path(folder).resolve())
    for folder in {
        sysconfig.get_path("stdlib"),
        sysconfig.get_path("purelib"),
        sysconfig.get_path("platlib"),
        str(Path(__file__).parents[1]),
    }
)


@dataclass(frozen=True)
class Outcome:
    """What came of one call.

    Parameters
    ----------
    value : object
        What was returned, untouched.
    error : BaseException or None
        What was raised instead.
    line : str
        The learner's own line that raised, such as ``"line 3: `return x @ W`"``, or "".
    changed : tuple of str
        Names of the arguments that were not what they had been.
    warned : tuple of str
        Texts of the Python warnings.
    """

    value: Any = None
    error: BaseException | None = None
    line: str = ""
    changed: tuple[str, ...] = ()
    warned: tuple[str, ...] = field(default=())


def run(
    answer: Callable[..., Any],
    case: Case,
    names: tuple[str, ...],
    seconds: float,
    tolerance: float = 0.0,
) -> Outcome:
    """Call an answer with copies of a case's arguments.

    What it prints is dropped. Anything that it raises is caught, `KeyboardInterrupt` and
    `SystemExit` included.

    Parameters
    ----------
    answer : callable
        The function to try.
    case : Case
        Where to try it.
    names : tuple of str
        What the arguments are called.
    seconds : float
        The longest it may run.
    tolerance : float, optional
        By how much an argument may differ afterwards.

    Returns
    -------
    Outcome
        What happened.
    """
    args = copy.deepcopy(case.args)
    kwargs = copy.deepcopy(dict(case.kwargs))
    value: Any = None
    error: BaseException | None = None
    clock = None
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            with (
                contextlib.redirect_stdout(io.StringIO()),
                contextlib.redirect_stderr(io.StringIO()),
                time_limit(seconds) as clock,
            ):
                value = answer(*args, **kwargs)
        except BaseException as problem:
            error = problem
    if clock is not None and clock.up:
        error = TimeUp()  # also where the answer caught the interruption and went on
    given = [*zip(names, case.args, strict=False), *case.kwargs.items()]
    now = [*args, *kwargs.values()]
    changed = tuple(
        name
        for (name, before), after in zip(given, now, strict=True)
        if not same(before, after, tolerance)
    )
    return Outcome(
        value=value,
        error=error,
        line=_learners_line(error),
        changed=changed,
        warned=tuple(str(w.message) for w in caught),
    )


def run_all(
    answer: Callable[..., Any],
    cases: list[Case],
    names: tuple[str, ...],
    seconds: float,
    tolerance: float = 0.0,
) -> list[Outcome]:
    """Call an answer on every case; end after the first that used up the time left.

    Parameters
    ----------
    answer : callable
        The function to try.
    cases : list of Case
        Where to try it.
    names : tuple of str
        What the arguments are called.
    seconds : float
        The longest that all cases together may run.
    tolerance : float, optional
        By how much an argument may differ afterwards.

    Returns
    -------
    list of Outcome
        One for each case that was run.
    """
    outcomes = []
    end = time.monotonic() + seconds
    for case in cases:
        outcome = run(answer, case, names, max(end - time.monotonic(), 0.01), tolerance)
        outcomes.append(outcome)
        if isinstance(outcome.error, TimeUp | KeyboardInterrupt):
            break
    return outcomes


def argument_names(function: Callable[..., Any]) -> tuple[str, ...]:
    """Return the names of a function's parameters.

    Parameters
    ----------
    function : callable
        Any function with a signature.

    Returns
    -------
    tuple of str
        In their order.
    """
    return tuple(inspect.signature(function).parameters)


def same(before: Any, after: Any, tolerance: float = 0.0) -> bool:
    """Whether two arguments are equal, entry by entry and kind by kind.

    Parameters
    ----------
    before, after : object
        Arrays, tensors, numbers, or lists, tuples and dicts of them; of anything else the two
        copies count as equal.
    tolerance : float, optional
        By how much real numbers may differ.

    Returns
    -------
    bool
        True if nothing was changed.
    """
    if is_tensor(before):
        return is_tensor(after) and same(from_framework(before), from_framework(after), tolerance)
    if isinstance(before, np.ndarray):
        return (
            isinstance(after, np.ndarray)
            and before.shape == after.shape
            and before.dtype == after.dtype
            and (
                np.array_equal(before, after, equal_nan=before.dtype.kind in "fc")
                or (tolerance > 0 and np.allclose(before, after, rtol=0, atol=tolerance))
            )
        )
    if isinstance(before, list | tuple):
        return (
            isinstance(after, list | tuple)
            and len(before) == len(after)
            and all(same(a, b, tolerance) for a, b in zip(before, after, strict=True))
        )
    if isinstance(before, dict):
        return (
            isinstance(after, dict)
            and before.keys() == after.keys()
            and all(same(before[k], after[k], tolerance) for k in before)
        )
    if isinstance(before, int | float | np.number):  # put into a list or dict, it may be exchanged
        return isinstance(after, int | float | np.number) and (
            before == after or (before != before and after != after)
        )
    if isinstance(before, str):  # in a list it may be exchanged for another
        return isinstance(after, str) and before == after
    return True  # functions cannot be changed in place


def _learners_line(error: BaseException | None) -> str:
    """The last line of the traceback that is neither ours nor a library's."""
    if error is None:
        return ""
    for frame, number in reversed(list(traceback.walk_tb(error.__traceback__))):
        code = frame.f_code
        if code.co_filename.startswith(_NOT_THE_LEARNERS) or "frozen" in code.co_filename:
            continue
        text = linecache.getline(code.co_filename, number).strip()
        where = f"line {number - code.co_firstlineno + 1} of `{code.co_name}`"
        return f"{where}: `{text}`" if text else where
    return ""
