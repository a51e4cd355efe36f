"""Tables for Canvas, Moodle and spreadsheets, read as these read them."""

import csv
import io
import json
import re

import attacks
import pytest

from lstm_helpers import cli
from lstm_helpers.grading.export import ExportError, exported

LESSON_3, LESSON_4 = "03 The cell", "04 Backpropagation through the LSTM"


def run(*words):
    with pytest.raises(SystemExit) as ended:
        cli.main([str(word) for word in words])
    return ended.value.code


def marks(lesson, *points):
    return [
        {"lesson": lesson, "exercise": f"e{k}", "points": p, "max_points": 3}
        for k, p in enumerate(points)
    ]


def report(folder, *submissions):
    folder.mkdir(exist_ok=True)
    entries = [{"learner": learner, "marks": each} for learner, each in submissions]
    (folder / "results.json").write_text(json.dumps({"submissions": entries}), encoding="utf-8")
    return folder


@pytest.fixture
def small(tmp_path):
    return report(
        tmp_path / "report",
        ("007", marks("03", 3, 0)),
        ("NA", marks("03", 3, 3)),
        ("NA", marks("04", 0, 0)),
        ('=cmd|"x"', marks("04", 3, 3)),
        ("zoë, o'b", marks("03", 0, 0)),
    )


def read(table):
    return list(csv.reader(io.StringIO(table.text)))


def test_canvas(small):
    header, possible, *rows = read(exported(small, "canvas"))
    assert header == [
        *("Student", "ID", "SIS User ID", "SIS Login ID", "Section"),
        LESSON_3,
        LESSON_4,
    ]
    # What Canvas' importer asks of the file: lib/gradebook_importer.rb.
    assert len(header) > 3
    assert "Student" in header[0]
    assert "ID" in header[1]
    assert re.search(r"SIS\s+User\s+ID", header[2])
    assert re.search(r"SIS\s+Login\s+ID", header[3])
    assert "Section" in header[4]
    assert "Points Possible" in possible[0]
    assert possible[5:] == ["6", "6"]
    assert [row[3] for row in rows] == ["007", "NA", '\'=cmd|"x"', "zoë, o'b"]
    assert [row[5:] for row in rows] == [["3", ""], ["6", "0"], ["", "6"], ["0", ""]]
    assert {len(row) for row in rows} == {len(header)}


def test_canvas_by_another_column(small):
    _, _, first, *_ = read(exported(small, "canvas", "SIS User ID"))
    assert first[:5] == ["007", "", "007", "", ""]


@pytest.mark.parametrize("column", [None, "ID number", "Email address"])
def test_moodle(small, column):
    table = exported(small, "moodle", column)
    header, first, *_ = read(table)
    assert header == [column or "Username", LESSON_3, LESSON_4]
    assert first == ["007", "3", ""]
    assert any(LESSON_3 in note and "6 points" in note for note in table.notes)


def test_spreadsheet(small):
    rows = list(csv.DictReader(io.StringIO(exported(small, "csv").text)))
    assert [(row["learner"], row["total"], row["max_total"]) for row in rows[:2]] == [
        ("007", "3", "12"),
        ("NA", "6", "12"),
    ]


def test_text_stays_text_and_formulas_are_harmless(small):
    table = exported(small, "csv")
    assert '"007",3' in table.text
    assert '"NA"' in table.text
    assert '"\'=cmd|""x"""' in table.text
    (note,) = table.notes
    assert "enter it by hand" in note


def test_two_submissions_of_one_name_are_left_out(tmp_path):
    place = report(tmp_path / "r", ("ada", marks("03", 3)), ("ada", marks("03", 0)))
    table = exported(place, "csv")
    assert read(table)[1] == ["ada", "", "0", "3"]
    assert "neither is exported" in table.notes[0]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"\xff",
        b'{"submissions": 3}',
        b'{"submissions": [{"learner": "a", "marks": []}]}',
    ],
)
def test_another_file_is_refused(tmp_path, content):
    (tmp_path / "results.json").write_bytes(content)
    with pytest.raises(ExportError, match="is not what `lstm-course grade` writes"):
        exported(tmp_path, "csv")


def test_wrong_use(small, tmp_path, capfd):
    for words, said in (
        ((small, "--format", "excel"), "expected one of canvas, moodle, csv"),
        ((small, "--format", "canvas", "--id", "Username"), "expected one of 'SIS Login ID'"),
        ((tmp_path, "--format", "csv"), "give a folder that `lstm-course grade` wrote"),
        ((report(tmp_path / "none"), "--format", "csv"), "holds no marks"),
        ((tmp_path / "absent", "--format", "csv"), "absent"),
    ):
        assert run("export", *words) == 2
        err = capfd.readouterr().err
        assert said in err
        assert len(err.strip().splitlines()) == 1


def test_from_a_real_run(tmp_path, capfd):
    for learner, answer in (("ada", attacks.RIGHT["update_cell"]), ("-1", attacks.WRONG)):
        place = tmp_path / "class" / learner
        place.mkdir(parents=True)
        (place / "03_the_cell.ipynb").write_bytes(attacks.notebook(answer))
    assert run("grade", tmp_path / "class", "--out", tmp_path / "report") == 0
    assert run("export", tmp_path / "report", "--format", "canvas") == 0
    said = capfd.readouterr()
    assert "Marks of 2 learners for canvas" in said.out
    assert "'-1" in said.err
    text = (tmp_path / "report" / "canvas.csv").read_text(encoding="utf-8")
    assert '"ada","","","ada","",1' in text
    out = tmp_path / "moodle.csv"
    assert run("export", tmp_path / "report", "--format", "moodle", "--out", out) == 0
    assert out.read_text(encoding="utf-8").startswith('"Username","03 The cell"')
