"""Which layers a Keras model has, read from the shapes of its weights.

Names and classes play no part, so it does not matter how a layer was written. What has no weights,
such as dropout, does not show.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

_KINDS = {1: "SimpleRNN", 3: "GRU", 4: "LSTM"}  # by the number of blocks in a kernel


class Layer(NamedTuple):
    """A layer with weights, as their shapes tell it.

    Attributes
    ----------
    kind : str
        ``"LSTM"``, ``"GRU"``, ``"SimpleRNN"``, ``"Dense"`` or ``"other"``.
    inputs : int
        How many features it reads.
    units : int
        How many it puts out, in each direction.
    directions : int
        2 if it is bidirectional, else 1.
    """

    kind: str
    inputs: int
    units: int
    directions: int = 1

    @property
    def is_recurrent(self) -> bool:
        """Whether it reads sequences step by step."""
        return self.kind in _KINDS.values()


def read_layers(shapes: Sequence[tuple[int, ...]]) -> list[Layer]:
    """Read kinds and sizes of layers from the shapes of a model's weights.

    Parameters
    ----------
    shapes : sequence of tuple of int
        In the model's order.

    Returns
    -------
    list of Layer
        Those that have weights.

    Examples
    --------
    >>> read_layers([(3, 200), (50, 200), (200,), (50, 1), (1,)])
    [Layer(kind='LSTM', inputs=3, units=50, directions=1), Layer(kind='Dense', inputs=50, units=1, \
directions=1)]
    """
    layers: list[Layer] = []
    left = list(shapes)
    while left:
        first = left.pop(0)
        if len(first) != 2:
            layers.append(Layer("other", 0, int(np.prod(first))))
            continue
        inputs, columns = first
        kind, units = "Dense", columns
        if left and len(left[0]) == 2 and left[0][1] == columns:
            blocks, rest = divmod(columns, left[0][0])
            if not rest and blocks in _KINDS:
                kind, units = _KINDS[blocks], left.pop(0)[0]
        if left and left[0] in ((columns,), (2, columns)):  # the GRU has two rows of biases
            left.pop(0)
        layers.append(Layer(kind, inputs, units))
    return _joined(layers)


def _joined(layers: list[Layer]) -> list[Layer]:
    """Two equal layers are two directions if the next one reads both."""
    joined: list[Layer] = []
    for k, layer in enumerate(layers):
        after = layers[k + 1 : k + 2]
        both = joined and joined[-1] == layer and layer.is_recurrent
        if both and after and after[0].inputs == 2 * layer.units:
            joined[-1] = layer._replace(directions=2)
        else:
            joined.append(layer)
    return joined
