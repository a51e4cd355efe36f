"""For every exercise at least two right answers, written as differently as learners write them."""

import math
import statistics
from collections import Counter

import numpy as np

from lstm_helpers import nn

# --- lesson 00 --------------------------------------------------------------------------------


def sigmoid_by_tanh(x):
    return 0.5 * (1.0 + np.tanh(0.5 * np.asarray(x, dtype=float)))


def sigmoid_by_where(x):
    x = np.asarray(x, dtype=float)
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + small), small / (1 + small))


def sigmoid_by_clipping(x):
    return 1.0 / (1.0 + np.exp(-np.clip(x, -500, 500)))


def sigmoid_silenced(x):
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-np.asarray(x, float)))


def sigmoid_by_masks(x):
    x = np.atleast_1d(np.asarray(x, dtype=float))
    shape = np.shape(x)
    out = np.zeros(shape)
    up = x >= 0
    out[up] = 1 / (1 + np.exp(-x[up]))
    e = np.exp(x[~up])
    out[~up] = e / (1 + e)
    return out


def sigmoid_by_masks_any_shape(x):
    shape = np.shape(x)
    return sigmoid_by_masks(x).reshape(shape)


def sigmoid_one_by_one(x):
    def one(v):
        return 1 / (1 + math.exp(-v)) if v >= 0 else math.exp(v) / (1 + math.exp(v))

    return np.vectorize(one, otypes=[float])(x)


# --- lesson 01 --------------------------------------------------------------------------------


def windows_by_loop(series, length, horizon=1):
    X, y = [], []
    for end in range(length, len(series) - horizon + 1):
        X.append(series[end - length : end])
        y.append(series[end + horizon - 1][0])
    return np.array(X), np.array(y)


def windows_by_view(series, length, horizon=1):
    view = np.lib.stride_tricks.sliding_window_view(series, length, axis=0)
    n = len(series) - length - horizon + 1
    return [view[:n].transpose(0, 2, 1), series[length - 1 + horizon :, 0]]


def windows_by_index(series, length, horizon=1):
    n = series.shape[0] - length - horizon + 1
    starts = np.arange(n)[:, None]
    return series[starts + np.arange(length)], series[np.arange(n) + length + horizon - 1, 0]


def step_by_concatenation(x, h_prev, W_x, W_h, b):
    return np.tanh(np.concatenate([x, h_prev], axis=1) @ np.vstack([W_x, W_h]) + b)


def step_by_einsum(x, h_prev, W_x, W_h, b):
    z = np.einsum("nd,dh->nh", x, W_x)
    z += np.einsum("nk,kh->nh", h_prev, W_h)
    z += b
    return np.tanh(z, out=z)


def step_by_loops(x, h_prev, W_x, W_h, b):
    out = []
    for n in range(len(x)):
        row = []
        for k in range(len(b)):
            z = b[k] + sum(x[n] * W_x[:, k]) + sum(h_prev[n] * W_h[:, k])
            row.append(math.tanh(z))
        out.append(row)
    return out


def step_by_exponentials(x, h_prev, W_x, W_h, b):
    z = np.dot(x, W_x) + np.dot(h_prev, W_h) + b[None, :]
    return (np.exp(2 * z) - 1) / (np.exp(2 * z) + 1)


def forward_by_list(xs, h0, W_x, W_h, b):
    states = [h0]
    for t in range(xs.shape[1]):
        states.append(np.tanh(xs[:, t, :] @ W_x + states[-1] @ W_h + b))
    return np.stack(states[1:], axis=1)


def forward_time_first_then_swapped(xs, h0, W_x, W_h, b):
    h = h0.copy()
    out = np.zeros((xs.shape[1], xs.shape[0], h0.shape[1]))
    for t, x in enumerate(xs.transpose(1, 0, 2)):
        h = step_by_concatenation(x, h, W_x, W_h, b)
        out[t] = h
    return out.swapaxes(0, 1)


def forward_recursive(xs, h0, W_x, W_h, b):
    if xs.shape[1] == 0:
        return np.empty((len(xs), 0, h0.shape[1]))
    h = np.tanh(xs[:, 0] @ W_x + h0 @ W_h + b)
    return np.concatenate([h[:, None], forward_recursive(xs[:, 1:], h, W_x, W_h, b)], axis=1)


# --- lesson 02 --------------------------------------------------------------------------------


def step_backward_by_einsum(dh, x, h_prev, h, W_x, W_h):
    dz = np.einsum("nh,nh->nh", dh, 1 - np.square(h))
    return [
        np.einsum("nh,dh->nd", dz, W_x),
        np.einsum("nh,kh->nk", dz, W_h),
        np.einsum("nd,nh->dh", x, dz),
        np.einsum("nk,nh->kh", h_prev, dz),
        np.einsum("nh->h", dz),
    ]


def step_backward_example_by_example(dh, x, h_prev, h, W_x, W_h):
    dx, dh_prev = np.zeros_like(x), np.zeros_like(h_prev)
    dW_x, dW_h, db = np.zeros_like(W_x), np.zeros_like(W_h), np.zeros(len(W_h))
    for n in range(len(x)):
        dz = dh[n] * (1 - h[n]) * (1 + h[n])
        dx[n], dh_prev[n] = W_x @ dz, W_h @ dz
        dW_x += np.outer(x[n], dz)
        dW_h += np.outer(h_prev[n], dz)
        db += dz
    return dx, dh_prev, dW_x, dW_h, db


def backward_step_by_step(dhs, xs, h0, hs, W_x, W_h):
    dxs = np.zeros_like(xs)
    dW_x, dW_h, db = np.zeros_like(W_x), np.zeros_like(W_h), np.zeros(W_h.shape[1])
    dh_next = np.zeros_like(h0)
    for t in range(xs.shape[1] - 1, -1, -1):
        h_prev = h0 if t == 0 else hs[:, t - 1]
        dx, dh_next, a, b, c = step_backward_by_einsum(
            dhs[:, t] + dh_next, xs[:, t], h_prev, hs[:, t], W_x, W_h
        )
        dxs[:, t] = dx
        dW_x, dW_h, db = dW_x + a, dW_h + b, db + c
    return dxs, dh_next, dW_x, dW_h, db


def backward_with_lists(dhs, xs, h0, hs, W_x, W_h):
    states = [h0, *(hs[:, t] for t in range(hs.shape[1]))]
    carried, dzs = 0.0, []
    for t in range(hs.shape[1])[::-1]:
        dz = (dhs[:, t] + carried) * (1.0 - states[t + 1] ** 2)
        carried = dz.dot(W_h.T)
        dzs.insert(0, dz)
    return [
        np.stack([dz @ W_x.T for dz in dzs], axis=1),
        carried,
        sum(xs[:, t].T @ dz for t, dz in enumerate(dzs)),
        sum(states[t].T @ dz for t, dz in enumerate(dzs)),
        sum(dz.sum(0) for dz in dzs),
    ]


