"""Every kind of cell over sequences: one contract for all six."""

import numpy as np
import pytest

from lstm_helpers import nn

D, H = 2, 4
NAMES = ["rnn", "lstm", "gru", "peephole", "coupled", "layer_norm"]
SHAPES = [(N, T) for N in (1, 3) for T in (1, 7)]
LENGTHS = {(1, 1): (0,), (1, 7): (5,), (3, 1): (1, 0, 1), (3, 7): (3, 7, 5)}


def problem(name, N, T, seed=0):
    """Draw inputs, states, weights (no gain is 1, no shift 0), and a gradient into every result."""
    rng = np.random.default_rng(seed)
    cell = nn.CELLS[name]
    drawn = cell.init(D, H, rng)
    params = type(drawn)(*(0.8 * rng.normal(size=weight.shape) for weight in drawn))
    xs, dhs = rng.normal(size=(N, T, D)), rng.normal(size=(N, T, H))
    states, dstates = (tuple(rng.normal(size=(cell.num_states, N, H))) for _ in range(2))
    return cell, xs, states, params, dhs, dstates


def assert_same(ours, theirs, atol=1e-12):
    for mine, yours in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, yours, rtol=0, atol=atol)


def test_the_cells_are_these():
    assert list(nn.CELLS) == NAMES
    assert [cell.name for cell in nn.CELLS.values()] == NAMES
    assert [cell.num_states for cell in nn.CELLS.values()] == [1, 2, 1, 2, 2, 2]


@pytest.mark.parametrize("varied", [False, True], ids=["all real", "lengths"])
@pytest.mark.parametrize(("N", "T"), SHAPES)
@pytest.mark.parametrize("name", NAMES)
def test_backward_agrees_with_central_differences_in_every_entry(name, N, T, varied):
    cell, xs, states, params, dhs, dstates = problem(name, N, T)
    lengths = np.array(LENGTHS[N, T]) if varied else None
    *_, tape = cell.forward(xs, states, params, lengths)
    dxs, dstarts, dparams = cell.backward(dhs, dstates, tape)

    def loss(_):
        hs, last, _ = cell.forward(xs, states, params, lengths)
        return np.sum(hs * dhs) + sum(np.sum(s * d) for s, d in zip(last, dstates, strict=True))

    names = ("xs", "h0", "c0")[: 1 + len(states)] + params._fields
    arrays, analytic = (xs, *states, *params), (dxs, *dstarts, *dparams)
    for label, array, gradient in zip(names, arrays, analytic, strict=True):
        numeric = nn.numerical_gradient(loss, array)
        assert nn.gradient_error(gradient, numeric) < 1e-7, label
    assert type(dparams) is type(params)


STEPS = {
    "rnn": nn.rnn_step,
    "lstm": nn.lstm_step,
    "gru": nn.gru_step,
    "peephole": nn.peephole_lstm_step,
    "coupled": nn.coupled_lstm_step,
    "layer_norm": lambda x, h, c, *params: nn.layer_norm_lstm_step(
        x, h, c, nn.LayerNormParams(*params)
    ),
}


@pytest.mark.parametrize("name", NAMES)
def test_forward_equals_the_step_called_by_hand(name):
    cell, xs, states, params, *_ = problem(name, 3, 7, seed=1)
    hs, last, _ = cell.forward(xs, states, params)
    now = states
    for t in range(7):
        result = STEPS[name](xs[:, t], *now, *params)
        now = result if cell.num_states == 2 else (result,)
        np.testing.assert_allclose(hs[:, t], now[0], rtol=0, atol=1e-13)
    assert_same(last, now)


@pytest.mark.parametrize("name", NAMES)
def test_padded_batch_equals_each_sequence_run_alone_to_its_own_end(name):
    cell, xs, states, params, dhs, dstates = problem(name, 4, 7, seed=2)
    lengths = np.array([3, 7, 0, 5])
    hs, last, tape = cell.forward(xs, states, params, lengths)
    dxs, dstarts, dparams = cell.backward(dhs, dstates, tape)
    totals = [np.zeros_like(weight) for weight in params]
    for n, length in enumerate(lengths):
        one, real = slice(n, n + 1), slice(0, length)
        hs_n, last_n, tape_n = cell.forward(xs[one, real], [s[one] for s in states], params)
        dxs_n, dstarts_n, dparams_n = cell.backward(
            dhs[one, real], [d[one] for d in dstates], tape_n
        )
        assert_same((hs[one, real], *(s[one] for s in last)), (hs_n, *last_n))
        assert_same((dxs[one, real], *(d[one] for d in dstarts)), (dxs_n, *dstarts_n))
        assert not hs[n, length:].any()
        assert not dxs[n, length:].any()
        totals = [total + part for total, part in zip(totals, dparams_n, strict=True)]
    assert_same(dparams, totals, atol=1e-11)


