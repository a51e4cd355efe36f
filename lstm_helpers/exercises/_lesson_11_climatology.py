"""Lesson 11: the mean of each day of the year, without a look at the years to come."""

from __future__ import annotations

from typing import Any

import numpy as np

from lstm_helpers.checks import Case, Exercise, Misconception, Output
from lstm_helpers.nn.functions import Array


def climatology(day_of_year: Array, discharge: Array, num_train: int) -> Array:
    """For every day what its day of the year had in the mean of the training years.

    Parameters
    ----------
    day_of_year : ndarray of int (n,)
        1 to 366, of each row.
    discharge : ndarray (n,)
        Of each row.
    num_train : int
        So many rows at the beginning are for training.

    Returns
    -------
    ndarray (n,)
        For each row, those of training included, the mean discharge of the training rows with the
        same day of the year; where there is none, the mean of all training rows.

    Examples
    --------
    >>> climatology(np.array([1, 2, 1, 1, 3]), np.array([10.0, 20.0, 30.0, 99.0, 99.0]), 3)
    array([20., 20., 20., 20., 20.])
    """
    days, known = day_of_year[:num_train], discharge[:num_train]
    table = np.full(367, known.mean())
    for day in np.unique(days):
        table[day] = known[days == day].mean()
    means: Array = table[day_of_year]
    return means


def _climate_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for n, num_train, first, year, is_last in (
        (41, 29, 1, 9, False),
        (53, 31, 98, 12, False),
        (37, 22, 352, 15, False),
        (37, 22, 352, 15, True),
    ):
        day_of_year = first + np.arange(n) % year
        # One day that no training year has, as day 366 if none of them is a leap year.
        absent = first + (year - 1 if is_last else int(rng.integers(1, year - 1)))
        day_of_year[:num_train][day_of_year[:num_train] == absent] = absent - 1
        day_of_year[n - 2] = absent
        discharge = rng.gamma(2.0, 15.0, n)
        if is_last:
            discharge[day_of_year == first] = 0.0  # always dry: a mean of 0 is a mean
        note = f"{num_train} training rows and a day of the year that none of them has"
        cases.append(Case((day_of_year, discharge, num_train), {"n": n}, note=note))
    return cases


def _climate(
    choose: Any = lambda k: slice(0, k),
    average: Any = np.mean,
    absent: Any = lambda known, everything: known.mean(),
    shift: int = 0,
) -> Any:
    """A climatology with one of its parts exchanged."""

    def answer(day_of_year, discharge, num_train):
        rows = choose(num_train)
        days, known = day_of_year[rows], discharge[rows]
        means = []
        for day in day_of_year:
            found = known[days == day + shift]
            means.append(average(found) if len(found) else absent(known, discharge))
        return np.array(means)

    return answer


def _mean_of_all(day_of_year, discharge, num_train):
    return np.full(len(discharge), discharge[:num_train].mean())


def _without_the_day_itself(day_of_year, discharge, num_train):
    means = []
    for k, day in enumerate(day_of_year):
        rows = [j for j in range(num_train) if day_of_year[j] == day and j != k]
        means.append(discharge[rows].mean() if rows else discharge[:num_train].mean())
    return np.array(means)


def _only_the_past(day_of_year, discharge, num_train):
    means = []
    for k, day in enumerate(day_of_year):
        rows = [j for j in range(min(k, num_train)) if day_of_year[j] == day]
        means.append(discharge[rows].mean() if rows else discharge[:num_train].mean())
    return np.array(means)


def _up_to_yesterday(day_of_year, discharge, num_train):
    means = []
    for k, day in enumerate(day_of_year):
        rows = [j for j in range(max(k, num_train)) if day_of_year[j] == day]
        means.append(discharge[rows].mean() if rows else discharge[:num_train].mean())
    return np.array(means)


def _after_training(day_of_year, discharge, num_train):
    return climatology(day_of_year, discharge, num_train)[num_train:]


