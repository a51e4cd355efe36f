"""Lesson 10, first exercise: a scale that knows nothing of the future."""

from __future__ import annotations

import numpy as np

from lstm_helpers.checks import Case, Exercise, Misconception, Output


def scale_by_train(series, num_train):
    """Scale a series so that its training part lies between 0 and 1.

    Parameters
    ----------
    series : ndarray (n,)
        In order of time.
    num_train : int
        How many of its first values are the training part.

    Returns
    -------
    scaled : ndarray (n,)
        The whole series: 0 where it is ``low``, 1 where it is ``high``, the test part unclipped.
    low, high : float
        Lowest and highest value of the training part.
    """
    train = series[:num_train]
    low, high = train.min(), train.max()
    return (series - low) / (high - low), low, high


def _scaling_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for n, num_train, last, first, note in (
        (13, 9, 9.0, 14.0, "a test part above the training part"),
        (17, 11, -8.0, -13.0, "a test part below the training part"),
        (12, 7, 3.0, 0.5, "a test part within the training part"),
    ):
        series = 20.0 + rng.uniform(-2.0, 2.0, n)
        series[2], series[4] = 20.0 - rng.uniform(4.0, 5.0), 20.0 + rng.uniform(5.0, 6.0)
        series[num_train - 1] = 20.0 + last
        series[num_train] = 20.0 + first
        series[num_train + 2] = 20.0 + 1.2 * first
        cases.append(Case((series, num_train), {"n": n}, note=note))
    return cases


def _fitted_on(part):
    """Scaled by lowest and highest of another part."""

    def answer(series, num_train):
        chosen = part(series, num_train)
        low, high = chosen.min(), chosen.max()
        return (series - low) / (high - low), low, high

    return answer


def _scaled_as(change):
    """Fitted on the right part, but scaled in another way."""

    def answer(series, num_train):
        _, low, high = scale_by_train(series, num_train)
        return change(series, low, high), low, high

    return answer


def _first_and_last(series, num_train):
    low, high = series[0], series[num_train - 1]
    return (series - low) / (high - low), low, high


def _begun_at_zero(series, num_train):
    low, high = min(0.0, series[:num_train].min()), series[:num_train].max()
    return (series - low) / (high - low), low, high


def _brackets_forgotten(series, num_train):
    _, low, high = scale_by_train(series, num_train)
    return series - low / (high - low), low, high


def _brackets_forgotten_below(series, num_train):
    _, low, high = scale_by_train(series, num_train)
    return (series - low) / high - low, low, high


def _each_part_alone(series, num_train):
    _, low, high = scale_by_train(series, num_train)
    parts = [(p - p.min()) / (p.max() - p.min()) for p in np.split(series, [num_train])]
    return np.concatenate(parts), low, high


def _training_part_only(series, num_train):
    scaled, low, high = scale_by_train(series, num_train)
    return scaled[:num_train], low, high


def _test_part_only(series, num_train):
    scaled, low, high = scale_by_train(series, num_train)
    return scaled[num_train:], low, high


def _standardised(series, num_train):
    train = series[:num_train]
    return (series - train.mean()) / train.std(), train.mean(), train.std()


def _standardised_with_limits(series, num_train):
    _, low, high = scale_by_train(series, num_train)
    return _standardised(series, num_train)[0], low, high


def _exchanged(series, num_train):
    scaled, low, high = scale_by_train(series, num_train)
    return scaled, high, low


def _limits_of_scaled(series, num_train):
    scaled, _, _ = scale_by_train(series, num_train)
    return scaled, 0.0, 1.0


def _low_and_range(series, num_train):
    scaled, low, high = scale_by_train(series, num_train)
    return scaled, low, high - low


