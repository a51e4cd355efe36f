"""Weights to and from ``torch.nn.RNN``, ``LSTM`` and ``GRU``. PyTorch is imported when needed."""

from __future__ import annotations

from typing import Any

import numpy as np

from lstm_helpers.convert.conventions import (
    CONVENTIONS,
    Convention,
    convention,
    from_library,
    to_library,
)
from lstm_helpers.convert.stacks import (
    PRECISIONS,
    Stack,
    Weights,
    require_precision,
    require_stack,
)
from lstm_helpers.nn.functions import Array

# Settings under which a module computes something else than our cell of that name does.
_REQUIRED: dict[str, dict[str, object]] = {
    "rnn": {"nonlinearity": "tanh"},
    "lstm": {"proj_size": 0},
    "gru": {},
}
_REVERSE = "_reverse"  # ends the names of the backward direction's arrays


def to_torch(cell: str, params: Stack) -> dict[str, Array]:
    """Turn weights into what ``load_state_dict`` of PyTorch's module takes.

    Parameters
    ----------
    cell : str
        ``"rnn"``, ``"lstm"`` or ``"gru"``.
    params : tuple of tuple of RNNParams, LSTMParams or GRUParams
        ``params[layer][direction]``, as `lstm_helpers.nn.init_stack` draws them.

    Returns
    -------
    dict of str to ndarray
        New arrays with PyTorch's names, ``weight_ih_l0`` and so on; those of the backward
        direction end in ``_reverse``. The one bias of an RNN or LSTM is ``bias_ih`` whole, and
        ``bias_hh`` is zero.

    Raises
    ------
    TypeError
        If ``params`` is not nested, holds another cell's weights, or something that is no array.
    ValueError
        If the cell is unknown, there is no layer, the layers differ in their directions, or an
        array has a wrong shape or precision.

    Examples
    --------
    >>> import numpy as np
    >>> from lstm_helpers.nn import init_lstm
    >>> layer = init_lstm(3, 4, np.random.default_rng(0))
    >>> {name: array.shape for name, array in to_torch("lstm", ((layer,),)).items()}
    {'weight_ih_l0': (16, 3), 'weight_hh_l0': (16, 4), 'bias_ih_l0': (16,), 'bias_hh_l0': (16,)}
    """
    row = convention("PyTorch", cell)
    require_stack(cell, params)
    return {
        f"{name}_l{layer}{_REVERSE * direction}": array
        for layer, both in enumerate(params)
        for direction, weights in enumerate(both)
        for (name, _), array in zip(row.arrays, to_library(weights, row), strict=True)
    }


def from_torch(module: Any) -> tuple[str, Weights]:
    """Take the weights out of one of PyTorch's recurrent modules.

    Parameters
    ----------
    module : torch.nn.RNN, torch.nn.LSTM or torch.nn.GRU
        On any device, of any number of layers, in one or two directions. Dropout between layers
        is no weight and is not carried over: the outputs are those of ``module.eval()``.

    Returns
    -------
    cell : str
        ``"rnn"``, ``"lstm"`` or ``"gru"``.
    params : tuple of tuple of RNNParams, LSTMParams or GRUParams
        ``params[layer][direction]``, new arrays of the module's precision.

    Raises
    ------
    TypeError
        If it is another module.
    ValueError
        If the module computes something else than our cell does (``proj_size``, a nonlinearity
        other than tanh), or is neither float32 nor float64.

    Notes
    -----
    The two bias vectors of an RNN or LSTM are added, and `to_torch` puts the sum into the first.
    From PyTorch to NumPy and back, matrices and the sum of the biases are therefore kept bit for
    bit, but how PyTorch had split that sum is not. A GRU keeps both. A module without biases
    gets zeros.

    Examples
    --------
    >>> import torch
    >>> cell, params = from_torch(torch.nn.GRU(3, 4, num_layers=2))
    >>> cell, len(params), params[1][0].W_x.shape, params[1][0].W_x.dtype
    ('gru', 2, (4, 12), dtype('float32'))
    """
    import torch

    rows = [row for row in CONVENTIONS if row.library == "PyTorch"]
    kinds = {getattr(torch.nn, row.layer.rpartition(".")[2]): row for row in rows}
    row = kinds.get(type(module))
    if row is None:
        kind = f"{type(module).__module__}.{type(module).__qualname__}"
        names = ", ".join(known.layer for known in rows)
        raise TypeError(f"got {kind}; expected one of {names}: pass the recurrent module alone")
    for setting, expected in _REQUIRED[row.cell].items():
        got = getattr(module, setting)
        if got != expected:
            raise ValueError(
                f"{row.layer} with {setting}={got!r} is not our {row.cell!r}; "
                f"expected {setting}={expected!r}"
            )
    params = tuple(
        tuple(
            from_library(_read(module, row, f"_l{layer}{_REVERSE * direction}"), row)
            for direction in range(1 + module.bidirectional)
        )
        for layer in range(module.num_layers)
    )
    return row.cell, params


