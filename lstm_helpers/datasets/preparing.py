"""Cutting a series by time, and scaling it with numbers from the training part alone."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating[Any]]


class Split(NamedTuple):
    """Three parts of a series, one after the other: slices of rows.

    Parameters
    ----------
    train : slice
        To fit on.
    validation : slice
        To choose by.
    test : slice
        To report on, once.
    """

    train: slice
    validation: slice
    test: slice


def split_by_time(
    dates: np.ndarray[Any, np.dtype[np.datetime64]], validation_from: str, test_from: str
) -> Split:
    """Cut a series at two dates: what is learned from lies before what is judged on.

    Parameters
    ----------
    dates : ndarray of datetime64 (n,)
        Rising.
    validation_from, test_from : str
        First day of the second and of the third part, such as ``"1985-01-01"``.

    Returns
    -------
    Split
        Slices for ``series[split.train]`` and so on; together they hold every row once.

    Raises
    ------
    ValueError
        If the dates do not rise, or a part would be empty.

    Examples
    --------
    >>> days = np.arange("2000-01-01", "2000-01-11", dtype="datetime64[D]")
    >>> split_by_time(days, "2000-01-07", "2000-01-09").validation
    slice(6, 8, None)
    """
    if dates.ndim != 1 or not (np.diff(dates).astype(np.int64) > 0).all():
        raise ValueError(
            "the dates do not rise from row to row; expected one axis in order of time: sort the "
            "series by its dates first"
        )
    first, second = np.searchsorted(
        dates, [np.datetime64(validation_from), np.datetime64(test_from)]
    )
    if not 0 < first < second < len(dates):
        period = f"{dates[0]} to {dates[-1]}" if len(dates) else "no dates"
        raise ValueError(
            f"got {validation_from} and {test_from} as the first days of validation and test; "
            f"expected two days in this order within {period}, so that no part is empty"
        )
    return Split(slice(0, int(first)), slice(int(first), int(second)), slice(int(second), None))


class Standardizer(NamedTuple):
    """Shift and scale of each column. Made by `fit_standardizer`.

    Parameters
    ----------
    mean, std : ndarray (D,)
        Of the rows it was fitted on, in each column's own unit.
    """

    mean: Array
    std: Array

    def transform(self, values: Array) -> Array:
        """Scale: columns of the fitted rows get mean 0 and standard deviation 1.

        Parameters
        ----------
        values : ndarray (..., D)
            In the columns' own units.

        Returns
        -------
        ndarray (..., D)
            Without unit.
        """
        return (values - self.mean) / self.std

    def inverse(self, values: Array, column: int) -> Array:
        """Bring one column back to its own unit.

        Parameters
        ----------
        values : ndarray
            Scaled values of one column, any shape.
        column : int
            Which one.

        Returns
        -------
        ndarray
            Of the same shape, in the column's unit.
        """
        restored: Array = values * self.std[column] + self.mean[column]
        return restored


def fit_standardizer(train: Array) -> Standardizer:
    """Take mean and standard deviation of each column.

    Parameters
    ----------
    train : ndarray (n, D)
        The training rows, and no others: the mean of all rows knows the future.

    Returns
    -------
    Standardizer
        To be applied to every part.

    Raises
    ------
    ValueError
        If there are not two axes, or a column is not finite or constant.

    Examples
    --------
    >>> scaler = fit_standardizer(np.array([[1.0, 10.0], [3.0, 30.0]]))
    >>> scaler.transform(np.array([[3.0, 10.0]]))
    array([[ 1., -1.]])
    """
    if train.ndim != 2 or not len(train):
        raise ValueError(
            f"got an array of shape {train.shape}; expected (n, D) with at least one row: fit on "
            "the table, before cutting windows"
        )
    mean, std = train.mean(axis=0), train.std(axis=0)
    usable = np.isfinite(std) & (std > 0)
    if not usable.all():
        raise ValueError(
            f"column {int(np.flatnonzero(~usable)[0])} is constant or holds nan or inf; expected "
            "finite values that vary: drop or mend the column"
        )
    return Standardizer(mean, std)
