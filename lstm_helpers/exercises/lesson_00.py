"""Lesson 00: the logistic function, on which the loop of exercise and check is learned."""

from __future__ import annotations

import math

import numpy as np

from lstm_helpers import nn
from lstm_helpers.checks import Case, Choice, Exercise, Misconception, Output, Question

TITLE = "Start here"


def _sigmoid_cases(rng: np.random.Generator) -> list[Case]:
    extremes = np.concatenate([rng.uniform(-3, 3, 3), [-1000.0, 1000.0, 0.0, -40.0, 40.0, -710.0]])
    return [
        Case((rng.normal(0.0, 3.0, (3, 4)),)),
        Case((float(rng.uniform(-3, -1)),), note="a plain number"),
        Case((int(rng.integers(1, 4)),), note="a whole number"),
        Case((rng.integers(-6, 7, 9),), note="an array of integers"),
        Case((rng.normal(0.0, 2.0, (2, 3, 4)),), note="three axes"),
        Case((rng.permutation(extremes),), note="entries up to ±1000"),
    ]


def _naive(x):
    return 1 / (1 + np.exp(-x))


def _integer_output(x):
    x = np.asarray(x)
    e = np.exp(-np.abs(x))
    s = np.zeros_like(x)
    s[...] = np.where(x >= 0, 1 / (1 + e), e / (1 + e))
    return s


def _subscripts(x):
    s = np.empty(np.shape(x))
    up = x >= 0
    s[up] = 1 / (1 + np.exp(-x[up]))
    s[~up] = np.exp(x[~up]) / (1 + np.exp(x[~up]))
    return s


def _branch(x):
    if x >= 0:
        return 1 / (1 + np.exp(-x))
    return np.exp(x) / (1 + np.exp(x))


SIGMOID = Exercise(
    name="sigmoid",
    lesson="00",
    title="The logistic function, for any argument",
    points=1,
    minutes=5,
    reference=nn.sigmoid,
    cases=_sigmoid_cases,
    outputs=(Output("s", ("...",)),),
    rtol=0.0,
    atol=1e-12,
    quiet=True,
    misconceptions=(
        Misconception(
            "overflow",
            _naive,
            "The values are right, but for large negative x the number `exp(-x)` overflows and "
            "NumPy warns. Use a form in which the exponent is never positive: with "
            "`e = np.exp(-np.abs(x))`, what is the answer for x ≥ 0, and what for x < 0? "
            "(`np.where` computes both of its branches, so it does not hide an overflow.)",
        ),
        Misconception(
            "overflow-to-nan",
            lambda x: np.exp(x) / (1 + np.exp(x)),
            "For x = 1000 this computes infinity divided by infinity, which is NaN. Multiply "
            "numerator and denominator by `exp(-x)` there, so that only small exponentials occur.",
        ),
        Misconception(
            "sign-of-exponent",
            lambda x: 1 / (1 + np.exp(x)),
            "The curve is mirrored: it falls where it should rise. The exponent is -x, not x.",
            variants=(lambda x: 1 - nn.sigmoid(x),),
        ),
        Misconception(
            "missing-brackets",
            lambda x: 1 / 1 + np.exp(-x),
            "Python reads `1 / 1 + np.exp(-x)` as `(1 / 1) + np.exp(-x)`. Put the whole "
            "denominator in brackets.",
        ),
        Misconception(
            "tanh",
            lambda x: np.tanh(x),
            "That is tanh, which runs from -1 to 1. The logistic function runs from 0 to 1; the "
            "two are related by sigmoid(x) = (1 + tanh(x / 2)) / 2.",
        ),
        Misconception(
            "derivative",
            lambda x: nn.sigmoid(x) * (1 - nn.sigmoid(x)),
            "That is the derivative of the logistic function, `s * (1 - s)`. Return s itself.",
        ),
        Misconception(
            "integer-output",
            _integer_output,
            "For integers the result is cut to whole numbers: an array made like an integer array "
            "(`zeros_like`, or assigned into) holds integers. Turn x into floats first.",
        ),
        Misconception(
            "math-exp",
            lambda x: 1 / (1 + math.exp(-x)),
            "`math.exp` takes one number only. `np.exp` takes arrays of any shape.",
        ),
        Misconception(
            "if-on-an-array",
            _branch,
            "`if x >= 0` asks one question about a whole array, and NumPy refuses to guess. Choose "
            "entry by entry with `np.where`, or find one formula that serves both signs.",
        ),
        Misconception(
            "no-plain-numbers",
            _subscripts,
            "Arrays come out right, but a plain number cannot be indexed with `x[...]`. Begin with "
            "`x = np.asarray(x, dtype=float)`, or use `np.where`, which needs no indexing.",
        ),
        Misconception(
            "softmax",
            lambda x: np.exp(x - np.max(x)) / np.sum(np.exp(x - np.max(x))),
            "That is softmax: the entries share a total of 1. The logistic function treats every "
            "entry by itself.",
        ),
        Misconception(
            "hard-sigmoid",
            lambda x: np.clip(0.2 * np.asarray(x) + 0.5, 0, 1),
            "That is a straight line with clipped ends, the hard sigmoid. The logistic function is "
            "the smooth curve 1 / (1 + exp(-x)).",
            variants=(
                lambda x: np.clip(np.asarray(x) / 6 + 0.5, 0, 1),
                lambda x: np.clip(0.25 * np.asarray(x) + 0.5, 0, 1),
            ),
        ),
        Misconception(
            "absolute-value-everywhere",
            lambda x: 1 / (1 + np.exp(-np.abs(x))),
            "For x < 0 this gives the value at -x: the absolute value has thrown the sign away. "
            "With `e = np.exp(-np.abs(x))`, 1 / (1 + e) is right for x ≥ 0; for x < 0 the "
            "numerator is e.",
        ),
        Misconception(
            "small-numerator-everywhere",
            lambda x: np.exp(-np.abs(x)) / (1 + np.exp(-np.abs(x))),
            "This is right for x < 0 only. With `e = np.exp(-np.abs(x))`, e / (1 + e) is the "
            "answer for x < 0; for x ≥ 0 the numerator is 1.",
        ),
        Misconception(
            "half-missing",
            lambda x: 0.5 * (1 + np.tanh(x)),
            "That is the logistic function of 2x: it rises twice as fast. The relation is "
            "sigmoid(x) = (1 + tanh(x / 2)) / 2.",
        ),
        Misconception(
            "base-two",
            lambda x: 1 / (1 + 2.0 ** -np.asarray(x, dtype=float)),
            "The base is 2; the logistic function is built on e, `np.exp`.",
        ),
    ),
    hints=(
        "Write 1 / (1 + exp(-x)) first and look at what goes wrong for x = -1000: which number is "
        "too large to be stored?",
        "The two forms 1 / (1 + exp(-x)) and exp(x) / (1 + exp(x)) are equal. The first is safe "
        "for x ≥ 0, the second for x < 0. Both hold exp(-|x|), which never exceeds 1.",
        "Let `e = np.exp(-np.abs(x))`. The answer is `1 / (1 + e)` where x ≥ 0 and `e / (1 + e)` "
        "elsewhere; `np.where(condition, a, b)` chooses entry by entry.",
    ),
)

