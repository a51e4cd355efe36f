"""Probing Keras models: layers read from the shapes of weights, and what a model does when used."""

import random

import keras
import numpy as np
import pytest

from lstm_helpers.frameworks.keras_models import build, make_layer
from lstm_helpers.frameworks.keras_probe import measure
from lstm_helpers.frameworks.keras_weights import Layer, read_layers

L = keras.layers
N, T, D, H = 4, 3, 5, 6


def shapes_of(*layers, inputs=(T, D)):
    return [tuple(w.shape) for w in keras.Sequential([keras.Input(inputs), *layers]).weights]


def sequences(kind, units, **settings):
    return kind(units, return_sequences=True, **settings)


@pytest.mark.parametrize(
    ("layers", "right"),
    [
        ([L.LSTM(H)], [Layer("LSTM", D, H)]),
        ([L.LSTM(H, use_bias=False)], [Layer("LSTM", D, H)]),
        ([L.GRU(H), L.Dense(2)], [Layer("GRU", D, H), Layer("Dense", H, 2)]),
        ([L.GRU(H, reset_after=False)], [Layer("GRU", D, H)]),
        ([L.SimpleRNN(H), L.Dense(2)], [Layer("SimpleRNN", D, H), Layer("Dense", H, 2)]),
        (
            [sequences(L.LSTM, H), sequences(L.LSTM, H), L.LSTM(H), L.Dense(H)],
            [Layer("LSTM", D, H), Layer("LSTM", H, H), Layer("LSTM", H, H), Layer("Dense", H, H)],
        ),
        (
            [L.Bidirectional(sequences(L.LSTM, H)), L.Bidirectional(L.GRU(7)), L.Dense(1)],
            [Layer("LSTM", D, H, 2), Layer("GRU", 2 * H, 7, 2), Layer("Dense", 14, 1)],
        ),
        (
            [L.Dense(8), L.Dropout(0.5), L.LSTM(H), L.Dense(2, use_bias=False), L.Dense(3)],
            [Layer("Dense", D, 8), Layer("LSTM", 8, H), Layer("Dense", H, 2), Layer("Dense", 2, 3)],
        ),
        (
            [sequences(L.LSTM, H), L.LayerNormalization(), L.LSTM(7)],
            [Layer("LSTM", D, H), *[Layer("other", 0, H)] * 2, Layer("LSTM", H, 7)],
        ),
        ([L.Flatten()], []),
    ],
)
def test_layers_are_read_from_the_shapes_of_real_weights(layers, right):
    assert read_layers(shapes_of(*layers)) == right


def draw(seed=0, kinds=(("LSTM", H),), put_out=2):
    """A batch, targets, predictions and weights for LSTMs and a Dense layer."""
    rng = np.random.default_rng(seed)
    layers = [sequences(L.LSTM, units) for _, units in kinds[:-1]]
    shapes = shapes_of(*layers, L.LSTM(kinds[-1][1]), L.Dense(put_out))
    arrays = [rng.normal(size=shape) for shape in ((N, T, D), (N, put_out), (N, put_out), *shapes)]
    x, targets, predictions, *weights = (array.astype("float32") for array in arrays)
    return x, targets, predictions, weights


def model_of(*layers, inputs=(T, D), **compiling):
    model = keras.Sequential([keras.Input(inputs), *layers])
    model.compile(**{"loss": "mse", "optimizer": "sgd", **compiling})
    return model


def found_of(model, put_to_work=True):
    return measure(lambda *sizes: model, (T, D), *draw(), put_to_work)


def test_a_model_with_the_given_weights_is_measured_whole():
    x, targets, predictions, weights = draw()
    model = model_of(L.LSTM(H), L.Dense(2))
    found = found_of(model)
    fresh = model_of(L.LSTM(H), L.Dense(2))
    fresh.set_weights(weights)
    np.testing.assert_allclose(found["outputs"], fresh(x), rtol=1e-6)
    assert found["loss"] == pytest.approx(((predictions - targets) ** 2).mean(), rel=1e-5)
    np.testing.assert_allclose(found["update"], [-0.0003, 0.003, -0.0004, 0.0], atol=1e-6)
    assert found["optimizer"] == "SGD"
    assert found["layers"] == [Layer("LSTM", D, H), Layer("Dense", H, 2)]
    assert found["units"].tolist() == [H]
    assert found["trainable"] == sum(array.size for array in weights)
    assert found["moved"] == len(weights) == 5
    flags = ("compiled", "fits", "dropped", "carried", "batch_size", "other_layers")
    assert [float(found[name]) for name in flags] == [1, 1, 0, 0, 0, 0]


def test_other_weights_are_left_as_they_are_and_nothing_is_compared():
    model = model_of(L.LSTM(H + 1), L.Dense(2))
    found = found_of(model)
    assert not found["fits"]
    assert not found["outputs"].any()
    assert found["moved"] == 5


