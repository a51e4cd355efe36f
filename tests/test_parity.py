"""The course's stacks against PyTorch's and Keras's, number by number; and all that needs Keras.

The loss weighs every output and every final state with a random number of its own, so that no
gradient is small by accident. All sizes differ. On a CPU Keras has no fused kernel: its
``use_cudnn="auto"`` falls back to the general loop over the steps. The frameworks are imported by
the tests and not here, so that only one of several workers has to wait for them.
"""

from collections.abc import Iterator

import numpy as np
import pytest

from lstm_helpers import nn
from lstm_helpers.convert import from_keras, keras_layers, to_keras, to_torch, torch_module

TOLERANCE = 1e-10
N, T, D, H = 3, 7, 5, 4
CELLS = ["rnn", "lstm", "gru"]
STACKS = [(layers, directions) for layers in (1, 3) for directions in (1, 2)]


@pytest.fixture(scope="module", autouse=True)
def _quiet_on_the_cpu() -> Iterator[None]:
    """Tell TensorFlow, before it is imported, to look for no GPU and to say nothing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TF_CPP_MIN_LOG_LEVEL", "3")
        patch.setenv("CUDA_VISIBLE_DEVICES", "-1")
        yield


@pytest.fixture
def layers_of():
    """Return Keras's layer for a cell, in one or two directions."""
    import keras

    kinds = {"rnn": keras.layers.SimpleRNN, "lstm": keras.layers.LSTM, "gru": keras.layers.GRU}

    def make(cell, directions, **settings):
        layer = kinds[cell](H, **settings)
        if directions == 1:
            return layer
        return keras.layers.Bidirectional(layer, dtype=settings["dtype"])

    return make


def problem(cell, layers, directions, seed=0):
    """Draw weights, inputs, initial states, and the weights of the loss."""
    rng = np.random.default_rng(seed)
    params = tuple(
        tuple(type(one)(*(1.7 * array for array in one)) for one in both)
        for both in nn.init_stack(cell, D, H, rng, layers, directions == 2)
    )
    xs = rng.normal(size=(N, T, D))
    shape = nn.CELLS[cell].num_states, layers * directions, N, H
    states, dlast = tuple(rng.normal(size=shape)), tuple(rng.normal(size=shape))
    return params, xs, states, rng.normal(size=(N, T, directions * H)), dlast


def ours(cell, params, xs, states, doutputs, dlast):
    """Outputs, final states, gradients of inputs and initial states, gradients of the weights."""
    outputs, last, tape = nn.stack_forward(cell, xs, params, states)
    dxs, dstates, dparams = nn.stack_backward(doutputs, dlast, tape)
    found = {"outputs": outputs, "dxs": dxs}
    for number, (end, dstate) in enumerate(zip(last, dstates, strict=True)):
        found[f"final state {number}"] = end
        if states is not None:
            found[f"gradient of initial state {number}"] = dstate
    return found, dparams


def with_torch(cell, params, xs, states, doutputs, dlast):
    """Do the same in PyTorch: the same names, then the gradients by PyTorch's names."""
    import torch

    module = torch_module(cell, params)
    x = torch.tensor(xs, requires_grad=True)
    start = None
    if states is not None:
        start = tuple(torch.tensor(state, requires_grad=True) for state in states)
    given = start if start is None or cell == "lstm" else start[0]
    outputs, last = module(x, given)
    last = last if cell == "lstm" else (last,)
    pairs = zip((outputs, *last), (doutputs, *dlast), strict=True)
    sum((result * torch.tensor(weight)).sum() for result, weight in pairs).backward()
    found = {"outputs": outputs.detach(), "dxs": x.grad}
    for number, end in enumerate(last):
        found[f"final state {number}"] = end.detach()
        if start is not None:
            found[f"gradient of initial state {number}"] = start[number].grad
    return found, {name: p.grad for name, p in module.named_parameters()}


