"""Privacy rights: what a person asked for, by when it has to be answered, and what holds meanwhile.

Owns the *requests* (GDPR Articles 15 to 21, CCPA §§ 1798.105 to 1798.121) with their deadlines and the board of them,
and the two *limits* that an administrator puts on what is done with somebody's data: the *restriction* (nothing but
storing) and the *legal hold* (nothing is deleted). Leaves carrying out an erasure, and making the copy of the data, to
``access.account``.

::

    open ──start──> working ──┬── complete ──> done
      │                       ├── refuse ────> refused        extend (once): open, working ──> the same, due later
      └───── all three ───────┴── withdraw ──> withdrawn

A request outlives its customer: that it was answered in time has to be shown after an erasure too. Its words do not,
since they are sealed under the customer's key.
"""
