"""`/docs/<name>`: guides, written in Markdown in `app/web/guides/`. A file that is put there is served."""

from functools import cache
from typing import NamedTuple

from fastapi import APIRouter
from markdown_it import MarkdownIt
from markupsafe import Markup
from mdit_py_plugins.anchors import anchors_plugin
from starlette.requests import Request
from starlette.responses import Response

from app.api.html_pages import WEB, render
from app.api.routes.not_found import no_such_path

router = APIRouter(prefix="/docs", include_in_schema=False)


class Guide(NamedTuple):
    """A page of documentation: its path, its title and its body as HTML."""

    path: str
    title: str
    body: Markup


@cache
def guides() -> dict[str, Guide]:
    """Returns all guides by name, in the order of their titles. They are read once, when they are first asked for."""
    read = {path.stem: _guide(path.stem, path.read_text("utf-8")) for path in (WEB / "guides").glob("*.md")}
    return dict(sorted(read.items(), key=lambda one: one[1].title))


@router.get("/guides")
async def guide_index(request: Request) -> Response:
    """All guides."""
    return render("guides.html", 200, {"guides": guides().values()})


@router.get("/{name}")
async def guide(request: Request) -> Response:
    """One guide."""
    if not (found := guides().get(request.path_params["name"])):
        raise no_such_path(request)
    return render("guide.html", 200, {"guide": found, "guides": guides().values()})


def _guide(name: str, text: str) -> Guide:
    heading, _, body = text.partition("\n")
    return Guide(f"/docs/{name}", heading.removeprefix("# "), Markup(_MARKDOWN.render(body)))


_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table").use(anchors_plugin, max_level=3)
