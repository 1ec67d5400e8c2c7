"""The whole, joined: what a first start makes, and that the doors do their work on SQLite."""

import json
import stat

import pytest
from sqlalchemy import text

from limen.access.jose.rotation import Urgency
from limen.app.basis import open_basis, tenancy
from limen.app.jobs.checkpoints import Checkpoints
from limen.app.jobs.upkeep import StoredSubjects, rotate_all, sweep
from limen.identity.administrators import SYSTEM
from limen.kernel.errors import Misconfigured
from limen.kernel.events import AuditEntry
from limen.kernel.ids import CustomerId, JourneyId
from tests.integration.app.conftest import ISSUER, settings_in, started
from tests.support.clock import ManualClock

pytestmark = pytest.mark.anyio


async def test_a_machine_gets_a_token_that_is_active_until_it_is_revoked(site) -> None:
    token = await site.token()
    assert await site.is_active(token)
    assert (await site.post("/revoke", token=token)).status_code == 200
    assert not await site.is_active(token)


async def test_discovery_and_keys_name_the_issuer_of_the_settings(site) -> None:
    document = (await site.http.get("/.well-known/openid-configuration")).json()
    assert document["issuer"] == ISSUER
    assert document["token_endpoint"] == f"{ISSUER}/token"
    assert (await site.http.get("/.well-known/oauth-authorization-server")).json() == document
    algorithms = {key["alg"] for key in (await site.http.get("/jwks")).json()["keys"]}
    assert algorithms == {"ES256", "RS256"}


async def test_another_tenant_has_doors_of_its_own_as_soon_as_it_is_made(site) -> None:
    assert (await site.http.get("/t/acme/jwks")).status_code == 404
    await tenancy(site.basis, site.tenant).create("acme", "Acme", SYSTEM)
    theirs = (await site.http.get("/t/acme/.well-known/openid-configuration")).json()
    assert theirs["issuer"] == f"{ISSUER}/t/acme"
    inserted = await site.http.get("/.well-known/oauth-authorization-server/t/acme")
    assert inserted.json() == theirs
    ours = (await site.http.get("/jwks")).json()["keys"]
    assert not {key["kid"] for key in ours} & {
        key["kid"] for key in (await site.http.get("/t/acme/jwks")).json()["keys"]
    }
    assert (await site.post("/t/acme/token", grant_type="client_credentials")).status_code == 401


async def test_a_disabled_tenant_answers_nobody_at_once(site) -> None:
    office = tenancy(site.basis, site.tenant)
    await office.create("acme", "Acme", SYSTEM)
    assert (await site.http.get("/t/acme/jwks")).status_code == 200
    await office.disable("acme", SYSTEM)
    assert (await site.http.get("/t/acme/jwks")).status_code == 404


async def test_live_ready_and_metrics_belong_to_the_house_and_to_no_tenant(site) -> None:
    await tenancy(site.basis, site.tenant).create("acme", "Acme", SYSTEM)
    assert (await site.http.get("/health/live")).status_code == 200
    assert (await site.http.get("/health/ready")).json() == {"status": "ready", "checks": {"database": "ok"}}
    assert (await site.http.get("/t/acme/health/ready")).status_code == 404
    assert (await site.http.get("/metrics")).status_code == 404  # the client is no loopback address


async def test_pages_and_api_are_mounted_behind_the_edge(site) -> None:
    page = await site.http.get("/sign-up", follow_redirects=True)
    assert page.status_code == 200
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert (await site.http.get("/api/v1/clients")).status_code == 401
    assert (await site.http.get("/api/v1x")).status_code == 404
    assert (await site.http.get("/dev/mailbox")).status_code == 200


async def test_failed_clients_are_throttled_as_the_settings_say(anyio_backend, tmp_path) -> None:
    async with started(tmp_path, LIMEN_LIMITS_CLIENT_FAILURES_PER_ADDRESS="2/60") as site:
        answers = [(await site.post("/token", "nobody", grant_type="client_credentials")).status_code for _ in range(3)]
    assert answers == [401, 401, 429]


async def test_a_first_start_leaves_nothing_open_to_others(site, tmp_path) -> None:
    files = [file for file in tmp_path.iterdir() if file.is_file()]
    assert {file.name for file in files} >= {"limen.db", "limen-keys.db", "limen.keyring"}
    assert all(not stat.S_IMODE(file.stat().st_mode) & 0o077 for file in files)


