from accounts.models.integrity import IntegrityRecord
from accounts.models.organisation import Agency, Division, Organisation
from accounts.models.record import Record
from accounts.models.role import Role, RoleGrant
from accounts.models.user import User

__all__ = ["Agency", "Division", "IntegrityRecord", "Organisation", "Record", "Role", "RoleGrant", "User"]
