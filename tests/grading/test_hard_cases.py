"""Notebooks that once ended a run, took minutes or gigabytes, or forged measurements."""

import importlib
import re
import time
import tracemalloc
from pathlib import Path

import attacks
import numpy as np
import pytest

from lstm_helpers.checks.form import to_array
from lstm_helpers.grading import extract_cells, marks
from lstm_helpers.grading.guard import OPEN
from lstm_helpers.grading.kit import kit
from lstm_helpers.grading.marks import NOT_JUDGED, Run, grade_notebook
from lstm_helpers.grading.needed import is_stub
from lstm_helpers.grading.sandbox import Limits, SandboxError

RIGHT = attacks.RIGHT["update_cell"]
LESSONS = Path(__file__).resolve().parents[2] / "lessons"


def graded(*cells, lesson="03"):
    """Status and diagnosis of each exercise that was attempted."""
    found = grade_notebook(attacks.notebook(*cells, number=lesson), lesson, Run(1))
    return {m.exercise: (m.status, m.diagnosis) for m in found if m.status != "not attempted"}


PASSED = {"update_cell": ("passed", "")}
TABLE = "TABLE = [" + ", ".join(map(str, range(2500))) + "]\n"
BY_EVAL = "def update_cell(c_prev, i, f, g):\n    return eval('f * c_prev + i * g')\n"


@pytest.mark.parametrize(
    "cells",
    [
        ["@(\nlambda f: f)" + RIGHT],
        ["@( # an @ sign\n  # @ another\n  (lambda f: f))\n@(\nlambda f: f)" + RIGHT],
        ["x = 1; y = 2\n@\\\ng" + RIGHT, "g = lambda f: f"][::-1],
        [TABLE + RIGHT],
        ["notes = '''" + "y" * 11_000 + "'''\n" + RIGHT],
        ["a = 1\n" * 20_000, BY_EVAL],
        ["a = 1\n" * 20_000, RIGHT + "    a\n"],
        ["def f():\n    nonlocal x\n", RIGHT + "    f\n"],
    ],
    ids=["bracket", "brackets", "backslash", "table", "text", "eval", "many", "nonlocal"],
)
def test_right_answers_with_something_odd_about_them(cells):
    assert graded(*cells) == PASSED


def test_wrong_answers_with_something_odd_about_them():
    deep = "def update_cell(c_prev, i, f, g):\n    return " + "-" * 900 + "1\n"
    assert graded(deep)["update_cell"][0] == "failed"
    assert graded(*["a = 1"] * 34_000, RIGHT + "    a\n") == {
        "update_cell": ("failed", "too-large")
    }


def test_a_decorated_function_is_taken_whole():
    source = "x = 1  # @ no\n\n@(  # one\n  wraps(x))\n@two\ndef f():\n    pass\n"
    (cell,) = extract_cells({"cells": [attacks.cell(source)]}).cells
    assert cell.source.split("\n")[2:] == source.rstrip("\n").split("\n")[2:]


def test_a_cell_that_does_not_parse_once_it_is_rewritten_costs_itself(monkeypatch):
    module = importlib.import_module("lstm_helpers.grading.extract")
    monkeypatch.setattr(module, "_source", lambda code, taken: "(")
    (problem,) = extract_cells({"cells": [attacks.cell(RIGHT)]}).problems
    assert "never closed" in problem.message


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("raise NotImplementedError", True),
        ("'''What to do.'''\n    raise NotImplementedError", True),
        ("raise NotImplementedError from None", False),
        ("raise NotImplementedError('x')", False),
        ("return " + "-" * 900 + "1", False),
        ("return f'''{\"\"\"\n\"\"\"}'''", False),
    ],
)
def test_stubs(body, expected):
    extracted = extract_cells({"cells": [attacks.cell(f"def f():\n    {body}\n")]})
    assert is_stub(extracted, "f") is expected


# --- a net under everything -------------------------------------------------------------------


def failing(error, name="update_cell"):
    def verdict_of(exercise, *rest):
        if exercise.name == name:
            raise error
        return original(exercise, *rest)

    original = marks.verdict_of
    return verdict_of


