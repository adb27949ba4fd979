"""学科分类与代码 (GB/T 13745-2009): codes of three levels, each the beginning of those below it. No Django import.

520 → 520.20 → 520.2010; stored without the point. The first level is closed and known here; deeper levels
are taken by their shape, because agencies add to them.
"""

from __future__ import annotations

import re
import unicodedata

FIRST_LEVEL = {
    "110": "数学", "120": "信息科学与系统科学", "130": "力学", "140": "物理学", "150": "化学", "160": "天文学",
    "170": "地球科学", "180": "生物学", "190": "心理学", "210": "农学", "220": "林学", "230": "畜牧、兽医科学",
    "240": "水产学", "310": "基础医学", "320": "临床医学", "330": "预防医学与公共卫生学", "340": "军事医学与特种医学",
    "350": "药学", "360": "中医学与中药学", "410": "工程与技术科学基础学科", "413": "信息与系统科学相关工程与技术",
    "416": "自然科学相关工程与技术", "420": "测绘科学技术", "430": "材料科学", "440": "矿山工程技术",
    "450": "冶金工程技术", "460": "机械工程", "470": "动力与电气工程", "480": "能源科学技术", "490": "核科学技术",
    "510": "电子与通信技术", "520": "计算机科学技术", "530": "化学工程", "535": "产品应用相关工程与技术",
    "540": "纺织科学技术", "550": "食品科学技术", "560": "土木建筑工程", "570": "水利工程", "580": "交通运输工程",
    "590": "航空、航天科学技术", "610": "环境科学技术及资源科学技术", "620": "安全科学技术", "630": "管理学",
    "710": "马克思主义", "720": "哲学", "730": "宗教学", "740": "语言学", "750": "文学", "760": "艺术学",
    "770": "历史学", "780": "考古学", "790": "经济学", "810": "政治学", "820": "法学", "830": "军事学",
    "840": "社会学", "850": "民族学与文化学", "860": "新闻学与传播学", "870": "图书馆、情报与文献学",
    "880": "教育学", "890": "体育科学", "910": "统计学",
}  # fmt: skip
#: As stored: the digits of one, two or three levels.
SHAPE = r"^\d{3}(\d{2}){0,2}$"


def normalise_discipline(text: str) -> str:
    """`520.20`, `５２０２０`, `520.2010` → digits only. Raises ValueError with a sentence that names the cure."""
    code = unicodedata.normalize("NFKC", text).strip()
    digits = code.replace(".", "", 1) if re.fullmatch(r"\d{3}\.\d+", code) else code
    if not re.fullmatch(SHAPE, digits):
        raise ValueError(f"“{text}”不是学科代码；请按 GB/T 13745 填 3、5 或 7 位数字，例：520、520.20、520.2010")
    if digits[:3] not in FIRST_LEVEL:
        raise ValueError(f"“{text}”的前三位 {digits[:3]} 不是 GB/T 13745 的一级学科，请核对代码")
    return digits


def dotted(code: str) -> str:
    """As the standard prints it: `52020` → `520.20`."""
    return code if len(code) == 3 else f"{code[:3]}.{code[3:]}"


def shown_discipline(code: str) -> str:
    """`52020` → `520.20 计算机科学技术`."""
    return f"{dotted(code)} {FIRST_LEVEL.get(code[:3], '')}".strip()


def with_ancestors(code: str) -> list[str]:
    """The code and those above it, from the first level down: `5202010` → `520`, `52020`, `5202010`."""
    return [code[:length] for length in (3, 5, 7) if len(code) >= length]


def is_within(code: str, above: str) -> bool:
    """Does `code` lie in the discipline `above` (or is it the same)?"""
    return code.startswith(above)
