"""Figures of errors: while training, over seeds, and against a setting. Spread is always shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from lstm_helpers.plots.style import BLACK, BLUE, LINES, course_style, note

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = np.ndarray[Any, np.dtype[Any]]


@course_style()
def training_curves(
    ax: Axes, losses: Array, steps_per_epoch: int, levels: Mapping[str, float], unit: str
) -> Axes:
    """Draw the mean loss of each epoch, one thin line for each seed, with baselines as levels.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where.
    losses : ndarray (S, steps)
        Loss at each step, for S seeds; whole epochs.
    steps_per_epoch : int
        Steps that make one epoch.
    levels : mapping of str to float
        Baselines: a horizontal line for each.
    unit : str
        Name and unit of the loss.

    Returns
    -------
    matplotlib.axes.Axes
        The same.
    """
    epochs = losses.reshape(len(losses), -1, steps_per_epoch).mean(axis=2)  # (S, epochs)
    numbers = np.arange(1, epochs.shape[1] + 1)
    for curve in epochs:
        ax.plot(numbers, curve, color=BLUE, linewidth=1.0, alpha=0.8)
    ax.plot([], [], color=BLUE, linewidth=1.0, label=f"RNN, {len(losses)} seeds")
    for (name, level), line in zip(levels.items(), LINES[1:], strict=False):
        ax.axhline(level, color=line.color, linestyle=line.linestyle, label=name)
    ax.set_ylim(0.0, None)
    ax.locator_params(axis="x", integer=True)
    ax.set_xlabel("epoch")
    ax.set_ylabel(unit)
    ax.legend()
    return ax


@course_style()
def seed_scores(ax: Axes, scores: Mapping[str, Array], unit: str, title: str = "") -> Axes:
    """Draw scores as points, one row for each model, one point for each seed.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where.
    scores : mapping of str to ndarray (S,)
        For each model, its scores; a single number where there is no chance in it.
    unit : str
        Name and unit of the score.
    title : str, optional
        What stands above.

    Returns
    -------
    matplotlib.axes.Axes
        The same.
    """
    for row, values in enumerate(scores.values()):
        line = LINES[row % len(LINES)]
        values = np.atleast_1d(values)
        ax.plot(
            values,
            np.full(len(values), row),
            linestyle="",
            marker=line.marker,
            markersize=8,
            markerfacecolor="none",
            markeredgecolor=line.color,
            markeredgewidth=1.6,
            clip_on=False,
        )
        note(ax, float(values.mean()), row - 0.22, f"{values.mean():.1f}", ha="center", va="bottom")
    ax.set_yticks(range(len(scores)), list(scores))
    ax.set_ylim(len(scores) - 0.5, -0.7)
    ax.set_xlim(0.0, 1.08 * max(float(np.max(values)) for values in scores.values()))
    ax.set_xlabel(unit)
    ax.set_title(title)
    ax.grid(axis="y", visible=False)
    return ax


@course_style()
def score_against(
    ax: Axes, settings: Array, curves: Mapping[str, Array], setting: str, unit: str
) -> Axes:
    """Draw mean and spread over seeds against a setting, one curve for each name.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where.
    settings : ndarray (K,)
        What was tried; the places on the horizontal axis are evenly spaced.
    curves : mapping of str to ndarray (K, S)
        Scores for each setting and seed; (K, 1) where there is no chance in it.
    setting, unit : str
        Names and units of the two axes.

    Returns
    -------
    matplotlib.axes.Axes
        The same.

    Notes
    -----
    Bars reach from the lowest to the highest of the seeds.
    """
    places = np.arange(len(settings))
    for number, (name, scores) in enumerate(curves.items()):
        line = LINES[number % len(LINES)]
        mean = scores.mean(axis=1)
        reach = np.stack([mean - scores.min(axis=1), scores.max(axis=1) - mean])
        ax.errorbar(
            places,
            mean,
            yerr=reach if scores.shape[1] > 1 else None,
            color=line.color,
            linestyle=line.linestyle,
            marker=line.marker,
            ecolor=BLACK,
            elinewidth=1.0,
            capsize=3,
            label=name,
        )
    ax.set_xticks(places, [str(value) for value in settings])
    ax.set_ylim(0.0, None)
    ax.set_xlabel(setting)
    ax.set_ylabel(unit)
    ax.legend()
    return ax
