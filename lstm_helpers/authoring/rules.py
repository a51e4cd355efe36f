"""Rules that a lesson must keep before notebooks are built from it.

Each exercise of the registry has exactly one cell that defines it and one check cell after it;
solution markers stand in exercise cells only; links to other notebooks lead somewhere.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

from lstm_helpers.authoring.problems import Problem
from lstm_helpers.authoring.regions import defines, split_regions, stray_markers
from lstm_helpers.authoring.source import Lesson, LessonCell

if TYPE_CHECKING:
    from lstm_helpers.checks import Exercise
    from lstm_helpers.exercises import Lesson as LessonEntry

__all__ = ["Registry", "find_problems"]

_LINK = re.compile(
    r"""\]\(\s*<?([^)\s>]+)|(?:href|src)=["']([^"']+)["']|^\[[^]]+\]:\s*(\S+)""", re.M
)
_CODE_TEXT = re.compile(r"^(```|~~~).*?^\1|`[^`\n]*`", re.S | re.M)


class Registry(NamedTuple):
    """What is known of exercises, apart from their text in the lessons.

    Attributes
    ----------
    exercises : mapping of str to Exercise
        By name.
    lessons : mapping of str to Lesson
        By number, such as ``"02"``.
    """

    exercises: "Mapping[str, Exercise]"
    lessons: "Mapping[str, LessonEntry]"

    @classmethod
    def of_course(cls) -> "Registry":
        """Take the exercises of this course.

        Returns
        -------
        Registry
            What ``lstm_helpers.exercises`` holds.
        """
        from lstm_helpers.exercises import EXERCISES, LESSONS

        return cls(EXERCISES, LESSONS)


def find_problems(lesson: Lesson, registry: Registry, notebooks: Collection[str]) -> list[Problem]:
    """Find everything in which one lesson breaks the rules.

    Parameters
    ----------
    lesson : Lesson
        The lesson.
    registry : Registry
        Known exercises and lessons.
    notebooks : collection of str
        File names of all notebooks that are built; links may lead to these.

    Returns
    -------
    list of Problem
        In the order of the file; empty if all is well.
    """
    problems: list[Problem] = []
    exercises: dict[str, LessonCell] = {}
    checks: dict[str, LessonCell] = {}
    for cell in lesson.cells:
        found: Iterator[tuple[int, str]]
        if cell.exercise is not None and cell.check is not None:
            found = iter([(cell.line, "a cell is either an exercise or a check, not both.")])
        elif cell.exercise is not None:
            found = _exercise_faults(cell, cell.exercise, lesson, registry, exercises)
        elif cell.check is not None:
            found = _check_faults(cell, cell.check, exercises, checks)
        else:
            found = _plain_faults(cell)
        problems += [Problem(lesson.path, line, sentence) for line, sentence in found]
        if cell.kind == "markdown":
            problems += [
                Problem(lesson.path, line, sentence)
                for line, sentence in _link_faults(cell, notebooks)
            ]
    for name, cell in exercises.items():
        if name not in checks:
            sentence = f'exercise `{name}` needs a cell `# %% check="{name}"` after it.'
            problems.append(Problem(lesson.path, cell.line, sentence))
    entry = registry.lessons.get(lesson.number)
    for exercise in entry.exercises if entry else ():
        if exercise.name not in exercises:
            sentence = f"lesson {lesson.number} has no cell for its exercise `{exercise.name}`; "
            sentence += f'add one that begins with `# %% exercise="{exercise.name}"`.'
            problems.append(Problem(lesson.path, 1, sentence))
    return sorted(problems, key=lambda problem: problem.line)


def _exercise_faults(
    cell: LessonCell,
    name: str,
    lesson: Lesson,
    registry: Registry,
    seen: dict[str, LessonCell],
) -> Iterator[tuple[int, str]]:
    if cell.kind != "code":
        yield cell.line, f"exercise `{name}` must be a code cell."
        return
    if name in seen:
        first = seen[name].line
        yield cell.line, f"exercise `{name}` is already on line {first}; each has one cell."
        return
    seen[name] = cell
    exercise = registry.exercises.get(name)
    if exercise is None:
        near = get_close_matches(name, registry.exercises, n=1)
        hint = f"did you mean `{near[0]}`?" if near else "add it to lstm_helpers/exercises first."
        yield cell.line, f"there is no exercise `{name}`; {hint}"
    elif exercise.lesson != lesson.number:
        yield cell.line, f"exercise `{name}` belongs to lesson {exercise.lesson}; move it there."
    if cell.for_instructors:
        yield cell.line, f"exercise `{name}` must not be tagged `instructor`; learners need it."
    regions = split_regions(cell.source)
    for line, sentence in regions.problems:
        yield cell.first_line + line, sentence
    if not regions.problems and not (
        defines(regions.solution, name) and defines(regions.stub, name)
    ):
        yield cell.line, f"the cell of exercise `{name}` must define `{name}` outside its solution."


def _check_faults(
    cell: LessonCell,
    name: str,
    exercises: dict[str, LessonCell],
    seen: dict[str, LessonCell],
) -> Iterator[tuple[int, str]]:
    yield from _plain_faults(cell)
    if cell.kind != "code":
        yield cell.line, f"the check of `{name}` must be a code cell."
    if name in seen:
        first = seen[name].line
        yield cell.line, f"the check of `{name}` is already on line {first}; each has one cell."
    elif name not in exercises:
        yield cell.line, f"there is no exercise `{name}` in a cell before this check of it."
    elif not re.search(rf"\bcheck\(\s*{re.escape(name)}\b", cell.source):
        yield cell.line, f"the check cell of `{name}` must call `check({name})`."
    if cell.for_instructors:
        yield cell.line, f"the check of `{name}` must not be tagged `instructor`; learners need it."
    seen.setdefault(name, cell)


def _plain_faults(cell: LessonCell) -> Iterator[tuple[int, str]]:
    for line in stray_markers(cell.source, code=cell.kind == "code"):
        sentence = 'a solution marker may stand only in a cell `# %% exercise="its_name"`.'
        yield cell.first_line + line, sentence


def _link_faults(cell: LessonCell, notebooks: Collection[str]) -> Iterator[tuple[int, str]]:
    # Blanked rather than cut, so that lines keep their numbers.
    text = _CODE_TEXT.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), cell.source)
    for match in _LINK.finditer(text):
        target = next(group for group in match.groups() if group)
        if re.match(r"[a-z][a-z0-9+.-]*:|//|#", target, re.IGNORECASE):
            continue
        path = PurePosixPath(unquote(re.split(r"[#?]", target)[0]))
        if path.suffix == ".ipynb" and str(path) not in notebooks:
            line = cell.first_line + text.count("\n", 0, match.start())
            near = [name for name in notebooks if name[:2] == path.name[:2]]  # the same number
            near = near or get_close_matches(path.name, notebooks, n=1)
            hint = f"did you mean `{near[0]}`?" if near else "all notebooks are in one folder."
            yield line, f"the link leads to `{target}`, which no lesson builds; {hint}"
