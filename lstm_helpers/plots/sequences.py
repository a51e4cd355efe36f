"""Drawings of sequences: which rows a window holds, and one forward pass, number by number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lstm_helpers.plots.style import BLACK, BLUE, GREY, ORANGE, SKY, course_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = np.ndarray[Any, np.dtype[Any]]


@course_style()
def window_layout(ax: Axes, n_total: int, length: int, horizon: int) -> Axes:
    """Draw every window of a series and its target.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where.
    n_total : int
        Rows of the series.
    length : int
        Rows of a window.
    horizon : int
        Steps from a window's last row to its target, at least 1.

    Returns
    -------
    matplotlib.axes.Axes
        The same.
    """
    from matplotlib.patches import Rectangle

    n = n_total - length - horizon + 1
    for window in range(n):
        for row in range(n_total):
            look: dict[str, Any] = {"facecolor": "white", "edgecolor": "#BBBBBB"}
            text = ""
            if window <= row < window + length:
                look, text = {"facecolor": SKY, "edgecolor": BLACK}, "x"
            elif row == window + length + horizon - 1:
                look, text = {"facecolor": ORANGE, "edgecolor": BLACK, "hatch": "//"}, "y"
            ax.add_patch(Rectangle((row - 0.45, window - 0.35), 0.9, 0.7, linewidth=0.8, **look))
            box = {"facecolor": look["facecolor"], "edgecolor": "none", "pad": 1.0}
            if text:
                ax.text(row, window, text, ha="center", va="center", color=BLACK, bbox=box)
    ax.set_xlim(-0.7, n_total - 0.3)
    ax.set_ylim(n - 0.4, -0.6)
    ax.set_xticks(range(n_total))
    ax.set_yticks(range(n))
    ax.set_xlabel("row of the series (day)")
    ax.set_ylabel("window k")
    ax.grid(False)
    return ax


@course_style()
def forward_pass(ax: Axes, xs: Array, h0: Array, hs: Array) -> Axes:
    """Draw the unrolled network for one sequence, with the numbers in their places.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where.
    xs : ndarray (T, D)
        Inputs of one sequence.
    h0 : ndarray (H,)
        State before the first step.
    hs : ndarray (T, H)
        State after each step.

    Returns
    -------
    matplotlib.axes.Axes
        The same.
    """
    T, D = xs.shape
    H = len(h0)
    states = np.concatenate([h0[None], hs])  # (T + 1, H)
    top, bottom = 1.0, 1.0 + 0.42 * H  # states hang down from `top`, inputs from `bottom + 1`
    for t in range(T + 1):
        _column(ax, t, top, states[t], limit=1.0)
        ax.text(t, top - 0.18, f"$h_{{{t}}}$", ha="center", va="bottom", fontsize=11)
        if t == 0:
            continue
        _column(ax, t, bottom + 1.0, xs[t - 1], limit=float(np.abs(xs).max()) or 1.0)
        below = bottom + 1.0 + 0.42 * D
        ax.text(t, below + 0.02, f"$x_{{{t}}}$", ha="center", va="top", fontsize=11)
        middle = top + 0.21 * H - 0.1
        _arrow(ax, (t - 0.68, middle), (t - 0.32, middle), BLUE)
        ax.text(t - 0.5, middle - 0.1, "$W_h$", ha="center", va="bottom", color=BLUE)
        _arrow(ax, (t, bottom + 0.86), (t, bottom + 0.02), ORANGE)
        ax.text(t + 0.06, bottom + 0.45, "$W_x$", ha="left", va="center", color=BLACK)
    ax.set_xlim(-0.5, T + 0.5)
    ax.set_ylim(bottom + 1.5 + 0.42 * D, top - 0.6)
    ax.set_axis_off()
    return ax


def _column(ax: Axes, x: float, top: float, values: Array, limit: float) -> None:
    """A column of boxes; the darker, the farther from 0, with the number written inside."""
    from matplotlib.patches import Rectangle

    for k, value in enumerate(values):
        strength = min(abs(float(value)) / limit, 1.0)
        base = np.array([0.34, 0.71, 0.91]) if value >= 0 else np.array([0.90, 0.62, 0.0])
        color = 1.0 - 0.75 * strength * (1.0 - base)
        hatch = "///" if value < 0 else None
        y = top + 0.42 * k
        ax.add_patch(
            Rectangle(
                (x - 0.29, y - 0.14),
                0.58,
                0.4,
                facecolor=color,
                edgecolor=GREY,
                linewidth=0.8,
                hatch=hatch,
            )
        )
        box = {"facecolor": color, "edgecolor": "none", "pad": 0.8}
        text = f"{value:.2f}".replace("-", "−")
        ax.text(x, y + 0.06, text, ha="center", va="center", color=BLACK, bbox=box)


def _arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float], color: str) -> None:
    ax.annotate(
        "", xy=end, xytext=start, arrowprops={"arrowstyle": "-|>", "color": color, "linewidth": 1.6}
    )
