"""The programs of deploy/ do what its page says: start a server, install, collect, write a link."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
DEPLOY = REPOSITORY / "deploy"
COMMAND = "lstm-course-singleuser"


# What starts for each learner


@pytest.fixture
def start(tmp_path: Path):
    """Start it as a hub does, with a program in place of Jupyter's that tells what it was given."""
    home = tmp_path / "home"
    home.mkdir()
    programs = tmp_path / "bin"
    programs.mkdir()
    shutil.copy(DEPLOY / "start_singleuser.py", programs / COMMAND)
    teller = programs / "jupyterhub-singleuser"
    teller.write_text(
        f"#!{sys.executable}\nimport json, os, sys\n"
        "print('GIVEN ' + json.dumps([sys.argv[1:], dict(os.environ)]))\n",
        encoding="utf-8",
    )
    teller.chmod(0o755)
    others = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "LSTM_"))}
    path = os.pathsep.join([str(programs), str(Path(sys.executable).parent), os.environ["PATH"]])

    def run(*arguments: str, **more: str) -> tuple[list[str], dict[str, str], str]:
        done = subprocess.run(
            [COMMAND, *arguments],
            env=others | {"HOME": str(home), "PATH": path} | more,
            executable=str(programs / COMMAND),
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        [told] = re.findall(r"^GIVEN (.+)$", done.stdout, re.MULTILINE)
        given, environment = json.loads(told)
        return given, environment, done.stderr

    run.home = home
    return run


def test_a_learner_gets_the_lessons_and_keeps_what_she_wrote(start) -> None:
    given, environment, errors = start("--debug")
    folder = start.home / "lstm-course"
    lessons = sorted(path.name for path in (REPOSITORY / "course").glob("*.ipynb"))
    assert sorted(path.name for path in folder.glob("*.ipynb")) == lessons
    assert given[:1] == ["--debug"]
    assert errors == ""
    assert environment["JUPYTERHUB_ROOT_DIR"] == environment["LSTM_COURSE_HOME"] == str(folder)
    first = environment["JUPYTERHUB_DEFAULT_URL"]
    assert first == "/lab/workspaces/lstm-course/tree/00_start_here.ipynb"
    assert environment["OPENBLAS_NUM_THREADS"] == "1" or "OPENBLAS_NUM_THREADS" in os.environ

    lesson = folder / lessons[0]
    lesson.write_text("hers", encoding="utf-8")
    _, environment, _ = start()
    assert lesson.read_text(encoding="utf-8") == "hers"
    assert environment["JUPYTERHUB_DEFAULT_URL"] == "/lab/workspaces/lstm-course"


def test_a_start_page_of_the_hub_stays(start) -> None:
    _, environment, _ = start(JUPYTERHUB_DEFAULT_URL="/lab/tree/other.ipynb")
    assert environment["JUPYTERHUB_DEFAULT_URL"] == "/lab/tree/other.ipynb"


def test_jupyterlab_starts_even_if_the_lessons_cannot_be_delivered(start) -> None:
    (start.home / "lstm-course").write_text("in the way", encoding="utf-8")
    given, environment, errors = start("--debug")
    assert given[:1] == ["--debug"]
    assert "JUPYTERHUB_ROOT_DIR" not in environment
    [sentence] = errors.splitlines()
    assert sentence.startswith(f"The lessons could not be delivered to {start.home}/lstm-course: ")


# The Littlest JupyterHub


def test_the_installer_fills_the_shared_environment_and_configures_the_hub(tmp_path: Path) -> None:
    prefix = tmp_path / "tljh"
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", prefix / "user"], check=True, timeout=120
    )
    [site] = (prefix / "user" / "lib").glob("python3.*/site-packages")
    # The requirements are there already, as when the installer is run a second time.
    present = Path(yaml.__file__).parents[1]
    (site / "present.pth").write_text(str(present), encoding="utf-8")
    told = tmp_path / "told"
    tool = tmp_path / "bin" / "tljh-config"
    tool.parent.mkdir()
    tool.write_text(f'#!/bin/sh\necho "$*" >> "{told}"\n', encoding="utf-8")
    tool.chmod(0o755)
    settings = {
        "TLJH_INSTALL_PREFIX": str(prefix),
        "PATH": f"{tool.parent}{os.pathsep}{os.environ['PATH']}",
        # Nothing is fetched: what constraints.txt asks for may differ from what is here.
        "PIP_NO_DEPS": "1",
        "PIP_NO_INDEX": "1",
        "PIP_NO_BUILD_ISOLATION": "0",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_ROOT_USER_ACTION": "ignore",
    }
    script = [shutil.which("bash") or "bash", str(DEPLOY / "tljh" / "install.sh")]
    done = subprocess.run(
        script, env=os.environ | settings, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    assert (site / "lstm_helpers" / "_notebooks" / "course" / "00_start_here.ipynb").is_file()
    installed = prefix / "user" / "bin" / COMMAND
    assert installed.read_bytes() == (DEPLOY / "start_singleuser.py").read_bytes()
    assert installed.stat().st_mode & 0o777 == 0o755
    config = prefix / "config" / "jupyterhub_config.d" / "lstm_course.py"
    assert config.read_bytes() == (DEPLOY / "jupyterhub_config.py").read_bytes()
    assert told.read_text(encoding="utf-8").splitlines()[-1] == "reload"


def test_the_installer_says_what_is_missing(tmp_path: Path) -> None:
    done = subprocess.run(
        ["bash", str(DEPLOY / "tljh" / "install.sh")],
        env=os.environ | {"TLJH_INSTALL_PREFIX": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith(f"There is no {tmp_path}/user/bin/python: install The Littlest")


def test_notebooks_are_collected_without_following_links(tmp_path: Path) -> None:
    homes = tmp_path / "homes"
    work = homes / "jupyter-ada" / "lstm-course"
    work.mkdir(parents=True)
    (homes / "jupyter-new").mkdir()
    (homes / "somebody" / "lstm-course").mkdir(parents=True)
    (work / "03_the_cell.ipynb").write_text("hers", encoding="utf-8")
    (work / "03_the_cell.update-0a1b2c3d.ipynb").write_text("newer", encoding="utf-8")
    (work / "notes.txt").write_text("private", encoding="utf-8")
    (tmp_path / "secret").write_text("secret", encoding="utf-8")
    (work / "04_link.ipynb").symlink_to(tmp_path / "secret")
    out = tmp_path / "submissions"
    subprocess.run(
        ["bash", str(DEPLOY / "tljh" / "collect.sh"), str(out)],
        env=os.environ | {"HOMES": str(homes)},
        check=True,
        capture_output=True,
        timeout=60,
    )
    found = {path.relative_to(out).as_posix(): path.read_text("utf-8") for path in out.rglob("*.*")}
    assert found == {"ada/03_the_cell.ipynb": "hers"}


# The link


def link(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(DEPLOY / "pull_link.py"), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    "repository", ["https://git.example.org/me/lstm", "https://git.example.org/me/lstm.git"]
)
@pytest.mark.parametrize("hub", ["https://hub.example.org", "https://example.org/class/"])
def test_the_link_pulls_the_repository_and_opens_the_lesson(hub: str, repository: str) -> None:
    done = link(hub, repository, "--branch", "autumn & spring")
    address = urlsplit(done.stdout.strip())
    assert f"{address.scheme}://{address.netloc}{address.path}" == (
        hub.rstrip("/") + "/hub/user-redirect/git-pull"
    )
    assert parse_qs(address.query) == {
        "repo": [repository],
        "branch": ["autumn & spring"],
        "targetpath": ["lstm"],
        "urlpath": ["lab/tree/lstm/course/00_start_here.ipynb"],
    }
    assert (REPOSITORY / "course" / "00_start_here.ipynb").is_file()


@pytest.mark.parametrize(
    ("hub", "repository", "complaint"),
    [
        ("hub.example.org", "https://git.example.org/me/lstm", "The hub must be an address"),
        ("https://hub.example.org", "git@example.org:me/lstm", "The repository must be an"),
        ("https://hub.example.org", "https://git.example.org/", "must end with its name"),
    ],
)
def test_a_link_that_cannot_work_is_refused(hub: str, repository: str, complaint: str) -> None:
    done = link(hub, repository)
    assert done.returncode == 2
    assert complaint in done.stderr
