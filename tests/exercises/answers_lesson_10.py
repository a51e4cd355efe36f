"""Second right answers to the exercises of lesson 10."""

import math

import numpy as np
from sklearn.preprocessing import MinMaxScaler

# --- scale_by_train ---------------------------------------------------------------------------


def scale_by_sklearn(series, num_train):
    scaler = MinMaxScaler().fit(series[:num_train, None])
    scaled = scaler.transform(series[:, None])[:, 0]
    return scaled, scaler.data_min_[0], scaler.data_max_[0]


def scale_one_by_one(series, num_train):
    known = sorted(series.tolist()[:num_train])
    return [(v - known[0]) / (known[-1] - known[0]) for v in series], known[0], known[-1]


def scale_by_interpolation(series, num_train):
    low, high = np.quantile(series[:num_train], [0, 1])
    slope = 1 / (high - low)
    return [slope * series - slope * low, low, high]


# --- forecast_windows -------------------------------------------------------------------------


def windows_by_view(series, length, first):
    views = np.lib.stride_tricks.sliding_window_view(series, length, axis=0)
    return views[first - length : -1].transpose(0, 2, 1), series[first:, 0]


def windows_by_index(series, length, first):
    rows = np.arange(first, len(series))
    return series[rows[:, None] + np.arange(-length, 0)], series[rows, 0]


def windows_from_a_part(series, length, first):
    part = series[first - length :]
    n = len(part) - length
    X = [part[k : k + length].tolist() for k in range(n)]
    return X, [part[k + length][0] for k in range(n)]


# --- direction_interval -----------------------------------------------------------------------


def interval_by_counts(predicted, actual, z=1.96):
    """Agresti and Coull's way to write Wilson's formula, in numbers of days."""
    n = len(actual)
    right = sum((p > 0) == (a > 0) for p, a in zip(predicted, actual, strict=True))
    wrong = n - right
    middle = (right + z * z / 2) / (n + z * z)
    half = z / (n + z * z) * math.sqrt(right * wrong / n + z * z / 4)
    return right / n, middle - half, middle + half


def interval_by_roots(predicted, actual, z=1.96):
    """The two shares q at which |p - q| is just z standard deviations."""
    n = actual.size
    p = 1 - np.mean(np.logical_xor(predicted > 0, actual > 0))
    low, high = np.sort(np.roots([1 + z**2 / n, -(2 * p + z**2 / n), p**2]).real)
    return float(p), low, high


# --- ewma_forecast ----------------------------------------------------------------------------


def ewma_by_correction(values, weight, start):
    level, forecasts = start, []
    for value in values:
        forecasts.append(level)
        level += weight * (value - level)
    return forecasts


def ewma_by_weights(values, weight, start):
    n = len(values)
    age = np.arange(n)[:, None] - 1 - np.arange(n)  # (n, n): days since each value
    weights = np.where(age >= 0, weight * (1 - weight) ** np.maximum(age, 0), 0.0)
    return weights @ values + (1 - weight) ** np.arange(n) * start


ANSWERS = {
    "scale_by_train": (scale_by_sklearn, scale_one_by_one, scale_by_interpolation),
    "forecast_windows": (windows_by_view, windows_by_index, windows_from_a_part),
    "direction_interval": (interval_by_counts, interval_by_roots),
    "ewma_forecast": (ewma_by_correction, ewma_by_weights),
}
