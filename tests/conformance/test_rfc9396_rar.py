"""RFC 9396, OAuth 2.0 Rich Authorization Requests."""

import json
from typing import Any

import pytest
from sqlalchemy import text

from tests.integration.tokens.kit import Shop, claims, error

pytestmark = pytest.mark.anyio
PAYMENT: dict[str, Any] = {
    "type": "object",
    "properties": {
        "type": {"const": "payment"},
        "amount": {
            "type": "object",
            "properties": {
                "value": {"type": "string", "pattern": "^[0-9]+\\.[0-9]{2}$"},
                "currency": {"type": "string"},
            },
            "required": ["value", "currency"],
            "additionalProperties": False,
        },
        "creditor": {"type": "string", "maxLength": 100},
        "actions": {"type": "array", "items": {"enum": ["initiate", "status", "cancel"]}},
    },
    "required": ["type", "amount", "creditor"],
    "additionalProperties": False,
}
WORDS = "Pay {amount.value} {amount.currency} to {creditor}"
BANK = "https://bank.example"
WANTED: dict[str, Any] = {
    "type": "payment",
    "amount": {"value": "12.50", "currency": "EUR"},
    "creditor": "Merchant A",
    "actions": ["initiate", "status"],
}


def said(*details: Any) -> str:
    return json.dumps(list(details))


@pytest.fixture
async def bank(shop: Shop) -> Shop:
    """The shop, where payments are a type of authorization details."""
    await shop.detail_type("payment", PAYMENT, WORDS)
    return shop


async def _payer(bank: Shop, **document: Any) -> tuple[str, str]:
    return await bank.another(**{"authorization_details_types": ("payment",), **document})


# --------------------------------------------------------------------------------------------------- the request


@pytest.mark.parametrize(
    "given",
    [
        "",
        "[]",
        "{}",
        "null",
        "not json",
        '"payment"',
        "[1]",
        '[{"type": 1}]',
        '[{"no": "type"}]',
        said({"type": "unknown"}),
        said({**WANTED, "amount": {"value": "12,50", "currency": "EUR"}}),
        said({**WANTED, "surplus": True}),
        said({"type": "payment"}),
        said(WANTED, {"type": "unknown"}),
        said(*[WANTED] * 17),
        "[" * 500 + "]" * 500,
        said({**WANTED, "creditor": "x" * 5_000}),
    ],
)
async def test_rfc9396_s5_what_is_unknown_or_breaks_its_type_is_refused(bank: Shop, given: str):
    auth = await _payer(bank)
    page = await bank.arrive(auth[0], authorization_details=given)
    if given:
        assert page.answer["error"] == "invalid_authorization_details"
        machine = await bank.machine(authorization_details_types=("payment",))
        form = {"grant_type": "client_credentials", "authorization_details": given}
        assert error(await bank.post("/token", form, machine)) == (400, "invalid_authorization_details")
    else:
        assert "code" in page.answer  # a parameter without a value counts as omitted (RFC 6749 §3.1)


async def test_rfc9396_s5_a_type_that_the_client_may_not_use_is_refused(bank: Shop):
    page = await bank.arrive(authorization_details=said(WANTED))
    assert page.answer["error"] == "invalid_authorization_details"


async def test_rfc9396_s3_details_and_scopes_are_asked_for_together(bank: Shop):
    tokens = await bank.tokens(await _payer(bank), authorization_details=said(WANTED), scope="openid orders")
    assert claims(tokens["access_token"])["scope"] == "openid orders"
    assert claims(tokens["access_token"])["authorization_details"] == [WANTED]


# ---------------------------------------------------------------------------------------------------- the consent


async def test_rfc9396_s11_1_the_consent_page_says_in_words_what_is_asked_for(bank: Shop):
    auth = await _payer(bank, require_consent=True)
    page = await bank.arrive(auth[0], authorization_details=said(WANTED))
    assert "Pay \u206812.50\u2069 \u2068EUR\u2069 to \u2068Merchant A\u2069" in page.text


async def test_what_a_client_writes_into_a_detail_can_do_nothing_on_the_page(bank: Shop):
    auth = await _payer(bank, require_consent=True)
    evil = {**WANTED, "creditor": "<img src=x>\u202eA\n\u2069{amount}"}
    page = await bank.arrive(auth[0], authorization_details=said(evil))
    assert "&lt;img src=x&gt;A {amount}\u2069" in page.text
    assert "<img src=x>" not in page.text
    assert "\u202e" not in page.text


async def test_details_are_asked_for_each_time_and_scopes_only_once(bank: Shop):
    auth = await _payer(bank, require_consent=True)
    for _ in range(2):
        page = await bank.arrive(auth[0], authorization_details=said(WANTED), scope="openid")
        assert "Merchant A" in page.text
        page = await bank.walker.allow(page)
        assert "code" in page.answer
    page = await bank.arrive(auth[0], authorization_details=said(WANTED), scope="openid", prompt="none")
    assert page.answer["error"] == "consent_required"
    page = await bank.arrive(auth[0], scope="openid", prompt="none")
    assert "code" in page.answer


