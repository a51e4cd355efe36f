from __future__ import annotations

import functools
import linecache

import pytest
from answers_to_sigmoid import right, wrong

from lstm_helpers.notebook import check, recover
from lstm_helpers.notebook.answers import source_of


def test_the_last_that_passed_comes_back(page):
    check(right, "sigmoid")
    check(wrong, "sigmoid")
    recover("sigmoid")
    card, code = page[-2:]
    assert "This is the last one that passed" in card["text/plain"]
    assert "2 answers kept in all" in card["text/plain"]
    assert code["text/plain"].startswith("def right(x):")


def test_else_the_last_one(page):
    def sigmoid(x):
        return x

    check(wrong, "sigmoid")
    check(sigmoid)
    recover(sigmoid)
    assert "that you checked; none has passed yet" in page[-2]["text/plain"]
    assert page[-1]["text/plain"] == "def sigmoid(x):\n    return x"


def test_nothing_on_record_is_a_card(page):
    recover("sigmoid")
    assert "No answer yet" in page[-1]["text/plain"]


def test_a_name_that_is_none_is_said_to_be_so(page):
    recover("sigmoidd")
    text = page[-1]["text/plain"]
    assert text.startswith("■ No such exercise")
    assert "sigmoid" in text.replace("sigmoidd", "")
    assert "No answer yet" not in text


def test_an_unusable_folder_is_a_card(page, unwritable, monkeypatch):
    from lstm_helpers.notebook import database

    def refuse(*args):
        raise PermissionError("no")

    monkeypatch.setattr(database, "_connect", refuse)
    monkeypatch.setattr("pathlib.Path.exists", lambda self: True)
    recover("sigmoid")
    assert "could not be read" in page[-1]["text/plain"]


def test_something_without_a_name_is_a_card(page):
    recover(3)
    assert "No such exercise" in page[-1]["text/plain"]


CELL = '''import numpy as np

def helper():
    return 1

class Classifier:
    """A class of a notebook."""

    size = 3

    def forward(self, x):
        return x

def outer():
    def step(x):
        return x + 1
    return step
'''


@pytest.fixture
def cell():
    """Run a cell as IPython does: its text is known to `linecache` only."""
    name = "<ipython-input-1-cell>"
    linecache.cache[name] = (len(CELL), None, CELL.splitlines(keepends=True), name)
    names = {"__name__": "__main__"}
    exec(compile(CELL, name, "exec"), names)
    yield names
    del linecache.cache[name]


def test_sources_are_found_in_a_notebook(cell):
    assert source_of(cell["helper"]) == "def helper():\n    return 1\n"
    assert source_of(cell["outer"]()) == "def step(x):\n    return x + 1\n"
    classifier = source_of(cell["Classifier"])
    assert classifier.startswith("class Classifier:")
    assert classifier.rstrip().endswith("return x")


@pytest.mark.parametrize("answer", [None, 3, len, functools.partial(right), int, [right]])
def test_what_has_no_source_has_none(answer):
    assert source_of(answer) is None


def test_an_answer_that_misbehaves_when_looked_at_has_no_source():
    class Hostile:
        def __getattribute__(self, name):
            raise RuntimeError("leave me alone")

    assert source_of(Hostile()) is None
