"""Lesson 03: the LSTM cell, forward: gates, cell update, step, sequence, parameter count."""

from __future__ import annotations

from itertools import permutations

import numpy as np

from lstm_helpers import nn
from lstm_helpers.checks import Case, Choice, Exercise, Misconception, Output, Question

TITLE = "The cell"


def draw_lstm_weights(rng: np.random.Generator, D: int, H: int) -> nn.LSTMParams:
    """Draw weights of order one, so that no gate is near 0 or 1 and each mistake shows.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the random numbers.
    D, H : int
        Input features and hidden units.

    Returns
    -------
    LSTMParams
        ``W_x (D, 4H)``, ``W_h (H, 4H)`` and ``b (4H,)``.
    """
    return nn.LSTMParams(
        rng.normal(0.0, 0.8 / np.sqrt(D), (D, 4 * H)),
        rng.normal(0.0, 1.2 / np.sqrt(H), (H, 4 * H)),
        rng.normal(0.0, 0.5, 4 * H),
    )


def _sizes(**letters: int) -> dict[str, int]:
    return {**letters, "4H": 4 * letters["H"]}


# --- lstm_gates -------------------------------------------------------------------------------
# Wrong gates, each of (x, h, W_x, W_h, b) and returning i, f, g, o. The step and the sequence use
# them as well.


def _gate_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for N, D, H in ((3, 2, 4), (2, 5, 3), (1, 3, 6)):
        x, h_prev = rng.normal(0.0, 1.0, (N, D)), rng.uniform(-0.9, 0.9, (N, H))
        cases.append(Case((x, h_prev, *draw_lstm_weights(rng, D, H)), _sizes(N=N, D=D, H=H)))
    return cases


def _z(x, h, W_x, W_h, b):
    return x @ W_x + h @ W_h + b


def _activate(blocks, i=nn.sigmoid, f=nn.sigmoid, g=np.tanh, o=nn.sigmoid):
    z_i, z_f, z_g, z_o = blocks
    return i(z_i), f(z_f), g(z_g), o(z_o)


def _gates_from(change):
    """Right gates of a wrong z."""

    def answer(x, h, W_x, W_h, b):
        return _activate(np.split(change(x, h, W_x, W_h, b), 4, axis=1))

    return answer


def _gates_with(**functions):
    """Right z, wrong nonlinearities."""

    def answer(x, h, W_x, W_h, b):
        return _activate(np.split(_z(x, h, W_x, W_h, b), 4, axis=1), **functions)

    return answer


def _stacked_as(order):
    """The gates of weights that are stacked in another order, such as "ifog"."""

    def answer(x, h, W_x, W_h, b):
        blocks = dict(zip(order, np.split(_z(x, h, W_x, W_h, b), 4, axis=1), strict=True))
        return _activate([blocks[letter] for letter in "ifgo"])

    return answer


def _candidate_and_output_returned_crosswise(x, h, W_x, W_h, b):
    i, f, g, o = nn.lstm_gates(x, h, W_x, W_h, b)
    return i, f, o, g


def _identity(z):
    return z


_OTHER_ORDERS = [
    "".join(order)
    for order in permutations("ifgo")
    if "".join(order) not in ("ifgo", "figo", "ifog")
]

