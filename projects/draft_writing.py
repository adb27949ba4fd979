"""Writing what was typed into a bid's form, field by field: merged, never lost, taken over when it is valid.

A browser sends, for each field that its user changed, the text that the change began from (`base`) and
the new one. Somebody else's newer text is then seen by comparing it with `base`: long texts merge by
sentence; a true conflict is written nowhere but into the history, and both texts go back to be chosen from.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.models import User
from projects.bid_editing import (
    AvoidanceLine,
    BidChanges,
    PartnerLine,
    ResponseLine,
    editable_sections,
    locked_bid,
    why_not_editable,
    write_changes,
)
from projects.draft_cells import PARTNER_PATH, Cell, DraftForms, plain, section_of
from projects.models import Bid, DraftCell, DraftEdit
from projects.text_merge import settle
from workflows import clock
from workflows.refused import Refused

#: Longer than any field of the form takes; beyond it a text stays in its browser.
LONGEST = 20_000
MOST_ROWS = 50
#: What one browser types in one field within this time is one row of the history.
ONE_SITTING = timedelta(seconds=60)


@dataclass(frozen=True)
class Change:
    path: str
    #: The text that the user's change began from, as the server had shown it.
    base: str
    text: str
    change_id: UUID
    #: Given up for the other's text: only the history keeps it.
    discarded: bool = False


@dataclass(frozen=True)
class Written:
    """What became of one change. `text` is what the server holds now; for a conflict it is the other's."""

    path: str
    #: saved, merged, conflict, or refused (then `fault` says why and nothing was kept).
    outcome: str
    text: str
    fault: str = ""
    by: str = ""


def write_cells(bid: Bid, changes: Sequence[Change], *, by: User, client: UUID) -> list[Written]:
    """One transaction for all of `changes`. Raises `Refused` when the bid may not be edited by `by` now."""
    with transaction.atomic():
        row = locked_bid(bid)
        sections = editable_sections(by, row)
        if not sections and (refusal := why_not_editable(by, row)) is not None:
            raise refusal
        return _Writing(row, by, client, sections).write(changes)


