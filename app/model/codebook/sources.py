"""Vocabularies of people, organizations, quotes and statements."""

from enum import StrEnum


class OrganizationKind(StrEnum):
    """What sort of body an organization is.

    state: a state as a party
    government_body: a government, parliament, office, ministry or command authority
    armed_forces: regular armed forces or a part of them
    special_forces: special operations forces
    police: police, its special units included
    intelligence: an intelligence service
    militia: militia or paramilitary, also under state authority
    armed_group: non-state armed group
    coalition: coalition of states, or a command of one
    news_organization: publisher of reporting
    think_tank: research institute
    """

    STATE = "state"
    GOVERNMENT_BODY = "government_body"
    ARMED_FORCES = "armed_forces"
    SPECIAL_FORCES = "special_forces"
    POLICE = "police"
    INTELLIGENCE = "intelligence"
    MILITIA = "militia"
    ARMED_GROUP = "armed_group"
    COALITION = "coalition"
    NEWS_ORGANIZATION = "news_organization"
    THINK_TANK = "think_tank"


class PersonRole(StrEnum):
    """What a person or group is to the reporting; one may have several.

    victim: killed, wounded, abducted, detained or displaced
    witness: saw or heard what is told
    official: speaks or acts for a government, force or command
    source: told the reporter something
    combatant: member of a fighting force
    expert: gives an assessment as a specialist
    photographer: took photographs shown with the article
    author: wrote the article
    interpreter: interpreted between others
    """

    VICTIM = "victim"
    WITNESS = "witness"
    OFFICIAL = "official"
    SOURCE = "source"
    COMBATANT = "combatant"
    EXPERT = "expert"
    PHOTOGRAPHER = "photographer"
    AUTHOR = "author"
    INTERPRETER = "interpreter"


class Anonymity(StrEnum):
    """How somebody without a name appears; null for the named.

    unnamed: simply not named
    anonymous: speaks without a name, no reason given
    anonymous_with_reason: speaks without a name, the article gives the reason
    collective: a number of people spoken of together
    spokesperson: unnamed voice of an institution
    """

    UNNAMED = "unnamed"
    ANONYMOUS = "anonymous"
    ANONYMOUS_WITH_REASON = "anonymous_with_reason"
    COLLECTIVE = "collective"
    SPOKESPERSON = "spokesperson"


class LifeStatus(StrEnum):
    """Whether the reporting says that the person lives.

    alive: shown or said to be alive
    dead: said to be dead
    not_stated: the reporting does not say
    """

    ALIVE = "alive"
    DEAD = "dead"
    NOT_STATED = "not_stated"


class QuoteKind(StrEnum):
    """How the words are quoted.

    direct: whole sentences between quotation marks
    partial: a fragment inside the reporter's sentence
    embedded: words quoted inside somebody else's quotation, so second-hand
    """

    DIRECT = "direct"
    PARTIAL = "partial"
    EMBEDDED = "embedded"


class Stance(StrEnum):
    """What the speaker of an indirect statement does with it.

    asserts: states it
    claims: an interested party states it, unverified
    claims_responsibility: says that it did it
    accuses: says that somebody else did it
    denies: says that it is not so
    confirms: says that it is so when asked
    did_not_reply: was asked and gave no answer, which is neither denial nor confirmation
    did_not_publish: withheld information that it usually gives
    insists: repeats a disputed line
    suspects: thinks it likely without proof
    identifies: recognizes it as a specialist
    appears: read from a document or trace
    infers: concluded by the reporter
    believes: holds it as an opinion
    reported: passed on without a source
    predicts: expects it
    threatens: announces harm
    declares: states it as an official assessment
    """

    ASSERTS = "asserts"
    CLAIMS = "claims"
    CLAIMS_RESPONSIBILITY = "claims_responsibility"
    ACCUSES = "accuses"
    DENIES = "denies"
    CONFIRMS = "confirms"
    DID_NOT_REPLY = "did_not_reply"
    DID_NOT_PUBLISH = "did_not_publish"
    INSISTS = "insists"
    SUSPECTS = "suspects"
    IDENTIFIES = "identifies"
    APPEARS = "appears"
    INFERS = "infers"
    BELIEVES = "believes"
    REPORTED = "reported"
    PREDICTS = "predicts"
    THREATENS = "threatens"
    DECLARES = "declares"


class Topic(StrEnum):
    """What a statement is about when it is more than one event; null for statements about single events.

    security_trend: how safe an area is, or how strong a party
    policy: what states and commands do or plan
    political_context: relations between states and parties
    military_practice: how operations are carried out
    information_policy: what is published or withheld
    civilian_impact: how civilians live with it
    causal_claim: what led to what
    forecast: what is expected
    organization_fact: what an organization is made of
    harm_pattern: how often or to whom harm is done
    method: how the reporting was done
    """

    SECURITY_TREND = "security_trend"
    POLICY = "policy"
    POLITICAL_CONTEXT = "political_context"
    MILITARY_PRACTICE = "military_practice"
    INFORMATION_POLICY = "information_policy"
    CIVILIAN_IMPACT = "civilian_impact"
    CAUSAL_CLAIM = "causal_claim"
    FORECAST = "forecast"
    ORGANIZATION_FACT = "organization_fact"
    HARM_PATTERN = "harm_pattern"
    METHOD = "method"
