"""The reservoir draws the numbers that it was given, and every setting can be drawn."""

import io
import itertools

import numpy as np
import pytest

from lstm_helpers import plots


def save(figure):
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=30)
    return len(buffer.getvalue())


def test_a_step_shows_its_levels_and_numbers():
    figure, ax = plots.new_figure()
    returned = plots.reservoir_step(ax, c_prev=2.0, i=0.5, f=0.9, g=0.8, o=0.7, c=2.2, h=0.68)
    assert returned is ax
    levels = {line.get_label(): line.get_ydata()[0] for line in ax.lines}
    assert levels["before: $c_{t-1}$ = 2.00"] == 2.0
    assert levels["kept: $f\\,c_{t-1}$ = 1.80"] == 1.8
    assert levels["now: $c_t$ = 2.20"] == 2.2
    texts = " ".join(text.get_text() for text in ax.texts)
    for number in ("$i$ = 0.50", "$g$ = 0.80", "$i\\,g$ = 0.40", "$o$ = 0.70", "= 0.68", "0.90"):
        assert number in texts
    water = ax.patches[0]
    assert (water.get_y(), water.get_height()) == (0.0, 2.2)
    assert water.get_hatch() is None
    assert save(figure)


def test_a_level_below_zero_is_hatched_and_has_a_true_minus():
    figure, ax = plots.new_figure()
    plots.reservoir_step(ax, c_prev=-1.0, i=0.9, f=0.3, g=-0.8, o=0.5, c=-1.02, h=-0.38)
    assert ax.patches[0].get_hatch()
    assert ax.patches[0].get_height() == -1.02
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert "now: $c_t$ = −1.02" in labels
    assert save(figure)


def sluice_heights(**gates):
    values = {"i": 0.5, "f": 0.5, "o": 0.5, **gates}
    _, ax = plots.new_figure()
    plots.reservoir_step(ax, c_prev=1.0, g=0.5, c=0.75, h=0.3, **values)
    inlet, valve, drain = ax.patches[1:4]
    return inlet.get_height(), valve.get_height(), drain.get_width()


def test_each_gate_moves_its_own_sluice():
    inlet, valve, drain = sluice_heights()
    assert sluice_heights(i=1.0) == (0.0, valve, drain)
    assert sluice_heights(o=1.0) == (inlet, 0.0, drain)
    assert sluice_heights(f=0.0) == (inlet, valve, 0.0)
    assert sluice_heights(f=1.0)[2] == 2 * drain


@pytest.mark.parametrize(
    ("c_prev", "i", "f", "g", "o"),
    list(itertools.product((-3.0, 0.0, 3.0), (0.0, 1.0), (0.0, 1.0), (-1.0, 0.0, 1.0), (0.0, 1.0))),
)
def test_every_corner_can_be_drawn(c_prev, i, f, g, o):
    figure, ax = plots.new_figure()
    c = f * c_prev + i * g
    plots.reservoir_step(ax, c_prev, i, f, g, o, c, o * float(np.tanh(c)))
    low, high = ax.get_ylim()
    assert low < min(c, c_prev) <= max(c, c_prev) < high
    assert save(figure)


def test_levels_over_a_sequence():
    figure, ax = plots.new_figure()
    cs, hs = np.array([0.0, 1.5, -2.0]), np.array([0.6, -0.7])
    assert plots.reservoir_levels(ax, cs, hs) is ax
    assert [bar.get_height() for bar in ax.patches] == [0.0, 1.5, -2.0]
    assert [bool(bar.get_hatch()) for bar in ax.patches] == [False, False, True]
    assert ax.lines[0].get_xdata().tolist() == [1, 2]
    assert ax.lines[0].get_ydata().tolist() == [0.6, -0.7]
    low, high = ax.get_ylim()
    assert low < -2.0
    assert high > 1.5
    assert ax.get_xlabel() == "step t"
    assert save(figure)


def test_a_stored_value_and_what_it_should_be():
    figure, ax = plots.new_figure()
    states, targets = np.array([0.5, 0.9]), np.array([0.5, 0.4])
    assert plots.stored_value(ax, states, targets, "without a forget gate") is ax
    target, state = ax.lines
    assert target.get_ydata().tolist() == [0.5, 0.4]
    assert state.get_ydata().tolist() == [0.5, 0.9]
    assert state.get_xdata().tolist() == [1, 2]
    assert ax.get_title(loc="left") == "without a forget gate"
    assert save(figure)
