"""The connectivity widget: its controls, its numbers in words, and a twin where it cannot run."""

from __future__ import annotations

import re

import numpy as np
import pytest

from lstm_helpers.notebook import connectivity, connectivity_widget


@pytest.fixture
def shown(monkeypatch):
    """Keep the widget with its twin."""
    kept = []
    monkeypatch.setattr(connectivity, "display_widget", lambda *args: kept.append(args))
    return kept


def alt_of(html):
    return re.search(r'alt="([^"]*)"', html).group(1)


def test_the_controls_are_those_of_the_lesson(shown):
    assert connectivity_widget() is None
    ((widget, html, text),) = shown
    bias, factor, num_steps, picture = widget.children
    assert (bias.min, bias.max, bias.value) == (-2.0, 6.0, 1.0)
    assert (factor.min, factor.max, factor.value) == (0.5, 8.0, 1.0)
    assert (num_steps.min, num_steps.max, num_steps.value) == (5, 60, 30)
    assert picture.value == html
    assert alt_of(html) in text


def test_every_control_is_a_labelled_slider(shown):
    connectivity_widget()
    *controls, _ = shown[0][0].children
    assert all(control.description for control in controls)
    assert all(type(control).__name__.endswith("Slider") for control in controls)  # arrow keys


def test_moving_a_control_redraws(shown):
    connectivity_widget()
    bias, factor, num_steps, picture = shown[0][0].children
    seen = {picture.value}
    bias.value = 3.0
    assert "forget bias 3, recurrent weights × 1, 30 steps" in alt_of(picture.value)
    seen.add(picture.value)
    factor.value = 2.5
    assert "recurrent weights × 2.5" in alt_of(picture.value)
    seen.add(picture.value)
    num_steps.value = 60
    assert "60 steps" in alt_of(picture.value)
    seen.add(picture.value)
    assert len(seen) == 4


def test_only_the_lstm_has_a_forget_gate():
    _, one = connectivity.measure(0.0, 1.0, 20)
    _, other = connectivity.measure(4.0, 1.0, 20)
    assert np.array_equal(one["RNN"], other["RNN"])
    assert other["LSTM"][0] > 1e3 * one["LSTM"][0]


def test_what_the_lesson_says_of_the_sliders():
    _, usual = connectivity.measure(1.0, 1.0, 60)
    _, open_gate = connectivity.measure(3.0, 1.0, 60)
    _, large = connectivity.measure(1.0, 8.0, 60)
    assert usual["RNN"][0] < 1e-12
    assert usual["LSTM"][0] < 1e-3
    assert open_gate["LSTM"][0] > 0.1
    assert large["LSTM"][0] > 10
    assert large["RNN"][0] > 10


@pytest.mark.parametrize("setting", [(-2.0, 0.5, 5), (-2.0, 0.5, 60), (6.0, 8.0, 60), (6.0, 8, 5)])
def test_the_whole_range_can_be_drawn(setting):
    symbols, strips = connectivity.measure(*setting)
    assert len(symbols) == setting[2]
    assert symbols[0] < connectivity.NUM_CUES <= symbols[1:].min()
    for norms in strips.values():
        assert norms.shape == (setting[2],)
        assert np.isfinite(norms).all()
        assert norms[-1] == 1.0
    html, text = connectivity.connectivity_figure(*setting)
    assert "nan" not in text
    assert "<img" in html


def test_the_numbers_are_said():
    strips = {"RNN": np.array([0.25, 0.5, 1.0]), "LSTM": np.linspace(2.0, 1.0, 21)}
    assert connectivity.describe(strips) == (
        "RNN: the first input counts 0.25 times as much as the last. "
        "LSTM: the first input counts 2 times as much as the last, the one at lag 10 1.5 times."
    )


def test_the_widget_comes_with_a_picture_for_notebooks_without_widgets(page):
    connectivity_widget()
    assert "<img" in page[0]["text/html"]
    assert "LSTM: the first input counts" in page[0]["text/plain"]
