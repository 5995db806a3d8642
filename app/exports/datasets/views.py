"""Views of the SQLite file: the most common joins."""

from app.exports.datasets.tables import tables
from app.model.codebook import Codebook


def views(codebook: Codebook) -> dict[str, str]:
    """Returns the statement of each view."""
    incidents = next(table for table in tables(codebook) if table.name == "incidents")
    totals = (f"incidents.{one.name}" for one in incidents.columns if one.path.startswith("totals."))
    return {name: statement.format(totals=", ".join(totals)) for name, statement in _VIEWS.items()}


_VIEWS = {
    "incidents_with_totals": """\
SELECT incidents.id, incidents.title, incidents.kind, incidents.granularity,
  incidents.date_edtf, incidents.date_as_stated, incidents.date_earliest, incidents.date_latest, incidents.date_open,
  places.name AS location, incidents.latitude, incidents.longitude, incidents.coordinate_radius_m,
  {totals},
  (SELECT count(*) FROM casualties WHERE casualties.incident_id = incidents.id) AS claims,
  incidents.contested, operation.title AS parent, incidents.summary
FROM incidents
LEFT JOIN places ON places.id = incidents.location_id
LEFT JOIN incidents AS operation ON operation.id = incidents.parent_id""",
    "claims_with_incident": """\
SELECT casualties.id, casualties.incident_id, incidents.title AS incident,
  incidents.date_edtf, incidents.date_as_stated, incidents.date_earliest, incidents.date_latest, incidents.date_open,
  casualties."group", organizations.name AS organization, casualties.outcome, casualties.low, casualties.high,
  casualties.harm, casualties.harm_low, casualties.harm_high, casualties.harm_best, casualties.part_of_id,
  claimant.label AS claimed_by, channel.label AS via, casualties.basis, casualties.counted, casualties.note
FROM casualties
JOIN incidents ON incidents.id = casualties.incident_id
LEFT JOIN organizations ON organizations.id = casualties.organization_id
LEFT JOIN parties AS claimant ON claimant.id = casualties.claimed_by_id
LEFT JOIN parties AS channel ON channel.id = casualties.via_id""",
    "quotes_with_speaker": """\
SELECT quotes.id, quotes.text, quotes.kind, quotes.speaker_id, speaker.label AS speaker, people.anonymity,
  relay.label AS relayed_by, audience.label AS told_to, articles.title AS article,
  (SELECT min(paragraph) FROM quote_spans WHERE quote_spans.quote_id = quotes.id) AS paragraph
FROM quotes
JOIN articles ON articles.id = quotes.article_id
JOIN parties AS speaker ON speaker.id = quotes.speaker_id
LEFT JOIN people ON people.id = quotes.speaker_id
LEFT JOIN parties AS relay ON relay.id = quotes.relayed_by_id
LEFT JOIN parties AS audience ON audience.id = quotes.told_to_id""",
    "statements_with_speaker": """\
SELECT statements.id, statements.gist, statements.stance, statements.by_id, speaker.label AS speaker, statements.topic,
  statements.date_edtf, statements.date_as_stated, statements.date_earliest, statements.date_latest,
  statements.date_open, statements.contested, audience.label AS told_to, articles.title AS article
FROM statements
JOIN articles ON articles.id = statements.article_id
LEFT JOIN parties AS speaker ON speaker.id = statements.by_id
LEFT JOIN parties AS audience ON audience.id = statements.told_to_id""",
}
