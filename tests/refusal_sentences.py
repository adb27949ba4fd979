"""Every sentence that the product refuses with, read from its sources: what `holds`, `refuse_input`, `Refused`,
forms, serializers and pages say. Words given by name or by a function are followed to where they are written."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
ROOMS = ("accounts", "attachments", "config", "projects", "review", "workflows")
#: Who refuses → which of the positional arguments is read by people.
REFUSALS = {
    "holds": 1, "unmet": 0, "refuse_input": 1, "Refused": 1, "ValidationError": 0, "add_error": 1, "FileRefused": 1,
    "_refusal": 0, "PermissionDenied": 0, "Http404": 0, "NotFound": 0, "ParseError": 0, "NothingToTry": 0, "ValueError": 0,
}  # fmt: skip
GETTEXT = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy"}


@dataclass(frozen=True)
class Refusal:
    """One call that refuses, and the Chinese sentences it may say. None: it passes on what others said."""

    where: str
    source: str
    sentences: tuple[str, ...]


def refusals() -> list[Refusal]:
    return [found for room in ROOMS for path in sorted((ROOT / room).rglob("*.py")) for found in _refusals_in(path)]


def _refusals_in(path: Path) -> Iterator[Refusal]:
    if "migrations" in path.parts:
        return
    module = _module(path)
    for node in ast.walk(module.tree):
        for said in _said(node):
            sentences = tuple(dict.fromkeys(module.words(said, set())))
            if not sentences and _name(getattr(node, "func", node)) == "ValueError":
                continue  # of a pure module, for programmers; a form that shows it words it
            yield Refusal(f"{path.relative_to(ROOT)}:{said.lineno}", ast.unparse(said), sentences)


def _said(node: ast.AST) -> Iterator[ast.expr]:
    """The expressions of a node that become a refusal's words."""
    if isinstance(node, ast.Call):
        at = REFUSALS.get(_name(node.func))
        if at is not None and len(node.args) > at:
            yield node.args[at]
        for keyword in node.keywords:
            if keyword.arg == "error_messages" and isinstance(keyword.value, ast.Dict):
                yield from keyword.value.values
    if isinstance(node, (ast.Assign, ast.AnnAssign)) and isinstance(node.value, ast.Dict):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if any("error_messages" in ast.unparse(target) for target in targets):
            yield from node.value.values


@cache
def _module(path: Path) -> _Module:
    return _Module(ast.parse(path.read_text()))


class _Module:
    def __init__(self, tree: ast.Module) -> None:
        self.tree = tree
        self.parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
        self.functions = {n.name: n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)}
        self.imports = {
            (alias.asname or alias.name): (node.module or "", alias.name)
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        }

    def words(self, node: ast.AST, seen: set[ast.AST]) -> list[str]:
        """Translated words under `node`; where it has none of its own, those of the names and functions in it."""
        if node in seen:
            return []
        seen.add(node)
        calls = [part for part in ast.walk(node) if isinstance(part, ast.Call)]
        own = [a.value for call in calls if _name(call.func) in GETTEXT for a in call.args[:2]
               if isinstance(a, ast.Constant) and isinstance(a.value, str)]  # fmt: skip
        if own:
            return own
        names = [part for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load)]
        found = [text for name in names for value in self._values(name) for text in self.words(value, seen)]
        called = [call.func.id for call in calls if isinstance(call.func, ast.Name)]
        return found or [text for name in called for text in self.of_function(name, seen)]

    def of_function(self, name: str, seen: set[ast.AST]) -> list[str]:
        """What a function of the product returns, here or where it is imported from."""
        if name in self.functions:
            given = [node.value for node in ast.walk(self.functions[name]) if isinstance(node, (ast.Return, ast.Yield))]
            return [text for value in given if value is not None for text in self.words(value, seen)]
        of, original = self.imports.get(name, ("", ""))
        if of.split(".")[0] not in ROOMS or of == "workflows.wording":
            return []
        spec = importlib.util.find_spec(of)
        return _module(Path(spec.origin)).of_function(original, seen) if spec and spec.origin else []

    def _values(self, name: ast.Name) -> Iterator[ast.expr]:
        """What is assigned or appended to a name in its function, or in the module."""
        scope: ast.AST = name
        while scope in self.parents and not isinstance(scope, (ast.FunctionDef, ast.Module)):
            scope = self.parents[scope]
        scopes = [scope] if isinstance(scope, ast.Module) else [scope, *self.tree.body]
        for where in scopes:
            for node in ast.walk(where) if where is scope else [where]:
                yield from _given_to(name.id, node)


def _given_to(name: str, node: ast.AST) -> Iterator[ast.expr]:
    match node:
        case ast.Assign(targets=targets, value=value) if any(_holds_name(t, name) for t in targets):
            yield value
        case ast.AnnAssign(target=ast.Name(id=found), value=ast.expr() as value) if found == name:
            yield value
        case ast.AugAssign(target=ast.Name(id=found), value=value) if found == name:
            yield value
        case ast.NamedExpr(target=ast.Name(id=found), value=value) if found == name:
            yield value
        case ast.Call(func=ast.Attribute(value=ast.Name(id=found), attr="append" | "extend"), args=[value]) if (
            found == name
        ):
            yield value
        case ast.For(target=target, iter=value) | ast.comprehension(target=target, iter=value) if _holds_name(
            target, name
        ):
            yield value


def _holds_name(target: ast.expr, name: str) -> bool:
    return any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(target))


def _name(func: ast.expr) -> str:
    return func.id if isinstance(func, ast.Name) else func.attr if isinstance(func, ast.Attribute) else ""
