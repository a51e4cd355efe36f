"""What is found in folders and zip files as classes really hand them in."""

import json
import os
import zipfile
from pathlib import Path

import attacks
import pytest

from lstm_helpers import cli
from lstm_helpers.grading.collect import CollectError, collect

RIGHT = attacks.notebook(attacks.cell(attacks.RIGHT["update_cell"], "update_cell"))
UNTAGGED = attacks.notebook(attacks.RIGHT["update_cell"])


NO_NOTEBOOK = "it is no notebook (.ipynb); ask for the notebook itself"
NO_LESSON = "neither its name, expected NN_name.ipynb, nor its cells tell the lesson"


def main(words: list[str]) -> int:
    with pytest.raises(SystemExit) as ended:
        cli.main(words)
    return int(ended.value.code or 0)


def put(folder: Path, name: str, content: bytes = RIGHT) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def packed(folder: Path, archive: Path) -> Path:
    with zipfile.ZipFile(archive, "w") as opened:
        for path in sorted(folder.rglob("*")):
            opened.write(path, path.relative_to(folder).as_posix())
    return archive


def found(source: Path, lesson: str | None = None) -> list[tuple[str, str]]:
    return [(one.learner, one.lesson) for one in collect(source, lesson).submissions]


BOTH = [("ada", "03"), ("bob", "03")]


@pytest.mark.parametrize(
    "layout",
    [
        "{}/03_the_cell.ipynb",
        "{}/03_the_cell/03_the_cell.ipynb",
        "submissions/{}/03_the_cell.ipynb",
        "submissions/{}/homework/03_the_cell.ipynb",
        "submissions/{}/03_the_cell/03_the_cell.ipynb",
    ],
)
def test_a_folder_around_the_learners_changes_nothing(tmp_path, layout):
    folder = tmp_path / "handed-in"
    for name in ("ada", "bob"):
        put(folder, layout.format(name))
    put(folder, "__MACOSX/submissions/._ada")
    assert found(folder) == found(packed(folder, tmp_path / "class.zip")) == BOTH


def test_one_learner_with_several_assignments_is_one_learner(tmp_path):
    put(tmp_path, "ada/03_the_cell/03_the_cell.ipynb")
    put(tmp_path, "ada/01_sequences/01_sequences.ipynb", UNTAGGED)
    assert found(tmp_path) == [("ada", "01"), ("ada", "03")]


@pytest.mark.parametrize(
    "name", ["03-the-cell.ipynb", "03 the cell (1).ipynb", "03.ipynb", "03_THE_CELL.IPYNB"]
)
def test_a_name_may_be_written_otherwise(tmp_path, name):
    put(tmp_path, f"ada/{name}", UNTAGGED)
    assert found(tmp_path) == [("ada", "03")]


@pytest.mark.parametrize("name", ["final_v2.ipynb", "01_homework.ipynb", "2026 homework.ipynb"])
def test_the_cells_tell_the_lesson_before_the_name_does(tmp_path, name):
    put(tmp_path, f"ada/{name}")
    assert found(tmp_path) == [("ada", "03")]
    assert found(packed(tmp_path, tmp_path.parent / "one.zip")) == [("ada", "03")]


def test_what_is_no_notebook_is_named_and_what_lies_beside_one_is_not(tmp_path):
    put(tmp_path, "ada/03_the_cell.ipynb")
    put(tmp_path, "ada/timestamp.txt", b"today")
    put(tmp_path, "ada/04_backpropagation.py", b"x = 1")
    put(tmp_path, "bob/homework.zip", b"PK")
    put(tmp_path, "cyd/03_the_cell.ipynb.txt")
    put(tmp_path, "dan/notes.ipynb", UNTAGGED)
    (tmp_path / "eve").mkdir()
    (tmp_path / "fay" / "homework").mkdir(parents=True)
    reasons = dict(collect(tmp_path).skipped)
    assert reasons == {
        "ada/04_backpropagation.py": NO_NOTEBOOK,
        "bob/homework.zip": NO_NOTEBOOK,
        "cyd/03_the_cell.ipynb.txt": NO_NOTEBOOK,
        "dan/notes.ipynb": NO_LESSON,
        "eve/": "nothing was handed in",
        "fay/homework/": "nothing was handed in",
    }
    assert dict(collect(packed(tmp_path, tmp_path.parent / "class.zip")).skipped) == reasons
    assert collect(tmp_path).skipped_of("ada") == [
        ("ada/04_backpropagation.py", reasons["ada/04_backpropagation.py"])
    ]


