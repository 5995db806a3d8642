from starlette.testclient import TestClient


def test_article(client: TestClient, small_client: TestClient) -> None:
    for one in (client, small_client):
        for resource in (
            "articles",
            "incidents",
            "places",
            "people",
            "organizations",
            "quotes",
            "statements",
            "casualties",
        ):
            body = one.get(f"/v1/{resource}?limit=2").json()
            assert body["meta"]["matched"] >= 1, resource
            assert one.get(body["data"][0]["url"]).json()["data"]["id"] == body["data"][0]["id"]
    assert client.get("/openapi.json").status_code == 200
