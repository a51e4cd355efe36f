"""Training Keras models: one step by hand, the same as `fit`, early stopping, the bar, refusals."""

import keras
import numpy as np
import pytest

from lstm_helpers.training import minibatches, progress
from lstm_helpers.training.keras_loop import ProgressBar, fit_keras


def line(rate=0.1, loss="mse"):
    """A linear model with the same weights every time."""
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.set_weights([np.array([[0.5], [-1.0]]), np.array([0.25])])
    model.compile(optimizer=keras.optimizers.SGD(rate), loss=loss)
    return model


def recurrent(optimizer):
    """A small LSTM with the same weights every time; not compiled by XLA, which takes seconds."""
    keras.utils.set_random_seed(3)
    model = keras.Sequential([keras.Input((4, 2)), keras.layers.LSTM(3), keras.layers.Dense(1)])
    model.compile(optimizer=optimizer, loss="mse", jit_compile=False)
    return model


def draw(rng, *sizes):
    return [(rng.normal(size=(n, 2)), rng.normal(size=(n, 1))) for n in sizes]


def test_steps_losses_and_norms_are_those_of_the_formula():
    data = draw(np.random.default_rng(0), 5, 5, 2)  # the last batch is smaller
    model = line()
    history = fit_keras(model, data, 2, max_norm=0.5)
    W, b = np.array([[0.5], [-1.0]]), np.array([0.25])
    losses, norms = [], []
    for _ in range(2):
        total = 0.0
        for x, y in data:
            rest = x @ W + b - y
            total += float((rest**2).sum())
            dW, db = 2 * x.T @ rest / len(x), 2 * rest.mean(axis=0)
            norms.append(np.sqrt((dW**2).sum() + (db**2).sum()))
            factor = min(1.0, 0.5 / norms[-1])
            W, b = W - 0.1 * factor * dW, b - 0.1 * factor * db
        losses.append(total / 12)
    assert max(norms) > 0.5  # clipping had something to do
    np.testing.assert_allclose(history.gradient_norm, norms, rtol=1e-5)
    np.testing.assert_allclose(history.train_loss, losses, rtol=1e-5)
    for got, right in zip(model.get_weights(), (W, b), strict=True):
        np.testing.assert_allclose(got, right, rtol=1e-5)
    assert history.best_epoch == 1
    assert history.validation_loss.shape == (0,)


def test_it_ends_where_fit_ends():
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(6, 4, 2)).astype("float32"), rng.normal(size=(6, 1)).astype("float32")
    ours = recurrent(keras.optimizers.Adam(0.01))
    theirs = recurrent(keras.optimizers.Adam(0.01, global_clipnorm=0.1))
    history = fit_keras(ours, [(x[:3], y[:3]), (x[3:], y[3:])], 2, max_norm=0.1)
    fitted = theirs.fit(x, y, batch_size=3, epochs=2, shuffle=False, verbose=0)
    assert (history.gradient_norm > 0.1).all()
    np.testing.assert_allclose(history.train_loss, fitted.history["loss"], rtol=1e-5)
    for got, right in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(got, right, rtol=1e-4, atol=1e-6)


def test_early_stopping_keeps_the_weights_of_the_best_epoch():
    data = draw(np.random.default_rng(0), 4)
    # The loss falls for three steps and then rises: the rate turns negative.
    model = line(keras.optimizers.schedules.PiecewiseConstantDecay([2], [0.1, -0.1]))
    before = model.evaluate(*data[0], verbose=0)
    history = fit_keras(model, data, 50, validation=data, patience=4)
    best = int(history.validation_loss.argmin())
    assert history.best_epoch == best == 2
    assert len(history.train_loss) == best + 5
    after = model.evaluate(*data[0], verbose=0)
    assert after == pytest.approx(history.validation_loss[best], rel=1e-5)
    assert after < before


def test_validation_weighs_examples_and_trains_nothing():
    rng = np.random.default_rng(2)
    model = line(rate=0.0)
    validation = draw(rng, 5, 1)
    history = fit_keras(model, draw(rng, 3), 1, validation=validation)
    x, y = (np.concatenate(parts) for parts in zip(*validation, strict=True))
    assert history.validation_loss[0] == pytest.approx(model.evaluate(x, y, verbose=0), rel=1e-5)
    assert np.array_equal(model.get_weights()[0], [[0.5], [-1.0]])


