"""How often anybody may ask."""

from typing import Annotated

from msgspec import Meta

from limen.app.settings.sections import Section
from limen.app.settings.values import Rate


class LimitsSection(Section, frozen=True):
    """Rate limits, each `count/seconds` or `off`."""

    pages_per_address: Annotated[Rate, Meta(description="Pages asked for by one address.")] = Rate(600, 60)
    journeys_per_address: Annotated[
        Rate, Meta(description="Sign-ins, sign-ups and recoveries begun by one address: each is a few durable writes.")
    ] = Rate(120, 60)
    api_per_address: Annotated[Rate, Meta(description="Calls of the administration API by one address.")] = Rate(
        1200, 60
    )
    api_per_client: Annotated[
        Rate, Meta(description="Calls of the administration API by one client; of the account API by one customer.")
    ] = Rate(600, 60)
    client_failures_per_address: Annotated[Rate, Meta(description="Failed client authentications by one address.")] = (
        Rate(30, 60)
    )
    unproven_requests_per_address: Annotated[
        Rate, Meta(description="Requests that clients without a secret may push or begin from one address.")
    ] = Rate(120, 60)
    registrations_per_address: Annotated[
        Rate, Meta(description="Clients that one address registers by itself, or tries to.")
    ] = Rate(20, 3600)
    registration_management_per_address: Annotated[
        Rate, Meta(description="What such clients do with their registration afterwards, by address.")
    ] = Rate(60, 60)
    sign_in_per_address: Annotated[Rate, Meta(description="Sign-in attempts by one address.")] = Rate(100, 600)
    sign_in_per_identifier: Annotated[
        Rate, Meta(description="Sign-in attempts for one submitted identifier, whether or not anybody owns it.")
    ] = Rate(10, 600)
    mails_per_address: Annotated[Rate, Meta(description="Mails caused by one address.")] = Rate(30, 3600)
    mails_per_identifier: Annotated[Rate, Meta(description="Mails to one submitted address.")] = Rate(5, 3600)
    codes_per_identifier: Annotated[
        Rate, Meta(description="Mailed codes tried for one submitted address, over all journeys; its link still works.")
    ] = Rate(30, 86_400)
    second_factor_per_customer: Annotated[
        Rate,
        Meta(description="Codes of an authenticator app tried for one customer; as many recovery codes beside them."),
    ] = Rate(30, 86_400)
    user_codes_per_address: Annotated[
        Rate, Meta(description="Codes of devices typed from one address, right or wrong.")
    ] = Rate(20, 600)
    user_codes_per_browser: Annotated[Rate, Meta(description="Codes of devices typed in one browser.")] = Rate(20, 600)
    user_codes_per_tenant: Annotated[
        Rate, Meta(description="Codes of devices typed at one tenant, by anybody: what bounds guessing as a whole.")
    ] = Rate(6_000, 600)
