"""By a code or a link from a mail: it proves the mailbox, and no assurance level (SP 800-63B-4 §3.1.3.1).

The code is typed in the step ``verify_email``, which counts tries and sends again.
"""

from collections.abc import Mapping
from operator import attrgetter

from limen.access.journeys.context import StepContext
from limen.access.journeys.firsts.first import First
from limen.access.journeys.messages.mailed import send_to_owner
from limen.access.journeys.views import Problem, Progress
from limen.identity.customers.identifiers import EMAIL, kind_of


async def _answer(context: StepContext, email: str, _: Mapping[str, str]) -> Progress:
    if kind_of(email) != EMAIL:  # said to everybody who types a name or a number, whosoever's it is
        problem = Problem({"email": "error.email_needed"}, values={"email": email})
        return Progress(context.journey.state, problem=problem)
    return await send_to_owner(context, email)


FIRST = First("email_code", attrgetter("email_code"), _answer)
