"""Lesson 11: the efficiency of Nash and Sutcliffe."""

from __future__ import annotations

from typing import Any

import numpy as np

from lstm_helpers.checks import Case, Exercise, Misconception, Output
from lstm_helpers.nn.functions import Array


def nash_sutcliffe(simulated: Array, observed: Array) -> float:
    r"""Nash-Sutcliffe efficiency of a simulation.

    Parameters
    ----------
    simulated : ndarray (n,)
        What a model says, in any unit.
    observed : ndarray (n,)
        What was measured, in the same unit; NaN on days that were not.

    Returns
    -------
    float
        1 for a perfect simulation, 0 for one that is as good as the mean of the observed days.

    Notes
    -----
    .. math:: E = 1 - \frac{\sum_t (o_t - s_t)^2}{\sum_t (o_t - \bar o)^2}

    References
    ----------
    .. [1] J. E. Nash, J. V. Sutcliffe, "River flow forecasting through conceptual models, part I: a
       discussion of principles", Journal of Hydrology 10 (1970), 282-290,
       doi:10.1016/0022-1694(70)90255-6.

    Examples
    --------
    >>> nash_sutcliffe(np.array([2.0, 2.0, 6.0]), np.array([1.0, 3.0, 5.0]))
    0.625
    """
    known = np.isfinite(observed)
    s, o = simulated[known], observed[known]
    return float(1.0 - np.sum((o - s) ** 2) / np.sum((o - o.mean()) ** 2))


def _score_cases(rng: np.random.Generator) -> list[Case]:
    def draw(n: int, noise: float, missing: int = 0) -> Case:
        observed = rng.gamma(2.0, 12.0, n)
        simulated = 6.0 + 0.7 * observed + noise * rng.normal(size=n)
        if missing:
            observed[:2] = 0.0  # measured, and dry
            observed[2 + rng.choice(n - 2, missing, replace=False)] = np.nan
        note = f"{missing} days that were not measured" if missing else ""
        return Case((simulated, observed), {"n": n}, note=note)

    awful = draw(19, 4.0)
    flat = Case((awful.args[1].mean() + 60.0 - awful.args[1], awful.args[1]), awful.sizes)
    flat = Case(flat.args, flat.sizes, note="a simulation that is worse than the mean")
    return [draw(23, 5.0), draw(31, 8.0), draw(29, 6.0, missing=5), flat]


def _efficiency(
    above: Any = lambda s, o: np.sum((o - s) ** 2),
    below: Any = lambda s, o: np.sum((o - o.mean()) ** 2),
    last: Any = lambda ratio: 1.0 - ratio,
) -> Any:
    """The efficiency with one of its parts exchanged; days without a measurement left out."""

    def answer(simulated, observed):
        known = np.isfinite(observed)
        s, o = simulated[known], observed[known]
        return last(above(s, o) / below(s, o))

    return answer


def _of_known(score: Any) -> Any:
    def answer(simulated, observed):
        known = np.isfinite(observed)
        return score(simulated[known], observed[known])

    return answer


def _zeros_for_gaps(simulated, observed):
    return nash_sutcliffe(simulated, np.nan_to_num(observed))


def _mean_for_gaps(simulated, observed):
    return nash_sutcliffe(simulated, np.where(np.isnan(observed), np.nanmean(observed), observed))


def _gaps_in(simulated, observed):
    return 1.0 - np.sum((observed - simulated) ** 2) / np.sum((observed - observed.mean()) ** 2)


def _gaps_in_the_mean(simulated, observed):
    return 1.0 - np.nansum((observed - simulated) ** 2) / np.nansum(
        (observed - observed.mean()) ** 2
    )


def _gaps_counted(simulated, observed):
    return 1.0 - np.nansum((observed - simulated) ** 2) / len(observed) / np.nanvar(observed)


def _filled(fill):
    def answer(simulated, observed):
        return nash_sutcliffe(simulated, fill(simulated, observed))

    return answer


def _gaps_interpolated(simulated, observed):
    days, known = np.arange(len(observed)), np.isfinite(observed)
    return np.interp(days, days[known], observed[known])


