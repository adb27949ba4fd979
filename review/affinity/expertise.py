"""Keywords that an expert may take over from the text of his achievements. No Django import.

Here words are needed, not characters: a suggestion is read. Neighbouring words between those that every
such text uses (研究, 主持, 发表 …) make a phrase. It is a suggestion; the expert strikes out and adds.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import rjieba

from review.affinity.terms import HAN, latin_words, plain

MOST = 12
SHORTEST, LONGEST = 2, 8
#: Words of every curriculum vitae, and those that only join others. They end a phrase.
_EVERYWHERE = """
    的 地 得 与 和 及 以及 或 等 对 在 于 为 了 并 将 由 从 向 到 以 其 中 上 下 内 外 用 用于 基于 面向 针对 通过 围绕 包括 涉及
    研究 从事 长期 主要 方向 领域 主持 承担 参与 参加 负责 提出 开展 完成 研制 开发 研发 建成 建立 建有 构建 建设 设计 实现 形成
    获得 获 取得 发表 出版 授权 申请 推广 应用 服务 解决 突破 攻克 降低 提高 提升 编制 制定 起草 担任 管理 指导 培养 曾 带队
    论文 专著 专利 发明专利 项目 课题 成果 奖 一等奖 二等奖 三等奖 科技 进步奖 国家 国家级 省 省级 省部级 部级 重点 重大 计划 专项
    基金 自然科学基金 教授 研究员 博士 硕士 导师 团队 企业 高校 单位 学会 委员 专家 评审 标准 产品 样机 面积 方法 技术
    系统 平台 问题 方面 工作 国产 国内 国际 先进 水平 以上 部署 示范 工程 试验 实验 关键 相关 新型 高性能
    博士生 研究生 本科生 政府 特殊津贴 学者 特聘 入选 突出贡献 中青年 访问 大学 学院 学科 课程 教学 学位 优秀 学术 期刊 编委 理事
    委员会 组长 验收 实验室 合作 共建 联合 推动 转化 产业化 转让 许可 创办 省市 鉴定 总体 达到 具有 丰富 实践 经验 注重 其中 部分
    国家标准 行业标准 科技进步 需求 研究成果 创新"""
_COMMON = frozenset(_EVERYWHERE.split())
#: 三个, 百余次, 多家: how many of something.
_AMOUNT = re.compile("[零一二三四五六七八九十百千万亿两余多几第]+[个项篇部种名位家台套支款次年亩]?")
_HAN = re.compile(f"[{HAN}]+")


def expertise_terms(text: str, most: int = MOST) -> list[str]:
    """Phrases of 2 to 8 characters and Latin words, most frequent first, then in the order of the text."""
    text = plain(text)
    counts = Counter(phrase for phrase in _phrases(text) if SHORTEST <= len(phrase) <= LONGEST)
    counts.update(word.upper() for word in latin_words(text))
    phrases = sorted(counts, key=lambda phrase: -counts[phrase])  # stable: then as they came
    return phrases[:most]


def _phrases(text: str) -> Iterator[str]:
    """Runs of words that say something; a long one keeps its end, where Chinese names the thing."""
    run: list[str] = []
    for word in [*rjieba.cut(text, hmm=False), "。"]:
        if _says_something(word):
            run.append(word)
            continue
        while sum(map(len, run)) > LONGEST:
            del run[0]
        yield "".join(run)
        run = []


def _says_something(word: str) -> bool:
    return word not in _COMMON and bool(_HAN.fullmatch(word)) and not _AMOUNT.fullmatch(word)
