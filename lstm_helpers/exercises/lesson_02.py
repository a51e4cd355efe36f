"""Lesson 02: backpropagation through time, gradient norms, clipping."""

from __future__ import annotations

import numpy as np

from lstm_helpers import nn
from lstm_helpers.checks import Case, Choice, Exercise, Misconception, Output, Question
from lstm_helpers.exercises.lesson_01 import draw_weights

TITLE = "The vanishing gradient"


# --- rnn_step_backward ------------------------------------------------------------------------


def _step_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for N, D, H in ((3, 2, 4), (2, 5, 3), (5, 3, 2)):
        W_x, W_h, b = draw_weights(rng, D, H)
        x, h_prev = rng.normal(0.0, 1.0, (N, D)), rng.uniform(-0.9, 0.9, (N, H))
        h = nn.rnn_step(x, h_prev, W_x, W_h, b)
        dh = rng.normal(0.0, 1.0, (N, H))
        cases.append(Case((dh, x, h_prev, h, W_x, W_h), {"N": N, "D": D, "H": H}))
    return cases


def _with_slope(slope):
    """The step's gradients with another derivative in place of 1 - h²."""

    def answer(dh, x, h_prev, h, W_x, W_h):
        dz = slope(dh, x, h_prev, h, W_x, W_h)
        return dz @ W_x.T, dz @ W_h.T, x.T @ dz, h_prev.T @ dz, dz.sum(axis=0)

    return answer


def _with(**changes):
    """The step's gradients with some of them computed otherwise, from dz and the arguments."""
    order = ("dx", "dh_prev", "dW_x", "dW_h", "db")

    def answer(dh, x, h_prev, h, W_x, W_h):
        right = dict(zip(order, nn.rnn_step_backward(dh, x, h_prev, h, W_x, W_h), strict=True))
        dz = dh * (1 - h * h)
        for name, formula in changes.items():
            right[name] = formula(dz, dh, x, h_prev, h, W_x, W_h)
        return tuple(right[name] for name in order)

    return answer


# The wrong derivatives, each of (dh, x, h_prev, h, W_x, W_h); the whole sequence uses them as well.
_SLOPES = (
    (
        "tanh-derivative-missing",
        lambda dh, x, hp, h, W_x, W_h: dh,
        "The derivative of tanh is missing: the gradient has to pass from h back to z first, "
        "dz = dh * (1 - h**2).",
        (),
    ),
    (
        "sigmoid-derivative",
        lambda dh, x, hp, h, W_x, W_h: dh * h * (1 - h),
        "h * (1 - h) is the derivative of the sigmoid. That of tanh is 1 - h**2.",
        (),
    ),
    (
        "square-missing",
        lambda dh, x, hp, h, W_x, W_h: dh * (1 - h),
        "The derivative of tanh is 1 - h**2; the square is missing.",
        (),
    ),
    (
        "square-of-the-difference",
        lambda dh, x, hp, h, W_x, W_h: dh * (1 - h) ** 2,
        "(1 - h)**2 squares the difference. The derivative of tanh is 1 - h**2: only h is squared.",
        (),
    ),
    (
        "derivative-twice",
        lambda dh, x, hp, h, W_x, W_h: dh * (1 - h * h) ** 2,
        "The derivative of tanh is applied twice.",
        (lambda dh, x, hp, h, W_x, W_h: dh * (1 - h * h) * (1 - np.tanh(h) ** 2),),
    ),
    (
        "tanh-of-state",
        lambda dh, x, hp, h, W_x, W_h: dh * (1 - np.tanh(h) ** 2),
        "`h` is tanh(z) already. The derivative 1 - tanh(z)**2 is 1 - h**2, without another tanh.",
        (),
    ),
    (
        "derivative-at-old-state",
        lambda dh, x, hp, h, W_x, W_h: dh * (1 - hp * hp),
        "The derivative is taken at the old state. It belongs to this step's tanh, whose value is "
        "`h`, not `h_prev`.",
        (),
    ),
    (
        "relu-derivative",
        lambda dh, x, hp, h, W_x, W_h: dh * (h > 0),
        "That is the derivative of relu. That of tanh is 1 - h**2.",
        (),
    ),
    (
        "upstream-gradient-missing",
        lambda dh, x, hp, h, W_x, W_h: 1 - h * h,
        "`dh` plays no part. The chain rule multiplies what arrives from above by the local "
        "derivative: dz = dh * (1 - h**2).",
        (),
    ),
    (
        "sum-for-product",
        lambda dh, x, hp, h, W_x, W_h: dh + (1 - h * h),
        "Gradient and derivative are added. The chain rule multiplies them.",
        (),
    ),
)

