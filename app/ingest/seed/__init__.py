"""The format of seed files: models of their records, and parsing YAML and JSON Lines into them with file and line.

Knows neither the text of an article nor a database. `record_seeds`, `article_seeds` and `claim_seeds` are the models,
`reading` reads a folder, `yaml_edits` and `file_changes` write into one.
"""
