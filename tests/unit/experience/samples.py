"""A sample context for every template: each is rendered in every language, and can be looked at."""

from typing import Any

NOW = 1_790_000_000_000_000
EMAIL = "amira.haddad@example.org"
CLIENT = "Meridian Books"


def view(name: str, data: dict[str, Any], **parts: Any) -> dict[str, Any]:
    """Return a step's view without values, errors or notice, unless *parts* has them."""
    return {"name": name, "version": 3, "values": {}, "errors": {}, "notice": None, "data": data, **parts}


def _step(name: str, data: dict[str, Any], **parts: Any) -> dict[str, Any]:
    return {"action": "/journey/abc", "csrf": "c" * 43, "challenge": "a" * 43, "view": view(name, data, **parts)}


def _form(**parts: Any) -> dict[str, Any]:
    return {"action": "/here", "csrf": "c" * 43, **parts}


FIELDS = ("email", "username", "phone_number", "name", "given_name", "family_name", "shoe")
_LISTS = {"filled": ["family_name", "attributes.size"], "kept": ["name"], "withdrawn": ["news", "sharing:shop"]}
OUTCOMES = ("allow", "notify", "challenge", "delay", "deny")
WHAT_IF: dict[str, Any] = {
    "decisions": 1_000,
    "outcomes": [{"kind": one, "would": 8, "would_share": 0.8, "was": 3, "was_share": 0.3} for one in OUTCOMES],
    "reaching": [{"threshold": 20, "share": 12.5, "count": 125}],
    "disturbed": 7,
    "oldest": NOW,
    "newest": NOW,
    "is_whole": False,
}
KINDS = ("export", "rectification", "restriction", "objection", "erasure")


def asked_for(kind: str, **parts: Any) -> dict[str, Any]:
    """Return a privacy request as the board shows it, late unless *parts* says otherwise."""
    return {
        "url": "/admin/privacy/prq_1",
        "kind": kind,
        "state": "open",
        "law": "ccpa" if kind == "objection" else "gdpr",
        "asked_by": "customer" if kind == "erasure" else "administrator",
        "customer_url": "/admin/customers/cus_1",
        "who": "" if kind == "export" else EMAIL,
        "created_at": NOW,
        "due_at": NOW,
        "is_overdue": parts.get("closed_at") is None,
        "days": 3,
        "extended_at": None,
        "closed_at": None,
        **parts,
    }


_SIGN_IN = {
    "client_name": CLIENT,
    "may_sign_up": True,
    "may_recover": True,
    "asks": "all",
    "identifiers": ["email"],
    "methods": ["password", "email_code", "passkey"],
    "passkey": {"rpId": "limen.example", "timeout": 300_000, "userVerification": "required", "allowCredentials": []},
    "forget": "",
}
_PAGES_OF_TENANT = {"terms_url": "https://limen.example/terms", "privacy_url": "https://limen.example/privacy"}
_PROOF = {
    "proof": {"algorithm": "SHA-256", "challenge": "0" * 64, "maxnumber": 9, "salt": "a?b=c&", "signature": "0" * 64},
    "waited": "e30=",
}
_SIGN_UP = {
    "client_name": CLIENT,
    "asks_name": True,
    **_PAGES_OF_TENANT,
    "has_password": True,
    "has_passkey": True,
    "min_length": 10,
    "feedback": [],
}
_SCOPES = [{"name": name, "description": None} for name in ("openid", "profile", "email", "offline_access")]
_CONSENT = {
    "client_name": CLIENT,
    "client_uri": "https://books.example",
    "client_host": "books.example",
    "policy_uri": "https://books.example/privacy",
    "tos_uri": None,
    "email": EMAIL,
    "scopes": [*_SCOPES, {"name": "orders", "description": "Read your orders"}],
    "details": ["Pay \u20685 EUR\u2069 to \u2068Books Ltd\u2069"],
}
_ACCOUNTS = [
    {"id": "1", "name": "Amira Haddad", "email": EMAIL},
    {"id": "2", "name": "", "email": "a.haddad@studio.example"},
]
_DEVICES = [
    {
        "id": "s1", "device": "Firefox · Linux", "network": "192.0.2.0/24", "country": "DE", "handheld": False,
        "started": NOW - 86_400_000_000, "seen": NOW, "current": True, "applications": [CLIENT, "Notes"],
    },
    {
        "id": "s2", "device": "Safari · iPhone", "network": "2001:db8::/48", "country": "", "handheld": True,
        "started": NOW - 9 * 86_400_000_000, "seen": NOW - 10**11, "current": False, "applications": [],
    },
    {
        "id": "s3", "device": "", "network": "", "country": "", "handheld": False,
        "started": NOW - 10**12, "seen": NOW - 10**12, "current": False, "applications": [],
    },
]  # fmt: skip
_FACTOR_CHANGE = {"client_name": None, "may_cancel": True, "name": "Amira's phone", "uri": "", "secret": ""}
_URI = "otpauth://totp/Limen:amira%40example.org?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Limen"
_PASSKEY = {"kind": "passkey", "name": "Amira's phone", "leave": "cancel", "passkey": {}}
_SENT = {"client_name": CLIENT, "sent": True, "to": "+49 ••• ••• 4711", "expires_seconds": 600}
_PHONE = {"names": False, "to": "+49 ••• ••• 4711", "expires_seconds": 600, "region": "49"}
_SECOND_FACTOR: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    (
        "second_factor",
        "code",
        {"client_name": CLIENT, "method": "code", "others": ["recovery_code"], "may_cancel": False},
        {"errors": {"code": "error.totp_invalid"}},
    ),
    ("second_factor", "passkey", {"method": "passkey", "others": ["code"], "may_cancel": True, "passkey": {}}, {}),
    (
        "second_factor",
        "sms",
        {**_SENT, "method": "sms", "others": ["code"], "may_cancel": False},
        {"errors": {"sms": "error.code_invalid"}},
    ),
    (
        "second_factor",
        "sms_to_send",
        {**_SENT, "method": "sms", "sent": False, "others": ["recovery_code"], "may_cancel": False},
        {},
    ),
    ("second_factor", "email_code", {**_SENT, "method": "email_code", "others": ["code"], "may_cancel": True}, {}),
    (
        "phone",
        "number",
        {**_PHONE, "to": ""},
        {"values": {"phone": "0171"}, "errors": {"phone": "error.phone_invalid"}},
    ),
    ("phone", "code", _PHONE, {}),
    ("phone", "remove", _PHONE, {}),
    ("mailed_codes", "add", {"to": EMAIL}, {}),
    ("mailed_codes", "remove", {"to": EMAIL}, {}),
    ("second_factor", "recovery_code", {"method": "recovery_code", "others": ["code"], "may_cancel": True}, {}),
    ("authenticator_app", "begin", {**_FACTOR_CHANGE, "may_cancel": False, "may_skip": True}, {}),
    ("authenticator_app", "confirm", {**_FACTOR_CHANGE, "uri": _URI, "secret": "gezd gnbv gy3t qojq gezd gnbv"}, {}),
    ("authenticator_app", "remove", _FACTOR_CHANGE, {}),
    ("passkey", "make", {**_PASSKEY, "kind": "passkey", "leave": "skip"}, {}),
    ("passkey", "make_key", {**_PASSKEY, "phase": "make", "kind": "security_key"}, {}),
    ("passkey", "rename", _PASSKEY, {"errors": {"name": "error.name_invalid"}}),
    ("passkey", "remove", _PASSKEY, {}),
    ("offer_passkey", "offer", {"passkey": {}}, {}),
    (
        "second_factor",
        "lost",
        {"method": "code", "others": [], "may_cancel": False, "trust_days": 30, "may_be_lost": True},
        {},
    ),
    ("lost_factors", "ask", {"days": 3, "ready_at": None}, {}),
    ("lost_factors", "waiting", {"days": 2, "ready_at": NOW}, {"notice": "error.stale"}),
    ("lost_factors", "ready", {"days": 3, "ready_at": None}, {}),
    ("recovery_codes", "codes", {"codes": [f"k7m2{n}-x9qp{n}" for n in range(2, 10)], "may_cancel": False}, {}),
    ("recovery_codes", "new_codes", {"codes": [], "may_cancel": True}, {}),
]
_TWO_STEP = {
    "apps": [{"id": "fac_1", "name": "Amira's phone", "added": NOW - 10**13, "used": NOW}],
    "codes_left": 9,
    "codes_used": NOW,
    "is_on": True,
    "may_add": True,
}
_PASSKEYS = {
    "keys": [
        {"id": "fac_2", "kind": "passkey", "name": "", "added": NOW - 10**13, "used": NOW, "synced": True},
        {"id": "fac_3", "kind": "security_key", "name": "Desk drawer", "added": NOW, "used": None, "synced": False},
    ],
    "may_add": True,
    "signal": {"rpId": "limen.example", "userId": "aGFuZGxl", "ids": ["Y3JlZA"], "name": EMAIL},
}
_NO_PASSKEYS = {"keys": [], "may_add": True, "signal": None}
_NO_TWO_STEP = {"apps": [], "codes_left": 0, "codes_used": None, "is_on": False, "may_add": True}
_UNSUBSCRIBE = {"action": "/unsubscribe/x", "title": "The letter", "field": "List-Unsubscribe", "value": "One-Click"}
_CUSTOMER = {"name": "Amira Haddad", "email": EMAIL}
_ACCOUNT_PAGES = {
    "overview": "home", "profile": "person", "security": "scope", "devices": "device", "applications": "plug",
    "activity": "clock", "privacy": "lock",
}  # fmt: skip


