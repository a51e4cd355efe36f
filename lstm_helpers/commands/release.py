"""``lstm-course release``: the course for nbgrader, or a lesson's autograder for Gradescope."""

from __future__ import annotations

import json
import shutil
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from lstm_helpers.bundled import notebooks_folder
from lstm_helpers.commands.errors import CommandError, WrongUseError
from lstm_helpers.exercises import LESSONS

__all__ = ["marked_solution", "run"]

PLACEHOLDER = "raise NotImplementedError"
FRAMEWORKS = ("torch", "tensorflow")
GRADER_NEEDS = ("numpy", "psutil", "ipython", "jinja2")
ANSWERS_MAY_NEED = ("matplotlib", "scikit-learn")

NBGRADER_CONFIG = '''\
"""nbgrader's settings for the LSTM course, written by `lstm-course release --nbgrader`.

Marks are found by the course's own grader: nothing of a learner's runs in a kernel.
"""

from nbconvert.preprocessors import TagRemovePreprocessor
from nbgrader.preprocessors import AssignLatePenalties, CheckCellMetadata, SaveAutoGrades

from lstm_helpers.grading.nbgrader_bridge import OracleMarks, SubmittedNotebook

c = get_config()  # noqa: F821 (nbgrader defines it)

# generate_assignment: learners get what course/ holds.
c.ClearSolutions.code_stub = {"python": "raise NotImplementedError"}
c.GenerateAssignment.preprocessors.insert(0, TagRemovePreprocessor)
c.TagRemovePreprocessor.enabled = True
c.TagRemovePreprocessor.remove_cell_tags = {"instructor"}

# autograde: read the file as a stranger's, judge it in a sandbox, write the marks.
c.Autograde.exporter_class = SubmittedNotebook
c.Autograde.autograde_preprocessors = [
    OracleMarks,
    SaveAutoGrades,
    AssignLatePenalties,
    CheckCellMetadata,
]
# c.OracleMarks.seed = 1  # the same inputs in every run; by default they are fresh
# c.OracleMarks.timeout = 10  # seconds for an exercise; lessons with frameworks get 50 more
# c.OracleMarks.memory = 1024  # megabytes for an exercise; lessons with frameworks get 2048 more
'''

SETUP = """\
#!/usr/bin/env bash
# Written by `lstm-course release --gradescope`. Runs once, when the container is built.
set -eu
export DEBIAN_FRONTEND=noninteractive
apt-get update
apt-get install -y --no-install-recommends bubblewrap util-linux
for version in 3.12 3.11 3.13; do
    if apt-get install -y --no-install-recommends "python$version" "python$version-venv"; then
        "python$version" -m venv /opt/lstm-course
        break
    fi
done
/opt/lstm-course/bin/pip install --no-cache-dir -r /autograder/source/requirements.txt
chmod -R go-rwx /autograder/source
"""

RUN_AUTOGRADER = """\
#!/usr/bin/env bash
# Written by `lstm-course release --gradescope`. Grades one submission of lesson {lesson}.
# AUTOGRADER and AUTOGRADER_PYTHON are for trying it out elsewhere.
set -eu
home="${{AUTOGRADER:-/autograder}}"
cd /
export OMP_NUM_THREADS=1 PYTHONPATH="$home/source" PYTHONDONTWRITEBYTECODE=1
exec "${{AUTOGRADER_PYTHON:-/opt/lstm-course/bin/python}}" -m lstm_helpers.grading.gradescope \\
    --lesson {lesson} --submission "$home/submission" --results "$home/results/results.json"{more}
"""


def run(
    nbgrader: Path | None, gradescope: Path | None, *, lesson: str | None, sandbox: bool
) -> int:
    """Write what was asked for.

    Parameters
    ----------
    nbgrader : Path or None
        Folder for nbgrader's course.
    gradescope : Path or None
        Folder for Gradescope's autograder.
    lesson : str or None
        Only this lesson; Gradescope needs one.
    sandbox : bool
        False: Gradescope's autograder runs answers without walls, as the user nobody.

    Returns
    -------
    int
        0.

    Raises
    ------
    CommandError
        If a notebook and its solution do not fit together.
    WrongUseError
        If nothing was asked for, there is no such lesson, or a folder is not empty.
    """
    if (nbgrader is None) == (gradescope is None):
        raise WrongUseError("Give either --nbgrader DIR or --gradescope DIR.")
    if lesson is not None and lesson not in LESSONS:
        raise WrongUseError(f"Got the lesson {lesson!r}; expected one of {', '.join(LESSONS)}.")
    if gradescope is not None and lesson is None:
        raise WrongUseError("An autograder of Gradescope is for one lesson; name it with --lesson.")
    folder = nbgrader or gradescope
    assert folder is not None
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise WrongUseError(f"{folder} must be a new or an empty folder.")
    folder.mkdir(parents=True, exist_ok=True)
    if nbgrader is not None:
        names = _write_nbgrader(folder, lesson)
        lessons = "1 lesson" if len(names) == 1 else f"{len(names)} lessons"
        print(f"{lessons} and nbgrader_config.py are in {folder}. Go on there:")
        print(f"  nbgrader generate_assignment {names[0]}")
        print(f"Collect into submitted/LEARNER/{names[0]}/, then:")
        print(f"  nbgrader autograde {names[0]}")
        print(f"  nbgrader generate_feedback {names[0]}")
    else:
        assert lesson is not None
        _write_gradescope(folder, lesson, sandbox)
        print(f"The autograder of lesson {lesson} is in {folder}; upload its autograder.zip.")
        if not sandbox:
            print(
                "It runs answers without a sandbox, as the user nobody: they have the container's "
                "network and whatever it leaves open to everybody."
            )
    return 0


