"""The LSTM by hand: step and layer against each other, central differences and PyTorch."""

import numpy as np
import pytest

from lstm_helpers import nn

D, H = 2, 4
SHAPES = [(N, T) for N in (1, 3) for T in (1, 7)]


def problem(N, T, seed=0):
    rng = np.random.default_rng(seed)
    params = nn.LSTMParams(*(1.7 * weight for weight in nn.init_lstm(D, H, rng)))
    xs = rng.normal(size=(N, T, D))
    states = rng.normal(size=(N, H)), rng.normal(size=(N, H))
    upstream = rng.normal(size=(N, T, H)), rng.normal(size=(N, H)), rng.normal(size=(N, H))
    return xs, states, params, upstream


def loss(xs, h0, c0, W_x, W_h, b, upstream, lengths=None):
    hs, (h, c), _ = nn.lstm_layer_forward(xs, (h0, c0), nn.LSTMParams(W_x, W_h, b), lengths)
    return sum(np.sum(a * d) for a, d in zip((hs, h, c), upstream, strict=True))


@pytest.mark.parametrize("lengths", [None, "varied"])
@pytest.mark.parametrize(("N", "T"), SHAPES)
def test_layer_backward_agrees_with_central_differences_in_every_entry(N, T, lengths):
    xs, (h0, c0), params, upstream = problem(N, T)
    if lengths:
        lengths = np.array([T, max(T - 2, 1), 1])[:N]
    _, _, tape = nn.lstm_layer_forward(xs, (h0, c0), params, lengths)
    dxs, (dh0, dc0), dparams = nn.lstm_layer_backward(upstream[0], upstream[1:], tape)
    arguments = dict(zip(("xs", "h0", "c0", "W_x", "W_h", "b"), (xs, h0, c0, *params), strict=True))
    for name, analytic in zip(arguments, (dxs, dh0, dc0, *dparams), strict=True):
        numeric = nn.numerical_gradient(
            lambda v, name=name: loss(**{**arguments, name: v}, upstream=upstream, lengths=lengths),
            arguments[name].copy(),
        )
        assert nn.gradient_error(analytic, numeric) < 1e-7, name


@pytest.mark.parametrize(("N", "T"), SHAPES)
def test_step_by_step_equals_the_layer(N, T):
    xs, (h0, c0), params, (dhs, _, dc_last) = problem(N, T, seed=1)
    hs, (_, c), tape = nn.lstm_layer_forward(xs, (h0, c0), params)
    hs_slow, c_slow = nn.lstm_forward(xs, h0, c0, *params)
    np.testing.assert_allclose(hs, hs_slow, atol=1e-14)
    np.testing.assert_allclose(c, c_slow, atol=1e-14)

    caches, h, state = [], h0, c0
    for t in range(T):
        h, cache = nn.lstm_step_cached(xs[:, t], h, state, *params)
        state = cache.c
        caches.append(cache)
    slow = nn.lstm_backward(dhs, dc_last, caches)
    dxs, dstates, dparams = nn.lstm_layer_backward(dhs, (np.zeros_like(h0), dc_last), tape)
    for ours, theirs in zip((dxs, *dstates, *dparams), slow, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-13)


