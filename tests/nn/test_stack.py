"""Layers on top of each other, in one direction or both: against differences and PyTorch."""

import numpy as np
import pytest

from lstm_helpers import nn

N, T, D, H = 7, 5, 1, 2  # no two axes of an array are of one size
NAMES = ["rnn", "lstm", "gru"]


def problem(cell, layers, directions, seed=0):
    """Draw inputs, states, weights, and a gradient into every result."""
    rng = np.random.default_rng(seed)
    drawn = nn.init_stack(cell, D, H, rng, layers, directions == 2)
    params = tuple(tuple(type(p)(*(1.5 * w for w in p)) for p in layer) for layer in drawn)
    size = (nn.CELLS[cell].num_states, layers * directions, N, H)
    states, dstates = tuple(rng.normal(size=size)), tuple(rng.normal(size=size))
    return (
        rng.normal(size=(N, T, D)),
        states,
        params,
        rng.normal(size=(N, T, directions * H)),
        dstates,
    )


def flat(params):
    return [weight for layer in params for one in layer for weight in one]


@pytest.mark.parametrize("lengths", [None, (2, 5, 1, 4, 3, 5, 1)], ids=["all real", "lengths"])
@pytest.mark.parametrize("directions", [1, 2])
@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("cell", NAMES)
def test_backward_agrees_with_central_differences_in_every_entry(cell, layers, directions, lengths):
    xs, states, params, doutputs, dstates = problem(cell, layers, directions)
    lengths = None if lengths is None else np.array(lengths)
    *_, tape = nn.stack_forward(cell, xs, params, states, lengths)
    dxs, dstarts, dparams = nn.stack_backward(doutputs, dstates, tape)

    def loss(_):
        outputs, last, _ = nn.stack_forward(cell, xs, params, states, lengths)
        parts = zip((outputs, *last), (doutputs, *dstates), strict=True)
        return sum(np.sum(result * gradient) for result, gradient in parts)

    arrays, analytic = (xs, *states, *flat(params)), (dxs, *dstarts, *flat(dparams))
    for k, (array, gradient) in enumerate(zip(arrays, analytic, strict=True)):
        assert nn.gradient_error(gradient, nn.numerical_gradient(loss, array)) < 1e-7, k


@pytest.mark.parametrize("lengths", [None, (2, 5, 1, 4, 3, 5, 1)], ids=["all real", "lengths"])
def test_two_gru_layers_in_both_directions_equal_pytorch(lengths):
    """Outputs, last states, and the gradients of inputs, initial states and all weights."""
    import torch
    from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

    xs, (h0,), params, doutputs, (dh,) = problem("gru", 2, 2, seed=1)
    module = torch.nn.GRU(
        D, H, num_layers=2, bidirectional=True, batch_first=True, dtype=torch.float64
    )
    weights = dict(module.named_parameters())
    ours = {
        f"{name}_l{layer}{'_reverse' * direction}": array
        for layer, both in enumerate(params)
        for direction, one in enumerate(both)
        for name, array in zip(("weight_ih", "weight_hh", "bias_ih", "bias_hh"), one, strict=True)
    }
    assert ours.keys() == weights.keys()
    with torch.no_grad():
        for name, array in ours.items():
            weights[name].copy_(torch.from_numpy(array.T.copy()))
    x, h = (torch.from_numpy(v.copy()).requires_grad_() for v in (xs, h0))
    if lengths is None:
        theirs, h_n = module(x, h)
    else:
        packed = pack_padded_sequence(
            x, torch.tensor(lengths), batch_first=True, enforce_sorted=False
        )
        packed_out, h_n = module(packed, h)
        theirs, _ = pad_packed_sequence(packed_out, batch_first=True)
    torch.autograd.backward([theirs, h_n], [torch.from_numpy(doutputs), torch.from_numpy(dh)])

    given = None if lengths is None else np.array(lengths)
    outputs, (last,), tape = nn.stack_forward("gru", xs, params, (h0,), given)
    dxs, (dh0,), dparams = nn.stack_backward(doutputs, (dh,), tape)
    pairs = [(outputs, theirs.detach()), (last, h_n.detach()), (dxs, x.grad), (dh0, h.grad)]
    pairs += [(d.T, weights[name].grad) for d, name in zip(flat(dparams), ours, strict=True)]
    for mine, yours in pairs:
        np.testing.assert_allclose(mine, yours.numpy(), rtol=0, atol=1e-12)


@pytest.mark.parametrize("cell", list(nn.CELLS))
def test_backward_direction_is_the_forward_one_on_each_sequence_turned_round(cell):
    xs, states, params, *_ = problem(cell, 1, 2, seed=2)
    lengths = np.array([2, 5, 3, 0, 1, 4, 5])
    outputs, last, _ = nn.stack_forward(cell, xs, params, states, lengths)
    for n, length in enumerate(lengths):
        one = slice(n, n + 1)
        hs, end, _ = nn.CELLS[cell].forward(
            xs[one, :length][:, ::-1], tuple(s[1, one] for s in states), params[0][1]
        )
        np.testing.assert_allclose(outputs[one, :length, H:], hs[:, ::-1], rtol=0, atol=1e-14)
        for ours, theirs in zip(last, end, strict=True):
            np.testing.assert_allclose(ours[1, one], theirs, rtol=0, atol=1e-14)
        assert not outputs[n, length:].any()


@pytest.mark.parametrize("cell", list(nn.CELLS))
def test_a_stack_is_its_layers_one_after_the_other(cell):
    xs, states, params, *_ = problem(cell, 3, 1, seed=3)
    outputs, last, _ = nn.stack_forward(cell, xs, params, states)
    below = xs
    for layer in range(3):
        start = tuple(state[layer] for state in states)
        below, end, _ = nn.CELLS[cell].forward(below, start, params[layer][0])
        for ours, theirs in zip(last, end, strict=True):
            np.testing.assert_array_equal(ours[layer], theirs)
    np.testing.assert_array_equal(outputs, below)


