"""The settings: sources, errors, what must not be served."""

import json
from pathlib import Path

import pytest

from limen.app.settings import read_settings, require_servable
from limen.app.settings.derived import beside, database_urls, keyring_path
from limen.app.settings.reference import reference_page, schema_json
from limen.app.settings.sources import places
from limen.kernel.errors import Misconfigured

HTTPS = {"LIMEN_ISSUER": "https://login.example.org"}
EDGE = {"LIMEN_PROXIES_NETWORKS": "10.0.0.0/8", "LIMEN_PROXIES_CERTIFICATE_HEADER": "Client-Cert"}
LOCAL = {"LIMEN_ISSUER": "http://localhost:8000", "LIMEN_INSECURE_HTTP": "1"}


def refusal(environment: dict[str, str], file: Path | None = None, **given: object) -> Misconfigured:
    with pytest.raises(Misconfigured) as caught:
        require_servable(read_settings(environment, file, **given))
    return caught.value


def test_the_environment_wins_over_the_file_and_the_command_line_over_both(tmp_path: Path) -> None:
    file = tmp_path / "limen.toml"
    file.write_text('issuer = "https://a.example"\n[server]\nport = 1\nhost = "10.0.0.1"\nworkers = 3\n')
    settings = read_settings({"LIMEN_SERVER_PORT": "2", "LIMEN_SERVER_HOST": "10.0.0.2"}, file, server__port=4)
    assert (settings.server.port, settings.server.host, settings.server.workers) == (4, "10.0.0.2", 3)
    assert settings.issuer == "https://a.example"


def test_what_the_command_line_leaves_out_stays() -> None:
    assert read_settings({"LIMEN_SERVER_PORT": "2"}, server__port=None).server.port == 2


def test_a_named_file_must_exist(tmp_path: Path) -> None:
    assert "No such file" in str(refusal({"LIMEN_CONFIG": str(tmp_path / "none.toml")}))


def test_a_file_that_is_no_toml_is_not_quoted(tmp_path: Path) -> None:
    file = tmp_path / "limen.toml"
    file.write_text('root_key = "s3cret\n')
    error = refusal({}, file)
    assert "is not TOML" in str(error)
    assert "s3cret" not in str(error) + error.hint


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("LIMEN_ISSUR", "LIMEN_ISSUER"),
        ("LIMEN_SERVRE_PORT", "LIMEN_SERVER_PORT"),
        ("LIMEN_DATABASEURL", "LIMEN_DATABASE_URL"),
    ],
)
def test_an_unknown_variable_is_an_error_with_the_nearest_name(name: str, nearest: str) -> None:
    error = refusal({name: "x"})
    assert str(error) == f"unknown setting {name}"
    assert error.hint == f"did you mean {nearest}?"


def test_an_unknown_name_in_the_file_is_an_error_with_the_nearest_name(tmp_path: Path) -> None:
    file = tmp_path / "limen.toml"
    file.write_text("[server]\nprot = 1\n")
    error = refusal({}, file)
    assert (str(error), error.hint) == ("unknown setting server.prot", "did you mean server.port?")


def test_variables_of_tests_benchmarks_and_documents_are_nobodys_setting() -> None:
    read_settings({"LIMEN_TEST_POSTGRES_URL": "x", "LIMEN_BENCH_COMMAND": "x", "LIMEN_SECRET_SHOP": "x"})


@pytest.mark.parametrize(
    ("environment", "where"),
    [
        ({"LIMEN_SERVER_PORT": "http"}, "server.port (LIMEN_SERVER_PORT)"),
        ({"LIMEN_SERVER_PORT": "0"}, "server.port (LIMEN_SERVER_PORT)"),
        ({"LIMEN_LOG_LEVEL": "loud"}, "log.level (LIMEN_LOG_LEVEL)"),
        ({"LIMEN_INSECURE_HTTP": "perhaps"}, "insecure_http (LIMEN_INSECURE_HTTP)"),
        ({"LIMEN_LIMITS_PAGES_PER_ADDRESS": "often"}, "limits.pages_per_address (LIMEN_LIMITS_PAGES_PER_ADDRESS)"),
        ({"LIMEN_PASSWORDS_MEMORY_KIB": "1"}, "passwords.memory_kib (LIMEN_PASSWORDS_MEMORY_KIB)"),
    ],
)
def test_a_wrong_value_names_its_setting(environment: dict[str, str], where: str) -> None:
    assert str(refusal(environment)).startswith(f"{where}: ")


