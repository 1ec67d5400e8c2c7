"""The keyring file: who may read it, what survives, what is really gone."""

import asyncio
import os
import stat
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from limen.identity.keyring import FileKeyring, KeyringSettings
from limen.identity.keyring.rootkeys import SETTLE
from limen.kernel.clock import DAY, SECOND
from limen.kernel.encoding import b64url
from limen.kernel.errors import Conflict, Corrupted, Misconfigured
from tests.support.entropy import SeededEntropy
from tests.unit.identity.keyring.doubles import Bench

ROOT = b64url(SeededEntropy(1).bytes(32))
OTHER_ROOT = b64url(SeededEntropy(2).bytes(32))
TENANT_KEY = b"t" * 32


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def settle(bench: Bench) -> None:
    bench.clock.advance(SETTLE / SECOND)


def test_the_file_and_its_directory_are_private_whatever_the_umask(bench: Bench) -> None:
    before = os.umask(0)
    try:
        bench.file()
    finally:
        os.umask(before)
    assert (mode(bench.path), mode(bench.path.parent)) == (0o600, 0o700)
    assert [mode(path) for path in bench.path.parent.iterdir()] == [0o600, 0o600]  # the file and its lock


@pytest.mark.parametrize("permissions", [0o640, 0o604, 0o620, 0o602, 0o610, 0o644, 0o666, 0o777])
def test_a_file_open_to_others_is_refused_with_a_hint(bench: Bench, permissions: int) -> None:
    bench.file()
    bench.path.chmod(permissions)
    with pytest.raises(Misconfigured) as caught:
        bench.file()
    assert "chmod 600" in caught.value.hint


def test_a_missing_file_is_refused_by_load_with_a_hint(bench: Bench) -> None:
    with pytest.raises(Misconfigured) as caught:
        FileKeyring.load(KeyringSettings(bench.path), bench.clock, bench.entropy)
    assert str(bench.path) in caught.value.hint


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b'{"roots":[],"epochs":[],"format":1}',
        b'{"roots":[],"epochs":[{"id":1,"key":"c2hvcnQ=","created_at":1}],"format":1}',
        b'{"roots":[{"key":"c2VjcmV0","created_at":"c2VjcmV0"}],"epochs":[],"format":1}',
    ],
)
def test_a_damaged_file_is_refused_without_quoting_it(bench: Bench, text: bytes) -> None:
    bench.file()
    bench.path.write_bytes(text)
    with pytest.raises(Misconfigured, match="damaged") as caught:
        bench.file()
    assert "c2VjcmV0" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_a_file_of_a_later_format_is_refused(bench: Bench) -> None:
    bench.file()
    bench.path.write_bytes(bench.path.read_bytes().replace(b'"format":1', b'"format":2'))
    with pytest.raises(Misconfigured, match="format"):
        bench.file()


def test_of_many_first_starts_one_makes_the_file(bench: Bench) -> None:
    with ThreadPoolExecutor(8) as pool:
        names = {keyring.key_id for keyring in pool.map(lambda _: bench.file(), range(16))}
    assert len(names) == 1


def test_what_a_crash_left_beside_the_file_does_not_stop_the_next_write(bench: Bench) -> None:
    bench.path.parent.mkdir()
    bench.path.with_name("keyring.json.new").write_bytes(b"half")
    assert bench.file().key_id.startswith("root:")


@pytest.mark.anyio
async def test_a_link_to_the_file_stays_a_link_when_the_file_is_replaced(bench: Bench, tmp_path: Path) -> None:
    bench.file()
    link = tmp_path / "link.json"
    link.symlink_to(bench.path)
    begun = await FileKeyring.load(KeyringSettings(link), bench.clock, bench.entropy).begin_epoch()
    assert link.is_symlink()
    assert await bench.file().current_epoch() == begun


@pytest.mark.anyio
async def test_a_tenant_key_opens_after_a_restart_and_only_in_its_context(bench: Bench) -> None:
    wrapped = await bench.file().wrap(TENANT_KEY, b"tenant one")
    assert await bench.file().unwrap(wrapped, b"tenant one") == TENANT_KEY
    with pytest.raises(Corrupted):
        await bench.file().unwrap(wrapped, b"tenant two")


@pytest.mark.anyio
async def test_a_root_key_from_the_environment_is_never_written(bench: Bench) -> None:
    keyring = bench.file(ROOT)
    wrapped = await keyring.wrap(TENANT_KEY, b"context")
    assert ROOT.encode() not in bench.path.read_bytes()
    assert b'"roots":[]' in bench.path.read_bytes()
    assert await bench.file(ROOT + "=").unwrap(wrapped, b"context") == TENANT_KEY  # padded, as openssl prints it


@pytest.mark.anyio
async def test_the_former_root_key_from_the_environment_still_opens(bench: Bench) -> None:
    wrapped = await bench.file(ROOT).wrap(TENANT_KEY, b"context")
    rotated = bench.file(OTHER_ROOT, ROOT)
    assert await rotated.unwrap(wrapped, b"context") == TENANT_KEY
    assert rotated.key_id != bench.file(ROOT).key_id
    with pytest.raises(Misconfigured, match="root:"):
        await bench.file(OTHER_ROOT).unwrap(wrapped, b"context")


