"""The command line: what each command does, and how it ends."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from typer.main import get_command

from lstm_helpers import __version__, cli
from lstm_helpers.commands import doctor as doctor_command
from lstm_helpers.commands import lab as lab_command
from lstm_helpers.commands import progress as progress_command
from lstm_helpers.commands.deliver import deliver, write_atomically
from lstm_helpers.exercises import EXERCISES
from lstm_helpers.grading.export import Exported
from lstm_helpers.notebook import check, store

REPOSITORY = Path(__file__).resolve().parents[1]
COMMANDS = ["lab", "doctor", "progress", "check", "grade", "export", "release"]
COMMANDS += ["agenda", "slides", "board", "catch-up", "bundle", "build"]

RIGHT = """\
import numpy as np

def sigmoid(x):
    print("a learner looks at something")
    x = np.asarray(x, dtype=float)
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1.0, small) / (1 + small)
"""
STUB = "def sigmoid(x):\n    raise NotImplementedError"


@pytest.fixture(autouse=True)
def away(tmp_path, monkeypatch):
    """Work in an empty folder, as wide as a real terminal."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LSTM_COURSE_HOME", raising=False)
    monkeypatch.setenv("COLUMNS", "160")


def run(capsys, *words) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        cli.main([str(word) for word in words])
    printed = capsys.readouterr()
    return ended.value.code, printed.out, printed.err


