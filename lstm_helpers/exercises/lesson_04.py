"""Lesson 04: gradients by differences, one step of the LSTM backwards, and the whole sequence."""

from __future__ import annotations

from functools import partial
from itertools import permutations
from types import SimpleNamespace

import numpy as np

from lstm_helpers import nn
from lstm_helpers.checks import Case, Choice, Exercise, Misconception, Output, Question
from lstm_helpers.exercises.lesson_03 import draw_lstm_weights

TITLE = "Backpropagation through the LSTM"


# --- numerical_gradient -----------------------------------------------------------------------


# Functions to differentiate. At the top level, so that a grader can send them by name.


def _quadratic(A, x):
    return float(x @ A @ x)


def _squashed(w, x):
    return np.sum(w * np.tanh(x))


def _cubic(B, x):
    return np.sum(B * x**3)


def _exponential(rate, x):
    return float(np.exp(rate * x))


def _difference_cases(rng: np.random.Generator) -> list[Case]:
    A, w = rng.normal(size=(3, 3)), rng.normal(size=(2, 4))
    v, B = rng.normal(size=3), rng.normal(size=(2, 3, 2))
    return [
        Case((partial(_quadratic, A), v), note="a vector of 3"),
        Case((partial(_squashed, w), rng.normal(size=(2, 4))), note="a matrix of 2 × 4"),
        Case((partial(_cubic, B), rng.normal(size=(2, 3, 2)), 0.1), note="eps = 0.1"),
        Case((partial(_exponential, 0.3), np.array(0.7)), note="a single number"),
    ]


def _differences(quotient, steps=np.ndindex, cut=lambda x: x):
    """Differences with another quotient: quotient(f, x, index, eps)."""

    def answer(f, x, eps=1e-5):
        gradient = np.zeros_like(x)
        for index in steps(x.shape):
            gradient[index] = quotient(f, x, index, eps)
        return cut(gradient)

    return answer


def _moved(f, x, index, step):
    there = x.copy()
    there[index] += step
    return f(there)


def _central(f, x, index, eps):
    return (_moved(f, x, index, eps) - _moved(f, x, index, -eps)) / (2 * eps)


def _never_put_back(f, x, eps=1e-5):
    gradient = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        x[index] += eps
        above = f(x)
        x[index] -= 2 * eps
        gradient[index] = (above - f(x)) / (2 * eps)
    return gradient


def _all_at_once(f, x, eps=1e-5):
    return np.full_like(x, (f(x + eps) - f(x - eps)) / (2 * eps))


NUMERICAL_GRADIENT = Exercise(
    name="numerical_gradient",
    lesson="04",
    title="Gradients by central differences",
    points=2,
    minutes=12,
    reference=nn.numerical_gradient,
    cases=_difference_cases,
    outputs=(Output("gradient", ("...",)),),
    rtol=1e-7,
    atol=1e-8,
    restored_to=1e-12,
    misconceptions=(
        Misconception(
            "forward-difference",
            _differences(lambda f, x, k, e: (_moved(f, x, k, e) - f(x)) / e),
            "That is the forward difference, (f(x + eps) - f(x)) / eps. Its error falls with eps, "
            "that of the central difference with eps squared: step to both sides.",
            variants=(_differences(lambda f, x, k, e: (f(x) - _moved(f, x, k, -e)) / e),),
        ),
        Misconception(
            "not-divided-by-two",
            _differences(lambda f, x, k, e: 2 * _central(f, x, k, e)),
            "The two points are 2 eps apart, but the difference is divided by eps.",
        ),
        Misconception(
            "missing-brackets",
            _differences(lambda f, x, k, e: _central(f, x, k, e) * e * e * 2 * 2 / 2 / 2),
            "Python reads `a / 2 * eps` as `(a / 2) * eps`. Put the divisor in brackets: "
            "`a / (2 * eps)`.",
            variants=(_differences(lambda f, x, k, e: _central(f, x, k, e) * e * e),),
        ),
        Misconception(
            "not-divided",
            _differences(lambda f, x, k, e: _central(f, x, k, e) * 2 * e),
            "The difference is not divided by the distance, 2 eps.",
        ),
        Misconception(
            "sign-exchanged",
            _differences(lambda f, x, k, e: -_central(f, x, k, e)),
            "The sign is wrong: f(x + eps) - f(x - eps), not the other way round.",
        ),
        Misconception(
            "not-put-back",
            _never_put_back,
            "Each entry stays where the difference left it, so the later ones are measured at "
            "another point, and the caller's array is changed. Put the entry back before going on.",
        ),
        Misconception(
            "all-entries-at-once",
            _all_at_once,
            "All entries are moved together, which measures one slope along the diagonal. Move one "
            "entry at a time.",
        ),
        Misconception(
            "eps-ignored",
            lambda f, x, eps=1e-5: nn.numerical_gradient(f, x),
            "`eps` plays no part: the step is fixed.",
        ),
        Misconception(
            "flattened",
            _differences(_central, cut=np.ravel),
            "The gradient is one long row. It has the shape of x: `np.ndindex(x.shape)` runs over "
            "all entries of any shape.",
        ),
        Misconception(
            "summed",
            _differences(_central, cut=np.sum),
            "The slopes are added up. One number for each entry of x is wanted.",
        ),
    ),
    hints=(
        "How does f change if you move a single entry of x by a little to either side?",
        "For each index of x: keep the entry, set it to kept + eps and evaluate f, set it to "
        "kept - eps and evaluate f, put it back.",
        "`for index in np.ndindex(x.shape):` … `gradient[index] = (above - below) / (2 * eps)`.",
    ),
)


