"""Merging: two customers who are one person become one, by an administrator or by that person, after a preview.

Owns what wins, what is taken over, what ends and what is refused. Leaves the rows to ``storage``, and the address that
stays behind to ``identity.customers``, where it is held for the one who stays.

One *stays*, with identifier, ``sub``, address, credentials and sessions; the other *goes*, and is erased in the same
commit. Nothing that proves a person is carried over: not a password, not a factor, not a trusted device, not a session,
not a grant. Whoever held only the account that goes must prove themselves to the one that stays like anybody else, so
that a merge is no way around its second factor. What names the one who goes is held for the one who stays; where one
person proved both afresh, what of it is proven names the one who stays from then on. What is said of the person fills
gaps in the profile that stays; of consents the stricter counts.
"""
