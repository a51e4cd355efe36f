"""The Makefile's own promises: help lists every target, and a wrong Python is refused in words."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
MAKEFILE = (REPOSITORY / "Makefile").read_text(encoding="utf-8")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Copy what `make env` reads into a folder without an environment."""
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(REPOSITORY / name, tmp_path)
    return tmp_path


def make(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    # Variables of a make around this one would change what is tested.
    outer = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES")
    return subprocess.run(
        ["make", *words],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if name not in outer},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_help_is_the_default_and_lists_every_target(checkout: Path) -> None:
    [phony] = re.findall(r"^\.PHONY: (.+)$", MAKEFILE, re.MULTILINE)
    shown = make(checkout)
    assert shown.returncode == 0
    assert re.findall(r"^  (\w+)  +\S", shown.stdout, re.MULTILINE) == phony.split()


def test_no_python_is_said_in_one_sentence(checkout: Path) -> None:
    refused = make(checkout, "env", "PYTHON=python-that-is-not-there")
    assert refused.returncode != 0
    assert refused.stderr.startswith("There is no `python-that-is-not-there` here: install Python")
    assert not (checkout / ".venv").exists()


@pytest.mark.parametrize("version", [(3, 10, 14), (3, 14, 0)])
def test_a_python_that_will_not_do_is_refused_in_one_sentence(
    checkout: Path, version: tuple[int, int, int]
) -> None:
    python = checkout / "python-of-another-version"
    dotted = ".".join(map(str, version))
    # Stands for an interpreter: runs the program it is given under another number.
    python.write_text(
        f'#!/bin/sh\nexec python3 -c "import sys; sys.version_info = {version!r}\n$2"\n',
        encoding="utf-8",
    )
    python.chmod(0o755)
    refused = make(checkout, "env", f"PYTHON={python}")
    assert refused.returncode != 0
    first = refused.stderr.splitlines()[0]
    assert first.startswith("The course needs Python 3.11, 3.12 or 3.13")
    assert f"is {dotted}:" in first
    assert not (checkout / ".venv").exists()


def test_an_environment_that_is_up_to_date_is_left_alone(checkout: Path) -> None:
    stamp = checkout / ".venv" / ".ready-for-lab"
    stamp.parent.mkdir()
    stamp.touch()
    assert "pip install" not in make(checkout, "--dry-run", "env").stdout
    (checkout / "constraints.txt").touch()
    os.utime(stamp, (0, 0))
    assert "pip install --constraint" in make(checkout, "--dry-run", "env").stdout
