"""The half-day workshop, rehearsed by a program: does the agenda hold, is the board right?

Two parts:

- Each section of the agenda against its minutes: how long its text takes to read at 200 words a
  minute, and how long its cells take to run here. That bounds what a teacher has left to say.
- A room: learners, each a process with a folder of her own and the course's own ``join``,
  ``check``, ``raise_hand`` and ``skip``, go through the exercises of the agenda at many times the
  speed. Some are quick, some are stuck until the next exercise begins and skip, some come late and
  catch up. Their wrong answers are the exercises' own misconceptions. At the end the board must
  know what their folders say.

People are not measured: how long they take is drawn at random around the exercises' minutes. Run it
with ``python benchmarks/dry_run.py``; with ``--hold`` the board stays up, to be looked at.
"""

import argparse
import inspect
import json
import os
import random
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import board as load

from lstm_helpers.workshop.agenda import plan
from lstm_helpers.workshop.agenda_parts import Agenda, clock
from lstm_helpers.workshop.board.board import Board

WORDS_A_MINUTE = 200
LATE = 0.1  # share of learners who come during the second lesson


def sections(agenda: Agenda, *, execute: bool) -> None:
    """Print each section's minutes beside its reading time and the time of its cells.

    Parameters
    ----------
    agenda : Agenda
        What is rehearsed.
    execute : bool
        Whether to run the lessons.
    """
    print(f"{'section':58} {'teach':>5} {'read':>5} {'run':>6}   (minutes; run in seconds)")
    short = []
    for lesson in agenda.lessons:
        ran = seconds_of_cells(lesson.notebook) if execute else {}
        for section in lesson.sections:
            mine = [piece for piece in section.pieces if not piece.instructor]
            words = sum(len(re.findall(r"\w+", p.text)) for p in mine if p.kind != "code")
            read = words / WORDS_A_MINUTE
            run = sum(ran.get(cell, 0.0) for cell in {piece.cell for piece in mine})
            teach = section.minutes - sum(one.minutes for one in section.exercises)
            place = f"{lesson.number}, {section.number}. {section.title}"
            print(f"{place[:58]:58} {teach:5} {read:5.1f} {run:6.1f}")
            if read + run / 60 > teach:
                short.append(f"{lesson.number}.{section.number}")
    print(
        f"read and run take longer than the minutes for teaching in: {', '.join(short) or 'none'}"
    )


def seconds_of_cells(notebook: dict[str, Any]) -> dict[int, float]:
    """Run a notebook and time its cells.

    Parameters
    ----------
    notebook : dict
        An instructor's notebook.

    Returns
    -------
    dict of int to float
        Seconds by the number of the cell.
    """
    import nbformat
    from nbclient import NotebookClient

    taken: dict[int, float] = {}

    def begin(cell: Any, cell_index: int, **_: Any) -> None:
        taken[cell_index] = -time.perf_counter()

    def end(cell: Any, cell_index: int, **_: Any) -> None:
        taken[cell_index] += time.perf_counter()

    with tempfile.TemporaryDirectory() as home:
        os.environ["LSTM_COURSE_HOME"] = home
        client = NotebookClient(
            nbformat.reads(json.dumps(notebook), 4),
            timeout=900,
            on_cell_execute=begin,
            on_cell_executed=end,
            resources={"metadata": {"path": home}},
        )
        client.execute()
    return {cell: max(seconds, 0.0) for cell, seconds in taken.items()}


def learner(told: dict[str, Any]) -> None:
    """Be one learner; prints what happened as JSON.

    Parameters
    ----------
    told : dict
        Address, code, nickname, seed, when the room began, exercises with begin and length in
        seconds, and whether she comes late.
    """
    import contextlib
    import io

    from lstm_helpers.commands import catch_up
    from lstm_helpers.exercises import get
    from lstm_helpers.notebook import check, join, lower_hand, raise_hand, skip
    from lstm_helpers.notebook.folder import working_folder
    from lstm_helpers.notebook.store import table

    rng = random.Random(told["seed"])
    pace = rng.lognormvariate(-0.5, 0.5)  # of the minutes given; one in six needs more than them
    taken: list[float] = []
    begun = told["begun"]

    def until(seconds: float) -> None:
        time.sleep(max(0.0, begun + seconds - time.time()))

    def checked(answer: Any, name: str) -> None:
        before = time.perf_counter()
        check(answer, name)
        taken.append(time.perf_counter() - before)

    exercises = told["exercises"]
    with contextlib.redirect_stdout(io.StringIO()):
        if told["late"]:
            until(told["late"])
            first = next(e for e in exercises if e["begin"] >= told["late"])
            if first["lesson"] != exercises[0]["lesson"]:
                catch_up.run(first["lesson"], working_folder())
            exercises = exercises[exercises.index(first) :]
        join(told["address"], told["code"], told["nick"])
        for one in exercises:
            until(one["begin"])
            exercise = get(one["name"])
            needed = pace * rng.lognormvariate(0, 0.3)  # share of its minutes
            mistakes = rng.sample(exercise.misconceptions, k=rng.choice((0, 1, 1, 2, 3)))
            for k, mistake in enumerate(mistakes):
                share = min(needed, 0.9) * (k + 1) / (len(mistakes) + 1)
                until(one["begin"] + share * one["length"])
                checked(mistake.answer, one["name"])
            if needed <= 1:
                until(one["begin"] + needed * one["length"])
                checked(_own(exercise.reference), one["name"])
                continue
            until(one["begin"] + 0.8 * one["length"])
            raise_hand()
            until(one["begin"] + 0.99 * one["length"])
            skip(one["name"])
            lower_hand()
        went_through = {one["name"] for one in exercises}  # what came before `join` is not sent
        rows = {r.exercise: r.status for r in table(working_folder()) if r.exercise in went_through}
    time.sleep(told["linger"])  # her kernel stays open, as kernels do
    print(json.dumps({"nick": told["nick"], "checks": taken, "rows": rows}))


