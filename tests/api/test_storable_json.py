"""Bodies that PostgreSQL could not store are refused before anything is looked at."""

from io import BytesIO
from typing import Any

import pytest
from rest_framework.exceptions import ParseError

from config.api_parser import StorableJSON


def parsed(body: str) -> Any:
    return StorableJSON().parse(BytesIO(body.encode()), "application/json", {})


def test_plain_json_passes_with_every_character_of_a_rare_name() -> None:
    assert parsed('{"name": "\U00020bb7野家 𠮷", "rows": [1, "二"]}') == {
        "name": "𠮷野家 𠮷",
        "rows": [1, "二"],
    }


@pytest.mark.parametrize(
    "body",
    [
        '{"a": "x\\u0000y"}',
        '{"a\\u0000": 1}',
        '["\\ud800"]',
        '{"a": [{"b": "\\udfff"}]}',
        "[" * 20_000,
        '{"a": NaN}',
        "{",
    ],
)
def test_what_cannot_be_stored_or_read_is_a_parse_error(body: str) -> None:
    with pytest.raises(ParseError):
        parsed(body)
