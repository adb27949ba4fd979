"""The fictional challenges of domain 6.2 and others of the same kind. Amounts are invented."""

from __future__ import annotations

from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class Topic:
    """A challenge to be posted. `cap` in 万元; indicators: (name, comparator, target, unit, must)."""

    title: str
    field: str
    demander: str
    cap: int
    months: int
    indicators: tuple[tuple[str, str, str, str, bool], ...]
    routes: tuple[str, ...] = ("自主内核", "软硬协同", "模型驱动", "异构融合", "开源增强", "机理与数据混合")
    #: Nobody's bid reaches the pass score: the challenge lapses (流榜).
    is_too_hard: bool = False
    scenario: str = "需求单位生产现场与两个地市的示范点"


def must(name: str, comparator: str, target: str, unit: str) -> tuple[str, str, str, str, bool]:
    return (name, comparator, target, unit, True)


def other(name: str, comparator: str, target: str, unit: str) -> tuple[str, str, str, str, bool]:
    return (name, comparator, target, unit, False)


@dataclass(frozen=True)
class ListPlan:
    """One list: who posts it, when it is published (days from today), what is in it."""

    agency: str
    code: str
    title: str
    publish_in_days: int
    topics: tuple[Topic, ...]
    bids: int = 5
    mode: str = "OPEN_CHALLENGE"
    #: Preset of its rules, where it is not that of the mode.
    preset: str = ""
    has_objection: bool = field(default=False)
    #: One team could not hand in in time and asks for longer.
    has_extension: bool = field(default=False)
    #: That team has borrowed the words of a funded project.
    has_copy: bool = field(default=False)
    #: Challenges come out of collected demands (domain 2.1 COLLECTING … DEMAND_NOTICE).
    collects: bool = field(default=False)
    #: Teams defend their bids before the panel (domain 3.8).
    has_defence: bool = field(default=False)
    #: Bids are shared out among a larger panel by what its members know (`Rules.assignment`).
    is_matched: bool = field(default=False)
    #: One expert scores one bid far from the others; a member dissents from the panel's opinion (domain 3.7).
    has_outlier: bool = field(default=False)
    #: The result is decided and held back for some days before it is told.
    is_held: bool = field(default=False)
    #: What the batch may cost, in per cent of the money that is proposed.
    budget_percent: int = field(default=110)

    @property
    def rules(self) -> str:
        """Key of its rule set among those of its office."""
        kinds = {"_COLLECTING": self.collects, "_DEFENCE": self.has_defence, "_MATCHED": self.is_matched}
        return (self.preset or self.mode) + next((suffix for suffix, holds in kinds.items() if holds), "")


COMPUTE = Topic("面向政务大模型的国产智算集群混合训练调度", "COMPUTING", "齐云算力", 1000, 36, (
    must("国产加速卡规模", ">=", "1024", "张"), must("线性加速比", ">=", "85", "%"), must("故障恢复时间", "<=", "10", "分钟"),
    must("适配大模型", ">=", "2", "个")))  # fmt: skip
TIMESERIES = Topic("工业现场毫秒级时序数据库内核", "SOFTWARE", "岱岳工软", 600, 24, (
    must("单节点写入吞吐", ">=", "500", "万点/秒"), must("P99 查询时延", "<=", "20", "毫秒"), must("压缩比", ">=", "10", "倍"),
    other("适配国产处理器", ">=", "2", "种")))  # fmt: skip
VR_CHIP = Topic("虚拟现实一体机低时延渲染芯片组", "CHIP", "崂山光电", 800, 24, (
    must("动作到显示时延", "<=", "15", "毫秒"), must("整机功耗", "<=", "6", "瓦"), must("单眼刷新率", ">=", "90", "赫兹"),
    other("试产规模", ">=", "10000", "台")))  # fmt: skip
FARMING = Topic("北斗+5G 农机厘米级协同作业系统", "AGRICULTURE", "鲁北农机", 400, 24, (
    must("直线作业精度", "<=", "2.5", "厘米"), must("示范农机", ">=", "500", "台"), must("系统可用性", ">=", "99.5", "%"),
    other("示范县", ">=", "2", "个")))  # fmt: skip
