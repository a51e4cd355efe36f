"""Lesson 05: loss, optimiser, baseline, and one training step made of all the pieces."""

from __future__ import annotations

import numpy as np

from lstm_helpers import nn
from lstm_helpers.checks import Case, Choice, Exercise, Misconception, Output, Question
from lstm_helpers.exercises._lesson_05_adam import ADAM_STEP
from lstm_helpers.exercises._lesson_05_loss import SOFTMAX_CROSS_ENTROPY, computed, softmax
from lstm_helpers.exercises.lesson_03 import draw_lstm_weights

TITLE = "Training a network from scratch"


# --- majority_baseline ------------------------------------------------------------------------


def majority_baseline(y_train, y_test):
    """Score the answer that needs no network: always the commonest class of the training set.

    Parameters
    ----------
    y_train, y_test : ndarray of int
        Classes.

    Returns
    -------
    float
        The fraction of ``y_test`` that equals the commonest class of ``y_train``.

    Examples
    --------
    >>> majority_baseline(np.array([0, 1, 1]), np.array([1, 0, 0, 0]))
    0.25
    """
    return float(np.mean(y_test == _commonest(y_train)))


def _commonest(labels):
    values, counts = np.unique(labels, return_counts=True)
    return values[counts.argmax()]


def _share(labels):
    return np.mean(labels == _commonest(labels))


def _majority_cases(rng: np.random.Generator) -> list[Case]:
    def labels(counts: dict[int, int], more: int = 1) -> np.ndarray:
        drawn = [count + int(rng.integers(0, 1 + more)) for count in counts.values()]
        return rng.permutation(np.repeat(list(counts), drawn))

    def case(train: dict[int, int], test: dict[int, int], note: str, more: int = 1) -> Case:
        y_train, y_test = labels(train, more), labels(test)
        # Neither the first nor the last example is of the commonest class.
        while len(train) > 1 and _commonest(y_train) in y_train[[0, -1]]:
            y_train = rng.permutation(y_train)
        return Case((y_train, y_test), {"n_train": len(y_train), "n_test": len(y_test)}, note=note)

    return [
        case({0: 6, 1: 3, 2: 12}, {0: 9, 1: 4, 2: 6}, "three classes"),
        case({0: 5, 1: 11}, {0: 9, 1: 4}, "two classes"),
        # The position of the commonest class, 2, and its count, 13 or 14, are classes as well.
        case(
            {1: 5, 2: 8, 6: 13, 13: 2, 14: 3},
            {1: 2, 2: 9, 6: 5, 13: 12, 14: 15},
            "classes that do not start at 0",
        ),
        # The mean of the training classes is a class, 1, and not the commonest.
        case(
            {0: 14, 1: 5, 2: 6, 3: 1, 4: 2},
            {0: 6, 1: 24, 2: 4, 3: 1, 4: 12},
            "five classes",
            more=0,
        ),
        # Nor is the commonest class of the test set one of the training set.
        case({0: 4, 3: 9, 7: 6}, {0: 7, 7: 5, 8: 14}, "a commonest class that the test set lacks"),
        case({0: 9}, {0: 5}, "a single class"),
    ]


def _always(label):
    """Always answer one class, computed from the training and the test classes."""
    return lambda y_train, y_test: np.mean(y_test == label(y_train, y_test))


def _shares(labels, of):
    return np.array([np.mean(labels == label) for label in np.unique(of)])


def _rounded(digits, factor=1.0):
    return lambda y_train, y_test: round(factor * majority_baseline(y_train, y_test), digits)


