"""State charts of every machine, drawn from the code as Mermaid diagrams."""

from __future__ import annotations

import sys
from collections import defaultdict

from django.utils import translation

from workflows.engine import FLOWS, Flow

HEAD = """# 状态机

由 `make docs` 从代码生成，请勿手改；测试会比对是否过期。方框是状态，箭头是流转（标签即按钮上的字）。
"""


def edges(flow: type[Flow]) -> list[tuple[str, str, str]]:
    """(from, to, label) of every declared transition, in the order of states and names."""
    found = []
    for state in flow.state.states:  # type: ignore[attr-defined]
        for transition in flow.transitions_from(state):
            for target in transition.declared_targets():
                found.append((str(state), str(target), str(transition.label)))
    return sorted(set(found))


def chart(flow: type[Flow]) -> str:
    """One `stateDiagram-v2`. Parallel edges between two states share an arrow."""
    labels = {str(value): str(label) for value, label in flow.state.states.choices}  # type: ignore[attr-defined]
    arrows: dict[tuple[str, str], list[str]] = defaultdict(list)
    for source, target, label in edges(flow):
        arrows[source, target].append(label)
    leads_on = {source for source, target in arrows if source != target}
    first = str(flow.state._default)  # type: ignore[attr-defined]
    lines = ["```mermaid", "stateDiagram-v2"]
    lines += [f'    state "{labels[value]}" as {value}' for value in labels]
    lines.append(f"    [*] --> {first}")
    lines += [f"    {source} --> {target}: {'／'.join(names)}" for (source, target), names in arrows.items()]
    lines += [f"    {value} --> [*]" for value in labels if value not in leads_on]
    return "\n".join([*lines, "```"])


def document() -> str:
    """The whole of docs/workflows.md, in Chinese whatever language is active."""
    with translation.override("zh-hans"):
        parts = [HEAD]
        for slug, flow in sorted(FLOWS.items()):
            told = sys.modules[flow.__module__].__doc__ or slug
            title = told.splitlines()[0]
            parts.append(f"## {slug}\n\n{title}\n\n{chart(flow)}\n")
        return "\n".join(parts)
