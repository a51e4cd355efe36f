"""`lstm-course catch-up`: a latecomer gets what earlier lessons would have produced."""

from __future__ import annotations

import json
import re
from contextlib import closing
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from lstm_helpers.bundled import notebooks_folder
from lstm_helpers.commands import catch_up
from lstm_helpers.commands.catch_up_page import read_lessons
from lstm_helpers.commands.errors import CommandError, WrongUseError
from lstm_helpers.exercises import EXERCISES, LESSONS
from lstm_helpers.notebook import display, recover, store
from lstm_helpers.notebook.store import Store

GUIDE = Path(__file__).resolve().parents[1] / "docs" / "guide"
BEFORE_04 = [name for name, one in EXERCISES.items() if one.lesson < "04"]
RIGHT = "def sigmoid(x):\n    return 0.5 * (1 + np.tanh(0.5 * x))"


@pytest.fixture(autouse=True)
def away(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LSTM_COURSE_HOME", raising=False)
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)


def page_of(folder, number="04"):
    return json.loads((folder / f"catch-up-{number}.ipynb").read_text(encoding="utf-8"))


def write_page(folder, page):
    (folder / "catch-up-04.ipynb").write_text(json.dumps(page), encoding="utf-8")


def execute(path):
    notebook = nbformat.read(path, 4)
    nbformat.validate(notebook)
    NotebookClient(notebook, timeout=60, resources={"metadata": {"path": path.parent}}).execute()
    return notebook


def outputs_of(notebook):
    return "\n".join(
        output.get("text", "") + output.get("data", {}).get("text/plain", "")
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
    )


def test_a_latecomer_gets_notebooks_notes_and_a_page(tmp_path, capsys):
    assert catch_up.run("4", None) == 0
    folder = tmp_path / "lstm-course"
    out = capsys.readouterr().out
    assert f"Lessons are in {folder}" in out
    assert f"{len(list(notebooks_folder('course').glob('*.ipynb')))} notebooks: new." in out
    assert f"Noted as skipped, with the course's solution for `recover` ({len(BEFORE_04)})" in out
    assert "catch-up-04.ipynb has what the lessons before 04 showed" in out
    assert out.endswith(f"lstm-course lab {folder}\n")
    for original in notebooks_folder("course").glob("*.ipynb"):
        assert (folder / original.name).read_bytes() == original.read_bytes()
    rows = store.table(folder)
    assert [row.exercise for row in rows if row.status == "skipped"] == BEFORE_04
    assert {row.status for row in rows} == {"skipped", "not attempted"}


def test_the_page_has_each_lesson_its_summary_and_its_solutions(tmp_path):
    catch_up.run("04", tmp_path)
    cells = page_of(tmp_path)["cells"]
    texts = [cell["source"] for cell in cells if cell["cell_type"] == "markdown"]
    codes = [cell["source"] for cell in cells if cell["cell_type"] == "code"]
    for number in ("00", "01", "02", "03"):
        (text,) = [t for t in texts if t.startswith(f"## Lesson {number}: ")]
        assert LESSONS[number].title in text
        assert "\n- " in text.partition("### What those saw")[2]
        assert "Try next" not in text
    defined = [code.split("(")[0].removeprefix("def ") for code in codes if code.startswith("def")]
    assert defined == BEFORE_04
    assert not any("NotImplementedError" in code for code in codes)


def test_the_page_does_not_say_of_what_was_passed_that_it_is_skipped(tmp_path):
    catch_up.run("04", tmp_path)
    opening = page_of(tmp_path)["cells"][0]["source"]
    assert "those that you had not passed are noted as skipped" in opening
    assert "of an exercise that you have passed, your own answer" in opening


def test_the_line_of_the_guide_catches_up_from_a_notebook(tmp_path):
    (tmp_path / ".lstm-course").mkdir()
    (line,) = re.findall(r"^%run .*$", (GUIDE / "room.md").read_text("utf-8"), re.MULTILINE)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(line)])
    nbformat.write(notebook, tmp_path / "mine.ipynb")
    assert "Go on with 04_" in outputs_of(execute(tmp_path / "mine.ipynb"))
    assert (tmp_path / "catch-up-04.ipynb").exists()


def test_every_lesson_of_the_course_leaves_something_behind():
    lessons = read_lessons()
    assert [lesson.number for lesson in lessons] == list(LESSONS)
    for lesson in lessons:
        assert lesson.saw.count("\n- ") + lesson.saw.startswith("- ") > 2, lesson.number
        assert list(lesson.solutions) == [one.name for one in LESSONS[lesson.number].exercises]


def test_the_page_and_a_lesson_run_in_the_folder(tmp_path):
    catch_up.run("04", tmp_path)
    execute(tmp_path / "catch-up-04.ipynb")
    coming = next(tmp_path.glob("04_*.ipynb"))
    notebook = nbformat.read(coming, 4)
    first_check = next(
        place
        for place, cell in enumerate(notebook.cells)
        if cell.cell_type == "code" and "= check(" in cell.source
    )
    added = 'recover("lstm_step")\nlstm_step = check(nn.lstm_step, "lstm_step")\nprogress()'
    notebook.cells = [*notebook.cells[: first_check + 1], nbformat.v4.new_code_cell(added)]
    beginning = tmp_path / "beginning.ipynb"
    nbformat.write(notebook, beginning)
    shown = outputs_of(execute(beginning))
    assert "○ Not attempted: numerical_gradient" in shown
    assert "» The course's solution: lstm_step" in shown
    assert f"0 of {len(EXERCISES)} exercises passed" in shown
    assert f"{len(BEFORE_04)} skipped" in shown


