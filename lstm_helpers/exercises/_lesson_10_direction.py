"""Lesson 10, third exercise: on how many days the direction was right, and how sure that is."""

from __future__ import annotations

import numpy as np

from lstm_helpers.checks import Case, Exercise, Misconception, Output


def direction_interval(predicted, actual, z=1.96):
    """Say on which share of days the direction was right, with Wilson's interval.

    Parameters
    ----------
    predicted, actual : ndarray (n,)
        Forecast and true returns; a day goes up if its return is above 0.
    z : float, optional
        How many standard deviations wide; 1.96 for 95 %.

    Returns
    -------
    share, low, high : float
        Share of right days, and the ends of the interval; all between 0 and 1.

    References
    ----------
    .. [1] E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
       Journal of the American Statistical Association 22 (1927), 209-212,
       doi:10.1080/01621459.1927.10502953.
    """
    return _wilson(np.mean((predicted > 0) == (actual > 0)), len(actual), z)


def _wilson(p, n, z):
    scale = 1 + z**2 / n
    centre = (p + z**2 / (2 * n)) / scale
    half = z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2)) / scale
    return p, centre - half, centre + half


def _direction_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for n, right, z, zeros in ((41, 27, None, 0), (12, 12, None, 0), (23, 7, 2.576, 5)):
        actual = rng.choice([-1.0, 1.0], n) * rng.uniform(0.2, 3.0, n)
        actual[:4] = np.abs(actual[:4]) * (1, 1, 1, -1)  # more days up than down among the right
        same = np.zeros(n, bool)
        same[:right] = True
        predicted = np.where(same, 1.0, -1.0) * np.sign(actual) * rng.uniform(0.1, 1.0, n)
        actual[n - zeros :] = 0.0  # no change is not up
        predicted[n - zeros :] = rng.uniform(0.1, 1.0, zeros) * (-1, -1, 1, 0, 0)[:zeros]
        actual[n - 1 : n - 1 + (zeros > 0)] = -1.0  # a forecast of 0 is not up, and it went down
        order = rng.permutation(n)
        args = predicted[order], actual[order]
        note = f"{n} days"
        if zeros:
            note += f", {zeros} of them without a change, and z = {z}"
        cases.append(Case(args if z is None else (*args, z), {"n": n}, note=note))
    return cases


def _interval_of(interval):
    """The right share with another interval."""

    def answer(predicted, actual, z=1.96):
        share = np.mean((predicted > 0) == (actual > 0))
        return share, *interval(share, len(actual), z)

    return answer


def _chained(predicted, actual, z=1.96):
    hits = [p > 0 == a > 0 for p, a in zip(predicted, actual, strict=True)]
    return _wilson(np.mean(hits), len(actual), z)


def _chained_arrays(predicted, actual, z=1.96):
    return _wilson(np.mean(predicted > 0 == actual > 0), len(actual), z)


def _no_change_left_out(predicted, actual, z=1.96):
    kept = actual != 0
    return direction_interval(predicted[kept], actual[kept], z)


def _share_by(count):
    """Wilson's interval of another share."""

    def answer(predicted, actual, z=1.96):
        return _wilson(np.mean(count(predicted, actual)), len(actual), z)

    return answer


def _wald(p, n, z):
    half = z * np.sqrt(p * (1 - p) / n)
    return p - half, p + half


def _wald_within(p, n, z):
    return np.clip(_wald(p, n, z), 0, 1)


def _wald_smaller_n(p, n, z):
    return _wald(p, n - 1, z)


def _around_share(p, n, z):
    _, low, high = _wilson(p, n, z)
    return p - (high - low) / 2, p + (high - low) / 2


def _not_divided(p, n, z):
    scale = 1 + z**2 / n
    _, low, high = _wilson(p, n, z)
    return low * scale, high * scale


def _half_not_divided(p, n, z):
    scale = 1 + z**2 / n
    _, low, high = _wilson(p, n, z)
    centre, half = (low + high) / 2, (high - low) / 2
    return centre - half * scale, centre + half * scale


def _centre_not_divided(p, n, z):
    scale = 1 + z**2 / n
    _, low, high = _wilson(p, n, z)
    centre, half = (low + high) / 2, (high - low) / 2
    return centre * scale - half, centre * scale + half


def _general(shift, root):
    def interval(p, n, z):
        scale = 1 + z**2 / n
        centre, half = (p + shift(n, z)) / scale, z * root(p, n, z) / scale
        return centre - half, centre + half

    return interval


