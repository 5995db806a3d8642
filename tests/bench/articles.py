"""`python -m tests.bench.articles DATABASE_URL`: what `article` costs beside another filter.

Processor time of sums and facets under a box and a year, then the same for one large and for one small article, as a
multiple. The database is one of `invention.write(folder, incidents, in_one=…)`, loaded: `report-00000` is the large
article. Nothing is answered from memory.
"""

import json
from itertools import product
from typing import Annotated

import typer

from tests.bench.dear import asked
from tests.bench.servers import Server, service

ASKED = (
    "/v1/casualties/summary?group_by=outcome",
    "/v1/facets?of=incidents&facet=kind",
    "/v1/facets?of=casualties&facet=outcome",
)
ARTICLES = ("report-00000", "report-00001")
ROUNDS, ANSWERS = 3, 10


def _cost(server: Server, path: str) -> float:
    """Seconds of processor time of one answer: the least of some rounds, each of several answers, because the system
    counts hundredths of a second."""
    costs = []
    for _ in range(ROUNDS):
        before = server.cpu()
        for _ in range(ANSWERS):
            status, _body = asked(server, path)
            assert status == 200, f"{path}: {status}"
        costs.append((server.cpu() - before) / ANSWERS)
    return min(costs)


def _filters(server: Server) -> list[str]:
    """A box of four degrees around a place, a year, and the place."""
    (place,) = json.loads(asked(server, "/v1/places?limit=1&has_location=true")[1])["data"]
    east, north = round(place["longitude"], 1), round(place["latitude"], 1)
    return [f"bbox={east - 2},{north - 2},{east + 2},{north + 2}", "datetime=1990", f"place={place['id']}"]


def main(database: Annotated[str, typer.Argument(help="URL of a loaded archive.")]) -> None:
    """A row for each question and filter."""
    settings = {"DATELINE_CACHE_BYTES": "0", "DATELINE_QUERY_SECONDS": "100"}
    with service("the service", database, settings) as server:
        server.settle()
        typer.echo("| request | ms without | large article | small article |")
        typer.echo("|---|---|---|---|")
        for question, filters in product(ASKED, _filters(server)):
            path = f"{question}&{filters}"
            without = _cost(server, path)
            beside = [_cost(server, f"{path}&article={article}") for article in ARTICLES]
            cells = [f"{cost * 1000:.0f}, {cost / without:.1f} x" for cost in beside]
            typer.echo(f"| {path} | {without * 1000:.0f} | {' | '.join(cells)} |")


if __name__ == "__main__":
    typer.run(main)
