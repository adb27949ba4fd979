"""`{% files_panel holder slots as panel %}`: a record's files and what the reader may do with them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import template
from django.conf import settings
from django.db.models import Model
from django.template.context import RequestContext
from django.utils.translation import gettext as _

from attachments.kinds import EXTENSIONS
from attachments.models import Attachment
from attachments.queries import may_read, may_write, slots_of, stored_files

register = template.Library()


@dataclass(frozen=True)
class FilesPanel:
    """`files` are empty for who may not read them, however the page came to show the panel."""

    holder: Model
    files: list[Attachment]
    slots: list[tuple[str, Any]]
    may_change: bool

    @property
    def element_id(self) -> str:
        return f"files-{self.holder._meta.model_name}-{self.holder.pk}"

    @property
    def holder_label(self) -> str:
        return self.holder._meta.label_lower

    @property
    def accept(self) -> str:
        return ",".join(f".{extension}" for extension in EXTENSIONS)

    @property
    def kinds(self) -> str:
        return "、".join(extension for extension in EXTENSIONS if extension != "jpeg")

    @property
    def max_bytes(self) -> int:
        return int(settings.UPLOAD_MAX_BYTES)

    @property
    def sentences(self) -> dict[str, str]:
        """What the script says, so that it is translated with the rest."""
        limit = self.max_bytes // 1024 // 1024
        return {
            "digest": _("正在计算摘要…"),
            "sending": _("正在上传"),
            "checking": _("正在核对…"),
            "done": _("已上传并核对一致"),
            "retry": _("重试"),
            "dismiss": _("关闭"),
            "uploaded": _("已上传：{names}"),
            "removed": _("已移除：{name}"),
            "confirm": _("确定移除“{name}”吗？"),
            "tooLarge": _("“{name}”超过 %s MB，请压缩或拆分后上传。") % limit,
            "empty": _("“{name}”是空文件，请检查后重新选择。"),
            "badKind": _("“{name}”的格式不在受理范围，请转换为以下格式之一后上传：{kinds}。"),
            "unreadable": _("浏览器读不到“{name}”：文件可能已被移动或正被其他软件占用，请重新选择。"),
            "insecure": _("当前网址不是安全连接，浏览器不能计算文件摘要。请改用 https 网址打开本页后上传。"),
            "network": _("网络中断，“{name}”没有传完，请检查网络后点“重试”。"),
            "refusedByStore": _("文件存储没有接收“{name}”（{status}），请点“重试”。"),
            "server": _("服务器没有正常应答，请稍后点“重试”。"),
        }


@register.simple_tag(takes_context=True)
def files_panel(context: RequestContext, holder: Model, slots: Iterable[str] | None = None) -> FilesPanel:
    """One query for the files, and those that the permissions need."""
    request = context.get("request")
    user = getattr(request, "user", None)
    files = list(stored_files(holder).select_related("uploaded_by"))
    if files and not may_read(user, files[0]):
        files = []
    offered = slots_of(type(holder))
    if slots:
        wanted = [str(slot) for slot in slots]
        offered = tuple(slot for slot in offered if slot in wanted)
    labels = [(slot, Attachment.Slot(slot).label) for slot in offered]
    return FilesPanel(holder, files, labels, user is not None and may_write(user, holder))
