"""What a batch step would do to every bid of a decision: computed once, for the preview and for the deed.

The digest covers who gets what, the letters word by word, and what the proposer wrote. The flow computes
the plan anew under the decision's lock and refuses when the digest differs from the one that was approved,
so that what is carried out is exactly what two people have seen (peers 3.5).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from projects.cut_line import cut_line
from projects.documents.result_letter import ResultLetter
from projects.models import AwardDecision, DecisionBatch, DecisionRow
from workflows import award_conditions as c
from workflows.canonical import sha256_of
from workflows.decision_letters import Comment, comments_on, compose
from workflows.engine import Flow, unmet_sentences
from workflows.wording import listed

Kind, Outcome = DecisionBatch.Kind, DecisionRow.Outcome


@dataclass(frozen=True)
class Words:
    """What the proposer adds to a batch."""

    minutes: str = ""
    document_no: str = ""
    is_held: bool = False
    release_at: datetime | None = None


@dataclass(frozen=True)
class Plan:
    """`blockers` stand in the way, `warnings` do not; both are sentences for the person who can act."""

    kind: str
    words: Words
    rows: list[DecisionRow]
    letters: list[ResultLetter]
    blockers: list[str]
    warnings: list[str]
    #: Of these, what tells a team who judged it: it must not go out, whoever releases it.
    named: list[str]

    @property
    def content_digest(self) -> str:
        """Of who gets what and what they are told, whoever proposes it in which words."""
        rows = [[r.bid_id, r.rank, r.score, r.outcome, r.award_yuan, r.reason] for r in self.rows]
        return sha256_of({"rows": rows, "letters": [letter.to_data() for letter in self.letters]})

    @property
    def digest(self) -> str:
        return sha256_of({"kind": self.kind, "words": vars(self.words), "content": self.content_digest})

    @property
    def counts(self) -> dict[str, int]:
        """Outcome → how many."""
        return dict(Counter(str(row.outcome) for row in self.rows))

    @property
    def money(self) -> int:
        return sum(row.award_yuan for row in self.rows)

    @property
    def samples(self) -> list[tuple[ResultLetter, int]]:
        """The first letter of each kind, and how many there are of it."""
        first = {letter.kind: letter for letter in reversed(self.letters)}
        counts = Counter(letter.kind for letter in self.letters)
        return [(first[kind], counts[kind]) for kind in Outcome.values if kind in first]


def plan_of(flow: Flow, kind: str, words: Words) -> Plan:
    """What the step `kind` would do, for the decision of an `AwardDecisionFlow`. About twelve queries."""
    decision: AwardDecision = flow.object
    rows = c.rows_of(flow)  # type: ignore[arg-type]
    comments: dict[int, list[Comment]] = {}
    letters: list[ResultLetter] = []
    if kind != Kind.PUBLICISE:
        comments = comments_on(decision)
        letters = compose(decision, rows, words.document_no or decision.document_no, comments)
    named = _named(rows, comments)
    tells_now = kind == Kind.RELEASE or (kind == Kind.ISSUE and not words.is_held)
    blockers = _unmet(flow, kind) + (named if tells_now else [])
    warnings = _over_budget(decision, rows) + _without_opinion(letters) + ([] if tells_now else named)
    if kind == Kind.PUBLICISE:
        warnings += _barred(flow)
    return Plan(kind, words, rows, letters, blockers, warnings, named)


def _unmet(flow: Flow, kind: str) -> list[str]:
    """The conditions of the step itself, in its own words."""
    found = (t for t in flow.transitions_from(flow.object.state) if t.slug == kind.lower())
    if (definition := next(found, None)) is None:
        return [_("立项审定现在的状态是“%s”，不能办理这项操作。") % flow.object.get_state_display()]
    return unmet_sentences(flow, definition)


def _named(rows: list[DecisionRow], comments: dict[int, list[Comment]]) -> list[str]:
    bad = [r.bid.number or r.bid.title for r in rows if any(com.named for com in comments.get(r.bid_id, []))]
    sentence = _("以下申报的专家意见里出现了专家库中的人名、单位名或专家代号，请评审秘书先修改告知文本：%s")
    return [sentence % listed(bad)] if bad else []


def _over_budget(decision: AwardDecision, rows: list[DecisionRow]) -> list[str]:
    if decision.budget_yuan is None:
        return [_("还没有填写本批经费盘子，无法核对是否超支；请在榜单页填写盘子后重新预览。")]
    line = cut_line([row.award_yuan for row in rows if row.outcome == Outcome.AWARD], decision.budget_yuan)
    return [_("拟支持经费超出盘子 %s 元，请核对。") % f"{line.over:,}"] if line.is_over else []


def _without_opinion(letters: list[ResultLetter]) -> list[str]:
    bare = [letter.bid_number or letter.bid_title for letter in letters if not letter.opinions]
    return [_("以下申报没有书面的专家意见：%s。请评审秘书补写告知文本。") % listed(bare)] if bare else []


def _barred(flow: Flow) -> list[str]:
    """Told early; on the day of issue it stands in the way."""
    barred = [row.bid.title for row, _numbers in c.barred_rows(flow)]  # type: ignore[arg-type]
    return [_("负责人或单位在科研诚信限制期内，请在下达前更改结论：%s") % listed(barred)] if barred else []


def told_of(plan: Plan) -> Any:
    """In one line for the chain and for the second person: how many of what, how much."""
    awards = plan.counts.get(Outcome.AWARD, 0)
    names = {"awards": awards, "letters": len(plan.letters), "money": f"{plan.money:,}"}
    sentence = ngettext(
        "拟立项 %(awards)s 项、共 %(money)s 元，告知书 %(letters)s 份",
        "拟立项 %(awards)s 项、共 %(money)s 元，告知书 %(letters)s 份",
        awards,
    )
    return sentence % names
