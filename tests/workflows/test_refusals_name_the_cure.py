"""Every refusal of the product says what to do next, in Chinese and in English."""

from __future__ import annotations

import re

import pytest
from django.utils.translation import gettext, override

from tests.refusal_sentences import ROOMS, refusals

#: 请 as one asks somebody; not the 请 of 申请, 邀请 and 请假.
ASKS = re.compile(r"(?<![申邀])请(?!假)")
#: The same in English: a clause that begins with what to do. "First" and "then" may come before it.
DEEDS = (
    "abort|add|answer|ask|bring|cancel|change|check|choose|clear|close|come|compare|complete|compress|contact|continue|convert|"
    "copy|correct|draw|enter|file|fill|finish|give|go|hand|have|invite|keep|leave|let|look|lower|mend|move|name|open|pack|"
    "pass|press|promise|propose|publish|put|raise|read|record|reduce|refresh|refuse|reload|remind|remove|replace|return|review|revise|"
    "revoke|save|score|see|select|send|set|settle|shorten|sign|split|state|submit|take|tell|tick|try|upload|use|wait|"
    "withdraw|write"
)
TELLS = re.compile(rf"\bplease\b|(?:^|[.;:,?] )(?:first,? |then |or |and )?(?:{DEEDS})\b", re.IGNORECASE)
#: What only passes on words that are judged where they are written, or says nothing because all is well.
PASSED_ON = {
    "''", "refusal.sentences", "str(refusal)", "errors", "sentences", "str(error)", "str(fault)", "str(nothing)", "fault", "sentence",
    "[str(sentence)]", "found", "{'milestone_values': [str(fault)]}", "[str(left.message)]", "told(blockers)",
    "[of_field(name, said) for name, said in fields.items()]", "unmet_sentences(flow, refusal.transition)",
    "self.error_messages.get('max_value', self.error_messages['invalid'])",
    "f'{fault.why}。{fault.cure}。'",  # an imported row: the cure is a field of its own
}  # fmt: skip
#: A frame around words that are judged themselves, and what stands in a sentence.
NO_SENTENCE = {"“%(name)s”：%(wrong)s。", "（空）", "理由"}

FOUND = refusals()
SENTENCES = sorted({text for refusal in FOUND for text in refusal.sentences} - NO_SENTENCE)


def names_the_cure(chinese: str, english: str) -> bool:
    return bool(ASKS.search(chinese) and TELLS.search(english))


def test_every_room_refuses() -> None:
    assert {refusal.where.split("/")[0] for refusal in FOUND if refusal.sentences} == set(ROOMS)
    assert len(SENTENCES) > 350


def test_no_refusal_says_words_that_are_not_found() -> None:
    """A sentence that no catalogue knows, or that the walk cannot follow, is none that anybody judged."""
    assert [r for r in FOUND if not r.sentences and r.source not in PASSED_ON] == []
    assert {r.source for r in FOUND if not r.sentences} == PASSED_ON


@pytest.mark.parametrize("chinese", SENTENCES)
def test_a_refusal_names_the_cure_in_both_languages(chinese: str) -> None:
    with override("en"):
        english = gettext(chinese)
    assert ASKS.search(chinese), chinese
    assert TELLS.search(english), english


@pytest.mark.parametrize(
    ("chinese", "english"),
    [
        ("申请经费超过榜金。", "More money is asked for than the challenge offers."),
        ("没有共同填写人，不能邀请他人。", "Nobody is invited."),
        ("见证人不能是抽取人本人。", "The witness cannot be who draws."),
        ("评分截止须晚于现在，请改晚。", "Scoring must close later than now."),
        ("评分截止须晚于现在。", "Choose a later instant."),
        ("项目处于“暂停”状态，请稍后办理。", 'The project is in state "suspended"; nothing can be set.'),
    ],
)
def test_a_sentence_that_tells_only_the_fault_does_not_pass(chinese: str, english: str) -> None:
    assert not names_the_cure(chinese, english)


def test_words_given_by_name_or_by_a_function_are_found() -> None:
    found = {refusal.source: refusal.sentences for refusal in FOUND}
    assert any("军令状" in text for text in found["told(found)"])  # appended, in another module
    assert any("范围须填上限" in text for text in found["{name: [sentence] for name, sentence in faults.items()}"])
