"""Template tags and filters of the product: money, instants, states, icons, form fields."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from django import forms, template
from django.contrib.staticfiles import finders
from django.template.context import RequestContext
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from config.tones import tone_of
from projects.disclosure import shown_state
from workflows import clock

register = template.Library()
CENT = Decimal("0.01")


@register.filter
def wan(yuan: int | None) -> str:
    """Yuan shown in 万元 with two decimals, half up (domain head: 金额). 1234567 → 123.46"""
    if yuan is None or yuan == "":  # type: ignore[comparison-overlap]
        return "—"
    return f"{(Decimal(yuan) / 10_000).quantize(CENT, ROUND_HALF_UP):,}"


@register.filter
def number(value: Any) -> str:
    """A decimal without its trailing zeros: 95.5000 → 95.5, 3.0000 → 3."""
    if value is None or value == "":
        return "—"
    if isinstance(value, str) and "~" in value:  # a range at a milestone
        return "～".join(number(end) for end in value.split("~"))
    return f"{Decimal(value).normalize():,f}"


@register.filter
def shown_target(indicator: Any, value: Any = None) -> str:
    """Comparator, number and unit of an indicator: ≥ 95 %, 20～40 %.

    `value` takes the target's place: a number, an answer with its promise, or a milestone's row.
    """
    get = indicator.get if isinstance(indicator, dict) else lambda name: getattr(indicator, name, None)
    comparator, unit = get("comparator"), get("unit")
    if comparator == "bool":
        return _("达成")
    value, high = _ends(value, get("target_high"))
    if comparator == "range":
        return f"{number(get('target') if value in (None, '') else value)}～{number(high)} {unit or ''}".strip()
    sign = {">=": "≥", "<=": "≤"}.get(comparator, comparator)  # type: ignore[arg-type]
    return f"{sign} {number(get('target') if value in (None, '') else value)} {unit or ''}".strip()


def _ends(value: Any, high: Any) -> tuple[Any, Any]:
    for name in ("promised", "target"):
        if hasattr(value, name):
            return getattr(value, name), getattr(value, f"{name}_high")
    return value, high


@register.filter
def percent(share: float) -> str:
    """A share as whole per cents. What is not quite all or not quite nothing does not read as if it were."""
    if 0 < share < 0.005:
        return "<1%"
    return ">99%" if 0.995 <= share < 1 else f"{share * 100:.0f}%"


@register.filter
def item(mapping: dict[Any, Any], key: Any) -> Any:
    """`mapping[key]` in a template, or None."""
    return mapping.get(key) if mapping else None


@register.filter
def instant(value: datetime | None) -> str:
    """An instant in Shanghai's time, to the minute."""
    return f"{value.astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M}" if value else "—"


@register.filter
def deadline(value: datetime | None) -> str:
    """An instant that ends something. The end of a day is 24:00 of that day, not 00:00 of the next."""
    if value is None:
        return "—"
    local = value.astimezone(clock.SHANGHAI)
    if (local.hour, local.minute) == (0, 0):
        return f"{local - timedelta(days=1):%Y-%m-%d} 24:00"
    return instant(value)


@register.filter
def filesize_shown(size: int) -> str:
    return f"{size / 1024:,.0f} KB" if size < 1024 * 1024 else f"{size / 1024 / 1024:,.1f} MB"


@register.simple_tag(takes_context=True)
def state_badge(context: RequestContext, obj: Any, field: str = "state") -> SafeString:
    """The state of a record, as the reader may know it, as a badge whose colour tells its meaning (`config.tones`)."""
    if obj is None:
        return SafeString("")
    value = shown_state(context.get("user"), obj) if field == "state" else getattr(obj, field)
    return badge(_labels(type(obj), field).get(value, value), tone_of(obj._meta.model_name, value))  # type: ignore[arg-type]


@lru_cache(maxsize=64)
def _labels(model: Any, field: str) -> dict[str, Any]:
    """Value → lazy label. `get_FOO_display` builds and translates the whole table for every row."""
    return dict(model._meta.get_field(field).flatchoices)


@register.simple_tag
def badge(label: Any, tone: str = "plain") -> SafeString:
    return format_html('<span class="jb-badge jb-{}">{}</span>', tone, label)


@lru_cache(maxsize=256)
def _svg(name: str) -> str:
    found = finders.find(f"vendor/icons/outline/{name}.svg") or finders.find(f"vendor/icons/{name}.svg")
    if not found:
        return ""
    text = Path(found).read_text()
    return text[text.index(">", text.index("<svg")) + 1 : text.rindex("</svg>")].strip()


@register.simple_tag
def icon(name: str, extra: str = "") -> SafeString:
    """An outline icon drawn inline, hidden from screen readers: it always stands beside words."""
    return format_html(
        '<svg class="jb-icon {}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" '
        'stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">{}</svg>',
        extra,
        mark_safe(_svg(name)),  # noqa: S308 (our own vendored file)
    )


