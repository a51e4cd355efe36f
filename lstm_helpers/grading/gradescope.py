"""Grade one submission where Gradescope put it, and write its marks where Gradescope reads them.

``lstm-course release --gradescope`` writes the autograder that calls this module::

    python -m lstm_helpers.grading.gradescope --lesson 03 \\
        --submission /autograder/submission --results /autograder/results/results.json
"""

from __future__ import annotations

import argparse
import json
import os
import re
import secrets
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lstm_helpers.exercises import EXERCISES, LESSONS
from lstm_helpers.grading.collect import Submission
from lstm_helpers.grading.marks import (
    NOT_JUDGED,
    Mark,
    Run,
    grade_notebook,
    marks_without_grading,
    not_judged,
)
from lstm_helpers.grading.reading import NotebookError
from lstm_helpers.grading.sandbox import Limits, Sandbox, SandboxError

__all__ = ["grade_submission", "main", "results"]

NO_SANDBOX = """\
This submission was not graded, and no mark was given: there is no sandbox in this container.
{problem}
What can be done:
- Let the container use user namespaces, if it is yours
  (docker run --security-opt seccomp=unconfined).
- Download the submissions from Gradescope, run `lstm-course grade` on a machine of yours, and
  enter what `lstm-course export` writes.
- Write the autograder anew with `lstm-course release --gradescope DIR --no-sandbox`. Answers then
  run in this container as the user nobody: they cannot write marks or read the course's answers,
  but they have its network, its /tmp and whatever else it leaves open to everybody."""


def grade_submission(folder: Path, lesson: str, run: Run) -> list[Mark]:
    """Grade what a learner submitted for a lesson.

    Parameters
    ----------
    folder : Path
        With the learner's files.
    lesson : str
        Two digits. It is Gradescope's assignment that says which lesson it is; among several
        notebooks the one is taken whose name begins with its number.
    run : Run
        How to judge.

    Returns
    -------
    list of Mark
        One for each exercise of the lesson.
    """
    found = [
        Path(place, name)
        for place, _, files in os.walk(folder)
        for name in files
        if name.endswith(".ipynb") and not re.search(r"/\.|__MACOSX", f"{place}/{name}")
    ]
    named = [path for path in found if path.name.startswith(f"{lesson}_")]
    if not named and len(found) != 1:
        text = f"There is no notebook of lesson {lesson}; submit the file {lesson}_….ipynb."
        return marks_without_grading(lesson, "not attempted", text)
    chosen = min(named or found, key=lambda path: (len(path.name), str(path)))
    try:
        content = Submission("", lesson, chosen.name, None, chosen).read()
    except NotebookError as error:
        return marks_without_grading(lesson, "unreadable", str(error))
    return grade_notebook(content, lesson, run)


def results(marks: Sequence[Mark], seconds: float) -> dict[str, Any]:
    """Say it as Gradescope wants it.

    Parameters
    ----------
    marks : sequence of Mark
        Of one submission.
    seconds : float
        How long it took.

    Returns
    -------
    dict
        What goes into ``results.json``: plain text only, which Gradescope escapes.

    References
    ----------
    Gradescope, "Autograder Specifications", https://gradescope-autograders.readthedocs.io.

    Examples
    --------
    >>> mark = Mark("03", "update_cell", 1, 1, "passed", "", "Right.")
    >>> told = results([mark], 0.5)
    >>> told["score"], told["tests"][0]["name"], told["tests"][0]["status"]
    (1, 'update_cell: What the cell keeps and what it takes in', 'passed')
    """
    tests = []
    for number, mark in enumerate(marks, start=1):
        exercise = EXERCISES[mark.exercise]
        output = mark.message
        if mark.status == "failed":
            output += f"\n\nHint: {exercise.hints[0]}"
        tests.append(
            {
                "score": mark.points,
                "max_score": mark.max_points,
                "status": "passed" if mark.status == "passed" else "failed",
                "name": f"{mark.exercise}: {exercise.title}",
                "name_format": "text",
                "number": str(number),
                "output": output,
                "output_format": "text",
                "visibility": "visible",
                "tags": [tag for tag in (mark.status, mark.diagnosis) if tag],
            }
        )
    points, most = sum(mark.points for mark in marks), sum(mark.max_points for mark in marks)
    passed = sum(mark.status == "passed" for mark in marks)
    return {
        "score": points,
        "execution_time": round(seconds, 1),
        "output": f"{passed} of {len(marks)} exercises passed, {points} of {most} points.",
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": tests,
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Grade one submission, from the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        Words after the name of the module; by default those of this process.

    Returns
    -------
    int
        0, whatever was submitted; 1 if there is no sandbox. Then there are no results either, and
        Gradescope shows what was printed to the instructor.
    """
    parser = argparse.ArgumentParser(description="Grade one submission for Gradescope.")
    parser.add_argument("--lesson", required=True, choices=LESSONS, metavar="NN")
    parser.add_argument("--submission", type=Path, default=Path("/autograder/submission"))
    parser.add_argument("--results", type=Path, default=Path("/autograder/results/results.json"))
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--memory", type=int, default=1024)
    parser.add_argument("--no-sandbox", action="store_true")
    chosen = parser.parse_args(arguments)
    start = time.monotonic()
    try:
        Sandbox(not chosen.no_sandbox)
    except SandboxError as error:
        print(NO_SANDBOX.format(problem=f"({error})"), file=sys.stderr)
        return 1
    limits = Limits.asked(chosen.seconds, chosen.memory)
    run = Run(secrets.randbits(62), limits, walls=not chosen.no_sandbox)
    try:
        marks = grade_submission(chosen.submission, chosen.lesson, run)
    except SandboxError as error:
        print(NO_SANDBOX.format(problem=f"({error})"), file=sys.stderr)
        return 1
    except Exception as error:  # a mark that says so is better than none
        marks = marks_without_grading(chosen.lesson, "failed", not_judged(error), NOT_JUDGED)
    chosen.results.parent.mkdir(parents=True, exist_ok=True)
    unfinished = chosen.results.with_suffix(".new")
    unfinished.write_text(
        json.dumps(results(marks, time.monotonic() - start), indent=1), encoding="utf-8"
    )
    unfinished.replace(chosen.results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
