"""What is taken from a learner's notebook, and what a damaged one costs."""

import ast
import json

import pytest

from lstm_helpers.grading import NotebookError, extract, extract_cells
from lstm_helpers.grading.reading import LARGEST_FILE


def code(source, exercise=None):
    metadata = {"lstm_helpers": {"exercise": exercise}} if exercise else {}
    return {"cell_type": "code", "metadata": metadata, "source": source, "outputs": []}


def notebook(*cells, **metadata):
    return {"cells": list(cells), "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def taken(*sources) -> str:
    extracted = extract_cells(notebook(*map(code, sources)))
    assert extracted.problems == ()
    return "\n".join(cell.source for cell in extracted.cells).strip()


@pytest.mark.parametrize(
    "source",
    [
        "import numpy as np",
        "import os.path",
        "from math import *",
        "def f(x, *, y=1):\n    return x",
        "async def f():\n    pass",
        "@decorator\n@other(1)\ndef f():\n    pass",
        "class A:\n    b = 1",
        "H = 3",
        "A, B = 1, -2.5",
        "[A, B] = (1, 2)",
        "A = B = (1, [2, 'x'], {'k': {3}}, None, 1 + 2j)",
        "rate: float = 1e-3",
        "f = lambda x: x",
        "f = g",
        "word = 'naïve ∂' ; H = 3".replace(" ; ", "; "),
    ],
)
def test_taken(source):
    assert taken(source) == source


@pytest.mark.parametrize(
    "source",
    [
        "print(1)",
        "rnn_step = check(rnn_step)",
        "x = np.zeros(3)",
        "x += 1",
        "x: int",
        "del x",
        "for i in range(3):\n    def f(): pass",
        "if True:\n    H = 3",
        "try:\n    import torch\nexcept ImportError:\n    torch = None",
        "a, b = f()",
        "a, b = 1",
        "a, b = (1, 2, 3)",
        "a.b = 3",
        "a[0] = 3",
        "x = 10 ** 10 ** 10",
        "x = f'{y}'",
        "x = y.z",
        "a, b = c",
        "raise SystemExit",
        "await thing()",
        "%matplotlib inline",
        "!rm -rf /",
        "files = !ls",
        "answer = %timeit -o f()",
        "f?",
        "%%bash\necho 1",
        "%%timeit\nH = 3",
        "%run other.ipynb",
    ],
)
def test_left_out(source):
    assert taken(source) == ""


def test_last_definition_wins_and_check_changes_nothing():
    extracted = extract_cells(
        notebook(
            code("def f(x):\n    return 1"),
            code("f = check(f)"),
            code("def f(x):\n    return 2"),
            code("f = check(f)"),
        )
    )
    namespace = {}
    for cell in extracted.cells:
        exec(cell.source, namespace)
    assert namespace["f"](0) == 2
    assert extracted.names == {"f": 3}
    assert extracted.left_out == {}


def test_a_cell_that_cannot_be_parsed_costs_only_itself():
    extracted = extract_cells(
        notebook(code("A = 1"), code("def f(:\n    pass", "f"), code("B = 2"))
    )
    assert set(extracted.names) == {"A", "B"}
    (problem,) = extracted.problems
    assert (problem.number, problem.exercise, problem.line) == (2, "f", 1)
    assert problem.message


def test_definitions_keep_their_lines():
    source = (
        "print(1)\nA = 1; print(A); B = (2,\n  3); C = 4\n\n"
        "@wraps(\n  x)\ndef f():\n    return 1 / 0\nf()\nclass D: pass\n"
    )
    (cell,) = extract_cells(notebook(code(source))).cells
    whole, kept = ast.parse(source), ast.parse(cell.source)
    wanted = {n.name: n.lineno for n in whole.body if hasattr(n, "name")}
    assert (
        {n.name: n.lineno for n in kept.body if hasattr(n, "name")} == wanted == {"f": 7, "D": 10}
    )
    assert cell.names == ("A", "B", "C", "f", "D")
    assert "print" not in cell.source
    assert "f()\n" not in cell.source.replace("def f():\n", "")


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_lines_after_form_feeds_and_windows_line_ends(ends):
    source = ends.join(["'\x0c'", "print()", "def f():", "    return '\x0b'", "f()"])
    (cell,) = extract_cells(notebook(code(source))).cells
    assert ast.parse(cell.source).body[0].lineno == 3


def test_magics_beside_definitions():
    source = "%load_ext autoreload\n!pip list\ndef f():\n    %time x = 1\n    return 1\nf?"
    (cell,) = extract_cells(notebook(code(source))).cells
    assert cell.names == ("f",)
    assert ast.parse(cell.source).body[0].lineno == 3


@pytest.mark.parametrize("magic", ["%%time", "%%capture output", "\n%%time"])
def test_magics_that_run_their_cell_as_it_is(magic):
    (cell,) = extract_cells(notebook(code(f"{magic}\ndef f():\n    return 1"))).cells
    assert cell.names == ("f",)
    assert ast.parse(cell.source).body[0].lineno == 2 + magic.count("\n")


def test_pasted_prompts():
    assert taken(">>> def f():\n...     return 1\n") == "def f():\n    return 1"


def test_names_that_are_left_out_are_known():
    extracted = extract_cells(
        notebook(
            code("rng = np.random.default_rng(0)\nW, b = init(rng)"),
            code(
                "for k in range(3):\n    total = k\n"
                "with open('x') as file:\n    y = [z for z in file]"
            ),
            code("b = 0"),
        )
    )
    assert {n: (p.number, p.line) for n, p in extracted.left_out.items()} == {
        "rng": (1, 1),
        "W": (1, 2),
        "k": (2, 1),
        "total": (2, 1),
        "file": (2, 3),
        "y": (2, 3),
    }


def test_what_only_hands_on_sets_no_name():
    extracted = extract_cells(notebook(code('f = skip("f")\ng = check(g)\nh = made(1)')))
    assert list(extracted.left_out) == ["h"]


def test_nothing_runs(tmp_path):
    path = tmp_path / "ran"
    extract_cells(
        notebook(
            code(
                f"open({str(path)!r}, 'w')\n!touch {path}\n@open({str(path)!r}, 'w')\ndef f(): pass"
            )
        )
    )
    assert not path.exists()


@pytest.mark.parametrize(
    "cell",
    [
        None,
        7,
        [],
        {},
        {"cell_type": "markdown", "source": "def f(): pass"},
        {"cell_type": "raw", "source": "A = 1"},
        {"cell_type": "code", "metadata": 3, "source": ""},
        {"cell_type": "code", "metadata": {"lstm_helpers": [1]}, "source": ""},
    ],
)
def test_odd_cells_are_passed_over(cell):
    extracted = extract_cells(notebook(cell, code("A = 1")))
    assert (extracted.problems, extracted.names) == ((), {"A": 2})


@pytest.mark.parametrize(
    "source",
    [
        7,
        None,
        "\ud800 = 1",
        "x = '\x00'",
        "(" * 5000,
        "x = " + "-" * 100_000 + "1",
        "A = 1\n" * 60_000,
        "def f():\n\treturn 1\n        return 2",
    ],
    ids=["number", "none", "surrogate", "null", "brackets", "minuses", "long", "tabs"],
)
def test_odd_sources_cost_only_themselves(source):
    extracted = extract_cells(notebook(code(source), code("A = 1")))
    assert [problem.number for problem in extracted.problems] == [1]
    assert extracted.names == {"A": 2}


def test_source_may_be_a_list_of_lines():
    extracted = extract_cells(notebook(code(["def f():\n", "    return '\\d'\n", None])))
    assert extracted.names == {"f": 1}


def write(tmp_path, content):
    path = tmp_path / "a.ipynb"
    path.write_bytes(content)
    return path


def test_from_a_file(tmp_path):
    text = json.dumps(notebook(code("A = 1"), lstm_helpers={"number": "02"}))
    extracted = extract(write(tmp_path, b"\xef\xbb\xbf" + text.encode()))
    assert extracted.names == {"A": 1}
    assert extracted.course == {"number": "02"}


def test_format_three(tmp_path):
    cell = {"cell_type": "code", "input": ["A = 1"], "language": "python"}
    old = {"worksheets": [{"cells": [cell]}, {"cells": 3}, 7], "nbformat": 3}
    assert extract(write(tmp_path, json.dumps(old).encode())).names == {"A": 1}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"hello", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b"1" * 5000, "is not JSON"),
        (b"\xff\xfe", "is not UTF-8"),
        (b"[]", "without a list of cells"),
        (b"{}", "without a list of cells"),
        (b'{"cells": 3}', "without a list of cells"),
    ],
    ids=["empty", "text", "deep", "number", "encoding", "list", "object", "cells"],
)
def test_not_a_notebook(tmp_path, content, said):
    with pytest.raises(NotebookError, match=f"^a.ipynb .*{said}"):
        extract(write(tmp_path, content))


def test_too_large(tmp_path):
    path = tmp_path / "a.ipynb"
    with path.open("wb") as file:
        file.truncate(LARGEST_FILE + 1)
    with pytest.raises(NotebookError, match="expected at most 16 MB; clear its outputs"):
        extract(path)
