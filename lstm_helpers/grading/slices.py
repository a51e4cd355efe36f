"""Cut out of the course's own modules what a sandbox needs, and nothing else.

The course's answers stand in the same modules as much that a worker has to load. So it is not
given the modules but slices of them: the top-level statements that its starting points need, and
those that these need, across modules. Annotations count for nothing, since every module says
``from __future__ import annotations``.
"""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

__all__ = ["SliceError", "Slices", "definition", "slices"]

PACKAGE = "lstm_helpers"


class SliceError(ValueError):
    """Something that was asked for cannot be cut out; the message says what."""


Name = tuple[str, str]
"""A module, and the name of something in it."""


@dataclass(frozen=True)
class Slices:
    """What was cut out.

    Attributes
    ----------
    sources : dict of str to str
        Source text of each module.
    names : frozenset of (str, str)
        Module and name of everything that is defined in them.
    """

    sources: dict[str, str]
    names: frozenset[Name]


@dataclass
class _Module:
    """The top level of one module."""

    name: str
    lines: list[str]
    # What binds each name: statements, by their place.
    bound: dict[str, list[ast.stmt]] = field(default_factory=dict)
    # What each imported name stands for: a module, or a name in one; None: outside this package.
    imported: dict[str, tuple[ast.stmt, ast.alias, Name | None]] = field(default_factory=dict)


def slices(starts: Iterable[Name]) -> Slices:
    """Cut out what some names need.

    Parameters
    ----------
    starts : iterable of (str, str)
        Module and name of each thing that is wanted.

    Returns
    -------
    Slices
        Source texts of modules that hold those names and what they need.

    Raises
    ------
    SliceError
        If there is no such name, or a module of the course is used as a whole.

    Examples
    --------
    >>> cut = slices([("lstm_helpers.nn.cells", "rnn_step")])
    >>> sorted(cut.sources)
    ['lstm_helpers', 'lstm_helpers.nn', 'lstm_helpers.nn.cells']
    >>> ("lstm_helpers.nn.cells", "rnn_step_backward") in cut.names
    False
    """
    taken: dict[str, set[int]] = {}
    aliases: dict[str, dict[str, None]] = {}
    names: set[Name] = set()
    waiting = list(starts)
    seen: set[Name] = set()
    while waiting:
        wanted = waiting.pop()
        if wanted in seen:
            continue
        seen.add(wanted)
        module_name, name = wanted
        module = _module(module_name)
        if name in module.imported:
            aliases.setdefault(module_name, {})[name] = None
            target = module.imported[name][2]
            if target is not None and target[1]:
                waiting.append(target)
            elif target is not None:
                taken.setdefault(target[0], set())
            continue
        if name not in module.bound:
            raise SliceError(f"the module {module_name} has no {name!r} at its top level")
        names.add(wanted)
        for statement in module.bound[name]:
            if statement.lineno in taken.setdefault(module_name, set()):
                continue
            taken[module_name].add(statement.lineno)
            waiting += _needed(module, statement)
    for name in (*taken, *aliases):
        for parent in _parents(name):
            taken.setdefault(parent, set())
    wanted_modules = sorted({*taken, *aliases})
    sources = {
        name: _written(_module(name), taken.get(name, set()), aliases.get(name, {}))
        for name in wanted_modules
    }
    return Slices(sources, frozenset(names))


def definition(module_name: str, name: str) -> Name:
    """Follow imports to where a name is defined.

    Parameters
    ----------
    module_name : str
        A module that has the name.
    name : str
        The name.

    Returns
    -------
    module, name : str
        Where it is defined.

    Raises
    ------
    SliceError
        If there is no such name.

    Examples
    --------
    >>> definition("lstm_helpers.nn", "rnn_step")
    ('lstm_helpers.nn.cells', 'rnn_step')
    """
    module = _module(module_name)
    if name in module.imported:
        target = module.imported[name][2]
        if target is None or not target[1]:
            raise SliceError(f"{name!r} in {module_name} is a module or comes from elsewhere")
        return definition(*target)
    if name not in module.bound:
        raise SliceError(f"the module {module_name} has no {name!r} at its top level")
    return module_name, name


@cache
def _module(name: str) -> _Module:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise SliceError(f"there is no module {name}")
    text = Path(spec.origin).read_text(encoding="utf-8")
    module = _Module(name, text.split("\n"))
    for statement in ast.parse(text).body:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            for alias, target in _targets(statement):
                module.imported[alias.asname or alias.name.partition(".")[0]] = (
                    statement,
                    alias,
                    target,
                )
        else:
            for bound in _bound(statement):
                module.bound.setdefault(bound, []).append(statement)
    return module


def _targets(
    statement: ast.Import | ast.ImportFrom,
) -> Iterator[tuple[ast.alias, Name | None]]:
    """What each name of an import stands for."""
    if isinstance(statement, ast.Import):
        for alias in statement.names:
            ours = alias.name.partition(".")[0] == PACKAGE
            yield alias, (alias.name, "") if ours else None
        return
    module = statement.module or ""
    if module.partition(".")[0] != PACKAGE:
        yield from ((alias, None) for alias in statement.names)
        return
    for alias in statement.names:
        inner = f"{module}.{alias.name}"
        is_module = _is_module(inner) and alias.name not in _bound_in(module)
        yield alias, (inner, "") if is_module else (module, alias.name)


