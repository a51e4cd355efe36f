"""The river is what the lessons say, and a doctored file is refused with a sentence."""

import importlib.util
import subprocess
import sys

import numpy as np
import pytest

from lstm_helpers.datasets import DatasetError, find_package_file, load_river, package_version
from lstm_helpers.datasets.river import FILE, PACKAGE, read_river


@pytest.fixture(scope="module")
def river():
    return load_river()


@pytest.fixture(scope="module")
def text():
    return find_package_file(PACKAGE, FILE).read_text(encoding="utf-8")


def test_ten_years_without_gaps(river):
    assert river.dates.dtype == np.dtype("datetime64[D]")
    assert str(river.dates[0]) == "1979-01-01"
    assert str(river.dates[-1]) == "1988-12-31"
    assert (np.diff(river.dates) == np.timedelta64(1, "D")).all()


def test_values_are_those_of_the_file(river, text):
    assert "08.02.1984" in text
    flood = river.dates == np.datetime64("1984-02-08")
    assert river.discharge[flood] == 360.0 == river.discharge.max()
    first = [column[0] for column in river.table().T]
    assert first == [143.0, 1.0, -16.5, -20.1, -12.9]


def test_the_faults_that_about_tells_are_there(river):
    middle = (river.temperature_min + river.temperature_max) / 2
    assert np.abs(river.temperature_mean - middle).max() < 1e-9
    assert all(float(f"{value:.3g}") == value for value in river.discharge)
    assert len(river.about.faults) == 5


def test_table_takes_columns_in_the_order_asked_for(river):
    table = river.table(["precipitation", "discharge"])
    assert table.shape == (3653, 2)
    assert table.dtype == np.float64
    assert np.array_equal(table[:, 1], river.discharge)
    table[:] = 0.0
    assert river.discharge.max() == 360.0
    assert river.table().shape[1] == len(river.columns) == 5


@pytest.mark.parametrize("columns", [["snow"], [], "discharge"])
def test_unknown_columns_are_refused(river, columns):
    with pytest.raises(ValueError, match="expected a list of some of discharge, precipitation"):
        river.table(columns)


def test_about_says_everything(river):
    text = str(river.about)
    for part in ("Fulda", "3,653 rows", "1979-01-01 to 1988-12-31", "m³/s", "mm/day", "°C", "MIT"):
        assert part in text
    assert f"spotpy {package_version('spotpy')}" in text
    assert set(river.about.columns) == set(river.columns)


def test_spotpy_and_pandas_are_not_imported():
    program = (
        "import sys; from lstm_helpers.datasets import load_river; load_river(); "
        "print(sorted({'spotpy', 'pandas', 'matplotlib'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr


def doctored(text, change):
    lines = text.splitlines(keepends=True)
    change(lines)
    return "".join(lines)


def put(number, line):
    def change(lines):
        lines[number] = line + "\n"

    return change


def remove(number):
    def change(lines):
        del lines[number]

    return change


def swap(lines):
    lines[40], lines[41] = lines[41], lines[40]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (put(0, "date,tmax,tmin,tmean,P,Q"), "it begins with"),
        (put(1, "#,°F,°F,°F,mm/day,m³/s"), "it begins with"),
        (remove(100), "it has 3652 days"),
        (swap, "its days are not all days"),
        (put(9, "08.01.1979,-0.4,-7.6,-4,,35.7"), "a row cannot be read"),
        (put(9, "1979-01-08,-0.4,-7.6,-4,2.6,35.7"), "a row cannot be read"),
        (put(9, "08.01.1979,-0.4,-7.6,-4,2.6"), "a row cannot be read"),
        (put(9, "08.01.1979,-0.4,-7.6,-4,2.6,nan"), "the values of 1979-01-08 are impossible"),
        (put(9, "08.01.1979,-0.4,-7.6,-4,-1,35.7"), "the values of 1979-01-08 are impossible"),
        (put(9, "08.01.1979,-7.6,-0.4,-4,2.6,35.7"), "the values of 1979-01-08 are impossible"),
    ],
)
def test_doctored_files_are_refused(tmp_path, text, change, words):
    path = tmp_path / "river.csv"
    path.write_text(doctored(text, change), encoding="utf-8")
    with pytest.raises(DatasetError, match=words) as caught:
        read_river(path, "1.6.7")
    assert "pip install --force-reinstall spotpy==1.6.7" in str(caught.value)


def test_an_empty_file_and_one_that_is_not_text(tmp_path):
    path = tmp_path / "river.csv"
    path.write_bytes(b"")
    with pytest.raises(DatasetError, match="it begins with"):
        read_river(path, "1.6.7")
    path.write_bytes(b"\xff\xfe\x00date")
    with pytest.raises(DatasetError, match="it cannot be read"):
        read_river(path, "1.6.7")


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(DatasetError, match="spotpy, which carries the data, is not installed; run"):
        load_river()


def test_a_missing_file_is_named():
    with pytest.raises(DatasetError, match=r"spotpy has no file examples/none.csv.* in spotpy 1"):
        find_package_file("spotpy", "examples/none.csv")


def test_a_missing_version_is_named():
    with pytest.raises(DatasetError, match="no-such-package, which carries the data"):
        package_version("no-such-package")
