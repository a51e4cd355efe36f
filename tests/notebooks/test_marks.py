"""The plugin that nbval's run is given catches what nbval lets by."""

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from lstm_helpers.exercises import LESSONS

REPOSITORY = Path(__file__).resolve().parents[2]
RIGHT = "def sigmoid(x):\n    return nn.sigmoid(x)"
STUB = "def sigmoid(x):\n    raise NotImplementedError"
IMPORTS = "from lstm_helpers import nn\nfrom lstm_helpers.notebook import check"


def run(folder, cells):
    """Run a notebook of lesson 00 made of these cells, as `make test` runs the course's."""
    folder.mkdir()
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbformat.write(notebook, folder / "00_start_here.ipynb")
    command = [sys.executable, "-m", "pytest", "-p", "tests.notebooks.marks", "--nbval-lax"]
    command += ["--nbval-current-env", "-p", "no:cacheprovider", "--rootdir", str(folder)]
    done = subprocess.run(
        [*command, str(folder)], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize(
    ("name", "answer", "reason"),
    [
        ("solutions", RIGHT, None),
        ("course", STUB, None),
        ("solutions", STUB, "passed [], expected ['sigmoid']"),
        ("course", RIGHT, "passed ['sigmoid'], expected []"),
    ],
)
def test_marks_decide(tmp_path, name, answer, reason):
    code, output = run(tmp_path / name, [IMPORTS, answer, "sigmoid = check(sigmoid)"])
    assert (code == 0) == (reason is None), output
    assert reason is None or reason in output
    assert "00_start_here.ipynb: " in output  # how long it took


def test_a_word_on_standard_error_fails(tmp_path):
    noise = "import sys\nprint('oh', file=sys.stderr)"
    code, output = run(tmp_path / "solutions", [IMPORTS, RIGHT, "sigmoid = check(sigmoid)", noise])
    assert code == 1
    assert "wrote to standard error: ['oh" in output


def test_there_are_notebooks_for_every_lesson():
    for folder in ("course", "solutions"):
        names = [path.name[:2] for path in sorted((REPOSITORY / folder).glob("*.ipynb"))]
        assert names == sorted(LESSONS)
