"""Lesson 01: windows of a series, one step of a plain RNN, and the whole sequence."""

from __future__ import annotations

import numpy as np

from lstm_helpers import nn
from lstm_helpers.checks import Case, Choice, Exercise, Misconception, Output, Question

TITLE = "Sequences and the plain RNN"


# --- make_windows -----------------------------------------------------------------------------


def make_windows(series, length, horizon=1):
    """Cut a series into windows and their targets.

    Parameters
    ----------
    series : ndarray (n_total, D)
        One row for each time step; column 0 is the target.
    length : int
        Rows in a window.
    horizon : int, optional
        Steps from a window's last row to its target.

    Returns
    -------
    X : ndarray (n, length, D)
        Every possible window, the earliest first.
    y : ndarray (n,)
        Column 0, ``horizon`` steps after each window's last row.
    """
    n = len(series) - length - horizon + 1
    X = np.stack([series[k : k + length] for k in range(n)])
    y = series[length + horizon - 1 :, 0].copy()
    return X, y


def _window_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for n_total, length, D, horizon in ((23, 5, 3, 1), (29, 4, 2, 3), (17, 6, 1, 2), (9, 5, 3, 3)):
        series = rng.normal(0.0, 1.0, (n_total, D))
        sizes = {"n": n_total - length - horizon + 1, "length": length, "D": D}
        note = f"a series of {n_total} rows, length {length} and horizon {horizon}"
        if horizon == 1:  # called without it: the default must be 1
            cases.append(Case((series, length), sizes, note=note))
        else:
            cases.append(Case((series, length, horizon), sizes, note=note))
    return cases


def _windows(series, length, horizon, n, offset, start=0):
    """X from ``n`` windows; y stands ``offset`` rows after each window's first."""
    X = np.stack([series[k : k + length] for k in range(start, start + n)])
    return X, series[np.arange(start, start + n) + offset, 0]


def _target_inside(series, length, horizon=1):
    n = len(series) - length - horizon + 1
    return _windows(series, length, horizon, n, length + horizon - 2)


def _target_inside_more(series, length, horizon=1):
    n = len(series) - length - horizon + 2
    return _windows(series, length, horizon, n, length + horizon - 2)


def _last_of_window(series, length, horizon=1):
    n = len(series) - length - horizon + 1
    return _windows(series, length, horizon, n, length - 1)


def _one_too_few(series, length, horizon=1):
    n = len(series) - length - horizon
    return _windows(series, length, horizon, n, length + horizon - 1)


def _one_too_few_at_start(series, length, horizon=1):
    n = len(series) - length - horizon
    return _windows(series, length, horizon, n, length + horizon - 1, start=1)


def _one_too_far(series, length, horizon=1):
    n = len(series) - length - horizon
    return _windows(series, length, horizon, n, length + horizon)


def _always_one(series, length, horizon=1):
    return _windows(series, length, 1, len(series) - length, length)


def _always_one_cut(series, length, horizon=1):
    return _windows(series, length, 1, len(series) - length - horizon + 1, length)


def _from_first_row(series, length, horizon=1):
    n = len(series) - length - horizon + 1
    return _windows(series, length, horizon, n, horizon)


def _not_overlapping(series, length, horizon=1):
    starts = np.arange(0, len(series) - length - horizon + 1, length)
    X = np.stack([series[k : k + length] for k in starts])
    return X, series[starts + length + horizon - 1, 0]


def _side_by_side(seen, expected):
    """Whether each window begins where the one before it ends, however many there are."""
    followed = False
    for value, (right, _) in zip(seen, expected, strict=True):
        if isinstance(value, Exception):
            continue
        try:
            X = np.asarray(value[0], dtype=float)
        except (TypeError, ValueError, KeyError, IndexError, RuntimeError):
            return False
        wanted = right[:: right.shape[1]][: len(X)] if X.ndim == right.ndim else right[:0]
        # The very last window may be one that has no target, and is not among the right ones.
        if len(wanted) < len(X) - 1 or not len(wanted):
            return False
        if X.shape[1:] != right.shape[1:] or not np.allclose(X[: len(wanted)], wanted):
            return False
        followed = followed or len(wanted) > 1
    return followed


