"""Models are fitted, written, read, scored and used on a case."""

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from invented_firms import TRUE

from beachhead.cases import Case
from beachhead.data import Panel, load_panel
from beachhead.errors import InputError
from beachhead.evidence import History, Model, fit, load, rank, read_histories, save, score
from beachhead.evidence import model as fitting
from beachhead.evidence.choice import Population
from beachhead.evidence.covariates import TERMS
from beachhead.evidence.rhythm import Rhythm, Years, count_years, fit_rhythm, forecast

KEYS = [term.key for term in TERMS]


@pytest.fixture(scope="module")
def true(panel: Panel) -> Model:
    """The model by which the invented firms choose."""
    mu = np.array([[TRUE.get(key, 0.0) for key in KEYS]] * 20)
    nothing = np.zeros(len(panel.codes))
    population = Population(mu, np.full(mu.shape, 0.05), panel.codes, nothing, nothing, 0.1)
    made = {
        "version": "0", "firms": ["firm USA"], "waves": 1, "entries": 3, "inputs": {},
        "before": None, "check": {},
    }  # fmt: skip
    return Model(population, Rhythm(1.0, 0.0, 0.0, 2.0), made)


def test_model_comes_back_as_it_was_written(true: Model, panel: Panel, tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    save(true, path)
    again = load(path)
    assert np.allclose(again.population.mu, true.population.mu, rtol=1e-3)
    assert again.population.markets == panel.codes
    assert (again.rhythm, again.made) == (true.rhythm, true.made)
    save(again, tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == path.read_bytes()
    content = json.loads(path.read_text())
    content["mu"][0][0] += 1.0
    path.write_text(json.dumps(content))
    for text, words in (
        (path.read_text(), "was changed"), ("{}", "not a model"), ("nonsense", "not a model")
    ):  # fmt: skip
        path.write_text(text)
        with pytest.raises(InputError, match=words):
            load(path)


def test_true_model_beats_every_baseline(
    true: Model, panel: Panel, invented: tuple[History, ...]
) -> None:
    found = score(invented[:5], panel, true)
    assert found.seen == ["firm USA"]
    assert (found.waves, found.entries) == (5 * 11, 5 * 33)
    for name, values in found.baselines.items():
        mean, low, _ = values["difference"]["log_likelihood"]
        assert mean == pytest.approx(found.model["log_likelihood"] - values["log_likelihood"])
        assert low > 0.0, name
        assert found.model["mrr"] > values["mrr"], name
    told = sum(row["foretold"] for row in found.reliability[3:])
    assert told == pytest.approx(sum(row["entered"] for row in found.reliability[3:]), rel=0.15)


def test_a_split_in_time_scores_what_came_later(
    true: Model, panel: Panel, invented: tuple[History, ...]
) -> None:
    """The orders that the model is held against learn nothing of the years that are scored."""
    whole, later = (score(invented[:3], panel, true, since=year) for year in (None, 2012))
    assert (whole.waves, later.waves) == (3 * 11, 3 * 6)
    # What the model had learned of before is no peeking.
    early = replace(true, made=true.made | {"before": 2012})
    assert later.seen == ["firm USA"] and not score(invented[:3], panel, early, since=2012).seen
    firm, *others = (replace(h, score_until=None if k == 0 else 2011)
                     for k, h in enumerate(invented[:3]))  # fmt: skip
    ended = [replace(h, moves=tuple(m for m in h.moves if m.year < 2012)) for h in others]
    seen, blind = (score((firm, *them), panel, true, since=2012) for them in (others, ended))
    assert seen.baselines == blind.baselines
    assert (
        score((firm, *others), panel, true).baselines
        != score((firm, *ended), panel, true).baselines
    )
    with pytest.raises(InputError, match="no wave to score"):
        score(invented[:3], panel, true, since=2090)


def test_one_firm_alone_needs_a_model(
    true: Model, panel: Panel, invented: tuple[History, ...]
) -> None:
    assert score(invented[:1], panel, true).waves == 11
    with pytest.raises(InputError, match="left out"):
        score(invented[:1], panel)
    with pytest.raises(InputError, match="no wave to score"):
        score([replace(invented[0], score_until=2000)], panel)


@pytest.mark.slow
def test_fit_at_a_date_sees_nothing_later(
    panel: Panel, invented: tuple[History, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Later figures and later waves of all firms are poisoned: the model has the same bytes."""
    for name, few in (("CHAINS", 1), ("WARMUP", 30), ("DRAWS", 30)):
        monkeypatch.setattr(fitting, name, few)
    later = pl.col("year") >= 2010
    figures = panel.figures.with_columns(
        pl.when(later).then(pl.col("value") * 3.0 + 1.0).otherwise("value").alias("value")
    )
    moved = [
        replace(one, moves=tuple(
            replace(move, iso3="MNG" if k % 2 else "PRY") if move.year >= 2010 else move
            for k, move in enumerate(one.moves)
        ))
        for one in invented[:5]
    ]  # fmt: skip
    clean = fit(invented[:5], panel, before=2010)
    dirty = fit(moved, replace(panel, figures=figures), before=2010)
    assert clean.made["inputs"] != dirty.made["inputs"]
    for name, model in (("clean", clean), ("dirty", dirty)):
        save(replace(model, made=clean.made), tmp_path / name)
    assert (tmp_path / "clean").read_bytes() == (tmp_path / "dirty").read_bytes()


def test_rank_puts_reasons_and_the_other_order_beside(true: Model) -> None:
    case = Case.load("xiaomi-2013")
    panel = load_panel(as_of=case.as_of)
    found = rank(case, panel, true, ["IND", "IDN"])
    assert [placed.rank for placed in found.markets] == list(range(1, len(found.markets) + 1))
    assert sum(placed.probability for placed in found.markets) == pytest.approx(1.0)
    place = {placed.iso3: placed for placed in found.markets}
    assert (place["IND"].other_rank, place["IDN"].other_rank) == (1, 2)
    assert place["USA"].other_rank is None
    assert found.home not in place and not set(found.served) & set(place)
    # The United States are large, and effects are against the mean of the candidates.
    assert place["USA"].reasons[0].term == "size" and place["USA"].reasons[0].effect > 1.0
    assert found.expected == pytest.approx(np.exp(1.0))


def test_pace_is_learned_and_known_before_the_year() -> None:
    generator = np.random.default_rng(3)
    firms = []
    for k in range(40):
        age, served = np.arange(1, 31), generator.integers(1, 100, size=30)
        mean = np.exp(0.5 + 0.6 * np.log1p(served) - 0.7 * np.log(age))
        entered = generator.negative_binomial(3.0, 3.0 / (3.0 + mean))
        firms.append(Years(str(k), 1980 + age, served, entered, age > 20))
    found = fit_rhythm(firms)
    assert found.served == pytest.approx(0.6, abs=0.15)
    assert found.years == pytest.approx(-0.7, abs=0.2)
    assert found.shape == pytest.approx(3.0, rel=0.4)
    log_p, _ = forecast(found, firms[0])
    poisoned = replace(firms[0], entered=np.append(firms[0].entered[:-1], 99))
    again, mean = forecast(found, poisoned)
    assert np.array_equal(log_p[:-1], again[:-1])
    assert np.array_equal(mean, forecast(found, firms[0])[1])


def test_years_count_from_the_first_entry(invented: tuple[History, ...]) -> None:
    (firm,) = count_years(invented[:1])
    assert firm.year.tolist() == list(range(2007, 2018))
    assert firm.served.tolist() == list(range(3, 36, 3))
    assert set(firm.entered) == {3} and firm.scored.all()


@pytest.mark.slow
def test_real_firms_are_foretold_better_than_by_every_baseline(panel: Panel) -> None:
    """The histories of 13 real firms, each foretold by what the others teach."""
    folder = Path(os.environ.get("BEACHHEAD_SHARED", Path(__file__).parents[3] / "shared" / "data"))
    if not (folder / "entries.csv").exists():
        pytest.skip("no histories of real firms here")
    histories = read_histories(folder / "entries.csv", panel, folder / "firms.csv")
    found = score(histories, panel)
    assert (found.waves, found.entries) == (68, 277)
    full = found.by_coverage["full"]
    assert 0.92 < full["model"]["auc"] < 0.96  # above it would be a leak
    for name, values in full["baselines"].items():
        assert values["difference"]["log_likelihood"][1] > 0.0, name
        assert full["model"]["mrr"] > values["mrr"], name
    assert found.when["now_or_later"]["model"] > 0.66
