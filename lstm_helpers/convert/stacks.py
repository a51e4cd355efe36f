"""Weights of a whole stack, ``params[layer][direction]``: what they must be like, said by name.

A stack has the same number of units H and of directions K in every layer; layer 0 reads the D
inputs, each later one the K * H outputs of the layer below. The array at fault is named with what
it is and what it should be.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from lstm_helpers.convert.conventions import PARAMS, Params, convention, shape_text
from lstm_helpers.nn.functions import Array

Stack = Sequence[Sequence[tuple[Array, ...]]]  # what goes in
Weights = tuple[tuple[Params, ...], ...]  # what comes out
PRECISIONS = ("float32", "float64")


class Sizes(NamedTuple):
    """How large a stack is.

    Attributes
    ----------
    input_size, hidden_size : int
        D and H.
    num_layers, directions : int
        L and K.
    precision : str
        ``"float32"`` or ``"float64"``.
    """

    input_size: int
    hidden_size: int
    num_layers: int
    directions: int
    precision: str


def require_stack(cell: str, params: Stack) -> Sizes:
    """Refuse weights that are not those of one stack.

    Parameters
    ----------
    cell : str
        ``"rnn"``, ``"lstm"`` or ``"gru"``.
    params : tuple of tuple of RNNParams, LSTMParams or GRUParams
        ``params[layer][direction]``.

    Returns
    -------
    Sizes
        What was found.

    Raises
    ------
    TypeError
        If ``params`` is not nested, holds another cell's weights, or something that is no array.
    ValueError
        If the cell is unknown, there is no layer, the layers differ in their directions, or an
        array has a wrong shape or precision.

    Examples
    --------
    >>> from lstm_helpers.nn import init_lstm
    >>> both = tuple(init_lstm(3, 4, np.random.default_rng(seed)) for seed in (0, 1))
    >>> sizes = require_stack("lstm", (both,))
    >>> sizes.input_size, sizes.hidden_size, sizes.num_layers, sizes.directions
    (3, 4, 1, 2)
    """
    layout = convention("NumPy", cell)
    _require_nesting(cell, params)
    named = [
        (layer, direction, f"{name} of {_place(layer, direction)}", letters, array)
        for layer, both in enumerate(params)
        for direction, weights in enumerate(both)
        for (name, letters), array in zip(layout.arrays, weights, strict=True)
    ]
    first, num_gates, directions = params[0][0], len(layout.gates), len(params[0])
    for _, _, where, _, array in named:
        _require_array(where, array, first[0])
    H = _hidden_size(first, num_gates)
    D = first[0].shape[0] if first[0].ndim == 2 else 0
    rows = "H" if num_gates == 1 else f"{num_gates}H"
    for layer, direction, where, letters, array in named:
        inputs: int | str = D if layer == 0 else directions * H
        if layer == direction == 0:
            inputs = "D"  # any number will do here, and is what the others are held to
        sizes = {"D": inputs, "H": H, rows: num_gates * H}
        _require_shape(where, array.shape, tuple(sizes[each] for each in letters), letters, H)
    return Sizes(D, H, len(params), directions, first[0].dtype.name)


def require_precision(dtype: str | None, sizes: Sizes) -> str:
    """Choose a precision: the one asked for, else that of the weights.

    Parameters
    ----------
    dtype : str or None
        ``"float32"``, ``"float64"`` or None.
    sizes : Sizes
        From `require_stack`.

    Returns
    -------
    str
        ``"float32"`` or ``"float64"``.

    Raises
    ------
    ValueError
        If ``dtype`` is anything else.

    Examples
    --------
    >>> require_precision(None, Sizes(3, 4, 1, 2, "float64"))
    'float64'
    """
    if dtype is None:
        return sizes.precision
    if dtype not in PRECISIONS:
        raise ValueError(f'got dtype={dtype!r}; expected "float32", "float64" or None')
    return str(dtype)


def _require_nesting(cell: str, params: Stack) -> None:
    every = tuple(PARAMS.values())
    if isinstance(params, every) or not isinstance(params, Sequence):
        raise TypeError(
            f"got {type(params).__name__} as params; expected params[layer][direction]: "
            "for one layer in one direction write ((params,),)"
        )
    if not params:
        raise ValueError("got params without a layer; expected at least one")
    for layer, both in enumerate(params):
        if isinstance(both, every) or not isinstance(both, Sequence):
            raise TypeError(
                f"got {type(both).__name__} as layer {layer} of params; expected a tuple with the "
                "weights of each direction: for one direction write (weights,)"
            )
        if len(both) not in (1, 2):
            raise ValueError(f"layer {layer} has {len(both)} directions; expected 1 or 2")
        if len(both) != len(params[0]):
            raise ValueError(
                f"layer {layer} has {len(both)} direction(s), layer 0 has {len(params[0])}; "
                "expected the same number in every layer"
            )
        for direction, weights in enumerate(both):
            if not isinstance(weights, PARAMS[cell]):
                raise TypeError(
                    f"{_place(layer, direction)} is {type(weights).__name__}; "
                    f"expected {PARAMS[cell].__name__} for the cell {cell!r}"
                )


def _require_array(where: str, array: object, first: object) -> None:
    """Refuse what is no array, and two precisions in one stack."""
    if not isinstance(array, np.ndarray):
        raise TypeError(
            f"{where} is {type(array).__name__}; expected a NumPy array "
            "(of a tensor: .detach().numpy())"
        )
    if array.dtype.name not in PRECISIONS or array.dtype != getattr(first, "dtype", None):
        raise ValueError(
            f"{where} has the precision {array.dtype}; expected float32 or float64, "
            "the same in every array: turn it with .astype"
        )


def _require_shape(
    where: str,
    got: tuple[int, ...],
    expected: tuple[int | str, ...],
    letters: tuple[str, ...],
    hidden_size: int,
) -> None:
    def fits(shape: tuple[int, ...]) -> bool:
        return len(shape) == len(expected) and all(
            isinstance(e, str) or e == s for s, e in zip(shape, expected, strict=True)
        )

    if fits(got):
        return
    advice = "; it looks transposed: pass its .T" if len(got) == 2 and fits(got[::-1]) else ""
    raise ValueError(
        f"{where} has the shape {got}; expected {shape_text(expected)}, which is "
        f"{shape_text(letters)} with H = {hidden_size}{advice}"
    )


def _hidden_size(first: tuple[Array, ...], num_gates: int) -> int:
    """H, as most of a layer's axes have it: one wrong array shall not put the others in doubt."""
    votes: list[float] = [size / num_gates for array in first for size in array.shape[-1:]]
    votes += first[1].shape[:1]
    whole = [int(vote) for vote in votes if vote == int(vote) and vote > 0]
    return Counter(whole).most_common(1)[0][0] if whole else 1


def _place(layer: int, direction: int) -> str:
    return f"layer {layer}, backward" if direction else f"layer {layer}"
