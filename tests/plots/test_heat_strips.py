"""The heat strips show the numbers that they were given, on one scale, and can be saved."""

import io

import numpy as np
import pytest

from lstm_helpers import plots

SYMBOLS = np.array([2, 5, 4, 7])
STRIPS = {"RNN": np.array([1e-20, 1e-4, 0.1, 1.0]), "LSTM": np.array([1e9, 0.5, 2.0, 1.0])}


@pytest.fixture
def drawing():
    figure, axes = plots.new_figure(nrows=2)
    assert plots.heat_strips(axes, SYMBOLS, 4, STRIPS) is axes
    return figure, axes


def test_every_norm_is_a_colour(drawing):
    _, (_, bottom) = drawing
    shown = bottom.images[0].get_array()
    assert shown.shape == (2, 4)
    assert np.array_equal(shown[0, 1:], STRIPS["RNN"][1:])
    assert np.array_equal(shown[1, 1:], STRIPS["LSTM"][1:])


def test_what_leaves_the_scale_stays_at_its_end(drawing):
    _, (_, bottom) = drawing
    image = bottom.images[0]
    assert image.get_array()[:, 0].tolist() == [1e-8, 1e4]
    assert image.get_clim() == (1e-8, 1e4)


def test_a_vanished_gradient_can_be_drawn():
    figure, axes = plots.new_figure(nrows=2)
    plots.heat_strips(axes, SYMBOLS, 4, {"RNN": np.zeros(4)}, limits=(1e-6, 1.0))
    assert axes[1].images[0].get_array().max() == 1e-6
    figure.savefig(io.BytesIO(), format="png", dpi=30)


def test_the_sequence_stands_above_its_steps(drawing):
    _, (top, bottom) = drawing
    cues, distractors = top.lines
    assert (cues.get_xdata().tolist(), cues.get_ydata().tolist()) == ([1], [2])
    assert distractors.get_xdata().tolist() == [2, 3, 4]
    assert cues.get_marker() != distractors.get_marker()
    assert top.get_xlim() == bottom.get_xlim()


def test_axes_are_named(drawing):
    figure, (_, bottom) = drawing
    assert bottom.get_xlabel() == "step t"
    assert [label.get_text() for label in bottom.get_yticklabels()] == ["RNN", "LSTM"]
    assert "last step = 1" in figure.axes[-1].get_ylabel()


def test_the_colours_also_differ_in_grey(drawing):
    _, (_, bottom) = drawing
    rgb = bottom.images[0].get_cmap()(np.linspace(0, 1, 50))[:, :3]
    assert np.all(np.diff(rgb @ [0.2126, 0.7152, 0.0722]) > 0)
