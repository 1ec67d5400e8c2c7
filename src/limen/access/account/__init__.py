"""A customer's own account, as the account page and the account API see and change it.

::

    overview     sessions of all browsers, applications, history, pending deletion ── one read unit, no N+1
    session      signed in ──────── end ────> ended, its token families with it
    application  allowed ────────── revoke ─> its grant, consents and tokens are gone, and the ledger says so
    deletion     requested ── wait ─┬─ due ─> erased, once, whichever worker is first
                                    └─ cancelled, by a link in the mail or on the page

Owns what is done to sessions, applications, the profile and the account as a whole by whoever they belong to, and the
reading of it. Leaves the proof that has to be fresh to ``access.journeys`` (or to the token, for the API), passwords,
factors and recovery to their own packages, and pages and JSON to ``experience`` and ``integration``.
"""