def norms_by_list(dh_last, hs, W_h):
    dh, norms = dh_last.copy(), []
    for t in range(hs.shape[1] - 1, -1, -1):
        norms.insert(0, math.sqrt((dh**2).sum()))
        dh = np.dot(dh * (1 - hs[:, t] ** 2), W_h.T)
    return norms


def norms_by_jacobians(dh_last, hs, W_h):
    N, T, _ = hs.shape
    squares = np.zeros(T)
    for n in range(N):
        dh = dh_last[n]
        for t in range(T - 1, -1, -1):
            squares[t] += dh @ dh
            dh = W_h @ np.diag(1 - hs[n, t] ** 2) @ dh
    return tuple(np.sqrt(squares))


def clip_as_pytorch(grads, max_norm):
    norm = np.linalg.norm(np.array([np.linalg.norm(g) for g in grads]))
    factor = min(max_norm / (norm + 1e-6), 1.0)
    return [g * factor for g in grads], norm


def clip_by_one_vector(grads, max_norm):
    flat = np.concatenate([np.ravel(g) for g in grads])
    norm = float(np.sqrt(flat @ flat))
    if norm > max_norm:
        flat = flat / norm * max_norm
    parts = np.split(flat, np.cumsum([g.size for g in grads])[:-1])
    return tuple(p.reshape(g.shape) for p, g in zip(parts, grads, strict=True)), norm


def clip_copies_in_place(grads, max_norm):
    out = [g.copy() for g in grads]
    norm = sum(float((g * g).sum()) for g in out) ** 0.5
    if norm > max_norm:
        for g in out:
            g *= max_norm / norm
    return out, norm


# --- lesson 03 --------------------------------------------------------------------------------


def textbook_sigmoid(z):
    return 1 / (1 + np.exp(-z))


def gates_with_a_matrix_each(x, h_prev, W_x, W_h, b):
    H = h_prev.shape[1]
    joined = np.hstack([x, h_prev])
    gates = []
    for k, function in enumerate((textbook_sigmoid, textbook_sigmoid, np.tanh, textbook_sigmoid)):
        columns = slice(k * H, (k + 1) * H)
        W = np.vstack([W_x[:, columns], W_h[:, columns]])  # (D + H, H): one gate's own matrix
        gates.append(function(joined @ W + b[columns]))
    return gates


def gates_by_reshape(x, h_prev, W_x, W_h, b):
    N, H = h_prev.shape
    z = np.einsum("nd,dk->nk", x, W_x) + np.einsum("nh,hk->nk", h_prev, W_h) + b
    z = z.reshape(N, 4, H)
    squashed = 0.5 * (1 + np.tanh(0.5 * z))
    return squashed[:, 0], squashed[:, 1], np.tanh(z[:, 2]), squashed[:, 3]


def update_by_loops(c_prev, i, f, g):
    c = np.zeros(c_prev.shape)
    for n in range(c.shape[0]):
        for k in range(c.shape[1]):
            c[n, k] = f[n, k] * c_prev[n, k] + i[n, k] * g[n, k]
    return c


def update_on_a_copy(c_prev, i, f, g):
    c = c_prev.copy()
    c *= f
    c += np.multiply(i, g)
    return c


def lstm_step_with_a_matrix_each(x, h_prev, c_prev, W_x, W_h, b):
    i, f, g, o = gates_with_a_matrix_each(x, h_prev, W_x, W_h, b)
    c = update_on_a_copy(c_prev, i, f, g)
    return [np.tanh(c) * o, c]


def lstm_step_unit_by_unit(x, h_prev, c_prev, W_x, W_h, b):
    N, H = h_prev.shape
    h, c = np.empty((N, H)), np.empty((N, H))
    for n in range(N):
        for k in range(H):
            i, f, g, o = (
                x[n] @ W_x[:, j * H + k] + h_prev[n] @ W_h[:, j * H + k] + b[j * H + k]
                for j in range(4)
            )
            c[n, k] = textbook_sigmoid(f) * c_prev[n, k] + textbook_sigmoid(i) * math.tanh(g)
            h[n, k] = textbook_sigmoid(o) * math.tanh(c[n, k])
    return h, c


def lstm_forward_by_list(xs, h0, c0, W_x, W_h, b):
    states, c = [h0], c0
    for x in np.moveaxis(xs, 1, 0):
        h, c = lstm_step_with_a_matrix_each(x, states[-1], c, W_x, W_h, b)
        states.append(h)
    return np.stack(states[1:], axis=1), c


def lstm_forward_inputs_at_once(xs, h0, c0, W_x, W_h, b):
    H = h0.shape[1]
    zs = np.tensordot(xs, W_x, axes=1) + b
    h, c, hs = h0.copy(), c0.copy(), np.empty((*xs.shape[:2], H))
    for t in range(xs.shape[1]):
        z = zs[:, t] + h @ W_h
        gates = textbook_sigmoid(z)
        c = gates[:, H : 2 * H] * c + gates[:, :H] * np.tanh(z[:, 2 * H : 3 * H])
        h = gates[:, 3 * H :] * np.tanh(c)
        hs[:, t] = h
    return hs, c


def count_by_arrays(input_size, hidden_size, bias_vectors=1):
    D, H = input_size, hidden_size
    return np.ones((D, 4 * H)).size + np.ones((H, 4 * H)).size + bias_vectors * np.ones(4 * H).size


def count_networks(input_size, hidden_size, bias_vectors=1):
    one_gate = (input_size + hidden_size + bias_vectors) * hidden_size
    return np.int64(sum(one_gate for _ in "ifgo"))


# --- lesson 04 --------------------------------------------------------------------------------


def differences_on_a_flat_copy(f, x, eps=1e-5):
    flat, slopes = x.ravel(), []
    for k in range(flat.size):
        step = np.zeros(flat.size)
        step[k] = eps
        above, below = f((flat + step).reshape(x.shape)), f((flat - step).reshape(x.shape))
        slopes.append((above - below) / eps / 2)
    return np.array(slopes).reshape(x.shape)


def differences_with_nditer(f, x, eps=1e-5):
    gradient = np.zeros_like(x)
    walk = np.nditer(x, flags=["multi_index"])
    while not walk.finished:
        index = walk.multi_index
        x[index] += eps
        above = f(x)
        x[index] -= 2 * eps
        below = f(x)
        x[index] += eps  # back to where it was, to rounding
        gradient[index] = (above - below) / (2 * eps)
        walk.iternext()
    return gradient


