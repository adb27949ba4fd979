"""The code in a form: as a licence prints it, in groups and full width."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.forms import modelform_factory

from accounts.models import Organisation

pytestmark = pytest.mark.django_db
OrganisationForm = modelform_factory(Organisation, fields=["uscc", "name", "kind"])
CODE = "91110108551385082Q"


def form(code: str) -> OrganisationForm:
    return OrganisationForm({"uscc": code, "name": "泉城算力", "kind": Organisation.Kind.ENTERPRISE})


@pytest.mark.parametrize(
    "typed", ["9111 0108 5513 8508 2Q", "911101-08551385082-q", " ９１１１０１０８５５１３８５０８２Ｑ\u3000"]
)
def test_it_is_normalised_before_its_length_is_judged(typed: str) -> None:
    filled = form(typed)
    assert filled.is_valid(), filled.errors
    filled.save()
    assert Organisation.objects.get().uscc == CODE
    assert "maxlength" not in filled["uscc"].as_widget()


@pytest.mark.parametrize("typed", ["", " - ", CODE + "0", CODE[:-1], CODE[:-1] + "R"])
def test_a_wrong_one_is_still_refused(typed: str) -> None:
    filled = form(typed)
    assert not filled.is_valid()
    assert list(filled.errors) == ["uscc"]


def test_two_guises_of_one_code_are_one_organisation() -> None:
    Organisation.objects.create(uscc=CODE, name="甲", kind=Organisation.Kind.ENTERPRISE)
    filled = form("9111 0108 5513 8508 2Q")
    assert "uscc" in filled.errors


def test_the_model_cleans_alike() -> None:
    row = Organisation(uscc="9111 0108 5513 8508 2Q", name="甲", kind=Organisation.Kind.ENTERPRISE)
    row.full_clean()
    assert row.uscc == CODE
    with pytest.raises(ValidationError):
        Organisation(uscc="9111", name="乙", kind=Organisation.Kind.ENTERPRISE).full_clean()
