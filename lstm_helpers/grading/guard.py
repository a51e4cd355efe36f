"""Inside the sandbox: keep what measures away from what is measured, and notice if it was changed.

Some answers are classes or models, of which no values come out but what was measured of them, in
the learner's own process. `hide` takes the modules that measure out of reach of ``import``; `Watch`
compares them, and what they call of other packages, with what they were. Whoever goes through
frames or the garbage collector can still deceive both.
"""

from __future__ import annotations

import builtins
import importlib.abc
import importlib.machinery
import sys
from collections.abc import Iterator
from types import CodeType, FunctionType, ModuleType
from typing import Any, NamedTuple, NoReturn

__all__ = ["Watch", "hide"]

PACKAGE = "lstm_helpers"
_CLOSED = ("checks", "exercises", "frameworks", "grading")
# What lessons tell learners to import from there.
OPEN = ("lstm_helpers.exercises.lesson_04", "lstm_helpers.frameworks.torch_models")
_OF_FUNCTIONS = ("__code__", "__defaults__", "__kwdefaults__")
_MISSING = object()


class _Closed(importlib.abc.MetaPathFinder):
    """Refuses to import some modules.

    Parameters
    ----------
    names : set of str
        Which.
    """

    def __init__(self, names: set[str]) -> None:
        self.names = names

    def find_spec(
        self, fullname: str, path: object = None, target: object = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Find nothing, or refuse to look.

        Parameters
        ----------
        fullname : str
            Dotted name of a module.
        path, target : object, optional
            Not used.

        Returns
        -------
        importlib.machinery.ModuleSpec or None
            None.

        Raises
        ------
        ImportError
            If it is one of those.
        """
        if fullname in self.names:
            _refuse(fullname)
        return None


def _refuse(name: str) -> NoReturn:
    raise ImportError(f"{name} measures answers, and cannot be imported by them", name=name)


def hide() -> list[ModuleType]:
    """Make the loaded modules that run, measure and send answers impossible to import.

    Returns
    -------
    list of module
        Those; code that holds them goes on to use them.
    """
    names = [name for name in sys.modules if _is_closed(name)]
    modules = {name: sys.modules.pop(name) for name in names}
    for name in names:
        parent, _, child = name.rpartition(".")
        holder = modules.get(parent) or sys.modules.get(parent)
        if holder is not None and child in vars(holder):
            delattr(holder, child)
    sys.meta_path.insert(0, _Closed(set(names)))
    return list(modules.values())


def _is_closed(name: str) -> bool:
    parts = name.split(".")
    return parts[0] == PACKAGE and len(parts) > 2 and parts[1] in _CLOSED and name not in OPEN


class _Part(NamedTuple):
    """Something that is looked up by name: in a module, a class or a function."""

    holder: Any
    name: str
    value: Any


class Watch:
    """Remembers what modules are made of, and what they call.

    Parameters
    ----------
    modules : list of module
        Those that measure.
    """

    def __init__(self, modules: list[ModuleType]) -> None:
        self._parts = list(_parts(modules))

    def changed(self) -> str:
        """Find the first thing that is not what it was.

        Returns
        -------
        str
            Its name, or "".
        """
        for holder, name, value in self._parts:
            if _found(holder, name) is not value:
                return f"{holder.__name__}.{name}"
        return ""


def _parts(modules: list[ModuleType]) -> Iterator[_Part]:
    called: set[str] = set()
    others: dict[int, Any] = {id(builtins): builtins}
    for module in modules:
        for name, value in vars(module).items():
            if name.startswith("__"):
                continue
            yield _Part(module, name, value)
            if str(getattr(value, "__module__", "")).startswith(PACKAGE):
                yield from _inside(value, called)
            elif isinstance(value, ModuleType | type):
                others[id(value)] = value
    waiting = list(others.values())
    while waiting:  # numpy, torch, keras and their classes, as far as something of them is called
        holder = waiting.pop()
        for name in _names(holder, called):
            value = _found(holder, name)
            if isinstance(value, ModuleType | type) and isinstance(holder, ModuleType):
                if id(value) not in others:
                    others[id(value)] = value
                    waiting.append(value)
            elif not callable(value):
                continue
            yield _Part(holder, name, value)


def _inside(value: Any, called: set[str]) -> Iterator[_Part]:
    """Parts of a function or class; ``called`` gets the names that occur in it."""
    if isinstance(value, type):
        for name, member in vars(value).items():
            if callable(member) or isinstance(member, staticmethod | classmethod | property):
                yield _Part(value, name, member)
                inner = getattr(member, "fget", None) or getattr(member, "__func__", member)
                yield from _inside(inner, called) if isinstance(inner, FunctionType) else ()
        return
    value = getattr(value, "__wrapped__", value)
    if isinstance(value, FunctionType):
        yield from (_Part(value, name, getattr(value, name)) for name in _OF_FUNCTIONS)
        called |= _names_in(value.__code__)


def _names_in(code: CodeType) -> set[str]:
    inner = [_names_in(each) for each in code.co_consts if isinstance(each, CodeType)]
    return set(code.co_names).union(*inner)


def _names(holder: Any, called: set[str]) -> Iterator[str]:
    """Those names in a module or class that are called; of a class, its operators too."""
    for place in holder.__mro__ if isinstance(holder, type) else (holder,):
        for name in list(vars(place)):
            if name in called or (isinstance(holder, type) and name.startswith("__")):
                yield name


def _found(holder: Any, name: str) -> Any:
    """Look a name up without letting the holder answer for itself."""
    if isinstance(holder, FunctionType):
        return getattr(holder, name)
    for place in holder.__mro__ if isinstance(holder, type) else (holder,):
        if name in vars(place):
            return vars(place)[name]
    return _MISSING
