"""The whole way from folders of notebooks to a report, and back after a kill."""

import csv
import json
import os
import random
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import attacks
import pytest

from lstm_helpers import cli
from lstm_helpers.exercises import LESSONS
from lstm_helpers.grading.collect import CollectError, collect, harmless
from lstm_helpers.grading.marks import Run, grade_notebook
from lstm_helpers.grading.sandbox import Limits, Sandbox

REPOSITORY = Path(__file__).resolve().parents[2]
NUMPY_LESSONS = ("00", "01", "02", "03", "04", "05")


def notebook_of(folder, lesson):
    (path,) = (REPOSITORY / folder).glob(f"{lesson}_*.ipynb")
    return path


def put(folder, learner, name, content):
    path = folder / learner / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def run(*words):
    with pytest.raises(SystemExit) as ended:
        cli.main([str(word) for word in words])
    return ended.value.code


def rows(report):
    with (report / "grades.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("lesson", [*NUMPY_LESSONS, "07"])
def test_every_solution_gets_every_point(lesson):
    marks = grade_notebook(notebook_of("solutions", lesson).read_bytes(), lesson, Run(11))
    assert [mark.exercise for mark in marks] == [e.name for e in LESSONS[lesson].exercises]
    assert all(mark.status == "passed" for mark in marks), marks
    assert sum(mark.points for mark in marks) == sum(e.points for e in LESSONS[lesson].exercises)


@pytest.mark.parametrize("lesson", NUMPY_LESSONS)
def test_an_untouched_notebook_gets_none(lesson):
    marks = grade_notebook(notebook_of("course", lesson).read_bytes(), lesson, Run(12))
    assert {mark.status for mark in marks} == {"not attempted"}
    assert sum(mark.points for mark in marks) == 0


def test_a_run_from_the_terminal(tmp_path, capfd):
    submissions = tmp_path / "submissions"
    right = attacks.notebook(*attacks.RIGHT.values())
    put(submissions, "007", "03_the_cell.ipynb", right)
    put(submissions, "NA", "homework/03_the_cell.ipynb", attacks.notebook(attacks.WRONG))
    put(submissions, "=1+1", "03_the_cell.ipynb", b"{")
    put(submissions, "ada", "03_the_cell-Copy1.ipynb", right)
    put(submissions, "ada", "03_the_cell.ipynb", attacks.notebook(attacks.WRONG))
    put(submissions, "ada", "notes.ipynb", right)
    put(submissions, "ada", "a/b/03_the_cell.ipynb", right)
    put(submissions, "ada", ".ipynb_checkpoints/03_the_cell.ipynb", right)
    (submissions / "eve").mkdir()
    (submissions / "eve" / "03_the_cell.ipynb").symlink_to(
        submissions / "007" / "03_the_cell.ipynb"
    )
    report = tmp_path / "report"
    assert run("grade", submissions, "--out", report, "--jobs", 2, "--seed", 3) == 0
    said = capfd.readouterr()
    assert "4 notebooks graded (1 of them could not be read), 7 of 36 points given." in said.out
    table = rows(report)
    points = {}
    for row in table:
        points[row["learner"]] = points.get(row["learner"], 0) + int(row["points"])
    assert points == {"'=1+1": 0, "007": 7, "NA": 0, "ada": 0}
    wrong = [row for row in table if row["learner"] == "NA" and row["exercise"] == "update_cell"]
    assert (wrong[0]["status"], wrong[0]["diagnosis"]) == ("failed", "forget-gate-missing")
    page = (report / "class.html").read_text(encoding="utf-8")
    assert "2 × <code>forget-gate-missing</code>: The old cell state is kept whole" in page
    results = json.loads((report / "results.json").read_text())
    assert {each["file"] for each in results["skipped"]} == {
        "ada/03_the_cell-Copy1.ipynb",
        "ada/notes.ipynb",
        "ada/a/b/03_the_cell.ipynb",
        "eve/03_the_cell.ipynb",
    }
    assert run("grade", submissions, "--out", report) == 2
    assert "is not empty" in capfd.readouterr().err


def test_a_zip_file_gives_the_same_as_its_folder(tmp_path):
    submissions = tmp_path / "submissions"
    for name in ("ada", "bob"):
        put(submissions, name, "03_the_cell.ipynb", attacks.notebook(attacks.RIGHT["update_cell"]))
    packed = tmp_path / "submissions.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in submissions.rglob("*.ipynb"):
            archive.write(path, path.relative_to(submissions).as_posix())
        archive.writestr("../../03_evil.ipynb", "{}")
        archive.writestr("/etc/03_evil.ipynb", "{}")
        archive.writestr("bomb/03_the_cell.ipynb", b" " * 10**7)
        link = zipfile.ZipInfo("link/03_the_cell.ipynb")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    assert run("grade", packed, "--out", tmp_path / "one", "--seed", 1) == 0
    assert run("grade", submissions, "--out", tmp_path / "two", "--seed", 1) == 0
    of_zip = rows(tmp_path / "one")
    assert [row for row in of_zip if row["learner"] != "bomb"] == rows(tmp_path / "two")
    assert {row["status"] for row in of_zip if row["learner"] == "bomb"} == {"unreadable"}
    reasons = dict(collect(packed).skipped)
    assert "leads out of the folder" in reasons["../../03_evil.ipynb"]
    assert "links are not followed" in reasons["link/03_the_cell.ipynb"]
    assert not (tmp_path.parent / "03_evil.ipynb").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["absent", "--out", "report"], "absent"),
        (["empty", "--out", "report"], "there is no notebook to grade in empty"),
        (["a-file", "--out", "report"], "neither a folder nor a zip file"),
        (["class", "--out", "report", "--lesson", "99"], "expected one of 00"),
        (["class", "--out", "report", "--resume"], "holds no run that was begun"),
        (["class"], "--out"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_use_is_one_sentence(tmp_path, monkeypatch, capfd, words, said):
    monkeypatch.chdir(tmp_path)
    Path("empty").mkdir()
    Path("a-file").write_text("x", encoding="utf-8")
    put(Path("class"), "ada", "03_the_cell.ipynb", attacks.notebook(attacks.WRONG))
    assert run("grade", *words) == 2
    err = capfd.readouterr().err
    assert said in err
    assert len(err.strip().splitlines()) == 1


def test_without_bubblewrap_it_stops_and_says_what_to_install(tmp_path, monkeypatch, capfd):
    put(tmp_path / "class", "ada", "03_the_cell.ipynb", attacks.notebook(attacks.WRONG))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert run("grade", tmp_path / "class", "--out", tmp_path / "report") == 1
    assert "sudo apt install bubblewrap" in capfd.readouterr().err


def test_without_walls_it_warns_and_grades(tmp_path, capfd):
    put(tmp_path / "class", "ada", "03_the_cell.ipynb", attacks.notebook(*attacks.RIGHT.values()))
    words = ("grade", tmp_path / "class", "--out", tmp_path / "report", "--no-sandbox")
    assert run(*words) == 0
    said = capfd.readouterr()
    assert "Use this only for notebooks that you trust" in said.err
    assert "7 of 9 points" in said.out


def test_limits_are_held_from_outside():
    box = Sandbox()
    start = b"import time; time.sleep(60)"
    reply = box.run(str(len(start)).encode() + b"\n" + start, Limits(wall_seconds=0.5))
    assert reply.end == "too slow"


def test_names_are_made_harmless():
    assert harmless("ada\n\x1b[2J\u202egnp") == "ada\\n\\x1b[2J\\u202egnp"
    assert len(harmless("x" * 10_000)) == 200
    with pytest.raises(CollectError, match="expected one of"):
        collect(REPOSITORY, "77")


@pytest.fixture(scope="module")
def small_class(tmp_path_factory):
    """Twelve learners with small notebooks, and the marks of a run that nobody disturbed."""
    folder = tmp_path_factory.mktemp("class")
    answers = [attacks.RIGHT["update_cell"], attacks.WRONG, attacks.RIGHT["count_parameters"]]
    for k in range(12):
        content = attacks.notebook(f"# learner {k}\n", answers[k % 3])
        put(folder / "submissions", f"learner-{k:02}", "03_the_cell.ipynb", content)
    words = ("grade", folder / "submissions", "--out", folder / "whole", "--seed", 4, "--jobs", 2)
    assert run(*words) == 0
    return folder


@pytest.mark.parametrize("attempt", range(20))
def test_a_killed_run_goes_on_and_gives_the_same(small_class, attempt):
    report = small_class / f"report-{attempt}"
    words = [small_class / "submissions", "--out", report, "--seed", 4, "--jobs", 2]
    command = [sys.executable, "-m", "lstm_helpers.cli", "grade", *map(str, words)]
    process = subprocess.Popen(
        command,
        cwd=REPOSITORY,
        start_new_session=True,
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    moment = random.Random(attempt).uniform(0.0, 1.0)
    end = time.monotonic() + 60
    journal = report / "journal.jsonl"
    lines = 1 + int(moment * 11)  # wait for so many lines, then a moment longer
    while process.poll() is None and time.monotonic() < end:
        if journal.exists() and journal.read_bytes().count(b"\n") >= lines:
            break
        time.sleep(0.005)
    time.sleep(0.05 * moment)
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    (report / "grades.csv").unlink(missing_ok=True)
    if attempt % 2:  # as if it had been killed in the middle of a line
        with journal.open("ab") as file:
            file.write(b'{"key": "half')
    assert run("grade", *words, "--resume") == 0
    whole = (small_class / "whole" / "grades.csv").read_bytes()
    assert (report / "grades.csv").read_bytes() == whole


def test_other_settings_are_not_mixed_into_a_run(small_class, capfd):
    words = (small_class / "submissions", "--out", small_class / "whole", "--timeout", 5)
    assert run("grade", *words, "--resume") == 2
    assert "was begun with timeout = 10.0" in capfd.readouterr().err
