"""What the module's tests start from is made once and rolled back with the module."""

from tests.workflows.conftest import module_db

__all__ = ["module_db"]
