"""Lesson 09: layer normalisation, coupled gates, the GRU, and a learning rate that changes."""

from __future__ import annotations

import math
from itertools import permutations

import numpy as np

from lstm_helpers import nn
from lstm_helpers.checks import Case, Choice, Exercise, Misconception, Output, Question

TITLE = "Training it well"


def _misconceptions(table) -> tuple[Misconception, ...]:
    return tuple(Misconception(slug, answer, text, more) for slug, answer, text, more in table)


def _draw_weights(rng: np.random.Generator, D: int, H: int) -> tuple[np.ndarray, np.ndarray]:
    """Matrices of order one for three gates: W_x (D, 3H), W_h (H, 3H)."""
    W_x = rng.normal(0.0, 0.8 / np.sqrt(D), (D, 3 * H))
    return W_x, rng.normal(0.0, 1.2 / np.sqrt(H), (H, 3 * H))


def _in_blocks(z: np.ndarray) -> list[np.ndarray]:
    return np.split(z, 3, axis=1)


def _interleaved(z: np.ndarray) -> list[np.ndarray]:
    """Every third column in place of a third of the columns, as `z.reshape(N, H, 3)` has them."""
    return [z[:, k::3] for k in range(3)]


def _as_it_is(z: np.ndarray) -> np.ndarray:
    return z


# --- layer_norm -------------------------------------------------------------------------------


def _norm_cases(rng: np.random.Generator) -> list[Case]:
    def draw(*shape):
        H = shape[-1]
        level, scale = rng.normal(0.0, 2.0, shape[:-1]), rng.uniform(0.5, 3.0, shape[:-1])
        z = level[..., None] + scale[..., None] * rng.normal(size=shape)
        return z, rng.uniform(0.5, 2.0, H), rng.normal(size=H)

    return [
        Case(draw(3, 5), {"N": 3, "H": 5}),
        Case(draw(4, 4), {}, note="as many examples as units"),  # one number, two letters
        Case(draw(2, 4, 6), {"N": 2, "T": 4, "H": 6}, note="three axes"),
        Case((*draw(5, 3), 0.5), {"N": 5, "H": 3}, note="eps = 0.5"),
        Case(draw(7), {"H": 7}, note="a single vector"),
    ]


def _norm_with(
    axis=-1,
    mean=np.mean,
    spread=lambda v, eps: np.sqrt(v + eps),
    ddof=0,
    last=lambda y, gain, shift: gain * y + shift,
):
    """Layer normalisation with one of its parts exchanged."""

    def answer(z, gain, shift, eps=1e-5):
        mu = mean(z, axis=axis, keepdims=True)
        v = np.var(z, axis=axis, keepdims=True, ddof=ddof)
        return last((z - mu) / spread(v, eps), gain, shift)

    return answer


def _without_mean(z, axis, keepdims):
    return np.zeros_like(np.mean(z, axis=axis, keepdims=keepdims))


def _root_mean_square(z, gain, shift, eps=1e-5):
    return gain * z / np.sqrt(np.mean(z**2, axis=-1, keepdims=True) + eps) + shift


def _mean_absolute_deviation(z, gain, shift, eps=1e-5):
    rest = z - z.mean(axis=-1, keepdims=True)
    return gain * rest / (np.abs(rest).mean(axis=-1, keepdims=True) + eps) + shift


def _between_zero_and_one(z, gain, shift, eps=1e-5):
    low, high = z.min(axis=-1, keepdims=True), z.max(axis=-1, keepdims=True)
    return gain * (z - low) / (high - low + eps) + shift


def _norm_by_default(least):
    """Layer normalisation with another default for `eps`."""

    def answer(z, gain, shift, eps=least):
        return nn.layer_norm(z, gain, shift, eps)

    return answer


def _by_length(length):
    """The deviations divided by a root of a sum of squares."""

    def answer(z, gain, shift, eps=1e-5):
        rest = z - z.mean(axis=-1, keepdims=True)
        return gain * rest / length(rest, eps) + shift

    return answer


def _length(rest, axis=-1):
    return np.linalg.norm(rest, axis=axis, keepdims=True)


def _brackets_forgotten(last):
    def answer(z, gain, shift, eps=1e-5):
        root = np.sqrt(z.var(axis=-1, keepdims=True) + eps)
        return last(z, z.mean(axis=-1, keepdims=True) / root, gain) + shift

    return answer


def _example_by_example(z, gain, shift, eps=1e-5):
    """A loop over the first axis, whatever the others are; a single vector has none of them."""
    return np.stack([gain * (r - r.mean()) / np.sqrt(r.var() + eps) + shift for r in z])


def _examples_filled_in(z, gain, shift, eps=1e-5):
    y = np.zeros_like(z)
    for n, r in enumerate(z):
        y[n] = gain * (r - r.mean()) / np.sqrt(r.var() + eps) + shift
    return y


def _example_as_a_whole(z, gain, shift, eps=1e-5):
    """The same on all axes but the first; a single vector comes out right, if asked for."""
    return _norm_with(axis=tuple(range(1, z.ndim)) or -1)(z, gain, shift, eps)


def _example_as_a_whole_or_nothing(z, gain, shift, eps=1e-5):
    return _norm_with(axis=tuple(range(1, z.ndim)))(z, gain, shift, eps)


def _keepdims_forgotten(z, gain, shift, eps=1e-5):
    return gain * (z - z.mean(axis=-1)) / np.sqrt(z.var(axis=-1) + eps) + shift