@register.simple_tag
def countdown(until: datetime | date | None, ended: str = "") -> SafeString:
    """Time left until an instant (or the end of a day); the script keeps it running."""
    if until is None:
        return SafeString("")
    if not isinstance(until, datetime):
        until = datetime(until.year, until.month, until.day, 23, 59, 59, tzinfo=clock.SHANGHAI)
    left = until - clock.now()
    urgency = "over" if left.total_seconds() <= 0 else "near" if left.days < 2 else "soon" if left.days < 7 else "far"
    return format_html(
        '<time class="jb-countdown jb-left-{}" datetime="{}" data-countdown data-ended="{}">{}</time>',
        urgency,
        until.isoformat(timespec="seconds"),
        ended or _("已截止"),
        time_left(until) or ended or _("已截止"),
    )


def time_left(until: datetime) -> str:
    """“还剩 3 天 4 小时”, or an empty string when the instant has passed."""
    seconds = int((until - clock.now()).total_seconds())
    if seconds <= 0:
        return ""
    days, hours, minutes = seconds // 86400, seconds % 86400 // 3600, seconds % 3600 // 60
    if days:
        return ngettext("还剩 %(days)s 天 %(hours)s 小时", "还剩 %(days)s 天 %(hours)s 小时", days) % {
            "days": days,
            "hours": hours,
        }
    return _("还剩 %(hours)s 小时 %(minutes)s 分") % {"hours": hours, "minutes": minutes}


@register.simple_tag(takes_context=True)
def query(context: RequestContext, **changes: Any) -> str:
    """The page's query string with some parameters changed; None removes one."""
    parameters = context["request"].GET.copy()
    for name, value in changes.items():
        if value is None:
            parameters.pop(name, None)
        else:
            parameters[name] = value
    return "?" + parameters.urlencode()


@register.inclusion_tag("parts/_field.html")
def field(bound: forms.BoundField, hint: str = "") -> dict[str, Any]:
    """One form field with its label, hint, and errors tied to it for screen readers."""
    if isinstance(bound.field, forms.MultipleChoiceField) and isinstance(bound.field.widget, forms.SelectMultiple):
        # Nobody finds out about Ctrl-click: several choices are boxes to tick.
        bound.field.widget = forms.CheckboxSelectMultiple(choices=bound.field.choices)  # type: ignore[arg-type]
    hint = hint or bound.help_text  # type: ignore[assignment]
    if _kind(bound.field.widget) == "choices":
        # Drawn one by one from the widget, past the classes that `_control` gives.
        bound.field.widget.attrs.setdefault("class", "form-check-input")
    return {"bound": bound, "kind": _kind(bound.field.widget), "hint": hint, "control": _control(bound, bool(hint))}


@register.inclusion_tag("parts/_cell.html")
def cell(bound: forms.BoundField) -> dict[str, Any]:
    """A form field inside a table: the column's heading is its label."""
    bound.field.widget.attrs.setdefault("aria-label", str(bound.label))
    return {"bound": bound, "control": _control(bound, False)}


def _kind(widget: forms.Widget) -> str:
    if isinstance(widget, forms.CheckboxInput):
        return "check"
    return "choices" if isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple) else "input"


def _name_the_empty_choice(bound: forms.BoundField) -> None:
    """“请选择” instead of Django's dashes, which a screen reader cannot say."""
    field = bound.field
    if isinstance(field, forms.ModelChoiceField):
        field.empty_label = _("请选择") if field.empty_label == "---------" else field.empty_label
    elif isinstance(field, forms.ChoiceField):
        field.choices = [(v, _("请选择") if v == "" and "---" in str(label) else label) for v, label in field.choices]  # type: ignore[misc, union-attr]


def _control(bound: forms.BoundField, has_hint: bool) -> SafeString:
    widget = bound.field.widget
    classes = {"check": "form-check-input", "choices": "form-check-input"}.get(_kind(widget), "form-control")
    if isinstance(widget, forms.Select) and _kind(widget) == "input":
        classes = "form-select"
        _name_the_empty_choice(bound)
    elif isinstance(widget, forms.DateTimeInput):
        widget.input_type, widget.format = "datetime-local", "%Y-%m-%dT%H:%M"
    elif isinstance(widget, forms.DateInput):
        widget.input_type, widget.format = "date", "%Y-%m-%d"
    elif isinstance(widget, forms.Textarea) and str(widget.attrs.get("rows", "10")) == "10":
        widget.attrs["rows"] = 4
    attributes = {"class": f"{classes} {'is-invalid' if bound.errors else ''} {widget.attrs.get('class', '')}".strip()}
    described = [f"{bound.id_for_label}_hint"] if has_hint else []
    if bound.errors:
        attributes["aria-invalid"] = "true"
        described.append(f"{bound.id_for_label}_error")
    if described:
        attributes["aria-describedby"] = " ".join(described)
    control: SafeString = bound.as_widget(attrs=attributes)  # type: ignore[arg-type]
    # What the page began from, for forms that merge (projects.form_merging).
    return control + bound.as_hidden(only_initial=True) if bound.field.show_hidden_initial else control


@register.simple_tag
def today() -> date:
    return timezone.localdate()