def marked_solution(solution: str, stub: str) -> str:
    """Put solution markers where the learner's copy has placeholders.

    Parameters
    ----------
    solution : str
        The cell as instructors see it.
    stub : str
        The same as learners see it: each region is one line, ``raise NotImplementedError``.

    Returns
    -------
    str
        The solution with markers; to replace each marked region by the placeholder gives `stub`.

    Raises
    ------
    ValueError
        If there is no way to place them.

    Examples
    --------
    >>> stub = "def double(x):\\n    raise NotImplementedError"
    >>> print(marked_solution("def double(x):\\n    return 2 * x", stub))
    def double(x):
        # BEGIN SOLUTION
        return 2 * x
        # END SOLUTION
    """
    lines, wanted = solution.split("\n"), stub.split("\n")
    holes = [k for k, line in enumerate(wanted) if line.strip() == PLACEHOLDER]
    marked, at = [], 0
    for k, hole in enumerate(holes):
        before = wanted[holes[k - 1] + 1 if k else 0 : hole]
        end = holes[k + 1] if k + 1 < len(holes) else len(wanted)
        after = wanted[hole + 1 : end]
        if lines[at : at + len(before)] != before:
            break
        at += len(before)
        last = len(lines) - len(after)
        ends = [last] if end == len(wanted) else range(at + 1, last + 1)
        stop = next((e for e in ends if e > at and lines[e : e + len(after)] == after), None)
        if stop is None:
            break
        indent = wanted[hole][: -len(PLACEHOLDER)]
        marked += [*before, f"{indent}# BEGIN SOLUTION", *lines[at:stop], f"{indent}# END SOLUTION"]
        at = stop
    else:
        if holes:
            return "\n".join([*marked, *lines[at:]])
    raise ValueError("the learner's copy of a cell does not fit its solution; build both again")


def _write_nbgrader(folder: Path, lesson: str | None) -> list[str]:
    stubs = notebooks_folder("course")
    names = []
    for path in sorted(notebooks_folder("solutions").glob("[0-9][0-9]_*.ipynb")):
        if lesson is not None and path.name[:2] != lesson:
            continue
        notebook = json.loads(path.read_text(encoding="utf-8"))
        released = json.loads((stubs / path.name).read_text(encoding="utf-8"))
        by_name = {_exercise(cell): _text(cell) for cell in released["cells"]}
        for cell in notebook["cells"]:
            name = _exercise(cell)
            if name:
                try:
                    cell["source"] = marked_solution(_text(cell), by_name[name])
                except (KeyError, ValueError):
                    raise CommandError(
                        f"The copies of exercise {name} in {path.name} do not fit together; run "
                        "`lstm-course build`."
                    ) from None
        place = folder / "source" / path.stem
        place.mkdir(parents=True)
        text = json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
        (place / path.name).write_text(text, encoding="utf-8")
        names.append(path.stem)
    (folder / "nbgrader_config.py").write_text(NBGRADER_CONFIG, encoding="utf-8")
    return names


def _write_gradescope(folder: Path, lesson: str, sandbox: bool) -> None:
    from lstm_helpers.grading.marks import FRAMEWORKS_FROM

    content = folder / "content"
    package = Path(__file__).resolve().parents[1]
    ignored = shutil.ignore_patterns("__pycache__", "_notebooks")
    shutil.copytree(package, content / "lstm_helpers", ignore=ignored)
    needed = [*GRADER_NEEDS, *ANSWERS_MAY_NEED]
    needed += FRAMEWORKS if lesson >= FRAMEWORKS_FROM else ()
    (content / "requirements.txt").write_text(
        "".join(f"{name}{_pin(name)}\n" for name in needed), encoding="utf-8"
    )
    more = "" if sandbox else " --no-sandbox"
    for name, text in (
        ("setup.sh", SETUP),
        ("run_autograder", RUN_AUTOGRADER.format(lesson=lesson, more=more)),
    ):
        path = content / name
        path.write_text(text, encoding="utf-8", newline="\n")
        path.chmod(0o755)
    shutil.make_archive(str(folder / "autograder"), "zip", content)


def _pin(name: str) -> str:
    """The version that is installed here, without what only names its build."""
    try:
        return "==" + version(name).split("+")[0]
    except PackageNotFoundError:
        return ""


def _exercise(cell: dict[str, Any]) -> str | None:
    name: str | None = cell["metadata"].get("lstm_helpers", {}).get("exercise")
    return name


def _text(cell: dict[str, Any]) -> str:
    source = cell["source"]
    return source if isinstance(source, str) else "".join(source)
