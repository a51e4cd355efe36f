"""Lesson 08: what a function that builds a model is asked for, and what is measured of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from lstm_helpers import nn
from lstm_helpers.checks import Case, Output
from lstm_helpers.nn.functions import Array

Found = dict[str, Any]

_SENTENCES = {
    "compiled": "The model is not compiled: call `model.compile(...)` before the `return`.",
    "sequence_axes": "The model reads sequences with {sequence_axes:.0f} axes; expected 2, "
    "(timesteps, features).",
    "timesteps": "The model reads sequences of {timesteps:.0f} steps; expected {expected:.0f}, "
    "as `timesteps` says.",
    "features": "The model reads {features:.0f} features at each step; expected "
    "{expected:.0f}, as `features` says.",
    "batch_size": "The model reads batches of exactly {batch_size:.0f} sequences. Leave the "
    "batch out of `Input`: then it takes any number.",
    "lstm_layers": "The model has {lstm_layers:.0f} LSTM layers; expected {expected:.0f}.",
    "other_recurrent_layers": "Of the recurrent layers, {other_recurrent_layers:.0f} are no "
    "plain LSTM; expected none.",
    "units": "The recurrent layers have {units} units; expected {expected}.",
    "dense_layers": "The model has {dense_layers:.0f} Dense layers; expected one, at the end.",
    "other_layers": "The model has arrays of weights that belong neither to a recurrent nor to a "
    "Dense layer: {other_layers:.0f} of them; expected none.",
    "put_out": "The last layer has {put_out:.0f} units; expected {expected:.0f}.",
    "read_by_the_first": "The first layer with weights reads {read_by_the_first:.0f} numbers "
    "at a time; expected {expected:.0f}, the features of a step.",
    "trainable": "Training may change {trainable:.0f} numbers of the model; expected "
    "{expected:.0f}. Is a layer frozen (`trainable=False`), or without its bias?",
    "loss": "For given predictions and targets the compiled loss is {loss:.4g}; expected "
    "{expected:.4g} (-1 stands for: it cannot be computed).",
    "update": "With given gradients, two steps of the optimizer move the weights by {update}; "
    "expected {expected}.",
    "dropped": "In training the model puts out something else than afterwards: they differ by "
    "{dropped:.2g}. This one has no dropout and no noise.",
    "carried": "The same batch gives something else the second time: they differ by "
    "{carried:.2g}. Each batch starts from zero states; leave `stateful` at False.",
    "copied": "Keras cannot copy the model (`keras.models.clone_model`), as section 3 does: it "
    "holds a class or function that Keras does not know.",
    "moved": "One step of training changes {moved:.0f} of the arrays of weights; expected "
    "{expected:.0f}, all of them.",
}
_AXES = {"units": ("layers",), "update": ("numbers",)}


class Seen(list[Any]):
    """What was measured of a model, in the order of the exercise's outputs, and what else is known.

    Parameters
    ----------
    found : dict
        All that `lstm_helpers.frameworks.keras_probe.measure` found.
    """

    def __init__(self, found: Found) -> None:
        super().__init__(found[name] for name in (*_SENTENCES, "outputs"))
        self.found = found

    def plain(self) -> Found:
        """What a grader's worker sends of it.

        Returns
        -------
        dict
            All that was found.
        """
        return self.found

    @classmethod
    def received(cls, value: Any) -> Any:
        """Make it again of what a grader's worker sent: `Exercise.received`.

        Parameters
        ----------
        value : object
            A dict as `plain` gives it; anything else is handed on as it is.

        Returns
        -------
        Seen or object
            As it was in the worker; layers as `lstm_helpers.frameworks.keras_weights.Layer`.
        """
        from lstm_helpers.frameworks.keras_weights import Layer

        if not isinstance(value, dict):
            return value
        return cls({**value, "layers": [Layer(*layer) for layer in value["layers"]]})

    def by_name(self, arrays: list[Array]) -> dict[str, Array]:
        """Give names to other arrays in the same order.

        Parameters
        ----------
        arrays : list of ndarray
            Such as what is right in the same case.

        Returns
        -------
        dict of str to ndarray
            Under the names that `found` has.
        """
        return dict(zip((*_SENTENCES, "outputs"), arrays, strict=True))


class Task(NamedTuple):
    """What the model of an exercise should be.

    Attributes
    ----------
    num_layers : int
        LSTM layers above one another.
    units : int
        In each of them.
    put_out : int or None
        Numbers per sequence; None: as many as there are classes.
    activation : str
        Of the last layer.
    loss, optimizer : str
        As Keras calls them.
    """

    num_layers: int
    units: int
    put_out: int | None
    activation: str
    loss: str
    optimizer: str

    def layers(self, *sizes: int) -> list[dict[str, Any]]:
        """Describe the right layers.

        Parameters
        ----------
        *sizes : int
            Timesteps, features and, for a classifier, the number of classes.

        Returns
        -------
        list of dict
            As in `predict_shapes`.
        """
        return [*stack(self.num_layers, self.units), self.head(*sizes)]

    @property
    def letters(self) -> str:
        """Of the sizes of a case."""
        return "NTDV" if self.put_out is None else "NTD"

    @property
    def outputs(self) -> tuple[Output, ...]:
        """What is measured, in the order in which it is spoken of, and what the model computes."""
        return (
            *(Output(name, _AXES.get(name, ()), wrong=text) for name, text in _SENTENCES.items()),
            Output("model(x)", ("N", "V" if self.put_out is None else str(self.put_out))),
        )

    def head(self, *sizes: int, **settings: Any) -> dict[str, Any]:
        """Describe the right last layer.

        Parameters
        ----------
        *sizes : int
            As in `layers`.
        **settings
            What is to be otherwise.

        Returns
        -------
        dict
            As in `predict_shapes`.
        """
        units = sizes[2] if self.put_out is None else self.put_out
        return {"kind": "Dense", "units": units, "activation": self.activation, **settings}

    def answer(
        self,
        layers: Callable[..., Sequence[dict[str, Any]]] | None = None,
        inputs: Callable[..., tuple[int | None, ...] | None] = lambda *sizes: sizes[:2],
        compiled: bool = True,
        own_class: bool = False,
        **compiling: Any,
    ) -> Callable[..., Any]:
        """Make an answer to the exercise with some of its parts exchanged.

        Parameters
        ----------
        layers : callable, optional
            Takes the sizes and describes the layers.
        inputs : callable, optional
            Takes the sizes and returns the shape of a sequence.
        compiled : bool, optional
            Whether the model is compiled.
        own_class : bool, optional
            Whether it is of a class of its own, derived from ``keras.Model``.
        **compiling
            Loss and optimizer, if they are to be others: by name, or as Keras writes them down,
            ``{"class_name": ..., "config": ...}``.

        Returns
        -------
        callable
            Builds the model.
        """

        def built(*sizes: int) -> Any:
            from lstm_helpers.frameworks import keras_models

            settings = {"loss": self.loss, "optimizer": self.optimizer, **compiling}
            return keras_models.build(
                (layers or self.layers)(*sizes),
                inputs(*sizes),
                own_class=own_class,
                **(settings if compiled else {}),
            )

        return built


def stack(
    count: int, units: int, kind: str = "LSTM", between: bool = True, last: bool = False, **more
) -> list[dict[str, Any]]:
    """Describe recurrent layers above one another.

    Parameters
    ----------
    count, units : int
        How many layers, and units in each.
    kind : str, optional
        Of which class.
    between, last : bool, optional
        Whether those below, and the last one, put out all steps.
    **more
        Further arguments of each layer.

    Returns
    -------
    list of dict
        As in `predict_shapes`.
    """
    return [
        {"kind": kind, "units": units, "return_sequences": last if k == count else between, **more}
        for k in range(1, count + 1)
    ]


def put_to_use(answer: Callable[..., Any]) -> Callable[..., Any]:
    """Make a function that builds a model into one that measures it: `Exercise.adapt`.

    Parameters
    ----------
    answer : callable
        Builds the model.

    Returns
    -------
    callable
        Takes the arguments of a case.
    """
    from lstm_helpers.frameworks import keras_probe

    keras_probe.warm_up()

    def tried(settings, x, targets, predictions, weights, put_to_work):
        found = keras_probe.measure(answer, settings, x, targets, predictions, weights, put_to_work)
        if found is None:
            return None
        return Seen({**found, "targets": targets, "predictions": predictions})

    return tried


def draw_cases(task: Task, rng: np.random.Generator) -> list[Case]:
    """Draw sizes, a batch, and weights for the right model.

    Parameters
    ----------
    task : Task
        What the model should be.
    rng : numpy.random.Generator
        Draws the numbers.

    Returns
    -------
    list of Case
        Two; the model is put to work in one of them, which takes a few tenths of a second.
    """
    cases = []
    for N, T, D, V, put_to_work in ((6, 3, 4, 5, True), (2, 4, 3, 6, False)):
        V = task.put_out or V
        settings = (T, D) if task.put_out else (T, D, V)
        x = rng.normal(size=(N, T, D)).astype(np.float32)
        targets, predictions = _draw_pairs(task, N, V, rng)
        weights = _draw_weights(task, x, V, rng)
        args = settings, x, targets, predictions, weights, put_to_work
        sizes = {"N": N, "T": T, "D": D, "V": V}
        cases.append(Case(args, {letter: sizes[letter] for letter in task.letters}))
    return cases


def _draw_pairs(task: Task, N: int, V: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Draw targets and predictions so far apart that different losses are different numbers."""
    predictions = rng.normal(size=(N, V))
    if task.put_out:
        targets = predictions + rng.choice([-1.0, 1.0], (N, V)) * rng.uniform(1.5, 3.0, (N, V))
    else:
        targets = np.eye(V)[rng.integers(V, size=N)]
        powers = np.exp(predictions - 2.0 * targets)
        predictions = powers / powers.sum(axis=1, keepdims=True)
    return targets.astype(np.float32), predictions.astype(np.float32)


