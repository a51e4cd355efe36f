"""A plugin for nbval's run over the notebooks: the marks have to be right as well.

nbval executes every cell and is content if none raises, also with a check that prints "not
attempted". With this plugin the same run, in one execution, also asserts that the untouched
learner's copies pass no exercise and the solutions pass every one, and that nothing is written to
standard error, where nbgrader would give no points. Seconds are printed and not asserted.

Used as ``python -m pytest --nbval-lax -p tests.notebooks.marks course solutions``.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from nbval.plugin import IPyNbCell, IPyNbFile

from lstm_helpers.exercises import LESSONS
from lstm_helpers.notebook.folder import HOME_VARIABLE
from lstm_helpers.notebook.store import PASSED, table

_HOME = pytest.StashKey[tempfile.TemporaryDirectory[str]]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    """Give each notebook a progress file of its own, before nbval starts its kernel."""
    if isinstance(item, IPyNbCell) and _HOME not in item.parent.stash:
        folder = tempfile.TemporaryDirectory(prefix="notebook-")
        item.parent.stash[_HOME] = folder
        os.environ[HOME_VARIABLE] = folder.name
        os.environ.pop("NBGRADER_EXECUTION", None)
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Look at what a cell wrote and, after the last one, at the marks."""
    result = yield
    if isinstance(item, IPyNbCell):
        noise = [out.text for out in item.test_outputs if _is_noise(out)]
        assert not noise, f"cell {item.cell_num} wrote to standard error: {noise}"
        if item.cell_num + 1 == sum(cell.cell_type == "code" for cell in item.parent.nb.cells):
            assert_marks(item.parent)
    return result


def _is_noise(output: dict[str, str]) -> bool:
    return output["output_type"] == "stream" and output["name"] == "stderr"


def assert_marks(notebook: IPyNbFile) -> None:
    """Compare the exercises that were passed with those that should be."""
    path = Path(notebook.path)
    lesson = LESSONS[path.name[:2]]
    rows = {row.exercise: row for row in table(Path(notebook.stash[_HOME].name))}
    passed = {e.name for e in lesson.exercises if rows[e.name].status == PASSED}
    wanted = {e.name for e in lesson.exercises} if path.parent.name == "solutions" else set()
    assert passed == wanted, (
        f"{path.parent.name}/{path.name} passed {sorted(passed)}, expected {sorted(wanted)}"
    )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print how long the cells of each notebook took."""
    seconds: dict[str, float] = {}
    for reports in terminalreporter.stats.values():
        for report in reports:
            name = getattr(report, "nodeid", "").split("::")[0]
            if name.endswith(".ipynb") and isinstance(report, pytest.TestReport):
                seconds[name] = seconds.get(name, 0.0) + report.duration
    for name, total in sorted(seconds.items()):
        terminalreporter.write_line(f"{name}: {total:.1f} s")
