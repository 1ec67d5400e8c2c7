"""Second factors of a customer over HTTP: seen without secrets, taken away, and never from who administers more."""

import pytest
from sqlalchemy import select

from limen.access.factors.records import FactorKind, StoredFactor, TotpSecret, seal_secret
from limen.access.factors.recovery import stored_codes
from limen.access.factors.totp import Totp
from limen.access.passkeys.records import Credential, credential_digest, seal_credential
from limen.identity.administrators import CUSTOMERS_READ, CUSTOMERS_WRITE
from limen.kernel.ids import CustomerId, FactorId
from limen.storage import schema

pytestmark = pytest.mark.anyio
NOBODY = "cus_00000000000000000000000000"
NOTHING = "fac_00000000000000000000000000"


async def enrolled(house, customer, tenant_id=None):
    """An app and two recovery codes of *customer*; return the app."""
    vault = await house.directory().vault_of(customer.id)
    factor_id = FactorId.new(house.clock, house.entropy)
    secret = TotpSecret(Totp(b"s" * 20), "Ann's phone")
    app = StoredFactor(
        factor_id,
        customer.id,
        FactorKind.TOTP,
        seal_secret(vault, factor_id, secret),
        None,
        house.clock.now(),
    )
    codes = stored_codes(b"k" * 32, customer.id, ("aaaaabbbbb", "cccccddddd"), house.clock, house.entropy)
    async with house.storage.database.begin(tenant_id or house.default.id) as unit:
        await unit.factors.add(app)
        await unit.factors.replace_codes(customer.id, codes)
    return app


async def test_factors_are_listed_without_secrets_names_and_codes(house):
    ann = await house.customer("ann@example.com")
    app = await enrolled(house, ann)
    async with house.http(await house.token()) as http:
        answer = await http.get(f"/customers/{ann.id}/factors")
    assert answer.status_code == 200
    said = answer.json()
    assert [item["id"] for item in said["items"]] == [app.id]
    assert (said["items"][0]["kind"], said["items"][0]["last_used_at"], said["recovery_codes_left"]) == (
        "totp",
        None,
        2,
    )
    assert "phone" not in answer.text
    assert set(said["items"][0]) == {"id", "kind", "created_at", "last_used_at"}


async def test_passkeys_and_security_keys_are_listed_by_kind_and_taken_away(house):
    ann = await house.customer("ann@example.com")
    vault = await house.directory().vault_of(ann.id)
    made = []
    for kind in (FactorKind.PASSKEY, FactorKind.SECURITY_KEY):
        factor_id, credential = (
            FactorId.new(house.clock, house.entropy),
            Credential(kind.value.encode(), b"", b"", "Hers"),
        )
        sealed, digest = seal_credential(vault, factor_id, credential), credential_digest(credential.id)
        made.append(StoredFactor(factor_id, ann.id, kind, sealed, digest, house.clock.now()))
        house.clock.advance(1)  # identifiers of one millisecond are in no order
    async with house.storage.database.begin(house.default.id) as unit:
        assert [await unit.factors.add_key(one) for one in made] == [True, True]
    async with house.http(await house.token()) as http:
        path = f"/customers/{ann.id}/factors"
        answer = await http.get(path)
        assert [(item["id"], item["kind"]) for item in answer.json()["items"]] == [
            (one.id, one.kind.value) for one in made
        ]
        assert "Hers" not in answer.text
        assert [(await http.delete(f"{path}/{one.id}")).status_code for one in made] == [204, 204]
        assert (await http.delete(f"{path}/{made[0].id}")).status_code == 404
        assert (await http.get(path)).json()["items"] == []


async def test_removing_the_last_app_takes_the_codes_along_and_is_told_and_recorded(house):
    ann = await house.customer("ann@example.com")
    first, second = await enrolled(house, ann), await enrolled(house, ann)
    async with house.http(await house.token()) as http:
        path = f"/customers/{ann.id}/factors"
        assert (await http.delete(f"{path}/{first.id}")).status_code == 204
        assert (await http.get(path)).json()["recovery_codes_left"] == 2
        assert (await http.delete(f"{path}/{second.id}")).status_code == 204
        assert (await http.get(path)).json() == {"items": [], "recovery_codes_left": 0}
        gone = await http.delete(f"{path}/{second.id}")
    assert (gone.status_code, gone.json()["code"]) == (404, "factor_not_found")
    assert [name for name in await house.audit() if name == "factor.removed"] == ["factor.removed"] * 2
    async with house.storage.database.platform() as connection:
        rows = (await connection.execute(select(schema.processes.outbox.c.name, schema.processes.outbox.c.data))).all()
    assert sum(row.name == "mail.requested" and "factor_removed" in row.data for row in rows) == 2


async def test_nobody_elses_factor_is_removed_and_bad_names_are_told(house):
    ann, bob = await house.customer("ann@example.com"), await house.customer("bob@example.com")
    app = await enrolled(house, ann)
    async with house.http(await house.token()) as http:
        assert (await http.delete(f"/customers/{bob.id}/factors/{app.id}")).status_code == 404
        assert (await http.get(f"/customers/{NOBODY}/factors")).status_code == 404
        assert (await http.delete(f"/customers/{NOBODY}/factors/{NOTHING}")).status_code == 404
        assert (await http.delete(f"/customers/{ann.id}/factors/nonsense")).status_code in {400, 404, 422}
        assert (await http.get(f"/customers/{ann.id}/factors")).json()["items"] != []


async def test_an_administrator_is_not_weakened_by_who_administers_less(house):
    ann = await house.customer("ann@example.com")
    app = await enrolled(house, ann)
    async with house.storage.database.begin(house.default.id) as unit:
        await unit.administrators.appoint(CustomerId(ann.id), "platform", house.clock.now())
    async with house.http(await house.token(CUSTOMERS_READ, CUSTOMERS_WRITE)) as http:
        refused = await http.delete(f"/customers/{ann.id}/factors/{app.id}")
        assert (refused.status_code, refused.json()["code"]) == (403, "beyond_your_authority")
        assert len((await http.get(f"/customers/{ann.id}/factors")).json()["items"]) == 1


async def test_reading_does_not_allow_removing(house):
    ann = await house.customer("ann@example.com")
    app = await enrolled(house, ann)
    async with house.http(await house.token(CUSTOMERS_READ)) as http:
        assert (await http.delete(f"/customers/{ann.id}/factors/{app.id}")).status_code == 403
