"""Files of tests go to a bucket of their own in the real store."""

import pytest

from tests.attachments import files
from tests.delivery_factories import published_list, world


@pytest.fixture(autouse=True)
def _own_bucket(settings: object) -> None:
    settings.S3_BUCKET = "jiebang-tests"  # type: ignore[attr-defined]


@pytest.fixture
def draft(db: None) -> files.Draft:
    """A bid that its PI is filling in, before the close."""
    w = world()
    return files.draft_bid(w, published_list(w).challenges.get())
