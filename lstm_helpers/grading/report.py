"""Write what a run found: marks as CSV and JSON, a page for each learner, a page for the class.

Names, messages and everything else that comes from a submission is escaped here, for the format
that it goes into.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader

from lstm_helpers.exercises import EXERCISES, LESSONS
from lstm_helpers.general_diagnoses import GENERAL_DIAGNOSES
from lstm_helpers.grading.collect import Collected, harmless
from lstm_helpers.grading.graded import Graded

__all__ = ["COLUMNS", "csv_text", "page_name", "write_report"]

COLUMNS = ("learner", "lesson", "exercise", "points", "max_points", "status", "diagnosis")
WORDS = {
    "passed": "✓ passed",
    "failed": "✗ not right yet",
    "not attempted": "· not attempted",
    "unreadable": "! could not be read",
}
_PAGE = re.compile(r"[0-9a-f]{16}\.html")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_report(
    folder: Path,
    graded: Iterable[Graded],
    collected: Collected,
    settings: dict[str, Any],
) -> None:
    """Write the report of a run, over one that this folder held before.

    Parameters
    ----------
    folder : Path
        Where to.
    graded : iterable of Graded
        Everything that was graded.
    collected : Collected
        What was found; here, what of it was not graded.
    settings : dict
        Of the run.
    """
    ordered = sorted(graded, key=lambda one: (one.submission.learner, one.submission.lesson))
    rows = [
        (harmless(one.submission.learner), *(getattr(mark, name) for name in COLUMNS[1:]))
        for one in ordered
        for mark in one.marks
    ]
    (folder / "grades.csv").write_text(csv_text(COLUMNS, rows), encoding="utf-8", newline="")
    results = {
        "settings": settings,
        "submissions": [
            {
                "learner": harmless(one.submission.learner),
                "file": harmless(one.submission.name),
                "marks": [mark.as_dict() for mark in one.marks],
            }
            for one in ordered
        ],
        "skipped": [{"file": harmless(name), "reason": why} for name, why in collected.skipped],
    }
    (folder / "results.json").write_text(json.dumps(results, indent=1), encoding="utf-8")
    by_learner: dict[str, list[Graded]] = defaultdict(list)
    for one in ordered:
        by_learner[one.submission.learner].append(one)
    _write_feedback(folder / "feedback", by_learner, collected)
    page = _class_page(by_learner, collected.skipped)
    (folder / "class.html").write_text(page, encoding="utf-8")


def _write_feedback(
    folder: Path, by_learner: dict[str, list[Graded]], collected: Collected
) -> None:
    """Write a page for each learner, and a list of whose each is; old ones go."""
    folder.mkdir(exist_ok=True)
    for page in folder.iterdir():
        if _PAGE.fullmatch(page.name):
            page.unlink()
    for learner, theirs in by_learner.items():
        text = _feedback(learner, theirs, collected.skipped_of(learner))
        (folder / page_name(learner)).write_text(text, encoding="utf-8")
    whose = [(harmless(learner), page_name(learner)) for learner in by_learner]
    text = csv_text(("learner", "page"), whose)
    (folder / "index.csv").write_text(text, encoding="utf-8", newline="")


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Write a table as CSV that a spreadsheet shows and does not obey.

    Parameters
    ----------
    columns : sequence of str
        Names of the columns.
    rows : iterable of sequence
        Text and numbers.

    Returns
    -------
    str
        All text in quotes, so that "007" and "NA" stay text where a program asks; text that a
        spreadsheet would take for a formula begins with an apostrophe.

    Examples
    --------
    >>> print(csv_text(["learner", "points"], [("=1+1", 2)]).replace("\\r", ""), end="")
    "learner","points"
    "'=1+1",2
    """
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_no_formula(cell) if isinstance(cell, str) else cell for cell in row])
    return text.getvalue()


def page_name(learner: str) -> str:
    """Name of a learner's page, of which nothing is the learner's choice.

    Parameters
    ----------
    learner : str
        Name of the folder.

    Returns
    -------
    str
        File name.
    """
    name = learner.encode("utf-8", "surrogateescape")
    return hashlib.sha256(name).hexdigest()[:16] + ".html"


def _no_formula(text: str) -> str:
    text = harmless(text)
    return "'" + text if text.startswith(_FORMULA) else text


@cache
def _environment() -> Environment:
    environment = Environment(loader=PackageLoader("lstm_helpers.grading"), autoescape=True)
    environment.globals["words"] = WORDS
    environment.filters["code"] = _pieces
    return environment


def _pieces(text: str) -> list[tuple[bool, str]]:
    """Split a sentence at its backticks: whether each piece is code, and its text."""
    return [(bool(k % 2), piece) for k, piece in enumerate(text.split("`"))]


