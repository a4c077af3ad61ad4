import re
from pathlib import Path

import pytest

from beachhead.errors import InputError
from beachhead.mechanisms import table
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
