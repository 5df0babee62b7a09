"""`zerokerf keys` and `zerokerf usage` against the service itself."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner

from tests.cli.conftest import Cli
from tests.client.account_house import House
from zerokerf.cli.exit_codes import ExitCode
from zerokerf.cli.main import app


async def key_id_of(manager: Cli) -> str:
    """Of a key that was made just now."""
    made = await manager("keys", "create", "CI", "--scope", "splits:read", "--scope", "batch:read", "--json")
    key_id: str = json.loads(made.out)["id"]
    return key_id


async def test_a_key_is_made_as_it_was_typed(manager: Cli) -> None:
    typed = ("--scope", "splits:read", "--scope", "batch:read", "--expires", "30d", "--test", "--json")

    document = json.loads((await manager("keys", "create", "CI", *typed)).out)

    expires = datetime.fromisoformat(document["expires"]) - datetime.now(UTC)
    assert (document["name"], document["test"]) == ("CI", True)
    assert document["scopes"] == ["batch:read", "splits:read"]
    assert timedelta(days=29, hours=23) < expires < timedelta(days=30)
    assert document["secret"].startswith("as_test_sk_")


async def test_a_secret_alone_is_printed_for_scripts_and_opens_the_door(
    house: House, manager: Cli, cli: Cli
) -> None:
    made = await manager("keys", "create", "CI", "-q")

    listed = await cli("keys", "list", "--server", house.target, "--api-key", made.out.strip())

    assert (made.out.count("\n"), made.err) == (1, "")
    assert [line.split()[1] for line in listed.out.splitlines()] == ["name", "Bootstrap", "CI"]


async def test_people_are_told_that_a_secret_is_shown_once(manager: Cli) -> None:
    made = await manager("keys", "create", "CI", "--scope", "splits:read")

    assert "CI, a live key, as_live_sk_" in made.out
    assert "May use splits:read\n" in made.out
    assert "Never expires\n" in made.out
    assert made.out.splitlines()[-1].startswith("as_live_sk_")
    assert made.err == "This is its secret, shown only this once:\n"


async def test_a_key_is_listed_and_shown_without_its_secret(manager: Cli) -> None:
    key_id = await key_id_of(manager)

    ids = await manager("keys", "list", "-q")
    document = json.loads((await manager("keys", "list", "--json")).out)
    shown = await manager("keys", "show", key_id)

    assert ids.out == f"key_bootstrap\n{key_id}\n"
    assert [key["id"] for key in document["keys"]] == ["key_bootstrap", key_id]
    assert "secret" not in document["keys"][1]
    assert shown.out.startswith(f"{key_id}: CI, a live key, ")


async def test_only_what_is_typed_is_changed(manager: Cli) -> None:
    key_id = await key_id_of(manager)

    dated = await manager("keys", "update", key_id, "--expires", "2099-03-31", "--json")
    renamed = await manager("keys", "update", key_id, "--name", "Nightly", "--scope", "splits:read", "--json")
    endless = await manager("keys", "update", key_id, "--never-expires", "--json")

    assert json.loads(dated.out)["expires"] == "2099-03-31T00:00:00Z"
    assert json.loads(dated.out)["name"] == "CI"
    assert json.loads(renamed.out)["expires"] == "2099-03-31T00:00:00Z"
    assert json.loads(endless.out)["expires"] is None
    assert (json.loads(endless.out)["name"], json.loads(endless.out)["scopes"]) == (
        "Nightly",
        ["splits:read"],
    )


async def test_a_key_is_renewed_and_revoked(manager: Cli) -> None:
    key_id = await key_id_of(manager)

    renewed = await manager("keys", "rotate", key_id, "-q")
    revoked = await manager("keys", "revoke", key_id)
    gone = await manager("keys", "show", key_id)

    assert renewed.out.startswith("as_live_sk_")
    assert (revoked.code, revoked.err) == (0, f"Key {key_id} is revoked.\n")
    assert (gone.code, gone.err) == (4, f"Error: API key {key_id} not found\n")


async def test_what_the_service_refuses_is_code_2_and_what_a_key_may_not_code_5(
    house: House, manager: Cli, cli: Cli
) -> None:
    unknown = await manager("keys", "create", "CI", "--scope", "splits:all")
    narrow = await manager("keys", "create", "CI", "--scope", "splits:read", "-q")
    denied = await cli("keys", "list", "--server", house.target, "--api-key", narrow.out.strip())

    assert (unknown.code, unknown.out) == (2, "")
    assert "'splits:all' is not a scope; there are batch:read" in unknown.err
    assert (denied.code, denied.out) == (5, "")
    assert "needs the scope 'keys:manage'" in denied.err


async def test_usage_is_shown_with_what_the_plan_allows(manager: Cli, operator: Cli) -> None:
    assert (await operator("accounts", "plan", "acc_bootstrap", "plan_pro")).code == 0

    shown = await manager("usage", "--period", "2026-05")
    document = json.loads((await manager("usage", "--json")).out)
    refused = await manager("usage", "--period", "someday")

    assert shown.out.startswith("2026-05: minutes of recordings: 0.0 of 5000\nJobs completed: 0, failed: 0\n")
    assert "Plan Pro (plan_pro): requests a minute: 300, jobs at once: 20, keys: 50, hours" in shown.out
    assert document["plan"]["retention_s"] == 30 * 24 * 3600
    assert (document["audio_s"], document["plan"]["price_per_month_cents"]) == (0, 4900)
    assert refused.code == 2


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["keys", "create"], "NAME"),
        (["keys", "create", "CI", "--expires", "soon"], "--expires: 'soon' is not a duration"),
        (["keys", "create", "CI", "--expires", "2020-01-01"], "--expires: '2020-01-01' is over already"),
        (["keys", "update", "key_x"], "Say what to change with --name, --scope, --expires"),
        (["keys", "update", "key_x", "--expires", "1d", "--never-expires"], "does not go with"),
        (["webhooks", "list", "--state", "odd"], "'odd' is not a state; use one of pending, delivered"),
        (["webhooks", "list", "--limit", "0"], "--limit"),
        (["webhooks", "secret", "--end-previous-now"], "--end-previous-now goes with --rotate"),
        (["accounts", "create", "Acme", "--no-such-thing", "1"], "NO_SUCH_THING"),
        (["accounts", "create", "Acme", "--data-dir"], "--data-dir needs a value"),
        (["accounts", "list", "stray"], "stray"),
        (["token", "--lives", "0s"], "--lives: '0s' is not a duration"),
    ],
)
def test_a_mistake_is_code_2_and_a_sentence(arguments: list[str], sentence: str) -> None:
    result = CliRunner().invoke(app, arguments)

    assert result.exit_code == ExitCode.USAGE
    assert sentence in result.stderr
    assert result.stdout == ""
