"""A file in the object store, bound to the record it belongs to."""

import uuid

from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils.translation import gettext_lazy as _


class Attachment(models.Model):
    """One uploaded file.

    `size` and `sha256` are promised by the browser before the upload and read back from the
    store after it; only a file whose stored bytes match becomes STORED and can be submitted.
    Who may see it is asked of its holder (`attachments.queries`).
    """

    class Status(models.TextChoices):
        PENDING = "PENDING", _("上传中")
        STORED = "STORED", _("已存储")
        #: Taken out again after the record had been handed in: kept, because what was handed in names it.
        REMOVED = "REMOVED", _("已移除")

    class Slot(models.TextChoices):
        PROPOSAL = "PROPOSAL", _("揭榜申报书")
        PLEDGE = "PLEDGE", _("诚信承诺书")
        AGREEMENT = "AGREEMENT", _("联合申报协议")
        MATCHING = "MATCHING", _("配套经费证明")
        REPORT = "REPORT", _("里程碑报告")
        TEST_REPORT = "TEST_REPORT", _("第三方测试报告")
        ACCEPTANCE = "ACCEPTANCE", _("验收材料")
        OBJECTION = "OBJECTION", _("异议材料")
        OTHER = "OTHER", _("其他")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    holder_type = models.ForeignKey(ContentType, models.PROTECT)
    holder_id = models.PositiveBigIntegerField()
    holder = GenericForeignKey("holder_type", "holder_id")
    slot = models.CharField(_("材料类别"), max_length=12, choices=Slot)
    file_name = models.CharField(_("文件名"), max_length=200)
    content_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField(_("大小（字节）"))
    sha256 = models.CharField(max_length=64)
    object_key = models.CharField(max_length=120, unique=True)
    status = models.CharField(max_length=8, choices=Status, default=Status.PENDING)
    uploaded_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["slot", "created_at"]
        indexes = [models.Index(fields=["holder_type", "holder_id"])]
        constraints = [
            models.CheckConstraint(name="attachment_sha256_shape", condition=models.Q(sha256__regex=r"^[0-9a-f]{64}$")),
            models.CheckConstraint(name="attachment_not_empty", condition=models.Q(size__gt=0)),
        ]

    def __str__(self) -> str:
        return self.file_name
