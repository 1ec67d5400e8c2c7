"""The rarer standard claims: what they may hold, and that profiles from before they were known are still read."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from limen.identity.customers.about import is_url
from limen.identity.customers.birthdates import birthdate_of
from limen.identity.customers.records import Address, Profile
from limen.identity.customers.validation import normalised, validate
from limen.identity.profiles.claims import ADDRESS, LONGEST_URL


@pytest.mark.parametrize(
    "url",
    ["https://ann.example", "http://ann.example:8080/a?b=c#d", "https://[2001:db8::1]/x", "https://bücher.example/ä"],
)
def test_a_web_address_leads_somewhere_from_everywhere(url):
    assert is_url(url)


@pytest.mark.parametrize(
    "url",
    [
        *(
            "ann.example",
            "//ann.example/x",
            "/me",
            "https:///x",
            "https://",
            "ftp://ann.example",
            "javascript:alert(1)",
        ),
        *("data:image/png;base64,AAAA", "https://ann:secret@ann.example", "https://ann.example:port/", "https://[::1"),
        *('https://ann.example/">', "https://ann.example/a b", "https://ann.example/\u202ex", "https://a.example\n"),
        "https://ann.example/" + "x" * LONGEST_URL,
    ],
)
def test_what_is_no_web_address_or_no_whole_one_is_refused(url):
    assert not is_url(url)
    assert validate(Profile(website=url)).fields == {"website": "url.invalid"}


@pytest.mark.parametrize("text", ["1990-05-17", "1990", "0000-02-29", "0000-12-31", "2000-02-29"])
def test_a_day_of_birth_is_a_day_or_a_year_or_a_day_without_a_year(text):
    assert birthdate_of(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        *("0000", "90", "1990-5-17", "1990-05", "1990-13-01", "1990-00-10", "1990-02-30", "1900-02-29", "0000-02-30"),
        *("17.05.1990", "1990-05-17T00:00", "\u0661990-05-17", "1990-05-17\n", "-1990"),
    ],
)
def test_what_is_no_day_is_refused(text):
    assert validate(Profile(birthdate=text)).fields == {"birthdate": "birthdate.invalid"}


def test_an_address_is_bounded_part_by_part_and_has_lines_where_it_may():
    fine = Address(formatted="Weg 1\n1010 Wien", street_address="Haus 2\nWeg 1", locality="Wien", country="Österreich")
    assert validate(Profile(address=fine)) is None
    broken = Address(street_address="a\tb", locality="Wien\nGraz", postal_code="1" * (ADDRESS["postal_code"] + 1))
    assert validate(Profile(address=broken, gender="x\n")).fields == {
        "gender": "text.invalid",
        "address.street_address": "text.invalid",
        "address.locality": "text.invalid",
        "address.postal_code": "text.invalid",
    }
    assert "Wien" not in repr(fine)


def test_white_space_goes_and_an_address_of_nothing_is_none():
    tidy = normalised(
        Profile(website=" https://a.example ", address=Address(locality=" Wien ", street_address="a\r\nb"))
    )
    assert (tidy.website, tidy.address) == ("https://a.example", Address(locality="Wien", street_address="a\nb"))
    assert normalised(Profile(address=Address(locality="  "))).address is None
    assert normalised(tidy) == tidy


@given(st.text(max_size=60), st.sampled_from(["website", "gender", "birthdate", "nickname"]))
def test_no_text_raises_and_normalising_twice_changes_nothing(text, field):
    once = normalised(Profile(**{field: text}, address=Address(formatted=text, region=text)))
    assert normalised(once) == once
    validate(once)


def test_a_profile_from_before_is_read_and_written_as_it_was():
    before = b'{"email":"ann@example.com","name":"Ann Lee","since":{}}'
    profile = msgspec.json.decode(before, type=Profile)
    assert (profile.address, profile.birthdate, profile.updated_at) == (None, "", 0)
    assert msgspec.json.encode(profile) == b'{"email":"ann@example.com","name":"Ann Lee"}'
