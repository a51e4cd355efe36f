"""Peephole, coupled and layer-normalised LSTM: by hand, against the plain LSTM, against PyTorch."""

import math

import numpy as np
import pytest

from lstm_helpers import nn

N, D, H = 3, 2, 4


def problem(name, seed=0):
    """Random arguments of a step: x, h_prev, c_prev and all weights; no gain is 1, no shift 0."""
    rng = np.random.default_rng(seed)
    drawn = nn.CELLS[name].init(D, H, rng)
    params = type(drawn)(*(rng.normal(size=weight.shape) for weight in drawn))
    return rng.normal(size=(N, D)), rng.normal(size=(N, H)), rng.normal(size=(N, H)), params


def split_gates(*weights):
    """Blocks of H along the last axis."""
    return [np.split(weight, weight.shape[-1] // H, axis=-1) for weight in weights]


# --- peepholes ------------------------------------------------------------------------------------


def test_without_peepholes_it_is_the_plain_lstm_in_outputs_and_gradients():
    x, h_prev, c_prev, (W_x, W_h, b, _) = problem("peephole")
    h, cache = nn.peephole_lstm_step_cached(x, h_prev, c_prev, W_x, W_h, b, np.zeros(3 * H))
    h_plain, plain = nn.lstm_step_cached(x, h_prev, c_prev, W_x, W_h, b)
    dh, dc = np.random.default_rng(1).normal(size=(2, N, H))
    ours = (h, cache.c, *nn.peephole_lstm_step_backward(dh, dc, cache)[:-1])
    theirs = (h_plain, plain.c, *nn.lstm_step_backward(dh, dc, plain))
    for mine, yours in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, yours, rtol=0, atol=1e-14)


def test_each_gate_looks_at_its_own_cell_state_and_the_candidate_at_none():
    x, h_prev, c_prev, params = problem("peephole", seed=2)
    (x_i, x_f, x_g, x_o), (h_i, h_f, h_g, h_o), (b_i, b_f, b_g, b_o), (p_i, p_f, p_o) = split_gates(
        *params
    )
    c = np.empty_like(c_prev)
    h = np.empty_like(c_prev)
    for n, k in np.ndindex(c.shape):

        def gate(W, U, bias, peephole, cell, n=n, k=k):
            z = x[n] @ W[:, k] + h_prev[n] @ U[:, k] + bias[k] + peephole[k] * cell
            return 1 / (1 + math.exp(-z))

        candidate = math.tanh(x[n] @ x_g[:, k] + h_prev[n] @ h_g[:, k] + b_g[k])
        old = c_prev[n, k]
        c[n, k] = gate(x_f, h_f, b_f, p_f, old) * old + gate(x_i, h_i, b_i, p_i, old) * candidate
        h[n, k] = gate(x_o, h_o, b_o, p_o, c[n, k]) * math.tanh(c[n, k])
    for mine, yours in zip(nn.peephole_lstm_step(x, h_prev, c_prev, *params), (h, c), strict=True):
        np.testing.assert_allclose(mine, yours, rtol=0, atol=1e-14)


def test_peepholes_by_hand():
    """i = σ(2 ln 3 · ½ ) = 3/4, f = σ(−2 ln 3 · ½) = 1/4, c = ¼ · ½ + ¾ · tanh 1, o = σ(c)."""
    log3, zero = math.log(3), np.zeros((1, 4))
    h, c = nn.peephole_lstm_step(
        np.zeros((1, 1)),
        np.zeros((1, 1)),
        np.array([[0.5]]),
        zero,
        zero,
        b=np.array([0.0, 0.0, 1.0, 0.0]),
        p=np.array([2 * log3, -2 * log3, 1.0]),
    )
    cell = 0.125 + 0.75 * math.tanh(1.0)
    np.testing.assert_allclose(c, [[cell]], rtol=1e-15)
    np.testing.assert_allclose(h, [[math.tanh(cell) / (1 + math.exp(-cell))]], rtol=1e-15)


# --- coupled gates --------------------------------------------------------------------------------


def test_coupled_gates_are_an_lstm_whose_input_gate_has_the_negative_weights_of_the_forget_gate():
    """1 − σ(z) = σ(−z), so the gradients of the forget gate are those of f minus those of i."""
    x, h_prev, c_prev, params = problem("coupled", seed=3)
    plain = [
        np.concatenate([-forget, forget, candidate, output], axis=-1)
        for forget, candidate, output in split_gates(*params)
    ]
    h, cache = nn.coupled_lstm_step_cached(x, h_prev, c_prev, *params)
    h_plain, cache_plain = nn.lstm_step_cached(x, h_prev, c_prev, *plain)
    np.testing.assert_allclose(h, h_plain, rtol=0, atol=1e-14)
    np.testing.assert_allclose(cache.c, cache_plain.c, rtol=0, atol=1e-14)

    dh, dc = np.random.default_rng(4).normal(size=(2, N, H))
    ours = nn.coupled_lstm_step_backward(dh, dc, cache)
    theirs = nn.lstm_step_backward(dh, dc, cache_plain)
    for mine, yours in zip(ours[:3], theirs[:3], strict=True):
        np.testing.assert_allclose(mine, yours, rtol=0, atol=1e-13)
    for mine, (di, df, dg, do) in zip(ours[3:], split_gates(*theirs[3:]), strict=True):
        expected = np.concatenate([df - di, dg, do], axis=-1)
        np.testing.assert_allclose(mine, expected, rtol=0, atol=1e-13)


def test_coupled_gates_by_hand():
    """f = σ(ln 3) = 3/4 keeps three quarters of 2 and lets in a quarter of tanh 1; o = 1/4."""
    log3 = math.log(3)
    h, c = nn.coupled_lstm_step(
        np.array([[1.0]]),
        np.array([[1.0]]),
        np.array([[2.0]]),
        W_x=np.array([[log3, 0.25, 0.0]]),
        W_h=np.array([[0.0, 0.25, -log3]]),
        b=np.array([0.0, 0.5, 0.0]),
    )
    cell = 1.5 + 0.25 * math.tanh(1.0)
    np.testing.assert_allclose(c, [[cell]], rtol=1e-15)
    np.testing.assert_allclose(h, [[0.25 * math.tanh(cell)]], rtol=1e-15)


def test_a_coupled_cell_that_starts_within_one_stays_there():
    rng = np.random.default_rng(5)
    params = nn.CoupledParams(*(5 * weight for weight in nn.init_coupled_lstm(D, H, rng)))
    h, c = np.zeros((2, N, H))
    for x in 10 * rng.normal(size=(50, N, D)):
        h, c = nn.coupled_lstm_step(x, h, c, *params)
        assert np.abs(c).max() <= 1.0


# --- layer normalisation --------------------------------------------------------------------------


def test_layer_norm_by_hand():
    """Mean 2, variance 4: the vector 0, 4, 0, 4 becomes −1, 1, −1, 1 before gain and shift."""
    y = nn.layer_norm(
        np.array([[0.0, 4.0, 0.0, 4.0]]),
        np.array([1.0, 2.0, 3.0, 4.0]),
        np.array([0.5, 0.0, 0.0, -1.0]),
        eps=0.0,
    )
    np.testing.assert_array_equal(y, [[-0.5, 2.0, -3.0, 3.0]])
    np.testing.assert_array_equal(
        nn.layer_norm(np.full((2, 3), 7.0), np.ones(3), np.array([1.0, 2.0, 3.0])),
        [[1.0, 2.0, 3.0]] * 2,
    )
    large = nn.layer_norm(np.array([0.0, 2.0]), np.ones(2), np.zeros(2), eps=3.0)
    np.testing.assert_array_equal(large, [-0.5, 0.5])  # divided by the root of 1 + 3


@pytest.mark.parametrize("leading", [(), (3,), (3, 7)])
@pytest.mark.parametrize("eps", [1e-5, 0.1])
def test_layer_norm_equals_pytorch_in_value_and_gradients(leading, eps):
    import torch

    rng = np.random.default_rng(6)
    z, dy = rng.normal(2.0, 3.0, size=(2, *leading, 5))
    gain, shift = rng.normal(size=(2, 5))
    tensors = [torch.from_numpy(v.copy()).requires_grad_() for v in (z, gain, shift)]
    theirs = torch.nn.functional.layer_norm(tensors[0], (5,), *tensors[1:], eps=eps)
    theirs.backward(torch.from_numpy(dy))
    ours = nn.layer_norm(z, gain, shift, eps)
    np.testing.assert_allclose(ours, theirs.detach().numpy(), rtol=0, atol=1e-13)
    gradients = nn.layer_norm_backward(dy, z, gain, eps)
    for mine, tensor in zip(gradients, tensors, strict=True):
        np.testing.assert_allclose(mine, tensor.grad.numpy(), rtol=0, atol=1e-13)


def test_layer_norm_backward_agrees_with_central_differences_in_every_entry():
    rng = np.random.default_rng(7)
    z, dy = rng.normal(size=(2, 3, 5))
    arguments = [z, *rng.normal(size=(2, 5))]
    for k, analytic in enumerate(nn.layer_norm_backward(dy, z, arguments[1])):
        numeric = nn.numerical_gradient(
            lambda v, k=k: np.sum(dy * nn.layer_norm(*arguments[:k], v, *arguments[k + 1 :])),
            arguments[k].copy(),
        )
        assert nn.gradient_error(analytic, numeric) < 1e-7, k


def test_layer_normalised_step_equals_pytorchs_autograd_in_states_and_all_gradients():
    import torch

    x, h_prev, c_prev, params = problem("layer_norm", seed=8)
    dh, dc = np.random.default_rng(9).normal(size=(2, N, H))
    leaves = [torch.from_numpy(v.copy()).requires_grad_() for v in (x, h_prev, c_prev, *params)]
    x_t, h_t, c_t, W_x, W_h, b, gain_x, shift_x, gain_h, shift_h, gain_c, shift_c = leaves
    norm = torch.nn.functional.layer_norm
    z = norm(x_t @ W_x, (4 * H,), gain_x, shift_x) + norm(h_t @ W_h, (4 * H,), gain_h, shift_h) + b
    z_i, z_f, z_g, z_o = z.chunk(4, dim=1)
    c_new = z_f.sigmoid() * c_t + z_i.sigmoid() * z_g.tanh()
    h_new = z_o.sigmoid() * norm(c_new, (H,), gain_c, shift_c).tanh()
    torch.autograd.backward([h_new, c_new], [torch.from_numpy(dh), torch.from_numpy(dc)])

    h, c = nn.layer_norm_lstm_step(x, h_prev, c_prev, params)
    np.testing.assert_allclose(h, h_new.detach().numpy(), rtol=0, atol=1e-13)
    np.testing.assert_allclose(c, c_new.detach().numpy(), rtol=0, atol=1e-13)
    _, cache = nn.layer_norm_lstm_step_cached(x, h_prev, c_prev, params)
    dx, dh_prev, dc_prev, dparams = nn.layer_norm_lstm_step_backward(dh, dc, cache)
    for mine, leaf in zip((dx, dh_prev, dc_prev, *dparams), leaves, strict=True):
        np.testing.assert_allclose(mine, leaf.grad.numpy(), rtol=0, atol=1e-12)


def test_layer_normalised_cell_state_is_carried_on_as_it_is():
    """Gates wide open: c grows by 1 at each step although what leaves through h stays bounded."""
    params = nn.init_layer_norm_lstm(D, H, np.random.default_rng(0))
    params = params._replace(gain_x=np.zeros(4 * H), gain_h=np.zeros(4 * H), b=np.full(4 * H, 50.0))
    h, c = np.zeros((1, H)), np.array([[0.0, 1.0, 2.0, 3.0]])
    for _ in range(10):
        h, c = nn.layer_norm_lstm_step(np.ones((1, D)), h, c, params)
    np.testing.assert_allclose(c, [[10.0, 11.0, 12.0, 13.0]])
    np.testing.assert_allclose(h, np.tanh((c - 11.5) / math.sqrt(1.25 + 1e-5)))


# --- what they share ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["peephole", "coupled"])
def test_step_and_cached_step_are_one(name):
    x, h_prev, c_prev, params = problem(name, seed=10)
    step = getattr(nn, f"{name}_lstm_step")
    h, c = step(x, h_prev, c_prev, *params)
    h_cached, cache = getattr(nn, f"{name}_lstm_step_cached")(x, h_prev, c_prev, *params)
    np.testing.assert_array_equal(h, h_cached)
    np.testing.assert_array_equal(c, cache.c)


def test_weights_are_drawn_within_one_over_the_root_of_h_and_gains_are_one():
    rng = np.random.default_rng(0)
    peephole = nn.init_peephole_lstm(50, 16, rng)
    coupled = nn.init_coupled_lstm(50, 16, rng)
    normed = nn.init_layer_norm_lstm(50, 16, rng)
    assert [weight.shape for weight in peephole] == [(50, 64), (16, 64), (64,), (48,)]
    assert [weight.shape for weight in coupled] == [(50, 48), (16, 48), (48,)]
    for weight in (*peephole, *coupled, *normed[:3]):
        assert 0.2 < np.abs(weight).max() <= 0.25
    for gain, shift in (normed[3:5], normed[5:7], normed[7:]):
        np.testing.assert_array_equal(gain, np.ones_like(gain))
        np.testing.assert_array_equal(shift, np.zeros_like(shift))
    for init in (nn.init_peephole_lstm, nn.init_coupled_lstm, nn.init_layer_norm_lstm):
        with pytest.raises(ValueError, match="expected both to be at least 1"):
            init(2, 0, rng)