EXERCISES = (SIGMOID,)

QUIZ = (
    Question(
        "The check says “Not yet”, and you go on to the next section. Which function does the rest "
        "of the notebook use?",
        (
            Choice(
                "My own, although it is wrong.",
                "`sigmoid = check(sigmoid)` puts something else in its place: the course's "
                "version, until yours passes.",
            ),
            Choice(
                "The course's own version.",
                "Right. `check` returns your function once it passes, and the course's until then, "
                "so that nobody is ever stuck.",
                correct=True,
            ),
            Choice(
                "None: the next cell stops with an error.",
                "A notebook in which nothing is solved runs from top to bottom.",
            ),
        ),
    ),
    Question(
        r"What is $\sigma(-x)$?",
        (
            Choice(
                r"$-\sigma(x)$",
                r"That holds for tanh, which is odd. $\sigma$ is never negative.",
            ),
            Choice(
                r"$1 - \sigma(x)$",
                r"Right: $\frac{1}{1 + e^{x}} = \frac{e^{-x}}{1 + e^{-x}} = 1 - \sigma(x)$.",
                correct=True,
            ),
            Choice(
                r"$1 / \sigma(x)$",
                r"$1 / \sigma(x) = 1 + e^{-x}$ exceeds 1, and $\sigma$ never does.",
            ),
        ),
    ),
    Question(
        "A cell defines `x = 3`, a later one uses it. You delete the first cell and run the second "
        "again. What happens?",
        (
            Choice(
                "It stops: x is not defined.",
                "Deleting a cell removes text, not memory: the kernel still holds x. After a "
                "restart of the kernel it would stop.",
            ),
            Choice(
                "It still works, until the kernel is restarted.",
                "Right. The kernel remembers what was run, not what is on the page. Restart and "
                "run all shows what the page alone can do.",
                correct=True,
            ),
            Choice(
                "JupyterLab runs the deleted cell first.",
                "JupyterLab runs what you ask it to run and nothing else.",
            ),
        ),
    ),
)