RNN_STEP_BACKWARD = Exercise(
    name="rnn_step_backward",
    lesson="02",
    title="One step backwards",
    points=3,
    minutes=12,
    reference=nn.rnn_step_backward,
    cases=_step_cases,
    outputs=(
        Output("dx", ("N", "D")),
        Output("dh_prev", ("N", "H")),
        Output("dW_x", ("D", "H")),
        Output("dW_h", ("H", "H")),
        Output("db", ("H",)),
    ),
    may_call=("rnn_step", "rnn_forward"),
    misconceptions=(
        *(
            Misconception(slug, _with_slope(f), text, tuple(map(_with_slope, more)))
            for slug, f, text, more in _SLOPES
        ),
        Misconception(
            "recurrent-matrix-not-transposed",
            _with(dh_prev=lambda dz, dh, x, hp, h, W_x, W_h: dz @ W_h),
            "`dh_prev` uses W_h where its transpose belongs. Forward, row k of W_h says what unit "
            "k sends; backward, unit k collects from all that it sent to: `dz @ W_h.T`.",
        ),
        Misconception(
            "matrix-not-transposed",
            _with(dx=lambda dz, dh, x, hp, h, W_x, W_h: dz @ W_x),
            "A weight matrix is not transposed on the way back: `dz` is (N, H), W_x is (D, H), so "
            "`dx = dz @ W_x.T` is the product that fits.",
            variants=(
                _with(
                    dx=lambda dz, dh, x, hp, h, W_x, W_h: W_x @ dz,
                ),
                _with(dx=lambda dz, dh, x, hp, h, W_x, W_h: W_x.T @ dz),
            ),
        ),
        Misconception(
            "new-state-for-old",
            _with(dW_h=lambda dz, dh, x, hp, h, W_x, W_h: h.T @ dz),
            "`dW_h` uses the new state h. In z = … + h_prev @ W_h the factor beside W_h is "
            "`h_prev`.",
        ),
        Misconception(
            "weight-gradient-transposed",
            _with(
                dW_x=lambda dz, dh, x, hp, h, W_x, W_h: dz.T @ x,
                dW_h=lambda dz, dh, x, hp, h, W_x, W_h: dz.T @ hp,
            ),
            "The weight gradients are transposed. A gradient has the shape of its weight: "
            "`dW_x` is (D, H), which is `x.T @ dz`.",
            variants=(
                _with(dW_h=lambda dz, dh, x, hp, h, W_x, W_h: dz.T @ hp),
                _with(dW_x=lambda dz, dh, x, hp, h, W_x, W_h: dz.T @ x),
            ),
        ),
        Misconception(
            "bias-averaged",
            _with(db=lambda dz, dh, x, hp, h, W_x, W_h: dz.mean(axis=0)),
            "`db` is the mean over the batch. Every example uses the same bias, so their gradients "
            "add up: sum over the batch. (If the loss is a mean, its 1/N is in `dh` already.)",
        ),
        Misconception(
            "bias-not-summed",
            _with(db=lambda dz, dh, x, hp, h, W_x, W_h: dz),
            "`db` still has the batch in it. b has shape (H,), so sum over the examples: "
            "`dz.sum(axis=0)`.",
            variants=(_with(db=lambda dz, dh, x, hp, h, W_x, W_h: dz[0]),),
        ),
        Misconception(
            "bias-summed-over-units",
            _with(db=lambda dz, dh, x, hp, h, W_x, W_h: dz.sum(axis=1)),
            "`db` is summed over the units. Keep the units, and sum over the batch: axis 0.",
            variants=(_with(db=lambda dz, dh, x, hp, h, W_x, W_h: dz.sum()),),
        ),
        Misconception(
            "bias-kept-two-axes",
            _with(db=lambda dz, dh, x, hp, h, W_x, W_h: dz.sum(axis=0, keepdims=True)),
            "`db` has shape (1, H); b has shape (H,). Leave `keepdims` away.",
        ),
        Misconception(
            "bias-before-derivative",
            _with(db=lambda dz, dh, x, hp, h, W_x, W_h: dh.sum(axis=0)),
            "`db` sums `dh`. The bias stands inside the tanh, so its gradient is the sum of dz.",
        ),
        Misconception(
            "weights-averaged",
            _with(
                dW_x=lambda dz, dh, x, hp, h, W_x, W_h: x.T @ dz / len(x),
                dW_h=lambda dz, dh, x, hp, h, W_x, W_h: hp.T @ dz / len(x),
                db=lambda dz, dh, x, hp, h, W_x, W_h: dz.mean(axis=0),
            ),
            "The weight gradients are divided by the batch size. Examples add up; a mean in the "
            "loss has already put its 1/N into `dh`.",
            variants=(
                _with(
                    dW_x=lambda dz, dh, x, hp, h, W_x, W_h: x.T @ dz / len(x),
                    dW_h=lambda dz, dh, x, hp, h, W_x, W_h: hp.T @ dz / len(x),
                ),
            ),
        ),
        Misconception(
            "weights-before-derivative",
            _with(
                dW_x=lambda dz, dh, x, hp, h, W_x, W_h: x.T @ dh,
                dW_h=lambda dz, dh, x, hp, h, W_x, W_h: hp.T @ dh,
            ),
            "The weight gradients use `dh`. The weights stand inside the tanh: use dz.",
            variants=(
                _with(
                    dW_x=lambda dz, dh, x, hp, h, W_x, W_h: x.T @ dh,
                    dW_h=lambda dz, dh, x, hp, h, W_x, W_h: hp.T @ dh,
                    db=lambda dz, dh, x, hp, h, W_x, W_h: dh.sum(axis=0),
                ),
            ),
        ),
        Misconception(
            "state-before-derivative",
            _with(
                dx=lambda dz, dh, x, hp, h, W_x, W_h: dh @ W_x.T,
                dh_prev=lambda dz, dh, x, hp, h, W_x, W_h: dh @ W_h.T,
            ),
            "`dx` or `dh_prev` uses `dh` where dz belongs: on its way down the gradient passes the "
            "tanh first, then the matrix.",
            variants=(
                _with(dx=lambda dz, dh, x, hp, h, W_x, W_h: dh @ W_x.T),
                _with(dh_prev=lambda dz, dh, x, hp, h, W_x, W_h: dh @ W_h.T),
            ),
        ),
        Misconception(
            "gradient-copied-past-the-step",
            _with(dh_prev=lambda dz, dh, x, hp, h, W_x, W_h: dz @ W_h.T + dh),
            "`dh_prev` also holds `dh` itself, as if the state were carried over. A plain RNN has "
            "no such path.",
            variants=(_with(dh_prev=lambda dz, dh, x, hp, h, W_x, W_h: dh),),
        ),
        Misconception(
            "matrix-left-out",
            _with(dh_prev=lambda dz, dh, x, hp, h, W_x, W_h: dz),
            "`dh_prev` is dz. Between z and h_prev stands the matrix W_h: `dz @ W_h.T`.",
        ),
    ),
    hints=(
        "Go backwards through h = tanh(z), z = x @ W_x + h_prev @ W_h + b. The first thing on the "
        "way is the tanh: what is dz, given dh and h?",
        "dz = dh * (1 - h**2). From there, each gradient is a product of dz with whatever stood "
        "beside the variable in z. The shapes leave only one way to write each product.",
        "dx = dz @ W_x.T, dh_prev = dz @ W_h.T, dW_x = x.T @ dz, dW_h = h_prev.T @ dz, and db is "
        "the sum of dz over the batch.",
    ),
)


