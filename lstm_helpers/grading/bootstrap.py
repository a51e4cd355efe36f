"""The first lines that run in a sandbox: they make the modules that the grader sent importable.

Sent as text and executed; standard library only. Standard input holds the length of this text, the
text, and then a job: the length of a JSON list ``[[module, source], ...]``, the list, and a message
for :mod:`lstm_helpers.grading.worker`.

Whatever of ``lstm_helpers`` was not sent can be imported too, as a stand-in that says so when it
is used: a notebook imports much that its answers never touch.
"""

import importlib
import importlib.abc
import importlib.machinery
import json
import sys
from types import ModuleType
from typing import NoReturn

PACKAGE = "lstm_helpers"


class NotHereError(RuntimeError):
    """A part of the course that graded answers cannot use was used."""


class Absent:
    """Stands for something of the course that was not sent.

    Parameters
    ----------
    name : str
        Its dotted name.
    """

    def __init__(self, name: str) -> None:
        self.__name__ = name

    def __getattr__(self, name: str) -> "Absent":
        if name.startswith("__"):
            raise AttributeError(name)
        return Absent(f"{self.__name__}.{name}")

    def __call__(self, *args: object, **kwargs: object) -> NoReturn:
        raise NotHereError(
            f"{self.__name__} is not there when answers are graded: write this part yourself, or "
            "use what the exercise names"
        )

    def __mro_entries__(self, bases: object) -> NoReturn:
        self()


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the modules that were sent, and stand-ins for the rest of the package.

    Parameters
    ----------
    sources : dict of str to str
        Source texts by module.
    """

    def __init__(self, sources: dict[str, str]) -> None:
        self.sources = sources

    def find_spec(
        self, fullname: str, path: object = None, target: object = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Find a module of the package.

        Parameters
        ----------
        fullname : str
            Its dotted name.
        path, target : object, optional
            Not used.

        Returns
        -------
        importlib.machinery.ModuleSpec or None
            None for other packages.
        """
        if fullname.partition(".")[0] != PACKAGE:
            return None
        spec = importlib.machinery.ModuleSpec(fullname, self, is_package=True)
        spec.origin = "/" + fullname.replace(".", "/") + "/__init__.py"
        spec.has_location = True
        return spec

    def exec_module(self, module: ModuleType) -> None:
        """Run a module's source, and let names that it lacks stand for what was not sent.

        Parameters
        ----------
        module : module
            The module.
        """
        name = module.__name__
        source = self.sources.get(name)
        if source is not None:
            exec(compile(source, str(module.__file__), "exec", dont_inherit=True), vars(module))

        def absent(attribute: str) -> object:
            if attribute.startswith("__"):
                raise AttributeError(attribute)
            if f"{name}.{attribute}" in self.sources:
                return importlib.import_module(f"{name}.{attribute}")
            return Absent(f"{name}.{attribute}")

        vars(module)["__getattr__"] = absent


def start() -> None:
    """Read the modules, make them importable, and start the worker."""
    stream = sys.stdin.buffer
    sources = dict(json.loads(stream.read(int(stream.readline()))))
    sys.meta_path.insert(0, Finder(sources))
    from lstm_helpers.grading.worker import work

    work(stream.read())


if __name__ == "__main__":
    start()
