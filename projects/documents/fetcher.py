"""What a paper may load while it is drawn: its own cut fonts, and data: URLs. Nothing else.

WeasyPrint would otherwise follow any address that reaches a template: a server-side request to the
inner network, or a local file printed into a certificate (CVE-2026-55073 and its relatives).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from weasyprint.urls import URLFetcher, URLFetcherResponse

logger = logging.getLogger(__name__)
OWN = "own:"


class OwnFilesOnly(URLFetcher):
    """Serves `own:<name>` from memory and `data:`; refuses everything else, redirects included."""

    def __init__(self, files: Mapping[str, bytes] | None = None) -> None:
        super().__init__(allowed_protocols=["data"], allow_redirects=False)
        self.files = dict(files or {})

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
        if url.startswith("data:"):
            return super().fetch(url, headers)
        if url.startswith(OWN) and (data := self.files.get(url.removeprefix(OWN))) is not None:
            kind = "image/svg+xml" if url.endswith(".svg") else "font/otf"
            return URLFetcherResponse(url, data, {"Content-Type": kind})
        logger.warning("a paper asked for %.120s: refused", url)
        raise ValueError("papers load nothing from outside")
