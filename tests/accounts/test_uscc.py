"""统一社会信用代码: vectors and properties of domain 8.4."""

import re

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from accounts.uscc import ALPHABET, generate_uscc, validate_uscc

VALID = ["91110108551385082Q", "91000000MA0DEM000C", "91000000000000001N"]
SHAPE = re.compile(r"^[0-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{10}$")
subjects = st.text(ALPHABET, min_size=9, max_size=9)


def refusal(code) -> ValidationError:
    with pytest.raises(ValidationError) as caught:
        validate_uscc(code)
    return caught.value


@pytest.mark.parametrize("code", VALID)
def test_a_valid_code_is_returned_unchanged(code):
    assert validate_uscc(code) == code


@pytest.mark.parametrize(
    "typed",
    [
        "  91110108551385082q\n",
        "９１１１０１０８５５１３８５０８２Ｑ",
        "9111 0108 5513 8508 2Q",
        "911101-08551385082-Q",
        "91110108\u3000551385082Ｑ",
        "\u200b91110108551385082Q\ufeff",
    ],
)
def test_a_code_is_normalised_as_people_type_it(typed):
    assert validate_uscc(typed) == "91110108551385082Q"


@pytest.mark.parametrize("code", VALID)
def test_any_single_changed_character_fails(code):
    for at, original in enumerate(code):
        for other in ALPHABET.replace(original, ""):
            refusal(code[:at] + other + code[at + 1 :])


@given(subjects, st.integers(0, 17), st.characters())
def test_any_single_changed_character_of_any_code_fails(subject, at, other):
    code = generate_uscc(subject)
    changed = code[:at] + other + code[at + 1 :]
    try:
        assert validate_uscc(changed) == code  # only the same character in another guise
    except ValidationError:
        assert changed != code


@given(subjects, st.integers(0, 16))
def test_two_neighbours_swapped_fail(subject, at):
    code = generate_uscc(subject)
    swapped = code[:at] + code[at + 1] + code[at] + code[at + 2 :]
    if swapped != code:
        refusal(swapped)


@pytest.mark.parametrize("nothing", ["", "   ", None])
def test_an_empty_code_is_asked_for(nothing):
    assert refusal(nothing).code == "uscc_required"


@pytest.mark.parametrize("code", ["9111010855138508", "91110108551385082QQ"])
def test_a_wrong_length_says_how_many_there_are(code):
    error = refusal(code)
    assert error.code == "uscc_length"
    assert f"现为 {len(code)} 位" in error.messages[0]


def test_a_letter_that_is_not_used_names_its_place_and_the_likely_character():
    error = refusal("91110108551385O82Q")
    assert error.code == "uscc_alphabet"
    assert "第 15 位（主体标识码）" in error.messages[0]
    assert "是否应为“0”" in error.messages[0]


@pytest.mark.parametrize(
    ("position", "section"),
    [
        (1, "登记管理部门代码"),
        (2, "机构类别代码"),
        (3, "登记管理机关行政区划码"),
        (8, "登记管理机关行政区划码"),
        (9, "主体标识码"),
        (17, "主体标识码"),
        (18, "校验码"),
    ],
)
def test_a_wrong_character_names_the_part_of_the_code_that_it_stands_in(position, section):
    code = VALID[0]
    message = refusal(f"{code[: position - 1]}I{code[position:]}").messages[0]
    assert f"第 {position} 位" in message
    assert section in message


def test_a_foreign_character_names_its_place():
    error = refusal("91110108551385甲82Q")
    assert error.code == "uscc_alphabet"
    assert "第 15 位" in error.messages[0]


@pytest.mark.parametrize("character", ["A", "O", "²", "٣"])
def test_the_region_holds_digits_only(character):
    error = refusal(f"91{character}10108551385082Q")
    assert error.code == "uscc_region"
    assert "第 3 位" in error.messages[0]


def test_a_wrong_check_character_does_not_betray_the_right_one():
    error = refusal("91110108551385082A")
    assert error.code == "uscc_check"
    assert "Q" not in error.messages[0]


def test_the_known_fictional_codes_are_generated():
    assert generate_uscc("MA0DEM000") == "91000000MA0DEM000C"
    assert generate_uscc(1) == "91000000000000001N"


@given(st.one_of(subjects, st.integers(0, 10**9 - 1)), st.sampled_from(["91", "11", "12", "52"]))
def test_a_generated_code_is_valid_and_fits_the_column(subject, prefix):
    code = generate_uscc(subject, prefix=prefix)
    assert validate_uscc(code) == code
    assert SHAPE.match(code)
    assert code.startswith(f"{prefix}000000")


@pytest.mark.parametrize(
    ("subject", "prefix", "region"),
    [
        (-1, "91", "000000"),
        (10**9, "91", "000000"),
        ("MA0DEM00", "91", "000000"),
        ("MAODEM000", "91", "000000"),
        (1, "9", "0000000"),
        (1, "91", "37020A"),
    ],
)
def test_parts_that_form_no_code_are_refused(subject, prefix, region):
    with pytest.raises(ValueError, match="do not form a code"):
        generate_uscc(subject, prefix=prefix, region=region)
