"""The table of all labs: how the LSTM did beside simple models, on real data.

Runs the notebooks of the labs one after the other, each in a kernel of its own, and collects the
`LabResult`s that they show. Writes ``lstm_helpers/recorded/labs.json`` and, from it, the
table in ``docs/labs.md``. With `--only`, the rows of other labs stay, if they were made with the
same versions and settings. A lab that fails ends the run, and nothing is written.

Run it with `make results`, or `OMP_NUM_THREADS=1 python benchmarks/labs.py --only 11 12`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
import time
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import nbclient
import nbformat
from nbclient.exceptions import CellControlSignal, DeadKernelError

from lstm_helpers.notebook.folder import HOME_VARIABLE
from lstm_helpers.training.lab_result import MIME_TYPE, LabResult

REPOSITORY = Path(__file__).resolve().parents[1]
NOTEBOOKS = REPOSITORY / "solutions"
TABLE = REPOSITORY / "lstm_helpers" / "recorded" / "labs.json"
PAGE = REPOSITORY / "docs" / "labs.md"
BEGIN, END = "<!-- labs -->", "<!-- /labs -->"
PACKAGES = ("numpy", "scikit-learn", "torch", "tensorflow", "keras", "lstm-course")
CELL_SECONDS = 600  # a cell that computes for longer hangs
HEADS = ("lab", "data", "metric", "baselines", "LSTM", "training, s", "the LSTM is")

Row = dict[str, Any]


class LabError(RuntimeError):
    """A lab did not give what the table needs; the message says which, and why."""


def find_labs() -> dict[str, Path]:
    """Find the notebooks of the labs: those from number 10 on.

    Returns
    -------
    dict of str to Path
        By number, in order.
    """
    return {path.name[:2]: path for path in sorted(NOTEBOOKS.glob("[1-9][0-9]_*.ipynb"))}


def run_lab(path: Path) -> list[Row]:
    """Execute a notebook and take its results.

    Parameters
    ----------
    path : Path
        The notebook, which is left as it is.

    Returns
    -------
    list of dict
        A row of the table for each result: its fields and verdict, the notebook's name, and how
        many seconds that took, start of the kernel and imports included.

    Raises
    ------
    LabError
        If a cell raises, or if the notebook shows no `LabResult`.
    """
    notebook = nbformat.read(path, as_version=4)
    before, wall = os.times(), time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        inherited = {
            name: text for name, text in os.environ.items() if name != "NBGRADER_EXECUTION"
        }
        client = nbclient.NotebookClient(
            notebook,
            timeout=CELL_SECONDS,
            kernel_name="python3",
            resources={"metadata": {"path": folder}},
        )
        try:
            client.execute(env=inherited | {HOME_VARIABLE: folder})
        except (CellControlSignal, DeadKernelError) as error:
            raise LabError(f"{path.name} stopped: {error}") from error
    wall, after = time.perf_counter() - wall, os.times()
    cpu = after.children_user + after.children_system
    cpu -= before.children_user + before.children_system
    seconds = {"cpu": round(cpu, 1), "wall": round(wall, 1)}
    results = [
        LabResult.from_dict(output["data"][MIME_TYPE]).as_dict()
        for cell in notebook.cells
        for output in cell.get("outputs", ())
        if MIME_TYPE in output.get("data", ())
    ]
    if not results:
        raise LabError(
            f"{path.name} shows no result; expected a LabResult as the last expression of a cell"
        )
    return [{"notebook": path.name, **row, "notebook_seconds": seconds} for row in results]


def circumstances() -> dict[str, Any]:
    """What the figures may depend on.

    Returns
    -------
    dict
        ``versions`` and ``settings``.
    """
    return {
        "versions": {
            "python": platform.python_version(),
            **{name: metadata.version(name) for name in PACKAGES},
        },
        "settings": {
            "machine": platform.machine(),
            "threads": os.environ.get("OMP_NUM_THREADS", "as many as there are processors"),
        },
    }


def markdown(table: Mapping[str, Any]) -> str:
    """Write the table for people.

    Parameters
    ----------
    table : mapping
        What `lstm_helpers.recorded.load("labs")` gives.

    Returns
    -------
    str
        A table in Markdown, and a line that says how it was made.
    """
    lines = [_line(HEADS), _line(["---"] * len(HEADS))]
    for row in table["rows"]:
        result = LabResult.from_dict(row)
        scores = result.scores()
        lstm = scores.pop(result.lstm_name)
        baselines = (
            f"**{name} {score}**" if name == result.best_baseline else f"{name} {score}"
            for name, score in scores.items()
        )
        better = "higher" if result.higher_is_better else "lower"
        link = f"[{result.lab}](../course/{row['notebook']})"
        lines.append(
            _line(
                [
                    link,
                    result.data,
                    f"{result.metric}; {better} is better",
                    "<br>".join(baselines),
                    f"{lstm}, {len(result.lstm)} seeds",
                    result.duration.removesuffix(" seconds"),
                    result.verdict,
                ]
            )
        )
    versions = ", ".join(f"{name} {version}" for name, version in table["versions"].items())
    settings = ", ".join(f"{name} {value}" for name, value in table["settings"].items())
    return "\n".join([*lines, "", f"Made with {versions}; {settings}."])


def _line(cells: Sequence[str]) -> str:
    escaped = (cell.replace("|", "\\|").replace("\n", " ") for cell in cells)
    return f"| {' | '.join(escaped)} |"


def into_page(text: str, table: Mapping[str, Any]) -> str:
    """Put the table into a page, in place of the one that is there.

    Parameters
    ----------
    text : str
        The page, with a line ``<!-- labs -->`` and a line ``<!-- /labs -->`` after it.
    table : mapping
        As for `markdown`.

    Returns
    -------
    str
        The new page.

    Raises
    ------
    LabError
        If the page does not have each of the two marks once, in this order.
    """
    before, begin, rest = text.partition(f"{BEGIN}\n")
    _, end, after = rest.partition(f"{END}\n")
    if not (begin and end) or BEGIN in rest or END in after:
        raise LabError(f"the page has no place for the table: expected {BEGIN}, then {END}, once")
    return f"{before}{begin}\n{markdown(table)}\n\n{end}{after}"


def rows_that_stay(chosen: Sequence[str], now: Mapping[str, Any]) -> list[Row]:
    """Rows of the stored table that the new ones can stand beside.

    Parameters
    ----------
    chosen : sequence of str
        Numbers of the labs that are run now.
    now : mapping
        What `circumstances` gives.

    Returns
    -------
    list of dict
        Those of the other labs that still exist.

    Raises
    ------
    LabError
        If there are some, made with other versions or settings.
    """
    if not TABLE.exists():
        return []
    stored = json.loads(TABLE.read_text(encoding="utf-8"))
    names = {path.name for number, path in find_labs().items() if number not in chosen}
    rows = [row for row in stored["rows"] if row["notebook"] in names]
    if rows and any(stored[key] != now[key] for key in now):
        raise LabError(
            "the other labs were run with other versions or settings: run all of them, without "
            "--only, so that one line can say how the table was made"
        )
    return rows


def write(rows: Sequence[Row], now: Mapping[str, Any]) -> None:
    """Store the table and put it into the page.

    Parameters
    ----------
    rows : sequence of dict
        One for each result.
    now : mapping
        What `circumstances` gives.
    """
    head = {
        "about": (
            "Written by benchmarks/labs.py. lstm: one score for each seed; seconds: one training "
            "run of the LSTM, as its notebook measured it; notebook_seconds: the whole notebook."
        ),
        **now,
    }
    ordered = sorted(rows, key=lambda row: row["notebook"])
    page = into_page(PAGE.read_text(encoding="utf-8"), {**head, "rows": ordered})
    lines = ",\n".join("  " + json.dumps(row, ensure_ascii=False) for row in ordered)
    text = json.dumps(head, indent=1, ensure_ascii=False).removesuffix("\n}")
    TABLE.write_text(f'{text},\n "rows": [\n{lines}\n ]\n}}\n', encoding="utf-8")
    PAGE.write_text(page, encoding="utf-8")


def main() -> None:
    """Run what was asked for, print each result, and store the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", metavar="NUMBER", help="labs to run, such as 11 12")
    asked = parser.parse_args()
    labs = find_labs()
    chosen = asked.only or list(labs)
    unknown = [number for number in chosen if number not in labs]
    if unknown or not labs:
        parser.error(f"got the labs {unknown}; expected some of {', '.join(labs) or 'none'}")
    now = circumstances()
    try:
        rows = rows_that_stay(chosen, now)
        for number in dict.fromkeys(chosen):
            print(f"Running {labs[number].name}", flush=True)
            found = run_lab(labs[number])
            rows += found
            print(*map(LabResult.from_dict, found), sep="\n")
            took = found[0]["notebook_seconds"]
            print(f"{took['cpu']} s of CPU, {took['wall']} s in all\n")
        write(rows, now)
    except LabError as error:
        parser.exit(1, f"{error}\nNothing was written.\n")
    print(f"Written: {TABLE.name}, {PAGE.name}")


if __name__ == "__main__":
    main()
