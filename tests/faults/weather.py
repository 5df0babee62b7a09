"""Bad weather between the service and its S3 server: requests that fail, hang up or crawl, by chance."""

import random

from tests.storage.fault_proxy import Fault, Request, Rule

#: Of each request in a storm.
_CHANCES = (
    (Fault.BUSY, 0.10),
    (Fault.BROKEN, 0.05),
    (Fault.LOSE_REPLY, 0.05),
    (Fault.CUT_REPLY, 0.05),
    (Fault.SLOW, 0.20),
)


def storm(chance: random.Random) -> Rule:
    """503 and 500, replies lost and cut short, and answers that take their time."""
    faults = [fault for fault, _ in _CHANCES]
    weights = [weight for _, weight in _CHANCES]

    def rule(_: Request) -> Fault:
        return chance.choices([*faults, Fault.NONE], [*weights, 1 - sum(weights)])[0]

    return rule


def sunshine(_: Request) -> Fault:
    return Fault.NONE
