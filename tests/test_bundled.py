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


def test_versions_and_guides_of_an_installed_package_are_its_own(package):
    for root in (package / "_pages", package.parent):
        (root / "docs").mkdir(parents=True)
        (root / "constraints.txt").write_text("", encoding="utf-8")
    assert bundled.constraints_file() == package / "_pages" / "constraints.txt"
    assert bundled.docs_folder() == package / "_pages" / "docs"


def test_versions_and_guides_of_a_checkout_are_beside_the_package(package):
    (package.parent / "docs").mkdir()
    (package.parent / "constraints.txt").write_text("", encoding="utf-8")
    assert bundled.constraints_file() == package.parent / "constraints.txt"
    assert bundled.docs_folder() == package.parent / "docs"


def test_what_is_lost_is_named(package):
    with pytest.raises(FileNotFoundError, match=r"has lost its constraints\.txt: install lstm-cou"):
        bundled.constraints_file()
    with pytest.raises(FileNotFoundError, match="has lost its docs"):
        bundled.docs_folder()


def test_a_checkout_has_lessons(package):
    assert bundled.checkout() is None
    (package.parent / "pyproject.toml").write_text("", encoding="utf-8")
    assert bundled.checkout() is None
    (package.parent / "lessons").mkdir()
    assert bundled.checkout() == package.parent