@cache
def _is_module(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


@cache
def _bound_in(name: str) -> frozenset[str]:
    """Names that a module defines itself, read without resolving its imports."""
    spec = importlib.util.find_spec(name)
    assert spec is not None
    assert spec.origin is not None
    tree = ast.parse(Path(spec.origin).read_text(encoding="utf-8"))
    return frozenset(name for statement in tree.body for name in _bound(statement))


def _bound(statement: ast.stmt) -> Iterator[str]:
    """Names that a top-level statement defines; what only type checkers read defines nothing."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield statement.name
    elif isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        for target in targets:
            for part in ast.walk(target):
                if isinstance(part, ast.Name):
                    yield part.id
    elif isinstance(statement, ast.If | ast.Try | ast.With | ast.For) and not any(
        isinstance(n, ast.Name) and n.id == "TYPE_CHECKING" for n in ast.walk(statement)
    ):
        for part in ast.iter_child_nodes(statement):
            if isinstance(part, ast.stmt):
                yield from _bound(part)


def _needed(module: _Module, statement: ast.stmt) -> Iterator[Name]:
    """What a statement needs: names of its own module, and of modules that it reaches into."""
    reader = _Reader()
    reader.visit(statement)
    local: dict[str, Name] = {}
    for inner in reader.imports:
        for alias, target in _targets(inner):
            if target is not None and target[1]:
                yield target
            elif target is not None:
                local[alias.asname or alias.name] = target
    for chain in reader.chains:
        name = chain[0]
        entry = module.imported.get(name)
        target = local.get(name) or (entry[2] if entry is not None else None)
        if target is not None and not target[1]:
            if entry is not None and name not in local:
                yield module.name, name
            yield _reached(module.name, target[0], chain[1:])
        elif entry is not None or name in module.bound:
            yield module.name, name


def _reached(where: str, module_name: str, chain: tuple[str, ...]) -> Name:
    """Follow ``nn.functions.sigmoid`` from a module to a name in it or in one below it."""
    if not chain:
        raise SliceError(f"{where} uses the module {module_name} as a whole; name what it needs")
    if chain[0] not in _module(module_name).bound and _is_module(f"{module_name}.{chain[0]}"):
        return _reached(where, f"{module_name}.{chain[0]}", chain[1:])
    return module_name, chain[0]


class _Reader(ast.NodeVisitor):
    """Collects dotted names that are read, and imports inside functions; skips annotations."""

    def __init__(self) -> None:
        self.chains: set[tuple[str, ...]] = set()
        self.imports: list[ast.Import | ast.ImportFrom] = []

    def visit_Attribute(self, node: ast.Attribute) -> None:
        chain = [node.attr]
        inner: ast.expr = node.value
        while isinstance(inner, ast.Attribute):
            chain.insert(0, inner.attr)
            inner = inner.value
        if isinstance(inner, ast.Name):
            self.chains.add((inner.id, *chain))
        else:
            self.visit(inner)

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self.chains.add((node.id,))

    def visit_Import(self, node: ast.Import) -> None:
        self.imports.append(node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        self.imports.append(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)

    def visit_arg(self, node: ast.arg) -> None:
        pass

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        for decorator in node.decorator_list:
            self.visit(decorator)
        self._visit_scope(node.args, node.body)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._visit_scope(node.args, [node.body])

    def _visit_scope(self, arguments: ast.arguments, body: Sequence[ast.AST]) -> None:
        """Read a function; its own arguments and variables are nobody else's."""
        for default in (*arguments.defaults, *arguments.kw_defaults):
            if default is not None:
                self.visit(default)
        inside = _Reader()
        for part in body:
            inside.visit(part)
        own = {argument.arg for argument in ast.walk(arguments) if isinstance(argument, ast.arg)}
        for part in body:
            for name in ast.walk(part):
                if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store):
                    own.add(name.id)
                elif isinstance(name, ast.FunctionDef):
                    own.add(name.name)
        self.chains |= {chain for chain in inside.chains if chain[0] not in own}
        self.imports += inside.imports


def _written(module: _Module, taken: set[int], aliases: dict[str, None]) -> str:
    """The source of a slice: its imports, then its statements in their order."""
    imports = [_import_line(module.imported[name][0], module.imported[name][1]) for name in aliases]
    statements = {s.lineno: s for each in module.bound.values() for s in each if s.lineno in taken}
    parts = ["from __future__ import annotations", *sorted(imports)]
    for line in sorted(statements):
        statement = statements[line]
        decorators = getattr(statement, "decorator_list", [])
        first = min([line, *(decorator.lineno for decorator in decorators)])
        parts.append("\n".join(module.lines[first - 1 : statement.end_lineno]))
    return "\n\n".join(parts) + "\n"


def _import_line(statement: ast.stmt, alias: ast.alias) -> str:
    named = alias.name + (f" as {alias.asname}" if alias.asname else "")
    if isinstance(statement, ast.ImportFrom):
        return f"from {statement.module} import {named}"
    return f"import {named}"


def _parents(name: str) -> Iterator[str]:
    while "." in name:
        name = name.rpartition(".")[0]
        yield name
