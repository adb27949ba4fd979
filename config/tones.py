"""The colour of a state by its meaning, one table for the whole product.

plain: not begun or withdrawn · wait: somebody must act · run: under way · open: the public may act ·
good: reached · bad: failed or refused · gold: won.
"""

TONES = {
    "plain": "DRAFT PLANNED EMPTY SCHEDULED DUE PREPARED SETUP PENDING IN_LIST PENDING_CONTRACT",
    "wait": (
        "ASKED ENDORSED FILED SEALED UNIT_REVIEW REC_REVIEW CORRECT CORRECTION RETURNED RECTIFY RECTIFYING RECHECK DUE_SOON APPROVED INVITED "
        "AUTO_CHECKED MANUAL_CHECKED CONDITION_MET HELD SUSPENDED PAUSED RECEIVED REPORT_SUBMITTED APPLIED "
        "COMMITTED ORDERED QUERIED DECLARED UPLOADED WRITTEN RELEASED OBJECTED ENDED_WITH_OBJECTION PROPOSED CLOSING COLLATING REQUESTED RESERVE REC_RETURNED REC_ENDORSED"
    ),
    "run": (
        "COLLECTING APPRAISING CLOSED REVIEWING DECIDING UNDER_REVIEW NEGOTIATING EXECUTING SUBMITTED "
        "FORMAL_CHECK IN_ROUND JOINT_MEETING OFFICE_MEETING PARTY_GROUP DRAWING CONFIRMED PREVIEW SCORING "
        "PLEDGED CHECKING USER_CONFIRMED REGISTERED INVESTIGATING HEARD MATERIAL_CHECK TESTING PANEL "
        "ANNOUNCED OPINION_SIGNED STAGE_RUNNING STAGE_CHECK STAGE_DECIDED FINAL RUNNING ACTIVE LOCKED"
    ),
    "open": "PUBLISHED OPEN DEMAND_NOTICE RESULT_NOTICE NOTICE ONGOING",
    "good": (
        "PRESENT ANSWERED GRANTED ACCEPTED RECOMMENDED AWARDED ISSUED CLEARED PASSED PASSED_PARTIAL ADVANCED PAID SOLVED FINISHED "
        "CARRIED_OUT ENDED_CLEAN SETTLED REPLIED CONCLUDED AWARD PASS STRONG RECOMMEND APPRAISED_PASS MERGED"
    ),
    "bad": (
        "ABSENT DENIED NOT_ACCEPTED DISQUALIFIED FAILED TERMINATED REVOKED OVERDUE ELIMINATED LAPSED REJECTED_FORM "
        "REFUSED UPHELD PARTLY REJECT UNSOLVED APPRAISED_FAIL FAIL"
    ),
    "gold": "WINNER WINNER_DECLARED",
}
_BY_STATE = {state: tone for tone, states in TONES.items() for state in states.split()}

#: Where the same word means something else for one model.
EXCEPTIONS = {
    ("challenge", "CLOSED"): "run",
    ("objection", "CLOSED"): "plain",
    ("objection", "ACCEPTED"): "run",
    ("reconsideration", "UPHELD"): "good",
    ("reviewround", "CLOSED"): "good",
    ("formalcheck", "CONFIRMED"): "good",
    ("formalcheck", "FINAL"): "good",
    ("assignment", "ACCEPTED"): "wait",
    ("assignment", "SUBMITTED"): "good",
    ("assignment", "LOCKED"): "good",
    ("defencesession", "HELD"): "good",
    ("defenceslot", "SCHEDULED"): "wait",
    ("scoresheet", "DRAFT"): "wait",
    ("scoresheet", "SUBMITTED"): "good",
    ("scoresheet", "LOCKED"): "good",
    ("bid", "DRAFT"): "wait",
    ("demand", "DRAFT"): "wait",
    ("tranche", "APPROVED"): "run",
    ("publicnotice", "APPROVED"): "wait",
    ("milestone", "PLANNED"): "plain",
    ("expertimport", "APPLIED"): "good",
    ("experttie", "CONFIRMED"): "bad",
    ("conflictruling", "OPEN"): "wait",
    ("conflictruling", "CONFIRMED"): "bad",
}


def tone_of(model_name: str, state: str) -> str:
    """The tone of a state; `plain` for states that have simply ended."""
    return EXCEPTIONS.get((model_name, state)) or _BY_STATE.get(state, "plain")
