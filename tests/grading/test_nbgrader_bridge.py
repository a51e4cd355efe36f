"""The real nbgrader, with its own commands, on a released course, attacks and forged metadata."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import attacks
import nbformat
import pytest
from nbconvert.filters.markdown_mistune import markdown2html_mistune
from nbgrader.api import Gradebook
from nbgrader.preprocessors import ClearSolutions
from traitlets.config import Config

from lstm_helpers import cli
from lstm_helpers.commands.release import marked_solution
from lstm_helpers.exercises import LESSONS
from lstm_helpers.grading.nbgrader_bridge import OracleMarks
from lstm_helpers.grading.nbgrader_cells import LONGEST_CELL, MISSING, rebuilt

REPOSITORY = Path(__file__).resolve().parents[2]
NAME = "03_the_cell"
POINTS = {exercise.name: exercise.points for exercise in LESSONS["03"].exercises}
HOSTILE_TEXT = "<script>hacked</script> <img src=x onerror=hacked> [a](javascript:hacked)\n````\n$$"
READ = (
    "untouched",
    "right",
    "markup",
    "forgery removed cells",
    "edited-metadata",
    "script-in-its-names-and-errors",
)
"""Whose feedback is looked at, beside that of a submission that is a link."""
PYTHON = {"PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "1"}


def folder_of(name):
    return re.sub(r"\W+", "-", name)


def run_nbgrader(course, *words, **more):
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | PYTHON | {"PATH": path, "JUPYTER_CONFIG_DIR": str(course)} | more
    command = [sys.executable, "-m", "nbgrader", *words]
    return subprocess.run(
        command, cwd=course, env=environment, capture_output=True, text=True, timeout=1200
    )


def release(folder):
    with pytest.raises(SystemExit) as ended:
        cli.main(["release", "--nbgrader", str(folder)])
    assert ended.value.code == 0
    settings = folder / "nbgrader_config.py"
    more = "\nc.OracleMarks.seed = 5\nc.OracleMarks.timeout = 4\n"
    settings.write_text(settings.read_text(encoding="utf-8") + more, encoding="utf-8")
    done = run_nbgrader(folder, "generate_assignment", NAME)
    assert done.returncode == 0, done.stderr
    return folder


def forgeries(released):
    """A wrong answer in the released notebook, with what nbgrader reads of it forged."""

    def forged(change):
        notebook = json.loads(released)
        for cell in notebook["cells"]:
            if cell["metadata"].get("nbgrader", {}).get("grade_id") == "update_cell":
                cell["source"] = attacks.WRONG
            change(notebook, cell, cell["metadata"].get("nbgrader", {}))
        return json.dumps(notebook).encode()

    def set_metadata(**values):
        return lambda notebook, cell, metadata: metadata and metadata.update(values)

    def mark_as_answer(notebook, cell, metadata):
        if metadata.get("solution"):
            metadata.update(grade=True, points=100)

    def output(notebook, cell, metadata):
        if cell["cell_type"] == "code":
            data = {"text/plain": "100"}
            cell["outputs"] = [
                {
                    "output_type": "execute_result",
                    "data": data,
                    "metadata": {},
                    "execution_count": 1,
                }
            ]

    def empty_check(notebook, cell, metadata):
        if metadata.get("grade"):
            cell["source"] = "check = lambda answer, name=None: answer"

    def swap(notebook, cell, metadata):
        if metadata:
            first, _, rest = metadata["grade_id"].partition("-")
            metadata["grade_id"] = rest if first == "check" else f"check-{first}"

    def double(notebook, cell, metadata):
        if metadata.get("grade") and len(notebook["cells"]) < 200:
            notebook["cells"].append(json.loads(json.dumps(cell)))

    def remove(notebook, cell, metadata):
        notebook["cells"] = [c for c in notebook["cells"] if "nbgrader" not in c["metadata"]]

    return {
        "ungraded": forged(set_metadata(grade=False)),
        "manual": forged(set_metadata(grade=True, solution=True, points=5)),
        "many points": forged(set_metadata(points=100)),
        "other schema": forged(set_metadata(schema_version=99, more="x")),
        "old schema": forged(set_metadata(schema_version=0)),
        "unlocked": forged(set_metadata(locked=False)),
        "odd values": forged(set_metadata(grade_id=["x"], points="many", grade=None)),
        "answers graded": forged(mark_as_answer),
        "displayed score": forged(output),
        "empty checks": forged(empty_check),
        "swapped names": forged(swap),
        "doubled checks": forged(double),
        "removed cells": forged(remove),
    }


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A released course in which everything was submitted, graded, and given feedback."""
    folder = release(tmp_path_factory.mktemp("nbgrader") / "course")
    released = (folder / "release" / NAME / f"{NAME}.ipynb").read_bytes()
    canary = folder.parent / "canary"
    top_level = f"import pathlib\npathlib.Path({str(canary)!r}).write_text('ran')\n"
    text = {"cell_type": "markdown", "metadata": {}, "source": HOSTILE_TEXT}
    raw = {**text, "cell_type": "raw", "metadata": {"raw_mimetype": "text/html"}}
    submissions = {
        **{folder_of(attack.name): attack.content for attack in attacks.ATTACKS},
        **{f"forgery {name}": content for name, content in forgeries(released).items()},
        "untouched": released,
        "right": next((REPOSITORY / "solutions").glob("03_*.ipynb")).read_bytes(),
        "top level": attacks.notebook(top_level, attacks.WRONG),
        "markup": attacks.notebook(text, raw, "# </pre><script>hacked</script>"),
    }
    for learner, content in submissions.items():
        place = folder / "submitted" / learner / NAME
        place.mkdir(parents=True)
        (place / f"{NAME}.ipynb").write_bytes(content)
    (folder / "submitted" / "markup" / NAME / "leak.txt").symlink_to(folder / "gradebook.db")
    linked = folder / "submitted" / "linked" / NAME
    linked.mkdir(parents=True)
    (linked / f"{NAME}.ipynb").symlink_to(folder / "source" / NAME / f"{NAME}.ipynb")
    autograded = run_nbgrader(folder, "autograde", NAME)
    assert autograded.returncode == 0, autograded.stderr
    others = ",".join(name for name in submissions if name not in READ)
    exclude = f"--CourseDirectory.student_id_exclude={others}"
    feedback = run_nbgrader(folder, "generate_feedback", NAME, exclude)
    assert feedback.returncode == 0, feedback.stderr
    return folder


