"""What experts of the tests write: no two alike, for twin texts are a finding of their own (D6, domain 3.7)."""

from itertools import combinations

_SENTENCES = (
    "研究目标与榜题要求逐条对应，没有遗漏。",
    "总体路线可行，关键环节留有替代办法。",
    "样机数据来自现场试验，记录比较完整。",
    "团队分工清楚，骨干成员投入时间充足。",
    "里程碑可以检查，各节点指标逐级提高。",
    "预算与任务匹配，设备购置理由较充分。",
    "预期效益估算稳妥，推广对象已有意向。",
    "风险识别全面，应对措施落实到责任人。",
    "联合单位之间接口明确，交付边界写清。",
    "测试方法有标准可依，第三方机构已定。",
    "知识产权归属事先约定，没有权属争议。",
    "与国内同类成果相比，优势说明较具体。",
)
#: Any two have at most three of their four sentences in common: far from the nine tenths of D6.
COMMENTS = ["".join(four) for four in combinations(_SENTENCES, 4)]


def comment_of(alias: str, n: int = 0) -> str:
    """What the expert with this alias writes about the n-th bid: 50 characters and more."""
    return COMMENTS[(int(alias[1:]) * 37 + n) % len(COMMENTS)]
