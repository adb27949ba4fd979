"""README promises nothing that is not there."""

import re
import subprocess
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import get_commands

ROOT = Path(settings.BASE_DIR)
README = (ROOT / "README.md").read_text()
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", README, re.S) for line in block.splitlines() if line]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_of_the_readme_is_a_make_target_or_a_program_that_answers(command: str) -> None:
    program, target, *_rest = command.split()
    if program == "make":
        assert target in TARGETS
    else:
        assert target == "--help"
        assert subprocess.run([ROOT / program, target], capture_output=True, check=True).stdout


def test_every_manage_command_named_in_the_makefile_exists() -> None:
    named = set(re.findall(r"manage\.py ([a-z_]+)", (ROOT / "Makefile").read_text()))
    assert named - set(get_commands()) == set()


def test_every_picture_and_file_it_links_is_there() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", README)
    assert [link for link in links if "://" not in link and not (ROOT / link).exists()] == []