def _strided_by_horizon(series, length, horizon=1):
    starts = np.arange(0, len(series) - length - horizon + 1, horizon)
    X = np.stack([series[k : k + length] for k in starts])
    return X, series[starts + length + horizon - 1, 0]


def _wrapped(series, length, horizon=1):
    n = len(series) - length + 1
    X = np.stack([series[k : k + length] for k in range(n)])
    return X, np.roll(series[:, 0], -(length + horizon - 1))[:n]


def _wrapped_cut(series, length, horizon=1):
    n = len(series) - length
    X = np.stack([series[k : k + length] for k in range(n)])
    return X, np.roll(series[:, 0], -(length + horizon - 1))[:n]


def _more_windows(series, length, horizon=1):
    _, y = make_windows(series, length, horizon)
    return np.stack([series[k : k + length] for k in range(len(series) - length)]), y


def _more_windows_still(series, length, horizon=1):
    _, y = make_windows(series, length, horizon)
    return np.stack([series[k : k + length] for k in range(len(series) - length + 1)]), y


def _one_row_more(series, length, horizon=1):
    n = len(series) - length - horizon + 1
    X = np.stack([series[k : k + length + 1] for k in range(n)])
    return X, make_windows(series, length, horizon)[1]


def _window_to_target(series, length, horizon=1):
    n = len(series) - length - horizon + 1
    X = np.stack([series[k : k + length + horizon] for k in range(n)])
    return X, make_windows(series, length, horizon)[1]


def _changed_y(change):
    def answer(series, length, horizon=1):
        X, _ = make_windows(series, length, horizon)
        return X, change(series, length, horizon)

    return answer


def _changed_x(change):
    def answer(series, length, horizon=1):
        X, y = make_windows(series, length, horizon)
        return change(X), y

    return answer


