"""Lesson 08: two Keras models, the shapes behind their layers, and a mean that knows the mask.

Keras is loaded, by `lstm_helpers.frameworks`, when a model is judged or built.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from lstm_helpers import nn
from lstm_helpers.checks import Choice, Exercise, Misconception, Question
from lstm_helpers.exercises._lesson_08_mask import MASKED_MEAN
from lstm_helpers.exercises._lesson_08_mistakes import Test, common_mistakes, differs, when
from lstm_helpers.exercises._lesson_08_models import (
    Found,
    Seen,
    Task,
    draw_cases,
    other_numbers,
    put_to_use,
    stack,
)
from lstm_helpers.exercises._lesson_08_shapes import PREDICT_SHAPES
from lstm_helpers.nn.functions import Array

TITLE = "Keras"

_REGRESSOR = Task(2, 50, 1, "linear", "mse", "adam")
_CLASSIFIER = Task(3, 32, None, "softmax", "categorical_crossentropy", "rmsprop")


def _computes(change: Any) -> Test:
    """Whether the right layers with something else behind them compute what a model does."""

    def test(found: Found, right: dict[str, Array]) -> bool:
        mine, outputs = found["outputs"], right["outputs"]
        if not found["fits"] or mine.shape != outputs.shape:
            return False
        same = partial(np.allclose, mine, rtol=1e-3, atol=1e-5)
        return same(change(outputs)) and not same(outputs)

    return test


def _softmax(z: Array) -> Array:
    powers: Array = np.exp(z - z.max(axis=1, keepdims=True))
    shares: Array = powers / powers.sum(axis=1, keepdims=True)
    return shares


def _head(task: Task, **settings: Any) -> Any:
    """An answer whose last layer has other settings."""
    return task.answer(
        lambda *sizes: [*stack(task.num_layers, task.units), task.head(*sizes, **settings)]
    )


def _ends_in_other_numbers(found: Found, right: dict[str, Array]) -> bool:
    ends_in_dense = found["layers"] and found["layers"][-1].kind == "Dense"
    return bool(ends_in_dense and found["put_out"] != right["put_out"])


# --- build_regressor --------------------------------------------------------------------------


def build_regressor(timesteps: int, features: int) -> Any:
    """Build a model that reads sequences and puts out one number for each.

    Parameters
    ----------
    timesteps : int
        T, steps of a sequence.
    features : int
        D, numbers at each step.

    Returns
    -------
    keras.Model
        Two LSTMs of 50 units above one another and a Dense layer of 1, from (N, T, D) to (N, 1).
        Compiled with the mean squared error and Adam.

    Examples
    --------
    >>> build_regressor(60, 3).output_shape
    (None, 1)
    """
    return _REGRESSOR.answer()(timesteps, features)


_SQUASHED = (nn.sigmoid, np.tanh, lambda z: np.maximum(z, 0))

BUILD_REGRESSOR = Exercise(
    name="build_regressor",
    lesson="08",
    title="A model for one number",
    points=2,
    minutes=8,
    reference=build_regressor,
    cases=partial(draw_cases, _REGRESSOR),
    outputs=_REGRESSOR.outputs,
    adapt=put_to_use,
    received=Seen.received,
    in_words=other_numbers,
    seconds=4.0,  # a model is built and put to work in a fifth of one, if nothing else runs
    rtol=1e-4,
    atol=1e-5,
    misconceptions=(
        *common_mistakes(
            _REGRESSOR,
            "two",
            optimizers=("sgd", "rmsprop", "adamw", "nadam"),
            losses=("mae", "huber", "binary_crossentropy", "categorical_crossentropy"),
        ),
        Misconception(
            "several-numbers-put-out",
            _head(_REGRESSOR, units=7),
            "The model puts out several numbers for each sequence. One number is asked for: "
            "`Dense(1)`.",
            variants=(
                _REGRESSOR.answer(
                    lambda *sizes: [*stack(2, 50), {"kind": "Dense", "units": sizes[1]}]
                ),
            ),
            shows=when(_ends_in_other_numbers),
        ),
        Misconception(
            "activation-on-the-output",
            _head(_REGRESSOR, activation="relu"),
            "The last layer has an activation, and so there are numbers that it can never put out. "
            "A regressor ends in `Dense(1)` without one.",
            variants=(
                _head(_REGRESSOR, activation="sigmoid"),
                _head(_REGRESSOR, activation="tanh"),
            ),
            shows=lambda seen, expected: any(
                when(_computes(change))(seen, expected) for change in _SQUASHED
            ),
        ),
        Misconception(
            "softmax-of-one-number",
            _head(_REGRESSOR, activation="softmax"),
            "The model puts out 1, whatever it reads: a softmax over a single number always is. A "
            "regressor ends in `Dense(1)` without an activation.",
            shows=when(_computes(np.ones_like)),
        ),
    ),
    hints=(
        "What does the second LSTM need to read, and which argument of the first one gives it "
        "that? Which shape has a sequence?",
        "`keras.Sequential` takes a list: `keras.Input((timesteps, features))`, two LSTMs, of "
        "which only the first puts out all steps, and a Dense layer. Then `compile`.",
        "`keras.layers.LSTM(50, return_sequences=True)`, `keras.layers.LSTM(50)`, "
        '`keras.layers.Dense(1)`; `model.compile(optimizer="adam", loss="mse")`; `return model`.',
    ),
)


# --- build_classifier -------------------------------------------------------------------------


def build_classifier(timesteps: int, features: int, num_classes: int) -> Any:
    """Build a model that reads sequences and puts out a probability for each class.

    Parameters
    ----------
    timesteps : int
        T, steps of a sequence.
    features : int
        D, numbers at each step.
    num_classes : int
        V.

    Returns
    -------
    keras.Model
        Three LSTMs of 32 units above one another and a Dense layer with a softmax, from (N, T, D)
        to (N, V). Compiled with categorical cross-entropy and RMSprop.

    Examples
    --------
    >>> build_classifier(8, 16, 10).output_shape
    (None, 10)
    """
    return _CLASSIFIER.answer()(timesteps, features, num_classes)


def _is_sparse(found: Found, right: dict[str, Array]) -> bool:
    return bool(found["loss_given"] and found["loss"] < 0 <= found["loss_of_labels"])


def _loss_is(compute: Any) -> Test:
    """Whether the compiled loss is a certain wrong one."""

    def test(found: Found, right: dict[str, Array]) -> bool:
        value = compute(found["targets"].astype(float), found["predictions"].astype(float))
        if not found["loss_given"] or found["own_loss"]:
            return False
        return bool(differs("loss")(found, right) and abs(found["loss"] - value) < 1e-3 * value)

    return test


_is_squared = _loss_is(lambda y, p: np.mean((y - p) ** 2))
_is_binary = _loss_is(lambda y, p: -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)))
_takes_logits = _loss_is(lambda y, p: -np.mean(np.sum(y * np.log(_softmax(p)), axis=1)))


def _rows_are_off(found: Found, right: dict[str, Array]) -> bool:
    """Whether what comes out of the right layers is no probability for each class."""
    outputs = found["outputs"]
    return bool(
        found["fits"]
        and outputs.shape == right["outputs"].shape
        and not np.allclose(outputs.sum(axis=1), 1.0, atol=1e-3)
    )


def _each_by_itself(found: Found, right: dict[str, Array]) -> bool:
    outputs = found["outputs"]
    between = bool(((outputs > 0) & (outputs <= 1)).all())
    return between and _rows_are_off(found, right) and not _over_the_batch(found, right)


def _over_the_batch(found: Found, right: dict[str, Array]) -> bool:
    """Whether probabilities sum up to 1 over the sequences instead of over the classes."""
    sums = found["outputs"].sum(axis=0)
    return _rows_are_off(found, right) and bool(np.allclose(sums, 1.0, atol=1e-3))


def _logits_and_their_loss(found: Found, right: dict[str, Array]) -> bool:
    return _takes_logits(found, right) and _rows_are_off(found, right)


BUILD_CLASSIFIER = Exercise(
    name="build_classifier",
    lesson="08",
    title="A model for one of several classes",
    points=2,
    minutes=6,
    reference=build_classifier,
    cases=partial(draw_cases, _CLASSIFIER),
    outputs=_CLASSIFIER.outputs,
    adapt=put_to_use,
    received=Seen.received,
    in_words=other_numbers,
    seconds=4.0,  # a model is built and put to work in a fifth of one, if nothing else runs
    rtol=1e-4,
    atol=1e-5,
    misconceptions=(
        *common_mistakes(
            _CLASSIFIER,
            "three",
            optimizers=("adam", "sgd", "adagrad"),
            losses=("categorical_hinge", "mae", "poisson"),
            known_losses=(_is_sparse, _is_squared, _is_binary, _takes_logits),
        ),
        Misconception(
            "sparse-loss",
            _CLASSIFIER.answer(loss="sparse_categorical_crossentropy"),
            "The loss wants class numbers, (N,). Here the targets have a row of 0 and 1 for each "
            'sequence, (N, classes): `loss="categorical_crossentropy"`.',
            shows=when(_is_sparse),
        ),
        Misconception(
            "squared-error-for-classes",
            _CLASSIFIER.answer(loss="mse"),
            "The loss is the mean squared error. For classes it is cross-entropy, whose gradient "
            "does not die where the softmax is sure and wrong: "
            '`loss="categorical_crossentropy"`.',
            shows=when(_is_squared),
        ),
        Misconception(
            "binary-loss",
            _CLASSIFIER.answer(loss="binary_crossentropy"),
            "The loss is binary cross-entropy: it takes every class for a question of its own, yes "
            'or no. One of several classes is `loss="categorical_crossentropy"`.',
            shows=when(_is_binary),
        ),
        Misconception(
            "loss-takes-logits",
            _CLASSIFIER.answer(
                loss={"class_name": "CategoricalCrossentropy", "config": {"from_logits": True}}
            ),
            "With `from_logits=True` the loss applies a softmax of its own. Here the model ends in "
            "one already: leave `from_logits` at False.",
            shows=when(
                lambda found, right: _takes_logits(found, right) and not _rows_are_off(found, right)
            ),
        ),
        Misconception(
            "logits-and-their-loss",
            _CLASSIFIER.answer(
                lambda *sizes: [*stack(3, 32), _CLASSIFIER.head(*sizes, activation="linear")],
                loss={"class_name": "CategoricalCrossentropy", "config": {"from_logits": True}},
            ),
            "Logits, and a loss that takes logits, fit together. But here the model is to put out "
            'probabilities: `activation="softmax"` in the last layer, and the plain '
            '`loss="categorical_crossentropy"`.',
            shows=when(_logits_and_their_loss),
        ),
        Misconception(
            "softmax-over-the-batch",
            _CLASSIFIER.answer(
                lambda *sizes: [
                    *stack(3, 32),
                    _CLASSIFIER.head(*sizes, activation="linear"),
                    {"kind": "Softmax", "axis": 0},
                ],
            ),
            "The columns sum up to 1, and not the rows: the softmax runs along axis 0, over the "
            "sequences of the batch. Let it run over the classes, the last axis, as "
            '`activation="softmax"` does.',
            shows=when(_over_the_batch),
        ),
        Misconception(
            "sigmoid-for-softmax",
            _head(_CLASSIFIER, activation="sigmoid"),
            "Each number lies between 0 and 1, but the rows do not sum up to 1: a sigmoid looks at "
            "every class by itself. For one of several classes take `softmax`.",
            shows=when(_each_by_itself),
        ),
        Misconception(
            "softmax-missing",
            _head(_CLASSIFIER, activation="linear"),
            "What comes out are no probabilities: the rows do not sum up to 1. The last layer "
            'needs `activation="softmax"`.',
            variants=(_head(_CLASSIFIER, activation="relu"), _head(_CLASSIFIER, activation="tanh")),
            shows=when(
                lambda found, right: (
                    _rows_are_off(found, right)
                    and not _each_by_itself(found, right)
                    and not _over_the_batch(found, right)
                    and not _takes_logits(found, right)
                )
            ),
        ),
        Misconception(
            "softmax-twice",
            _CLASSIFIER.answer(
                lambda *sizes: [*_CLASSIFIER.layers(*sizes), {"kind": "Softmax"}],
            ),
            "There are two softmaxes, one after the other. The second one makes the probabilities "
            "nearly equal: leave it out.",
            shows=when(_computes(_softmax)),
        ),
        Misconception(
            "other-number-of-classes",
            _head(_CLASSIFIER, units=10),
            "The last layer does not have a unit for each class: their number comes as "
            "`num_classes`.",
            variants=(
                _head(_CLASSIFIER, units=1, activation="sigmoid"),
                _CLASSIFIER.answer(
                    lambda *sizes: [*stack(3, 32), _CLASSIFIER.head(*sizes, units=sizes[1])]
                ),
            ),
            shows=when(_ends_in_other_numbers),
        ),
    ),
    hints=(
        "Three LSTMs above one another: how many of them put out all steps? And which function "
        "makes numbers into probabilities?",
        "As in the regressor, with one LSTM more and another end: a unit for each class and a "
        "softmax. Targets come as rows of 0 and 1.",
        '`keras.layers.Dense(num_classes, activation="softmax")` behind three `LSTM(32)`; '
        '`model.compile(optimizer="rmsprop", loss="categorical_crossentropy")`.',
    ),
)


EXERCISES = (PREDICT_SHAPES, BUILD_REGRESSOR, BUILD_CLASSIFIER, MASKED_MEAN)

QUIZ = (
    Question(
        "`Input((8, 16))`, then `LSTM(32, return_sequences=True)`, then "
        '`Dense(10, activation="softmax")`. What does the model put out?',
        (
            Choice(
                "(None, 10): ten probabilities for each sequence.",
                "That would be so without `return_sequences`. Dense works on the last axis alone "
                "and leaves time where it is.",
            ),
            Choice(
                "(None, 8, 10): ten probabilities at each of the eight steps.",
                "Right. The same Dense layer is applied at every step, with the same weights.",
                correct=True,
            ),
            Choice(
                "An error: Dense cannot read a sequence.",
                "It can, and that is the trouble: a forgotten or superfluous `return_sequences` "
                "often shows only in the shape at the end.",
            ),
        ),
    ),
    Question(
        "What does `stateful=True` do?",
        (
            Choice(
                "The states at the end of a batch are those with which the next one begins.",
                "Right: row k of a batch goes on where row k of the one before it ended, until "
                "you reset the states.",
                correct=True,
            ),
            Choice(
                "The same, and gradients flow back through the earlier batches.",
                "Only the numbers are handed on. A gradient ends at the beginning of its batch: "
                "what happened earlier can be used, but not learned from.",
            ),
            Choice(
                "The layer puts out its states beside its outputs.",
                "That is `return_state=True`.",
            ),
        ),
    ),
    Question(
        "A classifier of ten classes is trained on random sequences with random labels. After "
        "five epochs the training loss has fallen a little below 2.30; the validation loss has "
        "risen a little above it. What do you conclude?",
        (
            Choice(
                "It has begun to learn: with more epochs the validation loss will follow.",
                "There is nothing to learn. More epochs fit the training labels better, and the "
                "distance grows.",
            ),
            Choice(
                "The learning rate is too small.",
                "No rate helps: the labels do not depend on the sequences.",
            ),
            Choice(
                "It memorises. 2.30 is the loss of knowing nothing.",
                r"Right: $\ln 10 = 2.30$ is the loss of equal probabilities for ten classes. Below "
                "it on the training set alone means memory, not skill.",
                correct=True,
            ),
        ),
    ),
)
