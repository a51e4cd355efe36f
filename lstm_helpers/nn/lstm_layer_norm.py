"""The layer-normalised LSTM, one step forward and backward.

Shapes: ``x (N, D)``; ``h, c (N, H)``; ``W_x (D, 4H)``, ``W_h (H, 4H)``, ``b (4H,)`` with the gates
stacked i, f, g, o; each normalised vector has a gain and a shift of its own length. ``dv`` means
dL/dv and has the shape of ``v``.

The norm itself is in `lstm_helpers.nn.normalisation`, whole sequences in
`lstm_helpers.nn.recurrent`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lstm_helpers.nn.functions import Array, sigmoid, sigmoid_derivative, tanh_derivative
from lstm_helpers.nn.lstm import init_lstm, update_cell
from lstm_helpers.nn.normalisation import layer_norm, layer_norm_backward


class LayerNormParams(NamedTuple):
    """Weights of one layer-normalised LSTM layer; the gates stacked i, f, g, o.

    Attributes
    ----------
    W_x : ndarray (D, 4H)
        From the input.
    W_h : ndarray (H, 4H)
        From the hidden state.
    b : ndarray (4H,)
        Bias.
    gain_x, shift_x : ndarray (4H,)
        Of the normalised ``x @ W_x``.
    gain_h, shift_h : ndarray (4H,)
        Of the normalised ``h @ W_h``.
    gain_c, shift_c : ndarray (H,)
        Of the normalised cell state, on its way to h.
    """

    W_x: Array
    W_h: Array
    b: Array
    gain_x: Array
    shift_x: Array
    gain_h: Array
    shift_h: Array
    gain_c: Array
    shift_c: Array


class LayerNormCache(NamedTuple):
    """What one step backward needs of the step forward.

    Attributes
    ----------
    x : ndarray (N, D)
        Input.
    h_prev, c_prev : ndarray (N, H)
        States before the step.
    a, u : ndarray (N, 4H)
        What was normalised: ``x @ W_x`` and ``h_prev @ W_h``.
    i, f, g, o : ndarray (N, H)
        Input gate, forget gate, candidate, output gate.
    c : ndarray (N, H)
        Cell state after the step.
    tanh_m : ndarray (N, H)
        What the output gate lets out: tanh of the normalised c.
    params : LayerNormParams
        Weights.
    """

    x: Array
    h_prev: Array
    c_prev: Array
    a: Array
    u: Array
    i: Array
    f: Array
    g: Array
    o: Array
    c: Array
    tanh_m: Array
    params: LayerNormParams


def init_layer_norm_lstm(
    input_size: int, hidden_size: int, rng: np.random.Generator
) -> LayerNormParams:
    """Draw the weights of a layer-normalised LSTM layer.

    Parameters
    ----------
    input_size, hidden_size : int
        D and H, at least 1.
    rng : numpy.random.Generator
        Source of the random numbers.

    Returns
    -------
    LayerNormParams
        Matrices and bias uniform in ±1/√H, gains 1, shifts 0; float64.

    Raises
    ------
    ValueError
        If a size is below 1.

    Examples
    --------
    >>> init_layer_norm_lstm(2, 3, np.random.default_rng(0)).gain_c
    array([1., 1., 1.])
    """
    weights = init_lstm(input_size, hidden_size, rng)
    gates, cell = 4 * hidden_size, hidden_size
    gains = [vector for size in (gates, gates, cell) for vector in (np.ones(size), np.zeros(size))]
    return LayerNormParams(*weights, *gains)


def layer_norm_lstm_step(
    x: Array, h_prev: Array, c_prev: Array, params: LayerNormParams
) -> tuple[Array, Array]:
    r"""One step of a layer-normalised LSTM.

    Parameters
    ----------
    x : ndarray (N, D)
        Input of this step.
    h_prev, c_prev : ndarray (N, H)
        Hidden state and cell state of the step before.
    params : LayerNormParams
        The weights.

    Returns
    -------
    h : ndarray (N, H)
        New hidden state.
    c : ndarray (N, H)
        New cell state; it is carried on as it is, and normalised only on its way to h.

    Notes
    -----
    With :math:`\mathrm{LN}` for `layer_norm` with the gain and shift of that place:

    .. math::
       z &= \mathrm{LN}_x(x_t W_x) + \mathrm{LN}_h(h_{t-1} W_h) + b, \quad
       i, f, o = \sigma(z_i, z_f, z_o), \quad g = \tanh(z_g) \\
       c_t &= f \odot c_{t-1} + i \odot g, \quad h_t = o \odot \tanh(\mathrm{LN}_c(c_t))

    As in the paper's supplement [1]_: all four gates are normalised together, as one vector of 4H
    (some libraries take each gate alone), and both shifts stay although b alone could do their
    work. From a zero state :math:`h_0 W_h` is constant, so its norm is the shift, and dh0 comes out
    multiplied by :math:`1/\sqrt{\epsilon} \approx 316`; no weight's gradient does.

    References
    ----------
    .. [1] J. L. Ba, J. R. Kiros, G. E. Hinton, "Layer normalization", 2016, arXiv:1607.06450.

    Examples
    --------
    >>> params = init_layer_norm_lstm(2, 3, np.random.default_rng(0))
    >>> x, h, c = np.random.default_rng(1).normal(size=(3, 1, 3))
    >>> h_a, _ = layer_norm_lstm_step(x[:, :2], h, c, params)
    >>> h_b, _ = layer_norm_lstm_step(1000 * x[:, :2], h, c, params)  # an input's scale is gone
    >>> bool(np.allclose(h_a, h_b, atol=1e-3))
    True
    """
    h, cache = layer_norm_lstm_step_cached(x, h_prev, c_prev, params)
    return h, cache.c


def layer_norm_lstm_step_cached(
    x: Array, h_prev: Array, c_prev: Array, params: LayerNormParams
) -> tuple[Array, LayerNormCache]:
    """One step of a layer-normalised LSTM that keeps what its backward pass needs.

    Parameters
    ----------
    x : ndarray (N, D)
        Input of this step.
    h_prev, c_prev : ndarray (N, H)
        Hidden state and cell state of the step before.
    params : LayerNormParams
        The weights.

    Returns
    -------
    h : ndarray (N, H)
        New hidden state.
    cache : LayerNormCache
        For `layer_norm_lstm_step_backward`; its ``c`` is the new cell state.

    Examples
    --------
    >>> params = init_layer_norm_lstm(2, 3, np.random.default_rng(0))
    >>> h, cache = layer_norm_lstm_step_cached(np.ones((1, 2)), np.zeros((1, 3)), np.zeros((1, 3)),
    ...                                        params)
    >>> bool((h == cache.o * cache.tanh_m).all())
    True
    """
    a, u = x @ params.W_x, h_prev @ params.W_h  # (N, 4H)
    z = (
        layer_norm(a, params.gain_x, params.shift_x)
        + layer_norm(u, params.gain_h, params.shift_h)
        + params.b
    )
    z_i, z_f, z_g, z_o = np.split(z, 4, axis=1)
    i, f, g, o = sigmoid(z_i), sigmoid(z_f), np.tanh(z_g), sigmoid(z_o)
    c = update_cell(c_prev, i, f, g)
    tanh_m = np.tanh(layer_norm(c, params.gain_c, params.shift_c))
    cache = LayerNormCache(x, h_prev, c_prev, a, u, i, f, g, o, c, tanh_m, params)
    return o * tanh_m, cache


def layer_norm_lstm_step_backward(
    dh: Array, dc: Array, cache: LayerNormCache
) -> tuple[Array, Array, Array, LayerNormParams]:
    r"""Gradients of one step of a layer-normalised LSTM.

    Parameters
    ----------
    dh : ndarray (N, H)
        The gradient dL/dh: everything that reaches this hidden state.
    dc : ndarray (N, H)
        The gradient that reaches the cell state from later steps, without the part through h.
    cache : LayerNormCache
        From `layer_norm_lstm_step_cached`.

    Returns
    -------
    dx : ndarray (N, D)
        Gradient of the input.
    dh_prev : ndarray (N, H)
        Gradient of the old hidden state.
    dc_prev : ndarray (N, H)
        Gradient of the old cell state.
    dparams : LayerNormParams
        Gradients of the weights.

    Notes
    -----
    As in the plain LSTM, with `layer_norm_backward` at the three places where a norm stands: c on
    its way to h, and dz on its way to each of the two products.

    Examples
    --------
    >>> params = init_layer_norm_lstm(2, 3, np.random.default_rng(0))
    >>> one = np.ones((1, 3))
    >>> h, cache = layer_norm_lstm_step_cached(np.ones((1, 2)), one, one, params)
    >>> dx, dh_prev, dc_prev, dparams = layer_norm_lstm_step_backward(one, one, cache)
    >>> bool((dparams.b == dparams.shift_x).all())  # they are added at one place
    True
    """
    x, h_prev, c_prev, a, u, i, f, g, o, c, tanh_m, params = cache
    do, dm = dh * tanh_m, dh * o * tanh_derivative(tanh_m)
    dc_through_h, dgain_c, dshift_c = layer_norm_backward(dm, c, params.gain_c)
    dc = dc + dc_through_h
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
    da, dgain_x, dshift_x = layer_norm_backward(dz, a, params.gain_x)
    du, dgain_h, dshift_h = layer_norm_backward(dz, u, params.gain_h)
    dparams = LayerNormParams(
        x.T @ da,
        h_prev.T @ du,
        dz.sum(axis=0),
        dgain_x,
        dshift_x,
        dgain_h,
        dshift_h,
        dgain_c,
        dshift_c,
    )
    return da @ params.W_x.T, du @ params.W_h.T, dc * f, dparams