MAKE_WINDOWS = Exercise(
    name="make_windows",
    lesson="01",
    title="Cut a series into windows and their targets",
    points=2,
    minutes=10,
    reference=make_windows,
    cases=_window_cases,
    outputs=(Output("X", ("n", "length", "D")), Output("y", ("n",))),
    misconceptions=(
        Misconception(
            "target-inside-window",
            _target_inside,
            "The target stands one step too early: for horizon 1 it is the window's own last row. "
            "A model that is shown what it should forecast looks perfect and knows nothing. The "
            "window's last row is k + length - 1; the target stands `horizon` rows after it.",
            variants=(_target_inside_more, _last_of_window),
        ),
        Misconception(
            "one-window-too-few",
            _one_too_few,
            "One possible window is left out. With n_total rows the last target may stand in the "
            "last row, n_total - 1, so there are n_total - length - horizon + 1 windows.",
            variants=(_one_too_few_at_start,),
        ),
        Misconception(
            "horizon-ignored",
            _always_one,
            "The target is always the row right after the window. It should stand `horizon` rows "
            "after the window's last row.",
            variants=(_always_one_cut,),
        ),
        Misconception(
            "horizon-off-by-one",
            _one_too_far,
            "The target stands one row too far: for horizon 1 a row is skipped. Horizon 1 means "
            "the row right after the window.",
        ),
        Misconception(
            "horizon-from-window-start",
            _from_first_row,
            "The horizon is counted from the window's first row. Count it from the last.",
        ),
        Misconception(
            "windows-do-not-overlap",
            _not_overlapping,
            "Windows follow each other without overlap, so most are missing; each should begin one "
            "row after the one before.",
            shows=_side_by_side,
        ),
        Misconception(
            "stride-of-horizon",
            _strided_by_horizon,
            "The start moves on by `horizon` rows. It should move on by one: the horizon says only "
            "where the target stands.",
        ),
        Misconception(
            "target-wrapped-around",
            _wrapped,
            "The last targets are taken from the beginning of the series: `np.roll` wraps around. "
            "A window whose target lies beyond the end has no target, and must be left out.",
            variants=(_wrapped_cut,),
        ),
        Misconception(
            "more-windows-than-targets",
            _more_windows,
            "There are more windows than targets. The last windows have no row `horizon` steps "
            "after them: leave them out.",
            variants=(_more_windows_still,),
        ),
        Misconception(
            "window-too-long",
            _one_row_more,
            "Each window has rows to spare, and they reach up to the target: the answer is among "
            "the inputs. `series[k : k + length]` ends before row k + length.",
            variants=(_window_to_target,),
        ),
        Misconception(
            "all-columns-as-target",
            _changed_y(lambda s, L, h: s[L + h - 1 :]),
            "y holds every column. Only column 0 is the target: `[..., 0]`.",
        ),
        Misconception(
            "last-column-as-target",
            _changed_y(lambda s, L, h: s[L + h - 1 :, -1]),
            "y holds the last column. The target is column 0.",
        ),
        Misconception(
            "target-as-column",
            _changed_y(lambda s, L, h: s[L + h - 1 :, :1]),
            "y has a second axis of length 1. Later, (n, 1) minus (n,) would silently make a table "
            "of n × n differences. Index the column with a number, `[:, 0]`, not a slice.",
        ),
        Misconception(
            "series-as-target",
            _changed_y(
                lambda s, L, h: np.stack(
                    [s[k + L : k + L + h, 0] for k in range(len(s) - L - h + 1)]
                )
            ),
            "y holds all rows up to the horizon. Only the one `horizon` steps after the window is "
            "wanted, so y has one number for each window.",
        ),
        Misconception(
            "features-first",
            _changed_x(lambda X: X.transpose(0, 2, 1)),
            "The axes of X are (n, D, length). Time comes before features: (n, length, D).",
        ),
        Misconception(
            "time-first",
            _changed_x(lambda X: X.transpose(1, 0, 2)),
            "The axes of X are (length, n, D). The windows come first: (n, length, D).",
        ),
        Misconception(
            "column-zero-only",
            _changed_x(lambda X: X[:, :, 0]),
            "X holds column 0 only. All D columns are inputs; only the target is column 0 alone.",
            variants=(_changed_x(lambda X: X[:, :, :1]),),
        ),
        Misconception(
            "target-column-missing",
            _changed_x(lambda X: X[:, :, 1:]),
            "X leaves column 0 out. The past of the target is an input as well.",
        ),
        Misconception(
            "flattened",
            _changed_x(lambda X: X.reshape(len(X), -1)),
            "Each window is one long row. Keep the axes apart: (n, length, D).",
        ),
        Misconception(
            "newest-first",
            _changed_x(lambda X: X[:, ::-1]),
            "Time runs backwards in each window. The oldest row comes first.",
        ),
    ),
    hints=(
        "Take a series of 6 rows, length 3 and horizon 1, and write down by hand which rows are "
        "in each window and which row is its target. How many windows are there?",
        "Window k holds the rows k … k + length - 1, and its target is row "
        "k + length - 1 + horizon. The last window is the one whose target is the last row.",
        "With n = len(series) - length - horizon + 1: X stacks `series[k : k + length]` for k in "
        "range(n) (`np.stack` does it), and y is `series[length + horizon - 1 :, 0]`.",
    ),
)


# --- rnn_step ---------------------------------------------------------------------------------


def draw_weights(rng: np.random.Generator, D: int, H: int) -> tuple[np.ndarray, ...]:
    """Draw weights of order one, so that no state is near 0 or ±1 and each mistake shows.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the random numbers.
    D, H : int
        Input features and hidden units.

    Returns
    -------
    tuple of ndarray
        ``W_x (D, H)``, ``W_h (H, H)`` and ``b (H,)``.
    """
    return (
        rng.normal(0.0, 0.6 / np.sqrt(D), (D, H)),
        rng.normal(0.0, 0.9 / np.sqrt(H), (H, H)),
        rng.normal(0.0, 0.5, H),
    )


