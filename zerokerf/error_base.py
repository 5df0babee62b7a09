"""What all errors have in common: a kind, a stable reason, a sentence and facts."""

from enum import StrEnum

DOMAIN = "zerokerf"


class Kind(StrEnum):
    """How a caller can react. The names are those of google.rpc.Code."""

    INVALID_ARGUMENT = "INVALID_ARGUMENT"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    PERMISSION_DENIED = "PERMISSION_DENIED"
    NOT_FOUND = "NOT_FOUND"
    ALREADY_EXISTS = "ALREADY_EXISTS"
    FAILED_PRECONDITION = "FAILED_PRECONDITION"
    OUT_OF_RANGE = "OUT_OF_RANGE"
    RESOURCE_EXHAUSTED = "RESOURCE_EXHAUSTED"
    DATA_LOSS = "DATA_LOSS"
    UNAVAILABLE = "UNAVAILABLE"
    UNIMPLEMENTED = "UNIMPLEMENTED"
    INTERNAL = "INTERNAL"


#: Kinds that may pass when the same call is made again, unchanged.
TRANSIENT = frozenset({Kind.UNAVAILABLE, Kind.RESOURCE_EXHAUSTED})


class ZerokerfError(Exception):
    """The root. `reason` is stable, for machines; the sentence is for people; `facts` hold its variables."""

    kind: Kind = Kind.INTERNAL
    reason: str = "INTERNAL_ERROR"

    def __init__(self, sentence: str, **facts: object) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.facts: dict[str, str] = {name: str(value) for name, value in facts.items()}

    @property
    def is_transient(self) -> bool:
        return self.kind in TRANSIENT


class InvalidParams(ZerokerfError):
    """One or more fields break a rule. `violations` maps a field's path to a sentence."""

    kind = Kind.INVALID_ARGUMENT
    reason = "INVALID_PARAMS"

    def __init__(self, violations: dict[str, str]) -> None:
        first = next(iter(violations.values()), "The request is not valid.")
        super().__init__(first)
        self.violations = violations


class Unavailable(ZerokerfError):
    kind = Kind.UNAVAILABLE
    reason = "SERVICE_UNAVAILABLE"

    def __init__(self, what: str = "A part of the service") -> None:
        super().__init__(f"{what} is not available at the moment; try again shortly.")
