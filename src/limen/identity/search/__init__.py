"""Search: how administrators find customers whose every word is sealed.

Owns the tokens that a searchable field leaves beside its customer, the indexes that hold them, and how a query is read.
Leaves the customers to ``identity.customers``, what is searchable to ``identity.profiles``, and rows to ``storage``.

::

    value ── normalised ── the first 3, 5 and 8 characters, and all of it ── HMAC under a key of the tenant ── token

    index   building ──(every customer was walked)──> ready ──(unwanted, or there is a newer one)──> removing ──> gone

A prefix index keeps one token for each customer, in which the shorter prefixes come first: whatever begins alike lies
side by side in one B-tree, and a longer query than eight characters is narrowed after decryption. An index is made
under one version of the tenant's key and never changes it: to rotate is to build a second one beside the first.
"""
