"""The random edits of tests keep what a load demands: who comes back has the name that the last release had."""

import random

from tests.conftest import Figure
from tests.histories import FILES, Desk

NAMES = ("name", "label", "title")


def _names(desk: Desk) -> dict[str, str]:
    """The names of the records that there are."""
    named = (one for file in FILES for one in desk.files[file])
    return {one["id"]: str(one[key]) for one in named for key in NAMES if key in one}


def test_who_comes_back_has_the_name_of_the_last_release(figure: Figure) -> None:
    dice, desk, back = random.Random(7), Desk(), 0
    desk.published({})
    last = _names(desk)
    there = set(last)
    for _ in range(300):
        for step in dice.choices(["rename", "remove", "restore", "add_place"], k=dice.randint(1, 6)):
            desk.take(step, dice.randrange(8), dice.randrange(1000))  # few records, each often
        names = _names(desk)
        returned = [id_ for id_ in names.keys() - there if id_ in last]
        assert {id_: names[id_] for id_ in returned} == {id_: last[id_] for id_ in returned}
        back += len(returned)
        last, there = last | names, set(names)
        desk.published({})
    figure(f"{back} records came back in 300 releases")
    assert back > 50
