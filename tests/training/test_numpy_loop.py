"""`fit` trains, clips and stops with a sentence; `minibatches` covers every row."""

import numpy as np
import pytest

from lstm_helpers import nn
from lstm_helpers.training import fit, minibatches


def line(params, batch):
    """Loss and gradients of y = w x + b."""
    x, y = batch
    loss, dy = nn.mean_squared_error(params["w"] * x + params["b"], y)
    return loss, {"w": np.array(np.sum(dy * x)), "b": np.array(np.sum(dy))}


def start():
    return {"w": np.array(0.0), "b": np.array(0.0)}


@pytest.fixture
def data(rng):
    x = rng.normal(size=64)
    return x, 3.0 * x - 1.0


@pytest.fixture
def rng():
    return np.random.default_rng(7)


def test_fit_finds_the_line(data, rng):
    params, history = fit(start(), line, minibatches(data, 16, rng, epochs=100), nn.Adam(lr=0.05))
    assert float(params["w"]) == pytest.approx(3.0, abs=1e-3)
    assert float(params["b"]) == pytest.approx(-1.0, abs=1e-3)
    assert history.loss.shape == history.norm.shape == (400,)
    assert history.loss[-1] < 1e-5 < history.loss[0]


def test_the_same_rng_gives_the_same_numbers(data):
    first, second = (
        fit(start(), line, minibatches(data, 16, np.random.default_rng(1), 2), nn.SGD(lr=0.1))
        for _ in range(2)
    )
    assert np.array_equal(first[1].loss, second[1].loss)


def test_arguments_are_left_alone(data, rng):
    params = start()
    x_before = data[0].copy()
    fit(params, line, minibatches(data, 16, rng), nn.Adam())
    assert params == start()
    assert np.array_equal(data[0], x_before)


def test_norm_is_the_one_before_clipping_and_the_step_the_clipped_one():
    def slope(params, batch):
        return float(params["a"].sum()), {"a": np.array([3.0, 0.0]), "b": np.array([4.0])}

    params = {"a": np.zeros(2), "b": np.zeros(1)}
    clipped, history = fit(params, slope, range(1), nn.SGD(lr=1.0), max_norm=0.5)
    assert history.norm[0] == pytest.approx(5.0)
    assert np.allclose(clipped["a"], [-0.3, 0.0])
    assert np.allclose(clipped["b"], [-0.4])
    free, _ = fit(params, slope, range(1), nn.SGD(lr=1.0))
    assert np.allclose(free["a"], [-3.0, 0.0])


def test_history_holds_the_loss_before_each_step():
    def square(params, batch):
        return float(params["w"] ** 2), {"w": 2.0 * params["w"]}

    _, history = fit({"w": np.array(8.0)}, square, (None for _ in range(3)), nn.SGD(lr=0.25))
    assert history.loss.tolist() == [64.0, 16.0, 4.0]
    assert history.norm.tolist() == [16.0, 8.0, 4.0]


@pytest.mark.parametrize(
    ("bad", "where", "max_norm", "words"),
    [
        (np.nan, 1, None, "the loss was nan at step 1; .*first step, so look for nan or inf"),
        (np.inf, 3, None, "the loss was inf at step 3; .*clip the gradients with max_norm=1.0"),
        (np.nan, 3, 1.0, "the loss was nan at step 3; .*a smaller max_norm"),
    ],
)
def test_a_loss_that_is_not_finite_stops_with_one_sentence(bad, where, max_norm, words):
    def loss_and_grads(params, step):
        return (bad if step == where else 1.0), {"w": np.array(1.0)}

    with pytest.raises(FloatingPointError, match=words) as caught:
        fit({"w": np.array(0.0)}, loss_and_grads, range(1, 9), nn.SGD(lr=1.0), max_norm=max_norm)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("gradient", [np.nan, np.inf, 1e200])
def test_a_gradient_that_is_not_finite_stops_too(gradient):
    def loss_and_grads(params, step):
        return 1.0, {"w": np.array(gradient if step else 1.0)}

    with pytest.raises(FloatingPointError, match=r"the gradient norm was (nan|inf) at step 2"):
        fit({"w": np.array(0.0)}, loss_and_grads, range(2), nn.SGD(lr=1.0), max_norm=1.0)


def test_an_iterator_that_is_used_up_is_refused():
    used_up = iter(())
    with pytest.raises(ValueError, match=r"no batch to train on; .*make a new one"):
        fit(start(), line, used_up, nn.SGD(lr=0.1))


def test_missing_gradients_are_refused():
    def forgetful(params, batch):
        return 1.0, {"w": np.array(1.0)}

    with pytest.raises(ValueError, match=r"gradients for \['w'\]; expected one for each"):
        fit(start(), forgetful, range(1), nn.SGD(lr=0.1))


def test_every_epoch_holds_every_row_once_and_rows_stay_together(rng):
    X, y = np.arange(20).reshape(10, 2), np.arange(10)
    batches = minibatches((X, y), batch_size=4, rng=rng, epochs=3)
    seen = list(batches)
    assert len(seen) == len(batches) == 9
    for rows, numbers in seen:
        assert np.array_equal(rows[:, 0], 2 * numbers)
    epochs = [np.concatenate([numbers for _, numbers in seen[k : k + 3]]) for k in (0, 3, 6)]
    assert all(sorted(epoch) == list(range(10)) for epoch in epochs)
    assert not np.array_equal(epochs[0], epochs[1])


def test_windows_keep_the_order_of_their_days(rng):
    X = np.arange(5)[:, None] + np.arange(4)[None]  # window k is k, k + 1, k + 2, k + 3
    for (windows,) in minibatches((X,), batch_size=2, rng=rng):
        assert (np.diff(windows, axis=1) == 1).all()


@pytest.mark.parametrize(
    ("arrays", "batch_size", "epochs", "words"),
    [
        ((), 4, 1, "expected a tuple with at least one array"),
        ([np.zeros(3)], 4, 1, "got list for the arrays"),
        ((np.zeros(3), np.zeros(4)), 4, 1, "have 3, 4 rows"),
        ((np.zeros((0, 2)),), 4, 1, "have 0 rows"),
        ((np.zeros(3),), 0, 1, "got batch_size=0"),
        ((np.zeros(3),), 4, 0, "epochs=0"),
    ],
)
def test_bad_batches_are_refused_at_the_door(arrays, batch_size, epochs, words, rng):
    with pytest.raises(ValueError, match=words):
        minibatches(arrays, batch_size, rng, epochs)
