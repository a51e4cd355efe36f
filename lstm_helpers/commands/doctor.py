"""``lstm-course doctor``: what this machine has, what is missing, and how to mend it.

Versions are read from the packages' metadata: nothing is imported, unless frameworks are to be
tried out too.
"""

import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

__all__ = ["Finding", "examine", "run"]

DISTRIBUTION = "lstm-course"
OLDEST_PYTHON = (3, 11)
GIB = 2**30
MEMORY_WANTED = 4 * GIB
DISK_WANTED = GIB // 2
RIVER_FILE = Path("examples", "cmf_data", "fulda_climate.csv")
THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


class Finding(NamedTuple):
    """One line of the report.

    Attributes
    ----------
    what : str
        What was looked at.
    found : str
        What is there.
    expected : str
        What is needed, or nothing.
    state : {"ok", "note", "missing"}
        Only ``"missing"`` keeps the course from working.
    advice : str
        What to do, if anything.
    """

    what: str
    found: str
    expected: str = ""
    state: str = "ok"
    advice: str = ""


def run(*, full: bool) -> int:
    """Print the report.

    Parameters
    ----------
    full : bool
        Whether to import PyTorch and TensorFlow too, which takes some seconds.

    Returns
    -------
    int
        1 if something that the course needs is missing, else 0.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    marks = {"ok": "✓ ok", "note": "· note", "missing": "✗ missing"}
    findings = examine(full=full)
    table = Table(title="lstm-course doctor", title_justify="left")
    for heading in ("", "Found", "Needed", ""):
        table.add_column(heading, overflow="fold")
    for finding in findings:
        row = (finding.what, finding.found, finding.expected, marks[finding.state])
        table.add_row(*(Text(cell) for cell in row))
    console = Console()
    console.print(table)
    for finding in findings:
        if finding.advice:
            console.print(Text(f"{marks[finding.state]} {finding.what}: {finding.advice}"))
    missing = [finding for finding in findings if finding.state == "missing"]
    if not missing:
        console.print("Nothing is missing.")
    return 1 if missing else 0


def examine(*, full: bool = False) -> list[Finding]:
    """Look at everything that the course needs.

    Parameters
    ----------
    full : bool, optional
        Whether to import PyTorch and TensorFlow too.

    Returns
    -------
    list of Finding
        In the order of the report.
    """
    parts: list[Callable[[], Iterator[Finding]]] = [
        _python,
        _packages,
        _machine,
        _folder,
        _notebooks,
        _river,
        _sandbox,
    ]
    if full:
        parts.append(_frameworks)
    return [finding for part in parts for finding in part()]


def _python() -> Iterator[Finding]:
    oldest = ".".join(map(str, OLDEST_PYTHON))
    good = sys.version_info >= OLDEST_PYTHON
    advice = "" if good else f"Install Python {oldest} or newer."
    found = f"{platform.python_version()} ({platform.system()}, {platform.machine()})"
    yield Finding("Python", found, f">={oldest}", "ok" if good else "missing", advice)


def _packages() -> Iterator[Finding]:
    from packaging.requirements import Requirement

    try:
        lines = requires(DISTRIBUTION) or []
    except PackageNotFoundError:
        advice = "Run `python -m pip install -e .` in the checkout."
        yield Finding(DISTRIBUTION, "not installed", state="missing", advice=advice)
        return
    yield Finding(DISTRIBUTION, version(DISTRIBUTION))
    for line in lines:
        needed = Requirement(line)
        if needed.marker is not None and not needed.marker.evaluate({"extra": ""}):
            continue
        wanted = str(needed.specifier)
        advice = f'Run `python -m pip install "{needed.name}{wanted}"`.'
        try:
            found = version(needed.name)
        except PackageNotFoundError:
            yield Finding(needed.name, "not installed", wanted, "missing", advice)
            continue
        if needed.specifier.contains(found, prereleases=True):
            yield Finding(needed.name, found, wanted)
        else:
            yield Finding(needed.name, found, wanted, "missing", advice)


def _machine() -> Iterator[Finding]:
    import psutil  # comes with ipykernel

    memory = psutil.virtual_memory()
    found = f"{memory.total / GIB:.1f} GiB, {memory.available / GIB:.1f} GiB of it free"
    wanted = f"{MEMORY_WANTED / GIB:.0f} GiB"
    if memory.total >= MEMORY_WANTED:
        yield Finding("Memory", found, wanted)
    else:
        advice = "Shut down kernels of lessons that you are done with."
        yield Finding("Memory", found, wanted, "note", advice)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    yield Finding("CPU cores", str(cores))
    settings = [f"{name}={os.environ[name]}" for name in THREAD_VARIABLES if name in os.environ]
    found = ", ".join(settings) or "not set; `lstm-course lab` sets 2"
    yield Finding("Threads", found)


def _folder() -> Iterator[Finding]:
    here = Path.cwd()
    writable = os.access(here, os.W_OK | os.X_OK)
    advice = "" if writable else "Change to a folder of your own, or give one to `lstm-course lab`."
    state = "ok" if writable else "missing"
    yield Finding("Working folder", f"{here}", "writable", state, advice)
    free = shutil.disk_usage(here).free
    enough = free >= DISK_WANTED
    advice = "" if enough else "Free some space on this disk."
    found, wanted = f"{free / GIB:.1f} GiB free", f"{DISK_WANTED / GIB:.1f} GiB"
    yield Finding("Disk", found, wanted, "ok" if enough else "missing", advice)


def _notebooks() -> Iterator[Finding]:
    from lstm_helpers.bundled import notebooks_folder

    try:
        count = len(list(notebooks_folder("course").glob("[0-9][0-9]_*.ipynb")))
    except FileNotFoundError:
        advice = "In a checkout run `lstm-course build`, else install lstm-course again."
        yield Finding("Lessons", "none", state="missing", advice=advice)
    else:
        yield Finding("Lessons", f"{count} notebooks")


def _river() -> Iterator[Finding]:
    spec = find_spec("spotpy")
    folders = list(spec.submodule_search_locations or []) if spec else []
    if any((Path(folder) / RIVER_FILE).is_file() for folder in folders):
        yield Finding("River data", "in spotpy")
    else:
        advice = "Run `python -m pip install --force-reinstall --no-deps spotpy`."
        yield Finding("River data", "not found", RIVER_FILE.name, "missing", advice)


def _sandbox() -> Iterator[Finding]:
    found = shutil.which("bwrap")
    if found:
        yield Finding("bubblewrap", "installed", "only to grade a class")
    else:
        advice = "Learners do not need it; to grade, install bubblewrap with the system's packages."
        yield Finding("bubblewrap", "not installed", "only to grade a class", "note", advice)


def _frameworks() -> Iterator[Finding]:
    from importlib import import_module

    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    for name in ("torch", "tensorflow"):
        try:
            module = import_module(name)
        except Exception as error:  # a broken binary may raise anything
            what = " ".join(f"{type(error).__name__}: {error}".split())[:200]
            advice = f"Run `python -m pip install --force-reinstall {name}`."
            yield Finding(f"import {name}", what, state="missing", advice=advice)
            continue
        if name == "torch":
            gpus = module.cuda.device_count()
        else:
            gpus = len(module.config.list_physical_devices("GPU"))
        found = f"works, {gpus} GPU" if gpus else "works, no GPU (none is needed)"
        yield Finding(f"import {name}", found)
