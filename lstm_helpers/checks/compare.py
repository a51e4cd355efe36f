"""Compare an outcome with what is right: form first, values last.

An array of no entries agrees with everything that NumPy can compare it to, so nothing here looks
at a value before number, kind and shape of the results are known to be right.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from lstm_helpers.checks.form import (
    Fault,
    faulty_part,
    in_normal_form,
    is_tensor,
    to_array,
    to_arrays,
)
from lstm_helpers.checks.model import Array, Exercise
from lstm_helpers.checks.run import Outcome

_LAST_DIGITS = 16  # in steps of the coarser precision: what a sum of a few terms may lose


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
    if expected.dtype.kind == "f" and expected.dtype.itemsize < 8:
        rounding = _LAST_DIGITS * float(np.finfo(expected.dtype).eps)
        rtol, atol = max(rtol, rounding), max(atol, rounding)
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
        None if the outcome is right. For a wrong value, the place is one in `Exercise.compared`.
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
    mine, theirs = in_normal_form(arrays, exercise), in_normal_form(expected, exercise)
    for index, (got, right) in enumerate(zip(mine, theirs, strict=True)):
        if exercise.compared[index].same_precision and got.dtype.kind == right.dtype.kind == "f":
            # Digits that were lost or gained are a fault of their own.
            right = right.astype(min(got.dtype, right.dtype, key=lambda kind: kind.itemsize))
        if not close(got, right, exercise.rtol, exercise.atol):
            return Fault("value", index)
    for index, (got, right) in enumerate(zip(arrays, expected, strict=True)):
        if exercise.arrays[index].same_precision and got.dtype != right.dtype:
            return Fault("precision", index)
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
        if ours != theirs or not _like(one.value, other.value, exercise):
            return False
        if not isinstance(ours, Fault) or ours.stage != "not numpy":
            return True
        parts = (faulty_part(exercise, o.value, ours.output or 0)[1] for o in (one, other))
        return len({is_tensor(part) for part in parts}) == 1  # tensors and lists are two mistakes
    for wanted, a, b in zip(exercise.arrays, ours, theirs, strict=True):
        if a.shape != b.shape or (wanted.same_precision and a.dtype != b.dtype):
            return False
    ours, theirs = in_normal_form(ours, exercise), in_normal_form(theirs, exercise)
    return all(close(a, b, exercise.rtol, exercise.atol) for a, b in zip(ours, theirs, strict=True))


def _like(one: Any, other: Any, exercise: Exercise) -> bool:
    """Compare two results whose form is wrong, such as one array where two are expected."""
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(
            _like(a, b, exercise) for a, b in zip(one, other, strict=True)
        )
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return set(one) == set(other) and all(_like(one[k], other[k], exercise) for k in one)
    a, b = to_array(one), to_array(other)
    if a is None or b is None:
        return False
    return close(a, b, exercise.rtol, exercise.atol)