def _last_known(simulated, observed):
    days = np.arange(len(observed))
    return observed[np.maximum.accumulate(np.where(np.isnan(observed), 0, days))]


def _next_known(simulated, observed):
    return _last_known(simulated, observed[::-1])[::-1]


def _simulated_in_gaps(simulated, observed):
    return np.where(np.isnan(observed), simulated, observed)


def _observed_chosen(simulated, observed):
    o = observed[np.isfinite(observed)]
    return 1.0 - np.sum((o - simulated) ** 2) / np.sum((o - o.mean()) ** 2)


def _observed_chosen_behind(simulated, observed):
    o = observed[np.isfinite(observed)]
    return 1.0 - np.sum((simulated - o) ** 2) / np.sum((o - o.mean()) ** 2)


def _exchanged_with_gaps(simulated, observed):
    below = np.sum((simulated - simulated.mean()) ** 2)
    return 1.0 - np.nansum((observed - simulated) ** 2) / below


def _exchanged_means_with_gaps(simulated, observed):
    return 1.0 - np.nanmean((observed - simulated) ** 2) / np.var(simulated)


def _mean_of_every_simulated(simulated, observed):
    below = np.nansum((observed - simulated.mean()) ** 2)
    return 1.0 - np.nansum((observed - simulated) ** 2) / below


def _made(table: Any) -> tuple[Misconception, ...]:
    return tuple(
        Misconception(slug, answer, text, tuple(more)) for slug, answer, text, *more in table
    )


