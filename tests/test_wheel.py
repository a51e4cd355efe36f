"""The wheel alone: installed into an empty folder, `lab` works without the repository."""

import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen
from zipfile import ZipFile

import pytest

from tests.lab_server import wait_for_address

REPOSITORY = Path(__file__).resolve().parents[1]
LESSONS = sorted(path.name for path in (REPOSITORY / "course").glob("*.ipynb"))
DOCS = sorted((REPOSITORY / "docs").glob("*.md"))
HIDDEN = ("course/.lstm-course/progress.db", "solutions/.ipynb_checkpoints/a.ipynb", "docs/.cache")
"""What is left where somebody worked in the repository itself."""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Build the wheel and install it, without what it needs, into a folder of its own."""
    folder = tmp_path_factory.mktemp("wheel")
    used = folder / "repository-in-use"
    ignored = shutil.ignore_patterns("__pycache__")  # others write into it meanwhile
    for name in ("course", "solutions", "docs", "lstm_helpers"):
        shutil.copytree(REPOSITORY / name, used / name, ignore=ignored)
    for name in ("constraints.txt", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(REPOSITORY / name, used)
    for name in HIDDEN:
        (used / name).parent.mkdir(exist_ok=True)
        (used / name).write_text("an instructor's own answers")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    subprocess.run([*build, str(used)], check=True, capture_output=True, timeout=300)
    (wheel,) = folder.glob("lstm_course-*.whl")
    target = folder / "site"
    pip = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-index", "--quiet"]
    subprocess.run([*pip, "--target", str(target), str(wheel)], check=True, timeout=300)
    return target


@pytest.fixture
def environment(site, tmp_path):
    """Have nothing from the repository, and no settings of whoever runs this."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("JUPYTER", "LSTM_", "PYTHONPATH"))
    }
    folders = {
        name: str(tmp_path / name)
        for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")
    }
    return kept | folders | {"PYTHONPATH": str(site), "PYTHONUNBUFFERED": "1"}


def test_contents(site):
    package = site / "lstm_helpers"
    assert LESSONS
    for kind in ("course", "solutions"):
        built = sorted((package / "_notebooks" / kind).glob("*.ipynb"))
        assert [path.name for path in built] == LESSONS
        for path in built:
            assert path.read_bytes() == (REPOSITORY / kind / path.name).read_bytes()
    assert (package / "py.typed").is_file()
    assert list(site.rglob(".*")) == []
    pages = package / "_pages"
    for name in ("constraints.txt", *(f"docs/{page.name}" for page in DOCS)):
        assert (pages / name).read_bytes() == (REPOSITORY / name).read_bytes()
    assert sorted(path.name for path in site.iterdir() if path.suffix != ".dist-info") in (
        ["bin", "lstm_helpers"],
        ["Scripts", "lstm_helpers"],
    )


def test_an_installed_course_makes_its_own_wheel(site, environment, tmp_path):
    """What `lstm-course bundle` puts into a kit where there is no checkout."""
    program = (
        "from pathlib import Path; from lstm_helpers.bundled import checkout; "
        "from lstm_helpers.workshop.bundle import course_wheel; "
        "assert checkout() is None; print(course_wheel(Path.cwd()))"
    )
    made = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert made.returncode == 0, made.stderr
    [built] = site.parent.glob("lstm_course-*.whl")
    assert Path(made.stdout.strip()).name == built.name
    with ZipFile(built) as first, ZipFile(made.stdout.strip()) as second:
        assert sorted(first.namelist()) == sorted(second.namelist())
        for name in first.namelist():
            assert name.endswith("/RECORD") or first.read(name) == second.read(name), name


def fetch(url: str):
    with urlopen(url, timeout=20) as answer:
        return answer.read()


def test_lab_runs_without_the_repository(site, environment, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    where = [sys.executable, "-c", "import lstm_helpers; print(lstm_helpers.__file__)"]
    found = subprocess.run(
        where, cwd=empty, env=environment, capture_output=True, text=True, timeout=60
    )
    assert found.stdout.startswith(str(site))

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        log = tmp_path / "log"
        command = [
            sys.executable,
            "-m",
            "lstm_helpers.cli",
            "lab",
            "--no-browser",
            "--port",
            str(port),
        ]
        with log.open("wb") as output:
            process = subprocess.Popen(
                command, cwd=empty, env=environment, stdout=output, stderr=output
            )
        try:
            url = wait_for_address(process, log)
            told = log.read_text(encoding="utf-8")
            assert f"Port {port} is taken; JupyterLab listens on port " in told
            ask_the_server(url)
        finally:
            process.terminate()
            process.wait(timeout=30)

    home = empty / "lstm-course"
    for name in LESSONS:
        assert f"{name} is new." in told
        assert (home / name).read_bytes() == (REPOSITORY / "course" / name).read_bytes()


def ask_the_server(url: str) -> None:
    base, _, token = url.partition("/lab/workspaces/lstm-course/tree/00_start_here.ipynb?token=")
    assert len(token) >= 40
    with pytest.raises(HTTPError) as refused:
        fetch(f"{base}/api/contents")
    refused.value.close()
    assert refused.value.code == 403
    listed = json.loads(fetch(f"{base}/api/contents?token={token}"))
    assert sorted(entry["name"] for entry in listed["content"]) == LESSONS
    page = fetch(url).decode()
    assert "jupyter-config-data" in page
    plugin = "@jupyterlab/apputils-extension:notification"
    settings = json.loads(fetch(f"{base}/lab/api/settings/{plugin}?token={token}"))
    assert settings["schema"]["properties"]["fetchNews"]["default"] == "false"
    workspace = json.loads(fetch(f"{base}/lab/api/workspaces/lstm-course?token={token}"))
    left = workspace["data"]["layout-restorer:data"]["left"]
    assert left["current"] == "@jupyterlab/toc:plugin"
