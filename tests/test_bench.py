"""The instances of bench/planning are cases in order, and those that their generator writes."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from beachhead.cases import Case, check_case
from beachhead.data import load_panel

BENCH = Path(__file__).parents[1] / "bench" / "planning"

# By path, since the tests have a module of that name too.
spec = importlib.util.spec_from_file_location("bench_instances", BENCH / "instances.py")
assert spec and spec.loader
instances = importlib.util.module_from_spec(spec)
sys.modules[spec.name] = instances
spec.loader.exec_module(instances)
NAMES = [instance.name for instance in instances.INSTANCES]


def test_every_instance_is_there_and_nothing_else() -> None:
    assert sorted(NAMES) == sorted(path.stem for path in instances.CASES.iterdir())
    assert sum(instance.markets >= 40 for instance in instances.INSTANCES) >= 6


@pytest.mark.parametrize("instance", instances.INSTANCES, ids=NAMES)
def test_an_instance_is_as_written_and_without_faults(instance: instances.Instance) -> None:
    path = instances.CASES / f"{instance.name}.toml"
    assert path.read_text("utf-8") == instances.write(instance)
    case = Case.load(path)
    panel = load_panel(as_of=case.as_of)
    assert not check_case(case, panel)
    # No market is lost between what was asked for and what may be planned.
    assert len(case.resolve(panel).markets.candidates) == instance.markets
