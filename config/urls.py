"""The map of addresses. Nouns with stable public numbers; one door for buttons: /act/…"""

from __future__ import annotations

from django.contrib.auth.views import LogoutView
from django.urls import include, path

from accounts.views import notifications, profiles
from accounts.views.sign_in import SignIn
from projects.views import (
    audit,
    award_notice,
    bid_cells,
    bid_forms,
    bids,
    challenges,
    decision_batches,
    decisions,
    demand_merging,
    demands,
    duplicates,
    exports,
    extensions,
    feed,
    finance,
    formal_checks,
    lists,
    notices,
    objections,
    open_data,
    outbox,
    preview,
    projects,
    public,
    races,
    receipts,
    reconsiderations,
    simulation,
    subscriptions,
    workbench,
)
from review.views import (
    analysis,
    appraisals,
    conflicts,
    defences,
    documents,
    draws,
    expert_fees,
    expert_imports,
    expert_profile,
    experts,
    matches,
    overview,
    questions,
    rounds,
    scenarios,
    sheet_cells,
    sheets,
    supervision,
    tasks,
    ties,
    units,
    workbooks,
)
from workflows.views import act

public_pages = [
    path("", public.home, name="home"),
    path("lists/", lists.index, name="lists"),
    path("lists/<str:number>/", lists.detail, name="list"),
    path("lists/<str:number>/export.csv", exports.list_csv, name="list_csv"),
    path("lists/<str:number>/export.json", exports.list_json, name="list_json"),
    path("challenges/", challenges.index, name="challenges"),
    path("challenges/<str:number>/", challenges.detail, name="challenge"),
    path("notices/", notices.index, name="notices"),
    path("notices/export.csv", notices.index, {"as_csv": True}, name="notices_csv"),
    path("notices/<str:number>/", notices.detail, name="notice"),
    path("open/", open_data.index, name="open_data"),
    path("open/feed.atom", feed.feed, name="feed"),
    path("open/schema/<slug:name>.json", open_data.schema, name="open_schema"),
    path("open/<slug:name>.csv", open_data.as_csv, name="open_csv"),
    path("open/<slug:name>.json", open_data.as_json, name="open_json"),
]

