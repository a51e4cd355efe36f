"""Lesson 08: the mean of a layer's outputs over real steps."""

from __future__ import annotations

from typing import Any

import numpy as np

from lstm_helpers.checks import Case, Exercise, Misconception, Output
from lstm_helpers.nn.functions import Array


def masked_mean(outputs: Any, mask: Any) -> Array:
    """Average the outputs of a layer over the real steps of each sequence.

    Parameters
    ----------
    outputs : array_like (N, T, H)
        Of every step, padding included.
    mask : array_like of bool (N, T)
        True where there is a real step; at least one in every sequence, wherever it stands.

    Returns
    -------
    ndarray (N, H)
        For each sequence and unit the mean over the steps that the mask marks.

    Examples
    --------
    >>> outputs = np.array([[[2.0, 1.0], [4.0, 3.0], [9.0, 9.0]]])
    >>> masked_mean(outputs, np.array([[True, True, False]]))
    array([[3., 2.]])
    """
    real = np.asarray(mask)[:, :, None]  # (N, T, 1)
    total: Array = np.where(real, np.asarray(outputs), 0.0).sum(axis=1)
    mean: Array = total / real.sum(axis=1)
    return mean


def _mask_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for N, T, H, at_the_end, note in (
        (4, 6, 3, True, "padding at the end"),
        (3, 7, 5, False, "padding anywhere"),
        (2, 5, 4, True, ""),
        (1, 6, 3, False, "a single sequence"),
    ):
        # Another number of real steps in each sequence, and never all of them.
        counts = rng.permutation(np.arange(2, T))[:N]
        mask = np.arange(T) < counts[:, None]
        if not at_the_end:
            mask = np.array([_holes(rng, T, int(count)) for count in counts])
        outputs = rng.normal(0.5, 1.0, (N, T, H))
        outputs += 3.0 * ~mask[:, :, None]  # what stands in the padding is not small
        cases.append(Case((outputs, mask), {"N": N, "T": T, "H": H}, note=note))
    return cases


def _holes(rng: np.random.Generator, T: int, count: int) -> Array:
    """Real steps anywhere, but with a gap before the last of them."""
    gap = int(rng.integers(count))
    row = np.zeros(T, dtype=bool)
    row[rng.choice(np.delete(np.arange(T), gap), count, replace=False)] = True
    return row


# --- wrong answers ----------------------------------------------------------------------------


def _mean_with(
    real=lambda mask: mask,
    total=lambda outputs, real: (outputs * real[:, :, None]).sum(axis=1),
    count=lambda outputs, real: real.sum(axis=1)[:, None],
    finish=lambda mean: mean,
):
    """`masked_mean` with one of its parts exchanged."""

    def answer(outputs, mask):
        chosen = real(mask)
        return finish(total(outputs, chosen) / count(outputs, chosen))

    return answer


def _lengths(mask):
    return mask.sum(axis=1)


def _at(step):
    """The output at one step of each sequence."""
    return lambda outputs, mask: outputs[range(len(outputs)), step(mask)]


def _last_marked(mask):
    return mask.shape[1] - 1 - mask[:, ::-1].argmax(axis=1)


def _first_steps(outputs, mask):
    return np.array(
        [row[:length].mean(axis=0) for row, length in zip(outputs, _lengths(mask), strict=True)]
    )


def _over_units(outputs, real):
    return (outputs * real[:, :, None]).sum(axis=2)


def _extreme(reduce, fill):
    return lambda outputs, mask: reduce(np.where(mask[:, :, None], outputs, fill), axis=1)


def _middle(outputs, mask):
    return np.array([np.median(row[real], axis=0) for row, real in zip(outputs, mask, strict=True)])


