"""May this be done now?"""

from dataclasses import replace

import msgspec
import pytest

from limen.identity.consents.decide import Source, Wish, wished
from limen.identity.consents.purposes import Basis, Channel, Kind, text_hash
from limen.identity.consents.question import Question, Reason, Standing, access_of, accessed, answered, due
from limen.identity.consents.records import Decision, recorded
from limen.identity.consents.rules import wrong_with
from limen.kernel.clock import DAY
from limen.kernel.context import RequestContext
from limen.kernel.errors import Conflict, Invalid, NotFound
from limen.kernel.ids import CustomerId, RecordId
from tests.unit.identity.consents.books import NOW, TENANT, decision, purpose

ASKED = Question("cus_1", "news", "shop", "email")
GIVEN = Standing("rec_1", Decision.GIVEN, 1, NOW, 0)
SOURCE = Source("page", "customer:cus_1", RequestContext("req_1"))


def wish(decision=Decision.GIVEN, version=1, locale="de", age=0):
    return Wish("news", decision, version, locale, age)


def reason(one=None, standing=GIVEN, question=ASKED, now=NOW):
    return answered(one or purpose(), standing, question, now).reason


def test_what_was_given_is_allowed_and_names_its_record():
    found = answered(purpose(), GIVEN, ASKED, NOW)
    assert (found.is_allowed, found.reason, found.record_id, found.version) == (True, Reason.GIVEN, "rec_1", 1)


@pytest.mark.parametrize(
    ("standing", "why"),
    [
        (None, Reason.NEVER_ASKED),
        (replace(GIVEN, decision=Decision.WITHDRAWN), Reason.WITHDRAWN),
        (replace(GIVEN, decision=Decision.REFUSED), Reason.REFUSED),
        (replace(GIVEN, expires_at=NOW), Reason.EXPIRED),
        (replace(GIVEN, expires_at=NOW + 1), Reason.GIVEN),
    ],
)
def test_a_consent_counts_from_when_it_is_given_until_it_ends(standing, why):
    assert reason(standing=standing) is why


def test_only_what_the_purpose_covers_for_whom_it_names():
    assert reason(question=replace(ASKED, data="phone")) is Reason.NOT_COVERED
    assert reason(question=replace(ASKED, data="")) is Reason.GIVEN
    assert reason(question=replace(ASKED, client_id="")) is Reason.GIVEN
    for basis in Basis:  # whatever the law says, the tenant lets nobody else do it
        assert reason(purpose(basis=basis), question=replace(ASKED, client_id="bank")) is Reason.OTHER_CLIENT
    sharing = replace(purpose(), kind=Kind.SHARING, channel=Channel.NONE, party="bank")
    assert reason(sharing) is Reason.OTHER_PARTY
    assert reason(sharing, question=replace(ASKED, client_id="bank")) is Reason.GIVEN
    assert reason(replace(purpose(), retired_at=NOW)) is Reason.RETIRED
    assert answered(None, GIVEN, ASKED, NOW).reason is Reason.UNKNOWN_PURPOSE


def test_what_an_application_may_is_what_all_its_consents_gave_since_it_is_there_and_nothing_took_back():
    steps = [
        ("shop", Decision.GIVEN, ("email", "openid")), ("bank", Decision.GIVEN, ("openid",)),
        ("shop", Decision.REFUSED, ("orders",)), ("shop", Decision.GIVEN, ("authorization_details:pay", "phone")),
        ("bank", Decision.WITHDRAWN, ("openid",)),
    ]  # fmt: skip
    made = [
        recorded(
            TENANT, RecordId(f"rec_{n}"), NOW + n, decision(0, purpose="oauth", party=who, decision=what, items=items)
        )
        for n, (who, what, items) in enumerate(steps)
    ]
    last = {one.decision.party: Standing.of(one) for one in made}

    def asked(who, scope, since=0):
        found = accessed(access_of(made), last.get(who), Question("cus_0", "oauth", who, scope, since))
        return found.reason.value, found.record_id

    assert [asked("shop", scope) for scope in ("email", "phone", "")] == [
        ("given", "rec_0"), ("given", "rec_3"), ("given", "rec_3"),
    ]  # fmt: skip
    assert [asked("shop", scope)[0] for scope in ("orders", "authorization_details:pay")] == ["data_not_covered"] * 2
    assert asked("bank", "openid") == ("withdrawn", "rec_4")
    assert asked("notes", "openid") == asked("shop", "email", NOW + 9) == ("not_decided", "")
    assert asked("shop", "email", NOW + 1)[0] == "data_not_covered"  # that was to another client of this name


def test_a_version_that_asks_again_ends_what_was_given_before_and_another_does_not():
    again = purpose().succeeded(purpose().terms, NOW)
    assert reason(again) is Reason.OUTDATED
    quiet = purpose().succeeded(msgspec.structs.replace(purpose().terms, asks_again=False), NOW)
    assert reason(quiet) is Reason.GIVEN


