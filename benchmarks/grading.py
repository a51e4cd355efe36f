"""The grader: are its marks right on a mixed class, and how fast is it beside nbgrader?

Three parts, each on request:

- ``--class 100``: submissions of lessons 03 and 04, right, wrong in one known place, and
  attacking (``tests/grading/attacks.py``), graded twice with different seeds. Every mark is
  compared with what the submission was made to deserve.
- ``--speed 3``: that many copies of a lesson's solution, graded by ``nbgrader autograde`` as it
  comes and by ``lstm-course grade``, in turn in one run; submissions per minute of both and their
  ratio, for lesson 03 (NumPy) and lesson 07 (PyTorch), and whether both give the same marks.
  nbgrader executes the whole notebook, ours runs the answers.

- ``--cost 12``: what one more submission costs, without the command's start, and how large its
  report is; docs/instructors.md sizes a cluster by it. (By the clock, on a machine that does
  nothing else: who is killed with a sandbox is missing in the system's own count.)

Run it as ``python benchmarks/grading.py --class 100 --speed 2 --cost 12``.
"""

import argparse
import csv
import importlib.util
import json
import os
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from lstm_helpers.exercises import LESSONS

REPOSITORY = Path(__file__).resolve().parents[1]
SHARES = {"right": 0.4, "wrong": 0.35, "attacking": 0.25}

# Exercise, what stands in its solution, and what makes it wrong.
MISTAKES = {
    "03": [
        ("lstm_gates", "np.tanh(z_g)", "sigmoid(z_g)"),
        ("lstm_gates", "+ h_prev @ W_h", ""),
        ("lstm_gates", "sigmoid(z_i), sigmoid(z_f)", "sigmoid(z_f), sigmoid(z_i)"),
        ("update_cell", "f * c_prev + i * g", "c_prev + i * g"),
        ("update_cell", "f * c_prev + i * g", "f * c_prev + g"),
        ("lstm_step", "o * np.tanh(c), c", "o * c, c"),
        ("lstm_step", "o * np.tanh(c), c", "c, o * np.tanh(c)"),
        ("lstm_forward", "h, c = lstm_step(xs[:, t], h, c,", "h, _ = lstm_step(xs[:, t], h, c,"),
        ("lstm_forward", "axis=1), c", "axis=0), c"),
        ("count_parameters", "return 4 *", "return 3 *"),
    ],
    "04": [
        ("numerical_gradient", "/ (2 * eps)", "/ eps"),
        ("numerical_gradient", "x[k] = kept - eps", "x[k] = kept"),
        ("lstm_step_backward", "do * o * (1 - o)", "do * o"),
        ("lstm_step_backward", "dc * c_prev,", "dc * c,"),
        ("lstm_step_backward", "dz @ W_x.T", "dz @ W_x.T * 0"),
        ("lstm_backward", "dhs[:, t] + dh, dc", "dhs[:, t], dc"),
        ("lstm_backward", "reversed(range(len(caches)))", "range(len(caches))"),
        ("find_the_bug", '"A": repaired_a', '"A": lambda *a: repaired_a(0 * a[0], *a[1:])'),
    ],
}


def solution(lesson: str) -> dict[str, Any]:
    (path,) = (REPOSITORY / "solutions").glob(f"{lesson}_*.ipynb")
    return json.loads(path.read_text(encoding="utf-8"))


def name_of(lesson: str) -> str:
    (path,) = (REPOSITORY / "solutions").glob(f"{lesson}_*.ipynb")
    return path.name


def spoilt(lesson: str, exercise: str, old: str, new: str) -> bytes:
    """A lesson's solution with one mistake.

    Parameters
    ----------
    lesson, exercise : str
        Where.
    old, new : str
        What stands there, and what is put there.

    Returns
    -------
    bytes
        The notebook.
    """
    notebook = solution(lesson)
    for cell in notebook["cells"]:
        if cell["metadata"].get("lstm_helpers", {}).get("exercise") == exercise:
            text = "".join(cell["source"])
            if old not in text:
                raise ValueError(f"the solution of {exercise} has no {old!r}: mend MISTAKES")
            cell["source"] = text.replace(old, new, 1)
    return json.dumps(notebook).encode()


