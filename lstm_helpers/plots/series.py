"""Figures of measured series: the river's weather and discharge, and forecasts beside the truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lstm_helpers.plots.style import BLACK, BLUE, LIGHT, LINES, RED, SKY, course_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = np.ndarray[Any, np.dtype[Any]]


@course_style()
def river_panels(
    axes: Sequence[Axes], dates: Array, precipitation: Array, temperature: Array, discharge: Array
) -> Sequence[Axes]:
    """Draw precipitation, temperature and discharge above each other.

    Parameters
    ----------
    axes : sequence of three Axes
        From top to bottom, with a common time axis.
    dates : ndarray of datetime64 (n,)
        The days.
    precipitation, temperature, discharge : ndarray (n,)
        In mm/day, °C and m³/s.

    Returns
    -------
    sequence of Axes
        The same three.
    """
    top, middle, bottom = axes
    top.bar(dates, precipitation, width=1.0, color=SKY)
    top.set_ylabel("rain, snow\n(mm/day)")
    middle.axhline(0.0, color=BLACK, linewidth=0.8)
    middle.plot(dates, temperature, color=RED, linewidth=1.3)
    frost = np.minimum(temperature, 0.0)
    middle.fill_between(dates, frost, 0.0, color=LIGHT, linewidth=0)
    middle.set_ylabel("temperature\n(°C)")
    bottom.plot(dates, discharge, color=BLUE)
    bottom.set_ylim(0.0, None)
    bottom.set_ylabel("discharge\n(m³/s)")
    date_axis(bottom)
    return axes


@course_style()
def forecasts(
    ax: Axes, dates: Array, measured: Array, predicted: Mapping[str, Array], unit: str
) -> Axes:
    """Draw forecasts beside what was measured.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where.
    dates : ndarray of datetime64 (n,)
        The days that are forecast.
    measured : ndarray (n,)
        What came.
    predicted : mapping of str to ndarray (n,)
        For each name, what had been forecast for that day.
    unit : str
        Name and unit for the vertical axis.

    Returns
    -------
    matplotlib.axes.Axes
        The same.
    """
    ax.fill_between(dates, 0.0, measured, color=LIGHT, linewidth=0)
    ax.plot(dates, measured, color=BLACK, linewidth=1.0, label="measured")
    for (name, values), line in zip(predicted.items(), LINES, strict=False):
        ax.plot(
            dates,
            values,
            color=line.color,
            linestyle=line.linestyle,
            marker=line.marker,
            markersize=3.5,
            label=name,
        )
    ax.set_ylim(0.0, None)
    ax.set_ylabel(unit)
    ax.legend(loc="best")
    date_axis(ax)
    return ax


def date_axis(ax: Axes) -> None:
    """Label a time axis in a short form.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Whose horizontal axis holds dates.
    """
    from matplotlib import dates

    tools: Any = dates  # its classes carry no types
    locator = tools.AutoDateLocator(minticks=4, maxticks=9)
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(tools.ConciseDateFormatter(locator))
    ax.set_xlabel("date")
