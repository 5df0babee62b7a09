"""What crosses the engine's wire about upkeep. Fields are only added, with defaults."""

from dataclasses import dataclass, field

#: Apart from jobs, so that upkeep never waits for them, nor they for it.
UPKEEP_QUEUE = "zerokerf-upkeep"

Counts = dict[str, int]


@dataclass(frozen=True)
class AccountRef:
    account_id: str


@dataclass(frozen=True)
class ExportRef:
    export_id: str
    account_id: str


@dataclass(frozen=True)
class RetentionReport:
    """What one round removed, by what it was; and the steps that failed, which the next round repeats."""

    counts: Counts = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    #: Rounds since the last one that went through everything.
    since_whole: int = 0
