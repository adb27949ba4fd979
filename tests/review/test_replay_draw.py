"""`manage.py replay_draw` and `scripts/replay-draw`: two programs that share no line and must say the same."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from copy import deepcopy
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from django.core.management import CommandError, call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.review.draws import SEED, documents, example

SCRIPT = Path(configured.BASE_DIR) / "scripts" / "replay-draw"
Verdict = tuple[int, str, str]
#: Reading aids, said to be such: they prove nothing and nothing proves them.
UNPROVEN = {"labels", "revealed_at"}


def _load() -> Any:
    # In this process, so that hundreds of records take seconds; one test below runs it as a stranger does.
    loader = SourceFileLoader("replay_draw_script", str(SCRIPT))
    module = module_from_spec(spec_from_loader(loader.name, loader))  # type: ignore[arg-type]
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    loader.exec_module(module)
    sys.dont_write_bytecode = before
    return module


script = _load()


def by_script(*arguments: str) -> Verdict:
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = script.main(list(arguments))
    return code, out.getvalue().strip(), err.getvalue().strip()


def by_command(*arguments: str) -> Verdict:
    out = io.StringIO()
    try:
        call_command("replay_draw", *arguments, stdout=out)
    except CommandError as error:
        return error.returncode, "", str(error)
    return 0, out.getvalue().strip(), ""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("draws") / "record.json"


def verdict(file: Path, document: Any, *more: str) -> Verdict:
    """What both say of a document; that they say the same is checked on the way."""
    file.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    one, other = by_script(str(file), *more), by_command(str(file), *more)
    assert one == other
    return one


@given(documents())
@settings(max_examples=150, deadline=None)
def test_every_honest_record_replays_and_both_programs_tell_it_in_the_same_words(file, document):
    code, told, error = verdict(file, document)
    assert (code, error) == (0, "")
    assert told.endswith("✓ 重放一致：抽取结果由事先承诺的种子和名单逐位决定，与审计链相符。")
    assert len(re.findall("^递补.*退出", told, re.M)) == len(document["record"]["redraws"])


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value in a document, inner ones after outer ones."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in items:
        yield (*path, key)
        yield from places(part, (*path, key))


def altered(document: Any, path: tuple[Any, ...], change: Callable[[Any], Any]) -> Any:
    copy = deepcopy(document)
    place = copy
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = change(place[path[-1]])
    return copy


def another(value: Any) -> Any:
    """A value of the same kind, but not this one."""
    if isinstance(value, str):
        return value[:-1] + ("0" if value[-1:] != "0" else "1")
    if isinstance(value, int):
        return value + 1
    if isinstance(value, list):
        return value[:-1] if value else ["x"]
    return {**value, "one-more": 1} if isinstance(value, dict) else 3


def test_whatever_single_value_is_altered_in_a_record_is_found_by_both(file):
    document = example()
    found = set()
    tried = 0
    for path in places(document):
        if path[0] in UNPROVEN or isinstance(document_at(document, path), dict):
            continue
        code, told, error = verdict(file, altered(document, path, another))
        assert (code in (1, 2), told) == (True, ""), path
        found.add(re.sub(r"\d+", "n", error.split("：")[0]))
        tried += 1
    assert tried > 240
    assert len(found) >= 20, "different places are told apart"


def document_at(document: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        document = document[key]
    return document


@given(documents(), st.data())
@settings(max_examples=150, deadline=None)
def test_both_give_the_same_verdict_on_any_record_with_any_change(file, document, data):
    path = data.draw(st.sampled_from(list(places(document))))
    change = data.draw(
        st.sampled_from([another, lambda _: None, lambda _: "x", lambda _: -1, lambda _: [], lambda _: True])
        | st.just(lambda _: {"FINANCE": 1})
    )
    verdict(file, altered(document, path, change))


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        (("record", "algorithm"), "mine/1", "record.algorithm"),
        (("record", "seed_commitment"), "0" * 64, "record.seed_commitment"),
        (("record", "candidates", 0, 2), "u9", "record.candidate_digest"),
        (("record", "candidates", 1, 0), "f00", "record.candidates"),
        (("record", "plan", "seats", "FINANCE"), 9, "record.plan"),
        (("record", "unit_cap"), 2, "record.seats"),
        (("record", "seats", 2), "friend", "record.seats"),
        (("record", "standbys"), [], "record.standbys"),
        (("record", "passed_over"), ["t00"], "record.passed_over"),
        (("record", "redraws", 1, "replacement"), "friend", "record.redraws[2]"),
        (("record", "redraws"), [], "record.redraws"),
        (("record", "filters", "C01"), 8, "record.filters"),
        (("about",), "另一轮评审", "about"),
        (("witness", "name"), "别人", "witness.name"),
        (("drawn_at",), "2026-05-11T00:59:00.000000+00:00", "drawn_at"),
        (("proofs", 0, "entry", "payload", "candidate_digest"), "0" * 64, "proofs[1].entry"),
        (("proofs", 1, "anchor", "hash"), "0" * 64, "proofs[2].anchor"),
        (("proofs", 2, "links"), [], "proofs[3].anchor"),
    ],
)
def test_the_first_field_that_differs_is_named(file, path, value, field):
    code, told, error = verdict(file, altered(example(), path, lambda _: value))
    assert (code, told) == (1, "")
    assert error.startswith(f"✗ {field}：")


def test_a_seed_that_was_not_committed_to_is_found_and_one_from_elsewhere_can_be_given(file):
    sealed = {**example(), "seed": None, "revealed_at": None}
    assert verdict(file, sealed)[0] == 2
    assert "评审结束后公开" in verdict(file, sealed)[2]
    assert verdict(file, sealed, "--seed", SEED.hex())[0] == 0
    assert verdict(file, sealed, "--seed", "00" * 32)[2] == "✗ record.seed_commitment：种子与抽取前的承诺不符。"
    assert verdict(file, sealed, "--seed", "很短")[2] == "种子应是 64 位十六进制数，请核对后重试。"


@pytest.mark.parametrize(
    ("text", "cure"),
    [
        ("", "请从抽取记录页重新下载"),
        ("[1, 2", "请从抽取记录页重新下载"),
        ("[]", "“全文”缺失或格式不对"),
        ('{"format": "jiebang-receipt-1"}', "“format”缺失或格式不对"),
        ('{"format": "jiebang-draw-1", "about": "x", "record": {}}', "“record.algorithm”缺失或格式不对"),
        ('{"unit_cap": 1.0}', "请从抽取记录页重新下载"),
        ('{"about": "\\ud800"}', "请从抽取记录页重新下载"),
        ("[" * 100_000, "请从抽取记录页重新下载"),
    ],
)
def test_what_is_not_a_record_is_said_in_one_sentence_with_the_cure(file, text, cure):
    code, told, error = verdict(file, text)
    assert (code, told) == (2, "")
    assert cure in error
    assert "\n" not in error


def test_a_file_that_is_not_there_is_named(file):
    missing = str(file.with_name("nothing.json"))
    assert (
        by_script(missing)
        == by_command(missing)
        == (2, "", f"读不了 {missing}：请核对文件名，或重新下载 record.json。")
    )


def test_a_stranger_needs_nothing_but_python(file):
    file.write_text(json.dumps(example()), encoding="utf-8")
    command = [sys.executable, "-I", "-S", str(SCRIPT), str(file)]
    done = subprocess.run(command, capture_output=True, text=True, env={"PYTHONIOENCODING": "utf-8"}, check=False)
    assert (done.returncode, done.stdout.strip()) == by_command(str(file))[:2], done.stderr
    imports = re.findall(r"^(?:import|from) (\w+)", SCRIPT.read_text(encoding="utf-8"), re.M)
    assert set(imports) <= sys.stdlib_module_names


def test_the_summary_names_seats_filters_every_redraw_and_where_the_chain_leads(file):
    document = example()
    told = verdict(file, document)[1].splitlines()
    record = document["record"]
    assert told[0] == "SD-2026-01-001 第1轮评审"
    assert "专家库 32 人，抽取前剔除：C01（单位回避） 7，YEARLY_CAP 3" in told
    assert f"席位 FINANCE 1 人：{next(name for name in record['seats'] if name[0] == 'f')}" in told
    first = record["redraws"][0]
    assert any(line.startswith(f"递补 1：{first['missing']} 退出，{first['replacement']} 递补（来自") for line in told)
    assert any(
        line.startswith("承诺：审计链第 42 条") and document["proofs"][0]["anchor"]["hash"] in line for line in told
    )


def test_who_drew_alone_has_no_witness(file):
    """Even with a chain that is sound in itself."""
    from tests.review import draws

    chain, honest = draws.Chain(), example(redraws=0)
    for proof in honest["proofs"]:
        entry = proof["entry"]
        chain.add(entry["transition"], 4, entry["actor_name"], entry["role"], entry["payload"])
    assert verdict(file, {**honest, "proofs": chain.proofs()})[2].startswith("✗ proofs[2].entry.actor_id：")


def test_a_commitment_that_came_after_the_draw_is_none(file):
    from tests.review import draws

    chain, honest = draws.Chain(), example(redraws=0)
    for proof in reversed(honest["proofs"]):
        entry = proof["entry"]
        chain.add(entry["transition"], entry["actor_id"], entry["actor_name"], entry["role"], entry["payload"])
    late = {**honest, "proofs": chain.proofs()[::-1]}
    assert verdict(file, late)[2].startswith("✗ proofs[2].entry.seq：")
