"""Every kind of page."""

PAGES = (
    *("/", "/?kind=joint_raid", "/?bbox=43,35,44,36", "/?q=zzzz", "/?kidn=x", "/?lang=ar", "/#incident=k1-withdrawal"),
    *("/incidents/kubaiba-raid", "/incidents/kanoos-island-raid", "/incidents/joint-raids-2019", "/incidents/nope"),
    *("/people", "/people/hassan-al-soofy", "/places/kirkuk-province", "/places/kanoos-island", "/organizations/cts"),
    *("/quotes", "/quotes/al-soofy-raids-and-isis", "/statements", "/statements/iraqi-commanders-only-iraqi-troops"),
    *("/casualties/kanoos-map-tally", "/documents", "/articles/foltyn-us-iran-isis-2020", "/releases/1"),
    *("/search?q=raid", "/search?q=kanos", "/embed/figures", "/embed/map", "/embed/timeline", "/embed/quotes"),
    *("/embed/incidents", "/embed/quotes/al-soofy-raids-and-isis", "/docs", "/docs/guides", "/docs/filters"),
    *("/docs/seed", "/docs/clients", "/docs/maps", "/docs/sharing", "/problems", "/problems/no-such-path"),
)