MAJORITY_BASELINE = Exercise(
    name="majority_baseline",
    lesson="05",
    title="The simplest baseline",
    points=1,
    minutes=4,
    reference=majority_baseline,
    cases=_majority_cases,
    outputs=(Output("accuracy"),),
    misconceptions=(
        Misconception(
            "share-of-the-training-set",
            lambda y_train, y_test: _share(y_train),
            "That is how common the class is in the training set. The baseline is measured "
            "where every model is: on `y_test`.",
        ),
        Misconception(
            "commonest-label-of-the-test-set",
            lambda y_train, y_test: _share(y_test),
            "The class is chosen by looking at `y_test`. A model sees only the training "
            "set, so choose there and count in `y_test`.",
        ),
        Misconception(
            "both-sets-counted",
            _always(lambda y_train, y_test: _commonest(np.concatenate([y_train, y_test]))),
            "Training and test set are thrown together. Choose the class by `y_train` alone, "
            "and measure on `y_test` alone.",
            variants=(
                lambda y_train, y_test: _share(np.concatenate([y_train, y_test])),
                lambda y_train, y_test: np.mean(
                    np.concatenate([y_train, y_test]) == _commonest(y_train)
                ),
            ),
        ),
        Misconception(
            "sets-exchanged",
            lambda y_train, y_test: np.mean(y_train == _commonest(y_test)),
            "The class is chosen in `y_test` and counted in `y_train`: the two are exchanged.",
        ),
        Misconception(
            "position-for-label",
            _always(lambda y_train, y_test: np.unique(y_train, return_counts=True)[1].argmax()),
            "`argmax` of the counts is a position in the list of classes, not a class. Look up the "
            "class that stands there: `classes[counts.argmax()]`.",
        ),
        Misconception(
            "count-for-label",
            _always(lambda y_train, y_test: np.unique(y_train, return_counts=True)[1].max()),
            "The largest count is compared with the classes. It says how often the commonest class "
            "occurs; which class that is, `argmax` says.",
        ),
        Misconception(
            "largest-label",
            _always(lambda y_train, y_test: y_train.max()),
            "That answers the largest class. A class number says nothing about how common the "
            "class is: count.",
        ),
        Misconception(
            "always-class-zero",
            _always(lambda y_train, y_test: 0),
            "A fixed class is answered. Which one is commonest depends on the training set: count.",
            variants=(
                _always(lambda y_train, y_test: y_train.min()),
                _always(lambda y_train, y_test: 1),
            ),
        ),
        Misconception(
            "rarest-label",
            _always(
                lambda y_train, y_test: np.unique(y_train)[
                    np.unique(y_train, return_counts=True)[1].argmin()
                ]
            ),
            "That answers the rarest class: `argmin` where `argmax` belongs.",
            variants=(_always(lambda y_train, y_test: np.bincount(y_train).argmin()),),
        ),
        Misconception(
            "middle-of-the-labels",
            _always(lambda y_train, y_test: round(float(np.mean(y_train)))),
            "The mean or the median of class numbers is no class: three examples of class 0 and "
            "one of class 4 do not make class 1. Count.",
            variants=(
                _always(lambda y_train, y_test: int(np.mean(y_train))),
                _always(lambda y_train, y_test: np.median(y_train)),
                _always(lambda y_train, y_test: np.mean(y_train)),
            ),
        ),
        Misconception(
            "first-label",
            _always(lambda y_train, y_test: y_train[0]),
            "That answers the class of a single training example, the first or the last. Which "
            "class is commonest, all of them together say: count.",
            variants=(_always(lambda y_train, y_test: y_train[-1]),),
        ),
        Misconception(
            "two-classes-assumed",
            lambda y_train, y_test: max(np.mean(y_test), 1.0 - np.mean(y_test)),
            "The mean of the classes is the share of class 1 only if there are two classes, 0 and "
            "1. Count each class.",
            variants=(
                lambda y_train, y_test: max(np.mean(y_train), 1.0 - np.mean(y_train)),
                lambda y_train, y_test: np.mean(y_test),
                lambda y_train, y_test: np.mean(y_train),
                _always(lambda y_train, y_test: int(np.mean(y_train) > 0.5)),
            ),
        ),
        Misconception(
            "guessing-at-random",
            lambda y_train, y_test: 1.0 / len(np.unique(y_train)),
            "That is what guessing at random earns. Always giving the commonest class is "
            "not guessing, and where classes are of unequal size it earns more.",
            variants=(
                lambda y_train, y_test: 1.0 / (y_train.max() + 1),
                lambda y_train, y_test: 1.0 / len(np.unique(np.concatenate([y_train, y_test]))),
            ),
        ),
        Misconception(
            "guessing-in-proportion",
            lambda y_train, y_test: _shares(y_train, y_train) @ _shares(y_test, y_train),
            "That is what guessing each class as often as it occurs earns. The baseline always "
            "gives the same class, the commonest one.",
            variants=(
                lambda y_train, y_test: (_shares(y_train, y_train) ** 2).sum(),
                lambda y_train, y_test: (_shares(y_test, y_test) ** 2).sum(),
            ),
        ),
        Misconception(
            "error-for-accuracy",
            lambda y_train, y_test: 1.0 - majority_baseline(y_train, y_test),
            "That is the share of wrong answers. The accuracy is the share of right ones.",
        ),
        Misconception(
            "percent",
            lambda y_train, y_test: 100.0 * majority_baseline(y_train, y_test),
            "That is a percentage. Return a fraction, from 0 to 1.",
            variants=tuple(_rounded(digits, 100.0) for digits in (0, 1, 2)),
        ),
        Misconception(
            "count-for-fraction",
            lambda y_train, y_test: np.sum(y_test == _commonest(y_train)),
            "That is a number of examples. Divide by how many there are: "
            "`np.mean(y_test == commonest)` does.",
            variants=(lambda y_train, y_test: np.sum(y_train == _commonest(y_train)),),
        ),
        Misconception(
            "fraction-dropped",
            lambda y_train, y_test: np.sum(y_test == _commonest(y_train)) // len(y_test),
            "`//`, or `int`, drops the fraction, so that every share below 1 becomes 0. Divide "
            "with `/`.",
        ),
        Misconception(
            "divided-by-the-training-set",
            lambda y_train, y_test: np.sum(y_test == _commonest(y_train)) / len(y_train),
            "The right answers in `y_test` are divided by the number of training sequences, "
            "`len(y_train)`. Divide by how many were answered: `len(y_test)`.",
        ),
        Misconception(
            "label-returned",
            lambda y_train, y_test: _commonest(y_train),
            "That is a class. Now answer it for every example of the test set: which fraction of "
            "`y_test` equals it?",
            variants=(lambda y_train, y_test: _commonest(y_test),),
        ),
        Misconception(
            "answers-returned",
            lambda y_train, y_test: np.full(len(y_test), _commonest(y_train)),
            "That is something for each test example. One number is wanted, the fraction of right "
            "answers: `np.mean(y_test == commonest)`.",
            variants=(lambda y_train, y_test: (y_test == _commonest(y_train)).astype(float),),
        ),
        Misconception(
            "rounded",
            _rounded(2),
            "The fraction is rounded. Return it as it is; round when you print.",
            variants=tuple(map(_rounded, (1, 3, 4))),
        ),
    ),
    hints=(
        "Which classes may the baseline look at before it answers, and on which is it then scored?",
        "`np.unique(y_train, return_counts=True)` gives the classes and how often each occurs. "
        "Take the class with the largest count, and compare every entry of `y_test` with it.",
        "`classes, counts = np.unique(y_train, return_counts=True)`, "
        "`commonest = classes[counts.argmax()]`, and the mean of `y_test == commonest`.",
    ),
)


# --- train_step -------------------------------------------------------------------------------

_LSTM = ("W_x", "W_h", "b")
_HEAD = ("W_y", "b_y")
_KEYS = _LSTM + _HEAD


