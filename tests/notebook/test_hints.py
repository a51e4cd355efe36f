from __future__ import annotations

import pytest

from lstm_helpers import bundled, exercises
from lstm_helpers.notebook import hint, store

HINTS = exercises.get("sigmoid").hints


@pytest.fixture(autouse=True)
def solution(monkeypatch):
    monkeypatch.setattr(bundled, "solution_source", lambda name: f"def {name}(x):\n    return 1\n")


def row(home):
    return next(row for row in store.table(home) if row.exercise == "sigmoid")


def test_hints_come_one_at_a_time_and_are_remembered(page, home):
    for level in (1, 2, 3):
        hint("sigmoid")
        text = page[-1]["text/plain"]
        assert text.startswith(f"? Hint {level} of 3: sigmoid")
        assert HINTS[level - 1] in text
        assert all(other not in text for other in HINTS if other != HINTS[level - 1])
        assert row(home).hints == level
    assert 'hint("sigmoid", solution=True)' in page[-1]["text/plain"]
    assert all("solution=True" not in output["text/plain"] for output in page[:2])


def test_after_the_third_all_are_shown(page, home):
    for _ in range(5):
        hint("sigmoid")
    text = page[-1]["text/plain"]
    assert all(one in text for one in HINTS)
    assert row(home).hints == 3


def test_the_function_itself_will_do(page):
    def sigmoid(x):
        raise NotImplementedError

    hint(sigmoid)
    assert "Hint 1 of 3: sigmoid" in page[-1]["text/plain"]


def test_the_solution_is_there_at_any_time_and_recorded(page, home):
    hint("sigmoid")
    hint("sigmoid", solution=True)
    card, code = page[-2:]
    assert "2 hints left" in card["text/plain"]
    assert code["text/markdown"] == "```python\ndef sigmoid(x):\n    return 1\n```"
    assert (row(home).hints, row(home).solution_seen) == (1, True)
    hint("sigmoid")
    assert "Hint 2 of 3" in page[-1]["text/plain"]


def test_after_three_hints_the_solution_comes_without_advice(page):
    for _ in range(3):
        hint("sigmoid")
    hint("sigmoid", solution=True)
    assert "left" not in page[-2]["text/plain"]


@pytest.mark.parametrize("error", [LookupError("no notebook"), FileNotFoundError("no notebooks")])
def test_a_missing_solution_is_a_card(page, monkeypatch, error):
    def missing(name):
        raise error

    monkeypatch.setattr(bundled, "solution_source", missing)
    hint("sigmoid", solution=True)
    assert "No solution at hand" in page[-1]["text/plain"]
    assert "No notebook" in page[-1]["text/plain"]


@pytest.mark.parametrize("name", ["sigmoidd", None, 3])
def test_an_unknown_exercise_is_a_card(page, name):
    hint(name)
    assert "No such exercise" in page[-1]["text/plain"]


def test_hints_go_on_where_nothing_can_be_written(page, unwritable):
    for level in (1, 2, 3):
        hint("sigmoid")
        assert f"Hint {level} of 3" in page[-1]["text/plain"]
        assert "could not be saved" in page[-1]["text/plain"]
    hint("sigmoid")
    assert "All hints" in page[-1]["text/plain"]
    hint("sigmoid", solution=True)
    assert "def sigmoid" in page[-1]["text/plain"]


def test_under_nbgrader_nothing_happens(page, home, monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    hint("sigmoid")
    assert page == []
    assert list(home.iterdir()) == []
