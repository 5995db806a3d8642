"""The document of the codebook: all vocabularies, as one record."""

from typing import Literal

from pydantic import Field

from app.model.documents.shared import FrozenModel


class ValueDocument(FrozenModel):
    """A value of a vocabulary."""

    value: str = Field(description="What records and filters have.", examples=["joint_raid"])
    label: str = Field(
        description="What to print: in English, or in the language that `lang` or `Accept-Language` asks for.",
        examples=["joint raid"],
    )
    labels: dict[str, str] = Field(
        description="What to print, by language; at least in English.", examples=[{"en": "joint raid"}]
    )
    meaning: str = Field(description="What it means, in one line of English.")
    broader: str | None = Field(
        description="The value that it is narrower than: whoever asks for that finds this one, too. Null for most."
    )
    equivalents: list[str] = Field(
        description="What it is in other vocabularies, as `vocabulary:value`.", examples=[["acled:Battles"]]
    )
    properties: list[str] = Field(description="What the service does with it; the vocabulary says what each means.")


class VocabularyDocument(FrozenModel):
    """A vocabulary with its values."""

    type: str = Field(description="What it is called in this API's OpenAPI document.", examples=["IncidentKind"])
    description: str = Field(description="What it is for.")
    closed: bool = Field(description="Whether dossiers can add no values, because the service makes them itself.")
    properties: dict[str, str] = Field(description="What the properties of its values mean.")
    values: list[ValueDocument]


class CodebookDocument(FrozenModel):
    """Every vocabulary of the data, by where it is used. The whole codebook is one record, with a history like any
    other; the last two keys come from the release and are not part of its digest."""

    id: Literal["codebook"]
    type: Literal["codebook"]
    url: str = Field(description="Where it stands in the API: its path.")
    vocabularies: dict[str, VocabularyDocument] = Field(description="By where they are used, such as `incident.kind`.")
    version: int = Field(description="Counts the changes of the codebook, from 1.")
    changed_in: int = Field(description="The release that changed it last.")
