"""Writing what was typed into a score sheet, field by field (decisions 0010 and 0023).

As with bids: a change comes with the text it began from, so that two windows of one expert merge; a true conflict
goes back with both texts. Only the first word of a sheet and its submission enter the audit chain.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from projects.draft_cells import plain
from projects.draft_writing import Change, Written
from projects.rules import CriterionRule
from projects.text_merge import settle
from review.models import ScoreItem, ScoreSheet, SheetCell, SheetEdit
from workflows import clock
from workflows.actions import actions_for, open_form_class
from workflows.engine import perform
from workflows.refused import Refused
from workflows.score_sheet import ScoreSheetFlow, criteria_of
from workflows.sheet_checks import BAND, PREFIX, band_fault, band_of, grounds_in, ticked_band
from workflows.sheet_drafts import as_text, next_seq

LONGEST = 5_000
ONE_SITTING = timedelta(seconds=60)
#: Asked by the API only; on the page it follows from the grounds.
NOT_A_CELL = {"veto"}


def draft_form(sheet: ScoreSheet, user: Any) -> type[forms.Form] | None:
    """The form of a sheet that `user` may fill in now, whether or not the conditions hold."""
    return open_form_class(sheet, "save_draft", user)


def texts_of(sheet: ScoreSheet, form_class: type[forms.Form]) -> dict[str, str]:
    """Path → what its control shows: as typed last, else as stored."""
    fields: dict[str, forms.Field] = form_class.base_fields  # type: ignore[attr-defined]
    typed = {cell.path: cell.text for cell in sheet.cells.all()}
    return {path: typed.get(path, as_text(field.initial)) for path, field in fields.items() if path not in NOT_A_CELL}


def write_sheet_cells(sheet: ScoreSheet, changes: Sequence[Change], *, by: User, client: UUID) -> list[Written]:
    """One transaction for all of `changes`. Raises `Refused` when the sheet may not be filled in by `by` now."""
    with transaction.atomic():
        row = ScoreSheet.objects.select_related(*ScoreSheetFlow.related).select_for_update(
            of=("self",), no_key=True
        ).get(pk=sheet.pk)  # fmt: skip
        action = next((action for action in actions_for(row, by) if action.slug == "save_draft"), None)
        if action is None:
            state = row.get_state_display()
            raise Refused(
                "wrong_state",
                [_("评分表现在的状态是“%s”，不能再填写；这里未保存的内容没有生效；请刷新页面查看。") % state],
            )
        if action.unmet:
            raise Refused("conditions_unmet", action.unmet)
        if row.state == ScoreSheet.State.EMPTY:
            perform(ScoreSheetFlow, row, "save_draft", by=by)
        return _Writing(row, action.form_class, client).write(changes)


class _Writing:
    """Call with the sheet locked."""

    def __init__(self, sheet: ScoreSheet, form_class: type[forms.Form], client: UUID) -> None:
        self.sheet, self.form_class, self.client, self.now = sheet, form_class, client, clock.now()
        self.texts = texts_of(sheet, form_class)
        self.cells = {cell.path: cell for cell in sheet.cells.all()}
        self.seq = next_seq(sheet)
        self.dirty: set[str] = set()

    def write(self, changes: Sequence[Change]) -> list[Written]:
        done = [self._write(change) for change in changes]
        faults = self._take_over() if self.dirty else {}
        return [self._with_fault(one, faults) for one in done]

    def _write(self, change: Change) -> Written:
        path, base, text = change.path, plain(change.base), plain(change.text)
        if path not in self.texts:
            return Written(path, "refused", "", _("表中没有这一项，请刷新页面。"))
        if max(len(text), len(base)) > LONGEST:
            return Written(path, "refused", "", _("内容超过 %s 字，请缩短；已填内容仍在页面上。") % LONGEST)
        now = self.texts[path]
        if text == now or SheetEdit.objects.filter(change_id=change.change_id).exists():
            return Written(path, "saved", now)
        merges = isinstance(self.form_class.base_fields[path].widget, forms.Textarea)  # type: ignore[attr-defined]
        became, settled = settle(base, text, now, merges=merges)
        if change.discarded or became == "conflict":
            self._note(change, text, SheetEdit.Outcome.CONFLICT)
            return Written(path, "saved" if change.discarded else "conflict", now, by=_("另一个窗口"))
        self._keep(path, settled)
        self._note(change, settled, SheetEdit.Outcome(became.upper()))
        return Written(path, became, settled)

    def _keep(self, path: str, text: str) -> None:
        values = {"text": text, "seq": self.seq, "edited_at": self.now}
        self.cells[path], _made = SheetCell.objects.update_or_create(sheet=self.sheet, path=path, defaults=values)
        self.texts[path] = text
        self.dirty.add(path)

    def _note(self, change: Change, text: str, outcome: SheetEdit.Outcome) -> None:
        last = self.sheet.edits.filter(path=change.path).order_by("-id").first()
        saved = SheetEdit.Outcome.SAVED
        if (
            last is not None and outcome == saved and (last.client, last.outcome) == (self.client, saved)
            and self.now - last.at < ONE_SITTING
        ):  # fmt: skip
            last.text, last.change_id = text, change.change_id
            last.save(update_fields=["text", "change_id"])
            return
        SheetEdit.objects.create(
            sheet=self.sheet, path=change.path, change_id=change.change_id, client=self.client, text=text,
            outcome=outcome, at=self.now,
        )  # fmt: skip

    def _take_over(self) -> dict[str, str]:
        """What is valid goes into the sheet, the rest keeps its fault; the faults of what was written, by path."""
        bound = self.form_class(self.texts)
        bound.is_valid()
        faults = {path: " ".join(str(error) for error in bound.errors.get(path, [])) for path in self.dirty}
        for criterion in criteria_of(self.sheet):
            names = {prefix + criterion.code.lower() for prefix in (PREFIX, BAND)} & set(self.texts)
            if names & self.dirty:
                self._take_points(criterion, bound, faults)
        self._take_words(bound, faults)
        for path, fault in faults.items():
            cell = self.cells.get(path)
            if cell is not None and cell.fault != fault[:300]:
                cell.fault, cell.seq = fault[:300], self.seq
                cell.save(update_fields=["fault", "seq"])
        return faults

    def _take_points(self, criterion: CriterionRule, bound: forms.Form, faults: dict[str, str]) -> None:
        path = PREFIX + criterion.code.lower()
        faults[path] = " ".join(str(error) for error in bound.errors.get(path, []))
        if faults[path]:
            return
        value = bound.cleaned_data.get(path)
        if value is None:
            self.sheet.items.filter(criterion=criterion.code).delete()
            return
        faults[path] = band_fault(criterion, value, band_of(criterion, value, bound.cleaned_data))
        if not faults[path]:
            values = {"value": value, "band": ticked_band(criterion, bound.cleaned_data)}
            ScoreItem.objects.update_or_create(sheet=self.sheet, criterion=criterion.code, defaults=values)

    def _take_words(self, bound: forms.Form, faults: dict[str, str]) -> None:
        """Opinion, comment and vetoes; no rule but their length applies before the submission."""
        taken: dict[str, Any] = {path: bound.cleaned_data[path] for path in ("recommendation", "comment", "veto_reason")
                 if path in self.dirty and not faults[path]}  # fmt: skip
        if any(path.startswith("veto_") for path in self.dirty):
            grounds = grounds_in(bound.cleaned_data)
            taken |= {"veto_grounds": grounds, "is_vetoed": bool(grounds)}
        if taken:
            ScoreSheet.objects.filter(pk=self.sheet.pk).update(**taken)

    def _with_fault(self, one: Written, faults: dict[str, str]) -> Written:
        if one.outcome in ("refused", "conflict"):
            return one
        cell = self.cells.get(one.path)
        return Written(one.path, one.outcome, one.text, faults.get(one.path, cell.fault if cell else ""), one.by)
