"""`show`: a figure with its caption and its alternative text.

Figures are drawn at twice their size in pixels, on white; the frame around them stays light in a
dark theme, so that black axes remain legible.
"""

from __future__ import annotations

import base64
import io
import struct
import sys
from html import escape
from typing import TYPE_CHECKING

from lstm_helpers.notebook.cards import FONT, TEXT_COLOUR, markup
from lstm_helpers.notebook.display import display_html

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_SCALE = 2


def show(figure: Figure, caption: str, alt: str) -> None:
    """Display a figure once, with a caption and alternative text, and close it.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The figure.
    caption : str
        What is shown and what to look at; may hold `code` and $mathematics$.
    alt : str
        What somebody needs to know who cannot see it: what is plotted, and its main numbers.

    Raises
    ------
    TypeError
        If `figure` is not a Figure.
    ValueError
        If the caption or the alternative text is empty.

    Examples
    --------
    In a lesson::

        from matplotlib.figure import Figure
        show(Figure(), "An empty figure.", "An empty white rectangle.")
    """
    if not hasattr(figure, "savefig"):
        raise TypeError(
            f"`show` got {type(figure).__name__} as its figure; expected a matplotlib Figure: "
            "pass the `fig` of `fig, ax = plt.subplots()`."
        )
    for what, text in (("caption", caption), ("alt", alt)):
        if not isinstance(text, str) or not text.strip():
            raise ValueError(
                f"`show` got {text!r} as its {what}; expected a sentence, because a figure without "
                "words is lost on those who cannot see it: write one."
            )
    html = figure_html(figure, caption, alt)
    _close(figure)
    display_html(html, figure_text(caption, alt))


def figure_html(figure: Figure, caption: str, alt: str, *, crop: bool = True) -> str:
    """Draw a figure into a piece of HTML.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The figure; it is not closed.
    caption, alt : str
        As for `show`.
    crop : bool, optional
        Whether to cut or widen the picture to what is drawn.

    Returns
    -------
    str
        A ``<figure>`` that holds the picture, its alternative text and the caption.
    """
    buffer = io.BytesIO()
    # Cropping to what is drawn keeps labels that stick out, and costs a second drawing.
    figure.savefig(
        buffer,
        format="png",
        dpi=_SCALE * figure.get_dpi(),
        facecolor="white",
        bbox_inches="tight" if crop else None,
        metadata={"Software": None},
    )
    png = buffer.getvalue()
    width, height = (pixels // _SCALE for pixels in struct.unpack(">II", png[16:24]))
    data = base64.b64encode(png).decode("ascii")
    return (
        f'<figure style="margin: 8px 0; {FONT}">'
        f'<img src="data:image/png;base64,{data}" alt="{escape(alt)}" width="{width}"'
        f' height="{height}" style="max-width: 100%; height: auto; background: white;'
        ' padding: 8px; box-sizing: border-box; border-radius: 4px">'
        f'<figcaption style="max-width: 46em; margin-top: 4px; color: {TEXT_COLOUR}">'
        f"{markup(caption)}</figcaption></figure>"
    )


def figure_text(caption: str, alt: str) -> str:
    """Write what a figure shows as plain text.

    Parameters
    ----------
    caption, alt : str
        As for `show`.

    Returns
    -------
    str
        Two paragraphs.
    """
    return f"[Figure: {alt}]\n\n{caption}"


def _close(figure: Figure) -> None:
    """Take the figure from pyplot's list, so that the notebook does not show it again."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        pyplot.close(figure)
