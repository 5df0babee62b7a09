"""What operators and their scripts read of accounts."""

from collections.abc import Iterable
from datetime import datetime

from server.accounts.account_records import Account
from server.accounts.operators import NewAccount
from zerokerf.cli.splits.modes import Document
from zerokerf.cli.splits.reports import open_table
from zerokerf.cli.terminal import console, printable, put, say


def put_new_account(made: NewAccount) -> None:
    account, key = made.account, made.key
    put(f"{account.id}: {account.name}, plan {account.plan.name} ({account.plan.id})")
    put(f"Key {key.key.id}, {key.key.preview}")
    say("This is the key's secret, shown only this once:")
    put(key.secret)


def new_account_document(made: NewAccount) -> Document:
    key = {"id": made.key.key.id, "preview": made.key.key.preview, "secret": made.key.secret}
    return account_document(made.account) | {"key": key}


def put_accounts(accounts: Iterable[Account]) -> None:
    table = open_table("id", "name", "plan", "created", "closed", right=0)
    for account in accounts:
        table.add_row(
            account.id,
            printable(account.name),
            account.plan.id,
            _time(account.created_at),
            _time(account.closed_at),
        )
    console().print(table)


def account_document(account: Account) -> Document:
    return {
        "id": account.id,
        "name": account.name,
        "plan": account.plan.id,
        "created": _json_time(account.created_at),
        "closed": _json_time(account.closed_at) if account.closed_at else None,
    }


def _time(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%SZ}" if moment else ""


def _json_time(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
