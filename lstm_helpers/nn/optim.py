"""Gradient descent: one step as a function, and small classes that remember what it needs.

Parameters and gradients are dicts of arrays with the same keys; every step returns new arrays.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lstm_helpers.nn.functions import Array


def sgd_step(param: Array, grad: Array, lr: float) -> Array:
    """One step of gradient descent.

    Parameters
    ----------
    param, grad : ndarray
        A parameter and its gradient, of one shape.
    lr : float
        Learning rate.

    Returns
    -------
    ndarray
        The new parameter.

    Examples
    --------
    >>> sgd_step(np.array([1.0]), np.array([2.0]), lr=0.1)
    array([0.8])
    """
    return param - lr * grad


def adam_step(
    param: Array,
    grad: Array,
    m: Array,
    v: Array,
    t: int,
    lr: float = 1e-3,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
) -> tuple[Array, Array, Array]:
    r"""One step of Adam.

    Parameters
    ----------
    param, grad : ndarray
        A parameter and its gradient, of one shape.
    m, v : ndarray
        Running means of the gradient and of its square, of that shape; zeros at the start.
    t : int
        Number of this step, 1 for the first.
    lr : float, optional
        Learning rate.
    beta1, beta2 : float, optional
        What the running means keep from one step to the next.
    eps : float, optional
        Added to the root, against division by zero.

    Returns
    -------
    param, m, v : ndarray
        New arrays.

    Raises
    ------
    ValueError
        If ``t`` is below 1: the bias correction would divide by zero.

    Notes
    -----
    .. math:: \theta \leftarrow \theta - \eta \,
              \frac{m / (1 - \beta_1^t)}{\sqrt{v / (1 - \beta_2^t)} + \epsilon}

    References
    ----------
    .. [1] D. P. Kingma, J. Ba, "Adam: a method for stochastic optimization", ICLR 2015,
       arXiv:1412.6980.

    Examples
    --------
    >>> zero = np.zeros(1)
    >>> adam_step(np.array([1.0]), np.array([5.0]), zero, zero, t=1, lr=0.1)[0].round(6)
    array([0.9])
    """
    if t < 1:
        raise ValueError(f"got t={t}; expected 1 for the first step, then 2, 3, …")
    m = beta1 * m + (1.0 - beta1) * grad
    v = beta2 * v + (1.0 - beta2) * grad**2
    m_hat = m / (1.0 - beta1**t)
    v_hat = v / (1.0 - beta2**t)
    return param - lr * m_hat / (np.sqrt(v_hat) + eps), m, v


def clip_by_global_norm(grads: Sequence[Array], max_norm: float) -> tuple[list[Array], float]:
    """Shorten gradients that are too long together, and keep their direction.

    Parameters
    ----------
    grads : sequence of ndarray
        Gradients of all parameters.
    max_norm : float
        The longest that the vector of all their entries may be, above 0.

    Returns
    -------
    clipped : list of ndarray
        New list; its arrays are new where something was shortened.
    norm : float
        The global norm before clipping.

    Raises
    ------
    ValueError
        If ``max_norm`` is not above 0.

    References
    ----------
    .. [1] R. Pascanu, T. Mikolov, Y. Bengio, "On the difficulty of training recurrent neural
       networks", ICML 2013, arXiv:1211.5063.

    Examples
    --------
    >>> clipped, norm = clip_by_global_norm([np.array([3.0]), np.array([4.0])], max_norm=1.0)
    >>> [round(float(g[0]), 6) for g in clipped], norm
    ([0.6, 0.8], 5.0)
    """
    if not max_norm > 0:
        raise ValueError(f"got max_norm={max_norm}; expected a number above 0")
    norm = float(np.sqrt(sum(float(np.sum(g * g)) for g in grads)))
    if norm <= max_norm:
        return list(grads), norm
    return [g * (max_norm / norm) for g in grads], norm


class SGD:
    """Gradient descent with a fixed learning rate.

    Parameters
    ----------
    lr : float
        Learning rate.

    Examples
    --------
    >>> SGD(lr=0.5).step({"w": np.array([1.0])}, {"w": np.array([1.0])})
    {'w': array([0.5])}
    """

    def __init__(self, lr: float) -> None:
        self.lr = lr

    def step(self, params: dict[str, Array], grads: dict[str, Array]) -> dict[str, Array]:
        """Return the parameters after one step.

        Parameters
        ----------
        params, grads : dict of ndarray
            With the same keys.

        Returns
        -------
        dict of ndarray
            New arrays.

        Raises
        ------
        ValueError
            If the keys differ.
        """
        _require_same_keys(params, grads)
        return {key: sgd_step(params[key], grads[key], self.lr) for key in params}


class Adam:
    """Adam for a dict of parameters; remembers the running means and the number of steps.

    Parameters
    ----------
    lr : float, optional
        Learning rate.
    beta1, beta2, eps : float, optional
        As in `adam_step`.

    Examples
    --------
    >>> Adam(lr=0.1).step({"w": np.array([1.0])}, {"w": np.array([3.0])})["w"].round(6)
    array([0.9])
    """

    def __init__(
        self, lr: float = 1e-3, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8
    ) -> None:
        self.lr, self.beta1, self.beta2, self.eps = lr, beta1, beta2, eps
        self.t = 0
        self._m: dict[str, Array] = {}
        self._v: dict[str, Array] = {}

    def step(self, params: dict[str, Array], grads: dict[str, Array]) -> dict[str, Array]:
        """Return the parameters after one step.

        Parameters
        ----------
        params, grads : dict of ndarray
            With the same keys.

        Returns
        -------
        dict of ndarray
            New arrays.

        Raises
        ------
        ValueError
            If the keys differ.
        """
        _require_same_keys(params, grads)
        self.t += 1
        new = {}
        for key, param in params.items():
            m = self._m.get(key, np.zeros_like(param))
            v = self._v.get(key, np.zeros_like(param))
            new[key], self._m[key], self._v[key] = adam_step(
                param, grads[key], m, v, self.t, self.lr, self.beta1, self.beta2, self.eps
            )
        return new


def _require_same_keys(params: dict[str, Array], grads: dict[str, Array]) -> None:
    if params.keys() != grads.keys():
        raise ValueError(
            f"got gradients for {sorted(grads)}; expected one for each of the parameters "
            f"{sorted(params)}"
        )