people = [
    path("login/", SignIn.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("language/", include("django.conf.urls.i18n")),
    path("workbench/", workbench.workbench, name="workbench"),
    path("subscriptions/", subscriptions.subscriptions, name="subscriptions"),
    path("notifications/", notifications.notifications, name="notifications"),
    path("notifications/read/", notifications.mark_all_read, name="notifications_read"),
    path("notifications/<int:pk>/", notifications.open_notification, name="notification"),
]

posting = [
    path("new/list/", lists.new, name="list_new"),
    path("profile/", profiles.person, name="profile"),
    path("units/<str:uscc>/profile/", profiles.unit, name="unit_profile"),
    path("lists/<str:number>/edit/", lists.edit, name="list_edit"),
    path("lists/<str:number>/simulation/", simulation.simulation, name="list_simulation"),
    path("lists/<str:number>/preview/<str:audience>/", preview.preview, name="list_preview"),
    path("lists/<str:number>/preview/<str:audience>/<str:challenge>/", preview.preview, name="challenge_preview"),
    path("lists/<str:number>/challenges/new/", challenges.new, name="challenge_new"),
    path("challenges/<str:number>/edit/", challenges.edit, name="challenge_edit"),
    path("new/demand/", demands.new, name="demand_new"),
    path("demands/", demands.index, name="demands"),
    path("demands/export.csv", demands.export, name="demands_csv"),
    path("demands/<str:number>/", demands.detail, name="demand"),
    path("demands/<str:number>/edit/", demands.edit, name="demand_edit"),
    path("demands/<str:number>/appraisal/", appraisals.scores, name="demand_scores"),
    path("lists/<str:number>/demands/merge/", demand_merging.merge, name="demand_merge"),
]

bidding = [
    path("challenges/<str:number>/bid/", bid_forms.open_bid, name="bid_new"),
    path("bids/", bids.index, name="bids"),
    path("bids/export.csv", bids.export, name="bids_csv"),
    path("bids/<uuid:uuid>/", bids.detail, name="bid"),
    path("bids/<uuid:uuid>/edit/<slug:section>/", bid_forms.edit, name="bid_edit"),
    path("bids/<uuid:uuid>/cells/", bid_cells.cells, name="bid_cells"),
    path("receipts/<str:number>/", receipts.detail, name="receipt"),
    path("receipts/<str:number>/receipt.json", receipts.as_document, name="receipt_json"),
    path("receipts/<str:number>/receipt.pdf", receipts.as_paper, name="receipt_pdf"),
    path("bids/<uuid:uuid>/formal-check/", formal_checks.detail, name="formal_check"),
]

reviewing = [
    path("rounds/", rounds.index, name="rounds"),
    path("review-overview/", overview.index, name="review_overview"),
    path("review-overview/export.csv", overview.export, name="review_overview_csv"),
    path("rounds/<int:pk>/", rounds.detail, name="round"),
    path("rounds/<int:pk>/analysis/", analysis.of_round, name="round_analysis"),
    path("rounds/<int:pk>/analysis/confidence/", analysis.confidence_of_round, name="round_confidence"),
    path("rounds/<int:pk>/analysis/scenarios/", scenarios.keep_of_round, name="round_scenarios"),
    path("lists/<str:number>/analysis/", analysis.of_list, name="list_analysis"),
    path("lists/<str:number>/analysis/confidence/", analysis.confidence_of_list, name="list_confidence"),
    path("lists/<str:number>/analysis/scenarios/", scenarios.keep_of_list, name="list_scenarios"),
    path("scenarios/<int:pk>/scenario.json", scenarios.export, name="scenario_json"),
    path("draws/", draws.index, name="draws"),
    path("draws/<int:pk>/", draws.detail, name="draw"),
    path("draws/<int:pk>/record.json", draws.record, name="draw_record"),
    path("rounds/<int:pk>/conflicts/", conflicts.matrix, name="conflicts"),
    path("rounds/<int:pk>/conflicts.csv", conflicts.export, name="conflicts_csv"),
    path("units/<str:uscc>/relations/", units.relations, name="unit_relations"),
    path("experts/<int:pk>/ties/", ties.of_expert, name="expert_ties"),
    path("rounds/<int:pk>/match/", matches.detail, name="round_match"),
    path("rounds/<int:pk>/match/<int:no>.json", matches.record, name="round_match_record"),
    path("rounds/<int:pk>/supervision/", supervision.supervision, name="round_supervision"),
    path("rounds/<int:pk>/defence/new/", defences.new, name="defence_new"),
    path("defences/<int:pk>/", defences.detail, name="defence"),
    path("defences/<int:pk>/timetable.pdf", defences.paper, name="defence_paper"),
    path("defence-slots/<int:pk>/", defences.slot, name="defence_slot"),
    path("defence-slots/<int:pk>/notice.pdf", defences.slot_paper, name="defence_slot_paper"),
    path("challenges/<str:number>/rounds/new/", rounds.new, name="round_new"),
    path("reviews/", tasks.index, name="reviews"),
    path("reviews/ties/", ties.own, name="ties"),
    path("reviews/<int:pk>/", tasks.detail, name="review"),
    path("reviews/<int:pk>/bids/<uuid:uuid>/", sheets.sheet, name="sheet"),
    path("reviews/<int:pk>/bids/<uuid:uuid>/question/", questions.new, name="question_new"),
    path("reviews/<int:pk>/bids/<uuid:uuid>/cells/", sheet_cells.cells, name="sheet_cells"),
    path("reviews/<int:pk>/bids/<uuid:uuid>/use/", sheet_cells.beat, name="sheet_beat"),
    path("reviews/<int:pk>/bids/<uuid:uuid>/files/<uuid:file>/", documents.document, name="sheet_file"),
    path("reviews/<int:pk>/bids/<uuid:uuid>/files/<uuid:file>/<int:number>/", documents.page, name="sheet_page"),
    path(
        "reviews/<int:pk>/bids/<uuid:uuid>/files/<uuid:file>/<int:number>/text/", documents.page_text, name="sheet_text"
    ),
    path("reviews/<int:pk>/workbook/", workbooks.workbook, name="sheets_workbook"),
]

pool = [
    path("experts/", experts.index, name="experts"),
    path("experts/export.csv", experts.export, name="experts_csv"),
    path("experts/import/", expert_imports.index, name="expert_imports"),
    path("experts/import/template.xlsx", expert_imports.template_file, name="expert_template"),
    path("experts/import/sample.xlsx", expert_imports.sample_file, name="expert_sample"),
    path("experts/import/<int:pk>/", expert_imports.detail, name="expert_import"),
    path("experts/<int:pk>/", experts.detail, name="expert"),
    path("experts/<int:pk>/<slug:step>/", experts.act, name="expert_step"),
    path("expert-profile/", expert_profile.profile, name="expert_profile"),
    path("expert-profile/<slug:agency>/", expert_profile.profile, name="expert_profile"),
    path("expert-profile/<slug:agency>/confirm/", expert_profile.confirm, name="expert_confirm"),
    path("expert-profile/<slug:agency>/leaves/", expert_profile.add_leave, name="expert_leave"),
    path("expert-profile/<slug:agency>/leaves/<int:pk>/drop/", expert_profile.drop_leave, name="expert_leave_drop"),
    path("expert-profile/<slug:agency>/identity/", expert_profile.identity, name="expert_identity"),
    path("expert-fees/", expert_fees.index, name="expert_fees"),
    path("expert-fees/<int:pk>/", expert_fees.detail, name="expert_fee"),
]

deciding = [
    path("decisions/", decisions.index, name="decisions"),
    path("decisions/<str:number>/", decisions.detail, name="decision"),
    path("decisions/<str:number>/rows.csv", decisions.export, name="decision_csv"),
    path("decisions/<str:number>/told.csv", decisions.told, name="decision_told"),
    path("decisions/<str:number>/letters/", decisions.letters, name="decision_letters"),
    path("decisions/<str:number>/letters/<slug:kind>.pdf", decision_batches.sample, name="decision_sample"),
    path("decisions/<str:number>/opinions/", decision_batches.opinions, name="decision_opinions"),
    path("decisions/<str:number>/preview/<slug:kind>/", decision_batches.new, name="batch_new"),
    path("decisions/<str:number>/batches/<int:pk>/", decision_batches.detail, name="batch"),
    path("bids/<uuid:uuid>/letters/<slug:kind>.pdf", decision_batches.letter, name="letter"),
    path("notices/<str:number>/object/", objections.new, name="objection_new"),
    path("objections/", objections.index, name="objections"),
    path("objections/export.csv", objections.index, {"as_csv": True}, name="objections_csv"),
    path("objections/<str:number>/", objections.detail, name="objection"),
    path("bids/<uuid:uuid>/duplicates/", duplicates.detail, name="duplicates"),
    path("bids/<uuid:uuid>/extension/", extensions.new, name="extension_new"),
    path("extensions/", extensions.index, name="extensions"),
    path("extensions/export.csv", extensions.index, {"as_csv": True}, name="extensions_csv"),
    path("extensions/<str:number>/", extensions.detail, name="extension"),
    path("bids/<uuid:uuid>/reconsideration/", reconsiderations.new, name="reconsideration_new"),
    path("reconsiderations/", reconsiderations.index, name="reconsiderations"),
    path("reconsiderations/export.csv", reconsiderations.index, {"as_csv": True}, name="reconsiderations_csv"),
    path("reconsiderations/<str:number>/", reconsiderations.detail, name="reconsideration"),
]

delivering = [
    path("projects/", projects.index, name="projects"),
    path("projects/<str:number>/", projects.detail, name="project"),
    path("projects/<str:number>/milestones/<int:no>/", projects.milestone, name="milestone"),
    path("projects/<str:number>/award-notice.pdf", award_notice.award_notice, name="award_notice"),
    path("projects/<str:number>/acceptance/", projects.acceptance, name="acceptance"),
    path("acceptances/", projects.acceptances, name="acceptances"),
    path("races/", races.index, name="races"),
    path("races/<str:number>/", races.detail, name="race"),
    path("tranches/", finance.tranches, name="tranches"),
    path("certificates/", finance.certificates, name="certificates"),
]

certifying = [
    path("files/", include("attachments.urls")),
    path("verify/", include("projects.urls_verify")),
]

overseeing = [
    path("audit/", audit.audit, name="audit"),
    path("audit/verify/", audit.verify_chain, name="audit_verify"),
    path("outbox/", outbox.outbox, name="outbox"),
    path("outbox/again/", outbox.outbox_again, name="outbox_again"),
    path("act/<slug:flow>/<int:pk>/<slug:transition>/", act, name="act"),
]

programs = [path("api/v1/", include("config.api_urls"))]

urlpatterns = [
    *public_pages, *people, *posting, *bidding, *reviewing, *pool, *deciding, *delivering, *certifying,
    *overseeing, *programs,
]  # fmt: skip
