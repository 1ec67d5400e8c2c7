"""What settings must not say together. Secure by default: the weaker choice is named aloud or refused."""

from ipaddress import ip_network
from urllib.parse import urlsplit

from limen.app.settings.derived import database_urls, is_loopback
from limen.app.settings.records import Settings
from limen.kernel.errors import Misconfigured


def require_servable(settings: Settings) -> None:
    """Refuse what must not be served.

    Raises:
        Misconfigured: with what would mend it.
    """
    require_issuer(settings)
    _require_tls_whole(settings)
    _require_one_writer(settings)
    _require_private_mailbox(settings)
    _require_networks(settings)
    _require_edge(settings)
    _require_cache(settings)
    _require_sms(settings)
    require_captcha(settings)


def require_issuer(settings: Settings) -> None:
    """Refuse an issuer that is missing, malformed, or unprotected.

    Raises:
        Misconfigured: with what would mend it.
    """
    if not settings.issuer:
        raise Misconfigured(
            "the issuer is not set", "set LIMEN_ISSUER to the public base URL; to look around, run: limen demo"
        )
    parts = urlsplit(settings.issuer)
    # RFC 8414 §2, OpenID Connect Discovery §3: no query, no fragment. No path: tenants live below it.
    if not parts.hostname or parts.query or parts.fragment or parts.path or parts.username:
        raise Misconfigured(
            "the issuer is not a base URL", "LIMEN_ISSUER has a scheme, a host and perhaps a port: https://example.org"
        )
    if parts.scheme == "https":
        return
    if parts.scheme != "http" or not settings.insecure_http:
        raise Misconfigured(
            "the issuer is not https", "use https; on this machine alone, LIMEN_INSECURE_HTTP=1 allows http"
        )
    if not (is_loopback(parts.hostname) and is_loopback(settings.server.host)):
        raise Misconfigured(
            "insecure_http is for loopback only", "listen on 127.0.0.1 with an issuer at localhost, or use https"
        )


def require_captcha(settings: Settings) -> None:
    """Refuse a CAPTCHA vendor without an account there.

    Raises:
        Misconfigured: with what would mend it.
    """
    captcha = settings.captcha
    if captcha.vendor and not (captcha.site_key and captcha.secret.reveal()):
        raise Misconfigured("captcha.vendor needs captcha.site_key and captcha.secret", "both come from the vendor")


def _require_edge(settings: Settings) -> None:
    """Refuse certificates that nobody, or anybody, could hand on."""
    proxies = settings.proxies
    if not proxies.certificate_header:
        if proxies.certificate_verified_header or proxies.certificate_url:
            raise Misconfigured("client certificates need proxies.certificate_header", "name it, or leave the rest out")
        return
    if not proxies.networks:
        raise Misconfigured(
            "proxies.certificate_header without proxies.networks", "say whose header is believed, such as 10.0.0.0/8"
        )
    parts = urlsplit(proxies.certificate_url)
    if proxies.certificate_url and (parts.scheme != "https" or not parts.hostname or parts.path or parts.query):
        raise Misconfigured("proxies.certificate_url is no base URL", "such as https://mtls.example.org")


def _require_cache(settings: Settings) -> None:
    """Refuse a stance on a cache that there is none of."""
    if settings.cache.when_away == "refuse" and not settings.cache.url.reveal():
        raise Misconfigured(
            "cache.when_away is refuse, and there is no cache.url", "name a Valkey or Redis, or leave it"
        )


def _require_sms(settings: Settings) -> None:
    """Refuse a provider that lacks what it needs."""
    sms = settings.sms
    needed = {"twilio": ("account", "secret", "sender"), "webhook": ("url", "secret")}.get(sms.provider, ())
    missing = [name for name in needed if not getattr(sms, name)]
    if missing:
        raise Misconfigured(f"sms.provider is {sms.provider}, without sms.{missing[0]}", "set it, or no provider")
    parts = urlsplit(sms.url)
    is_local = settings.outgoing.loopback and parts.scheme == "http" and is_loopback(parts.hostname)
    if sms.url and not (parts.hostname and (parts.scheme == "https" or is_local)):
        raise Misconfigured("sms.url is no https address", "such as https://api.example.org")


def _require_tls_whole(settings: Settings) -> None:
    if bool(settings.server.tls_certificate) != bool(settings.server.tls_key):
        raise Misconfigured("TLS needs a certificate and its key", "set both tls_certificate and tls_key, or neither")


def _require_one_writer(settings: Settings) -> None:
    if settings.server.workers > 1 and database_urls(settings).is_sqlite:
        raise Misconfigured(
            f"SQLite has one writer, so it cannot serve {settings.server.workers} workers",
            "serve one worker, or set LIMEN_DATABASE_URL to a PostgreSQL database",
        )


def _require_private_mailbox(settings: Settings) -> None:
    if settings.development_mailbox and not is_loopback(settings.server.host):
        raise Misconfigured(
            "the development mailbox is for loopback only: who reads it can take any account",
            "set LIMEN_SMTP_URL and leave LIMEN_DEVELOPMENT_MAILBOX out",
        )
    if settings.development_mailbox and settings.server.workers > 1:
        raise Misconfigured("the development mailbox lives in one process", "serve one worker")


def _require_networks(settings: Settings) -> None:
    for text in settings.outgoing.networks:
        try:
            ip_network(text)
        except ValueError:
            raise Misconfigured(f"outgoing.networks: {text} is no network", "such as 10.20.0.0/16") from None
    if settings.outgoing.loopback and not is_loopback(settings.server.host):
        raise Misconfigured(
            "outgoing.loopback is for development: clients could reach what listens on this machine alone",
            "leave LIMEN_OUTGOING__LOOPBACK out, or listen on 127.0.0.1",
        )
