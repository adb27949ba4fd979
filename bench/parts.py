"""What can be measured apart, by name. `all` measures everything."""

from __future__ import annotations

from importlib import import_module

#: Pure algorithms: they make their own instances and need no database.
ALGORITHMS = ("affinity", "calibration", "matching")
CHOICES = ("all", *ALGORITHMS, "conflicts", "pages", "rush")


def measure_algorithm(name: str) -> None:
    """Run `bench.<name>.<name>()`."""
    getattr(import_module(f"bench.{name}"), name)()
