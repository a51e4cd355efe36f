"""One contract for every exercise: right answers pass, each known mistake is rejected and named."""

from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import second_answers

from lstm_helpers import judge
from lstm_helpers.checks.measured import returned_outputs
from lstm_helpers.exercises import EXERCISES, LESSONS, UnknownExerciseError, get

ANSWERS = second_answers.ANSWERS | {
    name: answers
    for path in sorted(Path(__file__).parent.glob("answers_lesson_*.py"))
    for name, answers in import_module(path.stem).ANSWERS.items()
}
ALL = [pytest.param(exercise, id=name) for name, exercise in EXERCISES.items()]
MISTAKES = [
    pytest.param(exercise, misconception.slug, answer, id=f"{name}-{misconception.slug}-{k}")
    for name, exercise in EXERCISES.items()
    for misconception in exercise.misconceptions
    for k, answer in enumerate((misconception.answer, *misconception.variants))
]


def draws(exercise, number):
    """Seeds; fewer where a Keras model is built each time, which takes a third of a second."""
    return range(max(1, number // 10) if exercise.name.startswith("build_") else number)


@pytest.mark.parametrize("exercise", ALL)
def test_the_reference_passes_on_fifty_draws(exercise):
    for seed in draws(exercise, 50):
        verdict = judge(exercise.reference, exercise.name, np.random.default_rng(seed))
        assert verdict.status == "passed", verdict.message
        assert verdict.diagnosis is None


@pytest.mark.parametrize("exercise", ALL)
def test_two_differently_written_answers_pass(exercise):
    answers = ANSWERS[exercise.name]
    assert len(answers) >= 2
    for answer in answers:
        for seed in draws(exercise, 10):
            verdict = judge(answer, exercise.name, np.random.default_rng(seed))
            assert verdict.status == "passed", verdict.message


@pytest.mark.parametrize(("exercise", "slug", "answer"), MISTAKES)
def test_each_misconception_is_rejected_and_named(exercise, slug, answer):
    for seed in draws(exercise, 5):
        verdict = judge(answer, exercise.name, np.random.default_rng(seed))
        assert verdict.status == "failed"
        assert verdict.diagnosis == slug, verdict.message
        assert "Right so far" in verdict.message


@pytest.mark.parametrize("exercise", ALL)
def test_each_exercise_knows_at_least_five_misconceptions(exercise):
    assert len(exercise.misconceptions) >= 5
    for misconception in exercise.misconceptions:
        assert 30 < len(misconception.message) < 420, misconception.slug


def damaged(exercise, how):
    """The reference with its results, or its manners, spoilt in one general way."""

    several = len(returned_outputs(exercise)) > 1

    def spoilt(reference):
        def answer(*args, **kwargs):
            if how == "none":
                return None
            if how == "raises":
                raise RuntimeError("the pump is broken")
            if how == "in-place":
                result = reference(*args, **kwargs)
                for victim in _arrays(args):
                    if isinstance(victim, np.ndarray) and victim.dtype.kind == "U":
                        victim[:] = victim[::-1].copy()
                    else:
                        victim += 1
                    break
                return result
            result = reference(*args, **kwargs)
            results = list(result) if several else [result]
            if how == "number":
                return (*results, 0.0) if several else (np.ones(2), np.ones(2))
            if how == "text":
                results[0] = "forty-two"
            else:
                results[0] = _with_the_first_array(results[0], _SPOILT[how])
            return tuple(results) if several else results[0]

        return answer

    if exercise.name == "find_the_bug":  # asks for a function that returns a function
        return lambda program: spoilt(exercise.reference(program))
    if exercise.name == "SequenceClassifier":  # asks for a model

        def build(*settings, **further):
            model = exercise.reference(*settings, **further)
            model.forward = spoilt(model.forward)
            return model

        return build
    return spoilt(exercise.reference)


_SPOILT = {"shape": lambda array: array[..., None], "nan": lambda array: array * np.nan}


def _with_the_first_array(result, spoil):
    """A result, or a list or dict of arrays, with its first array spoilt."""
    if isinstance(result, list):
        return [_with_the_first_array(result[0], spoil), *result[1:]]
    if isinstance(result, dict):
        first = next(iter(result))
        return {**result, first: _with_the_first_array(result[first], spoil)}
    return spoil(result if hasattr(result, "detach") else np.array(result, dtype=float))


def _arrays(args):
    for arg in args:
        if isinstance(arg, np.ndarray) or hasattr(arg, "detach"):
            yield arg
        elif isinstance(arg, list | tuple):
            yield from _arrays(arg)
        elif isinstance(arg, dict):
            yield from _arrays(arg.values())


def _takes_arrays(exercise):
    if exercise.name == "train_epoch":  # is given a model, and is to change it
        return False
    return any(
        True for case in exercise.cases(np.random.default_rng(0)) for _ in _arrays(case.args)
    )


FAULTS = [
    ("none", {"returned-none"}, "returned None"),
    ("raises", {"raised"}, "RuntimeError: the pump is broken"),
    ("in-place", {"changed-input", "model-changed"}, "changed its argument"),
    ("number", {"wrong-number"}, "returned"),
    ("text", {"wrong-kind"}, "is a str"),
    ("shape", {"wrong-shape", "target-as-column"}, "has shape"),
    ("nan", {"not-finite"}, "NaN"),
]

# What these ask for is no array: a model, a list of shapes.
FEWER_FAULTS = {
    "build_regressor": ("none", "raises"),
    "build_classifier": ("none", "raises"),
    "predict_shapes": ("none", "raises", "number", "text"),
}


def _can_have(exercise, how):
    few = FEWER_FAULTS.get(exercise.name)
    if few is not None:
        return how in few
    return how != "in-place" or _takes_arrays(exercise)


@pytest.mark.parametrize(
    ("exercise", "how", "slugs", "words"),
    [
        pytest.param(exercise, *fault, id=f"{name}-{fault[0]}")
        for name, exercise in EXERCISES.items()
        for fault in FAULTS
        if _can_have(exercise, fault[0])
    ],
)
def test_general_faults_have_their_own_message(exercise, how, slugs, words):
    verdict = judge(damaged(exercise, how), exercise.name, np.random.default_rng(0))
    assert verdict.status == "failed"
    assert verdict.diagnosis in slugs, verdict.message
    if verdict.diagnosis not in {known.slug for known in exercise.misconceptions}:
        assert words in verdict.message


@pytest.mark.parametrize("exercise", ALL)
def test_stubs_count_as_not_attempted(exercise):
    def stub(*args, **kwargs):
        raise NotImplementedError

    def empty(*args, **kwargs):
        """Only words."""

    for answer in (stub, empty):
        verdict = judge(answer, exercise.name)
        assert (verdict.status, verdict.diagnosis) == ("not attempted", None)


@pytest.mark.parametrize("exercise", ALL)
def test_cases_tell_their_axes_apart(exercise):
    for case in exercise.cases(np.random.default_rng(0)):
        assert len(set(case.sizes.values())) == len(case.sizes)


def test_names_default_to_the_functions_own_and_unknown_ones_are_refused():
    def sigmoid(x):
        return np.tanh(x)

    assert judge(sigmoid).diagnosis == "tanh"
    with pytest.raises(UnknownExerciseError, match="did you mean 'rnn_step'"):
        get("rnn_stepp")
    with pytest.raises(UnknownExerciseError, match="expected a function"):
        judge(3)


def test_lessons_list_what_the_course_fixes():
    names = {number: [e.name for e in lesson.exercises] for number, lesson in LESSONS.items()}
    assert names["00"] == ["sigmoid"]
    assert names["01"] == ["make_windows", "rnn_step", "rnn_forward"]
    assert names["02"] == [
        "rnn_step_backward",
        "rnn_backward",
        "gradient_norms",
        "clip_by_global_norm",
    ]
    assert names["03"] == [
        "lstm_gates",
        "update_cell",
        "lstm_step",
        "lstm_forward",
        "count_parameters",
    ]
    assert names["04"] == [
        "numerical_gradient",
        "lstm_step_backward",
        "lstm_backward",
        "find_the_bug",
    ]
    assert names["05"] == [
        "softmax_cross_entropy",
        "adam_step",
        "train_step",
        "majority_baseline",
    ]
    assert names["06"] == ["to_torch", "to_keras", "from_torch"]
    assert names["07"] == ["last_step", "final_states", "SequenceClassifier", "train_epoch"]
    assert names["08"] == ["predict_shapes", "build_regressor", "build_classifier", "masked_mean"]
    assert names["09"] == ["warmup_cosine", "layer_norm", "coupled_lstm_step", "gru_step"]
    assert names["10"] == [
        "scale_by_train",
        "forecast_windows",
        "direction_interval",
        "ewma_forecast",
    ]
    assert names["11"] == ["nash_sutcliffe", "climatology", "chunk_with_warmup", "kling_gupta"]
    assert names["12"] == ["confusion_matrix", "macro_f1", "char_ngrams", "encode_names"]
    assert names["13"] == ["bits_per_character", "smooth_counts", "sample_top_k", "carry_batches"]
    assert names["14"] == ["shift_right", "attention", "exact_match", "beam_search"]
    assert all(len(lesson.quiz) == 3 for lesson in LESSONS.values())


@pytest.mark.parametrize("seed", range(3))
def test_two_mistakes_at_once_are_both_told(seed):
    def rnn_step_backward(dh, x, h_prev, h, W_x, W_h):
        dz = dh * (1 - h**2)
        return dz @ W_x.T, dz @ W_h, x.T @ dz, h_prev.T @ dz, dz.mean(axis=0)

    verdict = judge(rnn_step_backward, rng=np.random.default_rng(seed))
    assert verdict.diagnosis == "recurrent-matrix-not-transposed"
    assert "mean over the batch" in verdict.message
    assert "`dx`, `dW_x` and `dW_h`" in verdict.message