def _shift(n, z):
    return z**2 / (2 * n)


def _root(p, n, z):
    return np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))


def _root_without_brackets(p, n, z):
    return np.sqrt(p * (1 - p) / n + z**2 / 4 * n**2)


def _whole_days(predicted, actual, z=1.96):
    share, low, high = direction_interval(predicted, actual, z)
    n = len(actual)
    return share * n, low * n, high * n


def _in_percent(predicted, actual, z=1.96):
    return tuple(100 * value for value in direction_interval(predicted, actual, z))


def _centre_for_share(predicted, actual, z=1.96):
    _, low, high = direction_interval(predicted, actual, z)
    return (low + high) / 2, low, high


def _ends_exchanged(predicted, actual, z=1.96):
    share, low, high = direction_interval(predicted, actual, z)
    return share, high, low


def _ends_first(predicted, actual, z=1.96):
    share, low, high = direction_interval(predicted, actual, z)
    return low, share, high


def _distances(predicted, actual, z=1.96):
    share, low, high = direction_interval(predicted, actual, z)
    return share, share - low, high - share


def _z_ignored(predicted, actual, z=1.96):
    return direction_interval(predicted, actual)


def _only_days_called_up(predicted, actual, z=1.96):
    called = predicted > 0
    return _wilson(np.mean(actual[called] > 0), np.sum(called), z)


def _only_days_gone_up(predicted, actual, z=1.96):
    up = actual > 0
    return _wilson(np.mean(predicted[up] > 0), np.sum(up), z)


