"""What a look at a part of the service found."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """Sentences for operators. Without anything to do, all is well."""

    check: str
    found: str
    to_do: str = ""

    @property
    def is_ok(self) -> bool:
        return not self.to_do
