"""What a download may cost, and how it can break."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """All of them hold at once. `total_s` covers everything: redirects, retries and waiting between them."""

    max_bytes: int
    total_s: float = 3600.0
    connect_s: float = 10.0
    idle_s: float = 30.0
    max_redirects: int = 5
    tries: int = 5
    first_retry_s: float = 0.5


class Broken(Exception):
    """An attempt failed in a way that another attempt may mend. `why` is fit for the user."""

    def __init__(self, why: str, *, retry_after_s: float | None = None, **facts: object) -> None:
        super().__init__(why)
        self.why = why
        self.retry_after_s = retry_after_s
        self.facts = facts
