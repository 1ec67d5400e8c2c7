"""The reference of a tenant's settings: each is there, and in words."""

from limen.app.tenant_reference import settings_in_words, tenant_settings_page


def test_every_setting_of_a_tenant_is_said_in_words():
    assert [place for place, words in settings_in_words() if not words] == []


def test_the_page_names_settings_inside_of_lists_with_their_bounds_and_defaults():
    page = tenant_settings_page()
    assert "``risk.rules[].action``" in page
    assert "one of ``on``, ``shadow``, ``off``; default: ``shadow``" in page
    assert "``attacks.attack_percent``" in page
    assert "whole number, ≥ 1, ≤ 100; default: ``70``" in page
    assert "``sms.countries``" in page
