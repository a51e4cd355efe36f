"""Figures of gradients and memory: how they fade, how far they reach, how a training bursts.

The lag of step t is T - t: 0 for the last step. Norms are relative to the last step's, so every
curve begins at 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from lstm_helpers.plots.style import BLACK, BLUE, GREY, LIGHT, LINES, course_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = np.ndarray[Any, np.dtype[Any]]

_CURVE = "gradient flow"
_FLOOR = 1e-12  # what lies below is nothing, and would squeeze the rest of the figure


@course_style()
def gradient_flow(ax: Axes, lags: Array, norms: Array, label: str) -> Axes:
    """Draw the norm of dL/dh_t against the lag; call it again for another curve.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where; up to six curves can be told apart.
    lags : ndarray (T,)
        The lag of each norm, in steps.
    norms : ndarray (T,) or (S, T)
        Norms relative to the last step's; with S seeds the median is drawn, in a band that holds
        their middle half. A norm of 0, which has no logarithm, is left out.
    label : str
        Name of the curve.

    Returns
    -------
    matplotlib.axes.Axes
        The same.
    """
    line = LINES[sum(curve.get_gid() == _CURVE for curve in ax.lines) % len(LINES)]
    seeds = np.atleast_2d(np.where(norms > 0, norms, np.nan))  # (S, T)
    drawn = ~np.isnan(seeds).any(axis=0)
    ax.plot(
        lags[drawn],
        np.median(seeds[:, drawn], axis=0),
        color=line.color,
        linestyle=line.linestyle,
        marker=line.marker,
        markevery=max(1, len(lags) // 8),
        gid=_CURVE,
        label=label,
    )
    if len(seeds) > 1:
        low, high = np.quantile(seeds[:, drawn], [0.25, 0.75], axis=0)
        ax.fill_between(lags[drawn], low, high, color=line.color, alpha=0.18, linewidth=0)
    ax.set_yscale("log")
    curves = [curve.get_ydata() for curve in ax.lines if curve.get_gid() == _CURVE]
    values = np.concatenate([np.asarray(curve, dtype=float) for curve in curves])
    least, most = max(float(values.min()), _FLOOR), float(values.max())
    ax.set_ylim(min(least / 3, 1e-2), max(3 * most, 10.0))
    ax.set_xlabel(r"lag $T - t$ (steps)")
    ax.set_ylabel(r"$\|\partial L/\partial h_t\|$, last step = 1")
    ax.legend()
    return ax


@course_style()
def gradient_reach(
    ax: Axes, radii: Array, reaches: Array, longest: int, claim: tuple[float, float]
) -> Axes:
    """Draw after how many steps the gradient is lost, against the spectral radius.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where.
    radii : ndarray (K,)
        Spectral radii; the places on the horizontal axis are evenly spaced.
    reaches : ndarray (K, S)
        For each radius and seed, the lag in steps; infinite where the gradient was never lost.
    longest : int
        The longest lag that was looked at.
    claim : tuple of float
        A range of lags, in steps, to draw as a band.

    Returns
    -------
    matplotlib.axes.Axes
        The same.
    """
    num_seeds = reaches.shape[1]
    spread = np.linspace(-0.25, 0.25, num_seeds) if num_seeds > 1 else np.zeros(1)
    places = np.arange(len(radii))[:, None] + spread  # (K, S)
    lost = np.isfinite(reaches)
    text = f"the claim: {claim[0]:g} to {claim[1]:g} steps"
    ax.axhspan(*claim, color=GREY, alpha=0.45, linewidth=0, label=text)
    look: dict[str, Any] = {"linestyle": "", "markersize": 6, "markerfacecolor": "none"}
    ax.plot(places[lost], reaches[lost], marker="o", color=BLUE, label="lost", **look)
    top = np.full(int((~lost).sum()), 1.25 * longest)
    text = f"not lost in {longest} steps"
    ax.plot(places[~lost], top, marker="^", color=BLACK, label=text, **look)
    ax.axhline(longest, color=LIGHT, linewidth=1.2)
    ax.set_yscale("log")
    ax.set_ylim(3, 1.7 * longest)
    ticks = [3, 5, 10, 20, 50, 100]
    ax.set_yticks(ticks, [str(tick) for tick in ticks])
    ax.minorticks_off()
    ax.set_xticks(range(len(radii)), [f"{radius:g}" for radius in radii])
    ax.grid(axis="x", visible=False)
    ax.set_xlabel("spectral radius of $W_h$")
    ax.set_ylabel("lag (steps)")
    ax.legend(loc="upper left", bbox_to_anchor=(0.0, 0.84))
    return ax


@course_style()
def loss_runs(
    ax: Axes, runs: Mapping[str, Array], level: tuple[str, float], unit: str, highest: float
) -> Axes:
    """Draw the loss of every step of several trainings, on a logarithmic axis.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where.
    runs : mapping of str to ndarray (S, steps)
        For each way of training, one row for each seed.
    level : tuple of str and float
        Name and value of a baseline.
    unit : str
        Name and unit of the loss.
    highest : float
        Upper end of the axis; curves may leave the figure there.

    Returns
    -------
    matplotlib.axes.Axes
        The same.
    """
    for number, (name, losses) in enumerate(runs.items()):
        line = LINES[number % len(LINES)]
        for seed, curve in enumerate(losses):
            ax.plot(
                np.arange(1, len(curve) + 1),
                curve,
                color=line.color,
                linestyle=line.linestyle,
                linewidth=1.1,
                label=None if seed else f"{name}, {len(losses)} seeds",
            )
    name, value = level
    ax.axhline(value, color=GREY, linewidth=3, alpha=0.6, zorder=1, label=name)
    ax.set_yscale("log")
    lowest = min(float(losses.min()) for losses in runs.values())
    ax.set_ylim(min(lowest, value) / 2, highest)
    ax.set_xlabel("step of the training")
    ax.set_ylabel(unit)
    ax.legend(loc="upper right")
    return ax


@course_style()
def memory_scores(
    ax: Axes, lengths: Array, scores: Mapping[str, Array], level: tuple[str, float], unit: str
) -> Axes:
    """Draw scores against the length of the sequences, one mark for each seed.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where.
    lengths : ndarray (K,)
        T, in steps; the places on the horizontal axis are evenly spaced.
    scores : mapping of str to ndarray (K, S)
        For each way of training, a score for each length and seed. Ways stand beside each other.
    level : tuple of str and float
        Name and value of a baseline.
    unit : str
        Name and unit of the score.

    Returns
    -------
    matplotlib.axes.Axes
        The same.
    """
    name, value = level
    ax.axhline(value, color=GREY, linewidth=3, alpha=0.6, zorder=1, label=name)
    shifts = 0.24 * (np.arange(len(scores)) - (len(scores) - 1) / 2)
    for shift, line, (name, values) in zip(shifts, LINES, scores.items(), strict=False):
        spread = np.linspace(-0.06, 0.06, values.shape[1])
        places = np.arange(len(lengths))[:, None] + shift + spread  # (K, S)
        ax.plot(
            places.ravel(),
            values.ravel(),
            linestyle="",
            marker=line.marker,
            markersize=7,
            markerfacecolor="none",
            markeredgecolor=line.color,
            markeredgewidth=1.4,
            label=name,
        )
    ax.set_xticks(range(len(lengths)), [str(length) for length in lengths])
    ax.set_xlim(-0.6, len(lengths) - 0.4)
    ax.set_ylim(0.0, None)
    ax.grid(axis="x", visible=False)
    ax.set_xlabel("T (steps)")
    ax.set_ylabel(unit)
    ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return ax