def _step_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for N, D, H in ((3, 2, 4), (2, 5, 3), (1, 3, 5)):
        x, h_prev = rng.normal(0.0, 1.0, (N, D)), rng.uniform(-0.9, 0.9, (N, H))
        cases.append(Case((x, h_prev, *draw_weights(rng, D, H)), {"N": N, "D": D, "H": H}))
    return cases


_STEP_ERRORS = (
    (
        "missing-bias",
        lambda x, h, W_x, W_h, b: np.tanh(x @ W_x + h @ W_h),
        "The bias is left out: add `b` inside the tanh.",
        (),
    ),
    (
        "bias-twice",
        lambda x, h, W_x, W_h, b: np.tanh(x @ W_x + b + h @ W_h + b),
        "The bias is added twice, once with each product. One bias is enough: their sum would be "
        "one vector anyway.",
        (),
    ),
    (
        "bias-subtracted",
        lambda x, h, W_x, W_h, b: np.tanh(x @ W_x + h @ W_h - b),
        "The bias is subtracted. Add it.",
        (),
    ),
    (
        "concatenated-in-another-order",
        lambda x, h, W_x, W_h, b: np.tanh(
            np.concatenate([h, x], axis=1) @ np.concatenate([W_x, W_h]) + b
        ),
        "The state meets the input's weights and the other way round: side by side stands "
        "[h, x], but the weights are stacked [W_x, W_h]. Use one order for both.",
        (
            lambda x, h, W_x, W_h, b: np.tanh(
                np.concatenate([x, h], axis=1) @ np.concatenate([W_h, W_x]) + b
            ),
        ),
    ),
    (
        "bias-outside-tanh",
        lambda x, h, W_x, W_h, b: np.tanh(x @ W_x + h @ W_h) + b,
        "The bias is added after the tanh, so the state can leave [-1, 1]. It belongs inside: "
        "z = x @ W_x + h_prev @ W_h + b, then tanh(z).",
        (),
    ),
    (
        "missing-tanh",
        lambda x, h, W_x, W_h, b: x @ W_x + h @ W_h + b,
        "That is z, before the nonlinearity. The new state is tanh(z).",
        (),
    ),
    (
        "sigmoid-for-tanh",
        lambda x, h, W_x, W_h, b: nn.sigmoid(x @ W_x + h @ W_h + b),
        "The state lies between 0 and 1: a sigmoid stands where tanh belongs.",
        (),
    ),
    (
        "relu-for-tanh",
        lambda x, h, W_x, W_h, b: nn.relu(x @ W_x + h @ W_h + b),
        "Negative states have become 0: a relu stands where tanh belongs.",
        (),
    ),
    (
        "tanh-of-each-part",
        lambda x, h, W_x, W_h, b: np.tanh(x @ W_x + b) + np.tanh(h @ W_h),
        "tanh is taken of each product by itself. Add first, then apply tanh once: tanh(a) + "
        "tanh(b) is not tanh(a + b).",
        (
            lambda x, h, W_x, W_h, b: np.tanh(x @ W_x) + np.tanh(h @ W_h + b),
            lambda x, h, W_x, W_h, b: np.tanh(x @ W_x) + np.tanh(h @ W_h) + b,
        ),
    ),
    (
        "tanh-of-the-input-only",
        lambda x, h, W_x, W_h, b: np.tanh(x @ W_x) + h @ W_h + b,
        "tanh is taken of the input's part only; `h_prev @ W_h` and `b` belong inside as well: add "
        "all three first, then apply tanh once.",
        (lambda x, h, W_x, W_h, b: np.tanh(x @ W_x + b) + h @ W_h,),
    ),
    (
        "tanh-of-the-state-only",
        lambda x, h, W_x, W_h, b: x @ W_x + np.tanh(h @ W_h + b),
        "tanh is taken of the old state's part only; `x @ W_x` and `b` belong inside as well: add "
        "all three first, then apply tanh once.",
        (lambda x, h, W_x, W_h, b: x @ W_x + np.tanh(h @ W_h) + b,),
    ),
    (
        "tanh-twice",
        lambda x, h, W_x, W_h, b: np.tanh(np.tanh(x @ W_x + h @ W_h + b)),
        "tanh is applied twice. Once is enough.",
        (),
    ),
    (
        "state-ignored",
        lambda x, h, W_x, W_h, b: np.tanh(x @ W_x + b),
        "`h_prev` plays no part: this network has no memory. Add `h_prev @ W_h`.",
        (lambda x, h, W_x, W_h, b: np.tanh(x @ W_x),),
    ),
    (
        "input-ignored",
        lambda x, h, W_x, W_h, b: np.tanh(h @ W_h + b),
        "`x` plays no part: this network sees nothing. Add `x @ W_x`.",
        (),
    ),
    (
        "recurrent-weights-missing",
        lambda x, h, W_x, W_h, b: np.tanh(x @ W_x + h + b),
        "The old state is added as it is. It passes the recurrent weights first: `h_prev @ W_h`.",
        (),
    ),
    (
        "product-for-sum",
        lambda x, h, W_x, W_h, b: np.tanh((x @ W_x) * (h @ W_h) + b),
        "The two products are multiplied. Add them.",
        (),
    ),
    (
        "state-kept",
        lambda x, h, W_x, W_h, b: h + np.tanh(x @ W_x + h @ W_h + b),
        "The old state is added to the new one. A plain RNN replaces its state; carrying it over "
        "is what the LSTM will add.",
        (),
    ),
    (
        "mean-of-states",
        lambda x, h, W_x, W_h, b: 0.5 * (h + np.tanh(x @ W_x + h @ W_h + b)),
        "Old and new state are averaged. A plain RNN replaces its state.",
        (),
    ),
    (
        "recurrent-matrix-transposed",
        lambda x, h, W_x, W_h, b: np.tanh(x @ W_x + h @ W_h.T + b),
        "The recurrent matrix is transposed. It is square, so NumPy cannot notice: write "
        "`h_prev @ W_h`, row vectors on the left.",
        (),
    ),
    (
        "recurrent-weights-elementwise",
        lambda x, h, W_x, W_h, b: np.tanh(x @ W_x + h * np.diag(W_h) + b),
        "Each unit sees only its own old state. `h_prev @ W_h` mixes all units; `*` does not.",
        (),
    ),
)


