"""How machines find the data: the catalogues of the web of data (DCAT 3, schema.org), of APIs (RFC 9727), and texts."""
