"""What was learned moves the worlds as one, and its file is refused where it does not belong."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from beachhead.calibration import read_beliefs
from beachhead.cases import Case
from beachhead.data import Panel
from beachhead.errors import InputError
from beachhead.quantities import Sure
from beachhead.simulation import Beliefs, simulate
from beachhead.simulation.correlation import COMMON, REGIONAL
from beachhead.simulation.learned import Finding, Label, Learned, say_prior
from beachhead.simulation.pack import Packed, pack

OWN = "acceptance.q"
SHARED = "category.replacement_years"
LABELS: tuple[Label, ...] = ((SHARED,), (OWN, "common"), (OWN, "market", "AUT"))


@pytest.fixture(scope="module")
def packed(case: Case, panel: Panel) -> Packed:
    return pack(case, panel)


@pytest.fixture(scope="module")
def prior(case: Case, panel: Panel) -> Beliefs:
    return Beliefs.from_prior(case, panel)


def teach(prior: Beliefs, case: Case, scores: np.ndarray) -> Beliefs:
    """Beliefs with these scores of `LABELS`, axes (chain, draw, label)."""
    learned = Learned(
        labels=LABELS,
        scores=scores.astype(np.float32),
        priors={name: say_prior(prior.parameters[name]) for name in (OWN, SHARED)},
        regions={"AUT": "western_europe"},
        home=case.firm.home,
        category=case.product.category,
        case=case.name,
        since="2010Q1",
        until="2012Q4",
        version="0",
        seed=1,
        divergences=0,
        records="0",
        findings=(Finding("REVIEW", "noise", "", "much noise"),),
    )
    return dataclasses.replace(prior, learned=learned)


@pytest.fixture(scope="module")
def taught(prior: Beliefs, case: Case) -> Beliefs:
    shared = np.random.default_rng(1).standard_normal((4, 100, 1))
    return teach(prior, case, shared + np.array([0.0, 1.0, -1.0]))


def test_a_world_takes_all_from_one_draw(taught: Beliefs) -> None:
    by_label = {label: taught.score(7, 500, *label) for label in LABELS}
    np.testing.assert_allclose(by_label[OWN, "common"], by_label[SHARED,] + 1.0, atol=1e-6)
    np.testing.assert_allclose(by_label[OWN, "market", "AUT"], by_label[SHARED,] - 1.0, atol=1e-6)
    assert len(np.unique(by_label[SHARED,])) > 200  # of the 400 draws
    np.testing.assert_array_equal(by_label[SHARED,][:9], taught.score(7, 9, SHARED))


def test_what_was_not_learned_stays(taught: Beliefs, prior: Beliefs, packed: Packed) -> None:
    given = 7, 5, packed.markets, packed.regions
    before, after = prior.draw(*given), taught.draw(*given)
    for name in prior.parameters:
        assert np.array_equal(before[name], after[name]) == (name not in (OWN, SHARED)), name
    fixed = dataclasses.replace(
        taught, parameters={n: dataclasses.replace(p, prior=Sure()) for n, p in
                            taught.parameters.items()},
    )  # fmt: skip
    assert (fixed.draw(*given)[OWN] == prior.parameters[OWN].default).all()


def test_a_market_without_records_moves_with_what_is_common(
    taught: Beliefs, prior: Beliefs
) -> None:
    """By the common part, sqrt(.3), and no more: the rest of its score stays its own."""
    given = 7, 4_000, ("AUT", "DEU"), ("western_europe", "western_europe")
    parameter = prior.parameters[OWN]
    scores = np.log(taught.draw(*given)[OWN] / parameter.default) / parameter.prior.sd  # type: ignore[attr-defined]
    own = np.sqrt(1.0 - COMMON - REGIONAL)
    assert scores.mean(axis=0) == pytest.approx([np.sqrt(COMMON) - own, np.sqrt(COMMON)], abs=0.06)
    assert scores[:, 1].std() == pytest.approx(1.0, abs=0.05)


def test_certain_is_the_middle_of_what_was_learned(taught: Beliefs, packed: Packed) -> None:
    sure = taught.certain()
    given = 7, 3, packed.markets, packed.regions
    drawn = sure.draw(*given)
    assert all((values == values[0]).all() for values in drawn.values())
    middle = np.median(taught.learned.scores, axis=(0, 1))  # type: ignore[union-attr]
    parameter = taught.parameters[OWN]
    elsewhere = next(k for k, iso3 in enumerate(packed.markets) if iso3 != "AUT")
    expected = parameter.prior.values(parameter.default, np.sqrt(COMMON) * middle[1:2])
    assert drawn[OWN][0, elsewhere] == pytest.approx(float(expected[0]), rel=1e-5)


def test_ends_are_those_of_what_was_learned(taught: Beliefs, prior: Beliefs) -> None:
    low, high = (taught.at(SHARED, score)[1] for score in (-1.6449, 1.6449))
    scores = taught.learned.draws[SHARED,]  # type: ignore[union-attr]
    parameter = prior.parameters[SHARED]
    ends = parameter.prior.values(parameter.default, np.quantile(scores, [0.05, 0.95]))
    assert (low, high) == pytest.approx(tuple(ends), rel=1e-3)
    moved, value = taught.at(OWN, 1.6449)
    drawn = moved.certain().draw(1, 2, ("DEU",), ("western_europe",))[OWN]
    assert drawn == pytest.approx(np.full((2, 1), value), rel=1e-5)


def test_the_file_holds_it_all(taught: Beliefs, case: Case, panel: Panel, tmp_path: Path) -> None:
    learned = taught.learned
    assert learned is not None and learned.verdict == "REVIEW"
    learned.write(tmp_path / "a.nc")
    learned.write(tmp_path / "b.nc")
    assert (tmp_path / "a.nc").read_bytes() == (tmp_path / "b.nc").read_bytes()
    read = read_beliefs(tmp_path / "a.nc", case, panel).learned
    assert read is not None
    for field in dataclasses.fields(Learned):
        one, other = getattr(learned, field.name), getattr(read, field.name)
        assert np.array_equal(one, other) if field.name == "scores" else one == other


def test_beliefs_of_another_question_are_refused(
    taught: Beliefs, case: Case, panel: Panel, tmp_path: Path
) -> None:
    learned = taught.learned
    assert learned is not None
    wrong = {
        "of CHN": {"home": "CHN"},
        "records of 2031Q1": {"until": "2031Q1"},
        "was learned about 9": {"priors": {OWN: "9, fixed"}},
    }
    for words, change in wrong.items():
        dataclasses.replace(learned, **change).write(tmp_path / "x.nc")  # type: ignore[arg-type]
        with pytest.raises(InputError, match=words):
            read_beliefs(tmp_path / "x.nc", case, panel)
    (tmp_path / "x.nc").write_text("no such thing")
    with pytest.raises(InputError, match="no beliefs"):
        read_beliefs(tmp_path / "x.nc", case, panel)
    with pytest.raises(InputError, match="no such file"):
        read_beliefs(tmp_path / "y.nc", case, panel)
    # What the case sets itself is certain, whatever was learned.
    certain = case.model_copy(update={"parameters": {OWN: 2.0}})
    learned.write(tmp_path / "z.nc")
    assert read_beliefs(tmp_path / "z.nc", certain, panel).draw(1, 2, ("DEU",), ("x",))[OWN] == (
        pytest.approx(np.full((2, 1), 2.0))
    )


def test_a_firm_that_is_believed_to_be_liked_sells_more(
    taught: Beliefs, prior: Beliefs, case: Case, panel: Panel
) -> None:
    from beachhead.cases import Schedule

    fast = teach(prior, case, np.tile([0.0, 2.0, 2.0], (4, 10, 1)))
    given = Schedule()
    sold = [
        float(simulate(case, panel, beliefs, given, worlds=8, seed=1)["units"].sum())
        for beliefs in (prior, fast)
    ]
    assert sold[1] > sold[0]
