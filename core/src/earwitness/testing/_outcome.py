"""What became of each clause for one provider."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["Outcome", "Report", "Verdict"]

Verdict = Literal["held", "failed", "unsupported", "excused", "blocked"]
"""`unsupported`: the provider declares that it has no such thing; `excused`: it fails, and the author says why;
`blocked`: another clause fails without which this one cannot be judged."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One clause's verdict. `text` says what is wrong, or why the clause does not count."""

    verdict: Verdict
    text: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """Every clause's outcome, by id, in the order of the contract."""

    name: str
    outcomes: Mapping[str, Outcome] = field(repr=False)

    @property
    def failed(self) -> dict[str, str]:
        """The clauses that fail, with what is wrong."""
        return self._texts("failed")

    @property
    def unsupported(self) -> dict[str, str]:
        """The clauses that do not apply, with what the provider has not."""
        return self._texts("unsupported")

    @property
    def excused(self) -> dict[str, str]:
        """The clauses that the author excuses, with the reason."""
        return self._texts("excused")

    @property
    def blocked(self) -> dict[str, str]:
        """The clauses that could not be judged, with what stood in the way."""
        return self._texts("blocked")

    @property
    def held(self) -> tuple[str, ...]:
        """The clauses that hold."""
        return tuple(self._texts("held"))

    def __str__(self) -> str:
        counts = {verdict: len(self._texts(verdict)) for verdict in ("held", "failed", "unsupported", "excused")}
        return f"{self.name}: " + ", ".join(f"{count} {verdict}" for verdict, count in counts.items())

    def _texts(self, verdict: str) -> dict[str, str]:
        return {id: one.text for id, one in self.outcomes.items() if one.verdict == verdict}