def _step_misconceptions() -> tuple[Misconception, ...]:
    common = [Misconception(slug, f, text, more) for slug, f, text, more in _STEP_ERRORS]
    return (
        *common,
        Misconception(
            "weights-on-the-left",
            lambda x, h, W_x, W_h, b: np.tanh(W_x @ x + W_h @ h + b),
            "The weights stand on the left, as in many books, where x is a column. Here every "
            "example of the batch is a row, so the weights stand on the right: `x @ W_x`.",
            variants=(
                lambda x, h, W_x, W_h, b: np.tanh(W_h @ h + W_x @ x + b),
                lambda x, h, W_x, W_h, b: np.tanh(x @ W_x + W_h @ h + b),
            ),
        ),
        Misconception(
            "input-matrix-transposed",
            lambda x, h, W_x, W_h, b: np.tanh(x @ W_x.T + h @ W_h + b),
            "What stands to the right of `x` does not fit. `W_x` is (D, H), so `x @ W_x` works as "
            "it is and gives (N, H); transposed, or with `W_h` in its place, the inner sizes "
            "differ. (PyTorch stores this matrix transposed; this course does not.)",
            variants=(lambda x, h, W_x, W_h, b: np.tanh(x @ W_x.T + h @ W_h.T + b),),
        ),
        Misconception(
            "weights-exchanged",
            lambda x, h, W_x, W_h, b: np.tanh(h @ W_x + x @ W_h + b),
            "The two matrices are exchanged: `W_x` (D, H) belongs to `x` (N, D), `W_h` (H, H) to "
            "`h_prev` (N, H).",
        ),
        Misconception(
            "elementwise-product",
            lambda x, h, W_x, W_h, b: np.tanh(x * W_x + h * W_h + b),
            "`*` multiplies entry by entry. A matrix product is written `@`.",
            variants=(lambda x, h, W_x, W_h, b: np.tanh(x @ W_x + h * W_h + b),),
        ),
        Misconception(
            "concatenated-along-batch",
            lambda x, h, W_x, W_h, b: np.tanh(
                np.concatenate([x, h]) @ np.concatenate([W_x, W_h]) + b
            ),
            "`np.concatenate` joins along the first axis unless told otherwise. To set x and h "
            "side by side, join along the last: `axis=1`; the weights then stand one above the "
            "other, `axis=0`.",
        ),
    )


