"""RFC 9101: JWT-Secured Authorization Request (JAR), and the request objects of OpenID Connect Core §6.

What OpenID Connect would merge is not merged (RFC 9101 §6.3), and ``alg`` ``none`` is not known here.
"""

from typing import Any
from urllib.parse import urlencode

import pytest
from joserfc import jwe, jwt
from joserfc.jwk import ECKey, RSAKey

from limen.identity.tenants.records import KeySettings, TenantSettings
from tests.integration.tokens.kit import Shop, error, open_shop
from tests.support.house import CALLBACK
from tests.support.walker import Page

pytestmark = pytest.mark.anyio

KEY = ECKey.generate_key("P-256", {"kid": "sig", "use": "sig"})
OTHER = ECKey.generate_key("P-256", {"kid": "sig", "use": "sig"})
RSA = RSAKey.generate_key(2048, {"kid": "rsa", "use": "sig"})
JWKS = {"keys": [KEY.as_dict(private=False), RSA.as_dict(private=False)]}
ISSUER = "https://id.example"
OBJECT_URI = "https://shop.example/request.jwt"
TYPE = "application/oauth-authz-req+jwt"


async def signing(shop: Shop, **document: Any) -> tuple[str, str]:
    """An application that signs its requests."""
    return await shop.another(**{"jwks": JWKS, **document})


def content(shop: Shop, client_id: str, /, **changes: Any) -> dict[str, Any]:
    """The claims of a good request object; a change to ``...`` leaves one out."""
    now = shop.house.clock.now() // 1_000_000
    claims = {"iss": client_id, "aud": shop.tenant.issuer, "exp": now + 300, "nbf": now, "iat": now, "jti": "one"}
    claims |= {**shop.walker.request(client_id), "state": "signed-state"} | changes
    return {name: value for name, value in claims.items() if value is not ...}


def signed(claims: dict[str, Any], key: Any = KEY, **header: Any) -> str:
    head = {"alg": "ES256", "kid": key.kid, "typ": "oauth-authz-req+jwt", **header}
    head = {name: value for name, value in head.items() if value is not ...}
    return jwt.encode(head, claims, key, algorithms=[head["alg"]])


async def send(shop: Shop, client_id: str, **parameters: str) -> Page:
    return await shop.walker.get(f"/authorize?{urlencode({'client_id': client_id, **parameters})}")


async def ask(shop: Shop, client_id: str, /, **changes: Any) -> Page:
    return await send(shop, client_id, request=signed(content(shop, client_id, **changes)))


def refused(page: Page) -> bool:
    """Whether a person sees a page and nothing is sent anywhere."""
    return (page.status, page.location) == (400, "")


# ----------------------------------------------------------------------------------------- §4: the request object


async def test_rfc9101_s4_a_signed_object_is_a_request(shop: Shop):
    auth = await signing(shop)
    page = await ask(shop, auth[0])
    assert page.location.startswith(CALLBACK)
    assert page.answer["state"] == "signed-state"
    assert (await shop.redeem(page.answer["code"], auth)).status_code == 200


async def test_rfc9101_s4_it_may_not_hold_another_object(shop: Shop):
    auth = await signing(shop)
    for name in ("request", "request_uri"):
        assert refused(await ask(shop, auth[0], **{name: OBJECT_URI}))


async def test_rfc9101_s4_members_may_be_numbers_lists_and_objects(shop: Shop):
    auth = await signing(shop)
    page = await ask(shop, auth[0], max_age=86_400, whatever={"deep": [1]}, prompt="none")
    assert "code" in page.answer
    for changes in ({"max_age": "x"}, {"state": 7}, {"max_age": True}, {"scope": ["openid"]}):
        page = await ask(shop, auth[0], **changes)
        assert "code" not in page.answer


async def test_rfc9101_s4_an_unsigned_object_is_refused(shop: Shop):
    auth = await signing(shop)
    claims = content(shop, auth[0])
    good = signed(claims)
    _, payload, _ = good.split(".")
    none = f"eyJhbGciOiJub25lIn0.{payload}."
    for text in (none, f"{none}AAAA", payload, "a.b.c", "....", "."):
        assert refused(await send(shop, auth[0], request=text))