def _account(
    page: str, notice: str | None = None, *, leaves_at: int | None = None, **sections: dict[str, Any]
) -> tuple[str, dict[str, Any]]:
    """Return a page of the account; a section's ``view`` may be left out."""
    pages = [{"name": name, "icon": icon, "url": f"/account/{name}"} for name, icon in _ACCOUNT_PAGES.items()]
    untouched = {"values": {}, "errors": {}, "notice": None, "data": {}}
    shown = {name: {"view": untouched, **data} for name, data in sections.items()}
    parts = {"page": page, "pages": pages, "customer": _CUSTOMER, "sections": shown, "notice": notice}
    return "account/page.html", _form(**parts, leaves_at=leaves_at)


_OVERVIEW = {
    "approve_url": "https://id.example/approve", "is_protected": True, "devices": 2, "applications": 3,
    "proven_at": NOW,
}  # fmt: skip
_NAMES = {"name": "Amira Haddad", "given_name": "Amira", "family_name": "Haddad", "locale": "en"}
_ARCHIVE: dict[str, Any] = {"archive": None, "archive_days": 7, "passphrase_min": 20}
_UNTOUCHED: dict[str, Any] = {"values": {}, "errors": {}, "notice": None, "data": {}}
_PROFILE = {
    "email": EMAIL,
    "fixed": [],
    "languages": {"en": "English", "de": "Deutsch", "ar": "العربية"},
    "zones": [{"id": "Europe/Berlin", "offset": "+02:00"}, {"id": "Mars/Olympus", "offset": ""}],
    "view": {**_UNTOUCHED, "values": {**_NAMES, "zoneinfo": "Europe/Berlin", "version": "4"}},
}
_PROFILE_WRONG = {
    **_UNTOUCHED,
    "values": {**_NAMES, "name": "x" * 201, "locale": "tlh", "zoneinfo": "Mars/Olympus", "version": "4"},
    "errors": {"name": "error.name_invalid_long", "locale": "error.locale_unknown", "": "error.profile_changed"},
}
_DETAILS = {
    "fields": [
        {
            "name": f"attributes.{kind}", "kind": kind, "label": kind.title(), "choices": ["red", "blue"], "maximum": 9,
            "may_write": may_write,
        }
        for kind, may_write in (("choice", True), ("box", True), ("date", True), ("text", True), ("number", False))
    ],
    "view": {
        **_UNTOUCHED,
        "values": {"attributes.choice": "red", "attributes.box": "yes", "version": "4"},
        "errors": {"attributes.text": "error.attribute_invalid"},
    },
}  # fmt: skip
_CLAIMS = {
    "fields": [
        {"name": name, "label": name, "kind": kind, "maximum": 200, "may_write": name != "gender"}
        for name, kind in (
            ("nickname", "name"), ("website", "url"), ("gender", "text"), ("birthdate", "name"),
            ("address.street_address", "lines"), ("address.country", "name"),
        )
    ],
    "view": {
        **_UNTOUCHED,
        "values": {"website": "ann.example", "address.street_address": "\nHaus 1\nWeg 2", "version": "4"},
        "errors": {"website": "error.url_invalid", "birthdate": "error.birthdate_invalid"},
    },
}  # fmt: skip
_HELD = {
    "held": [
        {"title": "birthdate", "label": "", "words": "To greet you on the day", "language": "en"},
        {"title": "attributes.size", "label": "Shoe size", "words": "", "language": ""},
    ]
}
_MESSAGED = {
    "phone": {"number": "+49 ••• ••• 4711", "added": NOW - 10**13, "used": NOW},
    "may_add_phone": True,
    "mailed": {"added": NOW - 10**13, "used": NOW},
    "may_add_mailed": True,
}
_EMAILS = [{"id": "con_1", "email": "ann@work.example", "verified": NOW - 10**13}]
_PHONES = [
    {"id": "con_2", "number": "+4915123456789", "verified": NOW},
    {"id": "con_3", "number": "+41791234567", "verified": NOW},
]
_OTHERS_HERE = [{"id": "s9", "email": "a.haddad@studio.example", "seen": NOW - 10**11}]
_APPLICATIONS = [
    {
        "id": "books", "name": CLIENT, "uri": "https://books.example", "since": NOW - 10**13, "used": NOW, "asks": True,
        "scopes": [{"name": "openid", "description": None}, {"name": "orders", "description": "Read your orders"}],
    },
    {"id": "own", "name": "Notes", "uri": None, "since": NOW, "used": None, "asks": False, "scopes": []},
]  # fmt: skip
_HAPPENED = (
    "session.started", "sign_in.failed", "second_factor.refused", "session.ended", "password.changed", "factor.added",
    "password.guessed", "email.changed", "email.added", "email.removed", "email.made_primary", "username.changed",
    "identity.linked", "identity.unlinked", "account.reclaimed", "customer.merged",
    "phone.added", "phone.removed", "phone.made_primary",
    "recovery_code.used", "application.revoked", "consent.given", "account.inactive", "deletion.requested",
    "device.trusted", "data.exported", "customer.updated",
)  # fmt: skip
_ACTIVITY = {
    "happenings": [
        {
            "event": event, "at": NOW - number * 10**10, "refused": False, "new_device": not number,
            "client_name": CLIENT if event == "application.revoked" else "", "device": "Firefox · Linux",
            "network": "192.0.2.0/24" if number % 2 else "", "country": "DE", "handheld": False,
        }
        for number, event in enumerate(_HAPPENED)
    ],
    "older_url": "/account/activity?before=abc",
    "newest_url": "/account/activity",
}  # fmt: skip
_ACCOUNT: dict[str, tuple[tuple[str, str | None], dict[str, dict[str, Any]]]] = {
    "overview": (("overview", None), {"overview": _OVERVIEW}),
    "overview_plain": (
        ("overview", None),
        {"overview": {**_OVERVIEW, "approve_url": None, "is_protected": False, "applications": 0}},
    ),
    "profile": (("profile", "notice.profile_saved"), {"profile": _PROFILE}),
    "profile_wrong": (("profile", None), {"profile": {**_PROFILE, "view": _PROFILE_WRONG}}),
    "details": (("profile", None), {"profile": _PROFILE, "details": _DETAILS}),
    "claims": (("profile", None), {"profile": _PROFILE, "claims": _CLAIMS}),
    "security": (("security", "notice.session_ended"), {"passkeys": _PASSKEYS, "two_step": _TWO_STEP}),
    "security_one_step": (("security", None), {"passkeys": _NO_PASSKEYS, "two_step": _NO_TWO_STEP}),
    "messaged": (("security", None), {"messaged": _MESSAGED}),
    "messaged_none": (("security", None), {"messaged": {**_MESSAGED, "phone": None, "mailed": None}}),
    "devices": (("devices", None), {"devices": {"devices": _DEVICES}, "here": {"others": _OTHERS_HERE}}),
    "applications": (("applications", None), {"applications": {"applications": _APPLICATIONS}}),
    "applications_none": (("applications", "notice.application_revoked"), {"applications": {"applications": []}}),
    "activity": (("activity", None), {"activity": _ACTIVITY}),
    "activity_none": (
        ("activity", None),
        {"activity": {"happenings": [], "older_url": None, "newest_url": None}},
    ),
    "data": (("privacy", None), {"data": {**_ARCHIVE, "may_download": True, "days": 14, "due_at": None}}),
    "data_passphrase": (
        ("privacy", None),
        {
            "data": {
                **_ARCHIVE,
                "archive": {"ready": True, "until": NOW},
                "may_download": True,
                "days": 14,
                "due_at": None,
                "view": {**_UNTOUCHED, "errors": {"passphrase": "error.passphrase_short"}},
            },
        },
    ),
    "data_stale": (
        ("privacy", None),
        {
            "data": {
                **_ARCHIVE,
                "archive": {"ready": True, "until": NOW},
                "may_download": False,
                "days": 14,
                "due_at": None,
            }
        },
    ),
}
_PAST = {"decision": "given", "at": NOW, "party": "books", "items": ["openid"], "version": 2, "receipt": "/receipt/1"}
_DATA = [{"name": "email", "label": ""}, {"name": "shoe_size", "label": "Shoes"}, {"name": "x", "label": ""}]
_PURPOSE = {
    "name": "newsletter", "version": 2, "title": "Our newsletter", "paragraphs": ["We write to you.", "Once a week."],
    "language": "en", "basis": "consent", "party": "", "state": "given", "data": _DATA, "is_allowed": True,
    "until": NOW, "clients": ["The Shop", "Notes"],
    "minimum_age": 16, "too_young": 0, "may_give": False, "may_withdraw": True, "history": [_PAST],
}  # fmt: skip
_SHARING = {**_PURPOSE, "party": "books", "state": "newer_version", "may_give": True, "until": 0, "history": []}
_YOUNG = {**_SHARING, "party": "books-young", "may_give": False, "too_young": 18}
_STATES = ("legal_basis", "not_decided", "refused", "withdrawn", "expired", "purpose_retired")
_BASES = ("contract", "legal_obligation", "vital_interests", "public_task", "legitimate_interests", "consent")
_OTHERS = [
    {**_SHARING, "party": f"books-{basis}", "state": one, "basis": basis, "is_allowed": False}
    for one, basis in zip(_STATES, _BASES, strict=True)
]
_DECISIONS = [{**_PAST, "decision": one} for one in ("given", "refused", "withdrawn")]
_PREFERENCES = {
    "is_offered": True,
    "channels": [{"channel": one, "chosen": one == "sms"} for one in ("email", "sms", "phone", "post", "push")],
    "topics": [{"name": "seeds", "words": "Seeds and bulbs", "chosen": True}],
    "frequencies": ["at_once", "daily", "weekly", "monthly"],
    "frequency": "weekly",
}
_RIGHTS_KINDS = ("export", "rectification", "restriction", "objection", "erasure")
_RIGHTS_STATES = ("open", "working", "done", "refused", "withdrawn")
_RIGHTS = {
    "requests": [
        {"kind": kind, "state": state, "at": NOW, "due_at": NOW, "closed_at": NOW if state == "done" else None}
        for kind, state in zip(_RIGHTS_KINDS, _RIGHTS_STATES, strict=True)
    ],
    "kinds": _RIGHTS_KINDS[1:4],
    "longest": 4_000,
    "view": {**_UNTOUCHED, "values": {"kind": "", "words": ""}},
}
_TRUSTED = [
    {"id": "tdv_1", "name": "Firefox, Linux", "added": NOW, "until": NOW + 10**12, "current": True},
    {"id": "tdv_2", "name": "", "added": NOW, "until": NOW + 10**12, "current": False},
]
_ACCOUNT |= {
    "recovery": (("overview", "notice.recovery_cancelled"), {"recovery": {"ready_at": NOW}}),
    "merging": (("security", None), {"merging": {"others": [{"id": "s9", "email": "a.haddad@studio.example"}]}}),
    "changes": (
        ("security", None),
        {
            "changes": {
                "has_passwords": True,
                "emails": _EMAILS,
                "may_add": True,
                "phones": _PHONES,
                "may_add_phone": True,
                "identities": [
                    {"id": "con_4", "issuer": "accounts.google.com", "label": "ann@gmail.example", "linked": NOW}
                ],
                "username": "ann.lee",
                "may_name": True,
            }
        },
    ),
    "trusted": (("devices", "notice.device_forgotten"), {"trusted": {"devices": _TRUSTED}}),
    "privacy": (
        ("privacy", "notice.consent_given"),
        {
            "privacy": {
                "purposes": [_PURPOSE, _SHARING, _YOUNG, *_OTHERS],
                "applications": _DECISIONS,
                "has_signal": True,
                "older_url": "/account/privacy?before=1",
                "newest_url": "/account/privacy",
            }
        },
    ),
    "access": (("privacy", "notice.application_revoked"), {"access": {"applications": _APPLICATIONS}}),
    "access_none": (("privacy", None), {"access": {"applications": []}}),
    "rights": (("privacy", "notice.privacy_asked"), {"rights": _RIGHTS}),
    "held": (("privacy", None), {"held": _HELD}),
    "preferences": (("privacy", "notice.preferences"), {"preferences": _PREFERENCES}),
    "preferences_nothing": (("privacy", None), {"preferences": {"is_offered": False}}),
    "rights_wrong": (
        ("privacy", None),
        {
            "rights": {
                **_RIGHTS,
                "requests": [],
                "view": {
                    **_UNTOUCHED,
                    "values": {"kind": "objection", "words": "No."},
                    "errors": {"kind": "error.privacy_kind_unknown", "words": "error.privacy_words_missing"},
                },
            }
        },
    ),
    "privacy_without_purposes": (
        ("privacy", None),
        {
            "privacy": {
                "purposes": [],
                "applications": [],
                "has_signal": False,
                "older_url": None,
                "newest_url": None,
            }
        },
    ),
}
_TERMS = {
    "client_name": CLIENT, "minimum_age": 16, "too_young": 0, "seen": "terms:2",
    "purposes": [{"title": "Terms", "paragraphs": ["You agree.", "We do too."], "language": "en", "is_new": True}],
}  # fmt: skip
_MESSAGE = {
    "subject": "Your code for Limen",
    "sender": "no-reply@limen.example",
    "to": EMAIL,
    "at": NOW,
    "text": "Type this code to confirm your address:\n\n    482913\n\nOr open this link:\n\nhttps://limen.example/link/abc\n",
    "html_url": "/dev/mail/1/html",
}

