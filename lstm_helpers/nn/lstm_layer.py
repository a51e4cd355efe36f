"""The LSTM over whole sequences, at speed. Same numbers as `lstm_helpers.nn.lstm`, other order.

What makes it fast, and nothing else does: the input products of all steps are one matrix product,
in which the bias is the weight of an input that is always 1; gates lead inside, then time, so that
each gate of each step is one contiguous block; the three sigmoids are computed as tanh,
:math:`\\sigma(z) = (1 + \\tanh(z/2))/2`, so that one call serves all four gates; whatever the
backward pass needs of the forward pass alone is computed for all steps at once; buffers are reused.

Shapes as in `lstm_helpers.nn.lstm`; float32 stays float32. Sequences of different lengths are
padded at the end: after its last real step a sequence keeps its states and puts out zeros, as
PyTorch's packed sequences do.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lstm_helpers.nn.functions import Array
from lstm_helpers.nn.lstm import LSTMParams

States = tuple[Array, ...]


class LSTMTape(NamedTuple):
    """What the backward pass needs: time before batch.

    Attributes
    ----------
    xs : ndarray (T, N, D + 1)
        Inputs, and behind them the 1 whose weight is the bias.
    gates : ndarray (4, T, N, H)
        Gates and candidate i, f, g, o, after their nonlinearities.
    hs, cs : ndarray (T + 1, N, H)
        Hidden and cell states, the initial ones first.
    real : ndarray (T, N, 1) or None
        1 where a step is real and 0 where it is padding; None if all are real.
    params : LSTMParams
        The weights.
    """

    xs: Array
    gates: Array
    hs: Array
    cs: Array
    real: Array | None
    params: LSTMParams


def lstm_layer_forward(
    xs: Array,
    states: States,
    params: LSTMParams,
    lengths: npt.NDArray[np.integer] | None = None,
) -> tuple[Array, States, LSTMTape]:
    """Run an LSTM layer over a batch of sequences.

    Parameters
    ----------
    xs : ndarray (N, T, D)
        Inputs.
    states : tuple of ndarray (N, H)
        Initial states (h0, c0).
    params : LSTMParams
        The weights.
    lengths : ndarray of int (N,), optional
        Number of real steps of each sequence; without it all T are real.

    Returns
    -------
    hs : ndarray (N, T, H)
        The hidden state after every step; 0 after a sequence's last real one.
    states : tuple of ndarray (N, H)
        States (h, c) after each sequence's last real step.
    tape : LSTMTape
        For `lstm_layer_backward`.

    Examples
    --------
    >>> zero = np.zeros((2, 4))
    >>> weights = LSTMParams(np.ones((1, 16)), np.ones((4, 16)), np.zeros(16))
    >>> hs, (h, c), tape = lstm_layer_forward(np.ones((2, 3, 1)), (zero, zero), weights)
    >>> hs.shape, bool((hs[:, -1] == h).all())
    ((2, 3, 4), True)
    """
    N, T, D = xs.shape
    H = params.W_h.shape[0]
    kind = np.result_type(xs, *params)
    half = np.array([0.5, 0.5, 1.0, 0.5], dtype=kind)[:, None, None]  # for the sigmoids i, f, o
    rest = 1.0 - half
    W_x, W_h = half * _by_gate(np.vstack([params.W_x, params.b])), half * _by_gate(params.W_h)
    inputs = np.ones((T, N, D + 1), dtype=kind)
    inputs[:, :, :D] = xs.transpose(1, 0, 2)
    gates = (inputs.reshape(T * N, D + 1) @ W_x).reshape(4, T, N, H)
    hs, cs = np.empty((T + 1, N, H), dtype=kind), np.empty((T + 1, N, H), dtype=kind)
    hs[0], cs[0] = states
    real = None if lengths is None else _real_steps(lengths, T, kind)
    z, inflow = np.empty((4, N, H), dtype=kind), np.empty((N, H), dtype=kind)
    for t in range(T):
        h, c = hs[t + 1], cs[t + 1]
        np.matmul(hs[t], W_h, out=z)
        z += gates[:, t]  # until now the input products
        np.tanh(z, out=z)
        z *= half
        i, f, g, o = np.add(z, rest, out=gates[:, t])
        np.multiply(i, g, out=inflow)
        np.multiply(f, cs[t], out=c)
        c += inflow
        np.tanh(c, out=h)
        h *= o
        if real is not None:
            _keep_where_padded(c, cs[t], real[t])
            _keep_where_padded(h, hs[t], real[t])
    tape = LSTMTape(inputs, gates, hs, cs, real, params)
    outputs = hs[1:] if real is None else hs[1:] * real
    return np.ascontiguousarray(outputs.transpose(1, 0, 2)), (hs[-1].copy(), cs[-1].copy()), tape


def lstm_layer_backward(
    dhs: Array, dstates: States, tape: LSTMTape
) -> tuple[Array, States, LSTMParams]:
    """Backpropagate through an LSTM layer.

    Parameters
    ----------
    dhs : ndarray (N, T, H)
        The loss gradient that reaches each output from above.
    dstates : tuple of ndarray (N, H)
        The loss gradients that reach the last states (h, c).
    tape : LSTMTape
        From `lstm_layer_forward`.

    Returns
    -------
    dxs : ndarray (N, T, D)
        Gradient of the inputs.
    dstates : tuple of ndarray (N, H)
        Gradients of the initial states (h0, c0).
    dparams : LSTMParams
        Gradients of the weights.

    Examples
    --------
    >>> zero = np.zeros((2, 4))
    >>> weights = LSTMParams(np.ones((1, 16)), np.ones((4, 16)), np.zeros(16))
    >>> hs, _, tape = lstm_layer_forward(np.ones((2, 3, 1)), (zero, zero), weights)
    >>> dxs, (dh0, dc0), dparams = lstm_layer_backward(np.ones_like(hs), (zero, zero), tape)
    >>> dxs.shape, dparams.W_h.shape
    ((2, 3, 1), (4, 16))
    """
    inputs, gates, hs, cs, real, params = tape
    _, T, N, H = gates.shape
    D = inputs.shape[2] - 1
    above = dhs.transpose(1, 0, 2)  # (T, N, H)
    dzs, through_h = _local_factors(gates, cs)  # dzs, once each step has put dc and dh in
    if real is not None:
        dzs *= real
    dh, dc = (np.array(d, dtype=hs.dtype) for d in dstates)
    W_h_T = np.ascontiguousarray(_by_gate(params.W_h).transpose(0, 2, 1), dtype=hs.dtype)
    per_gate = np.empty((4, N, H), dtype=hs.dtype)
    for t in reversed(range(T)):
        if real is not None:
            dh_before, dc_before = dh.copy(), dc.copy()
        dz = dzs[:, t]
        dh += above[t]
        dc += dh * through_h[t]
        dz[:3] *= dc
        dz[3] *= dh
        dc *= gates[1, t]
        np.matmul(dz, W_h_T, out=per_gate)
        per_gate.sum(axis=0, out=dh)
        if real is not None:
            _keep_where_padded(dh, dh_before, real[t])
            _keep_where_padded(dc, dc_before, real[t])
    rows = dzs.reshape(4, T * N, H)
    dW_x = _side_by_side(inputs.reshape(T * N, D + 1).T @ rows)
    dW_h = _side_by_side(hs[:-1].reshape(T * N, H).T @ rows)
    dxs = sum(dz @ W.T for dz, W in zip(rows, _by_gate(params.W_x), strict=True))
    dparams = LSTMParams(dW_x[:-1], dW_h, dW_x[-1])
    return dxs.reshape(T, N, D).transpose(1, 0, 2), (dh, dc), dparams


def _by_gate(W: Array) -> Array:
    """(rows, 4H) to (4, rows, H)."""
    return np.ascontiguousarray(W.reshape(len(W), 4, -1).transpose(1, 0, 2))


def _side_by_side(W: Array) -> Array:
    """(4, rows, H) to (rows, 4H)."""
    return W.transpose(1, 0, 2).reshape(W.shape[1], -1)


def _local_factors(gates: Array, cs: Array) -> tuple[Array, Array]:
    """What dc (for i, f, g) and dh (for o) are multiplied by to give dz, and dh to reach c."""
    i, f, g, o = gates
    tanh_cs = np.tanh(cs[1:])
    factors = np.empty_like(gates)
    np.multiply(i * (1.0 - i), g, out=factors[0])
    np.multiply(f * (1.0 - f), cs[:-1], out=factors[1])
    np.multiply(1.0 - g * g, i, out=factors[2])
    np.multiply(o * (1.0 - o), tanh_cs, out=factors[3])
    return factors, o * (1.0 - tanh_cs * tanh_cs)


def _real_steps(lengths: npt.NDArray[np.integer], T: int, kind: np.dtype) -> Array:
    """A mask (T, N, 1): 1 where a step is real."""
    lengths = np.asarray(lengths)
    if lengths.min() < 0 or lengths.max() > T:
        raise ValueError(
            f"lengths run from {lengths.min()} to {lengths.max()}; expected 0 to T = {T}"
        )
    return (np.arange(T)[:, None] < lengths).astype(kind)[:, :, None]


def _keep_where_padded(new: Array, old: Array, real: Array) -> None:
    """Undo a step for the sequences that have ended."""
    np.copyto(new, old, where=real == 0)