@pytest.mark.parametrize("cell", list(nn.CELLS))
def test_without_states_it_starts_from_zeros(cell):
    xs, states, params, *_ = problem(cell, 2, 2, seed=4)
    zeros = tuple(np.zeros_like(state) for state in states)
    outputs, last, _ = nn.stack_forward(cell, xs, params)
    expected, ends, _ = nn.stack_forward(cell, xs, params, zeros)
    for ours, theirs in zip((outputs, *last), (expected, *ends), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("lengths", [None, (2, 5, 1, 4, 3, 5, 1)], ids=["all real", "lengths"])
@pytest.mark.parametrize("cell", list(nn.CELLS))
def test_float32_stays_float32_and_no_argument_is_changed(cell, lengths):
    xs, _, params, doutputs, dstates = problem(cell, 2, 2, seed=5)
    lengths = None if lengths is None else np.array(lengths)
    small = np.float32
    params = tuple(tuple(type(p)(*(w.astype(small) for w in p)) for p in layer) for layer in params)
    xs, doutputs = xs.astype(small), doutputs.astype(small)
    dstates = tuple(d.astype(small) for d in dstates)
    arrays = [xs, doutputs, *dstates, *flat(params)]
    before = [a.copy() for a in arrays]
    outputs, last, tape = nn.stack_forward(cell, xs, params, lengths=lengths)
    dxs, dstarts, dparams = nn.stack_backward(doutputs, dstates, tape)
    for result in (outputs, *last, dxs, *dstarts, *flat(dparams)):
        assert result.dtype == small
    for now, then in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(now, then)


def test_gradients_are_nested_as_the_weights_are():
    xs, states, params, doutputs, dstates = problem("lstm", 3, 2)
    *_, tape = nn.stack_forward("lstm", xs, params, states)
    *_, dparams = nn.stack_backward(doutputs, dstates, tape)
    assert [len(layer) for layer in dparams] == [2, 2, 2]
    for ours, theirs in zip(flat(dparams), flat(params), strict=True):
        assert ours.shape == theirs.shape
    assert all(isinstance(one, nn.LSTMParams) for layer in dparams for one in layer)


def test_what_does_not_fit_is_refused_by_name():
    xs, states, params, doutputs, dstates = problem("gru", 2, 2)
    rng = np.random.default_rng(0)

    def refused(message, cell="gru", kind=ValueError, **changed):
        given = {"xs": xs, "params": params, "states": states} | changed
        with pytest.raises(kind, match=message) as caught:
            nn.stack_forward(cell, **given)
        assert "\n" not in str(caught.value)

    def changed(layer, direction, **arrays):
        nested = [list(both) for both in params]
        nested[layer][direction] = nested[layer][direction]._replace(**arrays)
        return nested

    refused("got the cell 'GRU'; expected one of rnn, lstm, gru, peephole, coupled", cell="GRU")
    refused(r"xs has shape \(7, 5\); expected three axes", xs=xs[:, :, 0])
    refused(r"nested params\[layer\]\[direction\]", params=params[0][0])
    refused(r"nested params\[layer\]\[direction\]", params=params[0])
    refused(r"nested params\[layer\]\[direction\]", params=())
    refused("layer 1 has 1 directions and layer 0 has 2", params=(params[0], params[1][:1]))
    refused(
        r"W_x of layer 0, forward has shape \(1, 6\); expected \(D, 3H\) = \(5, 6\)",
        xs=np.zeros((N, T, 5)),
    )
    refused(
        r"W_x of layer 1, backward has shape \(2, 6\); expected \(D, 3H\) = \(4, 6\)",
        params=changed(1, 1, W_x=np.zeros((2, 6))),
    )
    refused(
        r"b_h of layer 0, backward has shape \(5,\); expected \(3H,\) = \(6,\)",
        params=changed(0, 1, b_h=np.zeros(5)),
    )
    wide = nn.init_gru(4, 3, rng)
    refused(
        "layer 1, forward, has 3 units and layer 0, forward, has 2",
        params=(params[0], (wide, wide)),
    )
    refused(
        r"h has shape \(2, 7, 2\); expected \(layers \* directions, N, H\) = \(4, 7, 2\)",
        states=(states[0][:2],),
    )
    refused("got 2 arrays as states; expected a tuple of 1, h", states=states * 2)
    refused("weights of the lstm of layer 0, forward; expected 3 arrays, LSTMParams", cell="lstm")
    refused("lengths run from 0 to 6; expected 0 to T = 5", lengths=np.arange(7))
    refused(r"lengths has shape \(2,\)", lengths=np.array([1, 2]))

    *_, tape = nn.stack_forward("gru", xs, params, states)
    with pytest.raises(ValueError, match=r"doutputs has shape \(7, 5, 2\); .* = \(7, 5, 4\)"):
        nn.stack_backward(doutputs[:, :, :H], dstates, tape)
    with pytest.raises(ValueError, match=r"dh has shape \(2, 7, 2\); .* = \(4, 7, 2\)"):
        nn.stack_backward(doutputs, (dstates[0][:2],), tape)
    for sizes in ({"num_layers": 0}, {"hidden_size": 0}, {"input_size": 0}):
        with pytest.raises(ValueError, match="at least 1"):
            nn.init_stack("gru", **{"input_size": 2, "hidden_size": 3, "rng": rng} | sizes)
    with pytest.raises(ValueError, match="got the cell 'vanilla'"):
        nn.init_stack("vanilla", 2, 3, rng)