def train_step(params, batch, m, v, t, lr=1e-2, max_norm=1.0):
    """Take one training step of an LSTM that classifies sequences.

    Parameters
    ----------
    params : dict of ndarray
        ``W_x (D, 4H)``, ``W_h (H, 4H)``, ``b (4H,)`` of the LSTM; ``W_y (H, V)``, ``b_y (V,)`` of
        the linear head that reads its last hidden state.
    batch : tuple of ndarray
        Inputs ``xs (N, T, D)`` and class numbers ``targets (N,)``.
    m, v : dict of ndarray
        Adam's running means, with the same keys.
    t : int
        Number of this step, 1 for the first.
    lr : float, optional
        Learning rate.
    max_norm : float, optional
        Longest global norm of the gradients.

    Returns
    -------
    params, m, v : dict of ndarray
        New dicts of new arrays.
    loss : float
        Mean cross-entropy of the batch before the step, in nats.

    Examples
    --------
    >>> params = {"W_x": np.zeros((1, 8)), "W_h": np.zeros((2, 8)), "b": np.zeros(8)}
    >>> params |= {"W_y": np.zeros((2, 3)), "b_y": np.zeros(3)}
    >>> zeros = {key: np.zeros_like(array) for key, array in params.items()}
    >>> batch = np.ones((2, 4, 1)), np.array([0, 2])
    >>> new, m, v, loss = train_step(params, batch, zeros, zeros, t=1)
    >>> round(loss, 4), new["b_y"].round(4)
    (1.0986, array([ 0.01, -0.01,  0.01]))
    """
    xs, targets = batch
    zeros = np.zeros((len(xs), len(params["W_h"])))
    lstm = nn.LSTMParams(*(params[key] for key in _LSTM))
    hs, (h, _), tape = nn.lstm_layer_forward(xs, (zeros, zeros), lstm)
    logits = nn.linear_forward(h, params["W_y"], params["b_y"])
    loss, dlogits = nn.softmax_cross_entropy(logits, targets)
    dh, dW_y, db_y = nn.linear_backward(dlogits, h, params["W_y"])
    _, _, dlstm = nn.lstm_layer_backward(np.zeros_like(hs), (dh, zeros), tape)
    grads, _ = nn.clip_by_global_norm([*dlstm, dW_y, db_y], max_norm)
    steps = {
        key: nn.adam_step(params[key], grad, m[key], v[key], t, lr)
        for key, grad in zip(_KEYS, grads, strict=True)
    }
    params, m, v = ({key: step[k] for key, step in steps.items()} for k in range(3))
    return params, m, v, loss


def _norm(grads):
    return np.sqrt(sum(np.sum(g**2) for g in grads))


def _train_cases(rng: np.random.Generator) -> list[Case]:
    def draw(N, T, D, H, V):
        params = draw_lstm_weights(rng, D, H)._asdict()
        params |= {"W_y": rng.normal(0.0, 2.0, (H, V)), "b_y": rng.normal(0.0, 0.5, V)}
        batch = rng.normal(0.0, 1.0, (N, T, D)), rng.integers(0, V, N)
        m = {key: rng.normal(0.0, 0.1, array.shape) for key, array in params.items()}
        v = {key: rng.uniform(1e-3, 1e-2, array.shape) for key, array in params.items()}
        return params, batch, m, v

    def case(N, T, D, H, V, t, *rest, note, share, steep=0.0, flat=np.inf) -> Case:
        norms = [0.0]
        while min(norms) < 0.2 or max(norms) < steep or _norm(norms) > flat:
            params, batch, m, v = draw(N, T, D, H, V)
            grads = _trained({}, params, batch, m, v, t).grads
            norms = [_norm(grads[key] for key in part) for part in (_LSTM, _HEAD)]
        largest = max(np.abs(grad).max() for grad in grads.values())
        # Below the norm of either part and the largest entry, or above the norm of the whole.
        level = min(*norms, largest) if share < 1.0 else _norm(grads.values())
        sizes = {"N": N, "T": T, "D": D, "H": H, "V": V, "4H": 4 * H}
        args = params, batch, m, v, t, *rest
        return Case(args, sizes, {"max_norm": float(share * level)}, note)

    return [
        case(3, 5, 2, 4, 6, 2, note="gradients that are too long", share=0.6, steep=1.3),
        case(4, 6, 3, 2, 5, 7, 0.03, note="lr = 0.03", share=0.8),
        case(2, 4, 6, 5, 3, 30, note="gradients that are short enough", share=2.5, flat=0.9),
    ]


def _lstm(params):
    return nn.LSTMParams(*(params[key] for key in _LSTM))


def _at(s, step):
    """Gradients of all hidden states, of which one step's come from the loss."""
    dhs = np.zeros_like(s.hs)
    dhs[:, step] = s.dh
    return dhs


def _at_place(s, place, values):
    """Gradients of all hidden states, zeros but for one place."""
    dhs = np.zeros_like(s.hs)
    dhs[place] = values
    return dhs


def _clipped(grads, max_norm):
    return dict(zip(grads, nn.clip_by_global_norm(list(grads.values()), max_norm)[0], strict=True))


def _adam(s, keys=_KEYS, **changes):
    """Adam on some of the parameters; the others stay as they are."""
    given = {"grads": s.clipped, "m": s.m, "v": s.v, "t": [s.t] * len(keys), **changes}
    steps = {key: (s.params[key], s.m[key], s.v[key]) for key in _KEYS}
    for key, t in zip(keys, given["t"], strict=True):
        memory = given["m"][key], given["v"][key]
        steps[key] = nn.adam_step(s.params[key], given["grads"][key], *memory, t, s.lr)
    return steps


