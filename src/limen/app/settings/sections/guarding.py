"""What proofs cost, and what is known before anybody comes."""

from typing import Annotated, Literal

from msgspec import Meta

from limen.app.settings.sections import NO_SECRET, Section
from limen.kernel.secret import Secret


class PasswordsSection(Section, frozen=True):
    """What a password hash costs (Argon2id, RFC 9106), and who pays it."""

    memory_kib: Annotated[int, Meta(description="Memory of one hash, in KiB.", ge=8, le=524_288)] = 19_456
    time_cost: Annotated[int, Meta(description="Passes over the memory.", ge=1, le=32)] = 2
    parallelism: Annotated[int, Meta(description="Lanes of one hash.", ge=1, le=16)] = 1
    threads: Annotated[
        int, Meta(description="Threads that hash, in each process. 0: one for each usable core.", ge=0, le=256)
    ] = 0
    queue_limit: Annotated[
        int, Meta(description="Hashes that may wait for each thread; more are answered 503.", ge=0)
    ] = 64
    nice: Annotated[int, Meta(description="The Unix nice value of the hash threads.", ge=0, le=19)] = 10


class ThreatsSection(Section, frozen=True):
    """What is known before anybody comes."""

    passwords: Annotated[
        str,
        Meta(
            description="The set of breached passwords that `limen threats build-corpus` made. Empty: "
            "`passwords.set` in `data_dir`, if it is there."
        ),
    ] = ""
    pairs: Annotated[
        str,
        Meta(
            description="The set of breached addresses with their passwords, from the same command. Empty: `pairs.set` "
            "in `data_dir`, if it is there."
        ),
    ] = ""
    range_url: Annotated[
        str,
        Meta(
            description="The service that tenants may ask about breached passwords by five digits of a hash "
            "(`breaches.online`, off at first); the digits are added."
        ),
    ] = "https://api.pwnedpasswords.com/range/"
    signed_agents: Annotated[
        str,
        Meta(
            description="A JSON file with the agents that sign what they send (Web Bot Auth) and their Ed25519 keys: "
            "they are no tools. Looked at every minute. Empty: nobody is verified."
        ),
    ] = ""
    resolver: Annotated[
        str,
        Meta(
            description="Who is asked whether the domain of an address that signs up takes mail: `system` for the "
            "resolvers of this machine, or their addresses, separated by spaces. Empty: nobody. Nobody is asked either "
            "where no mail leaves (`smtp.url`)."
        ),
    ] = "system"
    feeds: Annotated[
        tuple[str, ...],
        Meta(
            description="Feeds of addresses, each `NAME ACTION [KIND] FORMAT LOCATION`: the action `block`, "
            "`challenge` or `note`, what all its addresses are if they are such, `anonymiser` or `hosting`, the format "
            "`cidr`, `csv` or `stix`, an https URL or the path of a file; or the format `taxii` and the URL of a "
            "collection of a TAXII 2.1 server."
        ),
    ] = ()
    when_missing: Annotated[
        Literal["pass", "raise"],
        Meta(
            description="What holds while a feed that blocks or challenges is missing, or was not fetched three times "
            "when it was due: `pass`, as if nobody were in it; `raise`, unknown devices are challenged, as in an "
            "attack. The last good one stays in force either way."
        ),
    ] = "pass"
    feed_credentials: Annotated[
        str,
        Meta(
            description="A file that says who asks, for feeds that want to know: a line each, `NAME` and the value of "
            "the `Authorization` header. Read anew at each fetch."
        ),
    ] = ""
    feed_seconds: Annotated[
        int, Meta(description="How often feeds are fetched, in seconds; a file is looked at each minute.", ge=300)
    ] = 3_600


class GeographySection(Section, frozen=True):
    """Where addresses are: for risk, for notices, and for the list of one's own sessions."""

    databases: Annotated[
        tuple[str, ...],
        Meta(
            description="Paths of databases in the MaxMind DB format (`.mmdb`) that you may use, of countries, cities, "
            "networks (ASN) or anonymisers. Each is looked at every minute. Of several, the first that knows counts."
        ),
    ] = ()
    base: Annotated[
        Literal["registries", "off"],
        Meta(
            description="What tells countries where no database does: the allocations of the internet registries, "
            "which come with Limen, or nothing."
        ),
    ] = "registries"


class CaptchaSection(Section, frozen=True):
    """A CAPTCHA vendor, for tenants that want one in place of proof of work (`attacks.challenge`)."""

    vendor: Annotated[
        Literal["", "hcaptcha", "turnstile", "recaptcha"],
        Meta(description="Whose widget is shown, and who checks its answer. Empty: there is none."),
    ] = ""
    site_key: Annotated[str, Meta(description="The public key of the widget.")] = ""
    secret: Annotated[Secret, Meta(description="The account's secret there.")] = NO_SECRET


class PasskeysSection(Section, frozen=True):
    """What is known of the models of passkeys and security keys."""

    metadata_root: Annotated[
        str,
        Meta(
            description="A PEM file with the root certificates that metadata may be signed under; for the FIDO "
            "Alliance's, *GlobalSign Root CA - R3*. Empty: none is fetched, and no model is proven."
        ),
    ] = ""
    metadata_url: Annotated[
        str,
        Meta(
            description="Where metadata is fetched (FIDO Metadata Service 3). Empty: nowhere; somebody puts it into "
            "`passkeys/metadata.jwt` in `data_dir`."
        ),
    ] = "https://mds3.fidoalliance.org/"
    metadata_seconds: Annotated[int, Meta(description="How often it is fetched, in seconds.", ge=3_600)] = 86_400