@pytest.fixture(scope="module")
def scores(course):
    """Points by learner and exercise, as the grade book has them."""
    found = {}
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        for submission in gradebook.assignment_submissions(NAME):
            grades = [grade for each in submission.notebooks for grade in each.grades]
            assert not any(grade.needs_manual_grade for grade in grades), submission.student.id
            found[submission.student.id] = {
                grade.name.removeprefix("check-"): grade.auto_score for grade in grades
            }
            assert submission.max_score == sum(POINTS.values())
            assert submission.score == sum(found[submission.student.id].values())
    return found


@pytest.fixture
def feedback(course):
    return lambda learner: (course / "feedback" / learner / NAME / f"{NAME}.html").read_text(
        encoding="utf-8"
    )


def deserved(names):
    return {name: (points if name in names else 0) for name, points in POINTS.items()}


@pytest.mark.parametrize("attack", attacks.ATTACKS, ids=lambda attack: attack.name)
def test_the_grade_book_has_what_each_deserves(scores, attack):
    assert scores[folder_of(attack.name)] == deserved(attack.deserves)


def test_forged_metadata_and_outputs_gain_nothing(scores):
    forged = {name: theirs for name, theirs in scores.items() if name.startswith("forgery")}
    assert len(forged) == 13
    assert all(theirs == deserved(()) for theirs in forged.values()), forged


