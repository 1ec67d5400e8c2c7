"""``limen serve`` as an operator runs it, and the operator's and integrator's guides held to their word."""

import asyncio
import datetime as dt
import ipaddress
import re
import subprocess
import textwrap
from pathlib import Path
from secrets import token_hex, token_urlsafe
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from limen.app.settings.sections.limits import LimitsSection
from tests.support.ports import free_port
from tests.support.postgres import on_thread
from tests.support.running import LIMEN, ROOT, environment, here, limen, process
from tests.support.waiting import PATIENCE

pytestmark = [pytest.mark.e2e]
GUIDE = ROOT / "docs" / "guide"


def certificate(folder: Path) -> tuple[Path, Path]:
    """Make a certificate for the loopback, good for an hour; return it and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(minutes=5))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(names, critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, private = folder / "chain.pem", folder / "key.pem"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    pkcs8 = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    private.write_bytes(key.private_bytes(*pkcs8))
    return pem, private


def test_over_tls_cookies_are_bound_to_host_and_scheme(tmp_path):
    pem, key = certificate(tmp_path)
    port = free_port()
    url = f"https://localhost:{port}"
    more = {
        "LIMEN_ISSUER": url,
        "LIMEN_SERVER_PORT": str(port),
        "LIMEN_SERVER_TLS_CERTIFICATE": str(pem),
        "LIMEN_SERVER_TLS_KEY": str(key),
    }
    with (
        process(tmp_path, "serve", more=more, ready=f"{url}/health/ready", verify=False),
        httpx2.Client(base_url=url, verify=False, trust_env=False, timeout=PATIENCE) as http,
    ):
        answer = http.get("/sign-in")
        cookie = answer.headers["set-cookie"]
        assert re.match(r"__Host-limen-default=\S+; HttpOnly; Max-Age=\d+; Path=/; SameSite=lax; Secure$", cookie)
        assert int(re.findall(r"max-age=(\d+)", answer.headers["strict-transport-security"])[0]) >= 31_536_000
        assert http.get("/dev/mailbox").status_code == 404
        assert http.get("/", follow_redirects=False).headers["location"] == "/account"
        assert http.get("/.well-known/openid-configuration").json()["issuer"] == url


def test_the_document_of_the_guide_is_applied_and_exported_without_its_secret(tmp_path):
    text = (GUIDE / "integrating.rst").read_text()
    block = text.partition(".. code-block:: yaml\n\n")[2].partition("\n\nor over")[0]
    (tmp_path / "shop.yaml").write_text(textwrap.dedent(block))
    secret = "a-secret-of-the-shop-that-is-long-enough-to-be-one"
    more = {"LIMEN_ISSUER": "https://login.example.org", "LIMEN_SECRET_SHOP": secret}
    assert "would" in here("apply", "shop.yaml", "--dry-run", folder=tmp_path, more=more)
    assert "shop" in here("apply", "shop.yaml", folder=tmp_path, more=more)
    assert "nothing to do" in here("apply", "shop.yaml", folder=tmp_path, more=more)
    exported = here("export", folder=tmp_path, more=more)
    assert "https://shop.example/callback" in exported
    assert secret not in exported


def test_the_limits_of_the_guide_are_those_of_the_settings():
    guide = (GUIDE / "security.rst").read_text()
    rows = re.findall(r"\* - [^\n]+\n     - [^\n]+\n     - (\d+ in [^\n]+)", guide)
    seconds = {"a minute": 60, "10 minutes": 600, "an hour": 3600, "a day": 86_400}
    said = sorted((int(row.split()[0]), seconds[row.partition(" in ")[2]]) for row in rows)

    limits = LimitsSection()
    rates = [getattr(limits, name) for name in LimitsSection.__struct_fields__]
    assert said == sorted((rate.count, rate.seconds) for rate in rates)


def test_on_postgresql_the_logins_of_the_guide_suffice(tmp_path, postgres_url):
    data, keys = postgres_url(), postgres_url()
    limen("migrate", folder=tmp_path, more={"LIMEN_OWNER_DATABASE_URL": data, "LIMEN_OWNER_KEYSTORE_URL": keys})
    text = (GUIDE / "operating.rst").read_text()
    statements = re.findall(r"CREATE ROLE (\w+) LOGIN PASSWORD '…' IN ROLE ([\w, ]+);", text)
    assert [login for login, _ in statements] == ["limen_web", "limen_doors"]
    password = token_urlsafe(18)
    names = {login: f"{login}_{token_hex(4)}" for login, _ in statements}
    made = [f"CREATE ROLE {names[login]} LOGIN PASSWORD '{password}' IN ROLE {roles}" for login, roles in statements]
    execute(data, *made)
    try:
        port = free_port()
        more = {
            "LIMEN_ISSUER": f"http://localhost:{port}",
            "LIMEN_INSECURE_HTTP": "1",
            "LIMEN_SERVER_PORT": str(port),
            "LIMEN_SERVER_WORKERS": "2",
            "LIMEN_DATABASE_URL": as_login(data, names["limen_web"], password),
            "LIMEN_KEYSTORE_URL": as_login(keys, names["limen_web"], password),
            "LIMEN_TOKEN_DATABASE_URL": as_login(data, names["limen_doors"], password),
        }
        url = f"http://localhost:{port}"
        with (
            process(tmp_path, "serve", more=more, ready=f"{url}/health/ready"),
            httpx2.Client(base_url=url, trust_env=False, follow_redirects=True, timeout=PATIENCE) as http,
        ):
            assert "<form" in http.get("/sign-up").text  # writes a browser, a journey and its key
            refused = http.post("/token", data={"grant_type": "client_credentials"}, auth=("nobody", "nothing"))
            assert refused.json()["error"] == "invalid_client"
        said = limen_says(tmp_path, more)
        assert "row-level security" not in said
        assert "share the pages' login" not in said
    finally:
        postgres_url.drop(data)
        postgres_url.drop(keys)
        execute(postgres_url.server_url, *(f"DROP ROLE {name}" for name in names.values()))


def limen_says(folder: Path, more: dict[str, str]) -> str:
    """What the doctor finds, whatever that is."""
    done = subprocess.run(
        [LIMEN, "doctor"], cwd=folder, env=environment(more), capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr


def as_login(url: str, login: str, password: str) -> str:
    """The same database for another login."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"{login}:{password}@{parts.netloc.rpartition('@')[2]}"))


def execute(url: str, *statements: str) -> None:
    async def run() -> None:
        connection = await asyncpg.connect(url)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    on_thread(lambda: asyncio.run(run()))