def with_keras(cell, params, xs, states, doutputs, dlast):
    """Do the same in Keras, layer after layer: the gradients are one list for each layer."""
    import tensorflow as tf

    layers, directions = keras_layers(cell, params, return_state=True), len(params[0])
    x = tf.constant(xs)
    # Keras's order: for each direction all its states. Ours: for each state all directions.
    start = None if states is None else [[tf.constant(s) for s in state] for state in states]
    rows = [[] for _ in dlast]
    with tf.GradientTape() as tape:
        tape.watch(x)
        if start is not None:
            tape.watch(start)
        outputs = x
        for number, layer in enumerate(layers):
            places = range(number * directions, (number + 1) * directions)
            given = start and [state[place] for place in places for state in start]
            outputs, *last = layer(outputs, initial_state=given)
            for state, row in enumerate(rows):
                row.extend(last[state :: len(rows)])
        ends = [tf.stack(row) for row in rows]
        pairs = zip((outputs, *ends), (doutputs, *dlast), strict=True)
        loss = sum(tf.reduce_sum(result * weight) for result, weight in pairs)
    weights = [[variable.value for variable in layer.trainable_variables] for layer in layers]
    dx, dstart, dweights = tape.gradient(loss, (x, start or [], weights))
    found = {"outputs": outputs, "dxs": dx}
    for number, end in enumerate(ends):
        found[f"final state {number}"] = end
        if start is not None:
            found[f"gradient of initial state {number}"] = tf.stack(dstart[number])
    return found, dweights


def differences_from_torch(cell, layers, directions, given):
    """Largest difference of each array, by name."""
    params, xs, states, *upstream = problem(cell, layers, directions)
    mine, dparams = ours(cell, params, xs, states if given else None, *upstream)
    theirs, gradients = with_torch(cell, params, xs, states if given else None, *upstream)
    expected = to_torch(cell, dparams)
    for name in expected:
        if cell != "gru" and name.startswith("bias_hh"):  # both biases stand beside each other
            expected[name] = expected[name.replace("hh", "ih")]
    return _differences({**mine, **expected}, {**theirs, **gradients})


def differences_from_keras(cell, layers, directions, given):
    """Largest difference of each array, by name."""
    params, xs, states, *upstream = problem(cell, layers, directions)
    mine, dparams = ours(cell, params, xs, states if given else None, *upstream)
    theirs, gradients = with_keras(cell, params, xs, states if given else None, *upstream)
    pairs = zip(to_keras(cell, dparams), gradients, strict=True)
    for number, (arrays, others) in enumerate(pairs):
        for place, (array, other) in enumerate(zip(arrays, others, strict=True)):
            name = f"gradient of weight {place} of layer {number}"
            mine[name], theirs[name] = array, other
    return _differences(mine, theirs)


def _differences(mine, theirs):
    assert list(mine) == list(theirs)
    for name, array in mine.items():
        assert array.shape == tuple(theirs[name].shape), name
        assert array.dtype == theirs[name].numpy().dtype == np.float64, name
    return {name: float(np.abs(mine[name] - theirs[name].numpy()).max()) for name in mine}


@pytest.mark.parametrize("given", [False, True], ids=["zero states", "given states"])
@pytest.mark.parametrize(("layers", "directions"), STACKS)
@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("differences", [differences_from_torch, differences_from_keras])
def test_outputs_states_and_all_gradients_are_equal(differences, cell, layers, directions, given):
    found = differences(cell, layers, directions, given)
    states = nn.CELLS[cell].num_states * (1 + given)
    arrays = {differences_from_torch: 4, differences_from_keras: 3}[differences]
    assert len(found) == 2 + states + layers * directions * arrays
    too_large = {name: difference for name, difference in found.items() if difference > TOLERANCE}
    assert too_large == {}


# Keras: there and back


def draw(cell, layers, directions, precision="float64", sizes=(D, H), seed=0):
    params = nn.init_stack(cell, *sizes, np.random.default_rng(seed), layers, directions == 2)
    return tuple(
        tuple(type(one)(*(array.astype(precision) for array in one)) for one in both)
        for both in params
    )


def assert_same(mine, theirs):
    """Bit for bit, kinds and precision too."""
    for both, others in zip(mine, theirs, strict=True):
        for one, other in zip(both, others, strict=True):
            assert type(one) is type(other)
            for array, same in zip(one, other, strict=True):
                assert array.dtype == same.dtype
                assert np.array_equal(array, same)


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize(("layers", "directions"), STACKS)
@pytest.mark.parametrize("cell", CELLS)
def test_numpy_to_keras_and_back_changes_no_bit(cell, layers, directions, precision):
    params = draw(cell, layers, directions, precision)
    built = keras_layers(cell, params)
    assert {weight.dtype for layer in built for weight in layer.weights} == {precision}
    name, back = from_keras(built)
    assert name == cell
    assert_same(params, back)


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("directions", [1, 2])
@pytest.mark.parametrize("cell", CELLS)
def test_keras_to_numpy_and_back_changes_no_bit(layers_of, cell, directions, precision):
    layer = layers_of(
        cell, directions, dtype=precision, bias_initializer="random_normal", dropout=0.1
    )
    layer(np.ones((N, T, D), dtype=precision))
    theirs = layer.get_weights()
    (back,) = to_keras(*from_keras(layer))
    assert len(theirs) == len(back) == 3 * directions
    for array, other in zip(theirs, back, strict=True):
        assert array.dtype == other.dtype == precision
        assert np.array_equal(array, other)


