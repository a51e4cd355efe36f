"""What is special about lesson 08: real layers agree, models are judged by what they do."""

import keras
import numpy as np
import pytest

from lstm_helpers.checks import diagnose
from lstm_helpers.exercises.lesson_08 import (
    BUILD_CLASSIFIER,
    BUILD_REGRESSOR,
    MASKED_MEAN,
    PREDICT_SHAPES,
    build_classifier,
    build_regressor,
)
from lstm_helpers.frameworks import keras_models

BUILDERS = (BUILD_REGRESSOR, BUILD_CLASSIFIER)
masked_mean, predict_shapes = MASKED_MEAN.reference, PREDICT_SHAPES.reference


def verdict_on(exercise, answer, seed=0):
    return diagnose(exercise, answer, np.random.default_rng(seed))


def shapes_that_keras_has(layers, input_shape):
    model = keras_models.build(layers, input_shape)
    return [layer.output.shape for layer in model.layers]


@pytest.mark.parametrize("seed", range(3))
def test_predicted_shapes_are_those_that_keras_has(seed):
    for case in PREDICT_SHAPES.cases(np.random.default_rng(seed)):
        assert predict_shapes(*case.args) == shapes_that_keras_has(*case.args)


def test_an_answer_that_lets_keras_say_the_shapes_passes():
    assert verdict_on(PREDICT_SHAPES, shapes_that_keras_has).passed


def test_cases_of_shapes_hold_every_kind_of_layer():
    kinds = set()
    for case in PREDICT_SHAPES.cases(np.random.default_rng(0)):
        for layer in case.args[0]:
            kinds |= {layer["kind"], layer.get("layer", layer)["kind"]}
    assert kinds == {"LSTM", "GRU", "SimpleRNN", "Bidirectional", "Dense", "Dropout"}


@pytest.mark.parametrize(
    ("spoil", "text"),
    [
        (lambda shapes: [(*shape[:-1], shape[-1] + 1) for shape in shapes], "you say (None, "),
        (lambda shapes: [shape[:2] for shape in shapes], "is the first to differ: `LSTM("),
        (lambda shapes: shapes[:2], "You return 2 shapes for "),
        (lambda shapes: shapes[1], "You return a single shape"),
        (lambda shapes: ["?", *shapes[1:]], "you say something that is no tuple"),
        (lambda shapes: [(None, 1, 2, 3, 4, 5), *shapes[1:]], "you say (None, 1, 2, 3, …)"),
    ],
)
def test_wrong_shapes_are_spoken_of_as_shapes(spoil, text):
    verdict = verdict_on(PREDICT_SHAPES, lambda *args: spoil(predict_shapes(*args)))
    assert not verdict.passed
    assert text in verdict.message
    assert "every shape is as it should be" not in verdict.message


def masked_mean_by_keras(outputs, mask):
    real = keras.ops.expand_dims(keras.ops.cast(mask, "float32"), -1)
    total = keras.ops.sum(keras.ops.cast(outputs, "float32") * real, axis=1)
    return total / keras.ops.sum(real, axis=1)


def masked_mean_by_a_layer(outputs, mask):
    return keras.layers.GlobalAveragePooling1D()(keras.ops.cast(outputs, "float32"), mask=mask)


@pytest.mark.parametrize("answer", [masked_mean_by_keras, masked_mean_by_a_layer])
def test_masked_means_by_keras_pass(answer):
    for seed in range(5):
        verdict = verdict_on(MASKED_MEAN, answer, seed)
        assert verdict.passed, verdict.message


def test_the_mask_of_a_keras_layer_gives_the_mean_over_real_steps():
    xs = np.random.default_rng(0).normal(size=(2, 5, 3)).astype("float32")
    xs[0, 3:] = 0.0
    inputs = keras.Input((5, 3))
    masked = keras.layers.Masking()(inputs)
    outputs = keras.layers.LSTM(4, return_sequences=True)(masked)
    pooled = keras.layers.GlobalAveragePooling1D()(outputs)
    hs, means = keras.Model(inputs, [outputs, pooled])(xs)
    np.testing.assert_allclose(masked_mean(hs, (xs != 0).any(axis=2)), means, rtol=1e-5, atol=1e-6)


def test_the_references_are_what_the_lesson_says():
    regressor, classifier = build_regressor(60, 3), build_classifier(8, 16, 10)
    kinds = [type(layer).__name__ for layer in (*regressor.layers, *classifier.layers)]
    assert kinds == ["LSTM"] * 2 + ["Dense"] + ["LSTM"] * 3 + ["Dense"]
    assert [layer.units for layer in regressor.layers] == [50, 50, 1]
    assert [layer.units for layer in classifier.layers] == [32, 32, 32, 10]
    assert (regressor.input_shape, classifier.input_shape) == ((None, 60, 3), (None, 8, 16))
    x = np.random.default_rng(0).normal(size=(5, 8, 16)).astype("float32")
    np.testing.assert_allclose(np.asarray(classifier(x)).sum(axis=1), 1.0, rtol=1e-5)


def _shape(timesteps, features):
    return {"shape": (timesteps, features)}


def regressor(
    *more, between=(), head=None, trainable=True, inputs=_shape, sequences=True, **compiling
):
    """An answer that is right but for what is exchanged."""

    def answer(timesteps, features):
        first = keras.Input(**inputs(timesteps, features))
        lower = keras.layers.LSTM(50, return_sequences=sequences, trainable=trainable)
        upper = keras.layers.LSTM(50, *more)
        model = keras.Sequential(
            [first, lower, *(kind() for kind in between), upper, (head or keras.layers.Dense)(1)]
        )
        model.compile(**{"loss": "mse", "optimizer": "adam", **compiling})
        return model

    return answer


