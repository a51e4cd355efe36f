"""Put something on the page: HTML with a plain-text twin, or a widget with a static twin.

Outside IPython the plain text is printed, so that lessons also run as plain Python programs.
"""

from __future__ import annotations

import os
import sys
from typing import Any

GRADING_VARIABLE = "NBGRADER_EXECUTION"


def is_grading() -> bool:
    """Say whether nbgrader runs this notebook.

    Returns
    -------
    bool
        True while the environment variable ``NBGRADER_EXECUTION`` is set.
    """
    return bool(os.environ.get(GRADING_VARIABLE))


def display_bundle(bundle: dict[str, Any]) -> None:
    """Display one output in several formats; the front end picks the best one it knows.

    Parameters
    ----------
    bundle : dict
        MIME type to content. Holds ``text/plain``, which is printed where there is no IPython.
    """
    if _in_ipython():
        from IPython.display import display

        display(bundle, raw=True)
    else:
        print(bundle["text/plain"])


def display_html(html: str, text: str) -> None:
    """Display HTML with its plain-text twin.

    Parameters
    ----------
    html : str
        What a notebook shows. Everything in it that others wrote is escaped already.
    text : str
        What a terminal shows: the same in plain text.
    """
    display_bundle({"text/html": html, "text/plain": text})


def display_code(source: str) -> None:
    """Display Python source, highlighted in the theme of the page.

    Parameters
    ----------
    source : str
        The source text.
    """
    source = source.rstrip("\n")
    fence = "```"
    while fence in source:
        fence += "`"
    display_bundle({"text/markdown": f"{fence}python\n{source}\n{fence}", "text/plain": source})


def display_widget(widget: Any, fallback_html: str, alt_text: str) -> None:
    """Display a widget and, in the same output, a static twin.

    Where widgets work, the widget is shown; in an exported notebook, on a code-hosting site or in
    a terminal, the twin.

    Parameters
    ----------
    widget : ipywidgets.Widget
        The widget.
    fallback_html : str
        The static twin as HTML.
    alt_text : str
        The static twin as plain text.
    """
    bundle: dict[str, Any] = {"text/html": fallback_html, "text/plain": alt_text}
    if _in_ipython():
        offered = widget._repr_mimebundle_()
        bundle = {**offered, **bundle}
    display_bundle(bundle)


def _in_ipython() -> bool:
    if "IPython" not in sys.modules:
        return False
    from IPython.core.interactiveshell import InteractiveShell

    return bool(InteractiveShell.initialized())
