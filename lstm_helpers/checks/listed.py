"""Answers that return lists where arrays are wanted: right numbers, in a form that breaks later.

A verdict does not mind, but the next cell of a lesson may ask for ``X.shape``. So whoever goes on
with such an answer goes on with its results turned into arrays.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from lstm_helpers.checks.form import take_apart
from lstm_helpers.checks.model import Exercise, Output
from lstm_helpers.checks.run import argument_names, run


def returns_lists(exercise: Exercise, answer: Callable[..., Any]) -> bool:
    """Whether a right answer returns a list or a tuple where an array is wanted.

    Parameters
    ----------
    exercise : Exercise
        What was asked.
    answer : callable
        An answer that passed.

    Returns
    -------
    bool
        True if one of its results is such a list.
    """
    if exercise.is_adapted:
        return False  # what comes back is not a result but a function
    case = exercise.cases(np.random.default_rng(0))[0]
    names = argument_names(exercise.reference)
    outcome = run(answer, case, names, exercise.seconds, exercise.restored_to)
    if outcome.error is not None:
        return False
    return any(
        isinstance(part, list | tuple) and bool(wanted.axes)
        for output, result in _paired(exercise, outcome.value)
        for wanted, part in zip(output.parts, take_apart(result, output), strict=True)
    )


def with_arrays(exercise: Exercise, answer: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap an answer so that its lists become arrays.

    Parameters
    ----------
    exercise : Exercise
        What was asked.
    answer : callable
        An answer that passed.

    Returns
    -------
    callable
        The same function, with arrays for lists where the exercise names axes, also inside a
        list or dict of results. Tensors stay what they are.
    """

    @functools.wraps(answer)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        value = answer(*args, **kwargs)
        results = [_with_arrays(output, result) for output, result in _paired(exercise, value)]
        return results[0] if len(results) == 1 else tuple(results)

    return wrapper


def _paired(exercise: Exercise, value: Any) -> Iterator[tuple[Output, Any]]:
    """Each output with its result."""
    results = [value] if len(exercise.outputs) == 1 else list(value)
    return zip(exercise.outputs, results, strict=True)


def _with_arrays(output: Output, result: Any) -> Any:
    if output.keyed:
        return {item.name: _with_arrays(item, result[item.name]) for item in output.items}
    if output.items:
        return [_with_arrays(*pair) for pair in zip(output.items, result, strict=True)]
    return np.asarray(result) if output.axes and isinstance(result, list | tuple) else result
