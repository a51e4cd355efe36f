"""What is special about lesson 01: windows side by side, tanh of one part, the quiz's numbers."""

import numpy as np
import pytest

from lstm_helpers import nn
from lstm_helpers.checks import diagnose
from lstm_helpers.exercises.lesson_01 import MAKE_WINDOWS, QUIZ, RNN_FORWARD, RNN_STEP


def verdict_on(exercise, answer, seed=0):
    return diagnose(exercise, answer, np.random.default_rng(seed))


def one_too_few(series, length, horizon=1):
    starts = range(0, len(series) - length - horizon, length)
    return starts, [series[k + length + horizon - 1, 0] for k in starts]


def up_to_the_end(series, length, horizon=1):
    starts = range(0, len(series) - length + 1, length)
    return starts, series[length - 1 :: length, 0]


def right_targets(series, length, horizon=1):
    return range(0, len(series) - length, length), series[length + horizon - 1 :, 0]


@pytest.mark.parametrize("how", [one_too_few, up_to_the_end, right_targets])
@pytest.mark.parametrize("seed", range(3))
def test_windows_side_by_side_are_named_however_many_there_are(how, seed):
    def make_windows(series, length, horizon=1):
        starts, y = how(series, length, horizon)
        return np.stack([series[k : k + length] for k in starts]), np.asarray(y)

    verdict = verdict_on(MAKE_WINDOWS, make_windows, seed)
    assert verdict.diagnosis == "windows-do-not-overlap", verdict.message
    assert "follow each other without overlap" in verdict.message
    assert "each should begin one row after the one before" in verdict.message


def test_windows_side_by_side_are_named_if_a_case_stops_with_an_error():
    def make_windows(series, length, horizon=1):
        starts = range(0, len(series) - length, length)
        X = np.stack([series[k : k + length] for k in starts])
        return X, np.array([series[k + length + horizon - 1, 0] for k in starts])

    assert verdict_on(MAKE_WINDOWS, make_windows).diagnosis == "windows-do-not-overlap"


@pytest.mark.parametrize("result", [None, 3.0, ("X", "y"), ([[1.0], [1.0, 2.0]], 0), {}])
def test_whatever_comes_back_is_not_taken_for_windows_side_by_side(result):
    verdict = verdict_on(MAKE_WINDOWS, lambda series, length, horizon=1: result)
    assert verdict.status == "failed"
    assert verdict.diagnosis != "windows-do-not-overlap"


def test_a_number_of_windows_is_not_named_after_a_letter_of_the_same_size():
    def make_windows(series, length, horizon=1):
        few = series.shape[1]  # as many windows as columns
        return 2 * np.stack([series[k : k + length] for k in range(few)]), series[:few, 0]

    verdict = verdict_on(MAKE_WINDOWS, make_windows)
    assert "has shape (3, 5, 3), that is (3, length, D); expected (18, 5, 3)" in verdict.message


@pytest.mark.parametrize(
    ("step", "slug", "words"),
    [
        (
            lambda x, h_prev, W_x, W_h, b: np.tanh(x @ W_x) + h_prev @ W_h + b,
            "tanh-of-the-input-only",
            "of the input's part only; `h_prev @ W_h` and `b` belong inside",
        ),
        (
            lambda x, h_prev, W_x, W_h, b: x @ W_x + np.tanh(h_prev @ W_h + b),
            "tanh-of-the-state-only",
            "of the old state's part only; `x @ W_x` and `b` belong inside",
        ),
        (
            lambda x, h_prev, W_x, W_h, b: np.tanh(x @ W_x) + np.tanh(h_prev @ W_h + b),
            "tanh-of-each-part",
            "of each product by itself",
        ),
    ],
)
def test_what_tanh_is_taken_of_is_told_as_it_is(step, slug, words):
    def forward(xs, h0, W_x, W_h, b):
        h, hs = h0, []
        for t in range(xs.shape[1]):
            h = step(xs[:, t], h, W_x, W_h, b)
            hs.append(h)
        return np.stack(hs, axis=1)

    for verdict in (verdict_on(RNN_STEP, step), verdict_on(RNN_FORWARD, forward)):
        assert verdict.diagnosis == slug
        assert words in verdict.message


def test_praise_keeps_cases_apart_whose_own_words_have_commas():
    message = verdict_on(MAKE_WINDOWS, MAKE_WINDOWS.reference).message
    assert (
        "also with a series of 23 rows, length 5 and horizon 1; a series of 29 rows, length 4 and "
        "horizon 3; a series of 17" in message
    )


def test_the_quiz_counts_the_weights_that_it_names():
    weights = nn.init_rnn(4, 16, np.random.default_rng(0))
    assert "$W_x$, $W_h$ and $b$" in QUIZ[1].prompt
    [right] = [choice for choice in QUIZ[1].choices if choice.correct]
    assert str(sum(each.size for each in weights)) == "336"
    assert right.text == "As many as before: 336."
