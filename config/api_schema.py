"""The OpenAPI description: names of its enumerations, and the problem document every route may answer."""

from typing import Any

#: A name for each set of choices, so that generated clients get stable types.
ENUMS = {
    "AcceptanceState": "projects.models.Acceptance.State",
    "AssignmentState": "review.models.Assignment.State",
    "BidState": "projects.models.Bid.State",
    "CertificateKind": "projects.models.Certificate.Kind",
    "CertificateState": "projects.models.Certificate.State",
    "ChallengeState": "projects.models.Challenge.State",
    "ChallengeField": "projects.models.Challenge.Field",
    "DecisionOutcome": "projects.models.DecisionRow.Outcome",
    "DecisionState": "projects.models.AwardDecision.State",
    "FormalCheckResult": "projects.models.FormalCheck.Result",
    "FormalCheckState": "projects.models.FormalCheck.State",
    "LaneState": "projects.models.RaceLane.State",
    "ListState": "projects.models.ChallengeList.State",
    "MilestoneState": "projects.models.Milestone.State",
    "Mode": "projects.models.RuleSet.Mode",
    "NoticeKind": "projects.models.PublicNotice.Kind",
    "NoticeState": "projects.models.PublicNotice.State",
    "ObjectionState": "projects.models.Objection.State",
    "ProjectState": "projects.models.Project.State",
    "RaceState": "projects.models.Race.State",
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


def answer_problems(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Post-processing hook: whatever is not a success is a problem document."""
    result["components"].setdefault("schemas", {})["Problem"] = PROBLEM
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for methods in result["paths"].values():
        for operation in methods.values():
            operation["responses"]["default"] = {"description": "Problem", "content": content}
    return result


SETTINGS = {
    "TITLE": "揭榜 Jiebang API",
    "VERSION": "1",
    "DESCRIPTION": "同一套查询与同一套状态流转，供页面与接口共用。",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "ENUM_NAME_OVERRIDES": ENUMS,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "config.api_schema.answer_problems",
    ],
    # Own files only: the documentation page loads nothing from elsewhere.
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "persistAuthorization": False},
}
