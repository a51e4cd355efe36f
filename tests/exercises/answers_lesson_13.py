"""Right answers to the exercises of lesson 13, written differently."""

import math

import numpy as np

# --- bits_per_character -----------------------------------------------------------------------


def bits_by_loop(probabilities, targets):
    total = 0.0
    for row, target in zip(probabilities, targets, strict=True):
        total -= math.log(row[target], 2)
    return total / len(targets)


def bits_from_nats(probabilities, targets):
    taken = np.take_along_axis(probabilities, np.asarray(targets)[:, None], axis=1)
    return -np.log(taken).mean() / np.log(2)


def bits_by_one_hot(probabilities, targets):
    return -(np.eye(probabilities.shape[1])[targets] * np.log2(probabilities)).sum() / len(targets)


# --- smooth_counts ----------------------------------------------------------------------------


def smoothed_row_by_row(counts, lower, strength=1.0):
    rows = []
    for count, below in zip(counts, lower, strict=True):
        different = np.count_nonzero(count)
        if different == 0:
            rows.append(below)
            continue
        rows.append((count + strength * different * below) / (sum(count) + strength * different))
    return np.array(rows)


def smoothed_as_a_mixture(counts, lower, strength=1.0):
    total = counts.sum(1)
    trust = total / np.maximum(total + strength * (counts > 0).sum(1), 1e-300)
    shares = counts / np.maximum(total, 1)[:, None]
    return trust[:, None] * shares + (1 - trust[:, None]) * lower


def smoothed_where_never_means_one(counts, lower, strength=1.0):
    d = np.maximum((counts > 0).sum(axis=1, keepdims=True), 1)  # of nothing, one part is `lower`
    return (counts + strength * d * lower) / (counts.sum(axis=1, keepdims=True) + strength * d)


# --- carry_batches ----------------------------------------------------------------------------


def batches_by_loops(tokens, num_streams, num_steps):
    K = (len(tokens) - 1) // (num_streams * num_steps)
    xs = np.zeros((K, num_streams, num_steps), dtype=int)
    ys = np.zeros_like(xs)
    for k in range(K):
        for n in range(num_streams):
            start = n * K * num_steps + k * num_steps
            xs[k, n] = tokens[start : start + num_steps]
            ys[k, n] = tokens[start + 1 : start + num_steps + 1]
    return xs, ys


def batches_by_splitting(tokens, num_streams, num_steps):
    used = (len(tokens) - 1) // (num_streams * num_steps) * num_streams * num_steps
    K = used // (num_streams * num_steps)
    return [
        np.stack(np.split(part.reshape(num_streams, -1), K, axis=1))
        for part in (tokens[:used], tokens[1 : used + 1])
    ]


def batches_by_index(tokens, num_streams, num_steps):
    K = (len(tokens) - 1) // (num_streams * num_steps)
    k, n, t = np.ogrid[:K, :num_streams, :num_steps]
    where = n * K * num_steps + k * num_steps + t
    return tokens[where], tokens[where + 1]


# --- sample_top_k -----------------------------------------------------------------------------


def drawn_by_masking(logits, temperature, k, u):
    z = np.where(logits >= np.sort(logits)[-k], logits, -np.inf)
    p = np.exp((z - z.max()) / temperature)
    p /= p.sum()
    return p, np.searchsorted(np.cumsum(p), u, side="right")


def drawn_by_hand(logits, temperature, k, u):
    best = sorted(range(len(logits)), key=lambda symbol: -logits[symbol])[:k]
    top = max(logits)
    weights = [
        math.exp((logits[s] - top) / temperature) if s in best else 0.0 for s in range(len(logits))
    ]
    p = [weight / sum(weights) for weight in weights]
    total = 0.0
    for symbol, share in enumerate(p):
        total += share
        if total > u:
            return p, symbol
    return p, symbol


def drawn_after_the_cut(logits, temperature, k, u):
    p = np.exp(logits / temperature - np.max(logits / temperature))
    p[np.argsort(p)[:-k]] = 0.0
    p = p / p.sum()
    return p, int(np.sum(np.cumsum(p) <= u))


ANSWERS = {
    "bits_per_character": (bits_by_loop, bits_from_nats, bits_by_one_hot),
    "smooth_counts": (
        smoothed_row_by_row,
        smoothed_as_a_mixture,
        smoothed_where_never_means_one,
    ),
    "carry_batches": (batches_by_loops, batches_by_splitting, batches_by_index),
    "sample_top_k": (drawn_by_masking, drawn_by_hand, drawn_after_the_cut),
}
