"""What goes into a recurrent layer, looked at before it is used: each wrong array is named.

Letters: batch N, steps T, features D, hidden units H. Nothing is computed here.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from lstm_helpers.nn.cells import RNNParams
from lstm_helpers.nn.functions import Array
from lstm_helpers.nn.gru import GRUParams
from lstm_helpers.nn.lstm import LSTMParams
from lstm_helpers.nn.lstm_coupled import CoupledParams
from lstm_helpers.nn.lstm_layer_norm import LayerNormParams
from lstm_helpers.nn.lstm_peephole import PeepholeParams

Params = tuple[Array, ...]
States = tuple[Array, ...]
Lengths = npt.NDArray[np.integer]

STATE_NAMES = ("h", "c")


class Layout(NamedTuple):
    """The arrays of one kind of cell.

    Attributes
    ----------
    record : type
        The NamedTuple that holds them: ``W_x (D, …)``, ``W_h (H, …)``, then vectors.
    blocks : tuple of int
        For each array, how many blocks of H stand along its last axis.
    """

    record: Any
    blocks: tuple[int, ...]


LAYOUTS = {
    "rnn": Layout(RNNParams, (1, 1, 1)),
    "lstm": Layout(LSTMParams, (4, 4, 4)),
    "gru": Layout(GRUParams, (3, 3, 3, 3)),
    "peephole": Layout(PeepholeParams, (4, 4, 4, 3)),
    "coupled": Layout(CoupledParams, (3, 3, 3)),
    "layer_norm": Layout(LayerNormParams, (4, 4, 4, 4, 4, 4, 4, 1, 1)),
}
"""For each cell, its arrays."""


def require_cell(cell: str) -> Layout:
    """Refuse the name of a cell that there is not.

    Parameters
    ----------
    cell : str
        Name of the cell.

    Returns
    -------
    Layout
        Its arrays.

    Raises
    ------
    ValueError
        If there is no such cell.
    """
    if cell not in LAYOUTS:
        raise ValueError(f"got the cell {cell!r}; expected one of {', '.join(LAYOUTS)}")
    return LAYOUTS[cell]


def require_params(cell: str, params: Params, input_size: int, where: str = "") -> int:
    """Refuse weights that do not fit the cell, each other, or the input.

    Parameters
    ----------
    cell : str
        Name of the cell.
    params : tuple of ndarray
        Its weights.
    input_size : int
        D, the features that the layer reads.
    where : str, optional
        Added after an array's name, as in "W_x of layer 1".

    Returns
    -------
    int
        The number of hidden units H.

    Raises
    ------
    TypeError
        If a weight is not a NumPy array.
    ValueError
        If the number of arrays or a shape is wrong.

    Examples
    --------
    >>> from lstm_helpers.nn.lstm import init_lstm
    >>> require_params("lstm", init_lstm(2, 3, np.random.default_rng(0)), input_size=2)
    3
    """
    record, blocks = require_cell(cell)
    names = record._fields
    if not isinstance(params, tuple | list) or len(params) != len(names):
        what = f"{len(params)} arrays" if isinstance(params, tuple | list) else _kind(params)
        raise ValueError(
            f"got {what} as the weights of the {cell}{where}; expected {len(names)} arrays, "
            f"{record.__name__}({', '.join(names)})"
        )
    for name, array in zip(names, params, strict=True):
        _require_array(name + where, array)
    if params[1].ndim != 2:
        raise ValueError(
            f"W_h{where} has shape {params[1].shape}; expected two axes (H, {_times(blocks[1])})"
        )
    H = int(min(params[1].shape))  # a transposed W_h is called that, not one of more units
    rows = {"W_x": ("D", input_size), "W_h": ("H", H)}  # the others are vectors
    for name, array, block in zip(names, params, blocks, strict=True):
        axes = f"({_times(block)},)"
        shape: tuple[int, ...] = (block * H,)
        if name in rows:
            letter, size = rows[name]
            axes, shape = f"({letter}, {_times(block)})", (size, block * H)
        if array.shape != shape:
            remedy = ": transpose it" if array.shape == shape[::-1] else ""
            raise ValueError(
                f"{name}{where} has shape {array.shape}; expected {axes} = {shape} with "
                f"D = {input_size} inputs and H = {H} units{remedy}"
            )
    return H


def require_sequences(xs: Array) -> tuple[int, int, int]:
    """Refuse what is not a batch of sequences.

    Parameters
    ----------
    xs : ndarray (N, T, D)
        Inputs.

    Returns
    -------
    tuple of int
        N, T and D.

    Raises
    ------
    TypeError
        If it is not a NumPy array.
    ValueError
        If it does not have three axes.

    Examples
    --------
    >>> require_sequences(np.zeros((3, 7, 2)))
    (3, 7, 2)
    """
    _require_array("xs", xs)
    if xs.ndim != 3:
        raise ValueError(
            f"xs has shape {xs.shape}; expected three axes (N, T, D): add the missing one, for "
            "example with xs[:, :, None]"
        )
    N, T, D = xs.shape
    return N, T, D


def require_states(
    states: States, num_states: int, shape: tuple[int, ...], axes: str, prefix: str = ""
) -> None:
    """Refuse states, or their gradients, of which one is missing or has the wrong shape.

    Parameters
    ----------
    states : tuple of ndarray
        One array for each state of the cell.
    num_states : int
        How many the cell has: 1 for h, 2 for (h, c).
    shape : tuple of int
        The shape that each must have.
    axes : str
        The same in letters.
    prefix : str, optional
        Put before the names, as in "dh".

    Raises
    ------
    TypeError
        If one is not a NumPy array.
    ValueError
        If the number of arrays or a shape is wrong.

    Examples
    --------
    >>> require_states((np.zeros((3, 4)),), 1, (3, 4), "(N, H)")
    """
    names = [prefix + name for name in STATE_NAMES[:num_states]]
    if not isinstance(states, tuple | list) or len(states) != num_states:
        what = f"{len(states)} arrays" if isinstance(states, tuple | list) else _kind(states)
        raise ValueError(
            f"got {what} as {prefix}states; expected a tuple of {num_states}, "
            f"{' and '.join(names)}, each {axes}"
        )
    for name, state in zip(names, states, strict=True):
        require_shape(name, state, shape, axes)


def require_shape(name: str, array: Array, shape: tuple[int, ...], axes: str) -> None:
    """Refuse an array of another shape.

    Parameters
    ----------
    name : str
        What the array is called.
    array : ndarray
        The array.
    shape : tuple of int
        The shape that it must have.
    axes : str
        The same in letters.

    Raises
    ------
    TypeError
        If it is not a NumPy array.
    ValueError
        If its shape is another.

    Examples
    --------
    >>> require_shape("h", np.zeros((3, 4)), (3, 4), "(N, H)")
    """
    _require_array(name, array)
    if array.shape != shape:
        raise ValueError(f"{name} has shape {array.shape}; expected {axes} = {shape}")


def require_lengths(lengths: npt.ArrayLike | None, N: int, T: int) -> Lengths:
    """Refuse lengths that do not fit the batch; without lengths, all steps are real.

    Parameters
    ----------
    lengths : array_like of int (N,), optional
        Number of real steps of each sequence.
    N, T : int
        Sequences and steps of the batch.

    Returns
    -------
    ndarray of int (N,)
        The lengths; T for each sequence if none were given.

    Raises
    ------
    TypeError
        If they are not whole numbers.
    ValueError
        If there is not one for each sequence, or one lies outside 0 to T.

    Examples
    --------
    >>> require_lengths(None, N=2, T=7)
    array([7, 7])
    """
    if lengths is None:
        return np.full(N, T)
    counts = np.asarray(lengths)
    if counts.dtype.kind not in "iu":
        raise TypeError(f"lengths are of kind {counts.dtype}; expected whole numbers")
    require_shape("lengths", counts, (N,), "(N,)")
    if ((counts < 0) | (counts > T)).any():
        raise ValueError(
            f"lengths run from {counts.min()} to {counts.max()}; expected 0 to T = {T}"
        )
    return counts


def _require_array(name: str, array: object) -> None:
    if not isinstance(array, np.ndarray):
        raise TypeError(f"{name} is {_kind(array)}; expected a NumPy array: use np.asarray")


def _times(blocks: int) -> str:
    return "H" if blocks == 1 else f"{blocks}H"


def _kind(value: object) -> str:
    return "an array" if isinstance(value, np.ndarray) else f"a {type(value).__name__}"
