"""The command line: most of it called in this process, and as processes where the process is what counts."""

import base64
import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from tests.support.commands import run_here
from tests.support.ports import free_port
from tests.support.waiting import PATIENCE, wait_until

LIMEN = str(Path(sys.executable).with_name("limen"))
SECRET = "a-secret-that-nobody-could-guess-0123456789"
DOCUMENT = """
clients:
  - client_id: machine
    secret: {env: MACHINE_SECRET}
    grant_types: [client_credentials]
    scopes: [read]
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LIMEN_")}
    return {
        **kept,
        "LIMEN_DATA_DIR": str(tmp_path / "data"),
        "LIMEN_ISSUER": "http://localhost:8000",
        "LIMEN_INSECURE_HTTP": "1",
        "LIMEN_LOG_LEVEL": "warning",
        "MACHINE_SECRET": SECRET,
        "COLUMNS": "200",
    }


@pytest.fixture
def limen(environment: dict[str, str], tmp_path: Path):
    """The command line, called in this process."""

    def run(*arguments: str, **changed: str) -> subprocess.CompletedProcess[str]:
        return run_here(*arguments, environment=environment | changed, folder=tmp_path)

    return run


@pytest.fixture
def limen_process(environment: dict[str, str], tmp_path: Path):
    """The command line as it is installed."""

    def run(*arguments: str, **changed: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [LIMEN, *arguments],
            env=environment | changed,
            cwd=tmp_path,
            text=True,
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )

    return run


def test_help_lists_every_command(limen_process) -> None:
    shown = limen_process("--help").stdout
    commands = (
        "serve demo migrate apply export admin audit customer keys ledger registration tenant threats doctor version"
    )
    for command in commands.split():
        assert f" {command} " in shown


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys\nfrom limen.app.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'sqlalchemy', 'granian', 'cryptography', 'jinja2', 'pydantic', 'alembic'}\n"
        "sys.exit(' '.join(heavy & sys.modules.keys()) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_serving_an_embedded_database_loads_nothing_that_it_does_not_need() -> None:
    code = (
        "import sys\n"
        "import limen.app.cli.serving, limen.app.compose, limen.app.server.serving, limen.app.serving\n"
        "heavy = {'asyncpg', 'sqlalchemy.orm', 'alembic', 'fastapi', 'pydantic', 'httpx', 'webauthn', 'lxml'}\n"
        "sys.exit(' '.join(heavy & sys.modules.keys()) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_version_names_limen(limen_process) -> None:
    assert limen_process("version").stdout.startswith("limen ")
    assert limen_process("--version").stdout.startswith("limen ")


@pytest.mark.parametrize(
    ("arguments", "changed", "line"),
    [
        (("frobnicate",), {}, "Unknown command"),
        (("serve", "--port", "x"), {}, "Invalid value"),
        (("serve",), {"LIMEN_ISSUER": ""}, "the issuer is not set"),
        (("serve", "--workers", "2"), {}, "SQLite has one writer"),
        (("serve",), {"LIMEN_ISSUR": "x"}, "unknown setting LIMEN_ISSUR"),
        (("apply", "none.yaml"), {}, "none.yaml cannot be read"),
        (("migrate",), {"LIMEN_DATABASE_URL": "mysql://h/d"}, "unknown database scheme"),
        (("migrate",), {"LIMEN_DATABASE_URL": "postgresql://hush:hush@127.0.0.1:1/d"}, "the database does not answer"),
    ],
)
def test_a_mistake_is_one_line_and_a_hint(limen, arguments, changed, line) -> None:
    done = limen(*arguments, **changed)
    assert done.returncode == 2
    first, *rest = done.stderr.splitlines()
    assert first.startswith("limen: ")
    assert line in first
    assert [one for one in rest if one.startswith("  hint: ")] == rest
    assert "hush" not in done.stderr


def test_a_traceback_is_there_for_who_asks(limen) -> None:
    assert "Traceback" in limen("serve", "--debug", LIMEN_ISSUER="").stderr


def test_a_tenant_goes_in_and_comes_out_without_its_secrets(limen, tmp_path: Path) -> None:
    (tmp_path / "tenant.yaml").write_text(DOCUMENT)
    assert "0001" in limen("migrate").stdout
    assert "nothing to do" in limen("migrate").stdout
    assert limen("apply", "tenant.yaml", "--dry-run").stdout == "would create client machine\n"
    assert limen("apply", "tenant.yaml").stdout == "create client machine\n"
    assert limen("apply", "tenant.yaml").stdout == "nothing to do\n"
    exported = limen("export", "--output", "out.yaml")
    text = (tmp_path / "out.yaml").read_text()
    assert exported.returncode == 0
    assert "client_id: machine" in text
    assert SECRET not in text
    assert limen("apply", "out.yaml", LIMEN_SECRET_MACHINE=SECRET).stdout == "nothing to do\n"


def test_an_initial_access_token_is_printed_once_and_stored_as_a_hash(limen, tmp_path: Path) -> None:
    (tmp_path / "tenant.yaml").write_text(DOCUMENT)
    limen("migrate")
    limen("apply", "tenant.yaml")
    token = limen("registration", "token", "default", "Partners", "--uses", "3").stdout.strip()
    assert len(token) == 43
    for file in (tmp_path / "data").iterdir():
        assert token.encode() not in file.read_bytes()
    assert limen("registration", "token", "nobody", "Partners").returncode == 2
    assert limen("registration", "token", "default", "Partners", "--hours", "0").returncode == 2


def test_a_wrong_document_is_refused_with_its_line(limen, tmp_path: Path) -> None:
    (tmp_path / "tenant.yaml").write_text("clients:\n  - client_id: a\n    scops: [read]\n")
    done = limen("apply", "tenant.yaml")
    assert done.returncode == 2
    assert "line " in done.stderr


def test_an_administrators_link_is_printed_once_and_stored_as_a_hash(limen, tmp_path: Path) -> None:
    link = limen("admin", "create").stdout.strip()
    assert link.startswith("http://localhost:8000/setup/")
    token = link.rpartition("/")[2].encode()
    for file in (tmp_path / "data").iterdir():
        assert token not in file.read_bytes()


def test_an_administrator_is_appointed_by_address_also_twice(limen, tmp_path: Path) -> None:
    for _ in range(2):
        assert "platform" in limen("admin", "create", "--email", "Ann@Example.org").stdout
    assert "invalid_email" in limen("admin", "create", "--email", "nobody").stderr
    assert "no tenant acme" in limen("admin", "create", "--tenant", "acme").stderr
    for file in (tmp_path / "data").iterdir():
        assert b"example.org" not in file.read_bytes().lower()


def test_keys_are_rotated_by_hand(limen) -> None:
    limen("migrate")
    limen("admin", "create")
    assert limen("keys", "rotate").returncode == 0
    assert limen("keys", "rotate", "--urgent").returncode == 0


def test_the_doctor_lists_weaker_settings_and_fails_only_for_what_is_wrong(limen) -> None:
    limen("admin", "create")
    weak = limen("doctor", LIMEN_DEVELOPMENT_MAILBOX="1", LIMEN_LIMITS_API_PER_CLIENT="off")
    assert "insecure_http" in weak.stdout
    assert "limits.api_per_client is off" in weak.stdout
    assert (weak.returncode, weak.stderr) == (0, "")
    assert "risk.when_away = challenge: more is asked for, as of a risk that was found (at default)" in weak.stdout
    assert (
        "cache.when_away = count_here: each process counts on its own, from what it counted before (for all)"
        in weak.stdout
    )
    wrong = limen("doctor")
    assert "no mail relay" in wrong.stdout
    assert wrong.returncode == 1


def test_the_doctor_says_it_all_as_json(limen) -> None:
    limen("admin", "create")
    done = limen("doctor", "--json", LIMEN_SMTP_URL="smtp+plain://127.0.0.1:1", LIMEN_THREATS_RESOLVER="")
    said = json.loads(done.stdout)
    assert (done.returncode, said["findings"][0]["severity"]) == (1, "wrong")
    assert [row["findings"][0]["what"] for row in said["guards"] if row["answers"] == "no"] == [
        "the mail relay does not answer as it should (smtp_unreachable): mail waits in the outbox"
    ]
    [risk] = [row for row in said["guards"] if row["guard"] == "risk"]
    assert (risk["setting"], risk["answers"]) == ("risk.when_away", "yes")
    assert risk["stances"] == [
        {
            "value": "challenge",
            "words": "more is asked for, as of a risk that was found",
            "at": ["default"],
            "why": "",
            "is_for_all": False,
        }
    ]


@pytest.mark.parametrize("url", ["redis://h:notaport/0", "redis://h/0?socket_timeout=abc", "ftp://h"])
def test_the_doctor_names_a_cache_url_that_nobody_understands(limen, url: str) -> None:
    done = limen("doctor", LIMEN_CACHE_URL=url)
    assert done.returncode == 1
    assert "cache.url" in done.stdout + done.stderr
    assert "run again with --debug" not in done.stderr


@pytest.mark.parametrize(("name", "value"), [("URL", "smtp://relay:x"), ("CERTIFICATES", "/nowhere.pem")])
def test_the_doctor_names_a_relay_that_nobody_understands(limen, name: str, value: str) -> None:
    done = limen("doctor", **{"LIMEN_SMTP_URL": "smtp://relay.invalid", f"LIMEN_SMTP_{name}": value})
    assert done.returncode == 1
    assert "smtp is not understood" in done.stdout


def test_the_doctor_prints_what_it_finds_as_it_is(limen, tmp_path: Path) -> None:
    folder = tmp_path / "[/red]"
    folder.mkdir(parents=True)
    folder.chmod(0o755)
    assert f"{folder} is open to others" in limen("doctor", LIMEN_DATA_DIR=str(folder)).stdout


def test_the_doctor_sees_a_keyring_that_others_can_read(limen, tmp_path: Path) -> None:
    limen("admin", "create")
    keyring = tmp_path / "data" / "limen.keyring"
    keyring.chmod(stat.S_IMODE(keyring.stat().st_mode) | stat.S_IROTH)
    done = limen("doctor", LIMEN_DEVELOPMENT_MAILBOX="1")
    assert "open to others" in done.stdout
    assert done.returncode == 1


def test_the_doctor_makes_nothing(limen, tmp_path: Path) -> None:
    assert limen("doctor").returncode == 1
    assert not (tmp_path / "data").exists()


@contextmanager
def serving(
    environment: dict[str, str], folder: Path, *arguments: str, command: str = "serve"
) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A running ``limen serve``, once it is ready."""
    port = free_port()
    origin = f"http://127.0.0.1:{port}"
    with (folder / "out.txt").open("w") as out:
        process = subprocess.Popen(
            [LIMEN, command, "--port", str(port), *arguments],
            env=environment,
            cwd=folder,
            stdout=out,
            stderr=subprocess.PIPE,
            text=True,
        )
    try:
        wait_until(lambda: process.poll() is not None or answers(f"{origin}/health/ready"))
        assert process.poll() is None, process.stderr and process.stderr.read()
        yield origin, process
    finally:
        process.kill()
        process.communicate()


def answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=PATIENCE) as answer:
            return answer.status == 200
    except OSError:
        return False


def token_from(origin: str) -> dict[str, object]:
    basic = base64.b64encode(f"machine:{SECRET}".encode()).decode()
    headers = {"authorization": f"Basic {basic}", "content-type": "application/x-www-form-urlencoded"}
    with urlopen(Request(f"{origin}/token", b"grant_type=client_credentials", headers), timeout=PATIENCE) as answer:
        return dict(json.load(answer))


def test_serve_starts_answers_and_stops_when_asked(environment: dict[str, str], tmp_path: Path) -> None:
    with serving(environment, tmp_path) as (origin, process):
        with urlopen(f"{origin}/jwks", timeout=PATIENCE) as answer:
            assert len(json.load(answer)["keys"]) == 2
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0


def test_two_workers_serve_one_postgresql_database(
    limen, environment: dict[str, str], tmp_path: Path, postgres_url
) -> None:
    environment |= {"LIMEN_DATABASE_URL": postgres_url(), "LIMEN_KEYSTORE_URL": postgres_url()}
    (tmp_path / "tenant.yaml").write_text(DOCUMENT)
    unmigrated = limen("serve", "--port", str(free_port()))
    assert "has no tables yet" in unmigrated.stderr
    assert "limen migrate" in unmigrated.stderr
    assert limen("migrate").returncode == 0
    assert limen("apply", "tenant.yaml").stderr == ""
    with serving(environment, tmp_path, "--workers", "2") as (origin, process):
        assert token_from(origin)["token_type"] == "Bearer"
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0


def test_the_demo_brings_up_everything_and_takes_it_down(environment: dict[str, str], tmp_path: Path) -> None:
    shop = free_port()
    for name in ("LIMEN_ISSUER", "LIMEN_INSECURE_HTTP"):
        del environment[name]  # it needs nobody's word
    with serving(environment, tmp_path, "--shop-port", str(shop), command="demo") as (origin, process):
        for place in ("/", "/dev/mailbox", "/.well-known/openid-configuration"):
            assert answers(origin + place)
        wait_until(lambda: answers(f"http://127.0.0.1:{shop}/"))
        wait_until(lambda: "/setup/" in (tmp_path / "out.txt").read_text())
        told = (tmp_path / "out.txt").read_text()
        link = next(word for word in told.split() if "/setup/" in word)
        assert answers(link.replace("localhost", "127.0.0.1"))
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
        assert not answers(f"http://127.0.0.1:{shop}/")


def test_a_reader_who_has_read_enough_is_no_error(environment: dict[str, str]):
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(
            [LIMEN, "settings", "schema"], env=environment, stdout=writer, stderr=subprocess.PIPE, check=False
        )
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")
