"""What guards count: risk, and messages that cost money; and the attacks that they recognise."""

from sqlalchemy import BigInteger, Column, Index, Integer, String, text

from limen.storage.schema.columns import SMALL, blob, identifier, instant, of_customer, postgres_only, tenant_table

risk_histories = tenant_table(
    "risk_histories",
    identifier("customer_id"),
    blob("sealed"),
    instant("seen_at"),
    of_customer(),
    key=("customer_id",),
)

risk_counters = tenant_table(
    "risk_counters",
    blob("key"),
    Column("customers", BigInteger, nullable=False),
    Column("count", BigInteger, nullable=False),
    instant("expires_at"),
    key=("key",),
    **SMALL,
)
Index("ix_risk_counters_expires", risk_counters.c.tenant_id, risk_counters.c.expires_at)
CROWDED = text("customers >= 5")
"""What is counted at all (``trust.risk.store.CROWD``). Nearly every row is a value that few showed, and nobody asks for
those: on PostgreSQL a score's look-ups go through an index that stays in memory, where that of all rows would not.
SQLite reads the rows by their key, which is the table.
"""
postgres_only(
    Index("ix_risk_counters_crowded", risk_counters.c.tenant_id, risk_counters.c.key, postgresql_where=CROWDED)
)

tolls = tenant_table(
    "tolls",
    Column("kind", String(16), nullable=False),
    blob("key"),
    instant("began"),
    Column("count", Integer, nullable=False),
    instant("expires_at"),
    key=("kind", "key", "began"),
)
Index("ix_tolls_expires", tolls.c.tenant_id, tolls.c.expires_at)

attacks = tenant_table(
    "attacks",
    identifier("id"),
    Column("kind", String(16), nullable=False),
    Column("severity", Integer, nullable=False),
    instant("began_at"),
    instant("seen_at"),
    instant("ended_at", null=True),
    blob("networks"),
    *(Column(name, BigInteger, nullable=False) for name in ("passed", "wrong", "stopped", "doubted")),
    key=("id",),
)
_goes_on = attacks.c.ended_at.is_(None)
Index(
    "ux_attacks_one_open",
    attacks.c.tenant_id,
    attacks.c.kind,
    unique=True,
    sqlite_where=_goes_on,
    postgresql_where=_goes_on,
)
