"""Lesson 08: what goes wrong in building a model, told by what was measured of it.

Building a Keras model takes a fiftieth of a second, too long for building every wrong one at each
check. So a mistake is recognised by what was measured of an answer; the wrong models are built in
the tests.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from lstm_helpers.checks import Misconception
from lstm_helpers.exercises._lesson_08_models import Found, Seen, Task, stack
from lstm_helpers.nn.functions import Array

Right = dict[str, Array]
Test = Callable[[Found, Right], Any]

_DENSE = {"kind": "Dense", "units": 25}
_REFUSED = re.compile(r"found ndim=(\d+)\. Full shape received: \(([^)]*)\)")

# --- how mistakes show ------------------------------------------------------------------------


def when(test: Test) -> Callable[..., bool]:
    """Make a `shows` of a test on what was found and what is right.

    Parameters
    ----------
    test : callable
        Takes both by name.

    Returns
    -------
    callable
        Says whether the test holds in every case in which the model was put to work.
    """

    def shows(seen: list[Any], expected: list[list[Array]]) -> bool:
        return all(isinstance(one, Seen) for one in seen) and all(
            test(one.found, one.by_name(right))
            for one, right in zip(seen, expected, strict=True)
            if one.found["at_work"]
        )

    return shows


def when_refused(test: Callable[[int, int], Any]) -> Callable[..., bool]:
    """Make a `shows` of a test on the input that Keras refused to give to a recurrent layer.

    Parameters
    ----------
    test : callable
        Takes the number of axes of that input, and the length of the last one.

    Returns
    -------
    callable
        Says whether Keras refused such an input in every case.
    """

    def shows(seen: list[Any], expected: list[list[Array]]) -> bool:
        texts = [str(one) if isinstance(one, ValueError) else "" for one in seen]
        refused = [_REFUSED.search(text) for text in texts]
        return all(
            match is not None and test(int(match[1]), int(match[2].split(",")[-1]))
            for match in refused
        )

    return shows


def _squares(y, prediction):
    return (y - prediction) ** 2


def _recurrent(found: Found) -> list[Any]:
    return [layer for layer in found["layers"] if layer.is_recurrent]


def differs(name: str) -> Test:
    """Make a test of whether one thing that was measured is wrong in a compiled model.

    Parameters
    ----------
    name : str
        What was measured.

    Returns
    -------
    callable
        For `when`.
    """
    return lambda found, right: (
        found["compiled"] and not np.allclose(found[name], right[name], rtol=1e-3, atol=1e-6)
    )


def _other_units(found: Found, right: Right) -> bool:
    units = [layer.units for layer in _recurrent(found)]
    wrong = [mine for mine in units if mine != int(right["units"][0])]
    return bool(wrong) and any(mine != int(right["timesteps"]) for mine in wrong)


def _units_are_steps(found: Found, right: Right) -> bool:
    return bool(_recurrent(found)) and all(
        layer.units == int(right["timesteps"]) for layer in _recurrent(found)
    )


def _flattened(found: Found, right: Right) -> bool:
    recurrent = _recurrent(found)
    return bool(recurrent) and any(
        layer.inputs == int(right["timesteps"]) * recurrent[-1].units
        for layer in found["layers"]
        if layer.kind == "Dense"
    )


def common_mistakes(
    task: Task,
    number: str,
    optimizers: Sequence[Any],
    losses: Sequence[Any],
    known_losses: Sequence[Test] = (),
) -> tuple[Misconception, ...]:
    """What goes wrong in both exercises.

    Parameters
    ----------
    task : Task
        What the model should be.
    number : str
        The number of its LSTM layers, in words.
    optimizers, losses : sequence
        Wrong ones.
    known_losses : sequence of callable
        Tests for wrong losses that the exercise has a word for.

    Returns
    -------
    tuple of Misconception
        Each recognised by what was measured.
    """
    count, units, put = task.num_layers, task.units, task.answer

    def lstms(*args, inputs=lambda *sizes: sizes[:2], **more):
        """An answer with other recurrent layers."""
        return put(lambda *sizes: [*stack(*args, **more), task.head(*sizes)], inputs)

    def lstms_and(*layers):
        """An answer with further layers behind the recurrent ones."""
        return put(lambda *sizes: [*stack(count, units), *layers, task.head(*sizes)])

    def both_ways(*sizes):
        *below, last = stack(count, units)
        return [*below, {"kind": "Bidirectional", "layer": last}, task.head(*sizes)]

    def dropout_between(*sizes):
        pairs = [(one, {"kind": "Dropout", "rate": 0.2}) for one in stack(count, units)]
        return [*(layer for pair in pairs for layer in pair), task.head(*sizes)]

    def head_recurrent(*sizes):
        last = {"kind": "LSTM", "units": task.head(*sizes)["units"]}
        return [*stack(count - 1, units, last=True), last]

    return (
        Misconception(
            "returned-none",
            lambda *sizes: put()(*sizes).compile(optimizer=task.optimizer, loss=task.loss),
            "Nothing came back. `model.compile(...)` changes the model in place and returns None: "
            "call it on a line of its own, and `return model` on the next.",
            shows=lambda seen, expected: all(one is None for one in seen),
        ),
        Misconception(
            "return-sequences-missing",
            lstms(count, units, between=False),
            "An LSTM reads a sequence, but the one before it hands on its last output alone. Every "
            "LSTM that is followed by another needs `return_sequences=True`.",
            variants=(lstms(count, units, between=False, inputs=lambda *sizes: None),),
            shows=when_refused(lambda axes, last: axes == 2 and last == units),
        ),
        Misconception(
            "sequence-put-out",
            lstms(count, units, last=True),
            "The model answers at every step. The last LSTM has `return_sequences=True`, but what "
            "is asked for is one answer for each sequence: leave it out there.",
            shows=when(lambda found, right: found["outputs"].ndim == 3),
        ),
        Misconception(
            "features-only",
            put(inputs=lambda *sizes: (sizes[1],)),
            "The input shape has one entry. A sequence has two axes, time and features: "
            "`keras.Input((timesteps, features))`.",
            variants=(put(inputs=lambda *sizes: (sizes[0],)),),
            shows=when_refused(lambda axes, last: axes == 2 and last != units),
        ),
        Misconception(
            "batch-in-the-input-shape",
            put(inputs=lambda *sizes: (None, *sizes[:2])),
            "The input shape has an entry too many: Keras puts the batch axis in front by itself. "
            "`keras.Input((timesteps, features))`, without None and without a batch size.",
            variants=(put(inputs=lambda *sizes: (32, *sizes[:2])),),
            shows=when_refused(lambda axes, last: axes == 4),
        ),
        Misconception(
            "steps-and-features-exchanged",
            put(inputs=lambda *sizes: (sizes[1], sizes[0])),
            "Timesteps and features are exchanged in the input shape. Keras reads (samples, "
            "timesteps, features): `keras.Input((timesteps, features))`.",
            shows=when(
                lambda found, right: (
                    (found["timesteps"], found["features"])
                    == (right["features"], right["timesteps"])
                )
            ),
        ),
        Misconception(
            "not-compiled",
            put(compiled=False),
            "The model is not compiled, so it has neither a loss nor an optimizer. Call "
            f'`model.compile(optimizer="{task.optimizer}", loss="{task.loss}")` before the '
            "`return`.",
            shows=when(lambda found, right: not found["compiled"]),
        ),
        Misconception(
            "units-are-timesteps",
            put(lambda *sizes: [*stack(count, sizes[0]), task.head(*sizes)]),
            "Your LSTMs have as many units as a sequence has steps. `units` is the size of the "
            f"hidden state, here {units}; the same cell then reads any number of steps.",
            shows=when(_units_are_steps),
        ),
        Misconception(
            "dense-missing",
            put(lambda *sizes: stack(count, units)),
            "The Dense layer at the end is missing: what comes out is the hidden state, with a "
            "number for each unit.",
            variants=(put(head_recurrent),),
            shows=when(lambda found, right: not found["dense_layers"]),
        ),
        Misconception(
            "other-units",
            lstms(count, 64),
            f"The hidden states have another size than asked for: every LSTM has {units} units.",
            variants=(
                lstms(count, 128),
                lstms(count, 82 - units),
                put(lambda *sizes: [*stack(count, sizes[1]), task.head(*sizes)]),
                put(
                    lambda *sizes: [
                        *stack(count - 1, units, last=True),
                        *stack(1, 25),
                        task.head(*sizes),
                    ]
                ),
            ),
            shows=when(_other_units),
        ),
        Misconception(
            "other-number-of-layers",
            lstms(1, units),
            f"The model has more or fewer recurrent layers than asked for: {number} LSTMs stand "
            "above one another.",
            variants=tuple(lstms(k, units) for k in (2, 3, 4) if k != count),
            shows=when(
                lambda found, right: len(_recurrent(found)) not in (0, int(right["lstm_layers"]))
            ),
        ),
        Misconception(
            "no-recurrent-layer",
            put(lambda *sizes: [{"kind": "Flatten"}, _DENSE, task.head(*sizes)]),
            f"The model has no recurrent layer. {number.capitalize()} LSTMs read the sequence, and "
            "a Dense layer reads what they put out.",
            shows=when(lambda found, right: not _recurrent(found)),
        ),
        Misconception(
            "another-cell",
            lstms(count, units, kind="GRU"),
            "The recurrent layers are not all LSTMs: the shapes of the weights tell. An LSTM has "
            "four blocks of them, a GRU three, a SimpleRNN one.",
            variants=(lstms(count, units, kind="SimpleRNN"),),
            shows=when(lambda found, right: any(one.kind != "LSTM" for one in _recurrent(found))),
        ),
        Misconception(
            "both-directions",
            put(both_ways),
            "The layers are bidirectional. Here they read forward only: an LSTM as it is, without "
            "`Bidirectional` around it.",
            shows=when(lambda found, right: any(one.directions == 2 for one in found["layers"])),
        ),
        Misconception(
            "dense-before-lstm",
            put(lambda *sizes: [_DENSE, *task.layers(*sizes)]),
            "A Dense layer stands before the LSTMs. The LSTMs read the input, and Dense turns "
            "their last output into the answer.",
            variants=(put(lambda *sizes: [task.head(*sizes), *stack(count, units)]),),
            shows=when(
                lambda found, right: _recurrent(found) and found["layers"][0].kind == "Dense"
            ),
        ),
        Misconception(
            "dense-too-many",
            lstms_and(_DENSE),
            "There is a further Dense layer before the last one. Often it does no harm, but this "
            "model goes from the last LSTM to the answer at once.",
            shows=when(
                lambda found, right: (
                    found["dense_layers"] > 1
                    and _recurrent(found)
                    and found["layers"][0].kind != "Dense"
                )
            ),
        ),
        Misconception(
            "flattened",
            put(
                lambda *sizes: [
                    *stack(count, units, last=True),
                    {"kind": "Flatten"},
                    task.head(*sizes),
                ]
            ),
            "The outputs of all steps are laid in one row, and Dense reads them all. Then the "
            "model is bound to this number of steps. Take the last output: the last LSTM without "
            "`return_sequences`, and no `Flatten`.",
            shows=when(_flattened),
        ),
        Misconception(
            "dropout-added",
            put(dropout_between),
            "In training the model puts out something else than afterwards: there is dropout or "
            "noise in it. Lesson 09 measures what that does; this model is without.",
            variants=(lstms(count, units, dropout=0.2), lstms(count, units, recurrent_dropout=0.2)),
            shows=when(lambda found, right: found["dropped"]),
        ),
        Misconception(
            "stateful",
            lstms(count, units, stateful=True, inputs=lambda *sizes: None),
            "The same batch gives something else the second time: with `stateful=True` a batch "
            "begins where the one before it ended. Leave it out: each sequence starts from zero.",
            shows=when(lambda found, right: found["carried"] and found["stateful"]),
        ),
        Misconception(
            "learns-from-the-batch",
            lstms_and({"kind": "BatchNormalization"}),
            "A layer keeps something of each batch that it is trained on, so the same batch gives "
            "something else afterwards: is there a `BatchNormalization`? Leave it out here.",
            variants=(put(lambda *sizes: [{"kind": "BatchNormalization"}, *task.layers(*sizes)]),),
            shows=when(lambda found, right: found["learned"] and not found["stateful"]),
        ),
        Misconception(
            "class-of-ones-own",
            put(own_class=True),
            "The model is of a class of your own, or holds one. It may compute the right thing, "
            "but Keras cannot copy it (section 3) or load it from a file (section 10). Write "
            "`keras.Sequential([...])`, or `keras.Model(inputs, outputs)`.",
            variants=(put(own_class=True, inputs=lambda *sizes: None),),
            shows=when(lambda found, right: not found["copied"] and not found["own_loss"]),
        ),
        Misconception(
            "loss-of-ones-own",
            put(loss=_squares),
            "The loss is a function of your own. It may be the right one, but Keras cannot load "
            f'such a model from a file (section 10). Give its name: `loss="{task.loss}"`.',
            variants=(put(loss=lambda y, prediction: (y - prediction) ** 2),),
            shows=when(lambda found, right: found["own_loss"]),
        ),
        Misconception(
            "loss-missing",
            put(loss=None),
            "No loss was given. What stands in `metrics` is only reported; what training makes "
            f'small is the loss: `model.compile(optimizer="{task.optimizer}", '
            f'loss="{task.loss}")`.',
            shows=when(lambda found, right: found["compiled"] and not found["loss_given"]),
        ),
        Misconception(
            "activation-inside",
            lstms(count, units, activation="relu"),
            "The activation of the LSTMs is another than tanh. With it h and the candidate are no "
            "longer bounded, and it is no LSTM as you know it: leave `activation` out.",
            variants=(lstms(count, units, activation="sigmoid"),),
            shows=when(lambda found, right: set(found["activations"]) - {"tanh"}),
        ),
        Misconception(
            "another-optimizer",
            put(optimizer=optimizers[0]),
            "The optimizer is another one: with given gradients it takes other steps. This model "
            f'is compiled with `optimizer="{task.optimizer}"`.',
            variants=tuple(put(optimizer=other) for other in optimizers[1:]),
            shows=when(
                lambda found, right: (
                    differs("update")(found, right) and found["optimizer"].lower() != task.optimizer
                )
            ),
        ),
        Misconception(
            "another-learning-rate",
            put(optimizer={"class_name": task.optimizer, "config": {"learning_rate": 0.01}}),
            "The optimizer is the right one, but its steps are not those of its defaults: the "
            "learning rate is 0.001, and the rest is left as it is.",
            variants=(
                put(optimizer={"class_name": task.optimizer, "config": {"learning_rate": 1e-4}}),
            ),
            shows=when(
                lambda found, right: (
                    differs("update")(found, right) and found["optimizer"].lower() == task.optimizer
                )
            ),
        ),
        Misconception(
            "another-loss",
            put(loss=losses[0]),
            "For given predictions and targets your loss is another one. This model is compiled "
            f'with `loss="{task.loss}"`, and no penalty on its weights is added.',
            variants=tuple(put(loss=other) for other in losses[1:]),
            shows=when(
                lambda found, right: (
                    differs("loss")(found, right)
                    and found["loss_given"]
                    and not found["own_loss"]
                    and not any(test(found, right) for test in known_losses)
                )
            ),
        ),
    )
