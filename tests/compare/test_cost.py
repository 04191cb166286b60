"""Cost is told as billed: rounded as the vendor rounds, with its source, and unknown where no price was read."""

from __future__ import annotations

from pathlib import Path

import pytest

from earwitness._discovery import installed, load_provider
from earwitness.compare.cost import Bill, cost
from earwitness.compare.prices import PriceEntry, price_of, read_prices, shipped_prices
from earwitness.config import Config
from earwitness.errors import ConfigurationError
from earwitness.scripted import ScriptedProvider

ENTRY = PriceEntry(
    per_hour=3600, currency="KRW", block_seconds=15, failed="free", read_on="2026-11-21", source="our contract"
)


def test_short_recordings_cost_more_than_the_list_says() -> None:
    """Two recordings of one second are billed as 30 s: the price per 1,000 h of such audio is 15 times the list's."""
    found = cost([Bill(1000, ENTRY), Bill(1000, ENTRY, now=False)], error_rate=0.2)
    assert (found.currency, found.whole, found.run) == ("KRW", 30, 15)
    assert found.billed_h == pytest.approx(30 / 3600)
    assert found.per_1000_h == pytest.approx(15 * 3600 * 1000)
    assert found.per_correct_h == pytest.approx(15 * 3600 / 0.8)
    assert "blocks of 15 s" in found.told and "our contract" in found.told and "2026-11-21" in found.told


def test_failures_make_the_correct_hour_dearer() -> None:
    """The error rate is over all that was asked, so the hours are too; a failed job costs what the table says."""
    failed = Bill(1000, ENTRY, answered=False)
    free = cost([Bill(1000, ENTRY), failed], error_rate=0.5)
    assert free.whole == 15 and free.per_correct_h == pytest.approx(15 / (2 / 3600 * 0.5))
    billed = ENTRY.model_copy(update={"failed": "billed"})
    assert cost([Bill(1000, billed), Bill(1000, billed, answered=False)]).whole == 30
    unknown = ENTRY.model_copy(update={"failed": "unknown"})
    found = cost([Bill(1000, unknown), Bill(1000, unknown, answered=False)])
    assert found.whole == 15 and "without 1 failed jobs" in found.told


@pytest.mark.parametrize("rate", [None, 1.0, 1.7])
def test_who_gets_nothing_right_has_no_price_for_it(rate: float | None) -> None:
    """At an error rate of 100 % or more, or unknown, there is no correct hour to pay for."""
    assert cost([Bill(1000, ENTRY)], error_rate=rate).per_correct_h is None


def test_minimum_channels_and_add_ons_count() -> None:
    """A minimum, each channel and each option asked for are billed as the table says."""
    entry = ENTRY.model_copy(
        update={"minimum_seconds": 20, "block_seconds": 1, "channels": "each", "add_ons": {"speakers": 1800}}
    )
    assert cost([Bill(1500, entry, channels=2)]).whole == pytest.approx(40)
    assert cost([Bill(1500, entry, channels=2, add_ons=("speakers", "emotion"))]).whole == pytest.approx(60)
    assert cost([Bill(25_500, entry)]).whole == pytest.approx(26)


def test_an_unknown_price_is_told_as_unknown() -> None:
    """Nothing is guessed: without a rate the billed seconds are told, without an entry not even these."""
    ruled = PriceEntry(block_seconds=15, read_on="2026-11", source="docs")
    found = cost([Bill(1000, ruled)], error_rate=0.1)
    assert (found.whole, found.per_1000_h, found.currency) == (None, None, None)
    assert found.billed_h == pytest.approx(15 / 3600) and found.told.startswith("unknown: no price has been read")
    assert cost([Bill(1000), Bill(1000, ENTRY)]).told.startswith("unknown: no price table")
    mixed = cost([Bill(1000, ENTRY), Bill(1000, ENTRY.model_copy(update={"currency": "CNY"}))])
    assert mixed.whole is None and "several currencies" in mixed.told


