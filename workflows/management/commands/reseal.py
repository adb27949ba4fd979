"""`manage.py reseal`: seal identity and bank numbers anew with the first of JIEBANG_SEALING_KEYS."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from tqdm import tqdm

from accounts.sealing import SealBroken, Sealed, reseal
from review.models import ExpertIdentity


class Command(BaseCommand):
    help = "Seal identity and bank numbers anew with the first key; afterwards older keys may be dropped."

    def handle(self, *args: Any, **options: Any) -> None:
        rows = ExpertIdentity.objects.select_for_update().order_by("pk")
        with transaction.atomic():
            for row in tqdm(rows, desc="reseal", unit="", file=sys.stderr):
                try:
                    row.number, row.account = Sealed(reseal(row.number.token)), Sealed(reseal(row.account.token))
                except SealBroken as error:
                    raise CommandError(f"Expert {row.pk}: {error}. Nothing was changed.") from error
                row.save(update_fields=["number", "account"])
        self.stdout.write(f"{len(rows)} sealed anew")
