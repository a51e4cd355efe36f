"""The grader with its real sandbox against all attacks at once, beside honest submissions."""

import os
import re
import time
from pathlib import Path

import attacks
import psutil
import pytest

from lstm_helpers.exercises import LESSONS
from lstm_helpers.grading.collect import collect
from lstm_helpers.grading.graded import grade_all
from lstm_helpers.grading.journal import Journal
from lstm_helpers.grading.marks import Run
from lstm_helpers.grading.report import write_report
from lstm_helpers.grading.sandbox import Limits

LIMITS = Limits(wall_seconds=4.0, cpu_seconds=4)


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("attacks")
    submissions = folder / "submissions"
    for attack in attacks.ATTACKS:
        place = submissions / re.sub(r"\W+", "-", attack.name)
        place.mkdir(parents=True)
        (place / "03_the_cell.ipynb").write_bytes(attack.content)
    canary = folder / "canary"
    canary.write_text("untouched")
    os.environ["CANARY"] = str(canary)
    before = {process.pid for process in psutil.process_iter()}
    report = folder / "report"
    collected = collect(submissions)
    journal = Journal(report, {"seed": 5}, resume=False)
    found = list(grade_all(collected.submissions, Run(5, LIMITS), journal, jobs=2))
    write_report(report, found, collected, journal.settings)
    os.environ.pop("CANARY")
    return {
        "marks": {one.submission.learner: one.marks for one in found},
        "before": before,
        "folder": folder,
    }


@pytest.mark.parametrize("attack", attacks.ATTACKS, ids=lambda attack: attack.name)
def test_each_gets_the_marks_that_it_deserves(graded, attack):
    marks = graded["marks"][re.sub(r"\W+", "-", attack.name)]
    assert [mark.exercise for mark in marks] == [e.name for e in LESSONS["03"].exercises]
    passed = {mark.exercise for mark in marks if mark.status == "passed"}
    assert passed == attack.deserves, [(m.exercise, m.diagnosis, m.message) for m in marks]
    for mark in marks:
        assert mark.points == (mark.max_points if mark.exercise in passed else 0)


def test_there_are_enough_and_none_is_missing(graded):
    assert len(attacks.ATTACKS) - len(attacks.HONEST) >= 40
    assert len(graded["marks"]) == len(attacks.ATTACKS)


def test_nothing_outside_was_changed(graded):
    assert (graded["folder"] / "canary").read_text() == "untouched"
    assert sorted(p.name for p in graded["folder"].iterdir()) == ["canary", "report", "submissions"]
    places = [Path("/"), Path("/usr"), Path("/tmp"), Path.home(), Path.cwd()]
    for name in ("CANARY-WAS-HERE", "poisoned", "gift"):
        assert not any((place / name).exists() for place in places)


def is_of_another_worker(process):
    """Whether the tests that run beside these started it, below the same parent as these."""
    try:
        above = {parent.pid for parent in process.parents()}
    except psutil.NoSuchProcess:
        return True  # it has ended meanwhile
    return os.getppid() in above and os.getpid() not in above


def test_nothing_outlives_the_run(graded):
    def left():
        for process in psutil.process_iter(["pid", "name", "status", "cmdline"]):
            if process.pid not in graded["before"] and process.info["status"] != "zombie":
                words = " ".join(process.info["cmdline"] or ())
                is_sandbox = "bwrap" in words or "sys.stdin.buffer.readline" in words
                if is_sandbox and not is_of_another_worker(process):
                    yield process.info

    end = time.monotonic() + 10
    while list(left()) and time.monotonic() < end:
        time.sleep(0.1)
    assert not list(left())


def test_pages_hold_no_markup_of_strangers(graded):
    report = graded["folder"] / "report"
    pages = [report / "class.html", *(report / "feedback").glob("*.html")]
    assert len(pages) == len(attacks.ATTACKS) + 1
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert "<script" not in text
        assert "\x1b" not in text
    assert any("&lt;script&gt;" in page.read_text(encoding="utf-8") for page in pages)
    assert "\x1b" not in (report / "grades.csv").read_text(encoding="utf-8")
