"""Lesson 10, second exercise: one window for each day that is judged."""

from __future__ import annotations

import numpy as np

from lstm_helpers.checks import Case, Exercise, Misconception, Output


def forecast_windows(series, length, first):
    """Cut one window for each row from ``first`` to the end: the rows just before it.

    Parameters
    ----------
    series : ndarray (n_total, D)
        One row for each day; column 0 is the target.
    length : int
        Rows in a window.
    first : int
        The first row that is to be forecast; at least ``length``.

    Returns
    -------
    X : ndarray (m, length, D)
        With m = n_total - first.
    y : ndarray (m,)
        Column 0 of the rows that are forecast.
    """
    X = np.stack([series[row - length : row] for row in range(first, len(series))])
    return X, series[first:, 0].copy()


def _window_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for n_total, length, D, first in ((21, 5, 3, 10), (19, 4, 2, 6), (17, 6, 1, 8), (16, 3, 2, 9)):
        series = rng.normal(0.0, 1.0, (n_total, D))
        sizes = {"m": n_total - first, "length": length, "D": D}
        note = f"{n_total} rows, length {length} and first {first}"
        cases.append(Case((series, length, first), sizes, note=note))
    return cases


def _cut(series, length, rows, back=0):
    """Windows that end ``back`` rows before the row just before each of ``rows``."""
    X = np.stack([series[row - back - length : row - back] for row in rows])
    return X, series[np.asarray(rows), 0]


def _rows_from(start, drop=0):
    """Windows for other rows than those asked for."""

    def answer(series, length, first):
        return _cut(series, length, range(start(length, first), len(series) - drop))

    return answer


def _shifted(back):
    def answer(series, length, first):
        return _cut(series, length, range(first, len(series)), back)

    return answer


def _without_overlap(series, length, first):
    return _cut(series, length, range(first, len(series), length))


def _one_row_more(series, length, first):
    X = np.stack([series[row - length : row + 1] for row in range(first, len(series))])
    return X, series[first:, 0]


def _wrapped(series, length, first):
    X, _ = forecast_windows(series, length, first)
    return X, np.roll(series[:, 0], -1)[first:]


def _target_of_the_day_before(series, length, first):
    X, _ = forecast_windows(series, length, first)
    return X, series[first - 1 : -1, 0]


def _window_for_tomorrow(series, length, first):
    rows = range(first, len(series) + 1)
    return np.stack([series[row - length : row] for row in rows]), series[first:, 0]


def _last_rows_dropped(drop):
    def answer(series, length, first):
        return _cut(series, length, range(first, len(series) - drop(length)))

    return answer


def _windows_dropped(drop):
    """Windows missing at the end, with all of the targets."""

    def answer(series, length, first):
        X, y = forecast_windows(series, length, first)
        return X[: -drop(length)], y

    return answer


def _reshaped(X):
    """The axes (m, D, length), brought into the wanted shape by reshape."""
    return X.transpose(0, 2, 1).reshape(X.shape)


def _changed(change_x=lambda X: X, change_y=None):
    def answer(series, length, first):
        X, y = forecast_windows(series, length, first)
        return change_x(X), y if change_y is None else change_y(series[first:])

    return answer


