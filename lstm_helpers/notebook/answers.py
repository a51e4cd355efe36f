"""The text of a learner's answers: read at every check, given back by `recover`."""

from __future__ import annotations

import ast
import inspect
import linecache
import textwrap
from collections.abc import Callable
from typing import Any

from lstm_helpers.notebook.cards import show_card
from lstm_helpers.notebook.database import StoreError
from lstm_helpers.notebook.display import display_code
from lstm_helpers.notebook.folder import working_folder
from lstm_helpers.notebook.store import NOT_ATTEMPTED, PASSED, Answer, Store


def source_of(answer: object) -> str | None:
    """Return the source text of a function or class, or None where there is none.

    Parameters
    ----------
    answer : object
        What a learner gave to `check`.

    Returns
    -------
    str or None
        The definition as it stands in the notebook, without its indentation.
    """
    try:
        return textwrap.dedent(inspect.getsource(answer))  # type: ignore[arg-type]
    except Exception:  # an answer may be anything, and may misbehave when it is looked at
        pass
    try:
        return _class_source(answer) if isinstance(answer, type) else None
    except Exception:
        return None


def _class_source(answer: type) -> str | None:
    """Find a class of a notebook cell through the file name of one of its methods.

    `inspect` looks for a class in the file of its module, and a notebook's module has none.
    """
    for method in vars(answer).values():
        code = getattr(method, "__code__", None)
        text = "".join(linecache.getlines(code.co_filename)) if code is not None else ""
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ClassDef) and node.name == answer.__name__:
                return ast.get_source_segment(text, node)
    return None


def name_of(exercise: object) -> str | None:
    """Return the name of an exercise that is given by name or as the learner's own function.

    Parameters
    ----------
    exercise : str or callable
        The name, or something that has one.

    Returns
    -------
    str or None
        The name; None when there is none.
    """
    if isinstance(exercise, str):
        return exercise
    name = getattr(exercise, "__name__", None)
    return name if isinstance(name, str) else None


def recover(exercise: str | Callable[..., Any]) -> None:
    """Show your last answer to an exercise that passed, or else the last one you checked.

    Every answer is kept when you check it, so nothing is lost when a cell is overwritten. Of an
    exercise that `lstm-course catch-up` caught you up with and that you have not passed, the
    course's solution is shown, and says so.

    Parameters
    ----------
    exercise : str or callable
        The exercise's name, or your function.

    Examples
    --------
    In a lesson::

        recover("sigmoid")
    """
    name = name_of(exercise)
    if name is None:
        show_card("○", "No such exercise", "", ['Give a name, such as `recover("sigmoid")`.'])
        return
    try:
        store = Store(working_folder())
        kept = store.answers(name)
        notice = store.notice or ""
        skips = store.skips(name)
    except (StoreError, OSError) as error:
        show_card("○", "Not available", name, [str(error)])
        return
    passing = [answer for answer in kept if answer.status == PASSED]
    courses = [skip.source for skip in skips if skip.source is not None]
    if courses and not passing:
        kept = [answer for answer in kept if answer.status != NOT_ATTEMPTED]  # no stubs
        _show_courses(name, courses[-1], has_own=bool(kept))
    elif not kept and (unknown := _why_unknown(name)):
        show_card("■", "No such exercise", "", [unknown, notice])
    elif not kept:
        text = "Nothing was kept under this name: an answer is kept when `check` looks at it."
        skipped = "You skipped this exercise." if skips else ""
        show_card("○", "No answer yet", name, [skipped, text, notice])
    if kept:
        _show_own(name, kept, passing, notice)


def _why_unknown(name: str) -> str:
    """Say what may have been meant, where the course has no such exercise; else nothing."""
    from lstm_helpers.exercises import get
    from lstm_helpers.notebook.checking import sentence  # which reads answers from here

    try:
        get(name)
    except LookupError as error:
        return sentence(error)
    return ""


def _show_courses(name: str, source: str, *, has_own: bool) -> None:
    text = (
        "This is the course's solution and not yours: `lstm-course catch-up` put it here. "
        f'Write your own and `check` it, and `recover("{name}")` shows yours instead.'
    )
    own = "What you tried last yourself is kept; it is below." if has_own else ""
    show_card("»", "The course's solution", name, [text, own])
    display_code(source)


def _show_own(name: str, kept: list[Answer], passing: list[Answer], notice: str) -> None:
    chosen = (passing or kept)[-1]
    which = "that passed" if passing else "that you checked; none has passed yet"
    when = chosen.at.replace("T", " ").replace("+00:00", " UTC")
    kept_in_all = f"{len(kept)} answer{'s' if len(kept) > 1 else ''} kept in all"
    show_card(
        "✓" if passing else "○",
        "Your answer",
        name,
        [
            f"This is the last one {which} ({when}; {kept_in_all}).",
            "Copy it into a cell to go on with it.",
            notice,
        ],
    )
    display_code(chosen.source)
