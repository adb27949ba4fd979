"""The house rules a reader may rely on: one writer of states, small files, no record deleted with a person."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db import models

from accounts.models import Organisation, Record, User
from review.models import Expert
from workflows.models import AuditEntry

ROOT = Path(settings.BASE_DIR)
PRODUCT = ("accounts", "attachments", "bench", "config", "demo", "projects", "review", "workflows")
#: The slot's setter, and the engine that calls it; and a rehearsal, of which the database keeps nothing.
WRITERS = {"workflows/state.py", "workflows/engine.py", "workflows/simulation/preview.py"}
FORBIDDEN_NAMES = {"utils.py", "helpers.py", "services.py", "manager.py"}
MOST_LINES = {".py": 600, ".html": 400}

#: Spelled so that this file does not match itself.
NOT_IN_THE_REPOSITORY = {
    "a folder of one machine": re.compile(r"(?<![\w.])/(?:root|home|work|Users)/"),
    "an address of a package registry": re.compile(
        r"https?://[^/\s\"']*(?:pypi|npmjs|registry|artifact|nexus|mirror|jfrog)"
        r"|(?:^|\s)(?:--(?:extra-)?index-url[ =]|registry=)",
        re.MULTILINE,
    ),
    "an address in a private network": re.compile(r"\b(?:10|172\.(?:1[6-9]|2\d|3[01])|192\.168)(?:\.\d{1,3}){2,3}:\d"),
}


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True)
    return [Path(name) for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


@pytest.fixture(scope="module")
def files() -> list[Path]:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: what is tracked is unknown")
    return tracked()


def product_modules() -> Iterator[Path]:
    for room in PRODUCT:
        for path in (ROOT / room).rglob("*.py"):
            if "migrations" not in path.parts:
                yield path.relative_to(ROOT)


# --- one writer of states ---------------------------------------------------------------------------


def state_writes(source: str) -> list[int]:
    """Lines that assign an attribute `state`, or write the column by a queryset or by name."""
    return sorted(node.lineno for node in ast.walk(ast.parse(source)) if _writes_state(node))


def _writes_state(node: ast.AST) -> bool:
    match node:
        case ast.Attribute(attr="state", ctx=ast.Store() | ast.Del()):
            return True
        case ast.Call(func=ast.Name(id="setattr"), args=[_, ast.Constant(value="state"), *_]):
            return True
        case ast.Call(func=ast.Attribute(attr="update" | "aupdate"), keywords=keywords):
            return any(_names_state(keyword) for keyword in keywords)
        case ast.Call(func=ast.Attribute(attr="bulk_update" | "abulk_update")):
            return any(isinstance(part, ast.Constant) and part.value == "state" for part in ast.walk(node))
    return False


def _names_state(keyword: ast.keyword) -> bool:
    if keyword.arg is not None:
        return keyword.arg == "state"
    # update(**{"state": …})
    return isinstance(keyword.value, ast.Dict) and any(
        isinstance(key, ast.Constant) and key.value == "state" for key in keyword.value.keys
    )


@pytest.mark.parametrize(
    "line",
    [
        "bid.state = 'X'",
        "self.object.state: str = 'X'",
        "a, bid.state = 1, 'X'",
        "with x() as bid.state: pass",
        "bid.state += 'X'",
        "setattr(bid, 'state', 'X')",
        "Bid.objects.filter(pk=1).update(title='t', state='X')",
        "Bid.objects.update(**{'state': 'X'})",
        "Bid.objects.bulk_update(bids, ['title', 'state'])",
    ],
)
def test_every_way_to_write_a_state_is_seen(line: str) -> None:
    assert state_writes(line) == [1]


@pytest.mark.parametrize("line", ["x = bid.state", "state = State(S)", "f(state='X')", "q.filter(state='X').exists()"])
def test_reading_a_state_is_no_write(line: str) -> None:
    assert state_writes(line) == []


def test_only_the_engine_writes_a_state() -> None:
    found = [
        f"{path}:{line}"
        for path in product_modules()
        if path.as_posix() not in WRITERS
        for line in state_writes((ROOT / path).read_text(encoding="utf-8"))
    ]
    assert found == [], "change a state with workflows.engine.perform or start"


# --- files ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", MOST_LINES)
def test_every_file_is_read_in_one_sitting(files: list[Path], suffix: str) -> None:
    lengths = {
        path.as_posix(): len((ROOT / path).read_text(encoding="utf-8").splitlines())
        for path in files
        if path.suffix == suffix and "migrations" not in path.parts
    }
    assert len(lengths) > 10
    assert {name: length for name, length in lengths.items() if length > MOST_LINES[suffix]} == {}


def test_a_file_is_named_after_what_it_is(files: list[Path]) -> None:
    assert [path.as_posix() for path in files if path.name in FORBIDDEN_NAMES] == []


@pytest.mark.parametrize("what", NOT_IN_THE_REPOSITORY)
def test_nothing_of_the_machine_it_was_written_on_is_tracked(files: list[Path], what: str) -> None:
    pattern = NOT_IN_THE_REPOSITORY[what]
    found = []
    for path in files:
        try:
            text = (ROOT / path).read_text(encoding="utf-8")
        except UnicodeDecodeError:  # a picture or a font
            continue
        found += [f"{path}: {match.group().strip()}" for match in pattern.finditer(text)]
    assert found == []


def test_what_must_not_be_tracked_would_be_seen() -> None:
    samples = {
        "a folder of one machine": f"cd /{'home'}/li/jiebang",
        "an address of a package registry": f"--{'index'}-url https://{'mirror'}.example.cn/simple",
        "an address in a private network": f"http://10.{1}.2.3:8080/",
    }
    for what, pattern in NOT_IN_THE_REPOSITORY.items():
        assert pattern.search(samples[what]), what


# --- nothing dies with a person ---------------------------------------------------------------------


def cascades() -> Iterator[tuple[type[models.Model], models.ForeignKey]]:
    # Join tables of many-to-many fields and Django's own (tokens) say nothing worth keeping.
    own = chain.from_iterable(apps.get_app_config(room).get_models() for room in PRODUCT if apps.is_installed(room))
    for model in own:
        for field in model._meta.concrete_fields:
            if isinstance(field, models.ForeignKey) and field.remote_field.on_delete is models.CASCADE:
                yield model, field


def test_no_row_dies_with_a_person_a_unit_or_an_expert() -> None:
    people = (User, Organisation, Expert)
    assert [str(field) for _model, field in cascades() if issubclass(field.related_model, people)] == []


def test_no_record_and_no_audit_entry_dies_with_another_row() -> None:
    assert [str(field) for model, field in cascades() if issubclass(model, Record | AuditEntry)] == []
