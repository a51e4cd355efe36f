"""Judge what came out of a sandbox: here, and only here, it is compared with what is right."""

from __future__ import annotations

import builtins
import inspect
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from lstm_helpers.checks import Case, Exercise, TimeUp, Verdict
from lstm_helpers.checks.diagnose import judge_outcomes, no_function, refused
from lstm_helpers.checks.run import Outcome
from lstm_helpers.grading.sandbox import Reply
from lstm_helpers.grading.wire import Foreign, WireError, decode

__all__ = ["fresh_cases", "verdict_of"]

_SENTENCES = {
    "too slow": "It was stopped: it ran for too long. Is there a loop that never ends?",
    "too much memory": "It was stopped: it used more memory than any answer needs. How large are "
    "the arrays that it makes?",
    "too much output": "It was stopped: it returned more than any answer has. What is the shape of "
    "its result?",
    "crashed": "Python ended in the middle of it, without a result. Does it call `exit`, or "
    "recurse without end?",
}


def fresh_cases(exercise: Exercise, seed: int) -> list[Case]:
    """Draw the inputs of one run of the grader: the same for every learner.

    Parameters
    ----------
    exercise : Exercise
        What is asked.
    seed : int
        Of the run.

    Returns
    -------
    list of Case
        Fresh inputs.
    """
    mixed = np.random.SeedSequence([seed, zlib.crc32(exercise.name.encode())])
    return exercise.cases(np.random.default_rng(mixed))


def verdict_of(exercise: Exercise, cases: list[Case], reply: Reply, largest: int) -> Verdict:
    """Judge an answer by what its sandbox sent.

    Parameters
    ----------
    exercise : Exercise
        What was asked.
    cases : list of Case
        What it was tried on.
    reply : Reply
        How the job ended.
    largest : int
        Bytes that a message may have.

    Returns
    -------
    Verdict
        Passed only if every value is right. Whatever was sent, this function returns.
    """
    if reply.end != "message":
        slug = reply.end.replace(" ", "-")
        return Verdict(exercise.name, "failed", slug, _SENTENCES[reply.end])
    try:
        sent = decode(reply.message, largest, {"$plain": exercise.received})
        return _judged(exercise, cases, sent)
    except WireError as error:
        return _unreadable(exercise, str(error))
    except (Exception, RecursionError, MemoryError) as error:
        return _unreadable(exercise, type(error).__name__)


def _judged(exercise: Exercise, cases: list[Case], sent: Any) -> Verdict:
    if not isinstance(sent, dict):
        raise WireError("it is not a dict")
    if "unsent" in sent:
        return _unreadable(exercise, str(sent["unsent"]))
    notes = [str(note) for note in sent.get("notes", [])]
    if "type" not in sent:
        text = f"No cell that could be run defines `{exercise.name}`."
        return Verdict(exercise.name, "failed", "not-defined", "\n\n".join([text, *notes]))
    if sent["callable"] is not True:
        return no_function(exercise, Foreign(str(sent["type"])))
    if sent.get("tampered"):
        return _tampered(exercise, str(sent["tampered"]))
    refusal = refused(exercise, _signature(sent["signature"]))
    if refusal is not None:
        return refusal
    outcomes = [_outcome(each) for each in sent["outcomes"]]
    stopped = bool(outcomes) and isinstance(outcomes[-1].error, TimeUp)
    if not outcomes or (len(outcomes) != len(cases) and not stopped) or len(outcomes) > len(cases):
        raise WireError("it has another number of results than there were inputs")
    verdict = judge_outcomes(exercise, cases, outcomes, sent["blank"] is True)
    if verdict.passed or not notes:
        return verdict
    return Verdict(
        verdict.name, verdict.status, verdict.diagnosis, "\n\n".join([verdict.message, *notes])
    )


def _outcome(sent: Mapping[str, Any]) -> Outcome:
    return Outcome(
        value=sent["value"],
        error=None if sent["error"] is None else _error(sent["error"]),
        line=str(sent["line"]),
        changed=tuple(map(str, sent["changed"])),
        warned=tuple(map(str, sent["warned"])),
    )


def _error(sent: Mapping[str, Any]) -> BaseException:
    """Make an exception that looks like the one that was raised: of a known type, or a new one."""
    name, text = str(sent["type"]), str(sent["text"])
    if name == "TimeUp":
        return TimeUp()
    known = getattr(builtins, name, None) or getattr(np.linalg, name, None)
    known = known or getattr(np.exceptions, name, None)
    error: BaseException | None = None
    if isinstance(known, type) and issubclass(known, BaseException):
        error = known.__new__(known)
        error.args = tuple(sent["simple"]) or ((text,) if text else ())
    if error is None or str(error) != text:
        if not name.isidentifier() or len(name) > 80:
            name = "Exception"
        error = type(name, (Exception,), {})(text)
    for note in sent["notes"]:
        error.add_note(str(note))
    return error


def _signature(sent: Any) -> inspect.Signature | None:
    if sent is None:
        return None
    kinds = list(inspect._ParameterKind)
    return inspect.Signature(
        [
            inspect.Parameter(
                name, kinds[kind], default=None if has_default else inspect.Parameter.empty
            )
            for name, kind, has_default in sent
        ]
    )


def _tampered(exercise: Exercise, what: str) -> Verdict:
    return Verdict(
        exercise.name,
        "failed",
        "tampered",
        f"The notebook changed `{what}`, with which `{exercise.name}` is measured, so no mark is "
        "given. Take out what sets attributes of other modules or classes.",
    )


def _unreadable(exercise: Exercise, why: str) -> Verdict:
    return Verdict(
        exercise.name,
        "failed",
        "unreadable-result",
        f"What `{exercise.name}` returned cannot be read: {why}. Return arrays and numbers, in the "
        "form that the exercise names.",
    )
