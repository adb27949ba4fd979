"""The OpenAPI description: names of its enumerations, and the problem document every route may answer."""

from typing import Any

from django.utils.translation import gettext_lazy as _

#: A name for each set of choices, so that generated clients get stable types.
ENUMS = {
    "AcceptanceState": "projects.models.Acceptance.State",
    "AssignmentState": "review.models.Assignment.State",
    "BidState": "projects.models.Bid.State",
    "CertificateKind": "projects.models.Certificate.Kind",
    "CertificateState": "projects.models.Certificate.State",
    "ChallengeState": "projects.models.Challenge.State",
    "ChallengeField": "projects.models.Challenge.Field",
    "BatchKind": "projects.models.DecisionBatch.Kind",
    "BatchState": "projects.models.DecisionBatch.State",
    "DecisionOutcome": "projects.models.DecisionRow.Outcome",
    "DecisionState": "projects.models.AwardDecision.State",
    "DemandResult": "projects.models.Demand.Result",
    "DemandState": "projects.models.Demand.State",
    "FormalCheckResult": "projects.models.FormalCheck.Result",
    "FormalCheckState": "projects.models.FormalCheck.State",
    "LaneState": "projects.models.RaceLane.State",
    "ListState": "projects.models.ChallengeList.State",
    "MilestoneState": "projects.models.Milestone.State",
    "Mode": "projects.models.RuleSet.Mode",
    "NoticeKind": "projects.models.PublicNotice.Kind",
    "NoticeState": "projects.models.PublicNotice.State",
    "ObjectionState": "projects.models.Objection.State",
    "ExtensionState": "projects.models.BidExtension.State",
    "ObjectionVerdict": "projects.models.Objection.Verdict",
    "ProjectState": "projects.models.Project.State",
    "RaceState": "projects.models.Race.State",
    "ReconsiderationState": "projects.models.Reconsideration.State",
    "RoundState": "review.models.ReviewRound.State",
    "ScoreSheetState": "review.models.ScoreSheet.State",
    "TrancheState": "projects.models.Tranche.State",
}

_TEXT = {"type": "string"}
_TEXTS = {"type": "array", "items": _TEXT}
PROBLEM = {
    "type": "object",
    "description": "RFC 9457",
    "properties": {
        "type": {"type": "string", "description": "urn:jiebang:problem:<code>"},
        "code": _TEXT,
        "title": _TEXT,
        "status": {"type": "integer"},
        "detail": _TEXT,
        "sentences": _TEXTS,
        "fields": {"type": "object", "additionalProperties": _TEXTS},
    },
    "required": ["type", "code", "title", "status", "detail", "sentences", "fields"],
}


#: The story's order, which is the page's order.
TAGS = {
    "token": _("令牌"),
    "me": _("本人与角色"),
    "lists": _("榜单批次"),
    "challenges": _("榜题与考核指标"),
    "demands": _("技术需求"),
    "bids": _("揭榜申请"),
    "formal-checks": _("形式审查"),
    "rounds": _("评审轮次"),
    "assignments": _("评审任务"),
    "score-sheets": _("评分表"),
    "decisions": _("立项审定"),
    "decision-batches": _("批量办理"),
    "notices": _("公示"),
    "objections": _("异议"),
    "extensions": _("个别延期"),
    "reconsiderations": _("复审"),
    "projects": _("立项项目、任务书"),
    "milestones": _("里程碑节点"),
    "tranches": _("经费拨付"),
    "races": _("赛马"),
    "lanes": _("赛道"),
    "acceptances": _("验收"),
    "certificates": _("证书"),
    "verify": _("证书公开核验"),
}

#: What an operation does, by the end of its id; the first that fits.
SUMMARIES = {
    "_transitions_list": _("当前可办理的操作、所需输入与未满足的条件"),
    "_transitions_create": _("办理一项操作"),
    "_timeline_list": _("时间线"),
    "_files_complete_create": _("上传完毕，请求核验"),
    "_files_create": _("登记文件，取得上传地址"),
    "_files_list": _("文件清单"),
    "_files_retrieve": _("取得下载地址"),
    "_files_destroy": _("移除文件"),
    "_partial_update": _("填报草稿"),
    "token_create": _("取得令牌"),
    "token_rotate_create": _("更换令牌"),
    "token_revoke_create": _("吊销令牌"),
    "me_retrieve": _("本人与现行角色"),
    "verify_by_number": _("按证书编号与验证码核验"),
    "verify_retrieve": _("按二维码中的标识核验"),
    "_list": _("列表"),
    "_create": _("新建"),
    "_retrieve": _("详情"),
}

DESCRIPTION = _(
    """同一套查询与同一套状态流转，供页面与接口共用：看不到的记录一律答复 404，办理须满足与页面相同的条件。

* **身份**：用 `POST /api/v1/token/` 以用户名和密码取得令牌，放在请求头 `Authorization: Token <令牌>`；令牌不得写进网址。
* **办理**：先 `GET …/transitions/` 查看可办事项及所需输入，再 `POST …/transitions/<操作>/`；\
请求正文是输入的 JSON，可带 `seen_version`，他人已先行更新时答复 409。
* **错误**：一律为 `application/problem+json`（RFC 9457），`code` 固定不变，`sentences` 写明原因与办法，`fields` 指明栏目。
* **金额**以元计，小数一律写成字符串，时间带时区。
"""
)


def answer_problems(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Post-processing hook: whatever is not a success is a problem document."""
    result["components"].setdefault("schemas", {})["Problem"] = PROBLEM
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for methods in result["paths"].values():
        for operation in methods.values():
            operation["responses"]["default"] = {"description": "Problem", "content": content}
    return result


def say_what_it_does(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Post-processing hook: a line in words beside each address."""
    for methods in result["paths"].values():
        for operation in methods.values():
            ending = next(end for end in SUMMARIES if operation["operationId"].endswith(end))
            operation["summary"] = SUMMARIES[ending]
    return result


SETTINGS = {
    "TITLE": _("揭榜 Jiebang API"),
    "VERSION": "1",
    "DESCRIPTION": DESCRIPTION,
    "TAGS": [{"name": name, "description": words} for name, words in TAGS.items()],
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "ENUM_NAME_OVERRIDES": ENUMS,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "config.api_schema.answer_problems",
        "config.api_schema.say_what_it_does",
    ],
    # Own files only: the documentation page loads nothing from elsewhere.
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "persistAuthorization": False, "docExpansion": "none"},
}