_KINDS = ("secure", "undo_email", "cancel_recovery")
PAGES: dict[str, tuple[str, dict[str, Any]]] = {
    "terms": ("steps/terms.html", _step("terms", _TERMS)),
    "terms_plain": (
        "steps/terms.html",
        _step(
            "terms",
            {**_TERMS, "client_name": None, "minimum_age": 0},
            errors={"age": "error.age_not_confirmed"},
            notice="error.stale",
        ),
    ),
    "sign_in": ("steps/sign_in.html", _step("sign_in", _SIGN_IN)),
    "sign_up_work": ("steps/sign_up.html", _step("sign_up", {**_SIGN_UP, **_PROOF})),
    "sign_up_manner": (
        "steps/sign_up.html",
        _step("sign_up", {**_SIGN_UP, "manner": {"asks": "fingerprint behaviour", "salt": "0" * 32}}),
    ),
    "sign_in_manner": (
        "steps/sign_in.html",
        _step("sign_in", {**_SIGN_IN, "manner": {"asks": "fingerprint behaviour round_trip", "salt": "0" * 32}}),
    ),
    "sign_in_manner_password": (
        "steps/sign_in.html",
        _step("sign_in", {**_SIGN_IN, "methods": ["password"], "manner": {"asks": "behaviour", "salt": ""}}),
    ),
    "sign_in_work": ("steps/sign_in.html", _step("sign_in", {**_SIGN_IN, **_PROOF})),
    "sign_in_wrong": (
        "steps/sign_in.html",
        _step("sign_in", _SIGN_IN, values={"email": EMAIL}, errors={"": "error.invalid_credentials"}),
    ),
    "sign_in_plain": (
        "steps/sign_in.html",
        _step(
            "sign_in",
            {**_SIGN_IN, "client_name": None, "may_sign_up": False, "methods": ["password"]},
            notice="notice.sign_in_again",
        ),
    ),
    "sign_in_address": ("steps/sign_in.html", _step("sign_in", {**_SIGN_IN, "asks": "address"})),
    "sign_in_proof": (
        "steps/sign_in.html",
        _step("sign_in", {**_SIGN_IN, "asks": "proof"}, values={"email": EMAIL}),
    ),
    "sign_in_by_mail": (
        "steps/sign_in.html",
        _step("sign_in", {**_SIGN_IN, "methods": ["email_code"], "may_recover": False}),
    ),
    "sign_up": ("steps/sign_up.html", _step("sign_up", _SIGN_UP)),
    "sign_up_no_password": ("steps/sign_up.html", _step("sign_up", {**_SIGN_UP, "has_password": False})),
    "sign_up_wrong": (
        "steps/sign_up.html",
        _step(
            "sign_up",
            {**_SIGN_UP, "feedback": ["password.hint.common", "password.hint.add_words"]},
            values={"name": "Amira", "email": "amira@"},
            errors={"email": "error.email_invalid", "password": "password.too_common"},
        ),
    ),
    "verify_email": (
        "steps/verify_email.html",
        _step("verify_email", {"purpose": "verify", "email": EMAIL, "expires_seconds": 900}, notice="notice.code_sent"),
    ),
    "verify_reset": (
        "steps/verify_email.html",
        _step(
            "verify_email",
            {"purpose": "reset", "email": EMAIL, "expires_seconds": 900},
            errors={"code": "error.code_invalid"},
        ),
    ),
    "verify_sign_in": (
        "steps/verify_email.html",
        _step("verify_email", {"purpose": "sign_in", "email": EMAIL, "expires_seconds": 600}),
    ),
    "recover": ("steps/recover.html", _step("recover", {"purpose": "reset"}, values={"email": EMAIL})),
    "recover_no_password": ("steps/recover.html", _step("recover", {"purpose": "sign_in"})),
    "new_password": (
        "steps/new_password.html",
        _step("new_password", {"email": EMAIL, "min_length": 15, "feedback": []}),
    ),
    "prove_address": (
        "steps/prove_address.html",
        _step("prove_address", {"client_name": CLIENT, "sent": True, "email": EMAIL, "expires_seconds": 600}),
    ),
    "prove_address_unsent": (
        "steps/prove_address.html",
        _step("prove_address", {"client_name": None, "sent": False, "email": EMAIL, "expires_seconds": 0}),
    ),
    "doubted": (
        "steps/doubted.html",
        _step("doubted", {"client_name": CLIENT, "sent": True, "email": EMAIL, "expires_seconds": 600}),
    ),
    "doubted_unsent": (
        "steps/doubted.html",
        _step("doubted", {"client_name": None, "sent": False, "email": EMAIL, "expires_seconds": 0}),
    ),
    **{
        f"breached_{known}": (
            "steps/breached_password.html",
            _step("breached_password", {"email": EMAIL, "known": known, "min_length": 10, "feedback": []}),
        )
        for known in ("password", "pair")
    },
    "change_password": (
        "steps/change_password.html",
        _step(
            "change_password",
            {"email": EMAIL, "min_length": 10, "feedback": []},
            errors={"password": "password.used_before"},
        ),
    ),
    "new_email": (
        "steps/new_email.html",
        _step(
            "new_email", {"email": EMAIL, "adds": False}, values={"email": EMAIL}, errors={"email": "error.email_same"}
        ),
    ),
    "verify_email_change": (
        "steps/verify_email.html",
        _step("verify_email", {"purpose": "change", "email": EMAIL, "expires_seconds": 900}),
    ),
    **{f"secure_{kind}": ("secure.html", _form(kind=kind)) for kind in _KINDS},
    **{f"secured_{kind}": ("secured.html", {"kind": kind, "recover_url": "/recover"}) for kind in _KINDS},
    "link_change": ("link.html", _form(purpose="change")),
    "link_add": ("link.html", _form(purpose="add")),
    "elsewhere_add": ("link_elsewhere.html", _form(purpose="add", device="", asked=NOW)),
    "add_email": ("steps/new_email.html", _step("new_email", {"email": EMAIL, "adds": True})),
    "username": (
        "steps/username.html",
        _step(
            "username",
            {"present": "ann", "may_cancel": True, "may_remove": True},
            values={"username": "ann"},
            errors={"username": "username.taken"},
        ),
    ),
    "merge_choose": (
        "steps/merge.html",
        _step(
            "merge",
            {"phase": "choose", "stays": EMAIL, "goes": "ann@work.example", "filled": [], "kept": [], "ends": {}},
        ),
    ),
    "merge_read": (
        "steps/merge.html",
        _step(
            "merge",
            {
                "phase": "read",
                "stays": EMAIL,
                "goes": "ann@work.example",
                "email": "ann@work.example",
                "sent": True,
                "expires_seconds": 600,
            },
            errors={"code": "error.code_invalid"},
        ),
    ),
    "merge_confirm": (
        "steps/merge.html",
        _step(
            "merge",
            {
                "phase": "confirm",
                "stays": EMAIL,
                "goes": "ann@work.example",
                "filled": ["emails"],
                "kept": ["name"],
                "ends": {"factors": 2, "applications": 1, "passwords": 1},
            },
        ),
    ),
    "one_contact_primary": (
        "steps/one_contact.html",
        _step("one_contact", {"phase": "primary", "to": "ann@work.example"}),
    ),
    "one_contact_remove": (
        "steps/one_contact.html",
        _step("one_contact", {"phase": "remove_number", "to": "+4915123456789"}),
    ),
    "elsewhere_change": ("link_elsewhere.html", _form(purpose="change", device="", asked=NOW)),
    "profile": (
        "steps/profile.html",
        _step(
            "profile",
            {
                "client_name": CLIENT,
                "fields": [
                    {"name": "given_name", "kind": "name", "label": "", "choices": [], "maximum": 200},
                    {"name": "birthdate", "kind": "date", "label": "", "choices": [], "maximum": 10},
                    {"name": "website", "kind": "url", "label": "", "choices": [], "maximum": 2_000},
                    *(
                        {"name": f"attributes.{kind}", "kind": kind, "label": f"A {kind}", "choices": ["1", "2"]}
                        | {"maximum": 60}
                        for kind in ("text", "number", "date", "choice", "box")
                    ),
                ],
                "may_skip": True,
            },
            values={"attributes.choice": "2", "attributes.box": "yes"},
            errors={"attributes.number": "error.attribute_invalid"},
        ),
    ),
    "consent": ("steps/consent.html", _step("consent", _CONSENT)),
    "choose_account": (
        "steps/choose_account.html",
        _step("choose_account", {"client_name": CLIENT, "accounts": _ACCOUNTS}),
    ),
    **{
        f"{step}_{part}": (f"steps/{step}.html", _step(step, {"phase": part, **data}, **more))
        for step, part, data, more in _SECOND_FACTOR
    },
    "continue": ("steps/continue.html", _step("continue", {})),
    "start": (
        "start.html",
        {
            "links": {
                "demo_app": "http://localhost:8001/",
                "sign_up": "/sign-up",
                "mailbox": "/dev/mail",
                "api_docs": "/api/v1/docs",
                "account": "/account",
                "admin": "/admin",
                "discovery": "/.well-known/openid-configuration",
            }
        },
    ),
    **{f"account_{name}": _account(*page, **more) for name, (page, more) in _ACCOUNT.items()},
    "account_leaving": _account(
        "privacy",
        leaves_at=NOW + 10**12,
        data={
            **_ARCHIVE,
            "archive": {"ready": False, "until": NOW},
            "may_download": True,
            "days": 14,
            "due_at": NOW + 10**12,
        },
    ),
    "keep_account": ("keep_account.html", _form(due_at=NOW)),
    "unsubscribe": ("unsubscribe.html", {**_UNSUBSCRIBE, "is_over": False}),
    "unsubscribe_done": ("unsubscribe.html", {**_UNSUBSCRIBE, "is_over": True}),
    "account_kept": ("account_kept.html", {"account_url": "/account"}),
    "delete_account": ("steps/delete_account.html", _step("delete_account", {"email": EMAIL, "days": 14})),
    "device": (
        "device.html",
        _form(
            view={
                "values": {"user_code": "WDJB-MJHT"},
                "errors": {"user_code": "error.user_code_unknown"},
                "notice": None,
                "data": {},
            }
        ),
    ),
    "device_confirm": (
        "device_confirm.html",
        _form(
            user_code="WDJB-MJHT",
            client_name=CLIENT,
            scopes=("openid", "email"),
            network="192.0.2.0/24",
            device="Firefox, Linux",
            asked=NOW,
        ),
    ),
    "device_approved": ("device_done.html", {"approved": True, "client_name": CLIENT}),
    "device_denied": ("device_done.html", {"approved": False, "client_name": CLIENT}),
    "approve": (
        "approve.html",
        _form(
            waiting=[
                {
                    "id": "wai_1",
                    "client_name": CLIENT,
                    "binding_message": "W4SCT",
                    "network": "192.0.2.0/24",
                    "asked": NOW,
                }
            ]
        ),
    ),
    "approve_nothing": ("approve.html", _form(waiting=[])),
    **{
        f"security_{state}": (
            "security.html",
            _form(
                problem=problem,
                state=state,
                mode=mode,
                totals={"attempts": 1_753, "challenges": 704, "blocks": 100, "worked": 4, "sign_ups": 2},
                layers=[
                    {"kind": "right", "count": 9},
                    {"kind": "wrong", "count": 940},
                    {"kind": "challenged", "count": 704},
                    {"kind": "blocked", "count": 100},
                ],
                chart={
                    "bars": [
                        {"x": 1, "y": 20.5, "h": 24.5, "kind": kind}
                        for kind in ("right", "wrong", "challenged", "blocked")
                    ],
                    "width": 600,
                    "height": 120,
                    "bar": 8,
                    "most": 61,
                },
                attacks=[
                    {
                        "kind": kind,
                        "severity": severity,
                        "began": NOW - 3_600_000_000,
                        "ended": ended,
                        "minutes": 41,
                        "networks": networks,
                        "tries": {"wrong": 940, "stopped": 801, "doubted": 3},
                    }
                    for kind, severity, ended, networks in (
                        ("attack", "critical", None, ["203.0.113.0/24 AS64500", "198.51.100.0/24"]),
                        ("spraying", "high", NOW, []),
                        ("account", "medium", NOW, []),
                        ("network", "medium", NOW, ["203.0.113.0/24"]),
                        ("address", "low", NOW, ["203.0.113.0/24"]),
                        ("device", "low", NOW, []),
                    )
                ],
                networks=[
                    {"network": "203.0.113.0/24", "failures": 61, "blocked": False},
                    {"network": "198.51.100.0/24", "failures": 8, "blocked": True},
                ],
                blocked=["198.51.100.0/24"],
                feeds=[
                    {"name": name, "action": name, "kind": kind, "ranges": 1_200, "minutes": 14}
                    for name, kind in (("block", ""), ("challenge", "anonymiser"), ("note", "hosting"))
                ],
                refreshes=state != "calm",
                refresh_url="/admin/security",
                refresh_seconds=15,
            ),
        )
        for state, mode, problem in (
            ("calm", "off", "error.network_invalid"),
            ("attack", "shadow", ""),
            ("raised", "on", ""),
        )
    },
    **{
        f"console_risk_{name}": (
            "console/risk.html",
            _form(
                view={
                    "values": {"challenge": "20", "deny": "x", "action": action, "since": "2026-11-01", "until": ""},
                    "errors": {"deny": "error.what_if_threshold", "until": "error.what_if_day"}
                    if name == "wrong"
                    else {},
                    "notice": None,
                    "data": {},
                },
                kinds=["", "sign_in", "refresh", "recovery", "factor_change"],
                mode=mode,
                answer=answer,
                most=10_000,
                other_url="/admin/risk?action=sign_up",
                home_url="/admin",
            ),
        )
        for name, action, mode, answer in (
            ("asked", "recovery", "on", None),
            ("wrong", "sign_up", "off", None),
            ("none", "", "shadow", {"decisions": 0}),
            ("found", "", "shadow", WHAT_IF),
        )
    },
    **{
        f"console_customers_{name}": (
            "console/customers.html",
            _form(
                problem="error.search_field" if name == "asked" else "",
                fields=[{"value": kind, "kind": kind if kind != "shoe" else ""} for kind in FIELDS],
                typed={"field": "email", "value": EMAIL, "match": "prefix"},
                is_answer=name != "asked",
                found=[
                    {"url": "/admin/customers/cus_1", "name": "", "email": EMAIL, "state": state}
                    for state in ("active", "restricted", "disabled")
                    if name == "found"
                ],
                more_url="/admin/customers?after=abc" if name == "found" else None,
                home_url="/admin",
            ),
        )
        for name in ("asked", "found", "nobody")
    },
    **{
        f"console_customer_{state}": (
            "console/customer.html",
            {
                "one": {
                    "id": "cus_1",
                    "state": state,
                    "name": "Amira Haddad" if state == "active" else "",
                    "email": EMAIL,
                    "is_verified": state == "active",
                    "username": "amira" if state == "active" else "",
                    "phones": ["+4915112345678"],
                    "locale": "de",
                    "attributes": [{"name": "plan", "value": "gold"}],
                    "created_at": NOW,
                    "last_on": "2026-11-30" if state == "active" else "",
                },
                "back_url": "/admin/customers",
                "merge_url": "/admin/customers/cus_1/merge",
            },
        )
        for state in ("active", "restricted", "disabled")
    },
    **{
        f"console_merge_{name}": (
            "console/merge.html",
            _form(
                problem="error.joining_weaker" if name == "refused" else "",
                stays={"id": "cus_1", "name": "Amira Haddad", "email": EMAIL, "created_at": NOW},
                goes={"id": "cus_2", "name": "", "email": EMAIL, "created_at": NOW} if plan else None,
                typed=EMAIL if name == "refused" else "",
                seen="1.2" if plan else "",
                plan=plan,
                held_seconds=2_592_000,
                back_url="/admin/customers/cus_1",
            ),
        )
        for name, plan in (
            ("asked", None),
            ("refused", None),
            ("much", {**_LISTS, "ends": {"factors": 2, "applications": 3, "passwords": 1}}),
            ("little", {**dict.fromkeys(_LISTS, ()), "ends": {"factors": 0, "applications": 0, "passwords": 0}}),
        )
    },
    **{
        f"console_requests_{name}": (
            "console/requests.html",
            {
                "requests": rows,
                "is_open": name != "over",
                "open_url": "/admin/privacy",
                "over_url": "/admin/privacy?state=over",
                "first_url": "/admin/privacy" if name == "over" else None,
                "more_url": "/admin/privacy?after=prq_1" if name == "open" else None,
                "home_url": "/admin",
            },
        )
        for name, rows in (
            ("open", [asked_for(kind) for kind in KINDS]),
            ("over", [asked_for(kind, state="done", closed_at=NOW) for kind in KINDS]),
            ("nobody", []),
        )
    },
    **{
        f"console_request_{name}": (
            "console/request.html",
            _form(
                problem=problem,
                one=one,
                words=words,
                answer=answer,
                typed="",
                longest=4_000,
                may=may,
                back_url="/admin/privacy",
            ),
        )
        for name, one, words, answer, problem, may in (
            (
                "late",
                asked_for("erasure"),
                "Please.",
                "",
                "error.board_over",
                ["start", "complete", "refuse", "withdraw"],
            ),
            ("open", asked_for("export", is_overdue=False), "", "", "", ["start", "extend", "complete"]),
            ("over", asked_for("objection", state="done", closed_at=NOW, extended_at=NOW), "Stop.", "We did.", "", []),
        )
    },
    "admin": (
        "admin.html",
        _form(
            customer=_CUSTOMER,
            role="platform",
            api_docs_url="/api/v1/docs",
            security_url="/s",
            privacy_url="/p",
            customers_url="/c",
            risk_url="/r",
            token=None,
            expires_seconds=0,
        ),
    ),
    "admin_token": (
        "admin.html",
        _form(
            customer=_CUSTOMER,
            role="tenant",
            api_docs_url="/api/v1/docs",
            security_url="/admin/security",
            privacy_url="/admin/privacy",
            customers_url="/admin/customers",
            risk_url="/admin/risk",
            token="sample." * 60,
            expires_seconds=3600,
        ),
    ),
    "setup": ("setup.html", _form(view={**view("setup", {"min_length": 15, "feedback": []})})),
    "link": ("link.html", _form(purpose="verify")),
    "link_reset": ("link.html", _form(purpose="reset")),
    "link_sign_in": ("link.html", _form(purpose="sign_in")),
    "link_elsewhere": ("link_elsewhere.html", _form(purpose="verify", device="Firefox · Linux", asked=NOW)),
    "link_elsewhere_sign_in": ("link_elsewhere.html", _form(purpose="sign_in", device="", asked=NOW)),
    "link_elsewhere_reset": ("link_elsewhere.html", _form(purpose="reset", device="", asked=NOW)),
    "link_code": ("link_code.html", {"code": "482913", "expires_seconds": 900}),
    "sign_out": ("sign_out.html", _form(client_name=CLIENT, email="ann@example.com", fields={"state": "xyz"})),
    "sign_out_plain": ("sign_out.html", _form(client_name=None, email=None, fields={})),
    "signed_out": ("signed_out.html", {"client_name": CLIENT, "continue_url": "https://books.example/"}),
    "signed_out_plain": ("signed_out.html", {"client_name": None, "continue_url": None}),
    "form_post": (
        "form_post.html",
        {"action": "https://books.example/cb", "fields": {"code": "abc"}, "client_name": CLIENT},
    ),
    "handed_on": ("handed_on.html", {"continue_url": "https://books.example/cb?code=abc", "client_name": CLIENT}),
    "error": (
        "error.html",
        {
            "status": 400,
            "title": "error_page.expired.title",
            "message": "error_page.expired.text",
            "request_id": "req_01kb2x7w3d9c8v5n6m4q1r0t2s",
            "way_on": {"url": "/", "label": "page.home"},
        },
    ),
    "mailbox": (
        "mailbox.html",
        {
            "messages": [{"url": "/dev/mail/1", "subject": _MESSAGE["subject"], "to": EMAIL, "at": NOW}],
            "newest_url": "/dev/mail",
            "older_url": "/dev/mail?before=1",
            "start_url": "/",
        },
    ),
    "mailbox_empty": (
        "mailbox.html",
        {"messages": [], "newest_url": "/dev/mail", "older_url": None, "start_url": "/"},
    ),
    "mailbox_message": ("mailbox_message.html", {"message": _MESSAGE, "mailbox_url": "/dev/mail"}),
}
"""What it shows → (template, context)."""

