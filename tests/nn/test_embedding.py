"""Looking symbols up, and adding their gradients up."""

import numpy as np
import pytest

from lstm_helpers import nn

N, T, V, E = 3, 7, 5, 2


def problem(seed=0):
    rng = np.random.default_rng(seed)
    tokens = rng.integers(0, V - 1, size=(N, T))  # the last symbol never occurs
    return tokens, rng.normal(size=(V, E)), rng.normal(size=(N, T, E))


def test_it_is_a_one_hot_vector_times_the_table_forward_and_backward():
    tokens, table, upstream = problem()
    one_hot = np.eye(V)[tokens]  # (N, T, V)
    np.testing.assert_array_equal(nn.embed(tokens, table), one_hot @ table)
    expected = np.einsum("ntv,nte->ve", one_hot, upstream)
    dtable = nn.embed_backward(upstream, tokens, V)
    np.testing.assert_allclose(dtable, expected, rtol=0, atol=1e-14)
    np.testing.assert_array_equal(dtable[-1], 0.0)


def test_gradient_agrees_with_central_differences_in_every_entry():
    tokens, table, upstream = problem(seed=1)
    numeric = nn.numerical_gradient(lambda v: np.sum(upstream * nn.embed(tokens, v)), table)
    assert nn.gradient_error(nn.embed_backward(upstream, tokens, V), numeric) < 1e-9


def test_by_hand():
    tokens = np.array([[2, 0], [2, 2]])
    table = np.array([[1.0], [10.0], [100.0]])
    np.testing.assert_array_equal(nn.embed(tokens, table)[:, :, 0], [[100, 1], [100, 100]])
    gradients = np.array([[[1.0], [2.0]], [[4.0], [8.0]]])
    np.testing.assert_array_equal(nn.embed_backward(gradients, tokens, 3), [[2], [0], [13]])


def test_the_vectors_are_copies_and_float32_stays_float32():
    tokens, table, upstream = problem()
    small = table.astype(np.float32)
    vectors = nn.embed(tokens, small)
    assert vectors.dtype == np.float32
    assert not np.shares_memory(vectors, small)
    assert nn.embed_backward(upstream.astype(np.float32), tokens, V).dtype == np.float32


def test_what_does_not_fit_is_refused_by_name():
    tokens, table, upstream = problem()
    with pytest.raises(ValueError, match="tokens run from -1 to 3; expected symbols from 0 to 4"):
        nn.embed(np.array([[-1, 3]]), table)
    with pytest.raises(ValueError, match="tokens run from 0 to 5; expected symbols from 0 to 4"):
        nn.embed_backward(np.zeros((1, 2, E)), np.array([[0, 5]]), V)
    with pytest.raises(TypeError, match="tokens are of kind float64; expected whole numbers"):
        nn.embed(tokens.astype(float), table)
    with pytest.raises(ValueError, match=r"table has shape \(5,\); expected two axes \(V, E\)"):
        nn.embed(tokens, table[:, 0])
    with pytest.raises(ValueError, match=r"dvectors has shape \(3, 7\) and tokens \(3, 7\)"):
        nn.embed_backward(upstream[:, :, 0], tokens, V)
