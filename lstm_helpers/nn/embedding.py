"""A table of vectors, one for each symbol: looked up forward, added up backward.

Shapes: ``tokens (N, T)`` whole numbers from 0 to V - 1, ``table (V, E)``, vectors ``(N, T, E)``.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lstm_helpers.nn.functions import Array

Tokens = npt.NDArray[np.integer]


def embed(tokens: Tokens, table: Array) -> Array:
    """Look up the vector of each symbol.

    Parameters
    ----------
    tokens : ndarray of int (N, T)
        Symbols, 0 to V - 1.
    table : ndarray (V, E)
        One row for each symbol.

    Returns
    -------
    ndarray (N, T, E)
        The rows, copied.

    Raises
    ------
    TypeError
        If the tokens are not whole numbers.
    ValueError
        If the table does not have two axes or a token is outside it.

    Notes
    -----
    The same as a one-hot vector times ``table``, without writing the zeros.

    Examples
    --------
    >>> embed(np.array([[1, 0, 1]]), np.array([[1.0, 2.0], [3.0, 4.0]]))
    array([[[3., 4.],
            [1., 2.],
            [3., 4.]]])
    """
    if table.ndim != 2:
        raise ValueError(
            f"table has shape {table.shape}; expected two axes (V, E): one row for each symbol"
        )
    _require_symbols(tokens, len(table))
    return table[tokens]


def embed_backward(dvectors: Array, tokens: Tokens, num_symbols: int) -> Array:
    """Gradient of the table: a row gathers the gradients of all places where its symbol stood.

    Parameters
    ----------
    dvectors : ndarray (N, T, E)
        Gradient of the vectors that `embed` returned.
    tokens : ndarray of int (N, T)
        The symbols that were looked up.
    num_symbols : int
        V, the number of rows of the table.

    Returns
    -------
    ndarray (V, E)
        The gradient; 0 in the rows of symbols that did not occur.

    Raises
    ------
    TypeError
        If the tokens are not whole numbers.
    ValueError
        If there is not one gradient for each token, or a token is outside the table.

    Examples
    --------
    >>> embed_backward(np.ones((1, 3, 2)), np.array([[1, 0, 1]]), num_symbols=3)
    array([[1., 1.],
           [2., 2.],
           [0., 0.]])
    """
    _require_symbols(tokens, num_symbols)
    if dvectors.shape[:-1] != tokens.shape:
        raise ValueError(
            f"dvectors has shape {dvectors.shape} and tokens {tokens.shape}; expected (N, T, E) "
            "and (N, T): one gradient for each token"
        )
    dtable = np.zeros((num_symbols, dvectors.shape[-1]), dtype=dvectors.dtype)
    np.add.at(dtable, tokens, dvectors)  # dtable[tokens] += … would count a symbol only once
    return dtable


def _require_symbols(tokens: Tokens, num_symbols: int) -> None:
    if tokens.dtype.kind not in "iu":
        raise TypeError(
            f"tokens are of kind {tokens.dtype}; expected whole numbers: use tokens.astype(int)"
        )
    if tokens.size and (tokens.min() < 0 or tokens.max() >= num_symbols):
        raise ValueError(
            f"tokens run from {tokens.min()} to {tokens.max()}; expected symbols from 0 to "
            f"{num_symbols - 1}, one for each row of the table"
        )
