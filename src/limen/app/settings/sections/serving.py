"""How requests come in: where the server listens, our own proxies, and what is held in memory for them."""

from typing import Annotated, Literal

from msgspec import Meta

from limen.app.settings.sections import NO_SECRET, Section
from limen.kernel.secret import Secret


class ServerSection(Section, frozen=True):
    """Where and how the server listens."""

    host: Annotated[str, Meta(description="The address to listen on.")] = "127.0.0.1"
    port: Annotated[int, Meta(description="The TCP port to listen on.", ge=1, le=65_535)] = 8000
    workers: Annotated[
        int, Meta(description="Processes that serve. SQLite allows one; PostgreSQL any number.", ge=1, le=256)
    ] = 1
    tls_certificate: Annotated[
        str, Meta(description="The path of a PEM chain. With it and `tls_key` the server speaks TLS itself.")
    ] = ""
    tls_key: Annotated[str, Meta(description="The path of the certificate's key as PKCS #8 PEM.")] = ""
    tls_min: Annotated[Literal["tls1.2", "tls1.3"], Meta(description="The oldest TLS version that is spoken.")] = (
        "tls1.2"
    )
    drain_seconds: Annotated[
        float, Meta(description="How long requests in flight may take once the process is asked to stop.", ge=0, le=600)
    ] = 25.0


class ProxiesSection(Section, frozen=True):
    """Our own proxies: the only ones whose forwarding headers are believed."""

    networks: Annotated[tuple[str, ...], Meta(description="Addresses or networks (CIDR) of our proxies.")] = ()
    header: Annotated[
        Literal["x-forwarded-for", "forwarded"], Meta(description="The one forwarding header that they write.")
    ] = "x-forwarded-for"
    certificate_header: Annotated[
        str,
        Meta(
            description="The header in which they hand on the client certificate of a connection (RFC 8705): as RFC "
            "9440 writes it, as URL-encoded PEM (nginx), or as Envoy does. Empty: there are no client certificates."
        ),
    ] = ""
    certificate_verified_header: Annotated[
        str,
        Meta(
            description="The header in which they say `SUCCESS` where a certificate authority of yours vouches for "
            "that certificate. Empty: `tls_client_auth` is not offered, and self-signed certificates are."
        ),
    ] = ""
    certificate_url: Annotated[
        str,
        Meta(
            description="The base URL at which they ask for client certificates, if it is not the issuer's: shown as "
            "`mtls_endpoint_aliases`."
        ),
    ] = ""


class CacheSection(Section, frozen=True):
    """What is held in memory, and the shared cache."""

    url: Annotated[
        Secret,
        Meta(
            description="Valkey or Redis for rate limits that all processes share (`valkey://`, `rediss://`, "
            "`unix://`, …). Empty: each process counts on its own."
        ),
    ] = NO_SECRET
    when_away: Annotated[
        Literal["count_here", "refuse"],
        Meta(
            description="What holds where it is away: `count_here`, each process counts on its own, from what it "
            "counted before; `refuse`, whatever a guard would count (sign-ins, sign-ups, codes, proofs of work) is "
            "answered 503 until it is back. Tokens of who is signed in are issued and checked all the same."
        ),
    ] = "count_here"
    tenants: Annotated[int, Meta(description="Tenants whose keys and clients are held at once.", ge=1)] = 1_000
    clients: Annotated[int, Meta(description="Clients held for each tenant.", ge=1)] = 1_000
    verified_tokens: Annotated[
        int, Meta(description="Verified access tokens remembered for each tenant, about 3 KB each.", ge=0)
    ] = 4_096
