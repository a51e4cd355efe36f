"""Figures of gradients draw the numbers that they were given, and can be saved."""

import io

import numpy as np
import pytest

from lstm_helpers import plots
from lstm_helpers.plots import gradients


def save(figure):
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=30)
    return len(buffer.getvalue())


@pytest.fixture
def drawing():
    return plots.new_figure()


def labels(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


class TestGradientFlow:
    LAGS = np.arange(20)[::-1]

    def test_one_curve(self, drawing):
        figure, ax = drawing
        norms = 0.5 ** self.LAGS.astype(float)
        assert gradients.gradient_flow(ax, self.LAGS, norms, label="radius 0.5") is ax
        (curve,) = ax.lines
        assert np.array_equal(curve.get_xdata(), self.LAGS)
        assert np.allclose(curve.get_ydata(), norms)
        assert ax.get_yscale() == "log"
        assert "steps" in ax.get_xlabel()
        assert labels(ax) == ["radius 0.5"]
        assert save(figure)

    def test_seeds_are_a_median_in_a_band(self, drawing):
        figure, ax = drawing
        norms = np.array([[1.0], [2.0], [3.0], [50.0], [900.0]]) * 0.9**self.LAGS
        gradients.gradient_flow(ax, self.LAGS, norms, label="five seeds")
        assert np.allclose(ax.lines[0].get_ydata(), norms[2])
        band = ax.collections[0].get_paths()[0].vertices[:, 1]
        assert band.min() == pytest.approx(norms[1].min())
        assert band.max() == pytest.approx(norms[3].max())
        assert save(figure)

    def test_curves_differ_in_more_than_colour(self, drawing):
        _, ax = drawing
        for number in range(6):
            gradients.gradient_flow(ax, self.LAGS, np.ones(20), label=str(number))
        looks = {(c.get_marker(), str(c._dash_pattern), c.get_color()) for c in ax.lines}
        assert len(looks) == 6
        assert len({curve.get_marker() for curve in ax.lines}) == 6

    def test_another_line_in_the_axes_does_not_change_the_look(self, drawing):
        _, ax = drawing
        ax.axhline(0.01)
        gradients.gradient_flow(ax, self.LAGS, np.ones(20), label="first")
        assert ax.lines[1].get_marker() == plots.LINES[0].marker

    def test_a_dead_gradient_ends_the_curve(self, drawing):
        figure, ax = drawing
        norms = np.where(self.LAGS < 5, 1.0, 0.0)
        gradients.gradient_flow(ax, self.LAGS, norms, label="relu")
        assert ax.lines[0].get_xdata().max() == 4
        assert save(figure)

    @pytest.mark.parametrize(("factor", "inside"), [(0.1, 1e-3), (3.0, 3.0**19)])
    def test_limits_hold_what_matters(self, drawing, factor, inside):
        _, ax = drawing
        gradients.gradient_flow(ax, self.LAGS, factor ** self.LAGS.astype(float), label="one")
        low, high = ax.get_ylim()
        assert 1e-13 < low < 1 < high
        assert low < inside < high


class TestGradientReach:
    REACHES = np.array([[6.0, 7.0, 7.0], [30.0, 40.0, np.inf]])

    def test_points_and_those_beyond_the_end(self, drawing):
        figure, ax = drawing
        radii = np.array([0.5, 1.0])
        assert gradients.gradient_reach(ax, radii, self.REACHES, 100, (6, 7)) is ax
        found = [line.get_ydata() for line in ax.lines[:2]]
        assert sorted(found[0]) == [6, 7, 7, 30, 40]
        assert len(found[1]) == 1
        assert found[1][0] > 100
        assert [text.get_text() for text in ax.get_xticklabels()] == ["0.5", "1"]
        assert labels(ax)[0] == "the claim: 6 to 7 steps"
        assert save(figure)

    def test_one_seed_stands_over_its_radius(self, drawing):
        _, ax = drawing
        gradients.gradient_reach(ax, np.array([0.5]), np.array([[6.0]]), 100, (6, 7))
        assert ax.lines[0].get_xdata().tolist() == [0]


class TestLossRuns:
    def test_every_seed_is_drawn_and_every_way_named_once(self, drawing):
        figure, ax = drawing
        runs = {"clipped": np.full((3, 10), 0.2), "not clipped": np.geomspace([1, 2], 1e90, 20).T}
        assert gradients.loss_runs(ax, runs, ("constant answer", 1 / 6), "MSE", 1e6) is ax
        assert len(ax.lines) == 3 + 2 + 1
        assert np.array_equal(ax.lines[3].get_ydata(), runs["not clipped"][0])
        assert labels(ax) == ["clipped, 3 seeds", "not clipped, 2 seeds", "constant answer"]
        assert ax.get_ylim()[1] == 1e6
        assert ax.get_ylabel() == "MSE"
        assert save(figure)


class TestMemoryScores:
    def test_one_mark_for_each_seed_beside_each_other(self, drawing):
        figure, ax = drawing
        scores = {"usual": np.arange(6.0).reshape(2, 3), "orthogonal": np.ones((2, 3))}
        assert plots.memory_scores(ax, (10, 20), scores, ("guessing", 0.25), "accuracy") is ax
        level, usual, orthogonal = ax.lines
        assert set(level.get_ydata()) == {0.25}
        assert usual.get_ydata().tolist() == [0, 1, 2, 3, 4, 5]
        assert usual.get_xdata().max() < orthogonal.get_xdata().max()
        assert not set(usual.get_xdata()) & set(orthogonal.get_xdata())
        assert usual.get_marker() != orthogonal.get_marker()
        assert labels(ax) == ["guessing", "usual", "orthogonal"]
        assert [text.get_text() for text in ax.get_xticklabels()] == ["10", "20"]
        assert save(figure)
