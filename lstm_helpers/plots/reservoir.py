"""The LSTM cell as a reservoir: one step with its inlet, drain and valve, and levels over time."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from lstm_helpers.plots.style import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    LINES,
    ORANGE,
    SKY,
    course_style,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = np.ndarray[Any, np.dtype[Any]]

_LEFT, _RIGHT, _LABELS = 3.0, 7.0, 10.0  # sides of the basin; the drawing is this wide
_PIPE = 0.30  # height of a pipe, as a share of half the basin's height


@course_style()
def reservoir_step(
    ax: Axes, c_prev: float, i: float, f: float, g: float, o: float, c: float, h: float
) -> Axes:
    """Draw one step of one unit as a reservoir.

    The level is the cell state. On the left comes the candidate through an inlet that the input
    gate opens; the drain below closes as the forget gate opens; on the right the valve of the
    output gate lets the hidden state out. A level below zero is orange and hatched.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where.
    c_prev : float
        Cell state before the step.
    i, f, g, o : float
        Input gate, forget gate, candidate, output gate.
    c, h : float
        Cell state and hidden state after the step.

    Returns
    -------
    matplotlib.axes.Axes
        The same.
    """
    from matplotlib.patches import Rectangle

    half = max(2.0, 1.0 + math.ceil(max(abs(c), abs(c_prev))))  # the basin reaches this far from 0
    width = _RIGHT - _LEFT
    water: dict[str, Any] = {"facecolor": SKY} if c >= 0 else {"facecolor": ORANGE, "hatch": "///"}
    ax.add_patch(Rectangle((_LEFT, 0.0), width, c, edgecolor="none", alpha=0.6, **water))
    ax.plot([_LEFT, _LEFT, _RIGHT, _RIGHT], [half, -half, -half, half], color=BLACK, linewidth=2.2)
    ax.plot([_LEFT, _RIGHT], [0.0, 0.0], color=GREY, linewidth=0.8)
    kept = f * c_prev
    levels = (
        (c_prev, LINES[2], f"before: $c_{{t-1}}$ = {c_prev:.2f}"),
        (kept, LINES[1], f"kept: $f\\,c_{{t-1}}$ = {kept:.2f}"),
        (c, LINES[0], f"now: $c_t$ = {c:.2f}"),
    )
    for level, line, name in levels:
        look: dict[str, Any] = {"color": line.color, "linestyle": line.linestyle, "linewidth": 2.0}
        ax.plot([_LEFT, _RIGHT], [level, level], label=_minus(name), zorder=3, **look)
    middle = (_LEFT + _RIGHT) / 2
    _flow(ax, (middle, c_prev), (middle, kept), BLACK)
    _flow(ax, (middle + 0.5, kept), (middle + 0.5, c), GREEN)

    height = _PIPE * half
    above = half - 1.6 * height
    _pipe(ax, (1.2, _LEFT), above, height, i)
    _pipe(ax, (_RIGHT, 8.8), above, height, o)
    _drain(ax, middle - 0.4, -half, height, f)
    inwards = ((1.3, above + height / 2), (_LEFT + 0.3, above + height / 2))
    _flow(ax, *(inwards if g >= 0 else inwards[::-1]), GREEN, share=abs(i * g))
    outwards = ((_RIGHT - 0.3, above + height / 2), (8.7, above + height / 2))
    _flow(ax, *(outwards if h >= 0 else outwards[::-1]), BLUE, share=abs(h))

    texts = (
        (0.0, above - 0.1 * half, f"inlet $i$ = {i:.2f}\ncandidate $g$ = {g:.2f}", "left", "top"),
        (0.0, above - 0.62 * half, f"inflow\n$i\\,g$ = {i * g:.2f}", "left", "top"),
        (_RIGHT + 0.2, above - 0.1 * half, f"valve $o$ = {o:.2f}", "left", "top"),
        (_RIGHT + 0.2, above - 0.32 * half, f"out: $o\\,\\tanh c_t$ = {h:.2f}", "left", "top"),
        (_RIGHT + 0.2, -half - 0.9 * height, f"drain shut by $f$ = {f:.2f}", "left", "center"),
    )
    for x, y, text, across, along in texts:
        ax.text(x, y, _minus(text), ha=across, va=along, fontsize=9)
    ax.legend(loc="center left", bbox_to_anchor=(0.71, 0.30), handlelength=2.6)
    ax.set_xlim(-0.1, _LABELS + 0.1)
    ax.set_ylim(-half - 1.6 * height, half + 0.1 * half)
    ax.set_yticks(np.linspace(-half, half, 5))
    ax.set_ylabel("cell state (without unit)")
    ax.set_xticks([])
    ax.spines["bottom"].set_visible(False)
    ax.grid(False)
    return ax


@course_style()
def reservoir_levels(ax: Axes, cs: Array, hs: Array) -> Axes:
    """Draw cell state and hidden state of one unit over a sequence.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where.
    cs : ndarray (T + 1,)
        Cell state, the initial one first: one bar each, from zero.
    hs : ndarray (T,)
        Hidden state after each step: a dotted line with markers.

    Returns
    -------
    matplotlib.axes.Axes
        The same.
    """
    steps = np.arange(len(cs))
    bars = ax.bar(steps, cs, width=0.85, color=SKY, edgecolor=BLUE, label="cell state $c_t$")
    for bar, level in zip(bars, cs, strict=True):
        if level < 0:
            bar.set(facecolor=ORANGE, hatch="///", edgecolor=BLACK)
    line = LINES[2]
    ax.plot(
        steps[1:],
        hs,
        color=line.color,
        linestyle=line.linestyle,
        marker=line.marker,
        markersize=7,
        markeredgecolor="white",
        label="hidden state $h_t$",
    )
    ax.axhline(0.0, color=BLACK, linewidth=0.8)
    for bound in (-1.0, 1.0):
        ax.axhline(bound, color=GREY, linestyle=(0, (6, 3)), linewidth=1.0)
    lowest, highest = min(-1.2, float(np.min(cs)) * 1.1), max(1.2, float(np.max(cs)) * 1.1)
    ax.set_ylim(lowest, highest)
    ax.locator_params(axis="x", integer=True)
    ax.set_xlabel("step t")
    ax.set_ylabel("state (without unit)")
    ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return ax


@course_style()
def stored_value(ax: Axes, states: Array, targets: Array, title: str) -> Axes:
    """Draw a cell state over a stream, and the value that it should hold.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where.
    states : ndarray (T,)
        Cell state after each step: a thin black line.
    targets : ndarray (T,)
        What it should be: a broad light line.
    title : str
        What stands above.

    Returns
    -------
    matplotlib.axes.Axes
        The same.
    """
    steps = np.arange(1, len(states) + 1)
    ax.plot(steps, targets, color=SKY, linewidth=5.0, label="value written last")
    ax.plot(steps, states, color=BLACK, linewidth=1.2, label="cell state $c_t$")
    ax.set_title(title, loc="left")
    ax.set_xlabel("step t")
    ax.set_ylabel("without unit")
    ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return ax


def _pipe(
    ax: Axes, ends: tuple[float, float], bottom: float, height: float, opening: float
) -> None:
    """A horizontal pipe with a sluice that leaves ``opening`` of its height free."""
    from matplotlib.patches import Rectangle

    for y in (bottom, bottom + height):
        ax.plot(ends, [y, y], color=BLACK, linewidth=1.4)
    at = sum(ends) / 2
    closed = (1.0 - opening) * height
    ax.add_patch(
        Rectangle((at - 0.1, bottom + height - closed), 0.2, closed, facecolor=BLACK, zorder=4)
    )


def _drain(ax: Axes, left: float, bottom: float, height: float, kept: float) -> None:
    """A pipe downwards, closed by a plug over the share that is kept."""
    from matplotlib.patches import Rectangle

    for x in (left, left + 0.8):
        ax.plot([x, x], [bottom, bottom - 1.2 * height], color=BLACK, linewidth=1.4)
    ax.plot([left + 0.03, left + 0.77], [bottom, bottom], color="white", linewidth=3.0, zorder=3)
    ax.add_patch(
        Rectangle(
            (left, bottom - 0.25 * height), 0.8 * kept, 0.5 * height, facecolor=BLACK, zorder=4
        )
    )


def _flow(
    ax: Axes, start: tuple[float, float], end: tuple[float, float], color: str, share: float = 1.0
) -> None:
    """An arrow, as thick as the share that flows; none where nothing flows."""
    if start == end or share < 0.005:
        return
    arrow = {"arrowstyle": "-|>", "color": color, "linewidth": 0.8 + 2.0 * share}
    arrow.update(shrinkA=0.0, shrinkB=0.0)
    ax.annotate("", xy=end, xytext=start, arrowprops=arrow, zorder=5)


def _minus(text: str) -> str:
    """Set a true minus before numbers, but not in mathematics."""
    return text.replace(" -", " −")
