"""What the module's stories start from is made once and rolled back with the module."""

from tests.workflows.conftest import module_db

__all__ = ["module_db"]
