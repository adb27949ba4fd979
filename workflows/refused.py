"""Why a transition was refused, in words for the person who can act."""

from typing import Any

from workflows.wording import told


class Refused(Exception):
    """A transition that did not happen. Nothing was changed.

    `code` is stable and goes into the API: not_found, wrong_state, not_permitted, invalid_input,
    conditions_unmet, stale. `sentences` are for people, `fields` maps an input to its errors.
    """

    def __init__(self, code: str, sentences: list[str], fields: dict[str, list[str]] | None = None) -> None:
        self.code = code
        self.sentences = sentences
        self.fields = fields or {}
        super().__init__(told(sentences))

    def as_dict(self) -> dict[str, Any]:
        return {"code": self.code, "sentences": self.sentences, "fields": self.fields}
