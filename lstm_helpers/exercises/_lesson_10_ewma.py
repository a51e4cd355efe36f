"""Lesson 10, fourth exercise: a mean that forgets."""

from __future__ import annotations

import numpy as np

from lstm_helpers.checks import Case, Exercise, Misconception, Output


def ewma_forecast(values, weight, start):
    """Forecast each value by an exponentially weighted mean of those before it.

    Parameters
    ----------
    values : ndarray (n,)
        In order of time.
    weight : float
        How much of the newest value goes into the mean, between 0 and 1.
    start : float
        The forecast for the first value.

    Returns
    -------
    ndarray (n,)
        The forecast for each value, made the day before.

    References
    ----------
    .. [1] J. P. Morgan/Reuters, RiskMetrics: technical document, 4th edition (1996), chapter 5.
    """
    forecasts = np.empty(len(values))
    forecasts[0] = start
    for day in range(1, len(values)):
        forecasts[day] = (1 - weight) * forecasts[day - 1] + weight * values[day - 1]
    return forecasts


def _ewma_cases(rng: np.random.Generator) -> list[Case]:
    cases = [
        Case((rng.uniform(0.3, 4.0, n), weight, start), {"n": n}, note=f"weight = {weight}")
        for n, weight, start in ((14, 0.06, 2.5), (9, 0.3, 1.5), (11, 0.7, 3.5))
    ]
    whole = rng.integers(1, 9, 8) * rng.choice([-1, 1], 8)
    return [*cases, Case((whole, 0.5, 0), {"n": 8}, note="whole numbers and start = 0")]


def _today_used(values, weight, start):
    return ewma_forecast(np.append(values, 0.0), weight, start)[1:]


def _today_used_from_second(values, weight, start):
    forecasts = _today_used(values, weight, values[0])
    forecasts[0] = start
    return forecasts


def _first_value_skipped(values, weight, start):
    return np.array([start, *_today_used(values[1:], weight, start)])


def _one_too_many(values, weight, start):
    return ewma_forecast(np.append(values, 0.0), weight, start)


def _weights_exchanged(values, weight, start):
    return ewma_forecast(values, 1 - weight, start)


def _starts_with(first):
    def answer(values, weight, start):
        return ewma_forecast(values, weight, first(values))

    return answer


def _begins_with_value(values, weight, start):
    forecasts = ewma_forecast(values, weight, values[0])
    forecasts[0] = start
    return forecasts


def _a_day_late(values, weight, start):
    return np.concatenate([[start], ewma_forecast(values, weight, start)[:-1]])


def _plain_mean(values, weight, start):
    return np.array([start, *(values[:day].mean() for day in range(1, len(values)))])


def _persistence(values, weight, start):
    return np.array([start, *values[:-1]])


def _of_squares(values, weight, start):
    return np.sqrt(ewma_forecast(values**2, weight, start**2))


def _squares_without_root(values, weight, start):
    return ewma_forecast(values**2, weight, start)


def _recursion(step):
    def answer(values, weight, start):
        forecasts = [start]
        for day in range(1, len(values)):
            forecasts.append(step(forecasts[-1], values[day - 1], weight, start))
        return np.array(forecasts)

    return answer


def _two_values(values, weight, start):
    older = np.array([start, *values[:-2]])
    return np.array([start, *((1 - weight) * older + weight * values[:-1])])


def _window(values, weight, start):
    size = max(1, round(1 / weight))
    means = (values[max(0, day - size) : day].mean() for day in range(1, len(values)))
    return np.array([start, *means])


def _adjusted_means(values, weight):
    """What `values.ewm(alpha=weight).mean()` gives in pandas."""
    means = []
    for day in range(len(values)):
        shares = (1 - weight) ** np.arange(day, -1, -1.0)
        means.append(np.sum(shares * values[: day + 1]) / np.sum(shares))
    return np.array(means)


def _pandas(values, weight, start):
    return _adjusted_means(values, weight)


def _pandas_shifted(first):
    def answer(values, weight, start):
        return np.array([first(start), *_adjusted_means(values, weight)[:-1]])

    return answer


def _pandas_with_start(values, weight, start):
    return _adjusted_means(np.array([start, *values[:-1]]), weight)


