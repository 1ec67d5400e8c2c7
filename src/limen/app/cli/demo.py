"""``limen demo``: everything at once, on this machine alone."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Self

from cyclopts import Parameter
from rich.console import Console

from limen.app.cli.options import begin_logging
from limen.app.footprint import loading
from limen.app.settings import Settings, read_settings, require_servable
from limen.app.settings.derived import database_urls

if TYPE_CHECKING:  # loaded only once something is shown: the first line on the terminal should not wait
    from limen.app.basis import Basis
    from limen.identity.tenants.records import Tenant

CLIENT_ID: Final = "demo-shop"
_DATA: Final = "var/demo"
_ROOT: Final = Path(__file__).resolve().parents[4]


@dataclass(slots=True)
class Shown:
    """What the terminal tells once all of it stands."""

    limen: str
    shop: str
    notes: list[str] = field(default_factory=list)
    setup_link: str = ""
    shop_secret: str = ""


def demo(
    *,
    port: Annotated[int, Parameter(help="Limen's port.")] = 8000,
    shop_port: Annotated[int, Parameter(help="The demo application's port.")] = 8010,
    data_dir: Annotated[str | None, Parameter(help="Where the demo's data lies; var/demo unless given.")] = None,
) -> None:
    """Start Limen with a demo tenant, a mailbox that shows every mail, and an application that signs people in."""
    console = Console()
    shown = Shown(limen=f"http://localhost:{port}", shop=f"http://localhost:{shop_port}")
    settings = _settings(port, data_dir)
    require_servable(settings)
    begin_logging(settings, "warning")
    with console.status("Preparing Limen: databases, keys, the demo tenant …") as status:
        _migrate(settings)
        _serve(settings, shown, console, status.stop)


def _settings(port: int, data_dir: str | None) -> Settings:
    """Return the demo's settings: what is fixed for it, over what the environment says of databases and limits."""
    return read_settings(
        file=Path(os.devnull),  # a limen.toml that lies here speaks of something else
        issuer=f"http://localhost:{port}",
        insecure_http=True,
        development_mailbox=True,
        data_dir=data_dir or os.environ.get("LIMEN_DATA_DIR", _DATA),
        server__host="127.0.0.1",
        server__port=port,
        server__workers=1,
    )


def _migrate(settings: Settings) -> None:
    """Bring a PostgreSQL database to this version; the embedded one does so by itself."""
    urls = database_urls(settings)
    if urls.is_sqlite:
        return
    from limen.app.preparing import migrate_databases, reachable  # noqa: PLC0415

    with reachable():
        asyncio.run(migrate_databases(urls))


def _serve(settings: Settings, shown: Shown, console: Console, done: Callable[[], None]) -> None:
    with loading():
        from limen.app.compose import build  # noqa: PLC0415
        from limen.app.server.serving import serve  # noqa: PLC0415
        from limen.app.serving import options_of  # noqa: PLC0415

    async def prepare(basis: "Basis", tenant: "Tenant") -> None:
        await _prepare(basis, tenant, shown)

    with _Shop() as shop:

        def ready() -> None:
            shop.start(settings, shown)
            done()
            _tell(console, settings, shown)

        serve(lambda: build(settings, demo_app=shown.shop, prepare=prepare), options_of(settings), ready)


async def _prepare(basis: "Basis", tenant: "Tenant", shown: Shown) -> None:
    """See that the demo's client is registered, and that there is a way to the first administrator."""
    from limen.app.administrators import setup_link  # noqa: PLC0415
    from limen.app.cli.demo_client import ensure_client  # noqa: PLC0415

    shown.shop_secret = await ensure_client(basis, tenant, CLIENT_ID, shown.shop)
    async with basis.storage.database.read(tenant.id) as unit:
        has_administrator = await unit.administrators.any()
    if not has_administrator:
        shown.setup_link = await setup_link(basis, tenant)


class _Shop:
    """The demo application, as a process of its own that speaks to Limen over HTTP alone."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                self._process.kill()

    def start(self, settings: Settings, shown: Shown) -> None:
        """Start it; where it cannot be, say why."""
        if not (_ROOT / "examples" / "demo_app").is_dir() or find_spec("authlib") is None:
            shown.notes.append("The demo application is not here: it wants a clone of the repository and authlib.")
            return
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("LIMEN_", "DEMO_"))}
        environment |= {
            "DEMO_ISSUER": settings.issuer,
            "DEMO_CLIENT_ID": CLIENT_ID,
            "DEMO_CLIENT_SECRET": shown.shop_secret,
            "DEMO_BASE_URL": shown.shop,
            "DEMO_PARENT_PID": str(os.getpid()),
        }
        self._process = subprocess.Popen(  # our own interpreter, our own module
            [sys.executable, "-m", "examples.demo_app"], cwd=_ROOT, env=environment, stdout=subprocess.DEVNULL
        )


def _tell(console: Console, settings: Settings, shown: Shown) -> None:
    """Print what is running where; addresses are never cut, so that a terminal can follow them."""
    rows = [
        ("Start here", shown.limen, "leads through sign-up and sign-in"),
        ("Mailbox", f"{shown.limen}/dev/mailbox", "every mail that would have been sent"),
        ("Demo application", shown.shop, "an independent relying party"),
        ("Discovery", f"{shown.limen}/.well-known/openid-configuration", ""),
        ("API", f"{shown.limen}/api/v1/openapi.json", ""),
        ("Data", settings.data_dir, "delete it to begin anew"),
    ]
    if shown.setup_link:
        rows.append(("First administrator", shown.setup_link, "works once, for a day"))
    console.rule("[bold]Limen is open", align="left")
    for name, place, words in rows:
        console.print(f"[bold]{name:<20}[/bold] {place}  [dim]{words}[/dim]", soft_wrap=True, highlight=False)
    for note in shown.notes:
        console.print(f"[yellow]{note}[/yellow]", soft_wrap=True)
    console.print(
        "[dim]On this machine alone: plain http, and anybody here can read the mailbox. Ctrl+C stops it.[/dim]"
    )
