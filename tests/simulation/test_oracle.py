"""The kernel against the model written out in plain Python."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import oracle
import pytest
from instances import Instance, invent, to_jax

from beachhead.simulation.rollout import Outcome, everything, over_worlds
from beachhead.simulation.state import NEVER, Ledger

SEEDS = range(12)
kernel = jax.jit(partial(over_worlds, record=everything))


def run(instance: Instance, schedule: int) -> Outcome:
    with jax.enable_x64(True):
        outcome = kernel(
            to_jax(instance.problem),
            to_jax(instance.worlds),
            jnp.asarray(instance.enter[schedule]),
            jnp.asarray(instance.option[schedule]),
        )
        return jax.tree.map(np.asarray, outcome)


def tell(instance: Instance, schedule: int) -> list[oracle.Books]:
    return oracle.over_worlds(
        instance.problem, instance.worlds, instance.enter[schedule], instance.option[schedule]
    )


def assert_close(ours: np.ndarray, theirs: np.ndarray, what: str) -> None:
    """Equal to 1e-9 of each figure; to 1e-12 of the largest where a figure is a difference."""
    scale = np.abs(theirs).max()
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12 * scale, err_msg=what)


@pytest.mark.parametrize("new_category", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_kernel_equals_oracle(seed: int, new_category: bool) -> None:
    instance = invent(seed, new_category=new_category)
    for schedule in range(len(instance.enter)):
        outcome = run(instance, schedule)
        quarter = outcome.record
        for world, books in enumerate(tell(instance, schedule)):
            assert_close(outcome.value[world], books.value, "value")
            assert_close(outcome.terminal[world], books.terminal, "terminal")
            for line in Ledger._fields:
                assert_close(getattr(quarter.ledger, line)[world], books.lines[line], line)
            for name in ("units", "share", "accepted", "present", "category"):
                assert_close(getattr(quarter, name)[world], books.series[name], name)
            assert_close(quarter.standing[world], books.series["standing"], "standing")
            for name in ("saving", "heard", "crowd", "load"):
                assert_close(getattr(quarter.tied, name)[world], books.series[name], name)
            cleared = quarter.cleared[world]
            first = np.where(cleared.any(axis=0), cleared.argmax(axis=0), np.inf)
            np.testing.assert_array_equal(first, books.opened)
            cash = quarter.ledger.total()[world].sum(axis=1).cumsum()
            assert_close(cash, sum(books.lines.values()).sum(axis=1).cumsum(), "cash")


def test_instances_walk_every_branch() -> None:
    """What the comparison is worth depends on what happens in the invented cases."""
    seen = set()
    for seed in SEEDS:
        instance = invent(seed)
        problem, ways = instance.problem, instance.problem.options
        for schedule in range(len(instance.enter)):
            served = problem.entered < 0
            rows = len(served)
            enter = np.where(served, problem.entered, instance.enter[schedule][:rows])
            option = np.where(served, problem.option, instance.option[schedule][:rows])
            places = np.arange(len(option))
            estimate = ways.estimate[places, option]
            seen |= {"never entered"} if (enter == NEVER).any() else set()
            ready = ways.preparation[places, option]
            seen |= {"no preparation"} if (ready == 0).any() else set()
            asked = problem.rules.unit[:, places, option]
            for books in tell(instance, schedule):
                lines = books.lines
                once = lines["opening"] + lines["investing"] + lines["salvage"]
                running = sum(lines.values()) - once
                agreed = np.where(problem.home > 0.0, np.inf, problem.agreed_loss)
                over = -running.cumsum(axis=0) > agreed * np.maximum(estimate, 1.0)
                gone = (books.series["present"][:-1] == 1) & (books.series["present"][1:] == 0)
                margin = lines["sales"] + lines["channel"] + lines["goods"]
                entered = enter < len(problem.teams)
                gates = problem.gates
                used = instance.enter[schedule][-2:] == 0
                waits = gates.waits @ entered > 0.0
                opened = np.isfinite(books.opened)
                planned = (gates.waits * used[:, None]).any(axis=0) & entered
                for what, so in {
                    "a gate opens": used & waits & opened,
                    "a gate stays shut": used & waits & ~opened,
                    "entered behind a gate": planned & (books.series["present"].any(axis=0)),
                    "exit by fate": gone & ~over[:-1],
                    "exit as agreed": gone & over[:-1],
                    "margin below zero": margin < 0.0,
                    "no rivals": problem.rivals == 0.0,
                    "a late start": entered & (books.series["present"][-1] == 1),
                    "goes on after the horizon": books.terminal > 0.0,
                    "closed at the horizon": (books.terminal == 0.0)
                    & (books.series["present"][-1] == 1),
                    "owners unknown": np.isnan(problem.owners_share),
                    "several languages": problem.likeness.teaches[:, 3:6].sum(axis=1) > 1,
                    "no language": problem.likeness.teaches[:, 3:6].sum(axis=1) == 0,
                    "spillover": books.series["heard"] > 0.0,
                    "haste": books.series["crowd"] > 0.0,
                    "a rule complied with": (asked > 0.0) & (lines["goods"] < 0.0),
                    "a measure begun": lines["investing"] < 0.0,
                    "a measure kept up": lines["upkeep"] < 0.0,
                    "acceptance gives way": np.diff(books.series["accepted"], axis=0)[
                        (books.series["present"][:-1] == 1) & (books.series["present"][1:] == 1)
                    ]
                    < 0.0,
                    "a rival ahead at home": books.series["standing"].max(axis=1)
                    > (books.series["units"] / books.series["category"])[:, 0],
                }.items():
                    seen |= {what} if so.any() else set()
    assert seen == {
        "never entered", "no preparation", "exit by fate", "exit as agreed", "margin below zero",
        "no rivals", "a late start", "goes on after the horizon", "closed at the horizon",
        "owners unknown", "several languages", "no language", "spillover", "haste",
        "a measure begun", "a measure kept up", "a rule complied with", "acceptance gives way",
        "a rival ahead at home",
        "a gate opens", "a gate stays shut",
        "entered behind a gate",
    }  # fmt: skip
