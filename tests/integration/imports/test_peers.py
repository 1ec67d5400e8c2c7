"""Whoever had an account with a peer signs in with the old password, and its hash is replaced by ours."""

import msgspec
import pytest

from limen.access.factors.records import apps, open_secret
from limen.identity.credentials.legacy.table import is_kept
from limen.identity.credentials.records import unseal_password
from limen.identity.customers.records import Address
from limen.identity.tenants.records import TenantSettings
from limen.identity.tenants.sign_in import SignInSettings
from limen.integration.api.models.tenants import SettingsModel, merged
from limen.kernel.clock import SECOND
from tests.integration.imports.conftest import bring, refused

pytestmark = pytest.mark.anyio
ANN = "ann-old-password"
NAMED = SignInSettings(usernames="optional")
PEERS = [
    ("keycloak", "keycloak-realm.json", None),
    ("auth0", "auth0.ndjson", None),
    ("firebase", "firebase-users.json", "firebase-hash.json"),
]


async def held(house, email, tenant=None):
    """A customer, the text of their password, and their authenticator apps."""
    directory = house.directory(tenant)
    async with house.storage.database.read((tenant or house.tenant).id) as unit:
        sealed = await unit.customers.find_by_contact("email", await directory.email_index(email))
        stored = await unit.passwords.get(sealed.id)
        factors = apps(await unit.factors.of_customer(sealed.id))
    vault = await directory.vault_of(sealed.id)
    password = unseal_password(vault, stored).hash if stored else ""
    return await directory.open(sealed), password, [open_secret(vault, one) for one in factors]


def named(customer):
    """Who a customer is with other issuers."""
    return [(one.issuer, one.subject) for one in customer.profile.identities]


