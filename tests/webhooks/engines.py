"""An engine that sends nothing."""

from zerokerf.errors import Unavailable


class NotedEngine:
    """Takes notes, unless it is out of reach."""

    def __init__(self) -> None:
        self.started: list[tuple[str, str, int]] = []
        self.is_reachable = True

    async def start_delivery(self, account_id: str, delivery_id: str, round_number: int) -> None:
        if not self.is_reachable:
            raise Unavailable("The job engine")
        self.started.append((account_id, delivery_id, round_number))