def _the_table(day_of_year, discharge, num_train):
    days, known = day_of_year[:num_train], discharge[:num_train]
    return np.array([known[days == day].mean() for day in np.unique(days)])


def _mean_of_means(day_of_year, discharge, num_train):
    table = _the_table(day_of_year, discharge, num_train)
    return _climate(absent=lambda known, everything: table.mean())(
        day_of_year, discharge, num_train
    )


def _from_neighbours(day_of_year, discharge, num_train):
    table = _the_table(day_of_year, discharge, num_train)
    return np.interp(day_of_year, np.unique(day_of_year[:num_train]), table)


def _training_as_measured(day_of_year, discharge, num_train):
    later = _after_training(day_of_year, discharge, num_train)
    return np.concatenate([discharge[:num_train], later])


def _nan_for_absent(known: Array, everything: Array) -> float:
    return float("nan")


def _looked_up(key: Any) -> Any:
    """Each row looked up in a dict that knows the days of the training rows only."""

    def answer(day_of_year, discharge, num_train):
        days = day_of_year[:num_train]
        means = _the_table(day_of_year, discharge, num_train)
        table = dict(zip(map(key, np.unique(days)), means, strict=True))
        return np.array([table[key(day)] for day in day_of_year])

    return answer


def _whole_table(first: int, absent: Any) -> Any:
    """The table from day `first` to 366, days that do not occur included."""

    def answer(day_of_year, discharge, num_train):
        known = discharge[:num_train]
        table = np.full(367, absent(known))
        table[np.unique(day_of_year[:num_train])] = _the_table(day_of_year, discharge, num_train)
        return table[first:]

    return answer


def _row_before_for_absent(day_of_year, discharge, num_train):
    means = climatology(day_of_year, discharge, num_train)
    for k, day in enumerate(day_of_year):
        if day not in day_of_year[:num_train]:
            means[k] = means[k - 1]
    return means


def _day_before_for_absent(day_of_year, discharge, num_train):
    days = np.unique(day_of_year[:num_train])
    table = _the_table(day_of_year, discharge, num_train)
    return table[np.searchsorted(days, day_of_year, side="right") - 1]


