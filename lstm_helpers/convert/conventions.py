"""What each library stores for an RNN, LSTM or GRU: one table, and the two steps that read it.

Letters: D inputs, H units, N sequences, L layers, K directions (1 or 2). Gates have our names in
every row: i, f, g, o of the LSTM; r, z, n of the GRU (reset, update, candidate); the one block of a
plain RNN is h. PyTorch calls them the same; Keras writes i, f, c, o and z, r, h.

Nothing here is an if per library: a new row is a new conversion.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from lstm_helpers.nn.cells import RNNParams
from lstm_helpers.nn.functions import Array
from lstm_helpers.nn.gru import GRUParams
from lstm_helpers.nn.lstm import LSTMParams

Params = RNNParams | LSTMParams | GRUParams
Letters = tuple[str, ...]


class Convention(NamedTuple):
    """How one library stores one direction of one layer. ``print`` shows it as a table's row.

    Attributes
    ----------
    library : str
        ``"NumPy"`` (this course), ``"PyTorch"`` or ``"Keras"``.
    cell : str
        ``"rnn"``, ``"lstm"`` or ``"gru"``.
    layer : str
        What the library calls it.
    gates : tuple of str
        The blocks of H columns (rows, where transposed) in the order in which they are stacked.
    transposed : bool
        Whether a matrix has its outputs in rows, so that it is applied as ``x @ W.T``.
    biases : str
        ``"one"`` vector · ``"added"``, two of which only the sum matters · ``"two"``, which are not
        interchangeable, because the reset gate of a GRU multiplies the second · ``"two rows"`` of
        one matrix, for the same reason.
    arrays : tuple of (str, tuple of str)
        Name and shape of each array: the matrix of the input, that of the state, the biases.
    states : str
        Final states, as the library returns them.
    """

    library: str
    cell: str
    layer: str
    gates: Letters
    transposed: bool
    biases: str
    arrays: tuple[tuple[str, Letters], ...]
    states: str

    def __str__(self) -> str:
        """Give one aligned row of a table: library, layer, gates and arrays."""
        arrays = "  ".join(f"{name} {shape_text(shape)}" for name, shape in self.arrays)
        return f"{self.library:<8} {self.layer:<23} {' '.join(self.gates):<8} {arrays}"


def shape_text(shape: Sequence[str | int]) -> str:
    """Write a shape of letters or numbers as NumPy writes one.

    Parameters
    ----------
    shape : sequence of str or int
        Such as ``("4H", "D")``.

    Returns
    -------
    str
        Such as ``"(4H, D)"``.

    Examples
    --------
    >>> shape_text(("4H", "D")), shape_text(("4H",))
    ('(4H, D)', '(4H,)')
    """
    return f"({shape[0]},)" if len(shape) == 1 else f"({', '.join(map(str, shape))})"


def _numpy(cell: str, layer: str, gates: str, bias_names: Letters, states: str) -> Convention:
    rows = "H" if len(gates) == 1 else f"{len(gates)}H"
    arrays = (("W_x", ("D", rows)), ("W_h", ("H", rows)), *((name, (rows,)) for name in bias_names))
    biases = "one" if len(bias_names) == 1 else "two"
    return Convention("NumPy", cell, layer, tuple(gates), False, biases, arrays, states)


def _torch(cell: str, layer: str, gates: str, biases: str, states: str) -> Convention:
    rows = "H" if len(gates) == 1 else f"{len(gates)}H"
    matrices = ("weight_ih", (rows, "D")), ("weight_hh", (rows, "H"))
    arrays = (*matrices, ("bias_ih", (rows,)), ("bias_hh", (rows,)))
    return Convention("PyTorch", cell, layer, tuple(gates), True, biases, arrays, states)


def _keras(cell: str, layer: str, gates: str, biases: str, states: str) -> Convention:
    rows = "H" if len(gates) == 1 else f"{len(gates)}H"
    bias = (rows,) if biases == "one" else ("2", rows)
    arrays = ("kernel", ("D", rows)), ("recurrent_kernel", ("H", rows)), ("bias", bias)
    return Convention("Keras", cell, layer, tuple(gates), False, biases, arrays, states)


CONVENTIONS = (
    _numpy("rnn", "RNNParams", "h", ("b",), "(h,): (L*K, N, H)"),
    _torch("rnn", "torch.nn.RNN", "h", "added", "h_n: (L*K, N, H)"),
    _keras("rnn", "keras.layers.SimpleRNN", "h", "one", "h per layer and direction: (N, H)"),
    _numpy("lstm", "LSTMParams", "ifgo", ("b",), "(h, c): (L*K, N, H)"),
    _torch("lstm", "torch.nn.LSTM", "ifgo", "added", "(h_n, c_n): (L*K, N, H)"),
    _keras("lstm", "keras.layers.LSTM", "ifgo", "one", "h, c per layer and direction: (N, H)"),
    _numpy("gru", "GRUParams", "rzn", ("b_x", "b_h"), "(h,): (L*K, N, H)"),
    _torch("gru", "torch.nn.GRU", "rzn", "two", "h_n: (L*K, N, H)"),
    _keras("gru", "keras.layers.GRU", "zrn", "two rows", "h per layer and direction: (N, H)"),
)
"""The table: three libraries, three cells."""

PARAMS: dict[str, type[Params]] = {"rnn": RNNParams, "lstm": LSTMParams, "gru": GRUParams}

# What to do with our biases to get theirs, and with theirs to get ours.
_BIASES: dict[str, tuple[Callable[..., list[Array]], Callable[..., list[Array]]]] = {
    "one": (lambda b: [b], lambda b: [b]),
    "added": (lambda b: [b, np.zeros_like(b)], lambda b_x, b_h: [b_x + b_h]),
    "two": (lambda b_x, b_h: [b_x, b_h], lambda b_x, b_h: [b_x, b_h]),
    "two rows": (lambda b_x, b_h: [np.stack((b_x, b_h))], lambda rows: [rows[0], rows[1]]),
}


def convention(library: str, cell: str) -> Convention:
    """Look a row of the table up.

    Parameters
    ----------
    library : str
        ``"NumPy"``, ``"PyTorch"`` or ``"Keras"``.
    cell : str
        ``"rnn"``, ``"lstm"`` or ``"gru"``.

    Returns
    -------
    Convention
        The row.

    Raises
    ------
    ValueError
        If there is no such library or cell.

    Examples
    --------
    >>> convention("Keras", "gru").gates
    ('z', 'r', 'n')
    >>> print(convention("PyTorch", "gru").layer, convention("PyTorch", "gru").biases)
    torch.nn.GRU two
    """
    for column, wanted in (("library", library), ("cell", cell)):
        known = list(dict.fromkeys(getattr(row, column) for row in CONVENTIONS))
        if wanted not in known:
            raise ValueError(f"got {column}={wanted!r}; expected one of {known}")
    return next(row for row in CONVENTIONS if (row.library, row.cell) == (library, cell))


def to_library(params: tuple[Array, ...], theirs: Convention) -> list[Array]:
    """Convert one direction of one layer, ours to theirs.

    Parameters
    ----------
    params : RNNParams, LSTMParams or GRUParams
        Our weights.
    theirs : Convention
        The library's row, for the same cell.

    Returns
    -------
    list of ndarray
        New arrays, in the order of ``theirs.arrays``.

    Examples
    --------
    >>> ours = RNNParams(np.ones((2, 3)), np.ones((3, 3)), np.ones(3))
    >>> [array.shape for array in to_library(ours, convention("PyTorch", "rnn"))]
    [(3, 2), (3, 3), (3,), (3,)]
    """
    ours = convention("NumPy", theirs.cell)
    W_x, W_h, *biases = (_restacked(array, ours.gates, theirs.gates) for array in params)
    if theirs.transposed:
        W_x, W_h = W_x.T.copy(), W_h.T.copy()
    into_theirs, _ = _BIASES[theirs.biases]
    return [W_x, W_h, *into_theirs(*biases)]


def from_library(arrays: Sequence[Array], theirs: Convention) -> Params:
    """Convert one direction of one layer, theirs to ours.

    Parameters
    ----------
    arrays : sequence of ndarray
        The library's arrays, in the order of ``theirs.arrays``.
    theirs : Convention
        The library's row.

    Returns
    -------
    RNNParams, LSTMParams or GRUParams
        New arrays, of the precision of ``arrays``.

    Examples
    --------
    >>> ours = RNNParams(np.ones((2, 3)), np.ones((3, 3)), np.ones(3))
    >>> row = convention("PyTorch", "rnn")
    >>> from_library(to_library(ours, row), row).b.tolist()
    [1.0, 1.0, 1.0]
    """
    ours = convention("NumPy", theirs.cell)
    W_x, W_h, *biases = arrays
    if theirs.transposed:
        W_x, W_h = W_x.T, W_h.T
    _, into_ours = _BIASES[theirs.biases]
    stacked = (W_x, W_h, *into_ours(*biases))
    return PARAMS[theirs.cell](*(_restacked(a, theirs.gates, ours.gates) for a in stacked))


def _restacked(array: Array, given: Letters, wanted: Letters) -> Array:
    """Put the blocks of the last axis into another order: always a new array, rows contiguous."""
    blocks = dict(zip(given, np.split(array, len(given), axis=-1), strict=True))
    return np.ascontiguousarray(np.concatenate([blocks[gate] for gate in wanted], axis=-1))
