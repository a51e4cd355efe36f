"""The LSTM that lets in exactly as much as it forgets, one step forward and backward.

Shapes: ``x (N, D)``; ``h, c (N, H)``; ``W_x (D, 3H)``, ``W_h (H, 3H)``, ``b (3H,)`` with the blocks
stacked f, g, o (forget gate, candidate, output gate). The input gate has no weights: it is 1 - f.
``dv`` means dL/dv and has the shape of ``v``.

Whole sequences are in `lstm_helpers.nn.recurrent`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lstm_helpers.nn.functions import Array, sigmoid, sigmoid_derivative, tanh_derivative
from lstm_helpers.nn.lstm import init_lstm, update_cell


class CoupledParams(NamedTuple):
    """Weights of one LSTM layer with coupled gates; the blocks stacked f, g, o.

    Attributes
    ----------
    W_x : ndarray (D, 3H)
        From the input.
    W_h : ndarray (H, 3H)
        From the hidden state.
    b : ndarray (3H,)
        Bias.
    """

    W_x: Array
    W_h: Array
    b: Array


class CoupledCache(NamedTuple):
    """What one step backward needs of the step forward.

    Attributes
    ----------
    x : ndarray (N, D)
        Input.
    h_prev, c_prev : ndarray (N, H)
        States before the step.
    f, g, o : ndarray (N, H)
        Forget gate, candidate, output gate.
    c : ndarray (N, H)
        Cell state after the step.
    W_x, W_h : ndarray (D, 3H), (H, 3H)
        Weights.
    """

    x: Array
    h_prev: Array
    c_prev: Array
    f: Array
    g: Array
    o: Array
    c: Array
    W_x: Array
    W_h: Array


def init_coupled_lstm(input_size: int, hidden_size: int, rng: np.random.Generator) -> CoupledParams:
    """Draw the weights of an LSTM layer with coupled gates.

    Parameters
    ----------
    input_size, hidden_size : int
        D and H, at least 1.
    rng : numpy.random.Generator
        Source of the random numbers.

    Returns
    -------
    CoupledParams
        Uniform in ±1/√H; float64.

    Raises
    ------
    ValueError
        If a size is below 1.

    Examples
    --------
    >>> init_coupled_lstm(2, 3, np.random.default_rng(0)).W_h.shape
    (3, 9)
    """
    weights = init_lstm(input_size, hidden_size, rng)
    return CoupledParams(*(weight[..., hidden_size:].copy() for weight in weights))  # without i


def coupled_lstm_step(
    x: Array, h_prev: Array, c_prev: Array, W_x: Array, W_h: Array, b: Array
) -> tuple[Array, Array]:
    r"""One step of an LSTM with coupled input and forget gates.

    Parameters
    ----------
    x : ndarray (N, D)
        Input of this step.
    h_prev, c_prev : ndarray (N, H)
        Hidden state and cell state of the step before.
    W_x : ndarray (D, 3H)
        Weights of the input.
    W_h : ndarray (H, 3H)
        Weights of the hidden state.
    b : ndarray (3H,)
        Bias.

    Returns
    -------
    h : ndarray (N, H)
        New hidden state.
    c : ndarray (N, H)
        New cell state: between the old one and the candidate.

    Notes
    -----
    With :math:`z = x_t W_x + h_{t-1} W_h + b`:

    .. math:: f, o = \sigma(z_f, z_o), \quad g = \tanh(z_g), \quad
              c_t = f \odot c_{t-1} + (1 - f) \odot g, \quad h_t = o \odot \tanh(c_t)

    So c stays in [-1, 1] if it starts there. The cell of the study [1]_ has peepholes as well.

    References
    ----------
    .. [1] K. Greff, R. K. Srivastava, J. Koutník, B. R. Steunebrink, J. Schmidhuber, "LSTM: a
       search space odyssey", IEEE Transactions on Neural Networks and Learning Systems 28
       (2017), 2222-2232, arXiv:1503.04069. (There "CIFG".)

    Examples
    --------
    >>> zero, one = np.zeros((1, 1)), np.ones((1, 1))
    >>> h, c = coupled_lstm_step(zero, zero, 3 * one, np.ones((1, 3)), np.ones((1, 3)),
    ...                          np.array([0.0, 50.0, 50.0]))
    >>> float(c[0, 0])  # half of the old 3, half of the candidate 1
    2.0
    """
    f, g, o = _gates(x, h_prev, W_x, W_h, b)
    c = update_cell(c_prev, 1.0 - f, f, g)
    return o * np.tanh(c), c


def coupled_lstm_step_cached(
    x: Array, h_prev: Array, c_prev: Array, W_x: Array, W_h: Array, b: Array
) -> tuple[Array, CoupledCache]:
    """One step of an LSTM with coupled gates that keeps what its backward pass needs.

    Parameters
    ----------
    x : ndarray (N, D)
        Input of this step.
    h_prev, c_prev : ndarray (N, H)
        Hidden state and cell state of the step before.
    W_x : ndarray (D, 3H)
        Weights of the input.
    W_h : ndarray (H, 3H)
        Weights of the hidden state.
    b : ndarray (3H,)
        Bias.

    Returns
    -------
    h : ndarray (N, H)
        New hidden state.
    cache : CoupledCache
        For `coupled_lstm_step_backward`; its ``c`` is the new cell state.

    Examples
    --------
    >>> zero, one = np.zeros((1, 1)), np.ones((1, 1))
    >>> h, cache = coupled_lstm_step_cached(zero, zero, one, np.ones((1, 3)), np.ones((1, 3)),
    ...                                     np.zeros(3))
    >>> float(cache.f[0, 0]), float(cache.c[0, 0])
    (0.5, 0.5)
    """
    f, g, o = _gates(x, h_prev, W_x, W_h, b)
    c = update_cell(c_prev, 1.0 - f, f, g)
    return o * np.tanh(c), CoupledCache(x, h_prev, c_prev, f, g, o, c, W_x, W_h)


def coupled_lstm_step_backward(
    dh: Array, dc: Array, cache: CoupledCache
) -> tuple[Array, Array, Array, Array, Array, Array]:
    r"""Gradients of one step of an LSTM with coupled gates.

    Parameters
    ----------
    dh : ndarray (N, H)
        The gradient dL/dh: everything that reaches this hidden state.
    dc : ndarray (N, H)
        The gradient that reaches the cell state from later steps, without the part through h.
    cache : CoupledCache
        From `coupled_lstm_step_cached`.

    Returns
    -------
    dx : ndarray (N, D)
        Gradient of the input.
    dh_prev : ndarray (N, H)
        Gradient of the old hidden state.
    dc_prev : ndarray (N, H)
        Gradient of the old cell state.
    dW_x : ndarray (D, 3H)
        Gradient of the input weights.
    dW_h : ndarray (H, 3H)
        Gradient of the recurrent weights.
    db : ndarray (3H,)
        Gradient of the bias.

    Notes
    -----
    As in the plain LSTM, but the forget gate now moves the cell state in two ways at once:

    .. math:: df = dc \odot (c_{t-1} - g), \quad dg = dc \odot (1 - f)

    Examples
    --------
    >>> one, none = np.ones((1, 1)), np.zeros((1, 3))
    >>> h, cache = coupled_lstm_step_cached(one, one, one, none, none, np.zeros(3))
    >>> db = coupled_lstm_step_backward(0 * one, one, cache)[5]
    >>> db  # (c_prev - g) f (1 - f), then 1 - f, and o does not touch c
    array([0.25, 0.5 , 0.  ])
    """
    x, h_prev, c_prev, f, g, o, c, W_x, W_h = cache
    tanh_c = np.tanh(c)
    do = dh * tanh_c
    dc = dc + dh * o * tanh_derivative(tanh_c)
    df, dg = dc * (c_prev - g), dc * (1.0 - f)
    dz = np.concatenate(
        [df * sigmoid_derivative(f), dg * tanh_derivative(g), do * sigmoid_derivative(o)], axis=1
    )  # (N, 3H)
    return dz @ W_x.T, dz @ W_h.T, dc * f, x.T @ dz, h_prev.T @ dz, dz.sum(axis=0)


def _gates(x: Array, h_prev: Array, W_x: Array, W_h: Array, b: Array) -> tuple[Array, Array, Array]:
    """Forget gate, candidate and output gate."""
    z_f, z_g, z_o = np.split(x @ W_x + h_prev @ W_h + b, 3, axis=1)
    return sigmoid(z_f), np.tanh(z_g), sigmoid(z_o)
