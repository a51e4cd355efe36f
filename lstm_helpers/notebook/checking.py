"""`check`: judge an answer, show a card, keep a record, and hand back a function to go on with.

What is right and wrong is decided in `lstm_helpers.exercises.judge`. Here nothing may go wrong:
whatever happens, a learner gets a card and the notebook goes on. Under nbgrader there are no
cards; anything but a pass raises `AssertionError`.
"""

from __future__ import annotations

import contextlib
import io
import warnings
import zlib
from typing import TYPE_CHECKING, Any

from lstm_helpers.notebook import sending
from lstm_helpers.notebook.answers import name_of, source_of
from lstm_helpers.notebook.cards import show_card
from lstm_helpers.notebook.database import StoreError
from lstm_helpers.notebook.display import is_grading
from lstm_helpers.notebook.folder import working_folder
from lstm_helpers.notebook.store import (
    FAILED,
    NO_VERDICT,
    NOT_ATTEMPTED,
    PASSED,
    SKIPPED,
    Store,
)

if TYPE_CHECKING:
    from lstm_helpers.checks import Exercise, Verdict

HEADINGS = {
    PASSED: ("✓", "Passed"),
    FAILED: ("✗", "Not yet"),
    NOT_ATTEMPTED: ("○", "Not attempted"),
    SKIPPED: ("»", "Skipped"),
    NO_VERDICT: ("■", "No verdict"),
}
_GOES_ON = "The notebook goes on with the course's version until yours passes."
_LISTS = (
    "It returns a list where an array is wanted, so the notebook turns that into an array for you: "
    "`np.array(...)` at the end of your function would do the same."
)
_INTERRUPTED = (
    "The check was interrupted before it could finish. If you did not stop it yourself, look for a "
    "loop in your code that never ends."
)


def check(answer: Any, name: str | None = None) -> Any:
    """Check your answer to an exercise.

    Parameters
    ----------
    answer : callable
        Your function.
    name : str, optional
        The exercise's name, if your function has another one.

    Returns
    -------
    callable
        Your function if it is right, else the course's own, so that the lesson goes on either
        way. What you gave, if there is no such exercise.

    Raises
    ------
    AssertionError
        Under nbgrader only: if the answer is not right.

    Examples
    --------
    In a lesson::

        sigmoid = check(sigmoid)
    """
    if is_grading():
        return _check_for_nbgrader(answer, name)
    try:
        return _check_with_card(answer, name)
    except Exception as error:  # the last net: nothing else may stop a lesson
        show_card("■", "No verdict", "", [_blame_the_course(error)])
        return answer


def _check_with_card(answer: Any, name: str | None) -> Any:
    exercise, problem = _find(answer, name)
    if exercise is None:
        show_card("■", "No such exercise", "", [problem])
        return answer
    if answer is exercise.reference:
        show_card(*HEADINGS[NOT_ATTEMPTED], exercise.name, [_stands_for_course(exercise.name)])
        return answer
    status, diagnosis, message = _judge(answer, exercise)
    passed_before, note = _record(exercise.name, status, diagnosis, answer)
    paragraphs = [message]
    if status == PASSED:
        paragraphs.append("From here on the notebook runs your code.")
        from lstm_helpers.checks import returns_lists, with_arrays

        if returns_lists(exercise, answer):
            paragraphs.append(_LISTS)
            answer = with_arrays(exercise, answer)
    else:
        paragraphs.append(_GOES_ON)
    if status == FAILED:
        paragraphs.append(f'For a hint: `hint("{exercise.name}")`.')
    if passed_before and status != PASSED:
        paragraphs.append(
            "You passed this exercise before, and that stays on record: "
            f'`recover("{exercise.name}")` shows the code that passed.'
        )
    show_card(*HEADINGS[status], exercise.name, [*paragraphs, note or ""])
    return answer if status == PASSED else exercise.reference


def _check_for_nbgrader(answer: Any, name: str | None) -> Any:
    """Pass silently or raise; nbgrader gives no points to a cell that writes to stderr."""
    exercise, problem = _find(answer, name)
    if exercise is None:
        raise AssertionError(problem)
    if answer is exercise.reference:
        raise AssertionError(_stands_for_course(exercise.name))
    with (
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        status, _, message = _judge(answer, exercise)
    if status != PASSED:
        raise AssertionError(f"{exercise.name}: {HEADINGS[status][1].lower()}. {message}")
    return answer


def _find(answer: Any, name: str | None) -> tuple[Exercise | None, str]:
    """Return the exercise, or None and what to tell the learner."""
    try:
        from lstm_helpers.exercises import get

        wanted = name if name is not None else name_of(answer)
        if not isinstance(wanted, str):
            return None, (
                f"`check` got {type(answer).__name__} without a name; expected the function you "
                'wrote, such as `check(sigmoid)`, or a name beside it, `check(mine, "sigmoid")`.'
            )
        return get(wanted), ""
    except LookupError as error:
        return None, sentence(error)
    except Exception as error:
        return None, _blame_the_course(error)


def _judge(answer: Any, exercise: Exercise) -> tuple[str, str | None, str]:
    """Return status, diagnosis and message; never raises."""
    import numpy as np

    try:
        from lstm_helpers.exercises import judge

        # The same code meets the same numbers and so gets the same card.
        rng = np.random.default_rng(zlib.crc32(exercise.name.encode()))
        verdict: Verdict = judge(answer, exercise.name, rng)
    except KeyboardInterrupt:
        return NO_VERDICT, None, _INTERRUPTED
    except (Exception, SystemExit) as error:
        return NO_VERDICT, None, _blame_the_course(error)
    return verdict.status, verdict.diagnosis, verdict.message


def _record(name: str, status: str, diagnosis: str | None, answer: Any) -> tuple[bool, str | None]:
    """Return whether it had been passed before, and a sentence for the card if there is one."""
    try:
        folder = working_folder()
        store = Store(folder)
        passed_before = store.record_check(name, status, diagnosis, source_of(answer))
    except StoreError as error:
        return False, str(error)
    except Exception as error:
        return False, f"Progress could not be saved ({type(error).__name__}: {error})."
    notes = [note for note in (store.notice, sending.wake(folder)) if note]
    return passed_before, "\n\n".join(notes) or None


def sentence(error: BaseException) -> str:
    """Return the message of an error as a sentence that begins with a capital.

    Parameters
    ----------
    error : BaseException
        The error.

    Returns
    -------
    str
        Its message; `str` of a ``KeyError`` would put quotes around it.
    """
    text = str(error.args[0] if error.args else error)
    return text[:1].upper() + text[1:]


def _stands_for_course(name: str) -> str:
    return (
        f"At the moment `{name}` is the course's version, which stands in until yours passes. Run "
        "the cell with your own code again, then this one."
    )


def _blame_the_course(error: BaseException) -> str:
    return (
        f"The check itself failed, which is a fault of the course and not of your code "
        f"(`{type(error).__name__}`: {error}). Please report it."
    )
