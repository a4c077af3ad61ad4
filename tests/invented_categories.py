"""Countries whose categories follow E1 with known parameters, for tests of calibration."""

from dataclasses import dataclass

import numpy as np

from beachhead.calibration.histories import CATEGORIES, Floats, Histories

REGIONS = ("america", "europe_central_asia", "south_asia", "sub_saharan_africa")


def step(level: Floats, p: float, q: Floats, potential: Floats) -> Floats:
    """A year of Bass by its closed form: the time since launch that the level stands for, and on.

    No code of the kernel's. Levels from 0 up to the potential.
    """
    share = np.clip(level / potential, 0.0, 1.0 - 1e-9)
    since = np.log((1.0 + q / p * share) / (1.0 - share)) / (p + q)
    decay = np.exp(-(p + q) * (since + 1.0))
    return potential * (1.0 - decay) / (1.0 + q / p * decay)


@dataclass(frozen=True)
class Invented:
    """Histories with later years, and the truth behind them."""

    histories: Histories
    q: Floats
    potential: Floats
    noise: float


def invent(
    seed: int = 0,
    *,
    countries: int = 60,
    years: int = 20,
    noise: float = 0.6,
    series: str = "internet_users_pct",
) -> Invented:
    """Countries of four regions from 2005 on; q rises with income, potentials with it where free.

    `noise` is the scale of a year's Student-t error (4 degrees of freedom), in points.
    """
    draw = np.random.default_rng(seed)
    category = CATEGORIES[series]
    region = np.arange(countries) % len(REGIONS)
    income = draw.normal(9.0, 1.0, countries)
    q = 0.3 * np.exp(0.2 * (income - 9.0) + np.array([0.2, 0, -0.2, 0])[region])
    q *= np.exp(0.2 * draw.normal(size=countries))
    potential = np.full(countries, category.most)
    if not category.share:
        potential = category.most / (1.0 + np.exp(0.7 - 0.3 * (income - 9.0)))
    level = potential * draw.uniform(0.02, 0.3, countries)
    path = [level]
    for _ in range(years - 1):
        level = step(level, 0.01, q, potential) + noise * draw.standard_t(4.0, countries)
        level = np.clip(level, 0.1, potential * (1.0 - 1e-6))
        path.append(level)
    histories = Histories(
        category,
        tuple(f"C{number:02d}" for number in range(countries)),
        tuple(REGIONS[number] for number in region),
        np.arange(2005, 2005 + years),
        np.stack(path, axis=1),
        np.repeat(income[:, None], years, axis=1),
    )
    return Invented(histories, q, potential, noise)
