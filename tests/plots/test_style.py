"""One style: it ends where it should, and no curve depends on its colour alone."""

import itertools
import sys

import matplotlib
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from lstm_helpers import plots
from lstm_helpers.plots import style


def luminance(color):
    rgb = np.array(to_rgb(color))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def test_lines_differ_in_style_and_marker_too():
    assert len({repr(line.linestyle) for line in plots.LINES}) == len(plots.LINES)
    assert len({line.marker for line in plots.LINES}) == len(plots.LINES)


def test_the_first_three_colours_differ_in_grey():
    greys = [luminance(line.color) for line in plots.LINES[:3]]
    for one, other in itertools.combinations(greys, 2):
        contrast = (max(one, other) + 0.05) / (min(one, other) + 0.05)
        assert contrast > 1.5


def test_lines_stand_out_on_white():
    for line in plots.LINES:
        assert 1.05 / (luminance(line.color) + 0.05) > 1.8


def test_the_style_holds_inside_only():
    before = dict(matplotlib.rcParams)
    with plots.course_style():
        assert matplotlib.rcParams["axes.grid"] is True
        assert matplotlib.rcParams["axes.spines.top"] is False
    assert dict(matplotlib.rcParams) == before


def test_the_style_ends_after_an_error():
    before = matplotlib.rcParams["axes.grid"]
    with pytest.raises(ZeroDivisionError), plots.course_style():
        1 / 0  # noqa: B018
    assert matplotlib.rcParams["axes.grid"] == before


def test_a_figure_is_not_known_to_pyplot():
    figure, axes = plots.new_figure(5, 2, nrows=2, ncols=3, sharex=True)
    assert axes.shape == (2, 3)
    assert tuple(figure.get_size_inches()) == (5.0, 2.0)
    pyplot = sys.modules.get("matplotlib.pyplot")
    assert pyplot is None or not pyplot.get_fignums()


def test_note_writes_at_its_place():
    _, ax = plots.new_figure()
    style.note(ax, 1.0, 2.0, "here", ha="center")
    assert ax.texts[0].get_text() == "here"
    assert ax.texts[0].get_position() == (1.0, 2.0)


def test_every_public_name_is_there():
    assert all(hasattr(plots, name) for name in plots.__all__)
