"""What a sandbox is given: all that an honest answer needs, and never the answer itself."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from lstm_helpers import judge
from lstm_helpers.exercises import EXERCISES
from lstm_helpers.grading import extract_cells
from lstm_helpers.grading.kit import handed_over, kit, written_job
from lstm_helpers.grading.oracle import fresh_cases
from lstm_helpers.grading.sandbox import Limits
from lstm_helpers.grading.slices import SliceError, definition, slices

ALL = list(EXERCISES)


def where(name):
    reference = EXERCISES[name].reference
    return reference.__module__, reference.__qualname__


@pytest.mark.parametrize("name", ALL)
def test_neither_this_reference_nor_a_later_one_is_in_the_kit(name):
    names = kit(name).slices.names
    for later in ALL[ALL.index(name) :]:
        assert where(later) not in names
    for earlier in EXERCISES[name].may_call:
        assert where(earlier) in names


@pytest.mark.parametrize("name", ALL)
def test_nothing_that_is_handed_over_is_an_answer(name):
    for what, value in handed_over(EXERCISES[name]).items():
        verdict = judge(value, name, np.random.default_rng(0))
        assert not verdict.passed, f"{what} answers {name}"
        always = judge(lambda *args, value=value, **kwargs: value, name, np.random.default_rng(0))
        assert not always.passed, f"{what} answers {name}"


@pytest.mark.parametrize("name", ALL)
def test_modules_of_a_kit_are_python(name):
    sources = kit(name).slices.sources
    for module, source in sources.items():
        compile(source, module, "exec")


def test_a_kit_that_would_give_the_answer_away_is_refused(monkeypatch):
    exercise = EXERCISES["lstm_step"]
    generous = replace(exercise, library=("nn.lstm_forward",))
    monkeypatch.setitem(EXERCISES, "lstm_step", generous)
    with pytest.raises(SliceError, match="would hold the course's 'lstm_step'"):
        kit("lstm_step", frozenset({("lstm_helpers.nn.cells", "rnn_step")}))


def test_slices_run_alone_in_a_fresh_python():
    cut = slices([("lstm_helpers.nn.lstm", "lstm_step_backward")])
    assert ("lstm_helpers.nn.lstm", "lstm_backward") not in cut.names
    program = (
        "import sys, types\n"
        f"sources = {cut.sources!r}\n"
        "import importlib.abc, importlib.machinery\n"
        "class F(importlib.abc.MetaPathFinder, importlib.abc.Loader):\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        ours = importlib.machinery.ModuleSpec(name, self, is_package=True)\n"
        "        return ours if name in sources else None\n"
        "    def exec_module(self, module): exec(sources[module.__name__], vars(module))\n"
        "sys.meta_path.insert(0, F())\n"
        "from lstm_helpers.nn.lstm import lstm_step_backward\n"
        "import lstm_helpers.nn.lstm as m\n"
        "print(callable(lstm_step_backward), hasattr(m, 'lstm_backward'))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == ["True", "False"], done.stderr


def test_names_are_followed_to_where_they_are_defined():
    assert definition("lstm_helpers.nn", "lstm_step") == ("lstm_helpers.nn.lstm", "lstm_step")
    with pytest.raises(SliceError, match="has no 'lstm_stepp'"):
        slices([("lstm_helpers.nn", "lstm_stepp")])


@pytest.mark.parametrize("name", ALL)
def test_no_hint_is_in_the_job(name):
    exercise = EXERCISES[name]
    cell = {"cell_type": "code", "source": f"def {name}(*args):\n    return 0"}
    cases = fresh_cases(exercise, 1)
    job = written_job(exercise, cases, extract_cells({"cells": [cell]}), Limits().numbers())
    for hint in exercise.hints:
        assert hint[:60].encode() not in job
