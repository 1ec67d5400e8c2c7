"""``limen threats …``: what is known before anybody comes."""

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from limen.app.cli.options import ConfigFile, settings_from
from limen.app.settings import Settings
from limen.kernel.errors import Misconfigured

if TYPE_CHECKING:
    from limen.identity.tenants.patterns import PatternRule


def build_corpus(
    file: Annotated[
        Path, Parameter(help="A list of passwords, one a line, or of their SHA-1 (SHA-1:count, ordered or not).")
    ],
    /,
    *,
    pairs: Annotated[
        bool, Parameter(help="The list holds address:password; keyed, and for this installation.")
    ] = False,
    least: Annotated[int, Parameter(help="Leave out counted passwords that were seen fewer times.")] = 1,
    output: Annotated[Path | None, Parameter(help="Where the set goes; as the settings say unless given.")] = None,
    config: ConfigFile = None,
) -> None:
    """Make the set of breached passwords of a list. It takes effect within a minute, and needs no restart."""
    settings = settings_from(config)
    if not file.is_file():
        raise Misconfigured(f"there is no file {file}", "a list of passwords")
    key = asyncio.run(_pair_key(settings)) if pairs else b""
    made = _build(settings, file, output, (least, key))
    print(f"{made[0]} {'pairs' if pairs else 'passwords'}, {made[1]} bytes each: {made[2]}")  # noqa: T201


def _build(settings: Settings, file: Path, output: Path | None, how: tuple[int, bytes]) -> tuple[int, str, Path]:
    from limen.app.threats import pairs_path, passwords_path  # noqa: PLC0415
    from limen.kernel.clock import SystemClock  # noqa: PLC0415
    from limen.trust.threats.building import Recipe, build  # noqa: PLC0415

    least, key = how
    target = output or (pairs_path(settings) if key else passwords_path(settings))
    target.parent.mkdir(parents=True, exist_ok=True)
    recipe = Recipe("pairs" if key else "passwords", least, key)
    about = build(file, target, recipe, SystemClock().now(), _progress)
    return about.count, f"{target.stat().st_size / about.count:.2f}", target


def _progress(what: str, number: int) -> None:
    print(f"\r{what}: {number:,}", end="", file=sys.stderr, flush=True)  # noqa: T201
    if number % 1_000_000:
        print(file=sys.stderr)  # noqa: T201


async def _pair_key(settings: Settings) -> bytes:
    from limen.app.basis import open_basis  # noqa: PLC0415
    from limen.app.threats import pair_key  # noqa: PLC0415

    async with open_basis(settings) as basis:
        return await pair_key(basis)


def try_rules(
    file: Annotated[
        Path | None, Parameter(help="Rules as a tenant's file has them: a list of name, when and then.")
    ] = None,
    /,
    *,
    tenant: Annotated[str, Parameter(name="--tenant", help="The tenant's slug.")] = "default",
    most: Annotated[int, Parameter(help="Records of the audit log at the most, the newest.")] = 10_000,
    config: ConfigFile = None,
) -> None:
    """Try patterns of fraud on a tenant's audit log; without a file those in force. Opening records is on record."""
    given = _rules(file) if file is not None else None
    asyncio.run(_tested(settings_from(config), tenant, given, max(1, most)))


def _rules(file: Path) -> "tuple[PatternRule, ...]":
    import msgspec  # noqa: PLC0415
    import yaml  # noqa: PLC0415

    from limen.identity.tenants.patterns import PatternSettings, problems_of  # noqa: PLC0415

    hint = "a list, each with name, when and then"
    try:
        found = msgspec.convert({"rules": yaml.safe_load(file.read_bytes())}, PatternSettings)
    except (OSError, yaml.YAMLError, msgspec.ValidationError) as error:
        raise Misconfigured(f"{file} holds no rules ({error})", hint) from None
    for field, why in problems_of(found, str(file)):
        raise Misconfigured(f"{field.removeprefix(str(file) + '.')}: {why}", hint)
    return found.rules


async def _tested(settings: Settings, slug: str, given: "tuple[PatternRule, ...] | None", most: int) -> None:
    from limen.app.basis import open_basis, tenant_named  # noqa: PLC0415
    from limen.app.geography import atlas_of  # noqa: PLC0415
    from limen.app.threats import feeds_here  # noqa: PLC0415
    from limen.identity.administrators import SYSTEM  # noqa: PLC0415
    from limen.identity.audit.reading import AuditReading  # noqa: PLC0415
    from limen.kernel.errors import Refusal  # noqa: PLC0415
    from limen.trust.fraud.patterns import rules_of  # noqa: PLC0415
    from limen.trust.fraud.trying import Trying  # noqa: PLC0415

    async with open_basis(settings) as basis:
        found = await tenant_named(basis, slug)
        atlas = atlas_of(settings, lambda _name, _outcome: None)
        atlas.open()
        database = basis.storage.database
        reading = AuditReading(found.id, database.begin, database.read, basis.keyring)
        trying = Trying(reading, atlas, await feeds_here(basis), found.settings.networks)
        rules = given if given is not None else rules_of(found.settings.patterns)
        tried = await trying(rules, (0, 0), SYSTEM, most)
        if isinstance(tried, Refusal):
            raise Misconfigured(tried.detail, "another span of time")
    print(f"{tried.looked_at} records, {tried.unreadable} of them sealed for good")  # noqa: T201
    print(f"{'rule':40} {'then':10} {'sign-ins':>9} {'failures':>9} {'sign-ups':>9} {'undecided':>10}")  # noqa: T201
    for one in tried.rules:
        counts = f"{one.sign_ins:9} {one.failures:9} {one.sign_ups:9} {one.undecided:10}"
        print(f"{one.rule.name + ' ' + one.rule.version:40} {one.rule.then:10} {counts}")  # noqa: T201
