"""``lstm-course catch-up``: what earlier lessons would have produced, for somebody who comes late.

What she has already stays: her notebooks, her answers, and every exercise that she passed.
"""

from collections import Counter
from pathlib import Path

from lstm_helpers.bundled import notebooks_folder
from lstm_helpers.commands.catch_up_page import (
    EarlierLesson,
    digests,
    page_bytes,
    read_lessons,
)
from lstm_helpers.commands.deliver import COURSE_FOLDER, Delivery, deliver, write_atomically
from lstm_helpers.commands.errors import CommandError, WrongUseError
from lstm_helpers.commands.progress import find_folder

__all__ = ["run"]

_DELIVERED = {
    "new": "new",
    "again": "missing, so delivered again",
    "current": "up to date",
    "updated": "as delivered before, now the newer version",
    "kept": "with your work in it, left as it is",
    "beside": "with your work in it, the newer version laid beside it",
}


def run(lesson: str, folder: Path | None) -> int:
    """Catch a learner up with a lesson.

    Parameters
    ----------
    lesson : str
        Number of the lesson that she goes on with, such as ``"04"``.
    folder : Path or None
        Her working folder, made if it does not exist; by default the one that is near, else
        ``lstm-course``.

    Returns
    -------
    int
        0.

    Raises
    ------
    WrongUseError
        If there is no such lesson, or none before it.
    CommandError
        If something cannot be read or written.
    """
    from lstm_helpers.notebook.database import StoreError

    try:
        lessons = read_lessons()
    except FileNotFoundError as error:
        raise CommandError(str(error)) from None
    earlier, coming = _split(lessons, lesson)
    folder = _usual_folder() if folder is None else folder.expanduser().absolute()
    if folder.exists() and not folder.is_dir():
        raise WrongUseError(f"{folder} is a file; give the name of a folder.")
    try:
        _say_delivered(folder, deliver(notebooks_folder("course"), folder))
        _note(folder, earlier)
        print(_write_page(folder, page_bytes(earlier, coming), coming.number))
    except OSError as error:
        reason = error.strerror or error
        raise CommandError(f"{error.filename or folder} cannot be used ({reason}).") from None
    except StoreError as error:
        raise CommandError(str(error)) from None
    print(f"Go on with {coming.name}: lstm-course lab {folder}")
    return 0


def _split(lessons: list[EarlierLesson], number: str) -> tuple[list[EarlierLesson], EarlierLesson]:
    numbers = [lesson.number for lesson in lessons]
    wanted = number.zfill(2) if number else number
    if wanted not in numbers:
        raise WrongUseError(
            f"There is no lesson {number}; the course has {numbers[0]} to {numbers[-1]}."
        )
    place = numbers.index(wanted)
    if place == 0:
        raise WrongUseError(
            f"Lesson {wanted} is the first, so there is nothing to catch up with; "
            "`lstm-course lab` opens it."
        )
    return lessons[:place], lessons[place]


def _usual_folder() -> Path:
    near = find_folder()
    return near if (near / COURSE_FOLDER).is_dir() else Path("lstm-course").absolute()


def _say_delivered(folder: Path, deliveries: list[Delivery]) -> None:
    print(f"Lessons are in {folder}")
    counts = Counter(delivery.action for delivery in deliveries)
    for action, count in counts.items():
        print(f"  {count} notebook{'' if count == 1 else 's'}: {_DELIVERED[action]}.")


def _note(folder: Path, earlier: list[EarlierLesson]) -> None:
    """Note as skipped what she has not passed, and say so."""
    from lstm_helpers.notebook.skipping import note_skips
    from lstm_helpers.notebook.store import PASSED, Store

    store = Store(folder)
    rows = {row.exercise: row for row in store.table()}
    notices = [store.notice]
    solutions = {
        name: source
        for lesson in earlier
        for name, source in lesson.solutions.items()
        if name in rows
    }
    passed = note_skips(store, solutions)
    noted = [name for name in solutions if name not in passed]
    tried = [name for name in noted if rows[name].attempts and rows[name].status != PASSED]
    if passed:
        _say("Passed by yourself, and left as they are", [n for n in solutions if n in passed])
    if noted:
        _say("Noted as skipped, with the course's solution for `recover`", noted)
    if tried:
        _say("Your own answers to these have not passed yet, and are kept", tried)
    for notice in filter(None, (*notices, store.notice)):
        print(f"  {notice}")


def _say(what: str, names: list[str]) -> None:
    print(f"  {what} ({len(names)}): {', '.join(names)}.")


def _write_page(folder: Path, content: bytes, number: str) -> str:
    """Write the page, never over one that was changed, and say what was done."""
    path = folder / f"catch-up-{number}.ipynb"
    if not path.exists():
        write_atomically(path, content, scratch=folder / COURSE_FOLDER)
        return f"{path.name} has what the lessons before {number} showed, and their solutions."
    written, present = digests(path.read_bytes())
    _, new = digests(content)
    if written is not None and written == present:
        if present == new:
            return f"{path.name} is up to date."
        write_atomically(path, content, scratch=folder / COURSE_FOLDER)
        return f"{path.name} was as delivered; it is now the newer version."
    beside = path.with_name(f"{path.stem}.update-{str(new)[:8]}.ipynb")
    if written == new or beside.exists():
        return f"{path.name} has your work in it; it stays as it is."
    write_atomically(beside, content, scratch=folder / COURSE_FOLDER)
    return f"{path.name} has your work in it and stays; the course's own is {beside.name}."