def test_other_bases_need_no_consent_and_some_bear_no_objection():
    objected = replace(GIVEN, decision=Decision.WITHDRAWN)
    assert reason(purpose(basis=Basis.LEGITIMATE_INTERESTS), None) is Reason.LEGAL_BASIS
    assert reason(purpose(basis=Basis.LEGITIMATE_INTERESTS), objected) is Reason.WITHDRAWN
    assert reason(purpose(basis=Basis.LEGAL_OBLIGATION), objected) is Reason.LEGAL_BASIS
    assert reason(purpose(basis=Basis.CONTRACT, is_required=True), None) is Reason.NEVER_ASKED


def test_only_a_required_purpose_that_is_not_allowed_is_asked_on_the_way():
    assert not due(purpose(), None, NOW)
    assert due(purpose(is_required=True), None, NOW)
    assert not due(purpose(is_required=True), GIVEN, NOW)
    assert not due(replace(purpose(is_required=True), retired_at=NOW), None, NOW)


def test_a_decision_names_the_words_in_the_language_shown_and_ends_when_the_purpose_says():
    made = wished(purpose(valid_days=2, minimum_age=16), wish(age=16), CustomerId("cus_1"), SOURCE, NOW)
    assert made.text_hash == text_hash("news", 1, "de", purpose().terms.texts["de"])
    assert (made.locale, made.expires_at, made.confirmed_age, made.items) == ("de", NOW + 2 * DAY, 16, ("email",))
    assert wished(purpose(), wish(locale="ar"), CustomerId("cus_1"), SOURCE, NOW).locale == "en"


@pytest.mark.parametrize(
    ("birthdate", "age", "found"),
    [
        ("1990-01-01", 0, "birthdate"),
        ("", 16, "declared"),
        ("0000-01-01", 16, "declared"),
        ("2020-01-01", 99, Invalid("too_young", fields={"confirmed_age": "age.too_young"})),
    ],
)
def test_an_age_is_decided_by_the_date_of_birth_and_else_recorded_as_what_was_said(birthdate, age, found):
    made = wished(
        purpose(minimum_age=16), replace(wish(age=age), birthdate=birthdate), CustomerId("cus_1"), SOURCE, NOW
    )
    assert (made if isinstance(found, Invalid) else made.age_from) == found
    assert wished(purpose(), replace(wish(), birthdate="2020-01-01"), CustomerId("cus_1"), SOURCE, NOW).age_from == ""


@pytest.mark.parametrize(
    ("one", "made", "refusal"),
    [
        (None, wish(), NotFound("purpose_not_found")),
        (replace(purpose(), retired_at=NOW), wish(), NotFound("purpose_not_found")),
        (purpose(), wish(version=2), Conflict("purpose_version_changed")),
        (purpose(basis=Basis.LEGAL_OBLIGATION), wish(), Conflict("purpose_not_decidable", "legal_obligation")),
        (
            purpose(basis=Basis.CONTRACT, is_required=True),
            wish(Decision.WITHDRAWN),
            Conflict("purpose_not_decidable", "contract"),
        ),
        (
            purpose(minimum_age=16),
            wish(age=15),
            Invalid("age_not_reached", fields={"confirmed_age": "age.not_confirmed"}),
        ),
    ],
)
def test_what_cannot_be_decided_is_refused(one, made, refusal):
    assert wished(one, made, CustomerId("cus_1"), SOURCE, NOW) == refusal


def test_every_problem_of_a_purpose_is_named_by_field():
    said = purpose().terms
    bad = msgspec.structs.replace(
        said,
        texts={
            "not a tag": said.texts["en"],
            "DE": said.texts["de"],
            "de": msgspec.structs.replace(said.texts["de"], title="\x07", body=" "),
        },
        data=("Email", "Email"),
        valid_days=-1,
        minimum_age=200,
        clients=("", ""),
    )
    found = wrong_with(replace(purpose(), name="oauth", channel=Channel.NONE, party="x").succeeded(bad, NOW))
    assert found.fields == {
        "name": "name.invalid", "channel": "channel.required", "party": "party.for_sharing_only",
        "texts": "list.repeated", "texts.not a tag": "locale.invalid", "texts.de.title": "title.invalid",
        "texts.de.body": "body.invalid", "data": "list.repeated", "data.0": "data.invalid", "data.1": "data.invalid",
        "clients": "list.repeated", "clients.0": "client.invalid", "clients.1": "client.invalid",
        "valid_days": "valid_days.out_of_bounds", "minimum_age": "minimum_age.out_of_bounds",
    }  # fmt: skip
    assert wrong_with(purpose()) is None
    none = wrong_with(purpose().succeeded(msgspec.structs.replace(said, texts={}), NOW))
    assert none.fields == {"texts": "texts.required"}