RNN_STEP = Exercise(
    name="rnn_step",
    lesson="01",
    title="One step of a plain RNN",
    points=2,
    minutes=8,
    reference=nn.rnn_step,
    cases=_step_cases,
    outputs=(Output("h", ("N", "H")),),
    misconceptions=_step_misconceptions(),
    hints=(
        "Look at the shapes: which product of `x` (N, D) with a matrix gives (N, H)? And which "
        "product of `h_prev` (N, H)?",
        "z has three summands: one from the input, one from the old state, one that is the same "
        "for every example.",
        "z = x @ W_x + h_prev @ W_h + b, and the new state is np.tanh(z).",
    ),
)


# --- rnn_forward ------------------------------------------------------------------------------


def _forward_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for N, T, D, H in ((3, 5, 2, 4), (2, 6, 3, 5), (4, 1, 3, 2)):
        xs, h0 = rng.normal(0.0, 1.0, (N, T, D)), rng.uniform(-0.9, 0.9, (N, H))
        note = "a single time step" if T == 1 else ""
        sizes = {"N": N, "T": T, "D": D, "H": H}
        cases.append(Case((xs, h0, *draw_weights(rng, D, H)), sizes, note=note))
    return cases


def _unroll(step):
    """Turn a wrong step into a wrong sequence."""

    def answer(xs, h0, W_x, W_h, b):
        h, hs = h0, []
        for t in range(xs.shape[1]):
            h = step(xs[:, t], h, W_x, W_h, b)
            hs.append(h)
        return np.stack(hs, axis=1)

    return answer


def _state_not_carried(xs, h0, W_x, W_h, b):
    return np.stack([nn.rnn_step(xs[:, t], h0, W_x, W_h, b) for t in range(xs.shape[1])], axis=1)


def _z_carried(xs, h0, W_x, W_h, b):
    z, hs = h0, []
    for t in range(xs.shape[1]):
        z = xs[:, t] @ W_x + z @ W_h + b
        hs.append(np.tanh(z))
    return np.stack(hs, axis=1)


def _one_late(xs, h0, W_x, W_h, b):
    hs = nn.rnn_forward(xs, h0, W_x, W_h, b)
    return np.concatenate([h0[:, None], hs[:, :-1]], axis=1)


def _backwards(xs, h0, W_x, W_h, b):
    return nn.rnn_forward(xs[:, ::-1], h0, W_x, W_h, b)[:, ::-1]


def _same_array(xs, h0, W_x, W_h, b):
    h, hs = h0.copy(), []
    for t in range(xs.shape[1]):
        h[...] = nn.rnn_step(xs[:, t], h, W_x, W_h, b)
        hs.append(h)
    return np.stack(hs, axis=1)


def _over_batch(xs, h0, W_x, W_h, b):
    return nn.rnn_forward(xs.transpose(1, 0, 2), h0, W_x, W_h, b).transpose(1, 0, 2)


def _loop_over_batch(xs, h0, W_x, W_h, b):
    h, hs = h0, []
    for x in xs:
        h = nn.rnn_step(x, h, W_x, W_h, b)
        hs.append(h)
    return np.stack(hs, axis=1)


def _loop_over_batch_stacked(xs, h0, W_x, W_h, b):
    h, hs = h0, []
    for x in xs:
        h = nn.rnn_step(x, h, W_x, W_h, b)
        hs.append(h)
    return np.array(hs)


