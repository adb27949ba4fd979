"""Every refusal of posting, bidding, formal check and objection says what to do, in Chinese and in English."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from django.utils.translation import gettext, override

import workflows.bid_conditions
import workflows.challenge_list_conditions
import workflows.demand_conditions
import workflows.demand_window
import workflows.extension
import workflows.formal_check
import workflows.notice
import workflows.objection

MODULES = (
    workflows.bid_conditions, workflows.challenge_list_conditions, workflows.demand_conditions, workflows.demand_window,
    workflows.extension, workflows.formal_check, workflows.notice, workflows.objection,
)  # fmt: skip
#: What tells the reader to do something, or what he waits for.
CURES = ("请", "届时", "后才能", "自行撤回", "须由", "期限未到", "不需要")


def sentences() -> list[str]:
    """The sentences that a condition of these modules refuses with."""
    found = []
    for module in MODULES:
        for node in ast.walk(ast.parse(Path(str(module.__file__)).read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "holds":
                texts = [one.value for one in ast.walk(node.args[-1]) if isinstance(one, ast.Constant)]
                found += [text for text in texts if isinstance(text, str) and text.endswith("。")]
    return found


def test_there_are_refusals() -> None:
    assert len(sentences()) > 25


@pytest.mark.parametrize("sentence", sentences())
def test_a_refusal_names_the_cure_in_both_languages(sentence: str) -> None:
    assert any(cure in sentence for cure in CURES)
    with override("en"):
        assert gettext(sentence) != sentence
