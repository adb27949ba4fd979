"""Every rule of docs/rules.md has a test named after it, and every such test stands in docs/rules.md."""

import re
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)


def test_rules_and_tests_correspond() -> None:
    told = re.findall(r"`(test_rule_\w+)`", (ROOT / "docs" / "rules.md").read_text())
    written = [
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_rule_\w+)\(", path.read_text(), re.MULTILINE)
    ]
    assert sorted(told) == sorted(written)
