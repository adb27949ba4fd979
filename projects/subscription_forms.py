"""The fields that a person wants to hear of."""

from __future__ import annotations

from django import forms
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from projects.models import Challenge, Subscription


class SubscriptionForm(forms.Form):
    fields_wanted = forms.MultipleChoiceField(
        label=_("技术领域"), required=False, choices=Challenge.Field.choices, widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": _("没有这个技术领域，请从列出的领域中选择。")},
    )  # fmt: skip

    def save(self, user: User) -> None:
        """Exactly the ticked fields from now on; safe when two windows save at once."""
        wanted = self.cleaned_data["fields_wanted"]
        with transaction.atomic():
            Subscription.objects.filter(user=user).exclude(field__in=wanted).delete()
            Subscription.objects.bulk_create(
                [Subscription(user=user, field=field) for field in wanted], ignore_conflicts=True
            )