_TRAINING = {
    "start": lambda s: (np.zeros((s.N, s.H)), np.zeros((s.N, s.H))),
    "run": lambda s: nn.lstm_layer_forward(s.xs, s.start, _lstm(s.params)),
    "hs": lambda s: s.run[0],
    "c": lambda s: s.run[1][1],
    "read": lambda s: s.hs[:, -1],
    "logits": lambda s: s.read @ s.params["W_y"] + s.params["b_y"],
    "scored": lambda s: nn.softmax_cross_entropy(s.logits, s.targets),
    "loss": lambda s: s.scored[0],
    "dlogits": lambda s: s.scored[1],
    "dhead": lambda s: dict(zip(_HEAD, (s.read.T @ s.dlogits, s.dlogits.sum(axis=0)), strict=True)),
    "dh": lambda s: s.dlogits @ s.params["W_y"].T,
    "dhs": lambda s: _at(s, -1),
    "dstates": lambda s: s.zeros,
    "back": lambda s: nn.lstm_layer_backward(s.dhs, s.dstates, s.run[2]),
    "dlstm": lambda s: s.back[2]._asdict(),
    "grads": lambda s: {**s.dlstm, **s.dhead},
    "clipped": lambda s: _clipped(s.grads, s.max_norm),
    "steps": _adam,
    "new": lambda s: tuple({key: step[k] for key, step in s.steps.items()} for k in range(3)),
    "results": lambda s: (*s.new, s.loss),
}
"""The training step, stage by stage; a misconception exchanges one stage or more."""


def _trained(changes, params, batch, m, v, t, lr=1e-2, max_norm=1.0):
    xs, targets = batch
    N, T, _ = xs.shape
    H = len(params["W_h"])
    zeros = (np.zeros((N, H)), np.zeros((N, H)))
    return computed(
        _TRAINING, changes, params=params, xs=xs, targets=targets, m=m, v=v, t=t, lr=lr,
        max_norm=max_norm, N=N, T=T, H=H, zeros=zeros,
    )  # fmt: skip


def _train_with(**changes):
    def answer(params, batch, m, v, t, lr=1e-2, max_norm=1.0):
        return _trained(changes, params, batch, m, v, t, lr, max_norm).results

    return answer


def _clipped_apart(s, grads, *groups):
    """Clip groups of gradients each by its own norm; what is in no group stays as it is."""
    clipped = dict(grads)
    for group in groups:
        clipped.update(_clipped({key: grads[key] for key in group}, s.max_norm))
    return clipped


def _by_new_head(*groups):
    """Update the head first, and send the gradient back through the new W_y."""

    def dh(s):
        grad = _clipped_apart(s, s.dhead, *groups)["W_y"]
        new = nn.adam_step(s.params["W_y"], grad, s.m["W_y"], s.v["W_y"], s.t, s.lr)[0]
        return s.dlogits @ new.T

    return _train_with(dh=dh, clipped=lambda s: _clipped_apart(s, s.grads, _LSTM, *groups))


def _frozen(*keys, in_norm=False):
    """Leave some parameters as they are; their gradients may count in the norm or not."""
    others = tuple(key for key in _KEYS if key not in keys)

    def clipped(s):
        return _clipped({k: s.grads[k] for k in (_KEYS if in_norm else others)}, s.max_norm)

    return _train_with(clipped=clipped, steps=lambda s: _adam(s, others))


def _without_gradient(*keys):
    """Give some parameters a gradient of zero."""
    return _train_with(
        grads=lambda s: {k: g * (k not in keys) for k, g in {**s.dlstm, **s.dhead}.items()}
    )


def _factor_from(s, keys):
    """Measure the norm of some gradients, and scale all of them."""
    factor = min(1.0, s.max_norm / _norm(s.grads[key] for key in keys))
    return {key: grad * factor for key, grad in s.grads.items()}


def _loss_after(s):
    return (*s.new, _trained({}, s.new[0], (s.xs, s.targets), s.m, s.v, s.t).loss)


def _last_step_alone(s):
    """Backpropagate through the last step alone."""
    states = nn.lstm_layer_forward(s.xs[:, :-1], s.start, _lstm(s.params))[1]
    tape = nn.lstm_layer_forward(s.xs[:, -1:], states, _lstm(s.params))[2]
    return nn.lstm_layer_backward(s.dh[:, None], s.zeros, tape)


def _all(scale, arrays):
    return {key: array * scale for key, array in arrays.items()}


def _means_overwritten(params, batch, m, v, t, lr=1e-2, max_norm=1.0):
    grads, new = _trained({}, params, batch, m, v, t, lr, max_norm).clipped, {}
    for key in params:
        new[key], m, v = nn.adam_step(params[key], grads[key], m[key], v[key], t, lr)
    return new, m, v, 0.0


def _clipped_with_its_norm(params, batch, m, v, t, lr=1e-2, max_norm=1.0):
    grads = _trained({}, params, batch, m, v, t, lr, max_norm).grads
    pair = nn.clip_by_global_norm(list(grads.values()), max_norm)
    return dict(zip(_KEYS, pair, strict=True))


def _five_of_two(s):
    dW_x, dW_h, db, dW_y, db_y = list(nn.clip_by_global_norm([*s.grads.values()], s.max_norm))
    return dict(zip(_KEYS, (dW_x, dW_h, db, dW_y, db_y), strict=True))


# The stages of a batch of one sequence that depend on its size.
_ONE = {
    "N": lambda s: 1,
    "zeros": lambda s: tuple(zero[:1] for zero in s.zeros),
}

_SCALED = {
    "grads": _TRAINING["grads"],
    "clipped": _TRAINING["clipped"],
}
"""Where gradients are scaled, all at once: before they are clipped, or after."""


def _train_in_place(names):
    """Right results, written into some of the caller's dicts."""

    def answer(params, batch, m, v, t, lr=1e-2, max_norm=1.0):
        results = train_step(params, batch, m, v, t, lr, max_norm)
        for name, old, now in zip(("params", "m", "v"), (params, m, v), results, strict=False):
            if name in names:
                old.update(now)
        return results

    return answer


def _keyed(name):
    axes = (("D", "4H"), ("H", "4H"), ("4H",), ("H", "V"), ("V",))
    items = tuple(Output(key, shape) for key, shape in zip(_KEYS, axes, strict=True))
    return Output(name, items=items, keyed=True)


