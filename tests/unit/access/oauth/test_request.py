"""Which authorization requests pass, which are refused on a page, and which are sent back with an error."""

from itertools import product

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from limen.access.clients.records import AuthMethod
from limen.access.jose.signer import TokenType
from limen.access.oauth.records import RequestedClaims
from limen.access.oauth.redirects import is_registered
from limen.access.oauth.request import (
    PAGE_CODES,
    AuthorizationRequest,
    PageRefusal,
    RedirectRefusal,
    parse_authorization,
)
from limen.access.tokens.records import NO_CHALLENGE
from tests.unit.access.oauth.doubles import (
    CHALLENGE,
    CLIENT_ID,
    DOCUMENT,
    ISSUER,
    REDIRECT,
    REGISTERED,
    asked,
    client,
    desk,
    id_token,
)

pytestmark = pytest.mark.anyio

WITHOUT = ...


def run(coroutine):
    """Run to the end what never waits."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("it waited")


class TestWhatPasses:
    async def test_a_good_request_is_kept_with_all_it_says(self):
        query = asked(
            response_mode="form_post",
            prompt="login consent login",
            max_age="0",
            login_hint="anna@example.org",
            ui_locales="de-CH en not_a_locale de-CH",
            acr_values="urn:b urn:a urn:b",
        )
        assert await parse_authorization(desk(), query) == AuthorizationRequest(
            client_id=CLIENT_ID,
            redirect_uri=REDIRECT,
            scopes=("openid", "profile"),
            code_challenge=CHALLENGE,
            state="a state",
            nonce="a nonce",
            response_mode="form_post",
            prompt=("login", "consent"),
            max_age=0,
            login_hint="anna@example.org",
            ui_locales=("de-CH", "en"),
            acr_values=("urn:b", "urn:a"),
        )

    async def test_single_claims_are_kept_by_name_as_far_as_the_client_may_have_them(self):
        asking = {
            "userinfo": {"email": {"essential": True}, "name": None, "name#de": None, "phone_number": None, "x": None},
            "id_token": {"given_name": {"value": "Anna"}, "auth_time": {"essential": True}},
        }
        request = await parse_authorization(desk(), asked(scope="openid", claims=msgspec.json.encode(asking).decode()))
        assert isinstance(request, AuthorizationRequest)
        assert request.claims == RequestedClaims(
            userinfo=("email", "name"), id_token=("given_name",), scopes=("email", "profile")
        )
        assert request.to_allow == ("openid", "email", "profile")
        assert "Anna" not in msgspec.json.encode(request).decode()

    async def test_a_claim_whose_scope_the_client_may_not_have_is_left_out(self):
        document = msgspec.structs.replace(DOCUMENT, scopes=("openid",))
        asking = '{"userinfo": {"email": null}}'
        request = await parse_authorization(desk(client(document=document)), asked(scope="openid", claims=asking))
        assert isinstance(request, AuthorizationRequest)
        assert request.claims == RequestedClaims()

    async def test_a_sub_that_is_asked_for_is_who_must_answer(self):
        at = desk()
        asking = '{"id_token": {"sub": {"value": "a-subject"}}, "userinfo": {"sub": {"values": ["a-subject"]}}}'
        for changes in ({}, {"id_token_hint": id_token(at)}):
            request = await parse_authorization(at, asked(claims=asking, **changes))
            assert isinstance(request, AuthorizationRequest)
            assert request.id_token_hint_subject == "a-subject"
        other = '{"id_token": {"sub": {"value": "somebody"}}}'
        refusal = await parse_authorization(at, asked(claims=other, id_token_hint=id_token(at)))
        assert isinstance(refusal, RedirectRefusal)
        assert refusal.code == "invalid_request"

    async def test_an_essential_acr_binds_and_another_is_a_wish(self):
        asking = '{"id_token": {"acr": {"essential": %s, "values": ["urn:limen:aal:1", "gold"]}}}'
        required = await parse_authorization(desk(), asked(claims=asking % "true"))
        wished = await parse_authorization(desk(), asked(claims=asking % "false", acr_values="silver"))
        assert isinstance(required, AuthorizationRequest)
        assert isinstance(wished, AuthorizationRequest)
        assert (required.required_acr, required.acr_values) == (("urn:limen:aal:1", "gold"), ())
        assert (wished.required_acr, wished.acr_values) == ((), ("silver", "urn:limen:aal:1", "gold"))

    async def test_what_the_client_registered_counts_where_the_request_is_silent(self):
        document = msgspec.structs.replace(DOCUMENT, default_max_age=60, default_acr_values=("gold",))
        at = desk(client(document=document))
        silent = await parse_authorization(at, asked())
        spoken = await parse_authorization(at, asked(max_age="7", acr_values="silver"))
        assert isinstance(silent, AuthorizationRequest)
        assert isinstance(spoken, AuthorizationRequest)
        assert (silent.max_age, silent.acr_values) == (60, ("gold",))
        assert (spoken.max_age, spoken.acr_values) == (7, ("silver",))

    async def test_it_survives_json(self):
        request = await parse_authorization(desk(), asked(prompt="login", max_age="7", ui_locales="ar"))
        assert msgspec.json.decode(msgspec.json.encode(request), type=AuthorizationRequest) == request

    async def test_its_repr_shows_neither_hint_nor_state(self):
        shown = repr(await parse_authorization(desk(), asked(login_hint="anna@example.org")))
        assert "anna" not in shown
        assert "a state" not in shown

    @pytest.mark.parametrize(
        "changes",
        [
            {"state": WITHOUT, "nonce": WITHOUT},
            {"display": "popup", "foo": "bar", "utm_source": "mail"},  # RFC 6749 §3.1: unknown ones are ignored
            {"scope": "orders"},  # OAuth without OpenID Connect
            {"prompt": "none"},
            {"prompt": ""},  # without a value it counts as omitted (RFC 6749 §3.1)
            {"request": ""},
            {"claims": "{}"},
            {"claims": "not JSON", "scope": "orders"},  # of OpenID Connect requests alone
            {"claims": '{"userinfo": null, "id_token": {"acr": null}, "verified_claims": [1]}'},
            {"claims_locales": "de"},
            {"state": "ä ☃ & = % + # \" '"},
            {"redirect_uri": "http://127.0.0.1:51004/native"},
            {"redirect_uri": "http://[::1]/native?x=1"},
            {"redirect_uri": "com.example.app:/cb"},
        ],
    )
    async def test_what_is_allowed_is_no_error(self, changes):
        assert isinstance(await parse_authorization(desk(), asked(**changes)), AuthorizationRequest)

    async def test_a_state_comes_out_as_it_went_in(self):
        state = "ä ☃ & = % + # \" '"
        request = await parse_authorization(desk(), asked(state=state))
        assert isinstance(request, AuthorizationRequest)
        assert request.state == state

    async def test_offline_access_is_not_asked_for_a_client_that_cannot_refresh(self):
        document = msgspec.structs.replace(DOCUMENT, grant_types=("authorization_code",))
        request = await parse_authorization(desk(client(document=document)), asked(scope="openid offline_access"))
        assert isinstance(request, AuthorizationRequest)
        assert request.scopes == ("openid",)

    async def test_an_expired_hint_still_names_whom_the_relying_party_expects(self):
        at = desk()
        request = await parse_authorization(at, asked(id_token_hint=id_token(at)))
        assert isinstance(request, AuthorizationRequest)
        assert request.id_token_hint_subject == "a-subject"


PAGES = [
    ({"client_id": WITHOUT}, "unknown_client"),
    ({"client_id": ""}, "unknown_client"),
    ({"client_id": "nobody"}, "unknown_client"),
    ({"client_id": "sleeping"}, "unknown_client"),
    ({"client_id": "x" * 256}, "unknown_client"),
    ({"client_id": "shop\r\n"}, "unknown_client"),
    ({"redirect_uri": WITHOUT}, "redirect_uri_mismatch"),
    ({"redirect_uri": ""}, "redirect_uri_mismatch"),
    ({"redirect_uri": "https://evil.example/cb"}, "redirect_uri_mismatch"),
    ({"state": "a\r\nb"}, "malformed_request"),
    ({"state": "x" * 4097}, "malformed_request"),
]


class TestWhatNeverRedirects:
    @pytest.mark.parametrize(("changes", "code"), PAGES)
    async def test_what_is_wrong_before_the_redirect_uri_is_proven(self, changes, code):
        sleeping = client("sleeping", msgspec.structs.replace(DOCUMENT, disabled=True))
        refusal = await parse_authorization(desk(client(), sleeping), asked(**changes))
        assert type(refusal) is PageRefusal
        assert refusal.code == code
        assert refusal.code in PAGE_CODES

    @pytest.mark.parametrize(
        "extra",
        [
            "&client_id=shop",
            "&redirect_uri=https%3A%2F%2Fshop.example%2Fcb",
            "&state=b",
            "&scope=email",
            "&foo=1&foo=2",
            "&state%00=1",
            "&x=%ff",
            "&x=%zz",
            "&=1",
            "&x=" + "y" * 9000,
            "&x=1" * 60,
            "&x=" + "y" * 20000,
        ],
    )
    async def test_repeated_and_malformed_parameters(self, extra):
        refusal = await parse_authorization(desk(), asked() + extra)
        assert type(refusal) is PageRefusal
        assert refusal.code == "malformed_request"

    async def test_an_empty_request(self):
        assert await parse_authorization(desk(), "") == PageRefusal(
            "unknown_client", "client_id is missing, unknown or disabled"
        )

    async def test_the_redirect_uri_of_another_client(self):
        other = client("bank", msgspec.structs.replace(DOCUMENT, redirect_uris=("https://bank.example/cb",)))
        at = desk(client(), other)
        refusal = await parse_authorization(at, asked(redirect_uri="https://bank.example/cb"))
        assert type(refusal) is PageRefusal


REDIRECTS = [
    ({"response_type": WITHOUT}, "invalid_request"),
    ({"response_type": "token"}, "unsupported_response_type"),
    ({"response_type": "id_token"}, "unsupported_response_type"),
    ({"response_type": "code id_token"}, "unsupported_response_type"),
    ({"response_type": "CODE"}, "unsupported_response_type"),
    ({"response_mode": "query", "response_type": "token"}, "invalid_request"),
    ({"response_mode": "query.jwt", "response_type": "code id_token"}, "invalid_request"),
    ({"response_mode": "QUERY"}, "invalid_request"),
    ({"response_mode": ".jwt"}, "invalid_request"),
    ({"response_mode": "web_message"}, "invalid_request"),
    ({"scope": WITHOUT}, "invalid_scope"),
    ({"scope": "openid admin"}, "invalid_scope"),
    ({"scope": "openid  profile"}, "invalid_scope"),
    ({"scope": 'openid "'}, "invalid_scope"),
    ({"scope": "profile"}, "invalid_scope"),
    ({"scope": "orders email"}, "invalid_scope"),
    ({"code_challenge": WITHOUT}, "invalid_request"),
    ({"code_challenge_method": WITHOUT}, "invalid_request"),
    ({"code_challenge_method": "plain"}, "invalid_request"),
    ({"code_challenge_method": "s256"}, "invalid_request"),
    ({"code_challenge": CHALLENGE[:-1]}, "invalid_request"),
    ({"code_challenge": CHALLENGE + "A"}, "invalid_request"),
    ({"code_challenge": CHALLENGE[:-1] + "="}, "invalid_request"),
    ({"code_challenge": CHALLENGE[:-1] + "+"}, "invalid_request"),
    ({"code_challenge": "A" * 42 + "B"}, "invalid_request"),  # no 32 bytes are spelled so
    ({"prompt": "none login"}, "invalid_request"),
    ({"prompt": "consent none"}, "invalid_request"),
    ({"prompt": "dance"}, "invalid_request"),
    ({"max_age": "-1"}, "invalid_request"),
    ({"max_age": "1.5"}, "invalid_request"),
    ({"max_age": "٣"}, "invalid_request"),
    ({"max_age": "9" * 11}, "invalid_request"),
    ({"nonce": "x" * 513}, "invalid_request"),
    ({"nonce": "a\nb"}, "invalid_request"),
    ({"login_hint": "x" * 321}, "invalid_request"),
    ({"ui_locales": "x" * 513}, "invalid_request"),
    ({"acr_values": "a\tb"}, "invalid_request"),
    ({"request": "a.b.c"}, "invalid_request_object"),
    ({"request_uri": "urn:x"}, "invalid_request_uri"),
    ({"request_uri": "https://shop.example/request.jwt"}, "invalid_request_uri"),
    ({"request": "a.b.c", "request_uri": "urn:x"}, "invalid_request"),
    ({"registration": "{}"}, "registration_not_supported"),
    ({"claims": "[]"}, "invalid_request"),
    ({"claims": "{"}, "invalid_request"),
    ({"claims": '{"userinfo": []}'}, "invalid_request"),
    ({"claims": '{"userinfo": {"email": 7}}'}, "invalid_request"),
    ({"claims": '{"userinfo": {"email": {"essential": 1}}}'}, "invalid_request"),
    ({"claims": '{"userinfo": {"email": {"values": "x"}}}'}, "invalid_request"),
    ({"claims": '{"userinfo": {"email": {"value": "x", "values": ["y"]}}}'}, "invalid_request"),
    ({"claims": '{"userinfo": {"x": ' + "[" * 1_200 + "]" * 1_200 + "}}"}, "invalid_request"),
    ({"claims": '{"userinfo": {' + ", ".join(f'"c{n}": null' for n in range(51)) + "}}"}, "invalid_request"),
    ({"claims": '{"id_token": {"sub": {"values": ["a", "b"]}}}'}, "invalid_request"),
    ({"claims": '{"id_token": {"sub": {"value": 7}}}'}, "invalid_request"),
    ({"claims": '{"id_token": {"acr": {"essential": true, "value": "gold"}}}'}, "unmet_authentication_requirements"),
    ({"claims": '{"id_token": {"acr": {"essential": true, "values": [7]}}}'}, "unmet_authentication_requirements"),
    ({"id_token_hint": "no token"}, "invalid_request"),
]


class TestWhatIsSentBack:
    @pytest.mark.parametrize(("changes", "code"), REDIRECTS)
    async def test_what_is_wrong_behind_the_redirect_uri(self, changes, code):
        refusal = await parse_authorization(desk(), asked(**changes))
        assert type(refusal) is RedirectRefusal
        assert (refusal.code, refusal.redirect_uri, refusal.state) == (code, REDIRECT, "a state")
        assert refusal.description

    async def test_a_client_that_may_not_use_codes(self):
        document = msgspec.structs.replace(DOCUMENT, grant_types=("client_credentials",))
        refusal = await parse_authorization(desk(client(document=document)), asked())
        assert type(refusal) is RedirectRefusal
        assert refusal.code == "unauthorized_client"

    async def test_offline_access_alone_for_a_client_that_cannot_refresh(self):
        document = msgspec.structs.replace(DOCUMENT, grant_types=("authorization_code",))
        refusal = await parse_authorization(desk(client(document=document)), asked(scope="offline_access"))
        assert type(refusal) is RedirectRefusal
        assert refusal.code == "invalid_scope"

    @pytest.mark.parametrize("kind", ["token", "id_token", "id_token token", "code id_token", "code token"])
    async def test_types_that_hold_tokens_are_refused_where_their_clients_look(self, kind):
        refusal = await parse_authorization(desk(), asked(response_type=kind))
        assert isinstance(refusal, RedirectRefusal)
        assert (refusal.code, refusal.response_mode) == ("unsupported_response_type", "fragment")
        refusal = await parse_authorization(desk(), asked(response_type=kind, response_mode="jwt"))
        assert isinstance(refusal, RedirectRefusal)
        assert (refusal.code, refusal.response_mode) == ("unsupported_response_type", "fragment.jwt")

    async def test_it_travels_by_the_mode_that_was_asked_for(self):
        refusal = await parse_authorization(desk(), asked(response_mode="form_post", scope=WITHOUT))
        assert type(refusal) is RedirectRefusal
        assert refusal.response_mode == "form_post"

    async def test_a_hint_of_another_client_another_tenant_or_another_type(self):
        at, elsewhere = desk(), desk(issuer="https://elsewhere.example")
        access = at.keys.signer("ES256").sign(
            {"iss": at.issuer, "sub": "s", "aud": CLIENT_ID, "client_id": CLIENT_ID, "jti": "j", "iat": 1, "exp": 2},
            TokenType.ACCESS,
        )
        for hint in (id_token(at, aud="bank"), id_token(elsewhere), access, id_token(at)[:-6] + "AAAAAA"):
            refusal = await parse_authorization(at, asked(id_token_hint=hint))
            assert type(refusal) is RedirectRefusal
            assert refusal.code == "invalid_request"

    @pytest.mark.parametrize("changes", [change for change, _ in REDIRECTS])
    async def test_a_description_stays_within_what_oauth_allows(self, changes):
        refusal = await parse_authorization(desk(), asked(**changes))
        assert isinstance(refusal, RedirectRefusal)
        allowed = {chr(code) for code in range(0x20, 0x7F)} - {'"', "\\"}  # RFC 6749 §4.1.2.1
        assert set(refusal.description) <= allowed


NAMES = st.sampled_from(
    [
        "client_id", "redirect_uri", "response_type", "response_mode", "scope", "state", "nonce", "code_challenge",
        "code_challenge_method", "prompt", "max_age", "login_hint", "ui_locales", "acr_values", "id_token_hint",
        "request", "claims", "resource",
    ]
)  # fmt: skip
VALUES = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        [
            CLIENT_ID,
            *REGISTERED,
            "code",
            "query",
            "form_post",
            "openid",
            CHALLENGE,
            "S256",
            "none",
            "login",
            "7",
            "\r\n",
        ]
    ),
)


class TestWhateverComes:
    """Nothing raises, and nothing leads to where nobody registered."""

    @given(st.text(max_size=300))
    @example("%")
    @example("client_id=%00")
    @example("client_id=shop&redirect_uri=https://shop.example/cb%0d%0aSet-Cookie:x")
    def test_any_text(self, query):
        assert_safe(run(parse_authorization(desk(), query)))

    @given(st.dictionaries(NAMES, st.one_of(st.none(), VALUES), max_size=6))
    def test_any_change_to_a_good_request(self, changes):
        query = asked(**{name: WITHOUT if value is None else value for name, value in changes.items()})
        assert_safe(run(parse_authorization(desk(), query)))

    def test_of_all_there_is_to_say_four_requests_pass_without_a_challenge(self):
        """OAuth 2.1 §7.5.1: a web client that somebody vouches for, and a nonce with ``openid``.

        What is empty is not there (RFC 6749 §3.1).
        """
        passing = []
        for registered in every(
            require_pkce=(True, False),
            token_endpoint_auth_method=(AuthMethod.NONE, AuthMethod.BASIC),
            application_type=("", "web", "native"),
            profile=("oauth2.1", "mcp", "fapi2_security"),
            redirect_uris=((REDIRECT,), REGISTERED),
        ):
            at = desk(client(document=msgspec.structs.replace(DOCUMENT, **registered)))
            for said in every(
                scope=("openid", "openid profile", "orders"),
                nonce=(WITHOUT, " ", "n"),
                code_challenge=(WITHOUT, NO_CHALLENGE, CHALLENGE, CHALLENGE[1:]),
                code_challenge_method=(WITHOUT, "S256", "plain"),
            ):
                outcome = run(parse_authorization(at, asked(resource=ISSUER, **said)))
                if isinstance(outcome, AuthorizationRequest) and outcome.code_challenge != CHALLENGE:
                    assert outcome.code_challenge == NO_CHALLENGE
                    passing.append(registered | said)
        vouched = {"require_pkce": False, "token_endpoint_auth_method": AuthMethod.BASIC, "profile": "oauth2.1"}
        vouched |= {"nonce": "n", "code_challenge": WITHOUT, "code_challenge_method": WITHOUT}
        kinds = every(application_type=("", "web"), redirect_uris=((REDIRECT,),), scope=("openid", "openid profile"))
        assert passing == [vouched | kind for kind in kinds]

    @given(
        st.dictionaries(
            st.sampled_from(["userinfo", "id_token", "x"]),
            st.dictionaries(
                st.sampled_from(["sub", "acr", "email", "name", "y"]),
                st.one_of(
                    st.none(),
                    st.integers(),
                    st.dictionaries(
                        st.sampled_from(["essential", "value", "values", "z"]),
                        st.recursive(st.one_of(st.none(), st.booleans(), st.text(max_size=5)), st.lists, max_leaves=4),
                    ),
                ),
            ),
        )
    )
    def test_any_claims(self, claims):
        assert_safe(run(parse_authorization(desk(), asked(claims=msgspec.json.encode(claims).decode()))))

    @given(st.sampled_from(REGISTERED), st.text(max_size=12), st.text(max_size=12), st.integers(0, 40))
    def test_a_registered_redirect_uri_with_something_in_it_or_around_it(self, uri, before, inside, place):
        presented = before + uri[:place] + inside + uri[place:]
        outcome = run(parse_authorization(desk(), asked(redirect_uri=presented)))
        assert_safe(outcome)
        if before or (inside and not uri.startswith("http://127") and not uri.startswith("http://[")):
            assert isinstance(outcome, PageRefusal)


def every(**choices):
    """Return all combinations of what each name may be."""
    return [dict(zip(choices, chosen, strict=True)) for chosen in product(*choices.values())]


def assert_safe(outcome):
    if isinstance(outcome, PageRefusal):
        assert outcome.code in PAGE_CODES
        return
    assert isinstance(outcome, AuthorizationRequest | RedirectRefusal)
    assert outcome.client_id == CLIENT_ID
    assert is_registered(outcome.redirect_uri, REGISTERED)
    host = outcome.redirect_uri.partition("://")[2].partition("/")[0]
    assert host.partition(":")[0] in {"shop.example", "127.0.0.1", "[", "localhost", ""}
