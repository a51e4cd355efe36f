"""What importing the package loads, and that all of it can be imported."""

import pkgutil
import subprocess
import sys

import pytest

import lstm_helpers

HEAVY = (
    "torch",
    "tensorflow",
    "keras",
    "pandas",
    "matplotlib",
    "IPython",
    "ipywidgets",
    "sklearn",
    "scipy",
    "spotpy",
    "nbformat",
    "jupytext",
)
MODULES = [
    "lstm_helpers",
    *sorted(
        module.name for module in pkgutil.walk_packages(lstm_helpers.__path__, "lstm_helpers.")
    ),
]


def loaded_by(statement: str) -> list[str]:
    """Run a statement in a fresh interpreter and return which heavy packages it loaded."""
    program = (
        f"import sys\n{statement}\nprint(*(name for name in {HEAVY!r} if name in sys.modules))"
    )
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    return run.stdout.split()


def test_the_package_loads_numpy_and_nothing_heavy() -> None:
    assert loaded_by("import lstm_helpers; assert 'numpy' in sys.modules") == []


@pytest.mark.parametrize(
    "package",
    [
        "nn",
        "checks",
        "frameworks",
        "tasks",
        "exercises",
        "exercises.lesson_07",
        "notebook",
        "plots",
        "training",
        "cli",
    ],
)
def test_packages_load_what_is_heavy_only_when_it_is_used(package: str) -> None:
    assert loaded_by(f"import lstm_helpers.{package}") == []


def test_every_module_can_be_imported_first() -> None:
    """Each in an interpreter's empty state, so that no circle of imports hides behind an order."""
    program = (
        "import importlib, sys\n"
        f"for name in {MODULES!r}:\n"
        "    for loaded in [key for key in sys.modules if key.startswith('lstm_helpers')]:\n"
        "        del sys.modules[loaded]\n"
        "    importlib.import_module(name)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
