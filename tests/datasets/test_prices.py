"""The prices are what the lab says, and a doctored file is refused with a sentence."""

import gzip
import importlib.util
import subprocess
import sys

import numpy as np
import pytest

from lstm_helpers.datasets.base import DatasetError, find_package_file, package_version
from lstm_helpers.datasets.prices import FILE, PACKAGE, SHARES, load_prices, read_prices


@pytest.fixture(scope="module")
def apple():
    return load_prices("AAPL")


@pytest.fixture(scope="module")
def lines():
    path = find_package_file(PACKAGE, FILE)
    text = gzip.decompress(path.read_bytes()).decode("utf-8")
    return [line for line in text.splitlines() if line.startswith(("Ticker", "AAPL"))]


@pytest.mark.parametrize("symbol", SHARES)
def test_thirteen_years_of_trading_days(symbol):
    prices = load_prices(symbol)
    assert prices.dates.dtype == np.dtype("datetime64[D]")
    assert (str(prices.dates[0]), str(prices.dates[-1])) == ("2000-03-01", "2013-03-01")
    assert np.is_busday(prices.dates).all()
    assert np.diff(prices.dates).max() == np.timedelta64(7, "D")
    for name in ("open", "high", "low", "close", "adj_close", "volume"):
        assert getattr(prices, name).shape == (3270,)
    assert prices.volume.dtype == np.int64


def test_values_are_those_of_the_file(apple, lines):
    assert lines[1] == "AAPL,2000-03-01,118.56,132.06,118.5,130.31,9616100,4.186662803811"
    names = ("open", "high", "low", "close", "volume", "adj_close")
    first = [getattr(apple, name)[0] for name in names]
    assert first == [118.56, 132.06, 118.5, 130.31, 9616100, 4.186662803811]


def test_apple_without_an_argument(apple):
    assert np.array_equal(load_prices().close, apple.close)


@pytest.mark.parametrize(
    ("symbol", "days"),
    [("AAPL", ["2000-06-21", "2005-02-28"]), ("IBM", []), ("MSFT", ["2003-02-18", "2004-11-15"])],
)
def test_the_faults_that_about_tells_are_there(symbol, days):
    prices = load_prices(symbol)
    gap = np.diff(np.log(prices.close)) - np.diff(np.log(prices.adj_close))
    assert [str(day) for day in prices.dates[1:][gap < -0.02]] == days
    assert all(day in prices.about.faults[0] for day in days)
    dividends = np.abs(gap[(gap < -1e-4) & (gap > -0.02)])
    assert dividends.max() < 0.01
    assert len(dividends) == {"AAPL": 3, "IBM": 52, "MSFT": 36}[symbol]
    if symbol == "IBM":
        assert 0.001 < dividends.min() < dividends.max() < 0.006
    closed = (prices.dates > np.datetime64("2001-09-10")) & (
        prices.dates < np.datetime64("2001-09-17")
    )
    assert not closed.any()


def test_about_says_everything(apple):
    text = str(apple.about)
    for part in ("Apple", "3,270 rows", "2000-03-01 to 2013-03-01", "US$", "public domain"):
        assert part in text
    assert f"bokeh_sampledata {package_version('bokeh_sampledata')}" in text
    assert set(apple.about.columns) <= set(vars(apple))


@pytest.mark.parametrize("symbol", ["GOOG", "aapl", ""])
def test_other_shares_are_refused(symbol):
    with pytest.raises(ValueError, match="expected one of AAPL, IBM, MSFT, in capitals"):
        load_prices(symbol)


def test_bokeh_and_pandas_are_not_imported():
    program = (
        "import sys; from lstm_helpers.datasets.prices import load_prices; load_prices(); "
        "print(sorted({'bokeh_sampledata', 'pandas', 'matplotlib'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr


def put(number, line):
    def change(lines):
        lines[number] = line

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
        (put(0, "Ticker,Date,Open,High,Low,Close,Volume"), "it begins with"),
        (remove(0), "it begins with"),
        (remove(100), "it has 3269 days of AAPL"),
        (swap, "the days of AAPL do not rise"),
        (put(1, "AAPL,2000-02-29,118.5,132.0,118.5,130.3,9616100,4.18"), "do not rise from 2000"),
        (put(2, "AAPL,02.03.2000,127,127.9,120.6,122,2779100,3.9"), "a row of AAPL cannot be read"),
        (put(2, "AAPL,2000-03-02,127,127.9,,122,2779100,3.9"), "a row of AAPL cannot be read"),
        (put(2, "AAPL,2000-03-02,127,127.9,120.6,122,2779100"), "a row of AAPL cannot be read"),
        (put(2, "AAPL,2000-03-02,127,127.9,120.6,nan,2779100,3.9"), "on 2000-03-02 are impossible"),
        (put(2, "AAPL,2000-03-02,127,127.9,120.6,119,2779100,3.9"), "on 2000-03-02 are impossible"),
        (put(2, "AAPL,2000-03-02,127,121,120.6,120.8,2779100,3.9"), "on 2000-03-02 are impossible"),
        (put(2, "AAPL,2000-03-02,127,127.9,120.6,122,0,3.9"), "on 2000-03-02 are impossible"),
    ],
)
def test_doctored_files_are_refused(tmp_path, lines, change, words):
    doctored = list(lines)
    change(doctored)
    path = tmp_path / "prices.csv.gz"
    path.write_bytes(gzip.compress("\n".join(doctored).encode(), 1))
    with pytest.raises(DatasetError, match=words) as caught:
        read_prices(path, "AAPL", "2026.1")
    assert "pip install --force-reinstall bokeh_sampledata==2026.1" in str(caught.value)


def test_what_is_no_table_is_refused(tmp_path, lines):
    path = tmp_path / "prices.csv.gz"
    packed = gzip.compress("\n".join(lines).encode(), 1)
    for content, words in (
        (b"", "it begins with"),
        (b"Ticker,Date", "it cannot be read"),
        (packed[: len(packed) // 2], "it cannot be read"),
        (gzip.compress(b"\xff\xfe\x00"), "it cannot be read"),
    ):
        path.write_bytes(content)
        with pytest.raises(DatasetError, match=words):
            read_prices(path, "AAPL", "2026.1")


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(DatasetError, match="bokeh_sampledata, which carries the data, is not inst"):
        load_prices()
