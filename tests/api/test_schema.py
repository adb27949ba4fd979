"""The OpenAPI description and its page: complete, valid, and served from own files."""

from __future__ import annotations

import re
from io import StringIO
from typing import Any

import pytest
import yaml
from django.contrib.staticfiles import finders
from django.core.management import call_command

from config.api_urls import router
from tests.api.callers import API, caller

METHODS = {"get", "post", "patch", "delete"}


@pytest.fixture(scope="module")
def schema() -> Any:
    text = StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=text)
    return yaml.safe_load(text.getvalue())


def test_the_schema_is_valid_and_made_without_a_warning(schema: Any) -> None:
    assert schema["openapi"].startswith("3.")
    assert len(schema["paths"]) > 80


def test_every_registered_record_can_be_listed_read_moved_and_followed(schema: Any) -> None:
    for prefix, _view, _name in router.registry:
        paths = [path for path in schema["paths"] if path.startswith(f"{API}/{prefix}/")]
        assert f"{API}/{prefix}/" in paths
        assert any(path.endswith("/transitions/{transition}/") for path in paths), prefix
        assert any(path.endswith("/timeline/") for path in paths), prefix


def test_the_page_tells_the_story_in_order_and_names_every_kind_of_record(schema: Any) -> None:
    described = [tag["name"] for tag in schema["tags"]]
    used = {tag for path in schema["paths"].values() for op in path.values() for tag in op["tags"]}
    assert used == set(described)
    assert [prefix for prefix, _view, _name in router.registry] == [
        n for n in described if n in {prefix for prefix, _view, _name in router.registry}
    ]
    for path in schema["paths"].values():
        assert all(operation["summary"] for operation in path.values())


def test_every_answer_that_is_no_success_is_a_problem_document(schema: Any) -> None:
    operations = [op for path in schema["paths"].values() for name, op in path.items() if name in METHODS]
    assert operations
    for operation in operations:
        assert list(operation["responses"]["default"]["content"]) == ["application/problem+json"]


def test_transitions_are_named_one_by_one(schema: Any) -> None:
    operation = schema["paths"][f"{API}/bids/{{uuid}}/transitions/{{transition}}/"]["post"]
    names = next(p for p in operation["parameters"] if p["name"] == "transition")["schema"]["enum"]
    assert {"hand_in", "unit_endorse", "recommend", "withdraw"} <= set(names)


def test_no_answer_has_a_place_for_what_is_never_told(schema: Any) -> None:
    secret = {
        "snapshot", "object_key", "panel", "phone", "password", "secretary", "witness", "pending_seed",
        "seed_hex", "expert", "checked_by", "confirmed_by", "author_user", "investigator", "decline_reason",
    }  # fmt: skip
    inputs = {"BidOpening", "RoundOpening", "Credentials"}
    for name, component in schema["components"]["schemas"].items():
        if name not in inputs:
            assert not secret & set(component.get("properties", {})), name
    token_holders = {name for name, c in schema["components"]["schemas"].items() if "token" in c.get("properties", {})}
    assert token_holders == {"Token"}


@pytest.mark.django_db
def test_the_page_loads_own_files_only_and_fits_the_content_security_policy() -> None:
    answer = caller().get(f"{API}/docs/")
    assert answer.status_code == 200
    page = answer.content.decode()
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    links = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert links
    assert all(link.startswith("/") and not link.startswith("//") for link in links)
    assert not re.search(r"<script(?![^>]*\bsrc=)", page), "inline script"
    for link in links:
        if link.startswith("/static/"):
            assert finders.find(link.removeprefix("/static/")), link


@pytest.mark.django_db
def test_the_schema_is_served_to_everybody() -> None:
    assert caller().get(f"{API}/schema/").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["nothing/", "lists", "bids/not-a-uuid/", "rounds/abc/", "lists/%00/", ""])
def test_what_is_no_address_answers_with_a_problem(path: str) -> None:
    answer = caller().get(f"{API}/{path}")
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "not_found"