def test_a_section_given_as_a_value_is_told_apart(tmp_path: Path) -> None:
    file = tmp_path / "limen.toml"
    file.write_text("server = 1\n")
    assert str(refusal({}, file)).startswith("server (LIMEN_SERVER): ")
    assert "section" in str(refusal({"LIMEN_SERVER_PORT": "1"}, file))


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("the key\n")
    assert read_settings({"LIMEN_ROOT_KEY_FILE": str(file)}).root_key.reveal() == "the key"
    assert "LIMEN_ROOT_KEY_FILE" in str(refusal({"LIMEN_ROOT_KEY_FILE": str(tmp_path / "none")}))


def test_nothing_secret_is_shown() -> None:
    settings = read_settings(
        {"LIMEN_ROOT_KEY": "hush", "LIMEN_SMTP_URL": "smtp://u:hush@h", "LIMEN_DATABASE_URL": "postgresql://u:hush@h/d"}
    )
    assert "hush" not in repr(settings)
    assert "hush" not in repr(database_urls(settings))


@pytest.mark.parametrize(
    ("text", "shown", "is_off"), [("100/600", "100/600", False), ("off", "off", True), ("1/1", "1/1", False)]
)
def test_a_rate_reads_as_it_is_written(text: str, shown: str, is_off: bool) -> None:
    rate = read_settings({"LIMEN_LIMITS_API_PER_CLIENT": text}).limits.api_per_client
    assert (str(rate), rate.is_off) == (shown, is_off)


@pytest.mark.parametrize("text", ["", "0/60", "60/0", "-1/60", "1/60s", "1", "OFF", "1/60/1"])
def test_what_is_no_rate_is_refused(text: str) -> None:
    refusal({"LIMEN_LIMITS_API_PER_CLIENT": text})


# ----------------------------------------------------------------------------------------- what may be served


def test_a_fresh_installation_wants_an_issuer_and_says_how() -> None:
    error = refusal({})
    assert "issuer" in str(error)
    assert "LIMEN_ISSUER" in error.hint


