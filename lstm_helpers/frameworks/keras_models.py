"""Keras models from descriptions of their layers: right ones for lessons, wrong ones for checks.

A layer is described as in the exercise `predict_shapes`: a dict whose ``"kind"`` is the name of a
class in ``keras.layers`` and whose other entries are the arguments that it is made with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras


def make_layer(description: Mapping[str, Any]) -> keras.layers.Layer:
    """Make the layer that a description speaks of.

    Parameters
    ----------
    description : dict
        Such as ``{"kind": "LSTM", "units": 50}``; the ``"layer"`` of a wrapper such as
        ``Bidirectional`` is a description again.

    Returns
    -------
    keras.layers.Layer
        Not built yet.

    Raises
    ------
    KeyError
        If there is no ``"kind"``.
    ValueError
        If Keras has no layer of that kind.

    Examples
    --------
    >>> make_layer({"kind": "Bidirectional", "layer": {"kind": "GRU", "units": 4}}).merge_mode
    'concat'
    """
    settings = {
        name: make_layer(value) if isinstance(value, Mapping) else value
        for name, value in description.items()
    }
    kind = settings.pop("kind")
    if not hasattr(keras.layers, kind):
        raise ValueError(
            f"got a layer of the kind {kind!r}; expected the name of a class in keras.layers, such "
            "as 'LSTM'"
        )
    return getattr(keras.layers, kind)(**settings)


def build(
    layers: Sequence[Mapping[str, Any]],
    input_shape: tuple[int | None, ...] | None,
    loss: Any = None,
    optimizer: Any = None,
    own_class: bool = False,
) -> keras.Model:
    """Build a model of layers that follow each other.

    Parameters
    ----------
    layers : sequence of dict
        Their descriptions.
    input_shape : tuple of int or None
        Timesteps and features, without the batch; if it is None, the model is not built before it
        sees data.
    loss, optimizer : str or dict, optional
        Names, or what Keras writes down of a loss or optimizer:
        ``{"class_name": "adam", "config": {"learning_rate": 0.01}}``. Without any the model is not
        compiled.
    own_class : bool, optional
        Whether the model is of a class derived from ``keras.Model``, as learners write it.

    Returns
    -------
    keras.Model
        The model; a ``keras.Sequential`` unless it is of a class of its own.

    Examples
    --------
    >>> layers = [{"kind": "LSTM", "units": 50}, {"kind": "Dense", "units": 1}]
    >>> [layer.output.shape for layer in build(layers, (60, 3)).layers]
    [(None, 50), (None, 1)]
    """
    parts = [make_layer(layer) for layer in layers]
    if own_class:
        model = _InARow(parts)
        if input_shape is not None:
            model(keras.ops.zeros((1, *(size or 1 for size in input_shape))))
    else:
        first = [] if input_shape is None else [keras.Input(input_shape)]
        model = keras.Sequential([*first, *parts])
    if loss is not None or optimizer is not None:
        model.compile(loss=keras.losses.get(loss), optimizer=keras.optimizers.get(optimizer))
    return model


class _InARow(keras.Model):  # type: ignore[misc]
    """Layers that follow each other, in a class that does not say how it was made."""

    def __init__(self, parts: list[keras.layers.Layer]) -> None:
        super().__init__()
        self.parts = parts

    def call(self, x: Any, training: bool | None = None) -> Any:
        for part in self.parts:
            x = part(x)
        return x
