"""`skip`: go on with the course's version of an exercise, and note that it was skipped.

A pass is never touched, before or after. `note_skips` is also what ``lstm-course catch-up`` writes
with: there each skip carries the course's solution, which `recover` shows.

In IPython the course's version is put in place under its name, so that a bare ``skip("lstm_step")``
goes on with it as ``lstm_step = skip("lstm_step")`` does. In plain Python only the second can.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Mapping
from typing import Any

from lstm_helpers.notebook import database, sending
from lstm_helpers.notebook.answers import name_of
from lstm_helpers.notebook.cards import show_card
from lstm_helpers.notebook.checking import HEADINGS, sentence
from lstm_helpers.notebook.database import StoreError
from lstm_helpers.notebook.display import is_grading
from lstm_helpers.notebook.folder import working_folder
from lstm_helpers.notebook.store import FAILED, PASSED, SKIPPED, Store

_NOTHING: frozenset[str] = frozenset()


def skip(exercise: Any) -> Any:
    """Go on with the course's version of an exercise.

    In a notebook the name stands for that version from then on, also if what is returned is not
    assigned.

    Parameters
    ----------
    exercise : str or callable
        The exercise's name, or your function.

    Returns
    -------
    callable
        The course's own function. What you gave, if there is no such exercise.

    Examples
    --------
    In a lesson::

        from lstm_helpers.notebook import skip

        lstm_step = skip("lstm_step")
    """
    from lstm_helpers.exercises import get

    name = name_of(exercise)
    try:
        if name is None:
            raise LookupError('give a name, such as `lstm_step = skip("lstm_step")`.')
        found = get(name)
    except LookupError as error:
        if not is_grading():
            show_card("■", "No such exercise", "", [sentence(error), _NOT_SKIPPED])
        return exercise
    placed = _put_in_place(found.name, found.reference)
    if not is_grading():
        _note_with_card(found.name, placed=placed)
    return found.reference


_NOT_SKIPPED = (
    "Nothing was skipped, and you got back what you gave. Correct the name and run the cell again."
)


def _put_in_place(name: str, version: Any) -> bool:
    """Give a name of the notebook its new meaning, and say whether there is a notebook."""
    if "IPython" not in sys.modules:
        return False
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    if shell is None:
        return False
    shell.user_ns[name] = version
    return True


def _note_with_card(name: str, *, placed: bool) -> None:
    goes_on = f"From here on `{name}` is the course's version in this notebook"
    if not placed:
        goes_on = f'`{name} = skip("{name}")` goes on with the course\'s version'
    notes: list[str | None] = []
    passed: frozenset[str] = _NOTHING
    try:
        store = Store(working_folder())
        passed = note_skips(store, {name: None})
        notes = [store.notice, sending.wake(working_folder())]
    except (StoreError, OSError) as error:
        notes = [str(error)]
    if name in passed:
        text = (
            f"You have passed this exercise, and that stays on record. {goes_on}; "
            f'`recover("{name}")` shows the code that passed.'
        )
        show_card("✓", "Passed before", name, [text, *map(str, filter(None, notes))])
        return
    text = f"{goes_on}; `progress()` lists the exercise as skipped, with no points."
    back = (
        f"To come back to it, write your own `{name}`, run its cell and then "
        f"`{name} = check({name})`. A pass takes the place of the skip."
    )
    show_card(*HEADINGS[SKIPPED], name, [text, back, *map(str, filter(None, notes))])


def note_skips(store: Store, skipped: Mapping[str, str | None]) -> frozenset[str]:
    """Note exercises as skipped, but for those that were passed.

    Parameters
    ----------
    store : Store
        The progress of a working folder.
    skipped : mapping of str to str or None
        Name of each exercise, and the course's solution where the learner is to have it.

    Returns
    -------
    frozenset of str
        Those that were not noted because they were passed before.

    Raises
    ------
    StoreError
        If it cannot be written.

    Notes
    -----
    One transaction. An exercise whose last note says the same already is not noted again.
    """

    def action(connection: sqlite3.Connection) -> frozenset[str]:
        passed = {
            name
            for (name,) in connection.execute(
                "SELECT DISTINCT exercise FROM events WHERE kind = 'check' AND status = ?",
                (PASSED,),
            )
        }
        for name, source in skipped.items():
            if name not in passed and not _is_noted(connection, name, source):
                database.append(connection, "skip", name, status=SKIPPED, source=source)
        return frozenset(passed & set(skipped))

    found, store.notice = database.write(store.path, action)
    return found


def _is_noted(connection: sqlite3.Connection, name: str, source: str | None) -> bool:
    last = connection.execute(
        "SELECT kind, source FROM events WHERE exercise = ?"
        " AND (kind = 'skip' OR kind = 'check' AND status = ?) ORDER BY id DESC LIMIT 1",
        (name, FAILED),
    ).fetchone()
    return last is not None and last[0] == "skip" and source in (None, last[1])
