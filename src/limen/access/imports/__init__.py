"""Bringing customers in from another system, and writing them out for one.

::

    file ── reader (integration.imports) ──> Arrival | Refused ── Importing.run, 1,000 rows a commit ──> customers
                                                                       └─ progress and refused rows, in that commit

Owns what an import is and how far it has come, which rows go in, and the export that an import takes. A batch is one
commit of customers, blind indexes, passwords, factors, audit records, refused rows and the place that was reached, so
that an import that was killed goes on behind its last batch, and one that runs again changes nothing. Leaves to others:
what the exports of other systems look like (``integration.imports``), how their hashes are checked
(``identity.credentials.legacy``).
"""