_GATE_ERRORS = (
    (
        "missing-bias",
        _gates_from(lambda x, h, W_x, W_h, b: x @ W_x + h @ W_h),
        "The bias is left out: z = x @ W_x + h_prev @ W_h + b.",
        (),
    ),
    (
        "bias-twice",
        _gates_from(lambda x, h, W_x, W_h, b: x @ W_x + b + h @ W_h + b),
        "The bias is added twice. This course has one bias vector; PyTorch has two and adds both.",
        (),
    ),
    (
        "state-ignored",
        _gates_from(lambda x, h, W_x, W_h, b: x @ W_x + b),
        "`h_prev` plays no part: the gates see the input only. Add `h_prev @ W_h`.",
        (),
    ),
    (
        "input-ignored",
        _gates_from(lambda x, h, W_x, W_h, b: h @ W_h + b),
        "`x` plays no part: the gates see the old state only. Add `x @ W_x`.",
        (),
    ),
    (
        "concatenated-in-another-order",
        _gates_from(
            lambda x, h, W_x, W_h, b: (
                np.concatenate([h, x], axis=1) @ np.concatenate([W_x, W_h]) + b
            )
        ),
        "Side by side stands [h, x], but the weights are stacked [W_x, W_h], so the state meets "
        "the input's weights. Use one order for both.",
        (
            _gates_from(
                lambda x, h, W_x, W_h, b: (
                    np.concatenate([x, h], axis=1) @ np.concatenate([W_h, W_x]) + b
                )
            ),
        ),
    ),
    (
        "input-and-forget-swapped",
        _stacked_as("figo"),
        "Input and forget gate are exchanged. The order is i, f, g, o: the first block of z is the "
        "input gate, the second the forget gate; the forget gate multiplies the old cell state.",
        (),
    ),
    (
        "candidate-and-output-swapped",
        _stacked_as("ifog"),
        "Candidate and output gate are exchanged. The order is i, f, g, o: the third block is the "
        "candidate (tanh), the fourth the output gate (sigmoid).",
        (_candidate_and_output_returned_crosswise,),
    ),
    (
        "gates-in-another-order",
        _stacked_as(_OTHER_ORDERS[0]),
        "The blocks of z are taken in another order. In this course they are stacked i, f, g, o; "
        "other libraries and texts stack them otherwise.",
        tuple(_stacked_as(order) for order in _OTHER_ORDERS[1:]),
    ),
    (
        "sigmoid-for-candidate",
        _gates_with(g=nn.sigmoid),
        "The candidate g goes through a sigmoid, so it can only fill the cell, never drain it. It "
        "takes tanh; the three gates take the sigmoid.",
        (),
    ),
    (
        "tanh-for-gates",
        _gates_with(i=np.tanh, f=np.tanh, o=np.tanh),
        "The gates go through tanh. A gate is a fraction between 0 and 1: sigmoid. Only the "
        "candidate takes tanh.",
        (
            _gates_with(i=np.tanh),
            _gates_with(f=np.tanh),
            _gates_with(o=np.tanh),
            _gates_with(i=np.tanh, f=np.tanh),
        ),
    ),
    (
        "sigmoid-and-tanh-exchanged",
        _gates_with(i=np.tanh, f=np.tanh, o=np.tanh, g=nn.sigmoid),
        "Sigmoid and tanh are exchanged: the gates i, f, o take the sigmoid, the candidate g tanh.",
        (),
    ),
    (
        "candidate-without-tanh",
        _gates_with(g=_identity),
        "The candidate g is z_g itself; tanh is missing.",
        (_gates_with(g=nn.relu),),
    ),
    (
        "gates-without-sigmoid",
        _gates_with(i=_identity, f=_identity, g=_identity, o=_identity),
        "Those are the four blocks of z. The gates still have to pass the sigmoid, the candidate "
        "tanh.",
        (_gates_with(i=_identity, f=_identity, o=_identity),),
    ),
    (
        "interleaved-blocks",
        lambda x, h, W_x, W_h, b: _activate([_z(x, h, W_x, W_h, b)[:, k::4] for k in range(4)]),
        "Every fourth column is taken for a gate. The gates are stacked block by block: columns 0 "
        "to H - 1 are i, H to 2H - 1 are f, and so on (`np.split(z, 4, axis=1)`).",
        (),
    ),
    (
        "gates-compete",
        lambda x, h, W_x, W_h, b: (
            lambda e: (
                e[0] / e.sum(0),
                e[1] / e.sum(0),
                np.tanh(np.split(_z(x, h, W_x, W_h, b), 4, axis=1)[2]),
                e[2] / e.sum(0),
            )
        )(np.exp(np.stack([np.split(_z(x, h, W_x, W_h, b), 4, axis=1)[k] for k in (0, 1, 3)]))),
        "The gates share a total of 1: that is softmax. Each gate has a sigmoid of its own, so all "
        "of them can be open at once.",
        (),
    ),
)

_GATE_FORM_ERRORS = (
    Misconception(
        "split-along-batch",
        lambda x, h, W_x, W_h, b: _activate(np.split(_z(x, h, W_x, W_h, b), 4)),
        "`np.split(z, 4)` cuts along the first axis, which is the batch. The gates lie along the "
        "last one: `axis=1`.",
    ),
    Misconception(
        "weights-on-the-left",
        _gates_from(lambda x, h, W_x, W_h, b: W_x @ x + W_h @ h + b),
        "The weights stand on the left, as in many books, where x is a column. Here every example "
        "is a row, so the weights stand on the right: `x @ W_x`.",
    ),
    Misconception(
        "weights-transposed",
        _gates_from(lambda x, h, W_x, W_h, b: x @ W_x.T + h @ W_h.T + b),
        "`W_x` is (D, 4H) already, so `x @ W_x` is (N, 4H). PyTorch stores its matrices "
        "transposed; this course does not.",
        variants=(_gates_from(lambda x, h, W_x, W_h, b: h @ W_h.T + x @ W_x.T + b),),
    ),
)

