"""Answers with a freedom, results that must be NumPy arrays of one precision, tensors as arguments.

PyTorch is here to give real tensors; the engine itself imports no framework.
"""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch

from lstm_helpers.checks import (
    Case,
    Exercise,
    Misconception,
    Output,
    diagnose,
    returns_lists,
    with_arrays,
)

HINTS = ("one", "two", "three")

# --- a freedom: a product of two factors, any two --------------------------------------------


def factors(a, scale):
    return a, scale


FACTORS = Exercise(
    name="factors",
    lesson="99",
    title="Any factors of a product",
    points=1,
    minutes=1,
    reference=factors,
    cases=lambda rng: [
        Case((rng.uniform(1, 2, D), rng.uniform(1, 2, D)), {"D": D}) for D in (3, 5)
    ],
    outputs=(Output("left", ("D",)), Output("right", ("D",))),
    normal_form=lambda arrays: [arrays[0] * arrays[1]],
    normal_outputs=(Output("left * right", ("D",)),),
    misconceptions=(
        Misconception("squared", lambda a, scale: (a, a * scale), "One factor is there twice."),
        Misconception(
            "columns", lambda a, scale: (a[:, None], scale[:, None]), "Those are columns."
        ),
        # Of shapes that have no product, and so no normal form.
        Misconception("cut-off", lambda a, scale: (a[:2], scale), "The end is missing."),
    ),
    hints=HINTS,
)


def on_factors(answer):
    return diagnose(FACTORS, answer, np.random.default_rng(0))


@pytest.mark.parametrize(
    "answer",
    [
        lambda a, scale: (scale, a),
        lambda a, scale: (a * scale, np.ones_like(a)),
        lambda a, scale: [(2 * a).tolist(), torch.from_numpy(scale / 2)],
    ],
)
def test_every_right_answer_passes(answer):
    assert on_factors(answer).passed


def test_beside_a_wrong_form_no_array_with_a_freedom_is_praised():
    """Here `left` equals the reference's by chance only: any other would be as right."""
    verdict = on_factors(lambda a, scale: (a, scale[:, None] * 2))
    assert verdict.diagnosis == "wrong-shape"
    assert "Right so far: it runs, and returns numbers." in verdict.message


@pytest.mark.parametrize(
    ("answer", "slug", "text"),
    [
        (lambda a, s: (-a, s), "wrong-sign", "`left * right` is right except for its sign"),
        (lambda a, s: (a, s**0), None, "`left * right` has the right shape but wrong values"),
        (lambda a, s: (a, s[:, None]), "wrong-shape", "`right` has shape (3, 1)"),
        (lambda a, s: (a, s / 0), "not-finite", "`right[0]` is infinite"),
        # The same mistakes as the known ones, written with other factors.
        (lambda a, s: (3 * a * a, s / 3), "squared", "One factor is there twice"),
        (lambda a, s: (3 * a[:, None], s[:, None] / 3), "columns", "Those are columns"),
    ],
)
def test_what_is_wrong_is_told_of_the_normal_form(answer, slug, text):
    with np.errstate(divide="ignore"):
        verdict = on_factors(answer)
    assert verdict.diagnosis == slug, verdict.message
    assert text in verdict.message


def test_a_normal_form_is_never_asked_about_wrong_shapes_in_vain():
    """Shapes that have no normal form are compared as they are."""
    assert on_factors(lambda a, scale: (a[:2], scale)).diagnosis == "cut-off"
    assert on_factors(lambda a, scale: (a[:2], -scale)).diagnosis == "wrong-shape"


def test_results_beside_a_freedom_are_explained_one_by_one():
    exercise = replace(
        FACTORS,
        reference=lambda a, scale: (a, scale, a + scale),
        outputs=(*FACTORS.outputs, Output("sum", ("D",))),
        normal_form=lambda arrays: [arrays[0] * arrays[1], arrays[2]],
        normal_outputs=(*FACTORS.normal_outputs, Output("sum", ("D",))),
        misconceptions=(
            Misconception("squared", lambda a, s: (a, a * s, a + s), "One factor is there twice."),
            Misconception("difference", lambda a, s: (a, s, a - s), "That is the difference."),
        ),
    )

    def judged(answer):
        return diagnose(exercise, answer, np.random.default_rng(0))

    assert judged(lambda a, s: (s, a, a + s)).passed
    verdict = judged(lambda a, s: (2 * a * a, s / 2, a - s))
    assert verdict.diagnosis == "squared"
    assert "That is the difference." in verdict.message
    verdict = judged(lambda a, s: (2 * a, s / 2, s - 2 * a))
    assert "Right so far: `left * right`." in verdict.message
    verdict = judged(lambda a, s: (a + s, np.ones_like(a), a * s))
    assert "in the order `sum`, `left * right`; expected" in verdict.message