@pytest.mark.parametrize(
    ("layer", "settings", "name"),
    [
        (L.LSTM, {"dropout": 0.5}, "dropped"),
        (L.LSTM, {"stateful": True}, "carried"),
        (L.LSTM, {"recurrent_dropout": 0.5}, "dropped"),
    ],
)
def test_dropout_and_states_that_stay_are_told_apart(layer, settings, name):
    model = keras.Sequential([layer(H, **settings), L.Dense(2)])  # built by the first batch
    model.compile(loss="mse", optimizer="sgd")
    found = found_of(model)
    assert found[name] > 0.01
    assert found["dropped"] * found["carried"] == 0


def test_frozen_layers_do_not_move():
    model = model_of(L.LSTM(H, trainable=False), L.Dense(2))
    found = found_of(model)
    assert found["trainable"] == 2 * H + 2
    assert found["moved"] == 2


@pytest.mark.parametrize(
    ("optimizer", "last"), [("adam", 0.0), (keras.optimizers.AdamW(weight_decay=0.1), -0.02)]
)
def test_a_decay_of_weights_shows_where_there_is_no_gradient(optimizer, last):
    found = found_of(model_of(L.LSTM(H), L.Dense(2), optimizer=optimizer))
    assert found["update"][-1] == pytest.approx(last, abs=1e-4)


def test_the_models_own_optimizer_is_not_used_up():
    model = model_of(L.LSTM(H), L.Dense(2), optimizer="adam")
    found_of(model)
    assert int(model.optimizer.iterations) == 1  # the one step of training


def test_a_loss_that_cannot_be_computed_is_noted():
    model = model_of(L.LSTM(H), L.Dense(2), loss="sparse_categorical_crossentropy")
    found = found_of(model)
    assert found["loss"] == -1.0
    assert found["loss_of_labels"] >= 0.0
    assert found["moved"] == 0.0


@pytest.mark.parametrize(
    ("inputs", "name", "number"),
    [((7, D), "timesteps", 7), ((T, 8), "features", 8), ((T,), "sequence_axes", 1)],
)
def test_a_model_that_reads_something_else_is_not_called(inputs, name, number):
    first = [] if len(inputs) == 1 else [L.LSTM(H)]
    found = found_of(model_of(*first, L.Dense(2), inputs=inputs))
    assert found[name] == number
    assert not found["outputs"].any()
    assert found["outputs"].shape == (N, 2)


def test_without_work_only_the_form_is_looked_at():
    model = model_of(L.LSTM(H), L.Dense(2))
    before = model.get_weights()
    found = found_of(model, put_to_work=False)
    assert found["units"].tolist() == [H]
    assert (found["loss"], found["moved"], found["fits"]) == (0.0, 0.0, False)
    assert all(map(np.array_equal, before, model.get_weights()))


def test_an_uncompiled_model_is_put_to_work_without_loss_and_optimizer():
    model = keras.Sequential([keras.Input((None, D)), L.LSTM(H), L.Dense(2)])
    found = found_of(model)
    assert (found["compiled"], found["loss"], found["moved"]) == (0.0, 0.0, 0.0)
    assert (found["timesteps"], found["fits"]) == (T, True)
    assert found["outputs"].any()


def test_random_numbers_stay_where_they_were():
    def answer(timesteps, features):
        return model_of(L.LSTM(H), L.Dropout(0.5), L.Dense(2))

    data = draw()
    random.seed(5)
    before = random.getstate()
    measure(answer, (T, D), *data, True)
    assert random.getstate() == before


def test_what_is_no_model_is_refused_and_what_was_tried_is_told():
    data = draw()
    assert measure(lambda *sizes: None, (T, D), *data, True) is None
    with pytest.raises(TypeError, match="of the type str; expected a Keras model"):
        measure(lambda *sizes: "model", (T, D), *data, True)

    def broken(timesteps, features):
        raise KeyError(features)

    with pytest.raises(KeyError) as caught:
        measure(broken, (T, D), *data, True)
    assert caught.value.__notes__ == ["What was tried: building the model."]


def test_models_are_built_as_described():
    layers = [
        {"kind": "Bidirectional", "layer": {"kind": "GRU", "units": 4, "return_sequences": True}},
        {"kind": "Dense", "units": 2, "activation": "relu"},
    ]
    model = build(layers, (None, D), "mae", {"class_name": "adam", "config": {"epsilon": 0.5}})
    assert [layer.output.shape for layer in model.layers] == [(None, None, 8), (None, None, 2)]
    assert model.layers[1].activation is keras.activations.relu
    assert model.optimizer.epsilon == 0.5
    assert not build(layers, None).compiled
    with pytest.raises(ValueError, match="got a layer of the kind 'LSMT'"):
        make_layer({"kind": "LSMT", "units": 4})