def test_what_this_computer_may_not_read_costs_nobody_a_point(tmp_path, monkeypatch):
    """A fault of the grader's machine is no mark; root may read everything, so it is made up."""
    for name in ("ada", "bob"):
        put(tmp_path, f"{name}/03_the_cell.ipynb")
    put(tmp_path, "cyd/03_the_cell.ipynb")
    may, entries = os.access, Path.iterdir

    def iterdir(path):
        if path.name == "cyd":
            raise PermissionError(13, "Permission denied")
        return entries(path)

    monkeypatch.setattr(os, "access", lambda path, mode: "bob" not in str(path) and may(path, mode))
    monkeypatch.setattr(Path, "iterdir", iterdir)
    assert found(tmp_path) == [("ada", "03")]
    assert dict(collect(tmp_path).skipped) == {
        "bob/03_the_cell.ipynb": "this computer may not read it (permissions)",
        "cyd/": "the folder cannot be read by this computer (Permission denied)",
    }


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_a_damaged_member_of_a_zip_file_costs_only_itself(tmp_path, method):
    archive = tmp_path / "class.zip"
    with zipfile.ZipFile(archive, "w", method) as opened:
        opened.writestr("ada/03_the_cell.ipynb", RIGHT + b" " * 5000)
        opened.writestr("bob/03_the_cell.ipynb", RIGHT)
    content = bytearray(archive.read_bytes())
    start = content.index(b"ada/03_the_cell.ipynb") + len("ada/03_the_cell.ipynb")
    content[start + 9 : start + 60] = bytes(51)
    archive.write_bytes(content)
    assert main(["grade", str(archive), "--out", str(tmp_path / "report"), "--jobs", "1"]) == 0
    results = json.loads((tmp_path / "report" / "results.json").read_text())
    passed = {
        one["learner"]: [mark["exercise"] for mark in one["marks"] if mark["status"] == "passed"]
        for one in results["submissions"]
    }
    assert passed == {"ada": [], "bob": ["update_cell"]}


@pytest.mark.parametrize(
    ("name", "lesson", "said"),
    [
        (
            "03_the_cell.ipynb",
            None,
            "no notebook to grade in .*such as 03_the_cell.ipynb",
        ),
        ("ada_1_2_03_the_cell.ipynb", None, "expected LEARNER/NN_name.ipynb"),
        ("ada/03_the_cell.ipynb", "05", "no notebook of lesson 05 to grade"),
        ("ada/notes.txt", None, "1 not graded, such as ada/notes.txt: it is no notebook"),
        ("submitted/ada/03_the_cell.ipynb", None, "course folder of nbgrader; give its folder"),
    ],
)
def test_where_nothing_can_be_graded_no_report_is_begun(tmp_path, capfd, name, lesson, said):
    folder, report = tmp_path / "handed-in", tmp_path / "report"
    put(folder, name)
    if name.startswith("submitted"):
        (folder / "source").mkdir()
    with pytest.raises(CollectError, match=said):
        collect(folder, lesson)
    words = ["grade", str(folder), "--out", str(report)]
    assert main([*words, "--lesson", lesson] if lesson else words) == 2
    assert len(capfd.readouterr().err.strip().splitlines()) == 1
    assert not report.exists()


def test_a_resumed_run_is_of_the_same_source_and_leaves_no_old_page(tmp_path, capfd):
    folder, report = tmp_path / "handed-in", tmp_path / "report"
    for name in ("ada", "bob"):
        put(folder, f"{name}/03_the_cell.ipynb")
    put(folder, "ada/03_the_cell-Copy1.ipynb")
    put(folder, "bob/03_the_cell.ipynb", b"{")
    words = ["grade", str(folder), "--out", str(report), "--jobs", "1"]
    assert main([*words, "--seed", "7"]) == 0
    pages = {path.name for path in (report / "feedback").iterdir()}
    index = (report / "feedback" / "index.csv").read_text(encoding="utf-8").split()
    assert [line.split(",")[0] for line in index] == ['"learner"', '"ada"', '"bob"']
    assert {line.split(",")[1].strip('"') for line in index[1:]} | {"index.csv"} == pages
    by_name = {line.split(",")[0]: line.split(",")[1].strip('"') for line in index}
    page = (report / "feedback" / by_name['"ada"']).read_text(encoding="utf-8")
    assert "ada/03_the_cell-Copy1.ipynb: ada/03_the_cell.ipynb is graded for this lesson." in page
    page = (report / "feedback" / by_name['"bob"']).read_text(encoding="utf-8")
    assert page.count("is not JSON") == 1
    assert "hand that\nfile in again" in page

    other = packed(folder, tmp_path / "other.zip")
    assert main(["grade", str(other), "--out", str(report), "--resume"]) == 2
    assert "was begun with source = " in capfd.readouterr().err
    assert main([*words, "--resume", "--seed", "8"]) == 2
    assert "was begun with seed = 7, this one has 8" in capfd.readouterr().err
    (folder / "bob" / "03_the_cell.ipynb").unlink()
    assert main([*words, "--resume"]) == 0
    assert len(list((report / "feedback").iterdir())) == len(pages) - 1


@pytest.mark.parametrize("address", ["nonsense", "tcp://127.0.0.1:9"])
def test_a_scheduler_that_does_not_answer_is_said_before_anything_begins(
    tmp_path, capfd, monkeypatch, address
):
    monkeypatch.setattr("lstm_helpers.commands.grade.ANSWER_SECONDS", 1)
    put(tmp_path, "handed-in/ada/03_the_cell.ipynb")
    report = tmp_path / "report"
    words = ["grade", str(tmp_path / "handed-in"), "--out", str(report), "--scheduler", address]
    assert main(words) == 2
    assert f"no Dask scheduler answers at {address!r}" in capfd.readouterr().err
    assert not report.exists()


def test_the_report_cannot_be_a_file(tmp_path, capfd):
    put(tmp_path, "handed-in/ada/03_the_cell.ipynb")
    (tmp_path / "afile").write_text("mine")
    words = ["grade", str(tmp_path / "handed-in"), "--out", str(tmp_path / "afile")]
    assert main(words) == 2
    assert "afile is a file; give a new folder for the report" in capfd.readouterr().err
