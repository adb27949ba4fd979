"""Response headers that Django does not set by itself."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from workflows import clock

POLICY = (
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
    "connect-src 'self' {store}; frame-ancestors 'none'; base-uri 'self'; form-action 'self'; object-src 'none'"
)


class ContentSecurityPolicy:
    """Allow own files only; uploads may go to the object store by presigned PUT."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        from django.conf import settings

        self.get_response = get_response
        self.policy = POLICY.format(store=settings.S3_ENDPOINT)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", self.policy)
        return response


class ReceivedAt:
    """One request, one instant: what it does, it does as of its receipt.

    A server that queues requests says when it took one (`config.gunicorn_worker`); elsewhere the
    instant is that at which the application sees it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with clock.receiving(timezone.now()):
            return self.get_response(request)
