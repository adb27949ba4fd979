"""`manage.py draw_workflows`: write docs/workflows.md from the machines."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from workflows.charts import document


class Command(BaseCommand):
    help = "Draw the state charts of docs/workflows.md from the code."

    def handle(self, *args: Any, **options: Any) -> None:
        path = Path(settings.BASE_DIR) / "docs" / "workflows.md"
        path.write_text(document())
        self.stdout.write(f"已写入 {path.relative_to(settings.BASE_DIR)}")
