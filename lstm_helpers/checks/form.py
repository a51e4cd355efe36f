"""Bring what an answer returned into one form: a list of real arrays, or what is wrong with it.

Lists and dicts of arrays are taken apart; numbers, lists of numbers and the tensors of a framework
become arrays. No framework is imported: whatever has ``detach`` is taken for a tensor.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Number
from typing import Any

import numpy as np

from lstm_helpers.checks.measured import returned_outputs, returned_part
from lstm_helpers.checks.model import Array, Exercise, Output

# The order in which faults are looked for; the first that any case shows is the one to speak of.
STAGES = (
    "raised",
    "changed",
    "missing",
    "number",
    "kind",
    "keys",
    "not numpy",
    "shape",
    "not finite",
    "value",
    "precision",
    "warned",
)
_MOST_AXES = 32


@dataclass(frozen=True)
class Fault:
    """What is wrong with the outcome of one case.

    Parameters
    ----------
    stage : str
        One of `STAGES`.
    output : int or None
        Which of `Exercise.arrays`, where it is about one; where it is about a whole list or dict,
        the first that belongs into it.
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
    single = returned_part(exercise, value) if len(returned_outputs(exercise)) == 1 else None
    if isinstance(single, tuple) and any(map(_has_axes, single)):
        return Fault("number")  # such as (hs, h_last) where only hs is asked for
    arrays: list[Array] = []
    for output, result in zip(exercise.outputs, results, strict=True):
        parts = take_apart(result, output)
        if isinstance(parts, str):
            return Fault(parts, len(arrays))
        for wanted, part in zip(output.items or (output,), parts, strict=True):
            array = to_array(part)
            if array is None:
                return Fault("kind", len(arrays))
            if wanted.numpy and not isinstance(part, np.ndarray | np.generic):
                return Fault("not numpy", len(arrays))
            arrays.append(array)
    return arrays


def take_apart(result: Any, output: Output) -> list[Any] | str:
    """Take a result apart into what should be arrays.

    Parameters
    ----------
    result : object
        What was returned for this output.
    output : Output
        Says whether it should be a list, a dict or a single array.

    Returns
    -------
    list or str
        One entry for each of the output's parts, in their order; or the stage of the fault, if it
        is not such a list or dict.
    """
    if not output.items:
        return [result]
    if output.keyed:
        if not isinstance(result, Mapping):
            return "kind"
        if set(result) != {item.name for item in output.items}:
            return "keys"
        return [result[item.name] for item in output.items]
    if not isinstance(result, list | tuple) or len(result) != len(output.items):
        return "kind"
    return list(result)


def faulty_part(exercise: Exercise, value: Any, index: int) -> tuple[Output, Any]:
    """Find the part of a result that a fault of form is about.

    Parameters
    ----------
    exercise : Exercise
        What was asked.
    value : object
        What was returned; right in the number of results.
    index : int
        The fault's place in `Exercise.arrays`.

    Returns
    -------
    output : Output
        What should be there: a single array, or a whole list or dict if that is at fault.
    part : object
        What is there.
    """
    results = [value] if len(exercise.outputs) == 1 else list(value)
    begin = 0
    for output, result in zip(exercise.outputs, results, strict=True):
        place = index - begin
        if place < len(output.parts):
            parts = take_apart(result, output)
            if isinstance(parts, str):
                return output, result
            return output.parts[place], parts[place]
        begin += len(output.parts)
    raise ValueError(f"exercise {exercise.name!r} has {begin} arrays; expected index {index} below")


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
    if isinstance(result, list | tuple) and not _holds_numbers(result, _MOST_AXES):
        return None  # of texts NumPy makes an array in which each is as long as the longest
    try:
        array = np.asarray(from_framework(result))
    except Exception:
        return None
    return array if array.dtype.kind in "fiu" else None


def _holds_numbers(value: Any, axes: int) -> bool:
    """Whether there is nothing but numbers, arrays and tensors in nested lists."""
    if isinstance(value, list | tuple | range):
        return axes > 0 and all(_holds_numbers(item, axes - 1) for item in value)
    if isinstance(value, np.ndarray | np.generic):
        return value.dtype.kind in "biufc"
    return isinstance(value, Number) or hasattr(value, "__array__") or is_tensor(value)


def is_tensor(value: Any) -> bool:
    """Whether something is a framework's tensor that has to be detached before NumPy can read it.

    Parameters
    ----------
    value : object
        Anything.

    Returns
    -------
    bool
        True if it has ``detach``.
    """
    return hasattr(value, "detach")


def from_framework(value: Any) -> Any:
    """Turn a framework's tensor into an array, and leave everything else as it is.

    Parameters
    ----------
    value : object
        Anything.

    Returns
    -------
    object
        An array that may share its memory with the tensor; or ``value``.
    """
    return value.detach().cpu().numpy() if is_tensor(value) else value


def in_normal_form(arrays: list[Array], exercise: Exercise) -> list[Array]:
    """Bring arrays into the form in which their values are compared.

    Parameters
    ----------
    arrays : list of ndarray
        Of a result; two right answers may differ here.
    exercise : Exercise
        Has the normal form.

    Returns
    -------
    list of ndarray
        Alike for all right answers; the arrays themselves if they are of shapes that have no
        normal form.
    """
    if not exercise.has_freedom:
        return arrays
    try:
        return exercise.normal_form(list(arrays))
    except Exception:
        return arrays


def _has_axes(part: Any) -> bool:
    array = to_array(part)
    return array is not None and array.ndim > 0
