"""Starts Limen on SQLite or PostgreSQL and says how to ask it for each work."""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench import postgres, servers
from bench.limen import prepare
from bench.limen.walk import Person, Site
from bench.subjects import (
    Job,
    Subject,
    Supplies,
    client_credentials,
    dpop_client_credentials,
    exchanging,
    introspection,
    polling,
    pushing,
    reading,
    refreshing,
)
from bench.workbench import ROOT, Workbench

_LIFTED_LIMITS = ("PAGES_PER_ADDRESS", "JOURNEYS_PER_ADDRESS", "SIGN_IN_PER_ADDRESS", "SIGN_IN_PER_IDENTIFIER")
"""All sign-ins come from one machine; counting goes on for the others."""

_TENANT_FILE = ROOT / "bench/limen/tenant.yaml"


def executable() -> Path | None:
    """Return the installed ``limen`` command, or None: ``LIMEN_BENCH_COMMAND``, this interpreter's, the project's."""
    chosen = os.environ.get("LIMEN_BENCH_COMMAND")
    places = [Path(chosen)] if chosen else [Path(sys.executable).parent / "limen", ROOT / ".venv/bin/limen"]
    return next((place for place in places if place.is_file()), None)


@dataclass(frozen=True, slots=True)
class Installation:
    """One Limen with its own folder and database."""

    name: str
    program: Path
    port: int
    folder: Path
    environment: Mapping[str, str]

    @property
    def launch(self) -> servers.Launch:
        """Return what ``limen serve`` needs."""
        return servers.Launch(
            [str(self.program), "serve", "--host", "127.0.0.1", "--port", str(self.port)],
            self.port,
            "/health/ready",
            self.folder / "serve.log",
            self.environment,
            ROOT,
        )


def install(bench: Workbench, program: Path, name: str, database_urls: tuple[str, str] | None = None) -> Installation:
    """Migrate an empty database and apply the tenant file. *database_urls*: data and key store; None is SQLite."""
    folder = bench.folder / f"limen-{name}"
    folder.mkdir()
    port = servers.free_port()
    data, keys = database_urls or (f"sqlite:///{folder}/limen.db", f"sqlite:///{folder}/keys.db")
    environment = {
        "LIMEN_DATA_DIR": str(folder),
        "LIMEN_DATABASE_URL": data,
        "LIMEN_KEYSTORE_URL": keys,
        "LIMEN_ISSUER": f"http://127.0.0.1:{port}",
        "LIMEN_INSECURE_HTTP": "1",
        "LIMEN_LOG_LEVEL": "warning",
        "BENCH_SECRET": bench.secret,
        "PYTHONDONTWRITEBYTECODE": "",  # a second start finds the byte code that the first one left
        **{f"LIMEN_LIMITS_{name}": "off" for name in _LIFTED_LIMITS},
    }
    servers.command([str(program), "migrate"], environment, ROOT)
    servers.command([str(program), "apply", str(_TENANT_FILE)], environment, ROOT)
    return Installation(name, program, port, folder, environment)


def start(bench: Workbench, installation: Installation) -> Subject:
    """Serve it on the server core with the jobs that need no customer."""
    server = servers.start(installation.launch, bench.server_core)
    bench.stops.append(server.stop)
    port = installation.port
    machine = bench.basic("bench-machine")
    tokens = [prepare.access_token(port, machine, "bench") for _ in range(prepare.TOKENS)]
    jobs = {
        "client_credentials": client_credentials(port, machine),
        "introspection": introspection(port, "/introspect", machine, tokens),
        "discovery": reading(port, "/.well-known/openid-configuration"),
        "jwks": reading(port, "/jwks"),
        "dpop_client_credentials": dpop_client_credentials(port, machine),
        "par": pushing(port, "/par", bench.basic("bench-web")),
    }
    return Subject(installation.name, server, jobs)


def add_people(bench: Workbench, subject: Subject, count: int) -> None:
    """Make *count* customers, sign some in, and add the jobs that need them: ``refresh`` and ``sign_in``."""
    port = subject.server.port
    site = Site(f"http://127.0.0.1:{port}", bench.basic("bench-web"))
    people = prepare.make_customers(port, bench.basic("bench-admin"), count)
    subject.jobs["sign_in"] = _signing_in(site, people)
    tokens = prepare.harvest_refresh_tokens(port, site, people)
    subject.jobs["refresh"] = refreshing(port, site.basic, tokens)


def add_supplies(bench: Workbench, installation: Installation, subject: Subject, supplies: Supplies) -> None:
    """Prepare *supplies* and add the jobs that need them: ``code_exchange`` (after sign-ins) and ``device_polling``."""
    port = subject.server.port
    if supplies.codes:
        codes = fill(installation, "codes", supplies.codes)
        subject.jobs["code_exchange"] = exchanging(port, bench.basic("bench-web"), codes)
    if supplies.devices:
        basic = bench.basic("bench-device")
        prepare.begin_device(port, basic)
        subject.jobs["device_polling"] = polling(port, basic, fill(installation, "devices", supplies.devices))


def fill(installation: Installation, name: str, count: int) -> list[str]:
    """Put *count* copies of something into the database (``bench.limen.fill``) and return what is to be sent."""
    words = [sys.executable, "-m", "bench.limen.fill", name, str(count)]
    made = list(json.loads(servers.command(words, installation.environment, ROOT)))
    url = installation.environment["LIMEN_DATABASE_URL"]
    if url.startswith("postgres"):
        postgres.analyse(url)
    return made


def _signing_in(site: Site, people: list[Person]) -> Job:
    where = {"origin": site.origin, "basic": site.basic}
    return Job("sign_in", {"site": where, "people": [[person.email, person.password] for person in people]})