# --- rnn_backward -----------------------------------------------------------------------------


def _backward_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for N, T, D, H in ((3, 5, 2, 4), (2, 6, 3, 5), (4, 1, 3, 2)):
        W_x, W_h, b = draw_weights(rng, D, H)
        xs, h0 = rng.normal(0.0, 1.0, (N, T, D)), rng.uniform(-0.9, 0.9, (N, H))
        hs = nn.rnn_forward(xs, h0, W_x, W_h, b)
        dhs = rng.normal(0.0, 1.0, (N, T, H))
        note = "a single time step" if T == 1 else ""
        sizes = {"N": N, "T": T, "D": D, "H": H}
        cases.append(Case((dhs, xs, h0, hs, W_x, W_h), sizes, note=note))
    return cases


def _through_time(
    slope=None, receive=None, hand_on=None, before=None, collect=None, steps=None, step_W=None
):
    """Backpropagation through time with one of its parts exchanged.

    ``receive(from_above, from_later)`` joins the two gradients at a step; ``hand_on(dh, dz, W_h)``
    makes what the earlier step gets; ``before(t, hs, h0)`` is the state that multiplies W_h;
    ``collect(total, part)`` gathers weight gradients; ``steps(T)`` is the order of the loop.
    """

    def answer(dhs, xs, h0, hs, W_x, W_h):
        T = xs.shape[1]
        dxs, dh_later = np.zeros_like(xs), np.zeros_like(h0)
        dW_x, dW_h, db = np.zeros_like(W_x), np.zeros_like(W_h), np.zeros(W_h.shape[0])
        for t in steps(T) if steps else reversed(range(T)):
            h_prev = hs[:, t - 1] if t > 0 else h0
            dh = receive(dhs[:, t], dh_later) if receive else dhs[:, t] + dh_later
            dz = (
                slope(dh, xs[:, t], h_prev, hs[:, t], W_x, W_h)
                if slope
                else dh * (1 - hs[:, t] ** 2)
            )
            factor = before(t, hs, h0) if before else h_prev
            add = collect or (lambda total, part: total + part)
            dW_x, dW_h = add(dW_x, xs[:, t].T @ dz), add(dW_h, factor.T @ dz)
            db = add(db, dz.sum(axis=0))
            dxs[:, t] = dz @ W_x.T
            dh_later = hand_on(dh, dz, W_h) if hand_on else dz @ W_h.T
        return dxs, dh_later, dW_x, dW_h, db

    return answer


def _sequence_with(**changes):
    """Right gradients with some of them changed: each of (right, dhs, xs, h0, hs)."""
    order = ("dxs", "dh0", "dW_x", "dW_h", "db")

    def answer(dhs, xs, h0, hs, W_x, W_h):
        right = dict(zip(order, nn.rnn_backward(dhs, xs, h0, hs, W_x, W_h), strict=True))
        changed = {name: f(right[name], dhs, xs, h0, hs) for name, f in changes.items()}
        return tuple({**right, **changed}[name] for name in order)

    return answer


def _total_at_first_step(dhs, xs, h0, hs, W_x, W_h):
    """The gradient of h_1, returned where that of h0 is asked for."""
    dh = np.zeros_like(h0)
    for t in reversed(range(hs.shape[1])):
        dh_first = dhs[:, t] + dh
        dh = (dh_first * (1 - hs[:, t] ** 2)) @ W_h.T
    right = nn.rnn_backward(dhs, xs, h0, hs, W_x, W_h)
    return right[0], dh_first, *right[2:]


def _accumulated(dhs, xs, h0, hs, W_x, W_h):
    """Carry the sum of all that later steps handed back."""
    carried, dzs = np.zeros_like(h0), np.empty_like(hs)
    for t in reversed(range(hs.shape[1])):
        dzs[:, t] = (dhs[:, t] + carried) * (1 - hs[:, t] ** 2)
        carried = carried + dzs[:, t] @ W_h.T
    old = np.concatenate([h0[:, None], hs[:, :-1]], axis=1)
    dW_x, dW_h = np.einsum("ntd,nth->dh", xs, dzs), np.einsum("ntk,nth->kh", old, dzs)
    return dzs @ W_x.T, carried, dW_x, dW_h, dzs.sum(axis=(0, 1))


def _last_twice(dhs, xs, h0, hs, W_x, W_h):
    dhs = dhs.copy()
    dhs[:, -1] *= 2
    return nn.rnn_backward(dhs, xs, h0, hs, W_x, W_h)