def test_honest_work(scores, feedback):
    assert scores["right"] == POINTS
    assert scores["untouched"] == scores["linked"] == deserved(())
    assert "No response." in feedback("untouched")
    assert MISSING.removeprefix("# ") in feedback("forgery removed cells")
    page = feedback(folder_of("edited metadata"))
    assert "forget-gate-missing" in page
    assert "Hint: " in page
    assert "passed" in feedback("right")


def test_nothing_runs_in_a_kernel(course, scores):
    assert not (course.parent / "canary").exists()
    assert scores["top level"] == deserved(())
    for path in (course / "autograded").rglob("*.ipynb"):
        for cell in nbformat.read(path, as_version=4).cells:
            metadata = cell.metadata.get("nbgrader", {})
            assert bool(cell.get("outputs")) == bool(metadata.get("grade"))
            assert cell.get("execution_count") is None


def test_no_markup_of_learners_reaches_a_browser(course, feedback):
    plain = feedback("untouched").count("<script")
    for path in (course / "feedback").rglob("*.html"):
        assert path.read_text(encoding="utf-8").count("<script") == plain, path
    page = feedback("markup")
    assert "<img src=x" not in page
    assert "&lt;script&gt;hacked" in page
    assert "&lt;script&gt;" in feedback(folder_of("script in its names and errors"))


def test_links_are_not_followed(course, feedback):
    for step in ("autograded", "feedback"):
        assert sorted(path.suffix for path in (course / step / "markup" / NAME).iterdir()) in (
            [".ipynb"],
            [".html"],
        )
    assert "link" in feedback("linked")
    assert "BEGIN SOLUTION" not in feedback("linked")


def test_learners_get_what_course_holds(course):
    released = json.loads((course / "release" / NAME / f"{NAME}.ipynb").read_bytes())
    built = json.loads((REPOSITORY / "course" / f"{NAME}.ipynb").read_bytes())
    assert [(c["id"], "".join(c["source"])) for c in released["cells"]] == [
        (c["id"], "".join(c["source"])) for c in built["cells"]
    ]


@pytest.mark.parametrize(
    "path", sorted((REPOSITORY / "course").glob("*.ipynb")), ids=lambda p: p.stem
)
def test_markers_of_every_lesson_give_the_learners_copy(tmp_path, path):
    words = ["release", "--nbgrader", str(tmp_path), "--lesson", path.name[:2]]
    with pytest.raises(SystemExit):
        cli.main(words)
    source = nbformat.read(tmp_path / "source" / path.stem / path.name, as_version=4)
    kept = [c for c in source.cells if "instructor" not in c.metadata.get("tags", [])]
    source.cells = kept
    stub = Config(ClearSolutions={"code_stub": {"python": "raise NotImplementedError"}})
    cleared, _ = ClearSolutions(config=stub).preprocess(source, {})
    assert [c.source for c in cleared.cells] == [
        c.source for c in nbformat.read(path, as_version=4).cells
    ]


@pytest.mark.parametrize(
    ("solution", "stub"),
    [
        ("def f():\n    a\n    b", "def f():\n    raise NotImplementedError"),
        ("def f():\n    a\n\n\ndef g():\n    b\n    c\n\nx = 1", None),
        ("def f():\n    x = 1\n    y = 2\n    return x", None),
    ],
)
def test_markers(solution, stub):
    if stub is None:
        stub = re.sub(r"    (a|b\n    c|y = 2)", "    raise NotImplementedError", solution)
    marked = marked_solution(solution, stub)
    pattern = r"# BEGIN SOLUTION\n.*?# END SOLUTION"
    assert re.sub(pattern, "raise NotImplementedError", marked, flags=re.S) == stub
    assert [line for line in marked.split("\n") if "SOLUTION" not in line] == solution.split("\n")