# ------------------------------------------------------------------------------------- §5: the request


async def test_rfc9101_s5_client_id_is_required_beside_the_object_and_must_be_the_one_in_it(shop: Shop):
    auth, other = await signing(shop), await signing(shop)
    text = signed(content(shop, auth[0]))
    assert refused(await shop.walker.get(f"/authorize?{urlencode({'request': text})}"))
    assert refused(await send(shop, other[0], request=text))
    assert refused(await ask(shop, auth[0], client_id=...))


async def test_rfc9101_s5_request_and_request_uri_exclude_each_other(shop: Shop):
    auth = await signing(shop, request_uris=(OBJECT_URI,))
    text = signed(content(shop, auth[0]))
    shop.house.web.serve(OBJECT_URI, text.encode(), TYPE)
    assert refused(await send(shop, auth[0], request=text, request_uri=OBJECT_URI))
    assert refused(await send(shop, auth[0], request=text, request_uri="urn:ietf:params:oauth:request_uri:x"))


async def test_rfc9101_s5_2_an_object_is_fetched_from_a_registered_address(shop: Shop):
    auth = await signing(shop, request_uris=(OBJECT_URI,))
    shop.house.web.serve(OBJECT_URI, signed(content(shop, auth[0])).encode(), TYPE)
    page = await send(shop, auth[0], request_uri=OBJECT_URI)
    assert page.answer["state"] == "signed-state"
    assert shop.house.web.asked == [OBJECT_URI]


@pytest.mark.parametrize(
    "uri",
    [
        "https://evil.example/request.jwt",
        "https://shop.example/request.jwt?x",
        "https://shop.example/request.jwt#x",
        "HTTPS://shop.example/request.jwt",
        "http://169.254.169.254/latest",
        "file:///etc/passwd",
        "urn:x",
    ],
)
async def test_rfc9101_s10_4_no_other_address_is_ever_asked(shop: Shop, uri):
    auth = await signing(shop, request_uris=(OBJECT_URI,))
    assert refused(await send(shop, auth[0], request_uri=uri))
    assert shop.house.web.asked == []


async def test_rfc9101_s7_what_cannot_be_fetched_is_invalid_request_uri(shop: Shop):
    auth = await signing(shop, request_uris=(OBJECT_URI,))
    beside = shop.walker.request(auth[0]) | {"request_uri": OBJECT_URI}
    for media_type in (None, "text/html"):
        if media_type:
            shop.house.web.serve(OBJECT_URI, signed(content(shop, auth[0])).encode(), media_type)
        page = await shop.walker.get(f"/authorize?{urlencode(beside)}")
        assert (page.answer["error"], page.answer["state"]) == ("invalid_request_uri", "the-state")


async def test_rfc9101_s5_2_2_addresses_to_fetch_from_are_https(shop: Shop):
    for uri in ("http://shop.example/r.jwt", "ftp://shop.example/r", "https://shop.example/*"):
        with pytest.raises(AssertionError):
            await signing(shop, request_uris=(uri,))


# ------------------------------------------------------------------------------------- §6: validation


async def test_rfc9101_s6_2_the_signature_is_the_clients(shop: Shop):
    auth = await signing(shop)
    assert refused(await send(shop, auth[0], request=signed(content(shop, auth[0]), OTHER)))
    text = signed(content(shop, auth[0]))
    assert refused(await send(shop, auth[0], request=text[:-4] + "AAAA"))
    keyless = await shop.another()
    assert refused(await send(shop, keyless[0], request=signed(content(shop, keyless[0]))))


async def test_rfc9101_s6_2_the_algorithm_is_the_registered_one(shop: Shop):
    auth = await signing(shop, request_object_signing_alg="PS256")
    claims = content(shop, auth[0])
    assert refused(await send(shop, auth[0], request=signed(claims)))
    assert refused(await send(shop, auth[0], request=signed(claims, RSA, alg="RS256")))
    assert "code" in (await send(shop, auth[0], request=signed(claims, RSA, alg="PS256"))).answer


