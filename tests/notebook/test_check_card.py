from __future__ import annotations

import re
from html.parser import HTMLParser

import numpy as np
import pytest
from answers_to_sigmoid import not_begun, right, wrong

from lstm_helpers import exercises
from lstm_helpers.checks import Verdict
from lstm_helpers.notebook import check, store

REFERENCE = exercises.get("sigmoid").reference


def only(page):
    assert len(page) == 1
    return page[0]["text/html"], page[0]["text/plain"]


class Balanced(HTMLParser):
    """Fails on tags that do not pair."""

    def __init__(self):
        super().__init__()
        self.open = []

    def handle_starttag(self, tag, attrs):
        if tag not in ("br", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_a_right_answer_drives_the_rest_of_the_notebook(page, home):
    assert check(right, "sigmoid") is right
    html, text = only(page)
    assert text.startswith("✓ Passed: sigmoid")
    assert "runs your code" in text
    assert "hint(" not in text
    assert 'role="status"' in html
    assert 'aria-label="sigmoid: Passed"' in html
    (answer,) = store.answers(home, "sigmoid")
    assert (answer.status, answer.diagnosis) == ("passed", None)
    assert answer.source.startswith("def right(x):")


def test_a_wrong_answer_is_replaced_and_the_card_says_so(page, home):
    assert check(wrong, "sigmoid") is REFERENCE
    _, text = only(page)
    assert text.startswith("✗ Not yet: sigmoid")
    assert "The notebook goes on with the course's version until yours passes." in text
    assert 'hint("sigmoid")' in text
    assert store.answers(home, "sigmoid")[0].status == "failed"


def test_a_stub_is_not_a_failure(page, home):
    assert check(not_begun, "sigmoid") is REFERENCE
    _, text = only(page)
    assert text.startswith("○ Not attempted: sigmoid")
    rows = {row.exercise: row for row in store.table(home)}
    assert (rows["sigmoid"].status, rows["sigmoid"].attempts) == ("not attempted", 0)


def test_the_name_comes_from_the_function(page):
    def sigmoid(x):
        return right(x)

    assert check(sigmoid) is sigmoid
    assert "Passed: sigmoid" in only(page)[1]


def test_the_courses_version_in_place_of_an_answer_is_not_a_pass(page, home):
    sigmoid = check(wrong, "sigmoid")
    assert check(sigmoid, "sigmoid") is REFERENCE
    assert page[-1]["text/plain"].startswith("○ Not attempted")
    assert "course's version" in page[-1]["text/plain"]
    assert [row.status for row in store.table(home) if row.exercise == "sigmoid"] == ["failed"]


def test_the_same_code_gets_the_same_card(page):
    check(wrong, "sigmoid")
    check(wrong, "sigmoid")
    assert page[0] == page[1]


def test_a_pass_stays_on_record_and_can_be_recovered(page, home):
    check(right, "sigmoid")
    check(wrong, "sigmoid")
    assert 'recover("sigmoid")' in page[-1]["text/plain"]
    assert [row.status for row in store.table(home) if row.exercise == "sigmoid"] == ["passed"]


@pytest.mark.parametrize("name", ["sigmoidd", "", "<script>", "\ud800"])
def test_an_unknown_exercise_gives_a_card_and_the_answer_back(page, home, name):
    assert check(wrong, name) is wrong
    html, text = only(page)
    assert "No such exercise" in text
    assert "<script>" not in html
    assert list(home.iterdir()) == []


def test_a_near_name_is_suggested(page):
    check(wrong, "sigmoidd")
    assert "There is no exercise called 'sigmoidd'; did you mean 'sigmoid'?" in only(page)[1]


@pytest.mark.parametrize("answer", [None, 3, "sigmoid()", [right]])
def test_something_without_a_name_gives_a_card(page, answer):
    assert check(answer) is answer
    assert "No such exercise" in only(page)[1]


@pytest.mark.parametrize("answer", [None, 3, [right]])
def test_something_that_is_no_function_is_judged_under_a_given_name(page, answer):
    assert check(answer, "sigmoid") is REFERENCE
    assert only(page)[1][0] in "○✗"


@pytest.mark.parametrize("error", [RuntimeError("<b>oh</b>"), SystemExit(3)])
def test_a_check_that_breaks_is_the_courses_fault(page, home, monkeypatch, error):
    def broken(*args):
        raise error

    monkeypatch.setattr(exercises, "judge", broken)
    assert check(right, "sigmoid") is REFERENCE
    html, text = only(page)
    assert text.startswith("■ No verdict: sigmoid")
    assert "fault of the course" in text
    assert "<b>" not in html
    assert [row.attempts for row in store.table(home) if row.exercise == "sigmoid"] == [0]
    assert store.answers(home, "sigmoid")[0].source.startswith("def right")


def test_an_interruption_gives_a_card(page, monkeypatch):
    def interrupted(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(exercises, "judge", interrupted)
    assert check(right, "sigmoid") is REFERENCE
    assert "interrupted" in only(page)[1]


def test_even_the_last_net_gives_a_card(page, monkeypatch):
    from lstm_helpers.notebook import checking

    def broken(*args):
        raise RuntimeError("no record")

    monkeypatch.setattr(checking, "_record", broken)
    assert check(right, "sigmoid") is right
    assert "No verdict" in only(page)[1]


def test_a_folder_that_cannot_be_written_is_one_sentence_on_the_card(page, unwritable):
    assert check(right, "sigmoid") is right
    _, text = only(page)
    assert text.startswith("✓ Passed")
    assert "Progress could not be saved" in text
    assert "LSTM_COURSE_HOME" in text


def test_a_current_folder_that_is_gone_is_one_sentence_on_the_card(page, tmp_path, monkeypatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    monkeypatch.delenv("LSTM_COURSE_HOME")
    gone.rmdir()
    assert check(right, "sigmoid") is right
    assert "Progress could not be saved" in only(page)[1]


def test_text_is_escaped_and_code_is_marked(page, monkeypatch):
    message = "Got `a<b>` & <img src=x onerror=alert(1)>.\n\nA second paragraph,\nits second line."
    verdict = Verdict("sigmoid", "failed", None, message)
    monkeypatch.setattr(exercises, "judge", lambda *args: verdict)
    check(right, "sigmoid")
    html, text = only(page)
    assert re.search(r"<code [^>]*>a&lt;b&gt;</code> &amp; &lt;img", html)
    assert "second paragraph,<br>its" in html
    assert html.count("<p ") == 4
    assert message in text
    parser = Balanced()
    parser.feed(html)
    assert parser.open == []


def test_a_card_takes_its_colours_from_the_theme(page):
    check(wrong, "sigmoid")
    html, _ = only(page)
    for colour in re.findall(r"(?<![-\w])color: ([^;\"]+)", html):
        assert colour.startswith("var(--jp-"), colour


def test_judging_gets_the_same_numbers_every_time(page, monkeypatch):
    drawn = []

    def judge(answer, name, rng):
        drawn.append(rng.integers(1 << 40))
        return Verdict(name, "passed", None, "Right.")

    monkeypatch.setattr(exercises, "judge", judge)
    for name in ("sigmoid", "sigmoid", "rnn_step"):
        check(right, name)
    assert drawn[0] == drawn[1] != drawn[2]


def test_outside_ipython_the_card_is_printed(capsys):
    check(right, "sigmoid")
    assert capsys.readouterr().out.startswith("✓ Passed: sigmoid\n\n")


class TestUnderNbgrader:
    @pytest.fixture(autouse=True)
    def grading(self, monkeypatch):
        monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")

    def test_a_pass_is_silent(self, page, home, capfd):
        assert check(right, "sigmoid") is right
        assert page == []
        assert capfd.readouterr() == ("", "")
        assert list(home.iterdir()) == []

    def test_anything_else_raises_the_message(self, page, home, capfd):
        with pytest.raises(AssertionError, match="sigmoid: not yet"):
            check(wrong, "sigmoid")
        with pytest.raises(AssertionError, match="sigmoid: not attempted"):
            check(not_begun, "sigmoid")
        with pytest.raises(AssertionError, match="did you mean 'sigmoid'"):
            check(wrong, "sigmoidd")
        with pytest.raises(AssertionError, match="course's version"):
            check(REFERENCE, "sigmoid")
        assert page == []
        assert capfd.readouterr() == ("", "")
        assert list(home.iterdir()) == []

    def test_a_broken_check_raises_too(self, monkeypatch):
        def broken(*args):
            raise ValueError("oh")

        monkeypatch.setattr(exercises, "judge", broken)
        with pytest.raises(AssertionError, match="fault of the course"):
            check(right, "sigmoid")

    def test_noise_of_the_answer_is_kept_from_stderr(self, capfd):
        import sys
        import warnings

        def noisy(x):
            print("working")
            print("working", file=sys.stderr)
            warnings.warn("careful", stacklevel=1)
            return right(x)

        with pytest.raises(AssertionError):  # `sigmoid` must be quiet: a warning is a fault there
            check(noisy, "sigmoid")
        assert capfd.readouterr() == ("", "")


def test_lists_are_turned_into_arrays_for_the_cells_that_follow(page, home):
    def make_windows(series, length, horizon=1):
        n = len(series) - length - horizon + 1
        X = [series[k : k + length] for k in range(n)]
        return X, [series[k + length + horizon - 1, 0] for k in range(n)]

    going_on = check(make_windows)
    X, y = going_on(np.arange(12.0).reshape(6, 2), 3)
    assert (X.shape, y.shape) == ((3, 3, 2), (3,))
    assert y.tolist() == [6.0, 8.0, 10.0]

    def rnn_step(x, h_prev, W_x, W_h, b):
        return np.tanh(x @ W_x + h_prev @ W_h + b)

    assert check(rnn_step) is rnn_step
