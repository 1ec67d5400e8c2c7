"""What a request proves beside who its client is: which key its sender holds (RFC 9449, RFC 8705).

Asked by the doors before any use case runs, so that no grant can forget it.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from limen.access.clients.records import Client, ClientDocument
from limen.access.http import HotRequest
from limen.access.possession.proof import CODE, Call, Proof, verify_proof
from limen.access.tokens.certificates import current_certificate
from limen.access.tokens.desk import Desk
from limen.access.tokens.profiles import profile_refused
from limen.access.tokens.records import Confirmation, Use
from limen.kernel.errors import Invalid, Refusal

PROOF_USE: Final = "dpop"
"""The kind of a :class:`Use` that is a proof."""
NONCE_NEEDED: Final = "use_dpop_nonce"
"""RFC 9449 §8, §9."""
_HEADER: Final = "dpop"


class Shown(msgspec.Struct, frozen=True, gc=False):
    """What was shown.

    Attributes:
        confirmation: the key that its sender holds; None where no key was shown.
        uses: what may come once, and was not looked for yet.
        nonce: what the answer gives out for the next proof; empty for nothing.
        alg: what a proof was signed with; empty where there was none.
    """

    confirmation: Confirmation | None = None
    uses: tuple[Use, ...] = ()
    nonce: str = ""
    alg: str = ""


_NOTHING: Final = Shown()


class Wants(msgspec.Struct, frozen=True):
    """What a door wants to be shown.

    Attributes:
        look: looks for the key.
        spends_early: whether what may be used once is spent before anything else, in a commit of its own, and not with
            the first thing that is written: for doors that do more than write, such as to ask a person something.
    """

    look: Callable[[Desk, Client, HotRequest], Shown | Refusal]
    spends_early: bool = True


def _for_tokens(desk: Desk, client: Client, request: HotRequest) -> Shown | Refusal:
    """Return which key a token request shows; a client that is to bind its tokens must show one (RFC 9449 §5.2)."""
    document = client.document
    if request.headers.get(_HEADER) is not None:
        shown = _by_proof(desk, client, request)
    elif document.dpop_bound_access_tokens:
        return _missing(document)
    elif document.tls_client_certificate_bound_access_tokens:
        shown = _by_certificate(desk, request)
    elif document.profile == "oauth2.1":
        return _NOTHING
    else:
        shown = _NOTHING
    if isinstance(shown, Refusal):
        return shown
    return profile_refused(document, shown.confirmation, shown.alg) or shown


def _missing(document: ClientDocument) -> Invalid:
    broken = profile_refused(document, None, "")
    text = broken.detail if broken is not None else "a DPoP proof is required (RFC 9449 section 5.2)"
    return Invalid(CODE, text, {"error_description": text})


def _if_any(desk: Desk, client: Client, request: HotRequest) -> Shown | Refusal:
    """Return which key a pushed request shows, if it shows one (RFC 9449 §10.1)."""
    return _NOTHING if request.headers.get(_HEADER) is None else _by_proof(desk, client, request)


def read_proof(desk: Desk, request: HotRequest, token: str = "") -> Proof | Invalid:
    """Return the proof in the one DPoP header of *request*, which is for this very address (RFC 9449 §4.3).

    The address is made from the stored issuer: ``Host`` and its kind are what somebody says.
    """
    headers = request.headers.get_all(_HEADER)
    if len(headers) != 1:
        return Invalid(CODE, "not exactly one DPoP header")
    call = Call(request.method, desk.addresses(request.path), token)
    return verify_proof(headers[0], call, desk.clock.now())


def use_of(proof: Proof) -> Use:
    """Return what of *proof* may come once."""
    return Use(PROOF_USE, proof.use, proof.until)


def _none(desk: Desk, client: Client, request: HotRequest) -> Shown | Refusal:  # noqa: ARG001
    return _NOTHING


NO_KEY: Final = Wants(_none)
"""No key, and whatever is shown is not looked at."""
FOR_TOKENS: Final = Wants(_for_tokens, spends_early=False)
"""The token endpoint."""
FOR_PUSHED: Final = Wants(_if_any, spends_early=False)
"""The pushed authorization request endpoint."""


def _by_proof(desk: Desk, client: Client, request: HotRequest) -> Shown | Refusal:
    proof = read_proof(desk, request)
    if isinstance(proof, Invalid):
        return proof
    nonce = ""
    if client.document.require_dpop_nonce or desk.tenant.settings.require_dpop_nonce:
        if not desk.nonces.is_good(proof.nonce):
            desk.count_proof(PROOF_USE, "nonce")
            return Invalid(NONCE_NEEDED, "no nonce, or not a good one")
        nonce = "" if desk.nonces.is_current(proof.nonce) else desk.nonces.current()
    return Shown(Confirmation("jkt", proof.thumbprint), (use_of(proof),), nonce, proof.alg)


def _by_certificate(desk: Desk, request: HotRequest) -> Shown | Refusal:
    """Return the certificate of the connection, to which the client has its tokens bound (RFC 8705 §3)."""
    found = current_certificate(desk, request)
    if found is None:
        return Invalid("invalid_request", "no client certificate (RFC 8705 section 3)")
    return found if isinstance(found, Invalid) else Shown(Confirmation("x5t#S256", found.certificate.thumbprint))
