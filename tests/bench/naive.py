"""The naive twin: the same questions and the same keys as tutorials would serve them, with SQLModel relations,
`selectinload`, a `response_model` and `def` handlers. `BENCH_NAIVE` names its database."""

import calendar
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fastapi import FastAPI, HTTPException, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel
from sqlalchemy.orm import selectinload
from sqlmodel import Session, col, or_, select

from app.exports.formats.columns import flat, resource_columns
from app.model.codebook import shipped
from app.model.documents import IncidentDocument
from tests.bench.naive_tables import (
    Casualty,
    CasualtyPerson,
    Harm,
    Incident,
    IncidentActor,
    IncidentPlace,
    IncidentRelation,
    engine,
)

_incident: Any = Incident
_casualty: Any = Casualty
_harm: Any = Harm
_place: Any = IncidentPlace
_actor: Any = IncidentActor
_link: Any = CasualtyPerson
_relation: Any = IncidentRelation
EAGER = (
    selectinload(_incident.location),
    selectinload(_incident.places).selectinload(_place.place),
    selectinload(_incident.actors).selectinload(_actor.party),
    selectinload(_incident.casualties).selectinload(_casualty.claimed_by),
    selectinload(_incident.casualties).selectinload(_casualty.via),
    selectinload(_incident.casualties).selectinload(_casualty.incident),
    selectinload(_incident.casualties).selectinload(_casualty.organization),
    selectinload(_incident.casualties).selectinload(_casualty.links).selectinload(_link.person),
    selectinload(_incident.casualties).selectinload(_casualty.harm),
    selectinload(_incident.casualties).selectinload(_casualty.evidence),
    selectinload(_incident.harms).selectinload(_harm.casualties),
    selectinload(_incident.evidence),
    selectinload(_incident.said),
    selectinload(_incident.parent),
    selectinload(_incident.children),
    selectinload(_incident.relations).selectinload(_relation.related),
)


BASE = "http://127.0.0.1"
"""The base of the absolute links in its GeoJSON."""


class Links(BaseModel):
    self: str
    next: str | None = None


class Meta(BaseModel):
    release: int
    matched: int | None = None
    returned: int | None = None


class Page(BaseModel):
    data: list[IncidentDocument]
    links: Links
    meta: Meta


class Record(BaseModel):
    data: IncidentDocument
    links: Links
    meta: Meta


class Point(BaseModel):
    type: str
    coordinates: tuple[float, float]


class Feature(BaseModel):
    type: str
    id: str
    geometry: Point | None
    properties: dict[str, str | int | float | bool | None]


class FeatureCollection(BaseModel):
    type: str
    release: int
    features: list[Feature]
    without_geometry: int


def create_app() -> FastAPI:
    """The twin over the database that the environment names."""
    its_engine = engine(Path(os.environ["BENCH_NAIVE"]))
    app = FastAPI()

    @app.get("/v1/incidents", response_model=Page)
    def list_incidents(
        kind: str | None = None,
        datetime: str | None = Query(None, pattern=r"^\d{4}-\d{2}$"),
        q: str | None = None,
        sort: str = "-date",
        limit: int = Query(50, le=500),
        offset: int = 0,
    ) -> Any:
        statement = select(Incident).options(*EAGER)
        if kind is not None:
            statement = statement.where(col(Incident.kind).in_(shipped().within("incident.kind", [kind])))
        if datetime is not None:
            year, month = map(int, datetime.split("-"))
            last = calendar.monthrange(year, month)[1]
            statement = statement.where(
                col(Incident.latest) >= f"{datetime}-01", col(Incident.earliest) <= f"{datetime}-{last}"
            )
        if q is not None:
            statement = statement.where(or_(col(Incident.title).contains(q), col(Incident.summary).contains(q)))
        if sort == "-date":
            statement = statement.order_by(col(Incident.earliest).desc(), col(Incident.id).desc())
        with Session(its_engine) as session:
            incidents = list(session.exec(statement.offset(offset).limit(limit)))
        links = Links(self="/v1/incidents", next=f"/v1/incidents?offset={offset + limit}")
        return {"data": incidents, "links": links, "meta": Meta(release=1, returned=len(incidents))}

    @app.get("/v1/incidents.geojson", response_model=FeatureCollection)
    def incident_features(bbox: str) -> Any:
        west, south, east, north = map(float, bbox.split(","))
        statement = (
            select(Incident)
            .options(*EAGER)
            .where(
                col(Incident.south) <= north,
                col(Incident.north) >= south,
                col(Incident.west) <= east,
                col(Incident.east) >= west,
            )
            .order_by(col(Incident.earliest).desc(), col(Incident.id).desc())
        )
        with Session(its_engine) as session:
            features = [_feature(incident) for incident in session.exec(statement)]
        return {"type": "FeatureCollection", "release": 1, "features": features, "without_geometry": 0}

    @app.get("/v1/incidents.ndjson")
    def incident_lines() -> StreamingResponse:
        return StreamingResponse(_lines(), media_type="application/x-ndjson")

    def _lines() -> Iterator[str]:
        statement = select(Incident).options(*EAGER).order_by(col(Incident.earliest).desc(), col(Incident.id).desc())
        with Session(its_engine) as session:
            for incident in session.exec(statement.execution_options(yield_per=500)):
                yield _document(incident).model_dump_json() + "\n"

    @app.get("/v1/incidents/{id_}", response_model=Record)
    def get_incident(id_: str) -> Any:
        with Session(its_engine) as session:
            incident = session.exec(select(Incident).options(*EAGER).where(Incident.id == id_)).first()
        if incident is None:
            raise HTTPException(404)
        return {"data": incident, "links": Links(self=f"/v1/incidents/{id_}"), "meta": Meta(release=1)}

    return app


def _document(incident: Incident) -> IncidentDocument:
    return IncidentDocument.model_validate(incident, from_attributes=True)


def _feature(incident: Incident) -> dict[str, Any]:
    properties = flat(resource_columns("incidents", shipped()), _document(incident).model_dump(mode="json"), BASE)
    latitude, longitude = properties.pop("latitude"), properties.pop("longitude")
    point = {"type": "Point", "coordinates": (longitude, latitude)}
    return {"type": "Feature", "id": incident.id, "geometry": point, "properties": properties}
