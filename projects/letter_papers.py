"""The papers of decision letters: drawn by the worker, kept in the store, found by their digest."""

from __future__ import annotations

import hashlib

from django.db import transaction

from attachments import store
from projects.documents.result_letter import LetterPress, ResultLetter
from projects.models import DecisionLetter


def draw_letters(decision_id: int) -> int:
    """Draw what is not drawn yet of a decision's letters; return how many were drawn.

    Letters told at the same instant share a press, so that a paper drawn again has the same bytes. Each has
    its own transaction: the page counts them as they come, and a worker that dies loses one at most.
    """
    letters = DecisionLetter.objects.filter(decision=decision_id)
    waiting = letters.filter(object_key="").order_by("told_at").values_list("told_at", flat=True).distinct()
    drawn = 0
    for told_at in list(waiting):
        together = list(letters.filter(told_at=told_at))
        press = _press(together)
        drawn += sum(_draw(press, letter.pk) for letter in together if not letter.object_key)
    return drawn


def paper_of(letter: DecisionLetter) -> bytes:
    """The paper as it is kept; drawn now if the worker has not come to it, or the store has lost it."""
    if letter.object_key and store.size_of(letter.object_key) is not None:
        return store.read_all(letter.object_key)
    together = DecisionLetter.objects.filter(decision=letter.decision_id, told_at=letter.told_at)
    press = _press(list(together))
    if not letter.object_key and _draw(press, letter.pk):
        letter.refresh_from_db()
        return store.read_all(letter.object_key)
    return press.draw(ResultLetter.from_data(letter.content))


def _press(letters: list[DecisionLetter]) -> LetterPress:
    return LetterPress(ResultLetter.from_data(letter.content) for letter in letters)


def _draw(press: LetterPress, pk: int) -> int:
    with transaction.atomic():
        letter = DecisionLetter.objects.select_for_update(no_key=True, skip_locked=True).filter(pk=pk).first()
        if letter is None or letter.object_key:  # another worker has it, or had it
            return 0
        paper = press.draw(ResultLetter.from_data(letter.content))
        digest = hashlib.sha256(paper).hexdigest()
        key = f"letters/{letter.pk}/{digest}.pdf"
        store.put(key, paper, "application/pdf")
        DecisionLetter.objects.filter(pk=pk).update(object_key=key, pdf_sha256=digest)
    return 1
