"""Parameters, lists, formats and paths of other APIs, each with its equivalent here.

Names of parameters are written in lower case and without punctuation, because requests are normalized to that.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Equivalent:
    """What does the same here: an explanation, and the parameters for it, if there are any."""

    explanation: str
    parameters: tuple[str, ...] = ()


_PAGE = Equivalent("pages follow each other by `links.next`, which has a `cursor`", ("cursor", "after"))
_SIZE = Equivalent("`limit` says how many records a page holds", ("limit", "facet_limit"))
_VALUES = Equivalent("`facet_limit` says how many values of each facet are sent", ("facet_limit",))
_BEGINNING = Equivalent("`facet_prefix` keeps the values with a word that begins so", ("facet_prefix",))
_ZOOM = Equivalent("`z` is the zoom of the map that `grid` counts by", ("z",))
_SORT = Equivalent("`sort=KEY` sorts, `sort=-KEY` the other way round", ("sort",))
_FORMAT = Equivalent("every format has an address of its own, as /v1/incidents.csv; /v1 lists them")
_FIELDS = Equivalent("`fields=a,b` keeps only these keys", ("fields",))
_INCLUDE = Equivalent("`include=a,b` also sends the records that these refer to", ("include",))
_WORDS = Equivalent("`q` looks for words", ("q",))
_FILTER = Equivalent("each filter is a parameter of its own, as `kind=killing`; repeated it means or, others mean and")
_DAYS = Equivalent("`datetime` takes a day, a month, a year or an interval `A/B`, `A/..`, `../B`", ("datetime",))
_SINCE = Equivalent("`datetime=A/..` asks for days, `changed_since` for later releases", ("datetime", "changed_since"))
_START = Equivalent(
    "`datetime=A/B` asks for days; a page begins where `links.next` says", ("datetime", "cursor", "after")
)
_POINT = Equivalent("`near=lon,lat` with `radius_km`, the longitude first", ("near",))
_RADIUS = Equivalent("`radius_km` goes with `near=lon,lat`", ("radius_km",))
_BOX = Equivalent("`bbox=minLon,minLat,maxLon,maxLat`", ("bbox",))
_PLACE = Equivalent(
    "a place, a country or anything between is one id, with all that lies inside it", ("place", "within")
)
_KIND = Equivalent("what sort of record it is stands in `kind`", ("kind", "role", "stance", "group"))
_WHO = Equivalent("people and organizations are ids", ("actor", "speaker", "by", "incident"))
_HARM = Equivalent("bounds of casualties are compared with a number", ("killed_at_least", "outcome"))
_COUNT = Equivalent("`meta.matched` counts what matches, in any case with `count=exact`", ("count",))
_ID = Equivalent("one record stands at its own address, as /v1/incidents/kubaiba-raid; `id` takes several", ("id",))
_SUMS = Equivalent(
    "`facets=a,b` also counts a list by values, /v1/facets alone; /v1/casualties/summary adds up by groups",
    ("facets", "facet", "group_by"),
)
_LOOKS = Equivalent("answers are compact JSON; `python -m json.tool` lays them out")
_OPEN = Equivalent("nothing is asked for: every answer may be read from any page, by anybody")
_LANGUAGE = Equivalent("`lang` chooses the language of labels: `en` or `ar`", ("lang",))

_PARAMETERS = {
    "page pagenumber pageno pageindex p offset skip startindex startat pagetoken nextpage nextpagetoken after": _PAGE,
    "before marker continuation scroll scrollid bookmark": _PAGE,
    "perpage pagesize pagelimit size rows top max maxresults maxitems results n num first take batchsize": _SIZE,
    "limit facetsize facetvalues maxvaluesperfacet maxfacetvalues facetmaxvalues": _VALUES,
    "prefix facetquery facetsearch suggest typeahead autocomplete startswith": _BEGINNING,
    "zoom zoomlevel precision resolution": _ZOOM,
    "order orderby sortby sortorder sortdir sortdirection sortfield sorting direction dir ordering desc asc": _SORT,
    "format f fmt output outputformat outputtype mime mimetype accept alt as wt filetype extension": _FORMAT,
    "select only columns cols props properties propertyname fieldset attributes keys field exclude omit fl": _FIELDS,
    "expand embed with includes populate relations relationships join joins nested depth": _INCLUDE,
    "search query text keyword keywords term terms s word words find match contains fulltext phrase name title": _WORDS,
    "label searchterm searchtext": _WORDS,
    "filter filters where cql condition conditions criteria": _FILTER,
    "date dates day year month when time from to until end startdate enddate datefrom dateto fromdate todate": _DAYS,
    "mindate maxdate datemin datemax eventdate period between timerange daterange stop": _DAYS,
    "since updatedsince modifiedsince updatedafter modifiedafter": _SINCE,
    "start": _START,
    "lat latitude lon lng long longitude ll latlng latlon lonlat point coords coordinates center centre around": _POINT,
    "geo position geopoint": _POINT,
    "radius distance dist r km withinkm radiusm maxdistance": _RADIUS,
    "box bounds boundingbox viewbox viewport extent minlon minlat maxlon maxlat xmin ymin xmax ymax": _BOX,
    "north south east west geometry intersects polygon swne": _BOX,
    "country state province region district city town village location locationid placeid area at": _PLACE,
    "type category categories tag tags class eventtype kinds types": _KIND,
    "person people who party organization organisation org group actorid author perpetrator participant side": _WHO,
    "killed deaths dead fatalities minkilled wounded injured casualties minfatalities victims": _HARM,
    "total totals withcount includetotal counttotal includecount": _COUNT,
    "id ids uuid slug key": _ID,
    "groupby aggregate aggregations aggs facet facets distinct sum stats": _SUMS,
    "pretty prettyprint indent human envelope compact": _LOOKS,
    "apikey token accesstoken auth callback jsonp origin cors": _OPEN,
    "language locale hl translate": _LANGUAGE,
}

PARAMETERS = {name: habit for names, habit in _PARAMETERS.items() for name in names.split()}
"""Parameters of other APIs."""

LISTS = {
    "event": "incidents",
    "events": "incidents",
    "attack": "incidents",
    "attacks": "incidents",
    "persons": "people",
    "peoples": "people",
    "actor": "people",
    "actors": "people",
    "org": "organizations",
    "orgs": "organizations",
    "organisation": "organizations",
    "organisations": "organizations",
    "groups": "organizations",
    "location": "places",
    "locations": "places",
    "victims": "casualties",
    "deaths": "casualties",
    "fatalities": "casualties",
    "claims": "casualties",
    "quotations": "quotes",
    "sources": "articles",
    "documents": "articles",
}
"""Names of lists in other APIs."""

SUFFIX_SPELLINGS = {"json", "jsonl", "json-ld", "jsonlines", "geo.json", "jsonfeed", "pq", "geoparquet", "arrows"}
"""Suffixes that are another spelling of an existing one; a request with one of them is redirected."""

SUFFIXES = {
    "json": "",
    "jsonl": ".ndjson",
    "jsonlines": ".ndjson",
    "geo.json": ".geojson",
    "json-ld": ".jsonld",
    "rdf": ".jsonld",
    "ttl": ".jsonld",
    "nt": ".jsonld",
    "nq": ".jsonld",
    "n3": ".jsonld",
    "trig": ".jsonld",
    "jsonfeed": ".feed.json",
    "rss": ".atom",
    "xml": ".atom",
    "xls": ".xlsx",
    "xlsm": ".xlsx",
    "ods": ".xlsx",
    "excel": ".xlsx",
    "tsv": ".csv",
    "pq": ".parquet",
    "geoparquet": ".parquet",
    "arrows": ".arrow",
    "feather": ".arrow",
    "ipc": ".arrow",
    "kml": ".geojson",
    "gpkg": ".geojson",
    "shp": ".geojson",
}
"""Other names of formats, and formats that do not exist here, each with the most similar suffix."""

_PATHS = {
    "openapi swagger.json swagger.yaml swagger.yml v1/openapi v1/openapi.json": "/openapi.json",
    "v1/swagger.json v2/api-docs v3/api-docs api-docs apispec.json spec schema": "/openapi.json",
    "openapi.yml v1/openapi.yaml": "/openapi.yaml",
    "redoc swagger swagger-ui swagger-ui.html swagger-ui/index.html swagger/index.html api/docs v1/docs": "/docs",
    "documentation doc help explorer playground graphql graphiql rapidoc": "/docs",
    "api api/v1 v2 v1.0 v0 rest index index.json v1/index root catalog": "/v1",
    "health healthcheck health/live live livez status ping up v1/health": "/healthz",
    "ready health/ready readiness v1/ready": "/readyz",
    "feed feed.xml feeds rss rss.xml atom atom.xml index.xml v1/feed v1/rss": "/v1/incidents.atom",
    "feed.json": "/v1/incidents.feed.json",
    "search v1/find v1/query v1/autocomplete v1/suggest": "/v1/search",
    "changelog v1/changelog v1/updates v1/sync v1/deleted v1/tombstones": "/v1/changes",
    "citation citations v1/citation v1/citations v1/bibtex": "/v1/cite",
    "errata corrigenda corrections v1/errata v1/corrigenda v1/correction": "/v1/corrections",
    "v1/release v1/versions v1/version version": "/v1/releases",
    "v1/stats v1/statistics v1/summary v1/totals v1/sums stats statistics": "/v1/casualties/summary",
    "v1/facet v1/counts v1/aggregations v1/categories v1/tags": "/v1/facets",
    "download downloads export exports v1/download v1/export v1/dump v1/data v1/dataset data": "/v1/dataset.zip",
    "dataset v1/dataset.csv v1/datapackage.json datapackage.json dataset.zip": "/v1/dataset.zip",
    "v1/dataset.db v1/sqlite dataset.sqlite": "/v1/dataset.sqlite",
    "v1/vocabulary v1/vocabularies v1/enums v1/kinds v1/types v1/meta v1/glossary codebook": "/v1/codebook",
    "ontology vocab vocabulary.jsonld v1/terms v1/vocab v1/ontology ns terms.jsonld": "/terms",
    "context context.jsonld v1/context v1/context.jsonld v1/contexts": "/docs/linked-data",
    "sparql v1/sparql triples rdf": "/docs/linked-data",
    "wfs wms ogcapi features collections conformance v1/ogc v1/collections geoserver": "/ogc/",
}

PATHS = {path: where for paths, where in _PATHS.items() for path in paths.split()}
"""Paths of other services, each with the path of the same thing here."""
