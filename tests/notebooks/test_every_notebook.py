"""Every notebook, executed once from top to bottom: none fails a cell, and the marks are right.

nbval is content with a check that prints "not attempted"; this pass is not. The untouched learner's
copies must pass no exercise, the solutions must pass every one, and neither may write to standard
error. How long each took is printed and not asserted.
"""

import time
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from lstm_helpers.commands.lab import environment
from lstm_helpers.exercises import LESSONS
from lstm_helpers.notebook.store import PASSED, table

REPOSITORY = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((REPOSITORY / "course").glob("*.ipynb")) + sorted(
    (REPOSITORY / "solutions").glob("*.ipynb")
)
CELL_SECONDS = 600  # longer than that is a hang

pytestmark = pytest.mark.notebooks


def execute(path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> nbformat.NotebookNode:
    monkeypatch.setenv("LSTM_COURSE_HOME", str(folder))
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    for variable, value in environment(folder).items():  # as `lstm-course lab` sets it
        if variable.endswith("_THREADS"):
            monkeypatch.setenv(variable, value)
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(
        notebook,
        timeout=CELL_SECONDS,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
    ).execute()
    return notebook


def test_there_are_notebooks_for_every_lesson() -> None:
    names = [path.name[:2] for path in NOTEBOOKS]
    assert sorted(names) == sorted([*LESSONS, *LESSONS])


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: f"{path.parent.name}-{path.stem[:2]}")
def test_runs_and_earns_what_it_should(
    path: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Callable[[str, object], None],
) -> None:
    begin = time.monotonic()
    notebook = execute(path, tmp_path, monkeypatch)
    seconds = time.monotonic() - begin
    print(f"\n{path.parent.name}/{path.name}: {seconds:.1f} s", end="")
    record_property("seconds", seconds)

    lesson = LESSONS[path.name[:2]]
    rows = {row.exercise: row for row in table(tmp_path)}
    passed = {e.name for e in lesson.exercises if rows[e.name].status == PASSED}
    wanted = {e.name for e in lesson.exercises} if path.parent.name == "solutions" else set()
    assert passed == wanted

    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    noise = [o.text for o in outputs if o.output_type == "stream" and o.name == "stderr"]
    assert noise == []
