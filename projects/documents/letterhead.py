"""The red head of an official letter, 发文机关标志 (GB/T 9704-2012, 7.2.4): how large its characters may be."""

from __future__ import annotations

_WORD = "文件"
#: The text block is 156 mm wide, 442 pt; a little less, so that rounding never cuts the last stroke.
_WIDTH_PT = 440
_LARGEST_PT = 44
#: Below this a long name stands on two lines instead, at a size at which fourteen characters fill one.
_SMALLEST_PT = 24
_TWO_LINES_PT = 30


def mark_of(issuer: str) -> dict[str, object]:
    """`mark` is what the head says, `mark_pt` its size in points, `mark_wraps` whether it takes two lines."""
    text = issuer + _WORD
    fits = _WIDTH_PT // len(text)
    wraps = fits < _SMALLEST_PT
    return {"mark": text, "mark_pt": _TWO_LINES_PT if wraps else min(fits, _LARGEST_PT), "mark_wraps": wraps}
