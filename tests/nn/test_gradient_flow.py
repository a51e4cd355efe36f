"""Gradient norms, spectral radius, and the flow that the widget draws."""

import numpy as np
import pytest

from lstm_helpers import nn


def test_gradient_norms_are_those_of_rnn_backward():
    rng = np.random.default_rng(0)
    N, T, D, H = 3, 6, 2, 4
    W_x, W_h, b = nn.init_rnn(D, H, rng)
    xs, h0 = rng.normal(size=(N, T, D)), rng.normal(size=(N, H))
    hs = nn.rnn_forward(xs, h0, W_x, W_h, b)
    dh_last = rng.normal(size=(N, H))
    norms = nn.gradient_norms(dh_last, hs, W_h)
    for t in range(T):
        # dL/dh_t is the gradient of the start state of a network that begins after step t.
        dhs = np.zeros((N, T - t - 1, H))
        if t < T - 1:
            dhs[:, -1] = dh_last
            dh_t = nn.rnn_backward(dhs, xs[:, t + 1 :], hs[:, t], hs[:, t + 1 :], W_x, W_h)[1]
        else:
            dh_t = dh_last
        assert norms[t] == pytest.approx(np.linalg.norm(dh_t), rel=1e-12)


def test_an_orthogonal_linear_network_keeps_the_norm():
    rng = np.random.default_rng(1)
    Q, _ = np.linalg.qr(rng.normal(size=(8, 8)))
    norms = nn.gradient_norms(rng.normal(size=(2, 8)), np.zeros((2, 50, 8)), Q)
    np.testing.assert_allclose(norms, norms[-1], rtol=1e-12)


@pytest.mark.parametrize("radius", [0.0, 0.5, 1.0, 1.5])
def test_spectral_radius_is_set_exactly(radius):
    W = np.random.default_rng(2).normal(size=(16, 16))
    assert nn.spectral_radius(nn.scale_to_spectral_radius(W, radius)) == pytest.approx(radius)
    assert nn.spectral_radius(nn.init_rnn(3, 16, np.random.default_rng(3), radius).W_h) == (
        pytest.approx(radius)
    )


def test_random_flow_vanishes_or_explodes_with_the_radius():
    small = nn.random_gradient_flow(0.5, 40, "identity", np.random.default_rng(0))
    large = nn.random_gradient_flow(1.5, 40, "identity", np.random.default_rng(0))
    assert small[0] < 1e-9
    assert large[0] > 1e3
    assert small[-1] == large[-1] == 1.0


def test_bad_input_is_refused_in_one_sentence():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="expected one of tanh, identity, relu"):
        nn.random_gradient_flow(1.0, 5, "sine", rng)
    with pytest.raises(ValueError, match="expected at least 1"):
        nn.random_gradient_flow(1.0, 0, "tanh", rng)
    with pytest.raises(ValueError, match="expected a square one"):
        nn.spectral_radius(np.ones((2, 3)))
    with pytest.raises(ValueError, match="eigenvalues of the matrix are 0"):
        nn.scale_to_spectral_radius(np.zeros((2, 2)), 1.0)
    with pytest.raises(ValueError, match="expected 0 or more"):
        nn.scale_to_spectral_radius(np.eye(2), -1.0)
    with pytest.raises(ValueError, match="at least 1"):
        nn.init_rnn(0, 3, rng)
    with pytest.raises(ValueError, match=r"expected three axes \(N, T, D\)"):
        nn.rnn_forward(np.ones((2, 3)), np.ones((2, 4)), np.ones((3, 4)), np.eye(4), np.ones(4))
    with pytest.raises(TypeError, match="expected float64"):
        nn.numerical_gradient(lambda v: v.sum(), np.ones(2, dtype=np.float32))
    with pytest.raises(ValueError, match="expected one shape"):
        nn.gradient_error(np.ones(2), np.ones(3))
    with pytest.raises(ValueError, match="one shape for both"):
        nn.mean_squared_error(np.ones((3, 1)), np.ones(3))
    with pytest.raises(ValueError, match="one class number for each row"):
        nn.softmax_cross_entropy(np.ones((3, 2)), np.array([0]))
    with pytest.raises(ValueError, match="class numbers from 0 to 1"):
        nn.softmax_cross_entropy(np.ones((1, 2)), np.array([2]))
    with pytest.raises(TypeError, match="expected real numbers"):
        nn.sigmoid(np.array([1j]))


def test_numerical_gradient_puts_its_argument_back():
    x = np.random.default_rng(0).normal(size=(3, 2))
    before = x.copy()
    nn.numerical_gradient(lambda v: float((v**3).sum()), x)
    np.testing.assert_array_equal(x, before)