# --- lstm_step_backward -----------------------------------------------------------------------

_STAGES = {
    "tanh_c": lambda s: np.tanh(s.c),
    "do": lambda s: s.dh * s.tanh_c,
    "dc_all": lambda s: s.dc + s.dh * s.o * (1 - s.tanh_c**2),
    "di": lambda s: s.dc_all * s.g,
    "df": lambda s: s.dc_all * s.c_prev,
    "dg": lambda s: s.dc_all * s.i,
    "dc_prev": lambda s: s.dc_all * s.f,
    "dz_i": lambda s: s.di * s.i * (1 - s.i),
    "dz_f": lambda s: s.df * s.f * (1 - s.f),
    "dz_g": lambda s: s.dg * (1 - s.g**2),
    "dz_o": lambda s: s.do * s.o * (1 - s.o),
    "dz": lambda s: np.concatenate([s.dz_i, s.dz_f, s.dz_g, s.dz_o], axis=1),
    "dx": lambda s: s.dz @ s.W_x.T,
    "dh_prev": lambda s: s.dz @ s.W_h.T,
    "dW_x": lambda s: s.x.T @ s.dz,
    "dW_h": lambda s: s.h_prev.T @ s.dz,
    "db": lambda s: s.dz.sum(axis=0),
}
"""One step backwards, stage by stage; a misconception exchanges one stage or more."""

_CACHE = ("x", "h_prev", "c_prev", "i", "f", "g", "o", "c", "W_x", "W_h")
_RESULTS = ("dx", "dh_prev", "dc_prev", "dW_x", "dW_h", "db")


def _step_with(**changes):
    def answer(dh, dc, cache):
        s = SimpleNamespace(dh=dh, dc=dc, **dict(zip(_CACHE, cache, strict=True)))
        for name, formula in _STAGES.items():
            setattr(s, name, changes.get(name, formula)(s))
        return tuple(getattr(s, name) for name in _RESULTS)

    return answer


def _without_block(gate):
    """dz with one gate's block set to zero, as used for dh_prev or dx."""

    def dz(s):
        blocks = {"i": s.dz_i, "f": s.dz_f, "g": s.dz_g, "o": s.dz_o}
        blocks[gate] = np.zeros_like(s.dz_i)
        return np.concatenate([blocks[k] for k in "ifgo"], axis=1)

    return dz


def _stacked(order):
    return lambda s: np.concatenate([getattr(s, f"dz_{k}") for k in order], axis=1)


_ORDERS = [order for order in permutations("ifgo") if order != tuple("ifgo")]

