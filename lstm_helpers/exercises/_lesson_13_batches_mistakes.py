"""Lesson 13: what goes wrong in batches that carry a state."""

from __future__ import annotations

import numpy as np

from lstm_helpers.checks import Misconception


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


def _inside_the_streams(tokens, num_streams, num_steps):
    """Inputs and targets from the same M // N characters, as in many a tutorial."""
    L = len(tokens) // num_streams
    K = (L - 1) // num_steps
    streams = tokens[: num_streams * L].reshape(num_streams, L)

    def cut(part):
        return part.reshape(num_streams, K, num_steps).transpose(1, 0, 2)

    return cut(streams[:, : K * num_steps]), cut(streams[:, 1 : K * num_steps + 1])


def _pieces_with_their_target(tokens, num_streams, num_steps):
    """Pieces of T + 1 characters that do not overlap."""
    N, T = num_streams, num_steps
    K = len(tokens) // (N * (T + 1))
    pieces = tokens[: K * N * (T + 1)].reshape(N, K, T + 1).transpose(1, 0, 2)
    return pieces[..., :-1], pieces[..., 1:]


def _wrapped_in_the_stream(tokens, xs, used, K, N, T):
    streams = np.roll(tokens[:used].reshape(N, K * T), -1, axis=1)
    return streams.reshape(N, K, T).transpose(1, 0, 2)


def _one_step_short(tokens, num_streams, num_steps):
    """Inputs and targets both cut out of the same pieces of T characters."""
    xs, _ = _cut(_right)(tokens, num_streams, num_steps)
    return xs[..., :-1], xs[..., 1:]


MISCONCEPTIONS = (
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
        "targets-wrap-in-the-stream",
        _cut(_right, _wrapped_in_the_stream),
        "The last target of every stream is the stream's own first character: `np.roll` puts "
        "it there. The right one is where the next stream begins: cut the targets from "
        "`tokens[1:]`.",
    ),
    Misconception(
        "targets-one-piece-later",
        _cut(
            lambda part, K, N, T: _right(part, K, N, T)[:-1],
            lambda tokens, xs, used, K, N, T: _right(tokens[:used], K, N, T)[1:],
        ),
        "The targets are the whole next piece, T characters later. They are one character later.",
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
                part[:-1] for part in _cut(_right)(tokens, num_streams, num_steps)
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
        "targets-inside-the-stream",
        _inside_the_streams,
        "Your streams are M // N long, and inputs and targets are cut from the same stream, so "
        "its last character is no input. Here a stream is K T long, and its last target is "
        "where the next one begins: cut the targets from `tokens[1:]`.",
    ),
    Misconception(
        "pieces-with-their-target",
        _pieces_with_their_target,
        "Your pieces are T + 1 long and do not overlap, so the last character of each is a "
        "target only: the model never reads it, and the state that is carried has a gap. The "
        "next piece begins with the last target of this one.",
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
)
