"""The module-wide transaction is the one of the workflow tests."""

from tests.workflows.conftest import module_db

__all__ = ["module_db"]
