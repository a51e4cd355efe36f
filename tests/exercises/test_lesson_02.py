"""What is special about lesson 02: which square the slope of tanh has."""

import numpy as np
import pytest

from lstm_helpers.checks import diagnose
from lstm_helpers.exercises.lesson_02 import GRADIENT_NORMS, RNN_BACKWARD, RNN_STEP_BACKWARD


def step_backward(dh, x, h_prev, h, W_x, W_h):
    dz = dh * (1 - h) ** 2
    return dz @ W_x.T, dz @ W_h.T, x.T @ dz, h_prev.T @ dz, dz.sum(axis=0)


def backward(dhs, xs, h0, hs, W_x, W_h):
    dh, dxs, sums = np.zeros_like(h0), np.zeros_like(xs), [0.0, 0.0, 0.0]
    for t in reversed(range(xs.shape[1])):
        h_prev = hs[:, t - 1] if t else h0
        dxs[:, t], dh, *grads = step_backward(dhs[:, t] + dh, xs[:, t], h_prev, hs[:, t], W_x, W_h)
        sums = [total + grad for total, grad in zip(sums, grads, strict=True)]
    return dxs, dh, *sums


def norms(dh_last, hs, W_h):
    dh, found = dh_last, []
    for t in reversed(range(hs.shape[1])):
        found.append(np.linalg.norm(dh))
        dh = (dh * (1 - hs[:, t]) ** 2) @ W_h.T
    return np.array(found[::-1])


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("exercise", "answer"),
    [(RNN_STEP_BACKWARD, step_backward), (RNN_BACKWARD, backward), (GRADIENT_NORMS, norms)],
)
def test_a_square_of_the_difference_is_named(exercise, answer, seed):
    verdict = diagnose(exercise, answer, np.random.default_rng(seed))
    assert verdict.diagnosis == "square-of-the-difference", verdict.message
    assert "1 - h**2: only h is squared" in verdict.message
