"""`zerokerf accounts` and `zerokerf token` on the records of a service."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.client.account_house import House
from zerokerf.cli.operators.settings_command import apart


async def test_an_account_is_made_with_a_key_that_opens_the_door(
    house: House, operator: Cli, cli: Cli
) -> None:
    made = json.loads((await operator("accounts", "create", "Acme", "--plan", "plan_free", "--json")).out)

    secret = made["key"]["secret"]
    usage = await cli("usage", "--json", "--server", house.target, "--api-key", secret)
    keys = await cli("keys", "list", "-q", "--server", house.target, "--api-key", secret)

    assert (made["name"], made["plan"]) == ("Acme", "plan_free")
    assert json.loads(usage.out)["plan"]["id"] == "plan_free"
    assert keys.out == f"{made['key']['id']}\n"


async def test_people_are_told_that_a_secret_is_shown_once(operator: Cli) -> None:
    made = await operator("accounts", "create", "Acme")
    quiet = await operator("accounts", "create", "Acme", "-q")

    assert "Acme, plan Unlimited (unlimited)\n" in made.out
    assert made.out.splitlines()[-1].startswith("as_live_sk_")
    assert made.err == "This is the key's secret, shown only this once:\n"
    assert (quiet.out.count("\n"), quiet.err) == (1, "")


async def test_accounts_are_listed_given_plans_and_closed(house: House, operator: Cli) -> None:
    made = json.loads((await operator("accounts", "create", "Acme", "--plan", "plan_free", "--json")).out)
    second = made["id"]

    default = await operator("accounts", "plan", second, "--default")
    planned = await operator("accounts", "plan", second, "plan_pro")
    closed = await operator("accounts", "close", second)
    table = await operator("accounts", "list")
    document = json.loads((await operator("accounts", "list", "--json")).out)

    assert planned.err == f"Account {second} has the plan Pro.\n"
    assert default.err == f"Account {second} has the plan Unlimited.\n"
    assert closed.err.startswith(f"Account {second} is closed; its last records go on ")
    assert [line.split()[:3] for line in table.out.splitlines()[1:]] == [
        ["acc_bootstrap", "Bootstrap", "unlimited"],
        [second, "Acme", "plan_pro"],
    ]
    assert [account["closed"] is None for account in document["accounts"]] == [True, False]
    assert made["key"]["secret"] not in table.out


async def test_a_closed_account_lets_nobody_in(house: House, operator: Cli, cli: Cli) -> None:
    made = json.loads((await operator("accounts", "create", "Acme", "--json")).out)
    account_id, secret = made["id"], made["key"]["secret"]

    await operator("accounts", "close", account_id)
    refused = await cli("usage", "--server", house.target, "--api-key", secret)
    token = await operator("token", "--account", account_id)

    assert refused.code == 5
    assert (token.code, token.out) == (2, "")
    assert f"The account '{account_id}' is closed." in token.err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["accounts", "create", "Acme", "--plan", "plan_x"], "'plan_x' is no plan; there are plan_free"),
        (["accounts", "create", " "], "A name has 1 to 100 printable characters"),
        (["accounts", "plan", "acc_x", "plan_pro"], "There is no account 'acc_x'"),
        (["accounts", "plan", "acc_x"], "Say which plan: its id, or --default."),
        (["accounts", "plan", "acc_x", "plan_pro", "--default"], "Say which plan"),
        (["accounts", "close", "acc_x"], "There is no account 'acc_x'"),
        (["token", "--account", "acc_x"], "There is no account 'acc_x'"),
        (["token", "--jwt-jwks-url", "https://id.example/keys"], "tokens of an identity provider only"),
        (["token", "--jwt-public-key-file", "idp.pem"], "tokens of an identity provider only"),
    ],
)
async def test_what_operators_cannot_mean_is_code_2(
    operator: Cli, arguments: list[str], sentence: str
) -> None:
    result = await operator(*arguments)

    assert (result.code, result.out) == (2, "")
    assert sentence in result.err


async def test_a_token_for_development_manages_keys_of_its_account(
    house: House, operator: Cli, cli: Cli
) -> None:
    token = await operator("token", "--lives", "15m")

    keys = await cli("keys", "list", "-q", "--server", house.target, "--api-key", token.out.strip())

    assert (token.err, token.out.count("\n")) == ("", 1)
    assert keys.out == "key_bootstrap\n"


async def test_records_may_be_kept_anywhere_and_may_be_new(cli: Cli, empty_database_url: str) -> None:
    records = ("--database-url", empty_database_url)

    made = json.loads((await cli("accounts", "create", *records, "Acme", "--json")).out)

    assert (await cli("accounts", "list", "-q", *records)).out == f"{made['id']}\n"


async def test_a_folder_that_no_service_knows_is_left_as_it_is(cli: Cli, tmp_path: Path) -> None:
    for command in (["accounts", "list"], ["token"]):
        result = await cli(*command, "--data-dir", "elsewhere")

        assert (result.code, result.out) == (2, "")
        assert "No service keeps its records in" in result.err
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize(
    ("arguments", "mine", "settings"),
    [
        (["--data-dir", "d", "Acme", "--plan", "p"], ["Acme", "--plan", "p"], ["--data-dir", "d"]),
        (["Acme", "--data-dir=d", "-q"], ["Acme", "-q"], ["--data-dir=d"]),
        (["--plan=p", "--", "--data-dir", "d"], ["--plan=p", "--", "--data-dir", "d"], []),
        (["Acme", "--data-dir"], ["Acme"], ["--data-dir"]),
    ],
)
def test_settings_are_told_from_options_wherever_they_stand(
    arguments: list[str], mine: list[str], settings: list[str]
) -> None:
    assert apart(arguments, {"--plan", "--quiet", "-q"}) == (mine, settings)
