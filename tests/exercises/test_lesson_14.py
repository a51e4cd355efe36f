"""Lesson 14: what a beam search may not ask, and how two ends are shown side by side."""

import numpy as np
import pytest

from lstm_helpers import judge
from lstm_helpers.exercises import get


def first_case():
    return get("beam_search").cases(np.random.default_rng(0))[0]


def refused(before, name):
    """A search that asks with something else than the tuple of symbols."""

    def answer(next_log_probs, width, end, max_length):
        return get("beam_search").reference(
            lambda symbols: next_log_probs(before(symbols)), width, end, max_length
        )

    found = judge(answer, "beam_search", np.random.default_rng(0))
    assert (found.status, found.diagnosis) == ("failed", "raised")
    assert name in found.message
    return found.message


def test_a_list_is_refused_as_the_notebook_would():
    assert "expected a tuple" in refused(list, "TypeError")


def test_a_start_symbol_is_refused():
    assert "the first is the empty tuple" in refused(lambda s: (28, *s), "ValueError")


def test_probabilities_sum_to_one_whatever_stands_before():
    next_log_probs, _, end, _ = first_case().args
    for symbols in ((), (end,), (1, 0, 2, 1, 0, 2, 1, 0)):
        assert np.exp(next_log_probs(symbols)).sum() == pytest.approx(1)


def test_an_unknown_mistake_is_shown_beside_what_this_beam_finds():
    case = first_case()
    symbols, score = get("beam_search").reference(*case.args)

    def answer(next_log_probs, width, end, max_length):
        return [*symbols, *symbols, *symbols], 2 * score

    found = judge(answer, "beam_search", np.random.default_rng(0))
    assert found.status == "failed"
    assert f"ends with {symbols.tolist()} and {score:.3f}" in found.message
    assert case.note in found.message
