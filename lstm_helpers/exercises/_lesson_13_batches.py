"""Lesson 13, fourth exercise: cut a text so that a state can be carried from batch to batch."""

from __future__ import annotations

import numpy as np

from lstm_helpers.checks import Case, Exercise, Misconception, Output
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


def _cut(cut, ys=None, number=lambda M, N, T: (M - 1) // (N * T)):
    """Batches with one thing exchanged: how they are cut, where targets stand, how many."""

    def answer(tokens, num_streams, num_steps):
        N, T = num_streams, num_steps
        K = number(len(tokens), N, T)
        used = K * N * T
        xs = cut(tokens[:used], K, N, T)
        follow = cut(tokens[1 : used + 1], K, N, T) if ys is None else ys(tokens, xs, used, K, N, T)
        return xs, follow

    return answer


def _right(part, K, N, T):
    return part.reshape(N, K, T).transpose(1, 0, 2)


def _rows_in_order(part, K, N, T):
    return part.reshape(K, N, T)


def _streams_interleaved(part, K, N, T):
    return part.reshape(K, T, N).transpose(0, 2, 1)


def _not_transposed(part, K, N, T):
    return part.reshape(N, K, T)


def _time_first(part, K, N, T):
    return part.reshape(N, K, T).transpose(1, 2, 0)


def _time_before_streams(part, K, N, T):
    return part.reshape(N, T, K).transpose(2, 0, 1)


def _every_step(tokens, num_streams, num_steps):
    """Windows that overlap, moved by one character, in groups."""
    windows = np.lib.stride_tricks.sliding_window_view(tokens, num_steps + 1)
    K = len(windows) // num_streams
    windows = windows[: K * num_streams].reshape(K, num_streams, num_steps + 1)
    return windows[..., :-1], windows[..., 1:]


def _next_inside(xs):
    """Targets from the batch itself; the last has no follower and is 0."""
    return np.concatenate([xs[..., 1:], np.zeros_like(xs[..., :1])], axis=-1)


def _of_stream(tokens, N, T, start):
    """Streams that are not a whole number of batches long."""
    L = (len(tokens) - 1) // N
    K = L // T
    return np.stack([tokens[n * L + start : n * L + start + K * T] for n in range(N)])


def _streams_too_long(tokens, num_streams, num_steps):
    def cut(start):
        streams = _of_stream(tokens, num_streams, num_steps, start)
        return streams.reshape(num_streams, -1, num_steps).transpose(1, 0, 2)

    return cut(0), cut(1)


def _one_step_short(tokens, num_streams, num_steps):
    """Inputs and targets both cut out of the same pieces of T characters."""
    xs, _ = _cut(_right)(tokens, num_streams, num_steps)
    return xs[..., :-1], xs[..., 1:]


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
    misconceptions=(
        Misconception(
            "rows-follow-each-other",
            _cut(_rows_in_order),
            "Within a batch, row 1 goes on where row 0 ends. But the state of row 0 is carried to "
            "row 0 of the *next* batch, and that is where the text has to go on. Cut the text "
            "into N long streams first, then the streams into pieces.",
        ),
        Misconception(
            "streams-interleaved",
            _cut(_streams_interleaved),
            "Neighbouring characters stand in different rows: each row gets every N-th character. "
            "A row is a piece of the text as it was written.",
            variants=(
                _cut(lambda part, K, N, T: part.reshape(K * T, N).T.reshape(N, K, T)),
                _cut(_time_before_streams),
            ),
        ),
        Misconception(
            "streams-first",
            _cut(_not_transposed),
            "The axes are (N, K, T): the streams come first. You will go through the batches one "
            "after the other, so K comes first: `.transpose(1, 0, 2)`. (A `reshape` to that shape "
            "would mix the streams.)",
        ),
        Misconception(
            "time-before-streams",
            _cut(_time_first),
            "Each batch is (T, N), time first. This course puts the batch first: (N, T).",
        ),
        Misconception(
            "targets-are-inputs",
            _cut(_right, lambda tokens, xs, used, K, N, T: xs),
            "`ys` equals `xs`: the model would be asked for the character that it has just read. "
            "The target is the one that follows.",
        ),
        Misconception(
            "targets-before",
            _cut(
                _right,
                lambda tokens, xs, used, K, N, T: _right(
                    np.concatenate([tokens[:1], tokens[: used - 1]]), K, N, T
                ),
            ),
            "The targets are shifted the wrong way: they are what came *before*. The target of the "
            "character at place m is the one at m + 1.",
            variants=(
                _cut(
                    _right,
                    lambda tokens, xs, used, K, N, T: _right(np.roll(tokens[:used], 1), K, N, T),
                ),
                _cut(_right, lambda tokens, xs, used, K, N, T: np.roll(xs, 1, axis=-1)),
            ),
        ),
        Misconception(
            "targets-wrap-in-the-piece",
            _cut(_right, lambda tokens, xs, used, K, N, T: np.roll(xs, -1, axis=-1)),
            "The last target of every piece is its own first character: `np.roll` puts what falls "
            "off at one end back at the other. The right one is in the next batch of that stream. "
            "Shift the tokens before you cut.",
            variants=(_cut(_right, lambda tokens, xs, used, K, N, T: _next_inside(xs)),),
        ),
        Misconception(
            "last-target-wraps",
            _cut(
                _right,
                lambda tokens, xs, used, K, N, T: _right(np.roll(tokens[:used], -1), K, N, T),
            ),
            "The very last target is the first character of the text: `np.roll` puts it there. "
            "Take `tokens[1:]`, and one character less than there is.",
        ),
        Misconception(
            "targets-one-piece-later",
            _cut(
                lambda part, K, N, T: _right(part, K, N, T)[:-1],
                lambda tokens, xs, used, K, N, T: _right(tokens[:used], K, N, T)[1:],
            ),
            "The targets are the whole next piece, T characters later. They are one character "
            "later.",
        ),
        Misconception(
            "no-target-left",
            _cut(_right, number=lambda M, N, T: M // (N * T)),
            "If M is a multiple of N T, the last input has no character after it. Only M - 1 "
            "characters have a follower: K = (M - 1) // (N T).",
            variants=(
                _cut(
                    _right,
                    lambda tokens, xs, used, K, N, T: _right(np.roll(tokens, -1)[:used], K, N, T),
                    number=lambda M, N, T: M // (N * T),
                ),
            ),
        ),
        Misconception(
            "one-batch-too-few",
            _cut(_right, number=lambda M, N, T: (M - 1) // (N * T) - 1),
            "There is room for one batch more: K = (M - 1) // (N T). Mind that with fewer batches "
            "the streams begin elsewhere, too.",
            variants=(
                lambda tokens, num_streams, num_steps: tuple(
                    part[:-1] for part in carry_batches(tokens, num_streams, num_steps)
                ),
            ),
        ),
        Misconception(
            "streams-too-long",
            _streams_too_long,
            "Your streams are (M - 1) // N long, which need not be a whole number of pieces, so at "
            "the end of each stream some text is left out. Here a stream is K T long, and only the "
            "end of the text is left out.",
        ),
        Misconception(
            "overlapping",
            _every_step,
            "The rows overlap: each begins one character after the one before, as in windows of a "
            "series. With a state that is carried nothing has to be read twice.",
        ),
        Misconception(
            "one-step-short",
            _one_step_short,
            "The pieces are T - 1 long: inputs and targets are cut out of the same T characters. "
            "Cut the inputs from `tokens`, the targets from `tokens[1:]`.",
        ),
    ),
    hints=(
        "Write the numbers 0 to 12 on paper and solve N = 2, T = 3 by hand. Where does row 0 of "
        "the second batch begin?",
        "The first K N T tokens, as N rows of K T: those are the streams. Then K pieces of T in "
        "each row. The targets are the same, cut from `tokens[1:]`.",
        "`tokens[:used].reshape(N, K, T)` has the streams first; `.transpose(1, 0, 2)` puts the "
        "batches first. K = (M - 1) // (N T), used = K N T.",
    ),
)