def test_a_second_time_changes_nothing(tmp_path, capsys):
    def everything():
        rows = [row for name in EXERCISES for row in Store(tmp_path).skips(name)]
        return rows, {p.name: p.read_bytes() for p in tmp_path.glob("*.ipynb")}

    catch_up.run("04", tmp_path)
    before = everything()
    capsys.readouterr()
    catch_up.run("04", tmp_path)
    assert everything() == before
    out = capsys.readouterr().out
    assert "notebooks: up to date." in out
    assert "catch-up-04.ipynb is up to date." in out


def test_own_work_stays(tmp_path, capsys, monkeypatch):
    catch_up.run("01", tmp_path)
    own = tmp_path / "01_sequences_and_the_plain_rnn.ipynb"
    own.write_text(own.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    before = own.read_bytes()
    Store(tmp_path).record_check("sigmoid", "passed", None, RIGHT)
    Store(tmp_path).record_check("rnn_step", "failed", None, "# my try")
    capsys.readouterr()
    catch_up.run("04", tmp_path)
    out = capsys.readouterr().out
    assert own.read_bytes() == before
    assert "1 notebook: with your work in it, left as it is." in out
    assert "Passed by yourself, and left as they are (1): sigmoid." in out
    assert "Your own answers to these have not passed yet, and are kept (1): rnn_step." in out
    rows = {row.exercise: row.status for row in store.table(tmp_path)}
    assert (rows["sigmoid"], rows["rnn_step"]) == ("passed", "skipped")

    monkeypatch.setenv("LSTM_COURSE_HOME", str(tmp_path))
    shown = []
    monkeypatch.setattr(display, "display_bundle", lambda b: shown.append(b["text/plain"]))
    recover("sigmoid")
    assert shown[-1] == RIGHT
    recover("rnn_step")
    assert shown[-3].startswith("def rnn_step(")
    assert shown[-1] == "# my try"


def test_a_page_that_was_only_run_is_not_a_changed_one(tmp_path, capsys):
    catch_up.run("04", tmp_path)
    page = page_of(tmp_path)
    for cell in page["cells"]:
        cell["source"] = (cell["source"] + "\n").splitlines(keepends=True)  # as JupyterLab saves
        if cell["cell_type"] == "code":
            cell["execution_count"] = 3
    write_page(tmp_path, page)
    catch_up.run("04", tmp_path)
    assert "catch-up-04.ipynb is up to date." in capsys.readouterr().out


def test_a_changed_page_is_never_overwritten(tmp_path, capsys, monkeypatch):
    catch_up.run("04", tmp_path)
    page = page_of(tmp_path)
    page["cells"][0]["source"] += "\n\nMy notes."
    write_page(tmp_path, page)
    before = (tmp_path / "catch-up-04.ipynb").read_bytes()
    catch_up.run("04", tmp_path)
    assert "has your work in it; it stays as it is" in capsys.readouterr().out
    newer = page_bytes_of_a_newer_course(monkeypatch)
    for said in ("the course's own is catch-up-04.update-", "it stays as it is"):
        catch_up.run("04", tmp_path)
        assert said in capsys.readouterr().out
    assert (tmp_path / "catch-up-04.ipynb").read_bytes() == before
    (beside,) = tmp_path.glob("catch-up-04.update-*.ipynb")
    assert newer in beside.read_text(encoding="utf-8")


def test_an_unchanged_page_follows_the_course(tmp_path, capsys, monkeypatch):
    catch_up.run("04", tmp_path)
    newer = page_bytes_of_a_newer_course(monkeypatch)
    catch_up.run("04", tmp_path)
    assert "it is now the newer version" in capsys.readouterr().out
    assert newer in (tmp_path / "catch-up-04.ipynb").read_text(encoding="utf-8")


def page_bytes_of_a_newer_course(monkeypatch):
    from dataclasses import replace

    lessons = read_lessons()
    lessons[0] = replace(lessons[0], saw="- Something new was seen.")
    monkeypatch.setattr(catch_up, "read_lessons", lambda: lessons)
    return "- Something new was seen."


def test_something_else_under_that_name_is_kept(tmp_path, capsys):
    (tmp_path / "catch-up-04.ipynb").write_text("my list", encoding="utf-8")
    catch_up.run("04", tmp_path)
    assert (tmp_path / "catch-up-04.ipynb").read_text(encoding="utf-8") == "my list"
    assert len(list(tmp_path.glob("catch-up-04.update-*.ipynb"))) == 1


def test_the_folder_that_is_near_is_taken(tmp_path, monkeypatch):
    folder = tmp_path / "lstm-course"
    catch_up.run("01", None)
    monkeypatch.chdir(folder)
    catch_up.run("02", None)
    assert (folder / "catch-up-02.ipynb").exists()


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("00", "Lesson 00 is the first, so there is nothing to catch up with"),
        ("0", "Lesson 00 is the first"),
        ("77", "There is no lesson 77; the course has 00 to"),
        ("four", "There is no lesson four"),
        ("../04", "There is no lesson ../04"),
        ("", "There is no lesson ;"),
    ],
)
def test_what_cannot_be_caught_up_with_is_a_sentence(tmp_path, number, said):
    with pytest.raises(WrongUseError, match=said):
        catch_up.run(number, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_file_in_place_of_the_folder_is_a_sentence(tmp_path):
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(WrongUseError, match="is a file"):
        catch_up.run("04", tmp_path / "file")
    with pytest.raises(CommandError, match="cannot be used"):
        catch_up.run("04", tmp_path / "file" / "below")


def test_progress_of_a_newer_course_is_a_sentence(tmp_path):
    import sqlite3

    Store(tmp_path).record_check("sigmoid", "passed", None, None)
    with closing(sqlite3.connect(Store(tmp_path).path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(CommandError, match="newer version"):
        catch_up.run("04", tmp_path)
