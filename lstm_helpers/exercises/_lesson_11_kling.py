"""Lesson 11: the efficiency of Gupta and Kling."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lstm_helpers.checks import Case, Exercise, Misconception, Output
from lstm_helpers.exercises._lesson_11_nash import nash_sutcliffe
from lstm_helpers.nn.functions import Array


def kling_gupta(simulated: Array, observed: Array) -> float:
    r"""Kling-Gupta efficiency of a simulation.

    Parameters
    ----------
    simulated : ndarray (n,)
        What a model says, in any unit.
    observed : ndarray (n,)
        What was measured, in the same unit.

    Returns
    -------
    float
        1 for a perfect simulation. A constant has none: it has no correlation.

    Notes
    -----
    With the correlation :math:`r`, the ratio of standard deviations
    :math:`\alpha = \sigma_s / \sigma_o` and the ratio of means :math:`\beta = \bar s / \bar o`:

    .. math:: K = 1 - \sqrt{(r - 1)^2 + (\alpha - 1)^2 + (\beta - 1)^2}

    References
    ----------
    .. [1] H. V. Gupta, H. Kling, K. K. Yilmaz, G. F. Martinez, "Decomposition of the mean squared
       error and NSE performance criteria", Journal of Hydrology 377 (2009), 80-91,
       doi:10.1016/j.jhydrol.2009.08.003.

    Examples
    --------
    >>> kling_gupta(np.array([2.0, 4.0, 6.0]), np.array([1.0, 2.0, 3.0])) == 1 - 2**0.5
    True
    """
    r = np.corrcoef(simulated, observed)[0, 1]
    alpha = simulated.std() / observed.std()
    beta = simulated.mean() / observed.mean()
    return float(1.0 - np.sqrt((r - 1.0) ** 2 + (alpha - 1.0) ** 2 + (beta - 1.0) ** 2))


def _gupta_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for n, scale, noise in ((23, 0.6, 4.0), (31, 1.6, 9.0), (17, 0.8, 15.0)):
        observed = rng.gamma(2.0, 12.0, n)
        simulated = 4.0 + scale * observed + np.abs(noise * rng.normal(size=n))
        cases.append(Case((simulated, observed), {"n": n}))
    return cases


def _gupta(
    r: Any = lambda s, o: np.corrcoef(s, o)[0, 1],
    alpha: Any = lambda s, o: s.std() / o.std(),
    beta: Any = lambda s, o: s.mean() / o.mean(),
    join: Any = lambda a, b, c: np.sqrt((a - 1) ** 2 + (b - 1) ** 2 + (c - 1) ** 2),
    last: Any = lambda distance: 1.0 - distance,
) -> Any:
    """The efficiency with one of its parts exchanged."""
    return lambda simulated, observed: last(
        join(r(simulated, observed), alpha(simulated, observed), beta(simulated, observed))
    )


def _one_squared(root: Any) -> Any:
    """The sides as `x - 1**2`."""

    def join(a: float, b: float, c: float) -> Any:
        with np.errstate(invalid="ignore"):
            return root(a - 1**2 + b - 1**2 + c - 1**2)

    return join


def _one(s: Array, o: Array) -> float:
    return 1.0


def _made(table: Any) -> tuple[Misconception, ...]:
    return tuple(
        Misconception(slug, answer, text, tuple(more)) for slug, answer, text, *more in table
    )


KLING_GUPTA = Exercise(
    name="kling_gupta",
    lesson="11",
    title="The Kling–Gupta efficiency",
    points=2,
    minutes=6,
    reference=kling_gupta,
    cases=_gupta_cases,
    outputs=(Output("efficiency"),),
    may_call=("nash_sutcliffe",),
    misconceptions=_made(
        (
            (
                "arguments-exchanged",
                _gupta(alpha=lambda s, o: o.std() / s.std(), beta=lambda s, o: o.mean() / s.mean()),
                "The ratios are upside down: observed over simulated. Both have the simulated days "
                "above the line, so that more than 1 means too much.",
            ),
            (
                "spread-ratio-upside-down",
                _gupta(alpha=lambda s, o: o.std() / s.std()),
                "The ratio of the standard deviations is upside down. Simulated stands above the "
                "line, as in the ratio of the means.",
            ),
            (
                "mean-ratio-upside-down",
                _gupta(beta=lambda s, o: o.mean() / s.mean()),
                "The ratio of the means is upside down. Simulated stands above the line, as in the "
                "ratio of the standard deviations.",
            ),
            (
                "variance-for-standard-deviation",
                _gupta(alpha=lambda s, o: s.var() / o.var()),
                "The spread is compared by the variances. Here it is the ratio of the standard "
                "deviations, the roots of the variances.",
            ),
            (
                "variation-for-spread",
                _gupta(alpha=lambda s, o: (s.std() / s.mean()) / (o.std() / o.mean())),
                "The spreads are divided by the means first. That is the later variant of 2012; "
                "here the ratio of the standard deviations themselves is wanted.",
            ),
            (
                "bias-as-difference",
                _gupta(beta=lambda s, o: s.mean() - o.mean()),
                "The bias is a difference of means. Here it is their ratio: mean of the simulated "
                "over mean of the observed, 1 for a perfect simulation.",
                _gupta(beta=lambda s, o: 1.0 + s.mean() - o.mean()),
                _gupta(beta=lambda s, o: (s.mean() - o.mean()) / o.mean()),
            ),
            (
                "correlation-squared",
                _gupta(r=lambda s, o: np.corrcoef(s, o)[0, 1] ** 2),
                "The correlation is squared before 1 is subtracted. Take r itself; the square "
                "comes afterwards.",
            ),
            (
                "covariance-for-correlation",
                _gupta(r=lambda s, o: np.mean((s - s.mean()) * (o - o.mean()))),
                "That is a covariance, in squared units. Divide it by both standard deviations to "
                "get the correlation.",
                _gupta(r=lambda s, o: np.cov(s, o)[0, 1]),
            ),
            (
                "correlation-with-two-divisors",
                _gupta(r=lambda s, o: np.cov(s, o)[0, 1] / (s.std() * o.std())),
                "The correlation is a covariance that divides by n - 1 (`np.cov` does) over "
                "standard deviations that divide by n. Take the same twice, or `np.corrcoef`.",
            ),
            (
                "table-of-correlations",
                _gupta(r=lambda s, o: np.corrcoef(s, o)),
                "The result is a table: `np.corrcoef` returns all correlations, also those of each "
                "series with itself. The one between the two is its entry `[0, 1]`.",
            ),
            (
                "nash-sutcliffe-again",
                nash_sutcliffe,
                "That is the efficiency of Nash and Sutcliffe. Here correlation, ratio of standard "
                "deviations and ratio of means are computed apart, and then joined.",
            ),
            (
                "efficiency-for-correlation",
                _gupta(r=nash_sutcliffe),
                "The Nash–Sutcliffe efficiency stands where the correlation belongs: "
                "`np.corrcoef(simulated, observed)[0, 1]`.",
            ),
            (
                "root-missing",
                _gupta(join=lambda a, b, c: (a - 1) ** 2 + (b - 1) ** 2 + (c - 1) ** 2),
                "The root is missing: the three squares are the squares of the sides, and the "
                "distance from the ideal point (1, 1, 1) is the root of their sum.",
            ),
            (
                "one-minus-missing",
                _gupta(last=lambda distance: distance),
                "That is the distance from the ideal point, 0 for a perfect simulation. The "
                "efficiency is 1 minus it.",
            ),
            (
                "ideal-not-subtracted",
                _gupta(join=lambda a, b, c: np.sqrt(a**2 + b**2 + c**2)),
                "Each of the three numbers is 1 for a perfect simulation. Subtract 1 from each "
                "before squaring: what counts is how far it is from there.",
            ),
            (
                "brackets-missing",
                _gupta(join=_one_squared(np.sqrt)),
                "Brackets are missing: `r - 1**2` is r - 1, because the power comes first. The "
                "three numbers are then added with their signs, and their sum may well be below "
                "zero, where there is no root. Write `(r - 1) ** 2`.",
                _gupta(join=_one_squared(math.sqrt)),
            ),
            (
                "not-squared",
                _gupta(join=lambda a, b, c: abs(a - 1) + abs(b - 1) + abs(c - 1)),
                "The three distances are summed up without squares. Square each, sum up, take the "
                "root.",
                _gupta(join=lambda a, b, c: (1 - a) + (1 - b) + (1 - c)),
            ),
            (
                "averaged",
                _gupta(
                    join=lambda a, b, c: np.sqrt(
                        np.mean([(a - 1) ** 2, (b - 1) ** 2, (c - 1) ** 2])
                    )
                ),
                "The three squares are averaged. They are summed up: the distance from the ideal "
                "point, not a root mean square.",
            ),
            (
                "bias-left-out",
                _gupta(beta=_one),
                "The ratio of the means plays no part. Without it a model that always says 20 m³/s "
                "too much loses nothing.",
            ),
            (
                "spread-left-out",
                _gupta(alpha=_one),
                "The ratio of the standard deviations plays no part. Without it a model whose "
                "floods are half as high loses too little.",
            ),
            (
                "correlation-left-out",
                _gupta(r=_one),
                "The correlation plays no part. Without it a model may have its floods on any day.",
            ),
            (
                "spread-with-two-divisors",
                _gupta(alpha=lambda s, o: s.std(ddof=1) / o.std()),
                "One standard deviation divides by n - 1 and the other by n. Which of them you "
                "take does not matter, but take the same twice.",
                _gupta(alpha=lambda s, o: s.std() / o.std(ddof=1)),
            ),
        )
    ),
    hints=(
        "Three numbers, each 1 for a perfect simulation: do the ups and downs come at the right "
        "time, are they high enough, is there the right amount of water in all?",
        "`np.corrcoef(simulated, observed)[0, 1]`, the ratio of the standard deviations and the "
        "ratio of the means, simulated above the line. Then the distance from (1, 1, 1).",
        "1 - np.sqrt((r - 1) ** 2 + (simulated.std() / observed.std() - 1) ** 2 + "
        "(simulated.mean() / observed.mean() - 1) ** 2).",
    ),
)
