"""Each clause is broken by one provider, which breaks no other: a clause that cannot fail would prove nothing."""

import ssl
from collections.abc import Iterator
from functools import cache

import pytest

from earwitness._entrypoints import PROVIDERS
from earwitness.testing import clauses, examine
from support.distributions import on_path

from .more_mutants import MORE
from .mutants import MUTANTS, Counter, Healthy, Mutant, mutated

COSTLY = {"A10", "D3"}
"""What no mutant but their own can touch, and what takes the longest."""
IN_PROCESS = {"D1", "S1", "S2", "C1", "C2", "C6", "M1", "M2", "M5", "G1", "G2", "G3", "G4", "X5"}
"""What starts no worker."""
IDS = [one.id for one in clauses()]


@pytest.fixture(autouse=True, scope="module")
def one_tls_context() -> Iterator[None]:
    """Nobody here speaks TLS, and reading all authorities anew for each session would be most of the work."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ssl, "create_default_context", cache(ssl.create_default_context))
        yield


@pytest.fixture(autouse=True, scope="module")
def announced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The reference is announced like an installed plugin."""
    with on_path(tmp_path_factory.mktemp("site")) as site:
        points = (
            f"[{PROVIDERS}]\nminnow = contract.minnow\n[earwitness.emulators]\nminnow = contract.reference_emulator\n"
        )
        site.add("earwitness-minnow", entry_points=points)
        site.add("earwitness-minnow-heavy", providers={"minnow": "contract.heavy"})
        yield


def test_the_healthy_reference_holds_every_clause() -> None:
    """Nothing is wrong with the provider that the mutants are cut from."""
    report = examine(Healthy)
    assert report.failed == {} and report.blocked == {} and report.excused == {}
    assert {id[0] for id in report.unsupported} == {"G"}


def test_the_healthy_engine_holds_what_is_for_engines() -> None:
    """Nothing is wrong with the engine either."""
    with mutated(Mutant("", Counter, {})) as contract:
        report = examine(contract, only=IN_PROCESS)
    assert report.failed == {} and {"G1", "G2", "G3", "G4"} <= set(report.held)


def test_every_clause_has_its_mutant() -> None:
    """No clause is in the contract without a provider that breaks it."""
    assert set(MUTANTS) == set(IDS)


@pytest.mark.parametrize("id", IDS)
def test_a_mutant_breaks_its_clause_alone(id: str) -> None:
    """The broken provider fails the clause that is made for it, and no other."""
    others = IN_PROCESS if id[0] == "G" else set(IDS) - COSTLY
    with mutated(MUTANTS[id]) as contract:
        report = examine(contract, only=others | {id})
    assert set(report.failed) == {id}, "\n".join(report.failed.values())
    assert not report.blocked


@pytest.mark.parametrize("mutant", MORE)
def test_what_once_passed_is_found(mutant: Mutant) -> None:
    """A clause that can be broken in several ways finds each of them."""
    with mutated(mutant) as contract:
        assert set(examine(contract, only={mutant.clause}).failed) == {mutant.clause}
