"""Lesson 13, third exercise: draw a character, with temperature, among the likeliest k."""

from __future__ import annotations

import numpy as np

from lstm_helpers.checks import Case, Exercise, Output
from lstm_helpers.exercises._lesson_13_sampling_mistakes import MISCONCEPTIONS
from lstm_helpers.nn.functions import Array


def sample_top_k(logits: Array, temperature: float, k: int, u: float) -> tuple[Array, int]:
    """Draw one of the likeliest k characters, by a number that somebody else has drawn.

    Parameters
    ----------
    logits : ndarray (V,)
        Of the characters; any real numbers.
    temperature : float
        Above 0: the logits are divided by it.
    k : int
        From 1 to V: how many of the likeliest can be drawn.
    u : float
        Uniform in [0, 1).

    Returns
    -------
    p : ndarray (V,)
        Probabilities; 0 for all but k characters.
    character : int
        The first for which the sum of `p` up to and with it is above `u`.

    Examples
    --------
    >>> p, character = sample_top_k(np.log([2.0, 9.0, 6.0, 3.0]), 1.0, 2, 0.7)
    >>> p.round(3), character
    (array([0. , 0.6, 0.4, 0. ]), 2)
    """
    kept = np.argsort(logits)[-k:]
    p = np.zeros(len(logits))
    p[kept] = np.exp((logits[kept] - logits.max()) / temperature)
    p /= p.sum()
    sums = np.cumsum(p)
    return p, int(np.argmax(sums > u * sums[-1]))


def _cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for V, temperature, k, scale, note in (
        (6, 0.5, 3, 1.0, ""),
        (5, 2.0, 4, 1.5, "temperature 2"),
        (7, 1.5, 7, 1.0, "k = V"),
        (4, 0.7, 1, 1.0, "k = 1"),
        (8, 0.8, 3, 1.0, "logits around 2000"),
        (5, 1.2, 3, 1.0, "u = 0"),
        *((9, 0.9, 5, 1.2, ""), (9, 2.5, 2, 1.0, "")) * 10,
    ):
        order = rng.permutation(V)
        logits = np.empty(V)  # no two so close that rounding could exchange them
        logits[order] = scale * (np.linspace(-1.5, 1.5, V) + rng.uniform(-0.1, 0.1, V))
        logits += 2000.0 if "2000" in note else rng.normal()
        if note == "u = 0":  # the first character is one of those that cannot be drawn
            lowest = int(logits.argmin())
            logits[[0, lowest]] = logits[[lowest, 0]]
        u = 0.0 if note == "u = 0" else float(rng.uniform(0.05, 0.95))
        cases.append(Case((logits, temperature, k, u), {"V": V}, note=note))
    return cases


def _in_words(case: Case, got: list[Array], expected: list[Array]) -> str:
    """Which walk leads to the right character, if only that is wrong."""
    if got[0].shape != expected[0].shape or got[1].ndim or not np.allclose(got[0], expected[0]):
        return ""
    u, sums = case.args[3], ", ".join(f"{s:.2f}" for s in np.cumsum(expected[0]))
    return (
        f"`p` is right, but the character is {got[1]:g}; expected {expected[1]:g}. With u = "
        f"{u:.2f} and the sums {sums} it is the first whose sum is above u. Nothing else is drawn "
        "at random: no generator of your own is needed."
    )


SAMPLE_TOP_K = Exercise(
    name="sample_top_k",
    lesson="13",
    title="Draw a character",
    points=3,
    minutes=12,
    reference=sample_top_k,
    cases=_cases,
    outputs=(Output("p", ("V",)), Output("character")),
    may_call=("bits_per_character", "smooth_counts"),
    in_words=_in_words,
    misconceptions=MISCONCEPTIONS,
    hints=(
        "Three steps: temperature, cut, draw. Which of them work on logits, which on "
        "probabilities? What must a logit be so that its probability is 0?",
        "Set all but the k largest logits to `-np.inf`, subtract the largest, divide by the "
        "temperature, and take the softmax. Then `np.cumsum`.",
        "`z = np.where(logits >= np.sort(logits)[-k], logits, -np.inf)`, "
        "`p = np.exp((z - z.max()) / temperature)`, `p /= p.sum()`, and "
        "`np.argmax(np.cumsum(p) > u)` is the first place where that is true.",
    ),
)
