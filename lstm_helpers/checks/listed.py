"""Answers that return lists where arrays are wanted: right numbers, in a form that breaks later.

A verdict does not mind, but the next cell of a lesson may ask for ``X.shape``. So whoever goes on
with such an answer goes on with its results turned into arrays.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from lstm_helpers.checks.diagnose import ANSWER_SECONDS
from lstm_helpers.checks.model import Exercise
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
    case = exercise.cases(np.random.default_rng(0))[0]
    names = argument_names(exercise.adapt(exercise.reference))
    outcome = run(exercise.adapt(answer), case, names, ANSWER_SECONDS, exercise.restored_to)
    if outcome.error is not None:
        return False
    results = [outcome.value] if len(exercise.outputs) == 1 else list(outcome.value)
    return any(
        isinstance(result, list | tuple) and bool(output.axes)
        for output, result in zip(exercise.outputs, results, strict=True)
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
        The same function, with arrays where the exercise names axes.
    """

    @functools.wraps(answer)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        value = answer(*args, **kwargs)
        if len(exercise.outputs) == 1:
            return np.asarray(value)
        return tuple(
            np.asarray(result) if output.axes else result
            for output, result in zip(exercise.outputs, value, strict=True)
        )

    return wrapper