@pytest.mark.parametrize(("form", "name", "project"), PEERS)
async def test_the_old_password_signs_in_over_http_and_its_hash_is_upgraded(house, exports, form, name, project):
    await bring(house, exports / name, form, project=exports / project if project else None)
    _, before, factors = await held(house, "ann@example.com")
    assert is_kept(before)
    wrong = await house.walker().sign_in("ann@example.com", "ann-other-password")
    assert wrong.response.status_code == 400
    walker = house.walker()
    page = await walker.sign_in("ann@example.com", ANN)
    if factors:  # the app came along: its code is asked for, as it was before
        assert page.response.url.path != "/account"
        page = await walker.post(page, code=factors[0].totp.code(house.clock.now() // (30 * SECOND)))
    assert page.response.url.path == "/account"
    _, after, _ = await held(house, "ann@example.com")
    assert after.startswith("$argon2id$v=19$")


async def test_a_realm_of_keycloak(house, exports):
    done = await bring(house, exports / "keycloak-realm.json", "keycloak")
    assert (done.position, done.created, done.refused) == (5, 3, 2)
    assert await refused(house, done) == [
        (4, 89, "email", "email.invalid"),
        (5, 94, "password_hash", "password_hash.too_costly"),
    ]
    left = {"groups": 1, "realmRoles": 2, "shoe_size": 1, "username": 4, "federatedIdentities.our-adfs": 1}
    assert done.left_out == left
    ann, password, factors = await held(house, "ann@example.com")
    assert (ann.profile.given_name, ann.profile.family_name, ann.profile.locale) == ("Ann", "Lee", "de")
    assert ann.profile.email_verified
    said = (
        ann.profile.middle_name,
        ann.profile.nickname,
        ann.profile.website,
        ann.profile.gender,
        ann.profile.zoneinfo,
    )
    assert said == ("Bo", "Annie", "https://ann.example", "female", "Europe/Vienna")
    assert ann.profile.birthdate == "1990-05-17"
    assert ann.profile.address == Address("", "Weg 1", "Wien", "", "1010", "AT")
    assert ann.created_at == 1_577_836_800_000_000
    assert password.startswith("{pbkdf2}sha256:27500:64,")
    assert [one.name for one in factors] == ["Phone"]
    bob, _, _ = await held(house, "bob@example.com")
    assert not bob.profile.email_verified
    cleo, password, _ = await held(house, "cleo@example.com")
    assert (cleo.is_active, password) == (False, "")
    assert named(cleo) == [("https://accounts.google.com", "g-7")]
    named_tenant = await house.add_tenant("named", msgspec.structs.replace(TenantSettings(), sign_in=NAMED))
    done = await bring(house, exports / "keycloak-realm.json", "keycloak", tenant=named_tenant)
    cleo, _, _ = await held(house, "cleo@example.com", named_tenant)
    assert (cleo.profile.username, "username" in done.left_out) == ("cleo", False)


async def test_users_of_auth0(house, exports):
    done = await bring(house, exports / "auth0.ndjson", "auth0")
    assert (done.created, done.refused) == (2, 3)
    assert await refused(house, done) == [
        (3, 3, "", "json.invalid"),
        (4, 4, "email", "type.wrong"),
        (5, 5, "password_hash", "password_hash.too_costly"),
    ]
    left = {"app_metadata": 1, "mfa_factors.phone": 1, "phone": 1, "identities.oauth2": 1}
    assert done.left_out == left | {"profile": 1, "address.planet": 1}
    bob, password, factors = await held(house, "bob@example.com")
    assert (bob.profile.name, len(factors)) == ("Bob Ray", 1)
    said = (bob.profile.nickname, bob.profile.birthdate, bob.profile.zoneinfo, bob.profile.address)
    assert said == ("bobby", "1980", "Europe/Berlin", Address(locality="Wien"))
    assert bob.profile.picture.startswith("https://s.gravatar.com/")
    assert [one.value for one in bob.profile.phones] == ["+4915112345678"]
    assert named(bob) == [("https://appleid.apple.com", "001.a")]
    assert password.startswith("{digest}sha256:before,")
    assert "|$argon2id$" in password  # weak: never stored as it was


async def test_users_of_firebase(house, exports):
    path, project = exports / "firebase-users.json", exports / "firebase-hash.json"
    done = await bring(house, path, "firebase", project=project)
    assert (done.created, done.refused) == (2, 1)
    assert done.left_out == {"phone": 1}
    people = [(await held(house, f"{name}@example.com"))[0] for name in ("ann", "bob")]
    assert [one.value for person in people for one in person.profile.phones] == ["+4915112345678"]
    assert [name for person in people for name in named(person)] == [("https://accounts.google.com", "1")]
    assert people[0].profile.picture == "https://ann.example/me.png"
    bob, _, _ = await held(house, "bob@example.com")
    assert not bob.is_active
    without = await bring(house, path, "firebase", tenant=await house.add_tenant("bare"))
    assert (without.created, without.refused) == (1, 2)  # a hash that nobody could check is no customer's


async def test_a_pool_of_cognito_fills_what_the_tenant_knows(house, exports):
    settings = merged(
        TenantSettings(),
        SettingsModel.model_validate(
            {"profile": {"attributes": {"plan": {"type": "string"}, "phone": {"type": "string"}}}}
        ),
    )
    tenant = await house.add_tenant("pool", msgspec.structs.replace(settings, sign_in=NAMED))
    done = await bring(house, exports / "cognito-users.csv", "cognito", tenant=tenant)
    assert (done.created, done.refused) == (2, 2)
    assert await refused(house, done, tenant) == [
        (3, 4, "email_verified", "type.wrong"),
        (4, 5, "", "columns.wrong"),
    ]
    ann, password, _ = await held(house, "ann@example.com", tenant)
    assert (ann.profile.zoneinfo, ann.profile.locale) == ("Europe/Berlin", "de-DE")
    assert ann.profile.attributes == {"plan": "gold", "phone": "+4915112345678"}
    assert [one.value for one in ann.profile.phones] == ["+4915112345678"]
    assert named(ann) == [("https://accounts.google.com", "g-1")]
    assert password == ""
    assert (ann.profile.birthdate, ann.profile.nickname, ann.profile.username) == ("1990-05-17", "Annie", "ann.lee")
    assert ann.profile.address == Address(street_address="Weg 1", country="AT")
    bob, _, _ = await held(house, "bob@example.com", tenant)
    assert bob.profile.address == Address(formatted="Weg 2, 1010 Wien")
