"""At its neutral value a parameter leaves the kernel's results as if its mechanism were not there.

Each claim compares two firms: one with the neutral value, one with a lively value but nothing for
the mechanism to act upon (no distance, no rivals' price, nobody online ...). Where a mechanism
always has something to act upon, the neutral firm carries the lively value in its figures instead
(a factor of two on a budget is a budget of twice the size).
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import jax
import numpy as np
import pytest
from mutations import PACKAGE, ROOT, find_proofs

from beachhead.mechanisms import table


def results(outcome):
    """All but the couplings themselves."""
    return outcome._replace(record=outcome.record._replace(tied=None))


def accepted(outcome):
    return outcome.record.accepted


def opening(outcome):
    return outcome.record.ledger.opening


def running(outcome):
    return outcome.record.ledger.running


def saving(outcome):
    return outcome.record.tied.saving


def chance_of_exit(outcome):
    """The annuity at the horizon falls with the hazard in the last quarter."""
    return outcome.annuity


@dataclass(frozen=True)
class Claim:
    """What the neutral value of a parameter amounts to.

    `without` takes from a firm what the mechanism acts upon; `carrying` puts a firm's lively value
    of the parameter into its figures. `seen` is the part of the outcome that is compared; `held`
    are other parameters at neutral in all firms.
    """

    without: Callable = lambda firm: firm
    carrying: Callable = lambda firm: firm
    seen: Callable = results
    held: dict[str, float] = field(default_factory=dict)


def facing(**figures):
    """A firm with some figures of its problem set; 'options__fee' is an option's."""
    return lambda firm: firm.facing({name.replace("__", "."): it for name, it in figures.items()})


def scaled(name, parameter):
    """A firm with a figure multiplied by its own value of a parameter."""

    def scale(firm):
        mechanism, key = parameter.split(".")
        factor = getattr(getattr(firm.parameters, mechanism), key)
        part, _, leaf = name.rpartition(".")
        figure = getattr(firm.problem.options if part else firm.problem, leaf)
        return firm.facing({name: figure * (factor[:, None] if np.ndim(figure) == 2 else factor)})

    return scale


def unlike(*kinds):
    """A firm whose markets have no likeness of these kinds (all if none is named)."""

    def part(firm):
        likeness = firm.problem.likeness
        kept = ~np.isin(likeness.kind, kinds) if kinds else np.zeros(likeness.kind.shape, bool)
        return firm.facing(
            {"likeness.teaches": likeness.teaches * kept, "likeness.learns": likeness.learns * kept}
        )

    return part


def grown(firm):
    return firm.facing(
        {"income_growth": firm.problem.income_growth + firm.parameters.category.growth_error}
    )


def enriched_by_the_fall(firm):
    """Only the ratio of income to the price of the category matters."""
    return firm.facing(
        {"income_growth": firm.problem.income_growth + firm.parameters.category.price_fall}
    )


def priced_for_quality(firm):
    share = firm.parameters.share
    return firm.facing({"price_ratio": firm.problem.price_ratio + share.quality / share.price})


def handicapped(firm):
    share = firm.parameters.share
    late = share.order * np.log1p(firm.problem.rivals)
    return firm.facing({"price_ratio": firm.problem.price_ratio + late / share.price})


def no_richer(firm):
    return firm.facing({"richer": np.minimum(firm.problem.richer, 0.0)})


def half_online(firm):
    return firm.facing({"connected": 0.5}).meeting({"online": 0.5})


def fully_open(firm):
    return firm.facing({"options.reach_full": firm.problem.options.reach})


