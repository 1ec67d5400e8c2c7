"""Messages as they go on the wire."""

from email import message_from_bytes
from email.policy import SMTP as WIRE
from email.policy import default

import pytest

from limen.integration.messaging.compose import compose, wire_address
from limen.integration.messaging.mail import MailRejected, OutgoingMail
from limen.kernel.clock import SECOND

NOW = 1_800_000_000 * SECOND
SENDER = "Limen <limen@example.test>"


def mail(**changes):
    fields = {
        "to": "ada@example.test",
        "subject": "Hello",
        "text": "plain\n",
        "html": "<p>rich</p>",
        "message_id": "<one@example.test>",
        "headers": {},
    }
    return OutgoingMail(**(fields | changes))


def parsed(**changes):
    return message_from_bytes(compose(mail(**changes), SENDER, NOW).as_bytes(policy=WIRE), policy=default)


def test_a_message_says_that_a_machine_wrote_it_and_when():
    message = parsed()
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"] == "<one@example.test>"
    assert message["Date"] == "Fri, 15 Jan 2027 08:00:00 +0000"
    assert message["From"].addresses[0].addr_spec == "limen@example.test"
    assert message["From"].addresses[0].display_name == "Limen"


def test_both_bodies_travel_and_text_alone_will_do():
    both = parsed(text="grüße\n", html="<p>grüße</p>")
    assert both.get_content_type() == "multipart/alternative"
    assert [part.get_content().strip() for part in both.iter_parts()] == ["grüße", "<p>grüße</p>"]
    assert parsed(html="").get_content_type() == "text/plain"


def test_lines_stay_short_and_ascii_whatever_the_body_holds():
    raw = compose(mail(text="ü" * 3000 + "\n" + "https://x.test/" + "a" * 2000), SENDER, NOW).as_bytes(policy=WIRE)
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 200


def test_a_subject_in_any_script_survives():
    assert parsed(subject="رمز التحقق 🌱")["Subject"] == "رمز التحقق 🌱"


@pytest.mark.parametrize("evil", ["a\r\nBcc: eve@evil.test", "a\nb", "a\rb", "a\0b", "a\u2028b", "a\x85b", "a\x0bb"])
@pytest.mark.parametrize("where", ["subject", "message_id", "headers"])
def test_no_header_can_be_smuggled(evil, where):
    with pytest.raises(MailRejected) as refused:
        compose(mail(**{where: {"Reply-To": evil} if where == "headers" else evil}), SENDER, NOW)
    assert refused.value.code == "header_invalid"


@pytest.mark.parametrize("name", ["Bcc", "TO", "subject", "Auto-Submitted", "Content-Type"])
def test_headers_that_are_ours_cannot_be_overruled(name):
    with pytest.raises(MailRejected) as refused:
        compose(mail(headers={name: "x"}), SENDER, NOW)
    assert refused.value.code == "header_reserved"


def test_a_tenant_may_send_under_its_own_name_in_its_own_script():
    message = parsed(headers={"From": "Blumen, Grün & Söhne <hallo@grün.example>"} | {"Reply-To": "hilfe@example.test"})
    assert message["Reply-To"] == "hilfe@example.test"
    assert message["From"].addresses[0].addr_spec == "hallo@xn--grn-ioa.example"


def test_a_named_sender_in_another_script_survives():
    message = parsed(headers={"From": '"Grün & Söhne" <hallo@grün.example>'})
    assert message["From"].addresses[0].display_name == "Grün & Söhne"


@pytest.mark.parametrize(
    ("address", "wire"),
    [
        ("ada@example.test", "ada@example.test"),
        ("ada+shop@Example.TEST", "ada+shop@example.test"),
        ("ada@straße.example", "ada@xn--strae-oqa.example"),
        ("ادا@example.test", "ادا@example.test"),
        ("ada@localhost", "ada@localhost"),
    ],
)
def test_a_domain_travels_in_its_ascii_form(address, wire):
    assert wire_address(address) == wire


@pytest.mark.parametrize(
    "address",
    [
        *("", "ada", "@example.test", "ada@", "a b@example.test", "a@b@example.test", "a@example..test"),
        *(
            "<ada@example.test>",
            "ada,eve@example.test",
            "a@exa mple.test",
            "a\u202e@example.test",
            '"a b"@example.test',
        ),
        *("x" * 65 + "@example.test", "a@" + "x" * 64 + ".test", "a\0@example.test"),
        "a@example.test\r\nRCPT TO:<e@e.test>",
    ],
)
def test_anything_but_one_bare_address_is_refused_without_quoting_it(address):
    with pytest.raises(MailRejected) as refused:
        wire_address(address)
    assert refused.value.code == "address_invalid"
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


def test_a_message_keeps_out_of_repr():
    assert "ada" not in repr(mail())
