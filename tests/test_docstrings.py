"""Every public function and class is documented as numpydoc wants it, and its examples run."""

import dataclasses
import doctest
import importlib
import inspect
import pkgutil
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpydoc.validate
import pytest
import typer
from numpydoc.docscrape import NumpyDocString

import lstm_helpers
from lstm_helpers.cli import app

REPOSITORY = Path(__file__).resolve().parents[1]
MODULES = [
    "lstm_helpers",
    *sorted(
        module.name for module in pkgutil.walk_packages(lstm_helpers.__path__, "lstm_helpers.")
    ),
]


def codes() -> set[str]:
    """Return the codes to check: all of them but those that pyproject.toml excludes."""
    text = (REPOSITORY / "pyproject.toml").read_text(encoding="utf-8")
    named = set(tomllib.loads(text)["tool"]["numpydoc_validation"]["checks"])
    assert "all" in named, "name only what is left out"
    return set(numpydoc.validate.ERROR_MSGS) - named


def public_objects(module_name: str) -> Iterator[str]:
    """Name every function and class that one module defines and does not hide."""
    module = importlib.import_module(module_name)
    for name, value in vars(module).items():
        mine = getattr(value, "__module__", None) == module_name
        if mine and not name.startswith("_") and inspect.isroutine(value) | inspect.isclass(value):
            yield f"{module_name}.{name}"


CHECKED = codes()
COMMANDS = [
    callback
    for entry in (app.registered_callback, *app.registered_commands)
    if entry is not None and (callback := entry.callback) is not None
]
OBJECTS = [name for module in MODULES for name in public_objects(module)]


def load(name: str) -> object:
    module, _, attribute = name.rpartition(".")
    return getattr(importlib.import_module(module), attribute)


def describes_its_fields(record: object) -> bool:
    """Return whether a class says under Attributes what numpydoc looks for under Parameters."""
    if dataclasses.is_dataclass(record):
        fields = [field.name for field in dataclasses.fields(record)]
    else:
        fields = list(getattr(record, "_fields", ()))  # a NamedTuple has them
    attributes = NumpyDocString(inspect.getdoc(record) or "")["Attributes"]
    described = [name.strip() for entry in attributes for name in entry.name.split(",")]
    return bool(fields) and fields == described


@pytest.mark.parametrize("name", [name for name in OBJECTS if load(name) not in COMMANDS])
def test_documented_as_numpydoc_wants_it(name: str) -> None:
    found = numpydoc.validate.validate(name)["errors"]
    # A record's fields are its arguments: Attributes is their place, and once is enough.
    fields = {"PR01"} if describes_its_fields(load(name)) else set()
    wrong = [f"{code}: {text}" for code, text in found if code in CHECKED - fields]
    assert wrong == []


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.__name__)
def test_command_documents_each_argument_where_help_shows_it(command: Callable[..., None]) -> None:
    """Typer prints a command's docstring as its help: its arguments have theirs beside them."""
    assert inspect.getdoc(command)
    for parameter in inspect.signature(command).parameters.values():
        if parameter.annotation is not typer.Context:
            assert parameter.annotation.__metadata__[0].help, parameter.name


@pytest.mark.parametrize("name", MODULES)
def test_module_has_a_docstring(name: str) -> None:
    assert inspect.getdoc(importlib.import_module(name))


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LSTM_COURSE_HOME", raising=False)
    outcome = doctest.testmod(importlib.import_module(name))
    assert outcome.failed == 0, capsys.readouterr().out