async def test_an_issuer_is_fixed_by_the_first_start(anyio_backend, tmp_path) -> None:
    async with started(tmp_path):
        pass
    with pytest.raises(Misconfigured, match="set up for http://localhost:8000"):
        async with started(tmp_path, LIMEN_ISSUER="http://localhost:9"):
            pass


async def test_a_token_outlives_a_restart_and_so_does_its_revocation(anyio_backend, tmp_path) -> None:
    async with started(tmp_path) as site:
        await site.add_client("machine")
        kept, ended = await site.token(), await site.token()
        await site.post("/revoke", token=ended)
    async with started(tmp_path) as site:
        assert await site.is_active(kept)
        assert not await site.is_active(ended)


async def test_a_database_of_another_version_is_not_served(anyio_backend, tmp_path) -> None:
    async with started(tmp_path) as site, site.basis.storage.database.platform(write=True) as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    with pytest.raises(Misconfigured, match="revision 0000") as caught:
        async with started(tmp_path):
            pass
    assert "limen migrate" in caught.value.hint


# ----------------------------------------------------------------------------------------------------- jobs


async def test_a_checkpoint_is_signed_once_the_log_has_grown_and_not_again(site) -> None:
    basis, tenant_id = site.basis, site.tenant.id
    later = ManualClock(basis.clock.now())
    checkpoints = Checkpoints(basis.storage, basis.keyring, later, lambda: {tenant_id})
    await site.token()
    for _ in range(2):
        later.advance(60)  # the site's own job may have signed just now
        await checkpoints.run()
    async with basis.storage.database.read(tenant_id) as unit:
        first = await unit.audit_log.last_checkpoint()
    assert first is not None
    assert len(first.signature) == 64
    later.advance(60)
    await checkpoints.run()
    async with basis.storage.database.read(tenant_id) as unit:
        assert await unit.audit_log.last_checkpoint() == first


async def test_rotating_soon_publishes_successors_and_compromise_replaces_all(site) -> None:
    before = (await site.http.get("/jwks")).json()["keys"]
    assert await rotate_all(site.basis, Urgency.SOON) == 2
    announced = (await site.http.get("/jwks")).json()["keys"]
    assert len(announced) == 4
    token = await site.token()
    assert await site.is_active(token)
    await rotate_all(site.basis, Urgency.COMPROMISED)
    after = (await site.http.get("/jwks")).json()["keys"]
    assert not {key["kid"] for key in after} & {key["kid"] for key in before + announced}
    assert not await site.is_active(token)
    assert await site.is_active(await site.token())


async def test_sweeping_an_empty_house_does_no_harm(site) -> None:
    token = await site.token()
    await sweep(site.basis)
    assert await site.is_active(token)


async def test_only_what_is_known_to_be_gone_is_gone(site) -> None:
    clock, entropy = site.basis.clock, site.basis.entropy
    register = StoredSubjects(site.basis.storage)
    customer, journey = CustomerId.new(clock, entropy), JourneyId.new(clock, entropy)
    assert await register.living(site.tenant.id, [customer, journey]) == frozenset()
    assert await register.living(site.tenant.id, ["something_else"]) == {"something_else"}
    assert await register.living("ten_nobody", [customer]) is None


async def test_the_personal_part_of_the_audit_log_is_sealed_and_dies_with_its_key(site) -> None:
    basis, tenant_id = site.basis, site.tenant.id
    subject = CustomerId.new(basis.clock, basis.entropy)
    vault = await basis.keyring.create_subject(tenant_id, subject)
    entry = AuditEntry("session.started", subject=subject, personal={"address": "192.0.2.99"})
    async with basis.storage.database.begin(tenant_id) as unit:
        unit.record(entry)
    async with basis.storage.database.read(tenant_id) as unit:
        (record,) = await unit.audit_log.for_subject(subject, limit=1)
    assert b"192.0.2.99" not in record.open_part + record.sealed
    opened = vault.unseal("audit.personal", record.commitment.hex(), record.sealed)
    assert json.loads(opened[16:]) == {"address": "192.0.2.99"}
    await basis.keyring.destroy_subject(tenant_id, subject)
    sealer = basis.storage.database.seal_personal
    assert sealer is not None
    assert await sealer(tenant_id, entry) is None


async def test_the_command_lines_basis_opens_beside_a_running_site(site, tmp_path) -> None:
    async with open_basis(settings_in(tmp_path)) as other:
        assert await other.storage.tenants.find("default") == site.tenant
