"""Streaming a tenant's audit log to where its security people look: syslog over TLS, HTTP, or a file.

Owns destinations and what an administrator does with them, the formats (JSON, CEF, OCSF), the three ways out, and the
pump that moves what is committed. Leaves the log to ``identity.audit``, rows and cursors to ``storage``, and turns
between processes to ``app``.

::

    audit log ── segment by segment, in order ──> pump ── lines in the destination's format ──> syslog | http | file
                                                   │
                      cursor of (destination, segment) advances after the delivery: at least once, never lost

A cursor stands on the log itself, whose records are there with the change they tell of; nothing is queued beside it.
"""
