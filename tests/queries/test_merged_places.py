"""What is at a place, once the place is merged into another or removed."""

from pathlib import Path

from tests import extended_sample, sample
from tests.answers import ids, problem
from tests.conftest import load_seed, serving


def test_what_becomes_of_a_merged_place(tmp_path: Path, database_url: str) -> None:
    files = extended_sample.extended()
    load_seed(database_url, sample.write(files, tmp_path))
    _withdraw(files, "skarn", {"reason": "It is the river", "successor": "ash-river"})
    load_seed(database_url, sample.write(files, tmp_path))
    with serving(database_url) as client:
        assert ids(client, "/v1/incidents?place=skarn") == ids(client, "/v1/incidents?place=ash-river") != []
        assert client.get("/v1/places/skarn?fields=name").headers["location"] == "/v1/places/ash-river?fields=name"
    _withdraw(files, "ash-river", {"reason": "It was never there!"})
    _withdraw(files, "skarn", {"reason": "Gone with the river"})
    load_seed(database_url, sample.write(files, tmp_path))
    with serving(database_url) as client:
        for place, reason in (("skarn", "Gone with the river."), ("ash-river", "It was never there!")):
            assert problem(client, f"/v1/incidents?place={place}")["detail"].endswith(
                f"'{place}' was removed: {reason}"
            )
            gone = problem(client, f"/v1/places/{place}", 410)
            assert gone["detail"] == f"This record was removed in release 3: {reason}"


def _withdraw(files: sample.Files, place: str, removed: dict[str, str]) -> None:
    """Takes a place out of a dossier, with every link to it."""
    files["places.yaml"] = [entry for entry in files["places.yaml"] if entry["id"] != place]
    files["places.yaml"].append({"id": place, "removed": removed})
    for incident in files[sample.INCIDENTS] + files[extended_sample.SECOND_INCIDENTS]:
        if "places" in incident:
            incident["places"] = [link for link in incident["places"] if link["id"] != place]
    for quote in files[sample.QUOTES]:
        quote["places"] = [link for link in quote.get("places", []) if link != place]
