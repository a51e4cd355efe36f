"""Where the notebooks are found."""

import json
import re

import pytest

from lstm_helpers import bundled


def write(folder, *sources):
    folder.mkdir(parents=True)
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": "text"},
        *(
            {"cell_type": "code", "metadata": metadata, "source": source}
            for metadata, source in sources
        ),
    ]
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (folder / "02_x.ipynb").write_text(json.dumps(notebook), encoding="utf-8")


@pytest.fixture
def package(tmp_path, monkeypatch):
    folder = tmp_path / "site" / "lstm_helpers"
    folder.mkdir(parents=True)
    monkeypatch.setattr(bundled, "_PACKAGE", folder)
    return folder


def test_an_installed_package_has_its_own_copy(package):
    write(package / "_notebooks" / "course")
    write(package.parent / "course")
    assert bundled.notebooks_folder("course") == package / "_notebooks" / "course"


def test_a_checkout_has_them_beside_the_package(package):
    write(package.parent / "solutions")
    assert bundled.notebooks_folder("solutions") == package.parent / "solutions"


def test_none_at_all(package):
    (package.parent / "course").mkdir()
    with pytest.raises(FileNotFoundError, match=r"no course notebooks.*lstm-course build"):
        bundled.notebooks_folder("course")


def test_wrong_kind(package):
    with pytest.raises(ValueError, match="must be 'course' or 'solutions'; got 'slides'"):
        bundled.notebooks_folder("slides")


def test_solution_source(package):
    exercise = {"lstm_helpers": {"exercise": "double"}}
    check = {"lstm_helpers": {"check": "double"}}
    write(
        package.parent / "solutions", (check, "check"), (exercise, ["def double(x):\n", "    pass"])
    )
    assert bundled.solution_source("double") == "def double(x):\n    pass"
    with pytest.raises(LookupError, match="called 'halve'"):
        bundled.solution_source("halve")


def test_every_exercise_of_the_course_has_a_solution():
    from lstm_helpers.exercises import EXERCISES

    for name in EXERCISES:
        assert re.search(rf"^(def|class) {name}\(", bundled.solution_source(name), re.MULTILINE)
