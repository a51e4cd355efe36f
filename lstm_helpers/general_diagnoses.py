"""The diagnoses that any exercise may get, each in one sentence for whoever counts them.

A check's own words for these name the learner's arrays and numbers. Where many are counted, on the
live board and in a class report, one sentence has to do for all. What an exercise's own
misconceptions say stands in `lstm_helpers.exercises.EXERCISES[name].misconceptions`.
"""

from __future__ import annotations

__all__ = ["GENERAL_DIAGNOSES", "in_words"]

GENERAL_DIAGNOSES = {
    "all-but-last-step": "A result is right except at the last step.",
    "changed-input": "The function changes one of its arguments instead of a copy.",
    "constant-factor": "A result is right up to a constant factor: counted twice, or a mean "
    "where a sum belongs.",
    "first-example-only": "A result is right for the first sequence of the batch only.",
    "first-step-only": "A result is right at the first step only: what does a step hand on?",
    "gate-block": "A result is right except in the blocks of some gates.",
    "gate-order": "The four gate blocks are right, but stacked in another order than i, f, g, o.",
    "interrupted": "The check was interrupted while the function ran.",
    "last-step-only": "A result is right at the last step only: what does a step hand back?",
    "low-precision": "A result is nearly right: something is rounded, cut off, or float32.",
    "not-a-definition": "The name is given a value instead of being defined.",
    "not-a-function": "What was given to the check is no function.",
    "not-defined": "Nothing of that name is defined.",
    "not-finite": "A result holds nan or infinite numbers.",
    "not-judged": "The grader itself failed on it: look at it by hand and tell the authors.",
    "not-numpy": "A result is a framework's tensor where an array is asked for.",
    "raised": "The function stops with an error.",
    "results-swapped": "The results are right, but returned in another order.",
    "returned-none": "Nothing is returned: is there a `return`?",
    "syntax-error": "Python cannot read the cell.",
    "tampered": "The notebook changed what measures it, so no mark is given.",
    "time-reversed": "A result is right, but runs backwards in time.",
    "time-shifted": "A result is right, but stands one step too late or too early.",
    "too-large": "What the answer needs of its notebook is too much for a sandbox.",
    "too-slow": "The function takes too long: a loop too many, or one without an end.",
    "transposed": "The numbers are right, but the axes are in another order.",
    "unreadable-result": "What is returned cannot be read as arrays and numbers.",
    "warning": "The values are right, but Python warns on the way.",
    "wrong-arguments": "The function does not take the arguments that the exercise names.",
    "wrong-keys": "The keys of a returned dict are not those that the exercise names.",
    "wrong-kind": "A result is no array of numbers, or not the list or dict that is asked for.",
    "wrong-number": "The function returns too many results, or too few.",
    "wrong-precision": "A result has another dtype than is asked for.",
    "wrong-shape": "A result has the wrong shape.",
    "wrong-sign": "A result is right except for its sign.",
}
"""Slug of each general diagnosis, and what it means."""


def in_words(slug: str) -> str:
    """Name a diagnosis in words that give nothing away.

    Parameters
    ----------
    slug : str
        The diagnosis.

    Returns
    -------
    str
        The slug with spaces.

    Examples
    --------
    >>> in_words("time-first")
    'time first'
    """
    return slug.replace("-", " ")