CLAIMS = {
    "category.addressable": Claim(carrying=scaled("people", "category.addressable")),
    "category.budget_share": Claim(without=facing(entry_price=0.0)),
    "category.price_fall": Claim(carrying=enriched_by_the_fall),
    "category.growth_error": Claim(carrying=grown),
    "category.size_factor": Claim(carrying=scaled("people", "category.size_factor")),
    # Where the firm sells already, utility bears on what its sales say of acceptance.
    "acceptance.localisation": Claim(
        facing(options__localisation=0.0), seen=accepted, held={"share.localisation": 0.0}
    ),
    "acceptance.distance": Claim(facing(distance=0.0), seen=accepted),
    "acceptance.development": Claim(no_richer, seen=accepted, held={"share.price_income": 0.0}),
    "acceptance.talk": Claim(half_online, held={"reach.catch_up": 0.0}),
    "acceptance.spillover": Claim(facing(clout=0.0)),
    "knowledge.phi": Claim(unlike()),
    "knowledge.neighbourhood": Claim(unlike(0), seen=saving),
    "knowledge.language": Claim(unlike(1), seen=saving),
    "knowledge.income": Claim(unlike(2), seen=saving),
    "knowledge.institutions": Claim(unlike(3), seen=saving),
    "entry.distance": Claim(facing(distance=0.0), seen=opening),
    "entry.localisation": Claim(facing(options__localisation=0.0), seen=opening),
    "entry.haste": Claim(facing(teams=np.inf), seen=opening),
    "entry.digest": Claim(facing(teams=np.inf)),
    "entry.cost_factor": Claim(carrying=scaled("options.estimate", "entry.cost_factor")),
    "reach.catch_up": Claim(fully_open),
    "share.price": Claim(facing(price_ratio=0.0)),
    "share.price_income": Claim(facing(richer=0.0), held={"acceptance.development": 0.0}),
    "share.advertising": Claim(facing(usual_spend=np.inf)),
    "share.localisation": Claim(
        facing(options__localisation=0.0),
        seen=lambda outcome: outcome.record.share,
        held={"acceptance.localisation": 0.0},
    ),
    "share.order": Claim(carrying=handicapped, held={"share.price_income": 0.0}),
    "share.quality": Claim(carrying=priced_for_quality, held={"share.price_income": 0.0}),
    "exit.level": Claim(facing(options__alpha=-np.inf)),
    "exit.distance": Claim(facing(distance=0.0), seen=chance_of_exit),
    "exit.knowledge": Claim(unlike(), seen=chance_of_exit, held={"exit.haste": 0.0}),
    "exit.haste": Claim(facing(teams=np.inf), seen=chance_of_exit),
    "exit.margin": Claim(facing(options__fee=1.0, cost=0.0), seen=chance_of_exit),
    "cashflow.distance": Claim(facing(distance=0.0), seen=running),
    "cashflow.learning": Claim(unlike(), seen=running),
    "cashflow.fixed_factor": Claim(carrying=scaled("options.fixed", "cashflow.fixed_factor")),
    "home.dilution": Claim(facing(options__load=0.0)),
    "home.carries": Claim(facing(options__load=0.0)),
}


def difference(one, other):
    """Largest difference between two trees, relative to the largest value of each leaf."""
    leaves = [
        (np.asarray(a), np.asarray(b))
        for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True)
    ]
    return max(np.abs(a - b).max() / max(np.abs(b).max(), 1e-300) for a, b in leaves)


def neutral(name):
    return {name: table()[name].neutral}


@pytest.mark.parametrize("name", CLAIMS)
def test_neutral_is_the_model_without(lively, name):
    claim = CLAIMS[name]
    firm = lively.having(claim.held)
    switched_off = claim.carrying(firm).having(neutral(name)).run()
    without = claim.without(firm).run()
    assert difference(claim.seen(switched_off), claim.seen(without)) < 1e-12


@pytest.mark.parametrize("name", CLAIMS)
def test_the_lively_value_does_something(lively, name):
    claim = CLAIMS[name]
    firm = lively.having(claim.held)
    switched_off = firm.having(neutral(name)).run()
    assert difference(claim.seen(switched_off), claim.seen(firm.run())) > 1e-9


@pytest.mark.parametrize("name", [n for n, p in table().items() if p.neutral is not None])
def test_every_neutral_value_is_proved(name):
    """Here, or by name in the tests that its mechanism names as its proof."""
    proofs = find_proofs(PACKAGE / "mechanisms" / f"{name.partition('.')[0]}.py")
    texts = [(ROOT / proof).read_text(encoding="utf-8") for proof in proofs]
    assert name in CLAIMS or any(f'"{name}"' in text for text in texts)