LAYER_NORM = Exercise(
    name="layer_norm",
    lesson="09",
    title="Layer normalisation",
    points=2,
    minutes=8,
    reference=nn.layer_norm,
    cases=_norm_cases,
    outputs=(Output("y", ("...",)),),
    misconceptions=_misconceptions(
        (
            (
                "normalised-over-the-batch",
                _norm_with(axis=0),
                "Mean and variance are taken over the examples (`axis=0`): that is batch "
                "normalisation. Layer normalisation looks at each vector by itself: `axis=-1`.",
                (),
            ),
            (
                "normalised-over-everything",
                _norm_with(axis=None),
                "One mean and one variance serve the whole array. Each vector has its own, along "
                "the last axis: `axis=-1, keepdims=True`.",
                (),
            ),
            (
                "normalised-over-the-second-axis",
                _norm_with(axis=1),
                "`axis=1` is the last axis of a matrix, but not of (N, T, H). Count from the end: "
                "`axis=-1`.",
                (),
            ),
            (
                "normalised-over-the-example",
                _example_by_example,
                "Each example is normalised as a whole, however many axes it has. Of three axes "
                "the last alone holds one vector, and every step has its own: `axis=-1`.",
                (_examples_filled_in, _example_as_a_whole, _example_as_a_whole_or_nothing),
            ),
            (
                "brackets-missing",
                _brackets_forgotten(lambda z, quotient, gain: gain * (z - quotient)),
                "`z - mu / root` is `z - (mu / root)`. Put the difference in brackets: "
                "`(z - mu) / root`.",
                (_brackets_forgotten(lambda z, quotient, gain: gain * z - quotient),),
            ),
            (
                "divided-by-the-length",
                _by_length(lambda rest, eps: _length(rest)),
                "The vectors are divided by a length, the root of a sum of squares, as from "
                "`np.linalg.norm`. The variance is the mean of the squares along the last axis.",
                (
                    _by_length(lambda rest, eps: _length(rest) + eps),
                    _by_length(lambda rest, eps: np.sqrt(_length(rest) ** 2 + eps)),
                    _by_length(lambda rest, eps: _length(rest, axis=None)),
                    _by_length(lambda rest, eps: _length(rest, axis=None) + eps),
                ),
            ),
            (
                "divided-by-variance",
                _norm_with(spread=lambda v, eps: v + eps),
                "The vectors are divided by their variance. Divide by its root, the standard "
                "deviation, or the result does not have variance 1.",
                (),
            ),
            (
                "eps-outside-the-root",
                _norm_with(spread=lambda v, eps: np.sqrt(v) + eps),
                "`eps` is added behind the root. Here it stands under it: sqrt(variance + eps). "
                "With eps = 1e-5 you would hardly notice; with a large one you do.",
                (),
            ),
            (
                "eps-ignored",
                _norm_with(spread=lambda v, eps: np.sqrt(v + 1e-5)),
                "`eps` plays no part: another number, or none, stands under the root.",
                (
                    _norm_with(spread=lambda v, eps: np.sqrt(v)),
                    _norm_with(spread=lambda v, eps: np.sqrt(v + 1e-8)),
                ),
            ),
            (
                "another-default-for-eps",
                _norm_by_default(1e-8),
                "Where `eps` is given it is used, but where it is not, another number than 1e-5 "
                "stands under the root. Its default belongs in the first line: `eps=1e-5`.",
                tuple(map(_norm_by_default, (0.0, 1e-12, 1e-6, 1e-4, 1e-3))),
            ),
            (
                "eps-squared",
                _norm_with(spread=lambda v, eps: np.sqrt(v + eps**2)),
                "`eps` is squared under the root. It is added to the variance as it is.",
                (),
            ),
            (
                "unbiased-variance",
                _norm_with(ddof=1),
                "The variance divides by H - 1 (`ddof=1`). Layer normalisation divides by H, as "
                "`np.var` does; `torch.var` divides by H - 1 unless told otherwise.",
                (),
            ),
            (
                "mean-not-subtracted",
                _norm_with(mean=_without_mean),
                "The mean is not subtracted. First subtract it, then divide.",
                (_root_mean_square,),
            ),
            (
                "gain-missing",
                _norm_with(last=lambda y, gain, shift: y + shift),
                "The gain is left out: gain * normalised + shift.",
                (),
            ),
            (
                "shift-missing",
                _norm_with(last=lambda y, gain, shift: gain * y),
                "The shift is left out: gain * normalised + shift.",
                (),
            ),
            (
                "gain-and-shift-missing",
                _norm_with(last=lambda y, gain, shift: y),
                "Gain and shift are left out: the normalised vector is multiplied by one and moved "
                "by the other.",
                (),
            ),
            (
                "gain-and-shift-exchanged",
                _norm_with(last=lambda y, gain, shift: shift * y + gain),
                "Gain and shift are exchanged: the gain multiplies, the shift is added.",
                (),
            ),
            (
                "gain-on-the-shift",
                _norm_with(last=lambda y, gain, shift: gain * (y + shift)),
                "The gain multiplies the shift as well. Multiply first, then add.",
                (),
            ),
            (
                "gain-divides",
                _norm_with(last=lambda y, gain, shift: y / gain + shift),
                "The normalised vector is divided by the gain. Multiply.",
                (),
            ),
            (
                "shift-subtracted",
                _norm_with(last=lambda y, gain, shift: gain * y - shift),
                "The shift is subtracted. Add it.",
                (),
            ),
            (
                "absolute-deviation",
                _mean_absolute_deviation,
                "The vectors are divided by their mean absolute deviation. The standard deviation "
                "is the root of the mean square: sqrt(variance + eps).",
                (),
            ),
            (
                "scaled-to-zero-one",
                _between_zero_and_one,
                "The vectors are brought between 0 and 1 by their smallest and largest entry. "
                "Layer normalisation uses mean and variance.",
                (),
            ),
            (
                "keepdims-forgotten",
                _keepdims_forgotten,
                "The mean of the last axis has lost that axis, so NumPy lines it up with the wrong "
                "one, or cannot at all. `keepdims=True` keeps it, with length 1.",
                (),
            ),
        )
    ),
    hints=(
        "Which axis holds the vector of one example at one step, and what has to be the same "
        "afterwards for every such vector?",
        "Subtract the mean of the last axis, divide by sqrt(variance + eps), and only then apply "
        "gain and shift. `keepdims=True` makes the shapes fit.",
        "mu = z.mean(axis=-1, keepdims=True); v = z.var(axis=-1, keepdims=True); "
        "gain * (z - mu) / np.sqrt(v + eps) + shift.",
    ),
)


# --- coupled_lstm_step ------------------------------------------------------------------------


