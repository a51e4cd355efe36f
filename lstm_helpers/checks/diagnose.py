"""Judge an answer: find the first fault, then the cause that explains it best.

The order is fixed: not attempted, raised, changed its inputs, wrong number or kind of results,
wrong shape, not finite, a known misconception, a general relation, the first wrong entry. A
misconception is looked for as soon as anything is wrong, because many show in a shape or in an
exception; it is named only if its outcome equals the answer's on every case.
"""

from __future__ import annotations

import copy
import dis
import inspect
import time
from collections.abc import Callable
from types import FunctionType
from typing import Any

import numpy as np

from lstm_helpers.checks import messages
from lstm_helpers.checks.compare import (
    STAGES,
    Array,
    Fault,
    close,
    first_fault,
    same_outcome,
    to_arrays,
)
from lstm_helpers.checks.limits import TimeUp
from lstm_helpers.checks.model import Case, Exercise, Misconception, Output, Verdict
from lstm_helpers.checks.relations import Pair, find
from lstm_helpers.checks.run import Outcome, argument_names, run_all

ANSWER_SECONDS = 1.2  # what a learner's function may take on all cases together
# What looking through the misconceptions may take, in seconds of the processor: they are ours and
# quick, and a machine that is busy with something else should not cost a learner the diagnosis.
KNOWN_SECONDS = 0.5


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
    refusal = _not_callable_with(exercise, answer)
    if refusal is not None:
        return refusal
    names = argument_names(exercise.adapt(exercise.reference))
    cases = exercise.cases(rng)
    outcomes = run_all(exercise.adapt(answer), cases, names, ANSWER_SECONDS, exercise.restored_to)
    early = _not_attempted(exercise, answer, outcomes) or _cut_short(exercise, outcomes, cases)
    if early is not None:
        return early
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
    trial = _Trial(exercise, names, cases, outcomes, expected, fault.stage == "warned")
    known = trial.candidates(worst)
    if len(known) == 1 and trial.is_explained_by(known[0]):
        return trial.failed(known[0][0].slug, known[0][0].message)
    if fault.stage == "value":
        return trial.explain_values(known)
    return trial.explain_form(fault, worst)


def _not_callable_with(exercise: Exercise, answer: Any) -> Verdict | None:
    """Refuse what cannot be called as the exercise says."""
    if not callable(answer):
        return Verdict(
            exercise.name,
            "failed",
            "not-a-function",
            f"Got {'None' if answer is None else f'a {type(answer).__name__}'}; expected the "
            f"function `{exercise.name}` itself, without brackets behind its name. Run the cell "
            "that defines it, then this one again.",
        )
    try:
        theirs = inspect.signature(answer)
    except (TypeError, ValueError):
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
            f"`{exercise.name}{theirs}` cannot be called as the exercise says: {problem}. Expected "
            f"`{exercise.name}{ours}`.",
        )
    return None


def _not_attempted(
    exercise: Exercise, answer: Callable[..., Any], outcomes: list[Outcome]
) -> Verdict | None:
    stub = isinstance(outcomes[0].error, NotImplementedError)
    if not stub and not _is_blank(answer):
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


def _is_blank(answer: Callable[..., Any]) -> bool:
    """Whether a function holds nothing but `pass`, `...` or a docstring."""
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
            f"`{exercise.name}` was stopped: it ran for more than {ANSWER_SECONDS} s "
            f"{messages.the_case(case)}; "
            "the course's own version takes a few thousandths of a second. Is there a loop that "
            "never ends?",
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
    right = exercise.adapt(exercise.reference)(*copy.deepcopy(case.args), **case.kwargs)
    arrays = to_arrays(right, exercise)
    if isinstance(arrays, Fault):
        raise TypeError(
            f"the reference of exercise {exercise.name!r} returns something of the wrong "
            f"{arrays.stage}; expected {messages.expected_results(exercise)}: mend its outputs"
        )
    return arrays


def _praise(exercise: Exercise, cases: list[Case]) -> str:
    notes = [case.note for case in cases if case.note]
    also = f", also with {messages.listed(notes)}" if notes else ""
    return (
        f"`{exercise.name}` agrees with the course's version in every entry on {len(cases)} "
        f"fresh cases{also}."
    )


def _faulty_part(exercise: Exercise, value: Any, index: int) -> tuple[Output, Any]:
    """The part of a result that is not what it should be, given its place in `arrays`."""
    results = [value] if len(exercise.outputs) == 1 else list(value)
    place = 0
    for output, result in zip(exercise.outputs, results, strict=True):
        items = output.items or (output,)
        if place <= index < place + len(items):
            if output.items and isinstance(result, list | tuple) and len(result) == len(items):
                return items[index - place], result[index - place]
            return output, result
        place += len(items)
    raise AssertionError(f"result {index} of {place}")


