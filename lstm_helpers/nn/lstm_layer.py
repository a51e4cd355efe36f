"""The LSTM over whole sequences, at speed. Same numbers as `lstm_helpers.nn.lstm`, other order.

What makes it fast, and nothing else does: the input products of all steps are one matrix product;
time leads inside, so that each step is one contiguous block; the three sigmoids are computed as
tanh, :math:`\\sigma(z) = (1 + \\tanh(z/2))/2`, so that one call serves all four gates; whatever the
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
    """What the backward pass needs: everything with time first.

    Attributes
    ----------
    xs : ndarray (T, N, D)
        Inputs.
    gates : ndarray (T, N, 4H)
        Gates and candidate, after their nonlinearities.
    hs, cs : ndarray (T + 1, N, H)
        Hidden and cell states, the initial ones first.
    tanh_cs : ndarray (T, N, H)
        What the output gates let out.
    real : ndarray (T, N, 1) or None
        1 where a step is real and 0 where it is padding; None if all are real.
    params : LSTMParams
        The weights.
    """

    xs: Array
    gates: Array
    hs: Array
    cs: Array
    tanh_cs: Array
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
    kind = np.result_type(xs, params.W_x)
    half = np.ones(4 * H, dtype=kind)  # sigmoid(z) = (1 + tanh(z / 2)) / 2
    half[: 2 * H] = half[3 * H :] = 0.5
    W_x, W_h, b = params.W_x * half, params.W_h * half, params.b * half
    inputs = np.ascontiguousarray(xs.transpose(1, 0, 2), dtype=kind)  # (T, N, D)
    gates = (inputs.reshape(T * N, D) @ W_x).reshape(T, N, 4 * H)
    gates += b
    hs, cs = np.empty((T + 1, N, H), dtype=kind), np.empty((T + 1, N, H), dtype=kind)
    hs[0], cs[0] = states
    tanh_cs = np.empty((T, N, H), dtype=kind)
    real = None if lengths is None else _real_steps(lengths, T, kind)
    recurrent, inflow = np.empty((N, 4 * H), dtype=kind), np.empty((N, H), dtype=kind)
    for t in range(T):
        z = gates[t]
        np.matmul(hs[t], W_h, out=recurrent)
        z += recurrent
        np.tanh(z, out=z)
        for sigmoids in (z[:, : 2 * H], z[:, 3 * H :]):
            sigmoids += 1.0
            sigmoids *= 0.5
        np.multiply(z[:, :H], z[:, 2 * H : 3 * H], out=inflow)  # i * g
        np.multiply(z[:, H : 2 * H], cs[t], out=cs[t + 1])  # f * c_prev
        cs[t + 1] += inflow
        np.tanh(cs[t + 1], out=tanh_cs[t])
        np.multiply(z[:, 3 * H :], tanh_cs[t], out=hs[t + 1])
        if real is not None:
            _keep_where_padded(cs, t, real[t])
            _keep_where_padded(hs, t, real[t])
    tape = LSTMTape(inputs, gates, hs, cs, tanh_cs, real, params)
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
    xs, gates, hs, cs, tanh_cs, real, params = tape
    T, N, D = xs.shape
    H = hs.shape[2]
    above = np.ascontiguousarray(dhs.transpose(1, 0, 2), dtype=hs.dtype)  # (T, N, H)
    if real is not None:
        above *= real
    per_dc, per_dh, through_h = _local_factors(gates, cs, tanh_cs)
    dzs = np.empty_like(gates)
    dh, dc = (np.array(d, dtype=hs.dtype) for d in dstates)
    W_h_T = np.ascontiguousarray(params.W_h.T, dtype=hs.dtype)
    for t in reversed(range(T)):
        dh_kept, dc_kept = (dh, dc) if real is None else (dh * (1 - real[t]), dc * (1 - real[t]))
        if real is not None:
            dh, dc = dh * real[t], dc * real[t]
        dh = dh + above[t]
        dc = dc + dh * through_h[t]
        dz = dzs[t]
        np.multiply(per_dc[t], dc[:, None], out=dz.reshape(N, 4, H)[:, :3])
        np.multiply(per_dh[t], dh, out=dz[:, 3 * H :])
        dc = dc * gates[t, :, H : 2 * H]
        dh = dz @ W_h_T
        if real is not None:
            dh, dc = dh + dh_kept, dc + dc_kept
    rows = dzs.reshape(T * N, 4 * H)
    dW_x = xs.reshape(T * N, D).T @ rows
    dW_h = hs[:-1].reshape(T * N, H).T @ rows
    dxs = (rows @ params.W_x.T).reshape(T, N, D)
    return dxs.transpose(1, 0, 2), (dh, dc), LSTMParams(dW_x, dW_h, rows.sum(axis=0))


def _local_factors(gates: Array, cs: Array, tanh_cs: Array) -> tuple[Array, Array, Array]:
    """What dc and dh are multiplied by, for all steps at once: it needs no later step."""
    H = cs.shape[2]
    i, f, g, o = (gates[:, :, k * H : (k + 1) * H] for k in range(4))
    per_dc = np.empty((*gates.shape[:2], 3, H), dtype=gates.dtype)  # for z_i, z_f, z_g
    np.multiply(i * (1.0 - i), g, out=per_dc[:, :, 0])
    np.multiply(f * (1.0 - f), cs[:-1], out=per_dc[:, :, 1])
    np.multiply(1.0 - g * g, i, out=per_dc[:, :, 2])
    return per_dc, o * (1.0 - o) * tanh_cs, o * (1.0 - tanh_cs * tanh_cs)


def _real_steps(lengths: npt.NDArray[np.integer], T: int, kind: np.dtype) -> Array:
    """A mask (T, N, 1): 1 where a step is real."""
    lengths = np.asarray(lengths)
    if lengths.min() < 0 or lengths.max() > T:
        raise ValueError(
            f"lengths run from {lengths.min()} to {lengths.max()}; expected 0 to T = {T}"
        )
    return (np.arange(T)[:, None] < lengths).astype(kind)[:, :, None]


def _keep_where_padded(states: Array, t: int, real: Array) -> None:
    """Undo step t for the sequences that have ended."""
    np.copyto(states[t + 1], states[t], where=real == 0)
