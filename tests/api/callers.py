"""Programs that call the API, each with its person's token."""

from __future__ import annotations

from typing import Any

from rest_framework.authtoken.models import Token
from rest_framework.test import APIClient

from accounts.models import User

API = "/api/v1"


class Program(APIClient):
    default_format = "json"


def caller(user: User | None = None) -> Program:
    """A client that sends JSON and the user's token; without a user, an anonymous one."""
    client = Program()
    if user is not None:
        token, _is_new = Token.objects.get_or_create(user=user)
        client.credentials(HTTP_AUTHORIZATION=f"Token {token.key}")
    return client


def perform_over_api(user: User, path: str, transition: str, **inputs: Any) -> Any:
    """POST a transition of the record at `path` (like `bids/<uuid>`); the answer must be 200."""
    answer = caller(user).post(f"{API}/{path}/transitions/{transition}/", inputs)
    assert answer.status_code == 200, answer.content.decode()
    return answer.json()
