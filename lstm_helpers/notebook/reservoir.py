"""The reservoir widget of lesson 03: one unit of an LSTM whose gates are moved by hand.

The numbers come from `lstm_helpers.nn.update_cell`, the drawing from
`lstm_helpers.plots.reservoir_step` and `reservoir_levels`; here they are joined to six controls.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lstm_helpers.notebook.cards import FONT, TEXT_COLOUR
from lstm_helpers.notebook.display import display_widget
from lstm_helpers.notebook.figures import figure_html, figure_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Values = NDArray[np.floating[Any]]
ONE_STEP = "one step"
STEADY = "20 steps, the candidate stays"
BURST = "20 steps, the candidate only in the first 5"
VIEWS = (ONE_STEP, STEADY, BURST)
NUM_STEPS, BURST_STEPS = 20, 5
_STEP_CAPTION = (
    "One unit of the cell as a reservoir. Dotted: the level before. Dashed: what the forget gate "
    "keeps of it. Solid: the new level $c_t$."
)
_SEQUENCE_CAPTION = (
    "The same gates at every step. Bars: cell state $c_t$, the initial one first. Dotted: hidden "
    "state $h_t$, which stays between the dashed lines at −1 and 1."
)


class Setting(NamedTuple):
    """Where the five sliders stand.

    Parameters
    ----------
    i, f, g, o : float
        Input gate, forget gate, candidate, output gate.
    c_prev : float
        Cell state before the first step.
    """

    i: float
    f: float
    g: float
    o: float
    c_prev: float


def reservoir_widget() -> None:
    """Show one unit of an LSTM cell as a reservoir, with its gates as sliders.

    Sliders: input gate, forget gate and output gate (0 to 1), candidate (-1 to 1), initial state
    (-3 to 3). A menu chooses between one step and two sequences.

    Examples
    --------
    In a lesson::

        reservoir_widget()
    """
    import ipywidgets

    style = {"description_width": "10em"}
    layout = {"width": "32em"}

    def slider(name: str, value: float, low: float, high: float) -> Any:
        return ipywidgets.FloatSlider(
            value=value,
            min=low,
            max=high,
            step=0.05,
            description=name,
            continuous_update=False,
            style=style,
            layout=layout,
        )

    sliders = [
        slider("Input gate i", 0.5, 0.0, 1.0),
        slider("Forget gate f", 0.9, 0.0, 1.0),
        slider("Candidate g", 0.8, -1.0, 1.0),
        slider("Output gate o", 0.7, 0.0, 1.0),
        slider("Initial state", 2.0, -3.0, 3.0),
    ]
    view = ipywidgets.Dropdown(options=VIEWS, description="Show", style=style, layout=layout)

    def figure() -> tuple[str, str]:
        return reservoir_figure(Setting(*(control.value for control in sliders)), view.value)

    html, text = figure()
    picture = ipywidgets.HTMLMath(html)

    def redraw(_: object) -> None:
        picture.value, _text = figure()

    for control in (*sliders, view):
        control.observe(redraw, names="value")
    display_widget(ipywidgets.VBox([*sliders, view, picture]), html, text)


def reservoir_figure(setting: Setting, view: str) -> tuple[str, str]:
    """Compute and draw one setting.

    Parameters
    ----------
    setting : Setting
        The gates, the candidate and the initial state.
    view : str
        One of `VIEWS`.

    Returns
    -------
    html : str
        The figure, whose alternative text states the numbers, which also stand below it.
    text : str
        The same as plain text.

    Raises
    ------
    ValueError
        If there is no such view.
    """
    if view not in VIEWS:
        raise ValueError(f"got the view {view!r}; expected one of {', '.join(map(repr, VIEWS))}")
    gates = f"Gates i = {_two(setting.i)}, f = {_two(setting.f)}, o = {_two(setting.o)}, "
    gates += f"candidate g = {_two(setting.g)}, initial state {_two(setting.c_prev)}"
    cs, hs = run_cell(setting, view)
    numbers = describe(setting, view)
    alt = f"A reservoir, {view}. {gates}. {numbers}"
    caption = _STEP_CAPTION if view == ONE_STEP else _SEQUENCE_CAPTION
    html = figure_html(_draw(setting, view, cs, hs), caption, alt, crop=False)
    line = f'<p role="status" style="{FONT}; color: {TEXT_COLOUR}">{numbers}</p>'
    return html + line, figure_text(caption, alt)


def run_cell(setting: Setting, view: str) -> tuple[Values, Values]:
    """Run one unit with gates that do not change.

    Parameters
    ----------
    setting : Setting
        The gates, the candidate and the initial state.
    view : str
        One of `VIEWS`; says how many steps there are, and when there is a candidate.

    Returns
    -------
    cs : ndarray (T + 1,)
        Cell state, the initial one first.
    hs : ndarray (T,)
        Hidden state after each step.
    """
    from lstm_helpers import nn

    num_steps = 1 if view == ONE_STEP else NUM_STEPS
    candidates = np.full(num_steps, setting.g)
    if view == BURST:
        candidates[BURST_STEPS:] = 0.0
    cs = np.empty(num_steps + 1)
    cs[0] = setting.c_prev
    i, f = np.array(setting.i), np.array(setting.f)
    for t, g in enumerate(candidates):
        cs[t + 1] = nn.update_cell(cs[t], i, f, g)
    return cs, setting.o * np.tanh(cs[1:])


def describe(setting: Setting, view: str) -> str:
    """Say in words what the cell does.

    Parameters
    ----------
    setting : Setting
        The gates, the candidate and the initial state.
    view : str
        One of `VIEWS`.

    Returns
    -------
    str
        Two or three sentences with numbers.

    Examples
    --------
    >>> describe(Setting(i=0.5, f=0.9, g=0.8, o=0.7, c_prev=2.0), ONE_STEP)
    'Of 2.00, 1.80 is kept; the inflow is 0.40. The cell state is now 2.20, the hidden state 0.68.'
    """
    cs, hs = run_cell(setting, view)
    kept, inflow = setting.f * setting.c_prev, setting.i * setting.g
    if view == ONE_STEP:
        return (
            f"Of {_two(cs[0])}, {_two(kept)} is kept; the inflow is {_two(inflow)}. The cell "
            f"state is now {_two(cs[1])}, the hidden state {_two(hs[0])}."
        )
    end = f"After 20 steps the cell state is {_two(cs[-1])}, the hidden state {_two(hs[-1])}."
    if view == BURST:
        return f"After 5 steps the cell state is {_two(cs[BURST_STEPS])}. {end}"
    if setting.f < 1.0:
        level = inflow / (1.0 - setting.f)
        return f"{end} The level tends to i g / (1 - f) = {_two(level)}."
    return f"{end} Nothing is forgotten: the level has no limit unless i g is 0."


def _draw(setting: Setting, view: str, cs: Values, hs: Values) -> Figure:
    from lstm_helpers import plots

    figure, axes = plots.new_figure(7.0, 3.6)
    if view == ONE_STEP:
        i, f, g, o, c_prev = setting
        plots.reservoir_step(axes, c_prev, i, f, g, o, float(cs[1]), float(hs[0]))
    else:
        plots.reservoir_levels(axes, cs, hs)
    return figure


def _two(value: float) -> str:
    """Two decimals with a true minus, and none before zero."""
    return f"{round(float(value), 2) + 0.0:.2f}".replace("-", "−")
