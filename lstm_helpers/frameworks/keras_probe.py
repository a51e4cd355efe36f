"""What is measured of a function that builds a compiled Keras model, whatever it is made of.

Kinds and sizes of layers are read from the shapes of the weights; loss and optimizer are put to
use. Then the weights are set to given ones, so that what the model computes can be compared.

Letters: N sequences, T steps, D features, V numbers put out.
"""

from __future__ import annotations

import inspect
import random
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from lstm_helpers.frameworks.keras_weights import Layer, read_layers

Array = npt.NDArray[Any]

_ROUNDING = 1e-5
_NOT_COMPUTED = -1.0  # stands for a loss that cannot be computed
# What an optimizer is tried on: the last entry of the gradients is zero, so that only a decay of
# the weights moves it. They are short, so that no usual clipping shortens them.
_START = np.array([0.0, 0.0, 0.0, 100.0], dtype=np.float32)
_GRADIENTS = np.array([[0.05, -0.2, 0.01, 0.0], [-0.02, -0.1, 0.03, 0.0]], dtype=np.float32)


_NOT_AT_WORK: dict[str, Any] = {
    "loss": 0.0,
    "loss_of_labels": 0.0,
    "optimizer": "",
    "update": np.zeros(len(_START)),
    "fits": False,
    "dropped": 0.0,
    "carried": 0.0,
    "moved": 0.0,
    "learned": False,
    "copied": 1.0,
}


def measure(
    answer: Callable[..., Any],
    settings: tuple[int, ...],
    x: Array,
    targets: Array,
    predictions: Array,
    weights: Sequence[Array],
    put_to_work: bool,
) -> dict[str, Any] | None:
    """Build a model and find out what it is.

    Parameters
    ----------
    answer : callable
        Builds the model from timesteps, features and, for a classifier, the number of classes.
    settings : tuple of int
        These.
    x : ndarray (N, T, D)
        A batch.
    targets : ndarray (N, V)
        What belongs to it.
    predictions : ndarray (N, V)
        What the compiled loss is tried on, together with ``targets``.
    weights : sequence of ndarray
        Those of a right model, in their order. A model that has weights of other shapes keeps its
        own.
    put_to_work : bool
        Whether the model, its loss and its optimizer are used; if not, only its form is looked at,
        and zeros stand for the rest.

    Returns
    -------
    dict or None
        By name what was measured; see the exercises of lesson 08 for what each means. None if
        the answer returned None.

    Raises
    ------
    TypeError
        If what is built is no Keras model.

    Notes
    -----
    Python's random numbers are afterwards where they were.
    """
    random_numbers = random.getstate()  # from which Keras draws the seeds of its layers
    try:
        with _trying("building the model"):
            model = answer(*settings)
        return (
            None
            if model is None
            else _measure(model, x, targets, predictions, weights, put_to_work)
        )
    finally:
        random.setstate(random_numbers)


def _measure(
    model: Any,
    x: Array,
    targets: Array,
    predictions: Array,
    weights: Sequence[Array],
    put_to_work: bool,
) -> dict[str, Any]:
    if not isinstance(model, keras.Model):
        raise TypeError(
            f"what it returns is of the type {type(model).__name__}; expected a Keras model, a "
            "keras.Sequential or a keras.Model"
        )
    _, T, D = x.shape
    declared = _declared(model, T, D)
    readable = tuple(declared.values()) in ((2, T, D, 0), (2, T, D, len(x)))
    if readable and not (model.built and model.weights):  # `build` may promise too much
        with _trying("a batch"):
            model(x)
    layers = read_layers([tuple(array.shape) for array in model.weights])
    found = {
        "compiled": float(model.compiled),
        **_named(model),
        **declared,
        **_counted(model, layers, weights),
        **_NOT_AT_WORK,
        "outputs": np.zeros_like(targets),
        "at_work": put_to_work,
    }
    if put_to_work and model.compiled:
        found |= _compiled(model, targets, predictions)
    if put_to_work and readable:
        found |= {**_at_work(model, x, weights), "copied": float(_can_be_copied(model))}
    if put_to_work and readable and model.compiled:
        found["moved"] = _moved(model, x, targets)
    return found


def _at_work(model: keras.Model, x: Array, weights: Sequence[Array]) -> dict[str, Any]:
    """What the model computes with given weights, and whether it does so again."""
    fits = [array.shape for array in model.weights] == [array.shape for array in weights]
    if fits:
        model.set_weights(list(weights))
    with _trying("a batch"):
        outputs = np.asarray(model(x, training=False))
    before = _kept(model)
    with _trying("the same batch in training mode"):
        dropped = _gap(model(x, training=True), outputs)
    learned = not all(map(np.array_equal, before, _kept(model)))
    # Another result is due to dropout, or to something that the first call left behind.
    with _trying("the same batch again"):
        carried = _gap(model(x, training=False), outputs) if dropped else 0.0
    return {
        "fits": fits,
        "outputs": outputs if fits else np.zeros_like(outputs),
        "dropped": 0.0 if carried or learned else dropped,
        "carried": carried,
        "learned": learned,
    }


def _kept(model: keras.Model) -> list[Array]:
    """Weights that no gradient moves, such as the running means of a BatchNormalization."""
    return [np.array(one.numpy()) for one in model.non_trainable_weights]


