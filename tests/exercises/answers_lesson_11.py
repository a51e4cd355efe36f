"""Right answers to the exercises of lesson 11, written as differently as learners write them."""

import math

import numpy as np


def efficiency_by_nan_functions(simulated, observed):
    errors = np.nanmean((observed - simulated) ** 2)
    return 1 - errors / np.nanvar(observed)


def efficiency_by_loop(simulated, observed):
    pairs = [(s, o) for s, o in zip(simulated, observed, strict=True) if not math.isnan(o)]
    mean = sum(o for _, o in pairs) / len(pairs)
    return 1 - sum((o - s) ** 2 for s, o in pairs) / sum((o - mean) ** 2 for _, o in pairs)


def efficiency_on_masked_arrays(simulated, observed):
    o = np.ma.masked_invalid(observed)
    return float(1 - ((o - simulated) ** 2).sum() / ((o - o.mean()) ** 2).sum())


def climatology_by_counts(day_of_year, discharge, num_train):
    days, known = day_of_year[:num_train], discharge[:num_train]
    counts = np.bincount(days, minlength=400)
    sums = np.bincount(days, weights=known, minlength=400)
    table = np.where(counts > 0, sums / np.maximum(counts, 1), known.mean())
    return table[day_of_year]


def climatology_by_dict(day_of_year, discharge, num_train):
    found = {}
    for day, value in zip(day_of_year[:num_train].tolist(), discharge, strict=False):
        found.setdefault(day, []).append(value)
    usual = float(np.mean(discharge[:num_train]))
    return [np.mean(found[day]) if day in found else usual for day in day_of_year.tolist()]


def chunks_by_view(inputs, targets, length, warmup, step):
    X = np.lib.stride_tricks.sliding_window_view(inputs, length, axis=0)[::step]
    Y = np.lib.stride_tricks.sliding_window_view(targets, length)[::step, warmup:]
    return X.transpose(0, 2, 1), Y


def chunks_by_index(inputs, targets, length, warmup, step):
    rows = np.arange(0, len(inputs) - length + 1, step)[:, None] + np.arange(length)
    return inputs[rows], targets[rows][:, warmup:]


def chunks_while_there_is_room(inputs, targets, length, warmup, step):
    X, Y, start = [], [], 0
    while start + length <= len(targets):
        X.append(inputs[start : start + length].copy())
        Y.append(targets[start : start + length][warmup:].copy())
        start += step
    return [np.array(X), np.array(Y)]


def gupta_by_distance(simulated, observed):
    r = np.corrcoef(observed, simulated)[1, 0]
    alpha, beta = np.std(simulated) / np.std(observed), np.mean(simulated) / np.mean(observed)
    return 1 - np.linalg.norm(np.array([r, alpha, beta]) - 1)


def gupta_by_moments(simulated, observed):
    s, o = simulated - simulated.mean(), observed - observed.mean()
    r = (s @ o) / math.sqrt((s @ s) * (o @ o))
    parts = r - 1, math.sqrt((s @ s) / (o @ o)) - 1, simulated.sum() / observed.sum() - 1
    return 1 - math.hypot(*parts)


ANSWERS = {
    "nash_sutcliffe": (
        efficiency_by_nan_functions,
        efficiency_by_loop,
        efficiency_on_masked_arrays,
    ),
    "climatology": (climatology_by_counts, climatology_by_dict),
    "chunk_with_warmup": (chunks_by_view, chunks_by_index, chunks_while_there_is_room),
    "kling_gupta": (gupta_by_distance, gupta_by_moments),
}
