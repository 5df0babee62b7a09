"""`zerokerf webhooks` against the service itself."""

import json

from server.accounts.bootstrap import ACCOUNT_ID
from server.webhooks.endpoints import record_failed_event
from tests.cli.conftest import Cli
from tests.client.account_house import House
from tests.webhooks.deliveries import BEGINNING, URL

ATTEMPT = {"time": BEGINNING.isoformat(), "status": 500, "answer": "oh \x1b[31mno", "took_ms": 12}


async def test_deliveries_are_listed_by_job_and_state(house: House, manager: Cli) -> None:
    pending = await house.delivery(job_id="job_1")
    failed = await house.delivery(job_id="job_2", state="failed", attempts=[ATTEMPT])

    table = await manager("webhooks", "list")
    of_job = await manager("webhooks", "list", "-q", "--job", "job_1")
    document = json.loads((await manager("webhooks", "list", "--json", "--state", "failed")).out)

    assert {line.split()[0] for line in table.out.splitlines()} == {"id", pending, failed}
    assert of_job.out == f"{pending}\n"
    (only,) = document["deliveries"]
    assert (only["id"], only["state"], only["job"], only["body"]) == (failed, "failed", "job_2", None)
    assert (only["attempts"][0]["status"], only["attempts"][0]["took_ms"]) == (500, 12)


async def test_no_more_deliveries_are_listed_than_asked_for(house: House, manager: Cli) -> None:
    for number in range(3):
        await house.delivery(job_id=f"job_{number}")

    assert (await manager("webhooks", "list", "-q", "--limit", "2")).out.count("\n") == 2


async def test_a_delivery_is_shown_with_what_was_sent_and_answered(house: House, manager: Cli) -> None:
    delivery_id = await house.delivery(state="failed", attempts=[ATTEMPT], body='{"event":"job.completed"}')

    shown = await manager("webhooks", "show", delivery_id)
    document = json.loads((await manager("webhooks", "show", delivery_id, "--json")).out)

    assert shown.out.startswith(
        f"{delivery_id}: failed, job.completed of job_1\nTo {URL}, created 2026-05-02"
    )
    assert "500" in shown.out
    assert "\x1b" not in shown.out
    assert shown.out.endswith('{"event":"job.completed"}\n')
    assert document["body"] == '{"event":"job.completed"}'


async def test_a_delivery_is_sent_again_once_it_has_ended(house: House, manager: Cli) -> None:
    delivery_id = await house.delivery(state="failed")

    again = await manager("webhooks", "redeliver", delivery_id)
    too_soon = await manager("webhooks", "redeliver", delivery_id)
    missing = await manager("webhooks", "redeliver", "dlv_none")

    assert (again.code, again.err) == (0, f"Delivery {delivery_id} is pending.\n")
    assert too_soon.code == 1
    assert "is still being tried" in too_soon.err
    assert missing.code == 4


async def test_a_disabled_address_is_listed_and_enabled(house: House, manager: Cli) -> None:
    for _ in range(3):
        async with house.database.writing() as connection:
            await record_failed_event(connection, ACCOUNT_ID, URL, BEGINNING)

    table = await manager("webhooks", "endpoints")
    document = json.loads((await manager("webhooks", "endpoints", "--json")).out)
    enabled = await manager("webhooks", "enable", URL)
    other = await manager("webhooks", "enable", "https://hooks.example.com/other")

    assert table.out.splitlines()[1].split() == ["3", "2026-05-02", "08:15:40Z", URL]
    assert document["endpoints"] == [{"url": URL, "failed_in_a_row": 3, "disabled": "2026-05-02T08:15:40Z"}]
    assert (enabled.code, enabled.err) == (0, f"{URL} is enabled.\n")
    assert other.code == 4


async def test_the_secret_is_printed_alone_and_rotated(manager: Cli) -> None:
    first = await manager("webhooks", "secret")
    second = await manager("webhooks", "secret", "--rotate")
    third = await manager("webhooks", "secret", "--rotate", "--end-previous-now")

    assert all(each.out.startswith("whsec_") and each.out.count("\n") == 1 for each in (first, second, third))
    assert len({first.out, second.out, third.out}) == 3
    assert second.err.startswith("The secret before it signs too until ")
    assert (first.err, third.err) == ("", "")


async def test_a_lost_answer_of_a_rotation_says_how_to_see_what_became_of_it(
    house: House, manager: Cli
) -> None:
    house.lost_answers["RotateWebhookSecret"] = 1

    lost = await manager("webhooks", "secret", "--rotate")

    assert (lost.code, lost.out) == (6, "")
    assert "'zerokerf webhooks secret' tells" in lost.err
