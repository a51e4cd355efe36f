"""Every task is what its docstring says; its baseline is the score of the best blind answer."""

import inspect
import math

import numpy as np
import pytest

from lstm_helpers import nn, tasks

DRAWS = {"adding": tasks.adding, "recall": tasks.recall}


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
class TestPattern:
    """What holds for every task: a later one joins by a line in DRAWS."""

    def test_first_fields_and_shapes(self, draw, rng):
        task = draw(3, 12, rng)
        assert task._fields[:2] == ("xs", "targets")
        assert task.xs.shape[:2] == (3, 12)
        assert task.xs.dtype == np.float64
        assert len(task.targets) == 3
        assert type(task.baseline) is float

    def test_same_generator_same_sequences(self, draw):
        one, two = (draw(4, 9, np.random.default_rng(1)) for _ in range(2))
        assert np.array_equal(one.xs, two.xs)
        assert np.array_equal(one.targets, two.targets)

    def test_another_draw_differs(self, draw, rng):
        assert not np.array_equal(draw(4, 9, rng).xs, draw(4, 9, rng).xs)

    def test_source_is_named(self, draw):
        assert "References" in inspect.getdoc(draw)

    @pytest.mark.parametrize("name", ["num_sequences", "num_steps"])
    def test_too_small_a_number_is_refused_by_name(self, draw, rng, name):
        sizes = {"num_sequences": 2, "num_steps": 5, name: 0}
        with pytest.raises(ValueError, match=f"got {name}=0; expected at least"):
            draw(**sizes, rng=rng)


class TestAdding:
    def test_targets_are_the_sums_of_the_marked_values(self, rng):
        xs, targets, positions, _ = tasks.adding(200, 11, rng)
        for x, target, marked in zip(xs, targets, positions, strict=True):
            assert target == pytest.approx([x[marked[0], 0] + x[marked[1], 0]])
            assert np.flatnonzero(x[:, 1]).tolist() == sorted(marked)

    def test_values_are_uniform_in_the_unit_interval(self, rng):
        values = tasks.adding(2000, 10, rng).xs[:, :, 0]
        assert 0 <= values.min() < 0.01
        assert 0.99 < values.max() < 1
        assert values.var() == pytest.approx(1 / 12, rel=0.02)

    @pytest.mark.parametrize("num_steps", [2, 3, 10, 11])
    def test_one_marker_in_each_half_and_every_step_is_used(self, rng, num_steps):
        positions = tasks.adding(2000, num_steps, rng).positions
        middle = num_steps // 2
        assert set(positions[:, 0]) == set(range(middle))
        assert set(positions[:, 1]) == set(range(middle, num_steps))

    def test_baseline_is_what_the_constant_one_scores(self, rng):
        task = tasks.adding(400_000, 2, rng)
        assert task.baseline == 1 / 6
        squares = (task.targets - 1.0) ** 2
        error = squares.std() / math.sqrt(len(squares))
        assert abs(squares.mean() - task.baseline) < 5 * error
        assert abs(squares.mean() - 0.1767) > 20 * error  # the figure in some papers is not it

    def test_no_other_constant_does_better(self, rng):
        targets = tasks.adding(100_000, 2, rng).targets
        losses = {c: np.mean((targets - c) ** 2) for c in np.linspace(0.8, 1.2, 41).round(2)}
        assert abs(min(losses, key=losses.get) - 1.0) <= 0.01

    def test_one_of_the_two_values_is_worth_half_of_it(self, rng):
        xs, targets, positions, baseline = tasks.adding(200_000, 4, rng)
        second = np.take_along_axis(xs[:, :, 0], positions[:, 1:], axis=1)
        assert np.mean((targets - second - 0.5) ** 2) == pytest.approx(baseline / 2, rel=0.02)

    def test_one_step_is_too_short(self, rng):
        with pytest.raises(ValueError, match="got num_steps=1; expected at least 2"):
            tasks.adding(3, 1, rng)


class TestRecall:
    def test_every_step_is_one_symbol(self, rng):
        xs = tasks.recall(50, 7, rng).xs
        assert np.array_equal(xs.sum(axis=2), np.ones((50, 7)))
        assert set(np.unique(xs)) == {0.0, 1.0}

    def test_cue_first_then_only_distractors(self, rng):
        task = tasks.recall(500, 7, rng, num_symbols=3, num_distractors=2)
        symbols = task.xs.argmax(axis=2)
        assert task.xs.shape == (500, 7, 5)
        assert np.array_equal(symbols[:, 0], task.targets)
        assert set(task.targets) == {0, 1, 2}
        assert set(symbols[:, 1:].ravel()) == {3, 4}

    @pytest.mark.parametrize("num_symbols", [2, 4, 9])
    def test_baseline_is_the_loss_of_equal_logits(self, rng, num_symbols):
        task = tasks.recall(64, 3, rng, num_symbols=num_symbols)
        loss, _ = nn.softmax_cross_entropy(np.zeros((64, num_symbols)), task.targets)
        assert loss == pytest.approx(task.baseline)
        assert task.chance == 1 / num_symbols

    def test_distractors_do_not_tell_the_cue(self, rng):
        task = tasks.recall(20_000, 2, rng)
        last = task.xs[:, -1].argmax(axis=1) - 4
        together = np.histogram2d(task.targets, last, bins=4)[0] / 20_000
        assert np.abs(together - 1 / 16).max() < 0.01

    def test_a_single_cue_is_refused(self, rng):
        with pytest.raises(ValueError, match="got num_symbols=1; expected at least 2"):
            tasks.recall(3, 5, rng, num_symbols=1)

    def test_no_distractor_is_refused(self, rng):
        with pytest.raises(ValueError, match="got num_distractors=0; expected at least 1"):
            tasks.recall(3, 5, rng, num_distractors=0)
