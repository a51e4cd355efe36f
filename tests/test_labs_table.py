"""The table of labs is what was recorded, holds every lab, and is made as it says."""

import dataclasses
import importlib
import json
from pathlib import Path

import nbformat
import pytest

from lstm_helpers import recorded
from lstm_helpers.training import LabResult

REPOSITORY = Path(__file__).resolve().parents[1]
LABS = sorted(REPOSITORY.glob("solutions/[1-9][0-9]_*.ipynb"))


@pytest.fixture
def script(monkeypatch):
    monkeypatch.syspath_prepend(str(REPOSITORY / "benchmarks"))
    return importlib.import_module("labs")


@pytest.fixture(scope="module")
def table():
    return recorded.load("labs")


class TestWhatIsStored:
    def test_every_lab_is_in_it(self, table):
        notebooks = dict.fromkeys(row["notebook"] for row in table["rows"])
        assert list(notebooks) == [path.name for path in LABS]

    def test_the_page_shows_it(self, table, script):
        page = (REPOSITORY / "docs" / "labs.md").read_text(encoding="utf-8")
        assert script.into_page(page, table) == page

    def test_every_row_is_complete(self, table):
        fields = {field.name for field in dataclasses.fields(LabResult)}
        for row in table["rows"]:
            assert row.keys() == fields | {"notebook", "verdict", "notebook_seconds"}
            assert row["lab"][:2] == row["notebook"][:2]
            assert row["notebook_seconds"].keys() == {"cpu", "wall"}
            assert all(seconds > 0 for seconds in row["notebook_seconds"].values())

    def test_every_verdict_follows_from_its_scores(self, table):
        for row in table["rows"]:
            assert LabResult.from_dict(row).as_dict().items() <= row.items()

    def test_how_it_was_made(self, table, script):
        assert list(table) == ["about", "versions", "settings", "rows"]
        assert table["versions"].keys() == {"python", *script.PACKAGES}
        assert table["settings"].keys() == {"machine", "threads"}


SHOWS = """
from lstm_helpers.training import LabResult
LabResult({lab!r}, "made | up", "error, m", {{"mean": 3.0, "ridge": 2.0}}, {lstm}, seconds=4,
          higher_is_better=False)
"""
BUSY = """
import os, time
while time.process_time() < 2: pass
print(os.environ["OMP_NUM_THREADS"], os.environ["LSTM_COURSE_HOME"])
"""


@pytest.fixture
def small(script, monkeypatch, tmp_path):
    """The script, with labs, a table and a page of our own."""
    folder = tmp_path / "solutions"
    folder.mkdir()
    for name, path in [("NOTEBOOKS", folder), ("TABLE", "labs.json"), ("PAGE", "labs.md")]:
        monkeypatch.setattr(script, name, tmp_path / path)
    monkeypatch.setattr(recorded, "_FOLDER", tmp_path)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    script.PAGE.write_text("# Labs\n\n<!-- labs -->\nthe one before\n<!-- /labs -->\n\nMore.\n")
    return script


def put_lab(script, name, *cells):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbformat.write(notebook, script.NOTEBOOKS / name)


def run_main(script, monkeypatch, *words):
    monkeypatch.setattr("sys.argv", ["labs.py", *words])
    script.main()


@pytest.fixture
def two_labs(small):
    first, second = (
        SHOWS.format(lab=f"{number} Example", lstm=scores)
        for number, scores in [(10, (1.0, 1.2, 1.1)), (11, (2.9, 2.0, 1.1))]
    )
    put_lab(small, "10_one.ipynb", BUSY, first)
    put_lab(small, "11_two.ipynb", second, second.replace("error, m", "error, %"))
    put_lab(small, "09_no_lab.ipynb", "1 / 0")
    return small


