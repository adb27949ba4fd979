"""The form of a page as a browser would send it back untouched."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

from django.test import Client


class _Form(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.sent: dict[str, str] = {}
        self._inside, self._template, self._select, self._area = False, 0, "", ""

    def handle_starttag(self, tag: str, found: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in found}
        name = given.get("name", "")
        if tag == "form":
            self._inside = given.get("method") == "post" and "data-guard" in given
        self._template += tag == "template"
        if not self._inside or self._template:
            return
        if tag == "input" and name and (given.get("type") != "checkbox" or "checked" in given):
            self.sent[name] = given.get("value", "on" if given.get("type") == "checkbox" else "")
        elif tag == "textarea":
            self._area, self.sent[name] = name, ""
        elif tag == "select":
            self._select, self.sent[name] = name, ""
        elif tag == "option" and "selected" in given:
            self.sent[self._select] = given["value"]

    def handle_data(self, data: str) -> None:
        if self._area:
            self.sent[self._area] += data

    def handle_endtag(self, tag: str) -> None:
        self._template -= tag == "template"
        if tag == "textarea":
            self.sent[self._area] = self.sent[self._area].removeprefix("\n")  # HTML drops the first line end
            self._area = ""
        if tag == "form":
            self._inside = False


def form_at(client: Client, url: str) -> dict[str, Any]:
    return form_in(client.get(url).content.decode())


def form_in(page: str) -> dict[str, Any]:
    reader = _Form()
    reader.feed(page)
    assert reader.sent
    return dict(reader.sent)
