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


def cut_off_above(series, num_train):
    low, high = series[:num_train].min(), series[:num_train].max()
    scaled = (series - low) / (high - low)
    scaled[scaled > 1] = 1
    return scaled, low, high


def view_with_tomorrow(series, length, first):
    windows = np.lib.stride_tricks.sliding_window_view(series, length, axis=0)
    return windows[first - length :].swapaxes(1, 2), series[first:, 0]


def windows_counted_by_beginning(series, length, first):
    rows = list(range(first, len(series) - length))
    return np.array([series[r - length : r] for r in rows]), np.array([series[r, 0] for r in rows])


def features_without_the_target(series, length, first):
    rows = range(first, series.shape[0])
    X = np.array([series[row - length : row, 1:] for row in rows])
    return X, np.array([series[row, 0] for row in rows])


def shifted_pandas(values, weight, start):
    above, below, forecasts = 0.0, 0.0, [start]
    for value in values[:-1]:
        above, below = value + (1 - weight) * above, 1 + (1 - weight) * below
        forecasts.append(above / below)
    return forecasts


def both_up(predicted, actual, z=1.96):
    n = len(actual)
    p = np.sum((predicted > 0) & (actual > 0)) / n
    middle = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    width = z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    return p, middle - width, middle + width


def no_z_before_the_root(predicted, actual, z=1.96):
    n = len(actual)
    p = np.mean((predicted > 0) == (actual > 0))
    scale = 1 + z**2 / n
    centre = (p + z**2 / (2 * n)) / scale
    half = np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2)) / scale
    return p, centre - half, centre + half


def divided_in_one_place(predicted, actual, z=1.96):
    n = len(actual)
    p = np.mean((predicted > 0) == (actual > 0))
    centre = p + z**2 / (2 * n)
    half = z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    return p, centre - half, centre + half


def forward_filled(simulated, observed):
    filled = observed.copy()
    for day in range(1, len(filled)):
        if np.isnan(filled[day]):
            filled[day] = filled[day - 1]
    return 1 - ((filled - simulated) ** 2).sum() / ((filled - filled.mean()) ** 2).sum()


def one_minus_first(simulated, observed):
    kept = ~np.isnan(observed)
    s, o = simulated[kept], observed[kept]
    return (1 - ((s - o) ** 2).sum()) / ((o - o.mean()) ** 2).sum()


def observed_filtered_alone(simulated, observed):
    observed = observed[~np.isnan(observed)]
    return 1 - ((observed - simulated) ** 2).sum() / ((observed - observed.mean()) ** 2).sum()


def nan_functions_exchanged(simulated, observed):
    errors = np.nansum((simulated - observed) ** 2)
    return 1 - errors / np.nansum((simulated - np.nanmean(simulated)) ** 2)


def one_squared(simulated, observed):
    r = np.corrcoef(simulated, observed)[0, 1]
    a, b = simulated.std() / observed.std(), simulated.mean() / observed.mean()
    with np.errstate(invalid="ignore"):
        return 1 - np.sqrt((r - 1**2) + (a - 1**2) + (b - 1**2))


def counted_chunks(inputs, targets, length, warmup, step):
    N = (len(inputs) - length) // step
    X = np.zeros((N, length, inputs.shape[1]))
    Y = np.zeros((N, length - warmup))
    for i in range(N):
        X[i] = inputs[i * step : i * step + length]
        Y[i] = targets[i * step + warmup : i * step + length]
    return X, Y


def minus_warmup(inputs, targets, length, warmup, step):
    starts = range(0, len(inputs) - length + 1, step)
    Y = np.array([targets[k : k + length] for k in starts])
    return np.array([inputs[k : k + length] for k in starts]), Y[:, -warmup:]


def whole_ones_before_a_step(inputs, targets, length, warmup, step):
    X, Y = [], []
    for k in range(0, len(inputs) - step, step):
        if len(inputs[k : k + length]) == length:
            X.append(inputs[k : k + length])
            Y.append(targets[k + warmup : k + length])
    return np.array(X), np.array(Y)