@pytest.mark.parametrize("error", [RecursionError(), MemoryError(), KeyError("x"), OSError(11)])
def test_a_fault_of_the_grader_costs_one_exercise(monkeypatch, error):
    monkeypatch.setattr(marks, "verdict_of", failing(error))
    content = attacks.notebook(*attacks.RIGHT.values())
    found = {mark.exercise: mark for mark in grade_notebook(content, "03", Run(1))}
    mark = found["update_cell"]
    assert (mark.points, mark.status, mark.diagnosis) == (0, "failed", NOT_JUDGED)
    assert f"could not judge it: {type(error).__name__}" in mark.message
    assert [found[name].status for name in ("lstm_gates", "lstm_step")] == ["passed"] * 2


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SandboxError("there is none")])
def test_what_is_no_fault_of_the_grader_ends_the_run(monkeypatch, error):
    monkeypatch.setattr(marks, "verdict_of", failing(error))
    with pytest.raises(type(error)):
        graded(RIGHT)


# --- limits outside the sandbox ---------------------------------------------------------------


@pytest.mark.parametrize(
    "cells",
    [
        ["x=%a\n" * 499 + "a=(b," + "c," * 25_000 + ")"] * 3,
        ["x=%a\n" * 499] * 20,
        ["a" * 19_000 + " b?"] * 3,
        ["x.a" * 6000 + " b?"] * 3,
        ["a=1;" * 49_000] * 40,
    ],
    ids=["many magics", "many cells", "long word", "long chain", "much code"],
)
def test_reading_takes_seconds_at_most(cells):
    start = time.process_time()
    extracted = extract_cells({"cells": list(map(attacks.cell, cells))})
    assert time.process_time() - start < 20  # of one minute and more before; it takes two or so
    assert extracted.problems


def test_what_is_too_much_code_is_said():
    long = "#" * 190_000
    extracted = extract_cells({"cells": [attacks.cell(text) for text in [long] * 3 + [RIGHT]]})
    assert [problem.number for problem in extracted.problems] == [3]
    assert "more than 500000 characters" in extracted.problems[0].message
    assert extracted.names == {"update_cell": 4}
    content = attacks.notebook(*[long] * 3, RIGHT + "# end\n" * 30_000)
    (mark,) = (m for m in grade_notebook(content, "03", Run(1)) if m.exercise == "update_cell")
    assert mark.status == "not attempted"
    assert "Cell 3 cannot be read, though: the cells down to this one have" in mark.message


def test_a_magic_in_much_text_is_said():
    source = "x = 1\n%time x\n" + "# a note\n" * 3000
    (problem,) = extract_cells({"cells": [attacks.cell(source)]}).problems
    assert problem.line == 2
    assert "invalid syntax; should that be a magic" in problem.message


def test_a_magic_in_a_long_cell():
    source = "%matplotlib inline\n!pip list\n" + "# a note\n" * 2000 + RIGHT
    assert extract_cells({"cells": [attacks.cell(source)]}).names == {"update_cell": 1}


def test_lists_of_texts_make_no_large_array():
    tracemalloc.start()
    try:
        assert to_array(["x" * 10_000] + [""] * 95_000) is None
        assert to_array([1.0, ("x" * 10_000,)] + [2.0] * 95_000) is None
        assert tracemalloc.get_traced_memory()[1] < 50_000_000
    finally:
        tracemalloc.stop()
    loop = []
    loop.append(loop)
    assert to_array(loop) is None


@pytest.mark.parametrize(
    "value",
    [
        [1, 2.5, True],
        (np.float32(1.0), np.int64(2), 3),
        [[1, 2], (3, np.array(4.0))],
        [np.ones(2), np.zeros(2)],
        [range(3), [4, 5, 6]],
    ],
)
def test_lists_of_numbers_are_arrays(value):
    assert np.array_equal(to_array(value), np.array(value))


def test_a_limit_is_not_given_twice():
    sleeps = (
        "import time\ndef lstm_step(x, h_prev, c_prev, W_x, W_h, b):\n    while True:\n"
        "        try: time.sleep(60)\n        except BaseException: pass\n"
    )
    run = Run(1, Limits(wall_seconds=2.0, cpu_seconds=2))
    content = attacks.notebook(attacks.RIGHT["update_cell"], sleeps)
    (mark,) = (m for m in grade_notebook(content, "03", run) if m.exercise == "lstm_step")
    assert mark.diagnosis == "too-slow"
    assert 2 <= mark.seconds < 3.5


# --- what is measured -------------------------------------------------------------------------

