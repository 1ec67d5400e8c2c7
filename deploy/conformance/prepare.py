"""Write the conformance suite's configurations, and the tenant's document that makes its clients, with fresh keys.

Run it as ``python deploy/conformance/prepare.py https://login.example.org https://localhost.emobix.co.uk:8443 out``.
What is written is described by ``plans.yaml`` beside this file.
"""

import argparse
import json
import secrets
from base64 import b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from joserfc.jwk import ECKey

HERE: Final = Path(__file__).parent
SLUG: Final = "conformance"
SCOPE: Final = "openid profile email offline_access"
_METHODS: Final = {"private_key_jwt": "private_key_jwt", "mtls": "self_signed_tls_client_auth"}
_BINDINGS: Final = {"dpop": "dpop_bound_access_tokens", "mtls": "tls_client_certificate_bound_access_tokens"}
_FROM: Final = datetime(2020, 1, 1, tzinfo=UTC)
_DAYS: Final = 366


@dataclass
class Prepared:
    """Where everything goes, and what has been made so far.

    Attributes:
        given: what is put in for the texts that begin with a dollar sign.
        clients: as the tenant's document has them.
        runs: a line for each plan, as the suite's ``scripts/run-test-plan.py`` takes it.
    """

    folder: Path
    given: dict[str, str]
    clients: list[dict[str, Any]] = field(default_factory=list)
    runs: list[str] = field(default_factory=list)

    def write(self, name: str, text: str) -> None:
        """Write *text*, readable to its owner alone."""
        path = self.folder / name
        path.touch(mode=0o600)
        path.write_text(text)


def prepare(base_url: str, suite: str, folder: Path, customer: tuple[str, str], mtls_url: str = "") -> None:
    """Write everything into *folder*, readable to its owner alone.

    Args:
        base_url: where Limen is, without a slash at its end; the tenant is ``/t/conformance`` below it.
        suite: where the suite is.
        folder: made if it is not there.
        customer: address and password of who signs in at the suite's tests.
        mtls_url: where Limen takes client certificates (``proxies.certificate_url``); *base_url* unless given.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    table = yaml.safe_load((HERE / "plans.yaml").read_text())
    given = {"SLUG": SLUG, "SUITE": suite, "ISSUER": f"{base_url}/t/{SLUG}", "MTLS": f"{mtls_url or base_url}/t/{SLUG}"}
    given["EMAIL"], given["PASSWORD"] = customer
    prepared = Prepared(folder, given)
    for plan in table["plans"]:
        _plan(plan, table["kinds"], prepared)
    tenant = {"version": table["version"], "tenant": _put(table["tenant"], given), "clients": prepared.clients}
    prepared.write("tenant.yaml", yaml.safe_dump(tenant, sort_keys=False, width=100))
    prepared.write("plans.txt", "\n".join(prepared.runs) + "\n")


def _plan(plan: dict[str, Any], kinds: dict[str, Any], prepared: Prepared) -> None:
    name, variant = plan["name"], plan.get("variant", {})
    alias = f"limen-{name}"
    base = f"{prepared.given['SUITE']}/test/a/{alias}"
    given = prepared.given | {"BASE": base, "CALLBACK": f"{base}/callback"}
    given["CALLBACK2"] = f"{base}/callback?dummy1=lorem&dummy2=ipsum"  # what the FAPI plans' second client registers
    configuration: dict[str, Any] = {"alias": alias, "description": f"Limen: {plan['about']}"}
    configuration["server"] = {"discoveryUrl": f"{given['ISSUER']}/.well-known/openid-configuration"}
    for role, own in plan.get("clients", {}).items():
        asked = _put(kinds[plan["kind"]] | own, given) | _asked_by(variant, base)
        configuration |= _client(name, plan["about"], role, asked, prepared)
    if {"sender_constrain", "ciba_mode"} & variant.keys():
        bound = variant.get("sender_constrain", "mtls")
        configuration["resource"] = {"resourceUrl": f"{given['MTLS' if bound == 'mtls' else 'ISSUER']}/userinfo"}
    if name != "oidcc-config" and "ciba_mode" not in variant:  # no browser comes there
        configuration["browser"] = _put(json.loads((HERE / "browser.json").read_text()), given)
    if name == "oidcc-dynamic":
        configuration["client"] = {"client_name": "Conformance, dynamic"}
    prepared.write(f"{name}.json", json.dumps(configuration, indent=2) + "\n")
    chosen = "".join(f"[{key}={value}]" for key, value in variant.items())
    prepared.runs.append(f"{plan['plan']}{chosen} {name}.json")


def _asked_by(variant: dict[str, str], base: str) -> dict[str, Any]:
    """Return what a plan's variant asks of its clients."""
    found: dict[str, Any] = {}
    if method := variant.get("client_auth_type"):
        found["token_endpoint_auth_method"] = _METHODS[method]
    if binding := variant.get("sender_constrain"):
        found[_BINDINGS[binding]] = True
    if mode := variant.get("ciba_mode"):
        found["backchannel_token_delivery_mode"] = mode
        if mode == "ping":
            found["backchannel_client_notification_endpoint"] = f"{base}/ciba-notification-endpoint"
    return found


