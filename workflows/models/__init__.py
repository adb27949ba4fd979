from workflows.models.audit_entry import AuditEntry
from workflows.models.outbox import Notification, OutboxMessage

__all__ = ["AuditEntry", "Notification", "OutboxMessage"]
