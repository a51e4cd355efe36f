"""The gradient-flow widget of lesson 02: how the gradient of a random RNN fades or grows.

The numbers come from `lstm_helpers.nn.random_gradient_flow`, the drawing from
`lstm_helpers.plots.gradient_flow`; here they are joined to three controls.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lstm_helpers.notebook.cards import FONT, TEXT_COLOUR
from lstm_helpers.notebook.display import display_widget
from lstm_helpers.notebook.figures import figure_html, figure_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Norms = NDArray[np.floating[Any]]
NONLINEARITIES = ("tanh", "identity", "relu")
_SEED = 2  # one network for all settings: what changes in the figure is what was moved
_CAPTION = (
    "Norm of the gradient $\\|\\partial L / \\partial h_t\\|$, relative to the last step, against "
    "the lag $T - t$."
)


def gradient_flow_widget() -> None:
    """Show the gradient of a random RNN against the lag, with controls.

    The controls are the spectral radius of the recurrent matrix (0.5 to 1.5), the number of steps
    (5 to 100) and the nonlinearity.

    Examples
    --------
    In a lesson::

        gradient_flow_widget()
    """
    import ipywidgets

    style = {"description_width": "10em"}
    layout = {"width": "32em"}
    radius = ipywidgets.FloatSlider(
        value=0.9,
        min=0.5,
        max=1.5,
        step=0.05,
        description="Spectral radius",
        continuous_update=False,
        style=style,
        layout=layout,
    )
    num_steps = ipywidgets.IntSlider(
        value=50,
        min=5,
        max=100,
        step=1,
        description="Steps T",
        continuous_update=False,
        style=style,
        layout=layout,
    )
    nonlinearity = ipywidgets.Dropdown(
        options=NONLINEARITIES, description="Nonlinearity", style=style, layout=layout
    )
    html, text = flow_figure(radius.value, num_steps.value, nonlinearity.value)
    picture = ipywidgets.HTMLMath(html)

    def redraw(_: object) -> None:
        picture.value, _text = flow_figure(radius.value, num_steps.value, nonlinearity.value)

    for control in (radius, num_steps, nonlinearity):
        control.observe(redraw, names="value")
    widget = ipywidgets.VBox([radius, num_steps, nonlinearity, picture])
    display_widget(widget, html, text)


def flow_figure(radius: float, num_steps: int, nonlinearity: str) -> tuple[str, str]:
    """Simulate and draw one setting.

    Parameters
    ----------
    radius : float
        Spectral radius of the recurrent matrix.
    num_steps : int
        T, the length of the sequence.
    nonlinearity : {"tanh", "identity", "relu"}
        The function applied to the pre-activation.

    Returns
    -------
    html : str
        The figure, whose alternative text states the numbers, which also stand below it.
    text : str
        The same as plain text.
    """
    from lstm_helpers import nn

    rng = np.random.default_rng(_SEED)
    norms = nn.random_gradient_flow(radius, num_steps, nonlinearity, rng)  # (T,)
    setting = f"spectral radius {radius:.2f}, {num_steps} steps, {nonlinearity}"
    numbers = describe(norms)
    alt = f"Gradient norm against lag on a logarithmic axis; random RNN, {setting}. {numbers}"
    html = figure_html(_draw(norms, setting), _CAPTION, alt, crop=False)
    line = f'<p role="status" style="{FONT}; color: {TEXT_COLOUR}">{numbers}</p>'
    return html + line, figure_text(_CAPTION, alt)


def describe(norms: Norms) -> str:
    """Say in words how the gradient changes with the lag.

    Parameters
    ----------
    norms : ndarray of shape (T,)
        Gradient norms in time order, relative to the last step.

    Returns
    -------
    str
        One or two sentences with numbers.

    Examples
    --------
    >>> describe(np.array([0.25, 0.5, 1.0]))
    'At lag 2 the gradient is 0.25 times what it is at the last step.'
    """
    num_steps = len(norms)
    lags = [lag for lag in (10, num_steps - 1) if 0 < lag < num_steps]
    parts = [f"at lag {lag} {_times(float(norms[-1 - lag]))}" for lag in dict.fromkeys(lags)]
    words = " and ".join(parts)
    return f"{words[0].upper()}{words[1:]} times what it is at the last step."


def _draw(norms: Norms, setting: str) -> Figure:
    from lstm_helpers import plots

    figure, axes = plots.new_figure(6.4, 3.4)
    lags = np.arange(len(norms))[::-1]  # the last step has lag 0
    plots.gradient_flow(axes, lags, norms, label=setting)
    return figure


def _times(value: float) -> str:
    return f"the gradient is {value:.2g}"
