"""/api/v1/token/ – a person's token – and /api/v1/me/ – who the caller is and in which roles."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import authenticate
from django.db import transaction
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.authtoken.models import Token
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import RoleGrant, User
from accounts.throttling import PasswordTries


class CredentialsSerializer(serializers.Serializer[Any]):
    username = serializers.CharField(max_length=150)
    password = serializers.CharField(max_length=128, trim_whitespace=False, style={"input_type": "password"})


class TokenSerializer(serializers.Serializer[Any]):
    token = serializers.CharField(help_text="send it as `Authorization: Token <token>`")


class PasswordView(APIView):
    """Base of the routes that ask for the password itself, in the body and never in the address."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = (PasswordTries,)

    def get_authenticate_header(self, request: Request) -> str:
        return "Token"  # makes a wrong password 401 and not 403

    def person(self, request: Request) -> User:
        """The active user whose name and password were sent. Raises `AuthenticationFailed`."""
        given = CredentialsSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        user = authenticate(request, **given.validated_data)
        if not isinstance(user, User):
            raise AuthenticationFailed(_("用户名或密码不正确。"))
        return user


class IssueToken(PasswordView):
    @extend_schema(request=CredentialsSerializer, responses=TokenSerializer)
    def post(self, request: Request) -> Response:
        """Return the person's token; make one if there is none."""
        token, _is_new = Token.objects.get_or_create(user=self.person(request))
        return Response({"token": token.key})


class RotateToken(PasswordView):
    @extend_schema(request=CredentialsSerializer, responses=TokenSerializer)
    def post(self, request: Request) -> Response:
        """Replace the token: the old one stops working at once."""
        user = self.person(request)
        with transaction.atomic():
            # The user's row is the lock: of two rotations at once the later one counts.
            User.objects.select_for_update(no_key=True).get(pk=user.pk)
            Token.objects.filter(user=user).delete()
            token = Token.objects.create(user=user)
        return Response({"token": token.key})


class RevokeToken(PasswordView):
    @extend_schema(request=CredentialsSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        """Delete the token; no token is no error."""
        Token.objects.filter(user=self.person(request)).delete()
        return Response(status=204)


class RoleSerializer(serializers.ModelSerializer[RoleGrant]):
    role_label = serializers.CharField(source="get_role_display", read_only=True)
    agency = serializers.CharField(source="agency.code", read_only=True, allow_null=True, default=None)
    division = serializers.CharField(source="division.name", read_only=True, allow_null=True, default=None)
    organisation = serializers.CharField(source="organisation.uscc", read_only=True, allow_null=True, default=None)

    class Meta:
        model = RoleGrant
        fields = ["role", "role_label", "agency", "division", "organisation", "programme"]
        read_only_fields = fields


class MeSerializer(serializers.ModelSerializer[User]):
    organisation = serializers.CharField(source="organisation.name", read_only=True, allow_null=True, default=None)
    roles = RoleSerializer(many=True, read_only=True)

    class Meta:
        model = User
        fields = ["username", "name", "email", "organisation", "roles"]
        read_only_fields = fields


class Me(APIView):
    permission_classes = (IsAuthenticated,)

    @extend_schema(responses=MeSerializer)
    def get(self, request: Request) -> Response:
        """The caller, and the roles in force with their scopes."""
        user: Any = request.user
        grants = user.role_grants.filter(is_active=True).select_related("agency", "division", "organisation")
        user.roles = list(grants.order_by("role", "pk"))
        return Response(MeSerializer(user).data)
