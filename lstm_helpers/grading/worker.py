"""What runs inside the sandbox: a learner's definitions, and one answer on fresh inputs.

It knows no expected value. What it sends is what a stranger's process says: the grader compares
and judges.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import resource
import sys
import warnings
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from lstm_helpers.checks.diagnose import is_blank, signature
from lstm_helpers.checks.model import Case
from lstm_helpers.checks.run import Outcome, run_all
from lstm_helpers.grading.define import define
from lstm_helpers.grading.guard import Watch, hide
from lstm_helpers.grading.wire import WireError, decode, encode

__all__ = ["work"]

LARGEST_JOB = 64 * 2**20
LONGEST_NOTE = 500


def work(message: bytes) -> None:
    """Do a job, and write what came of it to what was standard output.

    Parameters
    ----------
    message : bytes
        The job.
    """
    out = os.dup(1)
    with Path(os.devnull).open("r+b") as nothing:
        for stream in (0, 1, 2):
            os.dup2(nothing.fileno(), stream)
    special: dict[str, Callable[[Any], Any]] = {
        "$tensor": _tensor,
        "$partial": _partial,
        "$function": _function,
    }
    job = decode(message, LARGEST_JOB, special, trusted=True)
    _limit(job["limits"])
    largest = job["limits"]["output"]
    try:
        reply = encode(_try(job), largest, _plain)
    except (WireError, MemoryError) as error:
        reply = encode({"unsent": str(error)[:LONGEST_NOTE]}, largest)
    _write(out, len(reply).to_bytes(8, "big") + reply)
    os._exit(0)  # no exit handler of the learner's


def _try(job: Mapping[str, Any]) -> dict[str, Any]:
    """Run the definitions and the answer; say what happened."""
    course = {name: _named(*where) for name, where in job["course"].items()}
    namespace: dict[str, Any] = {"__name__": "notebook", **course}
    with (
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        given: list[Any] = []

        def answer_given(*args: Any, **kwargs: Any) -> Any:
            return given[0](*args, **kwargs)

        # All that measures is loaded and bound before anything of the learner's runs.
        tried = None if job["adapt"] is None else _named(*job["adapt"])(answer_given)
        hidden = hide()
        watch = Watch([] if tried is None else hidden)
        chosen = {(number, place) for number, place in job["chosen"].tolist()}
        notes = [note[:LONGEST_NOTE] for note in define(job["cells"], namespace, chosen)]
        namespace.update(course)
        if job["name"] not in namespace:
            return {"notes": notes}
        answer = namespace[job["name"]]
        reply: dict[str, Any] = {"notes": notes, "type": type(answer).__name__}
        if not callable(answer):
            return {**reply, "callable": False}
        reply |= {"callable": True, "signature": _signature(answer), "blank": is_blank(answer)}
        given.append(answer)
    cases = [Case(tuple(args), kwargs=kwargs) for args, kwargs in job["cases"]]
    changed = watch.changed()  # while the definitions ran
    outcomes = run_all(
        tried or answer, cases, tuple(job["names"]), job["seconds"], job["tolerance"]
    )
    changed = changed or watch.changed()
    return {**reply, "tampered": changed, "outcomes": [_told(outcome) for outcome in outcomes]}


def _told(outcome: Outcome) -> dict[str, Any]:
    error = outcome.error
    return {
        "value": outcome.value,
        "error": None
        if error is None
        else {
            "type": type(error).__name__,
            "text": str(error),
            "simple": [a for a in error.args if type(a) in (str, int, float)],
            "notes": [str(note) for note in getattr(error, "__notes__", ())],
        },
        "line": outcome.line,
        "changed": list(outcome.changed),
        "warned": list(outcome.warned),
    }


def _signature(answer: Any) -> list[tuple[str, int, bool]] | None:
    found = signature(answer)
    if found is None:
        return None
    parameters = found.parameters.values()
    return [(p.name, int(p.kind), p.default is not p.empty) for p in parameters]


def _limit(limits: Mapping[str, int]) -> None:
    """Set limits that this process cannot raise again."""
    for kind, number in (
        (resource.RLIMIT_CPU, limits["cpu_seconds"]),
        (resource.RLIMIT_AS, limits["address_space"]),
        (resource.RLIMIT_NPROC, limits["processes"]),
        (resource.RLIMIT_NOFILE, limits["files"]),
        (resource.RLIMIT_FSIZE, limits["file_size"]),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (number, number))
    sys.setrecursionlimit(min(sys.getrecursionlimit(), 1000))


def _plain(value: Any) -> dict[str, Any] | None:
    """Write an object that a probe made as the data that it gives of itself."""
    plain = getattr(type(value), "plain", None)
    return {"$plain": plain(value)} if callable(plain) else None


def _tensor(array: np.ndarray[Any, Any]) -> Any:
    import torch

    return torch.from_numpy(array)


def _named(module: str, name: str) -> Any:
    """Get something of what was sent; a dot leads into a class."""
    value: Any = importlib.import_module(module)
    for part in name.split("."):
        value = getattr(value, part)
    return value


def _function(where: list[str]) -> Any:
    return _named(*where)


def _partial(parts: list[Any]) -> Any:
    module, name, args, kwargs = parts
    return partial(_named(module, name), *args, **kwargs)


def _write(stream: int, message: bytes) -> None:
    view = memoryview(message)
    while view:
        view = view[os.write(stream, view) :]
