"""What a challenge is found by."""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F


class ChallengeText(models.Model):
    """A challenge's words as search compares them: NFKC, lower case (decision 0009).

    `title` is the title and the number; `body` these, background, content, scenario, indicators, and the
    demander unless hidden. Only triggers write here (migration 0011), so nothing that changes a
    challenge, an indicator or a unit's name can forget to.
    """

    challenge = models.OneToOneField(
        "projects.Challenge", models.CASCADE, primary_key=True, related_name="text", editable=False
    )
    title = models.TextField(editable=False)
    body = models.TextField(editable=False)

    class Meta:
        indexes = [GinIndex(OpClass(F("body"), name="gin_trgm_ops"), name="challenge_text_trigrams")]

    def __str__(self) -> str:
        return self.title