SCALE_BY_TRAIN = Exercise(
    name="scale_by_train",
    lesson="10",
    title="Scale by the training part alone",
    points=2,
    minutes=8,
    reference=scale_by_train,
    cases=_scaling_cases,
    outputs=(Output("scaled", ("n",)), Output("low"), Output("high")),
    misconceptions=(
        Misconception(
            "fitted-on-everything",
            _fitted_on(lambda s, k: s),
            "Lowest and highest come from the whole series, so the training data are scaled by "
            "prices of the test part: the network is told how far the future will go. Take both "
            "from `series[:num_train]`.",
        ),
        Misconception(
            "fitted-on-the-test-part",
            _fitted_on(lambda s, k: s[k:]),
            "Lowest and highest come from the test part. Only the first `num_train` values are "
            "known when the network is trained: `series[:num_train]`.",
        ),
        Misconception(
            "each-part-by-itself",
            _each_part_alone,
            "The test part is scaled by its own lowest and highest value. That uses the future, "
            "and the same price gets two different numbers, one before and one after the split. "
            "One pair, from the training part, scales everything.",
        ),
        Misconception(
            "clipped",
            _scaled_as(lambda s, low, high: np.clip((s - low) / (high - low), 0, 1)),
            "Values of the test part are cut off, at 0, at 1 or at both. A price above all "
            "training prices is above 1, and one below them is negative: that is what the network "
            "will really meet, and cutting it off makes different prices equal.",
            variants=(
                _scaled_as(lambda s, low, high: np.minimum((s - low) / (high - low), 1)),
                _scaled_as(lambda s, low, high: np.maximum((s - low) / (high - low), 0)),
            ),
        ),
        Misconception(
            "one-part-only",
            _training_part_only,
            "`scaled` holds only one of the two parts. Scale the whole series, with lowest and "
            "highest of the training part.",
            variants=(_test_part_only,),
        ),
        Misconception(
            "one-row-too-many",
            _fitted_on(lambda s, k: s[: k + 1]),
            "The first value of the test part is used as well. The training part is the rows 0 to "
            "num_train - 1, and `series[:num_train]` ends just there.",
        ),
        Misconception(
            "one-row-too-few",
            _fitted_on(lambda s, k: s[: k - 1]),
            "The last value of the training part is left out. A slice ends before its second "
            "number: `series[:num_train]` holds all num_train values.",
        ),
        Misconception(
            "first-and-last",
            _fitted_on(lambda s, k: s[[0, k - 1]]),
            "Lowest and highest are taken to be the first and the last value of the training part. "
            "A price goes up and down: use the minimum and the maximum.",
            variants=(_first_and_last,),
        ),
        Misconception(
            "lowest-begun-at-zero",
            _begun_at_zero,
            "The search for the lowest price begins at 0, and no price is below it. Begin with the "
            "first price, or use `min()`.",
        ),
        Misconception(
            "brackets-missing",
            _brackets_forgotten,
            "Brackets are missing: division comes before subtraction. Write "
            "`(series - low) / (high - low)`.",
            variants=(_brackets_forgotten_below,),
        ),
        Misconception(
            "low-not-subtracted",
            _scaled_as(lambda s, low, high: s / high),
            "The values are divided, but the lowest is not subtracted first, so the training part "
            "does not begin at 0. Scaled is (value - low) / (high - low).",
            variants=(_scaled_as(lambda s, low, high: s / (high - low)),),
        ),
        Misconception(
            "divided-by-high",
            _scaled_as(lambda s, low, high: (s - low) / high),
            "The lowest is subtracted, but then the values are not divided by the range, "
            "high - low, so the highest training value is not 1.",
            variants=(_scaled_as(lambda s, low, high: s - low),),
        ),
        Misconception(
            "standardised",
            _standardised,
            "The values are shifted by the mean and divided by the standard deviation. That is a "
            "good scaling too, but here the training part should lie between 0 and 1: subtract "
            "`low`, divide by `high - low`.",
            variants=(_standardised_with_limits,),
        ),
        Misconception(
            "minus-one-to-one",
            _scaled_as(lambda s, low, high: 2 * (s - low) / (high - low) - 1),
            "The training part lies between -1 and 1; between 0 and 1 is wanted. Leave out the "
            "factor 2 and the - 1.",
        ),
        Misconception(
            "upside-down",
            _scaled_as(lambda s, low, high: (high - s) / (high - low)),
            "The series stands on its head: the highest price becomes 0. Subtract `low` from the "
            "value, not the value from `high`.",
        ),
        Misconception(
            "limits-exchanged",
            _exchanged,
            "The scaled series is right; `low` and `high` come back in the wrong order. Return "
            "`scaled, low, high`.",
        ),
        Misconception(
            "limits-of-the-scaled",
            _limits_of_scaled,
            "`low` and `high` are those of the scaled series, 0 and 1. They should be prices, so "
            "that a forecast can be turned back into dollars.",
        ),
        Misconception(
            "range-for-high",
            _low_and_range,
            "The third result is the range, high - low. The highest training price itself is "
            "wanted.",
        ),
    ),
    hints=(
        "Imagine that today is the last day of the training part. Which prices do you know?",
        "Cut first: `train = series[:num_train]`. Lowest and highest come from `train`; the "
        "formula is then applied to all of `series`.",
        "With `low, high = train.min(), train.max()`: `scaled = (series - low) / (high - low)`. "
        "Return `scaled, low, high`, and do not clip.",
    ),
)
