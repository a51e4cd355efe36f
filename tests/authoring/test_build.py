"""Built notebooks: what is in them, and that they are the same on every build."""

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbgrader.nbgraderformat.v3 import MetadataValidatorV3

from lstm_helpers.authoring import build, check
from lstm_helpers.authoring.notebooks import cell_ids
from lstm_helpers.authoring.source import read_lesson

REPOSITORY = Path(__file__).resolve().parents[2]


def read(folder: Path, name: str = "02_doubling.ipynb"):
    return nbformat.read(folder / name, as_version=4)


def by_exercise(notebook, key: str) -> dict:
    cells = (c for c in notebook.cells if key in c.metadata.get("lstm_helpers", {}))
    return {cell.metadata.lstm_helpers[key]: cell for cell in cells}


def test_learners_get_stubs_and_instructors_get_solutions(folders):
    build(*folders)
    stubs = by_exercise(read(folders.course), "exercise")
    solved = by_exercise(read(folders.solutions), "exercise")
    assert stubs["double"].source == (
        'def double(x):\n    """Return twice x."""\n    scale = 2\n    raise NotImplementedError'
    )
    assert solved["double"].source == (
        'def double(x):\n    """Return twice x."""\n    scale = 2\n    return scale * x'
    )
    assert stubs["sign"].source == (
        'def sign(x):\n    """Return -1 or 1."""\n'
        "    if x < 0:\n        raise NotImplementedError\n"
        "    else:\n        raise NotImplementedError\n    return result"
    )
    assert "result = -1" in solved["sign"].source
    assert "result = 1\n" in solved["sign"].source
    for folder in (folders.course, folders.solutions):
        text = (folder / "02_doubling.ipynb").read_text(encoding="utf-8")
        assert "BEGIN SOLUTION" not in text
        assert "END SOLUTION" not in text


def test_only_instructors_get_instructor_cells(folders):
    build(*folders)
    learners = [cell.source for cell in read(folders.course).cells]
    instructors = [cell.source for cell in read(folders.solutions).cells]
    extra = ["Ask what happens at zero.", "assert double(2) == 4"]
    assert [source for source in instructors if source not in learners][-2:] == extra
    assert not set(extra) & set(learners)


def test_metadata(folders):
    build(*folders)
    for folder in (folders.course, folders.solutions):
        notebook = read(folder)
        assert dict(notebook.metadata.lstm_helpers) == {
            "number": "02",
            "title": "Doubling",
            "minutes": 30,
        }
        assert notebook.metadata.language_info == {"name": "python"}
        assert notebook.metadata.kernelspec.name == "python3"
        assert set(notebook.metadata) == {"kernelspec", "language_info", "lstm_helpers"}
        exercise = by_exercise(notebook, "exercise")["sign"].metadata
        assert exercise.nbgrader == {
            "schema_version": 3,
            "grade": False,
            "grade_id": "sign",
            "locked": False,
            "solution": True,
            "task": False,
        }
        checked = by_exercise(notebook, "check")["sign"].metadata
        assert checked.nbgrader == {
            "schema_version": 3,
            "grade": True,
            "grade_id": "check-sign",
            "locked": True,
            "points": 3,
            "solution": False,
            "task": False,
        }
        assert set(exercise) == set(checked) == {"lstm_helpers", "nbgrader"}
        for cell in notebook.cells:
            assert "lines_to_next_cell" not in cell.metadata
            if cell.cell_type == "code":
                assert (cell.outputs, cell.execution_count) == ([], None)


def test_nbgrader_accepts_the_metadata(folders):
    build(*folders)
    for folder in (folders.course, folders.solutions):
        for path in folder.glob("*.ipynb"):
            notebook = read(folder, path.name)
            nbformat.validate(notebook)
            MetadataValidatorV3().validate_nb(notebook)


def test_same_ids_in_both_copies(folders):
    build(*folders)
    learners = {cell.id: cell.cell_type for cell in read(folders.course).cells}
    instructors = {cell.id: cell.cell_type for cell in read(folders.solutions).cells}
    assert learners.items() <= instructors.items()
    assert len(instructors) == len(learners) + 2


def test_equal_cells_have_different_ids(folders):
    ids = cell_ids(read_lesson(folders.lesson))
    assert len(set(ids)) == len(ids)
    assert ids[-1] == f"{ids[-2]}-2"


