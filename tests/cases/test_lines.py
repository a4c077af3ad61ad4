"""Where each key and item of a TOML text stands."""

import tomllib

import tomlkit
from hypothesis import given, settings
from hypothesis import strategies as st

from beachhead.cases.lines import find_lines, find_place
from beachhead.cases.reading import BUNDLED

TEXT = '''\
# a comment = 1
name = "x"  # price = 2
notes = ["""
price = 1
[firm]
""", 'a # b',
    "c",
]

[product]
price = 5
dotted.key = 6
"entry.haste" = 7
[[firm.served]]
market = "A"
[[firm.served]]
market = "B"
rows = [
    {market = "C", ends = [1, 2]},
    # nothing
    {market = "D", x = 1979-05-27 07:32:00}, {y = '}'}
]
[firm.served.inner]
z = 1
'''


def test_lines_of_everything():
    expected = {
        "name": 2, "notes": 3, "notes[0]": 3, "notes[1]": 6, "notes[2]": 7, "product": 10,
        "product.price": 11, "product.dotted": 12, "product.dotted.key": 12,
        "product.entry.haste": 13, "firm": 14, "firm.served": 14, "firm.served[0]": 14,
        "firm.served[0].market": 15, "firm.served[1]": 16, "firm.served[1].market": 17,
        "firm.served[1].rows": 18, "firm.served[1].rows[0]": 19,
        "firm.served[1].rows[0].market": 19, "firm.served[1].rows[0].ends": 19,
        "firm.served[1].rows[0].ends[0]": 19, "firm.served[1].rows[0].ends[1]": 19,
        "firm.served[1].rows[1]": 21, "firm.served[1].rows[1].market": 21,
        "firm.served[1].rows[1].x": 21, "firm.served[1].rows[2]": 21,
        "firm.served[1].rows[2].y": 21, "firm.served[1].inner": 23, "firm.served[1].inner.z": 24,
    }  # fmt: skip
    tomllib.loads(TEXT)
    assert find_lines(TEXT) == expected


def test_the_nearest_key_around_counts():
    lines = {"firm": "line 3", "firm.served": "line 5"}
    assert find_place("firm.served[2].market", lines) == "line 5"
    assert find_place("firm.home", lines) == "line 3"
    assert find_place("product.price", lines) == ""


def paths(value, path=""):
    """Every path of parsed data."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from paths(inner, f"{path}.{key}".lstrip("."))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from paths(inner, f"{path}[{number}]")
    yield path


def test_bundled_cases_whole():
    for file in BUNDLED.glob("*.toml"):
        text = file.read_text("utf-8")
        assert find_lines(text).keys() == set(paths(tomllib.loads(text))) - {""}


keys = st.text("ab_-1 .\"'#[", min_size=1, max_size=4)
values = st.recursive(
    st.integers() | st.booleans() | st.text("ab\"'\\\n#,]}", max_size=6) | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from("abc"), values, max_size=3))
def test_every_path_of_any_text_is_found(data):
    text = tomlkit.dumps(data)
    found = find_lines(text)
    assert sorted(found.values())[-1:] <= [len(text.splitlines())]
    escaped = {path.replace("\\", "").replace('"', "") for path in found}
    assert {path.replace("\\", "").replace('"', "") for path in paths(data)} - {""} <= escaped
