"""What may be registered about a client: one table of rules, one file a topic.

A rule takes the whole document and yields what is wrong with it. A new topic is a new file and a row here. Where two
rules speak of one place, the later one is heard.
"""

from typing import Final

from limen.access.clients.rules.addresses import addresses
from limen.access.clients.rules.authentication import authentication
from limen.access.clients.rules.backchannel import backchannel
from limen.access.clients.rules.grants import grants
from limen.access.clients.rules.keys import keys
from limen.access.clients.rules.logout import logout
from limen.access.clients.rules.names import names
from limen.access.clients.rules.pkce import pkce
from limen.access.clients.rules.possession import possession
from limen.access.clients.rules.problem import Problem, Problems, Rule
from limen.access.clients.rules.profile import profile
from limen.access.clients.rules.requests import requests
from limen.access.clients.rules.responses import responses
from limen.access.clients.rules.shape import shape
from limen.access.clients.rules.tokens import tokens

RULES: Final[tuple[Rule, ...]] = (
    shape,
    names,
    addresses,
    grants,
    authentication,
    keys,
    possession,
    profile,
    pkce,
    tokens,
    requests,
    responses,
    logout,
    backchannel,
)

__all__ = ["RULES", "Problem", "Problems", "Rule"]