def view_reshaped(inputs, targets, length, warmup, step):
    X = np.lib.stride_tricks.sliding_window_view(inputs, length, axis=0)[::step]
    Y = np.lib.stride_tricks.sliding_window_view(targets, length)[::step, warmup:]
    return X.reshape(len(X), length, inputs.shape[1]), Y


def last_one_pulled_back(inputs, targets, length, warmup, step):
    X, Y, k = [], [], 0
    while True:
        k = min(k, len(inputs) - length)
        X.append(inputs[k : k + length])
        Y.append(targets[k + warmup : k + length])
        if k == len(inputs) - length:
            return np.array(X), np.array(Y)
        k += step


def zeros_behind_the_end(inputs, targets, length, warmup, step):
    N = -(-(len(inputs) - length) // step) + 1
    X = np.zeros((N, length, inputs.shape[1]))
    Y = np.zeros((N, length))
    for i in range(N):
        part = inputs[i * step : i * step + length]
        X[i, : len(part)] = part
        Y[i, : len(part)] = targets[i * step : i * step + length]
    return X, Y[:, warmup:]


def dict_of_days(day_of_year, discharge, num_train):
    found = {}
    for day, value in zip(day_of_year[:num_train], discharge[:num_train], strict=True):
        found.setdefault(day, []).append(value)
    return np.array([np.mean(found[day]) for day in day_of_year])


def whole_table(day_of_year, discharge, num_train):
    days, known = day_of_year[:num_train], discharge[:num_train]
    table = []
    for day in range(1, 367):
        same = known[days == day]
        table.append(same.mean() if len(same) else known.mean())
    return np.array(table)


def mean_left_from_before(day_of_year, discharge, num_train):
    means = []
    for day in day_of_year:
        same = discharge[:num_train][day_of_year[:num_train] == day]
        if len(same):
            mean = same.mean()
        means.append(mean)
    return np.array(means)


def one_row_many_times(targets, predictions, num_classes):
    counts = [[0] * num_classes] * num_classes
    for target, prediction in zip(targets, predictions, strict=True):
        counts[target][prediction] += 1
    return np.array(counts)


def minus_one(targets, predictions, num_classes):
    counts = np.zeros((num_classes, num_classes), dtype=int)
    for target, prediction in zip(targets, predictions, strict=True):
        counts[target - 1, prediction - 1] += 1
    return counts


def no_minlength(targets, predictions, num_classes):
    return np.bincount(num_classes * targets + predictions).reshape(num_classes, num_classes)


def small_number_below(counts):
    f1 = []
    for k in range(len(counts)):
        precision = counts[k, k] / (counts[:, k].sum() + 1e-7)
        recall = counts[k, k] / (counts[k].sum() + 1e-7)
        f1.append(2 * precision * recall / (precision + recall + 1e-7))
    return sum(f1) / len(f1)


def plain_python(counts):
    total = 0
    for k in range(len(counts)):
        right = int(counts[k, k])
        precision = right / int(counts[:, k].sum())
        recall = right / int(counts[k].sum())
        total += 2 * precision * recall / (precision + recall)
    return total / len(counts)


def shorter_range(names, ngrams):
    counts = np.zeros((len(names), len(ngrams)), dtype=int)
    for i, name in enumerate(names):
        text = " " + name + " "
        for j, ngram in enumerate(ngrams):
            for k in range(len(name)):
                counts[i, j] += text[k : k + len(ngram)] == ngram
    return counts


def encoded(names, letters, T):
    tokens = np.zeros((len(names), T), dtype=int)
    for i, name in enumerate(names):
        for j, letter in enumerate(name):
            tokens[i, j] = letters.index(letter) + 2 if letter in letters else 1
    return tokens, np.array([len(name) for name in names])


def longest_first(train_names, names):
    names = sorted(names, key=len, reverse=True)
    return encoded(names, sorted(set("".join(train_names))), len(names[0]))


def filled_with_spaces(train_names, names):
    T = max(len(name) for name in names)
    tokens, _ = encoded([name.ljust(T) for name in names], sorted(set("".join(train_names))), T)
    return tokens, np.array([len(name) for name in names])


def unknown_dropped(train_names, names):
    letters = sorted(set("".join(train_names)))
    kept = ["".join(c for c in name if c in letters) for name in names]
    tokens, _ = encoded(kept, letters, max(len(name) for name in names))
    return tokens, np.array([len(name) for name in names])


def wide_enough_for_all(train_names, names):
    T = max(len(name) for name in [*train_names, *names])
    return encoded(names, sorted(set("".join(train_names))), T)


def from_z_to_a(train_names, names):
    letters = sorted(set("".join(train_names)))[::-1]
    return encoded(names, letters, max(map(len, names)))


@pytest.mark.parametrize(
    ("name", "answer", "slug"),
    [
        # Lesson 10.
        ("scale_by_train", cut_off_above, "clipped"),
        ("forecast_windows", view_with_tomorrow, "window-for-tomorrow"),
        ("forecast_windows", windows_counted_by_beginning, "last-days-dropped"),
        ("forecast_windows", features_without_the_target, "column-zero-left-out"),
        ("ewma_forecast", shifted_pandas, "pandas-adjusts"),
        ("direction_interval", both_up, "only-some-days"),
        ("direction_interval", no_z_before_the_root, "z-before-the-root-missing"),
        ("direction_interval", divided_in_one_place, "not-divided"),
        # Lesson 11.
        ("nash_sutcliffe", gaps_interpolated, "gaps-filled"),
        ("nash_sutcliffe", forward_filled, "gaps-filled"),
        ("nash_sutcliffe", one_minus_first, "brackets-misplaced"),
        ("nash_sutcliffe", observed_filtered_alone, "mask-for-one-only"),
        ("nash_sutcliffe", nan_functions_exchanged, "arguments-exchanged"),
        ("kling_gupta", one_squared, "brackets-missing"),
        ("chunk_with_warmup", counted_chunks, "one-chunk-too-few"),
        ("chunk_with_warmup", minus_warmup, "only-as-many-as-the-warm-up"),
        ("chunk_with_warmup", whole_ones_before_a_step, "range-ends-a-step-early"),
        ("chunk_with_warmup", view_reshaped, "reshaped-for-transposed"),
        ("chunk_with_warmup", last_one_pulled_back, "last-chunk-pulled-back"),
        ("chunk_with_warmup", zeros_behind_the_end, "last-chunk-padded"),
        ("climatology", dict_of_days, "absent-day-not-foreseen"),
        ("climatology", whole_table, "table-returned"),
        ("climatology", mean_left_from_before, "absent-day-from-another"),
        # Lesson 12.
        ("confusion_matrix", one_row_many_times, "rows-are-one-list"),
        ("confusion_matrix", minus_one, "classes-from-one"),
        ("confusion_matrix", no_minlength, "bincount-cut-short"),
        ("macro_f1", small_number_below, "eps-in-the-denominator"),
        ("macro_f1", plain_python, "undefined-for-silent-classes"),
        ("char_ngrams", shorter_range, "back-edge-missing"),
        ("encode_names", longest_first, "names-in-another-order"),
        ("encode_names", filled_with_spaces, "padding-is-unknown"),
        ("encode_names", unknown_dropped, "unknown-left-out"),
        ("encode_names", wide_enough_for_all, "width-of-all-names"),
        ("encode_names", from_z_to_a, "alphabet-reversed"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_common_slips_are_named(name, answer, slug):
    for seed in range(3):
        verdict = judge(answer, name, np.random.default_rng(seed))
        assert verdict.diagnosis == slug, verdict