@pytest.mark.parametrize(
    "environment",
    [
        HTTPS,
        LOCAL,
        {**LOCAL, "LIMEN_ISSUER": "http://127.0.0.1:9"},
        {**LOCAL, "LIMEN_ISSUER": "http://[::1]:9", "LIMEN_SERVER_HOST": "::1"},
        {**HTTPS, "LIMEN_SERVER_HOST": "0.0.0.0"},
    ],
)
def test_what_is_safe_may_be_served(environment: dict[str, str]) -> None:
    require_servable(read_settings(environment))


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"LIMEN_ISSUER": "http://localhost:8000"}, "not https"),
        ({**LOCAL, "LIMEN_ISSUER": "http://login.example.org"}, "loopback only"),
        ({**LOCAL, "LIMEN_SERVER_HOST": "0.0.0.0"}, "loopback only"),
        ({"LIMEN_ISSUER": "ftp://login.example.org", "LIMEN_INSECURE_HTTP": "1"}, "not https"),
        ({"LIMEN_ISSUER": "https://login.example.org/"}, "not a base URL"),
        ({"LIMEN_ISSUER": "https://login.example.org/auth"}, "not a base URL"),
        ({"LIMEN_ISSUER": "https://login.example.org?x"}, "not a base URL"),
        ({"LIMEN_ISSUER": "https://u@login.example.org"}, "not a base URL"),
        ({"LIMEN_ISSUER": "login.example.org"}, "not a base URL"),
        ({**HTTPS, "LIMEN_SERVER_WORKERS": "2"}, "SQLite has one writer"),
        ({**HTTPS, "LIMEN_CACHE_WHEN_AWAY": "refuse"}, "there is no cache.url"),
        ({**HTTPS, "LIMEN_SERVER_TLS_KEY": "/k"}, "certificate and its key"),
        ({**HTTPS, "LIMEN_DEVELOPMENT_MAILBOX": "1", "LIMEN_SERVER_HOST": "0.0.0.0"}, "loopback only"),
        ({**HTTPS, "LIMEN_PROXIES_CERTIFICATE_HEADER": "Client-Cert"}, "without proxies.networks"),
        ({**HTTPS, "LIMEN_PROXIES_CERTIFICATE_URL": "https://mtls.example"}, "need proxies.certificate_header"),
        ({**HTTPS, **EDGE, "LIMEN_PROXIES_CERTIFICATE_URL": "http://mtls.example"}, "no base URL"),
        ({**HTTPS, **EDGE, "LIMEN_PROXIES_CERTIFICATE_URL": "https://mtls.example/x"}, "no base URL"),
    ],
)
def test_what_is_not_safe_is_refused_with_a_hint(environment: dict[str, str], words: str) -> None:
    error = refusal(environment)
    assert words in str(error)
    assert error.hint


def test_postgresql_may_have_many_workers() -> None:
    require_servable(
        read_settings({**HTTPS, "LIMEN_SERVER_WORKERS": "4", "LIMEN_DATABASE_URL": "postgresql://h/limen"})
    )


# --------------------------------------------------------------------------------------------- what is derived


def test_everything_embedded_lies_in_the_data_directory() -> None:
    settings = read_settings({"LIMEN_DATA_DIR": "/data"})
    urls = database_urls(settings)
    assert (urls.data, urls.keys) == ("sqlite:////data/limen.db", "sqlite:////data/limen-keys.db")
    assert keyring_path(settings) == Path("/data/limen.keyring")


@pytest.mark.parametrize(
    ("data", "keys"),
    [
        ("sqlite:////a/b.db", "sqlite:////a/b-keys.db"),
        ("sqlite:///keys.db", "sqlite:///keys-keys.db"),
        ("postgresql://u:p@h:1/limen?sslmode=require", "postgresql://u:p@h:1/limen_keys?sslmode=require"),
        ("postgresql:///limen?host=/run/pg", "postgresql:///limen_keys?host=/run/pg"),
    ],
)
def test_the_key_store_lies_beside_the_data(data: str, keys: str) -> None:
    assert beside(data) == keys


def test_migrations_run_as_the_owner_of_both_databases() -> None:
    urls = database_urls(
        read_settings(
            {"LIMEN_DATABASE_URL": "postgresql://app@h/x", "LIMEN_OWNER_DATABASE_URL": "postgresql://owner@h/x"}
        )
    )
    assert (urls.data, urls.data_owner) == ("postgresql://app@h/x", "postgresql://owner@h/x")
    assert (urls.keys, urls.keys_owner) == ("postgresql://app@h/x_keys", "postgresql://owner@h/x_keys")


# ---------------------------------------------------------------------------------------- what is said of them


def test_every_setting_has_a_variable_of_its_own_and_a_meaning() -> None:
    page, properties = reference_page(), json.loads(schema_json())["properties"]
    for variable, place in places().items():
        described = properties
        for name in place:
            described = described[name] if "properties" not in described else described["properties"][name]
        assert described["description"], place
        assert "default" in described, place
        assert f"``{variable}``" in page
    assert len(set(places().values())) == len(places())


def test_the_schema_allows_nothing_unknown() -> None:
    schema = json.loads(schema_json())
    assert schema["additionalProperties"] is False
    assert schema["properties"]["server"]["additionalProperties"] is False
