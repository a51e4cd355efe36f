"""Misconceptions that are recognised without being run, results with words of their own, time."""

import re
import time
from dataclasses import replace

import numpy as np
import pytest

from lstm_helpers.checks import Case, Exercise, Misconception, Output, diagnose

HINTS = ("one", "two", "three")


def never(*args):
    raise AssertionError("a misconception that says how it shows is not run")


def negative(seen, expected):
    return all(isinstance(one, float) and one < 0 for one in seen)


def too_large(seen, expected):
    return all(
        isinstance(one, float) and abs(one) > right[0]
        for one, right in zip(seen, expected, strict=True)
    )


def refused(seen, expected):
    return all(isinstance(one, KeyError) for one in seen)


DOUBLE = Exercise(
    name="double",
    lesson="99",
    title="Twice the number",
    points=1,
    minutes=1,
    reference=lambda x: 2.0 * x,
    cases=lambda rng: [Case((float(x),)) for x in rng.uniform(1, 2, 3)],
    outputs=(Output("y"),),
    misconceptions=(
        Misconception("negative", never, "It is below zero.", shows=negative),
        Misconception("too-large", never, "It is too large.", shows=too_large),
        Misconception("refused", never, "There is no such key.", shows=refused),
        Misconception("tripled", lambda x: 3.5 * x, "That is more than twice."),
        Misconception("halved", lambda x: x / 2, "That is the half."),
    ),
    hints=HINTS,
)


def on_double(answer, exercise=DOUBLE):
    return diagnose(exercise, answer, np.random.default_rng(0))


def no_such_key(x):
    return {}[x]


@pytest.mark.parametrize(
    ("answer", "slug", "text"),
    [
        (lambda x: -x, "negative", "It is below zero."),
        (lambda x: -3 * x, "negative", "It is below zero.\n\nIt is too large.\n\nRight so far"),
        (lambda x: 3.5 * x, "too-large", "It is too large."),  # before any that would be run
        (lambda x: x / 2, "halved", "That is the half."),
        (no_such_key, "refused", "There is no such key."),
        (lambda x: x / 3, "constant-factor", "times the right one"),
    ],
)
def test_a_misconception_may_say_itself_how_it_shows(answer, slug, text):
    verdict = on_double(answer)
    assert verdict.diagnosis == slug, verdict.message
    assert text in verdict.message


def test_what_is_right_shows_nothing():
    assert on_double(lambda x: x + x).passed


COLOURS = ("red", "green", "blue")


def in_words(case, got, expected):
    if got[0].shape != expected[0].shape:
        return f"You name {len(got[0])} colours; expected {len(expected[0])}."
    k = int((got[0] != expected[0]).argmax())
    if got[0][k] not in range(len(COLOURS)):
        return ""
    return f"Colour {k} is {COLOURS[expected[0][k]]}; you say {COLOURS[got[0][k]]}."


PAINT = Exercise(
    name="paint",
    lesson="99",
    title="The next colours",
    points=1,
    minutes=1,
    reference=lambda colours: (colours + 1) % 3,
    cases=lambda rng: [Case((np.arange(n) % 3,), {"n": n}) for n in (4, 5)],
    outputs=(Output("colours", ("n",)),),
    misconceptions=(Misconception("same", lambda colours: colours, "They are as they were."),),
    hints=HINTS,
    in_words=in_words,
)


@pytest.mark.parametrize(
    ("answer", "slug", "text"),
    [
        (lambda colours: colours, "same", "They are as they were."),
        (lambda colours: colours * 0 + 1, None, "Colour 1 is blue; you say green."),
        (lambda colours: colours[1:], "wrong-shape", "You name 3 colours; expected 4."),
        (lambda colours: colours - 7, None, "`colours[0]` is -7"),  # no words for that
        (lambda colours: "red", "wrong-kind", "is a str"),
    ],
)
def test_results_that_stand_for_something_are_told_in_its_words(answer, slug, text):
    verdict = on_double(answer, PAINT)
    assert verdict.diagnosis == slug, verdict.message
    assert text in verdict.message
    assert "shape is as it should be" not in verdict.message


@pytest.mark.parametrize("error", [1e-1, 1e-4, 1e-6, 3e-8])
def test_a_wrong_number_never_looks_like_the_right_one(error):
    plain = replace(DOUBLE, misconceptions=())
    verdict = on_double(lambda x: 2.0 * x * (1 + error), plain)
    assert verdict.diagnosis == "constant-factor"
    assert float(re.search(r"is (\S+) times the right", verdict.message)[1]) > 1
    # The first case is wrong by little, a later one by much: no relation explains both.
    times = iter([1 + error, 1.0, 5.0] * 9)
    verdict = on_double(lambda x: 2.0 * x * next(times), plain)
    numbers = re.search(r"`y` is (\S+); expected (\S+) \(", verdict.message)
    mine, right = map(float, numbers.groups())
    assert mine > right
    assert len(numbers[2]) <= 3 + max(5, -np.log10(error))


def test_an_exercise_may_give_more_time_or_less():
    def slow(x):
        time.sleep(0.15)
        return 2.0 * x

    assert on_double(slow, replace(DOUBLE, seconds=30.0)).passed
    verdict = on_double(lambda x: time.sleep(30), replace(DOUBLE, seconds=0.1))
    assert verdict.diagnosis == "too-slow"
    assert "ran for more than 0.1 s" in verdict.message
