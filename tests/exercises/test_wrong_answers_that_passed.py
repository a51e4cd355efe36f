"""Wrong answers that somebody wrote and that passed, until a case or a rule was added for each.

And right ones that were refused, and wrong ones that were told something untrue.
"""

import numpy as np
import pytest

from lstm_helpers import judge
from lstm_helpers.exercises import EXERCISES


def right(name):
    return EXERCISES[name].reference


def spaces_put_into_the_names(names, ngrams):
    for row in range(len(names)):
        names[row] = " " + names[row] + " "
    return right("char_ngrams")([name[1:-1] for name in names], ngrams)


def training_names_sorted(train_names, names):
    train_names.sort()
    return right("encode_names")(train_names, names)


def only_short_ngrams(names, ngrams):
    counts = right("char_ngrams")(names, ngrams)
    return counts * np.array([len(ngram) < 5 for ngram in ngrams])


def without_overlaps(names, ngrams):
    return np.array([[f" {name} ".count(ngram) for ngram in ngrams] for name in names])


def zero_is_up(predicted, actual, z=1.96):
    return right("direction_interval")(np.where(predicted == 0, 1.0, predicted), actual, z)


def never_right_is_nan(counts):
    with np.errstate(all="ignore"):
        precision = np.diag(counts) / counts.sum(axis=0)
        recall = np.diag(counts) / counts.sum(axis=1)
        score = 2 * precision * recall / (precision + recall)
    score[counts.sum(axis=0) == 0] = 0
    return score.mean()


def no_day_366(day_of_year, discharge, num_train):
    days, known = day_of_year[:num_train], discharge[:num_train]
    means = np.bincount(days, known) / np.maximum(np.bincount(days), 1)
    means[np.bincount(days) == 0] = known.mean()
    return means[day_of_year]


def dry_days_are_absent(day_of_year, discharge, num_train):
    table = np.zeros(367)
    for day in day_of_year[:num_train]:
        same = day_of_year[:num_train] == day
        table[day] = discharge[:num_train][same].mean()
    table[table == 0] = discharge[:num_train].mean()
    return table[day_of_year]


def dry_days_left_out(simulated, observed):
    kept = observed > 0
    return right("nash_sutcliffe")(simulated[kept], observed[kept])


def start_of_zero_is_none(values, weight, start):
    return right("ewma_forecast")(values, weight, start or values[0])


def sizes_only(values, weight, start):
    return right("ewma_forecast")(np.abs(values), weight, start)


def whole_numbers_stay_whole(values, weight, start):
    forecasts = np.zeros_like(values)
    forecasts[0] = start
    for day in range(1, len(values)):
        forecasts[day] = (1 - weight) * forecasts[day - 1] + weight * values[day - 1]
    return forecasts


def clips_only_above_one(grads, max_norm):
    norm = np.sqrt(sum(np.sum(g**2) for g in grads))
    scale = min(1, max_norm / max(norm, 1))
    return [g * scale for g in grads], norm


def two_axes_or_three(z, gain, bias, eps=1e-5):
    assert z.ndim > 1
    return right("layer_norm")(z, gain, bias, eps)


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("char_ngrams", spaces_put_into_the_names),
        ("char_ngrams", only_short_ngrams),
        ("char_ngrams", without_overlaps),
        ("encode_names", training_names_sorted),
        ("direction_interval", zero_is_up),
        ("macro_f1", never_right_is_nan),
        ("climatology", no_day_366),
        ("climatology", dry_days_are_absent),
        ("nash_sutcliffe", dry_days_left_out),
        ("ewma_forecast", start_of_zero_is_none),
        ("ewma_forecast", sizes_only),
        ("ewma_forecast", whole_numbers_stay_whole),
        ("clip_by_global_norm", clips_only_above_one),
        ("layer_norm", two_axes_or_three),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_it_passes_no_more(name, answer):
    for seed in range(4):
        verdict = judge(answer, name, np.random.default_rng(seed))
        assert verdict.status == "failed", verdict
        assert verdict.message


def in_place_says_so(answer, name):
    return judge(answer, name, np.random.default_rng(0)).diagnosis


def test_texts_changed_in_place_are_named():
    assert in_place_says_so(spaces_put_into_the_names, "char_ngrams") == "changed-input"
    assert in_place_says_so(training_names_sorted, "encode_names") == "changed-input"


def test_what_suits_the_labs_own_data_is_accepted():
    def with_tolist(names, ngrams):
        return right("char_ngrams")(np.asarray(names).tolist(), np.asarray(ngrams).tolist())

    assert judge(with_tolist, "char_ngrams", np.random.default_rng(0)).passed


def gaps_interpolated(simulated, observed):
    known = np.isfinite(observed)
    days = np.arange(len(observed))
    return right("nash_sutcliffe")(simulated, np.interp(days, days[known], observed[known]))


def days_without_change_left_out(predicted, actual, z=1.96):
    kept = actual != 0
    return right("direction_interval")(predicted[kept], actual[kept], z)


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("nash_sutcliffe", gaps_interpolated),
        ("direction_interval", days_without_change_left_out),
        (
            "direction_interval",
            lambda predicted, actual, z=2.0: right("direction_interval")(predicted, actual, z),
        ),
    ],
    ids=["gaps interpolated", "no change left out", "another default"],
)
def test_a_single_number_is_no_factor_of_another(name, answer):
    for seed in range(4):
        verdict = judge(answer, name, np.random.default_rng(seed))
        assert verdict.status == "failed"
        assert "times" not in verdict.message, verdict.message


def test_arguments_in_another_order_are_named():
    def nash_sutcliffe(observed, simulated):
        return right("nash_sutcliffe")(simulated, observed)

    verdict = judge(nash_sutcliffe, "nash_sutcliffe", np.random.default_rng(0))
    assert verdict.diagnosis == "wrong-arguments"
    assert "in another order" in verdict.message


def chained(predicted, actual, z=1.96):
    hits = [p > 0 == a > 0 for p, a in zip(predicted, actual, strict=True)]
    n, share = len(hits), np.mean(hits)
    centre = share + z**2 / (2 * n)
    half = z * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return share, (centre - half) / (1 + z**2 / n), (centre + half) / (1 + z**2 / n)


def chained_arrays(predicted, actual, z=1.96):
    return np.mean(predicted > 0 == actual > 0), 0.0, 1.0


def from_zero(series, num_train):
    low = high = 0
    for price in series[:num_train]:
        low, high = min(low, price), max(high, price)
    return (series - low) / (high - low), low, high


@pytest.mark.parametrize(
    ("name", "answer", "slug"),
    [
        ("direction_interval", chained, "comparison-chained"),
        ("direction_interval", chained_arrays, "comparison-chained"),
        ("direction_interval", days_without_change_left_out, "no-change-left-out"),
        ("scale_by_train", from_zero, "lowest-begun-at-zero"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_what_was_told_something_untrue_is_named(name, answer, slug):
    for seed in range(4):
        verdict = judge(answer, name, np.random.default_rng(seed))
        assert verdict.diagnosis == slug, verdict