def _parts(pick):
    """Weight gradients of each step, gathered by ``pick`` along time."""

    def answer(dhs, xs, h0, hs, W_x, W_h):
        dzs, dh_later = np.empty_like(hs), np.zeros_like(h0)
        for t in reversed(range(hs.shape[1])):
            dzs[:, t] = (dhs[:, t] + dh_later) * (1 - hs[:, t] ** 2)
            dh_later = dzs[:, t] @ W_h.T
        old = np.concatenate([h0[:, None], hs[:, :-1]], axis=1)
        dW_x = pick(np.einsum("ntd,nth->tdh", xs, dzs))
        dW_h = pick(np.einsum("ntk,nth->tkh", old, dzs))
        return dzs @ W_x.T, dh_later, dW_x, dW_h, pick(dzs.sum(axis=0))

    return answer


def _mean_over_batch(right, dhs, xs, h0, hs):
    return right / len(xs)


RNN_BACKWARD = Exercise(
    name="rnn_backward",
    lesson="02",
    title="Backpropagation through time",
    points=4,
    minutes=20,
    reference=nn.rnn_backward,
    cases=_backward_cases,
    outputs=(
        Output("dxs", ("N", "T", "D")),
        Output("dh0", ("N", "H")),
        Output("dW_x", ("D", "H")),
        Output("dW_h", ("H", "H")),
        Output("db", ("H",)),
    ),
    may_call=("rnn_step", "rnn_forward", "rnn_step_backward"),
    misconceptions=(
        Misconception(
            "gradient-not-passed-on",
            _through_time(receive=lambda above, later: above),
            "Each step uses only what reaches it from above. What comes back from later steps, "
            "`dh_prev` of step t + 1, must be added: that is the “through time”.",
        ),
        Misconception(
            "overwritten-instead-of-added",
            _through_time(
                receive=lambda above, later: later if np.any(later) else above,
            ),
            "The gradient from above is used at the last step only; elsewhere the one from later "
            "steps takes its place. A state is used twice, so both are added: "
            "`dhs[:, t] + dh_next`.",
        ),
        Misconception(
            "weights-overwritten",
            _parts(lambda parts: parts[0]),
            "The weight gradients of one step only come back: they are overwritten at each step. "
            "All steps share the weights, so add up: `dW_x += ...`.",
            variants=(_parts(lambda parts: parts[-1]),),
        ),
        Misconception(
            "weights-averaged-over-time",
            _parts(lambda parts: parts.mean(axis=0)),
            "The weight gradients are averaged over the steps. The steps add up.",
        ),
        Misconception(
            "gradient-piled-up",
            _accumulated,
            "What later steps hand back is piled up from step to step. `dh_prev` already holds all "
            "that comes from later; it replaces what was carried, `dh_next = dh_prev`.",
        ),
        Misconception(
            "last-gradient-twice",
            _last_twice,
            "The gradient from above at the last step counts twice: it stands in `dhs[:, -1]` and "
            "in the value that the loop starts with. Start with zeros.",
        ),
        Misconception(
            "start-state-at-every-step",
            _through_time(before=lambda t, hs, h0: h0),
            "`dW_h` multiplies every dz by `h0`. At step t the state before is `hs[:, t - 1]`; "
            "only at step 0 is it `h0`.",
        ),
        Misconception(
            "time-not-reversed",
            _through_time(steps=range),
            "The loop runs forward in time. The gradient of a step needs that of the step after "
            "it, so begin with the last: `for t in reversed(range(T))`.",
        ),
        Misconception(
            "last-step-skipped",
            _through_time(steps=lambda T: reversed(range(T - 1))),
            "The loop leaves out the last step, so whatever arrives there is lost. Begin with "
            "t = T - 1.",
        ),
        Misconception(
            "first-step-skipped",
            _through_time(steps=lambda T: range(T - 1, 0, -1)),
            "The loop ends before step 0: `range(T - 1, 0, -1)` stops at 1. Use "
            "`reversed(range(T))`.",
        ),
        Misconception(
            "new-state-for-old",
            _through_time(before=lambda t, hs, h0: hs[:, t]),
            "`dW_h` multiplies dz by the state after the step. In z_t stands h_{t-1}: at step t "
            "use `hs[:, t - 1]`, and `h0` at step 0.",
        ),
        Misconception(
            "start-state-ignored",
            _through_time(before=lambda t, hs, h0: hs[:, t - 1] if t else np.zeros_like(h0)),
            "At step 0 the old state is `h0`, not zero: it counts in `dW_h`.",
        ),
        Misconception(
            "last-state-before-the-first",
            _through_time(before=lambda t, hs, h0: hs[:, t - 1]),
            "At step 0 `hs[:, t - 1]` is `hs[:, -1]`, the last state: Python counts from the end. "
            "Before step 0 comes `h0`.",
        ),
        Misconception(
            "recurrent-matrix-not-transposed",
            _through_time(hand_on=lambda dh, dz, W_h: dz @ W_h),
            "The gradient travels back through W_h where its transpose belongs: `dz @ W_h.T`.",
        ),
        Misconception(
            "derivative-left-out-on-the-way-back",
            _through_time(hand_on=lambda dh, dz, W_h: dh @ W_h.T),
            "What is handed to the step before skips the tanh: it is `dh @ W_h.T` where "
            "`dz @ W_h.T` belongs.",
        ),
        Misconception(
            "matrix-left-out",
            _through_time(hand_on=lambda dh, dz, W_h: dz),
            "What is handed to the step before has not passed the recurrent matrix. On its way "
            "from h to h_prev a gradient passes the tanh and then W_h: `dz @ W_h.T`.",
            variants=(_through_time(hand_on=lambda dh, dz, W_h: dh),),
        ),
        *(
            Misconception(
                slug,
                _through_time(slope=f),
                text,
                tuple(_through_time(slope=g) for g in more),
            )
            for slug, f, text, more in _SLOPES
        ),
        Misconception(
            "start-gradient-one-step-short",
            _total_at_first_step,
            "`dh0` is the gradient of the state after step 0. One more step back, through the tanh "
            "and W_h, leads to h0.",
        ),
        Misconception(
            "start-gradient-missing",
            _sequence_with(dh0=lambda right, dhs, xs, h0, hs: np.zeros_like(right)),
            "`dh0` is zero. h0 takes part in step 0 and so has a gradient: the `dh_prev` of that "
            "step.",
        ),
        Misconception(
            "inputs-reversed",
            _sequence_with(dxs=lambda right, dhs, xs, h0, hs: right[:, ::-1]),
            "`dxs` runs backwards in time: it was collected in the order of the loop. Fill "
            "`dxs[:, t]`, or reverse the list at the end.",
        ),
        Misconception(
            "inputs-time-first",
            _sequence_with(dxs=lambda right, dhs, xs, h0, hs: right.transpose(1, 0, 2)),
            "`dxs` has the axes (T, N, D). Stack along axis 1.",
            variants=(
                _sequence_with(
                    dxs=lambda right, dhs, xs, h0, hs: right[:, ::-1].transpose(1, 0, 2)
                ),
            ),
        ),
        Misconception(
            "averaged-over-batch",
            _sequence_with(dW_x=_mean_over_batch, dW_h=_mean_over_batch, db=_mean_over_batch),
            "The weight gradients are divided by the batch size. Examples add up; a mean in the "
            "loss has already put its 1/N into `dhs`.",
            variants=(
                _sequence_with(dW_x=_mean_over_batch, dW_h=_mean_over_batch),
                _sequence_with(db=_mean_over_batch),
            ),
        ),
        Misconception(
            "bias-summed-over-time-only",
            _parts(lambda parts: parts.sum(axis=0) if parts.ndim == 3 else parts),
            "`db` still has time in it. b is used at every step of every example: sum over both.",
        ),
    ),
    hints=(
        "At step t the state h_t is used twice: by whatever reads it (`dhs[:, t]`) and by step "
        "t + 1. What do gradients do when a value is used twice?",
        "Keep `dh_next`, the gradient that step t + 1 handed back; zeros before the loop. At step "
        "t, dh = dhs[:, t] + dh_next goes into `rnn_step_backward`. The loop starts at T - 1.",
        "In the loop: `dxs[:, t], dh_next, dWx_t, dWh_t, db_t = rnn_step_backward(dh, xs[:, t], "
        "h_prev, hs[:, t], W_x, W_h)` with h_prev = hs[:, t - 1], or h0 at t = 0; add the three "
        "weight gradients to their sums. After the loop `dh_next` is dh0.",
    ),
)


