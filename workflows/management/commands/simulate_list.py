"""`manage.py simulate_list ID`: a list through a synthetic call before it is published."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q

from projects.models import ChallengeList
from workflows.clock import SHANGHAI
from workflows.simulation.simulate import simulate


class Command(BaseCommand):
    help = "Run a list through a synthetic call; exit code 1 when something would stop it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("list", metavar="ID", help="primary key or number of the list")
        parser.add_argument("--steps", action="store_true", help="print the steps that were played too")

    def handle(self, *args: Any, **options: Any) -> None:
        wanted = options["list"]
        found = Q(number=wanted) | (Q(pk=int(wanted)) if wanted.isdigit() else Q())
        row = ChallengeList.objects.select_related("rule_set", "agency").filter(found).first()
        if row is None:
            raise CommandError(f"没有编号或主键为 {wanted} 的榜单。")
        try:
            report = simulate(row)
        except ValueError as refusal:
            raise CommandError(f"{row.number} 已发榜，只能推演尚未发布的榜单。") from refusal
        for step in report.steps if options["steps"] else ():
            self.stdout.write(f"{step.at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}  {step.label}（{step.actor}）")
        for finding in report.findings:
            self.stdout.write(
                f"[{finding.severity.value} {finding.code}] {finding.subject}：{finding.sentence} {finding.cure}"
            )
        end = "走到了终点" if report.is_complete else "没有走到终点"
        self.stdout.write(
            f"{row.number} 推演{end}：{len(report.steps)} 步，"
            f"{len(report.errors)} 个错误，{len(report.warnings)} 个提醒。"
        )
        if not report.is_sound:
            raise SystemExit(1)
