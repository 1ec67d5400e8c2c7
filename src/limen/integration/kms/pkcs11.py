"""A PKCS#11 token, by the library that its maker gives (extra ``limen[pkcs11]``): AES-256 in GCM, in the token.

::

    offset  0        1 …                      then       then
            length   the key's label (ASCII)  nonce 12   ciphertext ‖ tag (16)

Keys are called by one label with a number behind it: ``limen.1``, ``limen.2``; the highest wraps. They never leave the
token. Everything blocks and is done in a thread of its own, for a session belongs to one.
"""

import asyncio
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from limen.kernel.entropy import Entropy
from limen.kernel.errors import Corrupted, Misconfigured, Outage
from limen.kernel.secret import Secret

_NONCE: Final = 12
_TAG_BITS: Final = 128
_LEAST: Final = 1 + 1 + _NONCE + _TAG_BITS // 8
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Pkcs11Settings:
    """Which token, and which keys of it.

    Attributes:
        module: the maker's library, a path.
        token_label: the token's label.
        pin: the user's PIN.
        key: what the labels of our keys begin with.
        seconds: for each operation.
    """

    module: str
    token_label: str
    key: str = "limen"
    pin: Secret = field(default_factory=lambda: Secret(""))
    seconds: float = 5.0


@dataclass(slots=True)
class _Open:
    session: Any
    keys: dict[str, Any]


class Pkcs11Wrapper:
    """A :class:`~limen.identity.keyring.KeyWrapper` by a token."""

    def __init__(self, settings: Pkcs11Settings, entropy: Entropy) -> None:
        """Open nothing yet.

        Raises:
            Misconfigured: the extra is not installed.
        """
        try:
            import pkcs11  # noqa: PLC0415 - an extra
        except ImportError:
            raise Misconfigured("PKCS#11 is not installed", "pip install 'limen[pkcs11]'") from None
        self._pkcs11: Any = pkcs11
        self._settings, self._entropy = settings, entropy
        self._label = re.compile(re.escape(settings.key) + r"\.([1-9][0-9]{0,5})")
        self._thread = ThreadPoolExecutor(1, "pkcs11")
        self._held: _Open | None = None
        self._active = ""

    @property
    def key_id(self) -> str:
        """The label of the key that the latest wrapping used."""
        return f"pkcs11:{self._active}"

    async def wrap(self, plaintext: bytes, context: bytes) -> bytes:
        """Return *plaintext* encrypted in the token, by the newest key."""
        nonce = self._entropy.bytes(_NONCE)

        def work(held: _Open) -> bytes:
            label = self._newest(held)
            sealed = held.keys[label].encrypt(plaintext, **self._how(nonce, context))
            self._active = label
            return bytes([len(label)]) + label.encode() + nonce + bytes(sealed)

        return await self._done(work)

    async def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """Return what was wrapped for *context*.

        Raises:
            Corrupted: it was changed or moved.
            Misconfigured: the token does not have its key.
        """
        end = 1 + wrapped[0] if wrapped else 0
        label = wrapped[1:end].decode("ascii", "replace")
        if len(wrapped) < _LEAST or not self._label.fullmatch(label):
            raise Corrupted("a wrapped key is not of this KMS")
        nonce, sealed = wrapped[end : end + _NONCE], wrapped[end + _NONCE :]

        def work(held: _Open) -> bytes:
            key = held.keys.get(label)
            if key is None:
                raise Misconfigured(f"the token has no key {label}", "restore it; what it wrapped cannot be read")
            return bytes(key.decrypt(sealed, **self._how(nonce, context)))

        return await self._done(work, is_opening=True)

    async def rotate_root(self) -> str:
        """Make a new key in the token and return its name."""

        def work(held: _Open) -> str:
            numbers = [int(found[1]) for label in held.keys if (found := self._label.fullmatch(label))]
            label = f"{self._settings.key}.{max(numbers, default=0) + 1}"
            attribute = self._pkcs11.Attribute
            held.session.generate_key(
                self._pkcs11.KeyType.AES,
                256,
                label=label,
                store=True,
                capabilities=self._pkcs11.MechanismFlag.ENCRYPT | self._pkcs11.MechanismFlag.DECRYPT,
                template={attribute.SENSITIVE: True, attribute.EXTRACTABLE: False},
            )
            self._held, self._active = None, label  # the next one sees it
            held.session.close()
            return f"pkcs11:{label}"

        return await self._done(work)

    def close(self) -> None:
        """End the session, when what is under way has ended."""
        self._thread.submit(self._forget)
        self._thread.shutdown(wait=True)

    async def _done(self, work: Callable[[_Open], T], *, is_opening: bool = False) -> T:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._settings.seconds):
                return await loop.run_in_executor(self._thread, self._try, work, is_opening)
        except TimeoutError:
            raise Outage("the token does not answer in time") from None

    def _try(self, work: Callable[[_Open], T], is_opening: bool) -> T:  # noqa: FBT001 - an executor's call
        """Do *work* in a session; once more in a new one where the old one was lost."""
        exceptions = self._pkcs11.exceptions
        is_fresh = self._held is None
        try:
            held = self._held = self._held or self._opened()
            return work(held)
        except (exceptions.EncryptedDataInvalid, exceptions.EncryptedDataLenRange) as error:
            raise Corrupted("a wrapped key does not verify in the token") from error
        except exceptions.PKCS11Error as error:
            if is_opening and type(error).__name__ in {"GeneralError", "FunctionFailed"} and self._is_well():
                raise Corrupted("a wrapped key does not verify in the token") from error  # what SoftHSM says of a tag
            self._forget()
            if is_fresh:
                raise Outage(f"the token does not answer ({type(error).__name__})") from None
        return self._try(work, is_opening)

    def _opened(self) -> _Open:
        settings = self._settings
        try:
            library = self._pkcs11.lib(settings.module)
        except (RuntimeError, OSError):
            raise Outage("the library of kms.module cannot be loaded") from None
        token = library.get_token(token_label=settings.token_label)
        session = token.open(rw=True, user_pin=settings.pin.reveal())
        wanted = {self._pkcs11.Attribute.CLASS: self._pkcs11.ObjectClass.SECRET_KEY}
        keys = {key.label: key for key in session.get_objects(wanted) if self._label.fullmatch(key.label or "")}
        return _Open(session, keys)

    def _newest(self, held: _Open) -> str:
        numbered = {int(found[1]): label for label in held.keys if (found := self._label.fullmatch(label))}
        if not numbered:
            hint = f"make one in the token: limen keys rotate-root, or an AES-256 key called {self._settings.key}.1"
            raise Misconfigured(f"the token has no key {self._settings.key}.1", hint)
        return numbered[max(numbered)]

    def _is_well(self) -> bool:
        """Tell whether the session still encrypts: then it was the data."""
        try:
            held = self._held
            if held is None:
                return False
            held.keys[self._newest(held)].encrypt(bytes(16), **self._how(self._entropy.bytes(_NONCE), b"limen.look"))
        except self._pkcs11.exceptions.PKCS11Error:
            return False
        return True

    def _forget(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            try:
                held.session.close()
            except self._pkcs11.exceptions.PKCS11Error:
                return

    def _how(self, nonce: bytes, context: bytes) -> dict[str, Any]:
        parameters = self._pkcs11.GCMParams(nonce, context, _TAG_BITS)
        return {"mechanism": self._pkcs11.Mechanism.AES_GCM, "mechanism_param": parameters}