# --- gradient_norms ---------------------------------------------------------------------------


def _norm_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for N, T, H in ((3, 6, 4), (2, 7, 5), (4, 1, 3)):
        W_x, W_h, b = draw_weights(rng, 2, H)
        xs, h0 = rng.normal(0.0, 1.0, (N, T, 2)), rng.uniform(-0.9, 0.9, (N, H))
        hs = nn.rnn_forward(xs, h0, W_x, W_h, b)
        note = "a single time step" if T == 1 else ""
        args = (rng.normal(0.0, 1.0, (N, H)), hs, W_h)
        cases.append(Case(args, {"N": N, "T": T, "H": H}, note=note))
    return cases


def _norms(carry=None, measure=None):
    """Gradient norms with another way back, ``carry(dh, hs, t, W_h)``, or another norm."""

    def answer(dh_last, hs, W_h):
        dh, norms = dh_last, []
        for t in reversed(range(hs.shape[1])):
            norms.append(measure(dh, hs, t) if measure else np.linalg.norm(dh))
            dh = carry(dh, hs, t, W_h) if carry else (dh * (1 - hs[:, t] ** 2)) @ W_h.T
        return np.array(norms[::-1])

    return answer


def _of_norms(change):
    def answer(dh_last, hs, W_h):
        return change(nn.gradient_norms(dh_last, hs, W_h), dh_last, hs, W_h)

    return answer


def _one_more(norms, dh_last, hs, W_h):
    """With the norm of dL/dh0 in front."""
    dh = dh_last
    for t in reversed(range(hs.shape[1])):
        dh = (dh * (1 - hs[:, t] ** 2)) @ W_h.T
    return np.concatenate([[np.linalg.norm(dh)], norms])


def _forward_in_time(dh_last, hs, W_h):
    dh, norms = dh_last, np.empty(hs.shape[1])
    for t in range(hs.shape[1]):
        norms[t] = np.linalg.norm(dh)
        dh = (dh * (1 - hs[:, t] ** 2)) @ W_h.T
    return norms


