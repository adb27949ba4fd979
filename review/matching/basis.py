"""Where the simplex method ended, so that a larger program can begin there."""

from __future__ import annotations

from dataclasses import dataclass

import highspy
import numpy as np

from review.matching.board import Ints

Status = highspy.HighsBasisStatus
#: Status of the columns or rows of one kind, with their names in ascending order.
Part = tuple[Ints, list[highspy.HighsBasisStatus]]


@dataclass(frozen=True)
class Basis:
    """Per kind of column and row; a program built anew finds its own among them by name."""

    columns: dict[str, Part]
    rows: dict[str, Part]

    def fitted(self, columns: dict[str, Ints], rows: dict[str, Ints]) -> highspy.HighsBasis:
        """For a program with these; what is new starts at its lower bound (columns) or as slack (rows)."""
        basis = highspy.HighsBasis()
        basis.col_status = [
            s for kind, names in columns.items() for s in _carried(names, self.columns.get(kind), Status.kLower)
        ]
        basis.row_status = [
            s for kind, names in rows.items() for s in _carried(names, self.rows.get(kind), Status.kBasic)
        ]
        basis.valid = True
        return basis


def _carried(names: Ints, before: Part | None, new: highspy.HighsBasisStatus) -> list[highspy.HighsBasisStatus]:
    status = [new] * len(names)
    if before is not None and len(names):
        at = np.minimum(np.searchsorted(names, before[0]), len(names) - 1)
        for no, found, s in zip(at.tolist(), (names[at] == before[0]).tolist(), before[1], strict=True):
            if found:
                status[no] = s
    return status
