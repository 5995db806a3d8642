"""The HTML pages of the service: what they show of the API's answers, and the words around it in each language.

Everything on a page is an answer of the API. A part of a page that has a URL of its own under `/embed` is a panel: the
front page shows several, scripts fetch them one by one, and other sites show them in a frame.
"""
