"""What keeps an account its owner's when something about it changes.

::

    RecoveryRequest   waiting ── a notice a day, on every channel ──> ready ── a reset ──> done
                         └──────── cancelled by whoever holds the account, an administrator, or a second factor
    AccountLink       mailed with the notice of a change: looked at by GET, acted on by POST, once
    TrustedDevice     a browser where a customer need not prove a second factor at each sign-in

Owns the waiting period of those who lost every second factor, the links in notices (*it was not me*, *undo*, *cancel*),
and trusted devices. Leaves the pages and steps to ``experience`` and ``access.journeys``, the factors to
``access.factors``, and how messages travel to ``integration.messaging``.
"""
