"""Results that are dicts: their keys, the arrays in them, and how messages speak of both."""

from dataclasses import replace

import numpy as np
import pytest

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
STATE = Output("state", (), (Output("mean", ("D",)), Output("spread", ("D", "D"))), keyed=True)


def cases(rng):
    return [
        Case((rng.normal(size=(N, D)),), {"N": N, "D": D}, note=f"{N} rows")
        for N, D in ((7, 3), (5, 2))
    ]


def describe(rows):
    """One dict: the mean of the rows and their matrix of products."""
    return {"mean": rows.mean(axis=0), "spread": (rows**3).T @ rows}


DESCRIBE = Exercise(
    name="describe",
    lesson="99",
    title="A toy",
    points=1,
    minutes=1,
    reference=describe,
    cases=cases,
    outputs=(STATE,),
    misconceptions=(
        Misconception(
            "statistics-names",
            lambda rows: {"mu": rows.mean(axis=0), "sigma": (rows**3).T @ rows},
            "Those are the names of the statistics books.",
        ),
        Misconception(
            "sum-for-mean",
            lambda rows: {**describe(rows), "mean": rows.sum(axis=0)},
            "That is the sum.",
        ),
    ),
    hints=HINTS,
)


def update(values, slopes):
    """Two dicts and a number."""
    return (
        {"a": values["a"] - slopes["a"], "b": values["b"] - slopes["b"]},
        {"a": slopes["a"] ** 2, "b": slopes["b"] ** 2},
        float(np.sum(values["a"])),
    )


def _two(name):
    return Output(name, (), (Output("a", ("D",)), Output("b", ("D",))), keyed=True)


UPDATE = Exercise(
    name="update",
    lesson="99",
    title="A toy with several dicts",
    points=1,
    minutes=1,
    reference=update,
    cases=lambda rng: [
        Case(({k: rng.normal(size=D) for k in "ab"}, {k: rng.normal(size=D) for k in "ab"}),
             {"D": D})
        for D in (3, 4)
    ],
    outputs=(_two("values"), _two("squares"), Output("total")),
    misconceptions=(),
    hints=HINTS,
)  # fmt: skip


def on_describe(answer):
    return diagnose(DESCRIBE, answer, np.random.default_rng(0))


def on_update(change):
    return diagnose(UPDATE, lambda *args: change(*update(*args)), np.random.default_rng(0))


class Names(dict):
    """A mapping of another kind, as frameworks return them."""


def test_dicts_pass_whatever_their_order_kind_and_container():
    assert on_describe(describe).passed
    assert on_describe(lambda rows: Names(reversed(describe(rows).items()))).passed
    assert on_describe(lambda rows: {k: v.tolist() for k, v in describe(rows).items()}).passed
    assert on_update(lambda values, squares, total: [values, squares, total]).passed


@pytest.mark.parametrize(
    ("change", "slug", "text"),
    [
        (
            lambda d: {"mean": d["mean"]},
            "wrong-keys",
            "The keys of `state` are not the ones that were asked for. It lacks the key "
            '`"spread"`. Expected exactly the keys `"mean"` and `"spread"`.',
        ),
        (
            lambda d: {**d, "rows": 7},
            "wrong-keys",
            'It has the key `"rows"`, for which nobody asked. Expected exactly',
        ),
        (
            lambda d: {"mean": d["mean"], "spraed": d["spread"]},
            "wrong-keys",
            'Probably `"spraed"` should be `"spread"`. Expected exactly',
        ),
        (
            lambda d: {"MEAN": d["mean"], "Spread": d["spread"], 3: 0},
            "wrong-keys",
            'Probably `"MEAN"` should be `"mean"` and `"Spread"` should be `"spread"`. It has the '
            "key `3`, for which nobody asked.",
        ),
        (lambda d: {}, "wrong-keys", 'It lacks the keys `"mean"` and `"spread"`.'),
        (lambda d: dict.fromkeys(range(100), 0), "wrong-keys", "`5` and 94 more, for which nobody"),
        (
            lambda d: list(d.values()),
            "wrong-kind",
            "The result `state` of `describe` is a list of 2; expected a dict with the keys "
            '`"mean"` and `"spread"`.',
        ),
        (lambda d: d["mean"], "wrong-kind", "is an array of shape (3,) and kind float64"),
        (
            lambda d: tuple(d.values()),
            "wrong-number",
            '`describe` returned 2 results; expected `state`, a dict with the keys `"mean"` and',
        ),
        (lambda d: None, "returned-none", 'expected `state`, a dict with the keys `"mean"` and'),
        (
            lambda d: {**d, "mean": "low"},
            "wrong-kind",
            'The result `state["mean"]` of `describe` is a str; expected an array of real numbers '
            "of shape (D,).",
        ),
        (
            lambda d: {**d, "mean": d["mean"][None]},
            "wrong-shape",
            '`state["mean"]` has shape (1, 3), that is (1, D); expected (3,), that is (D,)',
        ),
        (
            lambda d: {**d, "spread": d["spread"].T},
            "transposed",
            'The numbers of `state["spread"]` are right',
        ),
        (lambda d: {**d, "mean": d["mean"] * np.inf}, "not-finite", '`state["mean"][0]` is'),
        (
            lambda d: {**d, "mean": d["mean"] + np.array([0, 1, 0])[: len(d["mean"])]},
            None,
            'first, `state["mean"][1]` is',
        ),
    ],
)  # fmt: skip
def test_what_a_learner_reads(change, slug, text):
    verdict = on_describe(lambda rows: change(describe(rows)))
    assert verdict.status == "failed"
    assert verdict.diagnosis == slug, verdict.message
    assert text in verdict.message
    assert "Right so far" in verdict.message