_CODE = {"code": "482913", "link": "https://limen.example/link/abc?x=1&y=2", "expires_seconds": 900}

_FACTOR_MAIL = {"at": NOW, "device": "", "recover_url": "https://limen.example/recover", "left": 9, "secure_url": ""}
_RECOVERY_MAIL = {
    "at": NOW, "ready_at": NOW, "device": "", "cancel_url": "https://limen.example/secure/abc",
    "recover_url": "https://limen.example/recover",
}  # fmt: skip

MAILS: dict[str, dict[str, Any]] = {
    "verify_email": _CODE,
    "reset_password": _CODE,
    "sign_in_code": _CODE,
    "already_registered": {
        "sign_in_url": "https://limen.example/sign-in",
        "recover_url": "https://limen.example/recover",
    },
    "reset_no_account": {"sign_up_url": "https://limen.example/sign-up"},
    "sign_in_no_account": {"sign_up_url": "https://limen.example/sign-up"},
    "approve_request": {"client": CLIENT, "approve_url": "https://limen.example/approve"},
    "factor_added": _FACTOR_MAIL,
    "factor_removed": _FACTOR_MAIL,
    "passkey_added": _FACTOR_MAIL,
    "passkey_removed": _FACTOR_MAIL,
    "passkey_suspected": _FACTOR_MAIL,
    "phone_added": _FACTOR_MAIL,
    "phone_removed": _FACTOR_MAIL,
    "mailed_codes_added": _FACTOR_MAIL,
    "mailed_codes_removed": _FACTOR_MAIL,
    "prove_address": {"code": "482913", "expires_seconds": 600},
    "second_step_code": {"code": "482913", "expires_seconds": 600},
    "merge_code": {"code": "482913", "expires_seconds": 600},
    "deletion_requested": {**_FACTOR_MAIL, "due_at": NOW, "keep_url": "https://limen.example/keep-account/abc"},
    "deletion_cancelled": _FACTOR_MAIL,
    "account_inactive": {"delete_from": NOW, "sign_in_url": "https://limen.example/sign-in"},
    "deletion_inactive": {"due_at": NOW, "keep_url": "https://limen.example/keep-account/abc"},
    "export_ready": {"url": "https://limen.example/account/privacy", "until": NOW},
    "data_copied": _FACTOR_MAIL,
    "recovery_codes_replaced": _FACTOR_MAIL,
    "recovery_code_used": _FACTOR_MAIL,
    "password_changed": {
        "at": NOW,
        "device": "Firefox · Linux",
        "recover_url": "https://limen.example/recover",
        "secure_url": "https://limen.example/secure/abc",
    },
    "password_guessed": {"tries": 100, "recover_url": "https://limen.example/recover"},
    "password_breached": {
        "at": NOW,
        "device": "Firefox · Linux",
        "recover_url": "https://limen.example/recover",
        "secure_url": "https://limen.example/secure/abc",
    },
    "new_device": _FACTOR_MAIL,
    "unusual_sign_in": _FACTOR_MAIL,
    "new_country": {**_FACTOR_MAIL, "country_code": "SE"},
    "doubted_code": _CODE,
    "change_email": _CODE,
    "email_in_use": {"sign_in_url": "https://limen.example/sign-in"},
    "email_changed": {
        "at": NOW,
        "device": "",
        "undo_url": "https://limen.example/secure/abc",
        "recover_url": "https://limen.example/recover",
    },
    "add_email": _CODE,
    "email_removed": {
        "at": NOW,
        "device": "",
        "undo_url": "https://limen.example/secure/abc",
        "recover_url": "https://limen.example/recover",
    },
    "identifiers_changed": {
        "what": "added",
        "at": NOW,
        "device": "Firefox · Linux",
        "recover_url": "https://limen.example/recover",
        "secure_url": "https://limen.example/secure/abc",
    },
    "email_moved": {"at": NOW, "account_url": "https://limen.example/account"},
    "recovery_waiting": _RECOVERY_MAIL,
    "recovery_ready": _RECOVERY_MAIL,
    "recovery_cancelled": {"at": NOW, "recover_url": "https://limen.example/recover"},
    "recovery_completed": _FACTOR_MAIL,
    "account_secured": {"at": NOW, "recover_url": "https://limen.example/recover"},
}
"""Mail → context, without the brand."""
