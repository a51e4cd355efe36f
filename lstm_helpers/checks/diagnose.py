"""Judge an answer: find the first fault, then the cause that explains it best.

The order is fixed: not attempted, raised, changed its inputs, wrong number, kind or keys of
results, wrong shape, not finite, a known misconception, a general relation, the first wrong entry,
wrong precision. A misconception is looked for as soon as anything is wrong, because many show in a
shape or in an exception; it is named only if its outcome equals the answer's on every case.
"""

from __future__ import annotations

import copy
import dis
import inspect
from collections.abc import Callable
from types import FunctionType
from typing import Any

import numpy as np

from lstm_helpers.checks import form_messages, messages
from lstm_helpers.checks.compare import first_fault
from lstm_helpers.checks.form import STAGES, Fault, to_arrays
from lstm_helpers.checks.imports import load_imports
from lstm_helpers.checks.limits import TimeUp
from lstm_helpers.checks.model import Array, Case, Exercise, Verdict
from lstm_helpers.checks.run import Outcome, argument_names, run_all
from lstm_helpers.checks.trial import Trial


def diagnose(exercise: Exercise, answer: Any, rng: np.random.Generator) -> Verdict:
    """Judge an answer to an exercise.

    Parameters
    ----------
    exercise : Exercise
        What was asked.
    answer : object
        What the learner wrote; normally a function.
    rng : numpy.random.Generator
        Draws the cases.

    Returns
    -------
    Verdict
        The outcome, the cause where it was recognised, and what to tell the learner.
    """
    if not callable(answer) or type(answer).__name__ == exercise.name:  # an object of the class
        return no_function(exercise, answer)
    refusal = refused(exercise, signature(answer))
    if refusal is not None:
        return refusal
    cases = exercise.cases(rng)
    names = tried_names(exercise)
    load_imports(answer)
    tried = exercise.adapt(answer)
    outcomes = run_all(tried, cases, names, exercise.seconds, exercise.restored_to)
    return judge_outcomes(exercise, cases, outcomes, is_blank(answer))


def judge_outcomes(
    exercise: Exercise, cases: list[Case], outcomes: list[Outcome], blank: bool = False
) -> Verdict:
    """Judge what came of an answer, wherever it was run.

    Parameters
    ----------
    exercise : Exercise
        What was asked.
    cases : list of Case
        Where the answer was tried.
    outcomes : list of Outcome
        What came of it; fewer than cases if the time was up.
    blank : bool, optional
        Whether the answer has no body.

    Returns
    -------
    Verdict
        The outcome, the cause where it was recognised, and what to tell the learner.
    """
    early = _not_attempted(exercise, blank, outcomes) or _cut_short(exercise, outcomes, cases)
    if early is not None:
        return early
    names = tried_names(exercise)
    expected = [_expected(exercise, case) for case in cases]
    faults = [
        first_fault(outcome, right, exercise)
        for outcome, right in zip(outcomes, expected, strict=True)
    ]
    found = [(STAGES.index(fault.stage), k) for k, fault in enumerate(faults) if fault is not None]
    if not found:
        return Verdict(exercise.name, "passed", None, _praise(exercise, cases))
    worst = min(found)[1]
    fault = faults[worst]
    assert fault is not None
    trial = Trial(exercise, names, cases, outcomes, expected, fault.stage == "warned")
    shown = trial.shown()
    if shown:
        return trial.failed(shown[0].slug, "\n\n".join(each.message for each in shown))
    known = trial.candidates(worst)
    if len(known) == 1 and trial.is_explained_by(known[0]):
        return trial.failed(known[0][0].slug, known[0][0].message)
    if fault.stage == "value":
        return trial.explain_values(known)
    return trial.explain_form(fault, worst)


def tried_names(exercise: Exercise) -> tuple[str, ...]:
    """Names of the arguments of what is tried on the cases.

    Parameters
    ----------
    exercise : Exercise
        What was asked.

    Returns
    -------
    tuple of str
        In their order.
    """
    return argument_names(exercise.adapt(exercise.reference))


def signature(answer: Callable[..., Any]) -> inspect.Signature | None:
    """Read how an answer can be called.

    Parameters
    ----------
    answer : callable
        What the learner wrote.

    Returns
    -------
    inspect.Signature or None
        None where Python cannot tell.
    """
    try:
        return inspect.signature(answer)
    except (TypeError, ValueError):
        return None


def no_function(exercise: Exercise, answer: Any) -> Verdict:
    """Refuse what cannot be called at all.

    Parameters
    ----------
    exercise : Exercise
        What was asked.
    answer : object
        What was given instead.

    Returns
    -------
    Verdict
        Failed.
    """
    return Verdict(
        exercise.name,
        "failed",
        "not-a-function",
        f"Got {'None' if answer is None else f'a {type(answer).__name__}'}; expected the "
        f"{'class' if exercise.name[0].isupper() else 'function'} `{exercise.name}` itself, "
        "without brackets behind its name. Run the cell "
        "that defines it, then this one again.",
    )