def _feedback(learner: str, graded: list[Graded], skipped: list[tuple[str, str]]) -> str:
    lessons = []
    for one in graded:
        is_unread = all(mark.status == "unreadable" for mark in one.marks)
        marks = [
            {
                "mark": mark,
                "title": EXERCISES[mark.exercise].title,
                "paragraphs": mark.message.split("\n\n"),
                "hint": EXERCISES[mark.exercise].hints[0] if mark.status == "failed" else "",
            }
            for mark in one.marks
        ]
        lessons.append(
            {
                "lesson": LESSONS[one.submission.lesson],
                "file": harmless(one.submission.name),
                "marks": marks,
                "reason": one.marks[0].message if is_unread else "",
                "points": sum(mark.points for mark in one.marks),
                "max_points": sum(mark.max_points for mark in one.marks),
            }
        )
    template = _environment().get_template("feedback.html")
    files = [(harmless(name), why) for name, why in skipped]
    return template.render(learner=harmless(learner), lessons=lessons, skipped=files)


def _class_page(by_learner: dict[str, list[Graded]], skipped: Sequence[tuple[str, str]]) -> str:
    statuses: dict[str, Counter[str]] = defaultdict(Counter)
    causes: dict[str, Counter[str]] = defaultdict(Counter)
    learners = []
    for learner, theirs in sorted(by_learner.items()):
        marks = [mark for one in theirs for mark in one.marks]
        for mark in marks:
            statuses[mark.exercise][mark.status] += 1
            if mark.status == "failed":
                causes[mark.exercise][mark.diagnosis or "another"] += 1
        points, most = sum(m.points for m in marks), sum(m.max_points for m in marks)
        learners.append((harmless(learner), page_name(learner), points, most))
    order = [name for name in EXERCISES if name in statuses]
    exercises = [
        {
            "exercise": EXERCISES[name],
            "statuses": statuses[name],
            "total": sum(statuses[name].values()),
            "causes": [(n, slug, _meaning(name, slug)) for slug, n in causes[name].most_common(5)],
        }
        for name in order
    ]
    template = _environment().get_template("class.html")
    return template.render(
        exercises=exercises,
        learners=learners,
        skipped=[(harmless(name), why) for name, why in skipped],
        picture=_picture(order, statuses) if order else "",
        causes=_picture_of_causes({name: causes[name] for name in order if causes[name]}),
    )


def _meaning(exercise: str, diagnosis: str) -> str:
    """What a diagnosis says, in a sentence; empty if it says nothing more than its name."""
    for misconception in EXERCISES[exercise].misconceptions:
        if misconception.slug == diagnosis:
            return misconception.message
    return GENERAL_DIAGNOSES.get(diagnosis, "")


def _picture(order: list[str], statuses: dict[str, Counter[str]]) -> str:
    """Shares of each status for each exercise, as a PNG in a data address."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 0.8 + 0.36 * len(order)), layout="constrained")
    axes = figure.subplots()
    looks = {
        "passed": ("#2b6a4d", ""),
        "failed": ("#d98f5c", "//"),
        "not attempted": ("#dddddd", ".."),
        "unreadable": ("#ffffff", "xx"),
    }
    left = [0.0] * len(order)
    for status, (colour, hatch) in looks.items():
        shares = [100 * statuses[n][status] / sum(statuses[n].values()) for n in order]
        axes.barh(
            order, shares, left=left, color=colour, hatch=hatch, edgecolor="#333333", label=status
        )
        left = [a + b for a, b in zip(left, shares, strict=True)]
    axes.invert_yaxis()
    axes.set(xlim=(0, 100), xlabel="share of submissions, %")
    figure.legend(loc="outside upper center", ncols=4, frameon=False)
    return _as_address(figure)


def _picture_of_causes(causes: dict[str, Counter[str]]) -> str:
    """For each exercise its commonest causes, one panel below the other."""
    from matplotlib.figure import Figure

    if not causes:
        return ""
    most = max(count for each in causes.values() for count in each.values())
    heights = [1 + min(len(each), 5) for each in causes.values()]
    figure = Figure(figsize=(8, 0.9 + 0.28 * sum(heights)), layout="constrained")
    panels = figure.subplots(len(causes), 1, squeeze=False, sharex=True, height_ratios=heights)
    for (name, counts), axes in zip(causes.items(), panels[:, 0], strict=True):
        commonest = counts.most_common(5)
        bars = axes.barh(
            [cause for cause, _ in commonest],
            [count for _, count in commonest],
            color="#d98f5c",
            hatch="//",
            edgecolor="#333333",
        )
        axes.bar_label(bars, padding=3)
        axes.invert_yaxis()
        axes.set_title(name, loc="left", fontsize=10, family="monospace")
        axes.spines[["top", "right"]].set_visible(False)
        axes.set_xlim(0, 1.1 * most)
    panels[-1, 0].set_xlabel("submissions that failed")
    panels[-1, 0].xaxis.get_major_locator().set_params(integer=True)
    return _as_address(figure)


def _as_address(figure: Any) -> str:
    """Draw a figure into a data address, so that a page needs no other file."""
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=110)
    return "data:image/png;base64," + base64.b64encode(picture.getvalue()).decode()