async def test_rfc9101_s6_3_only_what_is_in_the_object_counts(shop: Shop):
    auth = await signing(shop)
    text = signed(content(shop, auth[0], nonce=..., scope="openid"))
    page = await send(
        shop, auth[0], request=text, state="x", nonce="y", scope="openid email", redirect_uri="https://e.vil"
    )
    assert page.answer["state"] == "signed-state"
    body = (await shop.redeem(page.answer["code"], auth)).json()
    assert body["scope"] == "openid"
    for name in ("code_challenge", "redirect_uri", "response_type", "scope"):
        text = signed(content(shop, auth[0], **{name: ...}))
        beside = shop.walker.request(auth[0]) | {"request": text}
        assert "code" not in (await shop.walker.get(f"/authorize?{urlencode(beside)}")).answer


async def test_oidc_core_s6_1_response_type_beside_the_object_must_not_contradict_it(shop: Shop):
    auth = await signing(shop)
    text = signed(content(shop, auth[0]))
    assert "code" in (await send(shop, auth[0], request=text, response_type="code", scope="openid")).answer
    assert refused(await send(shop, auth[0], request=text, response_type="token"))


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "somebody"},
        {"aud": "https://elsewhere.example"},
        {"aud": ["https://elsewhere.example"]},
        {"aud": None},
        {"exp": 1},
        {"exp": "soon"},
        {"nbf": 1 << 39},
        {"iat": 1 << 39},
        {"exp": True},
    ],
)
async def test_rfc9101_s6_issuer_audience_and_times_are_checked_where_they_are_there(shop: Shop, changes):
    auth = await signing(shop)
    assert refused(await ask(shop, auth[0], **changes))


async def test_rfc9101_s4_issuer_audience_and_times_are_only_recommended(shop: Shop):
    auth = await signing(shop)
    bare = dict.fromkeys(("iss", "aud", "exp", "nbf", "iat", "jti"), ...)
    assert "code" in (await ask(shop, auth[0], **bare)).answer
    assert "code" in (await ask(shop, auth[0], aud=["https://x.example", ISSUER])).answer


# ------------------------------------------------------------------------------------- §6.1: encryption


@pytest.mark.parametrize(
    ("alg", "enc"),
    [
        ("RSA-OAEP-256", "A256GCM"),
        ("RSA-OAEP-256", "A128CBC-HS256"),
        ("ECDH-ES", "A128CBC-HS256"),
        ("ECDH-ES+A128KW", "A256GCM"),
        ("ECDH-ES+A256KW", "A256GCM"),
    ],
)
async def test_rfc9101_s6_1_a_signed_object_may_be_encrypted_to_a_published_key(shop: Shop, alg, enc):
    settings = TenantSettings(keys=KeySettings(encryption=("ECDH-ES", "RSA-OAEP-256")))
    tenant = await shop.house.add_tenant("sealed", settings)
    async with open_shop(shop.house, tenant, "dan@example.com") as sealed:
        auth = await signing(sealed)
        document = (await sealed.http.get(f"{sealed.prefix}/.well-known/openid-configuration")).json()
        assert alg in document["request_object_encryption_alg_values_supported"]
        assert enc in document["request_object_encryption_enc_values_supported"]
        published = (await sealed.http.get(f"{sealed.prefix}/jwks")).json()["keys"]
        kty = "RSA" if alg.startswith("RSA") else "EC"
        [jwk] = [one for one in published if one["use"] == "enc" and one["kty"] == kty]
        key = (RSAKey if kty == "RSA" else ECKey).import_key(jwk)
        inner = signed(content(sealed, auth[0]))
        for kid in ({"kid": jwk["kid"]}, {}):
            head = {"alg": alg, "enc": enc, "cty": "JWT", **kid}
            text = jwe.encrypt_compact(head, inner.encode(), key, algorithms=[alg, enc])
            assert "code" in (await send(sealed, auth[0], request=text)).answer
        bad = jwe.encrypt_compact({"alg": alg, "enc": enc, "kid": "x"}, inner.encode(), key, algorithms=[alg, enc])
        assert refused(await send(sealed, auth[0], request=bad))
        assert refused(await send(sealed, auth[0], request=text[:-4] + "AAAA"))
        unsigned = jwe.encrypt_compact({"alg": alg, "enc": enc}, b"{}", key, algorithms=[alg, enc])
        assert refused(await send(sealed, auth[0], request=unsigned))
        pinned = await signing(sealed, request_object_encryption_alg=alg, request_object_encryption_enc="A128GCM")
        assert refused(await send(sealed, pinned[0], request=signed(content(sealed, pinned[0]))))
        assert refused(await send(sealed, pinned[0], request=text))


