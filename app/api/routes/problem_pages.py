"""`/problems`: pages that explain the types of problems, each at its own URI."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.api.html_pages import render
from app.api.routes.not_found import no_such_path
from app.problems.types import PROBLEM_TYPES

router = APIRouter(prefix="/problems", include_in_schema=False)


@router.get("")
async def problem_index(request: Request) -> Response:
    """All types of problems."""
    return render("problem_types.html", 200, {"types": PROBLEM_TYPES})


@router.get("/{name}")
async def problem_type(request: Request) -> Response:
    """One type of problem."""
    types = [one for one in PROBLEM_TYPES if one.name == request.path_params["name"]]
    if not types:
        raise no_such_path(request)
    return render("problem_types.html", 200, {"types": types})
