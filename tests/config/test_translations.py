"""English: every sentence of the product has one, with the same places to fill in, and no Chinese left in it."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.utils.translation import override

from scripts.collect_messages import KEYWORDS, ROOT, SOURCES, current, template, untranslated
from tests import delivery_factories as f
from tests.delivery_factories import on
from workflows.bid import BidFlow
from workflows.engine import perform
from workflows.extension import BidExtensionFlow, ask_extension
from workflows.models import OutboxMessage
from workflows.refused import Refused

PLACES = re.compile(r"%\(\w+\)[-+\d.,]*[a-z]|%[-+\d.,]*[sdfi%]|\{\w*\}")
CHINESE = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
#: The product's own name, and a language told in itself.
KEPT = {"English", "中文"}


def pairs() -> list[tuple[str, str]]:
    found = []
    for message in current():
        ids: Any = message.id if isinstance(message.id, (list, tuple)) else [message.id]
        texts: Any = message.string if isinstance(message.string, (list, tuple)) else [message.string]
        found += [(ids[min(at, len(ids) - 1)], text) for at, text in enumerate(texts) if message.id]
    return found


def test_every_sentence_has_its_english() -> None:
    assert untranslated(current()) == [], "run `make messages` and translate what is new"


def test_no_name_hides_a_sentence_from_the_catalogue() -> None:
    """`gettext as _text` translates, but nobody collects what it says."""
    renamed = re.compile(r"import (?:\w*gettext\w*) as (\w+)")
    found = {
        (path.relative_to(ROOT).as_posix(), name)
        for room in SOURCES
        for path in (ROOT / room).rglob("*.py")
        for name in renamed.findall(path.read_text())
    }
    assert {each for each in found if each[1] not in KEYWORDS} == set()


def test_no_translation_is_left_over() -> None:
    wanted = {(message.id, message.context) for message in template()}
    assert {(message.id, message.context) for message in current()} <= wanted, "run `make messages`"


def test_both_sentences_have_the_same_places_to_fill_in() -> None:
    wrong = [(zh, en) for zh, en in pairs() if Counter(PLACES.findall(zh)) != Counter(PLACES.findall(en))]
    assert wrong == []


def test_places_without_names_keep_their_order() -> None:
    def unnamed(text: str) -> list[str]:
        return [place for place in PLACES.findall(text) if "(" not in place and place != "%%"]

    assert [(zh, en) for zh, en in pairs() if len(unnamed(zh)) > 1 and unnamed(zh) != unnamed(en)] == []


def test_no_chinese_is_left_in_the_english() -> None:
    assert [(zh, en) for zh, en in pairs() if CHINESE.search(en) and zh not in KEPT] == []


@pytest.mark.django_db
def test_a_refusal_is_told_in_the_readers_language_and_the_record_kept_in_the_sites() -> None:
    w = f.world()
    challenge = f.published_list(w).challenges.get()
    with on(date(2026, 4, 1)), override("en"):
        bid = f.complete_draft(w, challenge, f.team(w), summary="")
        with pytest.raises(Refused, match="Not filled in yet: Summary"):
            perform(BidFlow, bid, "hand_in", by=bid.pi, pledge=True)
        with pytest.raises(Refused) as unread:
            perform(BidFlow, bid, "withdraw", by=bid.pi, reason="no")
        assert CHINESE.search(str(unread.value.fields)) is None
        extension = ask_extension(bid, by=bid.pi, grounds="A power cut since yesterday, see the notice")
        late = {"bid_until": "2026-03-01 10:00", "rec_until": "2026-03-02 10:00", "opinion": "Looked into, it is so"}
        with pytest.raises(Refused) as in_body:
            perform(BidExtensionFlow, extension, "endorse", by=w.officer, **late)
        assert "later than now" in in_body.value.fields["bid_until"][0]
        perform(BidExtensionFlow, extension, "deny", by=w.officer, reason="The notice names another day")
        bid.refresh_from_db()
        perform(BidFlow, bid, "withdraw", by=bid.pi, reason="We could not find a partner")
    assert OutboxMessage.objects.get(recipient=bid.pi).subject.startswith("未准予个别延期")


@pytest.mark.django_db
def test_a_page_is_shown_in_english_to_who_asks_for_it() -> None:
    w = f.world()
    challenge = f.published_list(w).challenges.get()
    with on(date(2026, 4, 1)):
        bid = f.complete_draft(w, challenge, f.team(w))
        client = Client(headers={"Accept-Language": "en"})
        client.force_login(bid.pi)
        with override(None):  # the request sets its own, and leaves it
            html = client.get(bid.get_absolute_url()).content.decode()
    assert "A draft is no submission!" in html
    assert "草稿未提交" not in html
