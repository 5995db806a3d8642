"""What the front page is called, from the articles of the release."""

from app.api.site.answers import Answers
from app.api.site.texts import texts


def headline(answers: Answers) -> str:
    """Returns what the front page is called: the article, or how many there are."""
    articles = answers.records("articles", [("limit", "2"), ("fields", "title")])["data"]
    number = answers.snapshot.release.counts.get("articles", 0)
    t = texts(answers.language)
    return str(articles[0]["title"] if number == 1 else t("front.headline", count=number))
