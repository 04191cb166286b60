"""What Earwitness itself brings to a comparison, through the hooks that plugins use."""

from __future__ import annotations

from collections.abc import Sequence

from ..hookspecs import hookimpl
from .breakdown import Breakdown
from .metric import Metric
from .profile import Profile
from .rates import RATES

__all__ = ["earwitness_metrics", "earwitness_normalizers"]


@hookimpl
def earwitness_metrics() -> Sequence[Metric]:
    """Error rates, where the errors come from, and all that needs times or speakers."""
    from .metrics import metrics

    raw = next(one for one in earwitness_normalizers() if one.name == "raw")
    return (*RATES, Breakdown(raw), *metrics())


@hookimpl
def earwitness_normalizers() -> Sequence[Profile]:
    """The profiles of `earwitness.compare.normalization`."""
    from .normalization import profiles

    return profiles()
