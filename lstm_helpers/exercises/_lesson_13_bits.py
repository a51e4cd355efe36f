"""Lesson 13, first exercise: how many bits a model spends on a character."""

from __future__ import annotations

import numpy as np

from lstm_helpers.checks import Case, Exercise, Misconception, Output
from lstm_helpers.nn.functions import Array


def bits_per_character(probabilities: Array, targets: Array) -> float:
    """Mean of -log2 of the probability that a model gave to what came.

    Parameters
    ----------
    probabilities : ndarray (M, V)
        For each of M places in a text, the probability of each of V characters.
    targets : ndarray of int (M,)
        Which character came.

    Returns
    -------
    float
        In bits.

    Examples
    --------
    >>> bits_per_character(np.array([[0.5, 0.25, 0.25], [0.25, 0.25, 0.5]]), np.array([0, 1]))
    1.5
    """
    return float(-np.mean(np.log2(probabilities[np.arange(len(targets)), targets])))


def _cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for M, V, note in ((7, 4, ""), (3, 5, "more characters than places"), (1, 6, "a single place")):
        probabilities = rng.dirichlet(np.full(V, 1.5), M) * 0.98 + 0.02 / V
        cases.append(Case((probabilities, rng.integers(0, V, M)), {"M": M, "V": V}, note=note))
    M, V = 4, 3
    probabilities, targets = (
        rng.dirichlet(np.full(V, 1.5), M) * 0.98 + 0.02 / V,
        np.array([1, 0, 2, 0]),
    )
    tiny = 2.0**-50
    probabilities[2] = (0.25, 0.75 - tiny, tiny)
    note = "a target that the model held for nearly impossible"
    cases.append(Case((probabilities, targets), {"M": M, "V": V}, note=note))
    return cases


def _on(take):
    """An answer made of the probabilities (M,) of what came."""
    return lambda probabilities, targets: take(probabilities[np.arange(len(targets)), targets])


def _one_hot(probabilities, targets):
    return np.eye(probabilities.shape[1])[targets]


