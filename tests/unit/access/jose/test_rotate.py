"""Making and changing keys against a store, with other workers about."""

import asyncio
import json
from datetime import timedelta

import pytest

from limen.access.jose.algorithms import Algorithm
from limen.access.jose.keys import KeyPurpose, KeyState, SigningKey
from limen.access.jose.keyset import KeySet, load_key_set
from limen.access.jose.rotate import ensure_keys, rotate_keys
from limen.access.jose.rotation import RotationPolicy, Urgency
from limen.access.jose.signer import TokenType
from limen.kernel.encoding import from_b64url
from limen.kernel.errors import Fault, Misconfigured
from tests.support.clock import ManualClock
from tests.unit.access.jose.doubles import START, MemoryKeyStore, OpenVault, key_set, signing_key

pytestmark = pytest.mark.anyio

POLICY = RotationPolicy(algorithms=(Algorithm.ES256, Algorithm.EDDSA))
DAY_SECONDS = 86_400


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(start=START)


def kids(keys: KeySet) -> list[str]:
    return [jwk["kid"] for jwk in json.loads(keys.jwks)["keys"]]


async def test_first_start_makes_one_active_key_for_each_algorithm(clock: ManualClock) -> None:
    keys = await ensure_keys(MemoryKeyStore(), OpenVault(), clock, POLICY)
    assert {keys.signer(alg).alg for alg in ("ES256", "EdDSA")} == {Algorithm.ES256, Algorithm.EDDSA}
    assert len(keys.verify_keys) == 2


async def test_a_second_start_changes_nothing(clock: ManualClock) -> None:
    store = MemoryKeyStore()
    first = await ensure_keys(store, OpenVault(), clock, POLICY)
    second = await ensure_keys(store, OpenVault(), clock, POLICY)
    assert first.etag == second.etag


async def test_racing_workers_end_with_one_and_the_same_active_key(clock: ManualClock) -> None:
    store = MemoryKeyStore()
    found = await asyncio.gather(*(ensure_keys(store, OpenVault(), clock, POLICY) for _ in range(8)))
    assert len({keys.etag for keys in found}) == 1
    assert len(store.keys) == 2


async def test_the_jwks_announces_a_key_before_it_signs_and_keeps_it_after(clock: ManualClock) -> None:
    store, vault, policy = MemoryKeyStore(), OpenVault(), RotationPolicy(algorithms=(Algorithm.ES256,))
    old = (await ensure_keys(store, vault, clock, policy)).signer("ES256").kid
    clock.advance(89 * DAY_SECONDS)
    await rotate_keys(store, vault, clock, policy)
    announced = await load_key_set(store, vault)
    assert announced.signer("ES256").kid == old
    assert kids(announced)[0] == old
    new = kids(announced)[1]
    clock.advance(DAY_SECONDS)
    await rotate_keys(store, vault, clock, policy)
    after = await load_key_set(store, vault)
    assert after.signer("ES256").kid == new
    assert kids(after) == [new, old]
    clock.advance(DAY_SECONDS)
    await rotate_keys(store, vault, clock, policy)
    assert kids(await load_key_set(store, vault)) == [new]


async def test_racing_workers_rotate_once(clock: ManualClock) -> None:
    store, vault, policy = MemoryKeyStore(), OpenVault(), RotationPolicy(algorithms=(Algorithm.ES256,))
    await ensure_keys(store, vault, clock, policy)
    clock.advance(89 * DAY_SECONDS)
    await asyncio.gather(*(rotate_keys(store, vault, clock, policy) for _ in range(5)))
    assert len(store.in_state(KeyState.PENDING)) == 1
    clock.advance(DAY_SECONDS)
    await asyncio.gather(*(rotate_keys(store, vault, clock, policy) for _ in range(5)))
    assert len(store.in_state(KeyState.ACTIVE)) == 1
    assert len(store.in_state(KeyState.RETIRING)) == 1
    assert not store.in_state(KeyState.PENDING)


async def test_a_rotation_tells_what_it_did_and_when_to_come_again(clock: ManualClock) -> None:
    store, policy = MemoryKeyStore(), RotationPolicy(algorithms=(Algorithm.ES256,), publish_before=timedelta(hours=1))
    first = await rotate_keys(store, OpenVault(), clock, policy)
    assert len(first.changes) == 1
    assert first.next_due == START + (90 * DAY_SECONDS - 3600) * 1_000_000
    assert (await rotate_keys(store, OpenVault(), clock, policy)).changes == ()


async def test_compromised_keys_leave_at_once(clock: ManualClock) -> None:
    store, vault = MemoryKeyStore(), OpenVault()
    before = await ensure_keys(store, vault, clock, POLICY)
    await rotate_keys(store, vault, clock, POLICY, Urgency.COMPROMISED)
    after = await load_key_set(store, vault)
    assert not before.verify_keys.keys() & after.verify_keys.keys()
    assert after.signer("ES256").kid != before.signer("ES256").kid
    assert all(not key.sealed_private for key in store.in_state(KeyState.RETIRED))


class ContendedStore(MemoryKeyStore):
    async def add_key(self, key: SigningKey) -> bool:
        return False


async def test_contention_without_end_is_a_fault(clock: ManualClock) -> None:
    with pytest.raises(Fault):
        await rotate_keys(ContendedStore(), OpenVault(), clock, POLICY)


async def test_the_jwks_holds_public_members_only() -> None:
    keys = key_set(signing_key(), signing_key(Algorithm.RS256), signing_key(Algorithm.EDDSA))
    for jwk in json.loads(keys.jwks)["keys"]:
        assert jwk.keys() <= {"kty", "crv", "x", "y", "n", "e", "kid", "alg", "use"}
        assert jwk["use"] == "sig"


async def test_keys_for_another_purpose_and_retired_keys_are_not_published() -> None:
    keys = key_set(
        signing_key(),
        signing_key(number=1, purpose=KeyPurpose.CHECKPOINTS),
        signing_key(number=2, state=KeyState.RETIRED),
    )
    assert kids(keys) == [signing_key().kid]


async def test_the_etag_follows_the_keys() -> None:
    one, other = key_set(signing_key()), key_set(signing_key(number=1))
    assert one.etag != other.etag
    assert one.etag == key_set(signing_key()).etag
    assert one.etag.startswith('"')


async def test_an_algorithm_without_a_key_is_a_misconfiguration() -> None:
    with pytest.raises(Misconfigured):
        key_set(signing_key()).signer("RS256")


async def test_a_pending_key_does_not_sign_but_verifies() -> None:
    pending = signing_key(number=1, state=KeyState.PENDING)
    keys = key_set(signing_key(), pending)
    token = keys.signer("ES256").sign({"sub": "s"}, TokenType.ID)
    assert json.loads(from_b64url(token.split(".")[0]))["kid"] == signing_key().kid
    assert pending.kid in keys.verify_keys
