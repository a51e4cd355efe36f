"""The bar shows where somebody watches, and stays silent under nbgrader and in log files."""

import contextlib
import io
import sys

import pytest

from lstm_helpers import watched
from lstm_helpers.training import track


class Terminal(io.StringIO):
    def isatty(self):
        return True


@contextlib.contextmanager
def watching():
    """Pretend to be a terminal; as a fixture it would be undone, since pytest captures stderr."""
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stderr(Terminal()) as stream:
        patch.delenv("NBGRADER_EXECUTION", raising=False)
        yield stream


def test_a_terminal_sees_label_count_and_status():
    with watching() as terminal:
        assert list(track(range(4), "counting", status=lambda: "loss 0.5")) == [0, 1, 2, 3]
    shown = terminal.getvalue()
    assert "counting" in shown
    assert "4/4" in shown
    assert "loss 0.5" in shown


def test_items_without_a_length_are_counted():
    with watching() as terminal:
        assert sum(track(iter([1, 2, 3]), "adding")) == 6
    assert "3it" in terminal.getvalue()


def test_progress_false_is_silent():
    with watching() as terminal:
        list(track(range(4), "counting", progress=False))
    assert terminal.getvalue() == ""


def test_nbgrader_is_silent(monkeypatch):
    with watching() as terminal:
        monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
        list(track(range(4), "counting"))
    assert terminal.getvalue() == ""


@pytest.mark.parametrize("stream", [io.StringIO(), None])
def test_a_file_is_not_watched(monkeypatch, stream):
    monkeypatch.setattr(sys, "stderr", stream)
    assert not watched.is_watched()


def test_a_notebook_is_watched(monkeypatch):
    monkeypatch.setattr(watched, "_in_notebook", lambda: True)
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    assert watched.is_watched()


def test_a_loop_that_breaks_off_ends_the_line():
    with watching() as terminal:
        for item in track(range(3), "searching"):
            if item == 1:
                break
    assert "searching" in terminal.getvalue()
    assert terminal.getvalue().endswith("\n")