CLIMATOLOGY = Exercise(
    name="climatology",
    lesson="11",
    title="The mean of each day of the year",
    points=2,
    minutes=8,
    reference=climatology,
    cases=_climate_cases,
    outputs=(Output("means", ("n",)),),
    misconceptions=tuple(
        Misconception(slug, answer, text, tuple(more))
        for slug, answer, text, *more in (
            (
                "test-years-in-the-mean",
                _climate(choose=lambda k: slice(None)),
                "The means are taken over all rows, also over those that are to be forecast: the "
                "baseline has seen the answers. Only the first `num_train` rows may count.",
            ),
            (
                "mean-of-the-test-years",
                _climate(choose=lambda k: slice(k, None)),
                "The means are taken over the rows *after* training: over the answers alone. Only "
                "the first `num_train` rows may count.",
            ),
            (
                "one-row-too-many",
                _climate(choose=lambda k: slice(0, k + 1)),
                "One row too many counts as training. The first `num_train` rows have the numbers "
                "0 to num_train - 1: `[:num_train]`.",
            ),
            (
                "one-row-too-few",
                _climate(choose=lambda k: slice(0, k - 1)),
                "One training row is left out: the first `num_train` rows are `[:num_train]`.",
                _climate(choose=lambda k: slice(1, k)),
            ),
            (
                "one-mean-for-all-days",
                _mean_of_all,
                "Every day gets the same number, the mean of all training rows. A climatology has "
                "a mean for each day of the year.",
            ),
            (
                "a-day-off",
                _climate(shift=1),
                "The means belong to the neighbouring day: the table is read one place beside it. "
                "Days of the year count from 1, places in an array from 0.",
                _climate(shift=-1),
            ),
            (
                "absent-day-nan",
                _climate(absent=_nan_for_absent),
                "A day of the year that no training row has gets NaN: the mean of nothing. Day 366 "
                "is such a day if no training year was a leap year. Give it the mean of all "
                "training rows.",
            ),
            (
                "absent-day-not-foreseen",
                _looked_up(lambda day: day),
                "A day of the year that no training row has raises a KeyError. Day 366 is such a "
                "day if no training year was a leap year. Give it the mean of all training rows: "
                "`table.get(day, known.mean())`.",
                _looked_up(int),
            ),
            (
                "absent-day-from-another",
                _row_before_for_absent,
                "A day that no training row has gets what another one left behind: the row or the "
                "day before it, or the last training row. Give it the mean of all training rows.",
                _day_before_for_absent,
                _climate(absent=lambda known, everything: known[-1]),
            ),
            (
                "absent-day-zero",
                _climate(absent=lambda known, everything: 0.0),
                "A day of the year that no training row has gets 0, which would be a dry river. "
                "Give it the mean of all training rows.",
            ),
            (
                "absent-day-from-all-rows",
                _climate(absent=lambda known, everything: everything.mean()),
                "A day that no training row has gets the mean of *all* rows, so the future leaks "
                "in after all. Take the mean of the training rows.",
            ),
            (
                "absent-day-from-the-means",
                _mean_of_means,
                "A day that no training row has gets the mean of the table, in which each day of "
                "the year counts once. Take the mean of all training rows.",
            ),
            (
                "absent-day-from-neighbours",
                _from_neighbours,
                "A day that no training row has gets a value between those of its neighbours. A "
                "good idea, but agreed is the mean of all training rows.",
            ),
            (
                "median-for-mean",
                _climate(average=np.median),
                "The middle value of each day is taken. Asked for is the mean. (The median is less "
                "moved by floods, but it has a larger squared error.)",
            ),
            (
                "last-year-only",
                _climate(average=lambda found: found[-1]),
                "Each day gets what the *last* training year had on it. A later year overwrites "
                "the earlier ones: collect them all and take their mean.",
            ),
            (
                "first-year-only",
                _climate(average=lambda found: found[0]),
                "Each day gets what the *first* training year had on it. Collect all training "
                "years and take their mean.",
            ),
            (
                "sum-for-mean",
                _climate(average=np.sum),
                "The training years are summed up for each day. Divide by how many there are.",
            ),
            (
                "itself-left-out",
                _without_the_day_itself,
                "A training row is left out of its own mean. That is another thing "
                "(cross-validation); here every row gets the plain mean of the training rows.",
            ),
            (
                "grows-with-time",
                _only_the_past,
                "Each row gets the mean of the rows *before* it. All training rows are known by "
                "the end of training: every row gets the mean of all of them.",
            ),
            (
                "later-rows-join-in",
                _up_to_yesterday,
                "After training, each row that has passed joins the means. Only the first "
                "`num_train` rows may count; the others are the future.",
            ),
            (
                "training-rows-as-measured",
                _training_as_measured,
                "The training rows come back as they were measured. They get their day's mean too, "
                "like all other rows.",
            ),
            (
                "training-rows-missing",
                _after_training,
                "Only the rows after training come back. Every row of `day_of_year` is to get its "
                "mean, those of training included.",
            ),
            (
                "table-returned",
                _the_table,
                "That is the table, with one mean for each day of the year. Look every row's day "
                "up in it, so that the result is as long as `day_of_year`.",
                *(
                    _whole_table(first, absent)
                    for first in (0, 1)
                    for absent in (np.mean, lambda known: 0.0, lambda known: np.nan)
                ),
            ),
        )
    ),
    hints=(
        "Which rows may you look at, and which may you not? And what will you say on day 366, if "
        "no training year had one?",
        "Fill a table with the mean of `discharge[:num_train]`, and put in each day's own mean "
        "where there is one. Then look up every row: `table[day_of_year]`.",
        "table = np.full(367, known.mean()); for day in np.unique(days): "
        "table[day] = known[days == day].mean(); return table[day_of_year].",
    ),
)
