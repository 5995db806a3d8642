"""Schemas of OpenAPI beside the documents: envelopes, keys, header fields, vocabularies, types of `/client.js`."""