# --- tensors as arguments, arrays of the model's precision as results --------------------------


def total(state):
    return state["a"].numpy() + state["b"].numpy(), state["a"].numpy() * 2


def _tensors(rng, D, dtype):
    return {k: torch.tensor(rng.normal(size=D), dtype=dtype) for k in "ab"}


TOTAL = Exercise(
    name="total",
    lesson="99",
    title="From tensors",
    points=1,
    minutes=1,
    reference=total,
    cases=lambda rng: [
        Case((_tensors(rng, D, dtype),), {"D": D}, note=str(dtype).removeprefix("torch."))
        for D, dtype in ((3, torch.float64), (4, torch.float32), (5, torch.float32))
    ],
    outputs=tuple(
        Output(name, ("D",), numpy=True, same_precision=True) for name in ("total", "double")
    ),
    misconceptions=(
        Misconception("a-only", lambda s: (s["a"].numpy(), s["a"].numpy() * 2), "Add b as well."),
    ),
    hints=HINTS,
)


def on_total(answer):
    return diagnose(TOTAL, answer, np.random.default_rng(0))


@pytest.mark.parametrize(
    "answer",
    [
        lambda s: ((s["a"] + s["b"]).detach().cpu().numpy(), np.array(2 * s["a"])),
        lambda s: (np.add(np.asarray(s["a"]), np.asarray(s["b"])), (s["a"] + s["a"]).numpy()),
        # Other last digits, as any other order of operations has them.
        lambda s: ((s["a"].numpy() / 7 + s["b"].numpy() / 7) * 7, s["a"].numpy() * 6 / 3),
        lambda s: [
            (s["a"].double() + s["b"].double()).numpy().astype(s["a"].numpy().dtype),
            s["a"].clone().requires_grad_().detach().numpy() * 2,
        ],
    ],
)
def test_right_answers_in_the_models_precision_pass(answer):
    verdict = on_total(answer)
    assert verdict.passed, verdict.message
    assert "also with float64 and float32." in verdict.message


@pytest.mark.parametrize(
    ("answer", "slug", "text"),
    [
        (
            lambda s: (s["a"] + s["b"], s["a"].numpy() * 2),
            "not-numpy",
            "The result `total` of `total` is a Tensor; expected a NumPy array of shape (D,). Call "
            "`.numpy()` on the tensor",
        ),
        (
            lambda s: ((s["a"] + s["b"]).tolist(), s["a"].numpy() * 2),
            "not-numpy",
            "is a list; expected a NumPy array of shape (D,). `np.array(...)` makes one of it",
        ),
        (lambda s: ("no", 2 * s["a"]), "wrong-kind", "is a str"),
        (
            lambda s: tuple(part.astype(np.float64) for part in total(s)),
            "wrong-precision",
            "`total` has the precision float64; expected float32 (in a case with D = 4 and "
            "float32). The further digits mean nothing",
        ),
        (
            lambda s: tuple(part.astype(np.float32) for part in total(s)),
            "wrong-precision",
            "`total` has the precision float32; expected float64 (in a case with D = 3 and "
            "float64). Digits were lost on the way",
        ),
        (
            lambda s: tuple(np.float64(part.astype(np.float32)) for part in total(s)),
            "low-precision",
            "`total` is nearly right",
        ),
        (lambda s: (total(s)[0].astype(int), total(s)[1]), None, "wrong values"),
        (
            # Values before precision: that is the greater fault.
            lambda s: (total(s)[0].astype(np.float64), total(s)[1] * np.float32(1.5)),
            "constant-factor",
            "`double` is 1.5 times",
        ),
        (lambda s: (s["a"].numpy(), s["a"].numpy() * 2), "a-only", "Add b as well"),
    ],
)
def test_what_a_learner_reads(answer, slug, text):
    verdict = on_total(answer)
    assert verdict.diagnosis == slug, verdict.message
    assert text in verdict.message
    assert "Right so far" in verdict.message


def test_a_misconception_in_another_precision_is_another():
    exercise = replace(
        TOTAL,
        misconceptions=(
            Misconception(
                "doubled", lambda s: tuple(map(np.float64, total(s))), "Too many digits."
            ),
            Misconception("halved", lambda s: tuple(map(np.float32, total(s))), "Too few digits."),
        ),
    )
    for kind, slug in ((np.float64, "doubled"), (np.float32, "halved")):
        verdict = diagnose(
            exercise,
            lambda s, kind=kind: tuple(part.astype(kind) for part in total(s)),
            np.random.default_rng(0),
        )
        assert verdict.diagnosis == slug


