"""赛道: running → advanced → running … → winner; or eliminated, withdrawn, disqualified on the way.

Rules: domain 2.8. A lane moves only as a consequence: of its race, or of what happens to its project.
"""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Role
from projects.models import RaceLane
from workflows.engine import Flow
from workflows.permissions import is_system, people_with
from workflows.state import State

S = RaceLane.State

#: Lanes that still run for the win.
ALIVE = [S.RUNNING, S.ADVANCED]
#: Lanes that are out: the database pays them no more.
OUT = [S.ELIMINATED, S.WITHDRAWN, S.DISQUALIFIED]


class RaceLaneFlow(Flow):
    model = RaceLane
    slug = "lane"
    related = ("race__challenge", "project__pi")
    state = State(S, default=S.RUNNING)
    next_steps = {
        S.RUNNING: (gettext_lazy("项目负责人"), gettext_lazy("按阶段提交里程碑报告")),
        S.ADVANCED: (Role.OFF.label, gettext_lazy("公示期满后启动下一阶段")),
    }

    @state.transition(source=S.RUNNING, target=S.ADVANCED, label=gettext_lazy("晋级"), permission=is_system,
                      needs_reason=True)  # fmt: skip
    def advance(self) -> None:
        self._tell(_("晋级：%s") % self.object)

    @state.transition(source=S.RUNNING, target=S.ELIMINATED, label=gettext_lazy("淘汰"), permission=is_system,
                      needs_reason=True)  # fmt: skip
    def eliminate(self) -> None:
        """Told with the reason; it may be objected to while the stage's notice runs."""
        self._tell(_("淘汰：%s") % self.object)

    @state.transition(source=S.ADVANCED, target=S.RUNNING, label=gettext_lazy("进入下一阶段"), permission=is_system)
    def run_on(self) -> None:
        """The next leg has begun."""

    @state.transition(source=[S.ADVANCED, S.ELIMINATED], target=S.RUNNING, label=gettext_lazy("重新考核"),
                      permission=is_system, needs_reason=True)  # fmt: skip
    def recheck(self) -> None:
        """An objection was upheld: the stage is checked again before anything became final."""
        self._tell(_("阶段考核重新进行：%s") % self.object)

    @state.transition(source=ALIVE, target=S.WITHDRAWN, label=gettext_lazy("退出"), permission=is_system)
    def drop_out(self) -> None:
        """Its project was terminated outside the race's own decision."""

    @state.transition(source=[*ALIVE, S.ELIMINATED, S.WITHDRAWN, S.WINNER, S.FINISHED_NO_WIN],
                      target=S.DISQUALIFIED, label=gettext_lazy("取消资格"),
                      permission=is_system)  # fmt: skip
    def disqualify(self) -> None:
        """Its project was revoked."""

    @state.transition(source=ALIVE, target=S.WINNER, label=gettext_lazy("优胜"), permission=is_system)
    def win(self) -> None:
        self._tell(_("优胜：%s") % self.object)

    @state.transition(source=ALIVE, target=S.FINISHED_NO_WIN, label=gettext_lazy("完赛未优胜"), permission=is_system)
    def finish_without_win(self) -> None:
        """The last leg's acceptance was not passed, or another lane won."""
        self._tell(_("完赛未优胜：%s") % self.object)

    def _tell(self, subject: str) -> None:
        project = self.object.project
        people = [project.pi, *people_with(Role.ORG, organisation=project.organisation_id)]
        self.notify("N14", people, subject, self.reason)
