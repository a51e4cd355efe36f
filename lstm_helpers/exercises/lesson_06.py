"""Lesson 06: the weights of one LSTM layer to PyTorch, to Keras, and back from PyTorch.

Real tensors come from `lstm_helpers.convert`, which imports PyTorch when the first case is drawn.
"""

from __future__ import annotations

from itertools import permutations
from typing import Any

import numpy as np

from lstm_helpers import convert
from lstm_helpers.checks import Case, Choice, Exercise, Misconception, Output, Question
from lstm_helpers.exercises.lesson_03 import draw_lstm_weights
from lstm_helpers.nn.functions import Array

TITLE = "One cell, three libraries"

_NAMES = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
_ORDERS = [order for order in permutations(range(4)) if order != (0, 1, 2, 3)]


def _sizes(D: int, H: int) -> dict[str, int]:
    return {"D": D, "H": H, "4H": 4 * H}


def _weight_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case(tuple(draw_lstm_weights(rng, D, H)), _sizes(D, H)) for D, H in ((3, 2), (2, 5), (7, 3))
    ]


def _restacked(array, order):
    """The four blocks of the last axis in another order."""
    blocks = np.split(array, 4, axis=-1)
    return np.concatenate([blocks[k] for k in order], axis=-1)


def _interleaved(array):
    """The gates of unit 0, those of unit 1, and so on."""
    return array.reshape(*array.shape[:-1], 4, -1).swapaxes(-1, -2).reshape(array.shape)


def _single(array):
    return array.astype(np.float32)