def _coupled_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for N, D, H in ((3, 2, 4), (2, 5, 3), (1, 4, 6)):
        x, h_prev = rng.normal(size=(N, D)), rng.uniform(-0.9, 0.9, (N, H))
        c_prev, b = rng.normal(0.0, 1.5, (N, H)), rng.normal(0.0, 0.5, 3 * H)
        args = (x, h_prev, c_prev, *_draw_weights(rng, D, H), b)
        cases.append(Case(args, {"N": N, "D": D, "H": H, "3H": 3 * H}))
    return cases


def _coupled_with(
    order="fgo",
    z=lambda x, h, c, W_x, W_h, b: x @ W_x + h @ W_h + b,
    gate=nn.sigmoid,
    candidate=np.tanh,
    update=lambda c, f, g: f * c + (1 - f) * g,
    output=lambda o, c, c_prev: o * np.tanh(c),
    cut=_in_blocks,
    forget=None,
    show=None,
):
    """A step with coupled gates, one of its parts exchanged."""

    def answer(x, h_prev, c_prev, W_x, W_h, b):
        named = dict(zip(order, cut(z(x, h_prev, c_prev, W_x, W_h, b)), strict=True))
        f, g, o = (forget or gate)(named["f"]), candidate(named["g"]), (show or gate)(named["o"])
        c = update(c_prev, f, g)
        return output(o, c, c_prev), c

    return answer


_COUPLED_ORDERS = ["".join(order) for order in permutations("fgo") if order != tuple("fgo")]


def _input_gate_counted(x, h_prev, c_prev, W_x, W_h, b):
    """Cuts the columns as if there were four gates."""
    H = h_prev.shape[1]
    z = x @ W_x + h_prev @ W_h + b
    i, f, g = nn.sigmoid(z[:, :H]), nn.sigmoid(z[:, H : 2 * H]), np.tanh(z[:, 2 * H :])
    c = f * c_prev + i * g
    return f * np.tanh(c), c


def _split_into_four(x, h_prev, c_prev, W_x, W_h, b):
    """The step of lesson 03 with i replaced, and its four blocks left."""
    _, z_f, z_g, z_o = np.split(x @ W_x + h_prev @ W_h + b, 4, axis=1)
    f = nn.sigmoid(z_f)
    c = f * c_prev + (1 - f) * np.tanh(z_g)
    return nn.sigmoid(z_o) * np.tanh(c), c


def _cut_into_four(x, h_prev, c_prev, W_x, W_h, b):
    """The same with slices: the fourth block is empty."""
    H = h_prev.shape[1]
    z = x @ W_x + h_prev @ W_h + b
    f = nn.sigmoid(z[:, H : 2 * H])
    c = f * c_prev + (1 - f) * np.tanh(z[:, 2 * H : 3 * H])
    return nn.sigmoid(z[:, 3 * H :]) * np.tanh(c), c


def _coupled_before_the_sigmoid(input_gate):
    """1 - z_f in place of 1 - f."""

    def answer(x, h_prev, c_prev, W_x, W_h, b):
        z_f, z_g, z_o = np.split(x @ W_x + h_prev @ W_h + b, 3, axis=1)
        c = nn.sigmoid(z_f) * c_prev + input_gate(1 - z_f) * np.tanh(z_g)
        return nn.sigmoid(z_o) * np.tanh(c), c

    return answer


def _output_gate_for_input(x, h_prev, c_prev, W_x, W_h, b):
    z_f, z_g, z_o = np.split(x @ W_x + h_prev @ W_h + b, 3, axis=1)
    o = nn.sigmoid(z_o)
    c = nn.sigmoid(z_f) * c_prev + o * np.tanh(z_g)
    return o * np.tanh(c), c


