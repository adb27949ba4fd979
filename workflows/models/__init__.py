from workflows.models.audit_entry import AuditEntry
from workflows.models.outbox import Notification, OutboxMessage
from workflows.models.performed_request import PerformedRequest

__all__ = ["AuditEntry", "Notification", "OutboxMessage", "PerformedRequest"]
