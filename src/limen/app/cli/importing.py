"""``limen import``."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import IO, Annotated, Any, BinaryIO

from cyclopts import Parameter

from limen.app.cli.options import ConfigFile, settings_from
from limen.app.settings import Settings
from limen.identity.tenants.records import DEFAULT_SLUG
from limen.kernel.errors import Misconfigured, Refusal


def import_customers(  # noqa: PLR0913  # each is an option of the command line
    file: Annotated[Path, Parameter(help="What the other system exported.")],
    /,
    *,
    form: Annotated[
        str, Parameter(name="--format", help="jsonl, csv, keycloak, auth0, cognito or firebase.")
    ] = "jsonl",
    tenant: Annotated[str, Parameter(help="The tenant's slug.")] = DEFAULT_SLUG,
    dry_run: Annotated[bool, Parameter(help="Read and judge every row, and write nothing.", negative="")] = False,
    resume: Annotated[bool, Parameter(help="Go on where an import of this file was stopped.", negative="")] = False,
    report: Annotated[Path | None, Parameter(help="A file to write every refused row to, as JSON lines.")] = None,
    hash_parameters: Annotated[
        Path | None, Parameter(help="Firebase: what its console shows under Password hash parameters, as JSON.")
    ] = None,
    config: ConfigFile = None,
) -> int:
    """Bring customers in from another system. Rows that will not do are refused and reported; the others go in.

    A second run changes nothing: who is there already stays as they are. The status is 3 where rows were refused.
    """
    settings = settings_from(config)
    try:
        with file.open("rb") as content:
            done, unread = asyncio.run(
                _import(settings, content, tenant, (form, hash_parameters, report), is_dry=dry_run, resume=resume)
            )
    except OSError as error:
        raise Misconfigured(f"{error.filename or file}: {error.strerror}", "name a file") from None
    would = "would be " if dry_run else ""
    print(  # noqa: T201
        f"{done.position} rows: {done.created} customers {would}made, {done.present} there already,"
        f" {done.refused} refused."
    )
    for name, count in sorted(done.left_out.items()):
        print(f"  left out: {name} ({count} rows)")  # noqa: T201
    for refused in unread:
        print(  # noqa: T201
            f"  NOT READ: the last {refused.field} of the file, from line {refused.line} on: what is broken there hides"
            " the customers behind it. Mend it and import the file again: whoever is there already stays as they are."
        )
    return 3 if done.refused else 0


async def _import(
    settings: Settings, file: BinaryIO, slug: str, what: tuple[str, Path | None, Path | None], **how: bool
) -> Any:
    from limen.app.basis import default_tenant, open_basis, tenant_named  # noqa: PLC0415
    from limen.app.imports import digest_of, importing, private, rows_of, write_report  # noqa: PLC0415

    form, project, report = what
    unread: list[Any] = []
    rows = _noting(rows_of(file, form, project), unread)
    async with open_basis(settings) as basis:
        await default_tenant(basis)
        tenant = await tenant_named(basis, slug)
        digest = await asyncio.to_thread(digest_of, file)
        with private(report) if report is not None else nullcontext() as out, _bar(file) as seen:
            async with importing(basis, tenant) as parts:
                if how["is_dry"]:
                    return await _rehearse(parts, digest, form, rows, (out, seen)), unread
                started = await parts.start(digest, form, resume=how["resume"])
                done = await parts.run(started, rows, seen)
            if isinstance(done, Refusal):
                raise Misconfigured("another process goes on with this import", "wait for it, or look what it does")
            if out is not None:
                await write_report(basis, done, tenant, out)
            return done, unread


def _noting(rows: Iterator[Any], unread: list[Any]) -> Iterator[Any]:
    """Yield *rows*, and note the one that says what could not be read."""
    from limen.access.imports.records import UNREAD, Refused  # noqa: PLC0415

    for row in rows:
        if isinstance(row, Refused) and row.code == UNREAD:
            unread.append(row)
        yield row


async def _rehearse(parts: Any, digest: str, form: str, rows: Any, told: tuple[IO[str] | None, Any]) -> Any:
    from limen.access.imports.records import Import  # noqa: PLC0415
    from limen.app.imports import refused_line, sums_line  # noqa: PLC0415
    from limen.kernel.ids import ImportId  # noqa: PLC0415

    out, seen = told
    now = parts.clock.now()

    def note(at: Any, refused: Any) -> None:
        seen(at)
        if out is not None:
            out.writelines(map(refused_line, refused))

    done = await parts.rehearse(Import(ImportId(""), digest, form, now, now), rows, note)
    if out is not None:
        out.write(sums_line(done))
    return done


class _bar:  # noqa: N801  # used as a function is
    """How far the file is read, on a terminal."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._progress: Any = None

    def __enter__(self) -> Any:
        if not sys.stderr.isatty():
            return lambda _: None
        from rich.console import Console  # noqa: PLC0415
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

        size = self._file.seek(0, 2)
        self._file.seek(0)
        columns = (TextColumn("{task.description}"), BarColumn(), "{task.percentage:>3.0f} %", TimeRemainingColumn())
        self._progress = Progress(*columns, console=Console(stderr=True))
        self._progress.start()
        task = self._progress.add_task("customers", total=size)

        def seen(at: Any) -> None:
            words = f"{at.created} made, {at.present} there, {at.refused} refused"
            self._progress.update(task, completed=self._file.tell(), description=words)

        return seen

    def __exit__(self, *_: object) -> None:
        if self._progress is not None:
            self._progress.stop()
