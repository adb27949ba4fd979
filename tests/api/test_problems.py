"""Errors as problem documents (RFC 9457)."""

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DataError, IntegrityError
from django.http import Http404
from rest_framework import exceptions

from config.api import problem_json
from workflows.refused import Refused

REFUSALS = {
    "not_permitted": 403,
    "not_found": 404,
    "wrong_state": 409,
    "stale": 409,
    "invalid_input": 400,
    "conditions_unmet": 422,
}


def problem(error: Exception) -> Any:
    return problem_json(error, {})


@pytest.mark.parametrize(("code", "status"), REFUSALS.items())
def test_each_refusal_has_its_status_and_keeps_its_sentences(code: str, status: int) -> None:
    answer = problem(Refused(code, ["句一。", "句二。"], {"reason": ["太短"]}))
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    assert answer.data["type"] == f"urn:jiebang:problem:{code}"
    assert answer.data["code"] == code
    assert answer.data["sentences"] == ["句一。", "句二。"]
    assert answer.data["detail"] == "句一。；句二。"
    assert answer.data["fields"] == {"reason": ["太短"]}
    assert answer.data["title"] != code


def test_nested_validation_errors_are_told_by_their_path() -> None:
    error = exceptions.ValidationError({"responses": [{}, {"promised": ["必填。"]}], "title": ["太长。"]})
    answer = problem(error)
    assert answer.status_code == 400
    assert answer.data["code"] == "invalid_input"
    assert answer.data["fields"] == {"responses.1.promised": ["必填。"], "title": ["太长。"]}
    assert "responses.1.promised：必填。" in answer.data["sentences"]


def test_an_error_of_the_whole_has_a_sentence_and_no_field() -> None:
    answer = problem(exceptions.ValidationError({"non_field_errors": ["两者不符。"]}))
    assert answer.data["fields"] == {}
    assert answer.data["sentences"] == ["两者不符。"]


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Http404(), 404, "not_found"),
        (PermissionDenied(), 403, "not_permitted"),
        (exceptions.NotAuthenticated(), 401, "not_authenticated"),
        (exceptions.MethodNotAllowed("PUT"), 405, "method_not_allowed"),
        (exceptions.UnsupportedMediaType("text/plain"), 415, "unsupported_media_type"),
        (exceptions.Throttled(wait=7), 429, "throttled"),
        (IntegrityError("duplicate key value violates unique constraint"), 409, "conflict"),
        (DataError("bigint out of range"), 400, "invalid_input"),
    ],
)
def test_other_errors_speak_the_same_language(error: Exception, status: int, code: str) -> None:
    answer = problem(error)
    assert (answer.status_code, answer.data["code"]) == (status, code)
    assert "duplicate key" not in str(answer.data)


def test_a_throttled_caller_learns_when_to_come_back() -> None:
    assert problem(exceptions.Throttled(wait=7)).headers["Retry-After"] == "7"


def test_an_unexpected_error_leaks_nothing_but_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    answer = problem(RuntimeError("password of the database is hunter2"))
    assert answer.status_code == 500
    assert answer.data["code"] == "server_error"
    assert "hunter2" not in str(answer.data)
    assert "hunter2" in caplog.text
