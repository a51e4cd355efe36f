"""What an exercise is made of, and what a verdict says.

The classes here hold data; they decide nothing. Whatever an exercise is about stays outside this
package: the engine sees functions, arrays, and letters for the lengths of their axes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Status = Literal["passed", "failed", "not attempted"]

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True)
class Output:
    """One of the results of an exercise.

    Parameters
    ----------
    name : str
        The name that the lesson gives it, such as ``"dh_prev"``.
    axes : tuple of str
        A letter for each axis, such as ``("N", "T", "H")``; empty for a number; ``("...",)`` for
        the shape of the input, whatever that is. An axis called ``"T"`` is taken for time, one
        called ``"4H"`` for four stacked gates.
    items : tuple of Output, optional
        Where the result is a list or a dict of arrays: what stands in it. ``axes`` is then not
        used.
    keyed : bool, optional
        Whether the result is a dict, with exactly the names of the items for keys.
    numpy : bool, optional
        Whether it must be a NumPy array. Otherwise a list of numbers or a tensor will do.
    same_precision : bool, optional
        Whether its ``dtype`` must be the reference's.
    wrong : str, optional
        For what the answer does not return but `Exercise.adapt` measures of it: the sentence for
        a learner whose number is not the reference's. May hold ``{got}``, ``{expected}`` and the
        names of the exercise's outputs, such as ``{padding:.2g}``.
    """

    name: str
    axes: tuple[str, ...] = ()
    items: tuple[Output, ...] = ()
    keyed: bool = False
    numpy: bool = False
    same_precision: bool = False
    wrong: str = ""

    def __post_init__(self) -> None:
        if self.keyed and not self.items:
            raise ValueError(
                f"the result {self.name!r} is a dict without items; expected an Output for each "
                "of its keys"
            )

    @property
    def parts(self) -> tuple[Output, ...]:
        """The arrays that it consists of, by the names under which a message speaks of them."""
        if self.keyed:
            return tuple(replace(item, name=f'{self.name}["{item.name}"]') for item in self.items)
        return self.items or (self,)


@dataclass(frozen=True)
class Case:
    """One set of arguments to try an answer on.

    Parameters
    ----------
    args : tuple
        The positional arguments.
    sizes : mapping of str to int
        What each axis letter stands for in this case. All different, so that a shape can be read
        back into letters.
    kwargs : mapping, optional
        The keyword arguments.
    note : str, optional
        What is special about the case, such as ``"an input of 1000"``; completes the phrase
        "in a case with ...".
    """

    args: tuple[Any, ...]
    sizes: Mapping[str, int] = field(default_factory=dict)
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True)
class Misconception:
    """A wrong answer that learners really give, and the sentence that helps.

    Parameters
    ----------
    slug : str
        Its name in reports: lower-case words joined by hyphens.
    answer : callable
        The wrong implementation, as short as it can be.
    message : str
        What a tutor would say. Plain text; `code` in backticks.
    variants : tuple of callable, optional
        Other code that comes of the same idea, with other results.
    shows : callable, optional
        For answers that take long to run: says whether a wrong answer has this misconception,
        which is then not run for comparison. It takes two lists with an element for each case:
        what the answer returned, or the exception that it raised; and the right arrays.
    """

    slug: str
    answer: Callable[..., Any]
    message: str
    variants: tuple[Callable[..., Any], ...] = ()
    shows: Callable[[list[Any], list[list[Array]]], bool] | None = None

    def __post_init__(self) -> None:
        if not _SLUG.fullmatch(self.slug):
            raise ValueError(
                f"a misconception is called {self.slug!r}; expected lower-case words joined by "
                "hyphens, such as 'missing-bias': rename it"
            )


def _itself(answer: Callable[..., Any]) -> Callable[..., Any]:
    return answer


def _as_they_are(arrays: list[Array]) -> list[Array]:
    return arrays


def _no_words(case: Case, got: list[Array], expected: list[Array]) -> str:
    return ""


@dataclass(frozen=True)
class Exercise:
    """Everything that check, grader, notebooks and tests need to know of one exercise.

    Parameters
    ----------
    name : str
        The name of the function that the learner writes.
    lesson : str
        The number of its lesson, such as ``"02"``.
    title : str
        What is asked, in a few words.
    points : int
        Marks for a right answer.
    minutes : int
        How long it should take.
    reference : callable
        The course's own answer.
    cases : callable
        Draws a fresh list of `Case` from a ``numpy.random.Generator``.
    outputs : tuple of Output
        The results in their order. With more than one, a tuple or a list is expected.
    misconceptions : tuple of Misconception
        Known wrong answers, the likelier ones first.
    hints : tuple of str
        Three, from a nudge to nearly there.
    may_call : tuple of str, optional
        Names of earlier exercises that the answer may use.
    rtol, atol : float, optional
        Two numbers count as equal if they differ by at most ``rtol`` times the expected one plus
        ``atol`` times the largest expected one of the array; where the expected array is of a
        lower precision than float64, by a few of its last digits.
    quiet : bool, optional
        Whether a Python warning makes the answer wrong.
    restored_to : float, optional
        By how much an argument may differ afterwards, for answers that move it and put it back.
    adapt : callable, optional
        Turns an answer into the function that is tried on the cases, where the answer itself is
        not that function: a class, say, whose objects are put to use. It is called outside the
        time limit, so that it may load a framework.
    received : callable, optional
        Where `adapt` returns an object of its own: makes it again of the plain data that a grader's
        worker sent. The object has a method ``plain`` that gives these data.
    library : tuple of str, optional
        What else of the course's own the answer may call, such as ``"nn.sigmoid"``; a grader
        hands over nothing else, besides `may_call`.
    normal_form : callable, optional
        Where the answer has a freedom: takes the arrays of a result, right in number, kind and
        shape, and returns arrays that are the same for all right answers. Values are compared in
        this form.
    normal_outputs : tuple of Output, optional
        Names and axes of what `normal_form` returns, if they are not those of `arrays`.
    in_words : callable, optional
        For results that stand for something else, so that a sentence about an entry of an array
        would not be understood: takes a case and the arrays that were got and expected there, and
        says what is wrong; or returns "", and the general sentence is used.
    seconds : float, optional
        How long an answer may take on all cases together, by the clock.
    """

    name: str
    lesson: str
    title: str
    points: int
    minutes: int
    reference: Callable[..., Any]
    cases: Callable[[np.random.Generator], list[Case]]
    outputs: tuple[Output, ...]
    misconceptions: tuple[Misconception, ...]
    hints: tuple[str, str, str]
    may_call: tuple[str, ...] = ()
    rtol: float = 1e-8
    atol: float = 1e-9
    quiet: bool = False
    restored_to: float = 0.0
    adapt: Callable[[Callable[..., Any]], Callable[..., Any]] = _itself
    received: Callable[[Any], Any] = _itself
    library: tuple[str, ...] = ()
    normal_form: Callable[[list[Array]], list[Array]] = _as_they_are
    normal_outputs: tuple[Output, ...] = ()
    in_words: Callable[[Case, list[Array], list[Array]], str] = _no_words
    seconds: float = 1.2

    def __post_init__(self) -> None:
        if len(self.hints) != 3:
            raise ValueError(
                f"exercise {self.name!r} has {len(self.hints)} hints; expected 3, from a nudge to "
                "nearly there"
            )
        slugs = [m.slug for m in self.misconceptions]
        twice = sorted({s for s in slugs if slugs.count(s) > 1})
        if twice:
            raise ValueError(
                f"exercise {self.name!r} has two misconceptions called {twice[0]!r}; "
                "expected a slug of its own for each"
            )

    @cached_property
    def arrays(self) -> tuple[Output, ...]:
        """The results with every list and dict of arrays taken apart: one entry for each array."""
        return tuple(part for output in self.outputs for part in output.parts)

    @property
    def compared(self) -> tuple[Output, ...]:
        """What values are compared of: the arrays in their normal form."""
        return self.normal_outputs or self.arrays

    @property
    def is_adapted(self) -> bool:
        """Whether the answer is not itself the function that is tried."""
        return self.adapt is not _itself

    @property
    def has_freedom(self) -> bool:
        """Whether different arrays may be right."""
        return self.normal_form is not _as_they_are

    @property
    def has_words(self) -> bool:
        """Whether its results stand for something that has words of its own."""
        return self.in_words is not _no_words


@dataclass(frozen=True)
class Verdict:
    """What a check found.

    Parameters
    ----------
    name : str
        The exercise.
    status : {"passed", "failed", "not attempted"}
        The outcome.
    diagnosis : str or None
        The slug of the cause, if one was recognised.
    message : str
        What to tell the learner. Plain text; `code` in backticks; paragraphs end in a blank line.
    """

    name: str
    status: Status
    diagnosis: str | None
    message: str

    @property
    def passed(self) -> bool:
        """Whether the answer is right."""
        return self.status == "passed"


@dataclass(frozen=True)
class Choice:
    """One answer of a quiz question, and why it is right or wrong.

    Parameters
    ----------
    text : str
        The answer as offered.
    why : str
        What to say to somebody who picks it.
    correct : bool, optional
        Whether it is the right one.
    """

    text: str
    why: str
    correct: bool = False


@dataclass(frozen=True)
class Question:
    """A quiz question with exactly one right answer.

    Parameters
    ----------
    prompt : str
        The question; may hold `code` and $mathematics$.
    choices : tuple of Choice
        At least two.
    """

    prompt: str
    choices: tuple[Choice, ...]

    def __post_init__(self) -> None:
        right = sum(choice.correct for choice in self.choices)
        if len(self.choices) < 2 or right != 1:
            raise ValueError(
                f"the question {self.prompt[:40]!r} has {len(self.choices)} choices, {right} of "
                "them right; expected at least 2 choices and exactly 1 right one"
            )
