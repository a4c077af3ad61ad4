"""Bass (1969), "A new product growth model for consumer durables"."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beachhead.mechanisms.bass import bass

# p, q; years to the peak, share adopted there, sales at the peak over the potential. The rates are
# the paper's table; the rest follows from them.
DURABLES = {
    "electric refrigerators": (0.0026167, 0.21566, 20.21, 0.494, 2.21 / 40.0),
    "home freezers": (0.0181190, 0.17110, 11.87, 0.447, 1.15 / 21.97),
    "black and white television": (0.0278770, 0.25105, 7.88, 0.445, 7.49 / 96.72),
    "water softeners": (0.0177030, 0.29695, 8.96, 0.470, 0.48 / 5.79),
    "room air conditioners": (0.0103990, 0.41861, 8.61, 0.488, 1.86 / 16.90),
    "clothes dryers": (0.0172060, 0.35688, 8.11, 0.476, 1.48 / 15.09),
    "power lawnmowers": (0.0091837, 0.33790, 10.39, 0.486, 3.99 / 44.75),
    "electric bed coverings": (0.0058760, 0.24387, 14.92, 0.488, 4.90 / 76.59),
    "automatic coffee makers": (0.0171350, 0.30145, 9.00, 0.472, 4.95 / 58.84),
    "steam irons": (0.0286320, 0.32791, 6.84, 0.456, 5.40 / 55.70),
    "record players": (0.0247960, 0.65410, 4.82, 0.481, 3.86 / 21.94),
}
MEAN_P, MEAN_Q = 0.03, 0.38  # Sultan, Farley and Lehmann (1990)
QUARTERS = 80


def closed_form(p, q, years):
    decay = np.exp(-(p + q) * np.asarray(years))
    return (1.0 - decay) / (1.0 + q / p * decay)


def path(p, q, start=0.0, quarters=QUARTERS):
    """Share after each quarter of the map."""
    share, shares = start, []
    for _ in range(quarters):
        share = bass(share, p, q, 0.25)
        shares.append(float(share))
    return np.array(shares)


@pytest.mark.parametrize(("p", "q"), [row[:2] for row in DURABLES.values()] + [(MEAN_P, MEAN_Q)])
def test_80_quarters_of_the_map_are_the_closed_form(p, q):
    years = 0.25 * np.arange(1, QUARTERS + 1)
    np.testing.assert_allclose(path(p, q), closed_form(p, q, years), rtol=0.0, atol=1e-12)


@pytest.mark.parametrize("durable", DURABLES)
def test_peaks_of_the_eleven_durables(durable):
    p, q, peak_year, peak_share, peak_sales = DURABLES[durable]
    step = 1e-3
    adopted = np.asarray(bass(0.0, p, q, np.arange(0.0, 40.0, step)))
    sales = np.diff(adopted) / step
    peak = int(sales.argmax())
    assert (peak + 0.5) * step == pytest.approx(peak_year, abs=0.006)
    assert adopted[peak] == pytest.approx(peak_share, abs=0.0006)
    # Sales and potentials are known to three figures, some sales to two.
    assert sales[peak] == pytest.approx(peak_sales, rel=0.011)


def test_mean_rates_give_the_known_peak_and_shares():
    peak = np.log(MEAN_Q / MEAN_P) / (MEAN_P + MEAN_Q)
    assert peak == pytest.approx(6.1926, abs=5e-5)
    assert float(bass(0.0, MEAN_P, MEAN_Q, peak)) == pytest.approx(0.46053, abs=5e-6)
    assert float(bass(0.0, MEAN_P, MEAN_Q, 5.0)) == pytest.approx(0.33120, abs=5e-6)
    assert float(bass(0.0, MEAN_P, MEAN_Q, 10.0)) == pytest.approx(0.81280, abs=5e-6)


rates = st.floats(1e-4, 2.0)
shares = st.floats(0.0, 1.0)


@settings(deadline=None, derandomize=True)
@given(share=shares, p=rates, q=rates)
def test_four_quarters_are_one_year(share, p, q):
    assert path(p, q, share, 4)[-1] == pytest.approx(float(bass(share, p, q, 1.0)), abs=1e-13)


@settings(deadline=None, derandomize=True)
@given(p=rates, q=rates, dt=st.floats(0.01, 50.0))
def test_all_who_have_adopted_stay(p, q, dt):
    assert float(bass(1.0, p, q, dt)) == pytest.approx(1.0, abs=1e-15)


@settings(deadline=None, derandomize=True)
@given(share=shares)
def test_without_innovation_and_imitation_nothing_moves(share):
    assert float(bass(share, 0.0, 0.0, 0.25)) == pytest.approx(share, abs=1e-15)


def test_without_innovation_nobody_starts():
    assert float(bass(0.0, 0.0, MEAN_Q, 0.25)) == 0.0


@settings(deadline=None, derandomize=True)
@given(share=shares, p=st.floats(0.0, 1e12), q=st.floats(0.0, 10.0))
def test_shares_stay_shares_and_never_fall(share, p, q):
    after = float(bass(share, p, q, 0.25))
    assert share - 1e-15 <= after <= 1.0 + 1e-15


class TestThroughTheKernel:
    """A new category with constant potential whose only brand everybody accepts at once."""

    years = 0.25 * np.arange(1, QUARTERS + 1)

    def test_cumulative_units_are_the_closed_form(self, plain):
        firm = plain.having({"category.p": MEAN_P, "category.q": MEAN_Q})
        units = np.asarray(firm.run().record.units)
        np.testing.assert_allclose(
            units[:, 1].cumsum(), closed_form(MEAN_P, MEAN_Q, self.years), rtol=0.0, atol=1e-12
        )
        assert not units[:, [0, 2, 3]].any()

    def test_the_clock_of_a_new_category_starts_at_entry(self, plain):
        firm = plain.having({"category.p": MEAN_P, "category.q": MEAN_Q}).entering({2: 30}, {2: 1})
        units = np.asarray(firm.run().record.units)[:, 2]
        assert not units[:30].any()
        np.testing.assert_allclose(
            units[30:].cumsum(), closed_form(MEAN_P, MEAN_Q, self.years[:50]), rtol=0.0, atol=1e-12
        )

    def test_the_clock_of_a_mature_category_runs_without_us(self, plain):
        mature = {"category_age": 7.0, "owners_share": np.nan}
        firm = plain.having({"category.p": MEAN_P, "category.q": MEAN_Q}).facing(mature)
        record = firm.entering({2: 30}, {2: 1}).run().record
        bought = np.asarray(record.category)[:, 2]
        expected = closed_form(MEAN_P, MEAN_Q, 7.0 + self.years)
        before = closed_form(MEAN_P, MEAN_Q, 7.0)
        np.testing.assert_allclose(bought.cumsum(), expected - before, rtol=0.0, atol=1e-12)
        np.testing.assert_array_equal(np.asarray(record.units)[30:, 2], bought[30:])

    def test_acceptance_of_a_brand_is_the_closed_form(self, plain):
        firm = plain.having({"acceptance.p0": MEAN_P, "acceptance.q": MEAN_Q}).entering({1: 0}, {})
        accepted = np.asarray(firm.run().record.accepted)[:, 1]
        np.testing.assert_allclose(
            accepted, closed_form(MEAN_P, MEAN_Q, self.years), rtol=0.0, atol=1e-12
        )