def test_a_keyring_made_with_an_environment_root_does_not_start_without_it(bench: Bench) -> None:
    bench.file(ROOT)
    with pytest.raises(Misconfigured) as caught:
        bench.file()
    assert "LIMEN_ROOT_KEY" in caught.value.hint


UNFIT = ["", "secret!", "c2hvcnQ", b64url(bytes(32)), b64url(b"0123" * 8), ROOT + "A", "ü" * 43]


@pytest.mark.parametrize("text", UNFIT)
def test_an_unfit_environment_root_is_refused_without_being_shown(bench: Bench, text: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        bench.file(text)
    assert not text or text not in str(caught.value) + caught.value.hint


def test_records_of_keys_do_not_show_them(bench: Bench) -> None:
    keys = bench.file()._keys
    shown = repr(keys)
    for key in (keys.roots[0].key, keys.epochs[0].key):
        assert repr(key) not in shown
        assert b64encode(key).decode() not in shown


@pytest.mark.anyio
async def test_an_epoch_ends_by_age(bench: Bench) -> None:
    keyring = bench.file()
    first = await keyring.current_epoch()
    bench.clock.advance(30 * DAY / SECOND - 1)
    assert (await keyring.current_epoch()).id == first.id
    bench.clock.advance(1)
    second = await keyring.current_epoch()
    assert second.id == first.id + 1
    assert second.key != first.key
    assert [bool(epoch.retired_at) for epoch in await keyring.epochs()] == [True, False]


@pytest.mark.anyio
async def test_two_processes_that_find_an_epoch_over_begin_one_new_epoch(bench: Bench) -> None:
    one, two = bench.file(), bench.file()
    bench.clock.advance(31 * DAY / SECOND)
    found = await asyncio.gather(*(keyring.current_epoch() for keyring in (one, two) * 8))
    assert {epoch.id for epoch in found} == {2}


@pytest.mark.anyio
async def test_another_process_learns_of_a_new_epoch_long_before_the_old_one_may_go(bench: Bench) -> None:
    one, two = bench.file(), bench.file()
    begun = await one.begin_epoch()
    assert await two.epoch(begun.id) == begun  # at once where it meets the number
    late = bench.file()
    again = await one.begin_epoch()
    bench.clock.advance(10)
    assert await late.current_epoch() == again  # and soon where it does not


@pytest.mark.anyio
async def test_a_destroyed_epoch_is_gone_from_the_disk(bench: Bench) -> None:
    keyring = bench.file()
    doomed = await keyring.current_epoch()
    await keyring.begin_epoch()
    settle(bench)
    with bench.path.open("rb") as old_file:  # the old file lives on behind this handle: its blocks are looked at
        assert await keyring.destroy_epoch(doomed.id) is None
        assert not old_file.read().strip(b"\x00")
    assert b64encode(doomed.key) not in bench.path.read_bytes()
    assert await keyring.epoch(doomed.id) is None
    assert await bench.file().epoch(doomed.id) is None
    assert await keyring.destroy_epoch(doomed.id) is None  # a second run finds nothing to do


@pytest.mark.anyio
async def test_the_current_epoch_and_one_just_retired_are_not_destroyed(bench: Bench) -> None:
    keyring = bench.file()
    first = await keyring.current_epoch()
    assert await keyring.destroy_epoch(first.id) == Conflict("epoch_is_current")
    await keyring.begin_epoch()
    assert await keyring.destroy_epoch(first.id) == Conflict("epoch_not_settled")
    assert await keyring.epoch(first.id) is not None


@pytest.mark.anyio
async def test_epoch_numbers_are_never_used_again(bench: Bench) -> None:
    keyring = bench.file()
    await keyring.begin_epoch()
    settle(bench)
    await keyring.destroy_epoch(1)
    assert (await keyring.begin_epoch()).id == 3


@pytest.mark.anyio
async def test_a_rotated_root_leaves_the_old_one_until_it_is_destroyed(bench: Bench) -> None:
    keyring = bench.file()
    old = keyring.key_id
    wrapped = await keyring.wrap(TENANT_KEY, b"context")
    assert await keyring.rotate_root() == keyring.key_id != old
    assert await keyring.unwrap(wrapped, b"context") == TENANT_KEY
    assert await keyring.destroy_root(keyring.key_id) == Conflict("root_is_active")
    assert await keyring.destroy_root(old) == Conflict("root_not_settled")
    settle(bench)
    assert await keyring.destroy_root(old) is None
    with pytest.raises(Misconfigured):
        await keyring.unwrap(wrapped, b"context")


@pytest.mark.anyio
async def test_another_process_opens_what_is_under_a_root_it_has_not_seen(bench: Bench) -> None:
    one, two = bench.file(), bench.file()
    await one.rotate_root()
    assert await two.unwrap(await one.wrap(TENANT_KEY, b"context"), b"context") == TENANT_KEY


@pytest.mark.anyio
async def test_a_root_from_the_environment_is_not_rotated_by_us(bench: Bench) -> None:
    refusal = await bench.file(ROOT).rotate_root()
    assert isinstance(refusal, Conflict)
    assert refusal.code == "root_from_environment"