def _first_step_missing(xs, h0, W_x, W_h, b):
    h, hs = h0, np.zeros((xs.shape[0], xs.shape[1], h0.shape[1]))
    for t in range(1, xs.shape[1]):
        h = nn.rnn_step(xs[:, t], h, W_x, W_h, b)
        hs[:, t] = h
    return hs


def _last_step_missing(xs, h0, W_x, W_h, b):
    hs = nn.rnn_forward(xs, h0, W_x, W_h, b)
    hs[:, -1] = 0
    return hs


def _of(change):
    def answer(xs, h0, W_x, W_h, b):
        return change(nn.rnn_forward(xs, h0, W_x, W_h, b), h0)

    return answer


RNN_FORWARD = Exercise(
    name="rnn_forward",
    lesson="01",
    title="A plain RNN over a whole sequence",
    points=2,
    minutes=10,
    reference=nn.rnn_forward,
    cases=_forward_cases,
    outputs=(Output("hs", ("N", "T", "H")),),
    may_call=("rnn_step",),
    misconceptions=(
        Misconception(
            "state-not-carried",
            _state_not_carried,
            "Every step starts from `h0` again, so the network forgets all but the present. Hand "
            "the new state on: `h = rnn_step(xs[:, t], h, ...)`.",
        ),
        Misconception(
            "start-state-ignored",
            (lambda xs, h0, W_x, W_h, b: nn.rnn_forward(xs, np.zeros_like(h0), W_x, W_h, b)),
            "The sequence starts from zeros. It should start from `h0`, which may hold anything.",
            variants=(
                lambda xs, h0, W_x, W_h, b: nn.rnn_forward(xs, np.ones_like(h0), W_x, W_h, b),
            ),
        ),
        Misconception(
            "last-step-only",
            _of(lambda hs, h0: hs[:, -1]),
            "Only the last state comes back. All of them are wanted: (N, T, H).",
            variants=(_of(lambda hs, h0: hs[:, -1:]),),
        ),
        Misconception(
            "time-first",
            _of(lambda hs, h0: hs.transpose(1, 0, 2)),
            "The axes are (T, N, H): a list of states, one for each step, puts time first. Stack "
            "along axis 1 (`np.stack(states, axis=1)`), or fill `hs[:, t]`.",
        ),
        Misconception(
            "reshaped-for-transposed",
            _of(lambda hs, h0: hs.transpose(1, 0, 2).reshape(hs.shape)),
            "The shape is right, but the numbers of different sequences are mixed: `reshape` cuts "
            "the row of numbers anew, it does not exchange axes. Use `transpose` or stack along "
            "axis 1.",
        ),
        Misconception(
            "one-step-late",
            _one_late,
            "The states stand one step late: `hs[:, 0]` is `h0`. Store the state after the step, "
            "not before.",
        ),
        Misconception(
            "start-state-included",
            _of(lambda hs, h0: np.concatenate([h0[:, None], hs], axis=1)),
            "There are T + 1 states: `h0` is among them. Return only those after each of the T "
            "steps.",
        ),
        Misconception(
            "same-array-every-step",
            _same_array,
            "Every step shows the last state: one array is overwritten again and again, and the "
            "list holds it T times. Make a new array at each step.",
            variants=(_of(lambda hs, h0: np.repeat(hs[:, -1:], hs.shape[1], axis=1)),),
        ),
        Misconception(
            "pre-activation-carried",
            _z_carried,
            "What is handed on is z, before the tanh. Hand on h = tanh(z).",
        ),
        Misconception(
            "time-reversed",
            _backwards,
            "The sequence is read from its end. Start with t = 0.",
            variants=(lambda xs, h0, W_x, W_h, b: nn.rnn_forward(xs[:, ::-1], h0, W_x, W_h, b),),
        ),
        Misconception(
            "output-reversed",
            _of(lambda hs, h0: hs[:, ::-1]),
            "The states are right, but come back in reversed order.",
        ),
        Misconception(
            "first-input-repeated",
            lambda xs, h0, W_x, W_h, b: nn.rnn_forward(
                np.repeat(xs[:, :1], xs.shape[1], axis=1), h0, W_x, W_h, b
            ),
            "Every step sees the first input. Step t should see `xs[:, t]`.",
        ),
        Misconception(
            "loop-over-batch",
            _loop_over_batch,
            "The loop runs over the first axis, which is the batch: one sequence hands its state "
            "to the next. Time is the second axis: `for t in range(xs.shape[1])`, `xs[:, t]`.",
            variants=(_over_batch, _loop_over_batch_stacked),
        ),
        Misconception(
            "first-step-skipped",
            _first_step_missing,
            "Step 0 is left out: the loop starts at 1.",
        ),
        Misconception(
            "last-step-skipped",
            _last_step_missing,
            "The last step is left out: the loop ends one step early. `range(T)` runs to T - 1.",
        ),
        Misconception(
            "steps-concatenated",
            _of(lambda hs, h0: hs.reshape(len(hs), -1)),
            "The states stand side by side in one long row: `np.concatenate` joins along an axis "
            "that is there, `np.stack` makes a new one.",
            variants=(_of(lambda hs, h0: hs.transpose(1, 0, 2).reshape(-1, hs.shape[2])),),
        ),
        Misconception(
            "states-summed",
            _of(lambda hs, h0: np.cumsum(hs, axis=1)),
            "Each state holds the sum of all before it. The state is replaced at each step.",
        ),
        *(
            Misconception(slug, _unroll(f), text, tuple(_unroll(g) for g in more))
            for slug, f, text, more in _STEP_ERRORS
            if slug != "state-ignored"
        ),
        Misconception(
            "state-ignored",
            _unroll(lambda x, h, W_x, W_h, b: np.tanh(x @ W_x + b)),
            "`h` plays no part: each state depends on the present input only.",
        ),
    ),
    hints=(
        "You have `rnn_step`. What does each step need that the one before it made?",
        "Begin with h = h0. For t = 0, 1, …, T - 1: replace h by what `rnn_step` makes of "
        "`xs[:, t]` and h, and store it.",
        "Collect the states in a list and return `np.stack(states, axis=1)`; or make "
        "`hs = np.empty((N, T, H))` and fill `hs[:, t] = h`.",
    ),
)