LSTM_GATES = Exercise(
    name="lstm_gates",
    lesson="03",
    title="The gates and the candidate",
    points=2,
    minutes=10,
    reference=nn.lstm_gates,
    cases=_gate_cases,
    outputs=tuple(Output(letter, ("N", "H")) for letter in "ifgo"),
    may_call=("sigmoid",),
    misconceptions=(
        *(Misconception(slug, answer, text, more) for slug, answer, text, more in _GATE_ERRORS),
        *_GATE_FORM_ERRORS,
    ),
    hints=(
        "z = x @ W_x + h_prev @ W_h + b has 4H columns. Which of them belong to which gate?",
        "Cut z into four blocks of H columns, in the order i, f, g, o. Three of them pass a "
        "sigmoid, one a tanh: which, and why?",
        "`z_i, z_f, z_g, z_o = np.split(z, 4, axis=1)`; return sigmoid(z_i), sigmoid(z_f), "
        "np.tanh(z_g), sigmoid(z_o).",
    ),
)


# --- update_cell ------------------------------------------------------------------------------


def _update_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for N, H in ((3, 4), (2, 5), (1, 3)):
        i, f = rng.uniform(0.1, 0.9, (2, N, H))
        arrays = (rng.normal(0.0, 2.0, (N, H)), i, f, rng.uniform(-0.9, 0.9, (N, H)))
        cases.append(Case(arrays, {"N": N, "H": H}))
    return cases


# Wrong updates of the cell, each of (c, i, f, g).
_UPDATE_ERRORS = (
    (
        "forget-gate-missing",
        lambda c, i, f, g: c + i * g,
        "The old cell state is kept whole: the forget gate is missing. That was the LSTM of 1997; "
        "since 2000 the first summand is `f * c_prev`.",
        (),
    ),
    (
        "old-cell-missing",
        lambda c, i, f, g: i * g,
        "The old cell state is lost: `f * c_prev` is missing. It is what the cell remembers.",
        (),
    ),
    (
        "candidate-not-gated",
        lambda c, i, f, g: f * c + g,
        "The candidate flows in whole: the input gate is missing. The second summand is `i * g`.",
        (),
    ),
    (
        "candidate-missing",
        lambda c, i, f, g: f * c,
        "Nothing flows in: `i * g` is missing.",
        (lambda c, i, f, g: f * c + i,),
    ),
    (
        "gates-exchanged",
        lambda c, i, f, g: i * c + f * g,
        "The gates are exchanged: the forget gate multiplies what was there, the input gate what "
        "is new.",
        (),
    ),
    (
        "forget-gate-inverted",
        lambda c, i, f, g: (1 - f) * c + i * g,
        "The forget gate is upside down. Despite its name it says how much is kept: f = 1 keeps "
        "everything.",
        (),
    ),
    (
        "gates-coupled",
        lambda c, i, f, g: f * c + (1 - f) * g,
        "What is forgotten is filled up by the candidate: those are coupled gates, with i = 1 - f. "
        "Here the input gate is a gate of its own.",
        (lambda c, i, f, g: (1 - i) * c + i * g,),
    ),
    (
        "product-for-sum",
        lambda c, i, f, g: f * c * i * g,
        "The two parts are multiplied. They add up: that the old state passes through an addition "
        "is the point of the cell.",
        (),
    ),
    (
        "cell-squashed",
        lambda c, i, f, g: np.tanh(f * c + i * g),
        "The cell state is squashed by tanh, so each step shrinks it. The tanh belongs to the "
        "output, h = o * tanh(c), not to c.",
        (),
    ),
    (
        "candidate-squashed-again",
        lambda c, i, f, g: f * c + i * np.tanh(g),
        "The candidate passes tanh a second time. `g` is the candidate already.",
        (),
    ),
    (
        "forget-gate-over-all",
        lambda c, i, f, g: f * (c + i * g),
        "The forget gate multiplies the new part as well. It stands before `c_prev` only.",
        (lambda c, i, f, g: f * c + f * i * g, lambda c, i, f, g: i * (f * c + g)),
    ),
    (
        "new-part-subtracted",
        lambda c, i, f, g: f * c - i * g,
        "The new part is subtracted. Add it; the candidate has a sign of its own.",
        (),
    ),
)