def test_what_is_free_costs_nothing() -> None:
    """An engine of one's own has a cost of 0, and is not of unknown price."""
    found = cost([Bill(3_600_000, free=True)], error_rate=0.5)
    assert (found.whole, found.run, found.per_1000_h, found.per_correct_h) == (0, 0, 0, 0)


def test_what_is_not_asked_is_not_called_free() -> None:
    """Nothing to bill says nothing about the price: a paid vendor whose answers are all there is no free one."""
    found = cost([])
    assert (found.whole, found.run, found.billed_h, found.per_1000_h) == (0, 0, 0, None)
    assert found.told == "nothing to bill"


def _profile(price: str = "") -> Config:
    table = {"provider": "scripted"}
    return Config.of({"profiles": {"calls": table | ({"price": {"per_hour": 1, "currency": "EUR"}} if price else {})}})


def test_the_closest_entry_of_the_first_table_holds(tmp_path: Path) -> None:
    """One's own file goes over the shipped table, a service over a provider, a model over a service."""
    path = tmp_path / "prices.toml"
    head = 'provider = "scripted"\nread_on = "2026-11"\nsource = "'
    path.write_text(
        f'[[prices]]\n{head}all"\n[[prices]]\nservice = "a"\n{head}service"\n'
        f'[[prices]]\nmodel = "m"\n{head}model"\n[[prices]]\nprovider = "x"\nread_on = "2026-11"\nsource = "other"\n'
    )
    own, shipped = read_prices(path), [ENTRY.model_copy(update={"provider": "scripted", "source": "shipped"})]
    profile = _profile().profile("calls")

    def source(service: str, model: str | None) -> str | None:
        found = price_of(profile, service, model, [own, shipped])
        return found.source if found else None

    assert (source("a", None), source("b", None), source("a", "m")) == ("service", "all", "model")
    assert price_of(profile, "a", None, [(), shipped]) == shipped[0]
    assert price_of(profile, "a", None, [(), ()]) is None


def test_the_profiles_own_price_goes_over_all() -> None:
    """Who writes a price into the profile means it; what the table says of failed jobs still holds."""
    profile = _profile("own").profile("calls")
    alone, over = price_of(profile, "a", None, []), price_of(profile, "a", None, [[_scripted(ENTRY)]])
    assert alone is not None and (alone.per_hour, alone.currency, alone.source) == (1, "EUR", "the profile")
    assert over is not None and (over.per_hour, over.failed, over.currency) == (1, "free", "EUR")


def _scripted(entry: PriceEntry) -> PriceEntry:
    return entry.model_copy(update={"provider": "scripted"})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[[prices]]\nread_on = "2026-11"\nsource = "x"\n', r"prices\.0: provider is missing"),
        ('[[prices]]\nprovider = "x"\nread_on = "soon"\nsource = "x"\n', r"prices\.0\.read_on"),
        ('[[prices]]\nprovider = "x"\nread_on = "2026-11"\nsource = "x"\nper_hour = 1\n', "needs a currency"),
        ('[[prices]]\nprovider = "x"\nread_on = "2026-11"\nsource = "x"\nrate = 1\n', "rate"),
        ("[[prices\n", "line 1"),
    ],
)
def test_a_wrong_price_table_is_told_by_its_place(tmp_path: Path, text: str, told: str) -> None:
    """A slip in a price is found before anything is asked."""
    path = tmp_path / "p.toml"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=told):
        read_prices(path)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_prices(tmp_path / "gone.toml")


def test_shipped_tables_say_when_and_where_they_were_read() -> None:
    """Every installed provider's table is sound and complete for its services; none of ours knows a rate."""
    assert shipped_prices(ScriptedProvider) == ()
    for name in {one.name for one in installed()} & {"clova", "tencent"}:
        provider = load_provider(name)
        entries = shipped_prices(provider)
        services = {one.name for one in provider.capabilities.services}
        assert entries and {one.service for one in entries} - {None} <= services
        assert all(one.source and one.trust and one.read_on >= "2026" for one in entries)
        assert all(one.per_hour is None for one in entries)  # no price list has been read
