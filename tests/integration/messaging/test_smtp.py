"""Mail by SMTP, against a server on loopback."""

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default

import pytest
from aiosmtpd.controller import UnthreadedController
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from limen.integration.messaging.mail import MailRejected, MailUnavailable, OutgoingMail
from limen.integration.messaging.smtp import SmtpMailer, SmtpSecurity, SmtpSettings
from limen.kernel.errors import Misconfigured
from limen.kernel.secret import Secret
from tests.support.clock import ManualClock
from tests.support.ports import free_port
from tests.support.waiting import PATIENCE

# aiosmtpd warns of AUTH without TLS and of its own deprecations; neither is what these tests are about
pytestmark = [pytest.mark.anyio, pytest.mark.filterwarnings("ignore::UserWarning:aiosmtpd")]

MAIL = OutgoingMail("ada@example.test", "Grüße", "plain", "<p>rich</p>", "<one@example.test>")


class Postbox:
    """Keeps what arrives; answers as it is told."""

    def __init__(self):
        self.envelopes = []
        self.answers = {}

    async def handle_MAIL(self, _server, _session, envelope, address, options):  # noqa: N802
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return self.answers.get("MAIL", "250 OK")

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802
        envelope.rcpt_tos.append(address)
        return self.answers.get("RCPT", "250 OK")

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802
        if delay := self.answers.get("delay"):
            await asyncio.sleep(delay)
        if "DATA" in self.answers:
            return self.answers["DATA"]
        self.envelopes.append(envelope)
        return "250 OK"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "smtp.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(built.public_bytes(serialization.Encoding.PEM) + private)
    return path


@pytest.fixture
async def start():
    """Return a function that starts a server with the given options and returns its handler and port."""
    started = []

    async def begin(**options):
        postbox = Postbox()
        controller = UnthreadedController(
            postbox, hostname="127.0.0.1", port=free_port(), loop=asyncio.get_running_loop(), **options
        )
        controller.server = await controller._create_server()
        started.append(controller)
        return postbox, controller.port

    yield begin
    for controller in started:
        controller.server.close()
        await controller.server.wait_closed()


def mailer(port, security=SmtpSecurity.PLAIN, **settings):
    fields = {"host": "localhost", "sender": "Limen <limen@example.test>", "port": port, "timeout_seconds": PATIENCE}
    return SmtpMailer(SmtpSettings(**(fields | settings), security=security), ManualClock(start=0))


