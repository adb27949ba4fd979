"""`manage.py find_conflicts --round ID`: bring a round's conflict matrix up to date, and say what there is."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from review.models import ReviewRound
from workflows import clock
from workflows.panel_draw import note_conflicts
from workflows.refused import Refused
from workflows.unit_of_work import unit_of_work


class Command(BaseCommand):
    help = "Find who must not judge what in a round (C01–C14), keep it, and print the counts by rule; no names."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--round", type=int, required=True, help="id of the review round")

    def handle(self, *args: Any, **options: Any) -> None:
        query = ReviewRound.objects.select_related("challenge__challenge_list__rule_set")
        row = query.filter(pk=options["round"]).first()
        if row is None:
            raise CommandError(f"没有编号为 {options['round']} 的评审轮次。")
        try:
            with unit_of_work():
                found = note_conflicts(row, clock.now())
        except Refused as refusal:
            raise CommandError(" ".join(refusal.sentences)) from refusal
        for rule, pairs in found["counts"].items():
            self.stdout.write(f"{rule} {pairs}")
        self.stdout.write(f"sha256 {found['digest']}")
