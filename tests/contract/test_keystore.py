"""The key store: compare and set, pages, and deletion that leaves no trace."""

import asyncio

import msgspec
import pytest

from limen.identity.keyring.store import SubjectCursor, WrappedSubjectKey, WrappedTenantKey
from limen.storage.database import open_dialect
from limen.storage.dialects.postgres import KEYS_ROLE
from limen.storage.keystore import SqlKeyStore
from tests.contract.world import file_of, on_sqlite

pytestmark = pytest.mark.anyio


@pytest.fixture
async def store(anyio_backend, keys_url):
    made = SqlKeyStore(open_dialect(keys_url, role=KEYS_ROLE))
    yield made
    await made.close()


def tenant_key(version: int = 1, wrapped: bytes = b"wrapped", root: str = "root-1") -> WrappedTenantKey:
    return WrappedTenantKey("ten_a", version, wrapped, root, 5)


def subject_key(subject: str = "cus_a", tenant: str = "ten_a", **changes) -> WrappedSubjectKey:
    return msgspec.structs.replace(
        WrappedSubjectKey(tenant, subject, 1, b"wrapped-" + subject.encode(), 7, 100), **changes
    )


async def test_a_tenants_keys_are_put_once_and_read_oldest_first(store):
    assert await store.put_tenant_key(tenant_key(2))
    assert await store.put_tenant_key(tenant_key(1))
    assert not await store.put_tenant_key(tenant_key(1, b"other"))
    assert await store.get_tenant_keys("ten_a") == [tenant_key(1), tenant_key(2)]
    assert await store.get_tenant_keys("ten_b") == []


async def test_a_tenants_key_is_replaced_only_if_it_is_what_was_read(store):
    await store.put_tenant_key(tenant_key())
    newer = tenant_key(1, b"newer", "root-2")
    assert not await store.replace_tenant_key(tenant_key(1, b"guess"), newer)
    assert await store.tenant_keys_outside("root-2", 9) == [tenant_key()]
    assert await store.replace_tenant_key(tenant_key(), newer)
    assert not await store.replace_tenant_key(tenant_key(), newer)
    assert await store.get_tenant_keys("ten_a") == [newer]
    assert await store.tenant_keys_outside("root-2", 9) == []


async def test_of_twenty_keys_put_for_one_subject_one_stays(store):
    keys = [subject_key(wrapped=bytes([number])) for number in range(20)]
    put = await asyncio.gather(*map(store.put_subject_key, keys))
    assert sum(put) == 1
    assert await store.get_subject_key("ten_a", "cus_a") == keys[put.index(True)]
    assert await store.get_subject_key("ten_b", "cus_a") is None


async def test_keys_of_new_subjects_are_put_together_or_not_at_all(store):
    keys = [subject_key(f"jrn_{number}") for number in range(3)]
    await store.put_new_subject_keys(keys)
    assert [await store.get_subject_key("ten_a", key.subject_id) for key in keys] == keys
    with pytest.raises(Exception, match=r"(?i)unique"):
        await store.put_new_subject_keys([subject_key("jrn_new"), keys[1]])
    assert await store.get_subject_key("ten_a", "jrn_new") is None


async def test_rewrapping_never_brings_back_an_erased_key_nor_overwrites_a_changed_one(store):
    kept, gone, changed = (subject_key(f"cus_{name}") for name in ("kept", "gone", "changed"))
    for key in (kept, gone, changed):
        await store.put_subject_key(key)
    assert await store.delete_subject_keys("ten_a", ["cus_gone"]) == 1
    assert await store.delete_subject_keys("ten_a", ["cus_gone", "cus_never"]) == 0
    other = msgspec.structs.replace(changed, wrapped=b"other")
    assert await store.replace_subject_keys([(changed, other)]) == 1
    pairs = [(key, msgspec.structs.replace(key, wrapped=b"new", epoch_id=8)) for key in (kept, gone, changed)]
    assert await store.replace_subject_keys(pairs) == 1
    assert await store.get_subject_key("ten_a", "cus_kept") == pairs[0][1]
    assert await store.get_subject_key("ten_a", "cus_gone") is None
    assert await store.get_subject_key("ten_a", "cus_changed") == other


async def test_pages_go_on_where_the_last_ended_over_all_tenants(store):
    keys = [subject_key(f"cus_{n}", tenant, created_at=100 + n) for tenant in ("ten_a", "ten_b") for n in range(3)]
    for key in reversed(keys):
        await store.put_subject_key(key)
    await store.put_subject_key(subject_key("cus_later", epoch_id=9, created_at=500))
    first = await store.subject_keys_in_epoch(7, None, 4)
    last = SubjectCursor(first[-1].tenant_id, first[-1].subject_id)
    assert [*first, *await store.subject_keys_in_epoch(7, last, 4)] == keys
    created = await store.subject_keys_created(101, 103, None, 9)
    assert created == [key for key in keys if key.created_at in {101, 102}]
    assert await store.subject_keys_created(101, 103, SubjectCursor("ten_a", "cus_2"), 9) == created[2:]


@on_sqlite
async def test_a_deleted_key_is_in_none_of_the_files(kind, store, keys_url):
    secret = b"a wrapped key that must go away"
    await store.put_subject_key(subject_key(wrapped=secret))
    await store.put_subject_key(subject_key("cus_b"))
    file = file_of(keys_url)
    files = [file, file.with_name(file.name + "-wal")]
    assert any(secret in one.read_bytes() for one in files)
    await store.delete_subject_keys("ten_a", ["cus_a"])
    assert not any(secret in one.read_bytes() for one in files if one.exists())


async def test_many_keys_are_deleted_in_one_transaction_and_others_stay(store):
    names = [f"jou_{number}" for number in range(5)]
    for name in names:
        assert await store.put_subject_key(subject_key(name))
    begun: list[str] = []
    store._dialect.trace = begun.append
    assert await store.delete_subject_keys("ten_a", names[:4]) == 4
    store._dialect.trace = None
    assert sum("BEGIN" in statement for statement in begun) == 1
    assert await store.get_subject_key("ten_a", "jou_0") is None
    assert await store.get_subject_key("ten_a", "jou_4") is not None
