"""Slips of lessons 05 and 09 as a learner writes them, and what each is told."""

import numpy as np
import pytest

from lstm_helpers import judge
from lstm_helpers.exercises import EXERCISES


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


# --- lesson 05 --------------------------------------------------------------------------------


def adam_by_increments(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, old=(1, 1)):
    keep_m, keep_v = beta1 * (1 - old[0]) + old[0], beta2 * (1 - old[1]) + old[1]
    m = keep_m * m + (1 - beta1) * grad
    v = keep_v * v + (1 - beta2) * grad * grad
    m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
    return param - lr * m_hat / (v_hat**0.5 + eps), m, v


def adam_m_grows(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    return adam_by_increments(param, grad, m, v, t, lr, beta1, beta2, eps, old=(1, 0))


def adam_v_grows(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    return adam_by_increments(param, grad, m, v, t, lr, beta1, beta2, eps, old=(0, 1))


def adam_both_grow(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    return adam_by_increments(param, grad, m, v, t, lr, beta1, beta2, eps)


def loss_and_shares(logits, targets):
    z = logits - np.max(logits, axis=1, keepdims=True)
    total = np.exp(z).sum(axis=1, keepdims=True)
    log_p = z - np.log(total)
    loss = 0.0
    for row, target in zip(log_p, targets, strict=True):
        loss -= row[target] / len(targets)
    return loss, np.exp(z) / total


def gradient_at_every_target(logits, targets):
    loss, dlogits = loss_and_shares(logits, targets)
    dlogits[:, targets] -= 1
    dlogits /= len(logits)
    return loss, dlogits


def gradient_twice(logits, targets):
    loss, dlogits = loss_and_shares(logits, targets)
    for n, target in enumerate(targets):
        dlogits[n, target] -= 1
    return loss, dlogits / len(logits) + dlogits / len(logits)


def gradient_at_the_prediction(logits, targets):
    loss, dlogits = loss_and_shares(logits, targets)
    for n in range(len(logits)):
        dlogits[n, np.argmax(logits[n])] -= 1
    return loss, dlogits / len(logits)


def first_label(y_train, y_test):
    guess = y_train[0]
    return sum(1 for label in y_test if label == guess) / len(y_test)


def whole_division(y_train, y_test):
    guess = max(set(y_train.tolist()), key=y_train.tolist().count)
    return sum(1 for label in y_test if label == guess) // len(y_test)


def mean_of_the_labels(y_train, y_test):
    return (y_test == sum(y_train) / len(y_train)).mean()


# --- lesson 09 --------------------------------------------------------------------------------


def another_eps(z, gain, shift, eps=1e-8):
    d = z - np.expand_dims(np.mean(z, -1), -1)
    return gain * (d / (np.mean(d * d, -1, keepdims=True) + eps) ** 0.5) + shift


def no_eps(z, gain, shift, eps=0):
    return another_eps(z, gain, shift, eps)


def division_before_difference(z, gain, shift, eps=1e-5):
    mean = np.mean(z, -1, keepdims=True)
    var = np.mean((z - mean) ** 2, -1, keepdims=True)
    return gain * (z - mean / np.sqrt(var + eps)) + shift


def unit_length(z, gain, shift, eps=1e-5):
    d = z - np.mean(z, -1, keepdims=True)
    return gain * (d / np.sqrt(np.sum(d * d, -1, keepdims=True) + eps)) + shift


def rows_of_three_axes(z, gain, shift, eps=1e-5):
    rows = []
    for r in z:
        d = r - np.mean(r)
        rows.append(gain * d / (np.mean(d**2) + eps) ** 0.5 + shift)
    return np.array(rows)


def cosine(angle_of, rate_of):
    def schedule(step, warmup, total, peak):
        if step < warmup:
            return step * peak / warmup
        return rate_of(np.cos(np.pi * angle_of(step, warmup, total)), peak)

    return schedule


def right_angle(s, w, total):
    return (s - w) / (total - w)


def right_rate(c, peak):
    return peak * (c + 1) / 2


def one_step_at_least(step, warmup, total, peak):
    if step < max(1, warmup):
        return step * peak / max(1, warmup)
    return right_rate(np.cos(np.pi * right_angle(step, warmup, total)), peak)


def coupled(f_of=sigmoid, o_of=sigmoid, cell=lambda f, c, g: f * c + (1 - f) * g, every=None):
    def step(x, h_prev, c_prev, W_x, W_h, b):
        N, H = h_prev.shape
        z = h_prev @ W_h + (x @ W_x + b)
        blocks = z.reshape(N, 3, H) if every is None else every(z, N, H)
        f, g, o = f_of(blocks[:, 0]), np.tanh(blocks[:, 1]), o_of(blocks[:, 2])
        c = cell(f, c_prev, g)
        return o * np.tanh(c), c

    return step


def interleaved(z, N, H):
    return z.reshape(N, H, 3).transpose(0, 2, 1)


def gru(reads_z=False, mix=lambda n, z, h: n + z * (h - n), every=None):
    def step(x, h_prev, W_x, W_h, b_x, b_h):
        N, H = h_prev.shape
        a, u = x @ W_x + b_x, h_prev @ W_h + b_h
        a, u = (y.reshape(N, 3, H) if every is None else every(y, N, H) for y in (a, u))
        r, z = sigmoid(a[:, 0] + u[:, 0]), sigmoid(a[:, 1] + u[:, 1])
        n = np.tanh(a[:, 2] + (z if reads_z else r) * u[:, 2])
        return mix(n, z, h_prev)

    return step


SLIPS = [
    ("adam_step", adam_m_grows, "old-mean-not-decayed"),
    ("adam_step", adam_v_grows, "old-mean-not-decayed"),
    ("adam_step", adam_both_grow, "old-mean-not-decayed"),
    ("softmax_cross_entropy", gradient_at_every_target, "every-target-in-the-gradient"),
    ("softmax_cross_entropy", gradient_twice, "gradient-doubled"),
    ("softmax_cross_entropy", gradient_at_the_prediction, "own-answer-in-the-gradient"),
    ("majority_baseline", first_label, "first-label"),
    ("majority_baseline", whole_division, "fraction-dropped"),
    ("majority_baseline", mean_of_the_labels, "middle-of-the-labels"),
    ("layer_norm", another_eps, "another-default-for-eps"),
    ("layer_norm", no_eps, "another-default-for-eps"),
    ("layer_norm", division_before_difference, "brackets-missing"),
    ("layer_norm", unit_length, "divided-by-the-length"),
    ("layer_norm", rows_of_three_axes, "normalised-over-the-example"),
    ("warmup_cosine", cosine(right_angle, lambda c, peak: peak / 2 * 1 + c), "brackets-missing"),
    ("warmup_cosine", cosine(lambda s, w, n: (s - w) / n - w, right_rate), "brackets-missing"),
    (
        "warmup_cosine",
        cosine(lambda s, w, n: (s - w) / (n - 1 - w), right_rate),
        "ends-too-early-or-late",
    ),
    ("warmup_cosine", cosine(right_angle, lambda c, peak: (c + 1) / 2), "cosine-without-the-peak"),
    ("warmup_cosine", one_step_at_least, "warm-up-of-one-step"),
    ("coupled_lstm_step", coupled(cell=lambda f, c, g: c * f + 1 - g * f), "brackets-missing"),
    ("coupled_lstm_step", coupled(f_of=np.array), "forget-gate-without-sigmoid"),
    ("coupled_lstm_step", coupled(o_of=np.array), "output-gate-without-sigmoid"),
    ("coupled_lstm_step", coupled(o_of=np.tanh), "tanh-for-the-output-gate"),
    ("coupled_lstm_step", coupled(every=interleaved), "gates-interleaved"),
    ("gru_step", gru(mix=lambda n, z, h: 1 - n * z + h * z), "brackets-missing"),
    ("gru_step", gru(reads_z=True), "update-gate-in-the-candidate"),
    ("gru_step", gru(every=interleaved), "gates-interleaved"),
]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("name", "answer", "slug"),
    [pytest.param(*slip, id=f"{slip[0]}-{slip[2]}-{k}") for k, slip in enumerate(SLIPS)],
)
def test_a_slip_is_named(name, answer, slug, seed):
    verdict = judge(answer, name, np.random.default_rng(seed))
    assert (verdict.status, verdict.diagnosis) == ("failed", slug), verdict.message
    known = {m.slug: m.message for m in EXERCISES[name].misconceptions}
    assert verdict.message.startswith(known[slug])


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("warmup_cosine", cosine(right_angle, right_rate)),
        ("coupled_lstm_step", coupled()),
        ("gru_step", gru()),
    ],
)
def test_without_the_slip_it_is_right(name, answer):
    assert judge(answer, name, np.random.default_rng(0)).passed


@pytest.mark.parametrize("seed", range(20))
def test_no_training_set_begins_or_ends_with_its_commonest_class(seed):
    for case in EXERCISES["majority_baseline"].cases(np.random.default_rng(seed)):
        y_train, _ = case.args
        commonest = np.bincount(y_train).argmax()
        assert commonest not in y_train[[0, -1]] or len(set(y_train)) == 1
