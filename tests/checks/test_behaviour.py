"""Answers that are classes: put to use by `Exercise.adapt`, judged by what is measured of them."""

from dataclasses import replace

import numpy as np
import pytest

from lstm_helpers.checks import Case, Exercise, Misconception, Output, diagnose, returns_lists


class Smoother:
    """A running mean: after each value, keep of the old one and 1 - keep of the new one."""

    def __init__(self, keep):
        self.keep = keep
        self.mean = None

    def update(self, values):
        new = np.array(values, dtype=float)
        self.mean = new if self.mean is None else self.keep * self.mean + (1 - self.keep) * new
        return self.mean


class Impatient(Smoother):
    """Forgets everything."""

    def update(self, values):
        return np.array(values, dtype=float)


class Doubling(Smoother):
    def update(self, values):
        return 2 * super().update(values)


class OneForAll(Smoother):
    """All objects share what they know."""

    known: dict = {}  # noqa: RUF012

    def update(self, values):
        self.mean = self.known.get("mean")
        self.known["mean"] = super().update(values)
        return self.mean


class FromZero(Smoother):
    def __init__(self, keep):
        super().__init__(keep)
        self.mean = 0.0


class ForgetsAndDrifts(Smoother):
    """Every second object is 1 too low, and none remembers anything."""

    made = 0

    def __init__(self, keep):
        super().__init__(keep)
        ForgetsAndDrifts.made += 1
        self.offset = ForgetsAndDrifts.made % 2 - 1

    def update(self, values):
        return np.array(values, dtype=float) + self.offset


def put_to_use(answer):
    def tried(keep, rows):
        if isinstance(answer, type) and hasattr(answer, "known"):
            answer.known.clear()
        first = answer(keep)
        means = [first.update(row) for row in rows]
        if means[-1] is None:
            return None
        if not isinstance(means[-1], np.ndarray):
            return means[-1], 0.0, 0.0
        try:
            other = answer(keep).update(rows[0])
        except ZeroDivisionError as error:
            error.add_note("What was tried: a second object.")
            raise
        gap = float(np.abs(other - means[0]).max())
        pull = float(np.abs(means[-1] - rows[-1]).max())
        return means[-1], gap, pull

    return tried


def cases(rng):
    return [
        Case((keep, rng.uniform(1, 2, size=(T, D))), {"T": T, "D": D}, note=f"keep = {keep}")
        for keep, T, D in ((0.9, 4, 3), (0.5, 6, 2))
    ]


MEAN = Output("mean", ("D",))
SHARED = Output(
    "shared", wrong="A second object starts {shared:.2f} away; expected {expected:.0f}."
)
MEMORY = Output("memory", wrong="The last mean is the last row: `keep` keeps nothing.")

SMOOTHER = Exercise(
    name="Smoother",
    lesson="99",
    title="A class that remembers",
    points=1,
    minutes=1,
    reference=Smoother,
    cases=cases,
    outputs=(MEAN, SHARED, MEMORY),
    adapt=put_to_use,
    misconceptions=(
        Misconception("impatient", Impatient, "It forgets everything at once."),
        Misconception("from-zero", FromZero, "It starts from zero instead of the first row."),
    ),
    hints=("one", "two", "three"),
)


def yes_or_no(arrays):
    """Of two numbers: no second start, some memory. The mean itself is left free."""
    _, shared, memory = arrays
    return [np.array(float(shared < 1e-9)), np.array(float(memory > 1e-9))]


FREE = replace(SMOOTHER, normal_form=yes_or_no, normal_outputs=(SHARED, MEMORY))


def judged(answer, exercise=SMOOTHER):
    return diagnose(exercise, answer, np.random.default_rng(0))


def test_a_class_passes_and_so_does_a_function_that_makes_the_object():
    for answer in (Smoother, lambda keep: Smoother(keep)):
        assert judged(answer).passed
        assert not returns_lists(SMOOTHER, answer)
    assert "agrees with the course's version in every entry" in judged(Smoother).message


def test_where_all_is_measured_the_praise_says_so_and_right_answers_may_differ():
    for answer in (Smoother, Doubling):
        verdict = judged(answer, FREE)
        assert verdict.passed
        assert "is right in all of the 2 things that were measured on 2 fresh" in verdict.message


