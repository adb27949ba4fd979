"""Names of units: what is one unit however it is written, and what is not (domain 3.5, C01)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.unit_names import is_inside, normalise
from review.conflicts.units import Units

NAMES = {
    1: "岱海大学",
    2: "泰岳智算（岱海）科技有限公司",
    3: "岱海大学滨海学院",
    4: "岱海省科学院",
    5: "岱海大学出版社",
}
ALIASES = [(1, "daihaiuniversity"), (1, "岱海工学院"), (4, "岱科院"), (2, "岱海算力有限公司")]

#: What people write → the unit that is meant, surely or not; None: nobody we know.
PLANTED = [
    ("岱海大学", 1, True),
    (" 岱海 大学 ", 1, True),
    ("Daihai University", 1, True),
    ("ＤＡＩＨＡＩ　ＵＮＩＶＥＲＳＩＴＹ", 1, True),
    ("岱海工学院", 1, True),
    ("泰岳智算(岱海)科技有限责任公司", 2, True),
    ("泰岳智算岱海科技有限公司", 2, True),
    ("岱海算力有限公司", 2, True),
    ("岱科院", 4, True),
    ("岱海大学滨海学院", 3, True),
    ("岱海大学计算机学院", 1, False),
    ("岱海大学 数学系", 1, False),
    ("岱海工学院机电系", 1, False),
    ("泰岳智算（岱海）科技有限公司济南分公司", 2, False),
    ("岱海大学滨海学院信息系", 3, False),
    ("岱海大学附属医院", None, False),
    ("岱海大学出版社", 5, True),
    ("岱海大学科技园有限公司", None, False),
    ("岱海大学附属中学", None, False),
    ("岱海省", None, False),
    ("滨海大学", None, False),
    ("", None, False),
    ("（）", None, False),
]


@pytest.mark.parametrize(("written", "unit", "sure"), PLANTED)
def test_a_planted_name_means_its_unit_and_no_other(written, unit, sure):
    found = Units(NAMES, ALIASES).named(written)
    assert (found and (found.unit, found.sure)) == (unit and (unit, sure))


def test_precision_and_recall_over_the_planted_names_are_complete():
    units = Units(NAMES, ALIASES)
    said = [(units.named(written), unit) for written, unit, _sure in PLANTED]
    assert sum(found is not None and found.unit == unit for found, unit in said) == sum(u is not None for _f, u in said)
    assert not [found for found, unit in said if found is not None and found.unit != unit]


def test_branches_of_branches_are_one_legal_person_and_a_ring_ends():
    units = Units({n: f"单位{n}号院" for n in range(1, 6)}, (), [(2, 1, "BRANCH"), (3, 2, "BRANCH"), (1, 3, "BRANCH")])
    assert {units.legal(n) for n in (1, 2, 3)} == {1}
    assert units.legal(4) == 4


def test_affiliates_are_the_chain_of_control_and_its_direct_sisters_not_the_companies_of_the_state():
    links = [
        (2, 1, "SUBSIDIARY"),
        (3, 2, "SUBSIDIARY"),
        (4, 1, "AFFILIATE"),
        (5, 9, "SUBSIDIARY"),
        (6, 9, "SUBSIDIARY"),
    ]
    units = Units({n: f"单位{n}号院" for n in range(1, 10)}, (), links, state=[9])
    assert units.affiliates(1) == {2, 3, 4}
    assert units.affiliates(2) == {1, 3, 4}
    assert units.affiliates(3) == {1, 2}
    assert units.affiliates(5) == units.affiliates(6) == set()


@given(st.text(max_size=40))
def test_to_normalise_twice_changes_nothing_more(text):
    assert normalise(normalise(text)) == normalise(text)


@given(
    st.text(alphabet="岱海大学有限公司AB", min_size=1, max_size=12), st.sampled_from(["（", "(", " ", "·", "-", "　"])
)
def test_punctuation_and_blanks_are_no_part_of_a_name(text, mark):
    assert normalise(mark.join(text)) == normalise(text)


def test_a_part_of_a_unit_is_told_from_a_company_of_its_own():
    assert is_inside("计算机学院")
    assert is_inside("济南分公司")
    assert not is_inside("科技有限公司")
    assert not is_inside("附属医院")