_STEP_ERRORS = (
    (
        "gradient-through-h-missing",
        {"dc_all": lambda s: s.dc},
        "The cell's gradient lacks the part that comes through h: h = o * tanh(c) depends on c, so "
        "dc gains dh * o * (1 - tanh(c)**2).",
        ({"dc_prev": lambda s: s.dc * s.f},),
    ),
    (
        "gradient-from-later-missing",
        {"dc_all": lambda s: s.dh * s.o * (1 - s.tanh_c**2)},
        "The gradient that reaches c from later steps, `dc`, is dropped. It adds to the part "
        "through h; it is the path on which the LSTM remembers.",
        (),
    ),
    (
        "cell-tanh-derivative-missing",
        {"dc_all": lambda s: s.dc + s.dh * s.o},
        "Between h and c stands a tanh: its derivative, 1 - tanh(c)**2, is missing.",
        (),
    ),
    (
        "cell-tanh-derivative-of-wrong-value",
        {"dc_all": lambda s: s.dc + s.dh * s.o * (1 - s.c**2)},
        "The derivative of tanh at c is 1 - tanh(c)**2. Here something else than tanh(c) of the "
        "new cell state is squared.",
        (
            {"dc_all": lambda s: s.dc + s.dh * s.o * (1 - np.tanh(s.c_prev) ** 2)},
            {"dc_all": lambda s: s.dc + s.dh * s.o * (1 - (s.o * s.tanh_c) ** 2)},
            {"dc_all": lambda s: s.dc + s.dh * s.o * (1 - np.tanh(s.tanh_c) ** 2)},
            {"dc_all": lambda s: s.dc + s.dh * s.o * (1 - s.tanh_c)},
        ),
    ),
    (
        "output-gate-missing-on-the-way-to-c",
        {"dc_all": lambda s: s.dc + s.dh * (1 - s.tanh_c**2)},
        "On its way from h to c the gradient passes the output gate: dh * o * (1 - tanh(c)**2).",
        (),
    ),
    (
        "cell-for-its-tanh",
        {"do": lambda s: s.dh * s.c},
        "The output gate multiplies tanh(c), not c: do = dh * tanh(c).",
        (),
    ),
    (
        "new-cell-for-old",
        {"df": lambda s: s.dc_all * s.c},
        "The forget gate multiplies the old cell state: df = dc * c_prev, not dc * c.",
        (),
    ),
    (
        "gate-derivatives-crossed",
        {"di": lambda s: s.dc_all * s.c_prev, "df": lambda s: s.dc_all * s.g},
        "The factors of di and df are exchanged. In c = f * c_prev + i * g beside i stands g, and "
        "beside f stands c_prev.",
        (
            {"di": lambda s: s.dc_all * s.i, "dg": lambda s: s.dc_all * s.g},
            {"di": lambda s: s.dc_all * s.i},
            {"dg": lambda s: s.dc_all * s.g},
            {"df": lambda s: s.dc_all * s.f},
        ),
    ),
    (
        "forget-gate-missing-on-the-way-back",
        {"dc_prev": lambda s: s.dc_all},
        "dc_prev is dc itself. c_prev is multiplied by the forget gate, so dc_prev = dc * f.",
        ({"dc_prev": lambda s: s.dc_all * s.i},),
    ),
    (
        "sigmoid-derivative-missing",
        {"dz_i": lambda s: s.di, "dz_f": lambda s: s.df, "dz_o": lambda s: s.do},
        "A gate's gradient has to pass its sigmoid, dz = ds * s * (1 - s), and here one or more of "
        "the three do not.",
        (
            {"dz_i": lambda s: s.di},
            {"dz_f": lambda s: s.df},
            {"dz_o": lambda s: s.do},
            {"dz_i": lambda s: s.di, "dz_f": lambda s: s.df},
            {k: (lambda s, k=k: getattr(s, "d" + k[-1])) for k in ("dz_i", "dz_f", "dz_g", "dz_o")},
        ),
    ),
    (
        "sigmoid-derivative-twice",
        {
            "dz_i": lambda s: s.di * (s.i * (1 - s.i)) ** 2,
            "dz_f": lambda s: s.df * (s.f * (1 - s.f)) ** 2,
            "dz_o": lambda s: s.do * (s.o * (1 - s.o)) ** 2,
        },
        "The derivative of the sigmoid is applied twice.",
        (
            {"dz_i": lambda s: s.di * (s.i * (1 - s.i)) ** 2},
            {"dz_f": lambda s: s.df * (s.f * (1 - s.f)) ** 2},
            {"dz_o": lambda s: s.do * (s.o * (1 - s.o)) ** 2},
        ),
    ),
    (
        "sigmoid-of-the-gate",
        {
            "dz_i": lambda s: s.di * nn.sigmoid(s.i) * (1 - nn.sigmoid(s.i)),
            "dz_f": lambda s: s.df * nn.sigmoid(s.f) * (1 - nn.sigmoid(s.f)),
            "dz_o": lambda s: s.do * nn.sigmoid(s.o) * (1 - nn.sigmoid(s.o)),
        },
        "The sigmoid is taken once more of the gate's value. The cache holds s = sigmoid(z), so "
        "the derivative is s * (1 - s).",
        (
            {"dz_i": lambda s: s.di * nn.sigmoid(s.i) * (1 - nn.sigmoid(s.i))},
            {"dz_f": lambda s: s.df * nn.sigmoid(s.f) * (1 - nn.sigmoid(s.f))},
            {"dz_o": lambda s: s.do * nn.sigmoid(s.o) * (1 - nn.sigmoid(s.o))},
        ),
    ),
    (
        "tanh-derivative-for-a-gate",
        {
            "dz_i": lambda s: s.di * (1 - s.i**2),
            "dz_f": lambda s: s.df * (1 - s.f**2),
            "dz_o": lambda s: s.do * (1 - s.o**2),
        },
        "A gate is given the derivative of tanh. Gates are sigmoids: s * (1 - s).",
        (
            {"dz_i": lambda s: s.di * (1 - s.i**2)},
            {"dz_f": lambda s: s.df * (1 - s.f**2)},
            {"dz_o": lambda s: s.do * (1 - s.o**2)},
        ),
    ),
    (
        "candidate-derivative-missing",
        {"dz_g": lambda s: s.dg},
        "The candidate's gradient has to pass its tanh: dz_g = dg * (1 - g**2).",
        (),
    ),
    (
        "candidate-derivative-wrong",
        {"dz_g": lambda s: s.dg * s.g * (1 - s.g)},
        "The candidate is a tanh, so its derivative is 1 - g**2.",
        (
            {"dz_g": lambda s: s.dg * (1 - np.tanh(s.g) ** 2)},
            {"dz_g": lambda s: s.dg * (1 - s.g)},
            {"dz_g": lambda s: s.dg * (1 - s.g**2) ** 2},
        ),
    ),
    (
        "blocks-in-another-order",
        {"dz": _stacked(_ORDERS[0])},
        "The four blocks of dz are stacked in another order. It must be that of the forward pass: "
        "i, f, g, o.",
        tuple({"dz": _stacked(order)} for order in _ORDERS[1:]),
    ),
    (
        "gate-left-out",
        {"dh_prev": lambda s: _without_block("i")(s) @ s.W_h.T},
        "One gate's part is missing from `dh_prev`. h_prev feeds all four blocks of z, so all four "
        "send a gradient back: `dz @ W_h.T` with the whole dz.",
        (
            *({"dh_prev": lambda s, k=k: _without_block(k)(s) @ s.W_h.T} for k in "fgo"),
            *(
                {
                    "dh_prev": lambda s, k=k: _without_block(k)(s) @ s.W_h.T,
                    "dx": lambda s, k=k: _without_block(k)(s) @ s.W_x.T,
                }
                for k in "ifgo"
            ),
            *({"dz": _without_block(k)} for k in "ifgo"),
        ),
    ),
    (
        "new-state-for-old",
        {"dW_h": lambda s: (s.o * s.tanh_c).T @ s.dz},
        "`dW_h` uses the new hidden state. In z the factor beside W_h is `h_prev`.",
        (),
    ),
    (
        "bias-averaged",
        {"db": lambda s: s.dz.mean(axis=0)},
        "`db` is the mean over the batch. Every example uses the same bias: sum.",
        (),
    ),
    (
        "bias-not-summed",
        {"db": lambda s: s.dz},
        "`db` still has the batch in it: sum over the examples, `dz.sum(axis=0)`.",
        ({"db": lambda s: s.dz.sum(axis=0, keepdims=True)}, {"db": lambda s: s.dz.sum(axis=1)}),
    ),
    (
        "weights-averaged",
        {
            "dW_x": lambda s: s.x.T @ s.dz / len(s.x),
            "dW_h": lambda s: s.h_prev.T @ s.dz / len(s.x),
            "db": lambda s: s.dz.mean(axis=0),
        },
        "The weight gradients are divided by the batch size. Examples add up; a mean in the loss "
        "has already put its 1/N into `dh`.",
        (
            {
                "dW_x": lambda s: s.x.T @ s.dz / len(s.x),
                "dW_h": lambda s: s.h_prev.T @ s.dz / len(s.x),
            },
        ),
    ),
    (
        "state-copied-past-the-step",
        {"dh_prev": lambda s: s.dz @ s.W_h.T + s.dh},
        "`dh_prev` also holds `dh`, as if the hidden state were carried over. Only the cell state "
        "is; h is made anew.",
        (),
    ),
)

