"""What a browser answers: the JSON forms of WebAuthn §5.1 (*RegistrationResponseJSON*, *AuthenticationResponseJSON*).

Read here once and strictly, before any library sees it: size, nesting, base64url, the members that decide. What else
browsers send (``clientExtensionResults``, new members) is read over.
"""

from collections.abc import Mapping
from typing import Any, Final, get_args

import msgspec

from limen.access.passkeys.records import LONGEST_ID, Transport
from limen.kernel.encoding import from_b64url

LONGEST_ANSWER: Final = 24 * 1024
"""Characters of an answer. The longest honest ones, with a chain of TPM certificates, have some 12,000."""
_LONGEST_DATA: Final = 4_096
_MOST_TRANSPORTS: Final = 10
_KNOWN: Final[Mapping[str, Transport]] = {name: name for name in get_args(Transport)}


class Unreadable(ValueError):
    """What came is no answer of a browser's."""


class _Response(msgspec.Struct, frozen=True, rename="camel"):
    client_data: str = msgspec.field(name="clientDataJSON")
    attestation_object: str = ""
    authenticator_data: str = ""
    signature: str = ""
    user_handle: str | None = None
    transports: tuple[str, ...] = ()


class _Sent(msgspec.Struct, frozen=True, rename="camel"):
    id: str
    raw_id: str
    type: str
    response: _Response


class ClientData(msgspec.Struct, frozen=True, rename="camel"):
    """What the browser says of where it is (WebAuthn §5.8.1)."""

    type: str
    challenge: str
    origin: str
    cross_origin: bool = False
    top_origin: str = ""


class Answer(msgspec.Struct, frozen=True):
    """An answer, read. Of a registration ``attestation`` is filled, of an authentication the rest."""

    credential_id: bytes
    client_data: ClientData
    client_data_raw: bytes
    attestation: bytes = b""
    authenticator_data: bytes = b""
    signature: bytes = b""
    user_handle: bytes = b""
    transports: tuple[Transport, ...] = ()


_sent = msgspec.json.Decoder(_Sent)
_client_data = msgspec.json.Decoder(ClientData)


def read_answer(text: str) -> Answer:
    """Return what *text* says.

    Raises:
        Unreadable: it is too long, no JSON, no base64url, or lacks what the ceremonies need.
    """
    if not 0 < len(text) <= LONGEST_ANSWER:
        raise Unreadable("length")
    try:
        sent = _sent.decode(text)
        response = sent.response
        raw = from_b64url(response.client_data)
        data: Any = _client_data.decode(raw)
        answer = Answer(
            credential_id=from_b64url(sent.raw_id),
            client_data=data,
            client_data_raw=raw,
            attestation=from_b64url(response.attestation_object),
            authenticator_data=from_b64url(response.authenticator_data),
            signature=from_b64url(response.signature),
            user_handle=from_b64url(response.user_handle or ""),
            transports=_transports(response.transports),
        )
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise Unreadable(type(error).__name__) from None
    if sent.type != "public-key" or sent.id != sent.raw_id or not 0 < len(answer.credential_id) <= LONGEST_ID:
        raise Unreadable("credential")
    if max(len(raw), len(answer.authenticator_data), len(answer.signature)) > _LONGEST_DATA:
        raise Unreadable("length")
    return answer


def _transports(named: tuple[str, ...]) -> tuple[Transport, ...]:
    """Return those that we know; browsers may name others (WebAuthn §5.8.4)."""
    return tuple([_KNOWN[name] for name in dict.fromkeys(named[:_MOST_TRANSPORTS]) if name in _KNOWN])
