"""What words of war are: none of them stands in what is served of a dossier about something else."""

import re

WORDS_OF_WAR = re.compile(
    r"\b(war|wars|raids?|troops|combat\w*|insurgen\w*|militia\w*|Iraqi?|Islamic State|airstrikes?|air_attack|joint_raid"
    r"|ground_fire|fighters?|soldiers?)\b",
    re.IGNORECASE,
)
