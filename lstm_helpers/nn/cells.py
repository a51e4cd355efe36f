"""One step of a recurrent cell, forward and backward: the formulas, as they stand in the lessons.

Shapes: ``x (N, D)``, ``h (N, H)``, ``W_x (D, H)``, ``W_h (H, H)``, ``b (H,)``, with batch N,
features D, hidden units H. ``dv`` means dL/dv and has the shape of ``v``. Nothing here loops over
time: that is `lstm_helpers.nn.layers`. Arguments are never changed.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lstm_helpers.nn.functions import Array, tanh_derivative


class RNNParams(NamedTuple):
    """Weights of a plain recurrent layer.

    Attributes
    ----------
    W_x : ndarray (D, H)
        From input to hidden state.
    W_h : ndarray (H, H)
        From hidden state to hidden state.
    b : ndarray (H,)
        Bias.
    """

    W_x: Array
    W_h: Array
    b: Array


def init_rnn(
    input_size: int, hidden_size: int, rng: np.random.Generator, radius: float | None = None
) -> RNNParams:
    """Draw the weights of a plain recurrent layer.

    Parameters
    ----------
    input_size, hidden_size : int
        D and H, at least 1.
    rng : numpy.random.Generator
        Source of the random numbers.
    radius : float, optional
        Spectral radius that ``W_h`` is scaled to. Without it, all weights are uniform in
        ±1/√H, which is what ``torch.nn.RNN`` does.

    Returns
    -------
    RNNParams
        ``W_x (D, H)``, ``W_h (H, H)`` and ``b (H,)``, float64.

    Raises
    ------
    ValueError
        If a size is below 1 or the radius negative.

    Examples
    --------
    >>> init_rnn(2, 3, np.random.default_rng(0)).W_x.shape
    (2, 3)
    """
    if input_size < 1 or hidden_size < 1:
        raise ValueError(
            f"got input_size={input_size}, hidden_size={hidden_size}; expected both to be at "
            "least 1"
        )
    bound = 1.0 / np.sqrt(hidden_size)
    W_x = rng.uniform(-bound, bound, (input_size, hidden_size))
    W_h: Array = rng.uniform(-bound, bound, (hidden_size, hidden_size))
    b = rng.uniform(-bound, bound, hidden_size)
    if radius is not None:
        W_h = scale_to_spectral_radius(W_h, radius)
    return RNNParams(W_x, W_h, b)


def spectral_radius(W: Array) -> float:
    """Largest absolute value of a square matrix's eigenvalues.

    Parameters
    ----------
    W : ndarray (H, H)
        The matrix.

    Returns
    -------
    float
        The spectral radius, 0 or more.

    Raises
    ------
    ValueError
        If ``W`` is not square.

    Examples
    --------
    >>> spectral_radius(np.diag([0.5, -2.0]))
    2.0
    """
    if W.ndim != 2 or W.shape[0] != W.shape[1]:
        raise ValueError(
            f"got a matrix of shape {W.shape}; expected a square one, (H, H): pass the recurrent "
            "matrix W_h"
        )
    return float(np.abs(np.linalg.eigvals(W)).max())


def scale_to_spectral_radius(W: Array, radius: float) -> Array:
    """Multiply a square matrix by a number so that its spectral radius becomes ``radius``.

    Parameters
    ----------
    W : ndarray (H, H)
        The matrix, with at least one eigenvalue that is not 0.
    radius : float
        The spectral radius wanted, 0 or more.

    Returns
    -------
    ndarray (H, H)
        A new matrix.

    Raises
    ------
    ValueError
        If ``W`` is not square, ``radius`` is negative, or all eigenvalues are 0.

    Examples
    --------
    >>> scale_to_spectral_radius(np.diag([1.0, 4.0]), 0.5)
    array([[0.125, 0.   ],
           [0.   , 0.5  ]])
    """
    if radius < 0:
        raise ValueError(f"got a spectral radius of {radius}; expected 0 or more")
    now = spectral_radius(W)
    if now == 0.0:
        raise ValueError(
            "all eigenvalues of the matrix are 0, so no factor gives it another spectral radius; "
            "expected a matrix such as a random one"
        )
    return W * (radius / now)


def rnn_step(x: Array, h_prev: Array, W_x: Array, W_h: Array, b: Array) -> Array:
    r"""One step of a plain recurrent network.

    Parameters
    ----------
    x : ndarray (N, D)
        Input of this step.
    h_prev : ndarray (N, H)
        Hidden state of the step before.
    W_x : ndarray (D, H)
        Weights from input to hidden state.
    W_h : ndarray (H, H)
        Weights from hidden state to hidden state.
    b : ndarray (H,)
        Bias.

    Returns
    -------
    ndarray (N, H)
        The new hidden state h.

    Notes
    -----
    .. math:: h_t = \tanh(x_t W_x + h_{t-1} W_h + b)

    References
    ----------
    .. [1] J. L. Elman, "Finding structure in time", Cognitive Science 14 (1990), 179-211.

    Examples
    --------
    >>> one = np.ones((1, 1))
    >>> float(rnn_step(one, one, one, one, np.array([-2.0]))[0, 0])
    0.0
    """
    return np.tanh(x @ W_x + h_prev @ W_h + b)


def rnn_step_backward(
    dh: Array, x: Array, h_prev: Array, h: Array, W_x: Array, W_h: Array
) -> tuple[Array, Array, Array, Array, Array]:
    r"""Gradients of one step of a plain recurrent network.

    Parameters
    ----------
    dh : ndarray (N, H)
        The gradient dL/dh: everything that reaches this hidden state.
    x : ndarray (N, D)
        Input of the step.
    h_prev : ndarray (N, H)
        Hidden state before the step.
    h : ndarray (N, H)
        Hidden state after the step.
    W_x : ndarray (D, H)
        Weights from input to hidden state.
    W_h : ndarray (H, H)
        Weights from hidden state to hidden state.

    Returns
    -------
    dx : ndarray (N, D)
        Gradient of the input.
    dh_prev : ndarray (N, H)
        Gradient of the hidden state before.
    dW_x : ndarray (D, H)
        Gradient of the input weights.
    dW_h : ndarray (H, H)
        Gradient of the recurrent weights.
    db : ndarray (H,)
        Gradient of the bias.

    Notes
    -----
    With :math:`z = x W_x + h_{t-1} W_h + b` and :math:`dz = dh \odot (1 - h^2)`:

    .. math:: dx = dz W_x^T, \quad dh_{t-1} = dz W_h^T, \quad dW_x = x^T dz, \quad
              dW_h = h_{t-1}^T dz, \quad db = \sum_n dz_n

    Examples
    --------
    >>> one = np.ones((1, 1))
    >>> [float(d.sum()) for d in rnn_step_backward(one, one, 2 * one, 0 * one, 3 * one, 4 * one)]
    [3.0, 4.0, 1.0, 2.0, 1.0]
    """
    dz = dh * tanh_derivative(h)  # (N, H)
    return dz @ W_x.T, dz @ W_h.T, x.T @ dz, h_prev.T @ dz, dz.sum(axis=0)