def test_known_mistakes_are_named():
    assert judged(Impatient).diagnosis == "impatient"
    assert judged(FromZero).diagnosis == "from-zero"
    assert judged(Impatient, FREE).diagnosis == "impatient"


def test_what_was_measured_speaks_with_its_numbers_and_its_case():
    verdict = judged(OneForAll)
    assert verdict.diagnosis == "shared"
    assert "A second object starts 0." in verdict.message
    assert "away; expected 0." in verdict.message
    assert "This was measured in a case with T = 4, D = 3 and keep = 0.9." in verdict.message
    assert "Right so far: `mean` and 1 of 2 things that were measured." in verdict.message


def test_the_numbers_stay_the_measured_ones_where_only_yes_or_no_is_compared():
    class Elsewhere(OneForAll):
        def update(self, values):
            return super().update(values) + 3

    verdict = judged(Elsewhere, FREE)
    assert verdict.diagnosis == "shared"
    assert "starts 0.00 away" not in verdict.message
    assert "Right so far: 1 of 2 things that were measured." in verdict.message


def test_the_first_wrong_output_is_spoken_of():
    class Both(OneForAll):
        def update(self, values):
            return 7 + 0 * super().update(values) + values[::-1]

    verdict = judged(Both)
    assert "`mean` has the right shape but wrong values" in verdict.message
    first = replace(SMOOTHER, outputs=(MEMORY, SHARED, MEAN), misconceptions=())

    def in_that_order(answer):
        return lambda keep, rows: put_to_use(answer)(keep, rows)[::-1]

    verdict = judged(Impatient, replace(first, adapt=in_that_order))
    assert verdict.diagnosis == "memory"
    assert "`keep` keeps nothing" in verdict.message
    assert "`mean`" not in verdict.message


def test_a_misconception_that_spoils_more_than_the_answer_does_is_not_named():
    worse = Misconception("worse", ForgetsAndDrifts, "It forgets, and shares something.")
    exercise = replace(FREE, misconceptions=(worse,))
    assert judged(ForgetsAndDrifts, exercise).diagnosis == "worse"
    assert judged(OneForAll, exercise).diagnosis == "shared"


def test_beside_a_cause_that_explains_a_part_the_rest_is_told():
    verdict = judged(ForgetsAndDrifts, FREE)
    assert verdict.diagnosis == "impatient"
    assert "It forgets everything at once.\n\nA second object starts 1.00 away" in verdict.message
    verdict = judged(ForgetsAndDrifts, replace(FREE, misconceptions=()))
    assert verdict.diagnosis == "shared"


@pytest.mark.parametrize(
    ("returned", "slug", "words"),
    [
        (None, "returned-none", "returned None; expected `mean` (D,)."),
        ((np.ones(3), np.ones(3)), "wrong-number", "returned 2 results; expected `mean` (D,)."),
        ("high", "wrong-kind", "The result `mean` of `Smoother` is a str"),
    ],
)
def test_only_what_is_returned_is_expected_from_the_learner(returned, slug, words):
    class Other(Smoother):
        def update(self, values):
            return returned

    verdict = judged(Other)
    assert verdict.diagnosis == slug
    assert words in verdict.message
    assert "shared" not in verdict.message


def test_an_error_says_what_was_being_tried():
    class Once(Smoother):
        made = []  # noqa: RUF012

        def __init__(self, keep):
            super().__init__(keep)
            if self.made:
                raise ZeroDivisionError("one is enough")
            self.made.append(self)

    verdict = judged(Once)
    assert verdict.diagnosis == "raised"
    assert (
        '`raise ZeroDivisionError("one is enough")`. What was tried: a second object.'
        in verdict.message
    )


def test_classes_without_a_body_count_as_not_attempted():
    class Blank:
        """Only words."""

        def __init__(self, keep): ...

        def update(self, values):
            """Nothing yet."""

    class Stub(Smoother):
        def update(self, values):
            raise NotImplementedError

    for answer, words in ((Blank, "has no body yet"), (Stub, "is still to be written")):
        verdict = judged(answer)
        assert (verdict.status, verdict.diagnosis) == ("not attempted", None)
        assert words in verdict.message


def test_a_class_is_called_as_the_exercise_says():
    class TwoArguments(Smoother):
        def __init__(self, keep, more):
            super().__init__(keep)

    verdict = judged(TwoArguments)
    assert verdict.diagnosis == "wrong-arguments"
    assert "Expected `Smoother(keep)`." in verdict.message