_STEP_FORM_ERRORS = (
    Misconception(
        "matrix-not-transposed",
        _step_with(dx=lambda s: s.dz @ s.W_x),
        "A weight matrix is not transposed on the way back: dz is (N, 4H), W_x is (D, 4H), so the "
        "product that fits is `dz @ W_x.T`.",
        variants=(_step_with(dh_prev=lambda s: s.dz @ s.W_h, dx=lambda s: s.x),),
    ),
    Misconception(
        "weight-gradient-transposed",
        _step_with(dW_x=lambda s: s.dz.T @ s.x, dW_h=lambda s: s.dz.T @ s.h_prev),
        "The weight gradients are transposed. A gradient has the shape of its weight: `x.T @ dz`.",
        variants=(
            _step_with(dW_x=lambda s: s.dz.T @ s.x),
            _step_with(dW_h=lambda s: s.dz.T @ s.h_prev),
        ),
    ),
    Misconception(
        "stacked-along-batch",
        _step_with(dz=lambda s: np.concatenate([s.dz_i, s.dz_f, s.dz_g, s.dz_o])),
        "The four blocks stand one above the other. Side by side, `axis=1`, they make the (N, 4H) "
        "that fits the weights.",
    ),
)


def _draw_caches(rng, N, T, D, H):
    params = draw_lstm_weights(rng, D, H)
    h, c = rng.uniform(-0.9, 0.9, (N, H)), rng.normal(0.0, 1.5, (N, H))
    caches = []
    for _ in range(T):
        h, cache = nn.lstm_step_cached(rng.normal(size=(N, D)), h, c, *params)
        c = cache.c
        caches.append(tuple(cache))
    return caches


