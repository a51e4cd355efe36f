"""The autograder that is uploaded to Gradescope, run in a folder that looks like its container."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import attacks
import pytest

from lstm_helpers import cli
from lstm_helpers.exercises import LESSONS
from lstm_helpers.grading import gradescope, sandbox
from lstm_helpers.grading.sandbox import Limits, Sandbox, SandboxError

REPOSITORY = Path(__file__).resolve().parents[2]
MOST = sum(exercise.points for exercise in LESSONS["03"].exercises)


def run(*words):
    with pytest.raises(SystemExit) as ended:
        cli.main([str(word) for word in words])
    return ended.value.code


@pytest.fixture(scope="module")
def container(tmp_path_factory):
    """What Gradescope makes of the uploaded zip file."""
    folder = tmp_path_factory.mktemp("gradescope")
    assert run("release", "--gradescope", folder / "released", "--lesson", "03") == 0
    home = folder / "autograder"
    (home / "results").mkdir(parents=True)
    with zipfile.ZipFile(folder / "released" / "autograder.zip") as archive:
        archive.extractall(home / "source")
    for name in ("setup.sh", "run_autograder"):
        (home / "source" / name).chmod(0o755)
    return home


def grade(home, files, **more):
    """Submit files and run the autograder; its exit code, its results and what it said."""
    submission = home / "submission"
    for path in submission.glob("*") if submission.exists() else ():
        path.unlink()
    submission.mkdir(exist_ok=True)
    for name, content in files.items():
        (submission / name).write_bytes(content)
    results = home / "results" / "results.json"
    results.unlink(missing_ok=True)
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    environment = kept | {"AUTOGRADER": str(home), "AUTOGRADER_PYTHON": sys.executable} | more
    done = subprocess.run(
        [home / "source" / "run_autograder"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    read = json.loads(results.read_text(encoding="utf-8")) if results.exists() else None
    return done.returncode, read, done.stderr


def test_the_zip_file_has_what_gradescope_looks_for(container):
    source = container / "source"
    top = {"setup.sh", "run_autograder", "requirements.txt", "lstm_helpers"}
    assert {path.name for path in source.iterdir()} == top
    assert not list(source.rglob("*.ipynb"))
    for name in ("setup.sh", "run_autograder"):
        text = (source / name).read_text(encoding="utf-8")
        assert text.startswith("#!/usr/bin/env bash\n")
        assert "\r" not in text
        subprocess.run(["bash", "-n", source / name], check=True)
    assert "bubblewrap" in (source / "setup.sh").read_text(encoding="utf-8")
    assert "torch" not in (source / "requirements.txt").read_text(encoding="utf-8")


def test_what_it_needs_is_named(container):
    program = (
        "import sys, pathlib; from lstm_helpers.grading.gradescope import main\n"
        f"main(['--lesson', '03', '--submission', {str(REPOSITORY / 'solutions')!r}, '--results', "
        f"{str(container / 'needs.json')!r}])\n"
        "print(*{name.partition('.')[0] for name, module in sys.modules.items() if "
        "'site-packages' in str(getattr(module, '__file__', ''))})"
    )
    environment = os.environ | {"PYTHONPATH": str(container / "source")}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    named = (container / "source" / "requirements.txt").read_text(encoding="utf-8").split()
    needed = {name.partition("==")[0].lower() for name in named}
    loaded = {name.lower() for name in done.stdout.split()}
    direct = {"numpy", "psutil", "ipython", "jinja2", "threadpoolctl", "nbformat", "tqdm", "torch"}
    assert "numpy" in loaded, done.stderr
    assert loaded & direct <= needed


def test_right_and_wrong(container):
    right = next((REPOSITORY / "solutions").glob("03_*.ipynb")).read_bytes()
    code, told, _ = grade(container, {"03_the_cell.ipynb": right, "notes.ipynb": b"{}"})
    assert (code, told["score"]) == (0, MOST)
    assert {test["status"] for test in told["tests"]} == {"passed"}
    assert sum(test["max_score"] for test in told["tests"]) == MOST
    code, told, _ = grade(container, {"my work.ipynb": attacks.notebook(attacks.WRONG)})
    assert (code, told["score"]) == (0, 0)
    (test,) = (t for t in told["tests"] if t["name"].startswith("update_cell"))
    assert test["tags"] == ["failed", "forget-gate-missing"]
    assert "Hint: " in test["output"]


def test_the_format_is_the_documented_one(container):
    _, told, _ = grade(container, {"03_the_cell.ipynb": attacks.notebook(attacks.WRONG)})
    assert set(told) <= {
        *("score", "execution_time", "output", "output_format", "test_output_format"),
        *("test_name_format", "visibility", "stdout_visibility", "extra_data", "tests"),
    }
    assert told["stdout_visibility"] == "hidden"
    for test in told["tests"]:
        assert set(test) <= {
            *("score", "max_score", "status", "name", "name_format", "number", "output"),
            *("output_format", "tags", "visibility", "extra_data"),
        }
        assert test["status"] in ("passed", "failed")
        assert test["output_format"] == test["name_format"] == "text"
        assert isinstance(test["number"], str)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "no notebook of lesson 03"),
        ({"a.ipynb": b"{}", "b.ipynb": b"{}"}, "no notebook of lesson 03"),
        ({"03_the_cell.ipynb": b"{"}, "is not JSON"),
        ({".03_hidden.ipynb": b"{"}, "no notebook of lesson 03"),
    ],
)
def test_nothing_to_grade(tmp_path, files, said):
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    marks = gradescope.grade_submission(tmp_path, "03", gradescope.Run(1))
    told = gradescope.results(marks, 0.1)
    assert told["score"] == 0
    assert len(told["tests"]) == len(LESSONS["03"].exercises)
    assert all(said in test["output"] for test in told["tests"])


def test_a_fault_of_the_grader_is_a_result_that_says_so(tmp_path, monkeypatch, capsys):
    (tmp_path / "03_x.ipynb").write_bytes(attacks.notebook(attacks.WRONG))
    results = tmp_path / "results.json"
    words = ["--lesson", "03", "--submission", str(tmp_path), "--results", str(results)]

    def fail(content, lesson, run):
        raise error

    monkeypatch.setattr(gradescope, "grade_notebook", fail)
    error = SandboxError("it went away")
    assert gradescope.main(words) == 1
    assert not results.exists()
    assert "it went away" in capsys.readouterr().err
    error = RecursionError()
    assert gradescope.main(words) == 0
    told = json.loads(results.read_text(encoding="utf-8"))
    assert told["score"] == 0
    assert {tuple(test["tags"]) for test in told["tests"]} == {("failed", "not-judged")}
    assert "could not judge it: RecursionError" in told["tests"][0]["output"]


def test_links_are_not_followed(tmp_path):
    solution = next((REPOSITORY / "solutions").glob("03_*.ipynb"))
    (tmp_path / "03_the_cell.ipynb").symlink_to(solution)
    marks = gradescope.grade_submission(tmp_path, "03", gradescope.Run(1))
    assert {mark.status for mark in marks} == {"unreadable"}


def test_attacks_gain_nothing(container):
    names = ("exit 0", "script in its names and errors", "writes everywhere", "stale outputs")
    for attack in attacks.ATTACKS:
        if attack.name in names:
            code, told, _ = grade(container, {"03_the_cell.ipynb": attack.content})
            assert (code, told["score"]) == (0, 0)
    assert not (container / "CANARY-WAS-HERE").exists()


def test_without_a_sandbox_there_is_no_mark_but_a_message(container, tmp_path):
    for name in ("bash", "env"):
        (tmp_path / name).symlink_to(f"/usr/bin/{name}")
    notebook = {"03_the_cell.ipynb": attacks.notebook(attacks.WRONG)}
    code, told, said = grade(container, notebook, PATH=str(tmp_path))
    assert (code, told) == (1, None)
    assert "no mark was given" in said
    assert "lstm-course export" in said
    assert "--no-sandbox" in said


def test_without_walls_it_grades_where_that_was_asked_for(tmp_path, capsys):
    words = ("release", "--gradescope", tmp_path / "x", "--lesson", "07", "--no-sandbox")
    assert run(*words) == 0
    assert "without a sandbox" in capsys.readouterr().out
    content = tmp_path / "x" / "content"
    assert "--no-sandbox" in (content / "run_autograder").read_text(encoding="utf-8")
    assert "torch" in (content / "requirements.txt").read_text(encoding="utf-8")
    submission = tmp_path / "submission"
    submission.mkdir()
    (submission / "03_x.ipynb").write_bytes(attacks.notebook(*attacks.RIGHT.values()))
    results = tmp_path / "results.json"
    told = ["--submission", str(submission), "--results", str(results), "--no-sandbox"]
    assert gradescope.main(["--lesson", "03", *told]) == 0
    assert json.loads(results.read_text(encoding="utf-8"))["score"] == 7


def test_without_walls_answers_never_run_as_root(monkeypatch):
    python = ["/usr/bin/env", "-i", "/usr/bin/python3", "-I", "-S", "-c"]
    start = "import sys; exec(sys.stdin.buffer.read(int(sys.stdin.buffer.readline())))"
    monkeypatch.setattr(sandbox, "_python", lambda: [*python, start])
    said = b"import os; os.write(1, (1).to_bytes(8, 'big') + (b'n' if os.getuid() else b'r'))"
    reply = Sandbox(walls=False).run(str(len(said)).encode() + b"\n" + said, Limits())
    assert (reply.end, reply.message) == ("message", b"n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "Give either --nbgrader DIR or --gradescope DIR."),
        (["--nbgrader", "a", "--gradescope", "b"], "Give either"),
        (["--gradescope", "a"], "name it with --lesson"),
        (["--nbgrader", "a", "--lesson", "99"], "expected one of 00"),
        (["--nbgrader", "full"], "must be a new or an empty folder"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_use_is_one_sentence(tmp_path, monkeypatch, capfd, words, said):
    monkeypatch.chdir(tmp_path)
    Path("full").mkdir()
    Path("full/x").write_text("x", encoding="utf-8")
    assert run("release", *words) == 2
    err = capfd.readouterr().err
    assert said in err
    assert len(err.strip().splitlines()) == 1
    assert Path("full/x").read_text(encoding="utf-8") == "x"
