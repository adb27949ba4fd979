"""Which registered unit a table means, by its code or any of its names. Three queries, however many rows."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field

from accounts.models import Organisation, UnitAlias
from accounts.unit_names import normalise
from review.pool.columns import CellFault


def unit_key(name: str) -> str:
    """Names are compared without regard to width of signs and to spaces."""
    return "".join(unicodedata.normalize("NFKC", name).split()).casefold()


@dataclass
class Units:
    """Registered units by name and by code, and those that the table itself is going to register."""

    by_name: dict[str, Organisation]
    by_code: dict[str, Organisation]
    to_come: dict[str, str] = field(default_factory=dict)

    def find(self, name: str, code: str) -> Organisation | None:
        """The unit, or None where none is registered. Raises CellFault when name and code tell different units."""
        named, coded = self.by_name.get(unit_key(name)), self.by_code.get(code)
        if named and code and named.uscc != code:
            raise CellFault("与该名称已登记的代码不同", "请核对单位名称和代码")
        return named or coded

    def register(self, name: str, code: str) -> None:
        """Note a unit that is to be registered. Raises CellFault when another row tells it differently."""
        if self.to_come.setdefault(code, unit_key(name)) != unit_key(name):
            raise CellFault("同一代码在本文件中对应两个单位名称", "请核对单位名称和代码")
        if any(key == unit_key(name) and other != code for other, key in self.to_come.items()):
            raise CellFault("同一单位在本文件中有两个代码", "请核对单位名称和代码")


def units_of(names: Iterable[str], codes: Iterable[str]) -> Units:
    """A unit's other names (曾用名、简称) stand for it where no unit is registered under that very name."""
    given = list(names)
    wanted = {spelling for name in given for spelling in (name, unicodedata.normalize("NFKC", name), _wide(name))}
    by_name = _by_alias(given)
    by_name |= {unit_key(unit.name): unit for unit in Organisation.objects.filter(name__in=wanted)}
    by_code = {unit.uscc: unit for unit in Organisation.objects.filter(uscc__in=set(codes))}
    return Units(by_name, by_code)


def _by_alias(names: Iterable[str]) -> dict[str, Organisation]:
    """Aliases are kept in a form without brackets, spaces and legal form; one form names one unit only."""
    forms = {unit_key(name): normalise(name) for name in names if name}
    found = UnitAlias.objects.filter(normalised__in=set(forms.values())).select_related("unit")
    units = {alias.normalised: alias.unit for alias in found}
    return {key: units[form] for key, form in forms.items() if form in units}


def _wide(name: str) -> str:
    """With the brackets that registers print."""
    return name.replace("(", "（").replace(")", "）")