EXERCISES = (MAKE_WINDOWS, RNN_STEP, RNN_FORWARD)

QUIZ = (
    Question(
        "A batch holds 32 windows of 30 days with 4 columns. What is its shape in this course?",
        (
            Choice("(30, 32, 4)", "That is time-first, PyTorch's default. Here the batch leads."),
            Choice("(32, 30, 4)", "Right: $(N, T, D)$.", correct=True),
            Choice(
                "(32, 4, 30)",
                "Here features come last. Features before time is what PyTorch's convolutions "
                "take.",
            ),
        ),
    ),
    Question(
        "A plain RNN with $D = 4$, $H = 16$ is used on windows of 30 days, then on windows of 365. "
        "How many weights do $W_x$, $W_h$ and $b$ have together in the second case?",
        (
            Choice(
                "As many as before: 336.",
                r"Right: $4 \cdot 16 + 16 \cdot 16 + 16 = 336$, whatever $T$ is. Every step uses "
                "the same weights.",
                correct=True,
            ),
            Choice(
                "About twelve times as many.",
                "That holds for a dense layer on the flattened window. An RNN uses the same "
                "weights at every step.",
            ),
            Choice(
                "It cannot be used on another length.",
                "It can: the recurrence is applied as often as there are steps.",
            ),
        ),
    ),
    Question(
        "You shuffle the windows of the training set before each epoch. What have you lost?",
        (
            Choice(
                "The order of the days, so the network cannot learn from it.",
                "The order inside each window is untouched; only the order of the windows changes.",
            ),
            Choice(
                "Nothing, as long as training and test set were split by time before.",
                "Right. Shuffling before the split is what hurts: neighbouring windows share "
                "almost all their days.",
                correct=True,
            ),
            Choice(
                "The state that one window hands to the next.",
                "Each window starts from $h_0$ here, so there is no such state to lose.",
            ),
        ),
    ),
)