async def test_a_denied_detail_gives_no_code(bank: Shop):
    auth = await _payer(bank, require_consent=True)
    page = await bank.arrive(auth[0], authorization_details=said(WANTED))
    assert (await bank.walker.post(page, decision="deny")).answer["error"] == "access_denied"


async def test_the_consent_on_record_covers_the_words_and_names_the_type_alone(bank: Shop):
    auth = await _payer(bank, require_consent=True)
    hashes = []
    for creditor in ("Merchant A", "Merchant B"):
        page = await bank.arrive(auth[0], authorization_details=said({**WANTED, "creditor": creditor}), scope="openid")
        await bank.walker.allow(page)
    async with bank.house.storage.database.read(bank.tenant.id) as unit:
        for row in await unit.consents.history(bank.customer.id):
            hashes.append(row.decision.text_hash)
            assert "authorization_details:payment" in row.decision.items
            assert "Merchant" not in str(row.decision.items)
    assert len(set(hashes)) == 2


# ----------------------------------------------------------------------------------- tokens, answers, introspection


async def test_rfc9396_s7_the_token_answer_says_what_was_granted(bank: Shop):
    tokens = await bank.tokens(await _payer(bank), authorization_details=said(WANTED))
    assert tokens["authorization_details"] == [WANTED]


async def test_rfc9396_s9_1_and_s9_2_tokens_and_introspection_carry_them(bank: Shop):
    auth = await _payer(bank)
    token = (await bank.tokens(auth, authorization_details=said(WANTED)))["access_token"]
    assert claims(token)["authorization_details"] == [WANTED]
    assert (await bank.introspect(token, auth))["authorization_details"] == [WANTED]


async def test_rfc9396_s9_1_a_resource_server_sees_only_the_types_it_understands(bank: Shop):
    await bank.detail_type("diary", {"type": "object"}, "Read your diary")
    api = await bank.machine()
    await bank.resource_server(BANK, authorization_details_types=("payment",), introspection_clients=(api[0],))
    auth = await _payer(bank, authorization_details_types=("payment", "diary"), audiences=(BANK,))
    tokens = await bank.tokens(auth, authorization_details=said(WANTED, {"type": "diary"}))
    assert claims(tokens["access_token"])["authorization_details"] == [WANTED]
    assert (await bank.introspect(tokens["access_token"], api))["authorization_details"] == [WANTED]
    assert len(tokens["authorization_details"]) == 2


async def test_rfc9396_s6_a_token_request_narrows_what_was_granted(bank: Shop):
    auth = await _payer(bank)
    narrow = {**WANTED, "actions": ["status"]}
    code = await bank.code(auth[0], authorization_details=said(WANTED, {**WANTED, "creditor": "B"}))
    tokens = (await bank.redeem(code, auth, authorization_details=said(narrow))).json()
    assert tokens["authorization_details"] == claims(tokens["access_token"])["authorization_details"] == [narrow]


@pytest.mark.parametrize(
    "more",
    [
        {**WANTED, "actions": ["initiate", "status", "cancel"]},
        {**WANTED, "actions": []},
        {**WANTED, "amount": {"value": "99.00", "currency": "EUR"}},
        {**WANTED, "creditor": "Merchant B"},
        {name: value for name, value in WANTED.items() if name != "actions"},
    ],
)
async def test_rfc9396_s6_more_than_was_granted_is_refused_and_uses_up_no_refresh_token(
    bank: Shop, more: dict[str, Any]
):
    auth = await _payer(bank)
    tokens = await bank.tokens(auth, authorization_details=said(WANTED))
    answer = await bank.refresh(tokens["refresh_token"], auth, authorization_details=said(more))
    assert error(answer) == (400, "invalid_authorization_details")
    again = (await bank.refresh(tokens["refresh_token"], auth)).json()
    assert again["authorization_details"] == [WANTED]


async def test_rfc9396_s6_details_that_nobody_granted_come_with_no_code(bank: Shop):
    auth = await _payer(bank)
    code = await bank.code(auth[0])
    answer = await bank.redeem(code, auth, authorization_details=said(WANTED))
    assert error(answer) == (400, "invalid_authorization_details")


async def test_rfc9396_s6_1_a_client_in_its_own_name_may_ask_at_the_token_endpoint(bank: Shop):
    machine = await bank.machine(authorization_details_types=("payment",))
    answer = await bank.own_token(machine, authorization_details=said(WANTED))
    assert answer["authorization_details"] == claims(answer["access_token"])["authorization_details"] == [WANTED]


async def test_rfc9396_s12_what_is_stored_of_them_is_sealed_under_the_customers_key(bank: Shop):
    auth = await _payer(bank)
    await bank.tokens(auth, authorization_details=said(WANTED))
    for table in ("codes", "families"):
        async with bank.house.storage.database.read(bank.tenant.id) as unit:
            rows = await unit.connection.execute(text(f"SELECT authentication FROM {table}"))
        stored = " ".join(row[0] for row in rows)
        assert "details" in stored
        assert "Merchant" not in stored


async def test_rfc9396_s10_metadata_names_the_types(bank: Shop):
    metadata = (await bank.http.get("/.well-known/openid-configuration")).json()
    assert metadata["authorization_details_types_supported"] == ["payment"]
