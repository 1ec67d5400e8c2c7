"""What settings say together: URLs that are left out, files, and who may know what."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from limen.app.settings.records import Settings

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True, repr=False)
class DatabaseUrls:
    """The databases of a process; they may hold passwords and are never printed. Empty means the one before."""

    data: str
    keys: str
    token: str
    data_owner: str
    keys_owner: str

    @property
    def is_sqlite(self) -> bool:
        """Tell whether the data lies in SQLite, the embedded default."""
        return self.data.startswith("sqlite")


def database_urls(settings: Settings) -> DatabaseUrls:
    """Return the URLs, what is left out filled in."""
    data = settings.database_url.reveal() or f"sqlite:///{Path(settings.data_dir) / 'limen.db'}"
    keys = settings.keystore_url.reveal() or beside(data)
    owner = settings.owner_database_url.reveal()
    keys_owner = settings.owner_keystore_url.reveal() or (beside(owner) if owner else keys)
    return DatabaseUrls(
        data=data,
        keys=keys,
        token=settings.token_database_url.reveal(),
        data_owner=owner or data,
        keys_owner=keys_owner,
    )


def beside(url: str) -> str:
    """Return the key store's URL beside the data's."""
    if url.startswith("sqlite"):
        head, separator, name = url.partition(":///")
        file = Path(name)
        return f"{head}{separator}{file.with_name(file.stem + '-keys.db')}"
    address, mark, query = url.partition("?")  # urlunsplit would lose the empty host of a socket's URL
    path = urlsplit(address).path
    return f"{address}_keys{mark}{query}" if path.strip("/") else f"{address.rstrip('/')}/limen_keys{mark}{query}"


def keyring_path(settings: Settings) -> Path:
    """Return where the keyring file lies."""
    return Path(settings.keyring.path or Path(settings.data_dir) / "limen.keyring")


def is_loopback(host: str | None) -> bool:
    """Tell whether *host* is this machine as browsers see it: they treat it as trustworthy without TLS."""
    return host is not None and (host in LOOPBACK_HOSTS or host.startswith("127."))


def issuer_host(settings: Settings) -> str:
    """Return the host of the issuer, without its port."""
    return urlsplit(settings.issuer).hostname or "localhost"
