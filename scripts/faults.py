"""Kills parts of a service under load, as often as asked for, and prints what came of it: `make faults`.

Most rounds of kills are on a service whose parts are apart, some on one in a single process. Each round is
looked at as a whole; its seed is printed, and given again it makes the same schedule.
"""

import argparse
import asyncio
import random
import statistics
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.faults.chaos_houses import House, house_apart, house_in_one
from tests.faults.chaos_run import Report, run_chaos, schedule
from tests.faults.chaos_webhooks import WebhookReport, run_webhooks

KILLS_A_ROUND = 25
#: Every so many rounds one is on a service in a single process.
IN_ONE_EVERY = 4
#: And every so many of the others is one whose clocks jump, in which every reading of them is slower.
JUMPS_EVERY = 2
WEBHOOKS, WEBHOOK_KILLS = 200, 20


def main() -> None:
    arguments = _arguments()
    reports, told = asyncio.run(_all(arguments.kills, arguments.seed, webhooks=arguments.webhooks))
    print(_table(reports, told))
    problems = [problem for report in reports for problem in report.problems]
    problems += told.problems if told else []
    for problem in problems:
        print(f"{problem.kind}: {problem.what}")
    sys.exit(1 if problems else 0)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100, help="SIGKILLs in all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--webhooks", type=int, default=WEBHOOKS, help="webhooks to tell under fire; 0 for none"
    )
    return parser.parse_args()


async def _all(kills: int, seed: int, *, webhooks: int) -> tuple[list[Report], WebhookReport | None]:
    reports: list[Report] = []
    while (left := kills - sum(report.kills for report in reports)) > 0:
        number = len(reports) + 1
        reports.append(
            await _round(seed + number, min(left, KILLS_A_ROUND), in_one=number % IN_ONE_EVERY == 0)
        )
        print("\n".join([_line(reports[-1]), *map(str, reports[-1].problems)]), flush=True)
    if not webhooks:
        return reports, None
    chance = random.Random(seed)  # noqa: S311 - a schedule that can be had again
    with _folder() as folder:
        async with _house(Path(folder), chance, seed) as house:
            told = await run_webhooks(
                house, Path(folder), webhooks=webhooks, kills=WEBHOOK_KILLS, seed=seed, tell=_tell
            )
    return reports, told


async def _round(seed: int, kills: int, *, in_one: bool) -> Report:
    chance = random.Random(seed)  # noqa: S311 - a schedule that can be had again
    with _folder() as folder:
        async with _house(Path(folder), chance, seed, in_one=in_one) as house:
            plan = schedule([*house.hurts], kills, chance)
            report = await run_chaos(house, seed, plan, Path(folder), tell=_tell)
            if report.problems:
                _keep_logs(house, seed)
            return report


@asynccontextmanager
async def _house(
    folder: Path, chance: random.Random, seed: int, *, in_one: bool = False
) -> AsyncIterator[House]:
    jumps = seed % JUMPS_EVERY == 0
    making = house_in_one(folder, chance) if in_one else house_apart(folder, chance, jumps=jumps)
    async with making as house:
        try:
            yield house
        except BaseException:
            _keep_logs(house, seed)
            raise


def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="zerokerf-faults-", ignore_cleanup_errors=True)


def _keep_logs(house: House, seed: int) -> None:
    folder = Path(tempfile.mkdtemp(prefix=f"zerokerf-faults-logs-{seed}-"))
    for number, process in enumerate(house.processes):
        (folder / f"{number}.log").write_text("".join(process.output))
    print(f"logs of the round with seed {seed}: {folder}", flush=True)


def _tell(what: str) -> None:
    print(f"  {what}", file=sys.stderr, flush=True)


def _line(report: Report) -> str:
    found = ", ".join(f"{report.count(kind)} {kind}" for kind in ("lost", "doubled", "untrue", "left"))
    waits_s = sorted(report.redispatched_s)
    waited = f"{len(waits_s)} steps begun again"
    if waits_s:
        waited += f", p50 {statistics.median(waits_s):.1f} s, max {waits_s[-1]:.1f} s"
    told = f"seed {report.seed}: {report.kills} kills, {len(report.asked)} jobs"
    return f"{told}, {found}, {report.took_s:.0f} s; {waited}"


def _table(reports: list[Report], told: WebhookReport | None) -> str:
    hurts = sum((report.hurts for report in reports), Counter[str]())
    waits_s = sorted(wait_s for report in reports for wait_s in report.redispatched_s)
    kinds = Counter(asked.kind for report in reports for asked in report.asked)
    rows = [
        ("fault", "times"),
        *sorted(hurts.items(), key=lambda each: (not each[0].startswith("kill"), each[0])),
    ]
    rows.append(("kills in all", sum(report.kills for report in reports)))
    rows += [(f"jobs: {kind}", count) for kind, count in sorted(kinds.items())]
    rows.append(("jobs in all", sum(kinds.values())))
    rows.append(("webhooks told by them", sum(report.webhooks for report in reports)))
    rows += [
        (kind, sum(report.count(kind) for report in reports))
        for kind in ("lost", "doubled", "untrue", "left")
    ]
    if waits_s:
        rows.append(("steps that were begun again after the kill of a worker", len(waits_s)))
        rows.append(("re-dispatch p50", f"{statistics.median(waits_s):.1f} s"))
        rows.append(("re-dispatch max", f"{waits_s[-1]:.1f} s"))
    if told:
        rows += _webhook_rows(told)
    lines = [f"| {name} | {value} |" for name, value in rows]
    return "\n".join([lines[0], "| --- | ---: |", *lines[1:]])


def _webhook_rows(told: WebhookReport) -> list[tuple[str, object]]:
    return [
        ("webhooks under fire", told.delivered),
        ("kills of server and worker meanwhile", told.kills),
        ("requests that came, refused ones included", told.arrived),
        ("webhooks lost or changed", len(told.problems)),
    ]


if __name__ == "__main__":
    main()