def test_all_labs_are_run_and_written(two_labs, monkeypatch, capsys):
    before = [path.read_bytes() for path in two_labs.NOTEBOOKS.iterdir()]
    run_main(two_labs, monkeypatch)
    printed = capsys.readouterr().out
    assert "Running 10_one.ipynb" in printed
    assert "The LSTM is better than ridge." in printed
    table = recorded.load("labs")
    first, second, third = table["rows"]
    assert [row["notebook"][:2] for row in table["rows"]] == ["10", "11", "11"]
    assert (second["metric"], third["metric"]) == ("error, m", "error, %")
    assert first["lstm"] == [1.0, 1.2, 1.1]
    assert list(first["baselines"]) == ["mean", "ridge"]
    assert (first["verdict"], second["verdict"]) == (
        "better than ridge",
        "not to be told from ridge",
    )
    assert 2 < first["notebook_seconds"]["cpu"] < 60
    assert first["notebook_seconds"]["wall"] > 2
    assert table["settings"]["threads"] == "1"
    page = two_labs.PAGE.read_text(encoding="utf-8")
    assert page == two_labs.into_page(page, table)
    assert page.startswith("# Labs\n\n<!-- labs -->\n\n| lab | data |")
    assert page.endswith("threads 1.\n\n<!-- /labs -->\n\nMore.\n")
    assert "the one before" not in page
    assert (
        "| [10 Example](../course/10_one.ipynb) | made \\| up | error, m; lower is better | "
        "mean 3.00<br>**ridge 2.00** | 1.10 ± 0.10, 3 seeds | 4.0 | better than ridge |\n"
    ) in page
    assert f"python {table['versions']['python']}" in page
    assert [path.read_bytes() for path in two_labs.NOTEBOOKS.iterdir()] == before


def test_one_lab_is_run_anew_and_the_other_stays(two_labs, monkeypatch):
    stored = {
        "notebook": "10_one.ipynb",
        **LabResult("10 Old", "d", "m", {"b": 1.0}, (1, 2, 3), 1, True).as_dict(),
        "notebook_seconds": {"cpu": 1.0, "wall": 1.0},
    }
    gone = stored | {"notebook": "12_gone.ipynb"}
    two_labs.write([gone, stored], two_labs.circumstances())
    run_main(two_labs, monkeypatch, "--only", "11")
    rows = recorded.load("labs")["rows"]
    assert [row["lab"] for row in rows] == ["10 Old", "11 Example", "11 Example"]
    assert rows[0] == stored


def test_rows_made_in_different_ways_are_not_mixed(two_labs, monkeypatch, capsys):
    now = two_labs.circumstances()
    row = {
        "notebook": "10_one.ipynb",
        **LabResult("1", "d", "m", {"b": 1.0}, (1, 2, 3), 1, True).as_dict(),
    }
    two_labs.write([row], now)
    before = two_labs.TABLE.read_text(encoding="utf-8")
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    with pytest.raises(SystemExit):
        run_main(two_labs, monkeypatch, "--only", "11")
    assert "with other versions or settings: run all of them" in capsys.readouterr().err
    assert two_labs.TABLE.read_text(encoding="utf-8") == before


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (["raise ValueError('the data are gone')"], ": the data are gone"),
        (["1 + 1"], "10_one.ipynb shows no result; expected a LabResult"),
        ([SHOWS.format(lab="10 A", lstm=(1, 2))], "expected at least three"),
        (["import os; os._exit(1)"], "10_one.ipynb stopped"),
    ],
)
def test_a_lab_that_gives_no_result_ends_the_run(small, monkeypatch, capsys, cells, words):
    put_lab(small, "10_one.ipynb", *cells)
    page = small.PAGE.read_text(encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        run_main(small, monkeypatch)
    assert ended.value.code == 1
    said = capsys.readouterr().err
    assert words in said
    assert "Nothing was written." in said
    assert not small.TABLE.exists()
    assert small.PAGE.read_text(encoding="utf-8") == page


def test_a_lab_that_does_not_exist_is_named(two_labs, monkeypatch, capsys):
    with pytest.raises(SystemExit):
        run_main(two_labs, monkeypatch, "--only", "13")
    assert "got the labs ['13']; expected some of 10, 11" in capsys.readouterr().err


@pytest.mark.parametrize(
    "page", ["", "<!-- labs -->\n", "<!-- /labs -->\n<!-- labs -->\n", "<!-- labs -->\n" * 2]
)
def test_a_page_without_a_place_is_refused(script, table, page):
    with pytest.raises(script.LabError, match="no place for the table"):
        script.into_page(page, table)


def test_what_is_written_can_be_read_by_people(two_labs):
    row = LabResult("10 Über", "d", "m", {"b": 1.0}, (1, 2, 3), 1, True).as_dict()
    two_labs.write([{"notebook": "10_one.ipynb", **row}], two_labs.circumstances())
    text = two_labs.TABLE.read_text(encoding="utf-8")
    assert "Über" in text
    assert text.count("\n  {") == 1  # a line for each lab
    assert json.loads(text) == recorded.load("labs")