def _forget_bias_moved(b, by):
    H = len(b) // 4
    return (b + by * (np.arange(4 * H) // H == 1)).astype(b.dtype)


# --- to_torch ---------------------------------------------------------------------------------


def to_torch(W_x: Array, W_h: Array, b: Array) -> dict[str, Array]:
    """Give our weights the names and shapes that ``torch.nn.LSTM`` has for them.

    Parameters
    ----------
    W_x : ndarray (D, 4H)
        From the input; gates stacked i, f, g, o.
    W_h : ndarray (H, 4H)
        From the hidden state.
    b : ndarray (4H,)
        Bias.

    Returns
    -------
    dict of str to ndarray
        ``weight_ih_l0 (4H, D)``, ``weight_hh_l0 (4H, H)``, ``bias_ih_l0 (4H,)`` and
        ``bias_hh_l0 (4H,)``. PyTorch adds the two biases; here the second is zero.

    Examples
    --------
    >>> state_dict = to_torch(np.zeros((3, 8)), np.zeros((2, 8)), np.zeros(8))
    >>> {name: array.shape for name, array in state_dict.items()}
    {'weight_ih_l0': (8, 3), 'weight_hh_l0': (8, 2), 'bias_ih_l0': (8,), 'bias_hh_l0': (8,)}
    """
    return {
        "weight_ih_l0": W_x.T.copy(),
        "weight_hh_l0": W_h.T.copy(),
        "bias_ih_l0": b.copy(),
        "bias_hh_l0": np.zeros_like(b),
    }


def _to_torch_with(
    matrices=lambda W_x, W_h: (W_x.T, W_h.T), biases=lambda b: (b, np.zeros_like(b)), names=_NAMES
):
    """`to_torch` with one of its parts exchanged."""

    def answer(W_x, W_h, b):
        return dict(zip(names, (*matrices(W_x, W_h), *biases(b)), strict=True))

    return answer


def _of_other_weights(answer, change):
    """An answer that gets every array changed."""
    return lambda W_x, W_h, b: answer(change(W_x), change(W_h), change(b))


def _as_if_reshaped(W):
    return W.reshape(W.shape[::-1])


def _blocks_below_each_other(W):
    return np.concatenate(np.split(W, 4, axis=1))


def _joined(W_x, W_h, b):
    return {
        "weight_l0": np.concatenate([W_x, W_h]).T,
        "bias_ih_l0": b,
        "bias_hh_l0": np.zeros_like(b),
    }


TO_TORCH = Exercise(
    name="to_torch",
    lesson="06",
    title="Our weights for nn.LSTM",
    points=2,
    minutes=8,
    reference=to_torch,
    cases=_weight_cases,
    outputs=(
        Output(
            "state_dict",
            items=(
                Output("weight_ih_l0", ("4H", "D")),
                Output("weight_hh_l0", ("4H", "H")),
                Output("bias_ih_l0", ("4H",)),
                Output("bias_hh_l0", ("4H",)),
            ),
            keyed=True,
        ),
    ),
    normal_form=lambda arrays: [arrays[0], arrays[1], arrays[2] + arrays[3]],
    normal_outputs=(
        Output("weight_ih_l0", ("4H", "D")),
        Output("weight_hh_l0", ("4H", "H")),
        Output("(bias_ih_l0 + bias_hh_l0)", ("4H",)),
    ),
    misconceptions=(
        Misconception(
            "not-transposed",
            _to_torch_with(lambda W_x, W_h: (W_x, W_h)),
            "The matrices are as this course has them, (D, 4H) and (H, 4H). PyTorch keeps a "
            "layer's outputs in the rows and computes `x @ weight.T`: transpose both.",
        ),
        Misconception(
            "only-one-transposed",
            _to_torch_with(lambda W_x, W_h: (W_x.T, W_h)),
            "One of the two matrices is still as this course has it. PyTorch has the 4H outputs in "
            "the rows of both: (4H, D) and (4H, H).",
            variants=(_to_torch_with(lambda W_x, W_h: (W_x, W_h.T)),),
        ),
        Misconception(
            "reshaped-instead-of-transposed",
            _to_torch_with(lambda W_x, W_h: (_as_if_reshaped(W_x), _as_if_reshaped(W_h))),
            "The shapes are right, but the numbers stand elsewhere: `reshape` (in PyTorch `view`) "
            "leaves them in their order and only breaks the rows at other places. To exchange the "
            "axes, write `.T`.",
            variants=(
                _to_torch_with(lambda W_x, W_h: (W_x.T, _as_if_reshaped(W_h))),
                _to_torch_with(lambda W_x, W_h: (_as_if_reshaped(W_x), W_h.T)),
            ),
        ),
        Misconception(
            "bias-twice",
            _to_torch_with(biases=lambda b: (b, b)),
            "`b` stands in both biases. PyTorch adds the two, so every gate gets 2 b. Put b into "
            "one and zeros into the other, or split it as you like.",
        ),
        Misconception(
            "bias-halved",
            _to_torch_with(biases=lambda b: (b / 2, np.zeros_like(b))),
            "Only half of `b` arrives. PyTorch adds `bias_ih_l0` and `bias_hh_l0`: their sum must "
            "be b.",
        ),
        Misconception(
            "bias-lost",
            _to_torch_with(biases=lambda b: (np.zeros_like(b), np.zeros_like(b))),
            "The two biases add up to zero: `b` is lost on the way. Their sum must be b.",
        ),
        Misconception(
            "one-bias-only",
            lambda W_x, W_h, b: {"weight_ih_l0": W_x.T, "weight_hh_l0": W_h.T, "bias_ih_l0": b},
            "PyTorch has two bias vectors and wants both, `bias_ih_l0` and `bias_hh_l0`. The one "
            "that you do not need is zero.",
            variants=(
                lambda W_x, W_h, b: {"weight_ih_l0": W_x.T, "weight_hh_l0": W_h.T, "bias_hh_l0": b},
                lambda W_x, W_h, b: {"weight_ih_l0": W_x.T, "weight_hh_l0": W_h.T, "bias_l0": b},
                lambda W_x, W_h, b: {"weight_ih_l0": W_x.T, "weight_hh_l0": W_h.T, "bias": b},
            ),
        ),
        Misconception(
            "bias-not-a-vector",
            _to_torch_with(biases=lambda b: (b[None], 0 * b[None])),
            "PyTorch's biases are vectors, of shape (4H,): no second axis of length 1.",
            variants=(
                _to_torch_with(biases=lambda b: (b[:, None], 0 * b[:, None])),
                _to_torch_with(biases=lambda b: (b[None], 0 * b)),
                _to_torch_with(biases=lambda b: (b[:, None], 0 * b)),
            ),
        ),
        Misconception(
            "gates-in-another-order",
            _of_other_weights(_to_torch_with(), lambda a: _restacked(a, _ORDERS[0])),
            "The gates come out in another order. PyTorch stacks i, f, g, o, as this course does: "
            "no block has to move. (ONNX and TensorFlow 1 had orders of their own.)",
            variants=tuple(
                _of_other_weights(_to_torch_with(), lambda a, order=order: _restacked(a, order))
                for order in _ORDERS[1:]
            ),
        ),
        Misconception(
            "gates-interleaved",
            _of_other_weights(_to_torch_with(), _interleaved),
            "The rows go unit by unit, with the four gates of unit 0 first. PyTorch stacks them "
            "gate by gate: H rows for i, H for f, H for g, H for o.",
        ),
        Misconception(
            "blocks-not-transposed",
            _to_torch_with(
                lambda W_x, W_h: (_blocks_below_each_other(W_x), _blocks_below_each_other(W_h))
            ),
            "The four blocks stand below one another now, but each of them is as it was. A "
            "transposed matrix has every block transposed too: `.T` of the whole does both.",
            variants=(_to_torch_with(lambda W_x, W_h: (W_x.T, _blocks_below_each_other(W_h))),),
        ),
        Misconception(
            "matrices-exchanged",
            _to_torch_with(lambda W_x, W_h: (W_h.T, W_x.T)),
            "The two matrices are exchanged. In PyTorch's names `ih` is input to hidden, our W_x; "
            "`hh` is hidden to hidden, our W_h.",
            variants=(_to_torch_with(lambda W_x, W_h: (W_h, W_x)),),
        ),
        Misconception(
            "matrices-joined",
            _joined,
            "W_x and W_h are joined into one matrix, as some books have it. PyTorch keeps the two "
            "apart: `weight_ih_l0` and `weight_hh_l0`.",
            variants=(
                _to_torch_with(
                    lambda W_x, W_h: (np.concatenate([W_x, W_h]).T,), names=(_NAMES[0], *_NAMES[2:])
                ),
            ),
        ),
        Misconception(
            "names-without-layer",
            _to_torch_with(names=("weight_ih", "weight_hh", "bias_ih", "bias_hh")),
            "Those are the names in `nn.LSTMCell`. `nn.LSTM` may have several layers and numbers "
            "them: `weight_ih_l0`, with a small L and a zero.",
            variants=(
                _to_torch_with(names=tuple(name.replace("_l0", "_10") for name in _NAMES)),
                _to_torch_with(names=tuple(name.replace("_l0", "_l1") for name in _NAMES)),
            ),
        ),
        Misconception(
            "names-with-prefix",
            _to_torch_with(names=tuple("lstm." + name for name in _NAMES)),
            "A name gets a prefix such as `lstm.` when the layer is part of a larger model. Here "
            "the dict is for the layer itself: `weight_ih_l0` and so on.",
            variants=(_to_torch_with(names=tuple("rnn." + name for name in _NAMES)),),
        ),
        Misconception(
            "names-of-another-library",
            lambda W_x, W_h, b: {"kernel": W_x, "recurrent_kernel": W_h, "bias": b},
            "Those are not PyTorch's names. Its `load_state_dict` looks for `weight_ih_l0`, "
            "`weight_hh_l0`, `bias_ih_l0` and `bias_hh_l0`.",
            variants=(
                lambda W_x, W_h, b: {"W_x": W_x, "W_h": W_h, "b": b},
                lambda W_x, W_h, b: {"W_x": W_x.T, "W_h": W_h.T, "b": b},
                lambda W_x, W_h, b: {"kernel": W_x.T, "recurrent_kernel": W_h.T, "bias": b},
            ),
        ),
        Misconception(
            "precision-lost",
            _of_other_weights(_to_torch_with(), _single),
            "The numbers went through float32: they are right to seven digits only. "
            "`torch.Tensor(...)` and `.float()` make float32; `torch.tensor(array)` and "
            "`torch.from_numpy(array)` keep float64.",
            variants=(
                _to_torch_with(lambda W_x, W_h: (_single(W_x).T, _single(W_h).T)),
                _to_torch_with(biases=lambda b: (_single(b), np.zeros_like(b))),
            ),
        ),
        Misconception(
            "forget-bias-added",
            _to_torch_with(biases=lambda b: (_forget_bias_moved(b, 1.0), np.zeros_like(b))),
            "The forget gate's bias is 1 too large. A forget bias of 1 is a choice for the start "
            "of training; `b` has been chosen already and goes over as it is.",
            variants=(
                _to_torch_with(biases=lambda b: (_forget_bias_moved(b, -1.0), np.zeros_like(b))),
                _to_torch_with(biases=lambda b: (_forget_bias_moved(b, 2.0), np.zeros_like(b))),
            ),
        ),
    ),
    hints=(
        "Look at the shapes of `nn.LSTM(3, 4).state_dict()`. Which of your arrays has which, and "
        "what is left over?",
        "PyTorch computes `x @ weight_ih.T + bias_ih + h @ weight_hh.T + bias_hh`. Compare that "
        "with z, letter by letter: what must be transposed, and what must the biases add up to?",
        'A dict with `"weight_ih_l0": W_x.T`, `"weight_hh_l0": W_h.T`, and for `"bias_ih_l0"` and '
        '`"bias_hh_l0"` two vectors whose sum is b, such as b and zeros.',
    ),
)


# --- to_keras ---------------------------------------------------------------------------------


def to_keras(W_x: Array, W_h: Array, b: Array) -> list[Array]:
    """Give our weights in the order in which ``keras.layers.LSTM.set_weights`` takes them.

    Parameters
    ----------
    W_x : ndarray (D, 4H)
        From the input; gates stacked i, f, g, o.
    W_h : ndarray (H, 4H)
        From the hidden state.
    b : ndarray (4H,)
        Bias.

    Returns
    -------
    list of ndarray
        ``kernel (D, 4H)``, ``recurrent_kernel (H, 4H)`` and ``bias (4H,)``.

    Examples
    --------
    >>> [array.shape for array in to_keras(np.zeros((3, 8)), np.zeros((2, 8)), np.zeros(8))]
    [(3, 8), (2, 8), (8,)]
    """
    return [W_x.copy(), W_h.copy(), b.copy()]


def _to_keras_with(matrices=lambda W_x, W_h: (W_x, W_h), biases=lambda b: (b,)):
    """`to_keras` with one of its parts exchanged."""
    return lambda W_x, W_h, b: [*matrices(W_x, W_h), *biases(b)]


def _in_order(answer, order):
    """The three results in another order."""

    def exchanged(*args):
        results = answer(*args)
        return [results[k] for k in order]

    return exchanged


TO_KERAS = Exercise(
    name="to_keras",
    lesson="06",
    title="Our weights for keras.layers.LSTM",
    points=1,
    minutes=5,
    reference=to_keras,
    cases=_weight_cases,
    outputs=(
        Output("kernel", ("D", "4H")),
        Output("recurrent_kernel", ("H", "4H")),
        Output("bias", ("4H",)),
    ),
    misconceptions=(
        Misconception(
            "transposed",
            _to_keras_with(lambda W_x, W_h: (W_x.T, W_h.T)),
            "The matrices are transposed, as PyTorch wants them. Keras computes `x @ kernel`, as "
            "this course does: (D, 4H) and (H, 4H) stay as they are.",
            variants=(
                _to_keras_with(lambda W_x, W_h: (W_x.T, W_h)),
                _to_keras_with(lambda W_x, W_h: (W_x, W_h.T)),
            ),
        ),
        Misconception(
            "matrices-exchanged",
            _to_keras_with(lambda W_x, W_h: (W_h, W_x)),
            "The two matrices are exchanged: `kernel` takes the input, `recurrent_kernel` the "
            "hidden state.",
            variants=(_to_keras_with(lambda W_x, W_h: (W_h.T, W_x.T)),),
        ),
        Misconception(
            "arrays-in-another-order",
            _in_order(_to_keras_with(), (2, 0, 1)),
            "The arrays are right, their order is not: `set_weights` takes kernel, recurrent "
            "kernel, bias. `[w.path for w in layer.weights]` shows it.",
            variants=tuple(
                _in_order(_to_keras_with(), order) for order in ((0, 2, 1), (1, 2, 0), (2, 1, 0))
            ),
        ),
        Misconception(
            "gates-in-another-order",
            _of_other_weights(_to_keras_with(), lambda a: _restacked(a, _ORDERS[0])),
            "The gates come out in another order. Keras stacks i, f, c, o, and its c is the "
            "candidate, our g: no block has to move.",
            variants=tuple(
                _of_other_weights(_to_keras_with(), lambda a, order=order: _restacked(a, order))
                for order in _ORDERS[1:]
            ),
        ),
        Misconception(
            "gates-interleaved",
            _of_other_weights(_to_keras_with(), _interleaved),
            "The columns go unit by unit, with the four gates of unit 0 first. Keras stacks them "
            "gate by gate, as this course does.",
        ),
        Misconception(
            "bias-halved",
            _to_keras_with(biases=lambda b: (b / 2,)),
            "The bias is halved. PyTorch has two biases to share b between; the LSTM of Keras has "
            "one, and it gets the whole of b.",
        ),
        Misconception(
            "bias-doubled",
            _to_keras_with(biases=lambda b: (2 * b,)),
            "The bias is doubled. Keras has one bias vector and adds it once: b as it is.",
        ),
        Misconception(
            "second-bias",
            _to_keras_with(biases=lambda b: (b, np.zeros_like(b))),
            "Those are four arrays, as PyTorch has them. The LSTM of Keras has one bias, so three "
            "arrays: kernel, recurrent kernel, bias.",
            variants=(
                _to_keras_with(biases=lambda b: (b, b)),
                _to_keras_with(biases=lambda b: (b / 2, b / 2)),
                _to_keras_with(biases=lambda b: (np.zeros_like(b), b)),
                _to_keras_with(lambda W_x, W_h: (W_x.T, W_h.T), lambda b: (b, np.zeros_like(b))),
            ),
        ),
        Misconception(
            "biases-stacked",
            _to_keras_with(biases=lambda b: (np.stack([b, np.zeros_like(b)]),)),
            "The bias has two rows. The GRU of Keras stores two, its LSTM only one: (4H,).",
            variants=(
                _to_keras_with(biases=lambda b: (np.stack([b, b]),)),
                _to_keras_with(biases=lambda b: (np.stack([b, b]) / 2,)),
                _to_keras_with(biases=lambda b: (np.stack([np.zeros_like(b), b]),)),
            ),
        ),
        Misconception(
            "bias-not-a-vector",
            _to_keras_with(biases=lambda b: (b[None],)),
            "The bias is a vector, of shape (4H,): no second axis of length 1.",
            variants=(_to_keras_with(biases=lambda b: (b[:, None],)),),
        ),
        Misconception(
            "bias-left-out",
            _to_keras_with(biases=lambda b: ()),
            "The bias is missing. A layer with `use_bias=True`, the default, takes three arrays; "
            "the third is b.",
            variants=(
                _to_keras_with(biases=lambda b: (np.zeros_like(b),)),
                _to_keras_with(lambda W_x, W_h: (W_x.T, W_h.T), biases=lambda b: ()),
            ),
        ),
        Misconception(
            "forget-bias-again",
            _to_keras_with(biases=lambda b: (_forget_bias_moved(b, 1.0),)),
            "The forget gate's bias is not the one in `b`. `unit_forget_bias=True` says how a new "
            "layer starts; `set_weights` replaces that start, and nothing is added later. b goes "
            "in as it is.",
            variants=(_to_keras_with(biases=lambda b: (_forget_bias_moved(b, -1.0),)),),
        ),
        Misconception(
            "matrices-joined",
            _to_keras_with(lambda W_x, W_h: (np.concatenate([W_x, W_h]),)),
            "W_x and W_h are joined into one matrix, as in TensorFlow 1. Keras keeps them apart: "
            "kernel and recurrent kernel.",
            variants=(
                lambda W_x, W_h, b: [np.concatenate([W_x, W_h, b[None]])],
                lambda W_x, W_h, b: np.concatenate([W_x, W_h, b[None]]),
                _to_keras_with(lambda W_x, W_h: (np.concatenate([W_x, W_h]).T,)),
            ),
        ),
        Misconception(
            "named",
            lambda W_x, W_h, b: {"kernel": W_x, "recurrent_kernel": W_h, "bias": b},
            "That is a dict. Keras takes the weights by their place and not by their name: the "
            "list `[kernel, recurrent_kernel, bias]`.",
            variants=(
                lambda W_x, W_h, b: {"kernel": W_x.T, "recurrent_kernel": W_h.T, "bias": b},
                _to_torch_with(),
            ),
        ),
        Misconception(
            "a-matrix-for-each-gate",
            lambda W_x, W_h, b: [
                *np.split(W_x, 4, axis=1),
                *np.split(W_h, 4, axis=1),
                *np.split(b, 4),
            ],
            "Every gate has arrays of its own here. Keras stacks the four gates side by side: "
            "three arrays in all.",
        ),
        Misconception(
            "precision-lost",
            _of_other_weights(_to_keras_with(), _single),
            "The numbers went through float32, which a Keras layer has without being told. The "
            "layer of this lesson is made with `dtype='float64'`; hand the arrays over in float64.",
        ),
    ),
    hints=(
        "Build `keras.layers.LSTM(4)` on an input of 3 features and print the shapes of "
        "`get_weights()`. How do they differ from ours?",
        "Keras computes `x @ kernel + h @ recurrent_kernel + bias`. Is anything transposed? How "
        "many biases are there? In which order do its gates stand?",
        "Keras keeps the weights as this course does. The work is to give them in its order: "
        "kernel, recurrent kernel, bias.",
    ),
)


# --- from_torch -------------------------------------------------------------------------------


def from_torch(state_dict: dict[str, Any]) -> tuple[Array, Array, Array]:
    """Take our weights out of the state dict of a one-layer ``torch.nn.LSTM``.

    Parameters
    ----------
    state_dict : dict of str to Tensor
        ``weight_ih_l0 (4H, D)``, ``weight_hh_l0 (4H, H)``, ``bias_ih_l0 (4H,)`` and
        ``bias_hh_l0 (4H,)``.

    Returns
    -------
    W_x : ndarray (D, 4H)
        From the input; gates stacked i, f, g, o.
    W_h : ndarray (H, 4H)
        From the hidden state.
    b : ndarray (4H,)
        The sum of the two biases. All three are of the model's precision.

    Examples
    --------
    >>> import torch
    >>> W_x, W_h, b = from_torch(torch.nn.LSTM(3, 2).state_dict())
    >>> W_x.shape, W_h.shape, b.shape, b.dtype
    ((3, 8), (2, 8), (8,), dtype('float32'))
    """
    weight_ih, weight_hh, bias_ih, bias_hh = (
        state_dict[name].detach().cpu().numpy() for name in _NAMES
    )
    return weight_ih.T.copy(), weight_hh.T.copy(), bias_ih + bias_hh


def _draw_state_dict(rng: np.random.Generator, D: int, H: int, precision: str) -> dict[str, Any]:
    """The state dict of a real `nn.LSTM`, with both biases random."""
    params = draw_lstm_weights(rng, D, H)
    state_dict = convert.torch_module("lstm", ((params,),), dtype=precision).state_dict()
    for name in ("bias_ih_l0", "bias_hh_l0"):
        state_dict[name] = state_dict[name].new_tensor(rng.normal(0.0, 0.5, 4 * H))
    return dict(state_dict)


def _state_dict_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case((_draw_state_dict(rng, D, H, precision),), _sizes(D, H), note=f"{precision} weights")
        for D, H, precision in (
            (3, 2, "float64"),
            (2, 5, "float32"),
            (7, 3, "float64"),
            (5, 6, "float32"),
        )
    ]


def _from_torch_with(
    matrices=lambda ih, hh: (ih.T, hh.T),
    biases=lambda ih, hh: (ih + hh,),
    finish=lambda array: array,
):
    """`from_torch` with one of its parts exchanged."""

    def answer(state_dict):
        weight_ih, weight_hh, *both = (state_dict[name].numpy() for name in _NAMES)
        results = (*matrices(weight_ih, weight_hh), *biases(*both))
        return tuple(finish(array) for array in results)

    return answer


def _restacked_afterwards(order):
    return _from_torch_with(finish=lambda array: _restacked(array, order))


def _tensors(state_dict):
    weight_ih, weight_hh, bias_ih, bias_hh = (state_dict[name] for name in _NAMES)
    return weight_ih.T, weight_hh.T, bias_ih + bias_hh


def _added_in_place(state_dict):
    W_x, W_h, b, other = (state_dict[name].numpy() for name in _NAMES)
    b += other
    return W_x.T, W_h.T, b


def _as_double(array):
    return array.astype(np.float64)


FROM_TORCH = Exercise(
    name="from_torch",
    lesson="06",
    title="The weights of nn.LSTM for us",
    points=2,
    minutes=8,
    reference=from_torch,
    cases=_state_dict_cases,
    outputs=(
        Output("W_x", ("D", "4H"), numpy=True, same_precision=True),
        Output("W_h", ("H", "4H"), numpy=True, same_precision=True),
        Output("b", ("4H",), numpy=True, same_precision=True),
    ),
    may_call=("to_torch",),
    misconceptions=(
        Misconception(
            "not-transposed",
            _from_torch_with(lambda ih, hh: (ih, hh)),
            "The matrices are still as PyTorch has them, (4H, D) and (4H, H). This course computes "
            "`x @ W_x`: transpose both.",
        ),
        Misconception(
            "only-one-transposed",
            _from_torch_with(lambda ih, hh: (ih.T, hh)),
            "One of the two matrices is still as PyTorch has it. Both come transposed: here they "
            "are (D, 4H) and (H, 4H).",
            variants=(_from_torch_with(lambda ih, hh: (ih, hh.T)),),
        ),
        Misconception(
            "reshaped-instead-of-transposed",
            _from_torch_with(lambda ih, hh: (_as_if_reshaped(ih), _as_if_reshaped(hh))),
            "The shapes are right, but the numbers stand elsewhere: `view` and `reshape` leave "
            "them in their order and only break the rows at other places. To exchange the axes, "
            "write `.T`.",
            variants=(
                _from_torch_with(lambda ih, hh: (ih.T, _as_if_reshaped(hh))),
                _from_torch_with(lambda ih, hh: (_as_if_reshaped(ih), hh.T)),
            ),
        ),
        Misconception(
            "one-bias-forgotten",
            _from_torch_with(biases=lambda ih, hh: (ih,)),
            "Only one of the two biases is used. PyTorch adds both to z, so our b is their sum.",
            variants=(_from_torch_with(biases=lambda ih, hh: (hh,)),),
        ),
        Misconception(
            "one-bias-twice",
            _from_torch_with(biases=lambda ih, hh: (ih + ih,)),
            "One of the two biases is counted twice and the other is left out: b is "
            "`bias_ih_l0` + `bias_hh_l0`.",
            variants=(_from_torch_with(biases=lambda ih, hh: (hh + hh,)),),
        ),
        Misconception(
            "bias-averaged",
            _from_torch_with(biases=lambda ih, hh: ((ih + hh) / 2,)),
            "That is the mean of the two biases. PyTorch adds both to z: b is their sum.",
        ),
        Misconception(
            "bias-subtracted",
            _from_torch_with(biases=lambda ih, hh: (ih - hh,)),
            "One bias is subtracted from the other. PyTorch adds both to z: b is their sum.",
            variants=(_from_torch_with(biases=lambda ih, hh: (hh - ih,)),),
        ),
        Misconception(
            "bias-multiplied",
            _from_torch_with(biases=lambda ih, hh: (ih * hh,)),
            "The two biases are multiplied. PyTorch adds both to z: b is their sum.",
        ),
        Misconception(
            "biases-side-by-side",
            _from_torch_with(biases=lambda ih, hh: (np.stack([ih, hh]),)),
            "The two biases are kept side by side. This course has one bias of shape (4H,): their "
            "sum.",
            variants=(
                _from_torch_with(biases=lambda ih, hh: (np.concatenate([ih, hh]),)),
                _from_torch_with(biases=lambda ih, hh: (np.stack([ih, hh], axis=1),)),
            ),
        ),
        Misconception(
            "both-biases-returned",
            _from_torch_with(biases=lambda ih, hh: (ih, hh)),
            "Four arrays come back, with both of PyTorch's biases. This course has one: their sum.",
            variants=(_from_torch_with(lambda ih, hh: (ih, hh), lambda ih, hh: (ih, hh)),),
        ),
        Misconception(
            "bias-not-a-vector",
            _from_torch_with(biases=lambda ih, hh: ((ih + hh)[None],)),
            "The bias is a vector, of shape (4H,): no second axis of length 1.",
            variants=(_from_torch_with(biases=lambda ih, hh: ((ih + hh)[:, None],)),),
        ),
        Misconception(
            "gates-in-another-order",
            _restacked_afterwards(_ORDERS[0]),
            "The gates come out in another order. PyTorch stacks i, f, g, o, as this course does: "
            "no block has to move. (ONNX and TensorFlow 1 had orders of their own.)",
            variants=tuple(_restacked_afterwards(order) for order in _ORDERS[1:]),
        ),
        Misconception(
            "gates-interleaved",
            _from_torch_with(finish=_interleaved),
            "The columns go unit by unit, with the four gates of unit 0 first. Both sides stack "
            "them gate by gate: no column has to move within its matrix.",
        ),
        Misconception(
            "results-in-another-order",
            _in_order(_from_torch_with(), (1, 0, 2)),
            "The arrays are right, their order is not: W_x (from `ih`, input to hidden), then W_h "
            "(from `hh`), then b.",
            variants=tuple(
                _in_order(_from_torch_with(), order)
                for order in ((2, 0, 1), (0, 2, 1), (1, 2, 0), (2, 1, 0))
            ),
        ),
        Misconception(
            "tensors-returned",
            _tensors,
            "Right numbers, but still PyTorch's tensors. NumPy arrays are wanted: call `.numpy()` "
            "on each (`.detach().cpu().numpy()` if it has a gradient or lies on a GPU).",
        ),
        Misconception(
            "precision-gained",
            _from_torch_with(finish=_as_double),
            "A float32 model comes back in float64. Nothing was gained: the new digits are "
            "noise, and the next comparison will be with a model that was never there. Keep the "
            "model's precision.",
            variants=(
                _from_torch_with(biases=lambda ih, hh: (_as_double(ih + hh),)),
                _from_torch_with(lambda ih, hh: (_as_double(ih.T), _as_double(hh.T))),
            ),
        ),
        Misconception(
            "precision-lost",
            _from_torch_with(finish=_single),
            "A float64 model comes back in float32, with seven digits instead of sixteen. Look for "
            "`.float()` or `dtype=np.float32`, and keep the model's precision.",
            variants=(
                _from_torch_with(biases=lambda ih, hh: (_single(ih + hh),)),
                _from_torch_with(lambda ih, hh: (_single(ih.T), _single(hh.T))),
            ),
        ),
        Misconception(
            "model-changed",
            _added_in_place,
            "The results are right, but `state_dict` is not what it was. `.numpy()` shares its "
            "memory with the tensor: `+=` on such an array changes the model, as `.add_` does, and "
            "`pop` takes a weight away. Add with `+`, look up with `[...]`.",
        ),
        Misconception(
            "forget-bias-added",
            _from_torch_with(biases=lambda ih, hh: (_forget_bias_moved(ih + hh, 1.0),)),
            "The forget gate's bias is 1 too large. That 1 is a choice for the start of training; "
            "a model's biases come over as they are.",
        ),
    ),
    hints=(
        "It is `to_torch` read backwards, with one difference: which of its steps loses "
        "something that cannot be split again, and need not be?",
        "Four tensors come in, three arrays go out. `tensor.numpy()` is an array of the same "
        "precision; two matrices are transposed; PyTorch adds its two biases.",
        '`state_dict["weight_ih_l0"].numpy().T` is W_x, `state_dict["weight_hh_l0"].numpy().T` is '
        "W_h, and b is the sum of the two bias arrays.",
    ),
)

EXERCISES = (TO_TORCH, TO_KERAS, FROM_TORCH)

QUIZ = (
    Question(
        "You copy an LSTM from NumPy to PyTorch. From zero states, the first step agrees to "
        r"$10^{-16}$; from the second step on nothing does. Where do you look first?",
        (
            Choice(
                "At the biases: b stands in both of PyTorch's.",
                "Then every gate would get $2b$ at the first step already.",
            ),
            Choice(
                "At `weight_hh_l0`.",
                "Right. At the first step it is multiplied by $h_0 = 0$, so it may hold anything. "
                "That is why parity is tested over several steps and from random states.",
                correct=True,
            ),
            Choice(
                "At the order of the gates.",
                "Another order puts a wrong block where i, g or o belongs, and the first step uses "
                "all three.",
            ),
        ),
    ),
    Question(
        "`nn.LSTM(3, 8, batch_first=True)` reads a batch of shape (32, 20, 3). What is the shape "
        "of `h_n`?",
        (
            Choice(
                "(32, 20, 8)",
                "That is the outputs: one hidden state for every step. `h_n` is the last one only.",
            ),
            Choice(
                "(32, 1, 8)",
                "`batch_first` concerns inputs and outputs. The states keep their order, with the "
                "batch in the middle.",
            ),
            Choice(
                "(1, 32, 8)",
                "Right: (layers × directions, N, H), whatever `batch_first` is.",
                correct=True,
            ),
        ),
    ),
    Question(
        "You make `keras.layers.LSTM(64)` and `nn.LSTM(3, 64)` with all their defaults and train "
        "neither. How open are their forget gates at the first step?",
        (
            Choice(
                "Both at about 0.5: weights start near zero.",
                "True of PyTorch. Keras starts the forget gate's bias at 1 "
                "(`unit_forget_bias=True`).",
            ),
            Choice(
                r"Keras's at about $\sigma(1) = 0.73$, PyTorch's at about 0.5.",
                "Right: Keras adds 1 to the forget gate's bias at the start, PyTorch draws all "
                r"biases from $\pm 1/\sqrt{H}$. Two fair trainings can differ by that alone.",
                correct=True,
            ),
            Choice(
                "That depends on the number of time steps.",
                "The first step knows nothing of the later ones. (And 64 is the number of units, "
                "not of steps.)",
            ),
        ),
    ),
)
