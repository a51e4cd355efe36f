"""Recurrent layers on top of each other, each in one direction or in both.

Weights are nested ``params[layer][direction]``, direction 0 forward and 1 backward. States are
arrays ``(layers * directions, N, H)`` in PyTorch's order: layer 0 forward, layer 0 backward, layer
1 forward, and so on. A layer above reads the outputs of both directions side by side.

The backward direction reads each sequence from its own last real step to its first, so padding
stays behind the end for it as well.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from lstm_helpers.nn.functions import Array
from lstm_helpers.nn.recurrent import CELLS, Cell
from lstm_helpers.nn.shapes import (
    Lengths,
    Params,
    States,
    require_cell,
    require_lengths,
    require_params,
    require_sequences,
    require_shape,
    require_states,
)

StackParams = tuple[tuple[Params, ...], ...]


class StackTape(NamedTuple):
    """What `stack_backward` needs of `stack_forward`.

    Attributes
    ----------
    cell : str
        Name of the cell.
    tapes : list of list
        The tape of each layer and direction.
    lengths : ndarray of int (N,) or None
        As given.
    shape : tuple of int
        N, T and H.
    """

    cell: str
    tapes: list[list[Any]]
    lengths: Lengths | None
    shape: tuple[int, int, int]


def init_stack(
    cell: str,
    input_size: int,
    hidden_size: int,
    rng: np.random.Generator,
    num_layers: int = 1,
    bidirectional: bool = False,
) -> StackParams:
    """Draw the weights of a stack of recurrent layers.

    Parameters
    ----------
    cell : str
        A key of `CELLS`: rnn, lstm, gru, peephole, coupled or layer_norm.
    input_size, hidden_size : int
        D and H, at least 1.
    rng : numpy.random.Generator
        Source of the random numbers.
    num_layers : int, optional
        Layers, at least 1.
    bidirectional : bool, optional
        Whether each layer reads in both directions.

    Returns
    -------
    tuple of tuple
        The weights, ``params[layer][direction]``.

    Raises
    ------
    ValueError
        If there is no such cell or a size is below 1.

    Examples
    --------
    >>> params = init_stack("gru", 2, 3, np.random.default_rng(0), num_layers=2, bidirectional=True)
    >>> params[0][1].W_x.shape, params[1][0].W_x.shape
    ((2, 9), (6, 9))
    """
    require_cell(cell)
    if num_layers < 1:
        raise ValueError(f"got num_layers={num_layers}; expected at least 1")
    directions = 2 if bidirectional else 1
    sizes = [input_size] + [directions * hidden_size] * (num_layers - 1)
    return tuple(
        tuple(CELLS[cell].init(size, hidden_size, rng) for _ in range(directions)) for size in sizes
    )


def stack_forward(
    cell: str,
    xs: Array,
    params: StackParams,
    states: States | None = None,
    lengths: Lengths | None = None,
) -> tuple[Array, States, StackTape]:
    """Run a stack of recurrent layers over a batch of sequences.

    Parameters
    ----------
    cell : str
        A key of `CELLS`: rnn, lstm, gru, peephole, coupled or layer_norm.
    xs : ndarray (N, T, D)
        Inputs.
    params : tuple of tuple
        The weights, ``params[layer][direction]``, as `init_stack` gives them.
    states : tuple of ndarray (layers * directions, N, H), optional
        Initial states, one array for each state of the cell; zeros without it.
    lengths : ndarray of int (N,), optional
        Number of real steps of each sequence; without it all T are real.

    Returns
    -------
    outputs : ndarray (N, T, directions * H)
        What the last layer puts out, forward beside backward; 0 after a sequence's last real step.
    states : tuple of ndarray (layers * directions, N, H)
        States of each layer and direction after the last step that it read.
    tape : StackTape
        For `stack_backward`.

    Raises
    ------
    TypeError
        If something is not a NumPy array, or lengths are not whole numbers.
    ValueError
        If there is no such cell, or a shape does not fit; the array is named.

    Examples
    --------
    >>> params = init_stack("lstm", 2, 3, np.random.default_rng(0), num_layers=2)
    >>> outputs, (h, c), tape = stack_forward("lstm", np.ones((4, 5, 2)), params)
    >>> outputs.shape, h.shape, bool((outputs[:, -1] == h[1]).all())
    ((4, 5, 3), (2, 4, 3), True)
    """
    N, T, D = require_sequences(xs)
    H = _require_stack(cell, params, D)
    if lengths is not None:
        lengths = require_lengths(lengths, N, T)
    kind, directions = CELLS[cell], len(params[0])
    shape = (len(params) * directions, N, H)
    if states is None:
        states = tuple(np.zeros(shape) for _ in range(kind.num_states))
    require_states(states, kind.num_states, shape, "(layers * directions, N, H)")
    outputs, last, tapes = xs, [], []
    for layer, weights in enumerate(params):
        columns, layer_tapes = [], []
        for direction, one in enumerate(weights):
            start = tuple(state[layer * directions + direction] for state in states)
            read = outputs if direction == 0 else _turned(outputs, lengths)
            hs, end, tape = kind.forward(read, start, one, lengths)
            columns.append(hs if direction == 0 else _turned(hs, lengths))
            last.append(end)
            layer_tapes.append(tape)
        outputs = np.concatenate(columns, axis=2)
        tapes.append(layer_tapes)
    ends = tuple(np.stack(state) for state in zip(*last, strict=True))
    return outputs, ends, StackTape(cell, tapes, lengths, (N, T, H))


def stack_backward(
    doutputs: Array, dstates: States, tape: StackTape
) -> tuple[Array, States, StackParams]:
    """Backpropagate through a stack of recurrent layers.

    Parameters
    ----------
    doutputs : ndarray (N, T, directions * H)
        The loss gradient that reaches each output from above.
    dstates : tuple of ndarray (layers * directions, N, H)
        The loss gradients that reach the last states.
    tape : StackTape
        From `stack_forward`.

    Returns
    -------
    dxs : ndarray (N, T, D)
        Gradient of the inputs.
    dstates : tuple of ndarray (layers * directions, N, H)
        Gradients of the initial states.
    dparams : tuple of tuple
        Gradients of the weights, nested as the weights are.

    Raises
    ------
    TypeError
        If something is not a NumPy array.
    ValueError
        If a shape does not fit; the array is named.

    Examples
    --------
    >>> params = init_stack("gru", 2, 3, np.random.default_rng(0), bidirectional=True)
    >>> outputs, states, tape = stack_forward("gru", np.ones((4, 5, 2)), params)
    >>> dxs, (dh0,), dparams = stack_backward(np.ones_like(outputs), states, tape)
    >>> dxs.shape, dh0.shape, dparams[0][1].W_h.shape
    ((4, 5, 2), (2, 4, 3), (3, 9))
    """
    cell, tapes, lengths, (N, T, H) = tape
    kind: Cell = CELLS[cell]
    layers, directions = len(tapes), len(tapes[0])
    require_shape("doutputs", doutputs, (N, T, directions * H), "(N, T, directions * H)")
    axes = "(layers * directions, N, H)"
    require_states(dstates, kind.num_states, (layers * directions, N, H), axes, prefix="d")
    above = doutputs
    first: list[States] = []
    dparams: list[tuple[Params, ...]] = []
    for layer in reversed(range(layers)):
        results = []
        for direction, one in enumerate(tapes[layer]):
            dhs = above[:, :, direction * H : (direction + 1) * H]
            dlast = tuple(dstate[layer * directions + direction] for dstate in dstates)
            if direction == 1:
                dhs = _turned(dhs, lengths)
            dread, dstart, gradients = kind.backward(dhs, dlast, one)
            results.append(
                (dread if direction == 0 else _turned(dread, lengths), dstart, gradients)
            )
        above = np.sum([dread for dread, _, _ in results], axis=0)
        first[:0] = [dstart for _, dstart, _ in results]
        dparams.insert(0, tuple(gradients for _, _, gradients in results))
    return above, tuple(np.stack(d) for d in zip(*first, strict=True)), tuple(dparams)


def _turned(sequences: Array, lengths: Lengths | None) -> Array:
    """Each sequence's real steps in reverse, its padding in place; twice gives it back."""
    if lengths is None:
        return sequences[:, ::-1]
    steps = np.arange(sequences.shape[1])
    ends = lengths[:, None]  # (N, 1)
    source = np.where(steps < ends, ends - 1 - steps, steps)  # (N, T)
    return np.take_along_axis(sequences, source[:, :, None], axis=1)


def _require_stack(cell: str, params: StackParams, input_size: int) -> int:
    """Look at the nesting and at every array; return H."""
    require_cell(cell)
    nested = isinstance(params, tuple | list) and all(
        isinstance(layer, tuple | list) and all(isinstance(one, tuple | list) for one in layer)
        for layer in params
    )
    if not nested or not params or len(params[0]) not in (1, 2):
        raise ValueError(
            "params are not nested params[layer][direction]; expected for one layer in one "
            "direction ((weights,),), as init_stack gives them"
        )
    directions = len(params[0])
    H = 0
    for layer, weights in enumerate(params):
        if len(weights) != directions:
            raise ValueError(
                f"layer {layer} has {len(weights)} directions and layer 0 has {directions}; "
                "expected the same number, 1 or 2, in every layer"
            )
        for one, word in zip(weights, ("forward", "backward"), strict=False):
            size = input_size if layer == 0 else directions * H
            units = require_params(cell, one, size, f" of layer {layer}, {word}")
            H = H or units
            if units != H:
                raise ValueError(
                    f"layer {layer}, {word}, has {units} units and layer 0, forward, has {H}; "
                    "expected one H for all"
                )
    return H
