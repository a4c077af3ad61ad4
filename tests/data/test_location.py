"""Which panel is in use."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from beachhead.data import load_panel
from beachhead.data.build import PACKAGED
from beachhead.data.location import STAMP, find_folder, refreshed_folder
from beachhead.errors import InputError


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data folder of a user who has set nothing; what stands in for every platform's."""
    monkeypatch.delenv("BEACHHEAD_PANEL")
    monkeypatch.setattr(
        "platformdirs.user_data_path", lambda name, appauthor: tmp_path / "data" / name
    )
    return tmp_path / "data" / "beachhead" / "panel"


def put_refreshed(folder: Path, **stamp: str) -> None:
    shutil.copytree(PACKAGED, folder, dirs_exist_ok=True)
    (folder / STAMP).write_text(json.dumps({"day": "2026-11-25", "address": "", **stamp}))


def test_shipped_panel_where_nothing_was_refreshed(home: Path) -> None:
    assert find_folder() == PACKAGED
    assert refreshed_folder() == home
    assert load_panel().origin == "as shipped"
    home.mkdir(parents=True)  # an empty folder is no panel
    assert find_folder() == PACKAGED


def test_refreshed_panel_is_used_and_says_so(home: Path) -> None:
    put_refreshed(home)
    panel = load_panel("2013-03-31")
    assert find_folder() == home
    assert panel.origin == "refreshed 2026-11-25 from the World Bank"
    assert panel.note.endswith("Figures refreshed 2026-11-25 from the World Bank.")
    assert panel.note in str(panel)
    assert panel.digest == load_panel("2013-03-31", PACKAGED).digest


def test_environment_comes_first(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_refreshed(home)
    monkeypatch.setenv("BEACHHEAD_PANEL", str(tmp_path / "mine"))
    assert refreshed_folder() == find_folder() == tmp_path / "mine"
    with pytest.raises(InputError, match="no such table"):
        load_panel()
    shutil.copytree(PACKAGED, tmp_path / "mine")
    assert load_panel().origin == ""
    monkeypatch.setenv("BEACHHEAD_PANEL", "shipped")
    assert load_panel().origin == "as shipped"
    assert refreshed_folder() == home
    monkeypatch.setenv("BEACHHEAD_PANEL", "")
    assert find_folder() == home


def test_panel_whose_swap_was_cut_short_is_found(home: Path) -> None:
    put_refreshed(home)
    home.rename(home.with_name(".panel.before"))
    assert load_panel().origin == "refreshed 2026-11-25 from the World Bank"


def test_damaged_panel_is_said(home: Path) -> None:
    put_refreshed(home)
    (home / "blocs.parquet").unlink()
    with pytest.raises(InputError, match=r"blocs\.parquet: no such table"):
        load_panel()
    put_refreshed(home)
    for content in ("{", "[]", '{"day": "2026-11-25"}'):
        (home / STAMP).write_text(content)
        with pytest.raises(InputError, match=r"refresh\.json: cannot be read"):
            load_panel()
