"""What was seen of a wrong answer, and which of the known misconceptions do the same."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from lstm_helpers.checks.compare import close, same_outcome
from lstm_helpers.checks.form import Fault, in_normal_form, to_arrays
from lstm_helpers.checks.model import Array, Case, Exercise, Misconception
from lstm_helpers.checks.relations import Pair
from lstm_helpers.checks.run import Outcome, run_all

# What looking through the misconceptions may take, in seconds of this thread: they are ours and
# quick, and a machine that is busy with something else should not cost a learner the diagnosis.
KNOWN_SECONDS = 1.0


class Evidence:
    """An answer that is wrong, with all that was seen of it, beside what is right.

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

    def shown(self) -> list[Misconception]:
        """The misconceptions that say themselves that the answer has them."""
        seen = [outcome.error or outcome.value for outcome in self.outcomes]
        return [
            misconception
            for misconception in self.exercise.misconceptions
            if misconception.shows is not None and misconception.shows(seen, self.expected)
        ]

    def candidates(self, worst: int) -> list[tuple[Misconception, list[Outcome]]]:
        """The misconceptions that explain a result, or all of them; alone if one explains all.

        Most are ruled out by a single case, so the others are run for the few that are not.
        """
        found: dict[int, tuple[Misconception, list[Outcome]]] = {}
        partly: list[int] = []
        end = time.thread_time() + KNOWN_SECONDS
        wrong_answers = [
            (misconception, answer)
            for misconception in self.exercise.misconceptions
            if misconception.shows is None
            for answer in (misconception.answer, *misconception.variants)
        ]

        def run_everywhere(place: int) -> bool:
            misconception, answer = wrong_answers[place]
            outcomes = self._run(answer, self.cases, end)
            if len(outcomes) == len(self.cases):
                found[place] = misconception, outcomes
            return place in found and self.is_explained_by(found[place])

        for place, (_, answer) in enumerate(wrong_answers):
            first = self._run(answer, [self.cases[worst]], end)
            if first and self._is_like(first[0], worst):
                if run_everywhere(place):
                    return [found[place]]
            elif first and self._resembles(first[0], worst):
                partly.append(place)
        for place in partly:
            run_everywhere(place)
        return [found[place] for place in sorted(found)]

    def _run(self, answer: Callable[..., Any], cases: list[Case], end: float) -> list[Outcome]:
        if time.thread_time() > end:
            return []
        adapted = self.exercise.adapt(answer)
        seconds, tolerance = self.exercise.seconds, self.exercise.restored_to
        return run_all(adapted, cases, self.names, seconds, tolerance)

    def is_explained_by(self, known: tuple[Misconception, list[Outcome]]) -> bool:
        """Whether a misconception does what the answer does on every case."""
        return all(
            same_outcome(mine, theirs, self.exercise, self.warnings)
            for mine, theirs in zip(self.outcomes, known[1], strict=True)
        )

    def _is_like(self, outcome: Outcome, n: int) -> bool:
        """Whether an outcome of case n equals the answer's."""
        return same_outcome(self.outcomes[n], outcome, self.exercise, self.warnings)

    def _resembles(self, outcome: Outcome, n: int) -> bool:
        """Whether one of the answer's wrong results on case n is the outcome's as well."""
        if isinstance(self.forms[n], Fault) or outcome.error is not None:
            return False
        theirs = self._comparable(outcome, n)
        if isinstance(theirs, Fault) or len(theirs) == 1 or self._spoils_more(theirs, n):
            return False
        rtol, atol = self.exercise.rtol, self.exercise.atol
        return any(
            close(got, wrong, rtol, atol) and not close(got, right, rtol, atol)
            for got, wrong, right in zip(self._arrays(n), theirs, self.right[n], strict=True)
        )

    def _spoils_more(self, theirs: list[Array], n: int) -> bool:
        """Whether a misconception has something measured wrong that the answer has right.

        What is measured is often only yes or no, so that one number in common proves nothing.
        """
        rtol, atol = self.exercise.rtol, self.exercise.atol
        return any(
            not close(wrong, right, rtol, atol) and not close(got, wrong, rtol, atol)
            for output, got, wrong, right in zip(
                self.outputs, self._arrays(n), theirs, self.right[n], strict=True
            )
            if output.wrong
        )

    def _comparable(self, outcome: Outcome, n: int) -> list[Array] | Fault:
        """The results of a misconception on case n, in the form in which the answer's are."""
        arrays = to_arrays(outcome.value, self.exercise)
        if isinstance(arrays, Fault) or not (self.in_shape and self.exercise.has_freedom):
            return arrays
        if not _of_one_shape(arrays, self.expected[n]):
            return Fault("shape")
        return in_normal_form(arrays, self.exercise)

    def _explains(self, outcomes: list[Outcome], k: int) -> bool:
        for n, outcome in enumerate(outcomes):
            if outcome.error is not None:
                return False
            theirs = self._comparable(outcome, n)
            if isinstance(theirs, Fault) or self._spoils_more(theirs, n):
                return False
            if not close(self._arrays(n)[k], theirs[k], self.exercise.rtol, self.exercise.atol):
                return False
        return True

    def _right(self, k: int) -> bool:
        return self._matches(k, k)

    def _right_in(self, n: int, k: int) -> bool:
        got, right = self._arrays(n)[k], self.right[n][k]
        return close(got, right, self.exercise.rtol, self.exercise.atol)

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


def _of_one_shape(arrays: list[Array] | Fault, expected: list[Array]) -> bool:
    """Whether there is an array for each that is expected, and all are of the right shape."""
    return not isinstance(arrays, Fault) and all(
        got.shape == right.shape for got, right in zip(arrays, expected, strict=True)
    )
