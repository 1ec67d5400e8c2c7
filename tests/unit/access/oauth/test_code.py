"""From a session to a code: when it may answer, what is asked, what is written."""

from itertools import count

import msgspec
import pytest

from limen.access.oauth.assurance import MULTI_FACTOR, SINGLE_FACTOR, acr
from limen.access.oauth.code import Approval, issue_code, session_satisfies
from limen.access.oauth.consent import ConsentAnswer, needs_consent, record_consent
from limen.access.oauth.request import PageRefusal, RedirectRefusal
from limen.access.sessions.records import Evidence
from limen.access.tokens.records import Authentication, Grant
from limen.identity.consents.records import Decision, recorded
from limen.identity.customers.records import CustomerState
from limen.identity.tenants.records import Lifetimes
from limen.kernel.clock import DAY, SECOND
from limen.kernel.context import RequestContext
from limen.kernel.encoding import sha256
from limen.kernel.errors import Fault
from limen.kernel.event_data import misfit
from limen.kernel.events import Outcome
from limen.kernel.ids import ClientKey, CustomerId, GrantId, TenantId
from tests.support.clock import START
from tests.unit.access.oauth.doubles import DOCUMENT, client, customer, desk, request, session

FIRST_PARTY = client(document=msgspec.structs.replace(DOCUMENT, require_consent=False))
SCOPES = ("openid", "profile")


class MemoryUnit:
    """A unit of work that keeps what it is told; its own grants and consents."""

    def __init__(self):
        self.entries, self.events, self.codes, self.records, self.kept = [], [], [], [], {}
        self.grants = self.consents = self
        self._numbers = count()

    def record(self, entry):
        self.entries.append(entry)

    def announce(self, event):
        self.events.append(event)
        return f"evt_{next(self._numbers)}"

    async def save(self, grant):
        known = self.kept.get((grant.customer_id, grant.client), grant)
        scopes = tuple(sorted({*known.scopes, *grant.scopes}))
        return self.kept.setdefault((grant.customer_id, grant.client), msgspec.structs.replace(known, scopes=scopes))

    async def add_code(self, code):
        self.codes.append(code)

    async def append(self, record_id, decision, at, part=None):
        record = recorded(TenantId("ten_1"), record_id, at, decision, part)
        self.records.append(record)
        return record


def remembered(*scopes):
    return Grant(GrantId("gra_1"), CustomerId("cus_1"), ClientKey("cli_shop"), scopes, START, START)


class TestWhetherASessionAnswers:
    @pytest.mark.parametrize(
        ("ask", "later", "answers"),
        [
            ({}, 0, True),
            ({}, 13 * DAY, True),
            ({}, 14 * DAY, False),  # idle
            ({"prompt": ("login",)}, 0, False),
            ({"prompt": ("none",)}, 0, True),
            ({"prompt": ("consent",)}, 0, True),
            ({"max_age": 60}, 60 * SECOND, True),
            ({"max_age": 60}, 61 * SECOND, False),
            ({"max_age": 0}, 0, False),
        ],
    )
    def test_by_what_is_asked_and_how_long_ago_it_was_proven(self, ask, later, answers):
        assert session_satisfies(session(), request(**ask), START + later, Lifetimes()) is answers

    def test_an_ended_or_expired_session_does_not(self):
        assert not session_satisfies(session(ended_at=START), request(), START, Lifetimes())
        assert not session_satisfies(session(expires_at=START), request(), START, Lifetimes())

    def test_a_limit_that_was_lowered_holds_for_sessions_that_stand(self):
        lowered = Lifetimes(session_absolute=3600)
        assert session_satisfies(session(), request(), START + 3599 * SECOND, lowered)
        assert not session_satisfies(session(), request(), START + 3600 * SECOND, lowered)

    def test_the_latest_proof_counts_for_max_age(self):
        fresh = session(Evidence("pwd", START), Evidence("pwd", START + 100 * SECOND))
        assert session_satisfies(fresh, request(max_age=60), START + 150 * SECOND, Lifetimes())


class TestWhetherToAsk:
    @pytest.mark.parametrize(
        ("grant", "ask", "due"),
        [
            (None, {}, SCOPES),
            (remembered(), {}, SCOPES),
            (remembered("profile"), {}, ("openid",)),
            (remembered("orders", "profile", "openid"), {}, ()),
            (remembered("profile", "openid"), {"prompt": ("consent",)}, SCOPES),
            (remembered("profile", "openid"), {"scopes": (*SCOPES, "offline_access")}, ("offline_access",)),
        ],
    )
    def test_what_is_not_remembered_is_asked(self, grant, ask, due):
        assert needs_consent(client(), grant, request(**ask)) == due

    def test_a_first_party_client_never_asks(self):
        assert needs_consent(FIRST_PARTY, None, request(prompt=("consent",))) == ()


class TestAssurance:
    @pytest.mark.parametrize(
        ("evidence", "level"),
        [
            ([], ""),
            ([("email", False)], ""),
            ([("email", False), ("pwd", False)], SINGLE_FACTOR),
            ([("pwd", False)], SINGLE_FACTOR),
            ([("pwd", False), ("pwd", False)], SINGLE_FACTOR),
            ([("otp", False), ("hwk", False)], SINGLE_FACTOR),
            ([("pwd", False), ("otp", False)], MULTI_FACTOR),
            ([("hwk", True)], MULTI_FACTOR),
        ],
    )
    def test_two_of_a_kind_are_one_factor(self, evidence, level):
        assert acr(Evidence(name, START, verified) for name, verified in evidence) == level


