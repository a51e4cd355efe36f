"""How long a learner waits: for `import lstm_helpers`, and for a check.

Imports are timed in fresh interpreters, the variants in turn within each round, so that whatever
else the machine does falls on all of them alike. Beside the medians stands the ratio to importing
NumPy, which means something on any machine; seconds do not. A check is timed as a learner meets
it: verdict, card, and the entry in the progress file.

Run it with `make bench`, or `python benchmarks/start_up.py --rounds 31`.
"""

import argparse
import contextlib
import functools
import io
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence

VARIANTS = {
    "numpy": "import numpy",
    "numpy, lstm_helpers": "import numpy, lstm_helpers",
    "numpy, lstm_helpers.notebook": "import numpy, lstm_helpers.notebook",
}
IMPORT_LIMIT = 0.15  # s beyond NumPy
CHECK_LIMIT = 0.1  # s at the median


def time_imports(rounds: int) -> dict[str, list[float]]:
    """Time each variant in a fresh interpreter, all of them once per round.

    Parameters
    ----------
    rounds : int
        How often.

    Returns
    -------
    dict of str to list of float
        Seconds from start to end of the process, in the order of the rounds.
    """
    for statement in VARIANTS.values():  # once for the file cache and the byte code
        run_python(statement)
    seconds: dict[str, list[float]] = {name: [] for name in VARIANTS}
    for _ in range(rounds):
        for name, statement in VARIANTS.items():
            begin = time.perf_counter()
            run_python(statement)
            seconds[name].append(time.perf_counter() - begin)
    return seconds


def run_python(statement: str) -> None:
    subprocess.run([sys.executable, "-c", statement], check=True)


def time_checks(rounds: int) -> dict[str, tuple[list[float], list[float]]]:
    """Time `check` on a right and on a wrong answer to every exercise.

    Parameters
    ----------
    rounds : int
        How often each.

    Returns
    -------
    dict of str to tuple of list of float
        For each exercise: seconds with the right answer, seconds with wrong ones (the exercise's
        misconceptions in turn).
    """
    from lstm_helpers.exercises import EXERCISES
    from lstm_helpers.notebook import check

    seconds = {}
    for name, exercise in EXERCISES.items():
        right = renamed(exercise.reference, name)
        wrong = [renamed(mistake.answer, name) for mistake in exercise.misconceptions]
        check(right)
        seconds[name] = (
            [timed(check, right) for _ in range(rounds)],
            [timed(check, wrong[turn % len(wrong)]) for turn in range(max(rounds, len(wrong)))],
        )
    return seconds


def renamed(function: Callable[..., object], name: str) -> Callable[..., object]:
    """Wrap a function, so that it counts as a learner's and not as the course's own."""

    @functools.wraps(function)
    def answer(*args: object, **kwargs: object) -> object:
        return function(*args, **kwargs)

    answer.__name__ = name
    return answer


def timed(function: Callable[[object], object], argument: object) -> float:
    begin = time.perf_counter()
    function(argument)
    return time.perf_counter() - begin


def print_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    for row in (head, *rows):
        first, *others = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join([first, *(cell.strip().rjust(len(cell)) for cell in others)]))
    print()


def report_imports(rounds: int) -> bool:
    seconds = time_imports(rounds)
    base = seconds["numpy"]
    rows, good = [], True
    for name, times in seconds.items():
        beyond = statistics.median(mine - plain for mine, plain in zip(times, base, strict=True))
        ratio = statistics.median(mine / plain for mine, plain in zip(times, base, strict=True))
        rows.append((name, f"{statistics.median(times):.3f}", f"{beyond:.3f}", f"{ratio:.2f}"))
        good &= name != "numpy, lstm_helpers" or beyond < IMPORT_LIMIT
    print(f"Import in a fresh interpreter, median of {rounds} rounds (limit {IMPORT_LIMIT} s)")
    print_table(("import", "s", "s beyond NumPy", "times NumPy"), rows)
    return good


def report_checks(rounds: int) -> bool:
    with (
        tempfile.TemporaryDirectory() as folder,
        contextlib.redirect_stdout(io.StringIO()),
    ):
        os.environ["LSTM_COURSE_HOME"] = folder
        seconds = time_checks(rounds)
    rows, good = [], True
    for name, (right, wrong) in seconds.items():
        middle = [statistics.median(times) for times in (right, wrong)]
        rows.append((name, *(f"{1000 * value:.1f}" for value in (*middle, max(right + wrong)))))
        good &= max(middle) < CHECK_LIMIT
    print(f"check(), {rounds} rounds or more (limit {1000 * CHECK_LIMIT:.0f} ms at the median)")
    print_table(("exercise", "right, ms", "wrong, ms", "slowest, ms"), rows)
    return good


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=21, help="repetitions (default: 21)")
    rounds = parser.parse_args().rounds
    import numpy as np

    print(
        f"Python {platform.python_version()}, NumPy {np.__version__}, {platform.system()}, "
        f"{os.cpu_count()} cores\n"
    )
    results = [report_imports(rounds), report_checks(rounds)]
    print("All within their limits." if all(results) else "Not all within their limits.")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
