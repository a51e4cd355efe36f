from __future__ import annotations

import re

import numpy as np
import pytest

from lstm_helpers import nn
from lstm_helpers.notebook import reservoir, reservoir_widget
from lstm_helpers.notebook.reservoir import BURST, ONE_STEP, STEADY, VIEWS, Setting


@pytest.fixture
def shown(monkeypatch):
    """Keep the widget with its twin."""
    kept = []
    monkeypatch.setattr(reservoir, "display_widget", lambda *args: kept.append(args))
    return kept


def alt_of(html):
    return re.search(r'alt="([^"]*)"', html).group(1)


def test_the_controls_are_those_of_the_lesson(shown):
    assert reservoir_widget() is None
    ((widget, html, text),) = shown
    *sliders, view, picture = widget.children
    reach = {slider.description: (slider.min, slider.max) for slider in sliders}
    assert reach == {
        "Input gate i": (0.0, 1.0),
        "Forget gate f": (0.0, 1.0),
        "Candidate g": (-1.0, 1.0),
        "Output gate o": (0.0, 1.0),
        "Initial state": (-3.0, 3.0),
    }
    assert view.options == VIEWS
    assert picture.value == html
    assert alt_of(html) in text


def test_every_control_can_be_worked_by_keyboard(shown):
    reservoir_widget()
    *sliders, view, _ = shown[0][0].children
    for slider in sliders:
        assert slider.step == 0.05  # what an arrow key moves it by
        assert not slider.disabled
        assert slider.tabbable is not False
    assert not view.disabled


def test_each_slider_moves_its_own_number(shown):
    reservoir_widget()
    *sliders, view, picture = shown[0][0].children
    wanted = ("i = 0.25", "f = 0.35", "g = −0.45", "o = 0.55", "initial state −0.65")
    for slider, value in zip(sliders, (0.25, 0.35, -0.45, 0.55, -0.65), strict=True):
        before = picture.value
        slider.value = value
        assert picture.value != before
    assert all(number in alt_of(picture.value) for number in wanted)
    view.value = STEADY
    assert "After 20 steps" in alt_of(picture.value)
    view.value = BURST
    assert "After 5 steps" in alt_of(picture.value)


def test_the_numbers_are_those_of_the_cell():
    setting = Setting(i=0.5, f=0.881, g=0.762, o=0.269, c_prev=2.0)
    cs, hs = reservoir.run_cell(setting, ONE_STEP)
    assert cs.tolist() == [2.0, 0.881 * 2.0 + 0.5 * 0.762]
    assert hs == pytest.approx([0.2617], abs=1e-4)


@pytest.mark.parametrize("view", [STEADY, BURST])
def test_a_sequence_is_the_step_repeated(view):
    setting = Setting(i=0.3, f=0.8, g=-0.9, o=0.6, c_prev=1.5)
    cs, hs = reservoir.run_cell(setting, view)
    assert (len(cs), len(hs)) == (21, 20)
    c = np.array(1.5)
    for t in range(20):
        g = 0.0 if view == BURST and t >= 5 else -0.9
        c = nn.update_cell(c, np.array(0.3), np.array(0.8), np.array(g))
        assert cs[t + 1] == pytest.approx(float(c))
        assert hs[t] == pytest.approx(0.6 * np.tanh(float(c)))


def test_the_numbers_are_said():
    setting = Setting(i=0.5, f=0.9, g=0.8, o=0.7, c_prev=2.0)
    assert reservoir.describe(setting, STEADY) == (
        "After 20 steps the cell state is 3.76, the hidden state 0.70. "
        "The level tends to i g / (1 - f) = 4.00."
    )
    assert reservoir.describe(setting, BURST) == (
        "After 5 steps the cell state is 2.82. "
        "After 20 steps the cell state is 0.58, the hidden state 0.37."
    )
    kept = reservoir.describe(setting._replace(f=1.0), STEADY)
    assert "no limit" in kept
    assert "tends" not in kept
    assert "−0.00" not in reservoir.describe(Setting(0.0, 0.0, -1.0, 0.0, -3.0), ONE_STEP)


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("corner", [(0, 0, -1, 0, -3), (1, 1, 1, 1, 3), (1, 1, -1, 1, 0)])
def test_the_whole_range_can_be_drawn(corner, view):
    html, text = reservoir.reservoir_figure(Setting(*map(float, corner)), view)
    assert "nan" not in text
    assert "<img" in html


def test_an_unknown_view_is_refused():
    with pytest.raises(ValueError, match="got the view 'ten steps'; expected one of 'one step'"):
        reservoir.reservoir_figure(Setting(0.5, 0.5, 0.5, 0.5, 0.0), "ten steps")


def test_the_widget_comes_with_a_picture_for_notebooks_without_widgets(page):
    reservoir_widget()
    assert "<img" in page[0]["text/html"]
    assert "The cell state is now 2.20" in page[0]["text/plain"]