def test_inserting_a_cell_changes_no_other_id(folders):
    before = cell_ids(read_lesson(folders.lesson))
    text = folders.lesson.read_text(encoding="utf-8")
    added = text.replace("# %%\nimport numpy", "# %% [markdown]\n# New.\n\n# %%\nimport numpy")
    folders.lesson.write_text(added, encoding="utf-8")
    after = cell_ids(read_lesson(folders.lesson))
    assert len(after) == len(before) + 1
    assert [cell_id for cell_id in after if cell_id in before] == before


def test_building_twice_writes_nothing(folders):
    written = build(*folders)
    assert len(written) == 4
    first = {path: path.read_bytes() for path in written}
    assert build(*folders) == []
    for path in written:
        path.unlink()
    build(*folders)
    assert {path: path.read_bytes() for path in written} == first


def test_another_process_builds_the_same_bytes(folders, tmp_path):
    build(*folders)
    other = [str(folders.lessons), str(tmp_path / "c"), str(tmp_path / "s")]
    program = (
        "import sys; from pathlib import Path; sys.path.insert(0, sys.argv.pop(1));"
        "from conftest import make_registry; from lstm_helpers.authoring import build;"
        "build(*map(Path, sys.argv[1:]), make_registry())"
    )
    environment = os.environ | {
        "PYTHONHASHSEED": "7",
        "PYTHONPATH": str(REPOSITORY),
        "TZ": "Asia/Tokyo",
    }
    command = [sys.executable, "-c", program, str(Path(__file__).parent), *other]
    subprocess.run(command, env=environment, check=True, timeout=60)
    for folder, twin in ((folders.course, "c"), (folders.solutions, "s")):
        for path in folder.iterdir():
            assert path.read_bytes() == (tmp_path / twin / path.name).read_bytes()


def test_windows_line_ends_build_the_same_bytes(folders):
    build(*folders)
    text = folders.lesson.read_bytes().replace(b"\n", b"\r\n")
    folders.lesson.write_bytes(text)
    assert check(*folders) == []


def test_check_names_every_difference(folders):
    assert [line.split(";")[0] for line in check(*folders)] == [
        "course/00_start.ipynb is missing",
        "course/02_doubling.ipynb is missing",
        "solutions/00_start.ipynb is missing",
        "solutions/02_doubling.ipynb is missing",
    ]
    build(*folders)
    assert check(*folders) == []
    changed = folders.course / "02_doubling.ipynb"
    changed.write_bytes(changed.read_bytes() + b"\n")
    (folders.solutions / "00_start.ipynb").unlink()
    (folders.course / "09_old.ipynb").write_text("{}", encoding="utf-8")
    assert [line.split(";")[0] for line in check(*folders)] == [
        "course/02_doubling.ipynb is not what its lesson builds",
        "solutions/00_start.ipynb is missing",
        "course/09_old.ipynb comes from no lesson",
    ]
    assert changed.read_bytes().endswith(b"\n\n"), "check must not write"
    assert build(*folders) == [changed, folders.solutions / "00_start.ipynb"]
    assert check(*folders) == [
        "course/09_old.ipynb comes from no lesson; delete it, or write its lesson."
    ]


def test_magics_and_unicode_survive(folders):
    text = folders.lesson.read_text(encoding="utf-8")
    folders.lesson.write_text(
        text + '\n# %%\n# %matplotlib inline\nprint("∂L/∂h")\n', encoding="utf-8"
    )
    build(*folders)
    content = (folders.course / "02_doubling.ipynb").read_text(encoding="utf-8")
    assert "∂L/∂h" in content
    assert json.loads(content)["cells"][-1]["source"][0] == "%matplotlib inline\n"


@pytest.fixture(scope="module")
def course_registry():
    from lstm_helpers.authoring import Registry

    return Registry.of_course()


def test_committed_notebooks_are_what_the_lessons_build(course_registry):
    folders = [REPOSITORY / name for name in ("lessons", "course", "solutions")]
    assert check(*folders, course_registry) == []


def test_every_lesson_with_exercises_has_a_file(course_registry):
    from lstm_helpers import exercises

    ours = {e.lesson for e in course_registry.exercises.values()}
    assert ours <= set(exercises.LESSONS)
    files = {path.name[:2] for path in (REPOSITORY / "lessons").glob("[0-9][0-9]_*.py")}
    assert ours <= files