EWMA_FORECAST = Exercise(
    name="ewma_forecast",
    lesson="10",
    title="A mean that forgets",
    points=2,
    minutes=8,
    reference=ewma_forecast,
    cases=_ewma_cases,
    outputs=(Output("forecasts", ("n",)),),
    misconceptions=(
        Misconception(
            "today-is-used",
            _today_used,
            "The forecast for a day already contains that day's own value. It has to be made the "
            "day before: `forecasts[day]` reads `values[day - 1]`, and nothing newer.",
            variants=(
                _today_used_from_second,
                _first_value_skipped,
                lambda values, weight, start: _today_used(values, weight, values[0]),
            ),
        ),
        Misconception(
            "pandas-adjusts",
            _pandas_shifted(lambda start: start),
            "That is pandas' `ewm(alpha=weight).mean()`, which divides by the sum of the weights "
            "so far (`adjust=True`), so that `start` counts too little or not at all. Write the "
            "recursion, from `start` on; each forecast is made of the days before it.",
            variants=(
                _pandas,
                _pandas_shifted(lambda start: np.nan),
                _pandas_shifted(lambda start: 0.0),
                _pandas_with_start,
            ),
        ),
        Misconception(
            "one-forecast-too-many",
            _one_too_many,
            "There is one forecast more than there are values: the last one is for the day after. "
            "Stop at the last value, so that forecasts and values can be subtracted.",
        ),
        Misconception(
            "weights-exchanged",
            _weights_exchanged,
            "`weight` stands at the wrong term. It says how much of the newest value goes in; the "
            "forecast of the day before keeps `1 - weight`.",
        ),
        Misconception(
            "start-ignored",
            _starts_with(lambda values: values[0]),
            "The first forecast should be `start`. Before the first day nothing is known of the "
            "values, not even the first.",
            variants=(
                _starts_with(lambda values: 0.0),
                _starts_with(lambda values: values.mean()),
            ),
        ),
        Misconception(
            "start-forgotten",
            _begins_with_value,
            "The first forecast is `start`, but then the mean begins anew at the first value. The "
            "second forecast is made from the first like all the others: "
            "`(1 - weight) * start + weight * values[0]`.",
        ),
        Misconception(
            "a-day-late",
            _a_day_late,
            "Each forecast leaves out the newest value that is known. `forecasts[day]` reads "
            "`values[day - 1]`.",
        ),
        Misconception(
            "nothing-is-forgotten",
            _recursion(lambda old, value, weight, start: old + weight * value),
            "The old forecast is kept whole, so the mean grows and grows. It is kept with the "
            "factor `1 - weight`, as a reservoir that loses a part of its water.",
        ),
        Misconception(
            "always-from-the-start",
            _recursion(lambda old, value, weight, start: (1 - weight) * start + weight * value),
            "The old part is always `start`. It should be the forecast of the day before, which "
            "holds everything earlier.",
        ),
        Misconception(
            "newest-not-weighted",
            _recursion(lambda old, value, weight, start: (1 - weight) * old + value),
            "The newest value goes in whole. With the factor `weight` the two shares add up to 1.",
        ),
        Misconception(
            "plain-mean",
            _plain_mean,
            "That is the mean of all values so far: a value of ten years ago counts as much as "
            "yesterday's. Here each day the mean keeps `1 - weight` of itself.",
        ),
        Misconception(
            "moving-window",
            _window,
            "That is the mean of the last 1 / `weight` values, each of which counts alike until it "
            "drops out. Here each day the mean keeps `1 - weight` of itself.",
        ),
        Misconception(
            "two-values-mixed",
            _two_values,
            "The two newest values are mixed. The old part is not a value but the forecast of the "
            "day before, which holds everything earlier.",
        ),
        Misconception(
            "persistence",
            _persistence,
            "Each forecast is the value of the day before and nothing else. Only the share "
            "`weight` of it goes in; the rest is the forecast of the day before.",
        ),
        Misconception(
            "squares",
            _of_squares,
            "The squares are averaged, as banks do for variances. Here the values themselves are.",
            variants=(_squares_without_root,),
        ),
        Misconception(
            "no-recursion",
            _recursion(lambda old, value, weight, start: start),
            "Every forecast is `start`. From the second on, each is made from the one before and "
            "from the value that has come in between.",
        ),
    ),
    hints=(
        "What is known in the evening of a day? Yesterday's forecast for it, and its true value. "
        "Mix the two.",
        "A loop over the days from 1 on: the new forecast is `1 - weight` of the one before, plus "
        "`weight` of the value of the day before.",
        "`forecasts[0] = start`, and for `day in range(1, len(values))`: `forecasts[day] = "
        "(1 - weight) * forecasts[day - 1] + weight * values[day - 1]`.",
    ),
)
