"""Root keys in a PKCS#11 token: SoftHSM2, in the library's own process memory."""

import pytest

from limen.identity.keyring import FileKeyring, Keyring, KeyringSettings, Upkeep
from limen.integration.kms.guarded import GuardedWrapper, Successor, probe
from limen.integration.kms.pkcs11 import Pkcs11Settings, Pkcs11Wrapper
from limen.kernel.errors import Corrupted, Misconfigured, Outage
from limen.kernel.secret import Secret
from tests.support import parts, softhsm
from tests.unit.identity.keyring.doubles import MemoryKeyStore

pytestmark = pytest.mark.anyio
KEY, CONTEXT, TENANT = b"k" * 32, b"ten_1", "ten_1"


@pytest.fixture(scope="module")
def token(tmp_path_factory):
    module = softhsm.module()
    if module is None:
        parts.missing("softhsm2", softhsm.HINT)
    with pytest.MonkeyPatch.context() as patch:  # the library reads it once
        for name, value in softhsm.token(tmp_path_factory.mktemp("softhsm")).items():
            patch.setenv(name, value)
        yield module


def wrapper(token, entropy, **changes) -> Pkcs11Wrapper:
    members = {"module": token, "token_label": softhsm.LABEL, "pin": Secret(softhsm.PIN), **changes}
    return Pkcs11Wrapper(Pkcs11Settings(**members), entropy)


async def test_a_key_comes_back_in_its_own_context_also_after_a_rotation(token, entropy):
    kms = wrapper(token, entropy, key="one")
    with pytest.raises(Misconfigured, match=r"no key one\.1"):
        await kms.wrap(KEY, CONTEXT)
    assert await kms.rotate_root() == "pkcs11:one.1"
    wrapped = await kms.wrap(KEY, CONTEXT)
    assert (KEY in wrapped, kms.key_id) == (False, "pkcs11:one.1")
    assert await kms.rotate_root() == "pkcs11:one.2"
    assert (await kms.wrap(KEY, CONTEXT))[1:6] == b"one.2"
    assert await kms.unwrap(wrapped, CONTEXT) == KEY
    for changed, context in ((wrapped, b"ten_2"), (wrapped[:-1] + bytes([wrapped[-1] ^ 1]), CONTEXT), (b"\x05", b"")):
        with pytest.raises(Corrupted):
            await kms.unwrap(changed, context)
    with pytest.raises(Misconfigured, match=r"no key one\.9"):
        await kms.unwrap(wrapped.replace(b"one.1", b"one.9"), CONTEXT)
    kms.close()


async def test_a_session_that_is_lost_is_opened_again(token, entropy):
    kms = wrapper(token, entropy, key="two")
    await kms.rotate_root()
    wrapped = await kms.wrap(KEY, CONTEXT)
    kms._held.session.close()
    assert await kms.unwrap(wrapped, CONTEXT) == KEY
    kms.close()


async def test_a_token_that_is_not_there_or_a_wrong_pin_is_an_outage_and_refuses_the_start(token, clock, entropy):
    for changes in ({"token_label": "another"}, {"pin": Secret("wrong")}, {"module": "/nowhere.so"}):
        kms = wrapper(token, entropy, **changes)
        with pytest.raises(Outage) as away:
            await kms.wrap(KEY, CONTEXT)
        assert softhsm.PIN not in str(away.value)
        with pytest.raises(Misconfigured, match="the KMS is not to be used"):
            await probe(GuardedWrapper(kms, clock), KEY)
        kms.close()


async def test_a_tenants_key_moves_from_the_file_into_the_token(token, tmp_path, clock, entropy):
    store = MemoryKeyStore()
    file = FileKeyring.ensure(KeyringSettings(tmp_path / "keyring"), clock, entropy)
    envelope = (await Keyring(store, file, file, clock, entropy).create_tenant(TENANT)).seal("a.b", "r", b"secret")
    inner = wrapper(token, entropy, key="three")
    await inner.rotate_root()
    kms = GuardedWrapper(Successor(inner, file), clock)
    await probe(kms, KEY)
    assert await Upkeep(store, kms, file, clock, entropy).rewrap_tenants() == 1
    [row] = await store.get_tenant_keys(TENANT)
    assert row.root_key_id == "pkcs11:three.1"
    assert (await Keyring(store, kms, file, clock, entropy).tenant(TENANT)).unseal("a.b", "r", envelope) == b"secret"
    inner.close()
