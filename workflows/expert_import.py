"""专家导入: uploaded → applied | discarded. What is applied is what was shown, row by row, or nothing.

The preview is made again, when it is applied, under the lock of the agency's pool: if the pool has changed so
that any row would fare differently, it is shown anew instead of applied. Rules: domain 3.4.
"""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Agency, Role
from review.models import Expert, ExpertImport
from review.pool.applying import carry_out
from review.pool.preview import look
from workflows import clock
from workflows.engine import Flow, start
from workflows.permissions import any_of, by_agency, is_system
from workflows.state import Actor, State, holds

S = ExpertImport.State
#: A table that nobody confirmed is dropped after so many days.
FORGOTTEN_DAYS = 30
keeps_the_pool = by_agency(Role.SEC, Role.AGY)


def something_would_change(flow: ExpertImportFlow) -> State.CONDITION:
    mine = flow.object
    sentence = _("没有可导入的行：全部不变或被拒绝。请按提示修改文件后重新上传。")
    return holds(mine.new_count + mine.changed_count, sentence)


class ExpertImportFlow(Flow):
    model = ExpertImport
    slug = "expert-import"
    related = ("agency", "uploaded_by")
    start_permission = staticmethod(keeps_the_pool)
    state = State(S, default=S.UPLOADED)
    next_steps = {S.UPLOADED: (Role.SEC.label, gettext_lazy("逐行核对，确认导入或放弃"))}

    @state.transition(
        source=S.UPLOADED, target=S.APPLIED, label=gettext_lazy("确认导入"), permission=keeps_the_pool,
        conditions=[something_would_change], style="success",
        help=gettext_lazy("新增和更新的行写入专家库；被拒绝的行不导入。"),
    )  # fmt: skip
    def apply(self) -> None:
        """Everything that was shown, in one transaction. The cells are not kept."""
        mine = self.object
        self._hold_the_pool()
        shown = mine.preview_sha256
        plans = look(mine, mine.agency, self.now)
        if mine.preview_sha256 != shown:
            self._refuse_stale()
        try:
            with transaction.atomic():
                carry_out(plans, mine.agency)
        except IntegrityError:  # an account of the same name was made this very moment
            self._refuse_stale()
        mine.rows, mine.applied_at = [], self.now
        self.evidence |= {
            "file_sha256": mine.file_sha256, "preview_sha256": mine.preview_sha256, "new": mine.new_count,
            "changed": mine.changed_count, "same": mine.same_count, "refused": mine.refused_count,
        }  # fmt: skip

    @state.transition(
        source=S.UPLOADED, target=S.UPLOADED, label=gettext_lazy("重新核对"), permission=keeps_the_pool,
        style="secondary", help=gettext_lazy("按专家库的现状重新给出每一行的结果。"),
    )  # fmt: skip
    def look_again(self) -> None:
        look(self.object, self.object.agency, self.now)

    @state.transition(
        source=S.UPLOADED, target=S.DISCARDED, label=gettext_lazy("放弃"), style="danger",
        permission=any_of(keeps_the_pool, is_system),
    )  # fmt: skip
    def discard(self) -> None:
        """Nothing was changed; nothing of the file is kept but its name and the counts. The clock does it, too:
        people's data do not lie about because somebody forgot a file."""
        self.object.rows, self.object.preview = [], []

    def _hold_the_pool(self) -> None:
        """Two imports into one pool wait for each other, and whoever edits an entry waits for this one."""
        Agency.objects.select_for_update(no_key=True).get(pk=self.object.agency_id)
        entries = Expert.objects.filter(agency=self.object.agency_id).select_for_update(no_key=True).order_by("pk")
        list(entries.values_list("pk", flat=True))

    def _refuse_stale(self) -> None:
        self.refuse_input(
            "__all__", _("核对之后专家库有变动，有的行结果已不同。没有导入任何一行；请点“重新核对”，看过后再确认。")
        )


def upload(row: ExpertImport, agency: Agency, *, by: Actor) -> ExpertImport:
    """Keep a table that was read (`review.pool.preview.read_import`), with its first preview. Raises `Refused`."""
    row.agency, row.uploaded_by = agency, by  # type: ignore[assignment]
    look(row, agency, clock.now())
    return start(ExpertImportFlow, row, by=by, file_sha256=row.file_sha256, rows=len(row.rows))
