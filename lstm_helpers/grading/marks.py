"""From one notebook to its marks."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from functools import cache
from typing import Any

from lstm_helpers.checks import Exercise, Verdict
from lstm_helpers.exercises import LESSONS
from lstm_helpers.grading.collect import harmless
from lstm_helpers.grading.extract import Extract, extract_cells
from lstm_helpers.grading.kit import written_job
from lstm_helpers.grading.needed import is_stub
from lstm_helpers.grading.oracle import fresh_cases, verdict_of
from lstm_helpers.grading.reading import NotebookError, parse_notebook
from lstm_helpers.grading.sandbox import Limits, Sandbox, SandboxError
from lstm_helpers.grading.wire import WireError

__all__ = [
    "FRAMEWORKS_FROM",
    "NOT_JUDGED",
    "Mark",
    "Run",
    "grade_notebook",
    "marks_without_grading",
    "not_judged",
]

FRAMEWORKS_FROM = "06"
"""The first lesson whose answers may load PyTorch or TensorFlow."""
LONGEST_MESSAGE = 4000
NOT_JUDGED = "not-judged"
"""The diagnosis where the grader itself failed; whoever gets it should be looked at by hand."""
_SPENT = ("too-slow", "too-much-memory", "too-much-output")


@dataclass(frozen=True)
class Mark:
    """What one learner gets for one exercise.

    Attributes
    ----------
    lesson, exercise : str
        Which.
    points, max_points : int
        Full points or none.
    status : {"passed", "failed", "not attempted", "unreadable"}
        How it ended.
    diagnosis : str
        Slug of the cause, or "".
    message : str
        What to tell the learner.
    seconds : float
        Time in the sandbox.
    """

    lesson: str
    exercise: str
    points: int
    max_points: int
    status: str
    diagnosis: str
    message: str
    seconds: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """Everything, for JSON.

        Returns
        -------
        dict
            By name.
        """
        return asdict(self)


@dataclass(frozen=True)
class Run:
    """How a run of the grader judges: the same for all of its submissions.

    Attributes
    ----------
    seed : int
        Draws the inputs.
    limits : Limits
        What an answer may use.
    walls : bool
        Whether there is a sandbox.
    """

    seed: int
    limits: Limits = field(default_factory=Limits)
    walls: bool = True


def grade_notebook(content: bytes, lesson: str, run: Run) -> list[Mark]:
    """Judge every exercise of a lesson.

    Parameters
    ----------
    content : bytes
        The notebook file, from anybody.
    lesson : str
        Which lesson it is for: its file's name says so, not its metadata.
    run : Run
        How to judge.

    Returns
    -------
    list of Mark
        One for each exercise of the lesson, in their order.
    """
    try:
        extracted = extract_cells(parse_notebook(content, "The file"))
    except NotebookError as error:
        return marks_without_grading(lesson, "unreadable", str(error))
    except (Exception, RecursionError, MemoryError) as error:
        return marks_without_grading(
            lesson, "unreadable", f"The notebook cannot be read ({type(error).__name__})."
        )
    return [_mark(exercise, extracted, run) for exercise in LESSONS[lesson].exercises]


def not_judged(error: BaseException) -> str:
    """Say that the grader itself failed.

    Parameters
    ----------
    error : BaseException
        How.

    Returns
    -------
    str
        What to tell the learner, and whoever reads the marks.

    Examples
    --------
    >>> not_judged(KeyError("x"))
    "The grader could not judge it: KeyError. Please tell the course's authors."
    """
    name = type(error).__name__
    return f"The grader could not judge it: {name}. Please tell the course's authors."


def marks_without_grading(
    lesson: str, status: str, message: str, diagnosis: str = ""
) -> list[Mark]:
    """Give no points for a lesson, and the same reason for every exercise.

    Parameters
    ----------
    lesson : str
        Which.
    status : str
        Such as ``"unreadable"``.
    message : str
        Why.
    diagnosis : str, optional
        Slug of the cause; by default the status.

    Returns
    -------
    list of Mark
        One for each exercise.
    """
    slug = diagnosis or status.replace(" ", "-")
    return [
        Mark(lesson, e.name, 0, e.points, status, slug, harmless(message, 500))
        for e in LESSONS[lesson].exercises
    ]


def _mark(exercise: Exercise, extracted: Extract, run: Run) -> Mark:
    try:
        verdict, seconds = _verdict(exercise, extracted, run)
    except SandboxError:
        raise  # not of this submission: no answer can be tried here
    except Exception as error:
        verdict, seconds = _unjudged(exercise, error), 0.0
    return Mark(
        lesson=exercise.lesson,
        exercise=exercise.name,
        points=exercise.points if verdict.passed else 0,
        max_points=exercise.points,
        status=verdict.status,
        diagnosis=verdict.diagnosis or "",
        message=_readable(verdict.message),
        seconds=round(seconds, 3),
    )


def _verdict(exercise: Exercise, extracted: Extract, run: Run) -> tuple[Verdict, float]:
    """Judge with the course's version of earlier exercises; if that fails, with the learner's own.

    Both are right to go on with: in the notebook a learner's own version drives the rest once it
    is right, and the course's where it is not.
    """
    if exercise.name not in extracted.names:
        return _not_there(exercise, extracted), 0.0
    if is_stub(extracted, exercise.name):
        text = f"`{exercise.name}` is still to be written."
        return Verdict(exercise.name, "not attempted", None, text), 0.0
    limits = run.limits
    if exercise.lesson >= FRAMEWORKS_FROM:
        limits = limits.for_frameworks()
    cases = fresh_cases(exercise, run.seed)
    own = [name for name in exercise.may_call if name in extracted.names]
    seconds, first = 0.0, None
    for choice in ((), own) if own else ((),):
        try:
            job = written_job(exercise, cases, extracted, limits.numbers(), choice)
        except WireError as error:
            return _too_much(exercise, error), seconds
        reply = _sandbox(run.walls).run(job, limits)
        seconds += reply.seconds
        verdict = verdict_of(exercise, cases, reply, limits.output)
        first = first or verdict
        if verdict.status != "failed":
            return verdict, seconds
        if verdict.diagnosis in _SPENT:
            break  # what a limit allows is not given twice
    assert first is not None
    return first, seconds


def _too_much(exercise: Exercise, error: WireError) -> Verdict:
    text = (
        f"`{exercise.name}` cannot be tried: what it needs of the notebook is too much to be sent "
        f"to the sandbox ({error})."
    )
    return Verdict(exercise.name, "failed", "too-large", text)


def _unjudged(exercise: Exercise, error: Exception) -> Verdict:
    return Verdict(exercise.name, "failed", NOT_JUDGED, not_judged(error))


def _not_there(exercise: Exercise, extracted: Extract) -> Verdict:
    """Say why an answer is missing: its cell cannot be read, or nothing defines it."""
    for problem in extracted.problems:
        if problem.exercise == exercise.name:
            line = "" if problem.line is None else f" (line {problem.line})"
            text = f"Its cell cannot be read{line}: {problem.message}."
            return Verdict(exercise.name, "failed", "syntax-error", text)
    left = extracted.left_out.get(exercise.name)
    if left is not None:
        text = (
            f"`{exercise.name}` is set on line {left.line} of cell {left.number}, by code that is "
            "not run when answers are graded: only imports, functions, classes and constants at "
            "the top level of a cell are. Define it with `def` there."
        )
        return Verdict(exercise.name, "failed", "not-a-definition", text)
    text = f"No cell defines `{exercise.name}`."
    if extracted.problems:
        first = extracted.problems[0]
        text += f" Cell {first.number} cannot be read, though: {first.message}."
    return Verdict(exercise.name, "not attempted", None, text)


@cache
def _sandbox(walls: bool) -> Sandbox:
    return Sandbox(walls)


def _readable(message: str) -> str:
    """Paragraphs stay; of the rest, nothing that a terminal or a page would obey."""
    parts = message[:LONGEST_MESSAGE].split("\n\n")
    return "\n\n".join(harmless(" ".join(part.split()), LONGEST_MESSAGE) for part in parts)
