"""The connectivity widget of lesson 04: which inputs a loss at the last step depends on.

The numbers come from `lstm_helpers.nn`, the sequences from `lstm_helpers.tasks.recall`, the drawing
from `lstm_helpers.plots.heat_strips`; here they are joined to three controls.
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
HIDDEN_SIZE, BATCH_SIZE, NUM_CUES = 32, 16, 4
_SEED = 4  # the same networks for all settings: what changes in the figure is what was moved
_CAPTION = (
    "How much the loss at the last step depends on each input, "
    "$\\|\\partial L / \\partial x_t\\|$, relative to the last step. Two untrained networks of 32 "
    "units; above, the first of 16 sequences that they read."
)


def connectivity_widget() -> None:
    """Show which inputs a loss at the last step depends on, in an RNN and in an LSTM.

    The controls are the bias of the forget gate (-2 to 6), a factor on the recurrent weights of
    both networks (0.5 to 8) and the number of steps (5 to 60).

    Examples
    --------
    In a lesson::

        connectivity_widget()
    """
    import ipywidgets

    style = {"description_width": "10em"}
    layout = {"width": "32em"}

    def slider(kind: Any, name: str, value: float, low: float, high: float, step: float) -> Any:
        return kind(
            value=value,
            min=low,
            max=high,
            step=step,
            description=name,
            continuous_update=False,
            style=style,
            layout=layout,
        )

    controls = [
        slider(ipywidgets.FloatSlider, "Forget bias", 1.0, -2.0, 6.0, 0.5),
        slider(ipywidgets.FloatSlider, "Factor on W_h", 1.0, 0.5, 8.0, 0.5),
        slider(ipywidgets.IntSlider, "Steps T", 30, 5, 60, 1),
    ]

    def figure() -> tuple[str, str]:
        return connectivity_figure(*(control.value for control in controls))

    html, text = figure()
    picture = ipywidgets.HTMLMath(html)

    def redraw(_: object) -> None:
        picture.value, _text = figure()

    for control in controls:
        control.observe(redraw, names="value")
    display_widget(ipywidgets.VBox([*controls, picture]), html, text)


def connectivity_figure(forget_bias: float, factor: float, num_steps: int) -> tuple[str, str]:
    """Compute and draw one setting.

    Parameters
    ----------
    forget_bias : float
        Added to the bias of the LSTM's forget gate.
    factor : float
        What the recurrent weights of both networks are multiplied by.
    num_steps : int
        T, at least 2.

    Returns
    -------
    html : str
        The figure, whose alternative text states the numbers, which also stand below it.
    text : str
        The same as plain text.
    """
    symbols, strips = measure(forget_bias, factor, num_steps)
    setting = f"forget bias {forget_bias:g}, recurrent weights × {factor:g}, {num_steps} steps"
    numbers = describe(strips)
    alt = f"Two heat strips over time, RNN and LSTM; {setting}. {numbers}"
    html = figure_html(_draw(symbols, strips), _CAPTION, alt, crop=False)
    line = f'<p role="status" style="{FONT}; color: {TEXT_COLOUR}">{numbers}</p>'
    return html + line, figure_text(_CAPTION, alt)


def measure(
    forget_bias: float, factor: float, num_steps: int
) -> tuple[NDArray[np.integer[Any]], dict[str, Norms]]:
    """Backpropagate a random gradient at the last step to the inputs of two random networks.

    Parameters
    ----------
    forget_bias : float
        Added to the bias of the LSTM's forget gate.
    factor : float
        What the recurrent weights of both networks are multiplied by.
    num_steps : int
        T, at least 2.

    Returns
    -------
    symbols : ndarray of int (T,)
        The first of the sequences.
    strips : dict of str to ndarray (T,)
        ‖dL/dx_t‖ over batch and features, relative to the last step, for ``"RNN"`` and ``"LSTM"``.
    """
    from lstm_helpers import nn, tasks

    rng = np.random.default_rng(_SEED)
    lstm = nn.init_lstm(2 * NUM_CUES, HIDDEN_SIZE, rng, forget_bias)
    rnn = nn.init_rnn(2 * NUM_CUES, HIDDEN_SIZE, rng)
    dh_last = rng.standard_normal((BATCH_SIZE, HIDDEN_SIZE))
    xs = tasks.recall(BATCH_SIZE, num_steps, rng, NUM_CUES, NUM_CUES).xs  # (N, T, D)

    zero = np.zeros((BATCH_SIZE, HIDDEN_SIZE))
    dhs = np.zeros((BATCH_SIZE, num_steps, HIDDEN_SIZE))
    dhs[:, -1] = dh_last
    _, _, tape = nn.lstm_layer_forward(xs, (zero, zero), lstm._replace(W_h=factor * lstm.W_h))
    of_lstm, _, _ = nn.lstm_layer_backward(dhs, (zero, zero), tape)
    W_h = factor * rnn.W_h
    hs = nn.rnn_forward(xs, zero, rnn.W_x, W_h, rnn.b)
    of_rnn = nn.rnn_backward(dhs, xs, zero, hs, rnn.W_x, W_h)[0]
    return xs[0].argmax(axis=1), {"RNN": _norms(of_rnn), "LSTM": _norms(of_lstm)}


def describe(strips: dict[str, Norms]) -> str:
    """Say in words how much less, or more, the first inputs count.

    Parameters
    ----------
    strips : dict of str to ndarray (T,)
        For each network, norms in time order, relative to the last step.

    Returns
    -------
    str
        One sentence for each network.

    Examples
    --------
    >>> describe({"RNN": np.array([0.25, 0.5, 1.0])})
    'RNN: the first input counts 0.25 times as much as the last.'
    """
    sentences = []
    for name, norms in strips.items():
        count = f"{name}: the first input counts {norms[0]:.2g} times as much as the last"
        if len(norms) > 11:
            count += f", the one at lag 10 {norms[-11]:.2g} times"
        sentences.append(f"{count}.")
    return " ".join(sentences)


def _norms(dxs: Norms) -> Norms:
    norms = np.linalg.norm(dxs, axis=(0, 2))  # (T,)
    relative: Norms = norms / norms[-1]
    return relative


def _draw(symbols: NDArray[np.integer[Any]], strips: dict[str, Norms]) -> Figure:
    from lstm_helpers import plots

    figure, axes = plots.new_figure(7.0, 3.0, nrows=2, height_ratios=[1.0, 1.0])
    plots.heat_strips(axes, symbols, NUM_CUES, strips)
    return figure
