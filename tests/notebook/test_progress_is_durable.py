"""SIGKILL at any moment, a hundred times: every write that returned is there."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import lstm_helpers
from lstm_helpers.notebook.store import Store

PACKAGE = Path(lstm_helpers.__file__).parent
WRITER = Path(__file__).with_name("progress_writer.py")
ROUNDS = 100
KILLED = 1 if sys.platform == "win32" else -9


def start(folder, first):
    return subprocess.Popen(
        [sys.executable, "-I", "-S", str(WRITER), str(PACKAGE), str(folder), str(first)],
        stdout=subprocess.PIPE,
    )


def write_and_kill(folder, first, acknowledged, delay):
    """Start a writer, let some writes return, kill it a moment later; list what returned."""
    with start(folder, first) as writer:
        try:
            lines = [writer.stdout.readline() for _ in range(acknowledged)]
            time.sleep(delay)
        finally:
            writer.kill()
        lines += writer.stdout.readlines()
    assert writer.returncode == KILLED
    return [int(line) for line in lines if line.endswith(b"\n")]


def integrity(folder):
    file = folder / ".lstm-course" / "progress.sqlite"
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute("PRAGMA integrity_check").fetchall()


def test_a_hundred_kills_lose_nothing(home):
    rng = random.Random(2)
    returned = []
    for round_number in range(ROUNDS):
        # The first write of a round may be killed too: also the one that creates the file.
        first = 1000 * round_number
        acknowledged = rng.choice([0, 1, 1, 2, 3])
        delay = rng.uniform(0, 0.03 if acknowledged else 0.1)
        returned += write_and_kill(home, first, acknowledged, delay)
        if returned:
            assert integrity(home) == [("ok",)]
    kept = Store(home).answers("sigmoid")
    numbers = [int(answer.diagnosis) for answer in kept]
    assert len(returned) > ROUNDS / 2
    assert set(returned) <= set(numbers)
    assert numbers == sorted(set(numbers))
    # At most the last write of a round was under way when it was killed.
    assert len(numbers) - len(returned) <= ROUNDS
    for answer, number in zip(kept, numbers, strict=True):
        assert answer.source == f"# {number}\n" * (number % 3 * 1000 + 1)
    assert [path.name for path in (home / ".lstm-course").glob("*damaged*")] == []


def test_several_kernels_write_at_once(home):
    def write(first):
        store = Store(home)
        for number in range(first, first + 10):
            store.record_check("sigmoid", "failed", str(number), f"# {number}")

    with ThreadPoolExecutor(4) as kernels:
        list(kernels.map(write, range(0, 400, 100)))
    numbers = sorted(int(answer.diagnosis) for answer in Store(home).answers("sigmoid"))
    assert numbers == [first + number for first in range(0, 400, 100) for number in range(10)]


def test_several_processes_write_at_once(home):
    with ThreadPoolExecutor(3) as pool:
        rounds = pool.map(lambda first: write_and_kill(home, first, 5, 0.01), (0, 1000, 2000))
        returned = [number for numbers in rounds for number in numbers]
    assert len(returned) >= 15
    kept = {int(answer.diagnosis) for answer in Store(home).answers("sigmoid")}
    assert set(returned) <= kept
    assert integrity(home) == [("ok",)]