COUPLED_LSTM_STEP = Exercise(
    name="coupled_lstm_step",
    lesson="09",
    title="One step with coupled gates",
    points=2,
    minutes=6,
    reference=nn.coupled_lstm_step,
    cases=_coupled_cases,
    outputs=(Output("h", ("N", "H")), Output("c", ("N", "H"))),
    may_call=("sigmoid",),
    misconceptions=_misconceptions(
        (
            (
                "coupled-the-wrong-way",
                _coupled_with(update=lambda c, f, g: (1 - f) * c + f * g),
                "The coupling is the wrong way round: f says how much of the old state is kept, "
                "and 1 - f how much of the candidate flows in. (In a GRU written with z it may be "
                "either way; here the gate is the forget gate.)",
                (),
            ),
            (
                "same-gate-for-both",
                _coupled_with(update=lambda c, f, g: f * c + f * g),
                "The same gate stands before both summands. Coupled means that what is let in "
                "replaces what is dropped: i = 1 - f.",
                (),
            ),
            (
                "candidate-not-gated",
                _coupled_with(update=lambda c, f, g: f * c + g),
                "The candidate flows in whole. There is no gate of its own for it, but 1 - f takes "
                "its place.",
                (),
            ),
            (
                "forget-gate-missing",
                _coupled_with(update=lambda c, f, g: c + (1 - f) * g),
                "The old state is kept whole: `f * c_prev` is missing its factor.",
                (),
            ),
            (
                "old-cell-missing",
                _coupled_with(update=lambda c, f, g: (1 - f) * g),
                "The old cell state is lost: `f * c_prev` is missing.",
                (),
            ),
            (
                "output-gate-for-input",
                _output_gate_for_input,
                "The candidate is multiplied by the output gate. Its factor is 1 - f.",
                (),
            ),
            (
                "brackets-missing",
                _coupled_with(update=lambda c, f, g: f * c + 1 - f * g),
                "`1 - f * g` is `1 - (f * g)`. Put the factor in brackets: `(1 - f) * g`.",
                (),
            ),
            (
                "candidate-minus-forgotten",
                _coupled_with(update=lambda c, f, g: f * c - (1 - f) * g),
                "The new part is subtracted. Add it: the candidate has a sign of its own.",
                (_coupled_with(update=lambda c, f, g: f * c + (f - 1) * g),),
            ),
            (
                "gates-in-another-order",
                _coupled_with(order=_COUPLED_ORDERS[0]),
                "The three blocks of z are taken in another order. Here they are stacked f, g, o.",
                tuple(_coupled_with(order=order) for order in _COUPLED_ORDERS[1:]),
            ),
            (
                "gates-interleaved",
                _coupled_with(cut=_interleaved),
                "Every third column is taken for a gate, as by `z[:, 0::3]` or "
                "`z.reshape(N, H, 3)`. The columns of a gate stand side by side: f is `z[:, :H]`.",
                (),
            ),
            (
                "blocks-of-an-uncoupled-cell",
                _input_gate_counted,
                "The blocks are read as i, f, g, as in a cell with an input gate. There is none "
                "here: the blocks are f, g, o.",
                (),
            ),
            (
                "four-blocks",
                _split_into_four,
                "z is cut into four blocks, as in lesson 03. There is no block for i here: the "
                "3H columns hold f, g, o.",
                (_cut_into_four,),
            ),
            (
                "coupled-before-the-sigmoid",
                _coupled_before_the_sigmoid(lambda v: v),
                "The input gate is made of z_f, before the sigmoid. First f = sigmoid(z_f), then "
                "1 - f.",
                (_coupled_before_the_sigmoid(nn.sigmoid),),
            ),
            (
                "missing-bias",
                _coupled_with(z=lambda x, h, c, W_x, W_h, b: x @ W_x + h @ W_h),
                "The bias is left out: z = x @ W_x + h_prev @ W_h + b.",
                (),
            ),
            (
                "bias-twice",
                _coupled_with(z=lambda x, h, c, W_x, W_h, b: x @ W_x + b + h @ W_h + b),
                "The bias is added twice. Once is enough: z = x @ W_x + h_prev @ W_h + b.",
                (),
            ),
            (
                "state-ignored",
                _coupled_with(z=lambda x, h, c, W_x, W_h, b: x @ W_x + b),
                "`h_prev` plays no part: add `h_prev @ W_h`.",
                (),
            ),
            (
                "cell-fed-to-gates",
                _coupled_with(z=lambda x, h, c, W_x, W_h, b: x @ W_x + c @ W_h + b),
                "The gates see `c_prev` where they should see `h_prev`.",
                (),
            ),
            (
                "sigmoid-for-candidate",
                _coupled_with(candidate=nn.sigmoid),
                "The candidate goes through a sigmoid. It takes tanh.",
                (),
            ),
            (
                "candidate-without-tanh",
                _coupled_with(candidate=lambda z: z),
                "The candidate is z_g itself; tanh is missing.",
                (),
            ),
            (
                "tanh-for-the-output-gate",
                _coupled_with(show=np.tanh),
                "The output gate goes through tanh. A gate is a fraction between 0 and 1: "
                "o = sigmoid(z_o). The tanh in h is that of c.",
                (),
            ),
            (
                "tanh-for-the-forget-gate",
                _coupled_with(forget=np.tanh),
                "The forget gate goes through tanh. A gate is a fraction between 0 and 1: "
                "f = sigmoid(z_f).",
                (),
            ),
            (
                "output-gate-without-sigmoid",
                _coupled_with(show=_as_it_is),
                "The output gate is used before its sigmoid: o = sigmoid(z_o).",
                (),
            ),
            (
                "forget-gate-without-sigmoid",
                _coupled_with(forget=_as_it_is),
                "The forget gate is used before its sigmoid: f = sigmoid(z_f), and 1 - f is made "
                "of that.",
                (),
            ),
            (
                "tanh-for-gates",
                _coupled_with(gate=np.tanh),
                "The gates go through tanh. A gate is a fraction between 0 and 1: sigmoid.",
                (),
            ),
            (
                "gates-without-sigmoid",
                _coupled_with(gate=lambda z: z),
                "The gates are used before their sigmoid.",
                (),
            ),
            (
                "output-without-tanh",
                _coupled_with(output=lambda o, c, c_prev: o * c),
                "h = o * tanh(c): the tanh is missing.",
                (),
            ),
            (
                "output-of-the-old-cell",
                _coupled_with(output=lambda o, c, c_prev: o * np.tanh(c_prev)),
                "h shows the old cell state. It shows the new one: o * tanh(c).",
                (),
            ),
            (
                "output-not-gated",
                _coupled_with(output=lambda o, c, c_prev: np.tanh(c)),
                "The output gate is missing: h = o * tanh(c).",
                (),
            ),
            (
                "cell-squashed",
                _coupled_with(update=lambda c, f, g: np.tanh(f * c + (1 - f) * g)),
                "The cell state is squashed by tanh. The tanh belongs to h only.",
                (),
            ),
        )
    ),
    hints=(
        "Write the step of lesson 03, and ask which of its four gates is not there any more.",
        "Split z into three blocks, f, g, o. In the update of the cell, 1 - f stands where i "
        "stood.",
        "c = f * c_prev + (1 - f) * g; h = o * np.tanh(c).",
    ),
)


# --- gru_step ---------------------------------------------------------------------------------


def _gru_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for N, D, H in ((3, 2, 4), (2, 5, 3), (1, 4, 6)):
        x, h_prev = rng.normal(size=(N, D)), rng.uniform(-0.9, 0.9, (N, H))
        b_x, b_h = rng.normal(0.0, 0.6, (2, 3 * H))
        args = (x, h_prev, *_draw_weights(rng, D, H), b_x, b_h)
        cases.append(Case(args, {"N": N, "D": D, "H": H, "3H": 3 * H}))
    return cases


def _gru_with(
    order="rzn",
    inner=lambda x_n, h_n, r: x_n + r * h_n,
    squash=np.tanh,
    gate=nn.sigmoid,
    mix=lambda z, n, h: (1 - z) * n + z * h,
    from_x=lambda x, W_x, b_x: x @ W_x + b_x,
    from_h=lambda h, W_h, b_h: h @ W_h + b_h,
    cut=_in_blocks,
):
    """A GRU step with one of its parts exchanged."""

    def answer(x, h_prev, W_x, W_h, b_x, b_h):
        xs = dict(zip(order, cut(from_x(x, W_x, b_x)), strict=True))
        hs = dict(zip(order, cut(from_h(h_prev, W_h, b_h)), strict=True))
        r, z = gate(xs["r"] + hs["r"]), gate(xs["z"] + hs["z"])
        return mix(z, squash(inner(xs["n"], hs["n"], r)), h_prev)

    return answer


