"""Passkeys and security keys: the two ceremonies of Web Authentication Level 3, from the server's side.

A *passkey* is a discoverable credential that signs in by itself; a *security key* is one that stands beside another
proof. Both are rows of the table ``factors``, because whatever asks for, lists or removes factors (step-up, the
administration, a recovery that clears them) then sees them without being told.

Owned here: what is asked of a browser (:mod:`.options`), what is read from its answer (:mod:`.answers`), the checks of
registration (WebAuthn §7.1) and authentication (§7.2), and whom attestation is believed (:mod:`.trust`). Left to
``access.journeys``: pages, challenges that live as long as a step does, storing. Left to ``webauthn``: CBOR, COSE and
the formats of attestation.
"""
