"""What may be told of an exception that is not ours: its text may quote what somebody said."""

from types import TracebackType

__all__ = ["where"]


def where(error: BaseException) -> str:
    """The exception by its type and place only."""
    place: TracebackType | None = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    at = f" in {place.tb_frame.f_code.co_qualname}, line {place.tb_lineno}" if place is not None else ""
    return f"{type(error).__name__}{at}"