def lstm_step_backward_gate_by_gate(dh, dc, cache):
    x, h_prev, c_prev, i, f, g, o, c, W_x, W_h = cache
    H = dh.shape[1]
    t = np.tanh(c)
    dc = dc + np.einsum("nh,nh,nh->nh", dh, o, 1 - t * t)
    dz = np.zeros((len(dh), 4 * H))
    dz[:, :H] = dc * g * i * (1 - i)
    dz[:, H : 2 * H] = dc * c_prev * f * (1 - f)
    dz[:, 2 * H : 3 * H] = dc * i * (1 - g) * (1 + g)
    dz[:, 3 * H :] = dh * t * (o - o * o)
    dx, dh_prev = np.zeros_like(x), np.zeros_like(h_prev)
    for k in range(4):
        block = slice(k * H, (k + 1) * H)
        dx += dz[:, block] @ W_x[:, block].T
        dh_prev += dz[:, block] @ W_h[:, block].T
    return [dx, dh_prev, dc * f, np.dot(x.T, dz), np.dot(h_prev.T, dz), np.ones(len(dz)) @ dz]


def lstm_step_backward_example_by_example(dh, dc, cache):
    x, h_prev, c_prev, i, f, g, o, c, W_x, W_h = cache
    rows = []
    dW_x, dW_h, db = np.zeros_like(W_x), np.zeros_like(W_h), np.zeros(W_h.shape[1])
    for n in range(len(x)):
        through_c = dc[n] + dh[n] * o[n] / np.cosh(c[n]) ** 2
        dz = np.hstack(
            [
                through_c * g[n] * i[n] * (1 - i[n]),
                through_c * c_prev[n] * f[n] * (1 - f[n]),
                through_c * i[n] * (1 - g[n] ** 2),
                dh[n] * np.tanh(c[n]) * o[n] * (1 - o[n]),
            ]
        )
        dW_x += np.outer(x[n], dz)
        dW_h += np.outer(h_prev[n], dz)
        db += dz
        rows.append((W_x @ dz, W_h @ dz, through_c * f[n]))
    dx, dh_prev, dc_prev = (np.array(part) for part in zip(*rows, strict=True))
    return dx, dh_prev, dc_prev, dW_x, dW_h, db


def lstm_backward_by_lists(dhs, dc_last, caches):
    dh, dc, dxs, parts = 0.0, dc_last, [], []
    for t in range(dhs.shape[1] - 1, -1, -1):
        dx, dh, dc, *weights = lstm_step_backward_gate_by_gate(dhs[:, t] + dh, dc, caches[t])
        dxs.append(dx)
        parts.append(weights)
    sums = [sum(kind) for kind in zip(*parts, strict=True)]
    return np.stack(dxs[::-1], axis=1), dh, dc, *sums


def lstm_backward_in_place_on_own_arrays(dhs, dc_last, caches):
    N, T, H = dhs.shape
    x, W_x, W_h = caches[0][0], caches[0][8], caches[0][9]
    dxs, total = np.zeros((N, T, x.shape[1])), dhs.copy()
    dW_x, dW_h, db = np.zeros(W_x.shape), np.zeros(W_h.shape), np.zeros(4 * H)
    dc = dc_last.copy()
    for t in reversed(range(T)):
        dxs[:, t], dh, dc, a, b, d = lstm_step_backward_example_by_example(
            total[:, t], dc, caches[t]
        )
        if t > 0:
            total[:, t - 1] += dh
        dW_x += a
        dW_h += b
        db += d
    return dxs, dh, dc, dW_x, dW_h, db


def repaired_by_one_function(program):
    assert program in ("A", "B", "C")
    return lstm_backward_by_lists


def repaired_in_three_ways(program):
    if program == "A":
        return lambda *args: list(lstm_backward_by_lists(*args))
    return lstm_backward_in_place_on_own_arrays


# --- lesson 05 --------------------------------------------------------------------------------


def entropy_by_logaddexp(logits, targets):
    log_p = logits - np.logaddexp.reduce(logits, axis=1)[:, None]
    onehot = np.arange(logits.shape[1]) == targets[:, None]
    return -np.mean(log_p[onehot]), (np.exp(log_p) - onehot) / len(logits)


def entropy_by_einsum(logits, targets):
    N, V = logits.shape
    onehot = np.zeros((N, V))
    onehot[range(N), targets] = 1
    z = logits - np.amax(logits, axis=1).reshape(N, 1)
    total = np.einsum("nv->n", np.exp(z))
    loss = (np.log(total) - np.einsum("nv,nv->n", onehot, z)).sum() / N
    return np.float64(loss), np.einsum("nv,n->nv", np.exp(z), 1 / total) / N - onehot / N


def entropy_example_by_example(logits, targets):
    loss, rows = 0.0, []
    for row, target in zip(logits, targets, strict=True):
        highest = max(row)
        powers = [math.exp(z - highest) for z in row]
        loss += highest + math.log(sum(powers)) - row[target]
        p = [power / sum(powers) for power in powers]
        p[target] -= 1
        rows.append([entry / len(targets) for entry in p])
    return [loss / len(targets), rows]


def entropy_on_a_copy(logits, targets):
    dlogits = logits.copy()
    dlogits -= dlogits.max(1, keepdims=True)
    dlogits -= np.log(np.exp(dlogits).sum(1, keepdims=True))
    loss = -np.take_along_axis(dlogits, targets[:, None], axis=1).mean()
    np.exp(dlogits, out=dlogits)
    np.add.at(dlogits, (np.arange(len(targets)), targets), -1.0)
    dlogits /= len(targets)
    return loss, dlogits


