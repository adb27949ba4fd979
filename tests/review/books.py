"""Made-up rounds for the tests of what-if, intervals and calibration."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from hypothesis import strategies as st

from review.calibration.score_book import Contender, ScoreBook, Sheet
from review.scoring import Criterion

D = Decimal
CRITERIA = [
    Criterion("GOAL", "目标与榜题一致性", 20),
    Criterion("ROUTE", "技术路线先进性与可行性", 25),
    Criterion("MILESTONES", "任务分解与里程碑合理性", 15),
    Criterion("TEAM", "团队与条件", 20),
    Criterion("BUDGET", "经费预算合理性", 10),
    Criterion("BENEFIT", "预期效益与应用前景", 10),
    Criterion("VETO", "一票否决", 0, veto=True),
]
PUBLISHED = {c.code: D(c.max_score) for c in CRITERIA}
KINDS = ("TECHNICAL", "FINANCE", "MANAGEMENT")


def spread(total: Decimal | int | str) -> dict[str, Decimal]:
    """Points that sum to `total`, filled criterion by criterion."""
    left, found = D(total), {}
    for criterion in CRITERIA[:-1]:
        found[criterion.code] = step = min(left, D(criterion.max_score))
        left -= step
    return found


def sheet(expert: str, bid: str, total: Decimal | int | str, **more) -> Sheet:
    return Sheet(expert, bid, spread(total), **more)


def book(rows: dict[str, Sequence], **facts: Contender) -> ScoreBook:
    """Bid → totals, one expert each: E01, E02 …; `facts` replace what is known of a bid."""
    sheets = [sheet(f"E{n:02d}", bid, total) for bid, totals in rows.items() for n, total in enumerate(totals, 1)]
    return ScoreBook.of([facts.get(bid, Contender(bid)) for bid in rows], sheets, CRITERIA)


def reweighted(points: dict[str, Decimal], weights: dict[str, Decimal]) -> Decimal:
    """An expert's total under other weights, the slow way: fractions, rounded half up once."""
    exact = sum(
        (Fraction(points[c.code]) / c.max_score * Fraction(weights[c.code]) for c in CRITERIA if c.max_score),
        Fraction(),
    )
    cents = exact * 100
    whole = (2 * cents.numerator + cents.denominator) // (2 * cents.denominator)
    return D(whole).scaleb(-2).quantize(D("0.01"), ROUND_HALF_UP)


@st.composite
def weights(draw) -> dict[str, Decimal]:
    """Any weights in hundredths that sum to 100; veto items carry none."""
    cuts = sorted(draw(st.lists(st.integers(0, 10_000), min_size=5, max_size=5)))
    ends = [0, *cuts, 10_000]
    found = {c.code: D(b - a).scaleb(-2) for c, a, b in zip(CRITERIA[:-1], ends, ends[1:], strict=False)}
    return {**found, "VETO": D(0)}


@st.composite
def rounds(draw, coarse: bool = True) -> tuple[list[Contender], list[Sheet]]:
    """Bids of several contests, each scored by some experts; coarse points make many ties."""
    step = 10 if coarse else 1
    contenders, sheets = [], []
    for n in range(draw(st.integers(1, 7))):
        bid = f"b{n}"
        contenders.append(
            Contender(
                bid,
                draw(st.sampled_from(["", "X"])),
                draw(st.sampled_from([None, 1, 2])),
                draw(st.sampled_from([None, n])),
            )
        )
        for e in draw(st.sets(st.integers(0, 6), min_size=1)):
            given = {
                c.code: D(draw(st.integers(0, 2 * c.max_score // step)) * step) / 2 for c in CRITERIA if not c.veto
            }
            vetoed = draw(st.integers(0, 19)) == 0
            sheets.append(Sheet(f"E{e}", bid, given, KINDS[e % len(KINDS)], vetoed))
    return contenders, sheets
