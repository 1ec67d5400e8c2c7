"""The policy of assurance: what the tenant, the client and each scope want, and how fresh.

A request can ask for more, and for fresher proof; never for less.
"""

from limen.access.clients.records import ClientDocument
from limen.access.oauth.draft import Checked, Draft


def check_assurance(draft: Draft) -> Checked:
    """Keep the highest level, and the shortest age, that applies."""
    policy, client = draft.desk.tenant.settings.assurance, draft.client
    wanted = [rule for rule in policy.scopes if rule.scope in draft.request.scopes]
    if client is None or not (wanted or policy.level or policy.max_age or _has_policy(client)):
        return draft
    ages = [policy.max_age, client.assurance_max_age, *(one.max_age for one in wanted)]
    level = max(policy.level, client.assurance_level, *(one.level for one in wanted), 0)
    asked = draft.request.max_age
    age = min((age for age in (*filter(None, ages), *([] if asked is None else [asked]))), default=None)
    return draft.having(level=level, max_age=age)


def _has_policy(client: ClientDocument) -> bool:
    return bool(client.assurance_level or client.assurance_max_age)
