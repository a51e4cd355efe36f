"""Each figure draws the numbers that it was given, labels its axes, and can be saved."""

import io

import numpy as np
import pytest

from lstm_helpers import plots


def save(figure):
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=30)
    return len(buffer.getvalue())


@pytest.fixture
def days():
    return np.arange("1984-01-01", "1984-03-01", dtype="datetime64[D]")


def test_river_panels(days):
    discharge = np.linspace(20.0, 90.0, len(days))
    temperature = np.sin(np.arange(len(days)))
    figure, axes = plots.new_figure(nrows=3, sharex=True)
    returned = plots.river_panels(axes, days, np.ones(len(days)), temperature, discharge)
    assert returned is axes
    assert len(axes[0].patches) == len(days)
    assert np.array_equal(axes[2].lines[0].get_ydata(), discharge)
    assert [unit for ax in axes for unit in ("mm/day", "°C", "m³/s") if unit in ax.get_ylabel()]
    assert axes[2].get_xlabel() == "date"
    assert axes[2].get_ylim()[0] == 0.0
    assert save(figure)


def test_forecasts(days):
    measured = np.arange(len(days), dtype=float)
    figure, ax = plots.new_figure()
    plots.forecasts(ax, days, measured, {"persistence": measured - 1, "RNN": measured + 1}, "m³/s")
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels == ["measured", "persistence", "RNN"]
    assert np.array_equal(ax.lines[2].get_ydata(), measured + 1)
    assert save(figure)


@pytest.mark.parametrize(("n_total", "length", "horizon"), [(8, 3, 2), (6, 3, 1), (5, 4, 1)])
def test_window_layout_marks_the_rows_of_each_window(n_total, length, horizon):
    figure, ax = plots.new_figure()
    plots.window_layout(ax, n_total, length, horizon)
    marks = {(text.get_position(), text.get_text()) for text in ax.texts}
    n = n_total - length - horizon + 1
    inputs = {((k + step, k), "x") for k in range(n) for step in range(length)}
    targets = {((k + length + horizon - 1, k), "y") for k in range(n)}
    assert marks == inputs | targets
    assert save(figure)


def test_forward_pass_writes_every_number():
    xs, h0 = np.array([[2.0], [-1.0]]), np.array([0.0, 0.25])
    hs = np.array([[0.5, -0.96], [0.75, 0.1]])
    figure, ax = plots.new_figure()
    plots.forward_pass(ax, xs, h0, hs)
    texts = [text.get_text() for text in ax.texts]
    for number in ("2.00", "−1.00", "0.00", "0.25", "0.50", "−0.96", "0.75", "0.10"):
        assert number in texts
    assert texts.count("$W_h$") == texts.count("$W_x$") == 2
    assert save(figure)


def test_training_curves_show_the_mean_of_each_epoch():
    losses = np.array([[4.0, 2.0, 1.0, 1.0], [6.0, 4.0, 3.0, 1.0]])  # two seeds, two epochs of two
    figure, ax = plots.new_figure()
    plots.training_curves(ax, losses, 2, {"ridge": 1.5}, "mean squared error")
    assert ax.lines[0].get_ydata().tolist() == [3.0, 1.0]
    assert ax.lines[1].get_ydata().tolist() == [5.0, 2.0]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["RNN, 2 seeds", "ridge"]
    assert save(figure)


def test_seed_scores_show_every_seed_and_the_mean():
    figure, ax = plots.new_figure()
    scores = {"persistence": np.array(12.9), "RNN": np.array([8.0, 8.4])}
    plots.seed_scores(ax, scores, "RMSE (m³/s)", title="horizon 1")
    assert ax.lines[1].get_xdata().tolist() == [8.0, 8.4]
    assert [text.get_text() for text in ax.texts] == ["12.9", "8.2"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["persistence", "RNN"]
    assert ax.get_title(loc="left") == "horizon 1"
    assert save(figure)


def test_score_against_shows_mean_and_reach():
    figure, ax = plots.new_figure()
    curves = {"RNN": np.array([[1.0, 3.0], [2.0, 2.0]]), "ridge": np.array([[4.0], [5.0]])}
    plots.score_against(ax, (5, 20), curves, "window length (days)", "RMSE (m³/s)")
    line, _, (bars,) = ax.containers[0]
    assert line.get_ydata().tolist() == [2.0, 2.0]
    low, high = bars.get_segments()[0][:, 1]
    assert (low, high) == (1.0, 3.0)
    assert [label.get_text() for label in ax.get_xticklabels()] == ["5", "20"]
    assert save(figure)
