"""Two filters may look at one column: each keeps its own values."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated

import pytest
from pydantic import Field
from sqlmodel import col

from app.model.codebook import IncidentKind
from app.queries.conditions import Condition
from app.queries.days import dated
from app.queries.filters import Where, one_of
from app.queries.plan import plan
from app.queries.values import Interval
from app.records.incidents import INCIDENTS, IncidentFilters
from app.storage.database import Database
from app.storage.models import Incident


def _by_year(year: int, filters: IncidentFilters) -> Condition:
    return dated(Incident, Interval(f"{year}-01-01", f"{year}-12-31"), None, col(Incident.sort_date))


class TwiceFilters(IncidentFilters):
    main_kind: Annotated[list[IncidentKind], one_of(col(Incident.kind), in_list_order=True)] = Field([])
    year: Annotated[int | None, Where(_by_year)] = None
    other_year: Annotated[int | None, Where(_by_year)] = None


TWICE = replace(INCIDENTS, filters=TwiceFilters)


@pytest.fixture(scope="module")
def database(article_url: str) -> Iterator[Database]:
    database = Database(article_url)
    yield database
    database.close()


@pytest.mark.parametrize("sort", ["-date", "title"])
def test_two_filters_on_one_column_both_hold(database: Database, sort: str) -> None:
    def found(**filters: list[IncidentKind]) -> set[str]:
        planned = plan(TWICE, TwiceFilters(sort=sort, **filters))
        return database.read(lambda snapshot: {row[2] for row in planned.on(snapshot).rows(500)})

    strikes, raids = ["air_attack"], ["joint_raid"]
    assert found(kind=strikes), "or the next line says nothing"
    assert found(kind=raids)
    assert found(kind=strikes, main_kind=raids) == found(kind=raids, main_kind=strikes) == set()
    assert found(kind=strikes, main_kind=[*strikes, *raids]) == found(kind=strikes)


def test_conditions_that_would_share_a_value_are_refused() -> None:
    assert TWICE.conditions(TwiceFilters(sort=None, year=2019))
    with pytest.raises(ValueError, match="'other_year' names its values like another filter"):
        TWICE.conditions(TwiceFilters(sort=None, year=2019, other_year=2020))
