"""`manage.py load_demo`: the demo data alone, without servers."""

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand

from demo import load


class Command(BaseCommand):
    help = "Load the demo years through the engine; does nothing when they are there."

    def handle(self, *args: Any, **options: Any) -> None:
        if load.status() == load.LOADED:
            self.stdout.write("演示数据已在库中，未重复载入。")
            return
        if load.status() == load.LOADING:
            self.stdout.write("上次载入没有完成，清空后重新载入。")
            load.clear()
        call_command("migrate", verbosity=0)
        self.stdout.write(f"已载入演示数据：{load.load()} 步。")
