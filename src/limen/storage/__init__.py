"""SQL and cache adapters that implement the small protocols which the layers above declare.

Only ``limen.app`` imports this package. Everyday paths speak SQLAlchemy Core, one :class:`~limen.storage.unit.Unit` a
transaction; the hot doors speak to asyncpg and sqlite directly (``hot/``), in write groups. ``dialects/`` alone may
branch on the database. Every store is made for one tenant: an unscoped query cannot be written here, and PostgreSQL's
row-level security stands underneath. ``opening`` joins it all.
"""
