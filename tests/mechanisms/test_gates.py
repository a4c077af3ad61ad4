"""Gates: when they are decided, what they hold back, and that an open one changes nothing."""

from __future__ import annotations

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from beachhead.mechanisms.gates import decided, opens, shut
from beachhead.simulation.state import NEVER, Gates

PILOT, WAITING = 3, 4  # of the lively firm: entered in quarters 5 and 10


def with_gate(firm, wait=0, threshold=0.0, seen=1.0, used=True):
    """A firm whose market WAITING waits for PILOT."""
    rows = np.eye(firm.problem.people.size)
    gates = Gates(
        pilot=rows[[PILOT]], waits=rows[[WAITING]], wait=np.array([[wait]], np.int32),
        threshold=np.array([[threshold]]), noise=np.zeros(1),
    )  # fmt: skip
    quarters = firm.problem.teams.size
    return replace(
        firm,
        problem=firm.problem._replace(gates=gates),
        shocks=firm.shocks._replace(seen=np.full((quarters, 1), seen)),
        enter=np.append(firm.enter, np.int32(0 if used else NEVER)).astype(np.int32),
        option=np.append(firm.option, np.int32(0)).astype(np.int32),
    )


@pytest.fixture(autouse=True)
def double():
    with jax.enable_x64(True):
        yield


def test_is_decided_so_long_after_its_pilot():
    pilot = jnp.eye(4)[jnp.array([1, 2, 3])]
    enter = jnp.array([-9, -3, 6, NEVER])
    when = decided(enter, pilot, jnp.array([4, 4, 4]), NEVER)
    # A market that is served is looked at from today on.
    assert when.tolist() == [4, 10, NEVER + 4]


def test_opens_from_the_threshold_on_as_it_is_seen():
    sold, threshold = jnp.array([10.0, 10.0, 10.0, 0.0]), jnp.array([10.0, 10.1, 10.1, 0.0])
    seen = jnp.array([1.0, 1.0, 1.02, 1.0])
    assert opens(sold, seen, threshold).tolist() == [True, False, True, True]


def test_holds_back_until_all_gates_have_opened_and_whoever_came_too_early():
    waits = jnp.array([[1.0, 1.0, 1.0, 0.0], [0.0, 0.0, 1.0, 0.0]])
    prepares = jnp.array([5, 4, 9, 0])
    on, decision = jnp.array([True, True]), jnp.array([5, 9])

    def held(first, second):
        return shut(on, waits, jnp.array([first, second]), decision, prepares).tolist()

    assert held(True, True) == [False, True, False, False]
    assert held(True, False) == [False, True, True, False]
    assert held(False, True) == [True, True, True, False]
    assert shut(~on, waits, on, decision, prepares).tolist() == [False] * 4


@pytest.mark.parametrize("used", [True, False])
def test_neutral(lively, used):
    """Not used, or open from the pilot's entry on: the firm as it is without, to 1e-12."""
    gated, plain = with_gate(lively, used=used).run(), lively.run()
    np.testing.assert_allclose(gated.value, plain.value, rtol=1e-12)
    for ours, theirs in zip(gated.record.ledger, plain.record.ledger, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-9)


def test_a_market_whose_gate_stays_shut_is_as_if_it_were_never_planned(lively):
    """No cost, no attention, no knowledge, no crowding: every figure as without the entry."""
    never = lively.enter.copy()
    never[WAITING] = NEVER
    shut_out = with_gate(lively, wait=2, threshold=1e15).run()
    without = replace(lively, enter=never).run()
    np.testing.assert_allclose(shut_out.value, without.value, rtol=1e-12)
    for name in ("saving", "crowd", "heard", "load"):
        ours, theirs = (getattr(run.record.tied, name) for run in (shut_out, without))
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-15)
    assert not shut_out.record.cleared.any()


def test_the_threshold_is_on_units_sold_before_the_decision(lively):
    """The gate opens at just what the pilot has sold, and not a millionth above."""
    wait = 2
    sold = float(lively.run().record.units[: 5 + wait, PILOT].sum())
    assert sold > 0.0
    just = with_gate(lively, wait=wait, threshold=sold * (1 - 1e-9)).run().record.cleared[:, 0]
    assert just.tolist() == [quarter >= 5 + wait for quarter in range(just.size)]
    assert not with_gate(lively, wait=wait, threshold=sold * (1 + 1e-6)).run().record.cleared.any()
    # Whoever sees too much opens it.
    looked = with_gate(lively, wait=wait, threshold=sold * 1.5, seen=1.6).run()
    assert looked.record.cleared.any()


def test_nothing_is_prepared_before_the_decision(lively):
    """A market whose preparation would have begun earlier is not entered at all."""
    late = with_gate(lively, wait=5)  # decided in 10; preparation takes the quarter before
    assert not late.run().record.present[:, WAITING].any()
    on_time = with_gate(lively, wait=4).run().record
    assert on_time.present[:, WAITING].any()
    assert not np.asarray(on_time.ledger.opening)[:9, WAITING].any()
