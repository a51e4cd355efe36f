"""Load what an answer imports before the clock runs.

PyTorch takes longer to load than an answer may take. Stopped half way, an import leaves behind
halves of modules, on which the next one fails or ends the process.
"""

from __future__ import annotations

import contextlib
import dis
import importlib
import sys
from collections.abc import Iterator
from types import CodeType
from typing import Any

SLOW = {"jax", "keras", "matplotlib", "pandas", "scipy", "sklearn", "tensorflow", "torch"}


def load_imports(answer: Any) -> None:
    """Import the slow libraries that a function, or a class with its methods, imports inside.

    Parameters
    ----------
    answer : object
        What a learner wrote; anything without code is left alone. A library that cannot be
        imported is left to the answer, which then says so itself.
    """
    try:
        parts = [answer, *vars(answer).values()] if isinstance(answer, type) else [answer]
        codes = [getattr(part, "__code__", None) for part in parts]
        names = {name for code in codes if isinstance(code, CodeType) for name in _imported(code)}
    except Exception:  # an answer may be anything, and may misbehave when it is looked at
        return
    for name in sorted(names):
        package = name.partition(".")[0]
        if package in SLOW and package not in sys.modules:
            with contextlib.suppress(Exception):
                importlib.import_module(package)


def _imported(code: CodeType) -> Iterator[str]:
    """Names in the import statements of a function and of the functions inside it."""
    for instruction in dis.get_instructions(code):
        if instruction.opname == "IMPORT_NAME":
            yield str(instruction.argval)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _imported(constant)
