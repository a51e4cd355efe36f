"""Figures of differences between two ways of training, seed by seed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from lstm_helpers.plots.style import BLACK, BLUE, GREY, course_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = np.ndarray[Any, np.dtype[Any]]


@course_style()
def paired_differences(
    ax: Axes, differences: Mapping[str, Array], unit: str, factor: float, title: str = ""
) -> Axes:
    """Draw what a change did: one row for each change, one ring for each seed, mean and range.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where.
    differences : mapping of str to ndarray (S,)
        For each change, the score with it minus the score without it, of the same S >= 2 seeds.
    unit : str
        Name and unit of the score.
    factor : float
        Half the range of each mean, in standard deviations of the differences, such as t / √S.
    title : str, optional
        What stands above.

    Returns
    -------
    matplotlib.axes.Axes
        The same.

    Notes
    -----
    A diamond is filled where its range leaves zero out, and open where the range holds it.
    """
    ax.axvline(0.0, color=BLACK, linewidth=0.9)
    for row, values in enumerate(differences.values()):
        mean, half = float(np.mean(values)), factor * float(np.std(values, ddof=1))
        ax.plot(
            values,
            np.full(len(values), row),
            linestyle="",
            marker="o",
            markersize=4.5,
            markerfacecolor="none",
            markeredgecolor=GREY,
        )
        ax.errorbar(
            mean,
            row,
            xerr=half,
            color=BLUE,
            linewidth=2.0,
            capsize=3,
            marker="D",
            markersize=6.5,
            markerfacecolor=BLUE if abs(mean) > half else "white",
        )
    ax.set_yticks(range(len(differences)), list(differences))
    ax.set_ylim(len(differences) - 0.5, -0.5)
    ax.set_xlabel(unit)
    ax.set_title(title)
    ax.grid(axis="y", visible=False)
    return ax
