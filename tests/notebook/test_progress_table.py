from __future__ import annotations

import re

from lstm_helpers.notebook import database, progress
from lstm_helpers.notebook.overview import summary, table_html, table_text
from lstm_helpers.notebook.store import ProgressRow, Store

ROWS = [
    ProgressRow("00", "The <logistic> function", "sigmoid", 1, 5, "passed", 2, 1, None),
    ProgressRow("01", "One step", "rnn_step", 2, 10, "failed", 4, 3, "missing-bias", True),
    ProgressRow("01", "All steps", "rnn_forward", 3, 15),
]
TITLES = {"00": "Start here", "01": "Sequences & the plain RNN"}


def test_the_text_table():
    assert (
        table_text(ROWS, TITLES)
        == """\
1 of 3 exercises passed, 1 of 6 points

Exercise     Status           Attempts              Hints  Minutes  Points

Lesson 00: Start here
sigmoid      ✓ Passed                2             1 of 3        5  1 of 1

Lesson 01: Sequences & the plain RNN
rnn_step     ✗ Not yet               4  3 of 3 + solution       10  0 of 2
rnn_forward  ○ Not attempted         0             0 of 3       15  0 of 3

Total        1 of 3 passed           6                  4       30  1 of 6"""
    )


def test_the_html_table():
    html = table_html(ROWS, TITLES, "A note about `a<b`.")
    assert html.count("<tr>") == 1 + 3 + 2 + 1
    assert "✗ Not yet" in html
    assert "Sequences &amp; the plain RNN" in html
    assert 'title="The &lt;logistic&gt; function"' in html
    assert "<logistic>" not in html
    assert "a&lt;b" in html
    assert html.count('scope="row"') == 3
    for colour in re.findall(r"(?<![-\w])color: ([^;\"]+)", html):
        assert colour.startswith("var(--jp-"), colour


def test_no_exercises_at_all():
    assert summary([]) == "0 of 0 exercises passed, 0 of 0 points"
    assert "Total" in table_text([], {})


def test_progress_shows_what_was_recorded(page, home):
    Store(home).record_check("sigmoid", "passed", None, None)
    assert progress() is None
    (output,) = page
    assert re.search(r"sigmoid +✓ Passed +1", output["text/plain"])
    assert "Lesson 02: The vanishing gradient" in output["text/html"]


def test_a_damaged_file_is_mentioned_below_the_table(page, home):
    file = Store(home).path
    file.parent.mkdir()
    file.write_bytes(b"no database" * 1000)
    progress()
    assert "kept as `progress.damaged-" in page[-1]["text/plain"]


def test_an_unreadable_file_is_a_card(page, home, monkeypatch):
    def refuse(*args):
        raise PermissionError("not yours")

    Store(home).record_check("sigmoid", "passed", None, None)
    monkeypatch.setattr(database, "_connect", refuse)
    progress()
    assert "Progress could not be read" in page[-1]["text/plain"]


def test_under_nbgrader_nothing_is_shown(page, monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    progress()
    assert page == []
