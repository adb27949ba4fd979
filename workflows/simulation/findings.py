"""What a simulation reports: findings with their cure, and the steps that were played."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum


class Severity(Enum):
    """An error stops the call; a warning is for somebody to weigh."""

    ERROR = "ERROR"
    WARNING = "WARNING"


@dataclass(frozen=True)
class Finding:
    """One thing that is or may go wrong. `subject` is what it is about, `cure` what to do."""

    code: str
    severity: Severity
    subject: str
    sentence: str
    cure: str


@dataclass(frozen=True)
class Step:
    """One transition of the synthetic call, at the instant it would take place at the earliest."""

    at: datetime
    label: str
    actor: str


@dataclass
class Report:
    findings: list[Finding] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    #: Whether the synthetic call reached its end: the first project accepted, the race decided.
    is_complete: bool = False

    @property
    def errors(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.severity is Severity.ERROR]

    @property
    def warnings(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.severity is Severity.WARNING]

    @property
    def by_severity(self) -> list[Finding]:
        """What must be mended before what may be weighed."""
        return self.errors + self.warnings

    @property
    def is_sound(self) -> bool:
        return self.is_complete and not self.errors


def error(code: str, subject: object, sentence: str, cure: str) -> Finding:
    return Finding(code, Severity.ERROR, str(subject), sentence, cure)


def warning(code: str, subject: object, sentence: str, cure: str) -> Finding:
    return Finding(code, Severity.WARNING, str(subject), sentence, cure)