def write_notebook(path: Path, *cells, number=None) -> Path:
    course = {"lstm_helpers": {"number": number}} if number else {}
    notebook = {
        "cells": [
            {
                "cell_type": "code",
                "metadata": {"lstm_helpers": {"exercise": name}} if name else {},
                "source": source,
            }
            for name, source in cells
        ],
        "metadata": course,
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return path


# --- words, help, wrong use ---------------------------------------------------------------------


def test_version(capsys):
    assert run(capsys, "--version") == (0, f"lstm-course {__version__}\n", "")


def test_without_a_command_it_helps(capsys):
    code, out, err = run(capsys)
    assert (code, err) == (0, "")
    for name in COMMANDS:
        assert name in out


def test_these_are_all_commands():
    assert list(get_command(cli.app).commands) == COMMANDS


@pytest.mark.parametrize("name", COMMANDS)
def test_help_has_an_example(capsys, name):
    code, out, err = run(capsys, name, "--help")
    assert (code, err) == (0, "")
    assert f"Example: lstm-course {name}" in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["labb"], "No such command 'labb'"),
        (["--bad"], "No such option: --bad"),
        (["lab", "--prot", "1"], "--port"),
        (["lab", "--port", "soon"], "'--port'"),
        (["lab", "--port", "70000"], "65535"),
        (["lab", "--port"], "--port"),
        (["lab", "a-file"], "is a file; give the name of a folder"),
        (["lab", "one", "two"], "two"),
        (["check"], "Missing argument"),
        (["check", "absent.ipynb"], "absent.ipynb"),
        (["check", "."], "is a directory"),
        (["check", "a-file"], "so it is no notebook"),
        (["check", "empty.ipynb"], "holds no exercise"),
        (["progress", "absent"], "There is no folder absent"),
        (["progress", "a-file"], "There is no folder a-file"),
        (["build"], "There is no folder lessons/"),
        (["doctor", "now"], "now"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_use_is_one_sentence_and_two(capsys, words, said):
    Path("a-file").write_text("x", encoding="utf-8")
    write_notebook(Path("empty.ipynb"), (None, "x = 1"))
    code, out, err = run(capsys, *words)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert said in err
    assert err.strip()[-1] in ".?)"


def test_start_is_quick_and_loads_nothing_heavy():
    program = (
        "import sys; from lstm_helpers.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'tensorflow', 'matplotlib', 'IPython', 'jupyterlab', 'pandas'}\n"
        "sys.exit(str(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)"
    )
    command = [sys.executable, "-c", program]
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run(command, env=environment, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_as_a_module_of_its_own():
    command = [sys.executable, "-m", "lstm_helpers.cli", "lab", "--port", "x"]
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)


def test_an_unexpected_system_error_is_one_sentence(capsys, monkeypatch):
    def refuse(*arguments):
        raise PermissionError(13, "Permission denied", "progress.sqlite")

    monkeypatch.setattr(progress_command, "run", refuse)
    assert run(capsys, "progress") == (1, "", "progress.sqlite: Permission denied.\n")


# --- check --------------------------------------------------------------------------------------


def test_check_passes(capsys):
    path = write_notebook(Path("a.ipynb"), ("sigmoid", RIGHT), (None, "sigmoid = check(sigmoid)"))
    code, out, err = run(capsys, "check", path)
    assert (code, err) == (0, "")
    assert "✓ passed" in out
    assert "1 of 1 exercises passed." in out
    assert "a learner looks" not in out


def test_check_names_a_misconception(capsys):
    wrong = "import numpy as np\ndef sigmoid(x):\n    return np.tanh(x)"
    path = write_notebook(Path("a.ipynb"), ("sigmoid", wrong), number="00")
    code, out, _ = run(capsys, "check", path)
    assert code == 1
    assert "✗ failed" in out
    assert "tanh" in out.split("✗ failed")[1].splitlines()[0]


def test_check_of_an_untouched_notebook(capsys):
    path = write_notebook(Path("a.ipynb"), ("sigmoid", STUB), number="00")
    code, out, _ = run(capsys, "check", path)
    assert code == 1
    assert "· not attempted" in out


def test_check_when_the_cell_is_gone(capsys):
    code, out, _ = run(capsys, "check", write_notebook(Path("a.ipynb"), number="00"))
    assert code == 1
    assert "No cell defines `sigmoid`." in out


def test_check_when_the_cell_is_broken(capsys):
    broken = "def sigmoid(x):\n    return (1"
    path = write_notebook(Path("a.ipynb"), (None, "x = 1"), ("sigmoid", broken), number="00")
    code, out, _ = run(capsys, "check", path)
    assert code == 1
    assert "syntax-error" in out
    assert "Cell 2 cannot be read (line 2)" in out


def test_check_says_which_definition_stops(capsys):
    broken = "import no_such_module_anywhere\n\n@undefined\ndef helper(): pass"
    path = write_notebook(Path("a.ipynb"), (None, broken), ("sigmoid", RIGHT))
    code, out, _ = run(capsys, "check", path)
    assert code == 0
    assert "Cell 1 stops on line 1 (ModuleNotFoundError" in out
    assert "Cell 1 stops on line 4 (NameError" in out


def test_check_explains_a_name_that_was_left_out(capsys):
    reads = RIGHT.replace("1.0", "ones")
    path = write_notebook(Path("a.ipynb"), (None, "a = 1\nones = np.ones(1)"), ("sigmoid", reads))
    code, out, _ = run(capsys, "check", path)
    assert code == 1
    assert "reads `ones`, which is set on line 2 of cell 1" in " ".join(out.split())


def test_check_survives_an_exit(capsys):
    path = write_notebook(Path("a.ipynb"), (None, "@exit\ndef f(): pass"), ("sigmoid", RIGHT))
    assert run(capsys, "check", path)[0] == 0


# --- progress -----------------------------------------------------------------------------------


def test_progress_of_a_new_folder(capsys, tmp_path):
    code, out, err = run(capsys, "progress", tmp_path)
    assert (code, err) == (0, "")
    for name in EXERCISES:
        assert name in out
    assert f"0 of {len(EXERCISES)} exercises passed" in out


@pytest.mark.parametrize("columns", ["40", "80", "160"])
def test_progress_never_cuts_a_name(capsys, tmp_path, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setenv("LSTM_COURSE_HOME", str(tmp_path))
    check(lambda x: -1 / (1 + np.exp(-x)), "sigmoid")
    assert store.table(tmp_path)[0].diagnosis == "wrong-sign"
    capsys.readouterr()
    code, out, _ = run(capsys, "progress", tmp_path)
    assert code == 0
    assert "…" not in out
    assert {line.split()[0] for line in out.splitlines() if "/" in line} >= set(EXERCISES)
    assert max(map(len, out.splitlines()[2:])) <= max(80, int(columns))


def test_progress_finds_the_folder(tmp_path, monkeypatch):
    assert progress_command.find_folder() == tmp_path
    usual = tmp_path / "lstm-course"
    (usual / ".lstm-course").mkdir(parents=True)
    assert progress_command.find_folder() == usual
    monkeypatch.chdir(usual)
    assert progress_command.find_folder() == usual
    monkeypatch.setenv("LSTM_COURSE_HOME", str(tmp_path / "elsewhere"))
    assert progress_command.find_folder() in (tmp_path / "elsewhere", usual)


# --- doctor -------------------------------------------------------------------------------------


def test_doctor_reports(capsys):
    findings = doctor_command.examine()
    looked_at = [finding.what for finding in findings]
    assert {"Python", "Memory", "CPU cores", "Threads", "Disk", "Working folder"} <= set(looked_at)
    assert {"Lessons", "River data", "bubblewrap"} <= set(looked_at)
    for finding in findings:
        assert (finding.state == "ok") == (finding.advice == "")
    code, out, err = run(capsys, "doctor")
    assert code == (1 if any(finding.state == "missing" for finding in findings) else 0)
    assert "lstm-course doctor" in out
    assert err == ""


def test_doctor_names_what_is_missing(capsys, monkeypatch):
    versions = {"numpy": "1.26.4", "lstm-course": "0.1.0"}

    def version(name):
        if name not in versions:
            raise doctor_command.PackageNotFoundError(name)
        return versions[name]

    needed = ["numpy>=2.1", "torch>=2.6", 'ruff; extra == "dev"']
    monkeypatch.setattr(doctor_command, "requires", lambda name: needed)
    monkeypatch.setattr(doctor_command, "version", version)
    monkeypatch.setattr(doctor_command, "find_spec", lambda name: None)
    monkeypatch.setattr(doctor_command.shutil, "which", lambda name: None)
    code, out, _ = run(capsys, "doctor")
    assert code == 1
    assert '✗ missing numpy: Run `python -m pip install "numpy>=2.1"`.' in out
    assert '✗ missing torch: Run `python -m pip install "torch>=2.6"`.' in out
    assert "✗ missing River data: " in out
    assert "· note bubblewrap: Learners do not need it" in out
    assert "ruff" not in out


def test_doctor_without_the_distribution(monkeypatch):
    def requires(name):
        raise doctor_command.PackageNotFoundError(name)

    monkeypatch.setattr(doctor_command, "requires", requires)
    states = {finding.what: finding.state for finding in doctor_command.examine()}
    assert states["lstm-course"] == "missing"


# --- lab: delivery ------------------------------------------------------------------------------


@pytest.fixture
def source(tmp_path, monkeypatch):
    folder = tmp_path / "packaged"
    folder.mkdir()
    (folder / "00_start_here.ipynb").write_bytes(b"start 1")
    (folder / "01_next.ipynb").write_bytes(b"next 1")
    (folder / "notes.txt").write_bytes(b"not a lesson")
    monkeypatch.setattr(lab_command, "notebooks_folder", lambda kind: folder)
    return folder


def actions(source, home) -> list[str]:
    return [delivery.action for delivery in deliver(source, home)]


def names(home) -> list[str]:
    return sorted(path.name for path in home.iterdir() if path.name != ".lstm-course")


def test_delivery_of_an_update(source, tmp_path):
    home = tmp_path / "home"
    first, second = home / "00_start_here.ipynb", home / "01_next.ipynb"
    assert actions(source, home) == ["new", "new"]
    assert actions(source, home) == ["current", "current"]
    first.write_bytes(b"my work")
    assert actions(source, home) == ["kept", "current"]
    for path in source.glob("*.ipynb"):
        path.write_bytes(path.read_bytes()[:-1] + b"2")
    assert actions(source, home) == ["beside", "updated"]
    assert first.read_bytes() == b"my work"
    assert second.read_bytes() == b"next 2"
    (beside,) = home.glob("00_start_here.update-????????.ipynb")
    assert beside.read_bytes() == b"start 2"
    beside.unlink()
    assert actions(source, home) == ["kept", "current"], "an update is offered once"
    assert names(home) == ["00_start_here.ipynb", "01_next.ipynb"]


def test_a_missing_notebook_is_delivered_again(source, tmp_path):
    home = tmp_path / "home"
    deliver(source, home)
    (home / "01_next.ipynb").unlink()
    assert actions(source, home) == ["current", "again"]
    assert (home / "01_next.ipynb").read_bytes() == b"next 1"


def test_an_update_that_the_learner_worked_on_is_kept(source, tmp_path):
    home = tmp_path / "home"
    deliver(source, home)
    (home / "01_next.ipynb").write_bytes(b"my work")
    (source / "01_next.ipynb").write_bytes(b"next 2")
    deliver(source, home)
    (beside,) = home.glob("01_next.update-*.ipynb")
    beside.write_bytes(b"more of my work")
    (home / ".lstm-course" / "delivered.json").unlink()
    deliver(source, home)
    assert beside.read_bytes() == b"more of my work"
    assert (home / "01_next.ipynb").read_bytes() == b"my work"


@pytest.mark.parametrize(
    "record", [b"", b"{", b"[]", b'{"delivered": 3}', b'{"delivered": {"a": 1}}', b"\xff"]
)
def test_a_damaged_record_overwrites_nothing(source, tmp_path, record):
    home = tmp_path / "home"
    deliver(source, home)
    (home / "00_start_here.ipynb").write_bytes(b"my work")
    (home / ".lstm-course" / "delivered.json").write_bytes(record)
    assert actions(source, home) == ["beside", "current"]
    assert (home / "00_start_here.ipynb").read_bytes() == b"my work"


def test_a_file_that_was_there_before_is_the_learners(source, tmp_path):
    (tmp_path / "00_start_here.ipynb").write_bytes(b"something else")
    assert actions(source, tmp_path) == ["beside", "new"]
    assert (tmp_path / "00_start_here.ipynb").read_bytes() == b"something else"


def test_an_interrupted_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "a"
    write_atomically(path, b"old")

    def fail(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_cannot_be_written_is_named_and_no_other(tmp_path):
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "folder", tmp_path / "absent" / "file"):
        with pytest.raises(OSError) as caught:  # noqa: PT011
            write_atomically(path, b"new")
        assert (caught.value.filename, caught.value.filename2) == (str(path), None)
    assert list(tmp_path.iterdir()) == [tmp_path / "folder"]


WRITING = {
    "agenda": ["agenda", "--hours", "3"],
    "slides": ["slides", "00", "--no-run"],
    "export": ["export", "report", "--format", "csv"],
}


@pytest.mark.parametrize("name", WRITING)
def test_what_somebody_else_wrote_is_not_overwritten(capsys, name, monkeypatch):
    table = Exported("learner,points\n", 1, ())
    monkeypatch.setattr("lstm_helpers.grading.export.exported", lambda *words: table)
    Path("report").mkdir()
    mine = Path("mine.ipynb")
    mine.write_text("my own work", encoding="utf-8")
    words = WRITING[name]
    code, out, err = run(capsys, *words, "--out", mine)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("mine.ipynb is there already")
    assert "--force" in err
    assert mine.read_text(encoding="utf-8") == "my own work"
    for place, said in (("report", "report is a folder"), ("no/file", "There is no folder no;")):
        code, out, err = run(capsys, *words, "--out", place)
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert err.startswith(said)
    assert run(capsys, *words, "--out", mine, "--force")[0] == 0
    assert mine.read_text(encoding="utf-8") != "my own work"
    # Its own page it may write again; of a table nobody can say whose it is.
    assert run(capsys, *words, "--out", mine)[0] == (2 if name == "export" else 0)


def test_one_lesson_that_is_released_is_one(capsys):
    code, out, _ = run(capsys, "release", "--nbgrader", "my-course", "--lesson", "03")
    assert code == 0
    assert out.startswith("1 lesson and nbgrader_config.py are in my-course.")


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows has no SIGKILL")
def test_killed_at_any_moment_every_file_is_whole(tmp_path):
    source, home = tmp_path / "source", tmp_path / "home"
    source.mkdir()
    program = (
        "import sys; from pathlib import Path; from lstm_helpers.commands.deliver import deliver\n"
        "source, home = map(Path, sys.argv[1:]); version = 0\n"
        "print('ready', flush=True)\n"
        "while True:\n"
        "    version = (version + 1) % 10\n"
        "    for n in range(3):\n"
        "        (source / f'0{n}_x.ipynb').write_bytes(b'%d' % version * 200_000)\n"
        "    deliver(source, home)\n"
    )
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-c", program, str(source), str(home)]
    for number in range(15):
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as process:
            assert process.stdout.readline() == b"ready\n"
            time.sleep(0.01 + 0.007 * number)
            process.kill()
            process.wait(timeout=30)
        for path in home.glob("0?_x.ipynb"):
            content = path.read_bytes()
            assert len(content) == 200_000
            assert len(set(content)) == 1
        record = home / ".lstm-course" / "delivered.json"
        if record.exists():
            json.loads(record.read_text(encoding="utf-8"))
    assert not list(home.glob("*.update-*")), "nobody changed anything"


# --- lab: JupyterLab ----------------------------------------------------------------------------


def test_prepare(source, tmp_path, capsys):
    home = tmp_path / "home"
    assert lab_command.prepare(home) is False
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        f"Lessons are in {home}",
        "  00_start_here.ipynb is new.",
        "  01_next.ipynb is new.",
    ]
    settings = home / ".lstm-course/jupyter/labconfig/default_setting_overrides.json"
    told = json.loads(settings.read_text(encoding="utf-8"))
    news = told["@jupyterlab/apputils-extension:notification"]
    assert news == {"fetchNews": "false", "checkForUpdates": False}
    (workspace,) = (home / ".lstm-course" / "workspaces").iterdir()
    layout = json.loads(workspace.read_text(encoding="utf-8"))
    assert layout["data"]["notebook:00_start_here.ipynb"]["data"]["path"] == "00_start_here.ipynb"
    workspace.write_text("{}", encoding="utf-8")
    assert lab_command.prepare(home) is True
    assert workspace.read_text(encoding="utf-8") == "{}", "the learner's arrangement of tabs"


def test_environment(tmp_path, monkeypatch):
    for name in ("TF_CPP_MIN_LOG_LEVEL", "JUPYTER_CONFIG_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    told = lab_command.environment(tmp_path)
    assert told["LSTM_COURSE_HOME"] == str(tmp_path)
    assert told["TF_CPP_MIN_LOG_LEVEL"] == "2"
    assert "OMP_NUM_THREADS" not in told, "what the learner set stays"
    assert told["JUPYTER_CONFIG_PATH"] == str(tmp_path / ".lstm-course" / "jupyter")
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "mine")
    assert lab_command.environment(tmp_path)["JUPYTER_CONFIG_PATH"].endswith(f"{os.pathsep}mine")


def test_first_start_opens_lesson_00_and_later_ones_what_was_open(source, tmp_path):
    deliver(source, tmp_path)
    first = lab_command.server_arguments(tmp_path, 8888, browser=False, returning=False)
    later = lab_command.server_arguments(tmp_path, 8888, browser=True, returning=True)
    url = "--LabApp.default_url=/lab/workspaces/lstm-course"
    assert f"{url}/tree/00_start_here.ipynb" in first
    assert url in later
    assert "--no-browser" in first
    assert "--no-browser" not in later
    assert not any("token" in word or "password" in word for word in first + later)


def test_a_folder_that_cannot_be_used(source, capsys):
    Path("file").write_text("", encoding="utf-8")
    code, _, err = run(capsys, "lab", "file/below", "--no-browser")
    assert code in (1, 2)
    assert err.count("\n") == 1
    assert "file" in err


def test_without_notebooks(tmp_path, capsys, monkeypatch):
    def none(kind):
        raise FileNotFoundError("There are no course notebooks: build them.")

    monkeypatch.setattr(lab_command, "notebooks_folder", none)
    code, _, err = run(capsys, "lab")
    assert (code, err) == (1, "There are no course notebooks: build them.\n")


# --- build --------------------------------------------------------------------------------------


def test_build_in_a_checkout(capsys, tmp_path, monkeypatch):
    (tmp_path / "lessons").mkdir()
    (tmp_path / "pyproject.toml").write_text("", encoding="utf-8")
    lesson = tmp_path / "lessons" / "99_end.py"
    header = '# ---\n# jupyter:\n#   lstm_helpers: {number: "99", title: End, minutes: 1}\n# ---\n'
    lesson.write_text(header + "\n# %% [markdown]\n# # End\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path / "lessons")
    code, out, err = run(capsys, "build", "--check")
    assert (code, err) == (1, "")
    assert "course/99_end.ipynb is missing" in out
    code, out, err = run(capsys, "build")
    assert (code, err) == (0, "")
    assert "course/99_end.ipynb written" in out
    code, out, err = run(capsys, "build", "--check")
    assert (code, out) == (0, "course/ and solutions/ are what the lessons build.\n")
    lesson.write_text(header + "\n# %%\n# END SOLUTION\n", encoding="utf-8")
    code, out, err = run(capsys, "build")
    assert (code, out) == (1, "")
    assert "99_end.py:7: a solution marker may stand only in a cell" in err
