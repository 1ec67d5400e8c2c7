"""Pip & Husk, a seed shop that does not exist: an independent relying party to try an OpenID Provider with.

It knows its provider by the issuer's address alone (OpenID Connect Discovery) and imports nothing of Limen. It is a
demonstration: sessions and tokens live in memory and die with the process, and it shows what a shop would never show.
"""
