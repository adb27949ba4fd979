"""What teams write in their bids: each its own words, put together from what engineers say about their work."""

from __future__ import annotations

from random import Random

PLACES = (
    "省级重点实验室",
    "需求单位生产现场",
    "国家超算中心分中心",
    "自建中试线",
    "行业检测中心",
    "合作高校平台",
    "示范园区机房",
)
TOOLS = (
    "数字孪生",
    "半实物仿真",
    "在线学习",
    "形式化验证",
    "混合精度计算",
    "知识图谱",
    "联邦学习",
    "误差补偿",
    "故障注入",
)
PARTS = ("采集层", "控制面", "算子库", "调度器", "驱动模块", "标定流程", "数据总线", "推理引擎", "执行机构", "监测前端")
RISKS = ("极端工况数据不足", "国产器件一致性波动", "多源时钟漂移", "长周期运行老化", "现场电磁干扰", "接口协议不统一")
CHECKS = ("连续运行 {n} 天", "抽检 {n} 批次", "对照试验 {n} 组", "盲测样本 {n} 份", "往返测试 {n} 次")

ROUTE = (
    "以{route}为主线，把{part}与{part2}拆成可独立升级的两级",
    "先在{place}搭建{n}套试验床，用{tool}复现{risk}",
    "{part}采用{tool}，时延预算压缩到原来的{n}%",
    "针对{risk}，由{part}给出降级预案并留{n}%余量",
    "{tool}与{route}互为校验，偏差超过{n}‰即触发重算",
    "自第{n}月起转入{place}，{check}后固化参数",
    "{part2}的关键代码由两组人各写一遍，差异项逐条闭环",
    "经{place}第三方测试，{check}，结果写入考核台账",
    "若{risk}超出预案，切换到{tool}备选路径，{n}日内恢复",
    "{part}对外只开放{n}个接口，版本与{part2}同步冻结",
)
TEAM = (
    "核心成员{n}人，{m}人长期做{part}，牵头人主持过{tool}方向的攻关",
    "现有{place}一处，{part2}测试台{m}套，可全天候使用",
    "近三年交付{tool}类系统{m}项，其中{n}个现场仍在运行",
    "与需求单位合用{place}，派驻{m}人，{part}问题当周闭环",
    "掌握{tool}相关专利{n}件、软件著作权{m}项",
    "另聘{m}名{part2}工艺师傅，负责{risk}的现场处置",
)
SUMMARY = (
    "围绕“{topic}”，走{route}路线",
    "难点在于{risk}，本队用{tool}把{part}的波动压到{n}%以内",
    "样机放到{place}，{check}，逐条对照考核指标",
    "{part2}与{part}解耦，便于需求单位自行维护",
    "第{n}个月拿出可运行版本，此后每{m}周迭代一次",
)


def _said(templates: tuple[str, ...], count: int, random: Random, **given: str) -> str:
    sentences = []
    for template in random.sample(templates, count):
        part, part2 = random.sample(PARTS, 2)
        check = random.choice(CHECKS).format(n=random.randint(7, 180))
        n, m = random.randint(5, 36), random.randint(2, 9)
        words = {"place": random.choice(PLACES), "tool": random.choice(TOOLS), "risk": random.choice(RISKS)}
        sentences.append(template.format(part=part, part2=part2, check=check, n=n, m=m, **words, **given))
    return "；".join(sentences) + "。"


def summary(topic: str, route: str, random: Random) -> str:
    return _said(SUMMARY, 4, random, topic=topic, route=route)


def route(tag: str, random: Random) -> str:
    """Three paragraphs: what is built, how it is proven, what may go wrong."""
    said = _said(ROUTE, 9, random, route=tag).removesuffix("。").split("；")
    heads = ("一、总体方案：", "二、关键技术：", "三、验证与风险：")
    return "\n".join(f"{head}{'；'.join(said[at * 3 : at * 3 + 3])}。" for at, head in enumerate(heads))


def team(random: Random) -> str:
    return _said(TEAM, 4, random)


def introduction(name: str, random: Random) -> str:
    """What a unit says about itself."""
    part, part2 = random.sample(PARTS, 2)
    return (
        f"{name}主要从事{part}、{part2}的研发与应用，现有研发人员 {random.randint(20, 300)} 人，"
        f"建有{random.choice(PLACES)}，在{random.choice(TOOLS)}方向连续投入 {random.randint(3, 12)} 年。"
    )
