"""The life of a case as a state machine: random legal and illegal calls through the front door, held against a model of it.

No call ends in 500; what is refused changes nothing; model, server and the folded events agree after every step."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from typing import Any, ClassVar

import httpx
import hypothesis
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from services.identification.overview.history import fold
from shared.contract.events import EVENTS
from tests.identification.builders import CMM_DECIDES, NEEDS_REVIEW, US_DECIDES, Opened, open_case
from tests.identification.life import put
from tests.identification.life_model import OPEN, POSITIVE, UNDECIDED, WHILE_PENDING, WITHOUT_ASSESSMENT, Decided, Model
from tests.world import World

PEOPLE = {"CMM": CMM_DECIDES, "US": US_DECIDES, "needs_review": NEEDS_REVIEW}
OUTCOMES = [POSITIVE, "not_trafficked", "insufficient_basis", "other_offence_262b", *sorted(WITHOUT_ASSESSMENT)]
MOVES = {
    ("referred", "clarification"),
    ("referred", "recommended"),
    ("referred", "decided"),
    ("clarification", "recommended"),
    ("clarification", "decided"),
    ("recommended", "decided"),
    ("decided", "recommended"),
    ("decided", "closed"),
    ("closed", "decided"),
    ("closed", "recommended"),
}
"""How a status may change; back to recommended only by an appeal that was referred back."""
KINDS = sorted(WHILE_PENDING | {"education", "home_country_contact"})
RECIPIENT = "hopenow"
TODAY = "2026-08-21"
DECIDED_ON, CAP_ON = "2026-07-12", "2026-11-09"
"""A period of such a decision ended on 2026-08-11: it is extended after its end, and never to a day that is over."""
ENDS = ["2026-08-11", "2026-08-20", "2026-09-10", CAP_ON, "2026-11-10"]


class CaseLife(RuleBasedStateMachine):
    havn: ClassVar[World]
    loop: ClassVar[asyncio.AbstractEventLoop]

    case: Opened
    other: Opened
    """Another case, with which this one may be merged."""
    model: Model

    def wait(self, calling: Coroutine[Any, Any, Any]) -> Any:
        """The steps run in a thread; Havn lives in the tests' own loop."""
        return asyncio.run_coroutine_threadsafe(calling, self.loop).result(60)

    def call(
        self,
        calling: Coroutine[Any, Any, httpx.Response],
        *,
        is_allowed: bool,
        then: Callable[[Any], None] | None = None,
        even_merged: bool = False,
        is_noticed: bool = True,
    ) -> None:
        """Make a call that the model allows or forbids; what is forbidden leaves everything as it was. Of a case that
        was merged only what it has given goes on; that it is merged, or no longer, its ETag does not say."""
        is_allowed = is_allowed and (even_merged or not self.model.merged_into)
        answer = self.wait(calling)
        assert answer.status_code < 500, answer.text
        succeeded = answer.status_code < 300
        assert succeeded == is_allowed, (self.model, answer.request.url.path, answer.status_code, answer.text)
        if succeeded:
            assert (answer.headers["etag"] != self.etag) == is_noticed
            before = self.details["status"]
            self.details, self.etag = self.look()
            assert self.etag == answer.headers["etag"]
            assert before == self.details["status"] or (before, self.details["status"]) in MOVES
            if then:
                then(answer.json())
        else:
            assert answer.status_code in {403, 404, 409, 412, 422}, answer.text
            assert self.look() == (self.details, self.etag), "what is refused changes nothing"

    def look(self) -> tuple[dict[str, Any], str]:
        read = self.wait(self.case.get())
        assert read.status_code == 200, read.text
        return read.json(), read.headers["etag"]

    @initialize(kind=st.sampled_from(sorted(PEOPLE)), outcome=st.none() | st.sampled_from(OUTCOMES))
    def open(self, kind: str, outcome: str | None) -> None:
        self.case = self.wait(open_case(self.havn, PEOPLE[kind]))
        self.other = self.wait(open_case(self.havn, CMM_DECIDES))
        self.model = Model(kind, is_of_review=kind == "needs_review")
        self.details, self.etag = self.look()
        self.told = 0
        if outcome:
            self.come_to_a_decision(outcome)

    # ------------------------------------------------------------ clarification and decision

    @precondition(lambda self: self.model.is_of_review)
    @rule(authority=st.sampled_from(["CMM", "US"]))
    def settle(self, authority: str) -> None:
        body = {"authority": authority, "reason": "The file was read."}
        allowed = self.model.status in UNDECIDED and self.model.authority != "COURT"

        def settled(_: Any) -> None:
            self.model.authority = authority

        self.call(self.case.post("/route", body, role="lawyer"), is_allowed=allowed, then=settled)

    @rule()
    def interview(self) -> None:
        def held(_: Any) -> None:
            if self.model.status == "referred":
                self.model.status = "clarification"

        body = {"held_at": "2026-03-03T10:00:00+01:00"}
        self.call(self.case.post("/interviews", body), is_allowed=self.model.status in OPEN, then=held)

    @rule(outcome=st.sampled_from(OUTCOMES))
    def recommend(self, outcome: str) -> None:
        def recommended(_: Any) -> None:
            if self.model.status in UNDECIDED:
                self.model.status = "recommended"

        body = {"outcome": outcome, "reasons": "The whole picture."}
        allowed = self.model.status in OPEN and self.model.authority != "needs_review"
        self.call(self.case.post("/recommendation", body), is_allowed=allowed, then=recommended)

    def decide(self, authority: str, outcome: str, replaces: str | None) -> None:
        def decided(told: Any) -> None:
            self.model.decide(Decided(told["decision_id"], authority, outcome))

        self.call(
            self.case.try_deciding(
                authority,
                outcome,
                by="cmm" if authority == "COURT" else None,
                decided_on=DECIDED_ON,
                replaces=replaces,
            ),
            is_allowed=self.model.may_decide(authority, outcome, replaces),
            then=decided,
            # US has no part in the other case: it learns of no merge, and goes on as if there were none.
            even_merged=replaces is not None or authority == "US",
        )

    @rule(authority=st.sampled_from(["CMM", "US", "COURT"]), outcome=st.sampled_from(OUTCOMES))
    def decide_first(self, authority: str, outcome: str) -> None:
        self.decide(authority, outcome, None)

    @precondition(lambda self: self.model.decisions)
    @rule(number=st.integers(0, 20), outcome=st.sampled_from(OUTCOMES), is_mine=st.booleans())
    def decide_again(self, number: int, outcome: str, is_mine: bool) -> None:
        replaced = self.model.decisions[number % len(self.model.decisions)]
        self.decide(replaced.authority if is_mine else "CMM", outcome, replaced.id)

    @precondition(lambda self: not self.model.merged_into)
    @rule(outcome=st.sampled_from(OUTCOMES))
    def come_to_a_decision(self, outcome: str) -> None:
        """The straight way, so that much of what happens happens after a decision."""
        if self.model.authority == "needs_review":
            self.settle("CMM")
        self.recommend(outcome)
        authority = "CMM" if self.model.authority == "COURT" else self.model.authority
        current = self.model.current(authority)
        self.decide(authority, outcome, current.id if current else None)

    # ------------------------------------------------------------ appeals and periods

    @rule()
    def appeal(self) -> None:
        def filed(told: Any) -> None:
            self.model.appeals[told["appeal_id"]] = (told["decision_id"], True)

        body = {"filed_on": "2026-07-20", "filed_by": "person", "body": "The board.", "grounds": "Unheard."}
        appealing = self.case.post("/appeals", body)
        self.call(appealing, is_allowed=bool(self.model.decisions), then=filed, even_merged=True)

    @precondition(lambda self: self.model.appeals)
    @rule(number=st.integers(0, 20), what=st.sampled_from(["upheld", "referred_back", "changed"]))
    def decide_appeal(self, number: int, what: str) -> None:
        model = self.model
        appeal_id = sorted(model.appeals)[number % len(model.appeals)]
        decision_id, is_open = model.appeals[appeal_id]

        def decided(_: Any) -> None:
            model.appeals[appeal_id] = (decision_id, False)
            is_current = any(each.id == decision_id and each.is_current for each in model.decisions)
            if what == "upheld" or not is_current:
                return
            if model.status == "closed":
                model.status = "decided"
            if what == "referred_back" and model.status == "decided":
                model.status = "recommended"

        body = {"outcome": what, "decided_on": "2026-08-04"}
        deciding = self.case.post(f"/appeals/{appeal_id}/outcome", body)
        self.call(deciding, is_allowed=is_open, then=decided, even_merged=True)
        if is_open:
            self.call(self.case.post(f"/appeals/{appeal_id}/outcome", body), is_allowed=False)

    @rule()
    def grant(self) -> None:
        def granted(told: Any) -> None:
            positive = [each for each in self.model.decisions if each.is_current and each.outcome == POSITIVE]
            giving = min(positive, key=lambda each: each.authority == "COURT")
            self.model.periods[told["period_id"]] = (giving.id, told["ends_on"])

        body = {"requested_on": DECIDED_ON}
        granting = self.case.post("/periods", body)
        self.call(granting, is_allowed=self.model.may_grant(), then=granted, even_merged=True)

    @precondition(lambda self: self.model.periods)
    @rule(number=st.integers(0, 20), until=st.sampled_from(ENDS))
    def extend(self, number: int, until: str) -> None:
        period_id = sorted(self.model.periods)[number % len(self.model.periods)]
        decision_id, ends_on = self.model.periods[period_id]

        def extended(told: Any) -> None:
            assert told["ends_on"] == until
            self.model.periods[period_id] = (decision_id, until)

        stands = any(each.id == decision_id and each.stands for each in self.model.decisions)
        allowed = stands and self.model.status in OPEN and ends_on < until <= CAP_ON and until >= TODAY
        body = {"until": until, "reason": "special_reasons"}
        extending = self.case.post(f"/periods/{period_id}/extensions", body)
        self.call(extending, is_allowed=allowed, then=extended, even_merged=True)

    @precondition(lambda self: not self.model.merged_into)
    @rule(until=st.sampled_from(ENDS))
    def come_to_an_extension(self, until: str) -> None:
        """The straight way there too: by chance hardly anybody comes so far."""
        self.come_to_a_decision(POSITIVE)
        self.grant()
        if self.model.periods:
            self.extend(0, until)

    # ------------------------------------------------------------ the rest of a life

    @rule(kind=st.sampled_from(KINDS))
    def support(self, kind: str) -> None:
        def begun(_: Any) -> None:
            self.model.has_contact_person |= kind == "contact_person"

        body = {"kind": kind, "starts_on": DECIDED_ON, "provider": "Somebody.", "note": None}
        self.call(self.case.post("/support-measures", body), is_allowed=self.model.supports(kind), then=begun)

    @rule(is_gone=st.booleans())
    def plan_return(self, is_gone: bool) -> None:
        def planned(_: Any) -> None:
            self.model.departed |= is_gone

        body = {"destination": "ROU", "agreed_on": "2026-07-15", "departed_on": "2026-07-20" if is_gone else None}
        allowed = self.model.status in OPEN and (is_gone or not self.model.departed)
        self.call(put(self.case, "/return-plan", body), is_allowed=allowed, then=planned)

    @rule(month=st.integers(1, 7), contacted=st.booleans())
    def follow_up(self, month: int, contacted: bool) -> None:
        def made(_: Any) -> None:
            self.model.followed_up[month] = contacted

        body = {"month": month, "contacted": contacted, "on": "2026-08-20"}
        followed = self.model.departed and month <= 2  # the months that have begun a month after the departure
        is_new = month not in self.model.followed_up or (contacted and not self.model.followed_up[month])
        allowed = self.model.status in OPEN and followed and is_new
        following = self.case.post("/return-plan/follow-ups", body)
        self.call(following, is_allowed=allowed, then=made, even_merged=True)

    @rule(kind=st.sampled_from(["charge", "judgment"]))
    def criminal_step(self, kind: str) -> None:
        body = {"kind": kind, "on": "2026-03-19", "section": "262a"}
        self.call(self.case.post("/criminal-track", body), is_allowed=True)

    @rule(is_found=st.booleans(), on=st.sampled_from(["2026-04-01", "2026-04-10"]))
    def missing_or_found(self, is_found: bool, on: str) -> None:
        def noted(_: Any) -> None:
            self.model.missing, self.model.missing_or_found_on = not is_found, on

        part, body = ("/found", {"on": on}) if is_found else ("/missing", {"since": on})
        allowed = self.model.status in OPEN and self.model.missing == is_found and on >= self.model.missing_or_found_on
        self.call(self.case.post(part, body), is_allowed=allowed, then=noted)

    @rule()
    def close(self) -> None:
        def closed(_: Any) -> None:
            self.model.status = "closed"

        allowed = self.model.status == "decided" and not self.model.removal_hold
        body = {"on": "2026-08-14", "reason": "The work has ended."}
        self.call(self.case.post("/closure", body), is_allowed=allowed, then=closed)

    @rule()
    def reopen(self) -> None:
        def reopened(_: Any) -> None:
            self.model.status = "decided"

        allowed = self.model.status == "closed"
        self.call(self.case.post("/reopening", {"reason": "A question."}), is_allowed=allowed, then=reopened)

    @rule()
    def merge(self) -> None:
        def merged(told: Any) -> None:
            self.model.merged_into = told["merged_into"]

        merging = self.case.post("/merge", {"into": self.other.id})
        self.call(merging, is_allowed=True, then=merged, is_noticed=False)

    @rule()
    def unmerge(self) -> None:
        def is_itself_again(_: Any) -> None:
            self.model.merged_into = None

        unmerging = self.case.post("/unmerge", None)
        is_merged = bool(self.model.merged_into)
        self.call(unmerging, is_allowed=is_merged, then=is_itself_again, even_merged=True, is_noticed=False)

    @rule()
    def consent(self) -> None:
        def given(told: Any) -> None:
            self.model.consents[told["consent_id"]] = True

        body = {"recipient": RECIPIENT, "purpose": "support"}
        self.call(self.case.post("/consents", body), is_allowed=self.model.status in OPEN, then=given)

    @precondition(lambda self: self.model.consents)
    @rule(number=st.integers(0, 20))
    def withdraw(self, number: int) -> None:
        consent_id = sorted(self.model.consents)[number % len(self.model.consents)]

        def taken_back(_: Any) -> None:
            self.model.consents = dict.fromkeys(self.model.consents, False)  # one leave, however often it was recorded

        taking_back = self.case.post(f"/consents/{consent_id}/withdraw", {})
        self.call(taking_back, is_allowed=self.model.consents[consent_id], then=taken_back)

    @rule(part=st.sampled_from(["/missing", "/closure", "/appeals", "/return-plan/follow-ups"]))
    def a_stranger_tries(self, part: str) -> None:
        bodies: dict[str, Any] = {
            "/missing": {"since": "2026-04-01"},
            "/closure": {"on": "2026-08-14", "reason": "?"},
            "/appeals": {"filed_on": "2026-07-20", "filed_by": "person"},
            "/return-plan/follow-ups": {"month": 1, "contacted": True, "on": "2026-08-20"},
        }
        self.call(self.case.post(part, bodies[part], by="reden"), is_allowed=False)
        self.call(self.case.post(part, bodies[part], if_match='"an-older-version"'), is_allowed=False)

    # ------------------------------------------------------------ what always holds

    @invariant()
    def model_server_and_history_agree(self) -> None:
        seen = {name: self.details[name] for name in ("status", "missing", "removal_hold", "has_contact_person")}
        model = self.model
        assert seen == {name: getattr(model, name) for name in seen}
        assert self.details["identification_pending"] == (model.status in UNDECIDED)
        assert self.details["routing"]["authority"] == model.authority
        assert {each["decision_id"]: each["is_current"] for each in self.details["decisions"]} == {
            each.id: each.is_current for each in model.decisions
        }
        assert {each["period_id"]: each["ends_on"] for each in self.details["periods"]} == {
            period_id: ends_on for period_id, (_, ends_on) in model.periods.items()
        }
        assert self.details["merged_into"] == model.merged_into
        told = self.wait(self.case.get("/status", by=RECIPIENT, purpose="support"))
        assert told.status_code == (200 if any(model.consents.values()) else 404), "it knows while the person lets it"
        self.agrees_with_its_events()

    def agrees_with_its_events(self) -> None:
        rows = self.wait(
            self.havn.sql(
                "identification",
                "SELECT type, payload::text FROM event_history WHERE key = $1 ORDER BY sequence",
                self.case.id,
            )
        )
        assert len(rows) >= self.told, "history only grows"
        self.told = len(rows)
        life = fold(EVENTS[row["type"]].model_validate(json.loads(row["payload"])) for row in rows)
        assert (life.status, life.missing, life.removal_hold) == (
            self.model.status,
            self.model.missing,
            self.model.removal_hold,
        )
        assert {str(each): is_current for each, is_current in life.decisions.items()} == {
            each.id: each.is_current for each in self.model.decisions
        }


# Havn answers in a thread of this process, and its trace ids are random: to Hypothesis it looks as if a strategy was.
@pytest.mark.filterwarnings("ignore:Do not use the .random. module")
async def test_the_life_of_a_case_is_a_state_machine(havn: World) -> None:
    await havn.set_clock(f"{TODAY}T12:00:00+02:00")
    CaseLife.havn, CaseLife.loop = havn, asyncio.get_running_loop()
    few = hypothesis.settings(
        max_examples=5,
        stateful_step_count=25,
        deadline=None,
        database=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    await asyncio.to_thread(run_state_machine_as_test, CaseLife, settings=few)
