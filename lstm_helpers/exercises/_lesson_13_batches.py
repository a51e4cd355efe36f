"""Lesson 13, fourth exercise: cut a text so that a state can be carried from batch to batch."""

from __future__ import annotations

import numpy as np

from lstm_helpers.checks import Case, Exercise, Output
from lstm_helpers.exercises._lesson_13_batches_mistakes import MISCONCEPTIONS
from lstm_helpers.nn.functions import Array


def carry_batches(tokens: Array, num_streams: int, num_steps: int) -> tuple[Array, Array]:
    """Cut a text into streams, and the streams into batches that follow one another.

    Parameters
    ----------
    tokens : ndarray of int (M,)
        The text, a number for each character.
    num_streams : int
        N, the rows of a batch.
    num_steps : int
        T, the columns of a batch.

    Returns
    -------
    xs, ys : ndarray of int (K, N, T)
        K batches, and what follows each of their characters; as many as M allows.

    Examples
    --------
    >>> xs, ys = carry_batches(np.arange(10), num_streams=2, num_steps=2)
    >>> xs.tolist()
    [[[0, 1], [4, 5]], [[2, 3], [6, 7]]]
    >>> ys.tolist()
    [[[1, 2], [5, 6]], [[3, 4], [7, 8]]]
    """
    K = (len(tokens) - 1) // (num_streams * num_steps)
    used = K * num_streams * num_steps

    def cut(part: Array) -> Array:
        return part.reshape(num_streams, K, num_steps).transpose(1, 0, 2)

    return cut(tokens[:used]), cut(tokens[1 : used + 1])


def _cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for K, N, T, rest, note in (
        (4, 2, 3, 5, ""),
        (2, 3, 5, 1, "nothing to spare"),
        (5, 3, 2, 0, "one character too few for another batch"),
        (2, 5, 4, 19, "a long rest"),
    ):
        M = K * N * T + rest
        K = (M - 1) // (N * T)
        tokens = rng.permutation(10 * M)[:M]
        cases.append(Case((tokens, N, T), {"M": M, "K": K, "N": N, "T": T}, note=note))
    return cases


CARRY_BATCHES = Exercise(
    name="carry_batches",
    lesson="13",
    title="Batches that carry a state",
    points=3,
    minutes=12,
    reference=carry_batches,
    cases=_cases,
    outputs=(Output("xs", ("K", "N", "T")), Output("ys", ("K", "N", "T"))),
    may_call=("bits_per_character", "smooth_counts", "sample_top_k"),
    misconceptions=MISCONCEPTIONS,
    hints=(
        "Write the numbers 0 to 12 on paper and solve N = 2, T = 3 by hand. Where does row 0 of "
        "the second batch begin?",
        "The first K N T tokens, as N rows of K T: those are the streams. Then K pieces of T in "
        "each row. The targets are the same, cut from `tokens[1:]`.",
        "`tokens[:used].reshape(N, K, T)` has the streams first; `.transpose(1, 0, 2)` puts the "
        "batches first. K = (M - 1) // (N T), used = K N T.",
    ),
)
