"""Lab 12: which class is taken for which, and a score in which every class counts alike."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from lstm_helpers.checks import Case, Exercise, Misconception, Output

Array = npt.NDArray[Any]


def confusion_matrix(targets: Array, predictions: Array, num_classes: int) -> Array:
    """Count which class was taken for which.

    Parameters
    ----------
    targets, predictions : ndarray of int (N,)
        What was right, and what was said: class numbers from 0.
    num_classes : int
        V. Some classes may occur in neither.

    Returns
    -------
    ndarray of int (V, V)
        In row r and column s, how many examples of class r were taken for class s.

    Examples
    --------
    >>> confusion_matrix(np.array([0, 0, 0, 1]), np.array([0, 2, 2, 1]), 3)
    array([[1, 0, 2],
           [0, 1, 0],
           [0, 0, 0]])
    """
    counts = np.zeros((num_classes, num_classes), dtype=np.int64)
    np.add.at(counts, (targets, predictions), 1)
    return counts


def macro_f1(counts: Array) -> float:
    """Take the mean of the classes' F1, every class with the same weight.

    Parameters
    ----------
    counts : ndarray of int (V, V)
        A confusion matrix, truth in the rows. Every class has examples, but some may never have
        been said.

    Returns
    -------
    float
        Between 0 and 1. A class without a single right answer counts 0.

    Examples
    --------
    >>> round(macro_f1(np.array([[3, 1], [0, 4]])), 3)  # F1 6/7 and 8/9
    0.873
    """
    right = np.diag(counts)
    f1: Array = 2 * right / (counts.sum(axis=1) + counts.sum(axis=0))
    return float(f1.mean())


# --- cases ------------------------------------------------------------------------------------


def _label_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for N, V, note in (
        (40, 4, ""),
        (30, 6, "a class that nobody says"),
        (25, 7, "a class that does not occur"),
    ):
        targets = np.concatenate([np.arange(V), np.zeros(3, int), rng.integers(0, V, N - V - 3)])
        predictions = np.where(rng.random(N) < 0.5, targets, rng.integers(0, V, N))
        predictions[V : V + 3] = 1  # at least three times the same mistake
        if note:
            predictions[predictions == 2] = 3
        if note.endswith("not occur"):
            targets, predictions = (np.where(x == V - 1, 0, x) for x in (targets, predictions))
        order = rng.permutation(N)
        cases.append(Case((targets[order], predictions[order], V), {"N": N, "V": V}, note=note))
    return cases


def _matrix_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for V, note in (
        (3, ""),
        (5, "classes of very different size"),
        (4, "a class nobody says"),
        (4, "a class that is said and never right"),
    ):
        counts = rng.integers(1, 9, (V, V)) + np.diag(rng.integers(3, 15, V))
        if note.startswith("classes"):
            counts[0] *= 20
        if note.endswith("says"):
            counts[:, 1] = 0
        if note.endswith("right"):
            counts[2, 2] = 0
        cases.append(Case((counts,), {"V": V}, note=note))
    return cases


# --- wrong answers to confusion_matrix ----------------------------------------------------------


def _changed(change):
    return lambda targets, predictions, num_classes: change(
        confusion_matrix(targets, predictions, num_classes)
    )


def _counted_once(targets, predictions, num_classes):
    counts = np.zeros((num_classes, num_classes))
    counts[targets, predictions] += 1
    return counts


def _counted_once_turned(targets, predictions, num_classes):
    return _counted_once(predictions, targets, num_classes)


def _bincount_cut_short(targets, predictions, num_classes):
    counts = np.bincount(targets * num_classes + predictions)
    return counts.reshape(num_classes, num_classes)


def _from_one(counts):
    """Of each class from 1 on, in the row of the one before it."""
    shifted = np.zeros_like(counts)
    shifted[:-1, :-1] = counts[1:, 1:]
    return shifted


def _of_those_that_occur(classes):
    def answer(targets, predictions, num_classes):
        found = classes(targets, predictions)
        return confusion_matrix(
            np.searchsorted(found, targets), np.searchsorted(found, predictions), len(found)
        )

    return answer


def _shares(axis):
    def change(counts):
        with np.errstate(invalid="ignore"):
            return counts / counts.sum(axis=axis, keepdims=True)

    return change


def _shares_without_nan(axis):
    return lambda counts: counts / np.maximum(counts.sum(axis=axis, keepdims=True), 1)


CONFUSION_MATRIX = Exercise(
    name="confusion_matrix",
    lesson="12",
    title="Which is taken for which",
    points=1,
    minutes=6,
    reference=confusion_matrix,
    cases=_label_cases,
    outputs=(Output("counts", ("V", "V")),),
    misconceptions=(
        Misconception(
            "predictions-in-rows",
            _changed(np.transpose),
            "Your rows are what was said, and your columns what is right. It should be the other "
            "way round, as scikit-learn has it: row = truth, column = answer.",
            variants=(_counted_once_turned,),
        ),
        Misconception(
            "counted-once",
            _counted_once,
            "Nothing is above 1. `counts[targets, predictions] += 1` adds once for each *place*, "
            "however often the place occurs. `np.add.at(counts, (targets, predictions), 1)` adds "
            "every time, and so does a loop.",
        ),
        Misconception(
            "rows-are-one-list",
            _changed(lambda counts: np.tile(counts.sum(axis=0), (len(counts), 1))),
            "All rows are alike: `[[0] * V] * V` is V times one and the same list, so whatever is "
            "added to a row is added to all. Begin with `np.zeros((V, V), dtype=int)`.",
            variants=(_changed(lambda counts: np.tile(counts.sum(axis=1), (len(counts), 1))),),
        ),
        Misconception(
            "classes-from-one",
            _changed(lambda counts: np.roll(counts, -1, axis=(0, 1))),
            "The classes are counted from 1, so that each stands one row and one column too early. "
            "They are numbered from 0: class r has row r.",
            variants=(_changed(_from_one),),
        ),
        Misconception(
            "bincount-cut-short",
            _bincount_cut_short,
            "`np.bincount` ends with the largest number that it meets. If the last class does not "
            "occur, V × V counts are not reached, and they cannot be reshaped. Give it "
            "`minlength=num_classes**2`.",
        ),
        Misconception(
            "shares-of-the-answers",
            _changed(_shares(0)),
            "The columns are divided by their sums: shares of what was *said*. Counts are asked "
            "for. And who wants shares of the examples of a class divides rows.",
            variants=(_changed(_shares_without_nan(0)),),
        ),
        Misconception(
            "shares-of-the-class",
            _changed(_shares(1)),
            "The rows are divided by their sums. Counts are asked for: a share does not say of how "
            "many, and a class without examples would be 0/0.",
            variants=(_changed(_shares_without_nan(1)),),
        ),
        Misconception(
            "shares-of-all",
            _changed(lambda counts: counts / counts.sum()),
            "All entries are divided by N. Counts are asked for: how many, and not which part.",
        ),
        Misconception(
            "only-classes-that-occur",
            _of_those_that_occur(lambda targets, predictions: np.union1d(targets, predictions)),
            "Classes that do not occur are left out, so that the rows of two models need not fit. "
            "The matrix has `num_classes` rows and columns, also where they are empty.",
            variants=(
                lambda targets, predictions, num_classes: confusion_matrix(
                    targets, predictions, max(targets.max(), predictions.max()) + 1
                ),
            ),
        ),
        Misconception(
            "hits-only",
            _changed(lambda counts: np.diag(np.diag(counts))),
            "Only right answers are counted. What is taken for what stands beside the diagonal: "
            "count every example.",
        ),
        Misconception(
            "mistakes-only",
            _changed(lambda counts: counts - np.diag(np.diag(counts))),
            "The diagonal is empty: right answers are not counted. They belong there, so that a "
            "row adds up to the size of its class.",
        ),
        Misconception(
            "symmetric",
            _changed(lambda counts: counts + counts.T),
            "Every example is counted at both places, (r, s) and (s, r). To take a Swede for a "
            "Finn is another mistake than the reverse.",
        ),
    ),
    hints=(
        "Start with zeros of shape (V, V). Each example adds 1 at one place. Which one?",
        "The place is [target, prediction]. With a loop: `for r, s in zip(targets, predictions)`.",
        "Without a loop: `np.add.at(counts, (targets, predictions), 1)`.",
    ),
)


# --- wrong answers to macro_f1 ------------------------------------------------------------------


def _precision_recall(counts):
    """Precision, 0 where nobody said the class, and recall of each class."""
    right = np.diag(counts)
    return right / np.maximum(counts.sum(axis=0), 1), right / counts.sum(axis=1)


def _f1_by_parts(factor=2.0):
    def answer(counts):
        precision, recall = _precision_recall(counts)
        total = precision + recall
        return factor * precision * recall / np.where(total == 0, 1, total)

    return answer


def _mean_of(per_class):
    return lambda counts: float(np.mean(per_class(counts)))


def _f1_of_means(counts):
    precision, recall = (part.mean() for part in _precision_recall(counts))
    return float(2 * precision * recall / (precision + recall))


def _with_nan(counts):
    with np.errstate(invalid="ignore"):
        precision = np.diag(counts) / counts.sum(axis=0)
    recall = np.diag(counts) / counts.sum(axis=1)
    with np.errstate(invalid="ignore"):
        return 2 * precision * recall / (precision + recall)


def _with_nan_where_never_right(counts):
    precision, recall = _precision_recall(counts)
    with np.errstate(invalid="ignore"):
        return 2 * precision * recall / (precision + recall)


def _or_zero(above, below):
    return above / below if below else 0.0


def _plainly(part, join):
    """The mean F1 in numbers of Python, which do not divide by 0."""

    def answer(counts):
        rows = counts.tolist()
        scores = []
        for k, row in enumerate(rows):
            precision = part(row[k], sum(other[k] for other in rows))
            recall = part(row[k], sum(row))
            scores.append(join(2 * precision * recall, precision + recall))
        return sum(scores) / len(scores)

    return answer


def _with_eps(eps, eps_of_parts, eps_of_all):
    """The mean F1 with a small number in some of the denominators."""

    def answer(counts):
        right, columns, rows = np.diag(counts), counts.sum(axis=0), counts.sum(axis=1)
        if eps_of_all:
            return float(np.mean(2 * right / (rows + columns + eps_of_all)))
        precision = right / (columns + eps_of_parts if eps_of_parts else np.maximum(columns, 1))
        recall = right / (rows + eps_of_parts)
        total = precision + recall
        total = np.where(total == 0, 1, total) + eps
        return float(np.mean(2 * precision * recall / total))

    return answer


def _against_the_rest(counts):
    wrong = counts.sum(axis=0) + counts.sum(axis=1) - 2 * np.diag(counts)
    return 1 - wrong / counts.sum()


def _overlap(counts):
    right = np.diag(counts)
    return right / (counts.sum(axis=0) + counts.sum(axis=1) - right)


def _sum_of_f1(counts):
    return len(counts) * macro_f1(counts)


def _weighted(counts):
    return float(np.average(_f1_by_parts()(counts), weights=counts.sum(axis=1)))


MACRO_F1 = Exercise(
    name="macro_f1",
    lesson="12",
    title="Every class counts alike",
    points=2,
    minutes=8,
    reference=macro_f1,
    cases=_matrix_cases,
    outputs=(Output("score", ()),),
    misconceptions=(
        Misconception(
            "accuracy",
            lambda counts: float(np.trace(counts) / counts.sum()),
            "That is the accuracy: right answers divided by all. (A “micro” F1 is the same "
            "number.) In it large classes drown small ones; take F1 of each class first, then "
            "the mean.",
        ),
        Misconception(
            "weighted-by-size",
            _weighted,
            "The classes are weighted by their size. “Macro” means that each counts alike, the "
            "smallest as much as the largest: a plain mean.",
        ),
        Misconception(
            "recall-only",
            _mean_of(lambda counts: _precision_recall(counts)[1]),
            "That is the mean recall: what part of each class was found. Whoever always says a "
            "class finds all of it. F1 also asks how often the answer was right: columns.",
        ),
        Misconception(
            "precision-only",
            _mean_of(lambda counts: _precision_recall(counts)[0]),
            "That is the mean precision: how often an answer was right. Whoever seldom dares to "
            "name a class has it high. F1 also asks what part of the class was found: rows.",
        ),
        Misconception(
            "f1-of-the-means",
            _f1_of_means,
            "Precision and recall are averaged over the classes, and F1 is taken of the two means. "
            "Take F1 of each class, then the mean: then a class with only one of the two high "
            "cannot hide behind the others.",
        ),
        Misconception(
            "arithmetic-mean",
            _mean_of(lambda counts: sum(_precision_recall(counts)) / 2),
            "Precision and recall are averaged as (p + r) / 2. F1 is their harmonic mean, "
            "2 p r / (p + r), which is small as soon as one of them is.",
        ),
        Misconception(
            "geometric-mean",
            _mean_of(lambda counts: np.sqrt(np.prod(_precision_recall(counts), axis=0))),
            "You take the root of precision times recall, their geometric mean. F1 is their "
            "harmonic mean, 2 p r / (p + r).",
        ),
        Misconception(
            "summed-over-classes",
            _sum_of_f1,
            "The F1 of the classes are added up. Divide by their number V: a mean is asked for, "
            "between 0 and 1.",
        ),
        Misconception(
            "factor-two-missing",
            _mean_of(_f1_by_parts(factor=1.0)),
            "The factor 2 is missing. With it a class without any mistake has F1 = 1: "
            "2 p r / (p + r).",
        ),
        Misconception(
            "undefined-for-silent-classes",
            _mean_of(_with_nan),
            "A class that nobody said, or that is never right, leads to 0/0: in NumPy NaN, which "
            "spreads over the mean, in plain Python an error. Its F1 is 0. Written as "
            "2 · right / (row + column) it comes out by itself.",
            variants=(
                lambda counts: float(np.mean(_with_nan_where_never_right(counts))),
                _plainly(lambda above, below: above / below, lambda above, below: above / below),
                _plainly(lambda above, below: above / below, _or_zero),
                _plainly(_or_zero, lambda above, below: above / below),
            ),
        ),
        Misconception(
            "eps-in-the-denominator",
            _with_eps(1e-6, 1e-6, 0.0),
            "A small number is added below. Treat 0/0 by itself, or write "
            "2 · right / (row + column).",
            variants=(  # what is smaller is right to within the tolerance
                *(_with_eps(eps, eps, 0.0) for eps in (1e-5, 1e-7, 1e-8)),
                *(_with_eps(eps, 0.0, 0.0) for eps in (1e-5, 1e-6, 1e-7, 1e-8)),
                *(_with_eps(0.0, eps, 0.0) for eps in (1e-5, 1e-6)),
                *(_with_eps(0.0, 0.0, eps) for eps in (1e-5, 1e-6)),
            ),
        ),
        Misconception(
            "silent-classes-left-out",
            lambda counts: float(np.nanmean(_with_nan(counts))),
            "A class that nobody ever said is left out of the mean, so that it pays to be silent. "
            "It counts 0.",
        ),
        Misconception(
            "silent-classes-perfect",
            lambda counts: float(np.mean(np.nan_to_num(_with_nan(counts), nan=1.0))),
            "A class that nobody said gets 1, as if 0/0 were a full score. Nothing of it was "
            "found: its F1 is 0.",
        ),
        Misconception(
            "one-against-the-rest",
            _mean_of(_against_the_rest),
            "You take the accuracy of each class against all others. There all examples that have "
            "nothing to do with a class count as right answers. F1 leaves them out.",
        ),
        Misconception(
            "overlap",
            _mean_of(_overlap),
            "The examples in the diagonal are subtracted below: right / (row + column - right) is "
            "the overlap of two sets. F1 is 2 · right / (row + column).",
        ),
        Misconception(
            "not-averaged",
            _f1_by_parts(),
            "Those are the F1 of all classes. One number is asked for: their mean.",
        ),
        Misconception(
            "percent",
            lambda counts: 100 * macro_f1(counts),
            "The score is in percent. A number between 0 and 1 is asked for.",
        ),
    ),
    hints=(
        "For each class: how many are right (diagonal), how many there are (row), how often it was "
        "said (column). F1 is made of these three.",
        "Precision is right / column, recall right / row. Their harmonic mean 2 p r / (p + r) is "
        "2 · right / (row + column), and that is defined also where nobody said the class.",
        "`2 * np.diag(counts) / (counts.sum(axis=0) + counts.sum(axis=1))` is F1 of every class.",
    ),
)
