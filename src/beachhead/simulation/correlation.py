"""Random numbers that belong to labels, and what markets have in common in them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

# Share of the variance of a market's draw that all markets have in common, and that markets of a
# region have in common besides. Without them one market would teach nothing about another.
# Judgement.
COMMON, REGIONAL = 0.3, 0.2


def stream(seed: int, *labels: str) -> np.random.Generator:
    """Random numbers that belong to these labels alone, whatever else is drawn, in any order."""
    digest = hashlib.blake2b("|".join((str(seed), *labels)).encode(), digest_size=16).digest()
    return np.random.Generator(np.random.Philox(key=int.from_bytes(digest, "little")))


def draw_score(seed: int, worlds: int, *labels: str) -> NDArray[np.float64]:
    """Standard normal scores of these labels, axis world."""
    return stream(seed, *labels).standard_normal(worlds)


def market_scores(
    seed: int,
    name: str,
    worlds: int,
    markets: Sequence[str],
    regions: Sequence[str],
    score: Callable[..., NDArray[np.float64]] = draw_score,
) -> NDArray[np.float64]:
    """Standard normal scores with common and regional parts, axes (world, market).

    `score`: where each part comes from, as `draw_score`.
    """
    own = own_scores(seed, name, worlds, markets, score)
    region = {each: score(seed, worlds, name, "region", each) for each in sorted(set(regions))}
    shared = np.stack([region[each] for each in regions], axis=1)
    return np.asarray(
        np.sqrt(COMMON) * score(seed, worlds, name, "common")[:, None]
        + np.sqrt(REGIONAL) * shared
        + np.sqrt(1.0 - COMMON - REGIONAL) * own
    )


def own_scores(
    seed: int,
    name: str,
    worlds: int,
    markets: Sequence[str],
    score: Callable[..., NDArray[np.float64]] = draw_score,
) -> NDArray[np.float64]:
    """Independent standard normal scores, axes (world, market)."""
    return np.stack([score(seed, worlds, name, "market", market) for market in markets], axis=1)
