"""Layer normalisation, forward and backward.

Shapes: vectors along the last axis, ``(..., H)``; ``gain, shift (H,)``. ``dv`` means dL/dv and has
the shape of ``v``. Nothing here averages over the batch: each vector is normalised by itself, in
training as in use.
"""

from __future__ import annotations

import numpy as np

from lstm_helpers.nn.functions import Array


def layer_norm(z: Array, gain: Array, shift: Array, eps: float = 1e-5) -> Array:
    r"""Bring each vector to mean 0 and variance 1, then scale and shift it.

    Parameters
    ----------
    z : ndarray (..., H)
        The vectors, along the last axis.
    gain, shift : ndarray (H,)
        What the normalised vectors are multiplied by, and what is added.
    eps : float, optional
        Added to the variance, against division by zero.

    Returns
    -------
    ndarray (..., H)
        The normalised vectors.

    Notes
    -----
    .. math:: y = \alpha \odot \frac{z - \mu}{\sqrt{v + \epsilon}} + \beta, \quad
              \mu = \frac1H \sum_k z_k, \quad v = \frac1H \sum_k (z_k - \mu)^2

    References
    ----------
    .. [1] J. L. Ba, J. R. Kiros, G. E. Hinton, "Layer normalization", 2016, arXiv:1607.06450.

    Examples
    --------
    >>> layer_norm(np.array([1.0, 3.0]), np.ones(2), np.zeros(2), eps=0.0)
    array([-1.,  1.])
    """
    return gain * _normalised(z, eps)[0] + shift


def layer_norm_backward(
    dy: Array, z: Array, gain: Array, eps: float = 1e-5
) -> tuple[Array, Array, Array]:
    r"""Gradients of layer normalisation.

    Parameters
    ----------
    dy : ndarray (..., H)
        Gradient of what `layer_norm` returned.
    z : ndarray (..., H)
        What went into it.
    gain : ndarray (H,)
        The gain of the forward pass.
    eps : float, optional
        As in the forward pass.

    Returns
    -------
    dz : ndarray (..., H)
        Gradient of the vectors.
    dgain : ndarray (H,)
        Gradient of the gain, summed over all leading axes.
    dshift : ndarray (H,)
        Gradient of the shift, summed over all leading axes.

    Notes
    -----
    With :math:`\hat z = (z - \mu) / \sqrt{v + \epsilon}` and :math:`d\hat z = dy \odot \alpha`,
    means over the last axis:

    .. math:: dz = \frac{d\hat z - \overline{d\hat z} -
              \hat z \, \overline{d\hat z \odot \hat z}}{\sqrt{v + \epsilon}}

    The two means are what :math:`\mu` and :math:`v` contribute: a change of z that only moves or
    stretches the vector changes nothing.

    Examples
    --------
    >>> dz, dgain, dshift = layer_norm_backward(np.array([0.0, 1.0]), np.array([1.0, 3.0]),
    ...                                         np.ones(2), eps=0.0)
    >>> dz, dgain, dshift  # of two numbers, only the order is left
    (array([0., 0.]), array([0., 1.]), array([0., 1.]))
    """
    normal, deviation = _normalised(z, eps)
    dnormal = dy * gain
    mean = dnormal.mean(axis=-1, keepdims=True)
    along = (dnormal * normal).mean(axis=-1, keepdims=True)
    dz = (dnormal - mean - normal * along) / deviation
    leading = tuple(range(z.ndim - 1))
    return dz, (dy * normal).sum(axis=leading), dy.sum(axis=leading)


def _normalised(z: Array, eps: float) -> tuple[Array, Array]:
    """Mean 0 and variance 1 along the last axis, and what each vector was divided by."""
    centred = z - z.mean(axis=-1, keepdims=True)
    deviation = np.sqrt((centred * centred).mean(axis=-1, keepdims=True) + eps)
    return centred / deviation, deviation
