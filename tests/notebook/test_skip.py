from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest
from answers_to_sigmoid import not_begun, right, wrong
from IPython.core.interactiveshell import InteractiveShell

from lstm_helpers import exercises
from lstm_helpers.commands import progress as progress_command
from lstm_helpers.commands.check_notebook import exercises_of, judge_notebook
from lstm_helpers.grading import extract
from lstm_helpers.grading.marks import Run, grade_notebook
from lstm_helpers.notebook import check, hint, progress, recover, skip, store
from lstm_helpers.notebook.skipping import note_skips
from lstm_helpers.notebook.store import Store

REFERENCE = exercises.get("sigmoid").reference


def row(home, name="sigmoid"):
    return next(row for row in store.table(home) if row.exercise == name)


def kinds(home):
    with closing(sqlite3.connect(Store(home).path)) as connection:
        return [kind for (kind,) in connection.execute("SELECT kind FROM events ORDER BY id")]


@pytest.mark.parametrize("how", ["name", "function"])
def test_it_goes_on_with_the_courses_version(page, home, how):
    def sigmoid(x):
        raise NotImplementedError

    sigmoid = skip("sigmoid" if how == "name" else sigmoid)
    assert sigmoid is REFERENCE
    (output,) = page
    text = output["text/plain"]
    assert text.startswith("» Skipped: sigmoid")
    assert "`sigmoid = check(sigmoid)`" in text
    assert (row(home).status, row(home).attempts, row(home).hints) == ("skipped", 0, 0)
    assert kinds(home) == ["skip"]


@pytest.fixture
def shell():
    """An IPython shell, as in a kernel."""
    yield InteractiveShell.instance()
    InteractiveShell.clear_instance()


@pytest.mark.parametrize("line", ['skip("sigmoid")', 'sigmoid = skip("sigmoid")', "skip(sigmoid)"])
def test_in_a_notebook_the_name_is_the_courses_version_however_it_is_called(page, shell, line):
    shell.run_cell("def sigmoid(x):\n    raise NotImplementedError").raise_error()
    shell.run_cell(f"from lstm_helpers.notebook import skip; {line}").raise_error()
    assert "From here on `sigmoid` is the course's version" in page[-1]["text/plain"]
    assert shell.run_cell("sigmoid(0.0)").result == 0.5
    shell.run_cell('skip("sigmoidd")').raise_error()
    assert "sigmoidd" not in shell.user_ns


def test_outside_a_notebook_the_card_says_what_puts_it_in_place(page):
    skip("sigmoid")
    text = page[-1]["text/plain"]
    assert '`sigmoid = skip("sigmoid")` goes on with the course\'s version' in text
    assert "From here on" not in text


def test_skipping_twice_is_noted_once(page, home):
    skip("sigmoid")
    skip("sigmoid")
    assert kinds(home) == ["skip"]
    check(wrong, "sigmoid")
    assert row(home).status == "failed"  # she has come back to it
    skip("sigmoid")
    assert row(home).status == "skipped"
    assert kinds(home) == ["skip", "check", "skip"]


def test_a_pass_takes_the_place_of_a_skip_and_stays(page, home):
    skip("sigmoid")
    check(right, "sigmoid")
    assert row(home).status == "passed"
    assert skip("sigmoid") is REFERENCE
    assert page[-1]["text/plain"].startswith("✓ Passed before: sigmoid")
    assert "stays on record" in page[-1]["text/plain"]
    assert row(home).status == "passed"
    assert kinds(home) == ["skip", "check"]


def test_a_check_of_what_was_skipped_says_whose_it_is(page, home):
    sigmoid = skip("sigmoid")
    assert check(sigmoid, "sigmoid") is REFERENCE
    assert "course's version" in page[-1]["text/plain"]
    check(not_begun, "sigmoid")
    assert row(home).status == "skipped"


def test_hints_are_counted_as_before(page, home):
    hint("sigmoid")
    skip("sigmoid")
    hint("sigmoid")
    assert row(home).hints == 2
    assert page[-1]["text/plain"].startswith("? Hint 2 of 3")


