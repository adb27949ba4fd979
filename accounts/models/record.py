"""What every record with a state has in common."""

from django.db import models


class Record(models.Model):
    """A thing that moves through a state machine.

    `state` is written by `workflows.engine` only; a deferred database trigger refuses a
    transaction that changed it without an audit entry. `version` counts transitions, so that
    a page can say which version its reader had seen.
    """

    created_at = models.DateTimeField(editable=False)
    version = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        abstract = True
