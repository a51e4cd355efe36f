"""Daily prices of three shares, 2000 to 2013: what a day began with, reached, and closed at.

The file is read by path from the installed package bokeh_sampledata. `Prices` is also what the
optional download of recent prices returns.
"""

from __future__ import annotations

import csv
import gzip
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from lstm_helpers.datasets.base import About, DatasetError, find_package_file, package_version

Array = npt.NDArray[np.float64]
Dates = np.ndarray[Any, np.dtype[np.datetime64]]

PACKAGE = "bokeh_sampledata"
FILE = "_data/stocks.csv.gz"
SHARES = {"AAPL": "Apple", "IBM": "IBM", "MSFT": "Microsoft"}
FIRST_DAY = np.datetime64("2000-03-01")
LAST_DAY = np.datetime64("2013-03-01")
NUM_DAYS = 3270
HEADER = ["Ticker", "Date", "Open", "High", "Low", "Close", "Volume", "Adj Close"]
COLUMNS = {
    "open": "US$: first price of the day, as it was paid",
    "high": "US$: highest price of the day, as it was paid",
    "low": "US$: lowest price of the day, as it was paid",
    "close": "US$: last price of the day, as it was paid",
    "adj_close": "US$: last price, as if later splits and dividends had been before",
    "volume": "shares that changed hands on the day, as they were counted then",
}


@dataclass(frozen=True)
class Prices:
    """Daily prices of one share; every array has one entry for each trading day.

    Parameters
    ----------
    dates : ndarray of datetime64[D] (n,)
        The trading days, rising; weekends and holidays are not among them.
    open, high, low, close : ndarray (n,)
        In US$. Those of `load_prices` are as they were paid.
    adj_close : ndarray (n,)
        In US$, adjusted for splits and dividends.
    volume : ndarray of int64 (n,)
        Shares traded.
    about : About
        Source, units, known faults.
    """

    dates: Dates
    open: Array
    high: Array
    low: Array
    close: Array
    adj_close: Array
    volume: npt.NDArray[np.int64]
    about: About


def load_prices(symbol: str = "AAPL") -> Prices:
    """Load thirteen years of daily prices of one share.

    Parameters
    ----------
    symbol : str
        One of ``"AAPL"``, ``"IBM"``, ``"MSFT"``.

    Returns
    -------
    Prices
        3,270 trading days, 2000-03-01 to 2013-03-01.

    Raises
    ------
    ValueError
        If the symbol is another one.
    DatasetError
        If bokeh_sampledata is not installed, or its file is missing or not what the course
        expects.

    Examples
    --------
    >>> apple = load_prices("AAPL")
    >>> str(apple.dates[0]), float(apple.close[0])
    ('2000-03-01', 130.31)
    """
    if symbol not in SHARES:
        raise ValueError(
            f"got {symbol!r} for the share; expected one of {', '.join(SHARES)}, in capitals"
        )
    path = find_package_file(PACKAGE, FILE)
    return read_prices(path, symbol, package_version(PACKAGE))


def read_prices(path: Path, symbol: str, version: str) -> Prices:
    """Read one share from a file and check that it holds what the course expects.

    Parameters
    ----------
    path : Path
        A compressed table with the columns of `HEADER`.
    symbol : str
        One of `SHARES`.
    version : str
        Version of the package that the file comes from.

    Returns
    -------
    Prices
        The data.

    Raises
    ------
    DatasetError
        If anything is not as expected.
    """
    try:
        with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
            header, *rows = [row for row in csv.reader(lines) if row] or [[]]
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        _refuse(path, f"it cannot be read ({error})")
    if header != HEADER:
        _refuse(path, f"it begins with {header}; expected the columns {HEADER}")
    rows = [row[1:] for row in rows if row[0] == symbol]
    try:
        dates = np.array([row[0] for row in rows], dtype="datetime64[D]")
        values = np.array([[float(text) for text in row[1:]] for row in rows])
    except ValueError as error:
        _refuse(path, f"a row of {symbol} cannot be read ({error})")
    if values.shape != (NUM_DAYS, 6):
        _refuse(path, f"it has {len(values)} days of {symbol}; expected {NUM_DAYS} of 6 columns")
    rising = bool((np.diff(dates).astype(np.int64) > 0).all())
    if not rising or (dates[0], dates[-1]) != (FIRST_DAY, LAST_DAY):
        _refuse(path, f"the days of {symbol} do not rise from {FIRST_DAY} to {LAST_DAY}")
    first, high, low, close, volume, adjusted = values.T.copy()
    possible = np.isfinite(values).all(axis=1) & (values > 0).all(axis=1)
    possible &= (low <= np.minimum(first, close)) & (np.maximum(first, close) <= high)
    if not possible.all():
        _refuse(path, f"the values of {symbol} on {dates[~possible][0]} are impossible")
    about = _about(symbol, dates, version)
    return Prices(dates, first, high, low, close, adjusted, volume.astype(np.int64), about)


def _refuse(path: Path, what: str) -> NoReturn:
    raise DatasetError(
        f"the file of prices {path} is not the one this course was written for: {what}; run "
        f"`python -m pip install --force-reinstall {PACKAGE}==2026.1`"
    )


FAULTS = {
    "AAPL": "close halves overnight on 2000-06-21 and on 2005-02-28: every share became two.",
    "IBM": "A dividend of 0.1 to 0.6 % four times a year is in adj_close and not in close.",
    "MSFT": (
        "close halves overnight on 2003-02-18, when every share became two, and falls by a tenth "
        "on 2004-11-15, when three dollars for each share were paid out."
    ),
}


def _about(symbol: str, dates: Dates, version: str) -> About:
    return About(
        title=f"Prices of {SHARES[symbol]} ({symbol})",
        description=(
            "What one share cost on a stock exchange in New York, day by day, in the collection "
            "WIKI Prices that volunteers kept at Quandl until 2018."
        ),
        columns=COLUMNS,
        period=f"trading days, {dates[0]} to {dates[-1]}",
        rows=len(dates),
        package=PACKAGE,
        version=version,
        licence="BSD-3-Clause; the prices are in the public domain",
        source="Quandl WIKI Prices, https://data.nasdaq.com/databases/WIKIP.",
        faults=(
            FAULTS[symbol],
            "adj_close looks back from a day after 2013: no one paid these prices, and who looks "
            "back from another day gets other ones. Their ratios from day to day stay.",
            "Only adj_close is adjusted: beside it, open, high, low and volume need care.",
            "No weekends and holidays, and no 11 to 14 September 2001.",
            "A share that still exists is a survivor; most of its rivals of 2000 do not.",
        ),
    )