UPDATE_CELL = Exercise(
    name="update_cell",
    lesson="03",
    title="What the cell keeps and what it takes in",
    points=1,
    minutes=5,
    reference=nn.update_cell,
    cases=_update_cases,
    outputs=(Output("c", ("N", "H")),),
    misconceptions=(
        *(Misconception(slug, answer, text, more) for slug, answer, text, more in _UPDATE_ERRORS),
        Misconception(
            "matrix-product",
            lambda c, i, f, g: f @ c + i @ g,
            "`@` is a matrix product. A gate acts on each unit by itself: `*`.",
        ),
    ),
    hints=(
        "Think of the reservoir: part of what was in it stays, and part of what arrives flows in.",
        "Two summands. One is the old state times the gate that says how much is kept; the other "
        "is the candidate times the gate that says how wide the inlet is.",
        "c = f * c_prev + i * g, entry by entry.",
    ),
)


# --- lstm_step --------------------------------------------------------------------------------


def _step_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for N, D, H in ((3, 2, 4), (2, 5, 3), (1, 3, 6)):
        x, h_prev = rng.normal(0.0, 1.0, (N, D)), rng.uniform(-0.9, 0.9, (N, H))
        c_prev = rng.normal(0.0, 1.5, (N, H))
        args = (x, h_prev, c_prev, *draw_lstm_weights(rng, D, H))
        cases.append(Case(args, _sizes(N=N, D=D, H=H)))
    return cases


def _step_with(gates=nn.lstm_gates, update=nn.update_cell, output=None):
    """A step with one of its parts exchanged; ``output(o, c, c_prev)`` makes h."""

    def answer(x, h_prev, c_prev, W_x, W_h, b):
        i, f, g, o = gates(x, h_prev, W_x, W_h, b)
        c = update(c_prev, i, f, g)
        return output(o, c, c_prev) if output else o * np.tanh(c), c

    return answer


def _cell_fed_to_gates(x, h_prev, c_prev, W_x, W_h, b):
    i, f, g, o = nn.lstm_gates(x, c_prev, W_x, W_h, b)
    c = f * c_prev + i * g
    return o * np.tanh(c), c


def _hidden_kept_for_cell(x, h_prev, c_prev, W_x, W_h, b):
    i, f, g, o = nn.lstm_gates(x, h_prev, W_x, W_h, b)
    c = f * h_prev + i * g
    return o * np.tanh(c), c


def _states_exchanged(x, h_prev, c_prev, W_x, W_h, b):
    return nn.lstm_step(x, c_prev, h_prev, W_x, W_h, b)


def _cell_returned_squashed(x, h_prev, c_prev, W_x, W_h, b):
    h, c = nn.lstm_step(x, h_prev, c_prev, W_x, W_h, b)
    return h, np.tanh(c)


_STEP_ONLY_ERRORS = (
    (
        "output-without-tanh",
        _step_with(output=lambda o, c, c_prev: o * c),
        "h = o * c lacks the tanh: the cell state is unbounded, and so would be the hidden state. "
        "h = o * np.tanh(c).",
        (),
    ),
    (
        "output-gate-missing",
        _step_with(output=lambda o, c, c_prev: np.tanh(c)),
        "The output gate plays no part: the valve is always open. h = o * np.tanh(c).",
        (),
    ),
    (
        "gate-inside-tanh",
        _step_with(output=lambda o, c, c_prev: np.tanh(o * c)),
        "The output gate stands inside the tanh. It acts on what has been squashed: "
        "o * np.tanh(c).",
        (),
    ),
    (
        "sigmoid-for-output-tanh",
        _step_with(output=lambda o, c, c_prev: o * nn.sigmoid(c)),
        "The cell state passes a sigmoid on its way out; it takes tanh, which keeps its sign.",
        (),
    ),
    (
        "old-cell-put-out",
        _step_with(output=lambda o, c, c_prev: o * np.tanh(c_prev)),
        "h is made from the old cell state. Update the cell first, then put out tanh of the new c.",
        (),
    ),
    (
        "output-is-the-gate",
        _step_with(output=lambda o, c, c_prev: o),
        "h is the output gate itself. The gate only says how much of tanh(c) comes out.",
        (),
    ),
    (
        "cell-is-the-output",
        _step_with(output=lambda o, c, c_prev: c),
        "h is the cell state. The two differ: h = o * np.tanh(c) is what others see of c.",
        (),
    ),
    (
        "cell-fed-to-gates",
        _cell_fed_to_gates,
        "The gates are computed from `c_prev`. They see the input and the hidden state `h_prev`; "
        "the cell state is only reached through update and output.",
        (),
    ),
    (
        "hidden-state-for-cell",
        _hidden_kept_for_cell,
        "The forget gate multiplies `h_prev`. What is kept is the cell state: `f * c_prev`.",
        (),
    ),
    (
        "states-exchanged",
        _states_exchanged,
        "`h_prev` and `c_prev` are exchanged. h goes into the gates, c into the update.",
        (),
    ),
    (
        "cell-returned-squashed",
        _cell_returned_squashed,
        "The cell state comes back as tanh(c). Return c itself: the next step needs it whole.",
        (),
    ),
)