def _own(reference: Any) -> Any:
    """A right answer that is not the course's own object, as a learner's is not."""

    def answer(*arguments: Any, **named: Any) -> Any:
        return reference(*arguments, **named)

    answer.__signature__ = inspect.signature(reference)  # type: ignore[attr-defined]
    return answer


def room(agenda: Agenda, learners: int, speed: float, hold: bool) -> bool:
    """Let a room of learners go through the agenda.

    Parameters
    ----------
    agenda : Agenda
        Of one day.
    learners : int
        How many.
    speed : float
        Minutes of the agenda in a minute of the clock.
    hold : bool
        Whether to wait for Enter before the board is stopped.

    Returns
    -------
    bool
        Whether the board showed what the learners' folders say.
    """
    exercises = []
    [day] = agenda.days
    for slot in day:
        if slot.section is None or slot.lesson is None:
            continue
        at = slot.start + slot.teaching_minutes - day[0].start
        for one in slot.section.exercises:
            if one.name in slot.done:
                told = {"name": one.name, "lesson": slot.lesson.number}
                exercises.append(
                    told | {"begin": 60 * at / speed, "length": 60 * one.minutes / speed}
                )
                at += one.minutes
    late_at = 60 * (next(s.start for s in day if s.kind == "break") - day[0].start - 30) / speed
    with tempfile.TemporaryDirectory() as place:
        server = load.Server(Path(place))
        server.start()
        print(f"board at http://127.0.0.1:{server.port}/?code={server.code}")
        begun = time.time() + 5 + 0.3 * learners  # until the last of them has started
        people = []
        for k in range(learners):
            told = {
                "address": f"http://127.0.0.1:{server.port}",
                "code": server.code,
                "nick": f"seat {k + 1}",
                "seed": k,
                "begun": begun,
                "exercises": exercises,
                "late": late_at if k < round(LATE * learners) else 0,
                "linger": 5,
            }
            home = Path(place) / f"home{k}"
            home.mkdir()
            people.append(
                subprocess.Popen(
                    [sys.executable, __file__, "--learner", json.dumps(told)],
                    env=os.environ | {"LSTM_COURSE_HOME": str(home), "OMP_NUM_THREADS": "1"},
                    stdout=subprocess.PIPE,
                    text=True,
                    cwd=home,
                )
            )
        ended = [json.loads(person.communicate()[0]) for person in people]
        taken = sorted(seconds for one in ended for seconds in one["checks"])
        print(
            f"{learners} learners, {len(taken)} checks in {time.time() - begun:.0f} s: median "
            f"{1000 * statistics.median(taken):.0f} ms, slowest {1000 * taken[-1]:.0f} ms"
        )
        if hold:
            input("Enter ends it. ")
        server.stop(signal.SIGINT)
        return compare(Path(place) / "board", ended, [one["name"] for one in exercises])


def compare(folder: Path, ended: list[dict[str, Any]], names: list[str]) -> bool:
    """Compare what the board knows with what the learners' folders say, and print the latter.

    Parameters
    ----------
    folder : Path
        Of the board, which has stopped.
    ended : list of dict
        What each learner printed.
    names : list of str
        The exercises.

    Returns
    -------
    bool
        Whether they agree.
    """
    known = {one.row.nick: one.attempts for one in Board(folder, ()).state.learners.values()}
    wrong = []
    for name in names:
        counts: Counter[str] = Counter()
        for one in ended:
            own = one["rows"].get(name, "before she came")
            counts[own] += 1
            if name not in one["rows"]:
                continue
            attempt = known.get(one["nick"], {}).get(name)
            if own != (attempt.status if attempt else "not attempted"):
                wrong.append((one["nick"], name, own, attempt))
        print(f"{name:22}", ", ".join(f"{n} {status}" for status, n in counts.most_common()))
    print(f"differences between board and folders: {len(wrong)}", *wrong[:3])
    return not wrong


def main() -> int:
    """Rehearse.

    Returns
    -------
    int
        0; 1 if the board showed something else than the learners' folders.
    """
    parser = argparse.ArgumentParser(description=re.split(r"\n\n", __doc__ or "")[0])
    parser.add_argument("--hours", type=float, default=3, help="of the workshop, one day")
    parser.add_argument("--learners", type=int, default=30, help="in the room")
    parser.add_argument("--speed", type=float, default=60, help="times faster than the clock")
    parser.add_argument("--no-run", action="store_true", help="do not run the lessons")
    parser.add_argument("--hold", action="store_true", help="keep the board up at the end")
    parser.add_argument("--learner", help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.learner:
        learner(json.loads(wanted.learner))
        return 0
    agenda = plan(wanted.hours)
    [day] = agenda.days
    print(f"{clock(day[0].start)} to {clock(day[-1].end)}, lessons", end=" ")
    print(", ".join(lesson.number for lesson in agenda.lessons))
    sections(agenda, execute=not wanted.no_run)
    return 0 if room(agenda, wanted.learners, wanted.speed, wanted.hold) else 1


if __name__ == "__main__":
    sys.exit(main())
