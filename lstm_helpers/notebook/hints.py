"""`hint`: one hint at a time, then the solution on request.

Which hints were seen is kept with the progress. Where that cannot be written, they are counted
for as long as the kernel runs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from lstm_helpers.notebook import sending
from lstm_helpers.notebook.answers import name_of
from lstm_helpers.notebook.cards import show_card
from lstm_helpers.notebook.checking import sentence
from lstm_helpers.notebook.database import StoreError
from lstm_helpers.notebook.display import display_code, is_grading
from lstm_helpers.notebook.folder import working_folder
from lstm_helpers.notebook.store import HINT_LEVELS, Store

if TYPE_CHECKING:
    from lstm_helpers.checks import Exercise

_unsaved: dict[str, int] = {}  # hints seen by this kernel, where nothing can be written


def hint(exercise: str | Callable[..., Any], *, solution: bool = False) -> None:
    """Show the next hint for an exercise: three in all, from a nudge to nearly there.

    Parameters
    ----------
    exercise : str or callable
        The exercise's name, or your function.
    solution : bool, optional
        Show a solution instead. It is there whenever you want it; that you saw it is recorded.

    Examples
    --------
    In a lesson::

        hint("sigmoid")
        hint("sigmoid", solution=True)
    """
    if is_grading():
        return
    from lstm_helpers.exercises import get

    name = name_of(exercise)
    if name is None:
        show_card("■", "No such exercise", "", ['Give a name, such as `hint("sigmoid")`.'])
        return
    try:
        found = get(name)
    except LookupError as error:
        show_card("■", "No such exercise", "", [sentence(error)])
        return
    if solution:
        _show_solution(found)
    else:
        _show_next_hint(found)


def _show_next_hint(exercise: Exercise) -> None:
    name = exercise.name
    level, note = _count(name, lambda store: store.next_hint(name), _next_unsaved)
    solution = f'`hint("{name}", solution=True)` shows a solution.'
    if level > HINT_LEVELS:
        listed = [f"{number}. {text}" for number, text in enumerate(exercise.hints, 1)]
        end = f"These were all three. {solution}"
        show_card("?", "All hints", name, [*listed, end, note or ""])
        return
    if level < HINT_LEVELS:
        left = HINT_LEVELS - level
        end = f'There {"are 2 more" if left == 2 else "is 1 more"}: `hint("{name}")` again.'
    else:
        end = f"This was the last hint. {solution}"
    word = f"Hint {level} of {HINT_LEVELS}"
    show_card("?", word, name, [exercise.hints[level - 1], end, note or ""])


def _show_solution(exercise: Exercise) -> None:
    from lstm_helpers.bundled import solution_source

    name = exercise.name
    seen, note = _count(name, lambda store: store.record_solution(name), _unsaved_level)
    try:
        source = solution_source(name)
    except (LookupError, OSError, ValueError) as error:
        show_card("■", "No solution at hand", name, [sentence(error), note or ""])
        return
    if seen < HINT_LEVELS:
        left = f"{HINT_LEVELS - seen} hint{'s' if HINT_LEVELS - seen > 1 else ''}"
        advice = f'You have {left} left: `hint("{name}")` if you would rather try once more. '
    else:
        advice = ""
    text = (
        f"{advice}Read the solution, close it, and write it again in your own words; a check of "
        "your version counts as any other."
    )
    show_card("?", "Solution", name, [text, note or ""])
    display_code(source)


def _count(
    name: str, save: Callable[[Store], int], otherwise: Callable[[str], int]
) -> tuple[int, str | None]:
    """Count in the store, or in this kernel with a sentence that says why."""
    try:
        folder = working_folder()
        store = Store(folder)
        level = save(store)
        notes = [note for note in (store.notice, sending.wake(folder)) if note]
        return level, "\n\n".join(notes) or None
    except (StoreError, OSError) as error:
        return otherwise(name), str(error)


def _next_unsaved(name: str) -> int:
    level = _unsaved_level(name) + 1
    _unsaved[name] = min(level, HINT_LEVELS)
    return level


def _unsaved_level(name: str) -> int:
    return _unsaved.get(name, 0)
