"""Nonlinearities, stable for every argument, with their derivatives.

Each derivative is written in terms of the function's *value*, because that is what a forward pass
keeps: ``sigmoid_derivative(s)`` with ``s = sigmoid(z)``, not of ``z``. Any shape goes in, the same
shape comes out.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating[Any]]


def sigmoid(x: npt.ArrayLike) -> Array:
    r"""Logistic function, without overflow for any argument.

    Parameters
    ----------
    x : array_like
        Any shape; integers are turned into float64.

    Returns
    -------
    ndarray
        Values in [0, 1], of the shape of ``x``.

    Notes
    -----
    .. math:: \sigma(x) = \frac{1}{1 + e^{-x}} = \frac{e^{x}}{1 + e^{x}}

    With :math:`e = e^{-|x|}`, which lies in (0, 1], both forms share the denominator
    :math:`1 + e`; the numerator is 1 for :math:`x \ge 0` and :math:`e` below.

    Examples
    --------
    >>> sigmoid(0)
    np.float64(0.5)
    >>> sigmoid([-1000.0, 1000.0])
    array([0., 1.])
    """
    x = _floating(x)
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1.0, small)[()] / (1.0 + small)


def sigmoid_derivative(s: Array) -> Array:
    """Derivative of the logistic function, from its value.

    Parameters
    ----------
    s : ndarray
        ``sigmoid(z)``, any shape.

    Returns
    -------
    ndarray
        ``s * (1 - s)``, of the same shape; at most 1/4.

    Examples
    --------
    >>> float(sigmoid_derivative(np.array(0.5)))
    0.25
    """
    return s * (1.0 - s)


def tanh(x: npt.ArrayLike) -> Array:
    """Hyperbolic tangent.

    Parameters
    ----------
    x : array_like
        Any shape; integers are turned into float64.

    Returns
    -------
    ndarray
        Values in [-1, 1], of the shape of ``x``.

    Examples
    --------
    >>> float(tanh(0))
    0.0
    """
    return np.tanh(_floating(x))


def tanh_derivative(h: Array) -> Array:
    """Derivative of the hyperbolic tangent, from its value.

    Parameters
    ----------
    h : ndarray
        ``tanh(z)``, any shape.

    Returns
    -------
    ndarray
        ``1 - h**2``, of the same shape; at most 1.

    Examples
    --------
    >>> float(tanh_derivative(np.array(0.5)))
    0.75
    """
    return 1.0 - h * h


def relu(x: npt.ArrayLike) -> Array:
    """Positive part.

    Parameters
    ----------
    x : array_like
        Any shape; integers are turned into float64.

    Returns
    -------
    ndarray
        ``max(x, 0)``, of the shape of ``x``.

    Examples
    --------
    >>> relu([-1.0, 2.0])
    array([0., 2.])
    """
    return np.maximum(_floating(x), 0.0)


def relu_derivative(h: Array) -> Array:
    """Derivative of the positive part, from its value.

    Parameters
    ----------
    h : ndarray
        ``relu(z)``, any shape.

    Returns
    -------
    ndarray
        1 where ``h`` is positive, else 0.

    Examples
    --------
    >>> relu_derivative(np.array([0.0, 2.0]))
    array([0., 1.])
    """
    return (h > 0).astype(h.dtype)


def _floating(x: npt.ArrayLike) -> Array:
    array = np.asarray(x)
    if array.dtype.kind == "f":
        return array
    if array.dtype.kind in "iub":
        return array.astype(np.float64)
    raise TypeError(
        f"got values of kind {array.dtype}; expected real numbers: turn them into float64 first"
    )
