"""Which inputs a loss at the last step depends on: one heat strip for each network, over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lstm_helpers.plots.style import BLACK, GREY, course_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = np.ndarray[Any, np.dtype[Any]]


@course_style()
def heat_strips(
    axes: Sequence[Axes],
    symbols: Array,
    num_cues: int,
    strips: Mapping[str, Array],
    limits: tuple[float, float] = (1e-8, 1e4),
) -> Sequence[Axes]:
    """Draw a sequence of symbols and, under it, how strongly the loss depends on each step.

    Parameters
    ----------
    axes : sequence of matplotlib.axes.Axes
        Two, one above the other: for the sequence and for the strips.
    symbols : ndarray of int (T,)
        The symbol of each step, from 0.
    num_cues : int
        Symbols below this number are cues, drawn as triangles; the others are dots.
    strips : mapping of str to ndarray (T,)
        For each network ‖dL/dx_t‖ in time order, relative to the last step's.
    limits : tuple of float, optional
        Ends of the logarithmic scale; beyond them the colour no longer changes.

    Returns
    -------
    sequence of matplotlib.axes.Axes
        The same.
    """
    from matplotlib.colors import LogNorm

    top, bottom = axes
    steps = np.arange(1, len(symbols) + 1)
    cue = symbols < num_cues
    top.plot(steps[cue], symbols[cue], "^", color=BLACK, markersize=8, clip_on=False)
    top.plot(steps[~cue], symbols[~cue], "o", color=GREY, markersize=4)
    last = max(int(symbols.max()), num_cues)
    middles = [(num_cues - 1) / 2, (num_cues + last) / 2]
    top.set_yticks(middles, ["cues", "distractors"])
    top.set_ylim(last + 0.7, -0.7)  # symbol 0 on top
    top.tick_params(left=False, labelbottom=False)

    table = np.clip(np.stack(list(strips.values())), *limits)  # (K, T)
    image = bottom.imshow(
        table,
        cmap="viridis",
        norm=LogNorm(*limits),
        aspect="auto",
        interpolation="nearest",
        extent=(0.5, len(symbols) + 0.5, len(table) - 0.5, -0.5),
    )
    for row in range(1, len(table)):
        bottom.axhline(row - 0.5, color="white", linewidth=4.0)
    bottom.set_yticks(range(len(table)), list(strips))
    bottom.set_xlim(0.5, len(symbols) + 0.5)
    top.set_xlim(bottom.get_xlim())
    bottom.locator_params(axis="x", integer=True)
    bottom.set_xlabel("step t")
    for ax in axes:
        ax.grid(False)
    figure = bottom.get_figure()
    if figure is not None:
        ticks = np.geomspace(*limits, 4)
        bar = figure.colorbar(image, ax=bottom, extend="both", ticks=ticks, pad=0.02)
        bar.ax.minorticks_off()
        bar.set_label("$\\|\\partial L/\\partial x_t\\|$\nlast step = 1")
    return axes
