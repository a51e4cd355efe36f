"""Hand-written gradients against central differences (every entry) and against PyTorch."""

import numpy as np
import pytest

from lstm_helpers import nn

SHAPES = [(N, T) for N in (1, 3) for T in (1, 7)]
D, H = 2, 4


def rnn_problem(N, T, seed=0):
    rng = np.random.default_rng(seed)
    return {
        "xs": rng.normal(size=(N, T, D)),
        "h0": rng.uniform(-0.9, 0.9, (N, H)),
        "W_x": rng.normal(size=(D, H)) * 0.6,
        "W_h": rng.normal(size=(H, H)) * 0.5,
        "b": rng.normal(size=H) * 0.5,
    }, rng.normal(size=(N, T, H))


@pytest.mark.parametrize(("N", "T"), SHAPES)
def test_rnn_backward_agrees_with_central_differences_in_every_entry(N, T):
    inputs, weights = rnn_problem(N, T)
    hs = nn.rnn_forward(**inputs)
    analytic = nn.rnn_backward(
        weights, inputs["xs"], inputs["h0"], hs, inputs["W_x"], inputs["W_h"]
    )
    for name, gradient in zip(("xs", "h0", "W_x", "W_h", "b"), analytic, strict=True):
        numeric = nn.numerical_gradient(
            lambda value, name=name: np.sum(nn.rnn_forward(**{**inputs, name: value}) * weights),
            inputs[name].copy(),
        )
        assert gradient.shape == inputs[name].shape
        assert nn.gradient_error(gradient, numeric) < 1e-7, name


@pytest.mark.parametrize("N", [1, 3])
def test_rnn_step_backward_agrees_with_central_differences_in_every_entry(N):
    inputs, weights = rnn_problem(N, 1)
    args = {
        "x": inputs["xs"][:, 0],
        "h_prev": inputs["h0"],
        "W_x": inputs["W_x"],
        "W_h": inputs["W_h"],
        "b": inputs["b"],
    }
    dh = weights[:, 0]
    analytic = nn.rnn_step_backward(
        dh, args["x"], args["h_prev"], nn.rnn_step(**args), args["W_x"], args["W_h"]
    )
    for name, gradient in zip(args, analytic, strict=True):
        numeric = nn.numerical_gradient(
            lambda value, name=name: np.sum(nn.rnn_step(**{**args, name: value}) * dh),
            args[name].copy(),
        )
        assert nn.gradient_error(gradient, numeric) < 1e-7, name


@pytest.mark.parametrize(("N", "T"), SHAPES)
def test_rnn_equals_pytorch_in_outputs_states_and_all_gradients(N, T):
    import torch

    inputs, weights = rnn_problem(N, T, seed=1)
    layer = torch.nn.RNN(D, H, batch_first=True, dtype=torch.float64)
    with torch.no_grad():
        layer.weight_ih_l0.copy_(torch.from_numpy(inputs["W_x"].T.copy()))
        layer.weight_hh_l0.copy_(torch.from_numpy(inputs["W_h"].T.copy()))
        layer.bias_ih_l0.copy_(torch.from_numpy(inputs["b"]))
        layer.bias_hh_l0.zero_()
    xs = torch.from_numpy(inputs["xs"]).requires_grad_()
    h0 = torch.from_numpy(inputs["h0"][None]).requires_grad_()
    outputs, h_n = layer(xs, h0)
    (outputs * torch.from_numpy(weights)).sum().backward()

    hs = nn.rnn_forward(**inputs)
    dxs, dh0, dW_x, dW_h, db = nn.rnn_backward(
        weights, inputs["xs"], inputs["h0"], hs, inputs["W_x"], inputs["W_h"]
    )
    pairs = [
        (hs, outputs),
        (hs[:, -1], h_n[0]),
        (dxs, xs.grad),
        (dh0, h0.grad[0]),
        (dW_x, layer.weight_ih_l0.grad.T),
        (dW_h, layer.weight_hh_l0.grad.T),
        (db, layer.bias_ih_l0.grad),
    ]
    for ours, theirs in pairs:
        np.testing.assert_allclose(ours, theirs.detach().numpy(), rtol=0, atol=1e-10)


def test_layer_equals_the_step_repeated():
    inputs, _ = rnn_problem(3, 5)
    h, hs = inputs["h0"], nn.rnn_forward(**inputs)
    for t in range(5):
        h = nn.rnn_step(inputs["xs"][:, t], h, inputs["W_x"], inputs["W_h"], inputs["b"])
        np.testing.assert_allclose(hs[:, t], h, rtol=1e-14)


def test_linear_and_losses_agree_with_central_differences():
    rng = np.random.default_rng(2)
    x, W, b = rng.normal(size=(3, 5, 4)), rng.normal(size=(4, 2)), rng.normal(size=2)
    dy = rng.normal(size=(3, 5, 2))
    values = {"x": x, "W": W, "b": b}
    for name, gradient in zip(values, nn.linear_backward(dy, x, W), strict=True):
        numeric = nn.numerical_gradient(
            lambda v, name=name: np.sum(nn.linear_forward(**{**values, name: v}) * dy),
            values[name].copy(),
        )
        assert nn.gradient_error(gradient, numeric) < 1e-7, name

    prediction, target = rng.normal(size=(3, 2)), rng.normal(size=(3, 2))
    numeric = nn.numerical_gradient(lambda v: nn.mean_squared_error(v, target)[0], prediction)
    assert nn.gradient_error(nn.mean_squared_error(prediction, target)[1], numeric) < 1e-7

    logits, classes = rng.normal(size=(4, 3)) * 3, np.array([0, 2, 1, 1])
    numeric = nn.numerical_gradient(lambda v: nn.softmax_cross_entropy(v, classes)[0], logits)
    assert nn.gradient_error(nn.softmax_cross_entropy(logits, classes)[1], numeric) < 1e-7


def test_softmax_cross_entropy_is_stable_and_equals_pytorch():
    import torch

    logits, classes = np.array([[1000.0, 0.0, -1000.0], [3.0, 2.0, 1.0]]), np.array([0, 1])
    loss, _ = nn.softmax_cross_entropy(logits, classes)
    theirs = torch.nn.functional.cross_entropy(torch.from_numpy(logits), torch.from_numpy(classes))
    assert loss == pytest.approx(float(theirs), abs=1e-12)


@pytest.mark.parametrize("nonlinearity", nn.NONLINEARITIES)
def test_derivatives_as_functions_of_the_value(nonlinearity):
    function, derivative = nn.NONLINEARITIES[nonlinearity]
    z = np.array([-1.3, -0.2, 0.4, 2.0])
    numeric = np.diag(
        [nn.numerical_gradient(lambda v: function(v)[0], z[k : k + 1].copy())[0] for k in range(4)]
    )
    np.testing.assert_allclose(derivative(function(z)), np.diag(numeric), atol=1e-9)


def test_sigmoid_derivative_and_extremes():
    z = np.linspace(-4, 4, 9)
    numeric = nn.numerical_gradient(lambda v: nn.sigmoid(v).sum(), z.copy())
    np.testing.assert_allclose(nn.sigmoid_derivative(nn.sigmoid(z)), numeric, atol=1e-9)
    assert nn.sigmoid(np.array([-1e308, 1e308])).tolist() == [0.0, 1.0]
    assert nn.sigmoid(np.float32(0.3)).dtype == np.float32
    assert nn.sigmoid(3).shape == ()
