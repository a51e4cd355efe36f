"""What is special about lesson 03: two states to hand on, and cases of several numbers."""

import numpy as np
import pytest

from lstm_helpers import nn
from lstm_helpers.checks import diagnose
from lstm_helpers.exercises.lesson_03 import COUNT_PARAMETERS, LSTM_FORWARD


def verdict_on(exercise, answer, seed=0):
    return diagnose(exercise, answer, np.random.default_rng(seed))


@pytest.mark.parametrize("seed", range(3))
def test_a_cell_state_that_is_thrown_away_is_one_mistake(seed):
    def lstm_forward(xs, h0, c0, W_x, W_h, b):
        h, c, hs = h0, c0, []
        for t in range(xs.shape[1]):
            h, _ = nn.lstm_step(xs[:, t], h, c, W_x, W_h, b)
            hs.append(h)
        return np.stack(hs, axis=1), c

    verdict = verdict_on(LSTM_FORWARD, lstm_forward, seed)
    assert verdict.diagnosis == "cell-not-carried"
    assert "every step starts from `c0`" in verdict.message
    assert "Something else" not in verdict.message


@pytest.mark.parametrize("seed", range(3))
def test_results_of_the_step_that_are_taken_up_crosswise_are_named(seed):
    def lstm_forward(xs, h0, c0, W_x, W_h, b):
        h, c, hs = h0, c0, []
        for t in range(xs.shape[1]):
            c, h = nn.lstm_step(xs[:, t], h, c, W_x, W_h, b)
            hs.append(h)
        return np.stack(hs, axis=1), c

    verdict = verdict_on(LSTM_FORWARD, lstm_forward, seed)
    assert verdict.diagnosis == "results-of-the-step-exchanged"
    assert "`lstm_step` returns h, c in this order." in verdict.message


def test_cases_of_several_numbers_are_kept_apart_and_counted_in_words_that_fit():
    message = verdict_on(COUNT_PARAMETERS, COUNT_PARAMETERS.reference).message
    (*_, before), last = message.split("; ")[:-1], message.split("; ")[-1]
    assert "also with D = 64 and H = 128; " in message
    assert before.endswith(" units and 2 bias vectors")
    assert last == "1 input feature, 50 units and 2 bias vectors."
    assert " units and 0 bias vectors; " in message
    assert " units and 1 bias vector; " in message