def refused(exercise: Exercise, theirs: inspect.Signature | None) -> Verdict | None:
    """Refuse what cannot be called as the exercise says.

    Parameters
    ----------
    exercise : Exercise
        What was asked.
    theirs : inspect.Signature or None
        How the answer can be called, where that is known.

    Returns
    -------
    Verdict or None
        None if it can be called so.
    """
    if theirs is None:
        return None
    ours = inspect.signature(exercise.reference)
    required = [p for p in ours.parameters.values() if p.default is p.empty]
    try:
        theirs.bind(*required)
        theirs.bind(*ours.parameters)
    except TypeError as problem:
        return Verdict(
            exercise.name,
            "failed",
            "wrong-arguments",
            f"`{exercise.name}{_bare(theirs)}` cannot be called as the exercise says: {problem}. "
            f"Expected `{exercise.name}{_bare(ours)}`.",
        )
    mine, wanted = list(theirs.parameters), list(ours.parameters)
    if mine != wanted and sorted(mine) == sorted(wanted):
        return Verdict(
            exercise.name,
            "failed",
            "wrong-arguments",
            f"`{exercise.name}{_bare(theirs)}` takes its arguments in another order than the "
            f"exercise gives them. Expected `{exercise.name}{_bare(ours)}`.",
        )
    return None


def _bare(signature: inspect.Signature) -> inspect.Signature:
    """A signature as a learner writes it, without annotations."""
    names = [p.replace(annotation=p.empty) for p in signature.parameters.values()]
    return inspect.Signature(names)


def _not_attempted(exercise: Exercise, blank: bool, outcomes: list[Outcome]) -> Verdict | None:
    stub = _is_stub(outcomes[0])
    if not stub and not blank:
        return None
    return Verdict(
        exercise.name,
        "not attempted",
        None,
        f"`{exercise.name}` is still to be written: replace `raise NotImplementedError` by your "
        "own code and run both cells."
        if stub
        else f"`{exercise.name}` has no body yet: write it, then run both cells.",
    )


def _is_stub(outcome: Outcome) -> bool:
    """Whether the answer itself says that it is not written; libraries raise the same error."""
    if not isinstance(outcome.error, NotImplementedError):
        return False
    if ": `" in outcome.line:  # the learner's own last line is known
        return "NotImplementedError" in outcome.line
    return not str(outcome.error)


def is_blank(answer: Callable[..., Any]) -> bool:
    """Whether a function, or each method of a class, is but `pass`, `...` or a docstring.

    Parameters
    ----------
    answer : callable
        What the learner wrote.

    Returns
    -------
    bool
        True if there is nothing to run.
    """
    if isinstance(answer, type):
        return all(is_blank(m) for m in vars(answer).values() if isinstance(m, FunctionType))
    if not isinstance(answer, FunctionType):
        return False
    code = answer.__code__
    done = {"RESUME", "NOP", "LOAD_CONST", "RETURN_VALUE", "RETURN_CONST"}
    if any(i.opname not in done for i in dis.get_instructions(code)):
        return False
    returned = [
        i.argval for i in dis.get_instructions(code) if i.opname in ("LOAD_CONST", "RETURN_CONST")
    ]
    return returned == [None]


def _cut_short(exercise: Exercise, outcomes: list[Outcome], cases: list[Case]) -> Verdict | None:
    last = outcomes[-1].error
    if isinstance(last, TimeUp):
        case = cases[len(outcomes) - 1]
        return Verdict(
            exercise.name,
            "failed",
            "too-slow",
            f"`{exercise.name}` was stopped: it ran for more than {exercise.seconds:g} s "
            f"{messages.the_case(case)}; the course's own version takes a small part of that. Is "
            "there a loop that never ends?",
        )
    if isinstance(last, KeyboardInterrupt):
        return Verdict(
            exercise.name,
            "failed",
            "interrupted",
            f"The check of `{exercise.name}` was interrupted. Run the cell again.",
        )
    return None


def _expected(exercise: Exercise, case: Case) -> list[Array]:
    # A reference may move an argument and put it back to rounding, so it gets a copy.
    right = exercise.adapt(exercise.reference)(
        *copy.deepcopy(case.args), **copy.deepcopy(dict(case.kwargs))
    )
    arrays = to_arrays(right, exercise)
    if isinstance(arrays, Fault):
        raise TypeError(
            f"the reference of exercise {exercise.name!r} returns something of the wrong "
            f"{arrays.stage}; expected {form_messages.expected_results(exercise)}: mend its "
            "outputs"
        )
    return arrays


def _praise(exercise: Exercise, cases: list[Case]) -> str:
    notes = list(dict.fromkeys(case.note for case in cases if case.note))
    also = f", also with {messages.cases_listed(notes)}" if notes else ""
    measured = sum(bool(output.wrong) for output in exercise.compared)
    if measured == len(exercise.compared):
        found = f"is right in all of the {measured} things that were measured"
    else:
        found = "agrees with the course's version in every entry"
    return f"`{exercise.name}` {found} on {len(cases)} fresh cases{also}."