def _step_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for N, D, H in ((3, 2, 4), (2, 5, 3), (5, 3, 2)):
        (cache,) = _draw_caches(rng, N, 1, D, H)
        args = (rng.normal(size=(N, H)), rng.normal(size=(N, H)), cache)
        cases.append(Case(args, {"N": N, "D": D, "H": H, "4H": 4 * H}))
    return cases


LSTM_STEP_BACKWARD = Exercise(
    name="lstm_step_backward",
    lesson="04",
    title="One step of the LSTM backwards",
    points=4,
    minutes=20,
    reference=nn.lstm_step_backward,
    cases=_step_cases,
    outputs=(
        Output("dx", ("N", "D")),
        Output("dh_prev", ("N", "H")),
        Output("dc_prev", ("N", "H")),
        Output("dW_x", ("D", "4H")),
        Output("dW_h", ("H", "4H")),
        Output("db", ("4H",)),
    ),
    may_call=("sigmoid", "lstm_gates", "update_cell", "lstm_step", "lstm_forward"),
    misconceptions=(
        *(
            Misconception(
                slug, _step_with(**changes), text, tuple(_step_with(**other) for other in more)
            )
            for slug, changes, text, more in _STEP_ERRORS
        ),
        *_STEP_FORM_ERRORS,
    ),
    hints=(
        "Two equations to go back through, the last one first: h = o * tanh(c), then "
        "c = f * c_prev + i * g. What does each factor get?",
        "From h: do = dh * tanh(c), and dc gains dh * o * (1 - tanh(c)**2). From c, with that "
        "whole dc: di = dc * g, df = dc * c_prev, dg = dc * i, dc_prev = dc * f.",
        "Then each gate passes its own derivative, s * (1 - s) for i, f, o and 1 - g**2 for g; "
        "stack the four as dz (N, 4H). The rest is as in `rnn_step_backward`.",
    ),
)


# --- lstm_backward ----------------------------------------------------------------------------


def _sequence_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for N, T, D, H in ((3, 5, 2, 4), (2, 6, 3, 5), (4, 1, 3, 2)):
        caches = _draw_caches(rng, N, T, D, H)
        args = (rng.normal(size=(N, T, H)), rng.normal(size=(N, H)), caches)
        note = "a single time step" if T == 1 else ""
        cases.append(Case(args, {"N": N, "T": T, "D": D, "H": H, "4H": 4 * H}, note=note))
    return cases