GRADIENT_NORMS = Exercise(
    name="gradient_norms",
    lesson="02",
    title="How far a gradient reaches back",
    points=2,
    minutes=12,
    reference=nn.gradient_norms,
    cases=_norm_cases,
    outputs=(Output("norms", ("T",)),),
    atol=1e-13,
    may_call=("rnn_step", "rnn_forward", "rnn_step_backward", "rnn_backward"),
    misconceptions=(
        Misconception(
            "newest-first",
            _of_norms(lambda norms, d, hs, W: norms[::-1]),
            "The numbers come in the order of the loop, last step first. Time order is asked for: "
            "the last number is ‖dh_last‖.",
        ),
        Misconception(
            "tanh-derivative-missing",
            _norms(carry=lambda dh, hs, t, W: dh @ W.T),
            "The derivative of tanh is missing on the way back: "
            "dh_{t-1} = (dh_t * (1 - h_t**2)) @ W_h.T.",
        ),
        Misconception(
            "recurrent-matrix-not-transposed",
            _norms(carry=lambda dh, hs, t, W: (dh * (1 - hs[:, t] ** 2)) @ W),
            "The gradient travels back through W_h where its transpose belongs: `dz @ W_h.T`.",
        ),
        Misconception(
            "derivative-at-old-state",
            _norms(carry=lambda dh, hs, t, W: (dh * (1 - hs[:, t - 1] ** 2)) @ W.T),
            "The derivative is taken one step too early. To go from h_t back to h_{t-1} the "
            "gradient passes the tanh of step t, whose value is `hs[:, t]`.",
        ),
        Misconception(
            "derivative-after-matrix",
            _norms(carry=lambda dh, hs, t, W: (dh @ W.T) * (1 - hs[:, t] ** 2)),
            "Matrix and derivative are in the wrong order. Backwards, the tanh comes first, then "
            "the matrix: `(dh * (1 - h**2)) @ W_h.T`.",
            variants=(_norms(carry=lambda dh, hs, t, W: (dh @ W.T) * (1 - hs[:, t - 1] ** 2)),),
        ),
        Misconception(
            "sigmoid-derivative",
            _norms(carry=lambda dh, hs, t, W: (dh * hs[:, t] * (1 - hs[:, t])) @ W.T),
            "h * (1 - h) is the derivative of the sigmoid. That of tanh is 1 - h**2.",
        ),
        Misconception(
            "square-missing",
            _norms(carry=lambda dh, hs, t, W: (dh * (1 - hs[:, t])) @ W.T),
            "The derivative of tanh is 1 - h**2; the square is missing.",
        ),
        Misconception(
            "square-of-the-difference",
            _norms(carry=lambda dh, hs, t, W: (dh * (1 - hs[:, t]) ** 2) @ W.T),
            "(1 - h)**2 squares the difference. The derivative of tanh is 1 - h**2: only h is "
            "squared.",
        ),
        Misconception(
            "matrix-left-out",
            _norms(carry=lambda dh, hs, t, W: dh * (1 - hs[:, t] ** 2)),
            "W_h plays no part on the way back. Each step multiplies by its transpose.",
        ),
        Misconception(
            "time-not-reversed",
            _forward_in_time,
            "The loop runs forward in time. The gradient starts at the last step and travels back: "
            "`for t in reversed(range(T))`.",
        ),
        Misconception(
            "one-step-late",
            _of_norms(lambda norms, d, hs, W: _one_more(norms, d, hs, W)[:-1]),
            "The norm is taken after going back a step, so ‖dh_last‖ itself is missing. The last "
            "number belongs to the last step, where nothing has been multiplied yet.",
        ),
        Misconception(
            "start-state-included",
            _of_norms(_one_more),
            "There are T + 1 numbers: the gradient of h0 is among them. One for each of the T "
            "steps is wanted.",
        ),
        Misconception(
            "not-chained",
            _norms(carry=lambda dh, hs, t, W: dh),
            "Every step shows ‖dh_last‖: nothing is multiplied on the way back.",
            variants=(
                lambda dh_last, hs, W_h: np.array(
                    [
                        np.linalg.norm((dh_last * (1 - hs[:, t] ** 2)) @ W_h.T)
                        for t in range(hs.shape[1] - 1)
                    ]
                    + [np.linalg.norm(dh_last)]
                ),
            ),
        ),
        Misconception(
            "norm-of-dz",
            _norms(measure=lambda dh, hs, t: np.linalg.norm(dh * (1 - hs[:, t] ** 2))),
            "These are the norms of dz_t, inside the tanh. Those of dh_t are asked for.",
        ),
        Misconception(
            "squared-norm",
            _of_norms(lambda norms, d, hs, W: norms**2),
            "These are sums of squares. The Frobenius norm is their square root.",
        ),
        Misconception(
            "sum-of-absolute-values",
            _norms(measure=lambda dh, hs, t: np.abs(dh).sum()),
            "These are sums of absolute values. The Frobenius norm is the root of the sum of "
            "squares, `np.linalg.norm`.",
        ),
        Misconception(
            "largest-entry",
            _norms(measure=lambda dh, hs, t: np.abs(dh).max()),
            "These are the largest entries. The Frobenius norm is the root of the sum of squares.",
        ),
        Misconception(
            "spectral-norm",
            _norms(measure=lambda dh, hs, t: np.linalg.norm(dh, 2)),
            "For a matrix, `np.linalg.norm(a, 2)` is the largest singular value. The Frobenius "
            "norm is the default, without a second argument.",
        ),
        Misconception(
            "norm-for-each-example",
            _norms(measure=lambda dh, hs, t: np.linalg.norm(dh, axis=1)),
            "There is a norm for each example. One number for each step is wanted, over batch and "
            "units together.",
            variants=(
                lambda dh_last, hs, W_h: (
                    _norms(measure=lambda dh, hs, t: np.linalg.norm(dh, axis=1))(dh_last, hs, W_h).T
                ),
            ),
        ),
        Misconception(
            "mean-over-batch",
            _norms(measure=lambda dh, hs, t: np.linalg.norm(dh, axis=1).mean()),
            "The norms of the examples are averaged. The Frobenius norm takes the root of the sum "
            "of squares over batch and units together.",
            variants=(
                _norms(measure=lambda dh, hs, t: np.sqrt((dh**2).mean())),
                _norms(measure=lambda dh, hs, t: np.linalg.norm(dh) / len(dh)),
                _norms(measure=lambda dh, hs, t: np.linalg.norm(dh.mean(axis=0))),
                _norms(measure=lambda dh, hs, t: np.linalg.norm(dh.sum(axis=0))),
            ),
        ),
        Misconception(
            "relative-to-last",
            _of_norms(lambda norms, d, hs, W: norms / norms[-1]),
            "The norms are divided by the last one. Here the last number is ‖dh_last‖ itself; "
            "divide when you plot.",
        ),
    ),
    hints=(
        "The loss reads only the last step, so nothing arrives from above at any other. What is "
        "left of backpropagation through time?",
        "Start with dh = dh_last. Note its norm, then go one step back: through the tanh of step "
        "t, then through W_h. Repeat down to t = 0.",
        "for t in reversed(range(T)): `norms[t] = np.linalg.norm(dh)`, then "
        "`dh = (dh * (1 - hs[:, t] ** 2)) @ W_h.T`.",
    ),
)


