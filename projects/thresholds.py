"""Conditions that no call may set: age, degree, title, years of registration, papers, awards. No Django import.

揭榜挂帅 asks who can solve the task, nothing else (domain 2.2; 北京国际科技创新中心建设条例 50 条).
"""

from __future__ import annotations

import re

_WORDS = re.compile(
    r"周岁|年龄|学历|学位|博士|硕士|本科|职称|院士|教授|研究员|高级工程师|论文|奖项|获奖|人才称号|帽子"
    r"|注册(?:时间|年限|资本|满|未满)|成立(?:时间|年限|满|未满)|满\s*[0-9一二三四五六七八九十两]+\s*年"
)
_WAIVED = re.compile(r"不设|不限|不作|不得|不以|不要求|不看|无须|无需|没有|不唯|取消|均可|优先级相同")
_SENTENCE = re.compile(r"[^；;。\n]+")


def thresholds_in(text: str) -> list[str]:
    """Sentences that ask for such a thing; one that says it is not asked for is none."""
    sentences = (found.group().strip() for found in _SENTENCE.finditer(text))
    return [s for s in sentences if _WORDS.search(s) and not _WAIVED.search(s)]
