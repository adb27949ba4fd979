"""Every kind of record has a name for its readers: no model's name on a Chinese page."""

from __future__ import annotations

from django.utils import translation

from projects.queries import VISIBLE
from workflows.engine import FLOWS
from workflows.record_names import NAMES, name_of_kind


def test_every_kind_that_moves_or_is_shown_has_a_chinese_name() -> None:
    kinds = {flow.model for flow in FLOWS.values()} | set(VISIBLE)
    with translation.override("zh-hans"):
        nameless = {kind.__name__ for kind in kinds if name_of_kind(kind).isascii()}
    assert not nameless


def test_no_two_kinds_share_a_name() -> None:
    names = [str(name) for name in NAMES.values()]
    assert len(names) == len(set(names))
