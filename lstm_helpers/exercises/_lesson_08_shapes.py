"""Lesson 08: the shape behind every layer, said before anything is run.

A layer is described by a dict: ``"kind"`` is the name of its class in ``keras.layers``, and the
other keys are the arguments that it is made with, with Keras's names and Keras's defaults.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from lstm_helpers.checks import Case, Exercise, Misconception, Output
from lstm_helpers.nn.functions import Array

Shape = tuple[int | None, ...]

_RECURRENT = ("LSTM", "GRU", "SimpleRNN")
_NONE = -(10**6)  # stands for None in an array of integers
_WIDTH = 5  # columns of a table: the number of axes, and room for four of them


def predict_shapes(layers: list[dict[str, Any]], input_shape: tuple[int, int]) -> list[Shape]:
    """Say what every layer of a stack puts out, as Keras would print it.

    Parameters
    ----------
    layers : list of dict
        ``{"kind": "LSTM", "units": 50, "return_sequences": True}`` and the like. The kinds are
        ``"LSTM"``, ``"GRU"``, ``"SimpleRNN"``, ``"Dense"``, ``"Dropout"``, and
        ``"Bidirectional"``, whose ``"layer"`` is the description of a recurrent layer. Without
        the key ``"return_sequences"``, Keras's default holds: False.
    input_shape : tuple of int
        Timesteps and features, without the batch.

    Returns
    -------
    list of tuple
        One shape for each layer; each begins with None, for a batch of any size.

    Examples
    --------
    >>> predict_shapes([{"kind": "LSTM", "units": 50}, {"kind": "Dense", "units": 1}], (60, 3))
    [(None, 50), (None, 1)]
    """
    shapes: list[Shape] = []
    shape: Shape = (None, *input_shape)
    for layer in layers:
        inner = layer["layer"] if layer["kind"] == "Bidirectional" else layer
        if inner["kind"] in _RECURRENT:
            units = inner["units"] * (1 if inner is layer else 2)
            shape = (*shape[:2], units) if inner.get("return_sequences", False) else (None, units)
        elif inner["kind"] == "Dense":
            shape = (*shape[:-1], inner["units"])
        shapes.append(shape)
    return shapes


# --- cases ------------------------------------------------------------------------------------


def _recurrent(kind: str, units: int, sequences: bool | None = None) -> dict[str, Any]:
    layer = {"kind": kind, "units": units}
    return layer if sequences is None else {**layer, "return_sequences": sequences}


def _both_ways(*inner: Any) -> dict[str, Any]:
    return {"kind": "Bidirectional", "layer": _recurrent(*inner)}


def _dense(units: int) -> dict[str, Any]:
    return {"kind": "Dense", "units": units}


def _dropout(rng: np.random.Generator) -> dict[str, Any]:
    return {"kind": "Dropout", "rate": float(rng.choice([0.2, 0.5]))}


def _shape_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for make, note in (
        (lambda u: [_recurrent("LSTM", u[0], True), _recurrent("LSTM", u[1]), _dense(u[2])], ""),
        (
            lambda u: [
                _both_ways("GRU", u[0], True),
                _dropout(rng),
                _dense(u[1]),
                _both_ways("LSTM", u[2]),
                _dense(u[3]),
            ],
            "a bidirectional layer",
        ),
        (
            lambda u: [
                _dense(u[0]),
                _recurrent("SimpleRNN", u[1], True),
                _recurrent("GRU", u[2], True),
                _dropout(rng),
                _dense(u[3]),
            ],
            "an output at every step",
        ),
        (
            lambda u: [
                _recurrent("GRU", u[0], True),
                _recurrent("SimpleRNN", u[1], False),
                _dropout(rng),
                _dense(u[2]),
                _dropout(rng),
                _dense(u[3]),
            ],
            "two dense layers",
        ),
    ):
        # Even, so that dropping a fifth or a half of the units would give a whole number; all
        # different from each other, and none the double or the half of another.
        sizes = 10 * rng.permutation([3, 4, 5, 7, 9, 11, 13])
        T, D, *units = (int(size) for size in sizes)
        cases.append(Case((make(units), (T, D)), {"T": T, "D": D}, note=note))
    return cases


# --- shapes as an array, and back -------------------------------------------------------------


def _as_table(shapes: Any) -> Any:
    """Shapes in one array, a row for each; what is no list of anything comes back as it is."""
    if not isinstance(shapes, list | tuple):
        return shapes
    if shapes and all(map(_is_size, shapes)):  # a single shape where a list of them belongs
        return _as_row(shapes)[None, :, None]
    if any(isinstance(shape, np.ndarray) for shape in shapes):
        return shapes
    return np.array([_as_row(shape) for shape in shapes]).reshape(-1, _WIDTH)


def _as_row(shape: Any) -> Array:
    """The number of axes and the length of each; a number below 0 if it is no shape."""
    row = np.zeros(_WIDTH)
    if not isinstance(shape, list | tuple) or not all(map(_is_size, shape)):
        row[0] = -1
        return row
    entries = [_NONE if entry is None else float(entry) for entry in shape[: _WIDTH - 1]]
    row[: 1 + len(entries)] = [len(shape), *entries]
    return row


def _is_size(entry: Any) -> bool:
    return entry is None or isinstance(entry, int | float | np.number)


def _shape_text(row: Array) -> str:
    if row[0] < 0:
        return "something that is no tuple of numbers and None"
    entries = ["None" if entry == _NONE else f"{entry:g}" for entry in row[1 : 1 + int(row[0])]]
    if row[0] >= _WIDTH:
        entries.append("…")
    return "(" + ", ".join(entries) + ("," if len(entries) == 1 else "") + ")"


def _layer_text(layer: dict[str, Any]) -> str:
    """A layer as it stands in a program."""
    if layer["kind"] == "Bidirectional":
        return f"Bidirectional({_layer_text(layer['layer'])})"
    settings = [str(value) for key, value in layer.items() if key in ("units", "rate")]
    if "return_sequences" in layer:
        settings.append(f"return_sequences={layer['return_sequences']}")
    return f"{layer['kind']}({', '.join(settings)})"


def _in_words(case: Case, got: list[Array], expected: list[Array]) -> str:
    layers, (T, D) = case.args
    (said,), (right,) = got, expected
    if said.shape == (1, _WIDTH, 1):
        return (
            "You return a single shape. A list is wanted, with one shape for each layer: "
            f"{len(layers)} of them in a case with {len(layers)} layers."
        )
    if said.ndim != 2 or said.shape[1] != _WIDTH:
        return ""
    if len(said) != len(right):
        return (
            f"You return {len(said)} shape{'' if len(said) == 1 else 's'} for {len(right)} layers. "
            "Every layer has one, also a layer that leaves the shape as it is."
        )
    k = int((said != right).any(axis=1).argmax())
    before = _shape_text(right[k - 1]) if k else f"(None, {T}, {D})"
    return (
        f"Layer {k + 1} of {len(layers)} is the first to differ: `{_layer_text(layers[k])}` gets "
        f"{before} and puts out {_shape_text(right[k])}; you say {_shape_text(said[k])}."
    )


def _adapted(answer):
    return lambda layers, input_shape: _as_table(answer(layers, input_shape))


# --- wrong answers ----------------------------------------------------------------------------


def _predicted(
    start=lambda input_shape: (None, *input_shape),
    sequences=lambda layer: layer.get("return_sequences", False),
    inner=lambda layer: layer,
    all_steps=lambda shape, units: (*shape[:2], units),
    last_step=lambda shape, units: (shape[0], units),
    both_ways=lambda shape: (*shape[:-1], 2 * shape[-1]),
    dense=lambda shape, units: (*shape[:-1], units),
    dropout=lambda shape, rate: shape,
    hand_on=lambda shape, first: shape,
    finish=lambda shapes, first: shapes,
):
    """`predict_shapes` with one of its parts exchanged."""

    def recurrent(shape, layer, wrapper):
        of_which = all_steps if sequences(inner(wrapper)) else last_step
        return of_which(shape, layer["units"])

    def answer(layers, input_shape):
        shape = first = start(input_shape)
        shapes = []
        for layer in layers:
            if layer["kind"] == "Bidirectional":
                shape = both_ways(recurrent(shape, layer["layer"], layer))
            elif layer["kind"] in _RECURRENT:
                shape = recurrent(shape, layer, layer)
            elif layer["kind"] == "Dense":
                shape = dense(shape, layer["units"])
            elif layer["kind"] == "Dropout":
                shape = dropout(shape, layer["rate"])
            shapes.append(shape)
            shape = hand_on(shape, first)
        return finish([one for one in shapes if one is not None], first)

    return answer


def _wrapped(layer):
    """The layer inside a wrapper."""
    return layer.get("layer", layer)


def _with_batch(size):
    return _right(finish=lambda shapes, first: [(size, *shape[1:]) for shape in shapes])


def _right(**parts):
    return _predicted(**{"inner": _wrapped, **parts})


def _dropout_left_out(layers, input_shape):
    return predict_shapes([one for one in layers if one["kind"] != "Dropout"], input_shape)


def _turned(shape):
    """Time before the batch."""
    return (shape[1], None, *shape[2:]) if len(shape) > 2 else shape


def _all_features(shape):
    """All numbers of one sequence, in a row."""
    return int(np.prod(shape[1:]))


PREDICT_SHAPES = Exercise(
    name="predict_shapes",
    lesson="08",
    title="Every shape before running",
    points=2,
    minutes=10,
    reference=predict_shapes,
    cases=_shape_cases,
    outputs=(Output("shapes", ("layers", "axes")),),
    adapt=_adapted,
    in_words=_in_words,
    seconds=4.0,  # for an answer that lets Keras build the layers
    misconceptions=(
        Misconception(
            "batch-left-out",
            _right(finish=lambda shapes, first: [shape[1:] for shape in shapes]),
            "The batch axis is missing. `input_shape` is given without it, but what a layer puts "
            "out has it, and Keras prints it as None: (None, 60, 50).",
        ),
        Misconception(
            "batch-as-a-number",
            _with_batch(1),
            "The first axis is a number. How many sequences a batch will hold is not known before "
            "there is one: Keras prints None there.",
            variants=tuple(map(_with_batch, (0, -1, 32, 64))),
        ),
        Misconception(
            "always-all-steps",
            _right(sequences=lambda layer: True),
            "Every recurrent layer is taken to put out all its steps. Without "
            "`return_sequences=True` only the last output comes out, and the time axis is gone.",
        ),
        Misconception(
            "never-all-steps",
            _right(sequences=lambda layer: False),
            "Every recurrent layer is taken to put out its last step only. With "
            "`return_sequences=True` there is an output at each of the T steps.",
        ),
        Misconception(
            "sequences-by-default",
            _right(sequences=lambda layer: layer.get("return_sequences", True)),
            "Where `return_sequences` is not given you take it for True. Keras's default is False: "
            "the last output only.",
        ),
        Misconception(
            "sequences-turned-round",
            _right(sequences=lambda layer: not layer.get("return_sequences", False)),
            "`return_sequences` is read the wrong way round: True means an output at every step, "
            "False the last one only.",
        ),
        Misconception(
            "key-is-enough",
            _right(sequences=lambda layer: "return_sequences" in layer),
            "You ask whether `return_sequences` is given, and not what it says: it may be given as "
            "False.",
        ),
        Misconception(
            "units-for-timesteps",
            _right(all_steps=lambda shape, units: (None, units, shape[-1])),
            "You put `units` where the time axis is. `units` is the size of the hidden state, H; "
            "how many steps there are is up to the data.",
            variants=(
                _right(
                    all_steps=lambda shape, units: (None, units, shape[-1]),
                    last_step=lambda shape, units: (None, shape[-1]),
                ),
                _right(all_steps=lambda shape, units: (None, units, units)),
            ),
        ),
        Misconception(
            "one-step-left-over",
            _right(last_step=lambda shape, units: (None, 1, units)),
            "Where only the last output comes out you keep a time axis of length 1. Keras drops "
            "it: (None, units).",
        ),
        Misconception(
            "last-step-of-features",
            _right(last_step=lambda shape, units: (None, shape[-1])),
            "A recurrent layer without `return_sequences` puts out its hidden state, which has "
            "`units` numbers, whatever the number of features it reads.",
            variants=(_right(last_step=lambda shape, units: (None, shape[1])),),
        ),
        Misconception(
            "bidirectional-not-doubled",
            _right(both_ways=lambda shape: shape),
            "A bidirectional layer is taken for a single one. It holds two, one for each "
            "direction, and puts their outputs side by side: twice the units.",
        ),
        Misconception(
            "bidirectional-doubles-time",
            _right(
                both_ways=lambda shape: (
                    (shape[0], 2 * shape[1], *shape[2:]) if len(shape) > 2 else shape
                )
            ),
            "The two directions are put one after the other in time. They stand side by side at "
            "the same step: T stays, the units double.",
            variants=(_right(both_ways=lambda shape: (shape[0], 2 * shape[1], *shape[2:])),),
        ),
        Misconception(
            "wrapper-asked",
            _predicted(),
            "You ask `Bidirectional` itself for `return_sequences`. That is an argument of the "
            'layer inside: `layer["layer"].get("return_sequences", False)`.',
        ),
        Misconception(
            "dense-takes-time-away",
            _right(dense=lambda shape, units: (shape[0], units)),
            "After a sequence `Dense` is taken to drop the time axis. It works on the last axis "
            "alone and leaves the others: (None, T, features) becomes (None, T, units).",
        ),
        Misconception(
            "dense-flattens",
            _right(dense=lambda shape, units: (shape[0], _all_features((*shape[:-1], units)))),
            "`Dense` is taken to lay all steps in one row. That is what `Flatten` does; `Dense` "
            "works at every step by itself: (None, T, units).",
        ),
        Misconception(
            "dense-adds-an-axis",
            _right(dense=lambda shape, units: (*shape, units)),
            "`Dense` is taken to add an axis. It replaces the last one, the features, by its "
            "`units`.",
        ),
        Misconception(
            "dropout-shrinks",
            _right(dropout=lambda shape, rate: (*shape[:-1], round(shape[-1] * (1 - rate)))),
            "Dropout is taken to remove units. It sets some of them to zero, others each time; the "
            "shape stays.",
            variants=(
                _right(dropout=lambda shape, rate: (*shape[:-1], int(shape[-1] * (1 - rate)))),
                _right(dropout=lambda shape, rate: (*shape[:-1], shape[-1] * (1 - rate))),
            ),
        ),
        Misconception(
            "dropout-left-out",
            _dropout_left_out,
            "Shapes are missing: `Dropout` changes none, but it is a layer and has an output. "
            "Repeat the shape before it.",
        ),
        Misconception(
            "input-counted",
            _right(finish=lambda shapes, first: [first, *shapes]),
            "There is one shape too many: yours begin with that of the input. One for the output "
            "of each layer is wanted.",
            variants=(_right(finish=lambda shapes, first: [first, *shapes[:-1]]),),
        ),
        Misconception(
            "last-shape-only",
            _right(finish=lambda shapes, first: [shapes[-1]]),
            "Only the last shape is there. A list is wanted, with the output of every layer: "
            "append in the loop, return behind it.",
            variants=(_right(finish=lambda shapes, first: shapes[-1]),),
        ),
        Misconception(
            "first-shape-only",
            _right(finish=lambda shapes, first: shapes[:1]),
            "Only the first shape is there. Is the `return` inside the loop? It ends the function "
            "at the first layer.",
            variants=(_right(finish=lambda shapes, first: shapes[0]),),
        ),
        Misconception(
            "each-layer-on-the-input",
            _right(hand_on=lambda shape, first: first),
            "Every layer is taken to read the input of the whole stack. A layer reads what the one "
            "before it puts out: hand the shape on in the loop.",
        ),
        Misconception(
            "time-first",
            _right(finish=lambda shapes, first: list(map(_turned, shapes))),
            "Time stands before the batch. Keras has (batch, time, features); time first is what "
            "PyTorch does when nobody tells it otherwise.",
        ),
        Misconception(
            "features-before-time",
            _right(all_steps=lambda shape, units: (None, units, shape[1])),
            "The last two axes are exchanged. Keras has (batch, time, features), and what a layer "
            "makes new is the last axis.",
        ),
        Misconception(
            "gates-counted",
            _right(
                all_steps=lambda shape, units: (*shape[:2], 4 * units),
                last_step=lambda shape, units: (None, 4 * units),
            ),
            "The units are multiplied by the four gates. Gates work inside the cell; what comes "
            "out is h, with `units` numbers.",
        ),
    ),
    hints=(
        "Keep one variable, the shape so far, beginning with (None, *input_shape). What does each "
        "kind of layer do to it?",
        "A recurrent layer replaces the features by its units, and drops the time axis unless "
        "`return_sequences` is true; `Bidirectional` doubles the units; `Dense` replaces the last "
        "axis; `Dropout` changes nothing.",
        'For a recurrent layer: `(None, shape[1], units)` if `layer.get("return_sequences", '
        "False)` else `(None, units)`. For Dense: `(*shape[:-1], units)`. Append each shape to a "
        "list.",
    ),
)