def _gate_and_update_errors(wrap):
    """The mistakes of gates and update, inside a step or a sequence."""
    errors = []
    for slug, f, text, more in _GATE_ERRORS:
        if slug == "candidate-and-output-swapped":
            more = ()  # its second form shows only in the gates themselves
        errors.append(Misconception(slug, wrap(gates=f), text, tuple(wrap(gates=g) for g in more)))
    for slug, f, text, more in _UPDATE_ERRORS:
        if slug != "gates-exchanged":  # inside a step, the same as exchanged blocks of z
            errors.append(
                Misconception(slug, wrap(update=f), text, tuple(wrap(update=g) for g in more))
            )
    return tuple(errors)


LSTM_STEP = Exercise(
    name="lstm_step",
    lesson="03",
    title="One step of an LSTM",
    points=3,
    minutes=10,
    reference=nn.lstm_step,
    cases=_step_cases,
    outputs=(Output("h", ("N", "H")), Output("c", ("N", "H"))),
    may_call=("sigmoid", "lstm_gates", "update_cell"),
    misconceptions=(
        *(Misconception(slug, f, text, more) for slug, f, text, more in _STEP_ONLY_ERRORS),
        *_gate_and_update_errors(_step_with),
    ),
    hints=(
        "You have the gates and the update. Which of the two states goes into which?",
        "First i, f, g, o from x and h_prev; then the new c from c_prev, i, f, g; then h from o "
        "and the new c.",
        "c = update_cell(c_prev, i, f, g), and h = o * np.tanh(c). Return h, c in this order.",
    ),
)


# --- lstm_forward -----------------------------------------------------------------------------


def _forward_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for N, T, D, H in ((3, 5, 2, 4), (2, 6, 3, 5), (4, 1, 3, 2)):
        xs, h0 = rng.normal(0.0, 1.0, (N, T, D)), rng.uniform(-0.9, 0.9, (N, H))
        c0 = rng.normal(0.0, 1.5, (N, H))
        note = "a single time step" if T == 1 else ""
        args = (xs, h0, c0, *draw_lstm_weights(rng, D, H))
        cases.append(Case(args, _sizes(N=N, T=T, D=D, H=H), note=note))
    return cases


def _unroll(step, carry=lambda h, c, h0, c0: (h, c)):
    """A sequence of (possibly wrong) steps; ``carry`` says what the next step gets."""

    def answer(xs, h0, c0, W_x, W_h, b):
        h_in, c_in, hs, c = h0, c0, [], c0
        for t in range(xs.shape[1]):
            h, c = step(xs[:, t], h_in, c_in, W_x, W_h, b)
            hs.append(h)
            h_in, c_in = carry(h, c, h0, c0)
        return np.stack(hs, axis=1), c

    return answer


def _unrolled_with(**parts):
    return _unroll(_step_with(**parts))


def _forward_of(change):
    """The right sequence of hidden states and of cell states, and something made of them."""

    def answer(xs, h0, c0, W_x, W_h, b):
        h, c, hs, cs = h0, c0, [], []
        for t in range(xs.shape[1]):
            h, c = nn.lstm_step(xs[:, t], h, c, W_x, W_h, b)
            hs.append(h)
            cs.append(c)
        return change(np.stack(hs, axis=1), np.stack(cs, axis=1), h0, c0)

    return answer


def _loop_over_batch(xs, h0, c0, W_x, W_h, b):
    h, c, hs = h0, c0, []
    for x in xs:
        h, c = nn.lstm_step(x, h, c, W_x, W_h, b)
        hs.append(h)
    return np.stack(hs, axis=1), c


def _cell_thrown_away(xs, h0, c0, W_x, W_h, b):
    h, hs = h0, []
    for t in range(xs.shape[1]):
        h, _ = nn.lstm_step(xs[:, t], h, c0, W_x, W_h, b)
        hs.append(h)
    return np.stack(hs, axis=1), c0


