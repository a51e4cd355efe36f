"""Optimisers against PyTorch's, and clipping."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstm_helpers import nn


@pytest.mark.parametrize(("ours", "theirs"), [("Adam", "Adam"), ("SGD", "SGD")])
def test_ten_steps_equal_pytorch(ours, theirs):
    import torch

    rng = np.random.default_rng(0)
    start = {"W": rng.normal(size=(3, 2)), "b": rng.normal(size=2)}
    tensors = {k: torch.from_numpy(v.copy()).requires_grad_() for k, v in start.items()}
    reference = getattr(torch.optim, theirs)(tensors.values(), lr=0.05)
    optimizer, params = getattr(nn, ours)(lr=0.05), start
    for _ in range(10):
        grads = {key: rng.normal(size=value.shape) for key, value in params.items()}
        params = optimizer.step(params, grads)
        for key, tensor in tensors.items():
            tensor.grad = torch.from_numpy(grads[key].copy())
        reference.step()
    for key, value in params.items():
        np.testing.assert_allclose(value, tensors[key].detach().numpy(), atol=1e-12)


def test_steps_leave_their_arguments_alone():
    params, grads = {"W": np.ones(3)}, {"W": np.full(3, 2.0)}
    for optimizer in (nn.Adam(), nn.SGD(lr=0.1)):
        optimizer.step(params, grads)
        assert params["W"].tolist() == [1.0, 1.0, 1.0]
        assert grads["W"].tolist() == [2.0, 2.0, 2.0]


def test_missing_gradients_and_step_zero_are_refused():
    with pytest.raises(ValueError, match="one for each of the parameters"):
        nn.SGD(lr=0.1).step({"W": np.ones(1)}, {})
    with pytest.raises(ValueError, match="expected 1 for the first step"):
        nn.adam_step(np.ones(1), np.ones(1), np.ones(1), np.ones(1), t=0)
    with pytest.raises(ValueError, match="above 0"):
        nn.clip_by_global_norm([np.ones(1)], 0.0)


@given(scale=st.floats(1e-6, 1e6), max_norm=st.floats(1e-3, 1e3), seed=st.integers(0, 2**32 - 1))
def test_clipping_bounds_the_norm_and_keeps_the_direction(scale, max_norm, seed):
    rng = np.random.default_rng(seed)
    grads = [scale * rng.normal(size=shape) for shape in ((2, 3), (3,))]
    clipped, norm = nn.clip_by_global_norm(grads, max_norm)
    flat, flat_clipped = (np.concatenate([g.ravel() for g in gs]) for gs in (grads, clipped))
    assert norm == pytest.approx(np.linalg.norm(flat), rel=1e-12)
    assert np.linalg.norm(flat_clipped) == pytest.approx(min(norm, max_norm), rel=1e-12)
    assert flat @ flat_clipped == pytest.approx(norm * min(norm, max_norm), rel=1e-9)


def test_clipping_equals_pytorch():
    import torch

    rng = np.random.default_rng(3)
    grads = [rng.normal(size=(4, 2)), rng.normal(size=2)]
    tensors = [torch.zeros(g.shape, dtype=torch.float64, requires_grad=True) for g in grads]
    for tensor, grad in zip(tensors, grads, strict=True):
        tensor.grad = torch.from_numpy(grad.copy())
    total = torch.nn.utils.clip_grad_norm_(tensors, 0.5)
    clipped, norm = nn.clip_by_global_norm(grads, 0.5)
    assert norm == pytest.approx(float(total))
    for ours, tensor in zip(clipped, tensors, strict=True):
        np.testing.assert_allclose(ours, tensor.grad.numpy(), rtol=1e-5)
