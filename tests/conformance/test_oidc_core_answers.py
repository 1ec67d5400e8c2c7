"""OpenID Connect Core 1.0, how a client is answered: §5.3.2 (userinfo), §8 (subjects), §10 (signatures, encryption)."""

from typing import Any

import pytest
from joserfc import jwe, jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

from limen.access.clients.records import ClientDocument
from limen.identity.administrators import SYSTEM
from limen.kernel.errors import Invalid
from tests.integration.tokens.kit import EMAIL, Shop, claims, error, header
from tests.support.house import CALLBACK

pytestmark = pytest.mark.anyio
ALGORITHMS = ("ES256", "ES384", "PS256", "RS256", "EdDSA")
PAIRWISE = {"subject_type": "pairwise"}


async def _verified(shop: Shop, text: str, alg: str) -> dict[str, Any]:
    keys = KeySet.import_key_set((await shop.http.get("/jwks")).json())
    return jwt.decode(text, keys, algorithms=[alg]).claims


# ----------------------------------------------------------------------------------------------------- §10.1: signing


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")  # the name is old (RFC 9864), and what everybody speaks
@pytest.mark.parametrize("alg", ALGORITHMS)
async def test_oidc_core_s10_1_a_client_chooses_among_five_algorithms_and_its_key_is_there_at_once(
    shop: Shop, alg: str
):
    auth = await shop.another(
        id_token_signed_response_alg=alg, access_token_signed_response_alg=alg, userinfo_signed_response_alg=alg
    )
    tokens = await shop.tokens(auth)
    for name in ("id_token", "access_token"):
        assert header(tokens[name])["alg"] == alg
        assert (await _verified(shop, tokens[name], alg))["sub"] == shop.customer.subject
    userinfo = await shop.userinfo(tokens["access_token"])
    assert (await _verified(shop, userinfo.text, alg))["sub"] == shop.customer.subject


async def test_oidc_core_s10_1_1_the_keys_say_what_they_are_for_and_may_be_cached(shop: Shop):
    answer = await shop.http.get("/jwks")
    assert {key["use"] for key in answer.json()["keys"]} == {"sig"}
    assert answer.headers["cache-control"] == "public, max-age=300"
    again = await shop.http.get("/jwks", headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304
    await shop.another(id_token_signed_response_alg="EdDSA")
    assert (await shop.http.get("/jwks")).headers["etag"] != answer.headers["etag"]


# -------------------------------------------------------------------------------------------------- §10.2: encryption


@pytest.mark.parametrize(
    ("alg", "enc"),
    [("RSA-OAEP-256", "A256GCM"), ("ECDH-ES", "A128CBC-HS256"), ("ECDH-ES+A128KW", "A128GCM"), ("ECDH-ES+A256KW", "")],
)
async def test_oidc_core_s10_2_an_id_token_is_signed_and_then_encrypted_to_the_clients_key(
    shop: Shop, alg: str, enc: str
):
    made = RSAKey.generate_key(2048, {"use": "enc"}) if alg.startswith("RSA") else ECKey.generate_key("P-256")
    public = made.as_dict(private=False) | {"use": "enc", "kid": "mine"}
    other = ECKey.generate_key("P-256").as_dict(private=False) | {"use": "sig", "kid": "other"}
    auth = await shop.another(
        jwks={"keys": [other, public]},
        id_token_encrypted_response_alg=alg,
        id_token_encrypted_response_enc=enc,
    )
    tokens = await shop.tokens(auth)
    opened = jwe.decrypt_compact(tokens["id_token"], made, algorithms=[alg, enc or "A128CBC-HS256"])
    assert opened.headers()["kid"] == "mine"
    assert (await _verified(shop, opened.plaintext.decode(), "ES256"))["aud"] == auth[0]
    again = (await shop.refresh(tokens["refresh_token"], auth)).json()
    assert again["id_token"].count(".") == 4


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"id_token_encrypted_response_alg": "ECDH-ES"}, "jwks"),
        ({"id_token_encrypted_response_enc": "A128GCM"}, "id_token_encrypted_response_enc"),
        (
            {
                "userinfo_encrypted_response_alg": "RSA-OAEP-256",
                "jwks": {"keys": [ECKey.generate_key("P-256").as_dict(private=False) | {"use": "enc"}]},
            },
            "jwks",
        ),
        ({"jwks": {"keys": [ECKey.generate_key("P-256").as_dict(private=True) | {"use": "enc"}]}}, "jwks"),
    ],
)
async def test_nobody_registers_for_an_encryption_that_cannot_be(shop: Shop, document: dict[str, Any], field: str):
    refused = await shop.house.registration().create(
        ClientDocument(client_name="x", redirect_uris=(CALLBACK,), **document), SYSTEM
    )
    assert isinstance(refused, Invalid)
    assert list(refused.fields) == [field]


