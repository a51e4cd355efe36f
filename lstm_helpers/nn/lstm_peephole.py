"""The LSTM whose gates also look at the cell state, one step forward and backward.

Shapes: ``x (N, D)``; ``h, c (N, H)``; ``W_x (D, 4H)``, ``W_h (H, 4H)``, ``b (4H,)`` with the gates
stacked i, f, g, o; ``p (3H,)``, the peepholes of i, f and o. A peephole joins a unit's gate to its
own cell only, so it is a vector and not a matrix. ``dv`` means dL/dv and has the shape of ``v``.

Whole sequences are in `lstm_helpers.nn.recurrent`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lstm_helpers.nn.functions import Array, sigmoid, sigmoid_derivative, tanh_derivative
from lstm_helpers.nn.lstm import init_lstm, update_cell


class PeepholeParams(NamedTuple):
    """Weights of one LSTM layer with peepholes; the gates stacked i, f, g, o.

    Attributes
    ----------
    W_x : ndarray (D, 4H)
        From the input.
    W_h : ndarray (H, 4H)
        From the hidden state.
    b : ndarray (4H,)
        Bias.
    p : ndarray (3H,)
        From the cell state to i and f (which see the old one) and to o (which sees the new one).
    """

    W_x: Array
    W_h: Array
    b: Array
    p: Array


class PeepholeCache(NamedTuple):
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
    W_x, W_h, p : ndarray (D, 4H), (H, 4H), (3H,)
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
    p: Array


def init_peephole_lstm(
    input_size: int, hidden_size: int, rng: np.random.Generator
) -> PeepholeParams:
    """Draw the weights of an LSTM layer with peepholes.

    Parameters
    ----------
    input_size, hidden_size : int
        D and H, at least 1.
    rng : numpy.random.Generator
        Source of the random numbers.

    Returns
    -------
    PeepholeParams
        Uniform in ±1/√H; float64.

    Raises
    ------
    ValueError
        If a size is below 1.

    Examples
    --------
    >>> init_peephole_lstm(2, 3, np.random.default_rng(0)).p.shape
    (9,)
    """
    W_x, W_h, b = init_lstm(input_size, hidden_size, rng)
    bound = 1.0 / np.sqrt(hidden_size)
    return PeepholeParams(W_x, W_h, b, rng.uniform(-bound, bound, 3 * hidden_size))


def peephole_lstm_step(
    x: Array, h_prev: Array, c_prev: Array, W_x: Array, W_h: Array, b: Array, p: Array
) -> tuple[Array, Array]:
    r"""One step of an LSTM with peepholes.

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
    p : ndarray (3H,)
        Peepholes of i, f and o.

    Returns
    -------
    h : ndarray (N, H)
        New hidden state.
    c : ndarray (N, H)
        New cell state.

    Notes
    -----
    With :math:`z = x_t W_x + h_{t-1} W_h + b` and :math:`g = \tanh(z_g)`:

    .. math::
       i &= \sigma(z_i + p_i \odot c_{t-1}), \quad f = \sigma(z_f + p_f \odot c_{t-1}) \\
       c_t &= f \odot c_{t-1} + i \odot g \\
       o &= \sigma(z_o + p_o \odot c_t), \quad h_t = o \odot \tanh(c_t)

    The output gate comes last because it sees what the other two have made.

    References
    ----------
    .. [1] F. A. Gers, J. Schmidhuber, "Recurrent nets that time and count", IJCNN 2000.
    .. [2] F. A. Gers, N. N. Schraudolph, J. Schmidhuber, "Learning precise timing with LSTM
       recurrent networks", Journal of Machine Learning Research 3 (2002), 115-143.
    .. [3] K. Greff, R. K. Srivastava, J. Koutník, B. R. Steunebrink, J. Schmidhuber, "LSTM: a
       search space odyssey", IEEE Transactions on Neural Networks and Learning Systems 28
       (2017), 2222-2232, arXiv:1503.04069. (The equations in this form.)

    Examples
    --------
    >>> zero, one = np.zeros((1, 1)), np.ones((1, 1))
    >>> h, c = peephole_lstm_step(zero, zero, one, np.ones((1, 4)), np.ones((1, 4)), np.zeros(4),
    ...                           np.array([0.0, 50.0, -50.0]))
    >>> round(float(c[0, 0]), 6), round(float(h[0, 0]), 6)  # f sees a full cell; so does o
    (1.0, 0.0)
    """
    _, _, _, o, c = _gates(x, h_prev, c_prev, W_x, W_h, b, p)
    return o * np.tanh(c), c


def peephole_lstm_step_cached(
    x: Array, h_prev: Array, c_prev: Array, W_x: Array, W_h: Array, b: Array, p: Array
) -> tuple[Array, PeepholeCache]:
    """One step of an LSTM with peepholes that keeps what its backward pass needs.

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
    p : ndarray (3H,)
        Peepholes of i, f and o.

    Returns
    -------
    h : ndarray (N, H)
        New hidden state.
    cache : PeepholeCache
        For `peephole_lstm_step_backward`; its ``c`` is the new cell state.

    Examples
    --------
    >>> zero, one = np.zeros((1, 1)), np.ones((1, 1))
    >>> h, cache = peephole_lstm_step_cached(zero, zero, one, np.ones((1, 4)), np.ones((1, 4)),
    ...                                      np.zeros(4), np.array([0.0, 50.0, -50.0]))
    >>> round(float(cache.f[0, 0]), 6), round(float(cache.o[0, 0]), 6)
    (1.0, 0.0)
    """
    i, f, g, o, c = _gates(x, h_prev, c_prev, W_x, W_h, b, p)
    return o * np.tanh(c), PeepholeCache(x, h_prev, c_prev, i, f, g, o, c, W_x, W_h, p)


def peephole_lstm_step_backward(
    dh: Array, dc: Array, cache: PeepholeCache
) -> tuple[Array, Array, Array, Array, Array, Array, Array]:
    r"""Gradients of one step of an LSTM with peepholes.

    Parameters
    ----------
    dh : ndarray (N, H)
        The gradient dL/dh: everything that reaches this hidden state.
    dc : ndarray (N, H)
        The gradient that reaches the cell state from later steps, without the part through h.
    cache : PeepholeCache
        From `peephole_lstm_step_cached`.

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
    dp : ndarray (3H,)
        Gradient of the peepholes.

    Notes
    -----
    What differs from the plain LSTM: both cell states are reached through the peepholes as well.

    .. math::
       dc &\leftarrow dc + dh \odot o \odot (1 - \tanh^2 c) + dz_o \odot p_o \\
       dc_{t-1} &= dc \odot f + dz_i \odot p_i + dz_f \odot p_f \\
       dp &= \textstyle\sum_n [dz_i \odot c_{t-1}, \; dz_f \odot c_{t-1}, \; dz_o \odot c_t]

    The papers send no error from the gates back into the cell; here the gradient is whole.

    Examples
    --------
    >>> one, none = np.ones((1, 1)), np.zeros((1, 4))
    >>> h, cache = peephole_lstm_step_cached(one, one, one, none, none, np.zeros(4), np.zeros(3))
    >>> dp = peephole_lstm_step_backward(one, 0 * one, cache)[6]
    >>> dp.round(4)  # g = 0, so i changes nothing
    array([0.    , 0.0983, 0.0578])
    """
    x, h_prev, c_prev, i, f, g, o, c, W_x, W_h, p = cache
    p_i, p_f, p_o = np.split(p, 3)
    tanh_c = np.tanh(c)
    dz_o = dh * tanh_c * sigmoid_derivative(o)
    dc = dc + dh * o * tanh_derivative(tanh_c) + dz_o * p_o
    dz_i = dc * g * sigmoid_derivative(i)
    dz_f = dc * c_prev * sigmoid_derivative(f)
    dz_g = dc * i * tanh_derivative(g)
    dc_prev = dc * f + dz_i * p_i + dz_f * p_f
    dz = np.concatenate([dz_i, dz_f, dz_g, dz_o], axis=1)  # (N, 4H)
    dp = np.concatenate([dz_i * c_prev, dz_f * c_prev, dz_o * c], axis=1).sum(axis=0)
    return dz @ W_x.T, dz @ W_h.T, dc_prev, x.T @ dz, h_prev.T @ dz, dz.sum(axis=0), dp


def _gates(
    x: Array, h_prev: Array, c_prev: Array, W_x: Array, W_h: Array, b: Array, p: Array
) -> tuple[Array, Array, Array, Array, Array]:
    """The gates and the candidate, and the new cell state, which the output gate needs."""
    z_i, z_f, z_g, z_o = np.split(x @ W_x + h_prev @ W_h + b, 4, axis=1)
    p_i, p_f, p_o = np.split(p, 3)
    i, f, g = sigmoid(z_i + p_i * c_prev), sigmoid(z_f + p_f * c_prev), np.tanh(z_g)
    c = update_cell(c_prev, i, f, g)
    return i, f, g, sigmoid(z_o + p_o * c), c