def _reset_before_the_matrix(bias_inside):
    """The candidate of the published paper: the reset gate acts on h_prev, before W_h."""

    def answer(x, h_prev, W_x, W_h, b_x, b_h):
        H = h_prev.shape[1]
        z = x @ W_x + b_x + h_prev @ W_h + b_h
        r, u = nn.sigmoid(z[:, :H]), nn.sigmoid(z[:, H : 2 * H])
        recalled = (r * h_prev) @ W_h[:, 2 * H :]
        recalled = recalled + (r * b_h[2 * H :] if bias_inside else b_h[2 * H :])
        n = np.tanh(x @ W_x[:, 2 * H :] + b_x[2 * H :] + recalled)
        return (1 - u) * n + u * h_prev

    return answer


def _recurrent_bias_outside_the_reset(x, h_prev, W_x, W_h, b_x, b_h):
    H = h_prev.shape[1]
    z = x @ W_x + b_x + h_prev @ W_h + b_h
    r, u = nn.sigmoid(z[:, :H]), nn.sigmoid(z[:, H : 2 * H])
    inside = x @ W_x[:, 2 * H :] + b_x[2 * H :] + b_h[2 * H :]
    n = np.tanh(inside + r * (h_prev @ W_h[:, 2 * H :]))
    return (1 - u) * n + u * h_prev


def _candidate_without_its_matrix(x, h_prev, W_x, W_h, b_x, b_h):
    H = h_prev.shape[1]
    a = x @ W_x + b_x
    gates = nn.sigmoid(a[:, : 2 * H] + (h_prev @ W_h + b_h)[:, : 2 * H])
    r, z = gates[:, :H], gates[:, H:]
    return (1 - z) * np.tanh(a[:, 2 * H :] + r * h_prev) + z * h_prev


def _update_gate_in_the_candidate(x, h_prev, W_x, W_h, b_x, b_h):
    (_, x_z, x_n), (_, h_z, h_n) = _in_blocks(x @ W_x + b_x), _in_blocks(h_prev @ W_h + b_h)
    z = nn.sigmoid(x_z + h_z)
    return (1 - z) * np.tanh(x_n + z * h_n) + z * h_prev


def _biases_exchanged(x, h_prev, W_x, W_h, b_x, b_h):
    return nn.gru_step(x, h_prev, W_x, W_h, b_h, b_x)


_GRU_ORDERS = [
    "".join(order) for order in permutations("rzn") if "".join(order) not in ("rzn", "zrn")
]

GRU_STEP = Exercise(
    name="gru_step",
    lesson="09",
    title="One step of a GRU",
    points=2,
    minutes=8,
    reference=nn.gru_step,
    cases=_gru_cases,
    outputs=(Output("h", ("N", "H")),),
    may_call=("sigmoid",),
    misconceptions=_misconceptions(
        (
            (
                "update-gate-inverted",
                _gru_with(mix=lambda z, n, h: z * n + (1 - z) * h),
                "The update gate is upside down. In PyTorch's GRU z says how much of the old state "
                "is kept: h = (1 - z) * n + z * h_prev. Some texts write it the other way.",
                (),
            ),
            (
                "reset-before-the-matrix",
                _reset_before_the_matrix(bias_inside=False),
                "The reset gate multiplies `h_prev` before the matrix, as in the published paper. "
                "In PyTorch's definition it multiplies the product and its bias: "
                "r * (h_prev @ W_hn + b_hn).",
                (_reset_before_the_matrix(bias_inside=True),),
            ),
            (
                "recurrent-bias-outside-the-reset",
                _recurrent_bias_outside_the_reset,
                "The recurrent bias of the candidate stands outside the reset gate. It belongs "
                "inside: r * (h_prev @ W_hn + b_hn). This is why a GRU has two biases.",
                (),
            ),
            (
                "reset-missing",
                _gru_with(inner=lambda x_n, h_n, r: x_n + h_n),
                "The reset gate plays no part: the candidate is tanh(x_n + r * h_n).",
                (),
            ),
            (
                "reset-on-the-input-too",
                _gru_with(inner=lambda x_n, h_n, r: r * (x_n + h_n)),
                "The reset gate multiplies the input's part as well. It only multiplies what comes "
                "from the old state.",
                (_gru_with(inner=lambda x_n, h_n, r: r * x_n + h_n),),
            ),
            (
                "update-gate-in-the-candidate",
                _update_gate_in_the_candidate,
                "The candidate uses the update gate z, and the reset gate r plays no part: "
                "n = tanh(x_n + r * h_n).",
                (),
            ),
            (
                "candidate-without-its-matrix",
                _candidate_without_its_matrix,
                "The reset gate multiplies `h_prev` itself. It multiplies the third block of "
                "`h_prev @ W_h + b_h`.",
                (),
            ),
            (
                "candidate-without-the-old-state",
                _gru_with(inner=lambda x_n, h_n, r: x_n),
                "The candidate sees nothing of the old state: r times the third block of "
                "`h_prev @ W_h + b_h` is missing.",
                (_gru_with(inner=lambda x_n, h_n, r: r * x_n),),
            ),
            (
                "reset-inverted",
                _gru_with(inner=lambda x_n, h_n, r: x_n + (1 - r) * h_n),
                "The reset gate is upside down: r = 1 lets the old state through.",
                (),
            ),
            (
                "reset-and-update-swapped",
                _gru_with(order="zrn"),
                "Reset and update gate are exchanged. Here, as in PyTorch, the blocks are r, z, n; "
                "Keras stacks z, r, n.",
                (),
            ),
            (
                "gates-in-another-order",
                _gru_with(order=_GRU_ORDERS[0]),
                "The three blocks are taken in another order. Here they are stacked r, z, n.",
                tuple(_gru_with(order=order) for order in _GRU_ORDERS[1:]),
            ),
            (
                "gates-interleaved",
                _gru_with(cut=_interleaved),
                "Every third column is taken for a gate, as by `a[:, 0::3]` or "
                "`a.reshape(N, H, 3)`. The columns of a gate stand side by side: r is `a[:, :H]`.",
                (),
            ),
            (
                "input-bias-missing",
                _gru_with(from_x=lambda x, W_x, b_x: x @ W_x),
                "`b_x` is left out. It is added to `x @ W_x`, in all three blocks.",
                (),
            ),
            (
                "recurrent-bias-missing",
                _gru_with(from_h=lambda h, W_h, b_h: h @ W_h),
                "`b_h` is left out. It is added to `h_prev @ W_h`, in all three blocks.",
                (),
            ),
            (
                "biases-missing",
                _gru_with(from_x=lambda x, W_x, b_x: x @ W_x, from_h=lambda h, W_h, b_h: h @ W_h),
                "Both biases are left out: x @ W_x + b_x and h_prev @ W_h + b_h.",
                (),
            ),
            (
                "biases-exchanged",
                _biases_exchanged,
                "`b_x` and `b_h` are exchanged. In the gates only their sum counts, but in the "
                "candidate b_h stands inside the reset gate and b_x outside.",
                (),
            ),
            (
                "state-ignored",
                _gru_with(from_h=lambda h, W_h, b_h: 0 * (h @ W_h) + b_h),
                "The old state plays no part in the gates: `h_prev @ W_h` is missing.",
                (),
            ),
            (
                "input-ignored",
                _gru_with(from_x=lambda x, W_x, b_x: 0 * (x @ W_x) + b_x),
                "`x` plays no part: `x @ W_x` is missing.",
                (),
            ),
            (
                "candidate-without-tanh",
                _gru_with(squash=lambda v: v),
                "The candidate is not squashed: tanh is missing.",
                (),
            ),
            (
                "sigmoid-for-candidate",
                _gru_with(squash=nn.sigmoid),
                "The candidate goes through a sigmoid. It takes tanh.",
                (),
            ),
            (
                "tanh-for-gates",
                _gru_with(gate=np.tanh),
                "The gates go through tanh. A gate is a fraction between 0 and 1: sigmoid.",
                (),
            ),
            (
                "only-the-candidate",
                _gru_with(mix=lambda z, n, h: n),
                "The candidate is returned as the new state. The update gate mixes it with the old "
                "one.",
                (),
            ),
            (
                "brackets-missing",
                _gru_with(mix=lambda z, n, h: 1 - z * n + z * h),
                "`1 - z * n` is `1 - (z * n)`. Put the factor in brackets: `(1 - z) * n`.",
                (),
            ),
            (
                "old-state-not-mixed-in",
                _gru_with(mix=lambda z, n, h: (1 - z) * n),
                "The old state is missing from the mixture: + z * h_prev.",
                (),
            ),
            (
                "candidate-not-gated",
                _gru_with(mix=lambda z, n, h: n + z * h),
                "The candidate flows in whole: its factor 1 - z is missing.",
                (_gru_with(mix=lambda z, n, h: z * n + h), _gru_with(mix=lambda z, n, h: n + h)),
            ),
            (
                "same-gate-for-both",
                _gru_with(mix=lambda z, n, h: z * n + z * h),
                "The same factor stands before candidate and old state. They share a total of 1: "
                "1 - z and z.",
                (),
            ),
            (
                "state-squashed",
                _gru_with(mix=lambda z, n, h: np.tanh((1 - z) * n + z * h)),
                "The new state passes tanh again. A mixture of n and h_prev needs none.",
                (),
            ),
        )
    ),
    hints=(
        "A GRU has two gates and no cell state. Which gate decides what the candidate may see, and "
        "which one mixes candidate and old state?",
        "Compute `x @ W_x + b_x` and `h_prev @ W_h + b_h` apart, and cut each into three blocks "
        "r, z, n. Only for the candidate it matters that they were kept apart.",
        "r, z = sigmoid(x_r + h_r), sigmoid(x_z + h_z); n = np.tanh(x_n + r * h_n); "
        "(1 - z) * n + z * h_prev.",
    ),
)