OF_TORCH = """
import torch
import lstm_helpers.frameworks.torch_classifier as probe
class SequenceClassifier:
    def __init__(self, input_size, hidden_size, num_classes, num_layers=1, bidirectional=False):
        pass
    def measure(answer, settings, x, lengths, seed):
        return dict(
            logits=torch.zeros(len(x), settings[2]), first_step=1.0, last_step=1.0,
            step_order=1.0, more_units=1.0, more_layers=1.0, more_directions=1.0, squares=4.0,
            row_sum=1.0, log_sum=1.0, largest=2.0, smallest=-2.0, start_gradient=1.0)
    probe.measure = measure
"""
OF_KERAS = """
import numpy as np
import lstm_helpers.frameworks.keras_probe as probe
def measure(answer, settings, x, targets, predictions, weights, put_to_work):
    return dict(
        compiled=1.0, sequence_axes=2.0, timesteps=float(settings[0]), features=float(settings[1]),
        batch_size=0.0, lstm_layers=2.0, other_recurrent_layers=0.0, units=np.full(2, 50),
        dense_layers=1.0, other_layers=0.0, put_out=1.0, read_by_the_first=float(settings[1]),
        trainable=float(sum(w.size for w in weights)), loss=0.0, update=np.zeros(4), dropped=0.0,
        carried=0.0, copied=1.0, moved=0.0, outputs=np.zeros_like(targets), layers=[])
class build_regressor:
    def __init__(self, timesteps, features):
        self.x = 1
    probe.measure = measure
"""
OF_THE_COURSE = """
from lstm_helpers.exercises._lesson_08_models import Task
def build_classifier(*sizes):
    task = Task(3, 32, None, "softmax", "categorical_crossentropy", "rmsprop")
    return task.answer()(*sizes)
"""


@pytest.mark.parametrize(
    ("lesson", "cells", "name"),
    [
        ("07", [OF_TORCH], "SequenceClassifier"),
        ("08", [OF_KERAS], "build_regressor"),
        ("08", [OF_THE_COURSE], "build_classifier"),
    ],
)
def test_what_measures_cannot_be_imported(lesson, cells, name):
    found = graded(*cells, lesson=lesson)
    assert found.keys() == {name}
    assert found[name][0] == "failed"


MODEL = """
import torch
from torch import nn
class SequenceClassifier(nn.Module):
    {first}
    def __init__(self, input_size, hidden_size, num_classes, num_layers=1, bidirectional=False):
        super().__init__()
        self.lstm = nn.LSTM(input_size, hidden_size, num_layers, True, True, 0.0, bidirectional)
        self.head = nn.Linear(hidden_size * (1 + bidirectional), num_classes)
    def forward(self, x, lengths):
        {then}
        return self.head(self.lstm(x)[0][:, -1])
"""


@pytest.mark.parametrize(
    ("first", "then", "diagnosis"),
    [
        ("torch.Tensor.abs = lambda self: 0 * self", "", "tampered"),
        ("", "torch.randn = torch.zeros", "tampered"),
        ("__builtins__['sum'] = lambda x: 1.0", "", "tampered"),
        ("torch.set_num_threads(1)", "self.calls = 1", "padding-read"),
    ],
)
def test_what_measures_was_changed(first, then, diagnosis):
    found = graded(MODEL.format(first=first, then=then or "pass"), lesson="07")
    assert found == {"SequenceClassifier": ("failed", diagnosis)}


def test_what_runs_answers_cannot_be_imported():
    closed = ("grading.worker", "grading.wire", "grading.guard", "checks.run", "checks.model")
    answer = f"""
import importlib
def update_cell(c_prev, i, f, g):
    for name in {closed!r}:
        for way in ("import lstm_helpers.{{}}", "from lstm_helpers.{{}} import x"):
            try:
                exec(way.format(name))
            except ImportError:
                continue
            return None
    return f * c_prev + i * g
"""
    assert graded(answer) == PASSED


def test_what_lessons_import_stays_open():
    found = set()
    for path in LESSONS.glob("*.py"):
        text = path.read_text(encoding="utf-8")
        for module, names in re.findall(
            r"^\s*from (lstm_helpers\.\w+[\w.]*) import (.+)", text, re.M
        ):
            if module.split(".")[1] in ("checks", "exercises", "frameworks", "grading"):
                found |= {module, *(f"{module}.{name}" for name in re.findall(r"\w+", names))}
    modules = {
        name for name in found if (LESSONS.parent / (name.replace(".", "/") + ".py")).is_file()
    }
    assert modules == set(OPEN)


def test_the_kit_of_a_model_holds_no_way_to_build_one():
    for name in ("build_regressor", "build_classifier"):
        sources = kit(name).slices.sources
        assert not any("class Task" in source for source in sources.values())
        assert "lstm_helpers.frameworks.keras_models" not in sources
