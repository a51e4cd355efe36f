"""Measuring gradients: central differences, and how far a gradient reaches back in time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from lstm_helpers.nn.cells import scale_to_spectral_radius
from lstm_helpers.nn.functions import Array, relu, relu_derivative, tanh_derivative

NONLINEARITIES: dict[str, tuple[Callable[[Array], Array], Callable[[Array], Array]]] = {
    "tanh": (np.tanh, tanh_derivative),
    "identity": (lambda z: z, np.ones_like),
    "relu": (relu, relu_derivative),
}
"""For each name, the function, and its derivative as a function of its value."""


def numerical_gradient(f: Callable[[Array], Any], x: Array, eps: float = 1e-5) -> Array:
    r"""Gradient of a scalar function by central differences, entry by entry.

    Parameters
    ----------
    f : callable
        Takes an array like ``x`` and returns a number.
    x : ndarray
        Where; any shape, float64. It is moved entry by entry and put back.
    eps : float, optional
        Step; the error is of order ``eps**2`` from the formula and ``1e-16 / eps`` from rounding.

    Returns
    -------
    ndarray
        The gradient df/dx, of the shape of ``x``.

    Raises
    ------
    TypeError
        If ``x`` is not float64: in float32 rounding swallows the difference.

    Notes
    -----
    .. math:: \frac{\partial f}{\partial x_k} \approx
              \frac{f(x + \epsilon e_k) - f(x - \epsilon e_k)}{2 \epsilon}

    Examples
    --------
    >>> numerical_gradient(lambda v: float((v**2).sum()), np.array([1.0, 2.0])).round(6)
    array([2., 4.])
    """
    if x.dtype != np.float64:
        raise TypeError(
            f"x is of kind {x.dtype}; expected float64, in which central differences are accurate "
            "to about 1e-10: use x.astype(float)"
        )
    gradient = np.empty_like(x)
    for index in np.ndindex(x.shape):
        kept = x[index]
        x[index] = kept + eps
        above = float(f(x))
        x[index] = kept - eps
        below = float(f(x))
        x[index] = kept
        gradient[index] = (above - below) / (2.0 * eps)
    return gradient


def gradient_error(analytic: Array, numeric: Array) -> float:
    r"""Largest difference of two gradients, relative to the largest entry of either.

    Parameters
    ----------
    analytic, numeric : ndarray
        The two gradients, of one shape.

    Returns
    -------
    float
        0 if they agree; about 1e-10 for a right gradient in float64; of order 1 for a wrong one.

    Raises
    ------
    ValueError
        If the shapes differ.

    Notes
    -----
    :math:`\max_k |a_k - n_k| / \max(\max_k |a_k|, \max_k |n_k|)`. Relative to the whole array and
    not to each entry, because an entry near 0 has a relative error that is only rounding.

    Examples
    --------
    >>> round(gradient_error(np.array([1.0, 2.0]), np.array([1.0, 2.1])), 4)
    0.0476
    """
    if analytic.shape != numeric.shape:
        raise ValueError(
            f"the gradients have shapes {analytic.shape} and {numeric.shape}; expected one shape"
        )
    largest = max(np.abs(analytic).max(initial=0.0), np.abs(numeric).max(initial=0.0))
    if largest == 0.0:
        return 0.0
    return float(np.abs(analytic - numeric).max() / largest)


def gradient_norms(dh_last: Array, hs: Array, W_h: Array) -> Array:
    r"""Norm of dL/dh_t at every step of a plain RNN whose loss reads only the last step.

    Parameters
    ----------
    dh_last : ndarray (N, H)
        Loss gradient at the last hidden state.
    hs : ndarray (N, T, H)
        Hidden states of a tanh network.
    W_h : ndarray (H, H)
        Recurrent weights.

    Returns
    -------
    ndarray (T,)
        Frobenius norms over batch and units, in time order; the last one is that of ``dh_last``.

    Notes
    -----
    .. math:: dh_{t-1} = \left(dh_t \odot (1 - h_t^2)\right) W_h^T

    References
    ----------
    .. [1] Y. Bengio, P. Simard, P. Frasconi, "Learning long-term dependencies with gradient
       descent is difficult", IEEE Transactions on Neural Networks 5 (1994), 157-166.

    Examples
    --------
    >>> gradient_norms(np.ones((1, 1)), np.zeros((1, 3, 1)), np.array([[0.5]]))
    array([0.25, 0.5 , 1.  ])
    """
    T = hs.shape[1]
    norms = np.empty(T)
    dh = dh_last
    for t in reversed(range(T)):
        norms[t] = np.linalg.norm(dh)
        dh = (dh * tanh_derivative(hs[:, t])) @ W_h.T
    return norms


def random_gradient_flow(
    radius: float,
    num_steps: int,
    nonlinearity: str,
    rng: np.random.Generator,
    hidden_size: int = 64,
    batch_size: int = 16,
) -> Array:
    """Gradient flow of a random recurrent network that is fed white noise.

    Parameters
    ----------
    radius : float
        Spectral radius of the recurrent matrix, 0 or more.
    num_steps : int
        T, at least 1.
    nonlinearity : {"tanh", "identity", "relu"}
        What is applied at each step.
    rng : numpy.random.Generator
        Draws weights, inputs and the gradient at the last step.
    hidden_size, batch_size : int, optional
        H and N.

    Returns
    -------
    ndarray (T,)
        ‖dL/dh_t‖ relative to the last step's, in time order; the last number is 1. A gradient
        that dies wholly, as with a dead relu, is 0 from there on back.

    Raises
    ------
    ValueError
        If the nonlinearity is unknown or ``num_steps`` is below 1.

    Examples
    --------
    >>> flow = random_gradient_flow(0.5, 20, "tanh", np.random.default_rng(0))
    >>> bool(flow[0] < 1e-4), float(flow[-1])
    (True, 1.0)
    """
    if nonlinearity not in NONLINEARITIES:
        raise ValueError(
            f"got the nonlinearity {nonlinearity!r}; expected one of {', '.join(NONLINEARITIES)}"
        )
    if num_steps < 1:
        raise ValueError(f"got num_steps={num_steps}; expected at least 1")
    apply, slope = NONLINEARITIES[nonlinearity]
    W_h = scale_to_spectral_radius(rng.standard_normal((hidden_size, hidden_size)), radius)
    inputs = 0.1 * rng.standard_normal((num_steps, batch_size, hidden_size))
    h: Array = np.zeros((batch_size, hidden_size))
    slopes = []
    for x in inputs:
        h = apply(x + h @ W_h)
        slopes.append(slope(h))
    dh: Array = rng.standard_normal(h.shape)
    norms: Array = np.empty(num_steps)
    for t in reversed(range(num_steps)):
        norms[t] = np.linalg.norm(dh)
        dh = (dh * slopes[t]) @ W_h.T
    relative: Array = norms / norms[-1]
    return relative
