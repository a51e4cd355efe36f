"""Daily prices up to today, from Yahoo Finance through yfinance.

yfinance is an extra: it follows an interface that Yahoo neither documents nor promises, so it has
to be newer than the rest of the course. It runs in an interpreter of its own (`yahoo_table`).
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile
from datetime import date
from importlib import util
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import numpy as np

from lstm_helpers.datasets.base import About, DatasetError
from lstm_helpers.datasets.downloads.attempts import Patience, TransferError, in_attempts
from lstm_helpers.datasets.downloads.cache import cache_folder, new_file, refuse_or_warn
from lstm_helpers.datasets.downloads.transfer import bar
from lstm_helpers.datasets.prices import Prices

COLUMNS = {
    "open": "first price of the day, adjusted for splits",
    "high": "highest price of the day, adjusted for splits",
    "low": "lowest price of the day, adjusted for splits",
    "close": "last price of the day, adjusted for splits",
    "adj_close": "last price of the day, adjusted for splits and dividends",
    "volume": "shares that changed hands on the day, adjusted for splits",
}
YAHOO_COLUMNS = dict(
    zip(COLUMNS, ("Open", "High", "Low", "Close", "Adj Close", "Volume"), strict=True)
)
PROGRAM = ("-P", "-m", "lstm_helpers.datasets.downloads.yahoo_table")
"""What a new Python runs to ask Yahoo; -P: it imports nothing from the folder one works in."""
LONGEST_ATTEMPT = 300.0  # seconds
SYMBOL = re.compile(r"[A-Z0-9^][A-Z0-9.^=-]{0,19}")


class _Wanted(NamedTuple):
    """What is asked for, and by which call."""

    symbol: str
    start: str
    call: str


class _Fetched(NamedTuple):
    """What was fetched: a column for each name in `COLUMNS`."""

    dates: Any
    columns: dict[str, Any]
    day: str
    version: str


def load_prices_to_today(
    symbol: str = "AAPL",
    download: bool = False,
    *,
    start: str = "2000-03-01",
    cache: str | Path | None = None,
    timeout: float = 20.0,
    attempts: int = 4,
    pause: float = 1.0,
    progress: bool = True,
) -> Prices:
    """Load daily prices up to today; the first time of each day over the network.

    Parameters
    ----------
    symbol : str, optional
        As Yahoo Finance writes it: ``"AAPL"``, ``"^GSPC"``, ``"SAP.DE"``.
    download : bool, optional
        True: fetch them, unless that was done today. False: nothing is fetched, and what was
        fetched last is loaded, whenever that was.
    start : str, optional
        First day, such as ``"2000-03-01"``.
    cache : str or Path, optional
        Where prices are kept; by default the folder that the system has for such files.
    timeout : float, optional
        Seconds without a sign of the server after which an attempt has failed.
    attempts : int, optional
        How many attempts at most.
    pause : float, optional
        Seconds between the first two attempts; each further pause is twice as long.
    progress : bool, optional
        False: no progress bar.

    Returns
    -------
    Prices
        In the currency of the exchange; ``about.period`` says up to which day.

    Raises
    ------
    DatasetError
        If they are not in the cache or damaged and ``download`` is False, if yfinance is not
        installed, if Yahoo knows no such symbol, or if they cannot be fetched or are impossible.
    ValueError
        If the symbol or the day is none, or a number of attempts or seconds is impossible.

    Warns
    -----
    UserWarning
        If what was in the cache was damaged, and is fetched anew.
    """
    if not SYMBOL.fullmatch(symbol):
        raise ValueError(
            f"got {symbol!r} for the share; expected a symbol as Yahoo Finance writes it, in "
            "capitals, such as 'AAPL' or '^GSPC'"
        )
    start = _day(start)
    wanted = _Wanted(symbol, start, f"load_prices_to_today({symbol!r}, download=True)")
    path = cache_folder(cache) / f"prices-{quote(symbol, safe='')}-{start}.npz"
    kept = _read_cache(path, wanted, download)
    if kept is None or (download and kept.day != _today()):
        kept = in_attempts(
            lambda: _ask_yahoo(wanted, timeout, progress),
            Patience(timeout, attempts, pause),
            f"the prices of {symbol} could not be fetched from Yahoo Finance",
        )
        with new_file(path) as file:
            np.savez_compressed(
                file,
                **kept.columns,
                dates=kept.dates,
                about=np.array([symbol, start, kept.day, kept.version]),
            )
    return Prices(kept.dates, **kept.columns, about=_about(wanted, kept))


def _read_cache(path: Path, wanted: _Wanted, download: bool) -> _Fetched | None:
    """Read what was fetched before; None if there is nothing and it may be fetched."""
    if not path.is_file():
        if download:
            return None
        raise DatasetError(
            f"prices of {wanted.symbol} since {wanted.start} are not on this computer (looked in "
            f"{path.parent}); call {wanted.call}, which fetches them from Yahoo Finance and keeps "
            "them, or load_prices(), which needs no network"
        )
    try:
        # A zip archive: it notices by itself if a byte is wrong.
        with path.open("rb") as stream, np.load(stream) as arrays:
            symbol, start, day, version = (str(text) for text in arrays["about"])
            columns = {name: arrays[name] for name in COLUMNS}
            fetched = _Fetched(arrays["dates"], columns, day, version)
        if (symbol, start) != (wanted.symbol, wanted.start):
            raise ValueError(f"it holds {symbol} since {start}")
        _require_prices(fetched)
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
        refuse_or_warn(path, str(error) or type(error).__name__, wanted.call, download)
        return None
    return fetched


def _ask_yahoo(wanted: _Wanted, timeout: float, progress: bool) -> _Fetched:
    """One attempt."""
    if util.find_spec("yfinance") is None:
        raise DatasetError(
            "prices up to today come through the package yfinance, which is not installed; run "
            "`python -m pip install yfinance` in the course's environment"
        )
    question = {"symbol": wanted.symbol, "start": wanted.start, "timeout": timeout}
    with bar(wanted.symbol, 1, " table", progress) as shown:
        try:
            done = subprocess.run(
                [sys.executable, *PROGRAM],
                input=json.dumps(question),
                capture_output=True,
                encoding="utf-8",
                timeout=LONGEST_ATTEMPT,
            )
        except subprocess.TimeoutExpired as error:
            raise TransferError(f"nothing came for {LONGEST_ATTEMPT:g} seconds") from error
        shown.update()
    if done.returncode:
        *_, last = ["it said nothing", *done.stderr.splitlines()]
        raise DatasetError(
            f"yfinance, which fetches the prices, does not work here: {last}; run "
            "`python -m pip install --upgrade yfinance` in the course's environment"
        )
    answer = json.loads(done.stdout.splitlines()[-1])
    if "failed" in answer:
        raise TransferError(answer["failed"])
    if "unknown" in answer:
        raise DatasetError(
            f"Yahoo Finance has no prices of {wanted.symbol} since {wanted.start} "
            f"({answer['unknown']}); look its symbol up at https://finance.yahoo.com/lookup"
        )
    return _taken_from(answer)


def _taken_from(answer: dict[str, Any]) -> _Fetched:
    missing = [name for name in YAHOO_COLUMNS.values() if name not in answer["columns"]]
    if missing:
        raise TransferError(f"the table that came has no {', '.join(missing)}")
    columns = {
        name: np.array(answer["columns"][theirs], dtype=np.float64)
        for name, theirs in YAHOO_COLUMNS.items()
    }
    dates = np.array(answer["dates"], dtype="datetime64[D]")
    fetched = _Fetched(dates, columns, _today(), answer["version"])
    try:
        _require_prices(fetched)
    except ValueError as error:
        raise DatasetError(
            f"Yahoo Finance has prices that are impossible: {error}; begin after that day with "
            "start=..., or take another share"
        ) from error
    columns["volume"] = columns["volume"].astype(np.int64)
    return fetched


def _require_prices(fetched: _Fetched) -> None:
    """The schema: one value for each day, days that rise, prices that can be."""
    dates, columns = fetched.dates, fetched.columns
    shapes = {name: values.shape for name, values in columns.items()}
    if dates.dtype != "datetime64[D]" or set(shapes.values()) != {(len(dates),)} or not len(dates):
        raise ValueError(f"{dates.shape} {dates.dtype} days for columns of {shapes}")
    falling = np.diff(dates).astype(np.int64) <= 0
    if falling.any():
        raise ValueError(f"the days do not rise after {dates[:-1][falling][0]}")
    for name, values in columns.items():
        possible = np.isfinite(values) & ((values >= 0) if name == "volume" else (values > 0))
        if not possible.all():
            raise ValueError(
                f"{name} is {values[~possible][0]} on {dates[~possible][0]}, expected a "
                f"{'number from 0 on' if name == 'volume' else 'positive number'}"
            )


def _day(text: str) -> str:
    try:
        return str(date.fromisoformat(text))
    except (TypeError, ValueError):
        raise ValueError(
            f"got {text!r} for the first day; expected one such as '2000-03-01'"
        ) from None


def _today() -> str:
    return str(date.today())


def _about(wanted: _Wanted, fetched: _Fetched) -> About:
    dates = fetched.dates
    return About(
        title=f"Prices of {wanted.symbol}, up to the day on which they were fetched",
        description=f"Fetched on {fetched.day}, in the currency of the exchange.",
        columns=COLUMNS,
        period=f"trading days, {dates[0]} to {dates[-1]}",
        rows=len(dates),
        package="yfinance",
        version=fetched.version,
        licence="the prices belong to Yahoo: for personal use, not to be passed on",
        source=f"https://finance.yahoo.com/quote/{quote(wanted.symbol, safe='')}.",
        faults=(
            "All prices are adjusted for splits already, unlike those of load_prices: a fall by "
            "half on the day of a split cannot be seen.",
            "adj_close looks back from the last day, so every dividend changes all of it: what is "
            "fetched tomorrow may differ. Keep the file with a result.",
            "If the exchange was open, the last day is not over: its close and volume will change.",
            "A share that still exists is a survivor.",
        ),
    )