# --- warmup_cosine ----------------------------------------------------------------------------


def warmup_cosine(step: int, warmup: int, total: int, peak: float) -> float:
    r"""Learning rate that rises in a straight line and falls along half a cosine.

    Parameters
    ----------
    step : int
        How many updates have been made, 0 to ``total``.
    warmup : int
        Updates until the peak; 0 begins at the peak.
    total : int
        Updates in all, more than ``warmup``.
    peak : float
        The highest rate.

    Returns
    -------
    float
        The rate: 0 at step 0 (if there is a warm-up), ``peak`` at ``warmup``, 0 at ``total``.

    Notes
    -----
    .. math:: \eta = \eta_{max} \frac{s}{w} \ (s < w), \qquad
              \eta = \frac{\eta_{max}}{2}\left(1 + \cos \pi \frac{s - w}{S - w}\right) \ (s \ge w)

    References
    ----------
    .. [1] I. Loshchilov, F. Hutter, "SGDR: stochastic gradient descent with warm restarts",
       ICLR 2017, arXiv:1608.03983.

    Examples
    --------
    >>> [round(warmup_cosine(step, 2, 10, 1.0), 3) for step in (0, 1, 2, 6, 10)]
    [0.0, 0.5, 1.0, 0.5, 0.0]
    """
    if step < warmup:
        return peak * step / warmup
    return 0.5 * peak * (1.0 + math.cos(math.pi * (step - warmup) / (total - warmup)))


def _schedule_cases(rng: np.random.Generator) -> list[Case]:
    # An odd warm-up: an angle of pi times an even one is no angle at all.
    warmup, peak = 2 * int(rng.integers(3, 7)) + 1, float(rng.uniform(0.002, 0.02))
    total = warmup + int(rng.integers(60, 90))
    middle = warmup + int(rng.integers(10, 50))
    early = int(rng.integers(2, warmup - 2))
    return [
        Case((early, warmup, total, peak), note="a step of the warm-up"),
        Case((middle, warmup, total, peak), note="a step after it"),
        Case((0, warmup, total, peak), note="step 0"),
        Case((warmup, warmup, total, peak), note="the last step of the warm-up"),
        Case((total - 3, warmup, total, peak), note="a step near the end"),
        Case((total, warmup, total, peak), note="the last step"),
        Case((middle, 0, total, peak), note="no warm-up"),
        Case((0, 0, total, peak), note="step 0 without a warm-up"),
    ]


