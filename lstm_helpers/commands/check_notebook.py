"""``lstm-course check``: judge all exercises of a notebook from the terminal.

The notebook's definitions are run in this process, so this is for one's own notebooks.
"""

import ast
import contextlib
import io
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lstm_helpers.commands.errors import WrongUseError
from lstm_helpers.grading import Extract, NotebookError, extract
from lstm_helpers.grading.define import define

if TYPE_CHECKING:
    from lstm_helpers.checks import Exercise, Verdict

__all__ = ["exercises_of", "judge_notebook", "run"]

MARKS = {"passed": "✓ passed", "failed": "✗ failed", "not attempted": "· not attempted"}


def run(path: Path) -> int:
    """Judge a notebook and print a table of its exercises.

    Parameters
    ----------
    path : Path
        The notebook.

    Returns
    -------
    int
        0 if every exercise passed, else 1.

    Raises
    ------
    WrongUseError
        If the file is no notebook, or has no exercise of the course in it.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    try:
        extracted = extract(path)
    except NotebookError as error:
        raise WrongUseError(str(error)) from None
    exercises = exercises_of(extracted)
    if not exercises:
        raise WrongUseError(f"{path.name} holds no exercise of this course.")
    verdicts, notes = judge_notebook(extracted, exercises)
    table = Table(title=path.name, title_justify="left", show_lines=True)
    for heading in ("Exercise", "Status", "Diagnosis", "Message"):
        table.add_column(heading, overflow="fold", ratio=1 if heading == "Message" else None)
    for verdict in verdicts:
        table.add_row(
            verdict.name,
            MARKS[verdict.status],
            verdict.diagnosis or "",
            Text(verdict.message),  # as it stands: a bracket in it is no markup
        )
    console = Console()
    console.print(table)
    for note in notes:
        console.print(Text(note))
    passed = sum(verdict.passed for verdict in verdicts)
    console.print(f"{passed} of {len(verdicts)} exercises passed.")
    return 0 if passed == len(verdicts) else 1


def exercises_of(extracted: Extract) -> "list[Exercise]":
    """Find out which exercises a notebook asks for.

    Parameters
    ----------
    extracted : Extract
        What was taken from it.

    Returns
    -------
    list of Exercise
        Those of the lesson that the notebook's metadata name; without these, those that its cells
        name or define.
    """
    from lstm_helpers.exercises import EXERCISES, LESSONS

    lesson = LESSONS.get(str(extracted.course.get("number")))
    if lesson is not None:
        return list(lesson.exercises)
    named = {cell.exercise for cell in extracted.cells}
    named |= {problem.exercise for problem in extracted.problems}
    defined = {
        node.name
        for cell in extracted.cells
        for node in ast.parse(cell.source).body
        if isinstance(node, ast.FunctionDef)
    }
    return [exercise for name, exercise in EXERCISES.items() if name in named | defined]


def judge_notebook(
    extracted: Extract, exercises: "list[Exercise]"
) -> "tuple[list[Verdict], list[str]]":
    """Run a notebook's definitions and judge its exercises in order.

    After each one that is not right its name stands for the course's own version, as in the
    notebook, so that one mistake is not held against the exercises after it.

    Parameters
    ----------
    extracted : Extract
        What was taken from the notebook.
    exercises : list of Exercise
        What to judge.

    Returns
    -------
    verdicts : list of Verdict
        One for each exercise.
    notes : list of str
        Sentences on cells that could not be read or run, and on names that answers lack.
    """
    from lstm_helpers.checks import Verdict
    from lstm_helpers.exercises import judge

    namespace: dict[str, Any] = {"__name__": "notebook"}
    notes = [
        f"Cell {problem.number} cannot be read{_at(problem.line)}: {problem.message}."
        for problem in extracted.problems
    ]
    verdicts = []
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        notes += define(((cell.number, cell.source) for cell in extracted.cells), namespace)
        for exercise in exercises:
            name = exercise.name
            problem = next((p for p in extracted.problems if p.exercise == name), None)
            if name in extracted.names and name in namespace:
                verdict = judge(namespace[name], name)
            elif problem is not None:
                message = f"Its cell cannot be read{_at(problem.line)}: {problem.message}."
                verdict = Verdict(name, "failed", "syntax-error", message)
            else:
                verdict = Verdict(name, "not attempted", None, f"No cell defines `{name}`.")
            if not verdict.passed:
                namespace[name] = exercise.reference
            if verdict.status == "failed":
                notes += _missing_names(name, extracted)
            verdicts.append(verdict)
    return verdicts, notes


def _missing_names(name: str, extracted: Extract) -> Iterator[str]:
    """Explain names that an answer reads but that only left-out code sets."""
    number = extracted.names.get(name)
    cell = next((cell for cell in extracted.cells if cell.number == number), None)
    for node in ast.parse(cell.source).body if cell else ():
        if isinstance(node, ast.FunctionDef) and node.name == name:
            read = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
            read -= {part.arg for part in ast.walk(node) if isinstance(part, ast.arg)}
            read -= _stored(node)
            for missing in sorted(read & set(extracted.left_out)):
                left = extracted.left_out[missing]
                yield (
                    f"`{name}` reads `{missing}`, which is set on line {left.line} of cell "
                    f"{left.number}: only imports, functions, classes and constants are taken "
                    "from a notebook, so hand it over as an argument or define it inside."
                )


def _stored(node: ast.AST) -> set[str]:
    stores = (part for part in ast.walk(node) if isinstance(part, ast.Name))
    return {part.id for part in stores if isinstance(part.ctx, ast.Store)}


def _at(line: int | None) -> str:
    return "" if line is None else f" (line {line})"