@pytest.mark.parametrize("stub", ["def g():\n    raise NotImplementedError", "def f():\n    a"])
def test_copies_that_do_not_fit_are_refused(stub):
    with pytest.raises(ValueError, match="does not fit its solution"):
        marked_solution("def f():\n    a", stub)


def test_without_a_sandbox_it_stops_at_once(tmp_path, course):
    bare = tmp_path / "bin"
    bare.mkdir()
    (bare / "alembic").symlink_to(Path(sys.executable).with_name("alembic"))
    copied = tmp_path / "course"
    shutil.copytree(course / "source", copied / "source")
    shutil.copytree(course / "submitted" / "right", copied / "submitted" / "right")
    for name in ("nbgrader_config.py", "gradebook.db"):
        shutil.copy(course / name, copied / name)
    done = run_nbgrader(copied, "autograde", NAME, PATH=str(bare))
    assert done.returncode == 1
    assert "sudo apt install bubblewrap" in done.stderr
    assert "c.OracleMarks.sandbox = False" in done.stderr
    assert not (copied / "autograded").exists()


def graded_cell(grade_id):
    metadata = {"grade": True, "solution": False, "grade_id": grade_id, "points": 1, "locked": True}
    return nbformat.v4.new_code_cell("check", metadata={"nbgrader": metadata})


@pytest.mark.parametrize(("notebook", "grade_id"), [(NAME, "check-sigmoid"), ("notes", "check-f")])
def test_a_cell_that_cannot_be_judged_is_refused(notebook, grade_id):
    built = nbformat.v4.new_notebook(cells=[graded_cell(grade_id)])
    names = {"nbgrader": {"notebook": notebook, "student": "ada", "assignment": "a"}}
    with pytest.raises(ValueError, match="checks no exercise of its lesson"):
        OracleMarks().preprocess(built, names)


def test_without_its_reader_it_judges_the_notebook_itself():
    cells = [nbformat.v4.new_code_cell(attacks.RIGHT["update_cell"])]
    cells += [graded_cell("check-update_cell"), graded_cell("check-lstm_step")]
    names = {"nbgrader": {"notebook": NAME, "student": "ada", "assignment": "a"}}
    built, _ = OracleMarks().preprocess(nbformat.v4.new_notebook(cells=cells), names)
    kinds = [[output.output_type for output in cell.outputs] for cell in built.cells]
    assert kinds == [[], ["stream"], ["error"]]


def test_rebuilt_cells():
    text = {"cell_type": "markdown", "metadata": {}, "source": ["a ", "text"]}
    own = {"cell_type": "markdown", "metadata": {}, "source": "mine ``` \ud800"}
    long = attacks.cell("x" * 2 * LONGEST_CELL)
    sent = {"cells": [text, own, 3, None, {"cell_type": "code"}, long]}
    check = graded_cell("check-f")
    cells = rebuilt(sent, [check], {"a text"}).cells
    assert [cell.cell_type for cell in cells] == ["code", "markdown", "markdown", "code"]
    assert cells[0].source == "check"
    assert cells[1].source == "a text"
    assert cells[2].source == "````\nmine ``` ?\n````"
    assert len(cells[3].source) < LONGEST_CELL + 50
    nbformat.validate(nbformat.v4.new_notebook(cells=cells))


@pytest.mark.parametrize(
    "start", ["", "$$", "```\n", "~~~\n", "\\begin{x}", "</code></pre>", "\r", "\u2028"]
)
@pytest.mark.parametrize("middle", ["\n", "````", "$$\n", "\n\n> ", "\x0c"])
def test_no_text_gets_out_of_its_block(start, middle):
    typed = {"cell_type": "markdown", "source": start + middle + "<script>x</script>" + start}
    (cell,) = rebuilt({"cells": [typed]}, []).cells
    assert "<script" not in markdown2html_mistune(cell.source)
