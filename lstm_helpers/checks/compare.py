"""Bring results into one form, and compare them: form first, values last.

An array of no entries agrees with everything that NumPy can compare it to, so nothing here looks
at a value before number, kind and shape of the results are known to be right.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lstm_helpers.checks.model import Exercise
from lstm_helpers.checks.run import Outcome

Array = npt.NDArray[Any]

# The order in which faults are looked for; the first that any case shows is the one to speak of.
STAGES = (
    "raised",
    "changed",
    "missing",
    "number",
    "kind",
    "shape",
    "not finite",
    "value",
    "warned",
)


@dataclass(frozen=True)
class Fault:
    """What is wrong with the outcome of one case.

    Parameters
    ----------
    stage : str
        One of `STAGES`.
    output : int or None
        Which of `Exercise.arrays`, where it is about one.
    """

    stage: str
    output: int | None = None


def to_arrays(value: Any, exercise: Exercise) -> list[Array] | Fault:
    """Bring what an answer returned into one array for each result.

    Parameters
    ----------
    value : object
        What was returned.
    exercise : Exercise
        Says how many results there are.

    Returns
    -------
    list of ndarray or Fault
        The results as real arrays; or the first fault of form.
    """
    if value is None:
        return Fault("missing")
    results = [value]
    if len(exercise.outputs) > 1:
        if not isinstance(value, list | tuple) or len(value) != len(exercise.outputs):
            return Fault("number")
        results = list(value)
    elif isinstance(value, tuple) and any(np.ndim(part) for part in value):
        return Fault("number")  # such as (hs, h_last) where only hs is asked for
    arrays: list[Array] = []
    for output, result in zip(exercise.outputs, results, strict=True):
        parts = [result]
        if output.items:
            if not isinstance(result, list | tuple) or len(result) != len(output.items):
                return Fault("kind", len(arrays))
            parts = list(result)
        for part in parts:
            array = to_array(part)
            if array is None:
                return Fault("kind", len(arrays))
            arrays.append(array)
    return arrays


def to_array(result: Any) -> Array | None:
    """Turn one result into an array of real numbers.

    Parameters
    ----------
    result : object
        An array, a number, nested lists of numbers, or a tensor of a framework.

    Returns
    -------
    ndarray or None
        None where it is none of those.
    """
    try:
        if hasattr(result, "detach"):
            result = result.detach().cpu()
        array = np.asarray(result)
    except Exception:
        return None
    return array if array.dtype.kind in "fiu" else None


def close(got: Array, expected: Array, rtol: float, atol: float) -> bool:
    """Whether two arrays have the same shape and equal values to within the tolerance.

    Parameters
    ----------
    got, expected : ndarray
        What to compare. NaN equals NaN here, so that a wrong answer that gives NaN can be
        recognised; whether NaN is allowed is for the caller to say.
    rtol, atol : float
        As in `Exercise`.

    Returns
    -------
    bool
        True if they agree everywhere.
    """
    return got.shape == expected.shape and not bool(differs(got, expected, rtol, atol).any())


def differs(got: Array, expected: Array, rtol: float, atol: float) -> Array:
    """Mark the entries in which two arrays of one shape differ.

    Parameters
    ----------
    got, expected : ndarray
        Of one shape.
    rtol, atol : float
        As in `Exercise`.

    Returns
    -------
    ndarray of bool
        True where they differ by more than the tolerance.
    """
    finite = np.abs(expected[np.isfinite(expected)])
    largest = float(finite.max()) if finite.size else 0.0
    return np.asarray(~np.isclose(got, expected, rtol=rtol, atol=atol * largest, equal_nan=True))


def first_fault(outcome: Outcome, expected: list[Array], exercise: Exercise) -> Fault | None:
    """Find what is wrong with an outcome, in the order of `STAGES`.

    Parameters
    ----------
    outcome : Outcome
        What happened in one case.
    expected : list of ndarray
        The right results of that case.
    exercise : Exercise
        Gives number of results and tolerance.

    Returns
    -------
    Fault or None
        None if the outcome is right.
    """
    if outcome.error is not None:
        return Fault("raised")
    if outcome.changed:
        return Fault("changed")
    arrays = to_arrays(outcome.value, exercise)
    if isinstance(arrays, Fault):
        return arrays
    for index, (got, right) in enumerate(zip(arrays, expected, strict=True)):
        if got.shape != right.shape:
            return Fault("shape", index)
    for index, (got, right) in enumerate(zip(arrays, expected, strict=True)):
        if np.isfinite(right).all() and not np.isfinite(got).all():
            return Fault("not finite", index)
    for index, (got, right) in enumerate(zip(arrays, expected, strict=True)):
        if not close(got, right, exercise.rtol, exercise.atol):
            return Fault("value", index)
    if exercise.quiet and outcome.warned:
        return Fault("warned")
    return None


def same_outcome(one: Outcome, other: Outcome, exercise: Exercise, warnings: bool = False) -> bool:
    """Whether two outcomes are alike in all that a learner could notice.

    Parameters
    ----------
    one, other : Outcome
        Of two answers on the same case.
    exercise : Exercise
        Gives number of results and tolerance.
    warnings : bool, optional
        Whether it matters which of them warned.

    Returns
    -------
    bool
        True if both raised the same error, or both returned the same results, changed the same
        arguments and, where that matters, both warned or neither did.
    """
    if one.error is not None or other.error is not None:
        return type(one.error) is type(other.error) and str(one.error) == str(other.error)
    if one.changed != other.changed:
        return False
    if warnings and bool(one.warned) != bool(other.warned):
        return False
    ours, theirs = to_arrays(one.value, exercise), to_arrays(other.value, exercise)
    if isinstance(ours, Fault) or isinstance(theirs, Fault):
        return ours == theirs and _like(one.value, other.value, exercise)
    return all(close(a, b, exercise.rtol, exercise.atol) for a, b in zip(ours, theirs, strict=True))


def _like(one: Any, other: Any, exercise: Exercise) -> bool:
    """Compare two results whose form is wrong, such as one array where two are expected."""
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(
            _like(a, b, exercise) for a, b in zip(one, other, strict=True)
        )
    a, b = to_array(one), to_array(other)
    if a is None or b is None:
        return False
    return close(a, b, exercise.rtol, exercise.atol)
