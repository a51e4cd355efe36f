"""Whole sequences, forward and backward: one input product for all steps, then a loop over time.

Shapes: ``xs (N, T, D)``, ``hs (N, T, H)``; the rest as in `lstm_helpers.nn.cells`. Batch first.
Beside the recurrent layers stand the linear head and the losses that lessons put on top.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lstm_helpers.nn.functions import Array, tanh_derivative


def rnn_forward(xs: Array, h0: Array, W_x: Array, W_h: Array, b: Array) -> Array:
    """Run a plain recurrent network over a whole sequence.

    Parameters
    ----------
    xs : ndarray (N, T, D)
        Inputs.
    h0 : ndarray (N, H)
        Hidden state before the first step.
    W_x : ndarray (D, H)
        Weights from input to hidden state.
    W_h : ndarray (H, H)
        Weights from hidden state to hidden state.
    b : ndarray (H,)
        Bias.

    Returns
    -------
    ndarray (N, T, H)
        The hidden state after every step.

    Raises
    ------
    ValueError
        If ``xs`` does not have three axes.

    See Also
    --------
    lstm_helpers.nn.rnn_step : One step, as the lessons write it.

    Examples
    --------
    >>> rnn_forward(np.zeros((2, 3, 1)), np.zeros((2, 4)), np.ones((1, 4)), np.eye(4),
    ...             np.zeros(4)).shape
    (2, 3, 4)
    """
    _require_sequence(xs)
    zs = xs @ W_x + b  # (N, T, H): the part that does not wait for the step before
    hs = np.empty_like(zs)
    h = h0
    for t in range(xs.shape[1]):
        h = np.tanh(zs[:, t] + h @ W_h)
        hs[:, t] = h
    return hs


def rnn_backward(
    dhs: Array, xs: Array, h0: Array, hs: Array, W_x: Array, W_h: Array
) -> tuple[Array, Array, Array, Array, Array]:
    r"""Backpropagate through a whole sequence of a plain recurrent network.

    Parameters
    ----------
    dhs : ndarray (N, T, H)
        The loss gradient that reaches each hidden state from above (not from later steps).
    xs : ndarray (N, T, D)
        Inputs.
    h0 : ndarray (N, H)
        Hidden state before the first step.
    hs : ndarray (N, T, H)
        Hidden states, from `rnn_forward`.
    W_x : ndarray (D, H)
        Weights from input to hidden state.
    W_h : ndarray (H, H)
        Weights from hidden state to hidden state.

    Returns
    -------
    dxs : ndarray (N, T, D)
        Gradient of the inputs.
    dh0 : ndarray (N, H)
        Gradient of the initial state.
    dW_x : ndarray (D, H)
        Gradient of the input weights, summed over batch and time.
    dW_h : ndarray (H, H)
        Gradient of the recurrent weights, summed over batch and time.
    db : ndarray (H,)
        Gradient of the bias, summed over batch and time.

    Notes
    -----
    :math:`dh_t = dhs_t + dz_{t+1} W_h^T` with :math:`dz_t = dh_t \odot (1 - h_t^2)`; the weight
    gradients are one product over all N·T rows.

    References
    ----------
    .. [1] P. J. Werbos, "Backpropagation through time: what it does and how to do it",
       Proceedings of the IEEE 78 (1990), 1550-1560.

    Examples
    --------
    >>> xs, h0 = np.ones((1, 2, 1)), np.zeros((1, 1))
    >>> W_x, W_h, b = np.ones((1, 1)), np.ones((1, 1)), np.zeros(1)
    >>> hs = rnn_forward(xs, h0, W_x, W_h, b)
    >>> [d.shape for d in rnn_backward(np.ones((1, 2, 1)), xs, h0, hs, W_x, W_h)]
    [(1, 2, 1), (1, 1), (1, 1), (1, 1), (1,)]
    """
    _require_sequence(xs)
    N, T, D = xs.shape
    H = h0.shape[-1]
    dzs = np.empty_like(hs)
    slopes = tanh_derivative(hs)  # (N, T, H)
    dh_next = np.zeros_like(h0)
    for t in reversed(range(T)):
        dzs[:, t] = (dhs[:, t] + dh_next) * slopes[:, t]
        dh_next = dzs[:, t] @ W_h.T
    before = np.concatenate([h0[:, None], hs[:, :-1]], axis=1)  # (N, T, H): h_{t-1}
    rows = dzs.reshape(N * T, H)
    dW_x = xs.reshape(N * T, D).T @ rows
    dW_h = before.reshape(N * T, H).T @ rows
    return dzs @ W_x.T, dh_next, dW_x, dW_h, rows.sum(axis=0)


def linear_forward(x: Array, W: Array, b: Array) -> Array:
    """Affine map of the last axis.

    Parameters
    ----------
    x : ndarray (..., H)
        Input.
    W : ndarray (H, V)
        Weights.
    b : ndarray (V,)
        Bias.

    Returns
    -------
    ndarray (..., V)
        ``x @ W + b``.

    Examples
    --------
    >>> linear_forward(np.ones((2, 3)), np.ones((3, 1)), np.zeros(1)).ravel()
    array([3., 3.])
    """
    return x @ W + b


def linear_backward(dy: Array, x: Array, W: Array) -> tuple[Array, Array, Array]:
    """Gradients of an affine map.

    Parameters
    ----------
    dy : ndarray (..., V)
        Gradient of the output.
    x : ndarray (..., H)
        Input of the forward pass.
    W : ndarray (H, V)
        Weights.

    Returns
    -------
    dx : ndarray (..., H)
        Gradient of the input.
    dW : ndarray (H, V)
        Gradient of the weights, summed over all leading axes.
    db : ndarray (V,)
        Gradient of the bias, summed over all leading axes.

    Examples
    --------
    >>> dx, dW, db = linear_backward(np.ones((2, 1)), np.ones((2, 3)), np.ones((3, 1)))
    >>> dx.shape, dW.ravel(), db
    ((2, 3), array([2., 2., 2.]), array([2.]))
    """
    rows_y, rows_x = dy.reshape(-1, dy.shape[-1]), x.reshape(-1, x.shape[-1])
    return dy @ W.T, rows_x.T @ rows_y, rows_y.sum(axis=0)


def mean_squared_error(prediction: Array, target: Array) -> tuple[float, Array]:
    """Mean of the squared differences over all entries.

    Parameters
    ----------
    prediction, target : ndarray
        Of one shape.

    Returns
    -------
    loss : float
        In squared units of the target.
    dprediction : ndarray
        Gradient of the loss, of the shape of ``prediction``.

    Raises
    ------
    ValueError
        If the shapes differ; NumPy would broadcast them and average over a table of differences.

    Examples
    --------
    >>> loss, gradient = mean_squared_error(np.array([1.0, 3.0]), np.array([1.0, 1.0]))
    >>> loss, gradient
    (2.0, array([0., 2.]))
    """
    if prediction.shape != target.shape:
        raise ValueError(
            f"prediction has shape {prediction.shape} and target {target.shape}; expected one "
            "shape for both: reshape the target"
        )
    difference = prediction - target
    return float(np.mean(difference**2)), 2.0 * difference / difference.size


def softmax_cross_entropy(logits: Array, targets: npt.NDArray[np.integer]) -> tuple[float, Array]:
    r"""Softmax followed by the cross-entropy with class numbers, averaged over the batch.

    Parameters
    ----------
    logits : ndarray (N, V)
        One score for each class.
    targets : ndarray of int (N,)
        The right class of each example, 0 to V - 1.

    Returns
    -------
    loss : float
        In nats.
    dlogits : ndarray (N, V)
        Gradient of the loss.

    Raises
    ------
    ValueError
        If shapes do not fit or a class number is out of range.

    Notes
    -----
    :math:`L = \frac1N \sum_n (\log \sum_v e^{z_{nv}} - z_{n y_n})`, computed after subtracting
    each row's largest logit; :math:`dz = (\mathrm{softmax}(z) - \mathrm{onehot}(y)) / N`.

    Examples
    --------
    >>> loss, gradient = softmax_cross_entropy(np.zeros((1, 2)), np.array([0]))
    >>> round(loss, 4), gradient
    (0.6931, array([[-0.5,  0.5]]))
    """
    N, V = logits.shape
    if targets.shape != (N,):
        raise ValueError(
            f"targets has shape {targets.shape}; expected ({N},), one class number for each row "
            "of the logits"
        )
    if targets.size and (targets.min() < 0 or targets.max() >= V):
        raise ValueError(
            f"targets run from {targets.min()} to {targets.max()}; expected class numbers from 0 "
            f"to {V - 1}"
        )
    shifted = logits - logits.max(axis=1, keepdims=True)
    exponentials = np.exp(shifted)
    totals = exponentials.sum(axis=1, keepdims=True)
    rows = np.arange(N)
    loss = float(np.mean(np.log(totals[:, 0]) - shifted[rows, targets]))
    dlogits = exponentials / totals
    dlogits[rows, targets] -= 1.0
    return loss, dlogits / N


def _require_sequence(xs: Array) -> None:
    if xs.ndim != 3:
        raise ValueError(
            f"xs has shape {xs.shape}; expected three axes (N, T, D): add the missing one, for "
            "example with xs[:, :, None]"
        )
