"""What a sandbox is given for one exercise: a job, and the slices of the course that it needs."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from importlib import resources
from types import FunctionType
from typing import Any

import numpy as np

from lstm_helpers.checks import Case, Exercise
from lstm_helpers.checks.diagnose import tried_names
from lstm_helpers.exercises import EXERCISES
from lstm_helpers.grading.extract import Extract
from lstm_helpers.grading.needed import needed
from lstm_helpers.grading.slices import Name, SliceError, Slices, definition, slices
from lstm_helpers.grading.wire import encode

__all__ = ["Kit", "handed_over", "kit", "written_job"]

LARGEST_JOB = 64 * 2**20
_WORKER = ("lstm_helpers.grading.worker", "work")
_ADAPTED = "_itself"  # the name of the default of Exercise.adapt, which changes nothing


@dataclass(frozen=True)
class Kit:
    """Code that goes into the sandbox.

    Attributes
    ----------
    course : dict
        For each earlier exercise, module and name of the course's version.
    adapt : (str, str) or None
        Module and name of what turns an answer into what is tried.
    slices : Slices
        Sources of what is needed of the course.
    """

    course: Mapping[str, Name]
    adapt: Name | None
    slices: Slices


@cache
def kit(name: str, functions: frozenset[Name] = frozenset()) -> Kit:
    """Put together what the sandbox needs for an exercise.

    Parameters
    ----------
    name : str
        The exercise.
    functions : frozenset of (str, str), optional
        Module and name of functions that its cases hold.

    Returns
    -------
    Kit
        The worker, the course's version of what the answer may call, and what these need; never
        the reference of this exercise or of a later one.

    Raises
    ------
    SliceError
        If what is needed would bring a reference along that must stay outside.
    """
    exercise = EXERCISES[name]
    course = {earlier: _where(EXERCISES[earlier].reference) for earlier in exercise.may_call}
    adapt = None if exercise.adapt.__name__ == _ADAPTED else _where(exercise.adapt)
    library = [_library(each) for each in exercise.library]
    public = [("lstm_helpers.nn", each) for each in exercise.may_call if _is_public(each)]
    starts = [_WORKER, *functions, *course.values(), *library, *public]
    cut = slices([*starts, *([adapt] if adapt else [])])
    for later in _not_before(name):
        if _where(EXERCISES[later].reference) in cut.names:
            raise SliceError(
                f"the sandbox for {name!r} would hold the course's {later!r}; expected it to stay "
                "outside: change `may_call`, `library` or `adapt` of the exercise"
            )
    return Kit(course, adapt, cut)


def handed_over(exercise: Exercise) -> dict[str, Any]:
    """Everything of the course's own that an answer to an exercise can call when it is graded.

    Parameters
    ----------
    exercise : Exercise
        What is asked.

    Returns
    -------
    dict of str to object
        By name.
    """
    found = {name: EXERCISES[name].reference for name in exercise.may_call}
    for each in exercise.library:
        module, name = _library(each)
        found[each] = getattr(__import__(module, fromlist=[name]), name)
    return found


def written_job(
    exercise: Exercise,
    cases: list[Case],
    extracted: Extract,
    limits: Mapping[str, int],
    own: Iterable[str] = (),
) -> bytes:
    """Write everything that a sandbox reads from its standard input.

    Parameters
    ----------
    exercise : Exercise
        What is asked.
    cases : list of Case
        Fresh inputs.
    extracted : Extract
        The learner's definitions.
    limits : mapping of str to int
        As the worker sets them.
    own : iterable of str, optional
        Earlier exercises for which the learner's own version is used.

    Returns
    -------
    bytes
        The first lines to run, the modules, the job.

    Raises
    ------
    WireError
        If what the answer needs is too much to be sent.
    """
    functions: set[Name] = set()

    def special(value: Any) -> dict[str, Any] | None:
        if isinstance(value, partial):
            functions.add(_where(value.func))
            return {"$partial": [*_where(value.func), list(value.args), dict(value.keywords)]}
        if isinstance(value, FunctionType):
            functions.add(_where(value))
            return {"$function": list(_where(value))}
        return None

    asked = [(list(case.args), dict(case.kwargs)) for case in cases]
    encode(asked, LARGEST_JOB, special, trusted=True)  # finds the functions
    parts = kit(exercise.name, frozenset(functions))
    own = set(own)
    chosen = needed(extracted, exercise.name)
    numbers = {number for number, _ in chosen}
    job = {
        "name": exercise.name,
        "cells": [(c.number, c.source) for c in extracted.cells if c.number in numbers],
        "chosen": np.array(sorted(chosen), dtype=np.int32),
        "course": {name: list(where) for name, where in parts.course.items() if name not in own},
        "adapt": None if parts.adapt is None else list(parts.adapt),
        "cases": asked,
        "names": list(tried_names(exercise)),
        "seconds": float(exercise.seconds),
        "tolerance": float(exercise.restored_to),
        "limits": dict(limits),
    }
    modules = json.dumps(list(parts.slices.sources.items())).encode()
    written = encode(job, LARGEST_JOB, special, trusted=True)
    return b"".join([_with_length(_bootstrap()), _with_length(modules), written])


@cache
def _bootstrap() -> bytes:
    return resources.files("lstm_helpers.grading").joinpath("bootstrap.py").read_bytes()


def _with_length(block: bytes) -> bytes:
    return str(len(block)).encode() + b"\n" + block


def _where(value: Any) -> Name:
    """Module and name of something of the course's, at the top level of its module."""
    name = value.__qualname__
    if "<" in name or inspect.getmodule(value) is None:
        raise SliceError(
            f"{name} in {value.__module__} has no name that it can be sent by; expected a function "
            "at the top level of its module"
        )
    return str(value.__module__), str(name)


def _library(dotted: str) -> Name:
    module, _, name = dotted.rpartition(".")
    return f"lstm_helpers.{module}", name


def _is_public(name: str) -> bool:
    try:
        definition("lstm_helpers.nn", name)
    except SliceError:
        return False
    return True


def _not_before(name: str) -> list[str]:
    names = list(EXERCISES)
    return names[names.index(name) :]