def _softmax(probabilities):
    e = np.exp(probabilities - probabilities.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def _both_sides(probabilities, targets):
    """Binary cross-entropy of each character, summed."""
    right = _one_hot(probabilities, targets)
    return -right * np.log(probabilities) - (1 - right) * np.log(1 - probabilities)


def _share_right(probabilities, targets):
    return np.mean(probabilities.argmax(axis=1) == targets)


BITS_PER_CHARACTER = Exercise(
    name="bits_per_character",
    lesson="13",
    title="Bits per character",
    points=2,
    minutes=6,
    reference=bits_per_character,
    cases=_cases,
    outputs=(Output("bits"),),
    misconceptions=(
        Misconception(
            "nats",
            _on(lambda p: -np.mean(np.log(p))),
            "That is the mean in nats: `np.log` is the natural logarithm, which is also what "
            "PyTorch's cross-entropy uses. Bits need `np.log2`, or a division by ln 2.",
        ),
        Misconception(
            "bits-of-bits",
            _on(lambda p: -np.mean(np.log(p)) * np.log(2)),
            "From nats to bits you have to divide by ln 2 = 0.693, not multiply: a nat is more "
            "than a bit.",
        ),
        Misconception(
            "decimal-logarithm",
            _on(lambda p: -np.mean(np.log10(p))),
            "`np.log10` counts decimal digits. Bits need `np.log2`.",
        ),
        Misconception(
            "sum-for-mean",
            _on(lambda p: -np.sum(np.log2(p))),
            "Those are the bits of the whole text. Per character means: divide by the number of "
            "places, or a longer text would seem harder.",
            variants=(_on(lambda p: -np.sum(np.log(p))),),
        ),
        Misconception(
            "perplexity",
            _on(lambda p: 2 ** -np.mean(np.log2(p))),
            "That is the perplexity, two to the power of the bits: among how many equally likely "
            "characters one would have to guess. Leave the power away.",
        ),
        Misconception(
            "sign-forgotten",
            _on(lambda p: np.mean(np.log2(p))),
            "The number is negative: the logarithm of a probability is. Bits are minus that.",
            variants=(_on(lambda p: np.mean(np.log(p))), _on(lambda p: np.sum(np.log2(p)))),
        ),
        Misconception(
            "mean-before-logarithm",
            _on(lambda p: -np.log2(np.mean(p))),
            "You average the probabilities and then take the logarithm. Take it of each first: one "
            "place where the model was nearly sure of something else is meant to cost much.",
            variants=(_on(lambda p: -np.log(np.mean(p))),),
        ),
        Misconception(
            "mean-probability",
            _on(np.mean),
            "That is the mean probability of what came. Bits are the mean of -log2 of it.",
            variants=(_on(lambda p: -np.mean(p)),),
        ),
        Misconception(
            "clipped",
            _on(lambda p: -np.mean(np.log2(np.clip(p, 1e-7, 1 - 1e-7)))),
            "Small probabilities are clipped, or something is added to them, as libraries do for "
            "training. Here we measure: a model that held what came for nearly impossible has to "
            "pay for it in full.",
            variants=(
                *(
                    _on(lambda p, eps=eps: -np.mean(np.log2(p + eps)))
                    for eps in (1e-7, 1e-8, 1e-9, 1e-10, 1e-12, 1e-15, 1e-16)
                ),
                *(
                    _on(lambda p, eps=eps: -np.mean(np.log2(np.maximum(p, eps))))
                    for eps in (1e-7, 1e-8, 1e-9, 1e-10, 1e-12)
                ),
                _on(lambda p: -np.mean(np.log2(p + np.finfo(float).eps))),
            ),
        ),
        Misconception(
            "softmax-again",
            lambda probabilities, targets: bits_per_character(_softmax(probabilities), targets),
            "The probabilities go through a softmax once more: PyTorch's `cross_entropy` does "
            "that, and so does Keras's with `from_logits=True`. They are probabilities already.",
            variants=(
                lambda probabilities, targets: (
                    bits_per_character(_softmax(probabilities), targets) * np.log(2)
                ),
            ),
        ),
        Misconception(
            "weighted-by-itself",
            _on(lambda p: -np.mean(p * np.log2(p))),
            "Each logarithm is multiplied by its probability, as in an entropy. What came has "
            "come: it counts in full, the more so if it was improbable.",
            variants=(_on(lambda p: -np.sum(p * np.log2(p))),),
        ),
        Misconception(
            "both-sides-counted",
            lambda probabilities, targets: (
                np.sum(_both_sides(probabilities, targets)) / len(targets) / np.log(2)
            ),
            "That is a binary cross-entropy: the characters that did *not* come pay as well. Only "
            "the probability of the target counts.",
            variants=(
                lambda probabilities, targets: (
                    np.mean(_both_sides(probabilities, targets)) / np.log(2)
                ),
                lambda probabilities, targets: np.mean(_both_sides(probabilities, targets)),
            ),
        ),
        Misconception(
            "all-pairs",
            lambda probabilities, targets: -np.mean(np.log2(probabilities[:, targets])),
            "`probabilities[:, targets]` takes every target from every row, (M, M). Row m goes "
            "with target m only: `probabilities[np.arange(M), targets]`.",
            variants=(
                lambda probabilities, targets: -np.mean(np.log(probabilities[:, targets])),
                lambda probabilities, targets: -np.log2(probabilities[:, targets]).sum(axis=1),
            ),
        ),
        Misconception(
            "zeros-averaged-too",
            lambda probabilities, targets: (
                -np.mean(_one_hot(probabilities, targets) * np.log2(probabilities))
            ),
            "The mean runs over all M V entries, most of which the one-hot rows have set to zero. "
            "Sum over the characters first, then average over the M places.",
        ),
        Misconception(
            "divided-by-the-vocabulary",
            lambda probabilities, targets: (
                bits_per_character(probabilities, targets) / np.log2(probabilities.shape[1])
            ),
            "The bits are divided by something that depends on V. Nothing of V is needed: a larger "
            "vocabulary is part of the task.",
            variants=(
                lambda probabilities, targets: (
                    -np.sum(np.log2(probabilities[np.arange(len(targets)), targets]))
                    / probabilities.shape[1]
                ),
            ),
        ),
        Misconception(
            "entropy",
            lambda probabilities, targets: (
                -np.mean(np.sum(probabilities * np.log2(probabilities), axis=1))
            ),
            "That is the entropy: how unsure the model is, whatever comes. A model that is sure "
            "and wrong would do well. Only the probability of the target counts.",
            variants=(
                lambda probabilities, targets: -np.sum(probabilities * np.log2(probabilities)),
            ),
        ),
        Misconception(
            "largest-probability",
            lambda probabilities, targets: -np.mean(np.log2(probabilities.max(axis=1))),
            "The largest probability of each row is taken, as if the model were always right. Take "
            "that of the target.",
        ),
        Misconception(
            "share-of-errors",
            lambda probabilities, targets: 1 - _share_right(probabilities, targets),
            "That counts how often the likeliest character was the right one. Bits look at the "
            "probability itself: 0.9 and 0.4 are not the same.",
            variants=(_share_right,),
        ),
        Misconception(
            "one-for-each-place",
            _on(lambda p: -np.log2(p)),
            "Those are the bits of each place, (M,). Average them: a single number is asked for.",
            variants=(_on(lambda p: -np.log(p)),),
        ),
    ),
    hints=(
        "Which M of the M V numbers matter? Look at one row: which of its entries?",
        "`probabilities[np.arange(M), targets]` are the M probabilities of what came. A "
        "probability of 1/2 costs one bit, of 1/4 two.",
        "Minus the mean of `np.log2` of those M numbers.",
    ),
)