def test_which_results_have_another_precision_is_told_apart():
    def first_doubled(state):
        return total(state)[0].astype(np.float64), total(state)[1]

    exercise = replace(
        TOTAL,
        misconceptions=(
            Misconception("all", lambda s: tuple(map(np.float64, total(s))), "Both are doubled."),
            Misconception("first", first_doubled, "The first is doubled."),
        ),
    )
    verdict = diagnose(exercise, first_doubled, np.random.default_rng(0))
    assert verdict.diagnosis == "first"


def test_lists_are_not_taken_for_the_misconception_that_returns_tensors():
    exercise = replace(
        TOTAL,
        misconceptions=(
            Misconception("tensors", lambda s: (s["a"] + s["b"], 2 * s["a"]), "Those are tensors."),
        ),
    )
    rng = np.random.default_rng(0)
    tensors = diagnose(exercise, lambda s: (s["b"] + s["a"], s["a"] + s["a"]), rng)
    assert tensors.diagnosis == "tensors"
    lists = diagnose(exercise, lambda s: tuple(part.tolist() for part in total(s)), rng)
    assert lists.diagnosis == "not-numpy"


class FromAnotherFramework:
    """What NumPy can read, but is no array of its own, and has no ``detach``."""

    def __init__(self, values):
        self.values = values

    def __array__(self, dtype=None, copy=None):
        return np.array(self.values, dtype=dtype)

    def numpy(self):
        return self.values


def test_tensors_without_detach_are_told_too():
    verdict = on_total(lambda s: tuple(map(FromAnotherFramework, total(s))))
    assert verdict.diagnosis == "not-numpy"
    assert "Call `.numpy()` on it." in verdict.message


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s["a"].add_(1),
        lambda s: s["a"].numpy().__iadd__(1),  # shares its memory with the tensor
        lambda s: s.update(a=s["a"].numpy()),
        lambda s: s.update(a=s["a"].to(torch.float16)),
        lambda s: s["a"].resize_(1),
        lambda s: s.pop("b"),
    ],
)
def test_changed_tensors_are_named(change):
    def answer(state):
        result = tuple(part.copy() for part in total(state))
        change(state)
        return result

    verdict = on_total(answer)
    assert verdict.diagnosis == "changed-input"
    assert "changed its argument `state`" in verdict.message


def test_every_run_gets_its_own_tensors():
    seen = []

    def answer(state):
        seen.append(state["a"])
        state["a"].zero_()
        return total(state)

    case = TOTAL.cases(np.random.default_rng(0))[0]
    exercise = replace(TOTAL, cases=lambda rng: [case])
    diagnose(exercise, answer, np.random.default_rng(0))
    assert not seen[0].any()
    assert case.args[0]["a"].all()


def test_tensors_and_modules_as_arguments_are_compared_after_a_gradient():
    """Parameters require a gradient; a module is copied and not compared."""
    exercise = replace(
        TOTAL,
        reference=lambda weight, layer: weight.detach().numpy() * 2,
        outputs=TOTAL.outputs[:1],
        cases=lambda rng: [
            Case((torch.nn.Parameter(torch.ones(3)), torch.nn.Linear(2, 2)), {"D": 3})
        ],
        misconceptions=(),
    )
    rng = np.random.default_rng(0)
    assert diagnose(exercise, exercise.reference, rng).passed
    verdict = diagnose(exercise, lambda weight, layer: weight * 2, rng)
    assert verdict.diagnosis == "not-numpy"
    assert "`.detach().cpu().numpy()`" in verdict.message


def test_tensors_stay_tensors_when_lists_become_arrays():
    exercise = replace(FACTORS, cases=lambda rng: [Case((np.ones(3), np.ones(3)), {"D": 3})])

    def mixed(a, scale):
        return [a.tolist(), torch.from_numpy(scale)]

    assert returns_lists(exercise, mixed)
    left, right = with_arrays(exercise, mixed)(np.ones(3), np.ones(3))
    assert isinstance(left, np.ndarray)
    assert isinstance(right, torch.Tensor)
    assert not returns_lists(exercise, lambda a, scale: (a, torch.from_numpy(scale)))


def test_an_answer_that_returns_a_function_is_left_alone():
    exercise = replace(
        FACTORS,
        reference=lambda: factors,
        adapt=lambda answer: lambda a, scale: answer()(a, scale),
        misconceptions=(),
    )

    def lists():
        return lambda a, scale: (a.tolist(), scale)

    assert diagnose(exercise, lists, np.random.default_rng(0)).passed
    assert not returns_lists(exercise, lists)


def test_the_engine_imports_no_framework():
    program = (
        "import sys, numpy as np\n"
        "from lstm_helpers.exercises import judge, EXERCISES\n"
        "judge(EXERCISES['lstm_step'].reference, 'lstm_step')\n"
        "print(*{'torch', 'keras', 'tensorflow'} & set(sys.modules))\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == ""