FORECAST_WINDOWS = Exercise(
    name="forecast_windows",
    lesson="10",
    title="One window for each day that is judged",
    points=2,
    minutes=10,
    reference=forecast_windows,
    cases=_window_cases,
    outputs=(Output("X", ("m", "length", "D")), Output("y", ("m",))),
    may_call=("make_windows",),
    misconceptions=(
        Misconception(
            "last-day-dropped",
            _rows_from(lambda length, first: first, drop=1),
            "The last day is never forecast, though the days before it are all there. The rows to "
            "forecast are `range(first, len(series))`, without a `- 1`.",
        ),
        Misconception(
            "last-days-dropped",
            _last_rows_dropped(lambda length: length),
            "The last days are never forecast, as if a window had to begin there. Count by the row "
            "that is forecast: the rows are `range(first, len(series))`, and each window ends just "
            "before its own.",
            variants=(
                _last_rows_dropped(lambda length: length - 1),
                _windows_dropped(lambda length: length),
                _windows_dropped(lambda length: length - 1),
            ),
        ),
        Misconception(
            "window-for-tomorrow",
            _window_for_tomorrow,
            "X has one window too many: the last one ends with the last row, for a tomorrow whose "
            "target nobody knows yet. The last window stops just before the last row.",
        ),
        Misconception(
            "first-days-dropped",
            _rows_from(lambda length, first: first + length),
            "The first `length` days from `first` on are never forecast: the windows may not reach "
            "behind `first`. They should. What lies before the day that is forecast is its past, "
            "and knowing the past is no leak.",
        ),
        Misconception(
            "dropped-at-both-ends",
            _rows_from(lambda length, first: first + length, drop=1),
            "Days are missing at both ends, as in the source: the first `length` from `first` on, "
            "and the very last. Each row from `first` to the end has `length` rows before it; use "
            "them all.",
        ),
        Misconception(
            "first-ignored",
            _rows_from(lambda length, first: length),
            "There are windows for all rows that have one, training rows as well. Only the rows "
            "from `first` on are wanted.",
            variants=(_rows_from(lambda length, first: length, drop=1),),
        ),
        Misconception(
            "starts-one-day-off",
            _rows_from(lambda length, first: first + 1),
            "The first row that is forecast should be row `first` itself; yours is one beside it.",
            variants=(_rows_from(lambda length, first: first - 1),),
        ),
        Misconception(
            "target-inside-window",
            _shifted(-1),
            "The last row of each window is the day that should be forecast, so the answer stands "
            "among the inputs. `series[row - length : row]` ends just before `row`.",
            variants=(_one_row_more,),
        ),
        Misconception(
            "a-day-lost",
            _shifted(1),
            "The windows end one day too early: yesterday is missing from each. The window for "
            "`row` is `series[row - length : row]`.",
        ),
        Misconception(
            "target-wrapped-around",
            _wrapped,
            "Each target is one day late, and the last one comes from the beginning of the series: "
            "`np.roll` wraps around. y is column 0 of the rows from `first` on.",
        ),
        Misconception(
            "targets-a-day-early",
            _target_of_the_day_before,
            "Each target is that of the day before, and it stands in its own window already. y is "
            "column 0 of the rows from `first` on: `series[first:, 0]`.",
        ),
        Misconception(
            "windows-do-not-overlap",
            _without_overlap,
            "The windows stand side by side, so most days are never forecast. Every row from "
            "`first` on gets a window of its own.",
        ),
        Misconception(
            "column-zero-only",
            _changed(lambda X: X[:, :, 0]),
            "X holds column 0 only. All D columns are inputs; only the target is column 0 alone.",
            variants=(_changed(lambda X: X[:, :, :1]),),
        ),
        Misconception(
            "column-zero-left-out",
            _changed(lambda X: X[:, :, 1:]),
            "Column 0 is left out of X. It is the target only on the day that is forecast; what it "
            "was on the days before is known, and an input like the others. All D columns go in.",
        ),
        Misconception(
            "target-as-column",
            _changed(change_y=lambda rows: rows[:, :1]),
            "y has a second axis of length 1. Later, (m, 1) minus (m,) would silently make a table "
            "of m × m differences. Index the column with a number, `[:, 0]`, not a slice.",
        ),
        Misconception(
            "all-columns-as-target",
            _changed(change_y=lambda rows: rows),
            "y holds every column. Only column 0 is the target: `[:, 0]`.",
        ),
        Misconception(
            "last-column-as-target",
            _changed(change_y=lambda rows: rows[:, -1]),
            "y holds the last column. The target is column 0.",
        ),
        Misconception(
            "features-first",
            _changed(lambda X: X.transpose(0, 2, 1)),
            "The axes of X are (m, D, length). Time comes before features: (m, length, D).",
        ),
        Misconception(
            "reshaped-for-transposed",
            _changed(_reshaped),
            "X has the right shape, but days and columns are mixed up: `reshape` reads the numbers "
            "on in their old order. To exchange two axes use `transpose` or `swapaxes`.",
        ),
        Misconception(
            "flattened",
            _changed(lambda X: X.reshape(len(X), -1)),
            "Each window is one long row. Keep the axes apart: (m, length, D).",
        ),
        Misconception(
            "newest-first",
            _changed(lambda X: X[:, ::-1]),
            "Time runs backwards in each window. The oldest row comes first.",
        ),
    ),
    hints=(
        "Take 6 rows, length 2 and first 4. Which rows are forecast? Which two rows stand before "
        "each of them? Does it matter on which side of `first` they lie?",
        "Count by the row that is forecast, not by the row where a window starts: for each `row` "
        "in `range(first, len(series))` the window is the `length` rows before it.",
        "X stacks `series[row - length : row]` over these rows (`np.stack` does it), and y is "
        "`series[first:, 0]`.",
    ),
)
