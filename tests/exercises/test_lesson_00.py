"""What is special about lesson 00: one safe form taken for both, plain numbers, silence."""

import re
from pathlib import Path

import numpy as np
import pytest
import second_answers

from lstm_helpers.checks import diagnose
from lstm_helpers.exercises.lesson_00 import SIGMOID

LESSON = Path(__file__).resolve().parents[2] / "lessons" / "00_start_here.py"


def verdict_on(answer, seed=0):
    return diagnose(SIGMOID, answer, np.random.default_rng(seed))


@pytest.mark.parametrize("seed", range(3))
def test_the_form_for_negative_numbers_taken_everywhere_is_named(seed):
    def sigmoid(x):
        e = np.exp(-np.abs(x))
        return e / (1 + e)

    verdict = verdict_on(sigmoid, seed)
    assert verdict.diagnosis == "small-numerator-everywhere"
    assert "right for x < 0 only" in verdict.message
    assert "for x ≥ 0 the numerator is 1" in verdict.message


def test_an_error_says_in_which_case_it_came():
    def sigmoid(x):
        return 1 / (1 + np.exp(-x.astype(float)))

    verdict = verdict_on(sigmoid)
    assert verdict.diagnosis == "raised"
    assert "has no attribute 'astype' (in a case with a plain number). It" in verdict.message


def test_the_lesson_names_the_result_as_messages_do_and_says_what_silence_is_worth():
    text = LESSON.read_text(encoding="utf-8")
    [output] = SIGMOID.outputs
    assert f"| returns `{output.name}` |" in text
    assert "The check does not see a warning that you silence" in text
    assert verdict_on(second_answers.sigmoid_silenced).passed


def test_the_labs_that_the_lesson_announces_are_those_that_exist():
    text = LESSON.read_text(encoding="utf-8")
    [(first, last)] = re.findall(r"\*\*Part IV: labs\.\*\* Lessons (\d\d) to (\d\d)\.", text)
    there = {path.name[:2] for path in LESSON.parent.glob("*.py")}
    assert first in there
    assert last == max(there)
