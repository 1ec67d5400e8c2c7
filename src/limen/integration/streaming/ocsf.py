"""Audit records as events of the Open Cybersecurity Schema Framework, version 1.3.0 (schema.ocsf.io/1.3.0).

Sign-ins and tokens are *Authentication* (class 3002), what becomes of customers' accounts is *Account Change* (3001),
what administrators make and change is *Entity Management* (3004), an attack that begins or is over is a *Detection
Finding* (2004), and the rest is the *Base Event* (0). Nothing is lost by the choice: ``unmapped`` has the record's open
fields as they are.
"""

from collections.abc import Mapping
from typing import Any, Final

from limen.integration.streaming.fact import Fact
from limen.integration.streaming.severity import ATTACK, ATTACK_OVER, severity_of

VERSION: Final = "1.3.0"
_AUTHENTICATION, _ACCOUNT_CHANGE, _ENTITY, _BASE, _FINDING = 3002, 3001, 3004, 0, 2004
_OTHER: Final = 99

CLASSES: Final[Mapping[str, tuple[int, int]]] = {
    "session.started": (_AUTHENTICATION, 1),
    "sign_in.failed": (_AUTHENTICATION, 1),
    "second_factor.refused": (_AUTHENTICATION, 1),
    "code.refused": (_AUTHENTICATION, 1),
    "client.authentication_failed": (_AUTHENTICATION, 1),
    "session.ended": (_AUTHENTICATION, 2),
    "customer.signed_out": (_AUTHENTICATION, 2),
    "token.issued": (_AUTHENTICATION, 3),
    "token.refreshed": (_AUTHENTICATION, 3),
    "token.exchanged": (_AUTHENTICATION, 3),
    "token.revoked": (_AUTHENTICATION, _OTHER),
    "refresh.reused": (_AUTHENTICATION, _OTHER),
    "code.replayed": (_AUTHENTICATION, _OTHER),
    "proof.refused": (_AUTHENTICATION, _OTHER),
    "code.issued": (_AUTHENTICATION, _OTHER),
    "code.redeemed": (_AUTHENTICATION, _OTHER),
    "customer.registered": (_ACCOUNT_CHANGE, 1),
    "customer.enabled": (_ACCOUNT_CHANGE, 2),
    "password.changed": (_ACCOUNT_CHANGE, 3),
    "recovery.completed": (_ACCOUNT_CHANGE, 4),
    "customer.disabled": (_ACCOUNT_CHANGE, 5),
    "customer.deleted": (_ACCOUNT_CHANGE, 6),
    "administrator.appointed": (_ACCOUNT_CHANGE, 7),
    "account.secured": (_ACCOUNT_CHANGE, 9),
    "factor.added": (_ACCOUNT_CHANGE, 10),
    "factor.removed": (_ACCOUNT_CHANGE, 11),
    ATTACK: (_FINDING, 1),
    ATTACK_OVER: (_FINDING, 3),
}
"""Event to class and activity."""
_ACCOUNTS: Final = frozenset(
    {"customer", "password", "email", "phone", "factor", "recovery", "recovery_codes", "recovery_code", "account"}
    | {"device", "deletion", "passkey", "administrator"}
)
_ENTITIES: Final = frozenset(
    {"client", "tenant", "resource_server", "authorization_details_type", "purpose", "keys", "initial_token"}
    | {"audit_destination", "tenant_key", "root_key"}
)
_VERBS: Final = {"created": 1, "updated": 3, "published": 3, "rotated": 3, "deleted": 4, "retired": 4, "destroyed": 4}
_NAMES: Final = {
    _AUTHENTICATION: "Authentication",
    _ACCOUNT_CHANGE: "Account Change",
    _ENTITY: "Entity Management",
    _BASE: "Base Event",
    _FINDING: "Detection Finding",
}
_FOUND: Final[Mapping[str, tuple[str, str, str]]] = {
    "attack": ("Credential stuffing: most tries from unknown devices fail", "T1110.004", "Credential Stuffing"),
    "spraying": ("One password is tried on many accounts", "T1110.003", "Password Spraying"),
    "account": ("Many passwords are tried for one account", "T1110.001", "Password Guessing"),
    "network": ("Many passwords from one network fail", "T1110", "Brute Force"),
    "address": ("Many passwords from one address fail", "T1110", "Brute Force"),
    "device": ("Many passwords at one browser fail", "T1110", "Brute Force"),
}
"""A kind of attack: what it is called, and the technique of MITRE ATT&CK (Enterprise, tactic TA0006)."""


