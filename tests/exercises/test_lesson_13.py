"""Lesson 13: what is said of a character that was drawn otherwise than `u` says."""

import numpy as np

from lstm_helpers import judge
from lstm_helpers.exercises import get


def verdict(answer):
    return judge(answer, "sample_top_k", np.random.default_rng(0))


def test_a_generator_of_ones_own_is_answered_with_the_walk():
    own = np.random.default_rng(1)

    def drawn(logits, temperature, k, u):
        p, _ = get("sample_top_k").reference(logits, temperature, k, u)
        return p, own.choice(len(p), p=p)

    found = verdict(drawn)
    assert found.status == "failed"
    assert "With u = 0." in found.message
    assert "no generator of your own" in found.message
    assert "Right so far: `p`." in found.message


def test_the_walk_is_not_told_where_p_is_wrong_too():
    found = verdict(lambda logits, temperature, k, u: (np.full(len(logits), 0.5), 0))
    assert found.status == "failed"
    assert "With u" not in found.message


def test_a_walk_that_stops_at_the_sum_fails_at_zero_only():
    cases = get("sample_top_k").cases(np.random.default_rng(0))
    [zero] = [case for case in cases if case.note == "u = 0"]
    p, character = get("sample_top_k").reference(*zero.args)
    assert (zero.args[3], p[0]) == (0.0, 0.0)
    assert character == np.flatnonzero(p)[0]