DIRECTION_INTERVAL = Exercise(
    name="direction_interval",
    lesson="10",
    title="A share of right days, and how sure it is",
    points=3,
    minutes=12,
    reference=direction_interval,
    cases=_direction_cases,
    outputs=(Output("share"), Output("low"), Output("high")),
    misconceptions=(
        Misconception(
            "wald-interval",
            _interval_of(_wald),
            "That is p ± z √(p (1 − p) / n), the interval of the older textbooks. With all days "
            "right it has no width at all, as if nothing could ever go wrong. Wilson's adds "
            "z²/(2n) to the centre and z²/(4n²) under the root, and divides both by 1 + z²/n.",
            variants=(_interval_of(_wald_within), _interval_of(_wald_smaller_n)),
        ),
        Misconception(
            "around-the-share",
            _interval_of(_around_share),
            "The width is Wilson's, but the middle is the share itself. Wilson's middle is pulled "
            "towards one half: (p + z²/(2n)) / (1 + z²/n).",
        ),
        Misconception(
            "not-divided",
            _interval_of(_not_divided),
            "The ends are not divided by 1 + z²/n, or not both parts of them. Centre and half "
            "width are both divided.",
            variants=(_interval_of(_half_not_divided), _interval_of(_centre_not_divided)),
        ),
        Misconception(
            "centre-not-shifted",
            _interval_of(_general(lambda n, z: 0.0, _root)),
            "The centre lacks its shift, or has another one: before it is divided, add z²/(2n) to "
            "the share.",
            variants=(_interval_of(_general(lambda n, z: z / (2 * n), _root)),),
        ),
        Misconception(
            "second-term-of-the-root",
            _interval_of(_general(_shift, lambda p, n, z: np.sqrt(p * (1 - p) / n))),
            "Under the root the second term is missing or wrong: p (1 − p) / n + z²/(4n²).",
            variants=(
                _interval_of(
                    _general(_shift, lambda p, n, z: np.sqrt(p * (1 - p) / n + z**2 / (4 * n)))
                ),
            ),
        ),
        Misconception(
            "brackets-missing",
            _interval_of(_general(lambda n, z: z**2 / 2 * n, _root)),
            "Brackets are missing: `z**2 / 2 * n` divides by 2 and then multiplies by n. Write "
            "`z**2 / (2 * n)` and `z**2 / (4 * n**2)`.",
            variants=(
                _interval_of(_general(_shift, _root_without_brackets)),
                _interval_of(_general(lambda n, z: z**2 / 2 * n, _root_without_brackets)),
            ),
        ),
        Misconception(
            "root-missing",
            _interval_of(_general(_shift, lambda p, n, z: _root(p, n, z) ** 2)),
            "The half width has no square root: what stands under it is a variance, and an "
            "interval needs a standard deviation.",
        ),
        Misconception(
            "z-before-the-root-missing",
            _interval_of(_general(_shift, lambda p, n, z: _root(p, n, z) / z)),
            "The half width lacks the factor z before its root, so the interval is one standard "
            "deviation wide to each side, whatever is asked for.",
        ),
        Misconception(
            "no-change-counted-apart",
            _share_by(lambda predicted, actual: np.sign(predicted) == np.sign(actual)),
            "Days without a change are counted wrong: `np.sign` makes them a third direction, and "
            "a product is 0 there. Here a day goes up or it does not: compare `predicted > 0` with "
            "`actual > 0`.",
            variants=(
                _share_by(lambda predicted, actual: predicted * actual > 0),
                _share_by(lambda predicted, actual: predicted * actual >= 0),
            ),
        ),
        Misconception(
            "no-change-counted-as-up",
            _share_by(lambda predicted, actual: (predicted >= 0) == (actual >= 0)),
            "Days without a change are counted as up. Up means above 0: `> 0`, not `>= 0`.",
        ),
        Misconception(
            "comparison-chained",
            _chained,
            "`a > 0 == b > 0` is a chain in Python: (a > 0) and (0 == b) and (b > 0), which is "
            "never true. Put each comparison in brackets: `(a > 0) == (b > 0)`.",
            variants=(_chained_arrays,),
        ),
        Misconception(
            "no-change-left-out",
            _no_change_left_out,
            "Days without a change are left out. They count here, as days that did not go up: all "
            "n days are judged.",
        ),
        Misconception(
            "numbers-compared",
            _share_by(lambda predicted, actual: np.isclose(predicted, actual)),
            "The returns themselves are compared, and two real numbers are never quite equal. "
            "Compare their directions: `(predicted > 0) == (actual > 0)`.",
        ),
        Misconception(
            "steps-of-returns",
            _share_by(lambda predicted, actual: (np.diff(predicted) > 0) == (np.diff(actual) > 0)),
            "The differences between one day and the next are compared. The numbers are returns "
            "already, so their own sign is the direction.",
        ),
        Misconception(
            "wrong-days-counted",
            _share_by(lambda predicted, actual: (predicted > 0) != (actual > 0)),
            "That is the share of wrong days. Count where the two directions agree: `==`.",
        ),
        Misconception(
            "one-argument-only",
            _share_by(lambda predicted, actual: actual > 0),
            "That is the share of days that went up, or were called up. Compare the two: a day is "
            "right if `predicted > 0` and `actual > 0` say the same.",
            variants=(_share_by(lambda predicted, actual: predicted > 0),),
        ),
        Misconception(
            "only-some-days",
            _only_days_called_up,
            "Only the days that were called up, or that went up, are counted. A day that was "
            "called down and went down is right as well: count all n days.",
            variants=(
                _only_days_gone_up,
                _share_by(lambda predicted, actual: (predicted > 0) & (actual > 0)),
            ),
        ),
        Misconception(
            "in-percent",
            _in_percent,
            "The numbers are percent, or numbers of days. Shares between 0 and 1 are wanted.",
            variants=(_whole_days,),
        ),
        Misconception(
            "z-ignored",
            _z_ignored,
            "The interval is always 1.96 standard deviations wide. The argument `z` says how many.",
        ),
        Misconception(
            "ends-in-another-order",
            _ends_exchanged,
            "The three numbers are right, but come back in another order. Return "
            "`share, low, high`.",
            variants=(_ends_first,),
        ),
        Misconception(
            "centre-for-the-share",
            _centre_for_share,
            "The ends are right, but the first number is the interval's centre. What was measured "
            "is the share of right days itself.",
        ),
        Misconception(
            "distances-for-ends",
            _distances,
            "The second and third number say how far the ends are from the share. The ends "
            "themselves are wanted.",
        ),
    ),
    hints=(
        "First the share alone: on which days do `predicted > 0` and `actual > 0` say the same? "
        "Its mean is p. Then the formula, piece by piece.",
        "With n = len(actual): scale = 1 + z²/n, centre = (p + z²/(2n)) / scale, and the half "
        "width is z √(p (1 − p)/n + z²/(4n²)) / scale.",
        "`p = np.mean((predicted > 0) == (actual > 0))`; then compute `scale`, `centre` and "
        "`half` from p, n and z, and return `p, centre - half, centre + half`.",
    ),
)