def _schedule_with(
    rise=lambda s, w: s / w,
    share=lambda s, w, total: (s - w) / (total - w),
    fall=lambda p: 0.5 * (1 + math.cos(math.pi * p)),
    last_rising=0,
):
    """The schedule with one of its parts exchanged, relative to the peak."""

    def answer(step, warmup, total, peak):
        if step < warmup + last_rising and warmup:
            return peak * rise(step, warmup)
        return peak * fall(share(step, warmup, total))

    return answer


def _rising_to_the_end(step, warmup, total, peak):
    """Counts step = warmup as part of the warm-up, so divides by zero if there is none."""
    return peak * step / warmup if step <= warmup else warmup_cosine(step, warmup, total, peak)


def _falling(fall):
    """The right warm-up, and what a formula of the share p and the peak gives after it."""

    def answer(step, warmup, total, peak):
        if step < warmup:
            return peak * step / warmup
        return fall((step - warmup) / (total - warmup), peak)

    return answer


def _warm_up_of_one_step(at_the_top):
    """`max(warmup, 1)`, for the line alone or for all that follows."""

    def answer(step, warmup, total, peak):
        least = max(warmup, 1)
        if step < least:
            return peak * step / least
        return warmup_cosine(step, least if at_the_top else warmup, total, peak)

    return answer


def _straight_line_times_cosine(share, asks_first=False):
    """Both pieces at every step, multiplied; without a warm-up it may ask whether there is one."""

    def answer(step, warmup, total, peak):
        rising = 1.0 if asks_first and not warmup else min(1.0, step / max(warmup, 1))
        return peak * rising * 0.5 * (1 + math.cos(math.pi * share(step, warmup, total)))

    return answer


