"""Weights to and from Keras's SimpleRNN, LSTM, GRU, alone or in Bidirectional; Keras 3.

Keras is imported when needed, and any of its backends will do. It has no stack: several layers are
a list here, each one reading the outputs of the one before.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from lstm_helpers.convert.conventions import (
    CONVENTIONS,
    Convention,
    convention,
    from_library,
    to_library,
)
from lstm_helpers.convert.stacks import (
    PRECISIONS,
    Stack,
    Weights,
    require_precision,
    require_stack,
)
from lstm_helpers.nn.functions import Array

# Settings under which a layer computes something else than our cell of that name does.
_REQUIRED: dict[str, dict[str, object]] = {
    "rnn": {"activation": "tanh"},
    "lstm": {"activation": "tanh", "recurrent_activation": "sigmoid"},
    "gru": {"activation": "tanh", "recurrent_activation": "sigmoid", "reset_after": True},
}


def to_keras(cell: str, params: Stack) -> list[list[Array]]:
    """Turn weights into what ``set_weights`` of each Keras layer takes.

    Parameters
    ----------
    cell : str
        ``"rnn"``, ``"lstm"`` or ``"gru"``.
    params : tuple of tuple of RNNParams, LSTMParams or GRUParams
        ``params[layer][direction]``, as `lstm_helpers.nn.init_stack` draws them.

    Returns
    -------
    list of list of ndarray
        For each layer ``[kernel, recurrent_kernel, bias]``, new arrays; for a bidirectional one
        three of the forward direction and three of the backward one. The bias of a GRU is
        (2, 3H).

    Raises
    ------
    TypeError
        If ``params`` is not nested, holds another cell's weights, or something that is no array.
    ValueError
        If the cell is unknown, there is no layer, the layers differ in their directions, or an
        array has a wrong shape or precision.

    Examples
    --------
    >>> from lstm_helpers.nn import init_lstm
    >>> layer = init_lstm(3, 4, np.random.default_rng(0))
    >>> [array.shape for array in to_keras("lstm", ((layer,),))[0]]
    [(3, 16), (4, 16), (16,)]
    """
    row = convention("Keras", cell)
    require_stack(cell, params)
    return [[array for weights in both for array in to_library(weights, row)] for both in params]


def from_keras(layers: Any) -> tuple[str, Weights]:
    """Take the weights out of Keras's recurrent layers.

    Parameters
    ----------
    layers : keras.layers.Layer or list of keras.layers.Layer
        One built layer, or several of one kind that follow each other: SimpleRNN, LSTM, GRU, or
        Bidirectional of one of these. Dropout is no weight and is not carried over: the outputs
        are those of ``training=False``.

    Returns
    -------
    cell : str
        ``"rnn"``, ``"lstm"`` or ``"gru"``.
    params : tuple of tuple of RNNParams, LSTMParams or GRUParams
        ``params[layer][direction]``, new arrays of the layers' precision. Layers without biases
        get zeros.

    Raises
    ------
    TypeError
        If one is another layer, or if they are not all of one kind.
    ValueError
        If there is no layer, one is not built yet or computes something else than our cell does
        (another activation, ``reset_after=False``, ``go_backwards=True``, a ``merge_mode`` other
        than ``"concat"``), the layers differ in their directions or numbers of units, or they are
        neither float32 nor float64.

    Examples
    --------
    >>> import keras
    >>> layer = keras.layers.Bidirectional(keras.layers.GRU(4))
    >>> layer.build((None, None, 3))
    >>> cell, params = from_keras(layer)
    >>> cell, len(params[0]), params[0][1].W_x.shape, params[0][1].W_x.dtype
    ('gru', 2, (3, 12), dtype('float32'))
    """
    layers = list(layers) if isinstance(layers, list | tuple) else [layers]
    if not layers:
        raise ValueError("got a list without a layer; expected at least one")
    pairs = [_directions(layer, f"layer {number}") for number, layer in enumerate(layers)]
    rows = [row for pair in pairs for row, _ in pair]
    for row in rows:
        if row != rows[0]:
            raise TypeError(f"got {rows[0].layer} and {row.layer}; expected layers of one kind")
    params = tuple(tuple(weights for _, weights in pair) for pair in pairs)
    require_stack(rows[0].cell, params)
    return rows[0].cell, params


def keras_layers(
    cell: str,
    params: Stack,
    return_sequences: bool = True,
    return_state: bool = False,
    dtype: str | None = None,
) -> list[Any]:
    """Build Keras's layers with given weights.

    Parameters
    ----------
    cell : str
        ``"rnn"``, ``"lstm"`` or ``"gru"``.
    params : tuple of tuple of RNNParams, LSTMParams or GRUParams
        ``params[layer][direction]``.
    return_sequences : bool, optional
        Whether the last layer puts out all steps, (N, T, K * H), and not its last output only.
        Those below always do: a recurrent layer reads a sequence.
    return_state : bool, optional
        Whether each layer also returns its final states, (N, H) each, those of the forward
        direction first.
    dtype : str, optional
        ``"float32"`` or ``"float64"``; without it, the precision of the weights.

    Returns
    -------
    list of keras.layers.Layer
        One for each layer, built; Bidirectional where there are two directions.

    Raises
    ------
    TypeError
        As `to_keras`.
    ValueError
        As `to_keras`, and if ``dtype`` is something else.

    Examples
    --------
    >>> from lstm_helpers.nn import init_lstm
    >>> layer, = keras_layers("lstm", ((init_lstm(3, 4, np.random.default_rng(0)),),))
    >>> tuple(layer(np.ones((2, 5, 3))).shape)
    (2, 5, 4)
    """
    import keras

    arrays = to_keras(cell, params)
    sizes = require_stack(cell, params)
    precision = require_precision(dtype, sizes)
    kind = getattr(keras.layers, convention("Keras", cell).layer.rpartition(".")[2])
    layers = []
    inputs = sizes.input_size
    for number, weights in enumerate(arrays, start=1):
        layer = kind(
            sizes.hidden_size,
            return_sequences=return_sequences or number < sizes.num_layers,
            return_state=return_state,
            dtype=precision,
        )
        if sizes.directions == 2:
            layer = keras.layers.Bidirectional(layer, dtype=precision)
        layer.build((None, None, inputs))
        layer.set_weights(weights)
        layers.append(layer)
        inputs = sizes.directions * sizes.hidden_size
    return layers


def _directions(layer: Any, place: str) -> list[tuple[Convention, Any]]:
    """Kind and weights of each direction of a layer, forward first."""
    import keras

    if type(layer) is not keras.layers.Bidirectional:
        return [_read(layer, place, backwards=False)]
    if layer.merge_mode != "concat":
        raise ValueError(
            f"{place} is Bidirectional with merge_mode={layer.merge_mode!r}; expected "
            '"concat", the outputs of both directions side by side'
        )
    return [
        _read(layer.forward_layer, f"{place}, forward", backwards=False),
        _read(layer.backward_layer, f"{place}, backward", backwards=True),
    ]


def _read(layer: Any, place: str, *, backwards: bool) -> tuple[Convention, Any]:
    """Kind and weights of one direction of a layer."""
    import keras

    rows = [row for row in CONVENTIONS if row.library == "Keras"]
    kinds = {getattr(keras.layers, row.layer.rpartition(".")[2]): row for row in rows}
    row = kinds.get(type(layer))
    if row is None:
        names = ", ".join(known.layer for known in rows)
        raise TypeError(
            f"{place} is {type(layer).__name__}; expected one of {names}, or "
            "keras.layers.Bidirectional of one of them: leave other layers out"
        )
    config = layer.get_config()
    for setting, expected in {**_REQUIRED[row.cell], "go_backwards": backwards}.items():
        if config[setting] != expected:
            raise ValueError(
                f"{place} is {row.layer} with {setting}={config[setting]!r}, which is not our "
                f"{row.cell!r}; expected {setting}={expected!r}"
            )
    if not layer.built:
        raise ValueError(
            f"{place}, {layer.name!r}, is not built and has no weights yet; "
            "expected a layer that has seen data: call it once, or build((None, None, D))"
        )
    return row, from_library(_arrays(layer.cell, row, place), row)


def _arrays(cell: Any, row: Convention, place: str) -> list[Array]:
    """One direction's arrays; zeros for a bias that the layer does not have."""
    arrays: list[Array] = []
    for name, letters in row.arrays:
        variable = getattr(cell, name)
        if variable is None:
            columns = np.zeros_like(arrays[0][0])
            arrays.append(columns if len(letters) == 1 else np.stack((columns, columns)))
            continue
        array = np.asarray(variable.numpy())
        if array.dtype.name not in PRECISIONS:
            raise ValueError(
                f"{name} of {place} is {array.dtype.name}; expected float32 or float64: "
                'build the layer with dtype="float32"'
            )
        arrays.append(array)
    return arrays