def test_random_sizes_go_there_and_back():
    rng = np.random.default_rng(6)
    for number in range(6):
        sizes, (layers, directions) = rng.integers(1, 9, 2), rng.integers(1, [4, 3])
        cell = CELLS[number % 3]
        params = draw(cell, int(layers), int(directions), sizes=tuple(map(int, sizes)), seed=number)
        assert_same(params, from_keras(keras_layers(cell, params))[1])


def test_what_was_read_is_not_the_layers_own():
    params = draw("gru", 1, 1)
    (layer,) = keras_layers("gru", params)
    _, read = from_keras(layer)
    layer.set_weights([weight + 1.0 for weight in layer.get_weights()])
    assert_same(params, read)


def test_layers_are_built_as_asked():
    params = draw("lstm", 2, 2)
    built = keras_layers("lstm", params, return_sequences=False, dtype="float32")
    sequences = built[0](np.ones((N, T, D), dtype="float32"))
    assert sequences.shape == (N, T, 2 * H)
    assert built[1](sequences).shape == (N, 2 * H)
    assert {weight.dtype for layer in built for weight in layer.weights} == {"float32"}
    (layer,) = keras_layers("lstm", draw("lstm", 1, 1), return_state=True)
    assert [tuple(result.shape) for result in layer(np.ones((N, T, D)))] == [
        (N, T, H),
        (N, H),
        (N, H),
    ]


def test_layers_of_a_model_are_read_where_they_stand():
    import keras

    model = keras.Sequential(
        [
            keras.Input((T, D)),
            keras.layers.LSTM(H, return_sequences=True, dtype="float64"),
            keras.layers.LSTM(H, return_sequences=True, dtype="float64"),
            keras.layers.Dense(1),
        ]
    )
    cell, params = from_keras(model.layers[:2])
    xs = np.random.default_rng(0).normal(size=(N, T, D))
    outputs, _, _ = nn.stack_forward(cell, xs, params)
    theirs = model.layers[1](model.layers[0](xs))
    np.testing.assert_allclose(outputs, theirs.numpy(), rtol=0, atol=TOLERANCE)
    with pytest.raises(TypeError, match=r"layer 2 is Dense; expected .* leave other layers"):
        from_keras(model.layers)


@pytest.mark.parametrize("directions", [1, 2])
@pytest.mark.parametrize("cell", CELLS)
def test_a_layer_without_biases_gets_zeros(layers_of, cell, directions):
    layer = layers_of(cell, directions, use_bias=False, return_sequences=True, dtype="float64")
    xs = np.random.default_rng(0).normal(size=(N, T, D))
    theirs = layer(xs)
    name, params = from_keras(layer)
    assert all(not bias.any() for one in params[0] for bias in one[2:])
    outputs, _, _ = nn.stack_forward(name, xs, params)
    np.testing.assert_allclose(outputs, theirs.numpy(), rtol=0, atol=TOLERANCE)


# Keras: what is refused


def built(layer, inputs=D):
    layer.build((None, None, inputs))
    return layer


def both_ways(layer, **settings):
    import keras

    return built(keras.layers.Bidirectional(layer, **settings))


