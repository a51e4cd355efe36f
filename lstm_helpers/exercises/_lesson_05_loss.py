"""Lesson 05: softmax and cross-entropy."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from lstm_helpers import nn
from lstm_helpers.checks import Case, Exercise, Misconception, Output


def computed(stages, changes, **values):
    """Compute a result stage after stage, with some of the formulas exchanged.

    Parameters
    ----------
    stages : dict
        Names and formulas, in order; each formula takes what is known so far.
    changes : dict
        Formulas to use instead. Those of other names come before all stages.
    **values
        What is known at the start.

    Returns
    -------
    SimpleNamespace
        Everything that was given or computed, by name.

    Examples
    --------
    >>> computed({"b": lambda s: 2 * s.a}, {"a": lambda s: s.a + 1}, a=3).b
    8
    """
    s = SimpleNamespace(**values)
    before = {name: formula for name, formula in changes.items() if name not in stages}
    for name, formula in {**before, **stages, **changes}.items():
        setattr(s, name, formula(s))
    return s


def _entropy_cases(rng: np.random.Generator) -> list[Case]:
    def case(N: int, V: int, highest: int, note: str = "") -> Case:
        logits, targets = rng.normal(0.0, 1.5, (N, V)), rng.integers(0, highest + 1, N)
        return Case((logits, targets), {"N": N, "V": V}, note=note)

    large = case(4, 3, highest=2, note="logits near 1000 and near -1000")
    large.args[0][::2] += 1000.0
    large.args[0][1::2] -= 1000.0
    apart = case(3, 4, highest=2, note="logits that are 1000 apart")
    apart.args[0][::2, -1] += 1000.0  # a class that is not the right one
    return [
        case(3, 5, highest=3),  # the last class does not occur
        case(7, 4, highest=3),
        case(1, 3, highest=1, note="a single example"),
        large,
        apart,
    ]


def softmax(z):
    """Turn the logits of each row into shares.

    Parameters
    ----------
    z : ndarray (N, V)
        Logits.

    Returns
    -------
    ndarray (N, V)
        Rows that sum to 1.

    Examples
    --------
    >>> softmax(np.array([[1000.0, 1000.0]]))
    array([[0.5, 0.5]])
    """
    exponentials = np.exp(z - _row(np.max, z))
    return exponentials / _row(np.sum, exponentials)


def _row(function, z):
    return function(z, axis=1, keepdims=True)


_LOSS = {
    "shifted": lambda s: s.z - _row(np.max, s.z),
    "p": lambda s: np.exp(s.shifted) / _row(np.sum, np.exp(s.shifted)),
    "log_p": lambda s: s.shifted - np.log(_row(np.sum, np.exp(s.shifted))),
    "onehot": lambda s: np.eye(s.V)[s.targets],
    "picked": lambda s: s.log_p[s.rows, s.targets],
    "loss": lambda s: -s.picked.mean(),
    "dlogits": lambda s: (s.p - s.onehot) / s.N,
    "results": lambda s: (s.loss, s.dlogits),
}
"""The loss, stage by stage; a misconception exchanges one stage or more."""


def _loss_with(**changes):
    def answer(logits, targets):
        N, V = logits.shape
        values = {"z": logits, "targets": targets, "N": N, "V": V, "rows": np.arange(N)}
        return computed(_LOSS, changes, **values).results

    return answer


# What often comes along with another mistake.
_UNDIVIDED = {"dlogits": lambda s: s.p - s.onehot}
_SUMMED = {**_UNDIVIDED, "loss": lambda s: -s.picked.sum()}


def _log_of_p(s):
    return np.log(s.p)


def _by_onehot(s):
    return (s.onehot * s.log_p).sum(axis=1)


def _softmax_forms(axis, *shifts):
    """Softmax over an axis after a shift, with its logarithm taken in three ways."""

    def total(s):
        return np.sum(np.exp(s.shifted), axis=axis, keepdims=True)

    forms = []
    for shift in shifts:
        p = {"shifted": shift, "p": lambda s: np.exp(s.shifted) / total(s)}
        forms += [
            _loss_with(**p, log_p=_log_of_p),
            _loss_with(**p, log_p=lambda s: s.shifted - np.log(total(s))),
            _loss_with(**p, log_p=_log_of_p, picked=_by_onehot),
        ]
    return forms


def _unshifted(s):
    return s.z


def _by_largest_of_all(s):
    return s.z - s.z.max()


def _by_column(s):
    return s.z - s.z.max(axis=0)


def _by_mean(s):
    return s.z - _row(np.mean, s.z)


_OVERFLOWING = _softmax_forms(1, _unshifted)
_WRONG_AXIS = _softmax_forms(0, _by_column, _LOSS["shifted"], _unshifted)
_WHOLE_ARRAY = _softmax_forms(None, _by_largest_of_all, _unshifted)


def _overflowing_p(s):
    return np.exp(s.z) / _row(np.sum, np.exp(s.z))


def _overflowing_log_p(s):
    return s.z - np.log(_row(np.sum, np.exp(s.z)))


def _dodges():
    """What is done to keep the logarithm of 0 finite."""
    for least in (1e-12, 1e-15, 1e-10, 1e-9, 1e-8, 1e-7):
        added = {"log_p": lambda s, least=least: np.log(s.p + least)}
        yield _loss_with(**added)
        yield _loss_with(**added, p=_overflowing_p)
        if least > 1e-10:
            yield _loss_with(log_p=lambda s, k=least: np.log(np.clip(s.p, k, 1.0 - k)))


_DODGES = tuple(_dodges())


def _decremented(p, *where):
    p = p.copy()
    p[where] -= 1.0
    return p


def _every_target():
    """Every row with every target, of a share whose logarithm is that of 0 as well."""
    gradients = (
        {},
        _UNDIVIDED,
        {"dlogits": lambda s: _decremented(s.p, slice(None), s.targets) / s.N},
        {"dlogits": lambda s: _decremented(s.p, slice(None), s.targets)},
    )
    for p in ({}, {"p": _overflowing_p}):
        for gradient in gradients:
            picked = {"picked": lambda s: np.log(s.p[:, s.targets])}
            yield _loss_with(**p, **picked, **gradient)


_EVERY_TARGET = tuple(_every_target())


def _filled(s, *where):
    table = np.zeros((s.N, s.V))
    table[where] = 1.0
    return table


def _on_the_callers_array(logits, targets):
    logits -= logits.max(axis=1, keepdims=True)
    return nn.softmax_cross_entropy(logits, targets)


SOFTMAX_CROSS_ENTROPY = Exercise(
    name="softmax_cross_entropy",
    lesson="05",
    title="Softmax and cross-entropy",
    points=2,
    minutes=8,
    reference=nn.softmax_cross_entropy,
    cases=_entropy_cases,
    outputs=(Output("loss"), Output("dlogits", ("N", "V"))),
    misconceptions=(
        # First those with a single cause: they also explain one result of two.
        Misconception(
            "loss-summed",
            _loss_with(loss=lambda s: -s.picked.sum()),
            "The loss is a sum over the batch; the gradient is that of a mean. Divide the loss by "
            "N as well.",
        ),
        Misconception(
            "gradient-not-divided",
            _loss_with(**_UNDIVIDED),
            "The loss is a mean over the batch, so its gradient has the factor 1/N: "
            "(p - [v = y_n]) / N.",
        ),
        Misconception(
            "overflow",
            _OVERFLOWING[0],
            "The exponential of 1000 is infinite, and infinity divided by infinity is NaN; with "
            "-1000 it is 0 / 0. Subtract each row's largest logit first: softmax stays the same, "
            "and no exponent is above 0.",
            variants=(
                *_OVERFLOWING[2:],
                _loss_with(shifted=_by_mean),
                _loss_with(p=_overflowing_p),
                _loss_with(log_p=_overflowing_log_p),
                _loss_with(log_p=_overflowing_log_p, p=lambda s: np.exp(_overflowing_log_p(s))),
                *(
                    _loss_with(p=_overflowing_p, log_p=_log_of_p, **changes)
                    for changes in (_UNDIVIDED, _SUMMED)
                ),
            ),
        ),
        Misconception(
            "log-of-zero",
            _loss_with(log_p=_log_of_p),
            "The softmax is stable, but its logarithm is not: a share that rounds to 0 has the "
            "logarithm -infinity. Take the logarithm by hand: log p = z - log(sum(exp(z))), "
            "with z shifted by each row's largest logit.",
            variants=(
                _loss_with(log_p=_log_of_p, picked=_by_onehot),
                *(_loss_with(log_p=_log_of_p, **changes) for changes in (_UNDIVIDED, _SUMMED)),
            ),
        ),
        Misconception(
            "log-of-zero-dodged",
            _DODGES[0],
            "A small number inside the logarithm, or a limit on p, keeps it finite but wrong: a "
            "logit that is 1000 too low costs 1000 and not 28. Use "
            "log p = z - log(sum(exp(z))), with z shifted by each row's largest logit.",
            variants=_DODGES[1:],
        ),
        Misconception(
            "one-maximum-for-all-rows",
            _loss_with(shifted=_by_largest_of_all),
            "The largest logit of the whole array is subtracted from every row. A row that lies "
            "far below it then has only zeros to divide by. Subtract each row's own largest logit.",
            variants=(_loss_with(shifted=_by_largest_of_all, log_p=_log_of_p),),
        ),
        Misconception(
            "logits-cut-off",
            lambda logits, targets: nn.softmax_cross_entropy(np.clip(logits, -500, 500), targets),
            "Cutting off large logits keeps `np.exp` finite but changes the answer. Subtract each "
            "row's largest logit instead: that changes nothing.",
            variants=tuple(
                lambda logits, targets, k=k: nn.softmax_cross_entropy(
                    np.clip(logits, -k, k), targets
                )
                for k in (700, 100, 50, 20)
            ),
        ),
        Misconception(
            "softmax-over-the-batch",
            _WRONG_AXIS[0],
            "The softmax runs over axis 0, so that shares are dealt out among the sequences of a "
            "batch. Each row must sum to 1: axis 1, with `keepdims=True`.",
            variants=tuple(_WRONG_AXIS[1:]),
        ),
        Misconception(
            "softmax-over-the-whole-array",
            _WHOLE_ARRAY[0],
            "All shares of the whole array sum to 1. Those of each row must: "
            "`sum(axis=1, keepdims=True)`.",
            variants=tuple(_WHOLE_ARRAY[1:]),
        ),
        Misconception(
            "shifted-by-columns",
            _loss_with(shifted=_by_column),
            "What is subtracted must be the same for all logits of a row, else the softmax "
            "changes. Here it is the largest of each column; use axis 1.",
            variants=tuple(_softmax_forms(1, _by_column)[::2]),
        ),
        Misconception(
            "keepdims-missing",
            _loss_with(shifted=lambda s: s.z - s.z.max(axis=1)),
            "A maximum or a sum over axis 1 has shape (N,), which NumPy lines up with the classes "
            "and not with the rows. Keep the axis: `keepdims=True` gives (N, 1).",
        ),
        Misconception(
            "maximum-not-put-back",
            _loss_with(log_p=lambda s: s.z - np.log(_row(np.sum, np.exp(s.shifted)))),
            "The logarithm of the sum is that of the shifted logits, but it is compared with one "
            "that is not shifted. Add the row's maximum to it, or shift both.",
            variants=(
                _loss_with(
                    log_p=lambda s: s.z - np.log(_row(np.sum, np.exp(s.shifted))),
                    dlogits=lambda s: (np.exp(s.log_p) - s.onehot) / s.N,
                ),
                _loss_with(
                    log_p=lambda s: s.shifted - np.log(_row(np.sum, np.exp(s.z))),
                ),
            ),
        ),
        Misconception(
            "softmax-missing",
            _loss_with(log_p=lambda s: s.z),
            "The logits themselves are taken for logarithms of shares. They become those by the "
            "softmax: log p = z - log(sum(exp(z))).",
            variants=(
                _loss_with(log_p=lambda s: s.z, p=lambda s: s.z),
                _loss_with(log_p=lambda s: np.log(s.z)),
                _loss_with(log_p=lambda s: np.log(s.z), p=lambda s: s.z),
                _loss_with(p=lambda s: s.z),
            ),
        ),
        Misconception(
            "exponential-missing",
            _loss_with(p=lambda s: s.z / _row(np.sum, s.z), log_p=_log_of_p),
            "The logits are divided by their sum without the exponential, so negative shares come "
            "out. Softmax is exp(z) / sum(exp(z)).",
            variants=(
                _loss_with(p=lambda s: s.shifted / _row(np.sum, s.shifted), log_p=_log_of_p),
            ),
        ),
        Misconception(
            "softmax-twice",
            _loss_with(z=lambda s: softmax(s.z)),
            "The softmax is applied twice: its result goes into another one. Logits go in, and "
            "one softmax turns them into shares.",
            variants=(_loss_with(log_p=lambda s: np.log(softmax(s.p))),),
        ),
        Misconception(
            "sigmoid-for-softmax",
            _loss_with(p=lambda s: nn.sigmoid(s.z), log_p=_log_of_p),
            "A sigmoid judges each class by itself, so the shares of a row do not sum to 1. "
            "Use exp(z) / sum(exp(z)) over the row.",
            variants=(
                _loss_with(p=lambda s: nn.sigmoid(s.z), log_p=lambda s: -np.logaddexp(0, -s.z)),
            ),
        ),
        Misconception(
            "summed-over-the-batch",
            _loss_with(**_SUMMED),
            "Loss and gradient are sums over the batch. Divide both by N: then they stay of one "
            "size whatever the batch.",
        ),
        Misconception(
            "gradient-divided-twice",
            _loss_with(dlogits=lambda s: (s.p - s.onehot) / s.N / s.N),
            "The gradient is divided by N twice. Once is enough: (p - [v = y_n]) / N.",
        ),
        Misconception(
            "divided-by-the-classes",
            _loss_with(
                loss=lambda s: -s.picked.sum() / (s.N * s.V),
                dlogits=lambda s: (s.p - s.onehot) / (s.N * s.V),
            ),
            "The mean runs over all N times V entries, as `np.mean` of the whole table does. An "
            "example counts once, whatever the number of classes: divide by N.",
            variants=(
                _loss_with(loss=lambda s: -s.picked.sum() / (s.N * s.V)),
                _loss_with(dlogits=lambda s: (s.p - s.onehot) / (s.N * s.V)),
                _loss_with(
                    loss=lambda s: -s.picked.sum() / (s.N * s.V),
                    dlogits=lambda s: s.p - s.onehot,
                ),
                _loss_with(
                    loss=lambda s: -s.picked.sum() / s.V, dlogits=lambda s: (s.p - s.onehot) / s.V
                ),
                _loss_with(loss=lambda s: -s.picked.sum() / s.V),
                _loss_with(dlogits=lambda s: (s.p - s.onehot) / s.V),
            ),
        ),
        Misconception(
            "loss-negative",
            _loss_with(loss=lambda s: s.picked.mean()),
            "The sign of the loss is wrong. The logarithm of a share is at most 0, and the loss is "
            "minus its mean.",
        ),
        Misconception(
            "gradient-sign",
            _loss_with(dlogits=lambda s: (s.onehot - s.p) / s.N),
            "The gradient has the wrong sign: it is p - [v = y_n], below 0 for the right class "
            "alone, so that a step downhill raises that logit.",
            variants=(
                _loss_with(
                    loss=lambda s: s.picked.mean(), dlogits=lambda s: (s.onehot - s.p) / s.N
                ),
                _loss_with(dlogits=lambda s: s.onehot - s.p),
            ),
        ),
        Misconception(
            "onehot-not-subtracted",
            _loss_with(dlogits=lambda s: s.p / s.N),
            "The gradient is the share alone. Subtract 1 at each row's right class: "
            "(p - [v = y_n]) / N.",
            variants=(_loss_with(dlogits=lambda s: s.p),),
        ),
        Misconception(
            "other-classes-left-out",
            _loss_with(dlogits=lambda s: s.onehot * (s.p - 1.0) / s.N),
            "Only the right class has a gradient here. The other logits stand in the sum of the "
            "softmax, so each has one as well: its share p.",
            variants=(_loss_with(dlogits=lambda s: s.onehot * (s.p - 1.0)),),
        ),
        Misconception(
            "gradient-of-the-probabilities",
            _loss_with(dlogits=lambda s: -s.onehot / s.p / s.N),
            "-1 / p is the gradient of the shares. What is wanted goes one step further back, "
            "through the softmax, to the logits: together (p - [v = y_n]) / N.",
            variants=(
                _loss_with(dlogits=lambda s: -s.onehot / s.p),
                _loss_with(dlogits=lambda s: np.where(s.onehot, -1.0 / s.p, 0.0) / s.N),
                _loss_with(dlogits=lambda s: np.where(s.onehot, -1.0 / s.p, 0.0)),
            ),
        ),
        Misconception(
            "sigmoid-derivative-added",
            _loss_with(dlogits=lambda s: (s.p - s.onehot) * s.p * (1.0 - s.p) / s.N),
            "p * (1 - p) is the derivative of one share by its own logit. In the cross-entropy it "
            "cancels: what is left is (p - [v = y_n]) / N.",
            variants=(
                _loss_with(dlogits=lambda s: (s.p - s.onehot) * s.p * (1.0 - s.p)),
                _loss_with(dlogits=lambda s: s.p * (1.0 - s.p) / s.N),
                _loss_with(dlogits=lambda s: s.p * (1.0 - s.p)),
            ),
        ),
        Misconception(
            "logarithm-in-the-gradient",
            _loss_with(dlogits=lambda s: (s.log_p - s.onehot) / s.N),
            "The gradient uses the logarithm of the share. It is the share itself, minus 1 for the "
            "right class: (p - [v = y_n]) / N.",
            variants=(_loss_with(dlogits=lambda s: s.log_p - s.onehot),),
        ),
        Misconception(
            "logarithm-to-another-base",
            _loss_with(loss=lambda s: -s.picked.mean() / np.log(2.0)),
            "The loss is right but for its unit: `np.log2` gives bits, `np.log10` decimal digits. "
            "Take the natural logarithm, `np.log`, to which (p - [v = y_n]) / N belongs.",
            variants=(
                _loss_with(
                    loss=lambda s: -s.picked.mean() / np.log(2.0),
                    dlogits=lambda s: (s.p - s.onehot) / s.N / np.log(2.0),
                ),
                _loss_with(loss=lambda s: -s.picked.mean() / np.log(10.0)),
            ),
        ),
        Misconception(
            "probability-for-its-logarithm",
            _loss_with(loss=lambda s: -s.p[s.rows, s.targets].mean()),
            "The loss uses the share itself. Cross-entropy takes its logarithm, which makes "
            "a confident mistake expensive.",
            variants=(
                _loss_with(loss=lambda s: 1.0 - s.p[s.rows, s.targets].mean()),
                _loss_with(loss=lambda s: s.p[s.rows, s.targets].mean()),
            ),
        ),
        Misconception(
            "gradient-doubled",
            _loss_with(dlogits=lambda s: 2 * (s.p - s.onehot) / s.N),
            "The gradient has a factor 2. That comes from the derivative of a square, and "
            "cross-entropy has none: (p - [v = y_n]) / N.",
            variants=(
                _loss_with(dlogits=lambda s: 2 * (s.p - s.onehot)),
                _loss_with(dlogits=lambda s: 2 * (s.p - s.onehot) / s.p.size),
            ),
        ),
        Misconception(
            "squared-error",
            _loss_with(loss=lambda s: ((s.p - s.onehot) ** 2).sum() / s.N),
            "That is the squared difference of shares and truth. Cross-entropy is minus the mean "
            "logarithm of the right class's share.",
            variants=(
                _loss_with(loss=lambda s: ((s.p - s.onehot) ** 2).mean()),
                _loss_with(loss=lambda s: ((s.p - s.onehot) ** 2).sum() / (2 * s.N)),
                _loss_with(
                    loss=lambda s: ((s.p - s.onehot) ** 2).mean(),
                    dlogits=lambda s: 2 * (s.p - s.onehot) / s.p.size,
                ),
                _loss_with(
                    loss=lambda s: ((s.p - s.onehot) ** 2).sum() / s.N,
                    dlogits=lambda s: 2 * (s.p - s.onehot) / s.N,
                ),
            ),
        ),
        Misconception(
            "every-class-by-itself",
            _loss_with(loss=lambda s: -np.where(s.onehot, s.log_p, np.log1p(-s.p)).sum() / s.N),
            "That is the binary cross-entropy, which adds log(1 - p) for the classes that are not "
            "right. With a softmax the right class says it all: minus the logarithm of its share.",
            variants=(
                _loss_with(loss=lambda s: -np.where(s.onehot, s.log_p, np.log1p(-s.p)).mean()),
                _loss_with(
                    loss=lambda s: (
                        -(s.onehot * np.log(s.p) + (1 - s.onehot) * np.log(1 - s.p)).sum() / s.N
                    )
                ),
                _loss_with(
                    loss=lambda s: (
                        -(s.onehot * np.log(s.p) + (1 - s.onehot) * np.log(1 - s.p)).mean()
                    )
                ),
            ),
        ),
        Misconception(
            "own-answer-for-the-target",
            _loss_with(picked=lambda s: s.log_p.max(axis=1)),
            "The loss reads the likeliest class and not the right one: it measures how sure the "
            "network is, not whether it is right. Use `targets`.",
            variants=(
                _loss_with(
                    picked=lambda s: s.log_p.max(axis=1),
                    onehot=lambda s: np.eye(s.V)[s.p.argmax(axis=1)],
                ),
            ),
        ),
        Misconception(
            "own-answer-in-the-gradient",
            _loss_with(onehot=lambda s: np.eye(s.V)[s.p.argmax(axis=1)]),
            "The gradient subtracts 1 at the likeliest class and not at the right one, which makes "
            "the network surer of what it says already. Use `targets`.",
            variants=(_loss_with(dlogits=lambda s: s.p - np.eye(s.V)[s.p.argmax(axis=1)]),),
        ),
        Misconception(
            "error-rate",
            _loss_with(loss=lambda s: np.mean(s.p.argmax(axis=1) != s.targets)),
            "That counts mistakes or hits. A count has no slope to follow; the loss is minus the "
            "mean logarithm of the right class's share.",
            variants=(_loss_with(loss=lambda s: np.mean(s.p.argmax(axis=1) == s.targets)),),
        ),
        Misconception(
            "all-classes-averaged",
            _loss_with(loss=lambda s: -s.log_p.mean()),
            "The logarithms of all shares enter the loss. Pick one from each row, that of "
            "the right class: `log_p[np.arange(N), targets]`.",
            variants=(
                _loss_with(loss=lambda s: -s.log_p.sum() / s.N),
                _loss_with(loss=lambda s: -(s.p * s.log_p).sum() / s.N),
            ),
        ),
        Misconception(
            "every-target-in-the-gradient",
            _loss_with(dlogits=lambda s: _decremented(s.p, slice(None), s.targets) / s.N),
            "The gradient subtracts 1 in every row at the classes of all examples, as "
            "`dlogits[:, targets] -= 1` does. Pair rows and classes: "
            "`dlogits[np.arange(N), targets] -= 1`.",
            variants=(_loss_with(dlogits=lambda s: _decremented(s.p, slice(None), s.targets)),),
        ),
        Misconception(
            "every-row-every-target",
            _loss_with(
                picked=lambda s: s.log_p[:, s.targets],
                dlogits=lambda s: _decremented(s.p, slice(None), s.targets) / s.N,
            ),
            "`log_p[:, targets]` takes the classes of all examples from every row, N times N "
            "numbers. Pair rows and classes: `log_p[np.arange(N), targets]`.",
            variants=(
                _loss_with(picked=lambda s: s.log_p[:, s.targets]),
                _loss_with(
                    picked=lambda s: s.log_p[:, s.targets],
                    dlogits=lambda s: _decremented(s.p, slice(None), s.targets),
                ),
                _loss_with(onehot=lambda s: _filled(s, slice(None), s.targets), picked=_by_onehot),
                *_EVERY_TARGET,
            ),
        ),
        Misconception(
            "rows-picked-by-class",
            _loss_with(picked=lambda s: s.log_p[s.targets, s.rows]),
            "The class numbers are used as row numbers. Rows come first: "
            "`log_p[np.arange(N), targets]`.",
            variants=(
                _loss_with(picked=lambda s: s.log_p[s.targets]),
                _loss_with(onehot=lambda s: _filled(s, s.targets), picked=_by_onehot),
                _loss_with(onehot=lambda s: _filled(s, s.targets, s.rows), picked=_by_onehot),
                _loss_with(dlogits=lambda s: _decremented(s.p, s.targets) / s.N),
                _loss_with(dlogits=lambda s: _decremented(s.p, s.targets, s.rows) / s.N),
                _loss_with(onehot=lambda s: np.eye(s.N)[s.targets], picked=_by_onehot),
            ),
        ),
        Misconception(
            "classes-counted-from-the-targets",
            _loss_with(onehot=lambda s: np.eye(s.targets.max() + 1)[s.targets], picked=_by_onehot),
            "The table of [v = y_n] is as wide as the largest target. A class that does not occur "
            "in this batch counts too: take the width from the logits, `logits.shape[1]`.",
            variants=(
                _loss_with(
                    onehot=lambda s: np.eye(s.targets.max() + 1)[s.targets],
                    picked=lambda s: (s.log_p * s.onehot).sum(axis=1),
                ),
                _loss_with(onehot=lambda s: np.eye(s.targets.max() + 1)[s.targets]),
                _loss_with(
                    onehot=lambda s: np.eye(len(np.unique(s.targets)))[s.targets],
                    picked=_by_onehot,
                ),
                _loss_with(onehot=lambda s: np.eye(len(np.unique(s.targets)))[s.targets]),
            ),
        ),
        Misconception(
            "targets-taken-as-onehot",
            _loss_with(onehot=lambda s: s.targets, picked=lambda s: (s.targets * s.log_p).sum(-1)),
            "`targets` holds right classes, one for each row, and not a table of 0 and 1. Use them "
            "as an index, `log_p[np.arange(N), targets]`, or make the table: `np.eye(V)[targets]`.",
            variants=(
                _loss_with(
                    onehot=lambda s: s.targets, picked=lambda s: (s.log_p * s.targets).sum(-1)
                ),
                _loss_with(onehot=lambda s: s.targets[:, None], picked=_by_onehot),
                _loss_with(onehot=lambda s: s.targets),
                _loss_with(onehot=lambda s: s.targets[:, None]),
                _loss_with(picked=lambda s: s.log_p[s.rows, s.targets.argmax(axis=1)]),
            ),
        ),
        Misconception(
            "classes-counted-from-one",
            _loss_with(targets=lambda s: s.targets - 1),
            "The classes are taken to be numbered from 1. They run from 0 to V - 1, so `targets` "
            "is an index as it is.",
        ),
        Misconception(
            "loss-of-each-example",
            _loss_with(loss=lambda s: -s.picked),
            "That is a loss for each example. One number is wanted, their mean.",
            variants=(_loss_with(loss=lambda s: -s.picked, dlogits=lambda s: s.p - s.onehot),),
        ),
        Misconception(
            "gradient-averaged-over-the-batch",
            _loss_with(dlogits=lambda s: (s.p - s.onehot).mean(axis=0)),
            "The rows of the gradient are averaged into one. Each example's logits have their own "
            "gradient: divide by N, but keep the rows.",
            variants=(_loss_with(dlogits=lambda s: (s.p - s.onehot).sum(axis=0)),),
        ),
        Misconception(
            "gradient-not-returned",
            _loss_with(results=lambda s: s.loss),
            "Only one of two results comes back. Return the loss and its gradient: "
            "`return loss, dlogits`.",
            variants=(_loss_with(results=lambda s: s.dlogits),),
        ),
        Misconception(
            "changed-input",
            _on_the_callers_array,
            "`softmax_cross_entropy` changed its argument `logits`: `logits -= …`, or `p = logits` "
            "followed by `p[...] -= 1`, writes into the caller's array. Start with a new one: "
            "`shifted = logits - …`.",
        ),
    ),
    hints=(
        "What does the softmax do if you add the same number to all logits of a row? Which number "
        "keeps every exponential finite?",
        "Subtract each row's maximum (axis 1, keepdims). Then log p = shifted - log(sum of "
        "exp(shifted)), the loss is minus the mean of log p at the right classes, and the gradient "
        "is (exp(log p) - [v = y_n]) / N.",
        "`log_p[np.arange(N), targets]` picks one number from each row. For the gradient: "
        "`dlogits = np.exp(log_p)`, `dlogits[np.arange(N), targets] -= 1`, divided by N.",
    ),
)