# --- clip_by_global_norm ----------------------------------------------------------------------

_CLIP_SHAPES = ((2, 4), (4, 4), (4,))


def _clip_cases(rng: np.random.Generator) -> list[Case]:
    def draw(length: float) -> list[np.ndarray]:
        grads = [rng.normal(0.0, 1.0, shape) for shape in _CLIP_SHAPES]
        norm = np.sqrt(sum((g**2).sum() for g in grads))
        return [g * (length / norm) for g in grads]

    lopsided = draw(1.0)
    lopsided[1] = lopsided[1] * 40.0
    zeros = [np.zeros(shape) for shape in _CLIP_SHAPES]
    return [
        Case((draw(7.0), 2.5), note="gradients that are too long"),
        Case((draw(0.8), 1.5), note="gradients that are short enough"),
        Case((lopsided, 0.7), note="one gradient much longer than the others"),
        Case((draw(3.0), 2.9), note="gradients just too long"),
        Case((draw(600.0), 1.0), note="very long gradients"),
        Case((draw(0.5), 0.1), note="short gradients that are too long all the same"),
        Case((zeros, 1.0), note="gradients that are all zero"),
    ]


def _norm_of(grads):
    return np.sqrt(sum((g**2).sum() for g in grads))


def _clip(measure=_norm_of, factor=None, report=None):
    """Clipping with another norm, another factor, or another number reported."""

    def answer(grads, max_norm):
        with np.errstate(all="ignore"):
            norm = measure(grads)
            scale = factor(norm, max_norm) if factor else min(1.0, max_norm / max(norm, 1e-300))
            clipped = [g * scale for g in grads]
            return clipped, report(norm, clipped, max_norm) if report else norm

    return answer