class _Writing:
    """Call with the bid locked."""

    def __init__(self, bid: Bid, by: User, client: UUID, sections: list[str]) -> None:
        self.sections = sections
        self.bid, self.by, self.client, self.now = bid, by, client, clock.now()
        self.forms = DraftForms(bid)
        self.seq = (bid.cells.aggregate(last=Max("seq"))["last"] or 0) + 1
        self.dirty: list[str] = []

    def write(self, changes: Sequence[Change]) -> list[Written]:
        done = [self._write(change) for change in changes]
        if self.dirty:
            faults = self._take_over()
            done = [self._with_fault(found, faults) for found in done]
        return done

    def _write(self, change: Change) -> Written:
        if len(change.text) > LONGEST or len(change.base) > LONGEST:
            return Written(change.path, "refused", "", _("内容超过 %s 字，请缩短；已填内容仍在页面上。") % LONGEST)
        if section_of(change.path) not in self.sections:
            return Written(change.path, "refused", "", _("补正只能修改通知中列明的部分，这一项不在其中。"))
        cell = self._cell(change.path)
        if cell is None:
            return Written(change.path, "refused", "", _("表中没有这一项，或这一行已被删除，请刷新页面。"))
        base, text = plain(change.base), plain(change.text)
        if text == cell.text or DraftEdit.objects.filter(change_id=change.change_id).exists():
            return Written(change.path, "saved", cell.text, cell.fault)
        if change.discarded:
            self._note(change, text, DraftEdit.Outcome.CONFLICT)
            return Written(change.path, "saved", cell.text, cell.fault)
        became, settled = settle(base, text, cell.text, merges=cell.merges)
        outcome = DraftEdit.Outcome(became.upper())
        if outcome == DraftEdit.Outcome.CONFLICT:
            self._note(change, text, outcome)
            return Written(change.path, became, cell.text, cell.fault, self._last_editor(change.path))
        text = settled
        self._store(cell, text)
        self._note(change, text, outcome)
        return Written(change.path, became, text)

    def _cell(self, path: str) -> Cell | None:
        """The cell as it is now; the first word about a new partner makes its row."""
        found = self.forms.cells().get(path)
        if found is not None or not (partner := PARTNER_PATH.match(path)):
            return found
        if (typed := self.forms.typed.get(path)) is not None and typed.path.endswith("-DELETE"):
            return Cell(path, typed.label, typed.text, merges=False)
        if f"partner-{partner[1]}-DELETE" in self.forms.typed or len(self.forms.partners) >= MOST_ROWS:
            return None
        self.forms.partners.append(self.forms.blank_partner(partner[1]))
        return self.forms.cells().get(path)

    def _store(self, cell: Cell, text: str) -> None:
        if PARTNER_PATH.match(cell.path):
            self._keep_rows_as_they_are()
        self._keep(cell.path, cell.label, text)
        self.dirty.append(cell.path)

    def _keep(self, path: str, label: str, text: str) -> DraftCell:
        values = {"label": label[:120], "text": text, "seq": self.seq, "edited_by": self.by, "edited_at": self.now}
        typed, _made = DraftCell.objects.update_or_create(bid=self.bid, path=path, defaults=values)
        self.forms.typed[path] = typed
        return typed

    def _keep_rows_as_they_are(self) -> None:
        """Partners that came another way become rows of cells, so that the cells tell the whole list."""
        for form in self.forms.partners:
            for cell in self.forms.cells_of(form):
                if cell.path not in self.forms.typed and form.initial:
                    self._keep(cell.path, cell.label, cell.text)

    def _note(self, change: Change, text: str, outcome: DraftEdit.Outcome) -> None:
        last = DraftEdit.objects.filter(bid=self.bid, path=change.path).order_by("-id").first()
        saved = DraftEdit.Outcome.SAVED
        same = last is not None and (last.client, last.by_id, last.outcome) == (self.client, self.by.pk, saved)
        if last is not None and same and outcome == saved and self.now - last.at < ONE_SITTING:
            last.text, last.change_id = text, change.change_id
            last.save(update_fields=["text", "change_id"])
            return
        DraftEdit.objects.create(
            bid=self.bid, path=change.path, change_id=change.change_id, client=self.client, text=text,
            outcome=outcome, by=self.by, at=self.now,
        )  # fmt: skip

    def _last_editor(self, path: str) -> str:
        typed = self.forms.typed.get(path)
        return typed.edited_by.name if typed else ""

    def _take_over(self) -> dict[str, str]:
        """Valid groups go into the bid; the faults of the others are noted with their cells. All faults by path."""
        bid = self.bid
        faults: dict[str, str] = {}
        groups = {id(form): form for path in self.dirty if (form := self.forms.group_of(path)) is not None}
        fields: dict[str, Any] = {}
        for form in groups.values():
            if form in (self.forms.basic, self.forms.money):
                names = {path for path in self.dirty if path in form.fields}
                fields |= self._clean_fields(form, names, faults)
        write_changes(bid, BidChanges(fields=fields))
        if any(form in self.forms.responses for form in groups.values()):
            answers = [line for form in self.forms.responses if (line := self._answer(form, faults)) is not None]
            write_changes(bid, BidChanges(responses=answers))
        if any(PARTNER_PATH.match(path) for path in self.dirty):
            write_changes(bid, BidChanges(partners=self._partners(faults)))
        if any(form in self.forms.avoidances for form in groups.values()):
            write_changes(bid, BidChanges(avoidances=self._avoidances(faults)))
        self._note_faults(faults)
        return faults

    def _clean_fields(self, form: Any, names: Iterable[str], faults: dict[str, str]) -> dict[str, Any]:
        bound = self._bound(form)
        for name in names:
            faults[name] = _sentence(bound, name)
        return {name: bound.cleaned_data[name] for name in names if not faults[name]}

    def _answer(self, form: Any, faults: dict[str, str]) -> ResponseLine | None:
        """The answer as typed; an invalid one leaves the last valid one standing."""
        bound = self._bound(form)
        for name in bound.fields:
            faults[f"{form.prefix}-{name}"] = _sentence(bound, name)
        stored = {answer.indicator_id: answer for answer in self.bid.responses.all()}.get(form.indicator.pk)
        if bound.errors and stored is not None:
            return ResponseLine(
                form.indicator, stored.promised, stored.present_level, stored.proof, stored.promised_high
            )
        if bound.errors or bound.cleaned_data.get("promised") is None:
            return None
        return ResponseLine(indicator=form.indicator, **bound.cleaned_data)

    def _partners(self, faults: dict[str, str]) -> list[PartnerLine]:
        lines: list[PartnerLine] = []
        most = self.bid.challenge.challenge_list.rule_set.rules.max_partners
        for form in self.forms.partners:
            bound = self._bound(form)
            names = [*bound.fields]
            texts = [bound.data.get(f"{form.prefix}-{name}", "") for name in names]
            dropped = self.forms.typed.get(f"{form.prefix}-DELETE")
            gone = not any(texts) or (dropped is not None and dropped.text == "on")
            for name in names:
                faults[f"{form.prefix}-{name}"] = "" if gone else _sentence(bound, name)
            if gone or bound.errors:
                continue
            unit = bound.cleaned_data["organisation"]
            if any(line.organisation == unit for line in lines):
                faults[f"{form.prefix}-organisation"] = _("同一联合单位不能重复填写；请删去重复的一行。")
            elif len(lines) >= most:
                faults[f"{form.prefix}-organisation"] = _("联合单位不得超过 %s 家。") % most
            else:
                lines.append(PartnerLine(unit, bound.cleaned_data["task"], bound.cleaned_data["budget_yuan"]))
        return lines

    def _avoidances(self, faults: dict[str, str]) -> list[AvoidanceLine]:
        """Places filled in whole; one that is begun says what it lacks."""
        lines: list[AvoidanceLine] = []
        for form in self.forms.avoidances:
            bound = self._bound(form)
            is_empty = not any(cell.text.strip() for cell in self.forms.cells_of(form))
            for name in bound.fields:
                faults[f"{form.prefix}-{name}"] = "" if is_empty else _sentence(bound, name)
            if is_empty or bound.errors:
                continue
            line = AvoidanceLine(form.place, *(bound.cleaned_data[name] for name in bound.fields))
            if any((line.person_name, line.unit_name) == (one.person_name, one.unit_name) for one in lines):
                faults[f"{form.prefix}-person_name"] = _("同一位专家不能重复填写。")
            else:
                lines.append(line)
        return lines

    def _bound(self, form: Any) -> Any:
        """The same form, filled in with what its cells hold now."""
        data = {cell.path: cell.text for cell in self.forms.cells_of(form)}
        if form is self.forms.basic:
            # A copy, for a model form writes what it validated into its instance.
            return type(form)(data, instance=Bid.objects.get(pk=self.bid.pk))
        if form in self.forms.avoidances:
            return type(form)(data, place=form.place)
        extra = {"cap_yuan": form.cap_yuan} if form is self.forms.money else {}
        if form in self.forms.responses:
            extra = {"indicator": form.indicator}
        if form in self.forms.partners:
            extra = {"lead": self.bid.organisation_id}
        return type(form)(data, prefix=form.prefix, **extra)

    def _note_faults(self, faults: dict[str, str]) -> None:
        labels = {path: cell.label for path, cell in self.forms.cells().items()}
        for path, fault in faults.items():
            typed = self.forms.typed.get(path)
            if typed is None and fault:
                # Nobody has typed there yet; what is missing has to stand somewhere.
                typed = self._keep(path, labels[path], "")
            if typed is not None and typed.fault != fault[:300]:
                typed.fault, typed.seq = fault[:300], self.seq
                typed.save(update_fields=["fault", "seq"])

    def _with_fault(self, found: Written, faults: dict[str, str]) -> Written:
        if found.outcome in ("refused", "conflict"):
            return found
        typed = self.forms.typed.get(found.path)
        fault = faults.get(found.path, typed.fault if typed else "")
        return Written(found.path, found.outcome, found.text, fault, found.by)


