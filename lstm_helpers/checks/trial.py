"""A wrong answer on trial: which known misconception, or which general relation, explains it."""

from __future__ import annotations

from typing import Any

from lstm_helpers.checks import form_messages, measured, messages
from lstm_helpers.checks.compare import first_fault
from lstm_helpers.checks.evidence import Evidence
from lstm_helpers.checks.form import Fault, faulty_part
from lstm_helpers.checks.model import Misconception, Output, Verdict
from lstm_helpers.checks.relations import find
from lstm_helpers.checks.run import Outcome


class Trial(Evidence):
    """The verdict on an answer that is wrong.

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
        words = exercise.in_words(case, arrays, self.expected[worst])
        if words:
            return self.failed("wrong-shape", words)
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
        mostly = 2 * len(unexplained) <= len(wrong) or bool(self.outputs[wrong[0]].wrong)
        if causes and mostly:
            parts = [cause.message for cause in causes]
            if unexplained and self.outputs[unexplained[0]].wrong:
                parts.append(self._what_was_measured(unexplained[0]))
            elif unexplained:
                rest = messages.listed(self._named(unexplained))
                are = "are" if len(unexplained) > 1 else "is"
                parts.append(f"Wrong as well, for this reason or another, {are} {rest}.")
            return self.failed(causes[0].slug, "\n\n".join(parts))
        if self.outputs[wrong[0]].wrong:
            slug = self.outputs[wrong[0]].name.replace("_", "-")
            return self.failed(slug, self._what_was_measured(wrong[0]))
        n = next(n for n in range(len(self.cases)) if not self._right_in(n, wrong[0]))
        words = exercise.in_words(self.cases[n], self._arrays(n), self.right[n])
        if words:
            return self.failed(None, words)
        nearly = []
        for k in wrong:
            if self.outputs[k].wrong:
                continue
            finding = find(self.outputs[k], self._pairs(k), exercise.rtol, exercise.atol)
            if finding is not None and finding.slug == "low-precision":
                nearly.append(finding)
            elif finding is not None:
                return self.failed(finding.slug, finding.sentence)
        # A small step leaves all that it changes nearly right: rounded is what all results are.
        if nearly and len(nearly) == len(wrong):
            return self.failed(nearly[0].slug, nearly[0].sentence)
        got, right = self._arrays(n)[wrong[0]], self.right[n][wrong[0]]
        text = messages.wrong_value(self.outputs[wrong[0]], got, right, self.cases[n], exercise)
        return self.failed(None, text)

    def _per_output(
        self, wrong: list[int], known: list[tuple[Misconception, list[Outcome]]]
    ) -> tuple[list[Misconception], list[int]]:
        """Explain wrong results one by one, when no single cause explains them all."""
        if len(self.outputs) == 1:
            return [], wrong
        left, causes = list(wrong), []
        while left:
            best: tuple[tuple[int, int], Misconception, list[int]] | None = None
            for misconception, outcomes in known:
                explained = [k for k in left if self._explains(outcomes, k)]
                # Of two that explain as much, the one that has right what the answer has right.
                agreed = sum(self._explains(outcomes, k) for k in range(len(self.outputs)))
                rank = (len(explained), agreed)
                if explained and (best is None or rank > best[0]):
                    best = (rank, misconception, explained)
            if best is None:
                break
            causes.append(best[1])
            left = [k for k in left if k not in best[2]]
        return causes, left

    def _what_was_measured(self, k: int) -> str:
        """The sentence on a measured number, for the first case in which it is wrong."""
        exercise = self.exercise
        n = next(n for n in range(len(self.cases)) if not self._right_in(n, k))
        raw = self.forms[n]
        assert not isinstance(raw, Fault)
        numbers = self._arrays(n)[k], self.right[n][k]
        text = measured.sentence(exercise, self.outputs[k], raw, *numbers)
        return f"{text} This was measured {messages.the_case(self.cases[n])}."

    def _swapped(self) -> str:
        """Say so if the results are right but come in another order."""
        names = [output.name for output in self.outputs]
        if len(names) == 1 or any(output.wrong for output in self.outputs):
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

    def _praised(self, good: list[int]) -> list[str]:
        """The results that are right, and how many of the things that were measured."""
        kept = [k for k in good if not self.outputs[k].wrong]
        words = self._named(kept)
        if len(kept) < len(good):
            all_of_them = sum(bool(output.wrong) for output in self.outputs)
            words.append(f"{len(good) - len(kept)} of {all_of_them} things that were measured")
        return words

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
            wrong = [k for k in range(len(self.outputs)) if k not in good]
            all_measured = not any(self.outputs[k].wrong for k in wrong)
            if all_measured and any(self.outputs[k].wrong for k in good):
                return f"Right so far: everything but {messages.listed(self._named(wrong))}."
            return f"Right so far: {messages.listed(self._praised(good))}."
        cases = sum(
            first_fault(outcome, right, self.exercise) is None
            for outcome, right in zip(self.outcomes, self.expected, strict=True)
        )
        if cases:
            return f"Right so far: {cases} of {len(self.cases)} cases."
        if self.exercise.has_words:
            return "Right so far: it runs without an error."
        if self.in_shape:
            return "Right so far: it runs, and every shape is as it should be."
        return "Right so far: it runs, and returns numbers."
