"""Write ``course/`` and ``solutions/``, or say how they differ from what the lessons build."""

from pathlib import Path

from lstm_helpers.authoring.notebooks import notebook_bytes
from lstm_helpers.authoring.problems import LessonError, Problem
from lstm_helpers.authoring.rules import Registry, find_problems
from lstm_helpers.authoring.source import Lesson, read_lesson

__all__ = ["build", "check"]


def build(
    lessons: Path, course: Path, solutions: Path, registry: Registry | None = None
) -> list[Path]:
    """Build both notebooks of every lesson.

    Nothing is written unless every lesson is sound, and a file that is already right is left
    alone.

    Parameters
    ----------
    lessons : Path
        Folder of the lesson texts, ``NN_name.py``.
    course : Path
        Folder for the learners' notebooks; made if it does not exist.
    solutions : Path
        Folder for the instructors' notebooks; made if it does not exist.
    registry : Registry, optional
        Known exercises; by default those of this course.

    Returns
    -------
    list of Path
        The files that were written.

    Raises
    ------
    LessonError
        If a lesson breaks a rule: every fault, with file and line.
    """
    written = []
    for path, content in _built(lessons, course, solutions, registry).items():
        if not path.is_file() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            written.append(path)
    return written


def check(
    lessons: Path, course: Path, solutions: Path, registry: Registry | None = None
) -> list[str]:
    """Compare both folders with what the lessons build, and write nothing.

    Parameters
    ----------
    lessons : Path
        Folder of the lesson texts, ``NN_name.py``.
    course : Path
        Folder of the learners' notebooks.
    solutions : Path
        Folder of the instructors' notebooks.
    registry : Registry, optional
        Known exercises; by default those of this course.

    Returns
    -------
    list of str
        One sentence for each file that is missing, differs, or comes from no lesson.

    Raises
    ------
    LessonError
        If a lesson breaks a rule: every fault, with file and line.
    """
    built = _built(lessons, course, solutions, registry)
    differences = []
    for path, content in built.items():
        name = f"{path.parent.name}/{path.name}"
        if not path.is_file():
            differences.append(f"{name} is missing; run `lstm-course build`.")
        elif path.read_bytes() != content:
            differences.append(f"{name} is not what its lesson builds; run `lstm-course build`.")
    for folder in (course, solutions):
        for path in sorted(folder.glob("*.ipynb")):
            if path not in built:
                name = f"{folder.name}/{path.name}"
                differences.append(f"{name} comes from no lesson; delete it, or write its lesson.")
    return differences


def _built(
    lessons: Path, course: Path, solutions: Path, registry: Registry | None
) -> dict[Path, bytes]:
    """Bytes of every notebook, by the path where it belongs."""
    registry = registry or Registry.of_course()
    problems: list[Problem] = []
    found: list[Lesson] = []
    paths = sorted(lessons.glob("*.py"))
    if not paths:
        raise LessonError([Problem(lessons, 1, "there is no lesson NN_name.py in this folder.")])
    for path in paths:
        try:
            found.append(read_lesson(path))
        except LessonError as error:
            problems += error.problems
    notebooks = {path.with_suffix(".ipynb").name for path in paths}
    numbers: dict[str, Path] = {}
    for lesson in found:
        problems += find_problems(lesson, registry, notebooks)
        first = numbers.setdefault(lesson.number, lesson.path)
        if first != lesson.path:
            sentence = f"lesson {lesson.number} is already in {first.name}; give it another number."
            problems.append(Problem(lesson.path, 1, sentence))
    if problems:
        raise LessonError(problems)
    return {
        folder / lesson.path.with_suffix(".ipynb").name: notebook_bytes(
            lesson, registry, solutions=folder is solutions
        )
        for folder in (course, solutions)
        for lesson in found
    }