def torch_module(
    cell: str, params: Stack, batch_first: bool = True, dtype: str | None = None
) -> Any:
    """Build PyTorch's module with given weights.

    Parameters
    ----------
    cell : str
        ``"rnn"``, ``"lstm"`` or ``"gru"``.
    params : tuple of tuple of RNNParams, LSTMParams or GRUParams
        ``params[layer][direction]``.
    batch_first : bool, optional
        Whether sequences are (N, T, D), as everywhere in this course, and not (T, N, D), as
        PyTorch has them without being told. It changes no weight and no final state.
    dtype : str, optional
        ``"float32"`` or ``"float64"``; without it, the precision of the weights.

    Returns
    -------
    torch.nn.RNN, torch.nn.LSTM or torch.nn.GRU
        On the CPU, with parameters of its own. PyTorch's random numbers stay where they were.

    Raises
    ------
    TypeError
        As `to_torch`.
    ValueError
        As `to_torch`, and if ``dtype`` is something else.

    Examples
    --------
    >>> import numpy as np
    >>> import torch
    >>> from lstm_helpers.nn import init_lstm
    >>> module = torch_module("lstm", ((init_lstm(3, 4, np.random.default_rng(0)),),))
    >>> outputs, (h_n, c_n) = module(torch.ones(2, 5, 3, dtype=torch.float64))
    >>> tuple(outputs.shape), tuple(h_n.shape)
    ((2, 5, 4), (1, 2, 4))
    """
    import torch

    state_dict = to_torch(cell, params)
    sizes = require_stack(cell, params)
    kind = getattr(torch.nn, convention("PyTorch", cell).layer.rpartition(".")[2])
    with torch.random.fork_rng(devices=[]):
        module = kind(
            sizes.input_size,
            sizes.hidden_size,
            num_layers=sizes.num_layers,
            bidirectional=sizes.directions == 2,
            batch_first=batch_first,
            dtype=getattr(torch, require_precision(dtype, sizes)),
        )
    module.load_state_dict({name: torch.from_numpy(array) for name, array in state_dict.items()})
    return module


def _read(module: Any, row: Convention, suffix: str) -> list[Array]:
    """One direction of one layer; zeros for biases that the module does not have."""
    arrays: list[Array] = []
    for name, _ in row.arrays:
        if name.startswith("bias") and not module.bias:
            arrays.append(np.zeros_like(arrays[0][:, 0]))
            continue
        tensor = getattr(module, f"{name}{suffix}").detach().cpu()
        precision = str(tensor.dtype).removeprefix("torch.")
        if precision not in PRECISIONS:
            raise ValueError(
                f"{name}{suffix} of the module is {precision}; expected float32 or float64: "
                "pass module.float()"
            )
        arrays.append(tensor.numpy())
    return arrays
