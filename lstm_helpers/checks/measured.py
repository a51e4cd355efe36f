"""What a probe measures of an answer, beside what the answer returns.

Some exercises ask for a class, for a function that builds a model, or for a step that changes what
it is given. `Exercise.adapt` then puts the answer to use and returns, in the order of
`Exercise.outputs`, what the answer returned and what was measured of it. An `Output` that was
measured brings along its own sentence, because its name says nothing to a learner who never
returned it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lstm_helpers.checks.model import Array, Exercise, Output


def returned_outputs(exercise: Exercise) -> tuple[Output, ...]:
    """Pick the results that the answer itself returns.

    Parameters
    ----------
    exercise : Exercise
        What was asked.

    Returns
    -------
    tuple of Output
        All but those that are measured.
    """
    return tuple(output for output in exercise.outputs if not output.wrong)


def returned_part(exercise: Exercise, value: Any) -> Any:
    """Pick what the answer itself returned out of what a probe returned.

    Parameters
    ----------
    exercise : Exercise
        What was asked.
    value : object
        What came back.

    Returns
    -------
    object
        A single result, or a tuple of them; ``value`` itself if nothing is measured.
    """
    returned = returned_outputs(exercise)
    if len(returned) == len(exercise.outputs):
        return value
    parts = [
        part for output, part in zip(exercise.outputs, value, strict=True) if output in returned
    ]
    return parts[0] if len(parts) == 1 else tuple(parts)


def sentence(
    exercise: Exercise, output: Output, arrays: Sequence[Array], got: Array, expected: Array
) -> str:
    """Say what is wrong with something that was measured.

    Parameters
    ----------
    exercise : Exercise
        What was asked.
    output : Output
        What was measured, with its sentence.
    arrays : sequence of ndarray
        All results of the case, in the order of `Exercise.arrays`.
    got, expected : ndarray
        What was measured, and what is right.

    Returns
    -------
    str
        The sentence, with the numbers that it refers to.
    """
    numbers = {one.name: _number(array) for one, array in zip(exercise.arrays, arrays, strict=True)}
    return output.wrong.format(**{**numbers, "got": _number(got), "expected": _number(expected)})


def _number(array: Array) -> float | str:
    """A number as such, an array as text."""
    return float(array) if array.ndim == 0 else np.array2string(array, precision=3, separator=", ")