TRAIN_STEP = Exercise(
    name="train_step",
    lesson="05",
    title="One training step, from your own pieces",
    points=4,
    minutes=12,
    reference=train_step,
    cases=_train_cases,
    outputs=(_keyed("params"), _keyed("m"), _keyed("v"), Output("loss")),
    may_call=(
        "clip_by_global_norm",
        "lstm_step",
        "lstm_forward",
        "lstm_step_backward",
        "lstm_backward",
        "softmax_cross_entropy",
        "adam_step",
    ),
    library=(
        "nn.LSTMParams",
        "nn.lstm_layer_forward",
        "nn.lstm_layer_backward",
        "nn.linear_forward",
        "nn.linear_backward",
    ),
    # As loose as clip_by_global_norm, which may have been written with PyTorch's + 1e-6.
    rtol=1e-5,
    atol=1e-6,
    misconceptions=(
        Misconception(
            "not-clipped",
            _train_with(clipped=lambda s: s.grads),
            "The gradients reach Adam as long as they are: clipping is missing, its result is not "
            "used, or it comes after the step. Clip all five together, then hand the clipped ones "
            "to `adam_step`.",
        ),
        Misconception(
            "parameters-clipped",
            _train_with(
                clipped=lambda s: s.grads,
                results=lambda s: (_clipped(s.new[0], s.max_norm), *s.new[1:], s.loss),
            ),
            "The parameters are clipped after the step. It is the gradients that may be too long: "
            "clip them before the step, and leave the parameters alone.",
            variants=(
                _train_with(results=lambda s: (_clipped(s.new[0], s.max_norm), *s.new[1:], s.loss)),
            ),
        ),
        Misconception(
            "clipped-one-by-one",
            _train_with(clipped=lambda s: _clipped_apart(s, s.grads, *zip(_KEYS, strict=True))),
            "The gradients are clipped by several norms, so that they no longer point where the "
            "loss falls fastest. Put all five into one list: one norm, one factor.",
            variants=(_train_with(clipped=lambda s: _clipped_apart(s, s.grads, _LSTM, _HEAD)),),
        ),
        Misconception(
            "clipped-before-all-are-there",
            _train_with(clipped=lambda s: _clipped_apart(s, s.grads, _LSTM)),
            "Only some of the gradients are clipped. Gather all five first, those of the LSTM and "
            "those of the head; one norm over all of them, one factor for all.",
            variants=(
                _train_with(clipped=lambda s: _clipped_apart(s, s.grads, _HEAD)),
                _train_with(clipped=lambda s: _clipped_apart(s, s.grads, ("W_x", "W_h", "W_y"))),
                _train_with(clipped=lambda s: _factor_from(s, _LSTM)),
                _train_with(clipped=lambda s: _factor_from(s, ("W_x", "W_h", "W_y"))),
            ),
        ),
        Misconception(
            "values-clipped",
            _train_with(
                clipped=lambda s: {
                    k: np.clip(g, -s.max_norm, s.max_norm) for k, g in s.grads.items()
                }
            ),
            "Single entries are cut off at ±max_norm, which changes the direction. Scale all "
            "gradients by one factor: `clip_by_global_norm`.",
        ),
        Misconception(
            "small-gradients-scaled-up",
            _train_with(clipped=lambda s: _all(s.max_norm / _norm(s.grads.values()), s.grads)),
            "Gradients that are short enough are made longer. Clipping only shortens: multiply by "
            "max_norm / norm only if the norm is above max_norm.",
        ),
        Misconception(
            "always-of-length-one",
            _train_with(clipped=lambda s: _all(1.0 / _norm(s.grads.values()), s.grads)),
            "The gradients are always brought to length 1, also where they are shorter, and "
            "`max_norm` plays no part. Clipping only shortens: multiply by max_norm / norm if the "
            "norm is above max_norm.",
        ),
        Misconception(
            "max-norm-ignored",
            _train_with(max_norm=lambda s: 1.0),
            "`max_norm` plays no part: the gradients are clipped to length 1. Hand it on.",
        ),
        Misconception(
            "dict-handed-to-clipping",
            _train_with(clipped=lambda s: nn.clip_by_global_norm(s.grads, s.max_norm)[0]),
            "A loop over a dict gives its keys, which are texts, and `clip_by_global_norm` wants "
            "arrays. Hand it `list(grads.values())`, and put what comes back under its keys again.",
            variants=(
                _train_with(clipped=lambda s: [g**2 for g in s.grads]),
                _train_with(clipped=lambda s: [np.square(g) for g in s.grads]),
                _train_with(clipped=lambda s: [np.linalg.norm(g) for g in s.grads]),
            ),
        ),
        Misconception(
            "clipping-not-unpacked",
            _clipped_with_its_norm,
            "`clip_by_global_norm` returns two things, the list of clipped gradients and the old "
            "norm. Take them apart: `grads, norm = clip_by_global_norm(…)`.",
            variants=(
                # Without strict=True in the zip a list gets into Adam.
                _train_with(steps=lambda s: list(s.clipped.values()) * s.lr),
                _train_with(steps=lambda s: list(s.clipped.values()) ** s.t),
                _train_with(clipped=_five_of_two),
            ),
        ),
        Misconception(
            "all-steps-into-the-head-gradient",
            _train_with(dhead=lambda s: nn.linear_backward(s.dlogits, s.hs, s.params["W_y"])),
            "`linear_backward` gets the hidden states of all steps. It wants what the head read: "
            "`linear_backward(dlogits, hs[:, -1], W_y)`.",
        ),
        Misconception(
            "gradient-of-one-step-for-all",
            _train_with(dhs=lambda s: s.dh),
            "`lstm_layer_backward` gets `dh`, of shape (N, H). It wants a gradient for every step, "
            "(N, T, H): zeros like hs, and `dhs[:, -1] = dh`.",
        ),
        Misconception(
            "loss-not-last",
            _train_with(results=lambda s: (s.loss, *s.new)),
            "The results come in another order. Return the three dicts first, then the loss: "
            "`return params, m, v, loss`.",
            variants=(
                _train_with(results=lambda s: (s.new[0], s.loss, *s.new[1:])),
                _train_with(results=lambda s: (*s.new[:2], s.loss, s.new[2])),
            ),
        ),
        Misconception(
            "means-overwritten-in-the-loop",
            _means_overwritten,
            "In the loop `m` and `v` become arrays, so that at the next key `m[key]` fails. Keep "
            "the dicts and fill new ones: `new_m[key]`, `new_v[key]`.",
        ),
        Misconception(
            "means-start-anew",
            _train_with(m=lambda s: _all(0.0, s.m), v=lambda s: _all(0.0, s.v)),
            "Adam starts from zero at every step: its memory, m and v, is not used. Hand `m[key]` "
            "and `v[key]` on.",
            variants=(
                _train_with(m=lambda s: _all(0.0, s.m), v=lambda s: _all(0.0, s.v), t=lambda s: 1),
            ),
        ),
        Misconception(
            "means-returned-unchanged",
            _train_with(results=lambda s: (s.new[0], s.m, s.v, s.loss)),
            "m or v comes back as it came in, so Adam remembers nothing of this step. Return what "
            "`adam_step` gave you.",
            variants=(
                _train_with(results=lambda s: (s.new[0], s.m, s.new[2], s.loss)),
                _train_with(results=lambda s: (s.new[0], s.new[1], s.v, s.loss)),
            ),
        ),
        Misconception(
            "old-parameters-returned",
            _train_with(results=lambda s: (s.params, *s.new[1:], s.loss)),
            "The parameters come back as they came in. Return the new ones.",
        ),
        Misconception(
            "means-exchanged",
            _train_with(results=lambda s: (s.new[0], s.new[2], s.new[1], s.loss)),
            "m and v are exchanged, on the way into `adam_step` or on the way out. It takes "
            "`(param, grad, m, v, t)` and returns `param, m, v`.",
            variants=(_train_with(steps=lambda s: _adam(s, m=s.v, v=s.m)),),
        ),
        Misconception(
            "step-number-shifted",
            _train_with(t=lambda s: s.t + 1),
            "Adam gets another step number than t. t counts from 1 already: hand it on as it is.",
            variants=(_train_with(t=lambda s: s.t - 1), _train_with(t=lambda s: 1)),
        ),
        Misconception(
            "step-counted-for-each-array",
            _train_with(steps=lambda s: _adam(s, t=range(s.t, s.t + 5))),
            "The step number grows from array to array. All five take the same step: raise t once "
            "for a batch, outside the loop over the parameters; here it is given.",
            variants=(_train_with(steps=lambda s: _adam(s, t=range(s.t + 1, s.t + 6))),),
        ),
        Misconception(
            "learning-rate-ignored",
            _train_with(lr=lambda s: 1e-3),
            "`lr` plays no part: `adam_step` has a default of its own, 1e-3. Hand yours on.",
            variants=(_train_with(lr=lambda s: 1e-2),),
        ),
        Misconception(
            "uphill",
            _train_with(
                results=lambda s: (
                    {key: 2 * s.params[key] - s.new[0][key] for key in _KEYS},
                    *s.new[1:],
                    s.loss,
                )
            ),
            "The step goes uphill. `adam_step` subtracts already: hand it the gradient with the "
            "sign that it has, and use the parameter that it returns.",
            variants=(_train_with(steps=lambda s: _adam(s, grads=_all(-1.0, s.clipped))),),
        ),
        Misconception(
            "plain-descent",
            _train_with(
                new=lambda s: (
                    {key: s.params[key] - s.lr * s.clipped[key] for key in _KEYS},
                    s.m,
                    s.v,
                )
            ),
            "The step is lr times the gradient, or times its mean. Adam also divides it by the "
            "root of v: call `adam_step` for each array.",
            variants=(
                _train_with(
                    results=lambda s: (
                        {key: s.params[key] - s.lr * s.clipped[key] for key in _KEYS},
                        *s.new[1:],
                        s.loss,
                    )
                ),
                _train_with(
                    results=lambda s: (
                        {key: s.params[key] - s.lr * s.new[1][key] for key in _KEYS},
                        *s.new[1:],
                        s.loss,
                    )
                ),
            ),
        ),
        Misconception(
            "loss-after-the-step",
            _train_with(results=_loss_after),
            "The loss is that of the new parameters. Report the one from which the gradients came; "
            "a second forward pass is not needed.",
        ),
        Misconception(
            "gradient-at-every-step",
            _train_with(dhs=lambda s: np.repeat(s.dh[:, None], s.T, axis=1)),
            "The head's gradient is fed in at every step. Only the last hidden state was read, so "
            "only it gets one: `dhs[:, -1] = dh`, zeros elsewhere.",
            variants=(_train_with(dhs=lambda s: np.repeat(s.dh[:, None], s.T, axis=1) / s.T),),
        ),
        Misconception(
            "gradient-at-the-first-step",
            _train_with(dhs=lambda s: _at(s, 0)),
            "The head's gradient is fed in at the first step, but the last one was read: "
            "`dhs[:, -1] = dh`. From there it travels back by itself.",
        ),
        Misconception(
            "gradient-one-step-too-early",
            _train_with(dhs=lambda s: _at(s, -2)),
            "The head's gradient is fed in one step too early, at the last step but one. The last "
            "one was read: `dhs[:, -1] = dh`.",
        ),
        Misconception(
            "gradient-into-the-last-sequence",
            _train_with(dhs=lambda s: _at_place(s, -1, s.dh)),
            "`dhs[-1]` is the last sequence of the batch, with all its steps. The last step of "
            "every sequence is `dhs[:, -1] = dh`.",
            variants=(
                _train_with(dhs=lambda s: _at_place(s, -1, s.dh[-1])),
                _train_with(dhs=lambda s: _at_place(s, -1, s.dh.mean(axis=0))),
                _train_with(dhs=lambda s: _at_place(s, -1, s.dh.sum(axis=0))),
            ),
        ),
        Misconception(
            "gradient-for-one-sequence",
            _train_with(dhs=lambda s: _at_place(s, (0, -1), s.dh[0])),
            "Only one sequence of the batch sends its gradient back. Every one has a last step: "
            "`dhs[:, -1] = dh`, with the whole of dh.",
            variants=(
                _train_with(dhs=lambda s: _at_place(s, (-1, -1), s.dh[-1])),
                _train_with(xs=lambda s: s.xs[:1], targets=lambda s: s.targets[:1], **_ONE),
                _train_with(xs=lambda s: s.xs[-1:], targets=lambda s: s.targets[-1:], **_ONE),
            ),
        ),
        Misconception(
            "gradient-for-one-unit",
            _train_with(dhs=lambda s: _at_place(s, (slice(None), -1, 0), s.dh[:, 0])),
            "Only one hidden unit gets a gradient. The head reads all of them: `dhs[:, -1] = dh`, "
            "which fills N times H numbers.",
            variants=(
                _train_with(dhs=lambda s: _at_place(s, (slice(None), -1, -1), s.dh[:, -1])),
                _train_with(dhs=lambda s: _at_place(s, (slice(None), -1, -1), s.dh)),
            ),
        ),
        Misconception(
            "share-without-the-truth",
            _train_with(dh=lambda s: softmax(s.logits) / s.N @ s.params["W_y"].T),
            "What goes back is the share p. It is the share minus the truth, "
            "(p - [v = y_n]) / N, which `softmax_cross_entropy` returns as `dlogits`.",
            variants=(
                _train_with(dh=lambda s: softmax(s.logits) @ s.params["W_y"].T),
                _train_with(dlogits=lambda s: softmax(s.logits) / s.N),
                _train_with(dlogits=lambda s: softmax(s.logits)),
            ),
        ),
        Misconception(
            "gradient-of-a-sum",
            _train_with(dlogits=lambda s: s.scored[1] * s.N),
            "A gradient is N times too large. The loss is a mean over the batch, and "
            "`softmax_cross_entropy` divided by N already: use its `dlogits` as they are.",
            variants=(
                _train_with(dh=lambda s: s.dlogits @ s.params["W_y"].T * s.N),
                _train_with(dhead=lambda s: _all(s.N, _TRAINING["dhead"](s))),
                _train_with(clipped=lambda s: _all(s.N, _clipped(s.grads, s.max_norm))),
            ),
        ),
        Misconception(
            "gradient-fed-in-twice",
            _train_with(dstates=lambda s: (s.dh, s.zeros[1])),
            "The head's gradient is fed in twice: as that of the last output, and as that of the "
            "last state, which is the same number. Once is enough.",
        ),
        Misconception(
            "gradient-into-the-cell",
            _train_with(dhs=lambda s: np.zeros_like(s.hs), dstates=lambda s: (s.zeros[0], s.dh)),
            "The head's gradient is fed into the cell state. The head reads the hidden state: "
            "nothing but later steps sends a gradient into c, and after the last there are none.",
            variants=(_train_with(dstates=lambda s: (s.zeros[0], s.dh)),),
        ),
        Misconception(
            "backpropagated-through-one-step",
            _train_with(back=_last_step_alone),
            "The gradient goes back through the last step only. What came earlier shaped that "
            "state as well: go back to the first step, with `lstm_layer_backward`.",
        ),
        Misconception(
            "new-head-on-the-way-back",
            _by_new_head(_HEAD),
            "The head is updated first, and the gradient goes back through its new weights. Every "
            "gradient belongs to the old parameters: compute all of them, then update.",
            variants=(_by_new_head(),),
        ),
        Misconception(
            "lstm-not-trained",
            _frozen(*_LSTM),
            "The head learns, and the LSTM stays as it was. Send dh back through it with "
            "`lstm_layer_backward`, and update its three arrays, too.",
            variants=(_frozen(*_LSTM, in_norm=True), _without_gradient(*_LSTM)),
        ),
        Misconception(
            "head-not-trained",
            _frozen(*_HEAD),
            "The LSTM learns, and the head stays as it was. `W_y` and `b_y` have gradients as "
            "well: `linear_backward` gives them.",
            variants=(_frozen(*_HEAD, in_norm=True), _without_gradient(*_HEAD)),
        ),
        Misconception(
            "array-not-trained",
            _frozen("b", "b_y"),
            "Not all five arrays learn. Each of `W_x`, `W_h`, `b`, `W_y` and `b_y` needs its "
            "gradient and its step.",
            variants=(
                _frozen("b", "b_y", in_norm=True),
                _without_gradient("b", "b_y"),
                *(_frozen(key, in_norm=part) for key in _KEYS for part in (False, True)),
                *map(_without_gradient, _KEYS),
            ),
        ),
        Misconception(
            "scaled-once-more",
            _train_with(dlogits=lambda s: s.scored[1] / s.N),
            "Gradients are divided once more, by the number of sequences, steps or arrays. "
            "`softmax_cross_entropy` took the mean over the batch already, and steps add up.",
            variants=(
                *(
                    _train_with(**{stage: lambda s, by=by, of=of: _all(1 / by(s), of(s))})
                    for stage, of in _SCALED.items()
                    for by in (lambda s: s.N, lambda s: s.T, lambda s: 3, lambda s: 5)
                ),
                _train_with(dlstm=lambda s: _all(1 / s.N, s.back[2]._asdict())),
                _train_with(dlstm=lambda s: _all(1 / s.T, s.back[2]._asdict())),
            ),
        ),
        Misconception(
            "cell-state-read",
            _train_with(
                read=lambda s: s.c,
                dhs=lambda s: np.zeros_like(s.hs),
                dstates=lambda s: (s.zeros[0], s.dh),
            ),
            "The head reads the cell state. What an LSTM shows to others is its hidden state: the "
            "last of `hs`.",
            variants=(_train_with(read=lambda s: s.c),),
        ),
        Misconception(
            "first-step-read",
            _train_with(read=lambda s: s.hs[:, 0], dhs=lambda s: _at(s, 0)),
            "The head reads the first hidden state, which has seen one input. Read the last: "
            "`hs[:, -1]`.",
            variants=(_train_with(read=lambda s: s.hs[:, 0]),),
        ),
        Misconception(
            "averaged-over-time",
            _train_with(
                read=lambda s: s.hs.mean(axis=1),
                dhs=lambda s: np.repeat(s.dh[:, None], s.T, axis=1) / s.T,
            ),
            "The head reads the mean or the sum of all hidden states. Here it reads the last one "
            "only, so that the state has to carry everything there: `hs[:, -1]`.",
            variants=(
                _train_with(read=lambda s: s.hs.mean(axis=1)),
                _train_with(
                    read=lambda s: s.hs.sum(axis=1),
                    dhs=lambda s: np.repeat(s.dh[:, None], s.T, axis=1),
                ),
                _train_with(read=lambda s: s.hs.sum(axis=1)),
            ),
        ),
        Misconception(
            "last-sequence-read",
            _train_with(read=lambda s: s.hs[-1]),
            "`hs[-1]` is the last sequence of the batch, with all its steps. The last step of "
            "every sequence is `hs[:, -1]`.",
        ),
        Misconception(
            "all-steps-read",
            _train_with(read=lambda s: s.hs),
            "The head reads every step, so there are logits for every step, (N, T, V). There is "
            "one target for a sequence: read `hs[:, -1]`.",
        ),
        Misconception(
            "head-bias-left-out",
            _train_with(logits=lambda s: s.read @ s.params["W_y"]),
            "The logits lack the bias of the head: h @ W_y + b_y.",
        ),
        Misconception(
            "softmax-twice",
            _train_with(
                logits=lambda s: softmax(s.read @ s.params["W_y"] + s.params["b_y"]),
            ),
            "`softmax_cross_entropy` applies the softmax itself. Hand it the logits as they are.",
        ),
        Misconception(
            "start-states-not-zero",
            _train_with(start=lambda s: (s.zeros[0] + 1.0, s.zeros[1] + 1.0)),
            "The sequence does not start from zero states: h and c are zeros of shape (N, H).",
            variants=(
                _train_with(start=lambda s: (s.zeros[0] + 1.0, s.zeros[1])),
                _train_with(start=lambda s: (s.zeros[0], s.zeros[1] + 1.0)),
            ),
        ),
        Misconception(
            "changed-input",
            _train_in_place(("params", "m", "v")),
            "`train_step` changed its arguments: `params[key] = …` writes into the caller's dict, "
            "and `+=` into the caller's arrays. Fill new dicts, `new_params[key] = …`, or copy "
            "each dict first: `dict(params)`.",
            variants=tuple(map(_train_in_place, (("params",), ("m", "v"), ("m",), ("v",)))),
        ),
    ),
    hints=(
        "There are five stages, each one call or two: run forward, measure the loss, go back, "
        "clip, step. Which arrays does each stage hand to the next?",
        "Zero states; `lstm_layer_forward`; logits from hs[:, -1]; `softmax_cross_entropy`; "
        "`linear_backward`; a dhs of zeros whose last step is dh; `lstm_layer_backward`. Clip the "
        "five gradients in one list, then call `adam_step` for each key.",
        "`dhs = np.zeros_like(hs)`, `dhs[:, -1] = dh`. After clipping: `for key, grad in "
        "zip(keys, clipped): new_params[key], new_m[key], new_v[key] = adam_step(params[key], "
        "grad, m[key], v[key], t, lr)`. The loss is the one that you have.",
    ),
)