REFUSED = {
    "another layer": (
        lambda keras: built(keras.layers.Dense(H)),
        TypeError,
        r"layer 0 is Dense; expected one of keras.layers.SimpleRNN, keras.layers.LSTM, .*GRU, or",
    ),
    "a model": (
        lambda keras: keras.Sequential([keras.Input((T, D)), keras.layers.LSTM(H)]),
        TypeError,
        "layer 0 is Sequential; expected one of",
    ),
    "another wrapped layer": (
        lambda keras: [
            built(keras.layers.LSTM(H)),
            both_ways(keras.layers.RNN(keras.layers.LSTMCell(H))),
        ],
        TypeError,
        "layer 1, forward is RNN; expected one of",
    ),
    "GRU of 2014": (
        lambda keras: built(keras.layers.GRU(H, reset_after=False)),
        ValueError,
        "keras.layers.GRU with reset_after=False, which is not our 'gru'; expected .*=True",
    ),
    "activation": (
        lambda keras: built(keras.layers.LSTM(H, activation="relu")),
        ValueError,
        "keras.layers.LSTM with activation='relu', which is not our 'lstm'; expected .*'tanh'",
    ),
    "recurrent activation": (
        lambda keras: built(keras.layers.GRU(H, recurrent_activation="hard_sigmoid")),
        ValueError,
        "recurrent_activation='hard_sigmoid'.* expected recurrent_activation='sigmoid'",
    ),
    "relu RNN": (
        lambda keras: built(keras.layers.SimpleRNN(H, activation="relu")),
        ValueError,
        "keras.layers.SimpleRNN with activation='relu', which is not our 'rnn'",
    ),
    "backwards": (
        lambda keras: built(keras.layers.LSTM(H, go_backwards=True)),
        ValueError,
        "go_backwards=True.* expected go_backwards=False",
    ),
    "both directions turned": (
        lambda keras: both_ways(
            keras.layers.LSTM(H, go_backwards=True), backward_layer=keras.layers.LSTM(H)
        ),
        ValueError,
        "layer 0, forward is keras.layers.LSTM with go_backwards=True",
    ),
    "merge mode": (
        lambda keras: both_ways(keras.layers.LSTM(H), merge_mode="sum"),
        ValueError,
        "layer 0 is Bidirectional with merge_mode='sum'; expected \"concat\"",
    ),
    "no merging": (
        lambda keras: both_ways(keras.layers.LSTM(H), merge_mode=None),
        ValueError,
        'merge_mode=None; expected "concat"',
    ),
    "not built": (
        lambda keras: keras.layers.LSTM(H, name="fresh"),
        ValueError,
        r"layer 0, 'fresh', is not built .* call it once, or build\(\(None, None, D\)\)$",
    ),
    "not built, both ways": (
        lambda keras: keras.layers.Bidirectional(keras.layers.LSTM(H)),
        ValueError,
        "layer 0, forward, '.*', is not built",
    ),
    "half precision": (
        lambda keras: built(keras.layers.LSTM(H, dtype="float16")),
        ValueError,
        "kernel of layer 0 is float16; expected float32 or float64",
    ),
    "two kinds": (
        lambda keras: [built(keras.layers.LSTM(H)), built(keras.layers.GRU(H), H)],
        TypeError,
        "got keras.layers.LSTM and keras.layers.GRU; expected layers of one kind",
    ),
    "two kinds in one": (
        lambda keras: both_ways(
            keras.layers.LSTM(H), backward_layer=keras.layers.GRU(H, go_backwards=True)
        ),
        TypeError,
        "got keras.layers.LSTM and keras.layers.GRU; expected layers of one kind",
    ),
    "directions": (
        lambda keras: [both_ways(keras.layers.LSTM(H)), built(keras.layers.LSTM(H), 2 * H)],
        ValueError,
        r"layer 1 has 1 direction\(s\), layer 0 has 2; expected the same number",
    ),
    "units": (
        lambda keras: [built(keras.layers.LSTM(H)), built(keras.layers.LSTM(6), H)],
        ValueError,
        r"W_x of layer 1 has the shape \(4, 24\); expected \(4, 16\), .* with H = 4",
    ),
    "not after each other": (
        lambda keras: [built(keras.layers.LSTM(H)), built(keras.layers.LSTM(H))],
        ValueError,
        r"W_x of layer 1 has the shape \(5, 16\); expected \(4, 16\), which is \(D, 4H\)",
    ),
    "nothing": (lambda keras: [], ValueError, "got a list without a layer; expected at least one"),
}


@pytest.mark.parametrize(("make", "error", "message"), REFUSED.values(), ids=REFUSED)
def test_other_layers_are_refused_by_name(make, error, message):
    import keras

    layers = make(keras)
    with pytest.raises(error, match=message):
        from_keras(layers)


def test_an_unknown_precision_is_refused():
    with pytest.raises(ValueError, match='got dtype=\'float16\'; expected "float32", "float64"'):
        keras_layers("lstm", draw("lstm", 1, 1), dtype="float16")
