"""Vocabularies of incidents, actors and casualty claims, and of how certain they are."""

from enum import StrEnum


class IncidentKind(StrEnum):
    """What happened, in one word.

    joint_raid: planned ground assault or search by national forces together with foreign troops
    detention: people taken into custody or questioned by state or foreign forces
    air_attack: fire delivered from aircraft, whatever the target
    ground_fire: shooting or shelling from the ground that is not itself an assault
    killing: killing of civilians or captives outside combat
    abduction: civilians taken or held by a non-state or unknown actor
    targeted_killing: deliberate killing of a named leader by a state
    explosion: blasts with no established author
    insurgent_attacks: attacks, ambushes, false checkpoints or bombs by an insurgent group
    sweep_operation: large clearing operation by national forces without a stated foreign ground component
    access_denial: a convoy or mission stopped, turned back or cancelled by another armed or command actor
    airspace_restriction: limits on flying imposed by a state or command
    force_movement: withdrawal, evacuation, deployment or redeployment of troops
    operations_pause: suspension or resumption of operations by a party
    political_act: vote, call, accusation, lobbying or negotiation
    threat: announced or reported intention to attack
    displacement: civilians leave their homes because of violence or fear
    territorial_change: area captured, or officially declared cleared
    hostilities_phase: a named round of confrontation between states or parties, not resolved into events
    """

    JOINT_RAID = "joint_raid"
    DETENTION = "detention"
    AIR_ATTACK = "air_attack"
    GROUND_FIRE = "ground_fire"
    KILLING = "killing"
    ABDUCTION = "abduction"
    TARGETED_KILLING = "targeted_killing"
    EXPLOSION = "explosion"
    INSURGENT_ATTACKS = "insurgent_attacks"
    SWEEP_OPERATION = "sweep_operation"
    ACCESS_DENIAL = "access_denial"
    AIRSPACE_RESTRICTION = "airspace_restriction"
    FORCE_MOVEMENT = "force_movement"
    OPERATIONS_PAUSE = "operations_pause"
    POLITICAL_ACT = "political_act"
    THREAT = "threat"
    DISPLACEMENT = "displacement"
    TERRITORIAL_CHANGE = "territorial_change"
    HOSTILITIES_PHASE = "hostilities_phase"


class Granularity(StrEnum):
    """Whether the record is one event or stands for several.

    event: one identifiable event or act
    series: an aggregate that the reporting does not resolve into single events
    planned: announced, not yet happened when the article was published
    """

    EVENT = "event"
    SERIES = "series"
    PLANNED = "planned"


class PlaceRole(StrEnum):
    """What a place is to an incident.

    scene: where it happened
    origin: where the force or people set out
    staging: intermediate stop
    approach: direction or area of movement
    nearby: reference point, not the scene
    target_area: what the act was aimed at
    destination: where people went
    jurisdiction: administrative area that the reporting states
    home_area: where the unit or person comes from
    context: area of the narrative only
    """

    SCENE = "scene"
    ORIGIN = "origin"
    STAGING = "staging"
    APPROACH = "approach"
    NEARBY = "nearby"
    TARGET_AREA = "target_area"
    DESTINATION = "destination"
    JURISDICTION = "jurisdiction"
    HOME_AREA = "home_area"
    CONTEXT = "context"


class ActorRole(StrEnum):
    """What somebody is to an incident.

    perpetrator: asserted by the article as the author of the act
    suspected_perpetrator: inferred or implied, with no claim and no proof given
    accused: blamed by somebody; the article itself does not adopt the blame
    participant: took part on the initiating side
    support: supported the act without being said to assault
    target: armed side or body against which the act was directed
    victim: killed, wounded, abducted, detained or displaced
    opponent: returned fire or resisted
    authority: ordered, approved, refused or regulated
    witness: saw or heard it, according to the article
    discoverer: found the bodies
    claimant: claimed responsibility
    recipient: object of pressure or demand
    """

    PERPETRATOR = "perpetrator"
    SUSPECTED_PERPETRATOR = "suspected_perpetrator"
    ACCUSED = "accused"
    PARTICIPANT = "participant"
    SUPPORT = "support"
    TARGET = "target"
    VICTIM = "victim"
    OPPONENT = "opponent"
    AUTHORITY = "authority"
    WITNESS = "witness"
    DISCOVERER = "discoverer"
    CLAIMANT = "claimant"
    RECIPIENT = "recipient"


class Certainty(StrEnum):
    """How firmly the reporting ties a place or an actor to an incident.

    stated: the article says so in its own voice
    inferred: read from the context by the article or its coder
    reported: passed on as a report without a source
    claimed: said by a source or party, not adopted by the article
    contested: said by some and denied by others
    """

    STATED = "stated"
    INFERRED = "inferred"
    REPORTED = "reported"
    CLAIMED = "claimed"
    CONTESTED = "contested"


class CasualtyBasis(StrEnum):
    """On what a casualty figure rests.

    stated: the article gives it in its own voice
    reported: heard or passed on, nobody vouches for it first-hand
    claimed: one source or party says so
    confirmed: confirmed by the side it concerns or by an authority
    contested: disputed, or at odds with other figures
    inferred: read from the context
    """

    STATED = "stated"
    REPORTED = "reported"
    CLAIMED = "claimed"
    CONFIRMED = "confirmed"
    CONTESTED = "contested"
    INFERRED = "inferred"


class CasualtyOutcome(StrEnum):
    """What happened to the people counted.

    killed: died
    wounded: injured and not said to have died
    abducted: taken or held by a non-state or unknown actor
    detained: held by state or foreign forces
    displaced: left home
    removed: killed or captured, the reporting does not say which
    casualties: killed and wounded, not split
    """

    KILLED = "killed"
    WOUNDED = "wounded"
    ABDUCTED = "abducted"
    DETAINED = "detained"
    DISPLACED = "displaced"
    REMOVED = "removed"
    CASUALTIES = "casualties"


class CasualtyGroup(StrEnum):
    """Whom the figure counts; `organization` beside it says whose.

    civilian: civilians
    military: members of a state's armed or special forces
    police: members of a police force, its special units included
    contractor: people working for a military under contract
    translator: interpreters and translators working with a force
    militia: members of a militia or paramilitary
    armed_group: members of a non-state armed group
    coalition: personnel of a coalition, nationality not stated
    unknown: the reporting does not say
    """

    CIVILIAN = "civilian"
    MILITARY = "military"
    POLICE = "police"
    CONTRACTOR = "contractor"
    TRANSLATOR = "translator"
    MILITIA = "militia"
    ARMED_GROUP = "armed_group"
    COALITION = "coalition"
    UNKNOWN = "unknown"


class DatePrecision(StrEnum):
    """How finely a date is given. Dates are EDTF strings (ISO 8601-2), and the first and last possible day are always
    the bounds of the string: null where an end is open or unknown. A season is one of whole months: March to May, June
    to August, September to November, December to February of the next year (25 to 28 on the northern half of the globe;
    29 to 32 on the southern, where it comes half a year later); 21 to 24 name no half, so their bounds hold both.
    Filters and sorts take an open end for a day: that of the publication, or one that the editors assume.

    day: a day, or a choice among days
    month: a month, or a choice among months
    year: a year, or a choice among years
    range: an interval, a season, digits left open, or a choice among dates of several precisions
    """

    DAY = "day"
    MONTH = "month"
    YEAR = "year"
    RANGE = "range"
