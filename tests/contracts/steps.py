"""The steps of the walk through every operation, in an order in which each finds what it needs (tests/contracts/walk.py)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.identity.actor import Role


@dataclass(frozen=True)
class Step:
    """One call. `ids`, `asks` and `sends` name things that earlier steps have made: those in the path, in the query, and in the
    body where its example has a placeholder, or nothing. `makes` names what is made, and the field of the answer that has its
    id."""

    operation: str
    by: str = "cmm"
    role: Role = Role.CASEWORKER
    ids: Mapping[str, str] = field(default_factory=dict)
    sends: Mapping[str, str] = field(default_factory=dict)
    changes: Mapping[str, Any] = field(default_factory=dict)
    """What is sent otherwise than the example says, where the story needs another of the same kind."""
    asks: Mapping[str, str] = field(default_factory=dict)
    makes: tuple[str, str] | None = None
    subject: str | None = None


def about(case: str, *steps: Step) -> Iterator[Step]:
    """These steps, in this case."""
    for step in steps:
        yield Step(**{**vars(step), "ids": {"case_id": case, **step.ids}})


POLICE = {"by": "politi-oestjylland"}
REFERRAL = {"ids": {"referral_id": "referral"}}


def referral_that_is(*steps: Step) -> list[Step]:
    """A new referral, and what becomes of it."""
    return [Step("submit_referral", **POLICE, makes=("referral", "referral_id")), *steps]


REFERRALS: Sequence[Step] = [
    *referral_that_is(
        Step("list_referrals", **POLICE),
        Step("read_referral", **POLICE, **REFERRAL),
        Step("read_status", **POLICE, **REFERRAL),
        Step("acknowledge", **REFERRAL),
        Step("accept", **REFERRAL),
        Step("complete", **REFERRAL),
    ),
    *referral_that_is(Step("acknowledge", **REFERRAL), Step("decline", **REFERRAL)),
    *referral_that_is(Step("acknowledge", **REFERRAL), Step("forward", **REFERRAL)),
    *referral_that_is(Step("withdraw", **POLICE, **REFERRAL)),
    Step("list_events", **POLICE),
    Step("list_organisations", **POLICE),
    Step("read_organisation", **POLICE, ids={"organisation_id": "police"}),
    Step("change_organisation", role=Role.ADMIN, ids={"organisation_id": "police"}),
]
WITHDRAWN = Step("read_referral", **POLICE, **REFERRAL, makes=("slip", "subjects.0.case_id"))
"""The case of the last referral, which was withdrawn: known when all of it is through."""

CHILD = {"person": {"aliases": ["Lek"], "stated_age": 16, "gender": "woman", "citizenships": ["THA"]}}
FILE = {"ids": {"evidence_id": "file"}}
DRAFT = {"ids": {"draft_id": "draft"}}

OPENING: Sequence[Step] = [
    Step("ask_routing"),
    Step("open_case", makes=("case", "case_id")),
    Step("open_case", makes=("other case", "case_id")),
    Step("open_case", makes=("third case", "case_id")),
    Step("open_case", makes=("case decided late", "case_id")),
    Step("open_case", makes=("child's case", "case_id"), changes=CHILD),
    Step("save_draft", makes=("draft", "draft_id")),
    Step("list_drafts"),
    Step("read_draft", **DRAFT),
    Step("save_draft_again", **DRAFT),
    Step("delete_draft", **DRAFT),
    Step("save_draft", makes=("draft", "draft_id")),
    Step("open_draft", **DRAFT),
    *about(
        "slip",
        Step("read_party", by="havn-referrals", role=Role.SYSTEM, ids={"org": "police"}),
        Step("erase_slip", role=Role.LAWYER),
    ),
]

CLARIFICATION: Sequence[Step] = [
    *about(
        "case",
        Step("settle_route", role=Role.LAWYER),
        Step("read_person"),
        Step("change_person"),
        Step("record_legal_status"),
        Step("read_legal_status"),
        Step("attempt_contact"),
        Step("hold_interview"),
        Step("list_interviews"),
        Step("explain_rights"),
        Step("list_rights_explained"),
        Step("observe_indicators"),
        Step("list_observations"),
        Step("assess_risk"),
        Step("list_risk_assessments"),
        Step("hold_in_custody"),
        Step("acknowledge"),
        Step("end_custody"),
    ),
    *about("other case", Step("change_person")),
    *about("third case", Step("refuse")),
    *about(
        "child's case",
        Step("notify_municipality"),
        Step("write_child_note"),
        Step("list_child_notes"),
        Step("read_whereabouts"),
    ),
    Step("list_indicator_sets"),
    Step("list_overdue_risk"),
    Step("list_deadlines"),
    Step("list_alerts"),
]

OTHER = {"ids": {"other_case_id": "other case"}}
QUESTION = {"ids": {"question_id": "question"}}
PEOPLE: Sequence[Step] = [
    Step("search_persons"),
    *about(
        "case",
        Step("link_case", sends={"case_id": "other case"}),
        Step("unlink_case", **OTHER),
        Step("name_suspect", makes=("suspect", "suspect_id")),
        Step("list_suspects"),
        Step("read_cluster"),
        Step("drop_suspect", ids={"suspect_id": "suspect"}),
    ),
    Step("list_questions", asks={"case_id": "other case"}, makes=("question", "items.0.question_id")),
    Step("read_question", **QUESTION),
    Step("answer_question", **QUESTION, sends={"keep.stated_age": "case"}),
    Step("undo_answer", **QUESTION),
    *about(
        "child's case",
        Step("record_consent", makes=("child's consent", "consent_id")),
        Step("merge", sends={"into": "case"}),
    ),
    *about("case", Step("confirm_consent", ids={"consent_id": "child's consent"})),
    *about("child's case", Step("unmerge"), Step("end_part", ids={"org": "partner"})),
]

EVIDENCE: Sequence[Step] = [
    *about(
        "case",
        Step("submit_evidence", makes=("file", "evidence_id")),
        Step("list_evidence"),
        Step("scan_evidence", **FILE),
        Step("release_evidence", **FILE, subject="Anna"),
        Step("release_evidence", **FILE, subject="Bo"),
        Step("download_evidence", **FILE),
        Step("remove_evidence", **FILE),
        Step("submit_evidence", makes=("file", "evidence_id"), changes={"content": None}),
        Step("submit_evidence_part", **FILE),
        Step("complete_evidence", **FILE),
    )
]

CONSENTS: Sequence[Step] = [
    *about(
        "case",
        Step("record_consent", makes=("consent", "consent_id")),
        Step("list_consents"),
        Step("withdraw_consent", ids={"consent_id": "consent"}),
        Step("disclose", makes=("disclosure", "disclosure_id")),
        Step("list_case_disclosures"),
        Step("end_disclosure", ids={"disclosure_id": "disclosure"}),
    ),
    Step("list_withdrawals", by="reden"),
    Step("read_withdrawal", by="reden", ids={"consent_id": "consent"}),
    Step("acknowledge_withdrawal", by="reden", ids={"consent_id": "consent"}),
    Step("report_disclosures"),
    *about(
        "case",
        Step("record_access_request", makes=("asked", "access_request_id"), subject="Anna"),
        Step("list_access_requests"),
        Step("review_access_request", ids={"access_request_id": "asked"}, subject="Bo"),
        Step("hand_out_access", ids={"access_request_id": "asked"}),
    ),
]

DECISION: Sequence[Step] = [
    *about(
        "case",
        Step("recommend"),
        Step("read_recommendations"),
        Step("decide", role=Role.DECIDER),
        Step("list_decisions"),
        Step("grant_period", makes=("period", "period_id")),
        Step("extend_period", ids={"period_id": "period"}),
        Step("start_support", makes=("measure", "measure_id")),
        Step("list_support"),
        Step("state_health_needs"),
        Step("read_health_needs"),
    )
]

AFTER: Sequence[Step] = [
    *about(
        "case decided late",
        Step("settle_route", role=Role.LAWYER),
        Step("recommend"),
        Step("decide", role=Role.DECIDER, makes=("wrong decision", "decision_id")),
        Step("grant_period", makes=("wrong period", "period_id")),
        Step(
            "decide",
            role=Role.DECIDER,
            changes=dict.fromkeys(("decided_on", "notified_on"), "2026-03-10"),
            sends={"replaces": "wrong decision"},
        ),
        Step("correct_period", ids={"period_id": "wrong period"}),
    ),
    *about("child's case", Step("assess_child"), Step("record_representative")),
    *about(
        "case",
        Step("record_criminal_step"),
        Step("list_criminal_steps"),
        Step("report_not_missing"),
        Step("report_missing"),
        Step("report_found"),
        Step("list_absences"),
        Step("list_disappearances"),
        Step("file_appeal", makes=("appeal", "appeal_id")),
        Step("list_appeals"),
        Step("decide_appeal", ids={"appeal_id": "appeal"}),
        Step("end_support", ids={"measure_id": "measure"}),
        Step("plan_return"),
        Step("read_return_plan"),
        Step("follow_up"),
        Step("list_follow_ups"),
        Step("close_case"),
        Step("reopen_case"),
        Step("list_closures"),
        Step("place_legal_hold", role=Role.LAWYER),
        Step("end_legal_hold", role=Role.LAWYER),
    ),
]

OVERVIEW: Sequence[Step] = [
    Step("list_cases"),
    *about(
        "case",
        Step("read_case"),
        Step("read_status"),
        Step("read_timeline"),
        Step("read_notes"),
        Step("read_earlier_identifications"),
        Step("read_access_log"),
        Step("export_htcds"),
    ),
    Step("list_events"),
    Step("forecast_retention"),
    Step("list_retention_runs", role=Role.ADMIN),
    Step("list_erasures", role=Role.AUDITOR),
]

FACILITY = {"ids": {"facility_id": "facility"}}
UNIT = {"ids": {"facility_id": "facility", "unit_id": "unit"}}
REQUEST = {"ids": {"request_id": "request"}}
OFFER = {"ids": {"offer_id": "offer"}}
PLACEMENT = {"ids": {"placement_id": "placement"}}
SHELTER = {"by": "reden"}


def minor_among_adults() -> list[Step]:
    """In CMM's own hostel, where its operator may say why, and a second person agrees."""
    own: dict[str, Mapping[str, str]] = {"ids": {"facility_id": "own facility"}}
    why = [{"rule": "minors", "reason": "His brother lives there."}]
    return [
        Step("register_facility", makes=("own facility", "facility_id"), changes={"kind": "hostel_110"}),
        Step("approve", **own),
        Step("add_place", **own, makes=("own place", "place_id")),
        Step(
            "request_placement",
            sends={"case_id": "third case"},
            changes={"needs": {"minor": True}},
            makes=("request", "request_id"),
        ),
        Step(
            "offer_place",
            **REQUEST,
            sends={"place_id": "own place"},
            changes={"exceptions": why},
            makes=("offer", "offer_id"),
            subject="Anna",
        ),
        Step("confirm_offer", **OFFER, subject="Bo"),
        Step("accept_offer", **OFFER, makes=("placement", "placement_id")),
        Step("arrive", **PLACEMENT),
        Step("list_notices", makes=("notice", "items.0.notice_id")),
        Step("give_notice", ids={"notice_id": "notice"}),
        Step("acknowledge_notice", by="kommune-0751", ids={"notice_id": "notice"}),
    ]


