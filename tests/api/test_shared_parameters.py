"""What the contract test no longer asks for at every operation is asked for, declared alike, at another of its kind."""

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from starlette.testclient import TestClient

from tests.api.shared_parameters import KINDS, OF_EVERY_LIST, OF_EVERY_OUTCOME, SAME_AS_OTHERS, ask_once, kind_of
from tests.operations import reading


def declared(document: Any) -> Iterator[tuple[str, str, str]]:
    """Path, kind and declaration of every parameter that may be asked for."""
    for path, operation in reading(document).items():
        for parameter in () if re.match(SAME_AS_OTHERS, path) else operation.get("parameters", ()):
            yield path, kind_of(path), json.dumps(parameter, sort_keys=True)


def alike(declaration: str, *, of_killed: bool = False) -> str:
    """What the declarations of a filter of each outcome have in common."""
    parameter = json.loads(declaration)
    name = re.sub("^[a-z]+?_", "killed_", parameter["name"]) if of_killed else parameter["name"]
    return json.dumps(parameter | {"name": name, "description": ""}, sort_keys=True)


def test_every_declaration_is_asked_for_at_an_operation_of_each_kind(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    everything = set(declared(document))
    asked = set(declared(ask_once(deepcopy(document))))
    assert {path for path, *_ in asked} == {path for path, *_ in everything}, "every operation is asked for some"
    left_out = {(path, kind, json.loads(one)["name"], one) for path, kind, one in everything - asked}
    assert {kind for _, kind, *_ in left_out} == set(KINDS)
    still = {one[1:] for one in asked}
    for path, kind, name, one in left_out:
        if (kind, one) in still:
            assert kind != "list" or OF_EVERY_LIST.match(name), path
        elif OF_EVERY_OUTCOME.match(name):
            assert alike(one, of_killed=True) in {alike(kept) for there, kept in still if there == kind}
        else:
            assert kind == "facets"
            assert name in {json.loads(kept)["name"] for there, kept in still if there != "facets"}
    assert len(asked) < len(everything) / 2