CLIP_BY_GLOBAL_NORM = Exercise(
    name="clip_by_global_norm",
    lesson="02",
    title="Clipping",
    points=2,
    minutes=8,
    reference=nn.clip_by_global_norm,
    cases=_clip_cases,
    outputs=(
        Output(
            "clipped",
            items=tuple(
                Output(f"clipped[{k}]", axes)
                for k, axes in enumerate((("D", "H"), ("H", "H"), ("H",)))
            ),
        ),
        Output("norm"),
    ),
    rtol=1e-5,
    atol=1e-7,
    misconceptions=(
        Misconception(
            "each-array-by-itself",
            lambda grads, m: (
                [g * min(1.0, m / max(np.linalg.norm(g), 1e-300)) for g in grads],
                _norm_of(grads),
            ),
            "Each array is clipped by its own norm, which changes the direction of the step. "
            "One norm over all arrays, one factor for all.",
        ),
        Misconception(
            "values-clipped",
            lambda grads, m: ([np.clip(g, -m, m) for g in grads], _norm_of(grads)),
            "Single entries are cut off at ±max_norm, which changes the direction. Scale all "
            "arrays by one factor instead.",
        ),
        Misconception(
            "small-gradients-scaled-up",
            _clip(factor=lambda norm, m: m / norm if norm else 1.0),
            "Gradients that are short enough are made longer. Clipping only shortens: if the norm "
            "is at most max_norm, they come back as they are.",
        ),
        Misconception(
            "zero-divided-by-zero",
            _clip(factor=lambda norm, m: m / norm),
            "Every gradient is scaled to length max_norm, also those that were short enough, and "
            "zero gradients become 0/0 = NaN. Scale only if the norm is above max_norm.",
        ),
        Misconception(
            "norm-after-clipping",
            _clip(report=lambda norm, clipped, m: _norm_of(clipped)),
            "The norm reported is the one after clipping. Report the one before: it says how "
            "steep the surface was.",
            variants=(_clip(report=lambda norm, clipped, m: min(norm, m)),),
        ),
        Misconception(
            "root-missing",
            _clip(measure=lambda grads: sum((g**2).sum() for g in grads)),
            "That is the sum of squares. The norm is its square root.",
            variants=(_clip(report=lambda norm, clipped, m: norm**2),),
        ),
        Misconception(
            "sum-of-norms",
            _clip(measure=lambda grads: sum(np.linalg.norm(g) for g in grads)),
            "The norms of the arrays are added. Norms do not add; their squares do: sum all "
            "squares first, then take one root.",
        ),
        Misconception(
            "largest-array",
            _clip(measure=lambda grads: max(np.linalg.norm(g) for g in grads)),
            "That is the norm of the longest array. All arrays count together: sum the squares "
            "of all, then take the root.",
        ),
        Misconception(
            "mean-of-squares",
            _clip(
                measure=lambda grads: np.sqrt(
                    sum((g**2).sum() for g in grads) / sum(g.size for g in grads)
                )
            ),
            "That is the root of the mean square. The norm takes the sum.",
            variants=(
                _clip(measure=lambda grads: np.sqrt(sum((g**2).mean() for g in grads))),
                _clip(measure=lambda grads: np.sqrt(sum((g**2).sum() for g in grads) / len(grads))),
            ),
        ),
        Misconception(
            "sum-of-absolute-values",
            _clip(measure=lambda grads: sum(np.abs(g).sum() for g in grads)),
            "That is the sum of absolute values. The norm is the root of the sum of squares.",
        ),
        Misconception(
            "largest-entry",
            _clip(measure=lambda grads: max(np.abs(g).max() for g in grads)),
            "That is the largest entry. The norm is the root of the sum of squares.",
        ),
        Misconception(
            "not-clipped",
            _clip(factor=lambda norm, m: 1.0),
            "The norm is right, but nothing is shortened. If it exceeds max_norm, multiply every "
            "array by max_norm / norm.",
        ),
        Misconception(
            "length-one",
            _clip(factor=lambda norm, m: 1.0 / norm if norm > m else 1.0),
            "Long gradients come back with length 1. They should have length max_norm: the factor "
            "is max_norm / norm.",
        ),
        Misconception(
            "condition-reversed",
            _clip(factor=lambda norm, m: m / norm if 0 < norm < m else 1.0),
            "Short gradients are made longer and long ones are left alone: the condition is the "
            "wrong way round.",
            variants=(_clip(factor=lambda norm, m: max(1.0, m / norm)),),
        ),
        Misconception(
            "factor-limited-to-max-norm",
            _clip(factor=lambda norm, m: min(m, m / norm) if norm else 1.0),
            "The factor is limited to max_norm where 1 belongs: short gradients must come back as "
            "they are. `min(1, max_norm / norm)`.",
        ),
        Misconception(
            "spectral-norm",
            _clip(
                measure=lambda grads: np.sqrt(sum(np.linalg.norm(g, 2) ** 2 for g in grads)),
            ),
            "For a matrix, `np.linalg.norm(g, 2)` is the largest singular value. The Frobenius "
            "norm is the default, without a second argument.",
        ),
        Misconception(
            "factor-inverted",
            _clip(factor=lambda norm, m: norm / m if norm > m else 1.0),
            "Long gradients become longer still: the factor is upside down. It is max_norm / norm.",
        ),
        Misconception(
            "factor-squared",
            _clip(factor=lambda norm, m: m / norm**2 if norm > m else 1.0),
            "Long gradients become too short: the factor is max_norm / norm, with the norm itself, "
            "not its square.",
        ),
        Misconception(
            "set-to-max-norm",
            lambda grads, m: (
                [np.full_like(g, m) if _norm_of(grads) > m else g for g in grads],
                _norm_of(grads),
            ),
            "Every entry is replaced by max_norm. Keep the direction: multiply by one factor.",
        ),
        Misconception(
            "dropped",
            _clip(factor=lambda norm, m: 0.0 if norm > m else 1.0),
            "Long gradients are thrown away. Shorten them to max_norm and keep their direction.",
        ),
        Misconception(
            "one-long-vector",
            lambda grads, m: (
                np.concatenate([g.ravel() for g in grads])
                * min(1.0, m / max(_norm_of(grads), 1e-300)),
                _norm_of(grads),
            ),
            "The gradients come back as one long vector. Return a list with an array for each that "
            "went in, of its shape.",
        ),
    ),
    hints=(
        "Think of all arrays as one long vector. What is its length, and by what must you multiply "
        "it to make it max_norm long?",
        "Sum the squares of every entry of every array, take one root. If that exceeds max_norm, "
        "multiply each array by the same factor; else change nothing.",
        "norm = sqrt(sum of `np.sum(g * g)` over all g). If norm > max_norm: "
        "`[g * (max_norm / norm) for g in grads]`, else `list(grads)`. Return both.",
    ),
)

EXERCISES = (RNN_STEP_BACKWARD, RNN_BACKWARD, GRADIENT_NORMS, CLIP_BY_GLOBAL_NORM)

QUIZ = (
    Question(
        r"A linear recurrence $h_t = h_{t-1} W_h$ has a symmetric $W_h$ with spectral radius 0.9. "
        r"How much of $\|\partial L / \partial h_T\|$ is left at most, 50 steps further back?",
        (
            Choice(
                r"$0.9^{50} \approx 0.005$",
                r"Right: no direction shrinks more slowly than by the spectral radius at each "
                r"step, and $0.9^{50} \approx 0.00515$.",
                correct=True,
            ),
            Choice(
                r"$0.9 / 50 \approx 0.018$",
                "The steps multiply; they do not divide.",
            ),
            Choice(
                r"It stays the same: $0.9$.",
                "Each of the 50 steps multiplies by the matrix once more.",
            ),
        ),
    ),
    Question(
        "The gradient of early steps vanishes. You clip the global norm to 1. What changes for "
        "those early steps?",
        (
            Choice(
                "Their gradient grows to a useful size.",
                "Clipping multiplies all gradients by one number that is at most 1. It never makes "
                "any longer.",
            ),
            Choice(
                "Nothing, or they shrink further.",
                "Right. The factor is at most 1, and the same for all steps. Clipping helps "
                "against explosion only.",
                correct=True,
            ),
            Choice(
                "They are learned first.",
                "Clipping leaves the direction of the step as it is, so their share stays as small "
                "as it was.",
            ),
        ),
    ),
    Question(
        r"Why does backpropagation through time add $dh_{t}$ from above and from step $t + 1$?",
        (
            Choice(
                "Because the loss is a sum over time.",
                "It would add them also if the loss read only one step of the sequence and the "
                "state were used twice.",
            ),
            Choice(
                r"Because $h_t$ is used in two places, and the derivatives of both uses add up.",
                "Right: that is the chain rule for a value with two uses.",
                correct=True,
            ),
            Choice(
                "To keep the gradient from vanishing.",
                "The sum is what the chain rule asks for; it does not keep the part from later "
                "steps from vanishing.",
            ),
        ),
    ),
)
