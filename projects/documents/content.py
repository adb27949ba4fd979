"""What a certificate says, as plain data: frozen in `Certificate.content` when it is issued.

The flow that issues a certificate builds it, the PDF and the public page read it. No Django import.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Any

DATES = ("period_start", "period_end", "issued_on")


@dataclass(frozen=True)
class CertificateContent:
    """Everything printed on a certificate (domain 5.9). Money is whole yuan; days are in Shanghai.

    `kind` is a `Certificate.Kind` value. `challenge` is the challenge's title and `result` the words
    of the conclusion (“通过验收”), printed where the kind has a place for them. No personal id, ever.
    """

    kind: str
    number: str
    holder: str
    project_number: str
    project_title: str
    pi: str
    issuer: str
    issued_on: date
    partners: tuple[str, ...] = ()
    period_start: date | None = None
    period_end: date | None = None
    money_yuan: int | None = None
    programme: str = ""
    challenge: str = ""
    result: str = ""
    #: Set when it is drawn, from `Certificate.token`; never part of the frozen data.
    token: str = ""

    def to_data(self) -> dict[str, Any]:
        """JSON-ready: dates as ISO strings, partners as a list, no token."""
        data = asdict(self)
        del data["token"]
        for name in DATES:
            data[name] = data[name].isoformat() if data[name] else None
        return {**data, "partners": list(self.partners)}

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> CertificateContent:
        """The inverse of `to_data`. Keys it does not know are left aside, so that old code can
        read what newer code wrote; a required key that is missing raises `TypeError`."""
        known = {f.name for f in fields(cls)}
        values = {name: value for name, value in data.items() if name in known}
        for name in DATES:
            if isinstance(values.get(name), str):
                values[name] = date.fromisoformat(values[name])
        values["partners"] = tuple(values.get("partners") or ())
        return cls(**values)
