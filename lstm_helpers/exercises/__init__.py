"""The exercises of the course: what each asks, how it is judged, what goes wrong.

One module for each lesson. Other packages add exercises of their own through the entry-point group
``lstm_helpers.exercises``: each entry names a `Lesson`.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any

import numpy as np

from lstm_helpers.checks import Exercise, Question, Verdict, diagnose

NUMBERS = tuple(
    sorted(
        module.name.removeprefix("lesson_")
        for module in iter_modules(__path__)
        if module.name.startswith("lesson_")
    )
)
"""The lessons that have exercises: each has a module here, `lesson_00` and so on."""


class UnknownExerciseError(LookupError):
    """There is no exercise of that name."""


@dataclass(frozen=True)
class Lesson:
    """A lesson as the checks see it.

    Parameters
    ----------
    number : str
        Two digits, such as ``"02"``.
    title : str
        Its name.
    exercises : tuple of Exercise
        In the order of the notebook.
    quiz : tuple of Question
        The questions at its end.
    """

    number: str
    title: str
    exercises: tuple[Exercise, ...]
    quiz: tuple[Question, ...]


# Loaded when they are first asked for: a few milliseconds for each lesson.
@cache
def _lessons() -> dict[str, Lesson]:
    modules = [import_module(f"lstm_helpers.exercises.lesson_{number}") for number in NUMBERS]
    lessons = [
        Lesson(number, module.TITLE, module.EXERCISES, module.QUIZ)
        for number, module in zip(NUMBERS, modules, strict=True)
    ]
    for entry in entry_points(group="lstm_helpers.exercises"):
        lesson = entry.load()
        if not isinstance(lesson, Lesson):
            raise TypeError(
                f"the entry point {entry.name!r} in group 'lstm_helpers.exercises' gives a "
                f"{type(lesson).__name__}; expected a lstm_helpers.exercises.Lesson"
            )
        lessons.append(lesson)
    return {lesson.number: lesson for lesson in sorted(lessons, key=lambda one: one.number)}


@cache
def _exercises() -> dict[str, Exercise]:
    return {
        exercise.name: exercise for lesson in _lessons().values() for exercise in lesson.exercises
    }


if TYPE_CHECKING:
    LESSONS: dict[str, Lesson]
    """Lessons by number, in order."""
    EXERCISES: dict[str, Exercise]
    """Exercises by name, in the order of the lessons."""


def __getattr__(name: str) -> Any:
    if name == "LESSONS":
        return _lessons()
    if name == "EXERCISES":
        return _exercises()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def get(name: str) -> Exercise:
    """Find an exercise.

    Parameters
    ----------
    name : str
        Its name, which is the name of the function that it asks for.

    Returns
    -------
    Exercise
        The exercise.

    Raises
    ------
    UnknownExerciseError
        If there is none of that name.

    Examples
    --------
    >>> get("rnn_step").lesson
    '01'
    """
    known = _exercises()
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, known, n=1)
    advice = f"did you mean {near[0]!r}?" if near else f"the course has {', '.join(known)}."
    raise UnknownExerciseError(f"there is no exercise called {name!r}; {advice}")


def judge(answer: Any, name: str | None = None, rng: np.random.Generator | None = None) -> Verdict:
    """Judge an answer to an exercise.

    Parameters
    ----------
    answer : callable
        The function that a learner wrote.
    name : str, optional
        The exercise; by default the answer's ``__name__``.
    rng : numpy.random.Generator, optional
        Draws the cases; by default a fresh one.

    Returns
    -------
    Verdict
        With ``status``, ``diagnosis`` and ``message``.

    Raises
    ------
    UnknownExerciseError
        If there is no exercise of that name.

    Examples
    --------
    >>> def rnn_step(x, h_prev, W_x, W_h, b):
    ...     return np.tanh(x @ W_x + h_prev @ W_h)
    >>> judge(rnn_step).diagnosis
    'missing-bias'
    """
    if name is None:
        name = getattr(answer, "__name__", None)
        if not isinstance(name, str):
            raise UnknownExerciseError(
                f"got a {type(answer).__name__}, which has no name; expected a function, or the "
                "exercise's name as second argument, such as judge(answer, 'sigmoid')"
            )
    return diagnose(get(name), answer, np.random.default_rng() if rng is None else rng)
