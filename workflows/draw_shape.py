"""What `record.json` must look like before anything in it is compared; the first fault by its path.

`scripts/replay-draw` reads the same shape by itself.
"""

from __future__ import annotations

import json
from typing import Any, NoReturn

from workflows.canonical import canonical_json

FORMAT = "jiebang-draw-1"


class Malformed(ValueError):
    """Not a draw record, or not a whole one. The message says where and what to do."""


def _text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _count(value: Any) -> bool:
    return type(value) is int and value >= 0  # JSON's true is an int in Python


def _cap(value: Any) -> bool:
    return type(value) is int and value >= 1


def _any_text(value: Any) -> bool:
    return isinstance(value, str)


#: A list [x] is a list of x; a tuple (x, y) a list of exactly these; {str: x} any names; {"a": x} these names.
SHAPE: Any = {
    "format": lambda value: value == FORMAT,
    "about": _text,
    "record": {
        "algorithm": _text,
        "seed_commitment": _text,
        "public_entropy": _text,
        "candidate_digest": _text,
        "candidates": [(_text, _text, _any_text)],
        "filters": {str: _count},
        "plan": {"seats": {str: _count}, "standby_per_type": _count},
        "unit_cap": _cap,
        "lots_digest": _text,
        "seats": [_text],
        "standbys": [_text],
        "passed_over": [_text],
        "redraws": [{"missing": _text, "unavailable": [_text], "replacement": _text, "source": _text}],
    },
    "seed": lambda value: value is None or _text(value),
    "witness": {"name": _text, "role": _text},
    "committed_at": _text,
    "drawn_at": _text,
    "revealed_at": lambda value: value is None or _text(value),
    "labels": {str: _any_text},
    "proofs": [
        {
            "entry": {
                "seq": _cap,
                "at": _text,
                "actor_id": lambda value: value is None or _count(value),
                **dict.fromkeys(("actor_name", "role", "object_type", "object_id", "transition"), _any_text),
                **dict.fromkeys(("from_state", "to_state", "reason"), _any_text),
                "payload": {str: lambda value: True},
                "prev_hash": _text,
                "recorded_at": _text,
                "hash": _text,
            },
            "links": [(_text, _text)],
            "anchor": lambda value: value is None or _fault(value, {"seq": _cap, "hash": _text}, "") is None,
        }
    ],
}


def read(text: str) -> dict[str, Any]:
    """The document in `text`. Raises Malformed."""
    try:
        document = json.loads(text, parse_float=_refuse, parse_constant=_refuse)
        canonical_json(document).encode()
    except (ValueError, RecursionError) as error:
        raise Malformed("文件不是抽取记录：内容不是完整的 JSON。请从抽取记录页重新下载 record.json。") from error
    path = _fault(document, SHAPE, "")
    if path is not None:
        raise Malformed(
            f"文件不是完整的抽取记录：“{path or '全文'}”缺失或格式不对。请从抽取记录页重新下载 record.json。"
        )
    found: dict[str, Any] = document
    return found


def _refuse(number: str) -> NoReturn:
    raise ValueError(f"{number} is not exact")


def _fault(value: Any, shape: Any, path: str) -> str | None:
    """The path of the first place that is not as it should be, in the order of the shape; None if all is."""
    if callable(shape):
        return None if shape(value) else path
    if isinstance(shape, dict):
        if not isinstance(value, dict):
            return path
        names = value if str in shape else shape
        steps = [(f"{path}.{name}".lstrip("."), value.get(name), shape.get(str, shape.get(name))) for name in names]
    else:
        if not isinstance(value, list) or (isinstance(shape, tuple) and len(value) != len(shape)):
            return path
        shapes = shape if isinstance(shape, tuple) else shape * len(value)
        steps = [(f"{path}[{no}]", *pair) for no, pair in enumerate(zip(value, shapes, strict=True), start=1)]
    return next((fault for at, part, form in steps if (fault := _fault(part, form, at)) is not None), None)
