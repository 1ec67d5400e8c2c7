"""The table of checks keeps the order that its refusals rest on, and the reference shows it."""

from limen.access.oauth.checks import AUTHORIZATION, BACKCHANNEL, DEVICE, PUSHED, TABLE, Endpoint
from limen.access.oauth.checks.client import check_client
from limen.access.oauth.checks.profile import check_profile
from limen.access.oauth.checks.pushed import check_pushed
from limen.access.oauth.checks.redirect_uri import check_redirect_uri
from limen.access.oauth.checks.response_mode import check_response_mode
from limen.access.oauth.checks.state import check_state
from limen.app.reference_pages import checks_page


def test_a_refusal_knows_the_state_before_it_knows_where_to_and_how_before_why():
    assert AUTHORIZATION[:4] == (check_client, check_state, check_redirect_uri, check_response_mode)


def test_a_profile_is_held_against_what_every_other_row_has_checked():
    assert AUTHORIZATION[-1] is PUSHED[-1] is check_profile


def test_what_is_pushed_is_checked_as_what_a_browser_brings():
    assert set(AUTHORIZATION) - set(PUSHED) == {check_pushed}
    assert set(PUSHED) <= set(AUTHORIZATION)


def test_nothing_is_redirected_from_a_device_or_by_the_back_channel():
    for column in (DEVICE, BACKCHANNEL):
        assert column[0] is check_client
        assert not {check_redirect_uri, check_response_mode, check_state} & set(column)


def test_every_check_is_in_the_table_once_and_at_some_endpoint():
    checks = [check for check, _ in TABLE]
    assert len(set(checks)) == len(checks)
    assert all(endpoints for _, endpoints in TABLE)


def test_the_reference_has_a_row_for_each():
    page = checks_page()
    assert page.count("    * - ") == len(TABLE) + 1
    assert page.count("\u2022") == sum(endpoint in endpoints for _, endpoints in TABLE for endpoint in Endpoint)