WARMUP_COSINE = Exercise(
    name="warmup_cosine",
    lesson="09",
    title="Warm-up and cosine",
    points=1,
    minutes=6,
    reference=warmup_cosine,
    cases=_schedule_cases,
    outputs=(Output("rate"),),
    # At the last step the rate is 0, or what rounding leaves of a cosine.
    normal_form=lambda arrays: [np.where(np.abs(arrays[0]) < 1e-15, 0.0, arrays[0])],
    misconceptions=_misconceptions(
        (
            (
                "no-warm-up",
                lambda step, warmup, total, peak: warmup_cosine(
                    max(step, warmup), warmup, total, peak
                ),
                "There is no warm-up: the rate is at its peak, or falls, from the first step on. "
                "For step < warmup it rises in a straight line from 0.",
                (lambda step, warmup, total, peak: warmup_cosine(step, 0, total, peak),),
            ),
            (
                "cosine-from-the-beginning",
                _schedule_with(share=lambda s, w, total: s / total),
                "The cosine is counted from step 0, so the rate jumps down where the warm-up ends. "
                "Count from there: (step - warmup) / (total - warmup).",
                (),
            ),
            (
                "ends-too-early-or-late",
                _schedule_with(share=lambda s, w, total: (s - w) / total),
                "The cosine begins where it should, but does not end at `total`: there are "
                "total - warmup steps left for it.",
                (
                    _schedule_with(share=lambda s, w, total: s / (total - w)),
                    _schedule_with(share=lambda s, w, total: (s - w) / (total - w - 1)),
                    _schedule_with(share=lambda s, w, total: (s - w) / (total - w + 1)),
                ),
            ),
            (
                "brackets-missing",
                _falling(lambda p, peak: peak / 2 * 1 + math.cos(math.pi * p)),
                "Brackets are missing: `*` and `/` come before `+` and `-`. Write "
                "`peak / 2 * (1 + cos(pi * p))`, with `p = (step - warmup) / (total - warmup)`.",
                (
                    _falling(lambda p, peak: peak * (0.5 * 1 + math.cos(math.pi * p))),
                    _falling(lambda p, peak: peak * (1 + math.cos(math.pi * p) / 2)),
                    _falling(lambda p, peak: peak * 1 + math.cos(math.pi * p) / 2),
                    _schedule_with(share=lambda s, w, total: (s - w) / total - w),
                    _schedule_with(share=lambda s, w, total: s - w / (total - w)),
                    _schedule_with(share=lambda s, w, total: s - w / total - w),
                ),
            ),
            (
                "not-halved",
                _schedule_with(fall=lambda p: 1 + math.cos(math.pi * p)),
                "1 + cos runs from 2 to 0: the factor 1/2 is missing, and the rate begins at twice "
                "the peak.",
                (),
            ),
            (
                "one-not-added",
                _schedule_with(fall=lambda p: 0.5 * math.cos(math.pi * p)),
                "The cosine alone runs from 1 to -1, so the rate becomes negative. Add 1 before "
                "halving.",
                (_schedule_with(fall=lambda p: math.cos(math.pi * p)),),
            ),
            (
                "quarter-of-a-cosine",
                _schedule_with(fall=lambda p: math.cos(math.pi * p / 2)),
                "That is a quarter of a cosine, which falls steepest at the end. Half of one, "
                "(1 + cos(pi p)) / 2, is flat at both ends.",
                (),
            ),
            (
                "whole-cosine",
                _schedule_with(fall=lambda p: 0.5 * (1 + math.cos(2 * math.pi * p))),
                "The cosine makes a whole turn, so the rate comes back to its peak. Half a turn is "
                "wanted: pi, not 2 pi.",
                (),
            ),
            (
                "pi-forgotten",
                _schedule_with(fall=lambda p: 0.5 * (1 + math.cos(p))),
                "The angle is wrong. `np.cos` counts in radians: the angle is pi times the "
                "share, and runs from 0 to pi.",
                (_schedule_with(fall=lambda p: 0.5 * (1 + math.cos(180 * p))),),
            ),
            (
                "cosine-rises",
                _schedule_with(fall=lambda p: 0.5 * (1 - math.cos(math.pi * p))),
                "The rate rises where it should fall: 1 + cos, not 1 - cos.",
                (),
            ),
            (
                "straight-line-down",
                _schedule_with(fall=lambda p: 1 - p),
                "After the warm-up the rate falls in a straight line. Along half a cosine it falls "
                "slowly, fast, and slowly again.",
                (),
            ),
            (
                "constant-after-the-warm-up",
                _schedule_with(fall=lambda p: 1.0),
                "The rate stays at its peak after the warm-up.",
                (),
            ),
            (
                "warm-up-one-step-ahead",
                _schedule_with(rise=lambda s, w: (s + 1) / w),
                "The warm-up is one step ahead: here step counts the updates already made, so the "
                "rate is 0 at step 0 and reaches the peak at step = warmup.",
                (_schedule_with(rise=lambda s, w: (s + 1) / (w + 1)),),
            ),
            (
                "fraction-dropped",
                _schedule_with(rise=lambda s, w: s // w),
                "`//` drops the fraction, so the rate stays where it is and then jumps. Divide "
                "with `/`.",
                (
                    _schedule_with(share=lambda s, w, total: (s - w) // (total - w)),
                    _schedule_with(
                        rise=lambda s, w: s // w, share=lambda s, w, total: (s - w) // (total - w)
                    ),
                ),
            ),
            (
                "falls-while-it-rises",
                _straight_line_times_cosine(lambda s, w, total: s / total),
                "The straight line and the cosine are multiplied, so the cosine falls during the "
                "warm-up as well. Before `warmup` only the line counts; the cosine begins there.",
                (
                    _straight_line_times_cosine(lambda s, w, total: s / total, asks_first=True),
                    _straight_line_times_cosine(lambda s, w, total: (s - w) / (total - w)),
                    _straight_line_times_cosine(
                        lambda s, w, total: (s - w) / (total - w), asks_first=True
                    ),
                ),
            ),
            (
                "warm-up-without-the-peak",
                lambda step, warmup, total, peak: (
                    step / warmup if step < warmup else warmup_cosine(step, warmup, total, peak)
                ),
                "The warm-up rises to 1, whatever the peak is: multiply it by `peak`.",
                (),
            ),
            (
                "cosine-without-the-peak",
                _falling(lambda p, peak: 0.5 * (1 + math.cos(math.pi * p))),
                "After the warm-up the rate falls from 1, whatever the peak is: multiply that part "
                "by `peak`, too.",
                (),
            ),
            (
                "warm-up-counted-in-total",
                lambda step, warmup, total, peak: (
                    peak * step / total
                    if step < warmup
                    else warmup_cosine(step, warmup, total, peak)
                ),
                "The warm-up divides by `total`, so it never gets near the peak. Divide by "
                "`warmup`.",
                (),
            ),
            (
                "warm-up-falls",
                _schedule_with(rise=lambda s, w: 1 - s / w),
                "The rate falls during the warm-up. It rises, from 0 to the peak.",
                (),
            ),
            (
                "peak-ignored",
                lambda step, warmup, total, peak: warmup_cosine(step, warmup, total, 1.0),
                "`peak` plays no part: the rate runs between 0 and 1.",
                (),
            ),
            (
                "warm-up-of-one-step",
                _warm_up_of_one_step(at_the_top=False),
                "With warmup = 0 the rate is 0 at step 0, as from `max(warmup, 1)`, which makes a "
                "warm-up of one step. Without a warm-up the rate begins at the peak.",
                (_warm_up_of_one_step(at_the_top=True),),
            ),
            (
                "rises-to-the-end",
                _rising_to_the_end,
                "At step 0 with warmup = 0 this divides zero by zero. Let the warm-up be "
                "`step < warmup`: at step = warmup the cosine gives the peak as well.",
                (),
            ),
            (
                "divided-by-the-warm-up-in-any-case",
                lambda step, warmup, total, peak: (
                    peak
                    * min(
                        step / warmup,
                        0.5 * (1 + math.cos(math.pi * (step - warmup) / (total - warmup))),
                    )
                ),
                "With warmup = 0 this divides by zero. Ask first whether the step belongs to the "
                "warm-up.",
                (),
            ),
        )
    ),
    hints=(
        "Two pieces that meet at step = warmup. What is the rate there, coming from the left and "
        "coming from the right?",
        "Left: peak * step / warmup. Right: let p run from 0 at `warmup` to 1 at `total`; half a "
        "cosine is (1 + cos(pi p)) / 2.",
        "if step < warmup: return peak * step / warmup; p = (step - warmup) / (total - warmup); "
        "return peak * 0.5 * (1 + math.cos(math.pi * p)).",
    ),
)


EXERCISES = (WARMUP_COSINE, LAYER_NORM, COUPLED_LSTM_STEP, GRU_STEP)

QUIZ = (
    Question(
        "Layer normalisation raises the mean test score of five seeds by 0.4 points; the standard "
        "deviation over the seeds is 1.1 points with it and 0.9 without. What do you write?",
        (
            Choice(
                "It helps by 0.4 points.",
                "Two means of five seeds that spread like this differ by 0.4 points, one way or "
                "the other, more often than not, even if there is no effect.",
            ),
            Choice(
                "With these seeds no effect on the score can be told from chance.",
                "Yes. Give mean and spread, and say how many seeds there were; more seeds, or the "
                "same seeds compared pair by pair, could decide it.",
                correct=True,
            ),
            Choice(
                "It has no effect.",
                "That is more than you measured: an effect of 0.4 points may be there. You only "
                "cannot tell.",
            ),
        ),
    ),
    Question(
        "Gradients were clipped to norm 5, and the longest gradient of the whole training was 0.8. "
        "What did clipping do?",
        (
            Choice(
                "It kept the training stable.",
                "It never touched a gradient. What was stable was stable by itself.",
            ),
            Choice(
                "Nothing.",
                "Yes, and one look at the recorded norms says so. It may still be worth keeping: "
                "as an insurance that costs nothing.",
                correct=True,
            ),
            Choice(
                "It helped against vanishing gradients.",
                "Clipping only ever shortens. It cannot help against what is too short.",
            ),
        ),
    ),
    Question(
        "You stop early, at the epoch with the best score on the *test* set, and report that "
        "score. What is wrong?",
        (
            Choice(
                "Nothing: the weights never saw the test set.",
                "They did not, but the number of epochs was chosen on it. Of many noisy scores the "
                "best was picked, so it is too good.",
            ),
            Choice(
                "The score is the best of many looks at the test set, so it promises too much.",
                "Yes. Choose the epoch on validation data, and look at the test set once.",
                correct=True,
            ),
            Choice(
                "Early stopping needs a lower learning rate.",
                "It needs nothing of the kind. The problem is which data made the choice.",
            ),
        ),
    ),
)