def _through_time(
    step=nn.lstm_step_backward,
    receive=lambda above, later: above + later,
    hand_on_c=lambda dc_prev, dc, dc_last: dc_prev,
    start_c=lambda dc_last: dc_last,
    collect=lambda total, part, t: total + part,
    steps=lambda T: reversed(range(T)),
    finish=lambda results, dhs: results,
):
    """Backpropagation through time with one of its parts exchanged."""

    def answer(dhs, dc_last, caches):
        N, T, H = dhs.shape
        x, W_x, W_h = caches[0][0], caches[0][8], caches[0][9]
        dxs, dh, dc = np.zeros((N, T, x.shape[1])), np.zeros((N, H)), start_c(dc_last)
        sums = [np.zeros_like(W_x), np.zeros_like(W_h), np.zeros(4 * H)]
        for t in steps(T):
            dx, dh, dc_prev, *parts = step(receive(dhs[:, t], dh), dc, caches[t])
            dxs[:, t] = dx
            dc = hand_on_c(dc_prev, dc, dc_last)
            sums = [collect(total, part, t) for total, part in zip(sums, parts, strict=True)]
        return finish((dxs, dh, dc, *sums), dhs)

    return answer


def _results_with(**changes):
    order = ("dxs", "dh0", "dc0", "dW_x", "dW_h", "db")

    def finish(results, dhs):
        named = dict(zip(order, results, strict=True))
        for name, change in changes.items():
            named[name] = change(named[name], dhs)
        return tuple(named[name] for name in order)

    return _through_time(finish=finish)


def _mean_over_batch(value, dhs):
    return value / len(dhs)


LSTM_BACKWARD = Exercise(
    name="lstm_backward",
    lesson="04",
    title="Backpropagation through time, with two states",
    points=4,
    minutes=20,
    reference=nn.lstm_backward,
    cases=_sequence_cases,
    outputs=(
        Output("dxs", ("N", "T", "D")),
        Output("dh0", ("N", "H")),
        Output("dc0", ("N", "H")),
        Output("dW_x", ("D", "4H")),
        Output("dW_h", ("H", "4H")),
        Output("db", ("4H",)),
    ),
    may_call=(
        "sigmoid",
        "lstm_gates",
        "update_cell",
        "lstm_step",
        "lstm_forward",
        "lstm_step_backward",
    ),
    misconceptions=(
        Misconception(
            "hidden-gradient-not-passed-on",
            _through_time(receive=lambda above, later: above),
            "Each step uses only what reaches h from above. What the later step hands back for h, "
            "`dh_prev`, must be added.",
        ),
        Misconception(
            "hidden-gradient-overwritten",
            _through_time(receive=lambda above, later: later if np.any(later) else above),
            "The gradient from above is used at the last step only; elsewhere the one from the "
            "later step takes its place. Add the two.",
        ),
        Misconception(
            "cell-gradient-not-passed-on",
            _through_time(hand_on_c=lambda dc_prev, dc, dc_last: np.zeros_like(dc_prev)),
            "The cell's gradient is not handed on: each step starts with dc = 0. That path is what "
            "carries the gradient far back.",
        ),
        Misconception(
            "last-cell-gradient-at-every-step",
            _through_time(hand_on_c=lambda dc_prev, dc, dc_last: dc_last),
            "Every step gets `dc_last`. It arrives once, at the last step; the others get what the "
            "step after them handed back.",
            variants=(_through_time(hand_on_c=lambda dc_prev, dc, dc_last: dc_prev + dc_last),),
        ),
        Misconception(
            "last-cell-gradient-dropped",
            _through_time(start_c=np.zeros_like),
            "The gradient that arrives at the last cell state, `dc_last`, is dropped: start with "
            "dc = dc_last, not with zeros.",
        ),
        Misconception(
            "weights-overwritten",
            _through_time(collect=lambda total, part, t: part),
            "The weight gradients of one step only come back: they are overwritten at each step. "
            "All steps share the weights, so add up.",
            variants=(
                _through_time(collect=lambda total, part, t: part if not np.any(total) else total),
            ),
        ),
        Misconception(
            "time-not-reversed",
            _through_time(steps=range),
            "The loop runs forward in time. Begin with the last step.",
        ),
        Misconception(
            "last-step-skipped",
            _through_time(steps=lambda T: reversed(range(T - 1))),
            "The loop leaves out the last step. Begin with t = T - 1.",
        ),
        Misconception(
            "first-step-skipped",
            _through_time(steps=lambda T: range(T - 1, 0, -1)),
            "The loop ends before step 0: `range(T - 1, 0, -1)` stops at 1.",
        ),
        Misconception(
            "inputs-reversed",
            _results_with(dxs=lambda dxs, dhs: dxs[:, ::-1]),
            "`dxs` runs backwards in time: it was collected in the order of the loop.",
        ),
        Misconception(
            "inputs-time-first",
            _results_with(dxs=lambda dxs, dhs: dxs.transpose(1, 0, 2)),
            "`dxs` has the axes (T, N, D). Stack along axis 1.",
            variants=(_results_with(dxs=lambda dxs, dhs: dxs[:, ::-1].transpose(1, 0, 2)),),
        ),
        Misconception(
            "start-gradients-missing",
            _results_with(dh0=lambda v, dhs: 0 * v, dc0=lambda v, dhs: 0 * v),
            "A start state has a gradient as well: what step 0 hands back.",
            variants=(
                _results_with(dh0=lambda v, dhs: 0 * v),
                _results_with(dc0=lambda v, dhs: 0 * v),
            ),
        ),
        Misconception(
            "averaged-over-batch",
            _results_with(dW_x=_mean_over_batch, dW_h=_mean_over_batch, db=_mean_over_batch),
            "The weight gradients are divided by the batch size. Examples add up.",
            variants=(
                _results_with(dW_x=_mean_over_batch, dW_h=_mean_over_batch),
                _results_with(db=_mean_over_batch),
            ),
        ),
        Misconception(
            "averaged-over-time",
            _results_with(
                dW_x=lambda v, dhs: v / dhs.shape[1],
                dW_h=lambda v, dhs: v / dhs.shape[1],
                db=lambda v, dhs: v / dhs.shape[1],
            ),
            "The weight gradients are averaged over the steps. The steps add up.",
        ),
        *(
            Misconception(
                slug,
                _through_time(step=_step_with(**changes)),
                text,
                tuple(_through_time(step=_step_with(**other)) for other in more),
            )
            for slug, changes, text, more in _STEP_ERRORS
            if slug
            not in (
                "blocks-in-another-order",
                "bias-not-summed",
                "bias-averaged",
                "weights-averaged",
            )
        ),
    ),
    hints=(
        "It is `rnn_backward` with a second gradient that travels back in time. Which two does "
        "each step hand to the one before?",
        "Start with dh = zeros and dc = dc_last. At step t call `lstm_step_backward` with "
        "dhs[:, t] + dh, with dc and with caches[t]; keep what it returns for h_prev and c_prev.",
        "`dxs[:, t], dh, dc, a, b, d = lstm_step_backward(dhs[:, t] + dh, dc, caches[t])`, add a, "
        "b, d to the sums; after the loop dh and dc are dh0 and dc0.",
    ),
)