async def test_a_key_that_went_since_is_an_outage_and_spends_no_code(shop: Shop):
    made = ECKey.generate_key("P-256")
    auth = await shop.another(
        jwks={"keys": [made.as_dict(private=False) | {"use": "enc"}]}, id_token_encrypted_response_alg="ECDH-ES"
    )
    code = await shop.code(auth[0])
    key = (await shop.house.registration().read(auth[0])).key
    async with shop.house.storage.database.begin(shop.tenant.id) as unit:
        client = await unit.clients.by_key(key)
        gone = client.document.__class__(
            **{name: getattr(client.document, name) for name in client.document.__struct_fields__} | {"jwks": None}
        )
        await unit.clients.update(
            client.__class__(client.key, client.client_id, gone, client.created_at, client.updated_at, 2), 1
        )
        unit.change("client", auth[0])
    answer = await shop.redeem(code, auth)
    assert error(answer) == (503, "temporarily_unavailable")
    await shop.house.change_client(auth[0], jwks={"keys": [made.as_dict(private=False) | {"use": "enc"}]})
    assert (await shop.redeem(code, auth)).status_code == 200


# ------------------------------------------------------------------------------------------------ §5.3.2: userinfo


async def test_oidc_core_s5_3_2_signed_userinfo_names_issuer_and_client(shop: Shop):
    auth = await shop.another(userinfo_signed_response_alg="ES256")
    answer = await shop.userinfo((await shop.tokens(auth))["access_token"])
    assert answer.headers["content-type"] == "application/jwt"
    said = await _verified(shop, answer.text, "ES256")
    assert (said["iss"], said["aud"], said["email"]) == ("https://id.example", auth[0], EMAIL)


async def test_signed_userinfo_passes_for_no_other_token(shop: Shop):
    auth = await shop.another(userinfo_signed_response_alg="ES256")
    text = (await shop.userinfo((await shop.tokens(auth))["access_token"])).text
    assert (await shop.userinfo(text)).status_code == 401
    assert (await shop.arrive(auth[0], id_token_hint=text)).answer["error"] == "invalid_request"


@pytest.mark.parametrize("signed", ["", "ES256"])
async def test_oidc_core_s5_3_2_userinfo_is_encrypted_signed_before_or_not(shop: Shop, signed: str):
    made = ECKey.generate_key("P-256")
    auth = await shop.another(
        jwks={"keys": [made.as_dict(private=False) | {"use": "enc"}]},
        userinfo_signed_response_alg=signed,
        userinfo_encrypted_response_alg="ECDH-ES",
        userinfo_encrypted_response_enc="A256GCM",
    )
    answer = await shop.userinfo((await shop.tokens(auth))["access_token"])
    assert answer.headers["content-type"] == "application/jwt"
    opened = jwe.decrypt_compact(answer.text, made, algorithms=["ECDH-ES", "A256GCM"])
    assert opened.headers()["cty"] == ("JWT" if signed else "json")
    assert (EMAIL in opened.plaintext.decode()) is not signed


# ------------------------------------------------------------------------------------------------------ §8: subjects


async def _pairwise(shop: Shop, host: str, **document: Any) -> tuple[str, str]:
    return await shop.another(redirect_uris=(f"https://{host}/callback",), **PAIRWISE, **document)


