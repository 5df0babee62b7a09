"""Plans as configuration: one TOML file, read at the start."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from server.accounts.model import Plan
from zerokerf.errors import ConfigError

BUILT_IN = Path(__file__).with_name("plans.toml")


class _PlanTable(BaseModel):
    """One table of the file."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: str = Field(min_length=1)
    requests_per_minute: int | None = Field(None, ge=1)
    concurrent_jobs: int | None = Field(None, ge=1)
    minutes_per_month: int | None = Field(None, ge=1)
    max_source_bytes: int | None = Field(None, ge=1)
    retention_hours: int | None = Field(None, ge=1)
    api_keys: int | None = Field(None, ge=1)
    price_per_month: int = Field(0, ge=0)
    overage_per_minute: int | None = Field(None, ge=0)
    currency: str = Field("usd", pattern="^[a-z]{3}$")


@dataclass(frozen=True, slots=True)
class Plans:
    by_id: Mapping[str, Plan]
    default: Plan

    def of(self, plan_id: str | None) -> Plan:
        """The plan of an account; the default one where it has none, or one that the file no longer lists."""
        return self.by_id.get(plan_id or "", self.default)


def read_plans(path: Path | None, default_id: str) -> Plans:
    """Raises ConfigError with what is wrong in the file."""
    tables = _tables(path or BUILT_IN)
    plans = {plan_id: _plan(plan_id, table) for plan_id, table in tables.items()}
    if default_id not in plans:
        raise ConfigError(f"ZEROKERF_DEFAULT_PLAN is {default_id!r}, but the plans are {', '.join(plans)}.")
    return Plans(plans, plans[default_id])


def _tables(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"The plans file {path} cannot be read: {error}.") from error


def _plan(plan_id: str, table: object) -> Plan:
    try:
        return Plan(id=plan_id, **_PlanTable.model_validate(table).model_dump())
    except ValidationError as error:
        (problem, *_) = error.errors()
        field = ".".join([plan_id, *map(str, problem["loc"])])
        raise ConfigError(f"The plans file is not valid at {field}: {problem['msg']}.") from error
