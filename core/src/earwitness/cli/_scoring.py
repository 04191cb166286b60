"""The options of every command that scores, and what they ask for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ._completing import FILE, metrics, normalizers

if TYPE_CHECKING:
    from ..compare import Corpus, Entrant, Scores

__all__ = ["further_scoring_options", "scored", "scoring_options"]

F = TypeVar("F", bound=Callable[..., Any])


def scoring_options(function: F) -> F:
    """Adds the options; as keyword arguments they go to `scored` as they are."""
    return _LANGUAGE(further_scoring_options(function))


def further_scoring_options(function: F) -> F:
    """The same without the language, for a command whose request has one."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def scored(
    corpus: Corpus,
    entrants: list[Entrant],
    *,
    language: str | None,
    normalizer: tuple[str, ...],
    metric: tuple[str, ...],
    synonyms: str | None,
    terms: str | None,
    resamples: int,
    seed: int,
    **_: Any,
) -> Scores:
    """The scores that these options ask for. Raises what `earwitness.compare.score` does, and for unreadable files."""
    from ..compare import Resampling, read_synonyms, score

    return score(
        corpus,
        entrants,
        profiles=normalizer or None,
        metrics=metric or None,
        language=language,
        synonyms=read_synonyms(_text(synonyms)) if synonyms else (),
        terms=_lines(terms) if terms else (),
        resampling=Resampling(resamples=resamples, seed=seed),
    )


def _lines(name: str) -> list[str]:
    from ..errors import InvalidRequestError

    lines = [line.strip() for line in _text(name).splitlines()]
    found = [line for line in lines if line and not line.startswith("#")]
    if not found:
        raise InvalidRequestError(f"{name} holds no term", action="Write one word or phrase a line.")
    return found


def _text(name: str) -> str:
    from ..errors import InvalidRequestError

    try:
        return Path(name).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidRequestError(f"{name} is not UTF-8", action="Save it as UTF-8.") from None
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise InvalidRequestError(f"{name} cannot be read: {reason}", action="Check the name.") from None


_LANGUAGE = click.option(
    "-l", "--language", metavar="TAG", help="Language of what does not say its own; it chooses the normaliser."
)
_OPTIONS = (
    click.option(
        "--normalizer",
        multiple=True,
        metavar="NAME",
        shell_complete=normalizers,
        help="Compare texts in this normalisation profile, not in that of the language. Repeatable; the first counts.",
    ),
    click.option(
        "--metric",
        multiple=True,
        metavar="NAME",
        shell_complete=metrics,
        help="Measure this alone. Repeatable. [default: all]",
    ),
    click.option(
        "--synonyms", type=FILE, metavar="FILE", help="What counts as the same: lines such as `okay = ok = o k`."
    ),
    click.option(
        "--terms",
        type=FILE,
        metavar="FILE",
        help="Words that matter, one a line: recall, precision and, with --out, the places where they went wrong.",
    ),
    click.option("--no-text", is_flag=True, help="Write nothing of what was said, only figures."),
    click.option(
        "--resamples",
        type=click.IntRange(100, 1_000_000),
        default=10_000,
        show_default=True,
        metavar="N",
        help="How often the statistics draw anew.",
    ),
    click.option(
        "--seed",
        type=click.IntRange(0),
        default=1,
        show_default=True,
        metavar="N",
        help="What they draw from: the same seed gives the same figures.",
    ),
)