async def _subjects(shop: Shop, auth: tuple[str, str], host: str) -> set[str]:
    """Every name by which a client hears of the customer."""
    callback = f"https://{host}/callback"
    code = await shop.code(auth[0], redirect_uri=callback)
    tokens = (await shop.redeem(code, auth, redirect_uri=callback)).json()
    userinfo = (await shop.userinfo(tokens["access_token"])).json()
    introspected = await shop.introspect(tokens["access_token"], auth)
    refreshed = (await shop.refresh(tokens["refresh_token"], auth)).json()
    jwts = [tokens["id_token"], tokens["access_token"], refreshed["id_token"], refreshed["access_token"]]
    return {userinfo["sub"], introspected["sub"], *(claims(one)["sub"] for one in jwts)}


async def test_oidc_core_s8_1_a_pairwise_subject_is_one_everywhere_and_another_for_each_sector(shop: Shop):
    first, second = await _pairwise(shop, "a.example"), await _pairwise(shop, "b.example")
    a, b = await _subjects(shop, first, "a.example"), await _subjects(shop, second, "b.example")
    assert len(a) == len(b) == 1
    assert not (a | {shop.customer.subject}) & b
    assert shop.customer.subject not in a


async def test_oidc_core_s8_1_clients_of_one_sector_share_it(shop: Shop):
    one, other = await _pairwise(shop, "a.example"), await _pairwise(shop, "a.example")
    assert await _subjects(shop, one, "a.example") == await _subjects(shop, other, "a.example")


async def test_oidc_core_s8_1_several_hosts_need_an_address_that_names_them(shop: Shop):
    uris = ("https://a.example/callback", "https://b.example/callback")
    document = ClientDocument(client_name="x", redirect_uris=uris, subject_type="pairwise")
    refused = await shop.house.registration().create(document, SYSTEM)
    assert refused.fields == {"sector_identifier_uri": "sector.required"}


async def test_oidc_core_s8_a_pairwise_hint_leads_back_to_its_customer(shop: Shop):
    auth = await _pairwise(shop, "a.example")
    callback = "https://a.example/callback"
    code = await shop.code(auth[0], redirect_uri=callback)
    hint = (await shop.redeem(code, auth, redirect_uri=callback)).json()["id_token"]
    page = await shop.arrive(auth[0], redirect_uri=callback, id_token_hint=hint, prompt="none")
    assert "code" in page.answer
    elsewhere = await _pairwise(shop, "b.example")
    page = await shop.arrive(elsewhere[0], redirect_uri="https://b.example/callback", id_token_hint=hint)
    assert page.answer["error"] == "invalid_request"


async def test_a_pairwise_customers_tokens_end_when_everything_of_theirs_is_ended(shop: Shop):
    auth = await _pairwise(shop, "a.example")
    callback = "https://a.example/callback"
    code = await shop.code(auth[0], redirect_uri=callback)
    tokens = (await shop.redeem(code, auth, redirect_uri=callback)).json()
    assert await shop.is_active(tokens["access_token"], auth)
    shop.house.clock.advance(2)
    await shop.house.administration().sign_out_everywhere(shop.customer.id, SYSTEM)
    assert not await shop.is_active(tokens["access_token"], auth)


async def test_a_client_that_changes_its_sector_has_no_token_left_from_before(shop: Shop):
    auth = await _pairwise(shop, "a.example")
    callback = "https://a.example/callback"
    code = await shop.code(auth[0], redirect_uri=callback)
    tokens = (await shop.redeem(code, auth, redirect_uri=callback)).json()
    await shop.house.change_client(auth[0], redirect_uris=("https://c.example/callback",))
    assert not await shop.is_active(tokens["access_token"], auth)
    assert (await shop.userinfo(tokens["access_token"])).status_code == 401


async def test_discovery_s3_both_kinds_of_subjects_are_announced(shop: Shop):
    metadata = (await shop.http.get("/.well-known/openid-configuration")).json()
    assert metadata["subject_types_supported"] == ["public", "pairwise"]
    assert metadata["id_token_signing_alg_values_supported"] == ["ES256", "ES384", "RS256", "PS256", "EdDSA"]