SERVER = Topic("高端服务器整机可信固件与远程管理", "SECURITY", "泉城服务器", 700, 24, (
    must("固件度量时间", "<=", "3", "秒"), must("第三方测试严重缺陷", "<=", "0", "个"), must("装机量", ">=", "5000", "台")))  # fmt: skip
OCEAN = Topic("海洋牧场多模态感知与病害早期预警", "AGRICULTURE", "蓝湾水产", 300, 24, (
    must("盲测召回率", ">=", "90", "%"), must("盲测精确率", ">=", "85", "%"), must("预警提前量", ">=", "7", "天"),
    other("示范海域", ">=", "3", "处")))  # fmt: skip
DATA_SPACE = Topic("公共数据可信空间隐私计算互联", "DATA", "数据运营", 500, 24, (
    must("互通厂商", ">=", "4", "家"), must("千万行隐私求交时间", "<=", "5", "分钟"), must("密码应用安全性评估", "bool", "1", "")))  # fmt: skip
PARK = Topic("云边端协同的园区工业大脑", "MANUFACTURING", "金岭化工", 450, 24, (
    must("关键工序数字化率", ">=", "90", "%"), must("综合能耗下降", ">=", "8", "%"), must("误报率", "<=", "5", "%")))  # fmt: skip
EDA = Topic("面向芯片设计的国产 EDA 时序签核", "CHIP", "济微电子", 1000, 36, (
    must("签核误差", "<=", "3", "%"), must("28 纳米流片", ">=", "2", "次"), must("相对运行时间", "<=", "1.2", "倍")))  # fmt: skip
QUANTUM = Topic("量子随机数与后量子密码政务网关", "SECURITY", "量安科技", 350, 24, (
    must("随机数速率", ">=", "1", "Gbps"), must("国密随机性检测", "bool", "1", ""), other("试点部门", ">=", "3", "个")))  # fmt: skip
WEATHER = Topic("城市短临强降水人工智能预报", "AI", "海岱气象", 380, 24, (
    must("0–2 小时命中率", ">=", "85", "%"), must("空报率", "<=", "20", "%"), must("更新周期", "<=", "10", "分钟")))  # fmt: skip
VISION = Topic("轮胎全尺寸缺陷在线视觉检测", "AI", "玲珑橡胶", 260, 18, (
    must("漏检率", "<=", "0.1", "%"), must("节拍", "<=", "6", "秒/条"), must("缺陷类别", ">=", "30", "类")))  # fmt: skip
NETWORK = Topic("矿井 5G 确定性网络与远程掘进控制", "NETWORK", "兖州矿业", 520, 24, (
    must("端到端时延", "<=", "20", "毫秒"), must("时延抖动", "<=", "1", "毫秒"), must("连续运行", ">=", "90", "天")))  # fmt: skip
STEEL = Topic("钢铁全流程质量大模型与工艺寻优", "AI", "日照钢联", 680, 24, (
    must("质量预报准确率", ">=", "95", "%"), must("吨钢能耗下降", ">=", "3", "%"), other("覆盖产线", ">=", "4", "条")))  # fmt: skip
ROBOT = Topic("重载协作机器人一体化关节", "MANUFACTURING", "渤海机器人", 420, 24, (
    must("额定力矩", ">=", "300", "牛米"), must("重复定位精度", "<=", "0.05", "毫米"), must("无故障时间", ">=", "20000", "小时")))  # fmt: skip
PORT = Topic("集装箱码头混行无人集卡调度", "MANUFACTURING", "日照港务", 480, 24, (
    must("单机效率", ">=", "38", "箱/小时"), must("人工接管率", "<=", "0.3", "%"), must("混行规模", ">=", "60", "台")))  # fmt: skip
SENSOR = Topic("深海原位化学传感器阵列", "CHIP", "胶东海仪", 360, 24, (
    must("工作水深", ">=", "4000", "米"), must("漂移", "<=", "2", "%/年"), must("参数种类", ">=", "5", "种")))  # fmt: skip
GRID = Topic("配电网分布式光伏承载力实时评估", "SOFTWARE", "齐鲁电网", 300, 18, (
    must("评估误差", "<=", "5", "%"), must("计算时间", "<=", "60", "秒"), must("接入台区", ">=", "10000", "个")))  # fmt: skip