# --- find_the_bug -----------------------------------------------------------------------------

# The three programs of the lesson, as they stand there.
BROKEN = {
    "A": _through_time(receive=lambda above, later: above),
    "B": _through_time(step=_step_with(df=lambda s: s.dc_all * s.c)),
    "C": _through_time(start_c=np.zeros_like),
}


def _programs_to_run(find_the_bug):
    """Judge what `find_the_bug` returns: a backward pass for each program."""

    def answer(program, dhs, dc_last, caches):
        repaired = find_the_bug(program)
        if not callable(repaired):
            raise TypeError(
                f"find_the_bug({program!r}) returned a {type(repaired).__name__}; expected a "
                "function, the repaired program"
            )
        return repaired(dhs, dc_last, caches)

    return answer


def find_the_bug(program):
    """Give one of the lesson's three programs, repaired.

    Parameters
    ----------
    program : {"A", "B", "C"}
        Which.

    Returns
    -------
    callable
        A backward pass that takes ``dhs``, ``dc_last`` and ``caches``.
    """
    return {"A": nn.lstm_backward, "B": nn.lstm_backward, "C": nn.lstm_backward}[program]


def _program_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for program, (N, T, D, H) in zip(
        "ABC", ((3, 5, 2, 4), (2, 6, 3, 5), (4, 5, 3, 2)), strict=True
    ):
        caches = _draw_caches(rng, N, T, D, H)
        args = (program, rng.normal(size=(N, T, H)), rng.normal(size=(N, H)), caches)
        sizes = {"N": N, "T": T, "D": D, "H": H, "4H": 4 * H}
        cases.append(Case(args, sizes, note=f"program {program}"))
    return cases


def _still_broken(letters, others=None):
    """`find_the_bug` with some programs unrepaired, or repaired in another wrong way."""
    programs = {k: BROKEN[k] if k in letters else nn.lstm_backward for k in BROKEN}
    programs.update(others or {})
    return lambda program: programs[program]


