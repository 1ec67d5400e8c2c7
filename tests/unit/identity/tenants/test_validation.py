"""Tenants: slugs, issuers, settings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limen.identity.profiles.records import ProfileSettings
from limen.identity.tenants.records import Lifetimes, TenantSettings
from limen.identity.tenants.validation import BOUNDS, check_slug, issuer_for, validate


@pytest.mark.parametrize(
    ("base", "slug", "issuer"),
    [
        ("https://id.example", "default", "https://id.example"),
        ("https://id.example/", "acme", "https://id.example/t/acme"),
        ("http://localhost:8000", "acme", "http://localhost:8000/t/acme"),
    ],
)
def test_the_issuer_follows_from_base_and_slug(base, slug, issuer):
    assert issuer_for(base, slug) == issuer


@given(st.text(max_size=70))
def test_a_slug_that_passes_is_one_plain_path_segment(slug):
    if check_slug(slug) is None:
        assert slug.isascii()
        assert slug == slug.lower()
        assert not set(slug) - set("abcdefghijklmnopqrstuvwxyz0123456789-")
        assert 1 <= len(slug) <= 63


def test_the_settings_of_a_new_tenant_are_good():
    assert validate("Acme", TenantSettings()) is None


@pytest.mark.parametrize(
    "name",
    [
        *("name", "middle_name", "nickname", "profile", "picture", "website", "gender", "birthdate", "address"),
        *("updated_at", "preferred_username", "phone_number", "sub"),
    ],
)
def test_an_attribute_has_no_name_of_a_standard_claim(name):
    settings = TenantSettings(profile=ProfileSettings(attributes={name: {"type": "string"}}))
    assert validate("Acme", settings).fields == {f"settings.profile.attributes.{name}": "attribute.name"}


@pytest.mark.parametrize("name", list(BOUNDS))
def test_each_lifetime_has_its_bounds(name):
    shortest, longest = BOUNDS[name]
    for seconds in (shortest - 1, longest + 1):
        settings = TenantSettings(lifetimes=Lifetimes(**{name: seconds}))
        assert f"settings.lifetimes.{name}" in validate("Acme", settings).fields


def test_idle_is_no_longer_than_absolute():
    settings = TenantSettings(lifetimes=Lifetimes(session_idle=100, session_absolute=99))
    assert validate("Acme", settings).fields == {"settings.lifetimes.session_idle": "lifetime.idle_beyond_absolute"}


@pytest.mark.parametrize(
    "words",
    [
        {"with space": {"en": "x"}},
        {"orders": {"de": "ohne Englisch"}},
        {"orders": {"en": ""}},
        {"orders": {"en": "two\nlines"}},
        {"orders": {"en": "x" * 201}},
        {"orders": {"en": "x", "tlh": "y"}},
        {f"s{number}": {"en": "x"} for number in range(101)},
    ],
)
def test_words_for_scopes_are_short_plain_and_there_in_english(words):
    assert any(
        field.startswith("settings.scope_words") for field in validate("Acme", TenantSettings(scope_words=words)).fields
    )


def test_good_words_for_scopes_pass():
    assert validate("Acme", TenantSettings(scope_words={"orders": {"en": "Read your orders", "ar": "طلباتك"}})) is None
