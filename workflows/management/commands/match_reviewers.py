"""`manage.py match_reviewers --instance in.json --out out.json`: the fair optimal assignment of any instance."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from review.matching import BadInstance, Infeasible, Relaxation, solve
from review.matching.json_files import read_instance, refusal_of, result_of, write_whole


class Command(BaseCommand):
    help = "Assign experts to bids; exit code 1: the instance is malformed, 2: infeasible, see `relaxations`."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--instance", type=Path, required=True, metavar="in.json")
        parser.add_argument("--out", type=Path, required=True, metavar="out.json")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            sentence, lacking = _match(options["instance"], options["out"])
        except BadInstance as fault:
            raise CommandError(f"{options['instance']}：{fault}") from fault
        except OSError as fault:
            raise CommandError(f"{fault.filename}：{fault.strerror}。请检查路径和权限。") from fault
        for relaxation in lacking:
            self.stderr.write(relaxation.sentence)
        if lacking:
            raise CommandError(sentence, returncode=2)
        self.stdout.write(sentence)


def _match(source: Path, out: Path) -> tuple[str, list[Relaxation]]:
    began = time.perf_counter()
    instance = read_instance(source)
    try:
        match = solve(instance)
    except Infeasible as refused:
        write_whole(out, refusal_of(refused, time.perf_counter() - began))
        return "没有满足全部条件的分配；作出以上放宽（合计代价最小）即可。", refused.relaxations
    write_whole(out, result_of(match))
    stats = match.stats
    return (
        f"已分配 {len(match.pairs)} 对，用时 {stats['seconds']} 秒；平均亲和度 {stats['mean_affinity']}，"
        f"最低的申请 {stats['worst_proposal_id']}（{stats['worst_proposal']}）。"
    ), []
