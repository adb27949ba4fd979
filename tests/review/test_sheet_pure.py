"""Reading order, one's own other scores, marked pages: the parts of scoring that need no database."""

import io
from collections import Counter
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops

from demo.papers import Papers
from review.page_pictures import Unreadable, render
from review.reading_order import in_reading_order
from review.scoring.own_scores import totals


@given(st.sets(st.uuids(), max_size=8), st.uuids(), st.integers(1, 10**6))
def test_the_order_of_a_seat_is_the_same_every_time_and_a_new_bid_moves_no_other(bids, new, seat):
    order = in_reading_order(bids, seat, lambda bid: bid)
    assert order == in_reading_order(reversed(order), seat, lambda bid: bid)
    assert [bid for bid in in_reading_order({*bids, new}, seat, lambda bid: bid) if bid in bids and bid != new] == [
        bid for bid in order if bid != new
    ]


def test_each_bid_comes_first_about_as_often_as_any_other():
    """3,000 seats, 5 bids: chi-square with 4 degrees of freedom stays below its 0.1 % point; the draw is fixed."""
    first = Counter(in_reading_order("ABCDE", seat, lambda bid: bid)[0] for seat in range(3000))
    chi = sum((first[bid] - 600) ** 2 / 600 for bid in "ABCDE")
    assert chi < 18.47, first


def test_only_complete_sheets_have_a_total():
    assert totals({1: {"A": Decimal(3), "B": Decimal("4.5")}, 2: {"A": Decimal(1)}}, ["A", "B"]) == {1: Decimal("7.5")}


# --- pages as pictures --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def paper() -> bytes:
    return Papers().make("PROPOSAL", "海洋牧场病害预警")


def picture(data: bytes, mark: str, **more) -> Image.Image:
    return Image.open(io.BytesIO(render(data, "picture", mark=mark, **more)))


def test_a_page_is_a_picture_with_the_readers_mark_all_over(paper):
    plain, marked = picture(paper, ""), picture(paper, "E01  2026-05-20 10:00  20.15")
    assert plain.size == marked.size
    assert plain.width == 900
    for box in ((0, 0, 450, 400), (450, 0, 900, 400), (0, 800, 450, 1200), (450, 800, 900, 1200)):
        assert ImageChops.difference(plain.crop(box), marked.crop(box)).getbbox(), f"no mark in {box}"
    assert render(paper, "picture", mark="E01") != render(paper, "picture", mark="E02")


def test_pages_are_counted_and_their_words_can_be_read_aloud(paper):
    pages = int(render(paper, "count"))
    assert pages >= 1
    assert "本文件为演示材料" in render(paper, "text").decode()
    with pytest.raises(Unreadable):
        render(paper, "picture", page=pages + 1)
    with pytest.raises(Unreadable):
        render(paper, "picture", page=0)


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7 broken", b"PK\x03\x04", b"\x89PNG\r\n\x1a\nbroken"])
def test_a_broken_file_is_unreadable_and_nothing_worse(data):
    with pytest.raises(Unreadable):
        render(data, "picture")


def test_an_image_file_is_one_marked_page():
    out = io.BytesIO()
    Image.new("RGB", (2000, 1000), "white").save(out, "PNG")
    assert int(render(out.getvalue(), "count")) == 1
    assert picture(out.getvalue(), "E01").size == (900, 450)