def server_context(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


async def test_a_message_arrives_whole(start):
    postbox, port = await start()
    await mailer(port).send(MAIL)
    (envelope,) = postbox.envelopes
    message = message_from_bytes(envelope.content, policy=default)
    assert (envelope.mail_from, envelope.rcpt_tos) == ("limen@example.test", ["ada@example.test"])
    assert (message["Subject"], message["Message-ID"]) == ("Grüße", "<one@example.test>")
    assert message["Auto-Submitted"] == "auto-generated"


async def test_an_address_in_another_script_is_sent_as_smtputf8(start):
    postbox, port = await start(enable_SMTPUTF8=True)
    await mailer(port).send(OutgoingMail("ادا@straße.example", "s", "t", "", "<u@example.test>"))
    (envelope,) = postbox.envelopes
    assert envelope.rcpt_tos == ["ادا@xn--strae-oqa.example"]
    assert "SMTPUTF8" in envelope.mail_options


async def test_a_server_without_smtputf8_never_takes_such_an_address(start):
    _, port = await start(enable_SMTPUTF8=False)
    with pytest.raises(MailRejected) as refused:
        await mailer(port).send(OutgoingMail("ادا@example.test", "s", "t", "", "<u@example.test>"))
    assert refused.value.code == "smtputf8_unsupported"


@pytest.mark.parametrize(
    ("stage", "answer", "fault", "code"),
    [
        ("RCPT", "550 ada@example.test unknown", MailRejected, "smtp_550"),
        ("RCPT", "450 ada@example.test greylisted", MailUnavailable, "smtp_450"),
        ("DATA", "554 spam", MailRejected, "smtp_554"),
        ("DATA", "451 later", MailUnavailable, "smtp_451"),
        ("MAIL", "550 not your domain", MailUnavailable, "smtp_550"),
    ],
)
async def test_the_servers_answer_decides_between_later_and_never(start, stage, answer, fault, code):
    postbox, port = await start()
    postbox.answers[stage] = answer
    with pytest.raises(fault) as raised:
        await mailer(port).send(MAIL)
    assert raised.value.code == code
    assert "ada" not in str(raised.value)
    assert raised.value.__suppress_context__


async def test_a_server_that_is_away_means_later():
    with pytest.raises(MailUnavailable) as raised:
        await mailer(free_port()).send(MAIL)
    assert raised.value.code == "smtp_unreachable"


async def test_a_server_that_does_not_answer_means_later(start):
    postbox, port = await start()
    postbox.answers["delay"] = 1
    with pytest.raises(MailUnavailable) as raised:
        await mailer(port, timeout_seconds=0.2).send(MAIL)
    assert raised.value.code == "smtp_timeout"


async def test_starttls_protects_the_message_and_the_password(start, certificate):
    seen = []

    def authenticate(_server, _session, _envelope, _mechanism, data):
        seen.append((data.login, data.password))
        return AuthResult(success=data.password == b"s3cret", handled=False)

    postbox, port = await start(
        tls_context=server_context(certificate), require_starttls=True, authenticator=authenticate, auth_required=True
    )
    settings = {"username": "limen", "certificates": str(certificate)}
    await mailer(port, SmtpSecurity.STARTTLS, password=Secret("s3cret"), **settings).send(MAIL)
    assert seen == [(b"limen", b"s3cret")]
    assert len(postbox.envelopes) == 1
    with pytest.raises(MailUnavailable) as raised:
        await mailer(port, SmtpSecurity.STARTTLS, password=Secret("wrong"), **settings).send(MAIL)
    assert raised.value.code == "smtp_535"


async def test_a_relay_is_greeted_without_a_login(start, certificate):
    seen = []

    def authenticate(_server, _session, _envelope, _mechanism, data):
        seen.append(data)
        return AuthResult(success=True)

    postbox, port = await start(tls_context=server_context(certificate), authenticator=authenticate)
    settings = {"username": "limen", "password": Secret("s3cret")}
    await mailer(port, SmtpSecurity.STARTTLS, certificates=str(certificate), **settings).greet()
    assert (seen, postbox.envelopes) == ([], [])
    with pytest.raises(MailUnavailable):
        await mailer(port, SmtpSecurity.STARTTLS, **settings).greet()
    with pytest.raises(MailUnavailable):
        await mailer(free_port()).greet()


async def test_tls_from_the_first_byte_works(start, certificate):
    postbox, port = await start(ssl_context=server_context(certificate))
    await mailer(port, SmtpSecurity.TLS, certificates=str(certificate)).send(MAIL)
    assert len(postbox.envelopes) == 1


async def test_a_certificate_that_nobody_vouches_for_is_refused(start, certificate):
    postbox, port = await start(tls_context=server_context(certificate))
    with pytest.raises(MailUnavailable):
        await mailer(port, SmtpSecurity.STARTTLS).send(MAIL)
    assert postbox.envelopes == []


async def test_a_server_without_starttls_gets_nothing_where_starttls_is_asked(start):
    postbox, port = await start()
    with pytest.raises(MailUnavailable):
        await mailer(port, SmtpSecurity.STARTTLS).send(MAIL)
    assert postbox.envelopes == []


def test_a_password_never_crosses_the_network_in_the_clear():
    with pytest.raises(Misconfigured):
        mailer(25, host="mail.example.test", username="limen", password=Secret("s3cret"))


def test_the_password_keeps_out_of_the_settings_repr():
    assert "s3cret" not in repr(SmtpSettings("h", "s@e.test", password=Secret("s3cret")))