@pytest.mark.parametrize("name", NAMES)
def test_padding_is_never_seen(name):
    cell, xs, states, params, dhs, dstates = problem(name, 3, 7, seed=3)
    lengths = np.array([7, 2, 4])
    results = []
    for padding in (0.0, 1e6, np.nan):
        inputs, gradients = xs.copy(), dhs.copy()
        for n, length in enumerate(lengths):
            inputs[n, length:] = gradients[n, length:] = padding
        hs, last, tape = cell.forward(inputs, states, params, lengths)
        dxs, dstarts, dparams = cell.backward(gradients, dstates, tape)
        results.append((hs, *last, dxs, *dstarts, *dparams))
    for one, *others in zip(*results, strict=True):
        for other in others:
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("varied", [False, True], ids=["all real", "lengths"])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("name", NAMES)
def test_precision_is_kept_and_no_argument_changed(name, kind, varied):
    cell, xs, states, params, dhs, dstates = problem(name, 3, 7, seed=4)
    arrays = [a.astype(kind) for a in (xs, dhs, *states, *dstates, *params)]
    before = [a.copy() for a in arrays]
    xs, dhs = arrays[:2]
    k = cell.num_states
    states, dstates = tuple(arrays[2 : 2 + k]), tuple(arrays[2 + k : 2 + 2 * k])
    params = type(params)(*arrays[2 + 2 * k :])
    lengths = np.array([3, 7, 5]) if varied else None
    hs, last, tape = cell.forward(xs, states, params, lengths)
    kept = [a.copy() for a in (hs, *last)]
    first = cell.backward(dhs, dstates, tape)
    second = cell.backward(dhs, dstates, tape)  # a tape is good for more than one way back
    for dxs, dstarts, dparams in (first, second):
        for result in (hs, *last, dxs, *dstarts, *dparams):
            assert result.dtype == kind
    assert_same((first[0], *first[1], *first[2]), (second[0], *second[1], *second[2]), atol=0)
    assert_same((*arrays, hs, *last), (*before, *kept), atol=0)


@pytest.mark.parametrize("name", NAMES)
def test_no_result_shares_memory_with_an_argument_or_another_result(name):
    cell, xs, states, params, dhs, dstates = problem(name, 3, 1, seed=5)
    hs, last, tape = cell.forward(xs, states, params, np.array([0, 0, 0]))
    dxs, dstarts, dparams = cell.backward(dhs, dstates, tape)
    results = [hs, *last, dxs, *dstarts, *dparams]
    for k, result in enumerate(results):
        for other in (xs, dhs, *states, *dstates, *params, *results[:k]):
            assert not np.shares_memory(result, other)


@pytest.mark.parametrize("name", NAMES)
def test_what_does_not_fit_is_refused_by_name(name):
    cell, xs, states, params, dhs, dstates = problem(name, 3, 7)
    width = params.W_x.shape[1]
    blocks = {4: "H", 12: "3H", 16: "4H"}[width]

    def refused(message, kind=ValueError, **changed):
        given = {"xs": xs, "states": states, "params": params} | changed
        with pytest.raises(kind, match=message) as caught:
            cell.forward(**given)
        assert "\n" not in str(caught.value)

    refused(r"xs has shape \(3, 7\); expected three axes \(N, T, D\)", xs=xs[:, :, 0])
    refused("xs is a list; expected a NumPy array", TypeError, xs=xs.tolist())
    refused(
        rf"W_x has shape \(2, {width}\); expected \(D, {blocks}\) = \(5, {width}\)",
        xs=np.zeros((3, 7, 5)),
    )
    refused(
        rf"W_x has shape \({width}, 2\); .*: transpose it$",
        params=params._replace(W_x=params.W_x.T),
    )
    refused(
        rf"W_h has shape \(4, {width + 1}\); expected \(H, {blocks}\) = \(4, {width}\)",
        params=params._replace(W_h=np.zeros((4, width + 1))),
    )
    if width != H:
        refused(
            rf"W_h has shape \({width}, 4\); .* H = 4 units: transpose it$",
            params=params._replace(W_h=params.W_h.T),
        )
    refused("W_h has shape .*expected two axes", params=params._replace(W_h=np.zeros(4)))
    for field in params._fields[2:]:
        wrong = np.zeros(len(getattr(params, field)) + 1)
        refused(rf"^{field} has shape \({len(wrong)},\)", params=params._replace(**{field: wrong}))
    refused("got 2 arrays as the weights of the", params=params[:2])
    refused("got an array as the weights of the", params=params.W_x)
    refused(
        r"h has shape \(3, 5\); expected \(N, H\) = \(3, 4\)",
        states=(np.zeros((3, 5)),) * len(states),
    )
    refused(rf"got an array as states; expected a tuple of {len(states)}", states=states[0])
    refused(rf"got 3 arrays as states; expected a tuple of {len(states)}", states=states[:1] * 3)
    refused(r"lengths has shape \(2,\); expected \(N,\) = \(3,\)", lengths=np.array([1, 2]))
    refused("lengths run from 0 to 8; expected 0 to T = 7", lengths=np.array([8, 0, 2]))
    refused("lengths run from -1 to 7; expected 0 to T = 7", lengths=np.array([7, -1, 2]))
    refused("expected whole numbers", TypeError, lengths=np.array([1.0, 2.0, 3.0]))

    *_, tape = cell.forward(xs, states, params)
    with pytest.raises(ValueError, match=r"dhs has shape \(3, 4\); expected \(N, T, H\)"):
        cell.backward(dhs[:, -1], dstates, tape)
    with pytest.raises(ValueError, match=r"dh has shape \(4, 3\); expected \(N, H\) = \(3, 4\)"):
        cell.backward(dhs, tuple(d.T for d in dstates), tape)
