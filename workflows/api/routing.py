"""Routes whose last part may be made of two names, like a project's number and a milestone's."""

from typing import Any

from rest_framework.routers import SimpleRouter

#: Shapes of keys in addresses; what does not fit is no address.
PK = "[0-9]{1,18}"
UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"


class RecordRouter(SimpleRouter):
    """A view with `key_pattern` is found by that pattern instead of by one field."""

    def get_lookup_regex(self, viewset: Any, lookup_prefix: str = "") -> str:
        pattern: str | None = getattr(viewset, "key_pattern", None)
        return pattern or super().get_lookup_regex(viewset, lookup_prefix)
