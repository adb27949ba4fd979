"""Real PDF files for the demo: one page each, drawn once and made unique by their metadata."""

from __future__ import annotations

import io

from pypdf import PdfReader, PdfWriter
from weasyprint import HTML

_PAGE = """<html lang="zh"><style>@page {{ size: A4; margin: 30mm 26mm }}
body {{ font-family: "Noto Serif CJK SC", serif; font-size: 14pt; line-height: 2 }} h1 {{ text-align: center }}</style>
<h1>{title}</h1><p>本文件为演示材料，内容均为虚构。</p><p>{text}</p></html>"""
_TEXTS = {
    "PROPOSAL": (
        "揭榜申报书",
        "一、研究现状　二、目标与内容　三、技术路线　四、进度安排　五、组织保障　六、团队　七、经费预算",
    ),
    "PLEDGE": ("科研诚信承诺书", "我单位和项目负责人承诺：所提供材料真实、完整、不涉密，愿接受监督并承担失信责任。"),
    "OBJECTION": ("两份任务书对照表", "逐项对照考核指标、试验场景、经费用途，差异处附说明和证明材料。"),
    "OTHER": ("停电通知", "因变电站检修延误，园区自即日 14 时起停电，预计 48 小时内恢复供电。"),
    "TEST_REPORT": ("第三方测试报告", "依据任务书指标逐项测试，测试环境、方法与原始记录见附录。"),
    "ACCEPTANCE": ("项目总结报告", "任务目标、考核指标完成情况、主要研发内容、成果信息、经费决算。"),
}


class Papers:
    """Draws each kind of paper once; `make` gives it a title of its own."""

    def __init__(self) -> None:
        self._drawn: dict[str, bytes] = {}

    def make(self, slot: str, subject: str) -> bytes:
        if slot not in self._drawn:
            title, text = _TEXTS[slot]
            self._drawn[slot] = HTML(string=_PAGE.format(title=title, text=text)).write_pdf() or b""
        writer = PdfWriter(clone_from=PdfReader(io.BytesIO(self._drawn[slot])))
        writer.add_metadata({"/Title": f"{_TEXTS[slot][0]}：{subject}"})
        out = io.BytesIO()
        writer.write(out)
        return out.getvalue()

    def name(self, slot: str) -> str:
        return f"{_TEXTS[slot][0]}.pdf"
