"""The setting `public_url`: links and ids have it in ASCII, and never with a password."""

import re
from pathlib import Path
from typing import Any

import feedparser
import pytest
from pydantic import ValidationError

from app.exports.formats.feeds import tag_uri
from app.settings import Settings
from tests.conftest import serving

TAG = re.compile(r"tag:[a-z0-9]([a-z0-9.-]*[a-z0-9])?,[0-9]{4}(-[0-9]{2}){0,2}:[A-Za-z0-9.~!$&'()*+,;=:@/?%_-]*")
"""RFC 4151, with a host name for an authority."""


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("https://desk.example/data/", "https://desk.example/data/"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("https://BÜCHER.example:8443/a", "https://xn--bcher-kva.example:8443/a"),
        ("https://الأخبار.example", "https://xn--igbhbd3au2k.example"),
        ("https://日本.example/記録/", "https://xn--wgv71a.example/%E8%A8%98%E9%8C%B2/"),
        ("http://[2001:db8::1]:8000", "http://[2001:db8::1]:8000"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
    ],
)
def test_addresses_are_written_in_ascii(url: str, base: str) -> None:
    actual = Settings(public_url=url).public_url
    assert actual == base
    assert TAG.fullmatch(tag_uri(actual, "/v1/incidents.atom?q=%C3%BC&kind=raid"))


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://desk:secret@desk.example", "a user or a password"),
        ("https://desk@desk.example/data", "a user or a password"),
        ("https://:@desk.example", "a user or a password"),
        ("https://-ü-.example", "no host name"),
        ("https://:8000", "no host"),
        ("ftp://desk.example", "pattern"),
        ("https://desk.example/?a=1", "pattern"),
    ],
)
def test_what_is_no_public_address_is_refused(url: str, told: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        Settings(public_url=url)
    (error,) = refusal.value.errors()
    assert error["loc"] == ("public_url",)
    assert told in error["msg"]


def test_feeds_of_a_host_beyond_ascii(article_url: str, tmp_path: Path) -> None:
    with serving(article_url, public_url="https://bücher.example/日/") as client:
        feed: Any = feedparser.parse(client.get("/v1/quotes.atom?limit=3&q=night").content)
    assert not feed.bozo
    assert feed.entries
    for one in (feed.feed, *feed.entries):
        assert TAG.fullmatch(one.id), one.id
        assert one.link.startswith("https://xn--bcher-kva.example/%E6%97%A5/v1/quotes")
