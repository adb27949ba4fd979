"""Which account and which entry a row means. Three queries, whatever the number of rows.

Phone or e-mail name a person. An account that is there already is never changed by an import: its name,
phone and e-mail are its owner's, and whoever could change them could take the account over.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Q
from django.db.models.functions import Lower

from accounts.models import Agency, User
from review.models import Expert
from review.pool.columns import CellFault
from review.pool.units import unit_key


@dataclass
class People:
    """Accounts by phone and by e-mail, sign-in names that are taken, and the agency's entries by account."""

    by_phone: dict[str, list[User]] = field(default_factory=lambda: defaultdict(list))
    by_email: dict[str, list[User]] = field(default_factory=lambda: defaultdict(list))
    taken: set[str] = field(default_factory=set)
    entries: dict[int, Expert] = field(default_factory=dict)

    def account(self, name: str, phone: str, email: str) -> User | None:
        """The account of a row, or None where there is none yet. Raises CellFault when it is not clear whose it is."""
        of_email, of_phone = self.by_email.get(email, []), self.by_phone.get(phone, [])
        both = [user for user in of_email if user in of_phone]
        # One phone or mailbox may serve several people; with the name it still tells one.
        named = [user for user in both or of_email or of_phone if unit_key(user.name) == unit_key(name)]
        if len(named) == 1:
            return named[0]
        if len(named) > 1:
            raise CellFault("有几个同名账户用这一手机或邮箱", "请同时填写手机和邮箱，或联系系统管理员合并账户")
        if of_email or of_phone:
            which = "邮箱" if of_email else "手机"
            raise CellFault(f"{which}已属于另一姓名的账户", f"请核对姓名与{which}；同一{which}不能给两个人")
        if (email or phone) in self.taken:
            raise CellFault("账号名已被占用", "请改填另一邮箱或手机")
        return None


def people_of(agency: Agency, phones: Iterable[str], emails: Iterable[str]) -> People:
    phones, emails = set(filter(None, phones)), set(filter(None, emails))
    users = User.objects.annotate(mail=Lower("email")).filter(Q(phone__in=phones) | Q(mail__in=emails))
    found = People()
    for user in users.order_by("pk"):
        if user.phone in phones:
            found.by_phone[user.phone].append(user)
        if user.mail in emails:
            found.by_email[user.mail].append(user)
    found.taken = set(User.objects.filter(username__in=phones | emails).values_list("username", flat=True))
    ids = {user.pk for several in (found.by_phone, found.by_email) for users in several.values() for user in users}
    entries = Expert.objects.filter(agency=agency, user__in=ids).select_related("organisation", "recommending_unit")
    found.entries = {expert.user_id: expert for expert in entries}
    return found
