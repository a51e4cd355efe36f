"""The river Fulda at Grebenau, Germany: ten years of daily weather and discharge.

The course's running data set. Rain and melting snow flow in, discharge flows out, and soil and
snow are the reservoir between them. The file is read by path from the installed package spotpy.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from lstm_helpers.datasets.base import About, DatasetError, find_package_file, package_version

Array = npt.NDArray[np.float64]
Dates = np.ndarray[Any, np.dtype[np.datetime64]]

PACKAGE = "spotpy"
FILE = "examples/cmf_data/fulda_climate.csv"
FIRST_DAY = np.datetime64("1979-01-01")
NUM_DAYS = 3653
HEADER = ["date", "tmax", "tmin", "tmean", "Prec", "Q"]
UNITS = ["#", "°C", "°C", "°C", "mm/day", "m³/s"]
COLUMNS = {
    "discharge": "m³/s: water that flows past the gauge, mean of the day",
    "precipitation": "mm/day: rain and snow, mean over the catchment",
    "temperature_mean": "°C: mean of the day's lowest and highest",
    "temperature_min": "°C: lowest of the day",
    "temperature_max": "°C: highest of the day",
}


@dataclass(frozen=True)
class River:
    """Daily weather and discharge; every array has one entry for each day.

    Parameters
    ----------
    dates : ndarray of datetime64[D] (n,)
        The days, without gaps.
    discharge : ndarray (n,)
        In m³/s.
    precipitation : ndarray (n,)
        In mm/day, rain and snow together.
    temperature_mean, temperature_min, temperature_max : ndarray (n,)
        In °C.
    about : About
        Source, units, known faults.
    """

    dates: Dates
    discharge: Array
    precipitation: Array
    temperature_mean: Array
    temperature_min: Array
    temperature_max: Array
    about: About

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the measured columns, the discharge first."""
        return tuple(COLUMNS)

    def table(self, columns: Sequence[str] | None = None) -> Array:
        """Put columns side by side.

        Parameters
        ----------
        columns : sequence of str, optional
            Their names, in the order wanted. Without it, all of `columns`.

        Returns
        -------
        ndarray (n, D)
            A new float64 array.

        Raises
        ------
        ValueError
            If a name is unknown or none is given.

        Examples
        --------
        >>> load_river().table(["discharge", "precipitation"]).shape
        (3653, 2)
        """
        names = self.columns if columns is None else tuple(columns)
        unknown = [name for name in names if name not in COLUMNS]
        if unknown or not names or isinstance(columns, str):
            raise ValueError(
                f"got {columns!r} for the columns; expected a list of some of {', '.join(COLUMNS)}"
            )
        return np.stack([getattr(self, name) for name in names], axis=1)


def load_river() -> River:
    """Load the river.

    Returns
    -------
    River
        3,653 days, 1979 to 1988.

    Raises
    ------
    DatasetError
        If spotpy is not installed, or its file is missing or not what the course expects.

    References
    ----------
    .. [1] T. Houska, P. Kraft, A. Chamorro-Chavez, L. Breuer, "SPOTting model parameters using a
       ready-made Python package", PLoS ONE 10 (2015), e0145180,
       doi:10.1371/journal.pone.0145180.

    Examples
    --------
    >>> river = load_river()
    >>> str(river.dates[0]), float(river.discharge[0])
    ('1979-01-01', 143.0)
    """
    path = find_package_file(PACKAGE, FILE)
    return read_river(path, package_version(PACKAGE))


def read_river(path: Path, version: str) -> River:
    """Read the river from a file and check that it holds what the course expects.

    Parameters
    ----------
    path : Path
        A file with the columns of `HEADER`.
    version : str
        Version of the package that it comes from.

    Returns
    -------
    River
        The data.

    Raises
    ------
    DatasetError
        If anything is not as expected.
    """
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            rows = [row for row in csv.reader(lines) if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        _refuse(path, f"it cannot be read ({error})")
    if rows[:2] != [HEADER, UNITS]:
        _refuse(path, f"it begins with {rows[:2]}; expected the columns {HEADER} in {UNITS}")
    try:
        days = [datetime.strptime(row[0], "%d.%m.%Y").date() for row in rows[2:]]
        values = np.array([[float(text) for text in row[1:]] for row in rows[2:]])
        dates = np.array(days, dtype="datetime64[D]")
    except ValueError as error:
        _refuse(path, f"a row cannot be read ({error})")
    if values.shape != (NUM_DAYS, 5):
        _refuse(path, f"it has {len(values)} days; expected {NUM_DAYS} days of 5 columns")
    if not np.array_equal(dates, FIRST_DAY + np.arange(NUM_DAYS)):
        _refuse(path, f"its days are not all days from {FIRST_DAY} on")
    highest, lowest, mean, precipitation, discharge = values.T.copy()
    possible = np.isfinite(values).all(axis=1)
    possible &= (lowest <= mean) & (mean <= highest) & (precipitation >= 0) & (discharge > 0)
    if not possible.all():
        _refuse(path, f"the values of {dates[~possible][0]} are impossible")
    return River(dates, discharge, precipitation, mean, lowest, highest, _about(dates, version))


def _refuse(path: Path, what: str) -> NoReturn:
    raise DatasetError(
        f"the river's file {path} is not the one this course was written for: {what}; run "
        f"`python -m pip install --force-reinstall {PACKAGE}==1.6.7`"
    )


def _about(dates: Dates, version: str) -> About:
    return About(
        title="The river Fulda at Grebenau, Germany",
        description=(
            "Weather over 2,976 km² of low mountains, and the water that leaves them. The file "
            "comes with the example of a rainfall-runoff model."
        ),
        columns=COLUMNS,
        period=f"daily, {dates[0]} to {dates[-1]}",
        rows=len(dates),
        package=PACKAGE,
        version=version,
        licence="MIT",
        source="T. Houska et al., PLoS ONE 10 (2015) e0145180, doi:10.1371/journal.pone.0145180.",
        faults=(
            "No day is missing and no value is impossible.",
            "temperature_mean is no measurement of its own: it is (min + max) / 2 on every day.",
            "Discharge is rounded to three digits, so 250 stands for 249.5 to 250.5.",
            "Rain and snow are one column, and snow on the ground is in none.",
            "The file does not say at which hour its days begin; rain of the evening may stand "
            "beside the discharge of the morning.",
        ),
    )
