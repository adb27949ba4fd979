"""A team's program: uploads its proposal, hands in, and tries again until it holds a receipt."""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

import urllib3

PATIENCE = 60.0
_http = urllib3.PoolManager(maxsize=64, retries=False, timeout=urllib3.Timeout(connect=2, read=15))


@dataclass
class Team:
    """One bid. `refused` collects answers that said no for good; there should be none."""

    port: int
    uuid: str
    token: str
    tries: int = 0
    refused: list[str] = field(default_factory=list)

    def hand_in(self, at: float) -> str:
        """The receipt's number, in the end. Begins at the monotonic instant `at`."""
        time.sleep(max(0.0, at - time.monotonic()))
        self.give_up = time.monotonic() + PATIENCE
        while not self._upload():
            self._pause()
        headers = {"Idempotency-Key": str(uuid.uuid4())}
        while True:
            answer = self._post("transitions/hand_in/", {"pledge": True}, headers)
            if answer is not None:
                return str(answer["receipt"])
            self._pause()

    def _upload(self) -> bool:
        """Promise, PUT, complete; from the beginning when any of it fails."""
        data = f"%PDF-1.7\n% {self.uuid}\n%%EOF\n".encode()
        promise = {"slot": "PROPOSAL", "file_name": "申报书.pdf", "size": len(data)}
        ticket = self._post("files/", {**promise, "sha256": hashlib.sha256(data).hexdigest()})
        if ticket is None:
            return False
        try:
            if _http.request("PUT", ticket["upload_url"], body=data).status != 200:
                return False
        except urllib3.exceptions.HTTPError:
            return False
        return self._post(f"files/{ticket['file']['uuid']}/complete/", {}) is not None

    def _post(self, path: str, body: dict[str, Any], headers: dict[str, str] | None = None) -> Any:
        """The answer; None when there was none or the server asks to try later."""
        self.tries += 1
        address = f"http://127.0.0.1:{self.port}/api/v1/bids/{self.uuid}/{path}"
        sent = {"Authorization": f"Token {self.token}", "Content-Type": "application/json", **(headers or {})}
        try:
            answer = _http.request("POST", address, body=json.dumps(body), headers=sent)
        except urllib3.exceptions.HTTPError:
            return None
        if answer.status in (200, 201):
            return answer.json()
        if answer.status < 500:
            self.refused.append(f"{path} {answer.status} {answer.data.decode()}")
        return None

    def _pause(self) -> None:
        assert time.monotonic() < self.give_up, f"no receipt after {self.tries} tries: {self.refused}"
        time.sleep(0.5)
