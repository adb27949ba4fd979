"""A transition's inputs as plain data, and what a body may name."""

import pytest
from django import forms

from workflows.api.inputs import checked, describe
from workflows.refused import Refused


class Sample(forms.Form):
    pledge = forms.BooleanField(label="承诺")
    until = forms.DateTimeField(label="期限", required=False, help_text="北京时间")
    score = forms.DecimalField(min_value=0, max_value=100, decimal_places=1, max_digits=4)
    outcome = forms.ChoiceField(choices=[("", "—"), ("PASS", "通过")])
    codes = forms.MultipleChoiceField(choices=[("F01", "不符合条件")], required=False)
    measured = forms.JSONField(required=False)
    reason = forms.CharField(min_length=10)


def told(name: str) -> dict[str, object]:
    return next(row for row in describe(Sample) if row["name"] == name)


def test_inputs_are_told_in_order_with_type_label_help_and_limits() -> None:
    assert [(row["name"], row["type"]) for row in describe(Sample)] == [
        ("pledge", "boolean"), ("until", "datetime"), ("score", "decimal"), ("outcome", "choice"),
        ("codes", "list"), ("measured", "json"), ("reason", "string"),
    ]  # fmt: skip
    assert told("until")["help"] == "北京时间"
    assert told("until")["required"] is False
    assert told("score")["limits"] == {"min_value": 0, "max_value": 100, "max_digits": 4, "decimal_places": 1}
    assert told("outcome")["choices"] == [{"value": "PASS", "label": "通过"}]


@pytest.mark.parametrize("name", ["by", "cause", "flow_class", "obj", "transition", "seen_version", "surprise"])
def test_a_body_cannot_reach_what_is_not_an_input(name: str) -> None:
    with pytest.raises(Refused) as refusal:
        checked(Sample, {"pledge": True, name: 1})
    assert refusal.value.code == "invalid_input"
    assert set(refusal.value.fields) == {name}


def test_a_single_value_must_be_single_and_a_list_may_be_one() -> None:
    assert checked(Sample, {"codes": ["F01"], "measured": {"1": "30"}}) == {
        "codes": ["F01"],
        "measured": {"1": "30"},
    }
    with pytest.raises(Refused, match="单个值"):
        checked(Sample, {"outcome": ["PASS"]})
