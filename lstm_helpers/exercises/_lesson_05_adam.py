"""Lesson 05: one step of Adam."""

from __future__ import annotations

import numpy as np

from lstm_helpers import nn
from lstm_helpers.checks import Case, Exercise, Misconception, Output
from lstm_helpers.checks.messages import listed
from lstm_helpers.exercises._lesson_05_loss import computed


def _adam_cases(rng: np.random.Generator) -> list[Case]:
    def case(shape, t, *rest, note="", start=False, **kwargs) -> Case:
        param = rng.normal(0.0, 1.0, shape)
        grad = rng.choice([-1.0, 1.0], shape) * rng.uniform(0.1, 2.0, shape)
        m = np.zeros(shape) if start else rng.normal(0.0, 0.5, shape)
        v = np.zeros(shape) if start else rng.uniform(0.1, 1.0, shape)
        sizes = dict(zip(("D", "H"), shape, strict=False))
        return Case((param, grad, m, v, t, *rest), sizes, kwargs, note)

    sparse = case((3, 5), 1, 0.02, note="a gradient of zero in places", start=True)
    sparse.args[1][rng.permuted(np.arange(15).reshape(3, 5) % 2 == 0)] = 0.0
    return [
        case((3, 4), 1, note="the first step", start=True),
        case((5,), 7, 0.05, note="lr = 0.05"),
        case((2, 3), 3, lr=0.02, beta1=0.8, beta2=0.95, note="beta1 = 0.8 and beta2 = 0.95"),
        # So late that the bias is gone: where eps stands still matters, but not whether it is added
        # before v is corrected or after. Both are published and pass on purpose. After is the
        # algorithm of the paper, as in the lesson and in PyTorch. Before, with an "epsilon hat", is
        # the paper's shorter form of it, as in Keras; there eps acts in the first step as one 32
        # times as large would in the other form.
        case((4, 2), 20_000, 0.03, eps=0.1, note="eps = 0.1"),
        sparse,
    ]


_ADAM = {
    "m": lambda s: s.beta1 * s.m_old + (1.0 - s.beta1) * s.grad,
    "v": lambda s: s.beta2 * s.v_old + (1.0 - s.beta2) * s.grad**2,
    "m_hat": lambda s: s.m / (1.0 - s.beta1**s.t),
    "v_hat": lambda s: s.v / (1.0 - s.beta2**s.t),
    "step": lambda s: s.lr * s.m_hat / (np.sqrt(s.v_hat) + s.eps),
    "new": lambda s: s.param - s.step,
    "results": lambda s: (s.new, s.m, s.v),
}
"""Adam, stage by stage; a misconception exchanges one stage or more."""