SEED = Topic("小麦全基因组选择育种智能平台", "DATA", "泰安种业", 330, 24, (
    must("预测准确度", ">=", "0.7", ""), must("育种周期缩短", ">=", "30", "%"), other("示范品系", ">=", "20", "个")))  # fmt: skip
AUDIT = Topic("政务数据授权运营全程留痕与计量", "DATA", "数据运营", 280, 18, (
    must("留痕覆盖率", ">=", "100", "%"), must("单日计量条数", ">=", "100000000", "条"), must("核验时间", "<=", "3", "秒")))  # fmt: skip
LIDAR = Topic("车规级固态激光雷达收发芯片", "CHIP", "齐风光电", 560, 24, (
    must("测距", ">=", "250", "米"), must("角分辨率", "<=", "0.1", "度"), must("车规认证", "bool", "1", "")))  # fmt: skip
MEDICAL = Topic("基层影像多病种辅助诊断大模型", "AI", "海岱医疗", 400, 24, (
    must("病种", ">=", "12", "种"), must("敏感度", ">=", "92", "%"), must("部署机构", ">=", "50", "家")))  # fmt: skip
DRONES = Topic("低空无人机群协同感知与自主避障", "AI", "胶州低空", 380, 24, (
    must("协同规模", ">=", "50", "架"), must("避障成功率", ">=", "99.5", "%"), must("定位误差", "<=", "0.3", "米")))  # fmt: skip

#: Every phase has a list; where a list stands today follows from its day of publication.
PLANS = (
    ListPlan("sd", "SD-2023-01", "数字技术攻关揭榜挂帅（首批）", -1020, (VISION, GRID), 6),
    ListPlan("sd", "SD-2025-01", "智能算力与大模型赛马制攻关", -500, (COMPUTE,), 8, "HORSE_RACE"),
    ListPlan(
        "sd", "SD-2025-02", "工业软件与网络安全揭榜挂帅", -330, (TIMESERIES, replace(SERVER, is_too_hard=True)), 7
    ),
    ListPlan("sd", "SD-2026-01", "智慧农业与海洋揭榜挂帅", -88, (FARMING, OCEAN), 7),
    ListPlan("sd", "SD-2026-02", "数据要素与密码揭榜挂帅", -69, (DATA_SPACE, QUANTUM), 7, has_objection=True),
    ListPlan(
        "sd",
        "SD-2026-03",
        "集成电路揭榜挂帅",
        -54,
        (VR_CHIP, LIDAR),
        7,
        has_extension=True,
        has_copy=True,
        has_defence=True,
        preset="BANDED",
    ),
    ListPlan("sd", "SD-2026-04", "园区工业大脑与钢铁大模型揭榜挂帅", -20, (PARK, STEEL), 7),
    ListPlan("sd", "SD-2026-05", "EDA 工具赛马制攻关", 16, (EDA,), 0, "HORSE_RACE", collects=True),
    ListPlan("sd", "SD-2026-06", "基层医疗人工智能揭榜挂帅", 42, (MEDICAL,), 0, collects=True),
    ListPlan(
        "qd", "QD-2026-01", "海洋仪器与智慧港口揭榜挂帅", -64, (PORT, SENSOR), 7, has_outlier=True, budget_percent=70
    ),
    ListPlan("qd", "QD-2026-02", "气象与矿山人工智能揭榜挂帅", -35, (WEATHER, NETWORK), 7),
    ListPlan("qd", "QD-2026-03", "机器人核心部件揭榜挂帅", -29, (ROBOT,), 7, has_extension=True),
    ListPlan("qd", "QD-2026-04", "生物育种揭榜挂帅", 1, (SEED,), 0, collects=True),
    ListPlan("qd", "QD-2026-05", "数据运营揭榜挂帅", 8, (AUDIT,), 0, collects=True),
    ListPlan("qd", "QD-2026-06", "城市治理揭榜挂帅", 30, (WEATHER,), 0, collects=True),
    ListPlan("qd", "QD-2026-08", "轮胎视觉检测揭榜挂帅", -53, (VISION,), 9, is_matched=True),
    ListPlan("qd", "QD-2026-07", "低空经济揭榜挂帅", -86, (DRONES,), 5, is_held=True),
)
