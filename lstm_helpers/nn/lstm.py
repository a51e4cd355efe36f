"""The LSTM cell, one step forward and backward: the formulas, letter by letter as in lesson 04.

Shapes: ``x (N, D)``; ``h, c (N, H)``; ``W_x (D, 4H)``, ``W_h (H, 4H)``, ``b (4H,)`` with the four
gates always stacked in the order i, f, g, o (input, forget, candidate, output). ``c`` is the cell
state, ``h`` the hidden state; ``dv`` means dL/dv and has the shape of ``v``.

Nothing here is fast: whole sequences at speed are in `lstm_helpers.nn.lstm_layer`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from lstm_helpers.nn.functions import Array, sigmoid, sigmoid_derivative, tanh_derivative


class LSTMParams(NamedTuple):
    """Weights of one LSTM layer; the gates stacked i, f, g, o.

    Attributes
    ----------
    W_x : ndarray (D, 4H)
        From the input.
    W_h : ndarray (H, 4H)
        From the hidden state.
    b : ndarray (4H,)
        Bias.
    """

    W_x: Array
    W_h: Array
    b: Array


class LSTMCache(NamedTuple):
    """What one step backward needs of the step forward.

    Attributes
    ----------
    x : ndarray (N, D)
        Input.
    h_prev, c_prev : ndarray (N, H)
        States before the step.
    i, f, g, o : ndarray (N, H)
        Input gate, forget gate, candidate, output gate.
    c : ndarray (N, H)
        Cell state after the step.
    W_x, W_h : ndarray (D, 4H), (H, 4H)
        Weights.
    """

    x: Array
    h_prev: Array
    c_prev: Array
    i: Array
    f: Array
    g: Array
    o: Array
    c: Array
    W_x: Array
    W_h: Array


def init_lstm(
    input_size: int, hidden_size: int, rng: np.random.Generator, forget_bias: float = 0.0
) -> LSTMParams:
    """Draw the weights of an LSTM layer.

    Parameters
    ----------
    input_size, hidden_size : int
        D and H, at least 1.
    rng : numpy.random.Generator
        Source of the random numbers.
    forget_bias : float, optional
        Added to the bias of the forget gate, so that a fresh cell keeps more of its state.

    Returns
    -------
    LSTMParams
        Uniform in ±1/√H, as in ``torch.nn.LSTM``; float64.

    Raises
    ------
    ValueError
        If a size is below 1.

    Examples
    --------
    >>> init_lstm(2, 3, np.random.default_rng(0)).W_h.shape
    (3, 12)
    """
    if input_size < 1 or hidden_size < 1:
        raise ValueError(
            f"got input_size={input_size}, hidden_size={hidden_size}; expected both to be at "
            "least 1"
        )
    bound = 1.0 / np.sqrt(hidden_size)
    W_x = rng.uniform(-bound, bound, (input_size, 4 * hidden_size))
    W_h = rng.uniform(-bound, bound, (hidden_size, 4 * hidden_size))
    b = rng.uniform(-bound, bound, 4 * hidden_size)
    b[hidden_size : 2 * hidden_size] += forget_bias
    return LSTMParams(W_x, W_h, b)


def lstm_gates(
    x: Array, h_prev: Array, W_x: Array, W_h: Array, b: Array
) -> tuple[Array, Array, Array, Array]:
    r"""The three gates and the candidate of one step.

    Parameters
    ----------
    x : ndarray (N, D)
        Input of this step.
    h_prev : ndarray (N, H)
        Hidden state of the step before.
    W_x : ndarray (D, 4H)
        Weights of the input.
    W_h : ndarray (H, 4H)
        Weights of the hidden state.
    b : ndarray (4H,)
        Bias.

    Returns
    -------
    i : ndarray (N, H)
        Input gate, in (0, 1).
    f : ndarray (N, H)
        Forget gate, in (0, 1).
    g : ndarray (N, H)
        Candidate, in (-1, 1).
    o : ndarray (N, H)
        Output gate, in (0, 1).

    Notes
    -----
    .. math:: z = x W_x + h_{t-1} W_h + b, \quad
              i, f, o = \sigma(z_i, z_f, z_o), \quad g = \tanh(z_g)

    Examples
    --------
    >>> zero = np.zeros((1, 1))
    >>> [float(v[0, 0]) for v in lstm_gates(zero, zero, np.ones((1, 4)), np.ones((1, 4)),
    ...                                     np.zeros(4))]
    [0.5, 0.5, 0.0, 0.5]
    """
    z = x @ W_x + h_prev @ W_h + b  # (N, 4H)
    z_i, z_f, z_g, z_o = np.split(z, 4, axis=1)
    return sigmoid(z_i), sigmoid(z_f), np.tanh(z_g), sigmoid(z_o)


def update_cell(c_prev: Array, i: Array, f: Array, g: Array) -> Array:
    """New cell state: what is kept of the old, plus what is let in.

    Parameters
    ----------
    c_prev, i, f, g : ndarray (N, H)
        Old cell state, input gate, forget gate, candidate.

    Returns
    -------
    ndarray (N, H)
        ``f * c_prev + i * g``.

    Examples
    --------
    >>> float(update_cell(np.array(10.0), np.array(0.5), np.array(0.9), np.array(1.0)))
    9.5
    """
    return f * c_prev + i * g


def lstm_step(
    x: Array, h_prev: Array, c_prev: Array, W_x: Array, W_h: Array, b: Array
) -> tuple[Array, Array]:
    r"""One step of an LSTM.

    Parameters
    ----------
    x : ndarray (N, D)
        Input of this step.
    h_prev, c_prev : ndarray (N, H)
        Hidden state and cell state of the step before.
    W_x : ndarray (D, 4H)
        Weights of the input.
    W_h : ndarray (H, 4H)
        Weights of the hidden state.
    b : ndarray (4H,)
        Bias.

    Returns
    -------
    h : ndarray (N, H)
        New hidden state.
    c : ndarray (N, H)
        New cell state.

    Notes
    -----
    .. math:: c_t = f \odot c_{t-1} + i \odot g, \quad h_t = o \odot \tanh(c_t)

    References
    ----------
    .. [1] S. Hochreiter, J. Schmidhuber, "Long short-term memory", Neural Computation 9 (1997),
       1735-1780.
    .. [2] F. A. Gers, J. Schmidhuber, F. Cummins, "Learning to forget: continual prediction with
       LSTM", Neural Computation 12 (2000), 2451-2471. (The forget gate.)

    Examples
    --------
    >>> zero = np.zeros((1, 1))
    >>> h, c = lstm_step(zero, zero, np.ones((1, 1)), np.ones((1, 4)), np.ones((1, 4)),
    ...                  np.zeros(4))
    >>> round(float(h[0, 0]), 4), float(c[0, 0])
    (0.2311, 0.5)
    """
    i, f, g, o = lstm_gates(x, h_prev, W_x, W_h, b)
    c = update_cell(c_prev, i, f, g)
    return o * np.tanh(c), c


def lstm_step_cached(
    x: Array, h_prev: Array, c_prev: Array, W_x: Array, W_h: Array, b: Array
) -> tuple[Array, LSTMCache]:
    """One step of an LSTM that keeps what its backward pass needs.

    Parameters
    ----------
    x : ndarray (N, D)
        Input of this step.
    h_prev, c_prev : ndarray (N, H)
        Hidden state and cell state of the step before.
    W_x : ndarray (D, 4H)
        Weights of the input.
    W_h : ndarray (H, 4H)
        Weights of the hidden state.
    b : ndarray (4H,)
        Bias.

    Returns
    -------
    h : ndarray (N, H)
        New hidden state.
    cache : LSTMCache
        For `lstm_step_backward`; its ``c`` is the new cell state.

    Examples
    --------
    >>> zero = np.zeros((1, 1))
    >>> h, cache = lstm_step_cached(zero, zero, np.ones((1, 1)), np.ones((1, 4)),
    ...                             np.ones((1, 4)), np.zeros(4))
    >>> float(cache.f[0, 0])
    0.5
    """
    i, f, g, o = lstm_gates(x, h_prev, W_x, W_h, b)
    c = update_cell(c_prev, i, f, g)
    return o * np.tanh(c), LSTMCache(x, h_prev, c_prev, i, f, g, o, c, W_x, W_h)


def lstm_step_backward(
    dh: Array, dc: Array, cache: LSTMCache | tuple[Array, ...]
) -> tuple[Array, Array, Array, Array, Array, Array]:
    r"""Gradients of one step of an LSTM.

    Parameters
    ----------
    dh : ndarray (N, H)
        The gradient dL/dh: everything that reaches this hidden state.
    dc : ndarray (N, H)
        The gradient that reaches the cell state from later steps, without the part through h.
    cache : LSTMCache
        From `lstm_step_cached`, or a tuple with the same ten arrays.

    Returns
    -------
    dx : ndarray (N, D)
        Gradient of the input.
    dh_prev : ndarray (N, H)
        Gradient of the old hidden state.
    dc_prev : ndarray (N, H)
        Gradient of the old cell state.
    dW_x : ndarray (D, 4H)
        Gradient of the input weights.
    dW_h : ndarray (H, 4H)
        Gradient of the recurrent weights.
    db : ndarray (4H,)
        Gradient of the bias.

    Notes
    -----
    .. math::
       do &= dh \odot \tanh(c) \\
       dc &\leftarrow dc + dh \odot o \odot (1 - \tanh^2 c) \\
       di &= dc \odot g, \quad df = dc \odot c_{t-1}, \quad dg = dc \odot i, \quad
       dc_{t-1} = dc \odot f

    Each gate's gradient passes its own nonlinearity to give dz; from there as in any affine map.

    Examples
    --------
    >>> one = np.ones((1, 1))
    >>> h, cache = lstm_step_cached(one, one, one, np.zeros((1, 4)), np.zeros((1, 4)),
    ...                             np.zeros(4))
    >>> round(float(lstm_step_backward(one, 0 * one, cache)[2][0, 0]), 4)  # o (1 - tanh² c) f
    0.1966
    """
    x, h_prev, c_prev, i, f, g, o, c, W_x, W_h = cache
    tanh_c = np.tanh(c)
    do = dh * tanh_c
    dc = dc + dh * o * tanh_derivative(tanh_c)
    di, df, dg = dc * g, dc * c_prev, dc * i
    dz = np.concatenate(
        [
            di * sigmoid_derivative(i),
            df * sigmoid_derivative(f),
            dg * tanh_derivative(g),
            do * sigmoid_derivative(o),
        ],
        axis=1,
    )  # (N, 4H)
    return dz @ W_x.T, dz @ W_h.T, dc * f, x.T @ dz, h_prev.T @ dz, dz.sum(axis=0)


def lstm_forward(
    xs: Array, h0: Array, c0: Array, W_x: Array, W_h: Array, b: Array
) -> tuple[Array, Array]:
    """Run an LSTM over a whole sequence, step by step.

    Parameters
    ----------
    xs : ndarray (N, T, D)
        Inputs.
    h0, c0 : ndarray (N, H)
        Hidden and cell state before the first step.
    W_x : ndarray (D, 4H)
        Weights of the input.
    W_h : ndarray (H, 4H)
        Weights of the hidden state.
    b : ndarray (4H,)
        Bias.

    Returns
    -------
    hs : ndarray (N, T, H)
        The hidden state after every step.
    c_last : ndarray (N, H)
        The cell state after the last step.

    Examples
    --------
    >>> hs, c = lstm_forward(np.zeros((2, 3, 1)), np.zeros((2, 4)), np.zeros((2, 4)),
    ...                      np.ones((1, 16)), np.ones((4, 16)), np.zeros(16))
    >>> hs.shape, c.shape
    ((2, 3, 4), (2, 4))
    """
    h, c = h0, c0
    hs = np.empty((*xs.shape[:2], h0.shape[1]), dtype=np.result_type(xs, W_x))
    for t in range(xs.shape[1]):
        h, c = lstm_step(xs[:, t], h, c, W_x, W_h, b)
        hs[:, t] = h
    return hs, c


def lstm_backward(
    dhs: Array, dc_last: Array, caches: Sequence[LSTMCache | tuple[Array, ...]]
) -> tuple[Array, Array, Array, Array, Array, Array]:
    """Backpropagate through a whole sequence of an LSTM, step by step.

    Parameters
    ----------
    dhs : ndarray (N, T, H)
        The loss gradient that reaches each hidden state from above (not from later steps).
    dc_last : ndarray (N, H)
        The loss gradient that reaches the last cell state.
    caches : sequence of LSTMCache
        One for each step, in time order; tuples with the same ten arrays will do.

    Returns
    -------
    dxs : ndarray (N, T, D)
        Gradient of the inputs.
    dh0, dc0 : ndarray (N, H)
        Gradients of the initial states.
    dW_x : ndarray (D, 4H)
        Gradient of the input weights, summed over batch and time.
    dW_h : ndarray (H, 4H)
        Gradient of the recurrent weights, summed over batch and time.
    db : ndarray (4H,)
        Gradient of the bias, summed over batch and time.

    Raises
    ------
    ValueError
        If there is not one cache for each step.

    Examples
    --------
    >>> one = np.ones((1, 1))
    >>> h, cache = lstm_step_cached(one, one, one, np.zeros((1, 4)), np.zeros((1, 4)),
    ...                             np.zeros(4))
    >>> [d.shape for d in lstm_backward(np.ones((1, 1, 1)), one, [cache])]
    [(1, 1, 1), (1, 1), (1, 1), (1, 4), (1, 4), (4,)]
    """
    T = dhs.shape[1]
    if len(caches) != T:
        raise ValueError(f"got {len(caches)} caches for {T} steps; expected one for each step")
    first = LSTMCache(*caches[0])
    dxs = np.empty((len(first.x), T, first.x.shape[1]), dtype=first.x.dtype)
    dW_x, dW_h = np.zeros_like(first.W_x), np.zeros_like(first.W_h)
    db = np.zeros(first.W_x.shape[1], dtype=first.W_x.dtype)
    dh, dc = np.zeros_like(dc_last), dc_last
    for t in reversed(range(T)):
        dxs[:, t], dh, dc, dW_x_t, dW_h_t, db_t = lstm_step_backward(dhs[:, t] + dh, dc, caches[t])
        dW_x, dW_h, db = dW_x + dW_x_t, dW_h + dW_h_t, db + db_t
    return dxs, dh, dc, dW_x, dW_h, db