MASKED_MEAN = Exercise(
    name="masked_mean",
    lesson="08",
    title="The mean over real steps",
    points=2,
    minutes=8,
    reference=masked_mean,
    cases=_mask_cases,
    outputs=(Output("mean", ("N", "H")),),
    rtol=1e-5,  # float32 will do
    atol=1e-5,
    misconceptions=(
        Misconception(
            "mask-ignored",
            lambda outputs, mask: outputs.mean(axis=1),
            "The mask plays no part: padding is averaged as if it were data. Count only the steps "
            "that the mask marks.",
        ),
        Misconception(
            "divided-by-all-steps",
            _mean_with(count=lambda outputs, real: outputs.shape[1]),
            "The sum is right, but it is divided by T, as if the padding counted. Divide by the "
            "number of real steps of each sequence: `mask.sum(axis=1)`.",
        ),
        Misconception(
            "mask-inverted",
            _mean_with(real=lambda mask: ~mask),
            "That is the mean over the padding. In Keras's masks, True marks a real step. (PyTorch "
            "has places where True marks the padding.)",
            variants=(
                _mean_with(real=lambda mask: ~mask, count=lambda outputs, real: outputs.shape[1]),
            ),
        ),
        Misconception(
            "not-divided",
            _mean_with(count=lambda outputs, real: 1),
            "That is the sum over the real steps. For the mean, divide by how many there are in "
            "each sequence.",
        ),
        Misconception(
            "one-count-for-all",
            _mean_with(count=lambda outputs, real: real.sum()),
            "Every sequence is divided by the same number. Each has its own: `mask.sum(axis=1)`, "
            "and an axis more so that it meets (N, H).",
            variants=(
                _mean_with(count=lambda outputs, real: real.sum(axis=1).mean()),
                _mean_with(count=lambda outputs, real: real.sum(axis=1).max()),
                _mean_with(count=lambda outputs, real: real.sum(axis=1)[0]),
            ),
        ),
        Misconception(
            "all-sequences-in-one",
            lambda outputs, mask: outputs[mask].mean(axis=0),
            "`outputs[mask]` puts the real steps of all sequences into one list, and their mean "
            "belongs to nobody. Keep the sequences apart and sum over time, `axis=1`.",
            variants=(lambda outputs, mask: outputs[mask].mean(),),
        ),
        Misconception(
            "over-the-batch",
            _mean_with(
                total=lambda outputs, real: (outputs * real[:, :, None]).sum(axis=0),
                count=lambda outputs, real: np.maximum(real.sum(axis=0), 1)[:, None],
            ),
            "The mean runs over the batch: `axis=0` are the sequences. Time is `axis=1`.",
            variants=(
                lambda outputs, mask: outputs.mean(axis=0),
                lambda outputs, mask: (outputs * mask[:, :, None]).mean(axis=0),
                _mean_with(
                    total=lambda outputs, real: (outputs * real[:, :, None]).sum(axis=0),
                    count=lambda outputs, real: real.sum(axis=0)[:, None],
                ),
            ),
        ),
        Misconception(
            "over-the-units",
            lambda outputs, mask: _over_units(outputs, mask) / outputs.shape[2],
            "The mean runs over the units, `axis=2`. Time is `axis=1`.",
            variants=(
                lambda outputs, mask: outputs.mean(axis=2),
                lambda outputs, mask: _over_units(outputs, mask) / _lengths(mask)[:, None],
            ),
        ),
        Misconception(
            "over-time-and-units",
            lambda outputs, mask: _over_units(outputs, mask).sum(axis=1) / _lengths(mask),
            "Time and units are summed up together, and one number is left for each sequence. Sum "
            "over time alone: `axis=1`.",
            variants=(
                lambda outputs, mask: _over_units(outputs, mask).mean(axis=1),
                lambda outputs, mask: outputs.mean(axis=(1, 2)),
                lambda outputs, mask: np.array(
                    [row[real].mean() for row, real in zip(outputs, mask, strict=True)]
                ),
            ),
        ),
        Misconception(
            "last-real-step",
            _at(lambda mask: _lengths(mask) - 1),
            "That is one step of each sequence, its last real one. The mean over all its real "
            "steps is asked for.",
            variants=(_at(_last_marked), lambda outputs, mask: outputs[:, -1]),
        ),
        Misconception(
            "largest-instead-of-mean",
            _extreme(np.max, -np.inf),
            "That is the largest output over the real steps (a masked maximum, also a common way "
            "to read a sequence). The mean is asked for.",
            variants=(
                _extreme(np.max, -1e9),
                _extreme(np.max, 0.0),
                lambda outputs, mask: outputs.max(axis=1),
                _extreme(np.min, np.inf),
            ),
        ),
        Misconception(
            "median-instead-of-mean",
            _middle,
            "That is the median over the real steps. The mean is asked for: the sum divided by the "
            "count.",
        ),
        Misconception(
            "padding-taken-to-be-last",
            _first_steps,
            "The mask is turned into lengths, and then the first steps are averaged. That is right "
            "where all padding stands at the end; a mask may mark any steps.",
        ),
        Misconception(
            "counted-one-too-few",
            _mean_with(count=lambda outputs, real: real.sum(axis=1)[:, None] - 1),
            "The number of real steps is counted wrongly by one.",
            variants=(_mean_with(count=lambda outputs, real: real.sum(axis=1)[:, None] + 1),),
        ),
        Misconception(
            "mask-lacks-an-axis",
            lambda outputs, mask: (outputs * mask).sum(axis=1) / _lengths(mask)[:, None],
            "`outputs` is (N, T, H) and the mask (N, T): NumPy lines them up from the right, T "
            "against H. Give the mask a last axis of length 1: `mask[:, :, None]`.",
            variants=(
                lambda outputs, mask: np.where(mask, outputs, 0).sum(axis=1),
                lambda outputs, mask: np.ma.array(outputs, mask=~mask).mean(axis=1),
            ),
        ),
        Misconception(
            "count-lacks-an-axis",
            _mean_with(count=lambda outputs, real: real.sum(axis=1)),
            "The sum is (N, H) and the count (N,): NumPy lines them up from the right, N against "
            "H. Give the count a last axis of length 1: `mask.sum(axis=1)[:, None]`.",
        ),
        Misconception(
            "axis-left-over",
            _mean_with(finish=lambda mean: mean[:, None]),
            "The numbers are right, but an axis of length 1 is left over where time was. Leave out "
            "`keepdims=True`, or index it away.",
        ),
        Misconception(
            "padding-zeroed-only",
            lambda outputs, mask: outputs * mask[:, :, None],
            "The padding is zero now, but all steps are still there. Sum them over time, `axis=1`, "
            "and divide by the number of real ones.",
        ),
    ),
    hints=(
        "Two sequences of 2 and 5 real steps in a batch of T = 6: by what is the sum of each "
        "divided?",
        "Multiply by the mask, sum over time, divide by the number of real steps. (N, T) must "
        "become (N, T, 1) to meet (N, T, H).",
        "`real = mask[:, :, None]`; then `(outputs * real).sum(axis=1) / real.sum(axis=1)`.",
    ),
)
