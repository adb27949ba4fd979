"""/api/v1/verify/ – anyone checks a certificate, by its QR token or by number and check code."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import Throttled
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from projects.models import Certificate
from projects.verification import TooManyTries, by_number, by_token, count_try, shown


class VerifiedSerializer(serializers.Serializer[Any]):
    """What the public learns about a certificate (`projects.verification`)."""

    kind = serializers.CharField()
    kind_label = serializers.CharField()
    number = serializers.CharField()
    holder = serializers.CharField()
    project_number = serializers.CharField()
    project_title = serializers.CharField()
    issuer = serializers.CharField()
    issued_on = serializers.DateField()
    state = serializers.CharField()
    state_label = serializers.CharField()
    is_in_force = serializers.BooleanField(source="is_valid")
    pdf_sha256 = serializers.CharField()


class Verification(APIView):
    """Base: every look-up counts, so that nobody guesses his way through."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        try:
            # The connection's own address: a forwarded-for header could be made up.
            count_try(str(request.META.get("REMOTE_ADDR", "")))
        except TooManyTries as error:
            raise Throttled(error.seconds, str(error)) from error

    def answer(self, certificate: Certificate | None) -> Response:
        if certificate is None:
            raise Http404
        return Response(VerifiedSerializer(shown(certificate)).data, headers={"Cache-Control": "no-store"})


class VerifyByToken(Verification):
    @extend_schema(responses=VerifiedSerializer)
    def get(self, request: Request, token: str) -> Response:
        """By the token in the certificate's QR code."""
        return self.answer(by_token(token))


class Given(serializers.Serializer[Any]):
    number = serializers.CharField(max_length=60)
    code = serializers.CharField(max_length=20)


class VerifyByNumber(Verification):
    @extend_schema(
        parameters=[OpenApiParameter("number", required=True), OpenApiParameter("code", required=True)],
        responses=VerifiedSerializer,
        operation_id="verify_by_number",
    )
    def get(self, request: Request) -> Response:
        """By the number and the check code printed on the certificate."""
        given = Given(data=request.query_params)
        given.is_valid(raise_exception=True)
        return self.answer(by_number(**given.validated_data))
