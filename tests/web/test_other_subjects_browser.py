"""The front page over dossiers about other subjects: what it prints comes from their codebook and their figures."""

from typing import TYPE_CHECKING

import pytest

from tests import dossiers
from tests.answers import body
from tests.browser import drawn, ids, visiting
from tests.conftest import NewDatabase, load_seed, serving
from tests.dossiers.questions import WORDS_OF_WAR
from tests.live import serving as running

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.heavy

FIGURES = {
    "dam": {"41 or more killed", "27 missing", "12 rescued", "300 or more displaced", "2 arrested"},
    "election": {"3–4 charged", "1 convicted"},
}
"""The sums that each dossier has, as its claims give them."""

KINDS = {
    "dam": ["disaster", "official decision", "warning", "inspection", "protest", "investigation"],
    "election": ["election", "discovery", "charge", "trial", "strike"],
}
"""What happened, in the words of the codebook; `discovery` is of the dossier's own."""


@pytest.mark.parametrize("name", FIGURES)
def test_a_dossier_about_something_else_is_drawn_in_its_own_words(
    name: str, browser: "Browser", new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory
) -> None:
    url = new_database()
    load_seed(url, dossiers.write(name, tmp_path_factory.mktemp(name)))
    with serving(url) as client:
        listed = body(client, "/v1/incidents?limit=500")["data"]
        quotes = body(client, "/v1/quotes?limit=500")["data"]
    with running(url) as base, visiting(browser, base) as tab:
        page = drawn(tab.page, "/")
        shown = page.locator("#figures .figure h3:has(b)").all_inner_texts()
        assert FIGURES[name] <= set(shown)
        assert ids(page.locator("#list .incident")) == [one["id"] for one in listed]
        facts = " ".join(page.locator("#list .facts").all_inner_texts())
        assert all(f"· {kind}" in facts for kind in KINDS[name])
        assert "_" not in facts
        assert page.locator("#timeline a").count() == sum(one["date"] is not None for one in listed)
        dots = page.locator("#map svg a").evaluate_all(
            "all => all.map(one => Number(one.querySelector('.count')?.textContent ?? 1))"
        )
        assert sum(dots) == sum(one["location"] is not None for one in listed)
        assert page.locator("#quotes .quote").count() == len(quotes)
        for section in ("figures-section", "map-section", "timeline-section", "quotes-section", "list-section"):
            assert not WORDS_OF_WAR.search(page.locator(f"#{section}").inner_text()), section
        for moment in page.locator("time").evaluate_all("all => all.map(one => one.getAttribute('datetime'))"):
            assert len(moment) in (4, 7, 10), "HTML has no form for intervals"
        assert tab.complaints == []
        assert tab.left == []
