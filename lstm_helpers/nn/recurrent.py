"""Every kind of cell over whole sequences, behind one interface.

A cell is a step, its step backward and a way to draw weights; one loop over time serves them all.
The LSTM has its own, faster one in `lstm_helpers.nn.lstm_layer`.

Shapes: ``xs (N, T, D)``; states ``(N, H)`` in a tuple, the hidden state first; ``hs (N, T, H)``.
Sequences of different lengths are padded at the end: after its last real step a sequence keeps its
states and puts out zeros. What stands in the padding is never read.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from lstm_helpers.nn.cells import init_rnn, rnn_step, rnn_step_backward
from lstm_helpers.nn.functions import Array
from lstm_helpers.nn.gru import gru_step_backward, gru_step_cached, init_gru
from lstm_helpers.nn.lstm import LSTMParams, init_lstm
from lstm_helpers.nn.lstm_coupled import (
    coupled_lstm_step_backward,
    coupled_lstm_step_cached,
    init_coupled_lstm,
)
from lstm_helpers.nn.lstm_layer import LSTMTape, lstm_layer_backward, lstm_layer_forward
from lstm_helpers.nn.lstm_layer_norm import (
    LayerNormCache,
    LayerNormParams,
    init_layer_norm_lstm,
    layer_norm_lstm_step_backward,
    layer_norm_lstm_step_cached,
)
from lstm_helpers.nn.lstm_peephole import (
    init_peephole_lstm,
    peephole_lstm_step_backward,
    peephole_lstm_step_cached,
)
from lstm_helpers.nn.shapes import (
    LAYOUTS,
    Lengths,
    Params,
    States,
    require_lengths,
    require_params,
    require_sequences,
    require_shape,
    require_states,
)

Step = Callable[..., tuple[Array, Any]]
StepBackward = Callable[..., tuple[Array, ...]]


class Cell(NamedTuple):
    """One kind of recurrent layer.

    Attributes
    ----------
    name : str
        Its key in `CELLS`.
    num_states : int
        How many states it carries: 1 for h, 2 for h and c.
    init : callable
        ``init(input_size, hidden_size, rng)`` draws its weights.
    forward : callable
        ``forward(xs, states, params, lengths=None)`` returns ``hs, states, tape``.
    backward : callable
        ``backward(dhs, dstates, tape)`` returns ``dxs, dstates, dparams``.
    """

    name: str
    num_states: int
    init: Callable[[int, int, np.random.Generator], Params]
    forward: Callable[..., tuple[Array, States, Any]]
    backward: Callable[[Array, States, Any], tuple[Array, States, Params]]


class StepTape(NamedTuple):
    """What the loop over the steps keeps for its way back.

    Attributes
    ----------
    caches : list
        One from each step.
    running : list of ndarray of int
        For each step, the sequences that had not ended.
    shape : tuple of int
        N, T and D.
    params : tuple of ndarray
        The weights.
    kind : numpy.dtype
        Of all results.
    """

    caches: list[Any]
    running: list[Lengths]
    shape: tuple[int, int, int]
    params: Params
    kind: np.dtype[Any]


def _looped(
    name: str,
    num_states: int,
    init: Callable[[int, int, np.random.Generator], Params],
    step: Step,
    step_backward: StepBackward,
) -> Cell:
    """Make a cell of a step: ``step(x, *states, *params)`` returns h and a cache with its c."""

    def forward(
        xs: Array, states: States, params: Params, lengths: Lengths | None = None
    ) -> tuple[Array, States, StepTape]:
        (N, T, D), H, counts = _fitting(CELLS[name], xs, states, params, lengths)
        kind = np.result_type(xs, *params)
        hs = np.zeros((N, T, H), dtype=kind)
        now = [np.array(state, dtype=kind) for state in states]
        caches: list[Any] = []
        running: list[Lengths] = []
        for t in range(T):
            rows = np.flatnonzero(t < counts)
            h, cache = step(xs[rows, t], *(state[rows] for state in now), *params)
            hs[rows, t] = now[0][rows] = h
            if num_states == 2:
                now[1][rows] = cache.c
            caches.append(cache)
            running.append(rows)
        return hs, tuple(now), StepTape(caches, running, (N, T, D), params, kind)

    def backward(dhs: Array, dstates: States, tape: StepTape) -> tuple[Array, States, Params]:
        N, T, D = tape.shape
        _fitting_gradients(CELLS[name], dhs, dstates, N, T, len(tape.params[1]))
        dxs = np.zeros((N, T, D), dtype=tape.kind)
        now = [np.array(dstate, dtype=tape.kind) for dstate in dstates]
        dparams = [np.zeros(weight.shape, dtype=tape.kind) for weight in tape.params]
        for t in reversed(range(T)):
            rows = tape.running[t]
            dh, *dc = (dstate[rows] for dstate in now)
            dx, *gradients = step_backward(dhs[rows, t] + dh, *dc, tape.caches[t])
            dxs[rows, t] = dx
            for dstate, gradient in zip(now, gradients[:num_states], strict=True):
                dstate[rows] = gradient
            for total, gradient in zip(dparams, gradients[num_states:], strict=True):
                total += gradient
        return dxs, tuple(now), LAYOUTS[name].record(*dparams)

    return Cell(name, num_states, init, forward, backward)


def _lstm_forward(
    xs: Array, states: States, params: Params, lengths: Lengths | None = None
) -> tuple[Array, States, LSTMTape]:
    (_, T, _), _, counts = _fitting(CELLS["lstm"], xs, states, params, lengths)
    if lengths is None:
        return lstm_layer_forward(xs, states, LSTMParams(*params))
    real = np.arange(T) < counts[:, None]  # (N, T); nan * 0 is nan, so padding is taken out
    xs = np.where(real[:, :, None], xs, 0)
    return lstm_layer_forward(xs, states, LSTMParams(*params), counts)


def _lstm_backward(dhs: Array, dstates: States, tape: LSTMTape) -> tuple[Array, States, LSTMParams]:
    T, N, _ = tape.xs.shape
    _fitting_gradients(CELLS["lstm"], dhs, dstates, N, T, len(tape.params.W_h))
    if tape.real is not None:
        dhs = np.where(tape.real.transpose(1, 0, 2) > 0, dhs, 0)
    return lstm_layer_backward(dhs, dstates, tape)


def _fitting(
    cell: Cell, xs: Array, states: States, params: Params, lengths: Lengths | None
) -> tuple[tuple[int, int, int], int, Lengths]:
    """Look at everything that goes in; return (N, T, D), H and the lengths."""
    N, T, D = require_sequences(xs)
    H = require_params(cell.name, params, D)
    require_states(states, cell.num_states, (N, H), "(N, H)")
    return (N, T, D), H, require_lengths(lengths, N, T)


def _fitting_gradients(cell: Cell, dhs: Array, dstates: States, N: int, T: int, H: int) -> None:
    require_shape("dhs", dhs, (N, T, H), "(N, T, H)")
    require_states(dstates, cell.num_states, (N, H), "(N, H)", prefix="d")


def _rnn_step(x: Array, h_prev: Array, W_x: Array, W_h: Array, b: Array) -> tuple[Array, Params]:
    h = rnn_step(x, h_prev, W_x, W_h, b)
    return h, (x, h_prev, h, W_x, W_h)


def _rnn_step_backward(dh: Array, cache: Params) -> tuple[Array, ...]:
    return rnn_step_backward(dh, *cache)


def _layer_norm_step(
    x: Array, h_prev: Array, c_prev: Array, *params: Array
) -> tuple[Array, LayerNormCache]:
    return layer_norm_lstm_step_cached(x, h_prev, c_prev, LayerNormParams(*params))


def _layer_norm_step_backward(dh: Array, dc: Array, cache: LayerNormCache) -> tuple[Array, ...]:
    dx, dh_prev, dc_prev, dparams = layer_norm_lstm_step_backward(dh, dc, cache)
    return dx, dh_prev, dc_prev, *dparams


CELLS: dict[str, Cell] = {
    cell.name: cell
    for cell in (
        _looped("rnn", 1, init_rnn, _rnn_step, _rnn_step_backward),
        Cell("lstm", 2, init_lstm, _lstm_forward, _lstm_backward),
        _looped("gru", 1, init_gru, gru_step_cached, gru_step_backward),
        _looped(
            "peephole",
            2,
            init_peephole_lstm,
            peephole_lstm_step_cached,
            peephole_lstm_step_backward,
        ),
        _looped(
            "coupled",
            2,
            init_coupled_lstm,
            coupled_lstm_step_cached,
            coupled_lstm_step_backward,
        ),
        _looped("layer_norm", 2, init_layer_norm_lstm, _layer_norm_step, _layer_norm_step_backward),
    )
}
"""Every kind of cell, by name."""
