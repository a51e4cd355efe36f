"""A wrong answer on trial: which known misconception, or which general relation, explains it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from lstm_helpers.checks import form_messages, messages
from lstm_helpers.checks.compare import close, first_fault, same_outcome
from lstm_helpers.checks.form import Fault, faulty_part, in_normal_form, to_arrays
from lstm_helpers.checks.model import Array, Case, Exercise, Misconception, Output, Verdict
from lstm_helpers.checks.relations import Pair, find
from lstm_helpers.checks.run import Outcome, run_all

ANSWER_SECONDS = 1.2  # what a learner's function may take on all cases together
# What looking through the misconceptions may take, in seconds of the processor: they are ours and
# quick, and a machine that is busy with something else should not cost a learner the diagnosis.
KNOWN_SECONDS = 0.5


class Trial:
    """An answer that is wrong, with all that was seen of it.

    Parameters
    ----------
    exercise : Exercise
        What was asked.
    names : tuple of str
        What the arguments are called.
    cases : list of Case
        Where the answer was tried.
    outcomes : list of Outcome
        What came of each case.
    expected : list of list of ndarray
        The right results of each case.
    warnings : bool
        Whether the answer is wrong in nothing but its warnings.
    """

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
        # What is compared: the arrays as they came, or their normal form if every shape is right.
        self.outputs, self.right, self.got = exercise.arrays, expected, self.forms
        self.in_shape = all(map(_of_one_shape, self.forms, expected))
        if self.in_shape and exercise.has_freedom:
            self.outputs = exercise.compared
            self.right = [in_normal_form(arrays, exercise) for arrays in expected]
            self.got = [
                arrays if isinstance(arrays, Fault) else in_normal_form(arrays, exercise)
                for arrays in self.forms
            ]

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
        theirs = self._comparable(outcome, n)
        if isinstance(theirs, Fault) or len(theirs) == 1:
            return False
        rtol, atol = self.exercise.rtol, self.exercise.atol
        return any(
            close(got, wrong, rtol, atol) and not close(got, right, rtol, atol)
            for got, wrong, right in zip(self._arrays(n), theirs, self.right[n], strict=True)
        )

    def _comparable(self, outcome: Outcome, n: int) -> list[Array] | Fault:
        """The results of a misconception on case n, in the form in which the answer's are."""
        arrays = to_arrays(outcome.value, self.exercise)
        if isinstance(arrays, Fault) or not (self.in_shape and self.exercise.has_freedom):
            return arrays
        if not _of_one_shape(arrays, self.expected[n]):
            return Fault("shape")
        return in_normal_form(arrays, self.exercise)

    def explain_form(self, fault: Fault, worst: int) -> Verdict:
        """The verdict on something that is wrong before values are looked at."""
        exercise, case, outcome = self.exercise, self.cases[worst], self.outcomes[worst]
        if fault.stage == "raised":
            return self.failed("raised", messages.raised(exercise, outcome, case))
        if fault.stage == "changed":
            return self.failed("changed-input", messages.changed(exercise, outcome.changed))
        if fault.stage == "missing":
            return self.failed("returned-none", form_messages.missing(exercise))
        if fault.stage == "number":
            return self.failed("wrong-number", form_messages.wrong_number(exercise, outcome.value))
        if fault.stage == "warned":
            return self.failed("warning", messages.warned(exercise, outcome.warned[0], case))
        index = fault.output or 0
        if fault.stage in ("kind", "keys", "not numpy"):
            return self._explain_part(fault.stage, *faulty_part(exercise, outcome.value, index))
        output = exercise.arrays[index]
        arrays = self.forms[worst]
        assert not isinstance(arrays, Fault)
        got, right = arrays[index], self.expected[worst][index]
        if fault.stage == "not finite":
            return self.failed("not-finite", messages.not_finite(output, got, case))
        if fault.stage == "precision":
            text = form_messages.wrong_precision(output, got, right, case)
            return self.failed("wrong-precision", text)
        shape = messages.wrong_shape(output, got, right, case)
        swapped = self._swapped()
        if swapped:
            return self.failed("results-swapped", f"{swapped} {shape}")
        finding = find(output, self._pairs(index), exercise.rtol, exercise.atol)
        if finding is not None:
            return self.failed(finding.slug, f"{shape} {finding.sentence}")
        return self.failed("wrong-shape", shape)

    def _explain_part(self, stage: str, output: Output, part: Any) -> Verdict:
        """The verdict on a result that is no array, or not the list or dict that it should be."""
        if stage == "keys":
            return self.failed("wrong-keys", form_messages.wrong_keys(output, part))
        if stage == "not numpy":
            text = form_messages.not_numpy(self.exercise, output, part)
            return self.failed("not-numpy", text)
        return self.failed("wrong-kind", form_messages.wrong_kind(self.exercise, output, part))

    def explain_values(self, known: list[tuple[Misconception, list[Outcome]]]) -> Verdict:
        """The verdict on results whose form is right."""
        exercise = self.exercise
        wrong = [k for k in range(len(self.outputs)) if not self._right(k)]
        swapped = self._swapped()
        if swapped:
            return self.failed("results-swapped", swapped)
        causes, unexplained = self._per_output(wrong, known)
        if causes:
            text = "\n\n".join(cause.message for cause in causes)
            if unexplained:
                rest = messages.listed(self._named(unexplained))
                text += f"\n\nSomething else is wrong with {rest}."
            return self.failed(causes[0].slug, text)
        for k in wrong:
            finding = find(self.outputs[k], self._pairs(k), exercise.rtol, exercise.atol)
            if finding is not None:
                return self.failed(finding.slug, finding.sentence)
        k = wrong[0]
        for n, case in enumerate(self.cases):
            got, right = self._arrays(n)[k], self.right[n][k]
            if not close(got, right, exercise.rtol, exercise.atol):
                text = messages.wrong_value(self.outputs[k], got, right, case, exercise)
                return self.failed(None, text)
        raise AssertionError("a wrong result that is right on every case")

    def _per_output(
        self, wrong: list[int], known: list[tuple[Misconception, list[Outcome]]]
    ) -> tuple[list[Misconception], list[int]]:
        """Explain wrong results one by one, when no single cause explains them all."""
        if len(self.outputs) == 1:
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
            theirs = self._comparable(outcome, n)
            if isinstance(theirs, Fault):
                return False
            if not close(self._arrays(n)[k], theirs[k], self.exercise.rtol, self.exercise.atol):
                return False
        return True

    def _swapped(self) -> str:
        """Say so if the results are right but come in another order."""
        names = [output.name for output in self.outputs]
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
        if self.outputs == self.exercise.arrays:
            whole = self._order_of_wholes(order)
            if whole is None:
                return form_messages.under_wrong_names(names, order)
            names, order = [output.name for output in self.exercise.outputs], whole
        got = ", ".join(f"`{names[j]}`" for j in order)
        want = ", ".join(f"`{name}`" for name in names)
        return f"Every result is right, but they come in the order {got}; expected {want}."

    def _order_of_wholes(self, order: list[int]) -> list[int] | None:
        """The order of whole lists and dicts, if they were exchanged and not arrays in them."""
        places, begin = [], 0
        for output in self.exercise.outputs:
            places.append(list(range(begin, begin + len(output.parts))))
            begin = places[-1][-1] + 1
        moved = [[order[place] for place in block] for block in places]
        return [places.index(block) for block in moved] if all(b in places for b in moved) else None

    def _matches(self, k: int, j: int) -> bool:
        return all(
            close(self._arrays(n)[k], self.right[n][j], self.exercise.rtol, self.exercise.atol)
            for n in range(len(self.cases))
        )

    def _arrays(self, n: int) -> list[Array]:
        arrays = self.got[n]
        assert not isinstance(arrays, Fault)
        return arrays

    def _pairs(self, k: int) -> list[Pair]:
        return [
            Pair(self._arrays(n)[k], self.right[n][k], case.sizes)
            for n, case in enumerate(self.cases)
        ]

    def _right(self, k: int) -> bool:
        return self._matches(k, k)

    def _named(self, places: list[int]) -> list[str]:
        if self.outputs == self.exercise.arrays:
            return form_messages.together(self.exercise, places)
        return [f"`{self.outputs[k].name}`" for k in places]

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
        # Where there is a freedom, an array of the wrong form says nothing about the one beside it.
        told = self.in_shape or not self.exercise.has_freedom
        good = [k for k in range(len(self.outputs)) if told and self._right(k)]
        if good and len(good) < len(self.outputs):
            return f"Right so far: {messages.listed(self._named(good))}."
        cases = sum(
            first_fault(outcome, right, self.exercise) is None
            for outcome, right in zip(self.outcomes, self.expected, strict=True)
        )
        if cases:
            return f"Right so far: {cases} of {len(self.cases)} cases."
        if self.in_shape:
            return "Right so far: it runs, and every shape is as it should be."
        return "Right so far: it runs, and returns numbers."


def _of_one_shape(arrays: list[Array] | Fault, expected: list[Array]) -> bool:
    """Whether there is an array for each that is expected, and all are of the right shape."""
    return not isinstance(arrays, Fault) and all(
        got.shape == right.shape for got, right in zip(arrays, expected, strict=True)
    )