EXERCISES = (SOFTMAX_CROSS_ENTROPY, ADAM_STEP, TRAIN_STEP, MAJORITY_BASELINE)

QUIZ = (
    Question(
        "A classifier gets 100 % of the test set right. You look at the labels: every one of them "
        "is 0. What has the network shown?",
        (
            Choice(
                "That it has found the rule behind the labels.",
                "There is no rule to find where every answer is the same. A function that returns "
                "0 does as well.",
            ),
            Choice(
                "Nothing: the majority baseline gets 100 %, too.",
                "Right. An accuracy says something only beside that of the simplest answer.",
                correct=True,
            ),
            Choice(
                "That it overfits, since no network gets 100 %.",
                "Overfitting shows as a difference between training and test set. Here is none: "
                "both are trivial.",
            ),
        ),
    ),
    Question(
        "On the adding problem with T = 100 the loss of a plain RNN stays at its baseline, that of "
        "the same answer for every sequence. Why?",
        (
            Choice(
                "A plain RNN cannot keep a number that long, whatever its weights.",
                "Some weights can: a unit that copies itself keeps a small number for a long "
                "time. The question is whether training finds them.",
            ),
            Choice(
                "The gradient that could tell it what to keep fades on its way back to the marked "
                "steps.",
                "Right. What is left to learn from is the mean of the targets, and that is the "
                "baseline.",
                correct=True,
            ),
            Choice(
                "The gradients explode, and clipping makes every step too small.",
                "Clipping shortens all gradients by one factor, and Adam divides by their size "
                "anyway. What is missing is the early steps' share.",
            ),
        ),
    ),
    Question(
        "Of 32 cells trained on the river, the one that follows temperature most closely has a "
        "correlation of -0.8 with it. What does that show?",
        (
            Choice(
                "That this cell stores snow.",
                "Snow falls as temperature does, but so does much else that has a season. A "
                "correlation does not tell them apart.",
            ),
            Choice(
                "That it moves with temperature; whether more than the best of 32 cells of an "
                "untrained network does is still to be measured.",
                "Right. The best of many is high by choice alone, and an untrained cell that is "
                "fed temperature follows it as well. The comparison decides.",
                correct=True,
            ),
            Choice(
                "Nothing, since correlations between time series are always spurious.",
                "It can be put to the test: against untrained cells, in other years, or by "
                "changing the temperature that the network sees.",
            ),
        ),
    ),
)