def _client(name: str, about: str, role: str, asked: dict[str, Any], prepared: Prepared) -> dict[str, Any]:
    """Register a client as *asked*; return what the configuration says of it, with what only it may know."""
    which = role.removeprefix("client").strip("_").replace("_", "-")
    client_id = "-".join(filter(None, (SLUG, name, which)))
    declared: dict[str, Any] = {"client_id": client_id, "name": f"{about} {which}".strip()} | asked
    prepared.clients.append(declared)
    if asked.get("token_endpoint_auth_method") not in _METHODS.values():
        secret = secrets.token_urlsafe(32)
        declared["secret"] = {"file": f"{client_id}.secret"}
        prepared.write(f"{client_id}.secret", secret + "\n")
        return {role: {"client_id": client_id, "client_secret": secret}}
    key = ECKey.generate_key("P-256", {"kid": client_id, "use": "sig", "alg": "ES256"})
    public, certificates = dict(key.as_dict(private=False)), {}
    if asked["token_endpoint_auth_method"] == _METHODS["mtls"] or asked.get(_BINDINGS["mtls"]):
        certificate = _certificate(client_id, key)
        public["x5c"] = [b64encode(certificate.public_bytes(Encoding.DER)).decode()]
        pem = {"cert": certificate.public_bytes(Encoding.PEM).decode(), "key": key.as_pem(private=True).decode()}
        certificates[f"mtls{which}"] = pem
    declared["jwks"] = {"keys": [public]}
    shown = {"client_id": client_id, "scope": SCOPE, "jwks": {"keys": [key.as_dict(private=True)]}}
    if asked.get(_BINDINGS["dpop"]):
        shown["dpop_signing_alg"] = "ES256"
    if "backchannel_token_delivery_mode" in asked:
        shown |= {"hint_type": "login_hint", "hint_value": prepared.given["EMAIL"]}
    return {role: shown} | certificates


def _certificate(client_id: str, key: ECKey) -> x509.Certificate:
    """Return a certificate that signs itself: the client registers it by value (RFC 8705 §2.2)."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, client_id)])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(_FROM).not_valid_after(datetime.now(UTC) + timedelta(days=_DAYS))
    private: Any = key.private_key
    return builder.public_key(private.public_key()).sign(private, hashes.SHA256())


def _put(value: Any, given: dict[str, str]) -> Any:
    """Return *value* with what is given in the places of all its texts."""
    if isinstance(value, dict):
        return {name: _put(one, given) for name, one in value.items()}
    if isinstance(value, list):
        return [_put(one, given) for one in value]
    if not isinstance(value, str):
        return value
    for name in sorted(given, key=len, reverse=True):  # CALLBACK2 before CALLBACK
        value = value.replace(f"${name}", given[name])
    return value


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("base_url")
    parser.add_argument("suite")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--email", default="conformance@example.com")
    parser.add_argument("--password", default="plum lantern quarry sixteen")
    parser.add_argument("--mtls-url", default="", help="where client certificates are taken; base_url unless given")
    given = parser.parse_args()
    addresses = [text.rstrip("/") for text in (given.base_url, given.suite, given.mtls_url)]
    prepare(addresses[0], addresses[1], given.folder, (given.email, given.password), addresses[2])


if __name__ == "__main__":
    main()