def _adam_with(**changes):
    def answer(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        values = {"param": param, "grad": grad, "m_old": m, "v_old": v, "t": t}
        rates = {"lr": lr, "beta1": beta1, "beta2": beta2, "eps": eps}
        return computed(_ADAM, changes, **values, **rates).results

    return answer


def _adam_in_place(names):
    """Right results, written into some of the caller's arrays."""

    def answer(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        new = nn.adam_step(param, grad, m, v, t, lr, beta1, beta2, eps)
        for name, old, now in zip(("param", "m", "v"), (param, m, v), new, strict=True):
            if name in names:
                old[...] = now
        return new

    return answer


_DEFAULTS = {"lr": 1e-3, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8}


def _fixed(names):
    return {name: (lambda s, value=_DEFAULTS[name]: value) for name in names}


ADAM_STEP = Exercise(
    name="adam_step",
    lesson="05",
    title="One step of Adam",
    points=2,
    minutes=7,
    reference=nn.adam_step,
    cases=_adam_cases,
    outputs=(Output("param", ("...",)), Output("m", ("...",)), Output("v", ("...",))),
    rtol=1e-7,
    atol=1e-7,
    misconceptions=(
        Misconception(
            "bias-correction-missing",
            _adam_with(m_hat=lambda s: s.m, v_hat=lambda s: s.v),
            "The bias correction is missing. m and v start at zero, and the root of v, which "
            "divides, is even further behind than m: the first steps come out 3 to 7 times too "
            "long. Divide m by 1 - beta1**t and v by 1 - beta2**t before the step.",
        ),
        Misconception(
            "bias-correction-of-v-missing",
            _adam_with(v_hat=lambda s: s.v),
            "m is corrected and v is not. Its root is 32 times too small at first, and the step is "
            "divided by it: it comes out 32 times too long. Divide v by 1 - beta2**t, too.",
        ),
        Misconception(
            "bias-correction-of-m-missing",
            _adam_with(m_hat=lambda s: s.m),
            "v is corrected and m is not. m is ten times too small at first, and so is the step. "
            "Divide m by 1 - beta1**t, too.",
        ),
        Misconception(
            "corrected-means-returned",
            _adam_with(results=lambda s: (s.new, s.m_hat, s.v_hat)),
            "The corrected means come back as m and v, so the next step would correct them again. "
            "The correction is for this step only: return m and v as they were before it.",
            variants=(
                _adam_with(results=lambda s: (s.new, s.m_hat, s.v)),
                _adam_with(results=lambda s: (s.new, s.m, s.v_hat)),
            ),
        ),
        Misconception(
            "eps-inside-the-root",
            _adam_with(step=lambda s: s.lr * s.m_hat / np.sqrt(s.v_hat + s.eps)),
            "`eps` stands inside the root, where 1e-8 becomes 1e-4. It is added to the root: "
            "`np.sqrt(v_hat) + eps`.",
            variants=(
                _adam_with(step=lambda s: s.lr * s.m_hat / np.sqrt(s.v_hat + s.eps**2)),
                _adam_with(
                    step=lambda s: s.lr * s.m_hat / np.sqrt((s.v + s.eps) / (1 - s.beta2**s.t))
                ),
                _adam_with(step=lambda s: s.lr * s.m_hat / (np.sqrt(s.v_hat + s.eps) + s.eps)),
            ),
        ),
        Misconception(
            "eps-missing",
            _adam_with(step=lambda s: s.lr * s.m_hat / np.sqrt(s.v_hat)),
            "`eps` is missing under the fraction: where a gradient has always been zero, the step "
            "is 0 / 0. Divide by `np.sqrt(v_hat) + eps`.",
        ),
        Misconception(
            "brackets-missing",
            _adam_with(step=lambda s: s.lr * s.m_hat / np.sqrt(s.v_hat) + s.eps),
            "`a / root + eps` is `(a / root) + eps`. Put the divisor in brackets: "
            "`a / (root + eps)`.",
            variants=(
                _adam_with(step=lambda s: s.lr * (s.m_hat / np.sqrt(s.v_hat) + s.eps)),
                _adam_with(new=lambda s: s.param - s.lr * s.m_hat / np.sqrt(s.v_hat) + s.eps),
            ),
        ),
        Misconception(
            "step-number-shifted",
            _adam_with(
                m_hat=lambda s: s.m / (1 - s.beta1 ** (s.t - 1)),
                v_hat=lambda s: s.v / (1 - s.beta2 ** (s.t - 1)),
            ),
            "The bias correction uses t - 1. t is 1 at the first step already, so that the "
            "correction there divides by 1 - beta**0 = 0: use t.",
        ),
        Misconception(
            "step-number-raised",
            _adam_with(
                m_hat=lambda s: s.m / (1 - s.beta1 ** (s.t + 1)),
                v_hat=lambda s: s.v / (1 - s.beta2 ** (s.t + 1)),
            ),
            "The bias correction uses t + 1. That is for a t that counts from 0; here it is 1 at "
            "the first step: use t.",
        ),
        Misconception(
            "power-missing",
            _adam_with(m_hat=lambda s: s.m / (1 - s.beta1), v_hat=lambda s: s.v / (1 - s.beta2)),
            "The divisor of the bias correction is not 1 - beta**t. Raise beta alone to the power "
            "t, with `**`: then the divisor tends to 1 as the steps go by.",
            variants=(
                _adam_with(
                    m_hat=lambda s: s.m / (1 - s.beta1 * s.t),
                    v_hat=lambda s: s.v / (1 - s.beta2 * s.t),
                ),
                _adam_with(
                    m_hat=lambda s: s.m / (1 - s.beta1) ** s.t,
                    v_hat=lambda s: s.v / (1 - s.beta2) ** s.t,
                ),
            ),
        ),
        Misconception(
            "correction-inverted",
            _adam_with(
                m_hat=lambda s: s.m * (1 - s.beta1**s.t), v_hat=lambda s: s.v * (1 - s.beta2**s.t)
            ),
            "The means are multiplied by 1 - beta**t. They are too small at first: divide.",
            variants=(
                _adam_with(m_hat=lambda s: s.m / s.beta1**s.t, v_hat=lambda s: s.v / s.beta2**s.t),
            ),
        ),
        Misconception(
            "correction-outside-the-root",
            _adam_with(step=lambda s: s.lr * s.m_hat / (np.sqrt(s.v) / (1 - s.beta2**s.t) + s.eps)),
            "The correction of v is applied to its root. Either v is divided before the root is "
            "taken, or the root is divided by the root of 1 - beta2**t.",
        ),
        Misconception(
            "betas-exchanged",
            _adam_with(
                m=lambda s: s.beta2 * s.m_old + (1 - s.beta2) * s.grad,
                v=lambda s: s.beta1 * s.v_old + (1 - s.beta1) * s.grad**2,
                m_hat=lambda s: s.m / (1 - s.beta2**s.t),
                v_hat=lambda s: s.v / (1 - s.beta1**s.t),
            ),
            "beta1 and beta2 are exchanged, in the means or in their corrections. beta1 belongs to "
            "m, the mean of the gradient; beta2 to v, the mean of its square.",
            variants=(
                _adam_with(
                    m=lambda s: s.beta2 * s.m_old + (1 - s.beta2) * s.grad,
                    v=lambda s: s.beta1 * s.v_old + (1 - s.beta1) * s.grad**2,
                ),
                _adam_with(
                    m_hat=lambda s: s.m / (1 - s.beta2**s.t),
                    v_hat=lambda s: s.v / (1 - s.beta1**s.t),
                ),
                _adam_with(
                    v=lambda s: s.beta1 * s.v_old + (1 - s.beta1) * s.grad**2,
                    v_hat=lambda s: s.v / (1 - s.beta1**s.t),
                ),
                _adam_with(v_hat=lambda s: s.v / (1 - s.beta1**s.t)),
            ),
        ),
        Misconception(
            "weights-of-the-mean-exchanged",
            _adam_with(
                m=lambda s: (1 - s.beta1) * s.m_old + s.beta1 * s.grad,
                v=lambda s: (1 - s.beta2) * s.v_old + s.beta2 * s.grad**2,
            ),
            "The old mean and the new gradient have each other's weight. beta is what is kept of "
            "the old mean; the new gradient gets 1 - beta.",
            variants=(
                _adam_with(m=lambda s: (1 - s.beta1) * s.m_old + s.beta1 * s.grad),
                _adam_with(v=lambda s: (1 - s.beta2) * s.v_old + s.beta2 * s.grad**2),
            ),
        ),
        Misconception(
            "one-minus-beta-missing",
            _adam_with(
                m=lambda s: s.beta1 * s.m_old + s.grad, v=lambda s: s.beta2 * s.v_old + s.grad**2
            ),
            "The new gradient is added in full. In a running mean the weights sum to 1: beta for "
            "the old mean, 1 - beta for the new gradient.",
            variants=(
                _adam_with(m=lambda s: s.beta1 * s.m_old + s.grad),
                _adam_with(v=lambda s: s.beta2 * s.v_old + s.grad**2),
            ),
        ),
        Misconception(
            "old-mean-not-decayed",
            _adam_with(
                m=lambda s: s.m_old + (1 - s.beta1) * s.grad,
                v=lambda s: s.v_old + (1 - s.beta2) * s.grad**2,
            ),
            "The old mean is kept in full, so that no gradient is ever forgotten. In a running "
            "mean the weights sum to 1: beta for the old mean, 1 - beta for the new gradient.",
            variants=(
                _adam_with(m=lambda s: s.m_old + (1 - s.beta1) * s.grad),
                _adam_with(v=lambda s: s.v_old + (1 - s.beta2) * s.grad**2),
            ),
        ),
        Misconception(
            "gradient-not-squared",
            _adam_with(v=lambda s: s.beta2 * s.v_old + (1 - s.beta2) * s.grad),
            "v is the running mean of the squared gradient: "
            "`beta2 * v + (1 - beta2) * grad**2`, where only the gradient is squared.",
            variants=(
                _adam_with(v=lambda s: s.beta2 * s.v_old + (1 - s.beta2) * np.abs(s.grad)),
                _adam_with(v=lambda s: s.beta2 * s.v_old + ((1 - s.beta2) * s.grad) ** 2),
                _adam_with(v=lambda s: (s.beta2 * s.v_old + (1 - s.beta2) * s.grad) ** 2),
            ),
        ),
        Misconception(
            "v-from-the-mean",
            _adam_with(v=lambda s: s.beta2 * s.v_old + (1 - s.beta2) * s.m**2),
            "v is made of m. It is the running mean of the squared gradient, `grad**2`.",
            variants=(
                _adam_with(v=lambda s: s.beta2 * s.v_old + (1 - s.beta2) * s.m_old**2),
                _adam_with(v=lambda s: s.beta2 * s.m_old + (1 - s.beta2) * s.grad**2),
                _adam_with(v=lambda s: s.beta2 * s.m + (1 - s.beta2) * s.grad**2),
                _adam_with(v=lambda s: s.m**2),
                _adam_with(
                    v=lambda s: s.beta2 * s.v_old + (1 - s.beta2) * (s.m / (1 - s.beta1**s.t)) ** 2
                ),
            ),
        ),
        Misconception(
            "one-number-for-the-array",
            _adam_with(v=lambda s: s.beta2 * s.v_old + (1 - s.beta2) * np.mean(s.grad**2)),
            "The squared gradient is averaged or summed over the whole array. Adam keeps a v for "
            "each entry, so that each gets a step of its own size.",
            variants=(
                _adam_with(v=lambda s: s.beta2 * s.v_old + (1 - s.beta2) * np.sum(s.grad**2)),
                _adam_with(
                    step=lambda s: s.lr * s.m_hat / (np.linalg.norm(np.sqrt(s.v_hat)) + s.eps)
                ),
            ),
        ),
        Misconception(
            "root-missing",
            _adam_with(step=lambda s: s.lr * s.m_hat / (s.v_hat + s.eps)),
            "The step is divided by v_hat. Divide by its root: then its size does not depend on "
            "the unit of the gradient.",
        ),
        Misconception(
            "multiplied-by-the-root",
            _adam_with(step=lambda s: s.lr * s.m_hat * (np.sqrt(s.v_hat) + s.eps)),
            "The step is multiplied by the root of v_hat. Divide: where gradients are large, "
            "steps are made smaller.",
            variants=(_adam_with(step=lambda s: s.lr * s.m_hat * np.sqrt(s.v_hat)),),
        ),
        Misconception(
            "not-divided",
            _adam_with(step=lambda s: s.lr * s.m_hat),
            "The step is not divided by the root of v_hat: that is gradient descent with momentum. "
            "Divide by `np.sqrt(v_hat) + eps`.",
            variants=(
                _adam_with(step=lambda s: s.lr * s.m),
                _adam_with(step=lambda s: s.lr * s.grad),
            ),
        ),
        Misconception(
            "gradient-for-its-mean",
            _adam_with(step=lambda s: s.lr * s.grad / (np.sqrt(s.v_hat) + s.eps)),
            "The step uses this step's gradient. Adam goes along its running mean, m_hat; without "
            "it, it would be RMSprop.",
            variants=(_adam_with(step=lambda s: s.lr * s.grad / (np.sqrt(s.v) + s.eps)),),
        ),
        Misconception(
            "uphill",
            _adam_with(new=lambda s: s.param + s.step),
            "The step goes uphill. The gradient points to where the loss grows: subtract.",
        ),
        Misconception(
            "learning-rate-missing",
            _adam_with(step=lambda s: s.m_hat / (np.sqrt(s.v_hat) + s.eps)),
            "`lr` is missing in the step: each entry moves by about 1. Multiply by lr.",
        ),
        *(
            Misconception(
                f"{name}-ignored",
                _adam_with(**_fixed((name,))),
                f"`{name}` plays no part: its default value, {value:g}, is written into the code. "
                "Use the argument.",
            )
            for name, value in _DEFAULTS.items()
        ),
        *(
            Misconception(
                "-and-".join(names) + "-ignored",
                _adam_with(**_fixed(names)),
                f"{listed([f'`{name}`' for name in names])} play no part: their default values are "
                "written into the code. Use the arguments.",
            )
            for names in (("beta1", "beta2"), ("beta1", "beta2", "eps"), tuple(_DEFAULTS))
        ),
        Misconception(
            "old-means-used",
            _adam_with(
                m_hat=lambda s: s.m_old / (1 - s.beta1**s.t),
                v_hat=lambda s: s.v_old / (1 - s.beta2**s.t),
            ),
            "The step is taken with m or v of the step before. Update both first, then step.",
            variants=(
                _adam_with(m_hat=lambda s: s.m_old / (1 - s.beta1**s.t)),
                _adam_with(v_hat=lambda s: s.v_old / (1 - s.beta2**s.t)),
            ),
        ),
        Misconception(
            "old-means-returned",
            _adam_with(results=lambda s: (s.new, s.m_old, s.v_old)),
            "The parameter is right, but m or v comes back as it came in. Return the new one, or "
            "the next step knows nothing of this one.",
            variants=(
                _adam_with(results=lambda s: (s.new, s.m_old, s.v)),
                _adam_with(results=lambda s: (s.new, s.m, s.v_old)),
            ),
        ),
        Misconception(
            "step-returned",
            _adam_with(results=lambda s: (s.step, s.m, s.v)),
            "The first result is the step itself. Return the new parameter: param - step.",
            variants=(_adam_with(results=lambda s: (-s.step, s.m, s.v)),),
        ),
        Misconception(
            "parameter-alone-returned",
            _adam_with(results=lambda s: s.new),
            "Only the new parameter comes back. The next step needs the new m and v as well: "
            "`return param, m, v`.",
        ),
        Misconception(
            "weight-decay",
            _adam_with(new=lambda s: s.param - s.step - s.lr * 0.01 * s.param),
            "The parameter is also pulled towards zero. That is weight decay, as in AdamW; plain "
            "Adam has none.",
            variants=(
                _adam_with(grad=lambda s: s.grad + 0.01 * s.param),
                _adam_with(new=lambda s: (1 - 0.01) * s.param - s.step),
            ),
        ),
        Misconception(
            "changed-input",
            _adam_in_place(("m", "v")),
            "`adam_step` changed its arguments. `m *= beta1`, `v += …` and `param -= …` write into "
            "the caller's arrays, also under another name. Make new ones: "
            "`m = beta1 * m + (1 - beta1) * grad`.",
            variants=tuple(map(_adam_in_place, (("param",), ("param", "m", "v"), ("m",), ("v",)))),
        ),
    ),
    hints=(
        "Adam keeps two running means of the gradient. Which two, and why are both too small in "
        "the first steps?",
        "m = beta1 * m + (1 - beta1) * grad, and v in the same way with beta2 and the square. "
        "Divide copies of them by 1 - beta**t; step along the first, divided by the root of the "
        "second.",
        "`param - lr * m_hat / (np.sqrt(v_hat) + eps)` with `m_hat = m / (1 - beta1**t)` and "
        "`v_hat = v / (1 - beta2**t)`. Return that, m and v: not m_hat and v_hat.",
    ),
)