def _sentence(bound: forms.BaseForm, name: str) -> str:
    return " ".join(str(error) for error in bound.errors.get(name, []))


def write_form(bid: Bid, section: str, data: Any, *, by: User) -> dict[str, str]:
    """A section sent as a plain form, by a browser without script: faults by path, empty when all was saved.

    The form carries what it showed (`before-…`), so that only what its user changed is written.
    """
    shown_now = DraftForms(bid)
    paths = [path for path, _text in shown_now.texts(section) if path in data]
    if section == "partners":
        paths += [name for name in data if PARTNER_PATH.match(name) and name not in paths]
    have = shown_now.cells()
    changes = []
    for path in paths:
        now = have[path].text if path in have else ""
        base, text = plain(data.get(f"before-{path}", now)), plain(data[path])
        if text != base:
            changes.append(Change(path, base, text, uuid4()))
    found = write_cells(bid, changes, by=by, client=uuid4())
    faults = {one.path: one.fault for one in found if one.fault}
    for one in found:
        if one.outcome == "conflict":
            faults[one.path] = _("%(who)s同时把这一项改成了“%(text)s”，请核对后再保存。") % {
                "who": one.by,
                "text": one.text,
            }
    return faults


def faulty_cells(bid: Bid) -> list[DraftCell]:
    """Typed, but not taken over; in the order of the form as far as known."""
    return list(bid.cells.exclude(fault="").order_by("pk"))


__all__ = ["Change", "Refused", "Written", "faulty_cells", "write_cells", "write_form"]
