"""The cells of a bid's form: which controls there are, what each holds now, and whether its text can be taken over.

A cell's path is the name of its control, so that page, script and server speak of the same thing:
"summary", "requested_yuan", "i3-promised" (indicator no. 3), "partner-n1-task" (row n1 of the partners),
"avoid-1-reason" (first place of the avoid list).
Each page of the form is a section; a group is what is checked together: one indicator's answer, one partner.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms

from projects.bid_editing import SECTIONS
from projects.bid_forms import BasicForm, MoneyForm, PartnerForm, avoidance_forms, response_forms
from projects.models import Bid

#: Pages of the form, in the order of filling in.
PAGES = {name: label for name, label in SECTIONS.items() if name != "files"}
AVOIDANCE_PREFIX = "avoid-"
PARTNER_PATH = re.compile(r"^partner-([0-9a-z]{1,16})-(organisation|task|budget_yuan|DELETE)$")


@dataclass(frozen=True)
class Cell:
    path: str
    label: str
    text: str
    #: Long texts are merged by sentence; a number or a choice is one thing.
    merges: bool
    fault: str = ""


def plain(text: str) -> str:
    """As stored: line ends as in files, and without the one character that PostgreSQL refuses."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")


class DraftForms:
    """The forms of one bid, filled with what was typed last, else with what is stored."""

    def __init__(self, bid: Bid, faults: Mapping[str, str] | None = None) -> None:
        self.bid, self.faults = bid, faults or {}
        self.typed = {cell.path: cell for cell in bid.cells.all()}
        self.basic = BasicForm(instance=bid)
        money = {"requested_yuan": bid.requested_yuan or None, "matching_yuan": bid.matching_yuan or None}
        self.money = MoneyForm(initial=money, cap_yuan=bid.challenge.cap_yuan)
        self.responses = response_forms(None, bid)
        self.partners = self._partner_forms()
        self.avoidances = avoidance_forms(bid)
        for form in self.all():
            self._fill(form)

    def all(self) -> Iterable[forms.BaseForm]:
        return [self.basic, self.money, *self.responses, *self.partners, *self.avoidances]

    def of(self, section: str) -> Any:
        return getattr(self, section)

    def texts(self, section: str) -> list[tuple[str, str]]:
        """Path and text of each cell of a section."""
        part = self.of(section)
        group = part if isinstance(part, list) else [part]
        return [(cell.path, cell.text) for form in group for cell in self.cells_of(form)]

    def cells(self) -> dict[str, Cell]:
        """Every cell by its path."""
        return {cell.path: cell for form in self.all() for cell in self.cells_of(form)}

    def group_of(self, path: str) -> forms.BaseForm | None:
        return next((form for form in self.all() if any(bound.html_name == path for bound in form)), None)

    def blank_partner(self, key: str) -> PartnerForm:
        return PartnerForm(lead=self.bid.organisation_id, prefix=f"partner-{key}")

    def cells_of(self, form: forms.BaseForm) -> Iterable[Cell]:
        for bound in form:
            typed = self.typed.get(bound.html_name)
            label = bound.field.widget.attrs.get("aria-label") or str(bound.label)
            merges = isinstance(bound.field.widget, forms.Textarea)
            text, fault = (typed.text, typed.fault) if typed else (shown(bound), "")
            yield Cell(bound.html_name, label, text, merges, fault)

    def _fill(self, form: forms.BaseForm) -> None:
        for bound in form:
            typed = self.typed.get(bound.html_name)
            if typed is not None:
                form.initial[bound.name] = typed.text
            if fault := self.faults.get(bound.html_name, typed.fault if typed is not None else ""):
                form.errors[bound.name] = form.error_class([fault])

    def _partner_forms(self) -> list[PartnerForm]:
        rows = partner_rows(self.typed)
        told = {row.get("organisation") for row in rows.values()}
        for partner in self.bid.partners.select_related("organisation").order_by("pk"):
            # Not typed here: loaded, or given through the API.
            if str(partner.organisation_id) not in told:
                rows[f"o{partner.organisation_id}"] = {
                    "organisation": partner.organisation_id, "task": partner.task, "budget_yuan": partner.budget_yuan,
                }  # fmt: skip
        return [
            PartnerForm(lead=self.bid.organisation_id, prefix=f"partner-{key}", initial=row)
            for key, row in rows.items()
            if not row.get("DELETE")
        ]


def section_of(path: str) -> str:
    """The page on which a cell stands."""
    if PARTNER_PATH.match(path):
        return "partners"
    if re.match(r"^i[0-9]+-", path):
        return "responses"
    if path.startswith(AVOIDANCE_PREFIX):
        return "avoidances"
    return "money" if path in MoneyForm.base_fields else "basic"


def partner_rows(typed: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Row key → field → text, in the order in which the rows were begun; deleted ones, too."""
    rows: dict[str, dict[str, Any]] = {}
    for path, cell in sorted(typed.items(), key=lambda item: item[1].pk):
        if found := PARTNER_PATH.match(path):
            rows.setdefault(found[1], {})[found[2]] = cell.text
    return rows


def shown(bound: forms.BoundField) -> str:
    """What the control shows, as it would send it."""
    value = bound.value()
    if value is None or value is False:
        return ""
    return "on" if value is True else plain(str(value))
