"""A person's token: got, rotated and revoked with the password, never sent in an address."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest
from rest_framework.authtoken.models import Token
from rest_framework.test import APIClient

from accounts.models import User
from tests.api.callers import API, caller

pytestmark = pytest.mark.django_db
PASSWORD = "正确的密码-2026"
_serial = count(1)


@pytest.fixture
def user() -> User:
    n = next(_serial)
    return User.objects.create_user(username=f"token-user-{n}", password=PASSWORD, name="张三")


def ask(path: str, user: User | str, password: str = PASSWORD, address: str | None = None) -> Any:
    name = user if isinstance(user, str) else user.username
    # An address of its own for each call, unless the address is what the test is about.
    body = {"username": name, "password": password}
    address = address or f"10.1.{next(_serial) // 250}.{next(_serial) % 250}"
    return APIClient().post(f"{API}/{path}", body, format="json", REMOTE_ADDR=address)


def works(token: str) -> bool:
    return bool(APIClient().get(f"{API}/me/", HTTP_AUTHORIZATION=f"Token {token}").status_code == 200)


def test_the_password_buys_one_token_that_opens_the_api(user: User) -> None:
    first = ask("token/", user)
    assert first.status_code == 200
    assert first.json() == ask("token/", user).json()
    assert works(first.json()["token"])


def test_rotating_makes_the_old_token_useless_at_once(user: User) -> None:
    old = ask("token/", user).json()["token"]
    new = ask("token/rotate/", user).json()["token"]
    assert new != old
    assert works(new)
    assert not works(old)


def test_revoking_leaves_no_token_and_may_be_done_twice(user: User) -> None:
    token = ask("token/", user).json()["token"]
    assert ask("token/revoke/", user).status_code == 204
    assert ask("token/revoke/", user).status_code == 204
    assert not works(token)
    assert not Token.objects.filter(user=user).exists()


@pytest.mark.parametrize("path", ["token/", "token/rotate/", "token/revoke/"])
def test_a_wrong_password_an_unknown_and_an_inactive_person_get_the_same_answer(path: str, user: User) -> None:
    Token.objects.create(user=user)
    inactive = User.objects.create_user(username=f"gone-{next(_serial)}", password=PASSWORD, is_active=False)
    answers = [ask(path, user, "错误的密码"), ask(path, f"nobody-{next(_serial)}"), ask(path, inactive)]
    assert {a.status_code for a in answers} == {401}
    assert len({a.content for a in answers}) == 1
    assert answers[0].headers["Content-Type"] == "application/problem+json"
    assert answers[0].json()["code"] == "authentication_failed"
    assert Token.objects.filter(user=user).exists()


def test_the_sixth_try_for_one_account_within_a_minute_is_refused_even_when_right(user: User) -> None:
    for _ in range(5):
        assert ask("token/", user, "错误的密码").status_code == 401
    answer = ask("token/", user)
    assert answer.status_code == 429
    assert answer.json()["code"] == "throttled"
    assert int(answer.headers["Retry-After"]) <= 60
    other = User.objects.create_user(username=f"other-{next(_serial)}", password=PASSWORD)
    assert ask("token/", other).status_code == 200


def test_one_address_cannot_try_accounts_without_end_by_naming_another_address() -> None:
    address = f"10.9.0.{next(_serial) % 250}"
    codes = []
    for n in range(61):
        body = {"username": f"guess-{n}-{next(_serial)}", "password": "x"}
        headers = {"HTTP_X_FORWARDED_FOR": f"192.0.2.{n}", "REMOTE_ADDR": address}
        codes.append(APIClient().post(f"{API}/token/", body, format="json", **headers).status_code)
    assert codes[-1] == 429
    assert set(codes[:-1]) == {401}


def test_with_the_cache_down_no_password_is_looked_at_uncounted(user: User, settings: Any) -> None:
    backend = "django.core.cache.backends.redis.RedisCache"
    settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": "redis://127.0.0.1:1"}}
    answer = ask("token/", user)
    assert (answer.status_code, answer.json()["code"]) == (503, "try_later")


def test_a_token_in_the_address_opens_nothing(user: User) -> None:
    token = ask("token/", user).json()["token"]
    for name in ("token", "auth_token", "authorization"):
        assert APIClient().get(f"{API}/me/", {name: token}).status_code == 401


def test_credentials_in_the_address_are_not_looked_at(user: User) -> None:
    answer = APIClient().post(f"{API}/token/?username={user.username}&password={PASSWORD}", {}, format="json")
    assert answer.status_code == 400
    assert set(answer.json()["fields"]) == {"username", "password"}
    assert APIClient().get(f"{API}/token/").status_code == 405


def test_a_token_of_a_person_made_inactive_opens_nothing(user: User) -> None:
    token = ask("token/", user).json()["token"]
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert not works(token)


def test_me_tells_who_i_am_and_my_roles_in_force_only(user: User) -> None:
    from accounts.models import Role
    from tests.delivery_factories import world

    w = world()
    w.officer.role_grants.create(role=Role.SUP, agency=w.agency, is_active=False)
    told = caller(w.officer).get(f"{API}/me/").json()
    assert told["username"] == w.officer.username
    assert [(r["role"], r["agency"], r["organisation"]) for r in told["roles"]] == [("OFF", w.agency.code, None)]
    assert "password" not in told
    assert caller().get(f"{API}/me/").status_code == 401