@pytest.mark.parametrize("lengths", [None, (7, 3, 5)])
def test_layer_equals_pytorch_in_outputs_states_and_all_gradients(lengths):
    import torch
    from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

    N, T = 3, 7
    xs, states, params, upstream = problem(N, T, seed=2)
    layer = torch.nn.LSTM(D, H, batch_first=True, dtype=torch.float64)
    with torch.no_grad():
        layer.weight_ih_l0.copy_(torch.from_numpy(params.W_x.T.copy()))
        layer.weight_hh_l0.copy_(torch.from_numpy(params.W_h.T.copy()))
        layer.bias_ih_l0.copy_(torch.from_numpy(params.b))
        layer.bias_hh_l0.zero_()
    x = torch.from_numpy(xs).requires_grad_()
    h0, c0 = (torch.from_numpy(s[None].copy()).requires_grad_() for s in states)
    if lengths is None:
        outputs, (h_n, c_n) = layer(x, (h0, c0))
    else:
        packed = pack_padded_sequence(
            x, torch.tensor(lengths), batch_first=True, enforce_sorted=False
        )
        packed_out, (h_n, c_n) = layer(packed, (h0, c0))
        outputs, _ = pad_packed_sequence(packed_out, batch_first=True)
    total = sum(
        (ours * torch.from_numpy(d)).sum()
        for ours, d in zip((outputs, h_n[0], c_n[0]), upstream, strict=True)
    )
    total.backward()

    given = None if lengths is None else np.array(lengths)
    hs, last, tape = nn.lstm_layer_forward(xs, states, params, given)
    dxs, dstates, dparams = nn.lstm_layer_backward(upstream[0], upstream[1:], tape)
    pairs = [
        (hs, outputs),
        (last[0], h_n[0]),
        (last[1], c_n[0]),
        (dxs, x.grad),
        (dstates[0], h0.grad[0]),
        (dstates[1], c0.grad[0]),
        (dparams.W_x, layer.weight_ih_l0.grad.T),
        (dparams.W_h, layer.weight_hh_l0.grad.T),
        (dparams.b, layer.bias_ih_l0.grad),
    ]
    for ours, theirs in pairs:
        np.testing.assert_allclose(ours, theirs.detach().numpy(), rtol=0, atol=1e-10)


def test_padding_is_never_seen():
    xs, states, params, upstream = problem(3, 7, seed=3)
    lengths = np.array([7, 2, 4])
    other = xs.copy()
    other[1, 2:], other[2, 4:] = 1e6, -1e6
    results = []
    for inputs in (xs, other):
        hs, last, tape = nn.lstm_layer_forward(inputs, states, params, lengths)
        dxs, _, dparams = nn.lstm_layer_backward(upstream[0], upstream[1:], tape)
        results.append((hs, *last, dxs[0], dxs[1, :2], *dparams))
    for a, b in zip(*results, strict=True):
        np.testing.assert_array_equal(a, b)


def test_float32_stays_float32_and_nothing_is_changed():
    xs, states, params, upstream = problem(3, 5)
    small = nn.LSTMParams(*(w.astype(np.float32) for w in params))
    arrays = [xs.astype(np.float32), *(s.astype(np.float32) for s in states), *small]
    before = [a.copy() for a in arrays]
    hs, last, tape = nn.lstm_layer_forward(arrays[0], (arrays[1], arrays[2]), small)
    dxs, dstates, dparams = nn.lstm_layer_backward(
        upstream[0].astype(np.float32), (last[0], last[1]), tape
    )
    for result in (hs, *last, dxs, *dstates, *dparams):
        assert result.dtype == np.float32
    for now, then in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(now, then)


def test_bad_input_is_refused_in_one_sentence():
    xs, states, params, _ = problem(3, 5)
    with pytest.raises(ValueError, match="expected 0 to T = 5"):
        nn.lstm_layer_forward(xs, states, params, np.array([5, 6, 1]))
    with pytest.raises(ValueError, match="at least 1"):
        nn.init_lstm(2, 0, np.random.default_rng(0))
    with pytest.raises(ValueError, match="expected one for each step"):
        nn.lstm_backward(np.ones((1, 2, 3)), np.ones((1, 3)), [])


def test_forget_bias_is_added_to_the_forget_gate_only():
    plain = nn.init_lstm(2, 3, np.random.default_rng(0))
    raised = nn.init_lstm(2, 3, np.random.default_rng(0), forget_bias=1.0)
    np.testing.assert_allclose(raised.b - plain.b, np.repeat([0.0, 1.0, 0.0, 0.0], 3))
