"""专家库批量导入."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Record


class ExpertImport(Record):
    """A table of experts that was read, and what each of its rows would do (`review.pool.fates`).

    `rows` are the cells as read, kept only as long as they are needed: applied or discarded, they are gone.
    `preview` stays as the account of what was done. Neither ever holds identity or bank numbers.
    """

    class State(models.TextChoices):
        UPLOADED = "UPLOADED", _("待核对")
        APPLIED = "APPLIED", _("已导入")
        DISCARDED = "DISCARDED", _("已放弃")

    agency = models.ForeignKey("accounts.Agency", models.PROTECT, related_name="expert_imports")
    file_name = models.CharField(_("文件名"), max_length=120)
    file_sha256 = models.CharField(max_length=64)
    uploaded_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+", verbose_name=_("上传人"))
    rows = models.JSONField(default=list)
    preview = models.JSONField(default=list)
    preview_sha256 = models.CharField(max_length=64)
    previewed_at = models.DateTimeField(_("核对时间"))
    #: Columns of the file that were left out, with the reason.
    left_out = models.JSONField(default=list)
    new_count = models.PositiveIntegerField(_("新增"), default=0)
    changed_count = models.PositiveIntegerField(_("更新"), default=0)
    same_count = models.PositiveIntegerField(_("不变"), default=0)
    refused_count = models.PositiveIntegerField(_("拒绝"), default=0)
    applied_at = models.DateTimeField(_("导入时间"), null=True, blank=True)
    state = models.CharField(_("状态"), max_length=12, choices=State, default=State.UPLOADED, editable=False)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="applied_import_keeps_no_rows",
                condition=Q(state="UPLOADED") | Q(rows=[]),
            ),
            models.CheckConstraint(
                name="applied_import_has_its_time",
                condition=~Q(state="APPLIED") | Q(applied_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.file_name

    def get_absolute_url(self) -> str:
        return f"/experts/import/{self.pk}/"