async def test_rfc9101_s6_1_without_a_key_for_it_nothing_is_announced_and_nothing_decrypted(shop: Shop):
    document = (await shop.http.get("/.well-known/openid-configuration")).json()
    assert "request_object_encryption_alg_values_supported" not in document
    auth = await signing(shop)
    key = ECKey.generate_key("P-256")
    text = jwe.encrypt_compact({"alg": "ECDH-ES", "enc": "A256GCM"}, b"x", key, algorithms=["ECDH-ES", "A256GCM"])
    assert refused(await send(shop, auth[0], request=text))


# ------------------------------------------------------------------------------------- §7: errors


async def test_rfc9101_s7_an_error_goes_back_where_a_registered_redirect_uri_stands_beside_the_object(shop: Shop):
    auth = await signing(shop)
    beside = shop.walker.request(auth[0]) | {"request": signed(content(shop, auth[0]), OTHER)}
    page = await shop.walker.get(f"/authorize?{urlencode(beside)}")
    assert (page.answer["error"], page.answer["state"]) == ("invalid_request_object", "the-state")
    beside["redirect_uri"] = "https://evil.example"
    assert refused(await shop.walker.get(f"/authorize?{urlencode(beside)}"))


# ------------------------------------------------------------------------------------- §10: security


async def test_rfc9101_s10_2_a_client_that_must_sign_gets_nothing_unsigned(shop: Shop):
    auth = await signing(shop, require_signed_request_object=True)
    assert (await shop.arrive(auth[0])).answer["error"] == "invalid_request"
    assert "code" in (await ask(shop, auth[0])).answer


async def test_rfc9101_s10_8_tokens_of_other_kinds_are_no_request_objects(shop: Shop):
    auth = await signing(shop)
    claims = content(shop, auth[0])
    for typ in ("at+jwt", "logout+jwt", "dpop+jwt", "client-authentication+jwt"):
        assert refused(await send(shop, auth[0], request=signed(claims, typ=typ)))
    for typ in ("JWT", "oauth-authz-req+jwt", "OAuth-Authz-Req+JWT", ...):
        assert "code" in (await send(shop, auth[0], request=signed(claims, typ=typ))).answer
    assert refused(await ask(shop, auth[0], sub=auth[0]))  # a client assertion


async def test_rfc9101_s10_5_metadata(shop: Shop):
    document = (await shop.http.get("/.well-known/openid-configuration")).json()
    assert document["request_parameter_supported"] is True
    assert document["request_uri_parameter_supported"] is True
    assert document["require_request_uri_registration"] is True
    assert document["require_signed_request_object"] is False
    algorithms = document["request_object_signing_alg_values_supported"]
    assert {"ES256", "PS256", "EdDSA"} <= set(algorithms)
    assert "none" not in algorithms
    assert not [alg for alg in algorithms if alg.startswith("HS")]


# --------------------------------------------------------------------------- RFC 9126 §3: a pushed object


async def test_rfc9126_s3_a_request_object_may_be_pushed(shop: Shop):
    auth = await signing(shop, require_signed_request_object=True)
    answer = await shop.post("/par", {"request": signed(content(shop, auth[0]))}, auth)
    assert answer.status_code == 201, answer.text
    page = await send(shop, auth[0], request_uri=answer.json()["request_uri"])
    assert page.answer["state"] == "signed-state"
    assert error(await shop.post("/par", shop.walker.request(auth[0]), auth)) == (400, "invalid_request")


async def test_rfc9126_s3_a_bad_object_is_refused_where_it_is_pushed(shop: Shop):
    auth, other = await signing(shop), await signing(shop)
    for text in (signed(content(shop, auth[0]), OTHER), signed(content(shop, other[0])), "x", "a.b.c.d.e"):
        assert error(await shop.post("/par", {"request": text}, auth)) == (400, "invalid_request_object")
    [told] = [one["data"] for one in await shop.told("request.pushed")] or [None]
    assert told is None