class _Trial:
    """An answer that is wrong, with all that was seen of it."""

    def __init__(
        self,
        exercise: Exercise,
        names: tuple[str, ...],
        cases: list[Case],
        outcomes: list[Outcome],
        expected: list[list[Array]],
        warnings: bool,
    ) -> None:
        self.exercise = exercise
        self.names = names
        self.cases = cases
        self.outcomes = outcomes
        self.expected = expected
        self.warnings = warnings
        self.forms = [to_arrays(outcome.value, exercise) for outcome in outcomes]

    def candidates(self, worst: int) -> list[tuple[Misconception, list[Outcome]]]:
        """The misconceptions that explain a result, or all of them; alone if one explains all.

        Most are ruled out by a single case, so the others are run for the few that are not.
        """
        found: list[tuple[Misconception, list[Outcome]]] = []
        end = time.process_time() + KNOWN_SECONDS
        for misconception in self.exercise.misconceptions:
            for answer in (misconception.answer, *misconception.variants):
                first = self._run(answer, [self.cases[worst]], end)
                if not first or not self._resembles(first[0], worst):
                    continue
                outcomes = self._run(answer, self.cases, end)
                if len(outcomes) < len(self.cases):
                    continue
                found.append((misconception, outcomes))
                if self.is_explained_by(found[-1]):
                    return found[-1:]
        return found

    def _run(self, answer: Callable[..., Any], cases: list[Case], end: float) -> list[Outcome]:
        if time.process_time() > end:
            return []
        adapted = self.exercise.adapt(answer)
        return run_all(adapted, cases, self.names, ANSWER_SECONDS, self.exercise.restored_to)

    def is_explained_by(self, known: tuple[Misconception, list[Outcome]]) -> bool:
        """Whether a misconception does what the answer does on every case."""
        return all(
            same_outcome(mine, theirs, self.exercise, self.warnings)
            for mine, theirs in zip(self.outcomes, known[1], strict=True)
        )

    def _resembles(self, outcome: Outcome, n: int) -> bool:
        """Whether an outcome of case n equals the answer's, or one of its wrong results does."""
        if same_outcome(self.outcomes[n], outcome, self.exercise, self.warnings):
            return True
        if isinstance(self.forms[n], Fault) or outcome.error is not None:
            return False
        theirs = to_arrays(outcome.value, self.exercise)
        if isinstance(theirs, Fault) or len(theirs) == 1:
            return False
        rtol, atol = self.exercise.rtol, self.exercise.atol
        return any(
            close(got, wrong, rtol, atol) and not close(got, right, rtol, atol)
            for got, wrong, right in zip(self._arrays(n), theirs, self.expected[n], strict=True)
        )

    def explain_form(self, fault: Fault, worst: int) -> Verdict:
        """The verdict on something that is wrong before values are looked at."""
        exercise, case, outcome = self.exercise, self.cases[worst], self.outcomes[worst]
        if fault.stage == "raised":
            return self.failed("raised", messages.raised(exercise, outcome, case))
        if fault.stage == "changed":
            return self.failed("changed-input", messages.changed(exercise, outcome.changed))
        if fault.stage == "missing":
            return self.failed("returned-none", messages.missing(exercise))
        if fault.stage == "number":
            return self.failed("wrong-number", messages.wrong_number(exercise, outcome))
        if fault.stage == "warned":
            return self.failed("warning", messages.warned(exercise, outcome.warned[0], case))
        index = fault.output or 0
        if fault.stage == "kind":
            output, value = _faulty_part(exercise, outcome.value, index)
            return self.failed("wrong-kind", messages.wrong_kind(exercise, output, value))
        output = exercise.arrays[index]
        got, right = self._arrays(worst)[index], self.expected[worst][index]
        if fault.stage == "not finite":
            return self.failed("not-finite", messages.not_finite(output, got, case))
        shape = messages.wrong_shape(output, got, right, case)
        swapped = self._swapped()
        if swapped:
            return self.failed("results-swapped", f"{swapped} {shape}")
        finding = find(output, self._pairs(index), exercise.rtol, exercise.atol)
        if finding is not None:
            return self.failed(finding.slug, f"{shape} {finding.sentence}")
        return self.failed("wrong-shape", shape)

    def explain_values(self, known: list[tuple[Misconception, list[Outcome]]]) -> Verdict:
        """The verdict on results whose form is right."""
        exercise = self.exercise
        wrong = [k for k in range(len(exercise.arrays)) if not self._right(k)]
        swapped = self._swapped()
        if swapped:
            return self.failed("results-swapped", swapped)
        causes, unexplained = self._per_output(wrong, known)
        if causes:
            text = "\n\n".join(cause.message for cause in causes)
            if unexplained:
                rest = messages.listed([f"`{exercise.arrays[k].name}`" for k in unexplained])
                text += f"\n\nSomething else is wrong with {rest}."
            return self.failed(causes[0].slug, text)
        for k in wrong:
            finding = find(exercise.arrays[k], self._pairs(k), exercise.rtol, exercise.atol)
            if finding is not None:
                return self.failed(finding.slug, finding.sentence)
        k = wrong[0]
        for n, case in enumerate(self.cases):
            got, right = self._arrays(n)[k], self.expected[n][k]
            if not close(got, right, exercise.rtol, exercise.atol):
                text = messages.wrong_value(exercise.arrays[k], got, right, case, exercise)
                return self.failed(None, text)
        raise AssertionError("a wrong result that is right on every case")

    def _per_output(
        self, wrong: list[int], known: list[tuple[Misconception, list[Outcome]]]
    ) -> tuple[list[Misconception], list[int]]:
        """Explain wrong results one by one, when no single cause explains them all."""
        if len(self.exercise.arrays) == 1:
            return [], wrong
        left, causes = list(wrong), []
        while left:
            best: tuple[int, Misconception, list[int]] | None = None
            for misconception, outcomes in known:
                explained = [k for k in left if self._explains(outcomes, k)]
                if explained and (best is None or len(explained) > best[0]):
                    best = (len(explained), misconception, explained)
            if best is None:
                break
            causes.append(best[1])
            left = [k for k in left if k not in best[2]]
        return causes, left

    def _explains(self, outcomes: list[Outcome], k: int) -> bool:
        for n, outcome in enumerate(outcomes):
            if outcome.error is not None:
                return False
            theirs = to_arrays(outcome.value, self.exercise)
            if isinstance(theirs, Fault):
                return False
            if not close(self._arrays(n)[k], theirs[k], self.exercise.rtol, self.exercise.atol):
                return False
        return True

    def _swapped(self) -> str:
        """Say so if the results are right but come in another order."""
        names = [output.name for output in self.exercise.arrays]
        if len(names) == 1:
            return ""
        order = []
        for k in range(len(names)):
            fits = [j for j in range(len(names)) if self._matches(k, j)]
            if not fits:
                return ""
            order.append(k if k in fits else fits[0])
        if sorted(order) != list(range(len(names))) or order == sorted(order):
            return ""
        got = ", ".join(f"`{names[j]}`" for j in order)
        want = ", ".join(f"`{name}`" for name in names)
        return f"Every result is right, but they come in the order {got}; expected {want}."

    def _matches(self, k: int, j: int) -> bool:
        return all(
            close(self._arrays(n)[k], self.expected[n][j], self.exercise.rtol, self.exercise.atol)
            for n in range(len(self.cases))
        )

    def _arrays(self, n: int) -> list[Array]:
        arrays = self.forms[n]
        assert not isinstance(arrays, Fault)
        return arrays

    def _pairs(self, k: int) -> list[Pair]:
        return [
            Pair(self._arrays(n)[k], self.expected[n][k], case.sizes)
            for n, case in enumerate(self.cases)
        ]

    def _right(self, k: int) -> bool:
        return self._matches(k, k)

    def failed(self, slug: str | None, text: str) -> Verdict:
        return Verdict(self.exercise.name, "failed", slug, f"{text}\n\n{self._good_news()}")

    def _good_news(self) -> str:
        """Every message says what is right so far."""
        if any(outcome.error is not None for outcome in self.outcomes):
            done = sum(outcome.error is None for outcome in self.outcomes)
            if done:
                return f"Right so far: it runs on {done} of {len(self.cases)} cases."
            return "Right so far: it takes the arguments that it should."
        if any(isinstance(arrays, Fault) for arrays in self.forms):
            return "Right so far: it runs without an error."
        good = [o.name for k, o in enumerate(self.exercise.arrays) if self._right(k)]
        if good and len(good) < len(self.exercise.arrays):
            return messages.right_so_far(good)
        shapes = all(
            got.shape == right.shape
            for n in range(len(self.cases))
            for got, right in zip(self._arrays(n), self.expected[n], strict=True)
        )
        cases = sum(
            first_fault(outcome, right, self.exercise) is None
            for outcome, right in zip(self.outcomes, self.expected, strict=True)
        )
        if cases:
            return f"Right so far: {cases} of {len(self.cases)} cases."
        if shapes:
            return "Right so far: it runs, and every shape is as it should be."
        return "Right so far: it runs, and returns numbers."
