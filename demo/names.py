"""Invented names. Organisations carry （示例）; nobody here exists."""

from collections.abc import Iterator
from itertools import product

from accounts.models import Organisation

SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
GIVEN = (
    "建国 志强 海燕 雪梅 文博 思源 明哲 晓峰 丽华 俊杰 嘉怡 子涵 宇航 静怡 国栋 春林 佳宁 永康 立新 慧敏 "
    "伟民 红霞 振华 亚楠 泽宇 若曦 长青 晨曦 培元 书瑶 景行 望舒 怀瑾 知行 一鸣 清扬 德润 念慈 云帆 星野"
).split()

#: (name, region)
ENTERPRISES = [
    ("泰岳智算", "济南"), ("海右数科", "济南"), ("崂峰光电", "青岛"), ("蓝谷海工", "青岛"), ("鸢都软件", "潍坊"),
    ("齐风芯片", "淄博"), ("沂蒙数能", "临沂"), ("曲阜云联", "济宁"), ("黄河安盾", "东营"), ("烟台海数", "烟台"),
    ("威海航芯", "威海"), ("日照港链", "日照"), ("德州农智", "德州"), ("聊城铝云", "聊城"), ("菏泽牡丹数据", "菏泽"),
    ("枣庄锂电智控", "枣庄"), ("滨州渤海智造", "滨州"), ("泰山石墨", "泰安"),
]  # fmt: skip
SUFFIX = "（示例）科技有限公司"
UNIVERSITIES = [
    "岱宗大学", "济水理工大学", "胶州湾海洋大学", "稷下师范大学", "黄渤海工业大学", "沂水农业大学", "鲁北石油大学", "泗水医科大学",
    "蓬莱信息工程大学", "泉城财经大学", "运河科技大学", "孟良崮交通大学",
]  # fmt: skip
INSTITUTES = [
    "省计算中心", "省量子技术研究院", "省工业软件研究院", "省海洋仪器研究所", "省农业机械研究院", "省激光研究所", "省人工智能研究院",
    "省信息安全测评中心", "省集成电路创新中心", "省机器人研究院", "省先进材料研究院", "省数据要素研究院",
]  # fmt: skip
REVIEWING_UNITS = [
    "北辰大学", "江南科技大学", "西岭工业大学", "东海理工大学", "南屏财经大学", "中原信息大学", "燕山工程大学", "太湖大学", "岭南计算技术研究所",
    "关中自动化研究所", "长白山光机所", "巴山软件评测中心", "天河智能研究院", "洞庭会计师事务所", "钱塘审计研究会", "武夷产业投资研究院",
    "珠江电子集团技术中心", "长江装备集团研究院", "漓江农装集团", "云岭通信研究院", "祁连数据中心", "海河芯片设计院", "松花江仪器研究所",
    "秦淮密码技术研究所", "嘉陵江大学", "赣江理工大学", "湘水大学", "汉水交通大学", "闽江海洋研究所", "淮海农业大学",
]  # fmt: skip
CITIES = ["泉城市科学技术局", "琴岛市科学技术局", "鸢都市科学技术局", "沂州市科学技术局", "海岱市科学技术局"]


def kind_of(unit: str) -> Organisation.Kind:
    """What a reviewing unit is, by its name."""
    if unit.endswith("大学"):
        return Organisation.Kind.UNIVERSITY
    firm = any(word in unit for word in ("集团", "农装", "事务所"))
    return Organisation.Kind.ENTERPRISE if firm else Organisation.Kind.INSTITUTE


def people() -> Iterator[str]:
    """Names without end worth mentioning: 1,600 of them, in an order that mixes surnames."""
    for given, surname in product(GIVEN, SURNAMES):
        yield surname + given