@pytest.mark.anyio
class TestIssuing:
    async def test_the_code_is_random_and_only_its_hash_is_kept(self):
        unit, at = MemoryUnit(), desk()
        approval = Approval(request(), session(), customer(), SCOPES, "req_1")
        first, second = await issue_code(unit, at, approval), await issue_code(unit, at, approval)
        assert first != second
        assert len(first) == 43
        assert [code.code_hash for code in unit.codes] == [sha256(first.encode()), sha256(second.encode())]
        assert first not in repr((unit.codes, unit.entries))

    async def test_it_is_bound_to_all_that_it_rests_on(self):
        unit = MemoryUnit()
        signed_in = session(Evidence("email", START), Evidence("pwd", START + 3 * SECOND + 5))
        await issue_code(unit, desk(), Approval(request(), signed_in, customer(), SCOPES))
        (code,) = unit.codes
        ask = request()
        assert (code.redirect_uri, code.challenge, code.nonce) == (ask.redirect_uri, ask.code_challenge, ask.nonce)
        assert (code.client, code.customer_id, code.session_id) == (client().key, customer().id, signed_in.id)
        assert code.authentication == Authentication(
            "a-subject", "a-sid", START // SECOND + 3, ("email", "pwd"), SINGLE_FACTOR
        )
        assert code.expires_at - code.created_at == 60 * SECOND

    async def test_what_was_allowed_is_remembered_and_the_code_hangs_on_it(self):
        unit = MemoryUnit()
        await issue_code(unit, desk(), Approval(request(), session(), customer(), SCOPES))
        (grant,) = unit.kept.values()
        assert grant.scopes == SCOPES
        assert unit.codes[0].grant_id == grant.id

    async def test_a_first_party_client_leaves_no_consent_that_nobody_gave(self):
        unit, at = MemoryUnit(), desk(FIRST_PARTY)
        await issue_code(unit, at, Approval(request(), session(), customer(), SCOPES))
        (grant,) = unit.kept.values()
        assert unit.codes[0].scopes == SCOPES
        assert needs_consent(client(), grant, request()) == SCOPES

    async def test_it_is_audited(self):
        unit = MemoryUnit()
        await issue_code(unit, desk(), Approval(request(), session(), customer(), SCOPES, "req_1"))
        (entry,) = unit.entries
        assert (entry.event, entry.subject, entry.client, entry.request_id) == (
            "code.issued",
            "cus_1",
            "shop",
            "req_1",
        )

    @pytest.mark.parametrize(
        ("changes", "expected", "code"),
        [
            ({"disabled": True}, PageRefusal, "unknown_client"),
            ({"redirect_uris": ("https://shop.example/new",)}, PageRefusal, "redirect_uri_mismatch"),
            ({"scopes": ("openid",)}, RedirectRefusal, "invalid_scope"),
        ],
    )
    async def test_a_client_that_changed_during_the_journey(self, changes, expected, code):
        unit = MemoryUnit()
        at = desk(client(document=msgspec.structs.replace(DOCUMENT, **changes)))
        refusal = await issue_code(unit, at, Approval(request(), session(), customer(), SCOPES))
        assert type(refusal) is expected
        assert refusal.code == code
        assert not unit.codes
        assert not unit.kept

    @pytest.mark.parametrize(
        ("signed_in", "who"),
        [
            (session(ended_at=START), customer()),
            (session(), customer(state=CustomerState.DISABLED)),
            (session(), customer(valid_after=START + 1)),
        ],
    )
    async def test_a_sign_in_that_ended_during_the_journey(self, signed_in, who):
        unit = MemoryUnit()
        refusal = await issue_code(unit, desk(), Approval(request(), signed_in, who, SCOPES))
        assert type(refusal) is RedirectRefusal
        assert refusal.code == "access_denied"
        assert not unit.codes

    async def test_a_client_that_was_deleted(self):
        refusal = await issue_code(
            MemoryUnit(), desk(client("bank")), Approval(request(), session(), customer(), SCOPES)
        )
        assert type(refusal) is PageRefusal

    @pytest.mark.parametrize(
        "approval",
        [
            Approval(request(), session(customer_id=CustomerId("cus_2")), customer(), SCOPES),
            Approval(request(), session(), customer(), (*SCOPES, "offline_access")),
        ],
    )
    async def test_another_customers_session_or_more_than_was_asked_for_is_a_fault(self, approval):
        with pytest.raises(Fault):
            await issue_code(MemoryUnit(), desk(), approval)


@pytest.mark.anyio
class TestConsent:
    async def test_what_was_given_is_in_the_ledger_in_the_audit_and_announced(self):
        unit = MemoryUnit()
        words = sha256(b"Shop would like to see your name")
        answer = ConsentAnswer(customer(), Decision.GIVEN, ("profile", "openid"), "de", words, RequestContext("req_1"))
        await record_consent(unit, desk(), request(), answer)
        decision = unit.records[0].decision
        assert (decision.purpose, decision.party, decision.items) == ("oauth", "shop", ("openid", "profile"))
        assert (decision.decision, decision.text_hash, decision.locale) == (Decision.GIVEN, words, "de")
        assert [(entry.event, entry.outcome) for entry in unit.entries] == [("consent.given", Outcome.SUCCESS)]
        assert [event.name for event in unit.events] == ["consent.given"]

    async def test_what_was_refused_is_in_the_ledger_and_the_audit(self):
        unit = MemoryUnit()
        await record_consent(
            unit, desk(), request(), ConsentAnswer(customer(), Decision.REFUSED, SCOPES, "en", bytes(32))
        )
        assert unit.records[0].decision.decision is Decision.REFUSED
        assert [(entry.event, entry.outcome) for entry in unit.entries] == [("consent.refused", Outcome.REFUSED)]
        assert [event.name for event in unit.events] == ["consent.refused"]
        assert all(misfit(event.name, event.data) == "" for event in unit.events)
