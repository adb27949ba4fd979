"""领域订阅: the fields of which a person is told when a list with such a challenge is published."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from projects.models import Challenge
from projects.subscription_forms import SubscriptionForm


@login_required
def subscriptions(request: HttpRequest) -> HttpResponse:
    """`?field=` ticks one more field, for links from a search; nothing is subscribed before it is saved."""
    user: Any = request.user
    if request.method == "POST":
        form = SubscriptionForm(request.POST)
        if form.is_valid():
            form.save(user)
            wanted = len(form.cleaned_data["fields_wanted"])
            messages.success(
                request, _("已订阅 %s 个领域，有新榜题时会告知您。") % wanted if wanted else _("已取消全部订阅。")
            )
            return redirect("subscriptions")
    else:
        now = set(user.subscriptions.values_list("field", flat=True))
        asked = request.GET.get("field", "")
        ticked = now | ({asked} & set(Challenge.Field.values))
        form = SubscriptionForm(initial={"fields_wanted": sorted(ticked)})
    status = 422 if form.errors else 200
    context = {"form": form, "has_address": bool(user.email), "areas": Challenge.Field.choices}
    return render(request, "projects/subscriptions.html", context, status=status)