def pooled(timesteps, features):
    lower, upper = (keras.layers.LSTM(50, return_sequences=True) for _ in range(2))
    last = [keras.layers.GlobalAveragePooling1D(), keras.layers.Dense(1)]
    model = keras.Sequential([keras.Input((timesteps, features)), lower, upper, *last])
    model.compile(loss="mse", optimizer="adam")
    return model


class Stacked(keras.Model):
    """What a class of one's own looks like; `build` promises weights that are not there."""

    def __init__(self):
        super().__init__()
        self.lower, self.upper = keras.layers.LSTM(50, return_sequences=True), keras.layers.LSTM(50)
        self.head = keras.layers.Dense(1)

    def build(self, input_shape):
        self.built = True

    def call(self, x):
        return self.head(self.upper(self.lower(x)))


def as_a_class(timesteps, features):
    model = Stacked()
    model.build((None, timesteps, features))
    model.compile(loss="mse", optimizer="adam")
    return model


@pytest.mark.parametrize(
    ("answer", "slug", "text"),
    [
        (regressor(trainable=False), "trainable", "Is a layer frozen"),
        (
            regressor(inputs=lambda T, D: _shape(60, D)),
            "timesteps",
            "sequences of 60 steps; expected",
        ),
        (regressor(inputs=lambda T, D: _shape(T, 1)), "features", "reads 1 features at each step"),
        (
            regressor(inputs=lambda T, D: {"batch_shape": (32, T, D)}),
            "batch-size",
            "exactly 32 sequences",
        ),
        (regressor(between=[keras.layers.LayerNormalization]), "other-layers", "2 of them"),
        (regressor(between=[lambda: keras.layers.GaussianNoise(0.1)]), "dropout-added", "noise"),
        (regressor("sigmoid"), "activation-inside", "another than tanh"),
        (regressor("tanh", "relu"), None, "compute something else with them"),
        (
            regressor(between=[lambda: keras.layers.RepeatVector(3)], sequences=False),
            None,
            "its last output 3 times over",
        ),
        (pooled, None, "Dense reads the mean over all steps"),
        (as_a_class, "class-of-ones-own", "(section 3) or load it from a file (section 10)"),
        (regressor(loss=lambda y, p: (y - p) ** 2), "loss-of-ones-own", 'loss="mse"'),
        (regressor(loss=None, metrics=["mse"]), "loss-missing", "is only reported"),
        (
            regressor(between=[keras.layers.BatchNormalization]),
            "learns-from-the-batch",
            "is there a `BatchNormalization`?",
        ),
        (regressor(optimizer=keras.optimizers.SGD(0.001)), "another-optimizer", "other steps"),
        (lambda T, D: [regressor()(T, D)], "raised", "is of the type list; expected a Keras model"),
        (lambda T, D: keras.layers.LSTM(), "raised", "What was tried: building the model"),
    ],
)
def test_what_has_no_word_of_its_own_is_told_by_what_was_measured(answer, slug, text):
    verdict = verdict_on(BUILD_REGRESSOR, answer)
    assert verdict.diagnosis == slug, verdict.message
    assert text in verdict.message


def test_two_mistakes_are_both_told():
    verdict = verdict_on(BUILD_REGRESSOR, regressor(loss="mae", optimizer="sgd"))
    assert verdict.diagnosis == "another-optimizer"
    assert "your loss is another one" in verdict.message
    assert "`model(x)` and 17 of 19 things that were measured" in verdict.message


@pytest.mark.parametrize(
    "answer",
    [
        regressor(between=[lambda: keras.layers.Dropout(0.0)]),
        regressor(optimizer=keras.optimizers.Adam(global_clipnorm=1.0)),
        regressor(loss=keras.losses.MeanSquaredError(), metrics=["mae"], steps_per_execution=2),
        regressor(inputs=lambda T, D: _shape(None, D)),
    ],
)
def test_what_changes_nothing_is_not_held_against_an_answer(answer):
    verdict = verdict_on(BUILD_REGRESSOR, answer)
    assert verdict.passed, verdict.message


@pytest.mark.parametrize("exercise", BUILDERS, ids=lambda exercise: exercise.name)
def test_every_mistake_in_a_builder_is_told_without_building_others(exercise):
    assert all(known.shows is not None for known in exercise.misconceptions)
    right = exercise.adapt(exercise.reference)
    cases = exercise.cases(np.random.default_rng(3))
    seen = [right(*case.args) for case in cases]
    expected = [[np.asarray(array) for array in one] for one in seen]
    assert [known.slug for known in exercise.misconceptions if known.shows(seen, expected)] == []


@pytest.mark.parametrize("exercise", BUILDERS, ids=lambda exercise: exercise.name)
def test_outputs_are_large_and_of_both_signs_so_that_no_activation_can_hide(exercise):
    """Of the regressor itself; of the classifier before its softmax."""
    for seed in range(5):
        (settings, x, *_, weights, put_to_work), *_ = (
            case.args for case in exercise.cases(np.random.default_rng(seed))
        )
        assert put_to_work
        model = exercise.reference(*settings)
        model.set_weights(weights)
        outputs = np.asarray(model(x))
        z = np.log(outputs) if exercise is BUILD_CLASSIFIER else outputs
        assert (np.ptp(z, axis=0) > 1.0).all()
        assert exercise is BUILD_CLASSIFIER or outputs.min() < -0.5 < 0.5 < outputs.max()
