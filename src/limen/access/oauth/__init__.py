"""The authorization endpoint's protocol: requests in, answers out, metadata, and the way to sign out.

Owns the checks of an authorization request (one table, and profiles beyond it), pushed requests and request objects,
redirect URI comparison, answers to the relying party, the issuing of codes, discovery documents and RP-initiated
logout. Leaves what the person does in between to ``access.journeys``, pages to ``experience``, and everything behind
the token endpoint to ``access.tokens``.

A request passes through here in this order::

    /par: parse_pushed ──▶ stored sealed, named by a request_uri
                                             │
    parse_authorization ──▶ open_request ◀───┘     pushed, in a request object, or as it is
            │         ├───▶ PageRefusal            nothing is proven about where to redirect
            │         └───▶ RedirectRefusal ──▶ error_response
            ▼
    AuthorizationRequest ──(journey: session_satisfies, needs_consent, record_consent)──▶ issue_code ──▶ code_response

RFC 6749 §3.1, §4.1; RFC 7636; RFC 8252 §7.3; RFC 8414; RFC 9101; RFC 9126; RFC 9207; RFC 9700 §2.1, §4.1; OpenID
Connect Core §3.1.2, §5.5, Discovery §3, RP-Initiated Logout; JARM; FAPI 2.0.
"""
