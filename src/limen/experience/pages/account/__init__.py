"""The account page: what a customer sees and changes of their own account.

::

    /account ── overview        a row for each page, and what needs attention
       ├── profile              names, language, time zone
       ├── security             how the customer proves who they are
       ├── devices              where they are signed in
       ├── applications         what they let others do
       ├── activity             what happened
       └── privacy              their data: consents, download, deletion

:mod:`~limen.experience.pages.account.table` lists the pages and their sections; a section is one file here (what it
shows, which forms it takes) and one template ``templates/account/_<name>.html``. A sensitive change is never such a
form: it is a task (:func:`~limen.experience.pages.account.tasks.begin_task`), which the journey does behind a fresh
proof. What is done to an account is ``limen.access.account``'s and its neighbours', so that the account API does the
same.

A page is read in one unit, with a number of statements that does not depend on how much a customer has.
"""

from limen.experience.pages.account.page import account

__all__ = ["account"]