def _named(model: keras.Model) -> dict[str, bool]:
    """Whether a loss was given, one that a saved model can name; and whether states are kept."""
    loss = getattr(model, "loss", None) if model.compiled else None
    own = [one for one in keras.tree.flatten(loss) if inspect.isfunction(one)]
    names = [(one, keras.saving.get_registered_name(one)) for one in own]
    return {
        "loss_given": loss is not None,
        "own_loss": any(
            name == one.__name__ and not one.__module__.startswith("keras.") for one, name in names
        ),
        "stateful": any(getattr(layer, "stateful", False) for layer in model.layers),
    }


def _can_be_copied(model: keras.Model) -> bool:
    """Whether Keras can make the model again of what the model says of itself."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            copied = keras.models.clone_model(model)
        shapes = [array.shape for array in copied.weights]
    except Exception:  # it names classes and functions that are not Keras's
        return False
    return shapes == [array.shape for array in model.weights]


@cache
def warm_up() -> None:
    """Let TensorFlow load what it loads at the first computation."""
    model = keras.Sequential([keras.Input((1, 1)), keras.layers.LSTM(1)])
    model.compile(optimizer="adam", loss="mse", run_eagerly=True)
    model.train_on_batch(np.zeros((1, 1, 1)), np.zeros((1, 1)))


def _declared(model: keras.Model, T: int, D: int) -> dict[str, float]:
    """What the model says it reads; what it leaves open counts as right."""
    shape = model.inputs[0].shape if model.built and getattr(model, "inputs", None) else (None,) * 3
    right = (0, T, D)
    sizes = [known if size is None else size for size, known in zip(shape, right, strict=False)]
    batch, timesteps, features = [*sizes, 0, 0, 0][:3]
    return {
        "sequence_axes": float(len(shape) - 1),
        "timesteps": float(timesteps),
        "features": float(features),
        "batch_size": float(batch),
    }


def _counted(model: keras.Model, layers: list[Layer], weights: Sequence[Array]) -> dict[str, Any]:
    """Numbers of layers and their sizes."""
    right = read_layers([array.shape for array in weights])
    recurrent = [layer for layer in layers if layer.is_recurrent]
    dense = [layer for layer in layers if layer.kind == "Dense"]
    units = np.zeros(sum(layer.kind == "LSTM" for layer in right), dtype=int)
    mine = [layer.units for layer in recurrent][: len(units)]
    units[: len(mine)] = mine
    plain = [layer for layer in recurrent if layer.kind == "LSTM" and layer.directions == 1]
    return {
        "lstm_layers": float(len(plain)),
        "other_recurrent_layers": float(len(recurrent) - len(plain)),
        "units": units,
        "dense_layers": float(len(dense)),
        "other_layers": float(len(layers) - len(recurrent) - len(dense)),
        "put_out": float(layers[-1].units if layers else 0),
        "read_by_the_first": float(layers[0].inputs if layers else 0),
        "trainable": float(sum(int(np.prod(w.shape)) for w in model.trainable_weights)),
        "layers": layers,
        "activations": [
            getattr(layer.activation, "__name__", "")
            for layer in model.layers
            if hasattr(layer, "recurrent_activation")
        ],
    }


def _compiled(model: keras.Model, targets: Array, predictions: Array) -> dict[str, Any]:
    """The loss of given predictions, and what two updates with given gradients do."""
    optimizer = type(model.optimizer).from_config(model.optimizer.get_config())
    variable = keras.Variable(_START)
    for gradient in _GRADIENTS:
        optimizer.apply([keras.ops.convert_to_tensor(gradient)], [variable])
    return {
        "loss": _loss(model, targets, predictions),
        "loss_of_labels": _loss(model, targets.argmax(axis=1), predictions),
        "optimizer": type(optimizer).__name__,
        "update": np.asarray(variable) - _START,
    }


def _loss(model: keras.Model, targets: Array, predictions: Array) -> float:
    try:
        tensor = keras.ops.convert_to_tensor(predictions)
        loss = float(model.compute_loss(y=targets, y_pred=tensor))
    except Exception:  # such as sparse cross-entropy on rows of 0 and 1
        return _NOT_COMPUTED
    return loss if np.isfinite(loss) else _NOT_COMPUTED


def _moved(model: keras.Model, x: Array, targets: Array) -> float:
    """How many arrays one step of training changes."""
    before = model.get_weights()
    model.run_eagerly = True  # a graph takes seconds
    try:
        model.train_on_batch(x, targets)
    except Exception:  # a loss that does not fit the targets was seen before
        return 0.0
    changed = zip(before, model.get_weights(), strict=True)
    return float(sum(not np.array_equal(one, other) for one, other in changed))


def _gap(result: Any, outputs: Array) -> float:
    """The largest difference, relative to the largest output; 0 if it is but rounding."""
    array = np.asarray(result)
    if array.shape != outputs.shape:
        return 1.0
    largest = 1 + float(np.abs(outputs).max(initial=0.0))
    gap = float(np.abs(array - outputs).max(initial=0.0)) / largest
    return gap if gap > _ROUNDING else 0.0


@contextmanager
def _trying(what: str) -> Iterator[None]:
    """Say with an error what was being tried."""
    try:
        yield
    except Exception as error:
        error.add_note(f"What was tried: {what}.")
        raise
