from accounts.models.integrity import IntegrityRecord
from accounts.models.organisation import Agency, Division, Organisation
from accounts.models.record import Record
from accounts.models.role import Role, RoleGrant
from accounts.models.unit_relation import UnitAlias, UnitLink
from accounts.models.user import User

__all__ = [
    "Agency",
    "Division",
    "IntegrityRecord",
    "Organisation",
    "Record",
    "Role",
    "RoleGrant",
    "UnitAlias",
    "UnitLink",
    "User",
]
