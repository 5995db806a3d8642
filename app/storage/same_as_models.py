"""The database tables of external ids. The other tables are in `models`."""

from sqlalchemy import Index

from app.storage.columns import VersionedTable, reference, text


class IncidentSameAs(VersionedTable, table=True):
    """An id that another register has for an incident."""

    __tablename__ = "incident_same_as"
    __table_args__ = (Index(None, "external_id", "incident_id"),)
    incident_id: str = reference("incidents.id", primary_key=True, index=False)
    external_id: str = text(primary_key=True)


class PlaceSameAs(VersionedTable, table=True):
    """An id that another register has for a place."""

    __tablename__ = "place_same_as"
    __table_args__ = (Index(None, "external_id", "place_id"),)
    place_id: str = reference("places.id", primary_key=True, index=False)
    external_id: str = text(primary_key=True)


class PartySameAs(VersionedTable, table=True):
    """An id that another register has for a person or an organization."""

    __tablename__ = "party_same_as"
    __table_args__ = (Index(None, "external_id", "party_id"),)
    party_id: str = reference("parties.id", primary_key=True, index=False)
    external_id: str = text(primary_key=True)