def _taken_up_as_c_and_h(xs, h0, c0, W_x, W_h, b):
    h, c, hs = h0, c0, []
    for t in range(xs.shape[1]):
        c, h = nn.lstm_step(xs[:, t], h, c, W_x, W_h, b)
        hs.append(h)
    return np.stack(hs, axis=1), c


LSTM_FORWARD = Exercise(
    name="lstm_forward",
    lesson="03",
    title="An LSTM over a whole sequence",
    points=2,
    minutes=10,
    reference=nn.lstm_forward,
    cases=_forward_cases,
    outputs=(Output("hs", ("N", "T", "H")), Output("c_last", ("N", "H"))),
    may_call=("sigmoid", "lstm_gates", "update_cell", "lstm_step"),
    misconceptions=(
        Misconception(
            "cell-not-carried",
            _unroll(nn.lstm_step, carry=lambda h, c, h0, c0: (h, c0)),
            "The cell state is not handed on: every step starts from `c0`. Then nothing is "
            "remembered in it: `h, c = lstm_step(xs[:, t], h, c, ...)`.",
            variants=(_cell_thrown_away,),
        ),
        Misconception(
            "hidden-state-not-carried",
            _unroll(nn.lstm_step, carry=lambda h, c, h0, c0: (h0, c)),
            "The hidden state is not handed on: every step starts from `h0`.",
        ),
        Misconception(
            "states-not-carried",
            _unroll(nn.lstm_step, carry=lambda h, c, h0, c0: (h0, c0)),
            "Neither state is handed on: every step starts from `h0` and `c0` again.",
        ),
        Misconception(
            "hidden-state-carried-as-cell",
            _unroll(nn.lstm_step, carry=lambda h, c, h0, c0: (h, h)),
            "The next step gets h where c belongs. Keep both: the hidden state is only what the "
            "output gate lets out of the cell.",
        ),
        Misconception(
            "results-of-the-step-exchanged",
            _taken_up_as_c_and_h,
            "`lstm_step` returns h, c in this order. Here its results are taken up as c, h, so "
            "each stands where the other belongs.",
        ),
        Misconception(
            "states-exchanged-on-the-way",
            _unroll(nn.lstm_step, carry=lambda h, c, h0, c0: (c, h)),
            "From step to step the two states change places. `lstm_step` returns h first, then c.",
            variants=(_unroll(nn.lstm_step, carry=lambda h, c, h0, c0: (c, c)),),
        ),
        Misconception(
            "start-states-ignored",
            lambda xs, h0, c0, W_x, W_h, b: nn.lstm_forward(xs, 0 * h0, 0 * c0, W_x, W_h, b),
            "The sequence starts from zeros. It should start from `h0` and `c0`.",
            variants=(
                lambda xs, h0, c0, W_x, W_h, b: nn.lstm_forward(xs, h0, 0 * c0, W_x, W_h, b),
                lambda xs, h0, c0, W_x, W_h, b: nn.lstm_forward(xs, 0 * h0, c0, W_x, W_h, b),
                lambda xs, h0, c0, W_x, W_h, b: nn.lstm_forward(xs, h0, h0, W_x, W_h, b),
            ),
        ),
        Misconception(
            "start-states-exchanged",
            lambda xs, h0, c0, W_x, W_h, b: nn.lstm_forward(xs, c0, h0, W_x, W_h, b),
            "`h0` and `c0` are exchanged at the start.",
        ),
        Misconception(
            "hidden-state-returned-for-cell",
            _forward_of(lambda hs, cs, h0, c0: (hs, hs[:, -1])),
            "The second result is the last hidden state. The last cell state is asked for; the "
            "last hidden state is `hs[:, -1]` already.",
        ),
        Misconception(
            "all-cell-states-returned",
            _forward_of(lambda hs, cs, h0, c0: (hs, cs)),
            "The second result holds the cell states of all steps. Only the last is asked for.",
        ),
        Misconception(
            "cell-states-for-hidden-states",
            _forward_of(lambda hs, cs, h0, c0: (cs, cs[:, -1])),
            "The first result holds the cell states. Collect h, not c.",
        ),
        Misconception(
            "last-step-only",
            _forward_of(lambda hs, cs, h0, c0: (hs[:, -1], cs[:, -1])),
            "Only the last hidden state comes back. All of them are wanted: (N, T, H).",
        ),
        Misconception(
            "time-first",
            _forward_of(lambda hs, cs, h0, c0: (hs.transpose(1, 0, 2), cs[:, -1])),
            "The axes of `hs` are (T, N, H): a list of states puts time first. Stack along axis 1.",
        ),
        Misconception(
            "reshaped-for-transposed",
            _forward_of(
                lambda hs, cs, h0, c0: (hs.transpose(1, 0, 2).reshape(hs.shape), cs[:, -1])
            ),
            "The shape is right, but the numbers of different sequences are mixed: `reshape` does "
            "not exchange axes. Use `transpose`, or stack along axis 1.",
        ),
        Misconception(
            "one-step-late",
            _forward_of(
                lambda hs, cs, h0, c0: (
                    np.concatenate([h0[:, None], hs[:, :-1]], axis=1),
                    cs[:, -1],
                )
            ),
            "The states stand one step late: `hs[:, 0]` is `h0`. Store h after the step.",
        ),
        Misconception(
            "start-state-included",
            _forward_of(
                lambda hs, cs, h0, c0: (np.concatenate([h0[:, None], hs], axis=1), cs[:, -1])
            ),
            "There are T + 1 states: `h0` is among them. Return those after each step only.",
        ),
        Misconception(
            "same-array-every-step",
            _forward_of(
                lambda hs, cs, h0, c0: (np.repeat(hs[:, -1:], hs.shape[1], axis=1), cs[:, -1])
            ),
            "Every step shows the last state: one array is overwritten again and again. Make a new "
            "one at each step.",
        ),
        Misconception(
            "time-reversed",
            lambda xs, h0, c0, W_x, W_h, b: nn.lstm_forward(xs[:, ::-1], h0, c0, W_x, W_h, b),
            "The sequence is read from its end. Start with t = 0.",
        ),
        Misconception(
            "loop-over-batch",
            _loop_over_batch,
            "The loop runs over the first axis, which is the batch. Time is the second: "
            "`for t in range(xs.shape[1])`, `xs[:, t]`.",
        ),
        *(
            Misconception(slug, _unroll(f), text, tuple(_unroll(g) for g in more))
            for slug, f, text, more in _STEP_ONLY_ERRORS
        ),
        *_gate_and_update_errors(_unrolled_with),
    ),
    hints=(
        "It is `rnn_forward` of lesson 01 with a second state. What does each step need that the "
        "one before it made?",
        "Begin with h = h0 and c = c0. At each step replace both by what `lstm_step` returns, and "
        "store h.",
        "`for t in range(T): h, c = lstm_step(xs[:, t], h, c, W_x, W_h, b); hs[:, t] = h`. Return "
        "hs and the last c.",
    ),
)