NASH_SUTCLIFFE = Exercise(
    name="nash_sutcliffe",
    lesson="11",
    title="The Nash–Sutcliffe efficiency",
    points=2,
    minutes=8,
    reference=nash_sutcliffe,
    cases=_score_cases,
    outputs=(Output("efficiency"),),
    misconceptions=_made(
        (
            (
                "arguments-exchanged",
                _efficiency(below=lambda s, o: np.sum((s - s.mean()) ** 2)),
                "The squared errors are compared with the variance of the simulated days. What has "
                "to be explained is the variance of the observed ones: simulated comes first, "
                "observed second.",
                _exchanged_with_gaps,
                _exchanged_means_with_gaps,
            ),
            (
                "mean-of-the-simulated",
                _efficiency(below=lambda s, o: np.sum((o - s.mean()) ** 2)),
                "The rival in the denominator is the mean of the simulated days. It should be the "
                "mean of the observed ones: that is what efficiency 0 stands for.",
                _mean_of_every_simulated,
            ),
            (
                "correlation-squared",
                _of_known(lambda s, o: np.corrcoef(s, o)[0, 1] ** 2),
                "That is a correlation, or its square. It forgives every bias and every wrong "
                "scale: a model that always says half of the truth has 1. The efficiency compares "
                "squared errors with squared deviations from the mean.",
                _of_known(lambda s, o: np.corrcoef(s, o)[0, 1]),
            ),
            (
                "one-minus-missing",
                _efficiency(last=lambda ratio: ratio),
                "That is the share of the variance which is left unexplained. The efficiency is 1 "
                "minus it, so that a perfect simulation has 1.",
            ),
            (
                "brackets-misplaced",
                _efficiency(above=lambda s, o: 1.0 - np.sum((o - s) ** 2), last=lambda r: r),
                "The brackets are misplaced: the squared errors are subtracted from 1 first, and "
                "the difference is divided. Divide first, then subtract: `1 - above / below`.",
                _efficiency(
                    above=lambda s, o: 1.0 - np.mean((o - s) ** 2),
                    below=lambda s, o: np.var(o),
                    last=lambda ratio: ratio,
                ),
            ),
            (
                "sign-exchanged",
                _efficiency(last=lambda ratio: ratio - 1.0),
                "The sign is wrong: a perfect simulation gets -1. Subtract the ratio from 1, not 1 "
                "from the ratio.",
            ),
            (
                "not-squared",
                _efficiency(
                    above=lambda s, o: np.sum(np.abs(o - s)),
                    below=lambda s, o: np.sum(np.abs(o - o.mean())),
                ),
                "Absolute errors are summed up. In this efficiency they are squared, above and "
                "below the line. (With absolute values it is a score of its own, one that favours "
                "floods less.)",
            ),
            (
                "root-of-the-ratio",
                _efficiency(last=lambda ratio: 1.0 - np.sqrt(ratio)),
                "The ratio is rooted, as in root mean squared error over standard deviation. The "
                "efficiency takes the ratio of the squares as it is.",
            ),
            (
                "errors-summed-before-squaring",
                _efficiency(above=lambda s, o: np.sum(o - s) ** 2),
                "The errors are summed up first and squared then, so that those above cancel those "
                "below. Square each day's error, and sum the squares.",
            ),
            (
                "mean-not-subtracted",
                _efficiency(below=lambda s, o: np.sum(o**2)),
                "The denominator holds the squares of the observed days themselves. Subtract their "
                "mean first: the rival says the mean on every day, and not zero.",
            ),
            (
                "sum-against-mean",
                _efficiency(below=lambda s, o: np.var(o)),
                "A sum stands above the line and a mean below, or the other way round: one is n "
                "times too large. Take two sums or two means.",
                _efficiency(above=lambda s, o: np.mean((o - s) ** 2)),
            ),
            (
                "variance-with-n-minus-one",
                _efficiency(
                    above=lambda s, o: np.mean((o - s) ** 2), below=lambda s, o: np.var(o, ddof=1)
                ),
                "The errors are divided by n and the variance by n - 1 (`ddof=1`). Take sums in "
                "both places, or n in both.",
            ),
            (
                "days-not-measured-are-zero",
                _zeros_for_gaps,
                "A day that was not measured counts as a day without any water. Leave such days "
                "out, of the errors and of the mean.",
            ),
            (
                "gaps-filled",
                _mean_for_gaps,
                "Days that were not measured are filled, with other days, a mean or the "
                "simulation, and then the model is judged by them. Leave them out: nobody knows "
                "what the river did.",
                _filled(_gaps_interpolated),
                _filled(_last_known),
                _filled(_next_known),
                _filled(_simulated_in_gaps),
            ),
            (
                "mask-for-one-only",
                _observed_chosen,
                "Days that were not measured are taken out of one series and not of the other, so "
                "that their lengths differ. Choose the same days of both: "
                "`simulated[known], observed[known]`.",
                _observed_chosen_behind,
            ),
            (
                "gaps-counted",
                _gaps_counted,
                "The squared errors are divided by the number of all days, but only the measured "
                "ones were summed up. Count those alone, or compare two sums.",
            ),
            (
                "gaps-not-left-out",
                _gaps_in,
                "One day that was not measured (NaN) makes the whole efficiency NaN. Take only the "
                "days on which `observed` is a number: `np.isfinite(observed)`.",
            ),
            (
                "gaps-left-in-the-mean",
                _gaps_in_the_mean,
                "Days that were not measured are left out of the sums but not of the mean, which "
                "is then NaN itself. Choose the measured days first, then do everything with them.",
            ),
            (
                "cut-off-at-zero",
                _efficiency(last=lambda ratio: max(0.0, 1.0 - ratio)),
                "Negative efficiencies are set to 0, or lose their sign. They mean something: the "
                "simulation is worse than the mean of the observed days.",
                _efficiency(last=lambda ratio: abs(1.0 - ratio)),
            ),
            (
                "in-percent",
                _efficiency(last=lambda ratio: 100.0 * (1.0 - ratio)),
                "The efficiency comes in percent. Expected is the number itself: 1 is perfect.",
            ),
        )
    ),
    hints=(
        "Two models are compared: yours, and one that says the same on every day. Which number "
        "does the second one say, and what does each of them get wrong?",
        "Choose the measured days with `np.isfinite(observed)`. Then two sums of squares: observed "
        "minus simulated, and observed minus the mean of the observed.",
        "s, o = simulated[known], observed[known]; "
        "1 - np.sum((o - s) ** 2) / np.sum((o - o.mean()) ** 2).",
    ),
)