def adam_as_pytorch(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m = m + (1 - beta1) * (grad - m)
    v = v * beta2 + (1 - beta2) * grad * grad
    denominator = np.sqrt(v) / math.sqrt(1 - beta2**t) + eps
    return param - (lr / (1 - beta1**t)) * m / denominator, m, v


def adam_folded(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    """The order of the end of section 2 of the paper, and of Keras: eps beside another root."""
    m, v = beta1 * m + (1 - beta1) * grad, beta2 * v + (1 - beta2) * np.square(grad)
    alpha = lr * np.sqrt(1 - beta2**t) / (1 - beta1**t)
    return [param - alpha * m / (np.sqrt(v) + eps), m, v]


def adam_entry_by_entry(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    new, means, squares = (np.empty(param.shape) for _ in range(3))
    for k in np.ndindex(param.shape):
        means[k] = beta1 * m[k] + (1 - beta1) * grad[k]
        squares[k] = beta2 * v[k] + (1 - beta2) * grad[k] ** 2
        root = (squares[k] / (1 - beta2**t)) ** 0.5
        new[k] = param[k] - lr * (means[k] / (1 - beta1**t)) / (root + eps)
    return new, means, squares


def adam_on_copies(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    param, m, v = param.copy(), m.copy(), v.copy()
    m *= beta1
    m += (1 - beta1) * grad
    v *= beta2
    v += (1 - beta2) * np.power(grad, 2)
    param -= lr * np.divide(m, 1 - beta1**t) / (np.sqrt(np.divide(v, 1 - beta2**t)) + eps)
    return param, m, v


def majority_by_bincount(y_train, y_test):
    return (np.bincount(y_train).argmax() == y_test).mean()


def majority_by_counter(y_train, y_test):
    label, _ = Counter(y_train.tolist()).most_common(1)[0]
    return sum(1 for y in y_test if y == label) / len(y_test)


def majority_by_mode(y_train, y_test):
    return np.count_nonzero(y_test == statistics.mode(y_train)) / y_test.size


def majority_by_set(y_train, y_test):
    train = list(y_train)
    label = max(set(train), key=train.count)
    answers = np.full_like(y_test, label)
    return 1 - np.mean(answers != y_test)


def _sequence_of_caches(xs, W_x, W_h, b):
    h = c = np.zeros((len(xs), len(W_h)))
    caches = []
    for x in np.moveaxis(xs, 1, 0):
        i, f, g, o = gates_with_a_matrix_each(x, h, W_x, W_h, b)
        cell = update_by_loops(c, i, f, g)
        caches.append((x, h, c, i, f, g, o, cell, W_x, W_h))
        h, c = o * np.tanh(cell), cell
    return h, caches


def train_step_from_own_pieces(params, batch, m, v, t, lr=1e-2, max_norm=1.0):
    xs, targets = batch
    h, caches = _sequence_of_caches(xs, params["W_x"], params["W_h"], params["b"])
    loss, dlogits = entropy_by_logaddexp(h @ params["W_y"] + params["b_y"], targets)
    dhs = np.zeros((*xs.shape[:2], h.shape[1]))
    dhs[:, -1] = dlogits @ params["W_y"].T
    *_, dW_x, dW_h, db = lstm_backward_by_lists(dhs, np.zeros_like(h), caches)
    grads = {"b_y": dlogits.sum(0), "W_y": h.T @ dlogits, "W_x": dW_x, "W_h": dW_h, "b": db}
    clipped, _ = clip_as_pytorch(list(grads.values()), max_norm)
    new_params, new_m, new_v = {}, {}, {}
    for key, grad in zip(grads, clipped, strict=True):
        new_params[key], new_m[key], new_v[key] = adam_as_pytorch(
            params[key], grad, m[key], v[key], t, lr
        )
    return new_params, new_m, new_v, loss


def train_step_on_copied_dicts(params, batch, m, v, t, lr=1e-2, max_norm=1.0):
    (xs, targets), params, m, v = batch, dict(params), dict(m), dict(v)
    N, T, _ = xs.shape
    start = (np.zeros((N, params["W_h"].shape[0])),) * 2
    weights = nn.LSTMParams(params["W_x"], params["W_h"], params["b"])
    hs, _, tape = nn.lstm_layer_forward(xs, start, weights)
    logits = nn.linear_forward(hs[:, T - 1, :], params["W_y"], params["b_y"])
    loss, dlogits = entropy_on_a_copy(logits, targets)
    dh, dW_y, db_y = nn.linear_backward(dlogits, hs[:, T - 1, :], params["W_y"])
    dhs = np.stack([0 * dh] * (T - 1) + [dh], axis=1)
    _, _, (dW_x, dW_h, db) = nn.lstm_layer_backward(dhs, start, tape)
    clipped, norm = clip_by_one_vector([dW_x, dW_h, db, dW_y, db_y], max_norm)
    assert norm > 0
    for key, grad in zip(("W_x", "W_h", "b", "W_y", "b_y"), clipped, strict=True):
        params[key], m[key], v[key] = adam_folded(params[key], grad, m[key], v[key], t, lr)
    return [params, m, v, loss]


def train_step_as_one_vector(params, batch, m, v, t, lr=1e-2, max_norm=1.0):
    """All parameters in one long vector: one norm and one step of Adam for all."""
    xs, targets = batch
    zeros = np.zeros((len(xs), len(params["W_h"])))
    weights = nn.LSTMParams(*(params[key] for key in ("W_x", "W_h", "b")))
    hs, (h, _), tape = nn.lstm_layer_forward(xs, (zeros, zeros), weights)
    loss, dlogits = entropy_by_einsum(h @ params["W_y"] + params["b_y"], targets)
    dlstm = nn.lstm_layer_backward(0 * hs, (dlogits @ params["W_y"].T, zeros), tape)[2]
    grads = {**dlstm._asdict(), "W_y": h.T @ dlogits, "b_y": np.ones(len(h)) @ dlogits}

    def flat(arrays):
        return np.concatenate([arrays[key].ravel() for key in params])

    def apart(vector):
        ends = np.cumsum([array.size for array in params.values()])[:-1]
        pieces = zip(params.items(), np.split(vector, ends), strict=True)
        return {key: piece.reshape(array.shape) for (key, array), piece in pieces}

    grad = flat(grads)
    grad = grad * min(1.0, max_norm / np.linalg.norm(grad))
    new = adam_on_copies(flat(params), grad, flat(m), flat(v), t, lr)
    return (*map(apart, new), loss)


# --- lesson 06 --------------------------------------------------------------------------------
# PyTorch is imported inside, so that the other lessons need not wait for it.


def to_torch_as_tensors(W_x, W_h, b):
    import torch

    half = torch.from_numpy(b) / 2
    return {
        "weight_ih_l0": torch.tensor(W_x).T.contiguous(),
        "weight_hh_l0": torch.tensor(W_h).t(),
        "bias_ih_l0": half,
        "bias_hh_l0": half.clone(),
    }


def to_torch_gate_by_gate(W_x, W_h, b):
    names = {"weight_hh_l0": W_h, "weight_ih_l0": W_x}
    state_dict = {"bias_hh_l0": b.tolist(), "bias_ih_l0": [0.0] * len(b)}
    for name, W in names.items():
        H = W.shape[1] // 4
        state_dict[name] = np.vstack([W[:, k * H : (k + 1) * H].transpose() for k in range(4)])
    return state_dict


def to_torch_through_a_layer(W_x, W_h, b):
    import torch

    layer = torch.nn.LSTM(len(W_x), len(W_h), dtype=torch.float64)
    with torch.no_grad():
        layer.weight_ih_l0.copy_(torch.from_numpy(W_x.T))
        layer.weight_hh_l0.copy_(torch.from_numpy(W_h.T))
        layer.bias_ih_l0 += torch.from_numpy(b) - layer.bias_ih_l0 - layer.bias_hh_l0
    return dict(layer.named_parameters())


def to_torch_with_a_split_of_its_own(W_x, W_h, b):
    part = np.cos(np.arange(len(b)))
    arrays = np.einsum("dk->kd", W_x), np.einsum("hk->kh", W_h), b - part, part
    return dict(
        zip(("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"), arrays, strict=True)
    )


def to_keras_as_they_are(W_x, W_h, b):
    return W_x, W_h, b


def to_keras_gate_by_gate(W_x, W_h, b):
    kernels, recurrent, biases = (np.split(array, 4, axis=-1) for array in (W_x, W_h, b))
    i, f, c, o = zip(kernels, recurrent, biases, strict=True)  # Keras calls the candidate c
    return [np.concatenate(blocks, axis=-1) for blocks in zip(i, f, c, o, strict=True)]


def to_keras_as_lists(W_x, W_h, b):
    return [[list(row) for row in W_x], [list(row) for row in W_h], list(b)]


def from_torch_detached(state_dict):
    arrays = {name: tensor.detach().cpu().numpy() for name, tensor in state_dict.items()}
    b = arrays["bias_ih_l0"] + arrays["bias_hh_l0"]
    return arrays["weight_ih_l0"].T, arrays["weight_hh_l0"].T, b


def from_torch_adding_tensors(state_dict):
    weight_ih, weight_hh, bias_ih, bias_hh = state_dict.values()
    return [
        weight_ih.t().contiguous().numpy(),
        weight_hh.permute(1, 0).numpy(),
        bias_ih.add(bias_hh).numpy(),
    ]


def from_torch_through_a_layer(state_dict):
    import torch

    rows, D = state_dict["weight_ih_l0"].shape
    layer = torch.nn.LSTM(D, rows // 4, dtype=state_dict["bias_ih_l0"].dtype)
    layer.load_state_dict(state_dict)
    b = sum(p for name, p in layer.named_parameters() if name.startswith("bias"))
    W_x, W_h = layer.weight_ih_l0.data.numpy(), layer.weight_hh_l0.data.numpy()
    return np.swapaxes(W_x, 0, 1).copy(), np.transpose(W_h), b.detach().numpy()


def from_torch_summed_in_double(state_dict):
    kind = state_dict["bias_hh_l0"].numpy().dtype
    biases = [np.asarray(state_dict[f"bias_{k}_l0"], dtype=np.float64) for k in ("ih", "hh")]
    matrices = (np.array(state_dict[f"weight_{k}_l0"]).T for k in ("ih", "hh"))
    return (*matrices, np.sum(biases, axis=0).astype(kind))


# --- lesson 07 --------------------------------------------------------------------------------


def last_by_gathering(outputs, lengths):
    index = (lengths - 1).view(-1, 1, 1).expand(-1, 1, outputs.size(2))
    return outputs.gather(1, index).squeeze(1)


def last_by_stacking(outputs, lengths):
    import torch

    rows = []
    for sequence, length in zip(outputs, lengths.tolist(), strict=True):
        rows.append(sequence[length - 1])
    return torch.stack(rows)


def last_by_masking(outputs, lengths):
    import torch

    steps = torch.arange(outputs.shape[1])
    last = (steps[None] == lengths[:, None] - 1).to(outputs.dtype)
    return torch.einsum("nth,nt->nh", outputs, last)


def last_by_flat_index(outputs, lengths):
    import torch

    N, T, H = outputs.shape
    return outputs.reshape(N * T, H)[torch.arange(N) * T + lengths - 1]


def last_written_row_by_row(outputs, lengths):
    import torch

    result = torch.zeros(len(outputs), outputs.shape[-1])
    for n, length in enumerate(lengths):
        result[n] = outputs[n, length - 1]
    return result


def final_by_cat(h_n, num_layers):
    import torch

    return torch.cat([h_n[-2], h_n[-1]], dim=1)


def final_by_view(h_n, num_layers):
    _, N, H = h_n.shape
    last = h_n.view(num_layers, 2, N, H)[-1]
    return last.permute(1, 0, 2).reshape(N, 2 * H)


def final_counted_from_the_front(h_n, num_layers):
    import torch

    forward, backward = h_n[2 * (num_layers - 1)], h_n[2 * num_layers - 1]
    return torch.hstack((forward, backward))


def final_written_in_halves(h_n, num_layers):
    H = h_n.shape[2]
    result = h_n.new_empty(h_n.shape[1], 2 * H)
    result[:, :H], result[:, H:] = h_n[-2], h_n[-1]
    return result


def classifier_by_packing(input_size, hidden_size, num_classes, num_layers=1, bidirectional=False):
    import torch
    from torch import nn

    class Packing(nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn = nn.LSTM(
                input_size,
                hidden_size,
                num_layers,
                batch_first=True,
                dropout=0.3 if num_layers > 1 else 0.0,
                bidirectional=bidirectional,
            )
            self.dropout = nn.Dropout(0.2)
            self.fc = nn.Linear(hidden_size * (1 + bidirectional), num_classes)

        def forward(self, x, lengths):
            shape = num_layers * (1 + bidirectional), x.size(0), hidden_size
            h_0, c_0 = torch.zeros(shape), torch.zeros(shape)
            packed = nn.utils.rnn.pack_padded_sequence(
                x, lengths.tolist(), batch_first=True, enforce_sorted=False
            )
            _, (h_n, _) = self.rnn(packed, (h_0, c_0))
            last = torch.cat([h_n[-2], h_n[-1]], dim=1) if bidirectional else h_n[-1]
            return self.fc(self.dropout(last))

    return Packing()


def classifier_by_sorting_time_first(
    input_size, hidden_size, num_classes, num_layers=1, bidirectional=False
):
    from torch import nn

    class Sorting(nn.Module):
        def __init__(self):
            super().__init__()
            self.head = nn.Linear((2 if bidirectional else 1) * hidden_size, num_classes)
            self.lstm = nn.LSTM(input_size, hidden_size, num_layers, bidirectional=bidirectional)

        def forward(self, x, lengths):
            ordered, order = lengths.sort(descending=True)
            packed = nn.utils.rnn.pack_padded_sequence(x[order].transpose(0, 1), ordered)
            outputs, _ = nn.utils.rnn.pad_packed_sequence(self.lstm(packed)[0])  # (T, N, H)
            total = outputs.sum(0) / ordered[:, None]
            return self.head(total)[order.argsort()]

    return Sorting()


def classifier_by_masked_maximum(
    input_size, hidden_size, num_classes, num_layers=1, bidirectional=False
):
    import torch
    from torch import nn

    class Maximum(nn.Module):
        def __init__(self):
            super().__init__()
            self.lstm = nn.LSTM(
                input_size, hidden_size, num_layers, bidirectional=bidirectional, batch_first=True
            )
            self.head = nn.Sequential(nn.LazyLinear(8), nn.Tanh(), nn.Linear(8, num_classes))
            nn.init.zeros_(self.head[2].weight)  # a start that says nothing

        def forward(self, x, lengths):
            packed = nn.utils.rnn.pack_padded_sequence(x, lengths, True, enforce_sorted=False)
            outputs, _ = nn.utils.rnn.pad_packed_sequence(
                self.lstm(packed)[0], batch_first=True, total_length=x.shape[1]
            )
            padding = torch.arange(x.shape[1]) >= lengths.unsqueeze(1)
            return self.head(outputs.masked_fill(padding.unsqueeze(2), -torch.inf).amax(1))

    return Maximum()


def classifier_by_two_readers(
    input_size, hidden_size, num_classes, num_layers=1, bidirectional=False
):
    """Without packing: one network reads forward, another one the reversed sequences."""
    import torch
    from torch import nn

    class Readers(nn.Module):
        def __init__(self):
            super().__init__()
            self.readers = nn.ModuleList(
                nn.LSTM(input_size, hidden_size, num_layers, batch_first=True)
                for _ in range(1 + bidirectional)
            )
            self.norm = nn.LayerNorm(len(self.readers) * hidden_size)
            self.head = nn.Linear(len(self.readers) * hidden_size, num_classes, bias=False)

        def forward(self, x, lengths):
            rows, steps = torch.arange(len(x)), torch.arange(x.shape[1])
            back = (lengths[:, None] - 1 - steps).clamp(min=0)  # (N, T)
            views = [x, x[rows[:, None], back]]
            last = [
                reader(view)[0][rows, lengths - 1]
                for reader, view in zip(self.readers, views, strict=False)
            ]
            return self.head(self.norm(torch.cat(last, dim=-1)))

    return Readers()


def classifier_step_by_step(
    input_size, hidden_size, num_classes, num_layers=1, bidirectional=False
):
    """Cells of its own, in a loop in which finished sequences keep their state."""
    import torch
    from torch import nn

    class Cells(nn.Module):
        def __init__(self):
            super().__init__()
            width = hidden_size * (1 + bidirectional)
            self.cells = nn.ModuleList(
                nn.ModuleList(
                    nn.LSTMCell(input_size if k == 0 else width, hidden_size)
                    for _ in range(1 + bidirectional)
                )
                for k in range(num_layers)
            )
            self.start = nn.Parameter(torch.zeros(hidden_size))
            self.out = nn.Linear(width, num_classes)

        def forward(self, x, lengths):
            for layer in self.cells:
                finals, outputs = [], []
                for cell, order in zip(
                    layer, (range(x.shape[1]), range(x.shape[1])[::-1]), strict=False
                ):
                    h = c = self.start.expand(len(x), -1)
                    hs = [None] * x.shape[1]
                    for t in order:
                        real = (t < lengths)[:, None]
                        h_new, c_new = cell(x[:, t], (h, c))
                        h, c = torch.where(real, h_new, h), torch.where(real, c_new, c)
                        hs[t] = h
                    finals.append(h)
                    outputs.append(torch.stack(hs, dim=1))
                x = torch.cat(outputs, dim=2)
            return self.out(torch.cat(finals, dim=1))

    return Cells()


def classifier_by_attention(
    input_size, hidden_size, num_classes, num_layers=1, bidirectional=False
):
    import torch
    from torch import nn

    class Attention(nn.Module):
        def __init__(self):
            super().__init__()
            width = 2 * hidden_size if bidirectional else hidden_size
            self.rnn = nn.LSTM(
                input_size, hidden_size, num_layers, bidirectional=bidirectional, batch_first=True
            )
            self.query = nn.Linear(width, 1, bias=False)
            self.batch_norm = nn.BatchNorm1d(width)
            self.head = nn.Linear(width, num_classes)

        def forward(self, x, lengths):
            packed = nn.utils.rnn.pack_padded_sequence(
                x, lengths.cpu(), batch_first=True, enforce_sorted=False
            )
            hs, _ = nn.utils.rnn.pad_packed_sequence(self.rnn(packed)[0], batch_first=True)
            real = torch.arange(hs.shape[1])[None] < lengths[:, None]
            weights = self.query(hs)[..., 0].masked_fill(~real, float("-inf")).softmax(1)
            return self.head(self.batch_norm((weights[..., None] * hs).sum(1)))

    return Attention()


def epoch_by_the_book(model, loader, optimizer, loss_fn, max_norm=1.0):
    import torch

    model.train()
    running = 0.0
    for x, lengths, y in loader:
        logits = model(x, lengths)
        loss = loss_fn(logits, y)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm=max_norm)
        optimizer.step()
        running += loss.item() * x.size(0)
    return running / len(loader.dataset)


def epoch_clipped_by_hand(model, loader, optimizer, loss_fn, max_norm=1.0):
    model.train(True)
    losses, sizes = [], []
    for batch in loader:
        *inputs, target = batch
        model.zero_grad()
        loss = loss_fn(model(*inputs), target)
        loss.backward()
        gradients = [p.grad for p in model.parameters()]
        norm = math.sqrt(sum(float((g**2).sum()) for g in gradients))
        if norm > max_norm:
            for g in gradients:
                g *= max_norm / norm
        optimizer.step()
        losses.append(float(loss))
        sizes.append(target.shape[0])
    return np.average(losses, weights=sizes)


def epoch_with_a_tensor_for_a_sum(model, loader, optimizer, loss_fn, max_norm=1.0):
    import torch

    parameters = list(model.parameters())
    model.train()
    total = torch.zeros(())
    for k, (x, lengths, y) in enumerate(loader):
        optimizer.zero_grad(set_to_none=False)
        loss = loss_fn(model(x, lengths=lengths), y)
        (gradients) = torch.autograd.grad(loss, parameters)
        for p, g in zip(parameters, gradients, strict=True):
            p.grad = g
        torch.nn.utils.clip_grad_norm_(parameters, max_norm, norm_type=2.0)
        optimizer.step()
        total += (loss.detach() - total) * (len(y) / (k * loader.batch_size + len(y)))
    model.eval()
    optimizer.zero_grad()
    return total


def epoch_in_two_functions(model, loader, optimizer, loss_fn, max_norm=1.0):
    import torch

    def step(x, lengths, y):
        for p in model.parameters():
            p.grad = None
        with torch.enable_grad():
            loss = loss_fn(model(x, lengths), y)
        loss.backward()
        norms = torch.stack([p.grad.norm() for p in model.parameters()])
        factor = (max_norm / (norms.norm() + 1e-6)).clamp(max=1.0)
        for p in model.parameters():
            p.grad.mul_(factor)
        optimizer.step()
        return loss.item()

    model.train()
    pairs = [(step(*batch), len(batch[-1])) for batch in loader]
    losses, sizes = map(np.array, zip(*pairs, strict=True))
    return float(losses @ sizes / sizes.sum())


# --- lesson 08 --------------------------------------------------------------------------------
# Answers that need Keras while they are judged against the clock are in test_lesson_08.py.


def regressor_functional(timesteps, features):
    import keras

    inputs = keras.Input(shape=(timesteps, features), name="sequence")
    x = keras.layers.LSTM(50, return_sequences=True, name="lower")(inputs)
    x = keras.layers.LSTM(units=50, name="upper")(x)
    model = keras.Model(inputs, keras.layers.Dense(1, name="answer")(x), name="regressor")
    model.compile(keras.optimizers.Adam(learning_rate=1e-3), keras.losses.MeanSquaredError())
    return model


def regressor_that_waits_for_data(timesteps, features):
    import keras

    model = keras.Sequential()
    model.add(keras.layers.LSTM(50, return_sequences=True))
    model.add(keras.layers.LSTM(50))
    model.add(keras.layers.Dense(1, activation="linear"))
    model.compile(loss="mean_squared_error", optimizer="Adam", metrics=["mae"])
    return model


def regressor_with_input_shape(timesteps, features):
    from keras import Sequential
    from keras.layers import LSTM, Dense

    layers = [
        LSTM(50, return_sequences=True, input_shape=(timesteps, features)),
        LSTM(50, return_sequences=False),
        Dense(1),
    ]
    model = Sequential(layers)
    model.compile(optimizer="adam", loss="mse", jit_compile=False)
    return model


def regressor_of_cells(timesteps, features):
    import keras

    inputs = keras.Input((None, features))  # any number of steps
    states = keras.layers.RNN(keras.layers.LSTMCell(50), return_sequences=True)(inputs)
    last = keras.layers.RNN(keras.layers.LSTMCell(50))(states)
    model = keras.Model(inputs, keras.layers.Dense(1)(last))
    squared = keras.losses.mean_squared_error
    model.compile(loss=squared, optimizer=keras.optimizers.Adam(clipnorm=1.0))
    return model


def classifier_functional(timesteps, features, num_classes):
    import keras

    x = inputs = keras.Input((timesteps, features))
    for sequences in (True, True, False):
        x = keras.layers.LSTM(32, return_sequences=sequences)(x)
    model = keras.Model(inputs, keras.layers.Dense(num_classes, activation="softmax")(x))
    model.compile("rmsprop", "categorical_crossentropy", metrics=["accuracy"])
    return model


def classifier_with_an_activation_layer(timesteps, features, num_classes):
    import keras

    model = keras.Sequential([keras.layers.InputLayer(shape=(timesteps, features))])
    model.add(keras.layers.LSTM(32, return_sequences=True))
    model.add(keras.layers.LSTM(32, return_sequences=True))
    model.add(keras.layers.LSTM(32))
    model.add(keras.layers.Dense(num_classes))
    model.add(keras.layers.Activation("softmax"))
    loss = keras.losses.CategoricalCrossentropy(from_logits=False)
    model.compile(optimizer=keras.optimizers.RMSprop(), loss=loss)
    return model


def classifier_reading_the_last_step(timesteps, features, num_classes):
    import keras

    inputs = keras.Input((timesteps, features))
    hidden = inputs
    for _ in range(3):
        hidden = keras.layers.LSTM(32, return_sequences=True)(hidden)
    outputs = keras.layers.Dense(num_classes, activation=keras.activations.softmax)(hidden[:, -1])
    model = keras.Model(inputs=inputs, outputs=outputs)
    model.compile(loss="categorical_crossentropy", optimizer=keras.optimizers.RMSprop(0.001))
    return model


def shapes_by_recursion(layers, input_shape):
    def behind(layer, shape):
        kind = layer["kind"]
        if kind == "Bidirectional":
            *rest, units = behind(layer["layer"], shape)
            return (*rest, units * 2)
        if kind == "Dropout":
            return shape
        if kind == "Dense":
            return (*shape[:-1], layer["units"])
        steps = shape[1:2] if layer.get("return_sequences") else ()
        return (None, *steps, layer["units"])

    def all_behind(layers, shape):
        if not layers:
            return []
        first = behind(layers[0], shape)
        return [first, *all_behind(layers[1:], first)]

    return all_behind(layers, (None, *input_shape))


def shapes_as_lists(layers, input_shape):
    timesteps, width = input_shape
    is_sequence, shapes = True, []
    for layer in layers:
        kind = layer["kind"]
        factor = 1
        if kind == "Bidirectional":
            layer, factor = layer["layer"], 2
            kind = layer["kind"]
        if kind in {"LSTM", "GRU", "SimpleRNN"}:
            width = factor * layer["units"]
            is_sequence = "return_sequences" in layer and layer["return_sequences"]
        elif kind == "Dense":
            width = layer["units"]
        shapes += [[None, timesteps, width] if is_sequence else [None, width]]
    return shapes


def shapes_by_matching(layers, input_shape):
    shape = [None, *input_shape]
    shapes = ()
    for layer in layers:
        match layer:
            case {"kind": "Dropout"}:
                pass
            case {"kind": "Dense", "units": units}:
                shape = [*shape[:-1], units]
            case {"kind": "Bidirectional", "layer": {"units": units, "return_sequences": True}}:
                shape = [None, shape[1], units + units]
            case {"kind": "Bidirectional", "layer": {"units": units}}:
                shape = [None, units + units]
            case {"units": units, "return_sequences": True}:
                shape = [None, shape[1], units]
            case {"units": units}:
                shape = [None, units]
        shapes = (*shapes, tuple(shape))
    return shapes


def masked_mean_by_einsum(outputs, mask):
    weights = mask / mask.sum(axis=1, keepdims=True)
    return np.einsum("nth,nt->nh", outputs, weights)


def masked_mean_of_masked_arrays(outputs, mask):
    hidden = np.broadcast_to(~mask[:, :, None], outputs.shape)
    return np.ma.array(outputs, mask=hidden).mean(axis=1).filled()


def masked_mean_one_by_one(outputs, mask):
    return [
        sum(step for step, real in zip(sequence, marks, strict=True) if real)
        / np.count_nonzero(marks)
        for sequence, marks in zip(outputs, mask, strict=True)
    ]


def masked_mean_ignoring_nan(outputs, mask):
    return np.nanmean(np.where(np.expand_dims(mask, -1), outputs, np.nan), axis=1)


def masked_mean_in_single_precision(outputs, mask):
    real = mask.astype(np.float32)[..., None]
    return np.sum(outputs.astype("float32") * real, 1) / np.sum(real, 1)


# --- lesson 09 --------------------------------------------------------------------------------


def layer_norm_row_by_row(z, gain, shift, eps=1e-5):
    rows = z.reshape(-1, z.shape[-1])
    out = [gain * (row - np.mean(row)) / np.sqrt(np.var(row) + eps) + shift for row in rows]
    return np.array(out).reshape(z.shape)


def layer_norm_by_moments(z, gain, shift, eps=1e-5):
    H = z.shape[-1]
    mu = np.einsum("...h->...", z)[..., None] / H
    v = np.einsum("...h,...h->...", z, z)[..., None] / H - mu**2
    return (z - mu) * (v + eps) ** -0.5 * gain + shift


def layer_norm_through_pytorch(z, gain, shift, eps=1e-5):
    import torch

    tensors = [torch.as_tensor(a) for a in (z, gain, shift)]
    return torch.nn.functional.layer_norm(tensors[0], (z.shape[-1],), *tensors[1:], eps=eps)


def coupled_step_with_a_matrix_each(x, h_prev, c_prev, W_x, W_h, b):
    H = h_prev.shape[1]
    W = np.vstack([W_x, W_h])
    v = np.hstack([x, h_prev])
    f = 1 / (1 + np.exp(-(v @ W[:, :H] + b[:H])))
    g = np.tanh(v @ W[:, H : 2 * H] + b[H : 2 * H])
    o = 1 / (1 + np.exp(-(v @ W[:, 2 * H :] + b[2 * H :])))
    c = g + f * (c_prev - g)
    return [o * np.tanh(c), c]


def coupled_step_through_four_gates(x, h_prev, c_prev, W_x, W_h, b):
    H = h_prev.shape[1]
    z = (x @ W_x + h_prev @ W_h + b).reshape(len(x), 3, H)
    f, o = 0.5 * (1 + np.tanh(z[:, 0] / 2)), 0.5 * (1 + np.tanh(z[:, 2] / 2))
    i = 1 - f
    g = np.tanh(z[:, 1])
    c = np.where(f > 0.5, f * c_prev + i * g, c_prev - i * (c_prev - g))
    return o * np.tanh(c), c


def gru_step_gate_by_gate(x, h_prev, W_x, W_h, b_x, b_h):
    H = h_prev.shape[1]
    r_, z_, n_ = slice(0, H), slice(H, 2 * H), slice(2 * H, 3 * H)
    r = 1 / (1 + np.exp(-(x @ W_x[:, r_] + b_x[r_] + h_prev @ W_h[:, r_] + b_h[r_])))
    z = 1 / (1 + np.exp(-(x @ W_x[:, z_] + b_x[z_] + h_prev @ W_h[:, z_] + b_h[z_])))
    n = np.tanh(x @ W_x[:, n_] + b_x[n_] + r * (h_prev @ W_h[:, n_] + b_h[n_]))
    return n + z * (h_prev - n)


def gru_step_through_pytorch(x, h_prev, W_x, W_h, b_x, b_h):
    import torch

    cell = torch.nn.GRUCell(x.shape[1], h_prev.shape[1], dtype=torch.float64)
    arrays = (W_x.T, W_h.T, b_x, b_h)
    for parameter, array in zip(cell.parameters(), arrays, strict=True):
        parameter.data = torch.tensor(array)
    return cell(torch.tensor(x), torch.tensor(h_prev)).detach().numpy()


def schedule_by_numpy(step, warmup, total, peak):
    rising = peak * np.divide(step, max(warmup, 1))
    falling = peak * np.cos(np.pi / 2 * (step - warmup) / (total - warmup)) ** 2
    return np.where(step < warmup, rising, falling)


def schedule_by_interpolation(step, warmup, total, peak):
    share = np.interp(step, [warmup, total], [0.0, 1.0])
    return min(step / warmup if warmup else 1.0, 1.0) * peak * (math.cos(math.pi * share) + 1) / 2


ANSWERS = {
    "build_regressor": (
        regressor_functional,
        regressor_that_waits_for_data,
        regressor_with_input_shape,
        regressor_of_cells,
    ),
    "build_classifier": (
        classifier_functional,
        classifier_with_an_activation_layer,
        classifier_reading_the_last_step,
    ),
    "predict_shapes": (shapes_by_recursion, shapes_as_lists, shapes_by_matching),
    "masked_mean": (
        masked_mean_by_einsum,
        masked_mean_of_masked_arrays,
        masked_mean_one_by_one,
        masked_mean_ignoring_nan,
        masked_mean_in_single_precision,
    ),
    "layer_norm": (layer_norm_row_by_row, layer_norm_by_moments, layer_norm_through_pytorch),
    "coupled_lstm_step": (coupled_step_with_a_matrix_each, coupled_step_through_four_gates),
    "gru_step": (gru_step_gate_by_gate, gru_step_through_pytorch),
    "warmup_cosine": (schedule_by_numpy, schedule_by_interpolation),
    "last_step": (
        last_by_gathering,
        last_by_stacking,
        last_by_masking,
        last_by_flat_index,
        last_written_row_by_row,
    ),
    "final_states": (
        final_by_cat,
        final_by_view,
        final_counted_from_the_front,
        final_written_in_halves,
    ),
    "SequenceClassifier": (
        classifier_by_packing,
        classifier_by_sorting_time_first,
        classifier_by_masked_maximum,
        classifier_by_two_readers,
        classifier_step_by_step,
        classifier_by_attention,
    ),
    "train_epoch": (
        epoch_by_the_book,
        epoch_clipped_by_hand,
        epoch_with_a_tensor_for_a_sum,
        epoch_in_two_functions,
    ),
    "softmax_cross_entropy": (
        entropy_by_logaddexp,
        entropy_by_einsum,
        entropy_example_by_example,
        entropy_on_a_copy,
    ),
    "adam_step": (adam_as_pytorch, adam_folded, adam_entry_by_entry, adam_on_copies),
    "majority_baseline": (
        majority_by_bincount,
        majority_by_counter,
        majority_by_mode,
        majority_by_set,
    ),
    "train_step": (
        train_step_from_own_pieces,
        train_step_on_copied_dicts,
        train_step_as_one_vector,
    ),
    "to_torch": (
        to_torch_as_tensors,
        to_torch_gate_by_gate,
        to_torch_through_a_layer,
        to_torch_with_a_split_of_its_own,
    ),
    "to_keras": (to_keras_as_they_are, to_keras_gate_by_gate, to_keras_as_lists),
    "from_torch": (
        from_torch_detached,
        from_torch_adding_tensors,
        from_torch_through_a_layer,
        from_torch_summed_in_double,
    ),
    "numerical_gradient": (differences_on_a_flat_copy, differences_with_nditer),
    "lstm_step_backward": (
        lstm_step_backward_gate_by_gate,
        lstm_step_backward_example_by_example,
    ),
    "lstm_backward": (lstm_backward_by_lists, lstm_backward_in_place_on_own_arrays),
    "find_the_bug": (repaired_by_one_function, repaired_in_three_ways),
    "lstm_gates": (gates_with_a_matrix_each, gates_by_reshape),
    "update_cell": (update_by_loops, update_on_a_copy),
    "lstm_step": (lstm_step_with_a_matrix_each, lstm_step_unit_by_unit),
    "lstm_forward": (lstm_forward_by_list, lstm_forward_inputs_at_once),
    "count_parameters": (count_by_arrays, count_networks),
    "sigmoid": (
        sigmoid_by_tanh,
        sigmoid_by_where,
        sigmoid_by_clipping,
        sigmoid_silenced,
        sigmoid_by_masks_any_shape,
        sigmoid_one_by_one,
    ),
    "make_windows": (windows_by_loop, windows_by_view, windows_by_index),
    "rnn_step": (step_by_concatenation, step_by_einsum, step_by_loops, step_by_exponentials),
    "rnn_forward": (forward_by_list, forward_time_first_then_swapped, forward_recursive),
    "rnn_step_backward": (step_backward_by_einsum, step_backward_example_by_example),
    "rnn_backward": (backward_step_by_step, backward_with_lists),
    "gradient_norms": (norms_by_list, norms_by_jacobians),
    "clip_by_global_norm": (clip_as_pytorch, clip_by_one_vector, clip_copies_in_place),
}
