"""pyproject.toml, constraints.txt and environment.yml agree with each other."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

REPOSITORY = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
NEEDED = [Requirement(text) for text in PROJECT["dependencies"]]
FOR_TESTS = [Requirement(text) for text in PROJECT["optional-dependencies"]["dev"]]
ON_CONDA = {"matplotlib-base": "matplotlib", "pytorch-cpu": "torch"}
"""What conda-forge calls by another name."""


def constraint_lines() -> list[str]:
    text = (REPOSITORY / "constraints.txt").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def constraints() -> dict[str, str]:
    pairs = (line.split("==") for line in constraint_lines())
    return {canonicalize_name(name): version for name, version in pairs}


def conda() -> tuple[dict[str, str], list[str]]:
    """Return what conda installs (pip's name to version), and the lines for pip."""
    text = (REPOSITORY / "environment.yml").read_text(encoding="utf-8")
    entries = yaml.safe_load(text)["dependencies"]
    pip_lines = next(entry["pip"] for entry in entries if isinstance(entry, dict))
    pairs = (entry.split("=") for entry in entries if isinstance(entry, str) and "=" in entry)
    return {ON_CONDA.get(name, name): version for name, version in pairs}, pip_lines


def test_each_constraint_is_one_exact_version_in_order() -> None:
    lines = constraint_lines()
    for line in lines:
        assert re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][0-9a-z.]*", line), line
    assert lines == sorted(lines, key=lambda line: line.upper())  # as sort -f
    assert len(constraints()) == len(lines)


@pytest.mark.parametrize("wanted", [*NEEDED, *FOR_TESTS], ids=lambda wanted: wanted.name)
def test_what_pyproject_asks_for_was_tested_in_its_range(wanted: Requirement) -> None:
    tested = constraints()[canonicalize_name(wanted.name)]
    assert wanted.specifier.contains(tested), f"{wanted} does not allow {tested}"


def test_conda_installs_the_same_versions() -> None:
    from_conda, pip_lines = conda()
    python = from_conda.pop("python")
    from_pip = dict(line.split("==") for line in pip_lines if "==" in line)
    assert not from_conda.keys() & from_pip.keys()
    named = {canonicalize_name(name): version for name, version in (from_conda | from_pip).items()}
    assert named == {name: constraints().get(name) for name in named}
    assert named.keys() == {canonicalize_name(wanted.name) for wanted in NEEDED}
    assert "-e ." in pip_lines
    assert Version(python) in Requirement(f"python{PROJECT['requires-python']}").specifier
