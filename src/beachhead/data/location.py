"""Where the panel stands: which one is in use, and how a new one takes the place of an old one.

The package's folder may be read-only, so that a refreshed panel stands in the user's data folder
or where the environment says. It is swapped in by renames. Between two of them the folder is not
there; the old panel then stands beside it, where `files.standing` finds it.
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

from beachhead.data.build import PACKAGED
from beachhead.errors import InputError, Problem
from beachhead.files import explain_failure, standing

TABLES = ("figures", "markets", "pairs", "blocs")
STAMP = "refresh.json"
VARIABLE = "BEACHHEAD_PANEL"
SHIPPED = "shipped"
ELSEWHERE = "Choose a folder that you may write to, with -o."


def find_folder() -> Path:
    """Folder of the panel in use.

    The one that BEACHHEAD_PANEL names ('shipped' is the package's own); else the refreshed panel
    of this user, if there is one; else the package's own.
    """
    named = os.environ.get(VARIABLE, "")
    if named == SHIPPED:
        return PACKAGED
    folder = standing(refreshed_folder())
    return folder if named or holds_panel(folder) else PACKAGED


def refreshed_folder() -> Path:
    """Where a refreshed panel belongs: what BEACHHEAD_PANEL names, else the user's data folder."""
    named = os.environ.get(VARIABLE, "")
    if named and named != SHIPPED:
        return Path(named).expanduser()
    from platformdirs import user_data_path

    return user_data_path("beachhead", appauthor=False) / "panel"


def holds_panel(folder: Path) -> bool:
    """Whether any table of a panel is in `folder`."""
    return any((folder / f"{name}.parquet").is_file() for name in TABLES)


def describe_origin(folder: Path) -> str:
    """'as shipped', 'refreshed DAY from the World Bank', or nothing for a panel built elsewhere.

    Raises
    ------
    InputError
        If the note that `update` left cannot be read.
    """
    if folder.resolve() == PACKAGED.resolve():
        return "as shipped"
    path = folder / STAMP
    try:
        stamp = json.loads(path.read_bytes())
        by_way_of = f", by way of {stamp['address']}" if stamp["address"] else ""
        return f"refreshed {stamp['day']} from the World Bank{by_way_of}"
    except FileNotFoundError:
        return ""
    except (OSError, ValueError, KeyError, TypeError) as error:
        fix = "Write the panel anew with `beachhead data update`, or delete this file."
        raise InputError(Problem(f"cannot be read: {error}", str(path), fix)) from error


def claim_folder(folder: Path) -> None:
    """Make sure that a panel can be put in place of `folder`, before anything is fetched.

    Raises
    ------
    InputError
        If it is the package's own, holds something that is no panel, or cannot be written to.
    """
    if folder.resolve() == PACKAGED.resolve():
        what = "the package's own panel, to which one can always go back"
        raise InputError(Problem(what, str(folder), "Name another folder."))
    if folder.exists() and not folder.is_dir():
        raise InputError(Problem("not a folder", str(folder), "Name another one."))
    known = {STAMP, *(f"{name}.parquet" for name in TABLES)}
    names = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    if foreign := sorted(names - known):
        what = f"the folder holds {foreign[0]!r} and is no panel"
        raise InputError(Problem(what, str(folder), "Name another folder."))
    with explain_failure(folder, ELSEWHERE):
        folder.resolve().parent.mkdir(parents=True, exist_ok=True)
        Path(tempfile.mkdtemp(dir=folder.resolve().parent, prefix=".panel-")).rmdir()
