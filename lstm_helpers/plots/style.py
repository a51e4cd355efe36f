"""One calm style for every figure of the course.

The colours are Okabe and Ito's, which differ for colour-blind eyes, in an order in which they
also differ when printed in grey. Colour never stands alone: `LINES` pairs each with a line style
and a marker. Figures are made here without pyplot, so that a notebook shows them once, through
`lstm_helpers.notebook.show`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLACK = "#222222"
BLUE = "#0072B2"
ORANGE = "#E69F00"
GREEN = "#009E73"
RED = "#D55E00"
PURPLE = "#CC79A7"
SKY = "#56B4E9"
GREY = "#8A8A8A"
LIGHT = "#DDDDDD"


class Line(NamedTuple):
    """How one curve looks: it can be told from the others without its colour.

    Parameters
    ----------
    color : str
        Hexadecimal colour.
    linestyle : str or tuple
        As matplotlib takes it.
    marker : str
        As matplotlib takes it.
    """

    color: str
    linestyle: str | tuple[int, tuple[float, ...]]
    marker: str


LINES: tuple[Line, ...] = (
    Line(BLUE, "-", "o"),
    Line(ORANGE, (0, (5, 2)), "s"),
    Line(BLACK, (0, (1, 1.5)), "^"),
    Line(GREEN, (0, (5, 1.5, 1, 1.5)), "D"),
    Line(RED, (0, (8, 2)), "v"),
    Line(PURPLE, (0, (3, 1.5, 1, 1.5, 1, 1.5)), "P"),
)
"""Looks of up to six curves, in the order in which to take them."""

RC: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "axes.titlesize": 10.5,
    "axes.titlelocation": "left",
    "axes.labelsize": 10,
    "axes.edgecolor": "#666666",
    "axes.labelcolor": BLACK,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": LIGHT,
    "grid.linewidth": 0.6,
    "xtick.color": "#444444",
    "ytick.color": "#444444",
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "text.color": BLACK,
    "lines.linewidth": 1.6,
    "lines.markersize": 5,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "figure.facecolor": "white",
    "axes.facecolor": "white",
}
"""The style, as matplotlib's settings."""


@contextmanager
def course_style() -> Iterator[None]:
    """Draw what stands inside in the course's style; afterwards all is as before.

    Legends and lines take their looks when they are drawn, not when the figure is made: every
    drawing function of this package is decorated with ``@course_style()``.

    Yields
    ------
    None
        Nothing; use it in a ``with`` statement.

    Examples
    --------
    >>> import matplotlib
    >>> with course_style():
    ...     matplotlib.rcParams["axes.spines.top"]
    False
    """
    import matplotlib

    settings: Any = RC  # matplotlib's own type for it differs between versions
    with matplotlib.rc_context(settings):
        yield


def new_figure(
    width: float = 7.0,
    height: float = 3.2,
    nrows: int = 1,
    ncols: int = 1,
    **options: Any,
) -> tuple[Figure, Any]:
    """Make a figure in the course's style.

    Parameters
    ----------
    width, height : float, optional
        In inches; 7 inches fill the text column of a notebook.
    nrows, ncols : int, optional
        How many axes below and beside each other.
    **options : object
        Passed to ``Figure.subplots``, such as ``sharex=True`` or ``height_ratios=[1, 3]``.

    Returns
    -------
    figure : matplotlib.figure.Figure
        Not known to pyplot, so nothing shows it twice. Hand it to `lstm_helpers.notebook.show`.
    axes : matplotlib.axes.Axes or ndarray of Axes
        One, or an array of them as in ``Figure.subplots``.

    Examples
    --------
    >>> figure, axes = new_figure(ncols=2)
    >>> len(axes)
    2
    """
    from matplotlib.figure import Figure

    with course_style():
        figure = Figure(figsize=(width, height), layout="constrained")
        axes = figure.subplots(nrows, ncols, **options)
    return figure, axes


def note(ax: Axes, x: float, y: float, text: str, **options: Any) -> None:
    """Write a note into the axes, on a white ground so that curves do not cross it.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where.
    x, y : float
        Position in data coordinates.
    text : str
        The note.
    **options : object
        Passed to ``Axes.text``.
    """
    box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1.5}
    ax.text(x, y, text, **{"fontsize": 9, "color": BLACK, "bbox": box, **options})
