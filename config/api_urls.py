"""Addresses of the API, all under /api/v1/. What is not an address answers with a problem, too."""

from django.urls import path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from accounts.api import IssueToken, Me, RevokeToken, RotateToken
from config.api import NoSuchAddress
from projects.api.acceptances import AcceptanceViewSet
from projects.api.bids import BidViewSet
from projects.api.certificates import CertificateViewSet
from projects.api.challenges import ChallengeViewSet
from projects.api.decision_batches import DecisionBatchViewSet
from projects.api.decisions import DecisionViewSet
from projects.api.demands import DemandViewSet
from projects.api.extensions import ExtensionViewSet
from projects.api.formal_checks import FormalCheckViewSet
from projects.api.lists import ListViewSet
from projects.api.milestones import MilestoneViewSet
from projects.api.notices import NoticeViewSet
from projects.api.objections import ObjectionViewSet
from projects.api.projects import ProjectViewSet
from projects.api.races import LaneViewSet, RaceViewSet
from projects.api.reconsiderations import ReconsiderationViewSet
from projects.api.tranches import TrancheViewSet
from projects.api.verification import VerifyByNumber, VerifyByToken
from review.api.assignments import AssignmentViewSet
from review.api.rounds import RoundViewSet
from review.api.score_sheets import ScoreSheetViewSet
from workflows.api import RecordRouter

router = RecordRouter()
router.register("lists", ListViewSet, "api-list")
router.register("challenges", ChallengeViewSet, "api-challenge")
router.register("demands", DemandViewSet, "api-demand")
router.register("bids", BidViewSet, "api-bid")
router.register("formal-checks", FormalCheckViewSet, "api-formal-check")
router.register("rounds", RoundViewSet, "api-round")
router.register("assignments", AssignmentViewSet, "api-assignment")
router.register("score-sheets", ScoreSheetViewSet, "api-score-sheet")
router.register("decisions", DecisionViewSet, "api-decision")
router.register("decision-batches", DecisionBatchViewSet, "api-decision-batch")
router.register("notices", NoticeViewSet, "api-notice")
router.register("objections", ObjectionViewSet, "api-objection")
router.register("extensions", ExtensionViewSet, "api-extension")
router.register("reconsiderations", ReconsiderationViewSet, "api-reconsideration")
router.register("projects", ProjectViewSet, "api-project")
router.register("milestones", MilestoneViewSet, "api-milestone")
router.register("tranches", TrancheViewSet, "api-tranche")
router.register("races", RaceViewSet, "api-race")
router.register("lanes", LaneViewSet, "api-lane")
router.register("acceptances", AcceptanceViewSet, "api-acceptance")
router.register("certificates", CertificateViewSet, "api-certificate")

urlpatterns = [
    path("schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="api-schema"), name="api-docs"),
    path("token/", IssueToken.as_view(), name="api-token"),
    path("token/rotate/", RotateToken.as_view(), name="api-token-rotate"),
    path("token/revoke/", RevokeToken.as_view(), name="api-token-revoke"),
    path("me/", Me.as_view(), name="api-me"),
    path("verify/", VerifyByNumber.as_view(), name="api-verify"),
    path("verify/<str:token>/", VerifyByToken.as_view(), name="api-verify-token"),
    *router.urls,
    re_path(r"", NoSuchAddress.as_view(), name="api-no-such-address"),
]