def _draw_weights(task: Task, x: Array, V: int, rng: np.random.Generator) -> list[Array]:
    """Draw weights with which the last layer puts out large numbers of both signs, before its \
activation: then none can be mistaken for another."""
    D, H = x.shape[2], task.units
    layers = [
        nn.LSTMParams(
            rng.normal(0.0, 1.0 / np.sqrt(inputs), (inputs, 4 * H)),
            rng.normal(0.0, 1.0 / np.sqrt(H), (H, 4 * H)),
            rng.normal(0.0, 0.5, 4 * H),
        )
        for inputs in (D, *[H] * (task.num_layers - 1))
    ]
    outputs, _, _ = nn.stack_forward("lstm", x.astype(float), tuple((one,) for one in layers))
    W = rng.normal(size=(H, V))
    z = outputs[:, -1] @ W
    W *= 2.0 / z.std(axis=0)
    b = -2.0 * z.mean(axis=0) / z.std(axis=0)
    arrays = [*(array for one in layers for array in one), W, b]
    return [array.astype(np.float32) for array in arrays]


def _other_readings(case: Case) -> Iterator[tuple[str, Array]]:
    """What the model would put out if it read other outputs of its LSTMs, and what to say then."""
    _, x, _, _, arrays, _ = case.args
    *recurrent, W, b = (array.astype(float) for array in arrays)
    params = [nn.LSTMParams(*recurrent[k : k + 3]) for k in range(0, len(recurrent), 3)]

    def put_out(hidden: Array) -> Array:
        z: Array = hidden @ W + b
        if "V" not in case.sizes:
            return z
        powers: Array = np.exp(z - z.max(axis=1, keepdims=True))
        shares: Array = powers / powers.sum(axis=1, keepdims=True)
        return shares

    def run(repeats: tuple[int, ...]) -> Array:
        """All outputs; between two layers 0 hands on all of them, T the last one T times."""
        hs: Array = x.astype(float)
        for layer, times in zip(params, (*repeats, 0), strict=True):
            hs, _, _ = nn.stack_forward("lstm", hs, ((layer,),))
            hs = np.repeat(hs[:, -1:], times, axis=1) if times else hs
        return hs

    T = x.shape[1]
    for repeats in product((0, T), repeat=len(params) - 1):
        if any(repeats):
            yield (
                "An LSTM does not read the outputs of the one before it, but its last output "
                f"{T} times over. Put no `RepeatVector` between them: the lower LSTM has "
                "`return_sequences=True`.",
                put_out(run(repeats)[:, -1]),
            )
    outputs = run((0,) * (len(params) - 1))
    for what, hidden in (("mean", outputs.mean(axis=1)), ("maximum", outputs.max(axis=1))):
        yield (
            f"Dense reads the {what} over all steps. What is asked for is the last output: the "
            "last LSTM without `return_sequences`, and no pooling layer behind it.",
            put_out(hidden),
        )


def other_numbers(case: Case, got: list[Array], expected: list[Array]) -> str:
    """Say that a model with the right weights computes something else: `Exercise.in_words`.

    Parameters
    ----------
    case : Case
        Where.
    got, expected : list of ndarray
        What was measured.

    Returns
    -------
    str
        A sentence, or "" if the shape is wrong already.
    """
    mine, right = got[-1], expected[-1]
    if mine.shape != right.shape:
        return ""
    for sentence, outputs in _other_readings(case):
        if np.allclose(mine, outputs, rtol=1e-3, atol=1e-5):
            return sentence
    first = (0,) * right.ndim
    return (
        "The layers have the right weights, but compute something else with them: for a given "
        f"batch and given weights, `model(x)[0, 0]` is {mine[first]:.4g}; expected "
        f"{right[first]:.4g}. Leave the arguments of the layers at their defaults, apart from "
        "those that the exercise names."
    )