# --- count_parameters -------------------------------------------------------------------------


def count_parameters(input_size, hidden_size, bias_vectors=1):
    """Count the weights of an LSTM: four networks, each from x and h to H units.

    Parameters
    ----------
    input_size, hidden_size : int
        D and H.
    bias_vectors : int, optional
        Bias vectors of each network: 0, 1 or 2.

    Returns
    -------
    int
        The number of weights.
    """
    D, H = input_size, hidden_size
    return 4 * (D * H + H * H + bias_vectors * H)


def _count_cases(rng: np.random.Generator) -> list[Case]:
    D, H = (int(v) for v in rng.choice(np.arange(2, 40), 2, replace=False))

    def case(D: int, H: int, bias_vectors: int) -> Case:
        counted = (D, "input feature"), (H, "unit"), (bias_vectors, "bias vector")
        features, units, vectors = (f"{n} {word}{'s' * (n != 1)}" for n, word in counted)
        return Case((D, H, bias_vectors), note=f"{features}, {units} and {vectors}")

    first = Case((64, 128), note="D = 64 and H = 128")
    return [first, *(case(D, H, bias_vectors) for bias_vectors in (0, 1, 2)), case(1, 50, 2)]


COUNT_PARAMETERS = Exercise(
    name="count_parameters",
    lesson="03",
    title="How many weights?",
    points=1,
    minutes=5,
    reference=count_parameters,
    cases=_count_cases,
    outputs=(Output("count"),),
    rtol=0.0,
    atol=0.0,
    misconceptions=(
        Misconception(
            "one-network",
            lambda D, H, b=1: D * H + H * H + b * H,
            "That is one network. The cell has four: three gates and the candidate.",
        ),
        Misconception(
            "three-networks",
            lambda D, H, b=1: 3 * (D * H + H * H + b * H),
            "That counts three networks, as a GRU has. The LSTM has three gates and the candidate: "
            "four.",
        ),
        Misconception(
            "bias-missing",
            lambda D, H, b=1: 4 * (D * H + H * H),
            "The biases are left out: each of the four networks has `bias_vectors` of length H.",
        ),
        Misconception(
            "bias-counted-once",
            lambda D, H, b=1: 4 * (D * H + H * H) + b * H,
            "The biases are counted for one network only. Each of the four has its own.",
            variants=(lambda D, H, b=1: 4 * (D * H + H * H) + H,),
        ),
        Misconception(
            "bias-a-single-number",
            lambda D, H, b=1: 4 * (D * H + H * H + b),
            "A bias is counted as one number. It is a vector with one entry for each unit, H.",
            variants=(lambda D, H, b=1: 4 * (D * H + H * H) + b,),
        ),
        Misconception(
            "bias-vectors-ignored",
            lambda D, H, b=1: 4 * (D * H + H * H + H),
            "`bias_vectors` plays no part. PyTorch has 2, Keras 1, and some texts leave biases "
            "out: 0.",
            variants=(lambda D, H, b=1: 4 * (D * H + H * H + 2 * H),),
        ),
        Misconception(
            "wrong-default",
            lambda D, H, b=2: count_parameters(D, H, b),
            "Without `bias_vectors` there should be one bias vector for each network.",
            variants=(lambda D, H, b=0: count_parameters(D, H, b),),
        ),
        Misconception(
            "recurrent-weights-missing",
            lambda D, H, b=1: 4 * (D * H + b * H),
            "The recurrent matrix (H × H) of each network is left out.",
        ),
        Misconception(
            "input-weights-missing",
            lambda D, H, b=1: 4 * (H * H + b * H),
            "The input matrix (D × H) of each network is left out.",
        ),
        Misconception(
            "sizes-exchanged",
            lambda D, H, b=1: 4 * (D * H + D * D + b * D),
            "Input size and hidden size are exchanged: every network has H outputs.",
        ),
        Misconception(
            "square-of-the-sum",
            lambda D, H, b=1: 4 * ((D + H) ** 2 + b * H),
            "Each network maps D + H numbers to H, not to D + H.",
            variants=(lambda D, H, b=1: 4 * ((D + H) * (D + H) + b * (D + H)),),
        ),
    ),
    hints=(
        "Count the numbers in `W_x`, `W_h` and `b` as this course stacks them.",
        "`W_x` is (D, 4H), `W_h` is (H, 4H), and each bias vector is (4H,).",
        "4 * (D * H + H * H + bias_vectors * H).",
    ),
)

