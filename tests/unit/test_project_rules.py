"""What the repository itself promises: it names no registry and no machine, and its locks carry hashes."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TRACKED = (
    subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
)
SUFFIXES = (".png", ".ico", ".woff2", ".jpg", ".webp", ".mo", ".gz", ".db")

# Written apart, so that this file does not break its own rule.
REGISTRIES = re.compile(
    "|".join(
        [r"\bpypi" + r"\.org", r"pythonhosted" + r"\.org", r"registry\.npm" + r"js\.org", r"registry\.yarn" + r"pkg"]
    )
    + r"|deb\.deb"
    + r"ian\.org|proxy\.gol"
    + r"ang\.org|static\.crat"
    + r"es\.io"
)
MACHINES = re.compile(r"(?<![\w.])/(root|work|home/[a-z]\w*|Users/[A-Za-z]\w*|opt/wheels)/|/tmp/prob" + "e")


def texts() -> list[tuple[str, str]]:
    """Return each tracked text file that is there, as (path, text)."""
    paths = [path for path in TRACKED if path and not path.endswith(SUFFIXES) and (ROOT / path).is_file()]
    return [(path, (ROOT / path).read_text(encoding="utf-8")) for path in paths]


@pytest.mark.parametrize("pattern", [REGISTRIES, MACHINES], ids=["registry", "machine"])
def test_no_file_names(pattern: re.Pattern[str]) -> None:
    found = [
        f"{path}:{number}: {line.strip()[:100]}"
        for path, text in texts()
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]
    assert found == []


@pytest.mark.parametrize(
    "text", ["https://py" + "pi.org/simple", "/wor" + "k/main/x", "see /roo" + "t/x", "/Use" + "rs/ann/x"]
)
def test_the_patterns_would_find_them(text: str) -> None:
    assert REGISTRIES.search(text) or MACHINES.search(text)


def test_every_step_of_a_journey_is_under_the_contract_that_none_knows_another() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    [named] = [set(one["modules"]) for one in contracts if one["name"] == "No step knows another"]
    steps = "limen.access.journeys.steps"
    shared = {"__init__", "turns"}  # buttons that several steps have
    there = {path.stem for path in (ROOT / "src" / steps.replace(".", "/")).glob("*.py")} - shared
    assert {f"{steps}.{name}" for name in there} == named


def test_every_decision_has_a_number_of_its_own() -> None:
    found = [path.name for path in sorted((ROOT / "docs" / "adr").glob("[0-9]*.rst"))]
    assert [name[:4] for name in found] == [f"{number:04}" for number in range(1, len(found) + 1)]
    for name in found:
        assert (ROOT / "docs" / "adr" / name).read_text().startswith(f"{name[:4]}: "), name


@pytest.mark.parametrize("name", ["run", "dev"])
def test_every_locked_python_package_carries_a_hash(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    entries = re.split(r"\n(?=\S)", re.sub(r"(?m)^\s*#.*\n", "", text).strip())
    assert len(entries) > 20
    assert [entry.splitlines()[0] for entry in entries if "--hash=sha256:" not in entry] == []
    assert "://" not in text


def test_the_locks_agree_on_every_version_that_both_name() -> None:
    run, dev = (
        set(re.findall(r"(?m)^\S+==\S+", (ROOT / "requirements" / f"{name}.txt").read_text()))
        for name in ("run", "dev")
    )
    assert run <= dev


def test_every_locked_npm_package_carries_a_hash_and_no_address() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    third_party = {name: package for name, package in packages.items() if name}
    assert len(third_party) > 5
    for name, package in third_party.items():
        assert package["integrity"].startswith("sha512-"), name
        assert "resolved" not in package, name


def test_the_types_know_that_a_struct_is_replaced_by_its_own_function(tmp_path: Path) -> None:
    """Mypy takes a struct for a dataclass, and ``dataclasses.replace`` of one fails only when it runs."""
    lines = (
        "from dataclasses import dataclass, replace",
        "from typing import TypeVar",
        "import msgspec",
        "class Struct(msgspec.Struct):",
        "    a: int = 0",
        "@dataclass",
        "class Record:",
        "    a: int = 0",
        'Either = TypeVar("Either", bound=Record | Struct)',
        "def change(either: Either) -> None:",
        "    replace(either, a=1)",
        "replace(Record(), a=1)",
        "replace(Struct(), a=1)",
        "msgspec.structs.replace(Struct(), a=1)",
    )
    (tmp_path / "module.py").write_text("\n".join(lines))
    config = f"--config-file={ROOT / 'pyproject.toml'}", f"--cache-dir={tmp_path / 'cache'}"
    asked = [sys.executable, "-m", "mypy", *config, "--no-error-summary", "module.py"]
    done = subprocess.run(asked, cwd=tmp_path, capture_output=True, text=True, check=False)
    found = re.findall(r"(?m)^module\.py:(\d+): error: .*msgspec\.structs\.replace", done.stdout)
    assert found == ["11", "13"], done.stdout + done.stderr


def test_nothing_that_is_private_to_a_running_limen_is_tracked() -> None:
    assert [path for path in TRACKED if path.endswith((".sqlite3", ".keyring", ".env", ".pem"))] == []
