import re
from pathlib import Path

import pytest

from beachhead.errors import InputError
from beachhead.mechanisms import MECHANISMS, table
from beachhead.mechanisms.measures import LEVERS
from beachhead.quantities import declared
from beachhead.reporting.explanation import explain_name, list_parameters


@pytest.mark.parametrize("name", sorted(table()))
def test_every_parameter_is_explained_where_it_stands(name: str) -> None:
    text = explain_name(name)
    place = re.search(r"stands in (.*):(\d+)$", text, re.MULTILINE)
    assert place
    line = Path(place[1]).read_text("utf-8").splitlines()[int(place[2]) - 1]
    assert line.strip().startswith(f"{name.partition('.')[2]}: ")
    assert table()[name].source in text


def test_mechanism_is_found_by_name_and_by_equation() -> None:
    text = explain_name("entry")
    assert text.startswith("E5 Entry cost")
    assert "entry.haste" in text and "mechanisms/entry.py:1" in text
    assert explain_name("E5") == explain_name("e5") == text


@pytest.mark.parametrize("name", MECHANISMS)
def test_a_mechanism_is_told_whole(name: str) -> None:
    text = explain_name(name)
    for part in ("Neutral value:", "Assumes:", "Source:", "Proof: tests/", f"mechanisms/{name}.py"):
        assert part in text
    for p in declared(MECHANISMS[name]).values():
        assert f"{p.name} = {p.default:g} {p.unit} [{p.tag}, " in text
        neutral = "none of its own" if p.neutral is None else f"{p.neutral:g}"
        assert f"{p.bounds[0]:g} to {p.bounds[1]:g}, neutral {neutral}; {p.source}" in text
        assert p.words in text and str(p.prior) in text


def test_supply_and_what_measures_may_change_are_explained() -> None:
    assert explain_name("E7") == explain_name("supply")
    assert all(
        f"{name}: {lever.kind}" in explain_name("measures") for name, lever in LEVERS.items()
    )


@pytest.mark.parametrize(
    ("name", "hint"),
    [("p0", "acceptance.p0"), ("acceptence", "'acceptance'"), ("entry.hast", "'entry.haste'")],
)
def test_unknown_name_gets_a_hint(name: str, hint: str) -> None:
    with pytest.raises(InputError, match=re.escape(hint)):
        explain_name(name)


def test_list_can_be_narrowed_by_evidence() -> None:
    judged = {name for name, parameter in table().items() if parameter.tag == "J"}
    listed = {line.partition(" ")[0] for line in list_parameters(["j"]).splitlines()}
    assert listed & set(table()) == judged
    assert all(name in list_parameters() for name in table())
    with pytest.raises(InputError, match="no evidence 'Z'"):
        list_parameters(["Z"])
