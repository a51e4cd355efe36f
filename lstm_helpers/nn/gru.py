"""The gated recurrent unit, one step forward and backward, exactly as ``torch.nn.GRU`` defines it.

Shapes: ``x (N, D)``; ``h (N, H)``; ``W_x (D, 3H)``, ``W_h (H, 3H)``, ``b_x, b_h (3H,)`` with the
blocks stacked r, z, n (reset gate, update gate, candidate), which is PyTorch's order. ``dv`` means
dL/dv and has the shape of ``v``. Two biases, because the reset gate multiplies the second of them.

Whole sequences are in `lstm_helpers.nn.recurrent`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lstm_helpers.nn.functions import Array, sigmoid, sigmoid_derivative, tanh_derivative


class GRUParams(NamedTuple):
    """Weights of one GRU layer; the blocks stacked r, z, n.

    Attributes
    ----------
    W_x : ndarray (D, 3H)
        From the input.
    W_h : ndarray (H, 3H)
        From the hidden state.
    b_x : ndarray (3H,)
        Bias beside the input.
    b_h : ndarray (3H,)
        Bias beside the hidden state; its last block stands under the reset gate.
    """

    W_x: Array
    W_h: Array
    b_x: Array
    b_h: Array


class GRUCache(NamedTuple):
    """What one step backward needs of the step forward.

    Attributes
    ----------
    x : ndarray (N, D)
        Input.
    h_prev : ndarray (N, H)
        Hidden state before the step.
    r, z, n : ndarray (N, H)
        Reset gate, update gate, candidate.
    recall : ndarray (N, H)
        What the reset gate multiplies: ``h_prev @ W_hn + b_hn``.
    W_x, W_h : ndarray (D, 3H), (H, 3H)
        Weights.
    """

    x: Array
    h_prev: Array
    r: Array
    z: Array
    n: Array
    recall: Array
    W_x: Array
    W_h: Array


def init_gru(input_size: int, hidden_size: int, rng: np.random.Generator) -> GRUParams:
    """Draw the weights of a GRU layer.

    Parameters
    ----------
    input_size, hidden_size : int
        D and H, at least 1.
    rng : numpy.random.Generator
        Source of the random numbers.

    Returns
    -------
    GRUParams
        Uniform in ±1/√H, as in ``torch.nn.GRU``; float64.

    Raises
    ------
    ValueError
        If a size is below 1.

    Examples
    --------
    >>> init_gru(2, 3, np.random.default_rng(0)).W_h.shape
    (3, 9)
    """
    if input_size < 1 or hidden_size < 1:
        raise ValueError(
            f"got input_size={input_size}, hidden_size={hidden_size}; expected both to be at "
            "least 1"
        )
    bound = 1.0 / np.sqrt(hidden_size)
    W_x = rng.uniform(-bound, bound, (input_size, 3 * hidden_size))
    W_h = rng.uniform(-bound, bound, (hidden_size, 3 * hidden_size))
    b_x = rng.uniform(-bound, bound, 3 * hidden_size)
    b_h = rng.uniform(-bound, bound, 3 * hidden_size)
    return GRUParams(W_x, W_h, b_x, b_h)


def gru_step(x: Array, h_prev: Array, W_x: Array, W_h: Array, b_x: Array, b_h: Array) -> Array:
    r"""One step of a GRU.

    Parameters
    ----------
    x : ndarray (N, D)
        Input of this step.
    h_prev : ndarray (N, H)
        Hidden state of the step before.
    W_x : ndarray (D, 3H)
        Weights of the input.
    W_h : ndarray (H, 3H)
        Weights of the hidden state.
    b_x, b_h : ndarray (3H,)
        Biases beside the input and beside the hidden state.

    Returns
    -------
    ndarray (N, H)
        The new hidden state h.

    Notes
    -----
    .. math::
       r, z &= \sigma(x_t W_{x,rz} + b_{x,rz} + h_{t-1} W_{h,rz} + b_{h,rz}) \\
       n &= \tanh(x_t W_{xn} + b_{xn} + r \odot (h_{t-1} W_{hn} + b_{hn})) \\
       h_t &= (1 - z) \odot n + z \odot h_{t-1}

    The paper [1]_ writes :math:`(r \odot h_{t-1}) W_{hn}` in the candidate: there the reset gate
    acts before the matrix. PyTorch lets it act after the matrix and the bias, as the paper's first
    preprint did, so that one product serves all three blocks (Keras: ``reset_after=True``, its
    default). Weights trained for one form do not fit the other.

    References
    ----------
    .. [1] K. Cho, B. van Merriënboer, C. Gulcehre, D. Bahdanau, F. Bougares, H. Schwenk, Y. Bengio,
       "Learning phrase representations using RNN encoder-decoder for statistical machine
       translation", EMNLP 2014, arXiv:1406.1078.

    Examples
    --------
    >>> zero = np.zeros((1, 1))
    >>> h = gru_step(zero, np.ones((1, 1)), np.ones((1, 3)), np.zeros((1, 3)), np.zeros(3),
    ...              np.zeros(3))
    >>> float(h[0, 0])  # z = 0.5 keeps half, the candidate is 0
    0.5
    """
    _, z, n, _ = _gates(x, h_prev, W_x, W_h, b_x, b_h)
    return (1.0 - z) * n + z * h_prev


def gru_step_cached(
    x: Array, h_prev: Array, W_x: Array, W_h: Array, b_x: Array, b_h: Array
) -> tuple[Array, GRUCache]:
    """One step of a GRU that keeps what its backward pass needs.

    Parameters
    ----------
    x : ndarray (N, D)
        Input of this step.
    h_prev : ndarray (N, H)
        Hidden state of the step before.
    W_x : ndarray (D, 3H)
        Weights of the input.
    W_h : ndarray (H, 3H)
        Weights of the hidden state.
    b_x, b_h : ndarray (3H,)
        Biases beside the input and beside the hidden state.

    Returns
    -------
    h : ndarray (N, H)
        New hidden state.
    cache : GRUCache
        For `gru_step_backward`.

    Examples
    --------
    >>> zero = np.zeros((1, 1))
    >>> h, cache = gru_step_cached(zero, zero, np.ones((1, 3)), np.ones((1, 3)), np.zeros(3),
    ...                            np.zeros(3))
    >>> float(cache.z[0, 0])
    0.5
    """
    r, z, n, recall = _gates(x, h_prev, W_x, W_h, b_x, b_h)
    return (1.0 - z) * n + z * h_prev, GRUCache(x, h_prev, r, z, n, recall, W_x, W_h)


def gru_step_backward(
    dh: Array, cache: GRUCache
) -> tuple[Array, Array, Array, Array, Array, Array]:
    r"""Gradients of one step of a GRU.

    Parameters
    ----------
    dh : ndarray (N, H)
        The gradient dL/dh: everything that reaches this hidden state.
    cache : GRUCache
        From `gru_step_cached`.

    Returns
    -------
    dx : ndarray (N, D)
        Gradient of the input.
    dh_prev : ndarray (N, H)
        Gradient of the old hidden state.
    dW_x : ndarray (D, 3H)
        Gradient of the input weights.
    dW_h : ndarray (H, 3H)
        Gradient of the recurrent weights.
    db_x, db_h : ndarray (3H,)
        Gradients of the biases.

    Notes
    -----
    With :math:`a = x W_x + b_x` and :math:`u = h_{t-1} W_h + b_h`, so that
    :math:`n = \tanh(a_n + r \odot u_n)`:

    .. math::
       dz &= dh \odot (h_{t-1} - n), \quad da_n = dh \odot (1 - z) \odot (1 - n^2), \quad
       dr = da_n \odot u_n \\
       da &= [dr \odot r (1 - r), \; dz \odot z (1 - z), \; da_n], \quad
       du = [da_r, \; da_z, \; da_n \odot r] \\
       dh_{t-1} &= dh \odot z + du \, W_h^T

    Examples
    --------
    >>> one = np.ones((1, 1))
    >>> h, cache = gru_step_cached(one, one, np.zeros((1, 3)), np.zeros((1, 3)), np.zeros(3),
    ...                            np.zeros(3))
    >>> float(gru_step_backward(one, cache)[1][0, 0])  # only the way through z = 0.5 is open
    0.5
    """
    x, h_prev, r, z, n, recall, W_x, W_h = cache
    da_n = dh * (1.0 - z) * tanh_derivative(n)
    da_r = da_n * recall * sigmoid_derivative(r)
    da_z = dh * (h_prev - n) * sigmoid_derivative(z)
    da = np.concatenate([da_r, da_z, da_n], axis=1)  # (N, 3H): beside the input
    du = np.concatenate([da_r, da_z, da_n * r], axis=1)  # (N, 3H): beside the hidden state
    dh_prev = dh * z + du @ W_h.T
    return da @ W_x.T, dh_prev, x.T @ da, h_prev.T @ du, da.sum(axis=0), du.sum(axis=0)


def _gates(
    x: Array, h_prev: Array, W_x: Array, W_h: Array, b_x: Array, b_h: Array
) -> tuple[Array, Array, Array, Array]:
    """Both gates, the candidate, and what the reset gate multiplies."""
    a_r, a_z, a_n = np.split(x @ W_x + b_x, 3, axis=1)
    u_r, u_z, u_n = np.split(h_prev @ W_h + b_h, 3, axis=1)
    r, z = sigmoid(a_r + u_r), sigmoid(a_z + u_z)
    return r, z, np.tanh(a_n + r * u_n), u_n
