"""Statements that are compiled once: parameters, fixed values, rows, and what must not go unnoticed."""

import pytest
from sqlalchemy import bindparam, insert, select, update

from limen.kernel.errors import Fault
from limen.storage.schema.processes import changes
from limen.storage.schema.sessions import journeys
from limen.storage.schema.tenants import setup_links
from limen.storage.statements import InsertNew, Statement
from limen.storage.stores.base import columns, insert_mine, select_mine, update_mine

KINDS = ("sqlite", "postgresql")


@pytest.mark.parametrize("kind", KINDS)
def test_parameters_are_bound_in_the_order_of_the_text(kind: str) -> None:
    statement = update_mine(journeys, journeys.c.id == bindparam("of"), sets=("version",)).compiled(kind)
    bound = statement.bind({"of": "jou_1", "version": 2, "tenant_id": "ten_1"})
    assert bound[0] == 2  # SET comes before WHERE
    assert set(bound[1:]) == {"jou_1", "ten_1"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_statement_is_compiled_once(kind: str) -> None:
    statement = Statement(select(journeys))
    assert statement.compiled(kind) is statement.compiled(kind)


@pytest.mark.parametrize("values", [{"of": "jou_1"}, {"of": "jou_1", "tenant_id": "ten_1", "more": 1}])
def test_a_missing_and_a_foreign_parameter_are_faults(values: dict[str, object]) -> None:
    compiled = select_mine(journeys, journeys.c.id == bindparam("of")).compiled("sqlite")
    with pytest.raises(Fault):
        compiled.bind(values)


@pytest.mark.parametrize("kind", KINDS)
def test_values_written_into_a_statement_are_bound_too(kind: str) -> None:
    statement = Statement(update(journeys).where(journeys.c.version == 7).values(finished_at=9)).compiled(kind)
    assert sorted(statement.bind({})) == [7, 9]


@pytest.mark.parametrize("kind", KINDS)
def test_an_in_has_a_place_for_each_element(kind: str) -> None:
    statement = Statement(select(journeys.c.id).where(journeys.c.id.in_(["a", "b"]))).compiled(kind)
    assert list(statement.bind({})) == ["a", "b"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_statement_of_a_store_carries_the_tenant(kind: str) -> None:
    for statement in (
        select_mine(journeys),
        update_mine(journeys, sets=("version",)),
        insert_mine(setup_links),
    ):
        with pytest.raises(Fault, match="tenant_id"):
            statement.compiled(kind).bind({})


def test_rows_are_named_and_typed() -> None:
    compiled = Statement(select(setup_links.c.purpose, setup_links.c.used)).compiled("sqlite")
    [row] = compiled.rows([("first", 1)])
    assert (row.purpose, row.used) == ("first", True)
    assert row._mapping == {"purpose": "first", "used": True}


@pytest.mark.parametrize("kind", KINDS)
def test_an_insert_asks_for_no_number_that_nobody_reads(kind: str) -> None:
    statement = Statement(insert(changes), sets=("tenant_id", "kind", "key", "at")).compiled(kind)
    assert statement.has_rows is False
    assert "RETURNING" not in statement.sql


@pytest.mark.parametrize("kind", KINDS)
def test_an_insert_of_something_new_does_nothing_on_a_conflict(kind: str) -> None:
    assert "ON CONFLICT DO NOTHING" in InsertNew(setup_links, sets=columns(setup_links)).compiled(kind).sql