def request_with_an_offer(case: str = "case") -> list[Step]:
    return [
        Step("request_placement", sends={"case_id": case}, makes=("request", "request_id")),
        Step("offer_place", **REQUEST, sends={"place_id": "place"}, makes=("offer", "offer_id")),
    ]


HOUSING: Sequence[Step] = [
    Step("ask_who_is_responsible"),
    Step("register_facility", **SHELTER, makes=("facility", "facility_id")),
    Step("list_facilities"),
    Step("list_events", **SHELTER),
    Step("read_facility", **SHELTER, **FACILITY),
    Step("change_facility", **SHELTER, **FACILITY),
    Step("change_facility", **SHELTER, **FACILITY, changes={"secret_address": False}),
    Step("confirm_unveiling", **FACILITY),
    Step("list_reveals", **SHELTER, **FACILITY),
    Step("approve", **FACILITY, makes=("approval", "approval_id")),
    Step("end_approval", ids={"facility_id": "facility", "approval_id": "approval"}),
    Step("approve", **FACILITY),
    Step("list_approvals", **FACILITY),
    Step("add_unit", **SHELTER, **FACILITY, makes=("unit", "unit_id")),
    Step("list_units", **SHELTER, **FACILITY),
    Step("read_unit", **SHELTER, **UNIT),
    Step("change_unit", **SHELTER, **UNIT),
    Step("add_place", **SHELTER, **FACILITY, makes=("closed place", "place_id")),
    Step("add_place", **SHELTER, **FACILITY, makes=("place", "place_id"), changes={"label": "Room 2"}),
    Step("list_places", **SHELTER, **FACILITY),
    Step("read_place", **SHELTER, ids={"facility_id": "facility", "place_id": "place"}),
    Step("change_place", **SHELTER, ids={"facility_id": "facility", "place_id": "closed place"}),
    Step("close_place", **SHELTER, ids={"place_id": "closed place"}, makes=("closure", "closure_id")),
    Step("list_closures", **SHELTER, ids={"place_id": "closed place"}),
    Step("end_closure", **SHELTER, ids={"place_id": "closed place", "closure_id": "closure"}),
    Step("add_place", **SHELTER, **FACILITY, makes=("spare place", "place_id"), changes={"label": "Room 3"}),
    *request_with_an_offer(),
    Step("withdraw_offer", **OFFER),
    Step("offer_place", **REQUEST, sends={"place_id": "place"}, makes=("offer", "offer_id")),
    Step("decline_offer", **SHELTER, **OFFER),
    Step("withdraw_placement_request", **REQUEST),
    *minor_among_adults(),
    Step(
        "keep_apart",
        sends={"case_id": "case", "other_case_id": "other case"},
        makes=("separation", "separation_id"),
    ),
    Step("list_separations"),
    Step("end_separation", ids={"separation_id": "separation"}),
    *request_with_an_offer("other case"),
    Step("accept_offer", **SHELTER, **OFFER, makes=("placement", "placement_id")),
    Step("cancel", **SHELTER, **PLACEMENT),
    Step("offer_place", **REQUEST, sends={"place_id": "place"}, makes=("offer", "offer_id")),
    Step("accept_offer", **SHELTER, **OFFER, makes=("placement", "placement_id")),
    Step("note_no_show", **SHELTER, **PLACEMENT),
    Step("request_placement", sends={"case_id": "case"}, makes=("request", "request_id")),
    Step("match_together", asks={"request_ids": "request"}),
    Step("offer_place", **REQUEST, sends={"place_id": "place"}, makes=("offer", "offer_id")),
    Step("read_placement_request", **REQUEST),
    Step("list_placement_requests"),
    Step("read_waiting_list"),
    Step("find_matches", **REQUEST),
    Step("check_place", ids={"request_id": "request", "place_id": "place"}),
    Step("find_free_places"),
    Step("list_offers", **SHELTER),
    Step("read_offer", **OFFER),
    Step("read_ranking", **OFFER),
    Step("accept_offer", **SHELTER, **OFFER, makes=("placement", "placement_id")),
    Step("list_placements", asks={"case_id": "case"}),
    Step("read_whereabouts", asks={"case_id": "case"}),
    Step("read_placement", **PLACEMENT),
    Step("read_responsibility", **PLACEMENT),
    Step("arrive", **SHELTER, **PLACEMENT),
    Step("extend", **SHELTER, **PLACEMENT),
    Step("print_night", **SHELTER, **FACILITY),
    Step("list_deadlines", **SHELTER),
    Step("read_occupancy", **SHELTER),
    Step("read_costs"),
    Step("read_forecast", **SHELTER),
    Step("explain_long_stay", **SHELTER, **PLACEMENT),
    Step("list_long_stays", **SHELTER),
]
STAYING: Sequence[Step] = [
    Step("join", **SHELTER, **PLACEMENT, makes=("companion", "companion_id")),
    Step("let_companion_go", **SHELTER, ids={"placement_id": "placement", "companion_id": "companion"}),
    Step("join", **SHELTER, **PLACEMENT),
    Step("move", **SHELTER, **PLACEMENT, makes=("placement", "placement_id")),
    Step("leave", **SHELTER, **PLACEMENT),
]

PROPOSED: Sequence[Step] = [
    Step("list_move_proposals", makes=("proposal", "items.0.proposal_id")),
    Step("keep_where_they_are", ids={"proposal_id": "proposal"}),
]
LOOKED: Sequence[Step] = [Step("list_accesses", role=Role.AUDITOR, asks={"case_id": "case"})]

FIGURES: Sequence[Step] = [
    Step("count_victims", role=Role.STATISTICIAN),
    Step("read_figure", role=Role.STATISTICIAN, ids={"figure": "first figure"}),
    Step("describe_flow", role=Role.STATISTICIAN),
    Step("list_events"),
]
