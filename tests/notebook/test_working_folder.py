from __future__ import annotations

from pathlib import Path

from lstm_helpers.notebook.folder import working_folder


def test_the_variable_comes_first(home, monkeypatch):
    assert working_folder() == home
    monkeypatch.setenv("LSTM_COURSE_HOME", "~/lessons")
    assert working_folder() == Path.home() / "lessons"


def test_then_the_nearest_parent_that_holds_the_course(tmp_path, monkeypatch):
    monkeypatch.delenv("LSTM_COURSE_HOME")
    inner = tmp_path / "outer" / "inner" / "deep"
    inner.mkdir(parents=True)
    (tmp_path / "outer" / ".lstm-course").mkdir()
    monkeypatch.chdir(inner)
    assert working_folder() == tmp_path / "outer"
    (inner.parent / ".lstm-course").mkdir()
    assert working_folder() == inner.parent


def test_else_the_current_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("LSTM_COURSE_HOME", "")
    monkeypatch.chdir(tmp_path)
    assert working_folder() == tmp_path
