from __future__ import annotations

import re

import ipywidgets
import numpy as np
import pytest

from lstm_helpers.notebook import flow, gradient_flow_widget


@pytest.fixture
def shown(monkeypatch):
    """Keep the widget with its twin."""
    kept = []
    monkeypatch.setattr(flow, "display_widget", lambda *args: kept.append(args))
    return kept


def alt_of(html):
    return re.search(r'alt="([^"]*)"', html).group(1)


def test_the_controls_are_those_of_the_lesson(shown):
    assert gradient_flow_widget() is None
    ((widget, html, text),) = shown
    radius, num_steps, nonlinearity, picture = widget.children
    assert (radius.min, radius.max) == (0.5, 1.5)
    assert (num_steps.min, num_steps.max) == (5, 100)
    assert set(nonlinearity.options) == {"tanh", "identity", "relu"}
    assert picture.value == html
    assert alt_of(html) in text


def test_moving_a_control_redraws(shown):
    gradient_flow_widget()
    radius, num_steps, nonlinearity, picture = shown[0][0].children
    seen = {picture.value}
    radius.value = 1.4
    assert "spectral radius 1.40, 50 steps, tanh" in alt_of(picture.value)
    seen.add(picture.value)
    num_steps.value = 100
    assert "1.40, 100 steps, tanh" in alt_of(picture.value)
    assert "At lag 10 " in alt_of(picture.value)
    assert "at lag 99 " in alt_of(picture.value)
    seen.add(picture.value)
    nonlinearity.value = "identity"
    assert "100 steps, identity" in alt_of(picture.value)
    seen.add(picture.value)
    assert len(seen) == 4


@pytest.mark.parametrize("nonlinearity", flow.NONLINEARITIES)
@pytest.mark.parametrize(("radius", "num_steps"), [(0.5, 5), (0.5, 100), (1.5, 100), (1.0, 10)])
def test_the_whole_range_can_be_drawn(radius, num_steps, nonlinearity):
    html, text = flow.flow_figure(radius, num_steps, nonlinearity)
    assert "nan" not in text
    assert "<img" in html


def test_the_numbers_are_said():
    norms = 0.5 ** np.arange(4.0)[::-1]
    assert flow.describe(norms) == (
        "At lag 3 the gradient is 0.12 times what it is at the last step."
    )
    norms = 0.5 ** np.arange(20.0)[::-1]
    assert flow.describe(norms) == (
        "At lag 10 the gradient is 0.00098 and at lag 19 the gradient is 1.9e-06 times what it is "
        "at the last step."
    )
    assert flow.describe(np.array([0.0] * 5 + [1.0])).startswith("At lag 5 the gradient is 0 times")


def test_the_widget_comes_with_a_picture_for_notebooks_without_widgets(page):
    gradient_flow_widget()
    assert "<img" in page[0]["text/html"]
    assert "at lag 49" in page[0]["text/plain"]
    assert isinstance(ipywidgets.IntSlider(), ipywidgets.Widget)
