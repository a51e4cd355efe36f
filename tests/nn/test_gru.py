"""The GRU by hand: against a loop over single numbers, central differences and PyTorch's cell."""

import math

import numpy as np
import pytest

from lstm_helpers import nn

N, D, H = 3, 2, 4


def problem(seed=0):
    rng = np.random.default_rng(seed)
    weights = [rng.normal(size=weight.shape) for weight in nn.init_gru(D, H, rng)]
    return rng.normal(size=(N, D)), rng.normal(size=(N, H)), nn.GRUParams(*weights)


def number_by_number(x, h_prev, W_x, W_h, b_x, b_h):
    """PyTorch's formula for one unit of one example at a time, with the math module."""
    h = np.empty_like(h_prev)
    for n, k in np.ndindex(h.shape):
        from_x, from_h = [], []
        for block in range(3):
            column = block * H + k
            from_x.append(b_x[column] + sum(x[n, d] * W_x[d, column] for d in range(D)))
            from_h.append(b_h[column] + sum(h_prev[n, j] * W_h[j, column] for j in range(H)))
        reset = 1 / (1 + math.exp(-from_x[0] - from_h[0]))
        update = 1 / (1 + math.exp(-from_x[1] - from_h[1]))
        candidate = math.tanh(from_x[2] + reset * from_h[2])
        h[n, k] = candidate + update * (h_prev[n, k] - candidate)
    return h


def test_step_equals_the_formula_number_by_number():
    x, h_prev, params = problem()
    expected = number_by_number(x, h_prev, *params)
    np.testing.assert_allclose(nn.gru_step(x, h_prev, *params), expected, rtol=0, atol=1e-14)
    cached, _ = nn.gru_step_cached(x, h_prev, *params)
    np.testing.assert_array_equal(cached, nn.gru_step(x, h_prev, *params))


def test_step_by_hand():
    """r = σ(ln 3) = 3/4, z = σ(−ln 3) = 1/4, n = tanh(0.3 + 0.75 · (0.2 + 1.0)) = tanh(1.2)."""
    log3 = math.log(3)
    h = nn.gru_step(
        np.array([[1.0]]),
        np.array([[2.0]]),
        W_x=np.array([[log3, 0.0, 0.1]]),
        W_h=np.array([[0.0, 0.0, 0.1]]),
        b_x=np.array([0.0, -log3, 0.2]),
        b_h=np.array([0.0, 0.0, 1.0]),
    )
    np.testing.assert_allclose(h, [[0.75 * math.tanh(1.2) + 0.25 * 2.0]], rtol=1e-15)


def test_step_equals_pytorchs_cell():
    import torch

    x, h_prev, params = problem(seed=1)
    cell = torch.nn.GRUCell(D, H, dtype=torch.float64)
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    with torch.no_grad():
        for name, weight in zip(names, params, strict=True):
            getattr(cell, name).copy_(torch.from_numpy(weight.T.copy()))
        theirs = cell(torch.from_numpy(x), torch.from_numpy(h_prev)).numpy()
    np.testing.assert_allclose(nn.gru_step(x, h_prev, *params), theirs, rtol=0, atol=1e-14)


def test_reset_gate_acts_after_the_matrix_unlike_in_the_paper():
    x, h_prev, params = problem(seed=2)
    W_x, W_h, b_x, b_h = params
    reset, update = (
        nn.sigmoid(x @ W_x[:, part] + b_x[part] + h_prev @ W_h[:, part] + b_h[part])
        for part in (slice(H), slice(H, 2 * H))
    )
    last = slice(2 * H, None)
    candidate = np.tanh(x @ W_x[:, last] + b_x[last] + (reset * h_prev) @ W_h[:, last] + b_h[last])
    as_in_the_paper = (1 - update) * candidate + update * h_prev
    assert np.abs(nn.gru_step(x, h_prev, *params) - as_in_the_paper).max() > 0.1


def test_step_backward_agrees_with_central_differences_in_every_entry():
    x, h_prev, params = problem(seed=3)
    upstream = np.random.default_rng(4).normal(size=(N, H))
    _, cache = nn.gru_step_cached(x, h_prev, *params)
    arguments = [x, h_prev, *params]
    for k, analytic in enumerate(nn.gru_step_backward(upstream, cache)):
        numeric = nn.numerical_gradient(
            lambda v, k=k: np.sum(upstream * nn.gru_step(*arguments[:k], v, *arguments[k + 1 :])),
            arguments[k].copy(),
        )
        assert nn.gradient_error(analytic, numeric) < 1e-7, k


def test_gradients_of_the_biases_differ_only_under_the_reset_gate():
    x, h_prev, params = problem(seed=5)
    _, cache = nn.gru_step_cached(x, h_prev, *params)
    *_, db_x, db_h = nn.gru_step_backward(np.ones((N, H)), cache)
    np.testing.assert_array_equal(db_x[: 2 * H], db_h[: 2 * H])
    assert np.all(np.abs(db_x[2 * H :] - db_h[2 * H :]) > 1e-6)


def test_weights_are_drawn_as_pytorch_draws_them():
    params = nn.init_gru(50, 16, np.random.default_rng(0))
    assert [weight.shape for weight in params] == [(50, 48), (16, 48), (48,), (48,)]
    for weight in params:
        assert np.abs(weight).max() <= 0.25
        assert np.abs(weight).max() > 0.2
    with pytest.raises(ValueError, match="expected both to be at least 1"):
        nn.init_gru(0, 4, np.random.default_rng(0))