def test_dropout_works_in_training_only():
    model = keras.Sequential([keras.Input((1000,)), keras.layers.Dropout(0.5)])
    model.add(keras.layers.Dense(1, kernel_initializer="ones"))
    model.compile(optimizer=keras.optimizers.SGD(0.0), loss="mse")
    x = np.ones((1, 1000), dtype="float32")
    history = fit_keras(model, [(x, [[1000.0]])], 1, validation=[(x, [[1000.0]])])
    assert history.validation_loss[0] == pytest.approx(0.0, abs=1e-3)
    assert history.train_loss[0] > 1.0


def test_minibatches_and_penalties_count():
    rng = np.random.default_rng(4)
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, kernel_regularizer="l2")])
    model.compile(optimizer=keras.optimizers.SGD(0.0), loss="mse")
    (x, y), W = draw(rng, 7)[0], model.get_weights()[0]
    history = fit_keras(model, minibatches((x, y), 3, rng), 2)
    right = ((x @ W - y) ** 2).mean() + 0.01 * (W**2).sum()
    np.testing.assert_allclose(history.train_loss, [right, right], rtol=1e-5)
    assert history.gradient_norm.shape == (6,)


@pytest.mark.parametrize(
    ("stop", "shown", "count"), [(False, "val_loss", "3/3"), (True, "val_loss", "1/3")]
)
def test_the_bar_shows_epochs_and_losses(monkeypatch, capsys, stop, shown, count):
    monkeypatch.setattr(progress, "is_watched", lambda: True)
    model, ((x, y),) = line(), draw(np.random.default_rng(0), 4)
    stopping = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: setattr(model, "stop_training", stop)
    )
    bar = ProgressBar("fitting")
    model.fit(x, y, epochs=3, validation_data=(x, y), verbose=0, callbacks=[bar, stopping])
    text = capsys.readouterr().err
    assert "fitting" in text
    assert shown in text
    assert count in text
    assert text.endswith("\n")


def test_a_bar_serves_again_and_counts_what_is_left(monkeypatch, capsys):
    monkeypatch.setattr(progress, "is_watched", lambda: True)
    model, ((x, y),), bar = line(), draw(np.random.default_rng(0), 4), ProgressBar()
    model.fit(x, y, epochs=1, verbose=0, callbacks=[bar])
    capsys.readouterr()
    model.fit(x, y, initial_epoch=1, epochs=3, verbose=0, callbacks=[bar])
    assert "2/2" in capsys.readouterr().err


@pytest.mark.parametrize("watched", [False, True])
def test_nobody_sees_a_bar_that_is_not_wanted(monkeypatch, capsys, watched):
    monkeypatch.setattr(progress, "is_watched", lambda: watched)
    model, ((x, y),) = line(), draw(np.random.default_rng(0), 4)
    bar = ProgressBar(progress=not watched)
    model.fit(x, y, epochs=2, verbose=0, callbacks=[bar])
    fit_keras(model, [(x, y)], 2, progress=not watched)
    assert capsys.readouterr() == ("", "")


def test_what_cannot_work_is_refused(monkeypatch):
    model, data = line(), draw(np.random.default_rng(0), 4)
    bare = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    with pytest.raises(ValueError, match="is not compiled; expected a loss and an optimizer"):
        fit_keras(bare, data, 1)
    with pytest.raises(ValueError, match="got epochs=0; expected at least 1"):
        fit_keras(model, data, 0)
    with pytest.raises(ValueError, match="early stopping needs a loss"):
        fit_keras(model, data, 1, patience=2)
    with pytest.raises(ValueError, match="there was no batch"):
        fit_keras(model, [], 1)
    with pytest.raises(ValueError, match="there was no batch"):
        fit_keras(model, data, 1, validation=iter(()))
    with pytest.raises(FloatingPointError, match="the loss became nan after 1 steps"):
        fit_keras(model, [*data, (data[0][0], data[0][1] * np.nan)], 1)
    monkeypatch.setattr(keras.backend, "backend", lambda: "torch")
    with pytest.raises(RuntimeError, match="KERAS_BACKEND=tensorflow"):
        fit_keras(model, data, 1)