EXERCISES = (LSTM_GATES, UPDATE_CELL, LSTM_STEP, LSTM_FORWARD, COUNT_PARAMETERS)

QUIZ = (
    Question(
        "The forget gate of a unit is 0.99 at every step and nothing flows in. How much of its "
        "cell state is left after 100 steps?",
        (
            Choice(
                "About 37 %.",
                r"Right: $0.99^{100} = 0.366$. A gate near 1 still forgets, with a time scale of "
                r"about $1 / (1 - f)$ steps.",
                correct=True,
            ),
            Choice(
                "About 99 %.",
                "Each step multiplies by 0.99 again.",
            ),
            Choice(
                "Nothing measurable, as in a plain RNN.",
                r"$0.99^{100}$ is 0.366. A plain RNN that multiplied by 0.5 would be at "
                r"$10^{-30}$.",
            ),
        ),
    ),
    Question(
        "Which of these can leave the interval from -1 to 1?",
        (
            Choice(
                "The hidden state $h$.",
                r"$h = o \tanh(c)$ with $0 < o < 1$: it cannot.",
            ),
            Choice(
                "The cell state $c$.",
                r"Right. With $f$ near 1 each step can add almost 1: after ten steps $c$ may be "
                "near 10.",
                correct=True,
            ),
            Choice(
                "The candidate $g$.",
                r"$g$ is a tanh: it cannot.",
            ),
        ),
    ),
    Question(
        "PyTorch counts 512 more weights than Keras for an LSTM with $H = 128$. Why?",
        (
            Choice(
                "It has another gate.",
                "Both have four networks.",
            ),
            Choice(
                "It has two bias vectors for each of the four networks.",
                r"Right: one more vector of $4 \cdot 128 = 512$ numbers. The two are added, so the "
                "second gains nothing.",
                correct=True,
            ),
            Choice(
                "It stores the initial state.",
                "Initial states are arguments, not weights, in both.",
            ),
        ),
    ),
)
