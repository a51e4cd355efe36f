"""Many submissions: mutated notebooks, a cluster whose worker dies, a pool whose process dies."""

import json
import os
import random
import signal

import attacks
import pytest

from lstm_helpers.exercises import LESSONS
from lstm_helpers.grading import graded as module
from lstm_helpers.grading.collect import Collected, collect
from lstm_helpers.grading.graded import grade_all
from lstm_helpers.grading.journal import Journal
from lstm_helpers.grading.marks import NOT_JUDGED, Run, grade_notebook
from lstm_helpers.grading.report import write_report
from lstm_helpers.grading.sandbox import SandboxError

NUMBER_OF_MUTANTS = 1000
ODD = [
    None,
    True,
    -1,
    1e308,
    "",
    "\ud800",
    "x" * 10_000,
    [],
    {},
    [[]],
    {"cells": 3},
    "def f(:",
    "%%bash",
]


def mutant(seed):
    """A notebook with one to four things wrong: in its bytes, or somewhere in its tree."""
    rng = random.Random(seed)
    answer = {0: attacks.RIGHT["update_cell"], 5: attacks.WRONG}.get(seed % 10, "x = 1\n")
    tree = json.loads(attacks.notebook("# %% a title", answer, "import numpy as np\nH = 3\n"))
    for _ in range(rng.randint(1, 3)):
        place = tree
        while isinstance(place, dict | list) and place and rng.random() < 0.85:
            keys = list(place) if isinstance(place, dict) else range(len(place))
            key = rng.choice(list(keys))
            if rng.random() < 0.3 or not isinstance(place[key], dict | list):
                place[key] = rng.choice(ODD)
                break
            place = place[key]
    content = bytearray(json.dumps(tree).encode())
    if rng.random() < 0.4:
        for _ in range(rng.randint(1, 5)):
            content[rng.randrange(len(content))] = rng.randrange(256)
    if rng.random() < 0.2:
        del content[rng.randrange(len(content)) :]
    return bytes(content)


def test_a_thousand_mutants_cost_no_submission(tmp_path):
    folder = tmp_path / "class"
    for seed in range(NUMBER_OF_MUTANTS):
        place = folder / f"{seed:04}"
        place.mkdir(parents=True)
        (place / "03_the_cell.ipynb").write_bytes(mutant(seed))
    collected = collect(folder)
    journal = Journal(tmp_path / "report", {"seed": 2}, resume=False)
    found = list(grade_all(collected.submissions, Run(2), journal, jobs=2))
    write_report(tmp_path / "report", found, collected, journal.settings)
    assert sorted(one.submission.learner for one in found) == sorted(
        path.name for path in folder.iterdir()
    )
    statuses = set()
    for one in found:
        assert [mark.exercise for mark in one.marks] == [e.name for e in LESSONS["03"].exercises]
        assert not any("The process that grades ended" in mark.message for mark in one.marks)
        statuses |= {mark.status for mark in one.marks}
    assert statuses == {"passed", "failed", "not attempted", "unreadable"}


def small_class(folder, size):
    for k in range(size):
        answer = attacks.RIGHT["update_cell"] if k % 2 else attacks.WRONG
        place = folder / f"learner-{k}"
        place.mkdir(parents=True)
        (place / "03_the_cell.ipynb").write_bytes(attacks.notebook(f"# {k}", answer))
    return collect(folder).submissions


def points(found):
    return {one.submission.learner: sum(mark.points for mark in one.marks) for one in found}


def test_a_cluster_gives_the_same_and_a_killed_worker_loses_nothing(tmp_path):
    from distributed import Client, LocalCluster

    submissions = small_class(tmp_path / "class", 16)
    here = Journal(tmp_path / "here", {"seed": 1}, resume=False)
    there = Journal(tmp_path / "there", {"seed": 1}, resume=False)
    expected = points(grade_all(submissions, Run(1), here, jobs=2))
    assert sum(expected.values()) == 8
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        found = []
        for one in grade_all(submissions, Run(1), there, 1, cluster.scheduler_address):
            found.append(one)
            if len(found) == 3:
                victim = next(iter(client.run(os.getpid).values()))
                os.kill(victim, signal.SIGKILL)
        assert points(found) == expected


def _grade_or_die(content, lesson, run):
    if b"# 3" in content:
        os.kill(os.getpid(), signal.SIGKILL)
    return grade_notebook(content, lesson, run)


def test_a_notebook_of_which_the_grader_dies_costs_only_itself(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "grade_notebook", _grade_or_die)
    submissions = small_class(tmp_path / "class", 6)
    journal = Journal(tmp_path / "report", {"seed": 1}, resume=False)
    found = list(grade_all(submissions, Run(1), journal, jobs=2))
    statuses = {one.submission.learner: {mark.status for mark in one.marks} for one in found}
    assert statuses.pop("learner-3") == {"unreadable"}
    assert points(found) == {f"learner-{k}": int(k % 2 and k != 3) for k in range(6)}
    assert len(statuses) == 5


def _grade_or_fail(content, lesson, run):
    if b"# 3" in content:
        raise MemoryError
    if b"# 1" in content:
        raise SandboxError("there is none")
    return grade_notebook(content, lesson, run)


def assert_only_the_third_was_not_judged(found):
    assert points(found) == {f"learner-{k}": int(k in (5, 7)) for k in (0, 2, 3, 4, 5, 6, 7)}
    (third,) = (one for one in found if one.submission.learner == "learner-3")
    assert {(mark.status, mark.diagnosis) for mark in third.marks} == {("failed", NOT_JUDGED)}
    assert "could not judge it: MemoryError" in third.marks[0].message


def test_a_fault_of_the_grader_costs_one_submission(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "grade_notebook", _grade_or_fail)
    submissions = small_class(tmp_path / "class", 8)
    rest = [one for one in submissions if one.learner != "learner-1"]
    journal = Journal(tmp_path / "report", {"seed": 1}, resume=False)
    found = list(grade_all(rest, Run(1), journal, jobs=2))
    assert_only_the_third_was_not_judged(found)
    collected = Collected(tuple(rest), ())
    write_report(tmp_path / "report", found, collected, journal.settings)
    table = (tmp_path / "report" / "grades.csv").read_text(encoding="utf-8")
    assert table.count('"failed","not-judged"') == len(LESSONS["03"].exercises)
    with pytest.raises(SandboxError):
        list(grade_all(submissions[1:2], Run(1), journal, jobs=1))
    assert module._alone(b"# 3", "03", Run(1))[0].diagnosis == NOT_JUDGED


def test_a_fault_on_a_cluster_costs_one_submission(tmp_path, monkeypatch):
    from distributed import LocalCluster

    monkeypatch.setattr(module, "grade_notebook", _grade_or_fail)
    submissions = small_class(tmp_path / "class", 8)
    rest = [one for one in submissions if one.learner != "learner-1"]
    journal = Journal(tmp_path / "report", {"seed": 1}, resume=False)
    with LocalCluster(n_workers=1, processes=False, dashboard_address=None) as cluster:
        address = cluster.scheduler_address
        assert_only_the_third_was_not_judged(
            list(grade_all(rest, Run(1), journal, 1, address)),
        )
        with pytest.raises(SandboxError):
            list(grade_all(submissions[1:2], Run(1), journal, 1, address))


def test_at_least_one_job(tmp_path):
    journal = Journal(tmp_path / "report", {"seed": 1}, resume=False)
    with pytest.raises(ValueError, match="expected at least 1"):
        list(grade_all(small_class(tmp_path / "class", 1), Run(1), journal, jobs=0))