def test_progress_shows_it_without_points(page, home, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")
    skip("sigmoid")
    progress()
    text, html = page[-1]["text/plain"], page[-1]["text/html"]
    line = next(line for line in text.splitlines() if line.startswith("sigmoid"))
    assert "» Skipped" in line
    assert line.endswith(f"0 of {exercises.get('sigmoid').points}")
    assert text.splitlines()[0].endswith("points, 1 skipped")
    assert "» Skipped" in html
    progress_command.run(home)
    line = next(line for line in capsys.readouterr().out.splitlines() if "sigmoid" in line)
    assert "» skipped" in line
    assert "0/" in line


@pytest.mark.parametrize("given", ["sigmoidd", 3, None, "", "<script>"])
def test_an_unknown_name_gives_back_what_was_given(page, home, given):
    assert skip(given) is given
    assert page[-1]["text/plain"].startswith("■ No such exercise")
    assert "Nothing was skipped" in page[-1]["text/plain"]
    assert "<script>" not in page[-1]["text/html"]
    assert list(home.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_one_sentence(page, unwritable):
    assert skip("sigmoid") is REFERENCE
    assert "Progress could not be saved" in page[-1]["text/plain"]


def test_recover_after_a_skip(page, home):
    skip("sigmoid")
    recover("sigmoid")
    assert "You skipped this exercise." in page[-1]["text/plain"]
    check(wrong, "sigmoid")
    recover("sigmoid")
    assert page[-2]["text/plain"].startswith("○ Your answer")


def test_recover_shows_the_courses_solution_to_who_was_caught_up(page, home):
    note_skips(Store(home), {"sigmoid": "# the course's"})
    recover("sigmoid")
    card, code = page
    assert card["text/plain"].startswith("» The course's solution: sigmoid")
    assert "not yours" in card["text/plain"]
    assert "below" not in card["text/plain"]
    assert code["text/plain"] == "# the course's"


def test_recover_shows_an_own_answer_that_failed_too(page, home):
    check(wrong, "sigmoid")
    note_skips(Store(home), {"sigmoid": "# the course's"})
    recover("sigmoid")
    card, code, own, own_code = page[-4:]
    assert "What you tried last yourself is kept; it is below." in card["text/plain"]
    assert code["text/plain"] == "# the course's"
    assert own["text/plain"].startswith("○ Your answer")
    assert own_code["text/plain"].startswith("def wrong(x):")


def test_recover_shows_no_stub_beside_the_courses_solution(page, home):
    note_skips(Store(home), {"sigmoid": "# the course's"})
    check(not_begun, "sigmoid")
    page.clear()
    recover("sigmoid")
    assert [output["text/plain"][:1] for output in page] == ["»", "#"]
    assert "below" not in page[0]["text/plain"]


def test_a_damaged_file_is_mentioned_by_recover(page, home):
    file = Store(home).path
    file.parent.mkdir()
    file.write_bytes(b"no database" * 1000)
    recover("sigmoid")
    assert "kept as `progress.damaged-" in page[-1]["text/plain"]


def test_recover_prefers_an_own_answer_that_passed(page, home):
    note_skips(Store(home), {"sigmoid": "# the course's"})
    check(right, "sigmoid")
    recover("sigmoid")
    assert page[-2]["text/plain"].startswith("✓ Your answer")
    assert page[-1]["text/plain"].startswith("def right(x):")


def test_one_transaction_notes_many(home):
    check(right, "sigmoid")
    noted = {"sigmoid": "a", "rnn_step": "b", "rnn_forward": None}
    assert note_skips(Store(home), noted) == {"sigmoid"}
    assert note_skips(Store(home), noted) == {"sigmoid"}
    assert kinds(home) == ["check", "skip", "skip"]
    assert note_skips(Store(home), {"rnn_forward": "c"}) == set()  # now with a solution
    assert [skip.source for skip in Store(home).skips("rnn_forward")] == [None, "c"]


class TestUnderNbgrader:
    @pytest.fixture(autouse=True)
    def grading(self, monkeypatch):
        monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")

    def test_it_is_silent_and_gives_no_marks(self, page, home, capfd):
        sigmoid = skip("sigmoid")
        assert sigmoid is REFERENCE
        assert skip("sigmoidd") == "sigmoidd"
        with pytest.raises(AssertionError, match="course's version"):
            check(sigmoid, "sigmoid")
        assert page == []
        assert capfd.readouterr() == ("", "")
        assert list(home.iterdir()) == []


STUB = "def sigmoid(x):\n    raise NotImplementedError"
NOTEBOOKS = {
    "skip only": ['sigmoid = skip("sigmoid")'],
    "stub, skip": [STUB, 'sigmoid = skip("sigmoid")'],
    "stub, skip, check": [STUB, 'sigmoid = skip("sigmoid")', "sigmoid = check(sigmoid)"],
    "stub and skip in one cell": [STUB + '\n\nsigmoid = skip("sigmoid")'],
    "stub, skip of the function": [STUB, "sigmoid = skip(sigmoid)"],
}


def notebook_of(cells):
    sources = ["from lstm_helpers.notebook import check, skip", *cells]
    return {
        "cells": [{"cell_type": "code", "metadata": {}, "source": source} for source in sources],
        "metadata": {"lstm_helpers": {"number": "00"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


@pytest.mark.parametrize("cells", NOTEBOOKS.values(), ids=NOTEBOOKS)
def test_a_skipped_exercise_is_checked_as_not_attempted(tmp_path, cells):
    path = tmp_path / "00_start_here.ipynb"
    path.write_text(json.dumps(notebook_of(cells)), encoding="utf-8")
    extracted = extract(path)
    (verdict,), _ = judge_notebook(extracted, exercises_of(extracted))
    assert (verdict.name, verdict.status) == ("sigmoid", "not attempted")


@pytest.mark.parametrize("which", ["stub, skip, check", "stub and skip in one cell"])
def test_and_graded_so(which):
    content = json.dumps(notebook_of(NOTEBOOKS[which])).encode()
    (mark,) = grade_notebook(content, "00", Run(seed=1))
    assert (mark.exercise, mark.status, mark.points) == ("sigmoid", "not attempted", 0)


def test_a_skip_in_place_of_the_stub_gives_no_points():
    content = json.dumps(notebook_of(NOTEBOOKS["skip only"])).encode()
    (mark,) = grade_notebook(content, "00", Run(seed=1))
    assert (mark.exercise, mark.points) == ("sigmoid", 0)