def ocsf_event(fact: Fact, product: str, release: str) -> dict[str, Any]:
    """Return *fact* as an event."""
    class_uid, activity = class_of(fact.event)
    event = {
        "class_uid": class_uid,
        "class_name": _NAMES[class_uid],
        "category_uid": class_uid // 1_000,
        "activity_id": activity,
        "type_uid": class_uid * 100 + activity,
        "severity_id": severity_of(fact).value,
        "status_id": 2 if fact.is_refused else 1,
        "time": fact.at // 1_000,
        "metadata": {
            "version": VERSION,
            "uid": fact.id,
            "event_code": fact.event,
            "correlation_uid": fact.text("request_id"),
            "tenant_uid": fact.tenant,
            "product": {"name": product, "vendor_name": product, "version": release},
        },
        "actor": {"user": {"uid": fact.text("actor")}},
        "unmapped": {"data": fact.said.get("data") or {}, "client": fact.text("client")},
    }
    if activity == _OTHER:
        event["activity_name"] = fact.event
    if fact.text("reason"):
        event["status_detail"] = fact.text("reason")
    return event | _of_class(class_uid, fact) | _endpoint(fact)


def class_of(event: str) -> tuple[int, int]:
    """Return the class and the activity of an audit event."""
    found = CLASSES.get(event)
    if found is not None:
        return found
    noun, _, verb = event.partition(".")
    if noun in _ACCOUNTS:
        return _ACCOUNT_CHANGE, _OTHER
    if noun in _ENTITIES:
        return _ENTITY, _VERBS.get(verb, _OTHER)
    return _BASE, _OTHER


def _of_class(class_uid: int, fact: Fact) -> dict[str, Any]:
    user = {"uid": fact.text("subject") or "unknown"}
    if class_uid == _AUTHENTICATION:
        return {"user": user, "service": {"name": fact.text("client") or fact.issuer}}
    if class_uid == _ACCOUNT_CHANGE:
        return {"user": user}
    if class_uid == _ENTITY:
        return {"entity": {"type": fact.event.partition(".")[0], "uid": fact.text("subject") or fact.tenant}}
    return _finding(fact) if class_uid == _FINDING else {}


def _finding(fact: Fact) -> dict[str, Any]:
    """Return what is found: the same finding where it begins (new) and where it is over (resolved)."""
    data = fact.said.get("data") or {}
    title, technique, name = _FOUND.get(str(data.get("kind", "")), _FOUND["attack"])
    began = int(data.get("began_at") or fact.at) // 1_000
    lasted = int(data.get("duration_seconds") or 0) * 1_000
    tactic = {"uid": "TA0006", "name": "Credential Access"}
    info = {"uid": str(data.get("attack") or fact.id), "title": title, "first_seen_time": began}
    return {
        "status_id": 4 if fact.event == ATTACK_OVER else 1,
        "finding_info": {**info, "last_seen_time": began + lasted},
        "attacks": [{"tactic": tactic, "technique": {"uid": technique, "name": name}}],
    }


def _endpoint(fact: Fact) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if fact.personal.get("address"):
        found["src_endpoint"] = {"ip": fact.personal["address"]}
    if fact.personal.get("user_agent"):
        found["http_request"] = {"user_agent": fact.personal["user_agent"]}
    return found
