"""Write the conformance suite's configurations, and the tenant's document that makes its clients, with fresh keys.

Run it as ``python deploy/conformance/prepare.py https://login.example.org https://localhost.emobix.co.uk:8443 out``.
"""

import argparse
import json
import secrets
from pathlib import Path
from typing import Any, Final

from joserfc.jwk import ECKey

HERE: Final = Path(__file__).parent
PLANS: Final = ("oidcc-basic", "oidcc-config", "fapi2-security-profile", "fapi2-message-signing")
KEYS: Final = ("FAPI2", "FAPI2_2", "SIGNING", "SIGNING_2")
SECRETS: Final = ("BASIC", "BASIC_2", "BASIC_POST")
SLUG: Final = "conformance"


def prepare(base_url: str, suite: str, folder: Path, email: str, password: str) -> None:
    """Write everything into *folder*, readable to its owner alone.

    Args:
        base_url: where Limen is, without a slash at its end; the tenant is ``/t/conformance`` below it.
        suite: where the suite is.
        folder: made if it is not there.
        email: the customer who signs in at the suite's tests.
        password: theirs.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    keys = {name: ECKey.generate_key("P-256", {"kid": name.lower(), "use": "sig", "alg": "ES256"}) for name in KEYS}
    given: dict[str, Any] = {name: secrets.token_urlsafe(32) for name in SECRETS}
    for name in SECRETS:
        _write(folder / f"{name.lower().replace('_', '-')}.secret", given[name] + "\n")
    given |= {"SLUG": SLUG, "SUITE": suite, "ISSUER": f"{base_url}/t/{SLUG}", "EMAIL": email, "PASSWORD": password}
    public = {name: json.dumps({"keys": [key.as_dict(private=False)]}) for name, key in keys.items()}
    _write(folder / "tenant.yaml", _filled((HERE / "tenant.yaml").read_text(), given | public))
    private = {name: {"keys": [key.as_dict(private=True)]} for name, key in keys.items()}
    for plan in PLANS:
        document = _put(json.loads((HERE / f"{plan}.json").read_text()), given | private)
        _write(folder / f"{plan}.json", json.dumps(document, indent=2) + "\n")


def _put(value: Any, given: dict[str, Any]) -> Any:
    """Put what is given into every text of a document; a text that is one place alone becomes what is given."""
    if isinstance(value, dict):
        return {name: _put(one, given) for name, one in value.items()}
    if isinstance(value, list):
        return [_put(one, given) for one in value]
    if isinstance(value, str) and value.startswith("$") and value[1:] in given:
        return given[value[1:]]
    return _filled(value, given) if isinstance(value, str) else value


def _filled(text: str, given: dict[str, Any]) -> str:
    for name in sorted(given, key=len, reverse=True):  # FAPI2_2 before FAPI2
        text = text.replace(f"${name}", str(given[name]))
    return text


def _write(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("base_url")
    parser.add_argument("suite")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--email", default="conformance@example.com")
    parser.add_argument("--password", default="plum lantern quarry sixteen")
    given = parser.parse_args()
    prepare(given.base_url.rstrip("/"), given.suite.rstrip("/"), given.folder, given.email, given.password)


if __name__ == "__main__":
    main()