def test_misconceptions_are_known_by_their_keys_and_by_their_values():
    for misconception in DESCRIBE.misconceptions:
        assert on_describe(misconception.answer).diagnosis == misconception.slug
    # Other values under the names of the statistics books: only the names can be told.
    assert on_describe(lambda rows: {"mu": rows[0], "sigma": rows}).diagnosis == "wrong-keys"


def test_a_mistake_in_one_array_of_a_dict_is_found_beside_another_mistake():
    def answer(rows):
        return {"mean": rows.sum(axis=0), "spread": np.sin((rows**3).T @ rows)}

    verdict = on_describe(answer)
    assert verdict.diagnosis == "sum-for-mean"
    assert 'Wrong as well, for this reason or another, is `state["spread"]`' in verdict.message


@pytest.mark.parametrize(
    ("change", "slug", "text"),
    [
        (
            lambda v, s, t: (s, v, t),
            "results-swapped",
            "in the order `squares`, `values`, `total`; expected `values`, `squares`, `total`.",
        ),
        (
            lambda v, s, t: ({"a": v["b"], "b": v["a"]}, s, t),
            "results-swapped",
            'not in its place: `values["a"]` holds what belongs in `values["b"]` and `values["b"]` '
            'holds what belongs in `values["a"]`.',
        ),
        (
            lambda v, s, t: ({**v, "b": -v["b"]}, s, t),
            "wrong-sign",
            'Right so far: `values["a"]`, `squares` and `total`.',
        ),
        (lambda v, s, t: ({**v, **s}, t), "wrong-number",
         "expected 3 results, `values` (a dict of 2 arrays), `squares` (a dict of 2 arrays) and"),
        (lambda v, s, t: (v, {"a": s["a"]}, t), "wrong-keys", 'The keys of `squares` are not'),
        (lambda v, s, t: (v, s["a"], t), "wrong-kind", "The result `squares` of `update` is an"),
        (lambda v, s, t: (v, {**s, "b": [[1], [1, 2]]}, t), "wrong-kind", '`squares["b"]` of'),
    ],
)  # fmt: skip
def test_several_dicts(change, slug, text):
    verdict = on_update(change)
    assert verdict.diagnosis == slug, verdict.message
    assert text in verdict.message


def test_after_a_key_error_the_keys_are_named():
    verdict = diagnose(
        UPDATE, lambda values, slopes: values["A"] - slopes["a"], np.random.default_rng(0)
    )
    assert verdict.diagnosis == "raised"
    assert "KeyError: 'A'" in verdict.message
    assert 'A dict that was given has the keys `"a"` and `"b"`.' in verdict.message


@pytest.mark.parametrize(
    "change",
    [
        lambda values: values.update(a=values["a"] + 1),
        lambda values: values.pop("b"),
        lambda values: values.update(c=3),
        lambda values: values.update(a=None),
        lambda values: values["a"].sort(),
        lambda values: values.update(a=values["a"].astype(np.float32)),
    ],
)
def test_dicts_that_were_changed_are_named(change):
    def answer(values, slopes):
        result = update(values, slopes)
        change(values)
        return result

    verdict = diagnose(UPDATE, answer, np.random.default_rng(0))
    assert verdict.diagnosis == "changed-input"
    assert "changed its argument `values`" in verdict.message


@pytest.mark.parametrize("change", [lambda box: box.__setitem__(0, 4), lambda box: box.clear()])
def test_numbers_in_a_list_that_were_exchanged_are_seen(change):
    exercise = replace(
        DESCRIBE,
        reference=lambda box, rows: describe(rows),
        cases=lambda rng: [replace(c, args=([3, [1.0, np.nan]], *c.args)) for c in cases(rng)],
        misconceptions=(),
    )
    rng = np.random.default_rng(0)
    assert diagnose(exercise, exercise.reference, rng).passed

    def answer(box, rows):
        change(box)
        return describe(rows)

    assert diagnose(exercise, answer, rng).diagnosis == "changed-input"


def test_lists_in_dicts_become_arrays():
    def lists(values, slopes):
        new, squares, total = update(values, slopes)
        return {k: v.tolist() for k, v in new.items()}, squares, total

    def one(rows):
        return {k: v.tolist() for k, v in describe(rows).items()}

    assert returns_lists(UPDATE, lists)
    assert returns_lists(DESCRIBE, one)
    assert not returns_lists(UPDATE, update)
    assert not returns_lists(DESCRIBE, describe)
    (case,) = UPDATE.cases(np.random.default_rng(0))[:1]
    new, squares, total = with_arrays(UPDATE, lists)(*case.args)
    assert all(isinstance(v, np.ndarray) for v in (*new.values(), *squares.values()))
    assert isinstance(total, float)
    (case,) = cases(np.random.default_rng(0))[:1]
    state = with_arrays(DESCRIBE, one)(*case.args)
    assert {k: v.shape for k, v in state.items()} == {"mean": (3,), "spread": (3, 3)}


def test_a_dict_needs_items():
    with pytest.raises(ValueError, match="expected an Output for each of its keys"):
        Output("state", ("D",), keyed=True)