FIND_THE_BUG = Exercise(
    name="find_the_bug",
    lesson="04",
    title="Three broken backward passes",
    points=3,
    minutes=15,
    reference=find_the_bug,
    cases=_program_cases,
    outputs=LSTM_BACKWARD.outputs,
    adapt=_programs_to_run,
    # Not lstm_backward: whoever has it has all three.
    may_call=(*LSTM_BACKWARD.may_call, "numerical_gradient"),
    misconceptions=(
        Misconception(
            "program-a-still-broken",
            _still_broken("A"),
            "Program A is as it was. Compare its gradients with central differences over one step "
            "and over five: with one step all are right. What is it that only a second step needs?",
            variants=tuple(map(_still_broken, ("AB", "AC", "ABC"))),
        ),
        Misconception(
            "program-b-still-broken",
            _still_broken("B"),
            "Program B is as it was. Look at its db block by block against central differences: "
            "only one gate's block is wrong. Which factor does that gate's gradient have?",
            variants=(_still_broken("BC"),),
        ),
        Misconception(
            "program-c-still-broken",
            _still_broken("C"),
            "Program C is as it was. Its gradients are right as long as the loss reads only the "
            "hidden states. What if it reads the last cell state as well?",
        ),
        Misconception(
            "program-a-overwrites",
            _still_broken(
                "",
                {
                    "A": _through_time(
                        receive=lambda above, later: later if np.any(later) else above
                    )
                },
            ),
            "Program A now uses the gradient from the later step in place of the one from above. "
            "The state is used in two places: add the two.",
        ),
        Misconception(
            "program-c-adds-at-every-step",
            _still_broken(
                "",
                {"C": _through_time(hand_on_c=lambda dc_prev, dc, dc_last: dc_prev + dc_last)},
            ),
            "Program C now adds `dc_last` at every step. It arrives once, at the last step.",
        ),
    ),
    hints=(
        "Do not read the programs first. Measure: which of the six gradients are wrong, and for "
        "which T?",
        "A program that is right for T = 1 and wrong for T = 2 loses something between steps. One "
        "whose db is wrong in a single block has a wrong factor in that gate.",
        "A: what reaches h from the later step. B: the factor of the forget gate. C: where dc "
        "starts.",
    ),
)

EXERCISES = (NUMERICAL_GRADIENT, LSTM_STEP_BACKWARD, LSTM_BACKWARD, FIND_THE_BUG)

QUIZ = (
    Question(
        "A backward pass forgets to hand dc to the step before. On a 10-step task the loss still "
        "falls. What follows?",
        (
            Choice(
                "The backward pass is right: the loss would rise otherwise.",
                "Almost any direction with a positive component along the gradient makes the loss "
                "fall. The lesson's table shows how many broken passes do.",
            ),
            Choice(
                "Nothing. Only a comparison with measured gradients, over several steps, tells.",
                "Right: a falling loss is not a test.",
                correct=True,
            ),
            Choice(
                "The task is too long.",
                "A longer task would make the damage more visible, but that is not what follows.",
            ),
        ),
    ),
    Question(
        "Why must a gradient check run over several steps, from random states?",
        (
            Choice(
                "To average out rounding.",
                "Central differences in float64 are accurate to about 1e-10; rounding is not the "
                "trouble.",
            ),
            Choice(
                "Because with one step from zero some wrong terms are multiplied by zero.",
                "Right: with c_prev = 0 the forget gate's gradient is zero whatever its formula, "
                "and with one step nothing is handed on.",
                correct=True,
            ),
            Choice(
                "Because gradients are only defined for sequences.",
                "A single step has gradients, too. They just do not test everything.",
            ),
        ),
    ),
    Question(
        r"In an LSTM without inputs and outputs, $\partial c_t / \partial c_{t-1} = f$. "
        "What does the LSTM not fix?",
        (
            Choice(
                "Vanishing, if all forget gates are near 1.",
                "With forget gates near 1 that path keeps the gradient.",
            ),
            Choice(
                "Explosion: through h the gradient still passes matrices.",
                r"Right: the path through $h$ multiplies by $W_h^T$ at each step, as in a plain "
                "RNN. That is why LSTMs are clipped.",
                correct=True,
            ),
            Choice(
                "The dependence on the order of the inputs.",
                "That is something a sequence model should keep.",
            ),
        ),
    ),
)
