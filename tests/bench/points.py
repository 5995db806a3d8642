"""`python -m tests.bench.points DATABASE_URL`: what a map of all incidents has to load, and what it costs.

Bytes as they are and compressed with zstd, as browsers get them, and processor seconds of the server for the
uncompressed and for the compressed answer: the least of some rounds. Nothing is answered from memory.
"""

from http.client import HTTPConnection
from typing import Annotated

import typer

from tests.bench.servers import Server, service

ROUNDS = 5
KEYS = "title,kind,date.edtf,totals.killed.low"
REQUESTS = {
    "GeoJSON, all properties": "/v1/incidents.geojson",
    "GeoJSON, title, kind, date, killed": f"/v1/incidents.geojson?fields={KEYS}",
    "the same nested": f"/v1/incidents.geojson?flat=false&fields={KEYS}",
    "GeoJSON, kind, date, killed": "/v1/incidents.geojson?fields=kind,date.edtf,totals.killed.low",
    "NDJSON, the same and the point": f"/v1/incidents.ndjson?fields={KEYS},location.longitude,location.latitude",
    "CSV, the same and the point": f"/v1/incidents.csv?fields=id,{KEYS},longitude,latitude",
}
"""What is asked, by what it is called."""


def main(database: Annotated[str, typer.Argument(help="URL of a loaded archive.")]) -> None:
    """A row for each request."""
    with service("the service", database, {"DATELINE_CACHE_BYTES": "0", "DATELINE_QUERY_SECONDS": "100"}) as server:
        typer.echo("| request | MB | MB, zstd | seconds | seconds, zstd |")
        typer.echo("|---|---|---|---|---|")
        for name, path in REQUESTS.items():
            plain, zstd = _least(server, path, "identity"), _least(server, path, "zstd")
            sizes = " | ".join(f"{size / 1e6:.2f}" for size, _ in (plain, zstd))
            typer.echo(f"| {name} | {sizes} | {plain[1]:.2f} | {zstd[1]:.2f} |")


def _least(server: Server, path: str, coding: str) -> tuple[int, float]:
    """The size of an answer, and the least processor time of some rounds."""
    size, costs = 0, []
    for _ in range(ROUNDS):
        connection = HTTPConnection("127.0.0.1", server.port, timeout=60)
        before = server.cpu()
        connection.request("GET", path, headers={"Accept-Encoding": coding})
        response = connection.getresponse()
        size = len(response.read())
        costs.append(server.cpu() - before)
        assert response.status == 200, f"{path}: {response.status}"
        connection.close()
    return size, min(costs)


if __name__ == "__main__":
    typer.run(main)
