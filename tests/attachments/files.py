"""Real little files of every kind, and a draft bid to hang them on."""

from __future__ import annotations

import hashlib
import io
import urllib.error
import urllib.request
import zipfile
from dataclasses import dataclass
from datetime import date
from typing import Any

import segno
from pypdf import PdfWriter

from projects.models import Bid, Challenge
from tests.delivery_factories import Team, World, on, team
from workflows.bid import BidFlow
from workflows.engine import start

FILLING_IN = date(2026, 4, 10)


@dataclass
class Draft:
    world: World
    team: Team
    bid: Bid


def draft_bid(w: World, challenge: Challenge) -> Draft:
    t = team(w)
    with on(FILLING_IN):
        bid = start(
            BidFlow,
            Bid(challenge=challenge, organisation=t.organisation, pi=t.pi, title="高吞吐存储引擎"),
            by=t.pi,
        )
    return Draft(w, t, bid)


def pdf(pages: int = 1) -> bytes:
    writer, target = PdfWriter(), io.BytesIO()
    for _ in range(pages):
        writer.add_blank_page(210, 297)
    writer.write(target)
    return target.getvalue()


def archive(*members: str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as file:
        for member in members:
            file.writestr(member, "内容")
    return target.getvalue()


def png() -> bytes:
    target = io.BytesIO()
    segno.make("揭榜").save(target, kind="png")
    return target.getvalue()


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def send(method: str, url: str, data: bytes | None = None, **headers: str) -> tuple[int, dict[str, str], bytes]:
    """What a browser does with an address of the store: status, headers in lower case, body."""
    request = urllib.request.Request(url, data=data, method=method, headers=headers)  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
            return answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, {k.lower(): v for k, v in error.headers.items()}, error.read()


def promise(bid: Bid, data: bytes, **changes: Any) -> dict[str, Any]:
    return {
        "holder": "projects.bid", "id": bid.pk, "slot": "PROPOSAL", "name": "申报书.pdf",
        "size": len(data), "sha256": sha256(data), **changes,
    }  # fmt: skip