def attacks() -> Any:
    """The attack suite of the tests.

    Returns
    -------
    module
        Its ``ATTACKS`` have content and what they deserve.
    """
    path = REPOSITORY / "tests" / "grading" / "attacks.py"
    spec = importlib.util.spec_from_file_location("attacks", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["attacks"] = module
    spec.loader.exec_module(module)
    return module


def make_class(folder: Path, size: int) -> dict[str, set[str]]:
    """Write a mixed class.

    Parameters
    ----------
    folder : Path
        Where to.
    size : int
        Learners, one submission each.

    Returns
    -------
    dict of str to set of str
        For each learner, the exercises that deserve their points.
    """
    rng = random.Random(0)
    deserved: dict[str, set[str]] = {}
    suite = attacks().ATTACKS
    for k in range(size):
        share = k / size
        if share < SHARES["right"]:
            lesson = ("03", "04")[k % 2]
            content, kind = json.dumps(solution(lesson)).encode(), "right"
            good = {e.name for e in LESSONS[lesson].exercises}
        elif share < SHARES["right"] + SHARES["wrong"]:
            lesson = ("03", "04")[k % 2]
            mistake = MISTAKES[lesson][(k // 2) % len(MISTAKES[lesson])]
            content, kind = spoilt(lesson, *mistake), "wrong"
            good = {e.name for e in LESSONS[lesson].exercises} - {mistake[0]}
        else:
            lesson, attack = "03", rng.choice(suite)
            content, kind, good = attack.content, "attacking", set(attack.deserves)
        learner = f"{k:03}-{kind}"
        (folder / learner).mkdir(parents=True)
        (folder / learner / name_of(lesson)).write_bytes(content)
        deserved[learner] = good
    return deserved


def grade(folder: Path, report: Path, *words: str) -> float:
    """Grade a folder with ``lstm-course grade``.

    Parameters
    ----------
    folder, report : Path
        Submissions, and where the report goes.
    *words : str
        Further words of the command.

    Returns
    -------
    float
        Seconds by the clock.
    """
    begin = time.perf_counter()
    command = [sys.executable, "-m", "lstm_helpers.cli", "grade", str(folder)]
    subprocess.run(
        [*command, "--out", str(report), *words],
        check=True,
        cwd=REPOSITORY,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return time.perf_counter() - begin


def passed(report: Path) -> dict[str, set[str]]:
    """Read from a report which exercises each learner passed.

    Parameters
    ----------
    report : Path
        Of a run.

    Returns
    -------
    dict of str to set of str
        By learner.
    """
    found: dict[str, set[str]] = {}
    with (report / "grades.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            names = found.setdefault(row["learner"], set())
            if row["status"] == "passed" and row["points"] == row["max_points"]:
                names.add(row["exercise"])
    return found


def mixed_class(size: int, jobs: int) -> bool:
    """Grade a mixed class twice and compare with what it deserves.

    Parameters
    ----------
    size : int
        Learners.
    jobs : int
        Processes at once.

    Returns
    -------
    bool
        Whether every mark is right, twice.
    """
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        deserved = make_class(folder / "class", size)
        right = True
        for seed in ("1", "2"):
            report = folder / f"report-{seed}"
            seconds = grade(folder / "class", report, "--seed", seed, "--jobs", str(jobs))
            found = passed(report)
            differ = sorted(name for name in deserved if found.get(name) != deserved[name])
            right = right and not differ and found.keys() == deserved.keys()
            print(
                f"class of {size}, seed {seed}: {len(differ)} learners with another mark than "
                f"deserved {differ[:5]}; {seconds:.0f} s, {60 * size / seconds:.0f} per minute"
            )
        kinds = Counter(name.partition("-")[2] for name in deserved)
    print(f"made of {dict(kinds)}")
    return right


def speed(lesson: str, count: int, jobs: int) -> float:
    """Time nbgrader and the grader on the same notebooks, in turn.

    Parameters
    ----------
    lesson : str
        Which.
    count : int
        Submissions.
    jobs : int
        Processes at once, of ours; nbgrader takes one notebook at a time.

    Returns
    -------
    float
        How many times faster ours is.
    """
    name = name_of(lesson)
    assignment = name.removesuffix(".ipynb")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        course = folder / "course"
        command = [sys.executable, "-m", "lstm_helpers.cli", "release", "--nbgrader", str(course)]
        subprocess.run([*command, "--lesson", lesson], check=True, cwd=REPOSITORY)
        (course / "nbgrader_config.py").write_text(  # nbgrader as it comes
            "c = get_config()\n"
            "c.CourseDirectory.course_id = 'speed'\n"
            "c.ExecutePreprocessor.timeout = 600\n"
            "c.Execute.timeout = 600\n",
            encoding="utf-8",
        )
        _nbgrader(course, "generate_assignment", assignment, "--force")
        for k in range(count):
            handed_in = course / "submitted" / f"learner{k}" / assignment
            handed_in.mkdir(parents=True)
            shutil.copy(REPOSITORY / "solutions" / name, handed_in / name)
            ours = folder / "ours" / f"learner{k}"
            ours.mkdir(parents=True)
            shutil.copy(REPOSITORY / "solutions" / name, ours / name)
        begin = time.perf_counter()
        _nbgrader(course, "autograde", assignment)
        theirs_seconds = time.perf_counter() - begin
        words = ("--jobs", str(jobs))
        ours_seconds = grade(folder / "ours", folder / "report", *words)
        theirs, most = _marks_of_nbgrader(course / "gradebook.db")
        ours_points = _points(folder / "report")
    ratio = theirs_seconds / ours_seconds
    print(
        f"lesson {lesson}, {count} submissions: nbgrader {60 * count / theirs_seconds:.1f} per "
        f"minute, ours {60 * count / ours_seconds:.1f} ({jobs} at once): {ratio:.1f} times faster; "
        f"marks of nbgrader {theirs:g} of {most * count:g}, ours {ours_points:g}; ours costs "
        f"{ours_seconds * jobs / count:.2f} s of a processor for one submission, start included"
    )
    return ratio


def cost(lesson: str, count: int, jobs: int) -> float:
    """Measure what one more submission costs, without what the command's start costs.

    Parameters
    ----------
    lesson : str
        Which; its solution is handed in, all of whose exercises run.
    count : int
        How many submissions more than two.
    jobs : int
        Processes at once.

    Returns
    -------
    float
        Seconds of a processor for one submission.
    """
    used, size = [], []
    for many in (2, 2 + count):
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            for k in range(many):
                learner = folder / "class" / f"learner{k}"
                learner.mkdir(parents=True)
                shutil.copy(REPOSITORY / "solutions" / name_of(lesson), learner)
            used.append(grade(folder / "class", folder / "report", "--jobs", str(jobs)))
            files = (path for path in (folder / "report").rglob("*") if path.is_file())
            size.append(sum(path.stat().st_size for path in files))
    one = (used[1] - used[0]) * jobs / count
    print(
        f"lesson {lesson}: one more submission costs {one:.2f} s of a processor and "
        f"{(size[1] - size[0]) / count / 1000:.0f} kB of report; {3600 / one:.0f} an hour on one"
    )
    return one


def _nbgrader(course: Path, *words: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *words],
        cwd=course,
        env=os.environ | {"PATH": os.pathsep.join([str(Path(sys.executable).parent), os.defpath])},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"nbgrader {' '.join(words)} failed: {done.stderr[-2000:]}")


def _marks_of_nbgrader(database: Path) -> tuple[float, float]:
    with sqlite3.connect(database) as connection:
        (given,) = connection.execute("select sum(coalesce(auto_score, 0)) from grade").fetchone()
        (most,) = connection.execute("select sum(max_score) from grade_cells").fetchone()
    return float(given), float(most)


def _points(report: Path) -> float:
    with (report / "grades.csv").open(encoding="utf-8", newline="") as file:
        return float(sum(int(row["points"]) for row in csv.DictReader(file)))


def main() -> int:
    """Run what was asked for.

    Returns
    -------
    int
        0; 1 if a mark was not what it should be.
    """
    parser = argparse.ArgumentParser(description=re.split(r"\n\n", __doc__ or "")[0])
    parser.add_argument("--class", dest="size", type=int, default=0, help="learners in the class")
    parser.add_argument("--speed", type=int, default=0, help="copies of each lesson to time")
    parser.add_argument("--cost", type=int, default=0, help="submissions to take the cost from")
    parser.add_argument("--lessons", nargs="*", default=["03", "07"], help="lessons to time")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes at once")
    wanted = parser.parse_args()
    right = mixed_class(wanted.size, wanted.jobs) if wanted.size else True
    if wanted.speed:
        for lesson in wanted.lessons:
            speed(lesson, wanted.speed, wanted.jobs)
    if wanted.cost:
        for lesson in wanted.lessons:
            cost(lesson, wanted.cost, wanted.jobs)
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
