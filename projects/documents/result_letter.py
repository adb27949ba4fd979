"""结果告知书: what a team is told of its bid, in the layout of GB/T 9704-2012 (domain 2.0, 5.10).

It carries the written reason, the experts' opinions in an order that says nothing, and how to contest it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from django.template.loader import render_to_string

from projects.documents.certificate import chinese_day, wan
from projects.documents.letterhead import mark_of
from projects.documents.pdf import Press

#: Page numbers are drawn by the style sheet.
_PAGE_NUMBER = "—0123456789"
_HEADINGS = "一二三四、审定结果专家意见的依据如有不同意见后续事项"


@dataclass(frozen=True)
class ResultLetter:
    """Everything the letter says. Days are in Shanghai; empty until it is told. Money in whole yuan."""

    kind: str
    bid_id: int
    issuer: str
    document_no: str
    addressee: str
    list_number: str
    list_title: str
    challenge: str
    bid_number: str
    bid_title: str
    pi: str
    score: str
    award_yuan: int
    is_race: bool
    reason: str
    opinions: tuple[str, ...]
    contact: str
    told_on: str = ""
    contest_until: str = ""

    def to_data(self) -> dict[str, Any]:
        return {**asdict(self), "opinions": list(self.opinions)}

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> ResultLetter:
        return cls(**{**data, "opinions": tuple(data["opinions"])})

    def told(self, on: date, contest_until: date) -> ResultLetter:
        return replace(self, told_on=on.isoformat(), contest_until=contest_until.isoformat())


class LetterPress:
    """Draws letters that are told together: one set of fonts, cut to the characters of all of them.

    The same letters give the same bytes, each of them, on the same machine set-up.
    """

    def __init__(self, letters: Iterable[ResultLetter]) -> None:
        text = "".join(_html(letter) for letter in letters)
        roles = {"song": text, "fang": text + _PAGE_NUMBER, "hei": _HEADINGS}
        self.press = Press("award_notice.css", roles)

    def draw(self, letter: ResultLetter) -> bytes:
        return self.press.draw(_html(letter))


def _html(letter: ResultLetter) -> str:
    return render_to_string("documents/result_letter.html", letter_context(letter))


def letter_context(letter: ResultLetter) -> dict[str, Any]:
    """What the template reads; a letter that is only previewed has no days yet."""
    return {
        **asdict(letter),
        **mark_of(letter.issuer),
        "letter": letter,
        "day": _day(letter.told_on) or "（发布之日）",
        "until": _day(letter.contest_until) or "（发布后第15日）",
        "money": f"{wan(letter.award_yuan)}万元",
    }


def _day(iso: str) -> str:
    return chinese_day(date.fromisoformat(iso)) if iso else ""
