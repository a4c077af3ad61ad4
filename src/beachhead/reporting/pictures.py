"""The pictures of a plan as files, drawn without a browser."""

from __future__ import annotations

import copy
import json
from html import escape
from pathlib import Path
from typing import Any, Literal

import vl_convert

from beachhead.files import put_in_place, write_atomic

WIDTH = 900  # pixels
SCALE = 2.0  # of PNG, for screens and print that are finer
_INK, _GRID = "#1c1c1e", "#dcdce0"
_CONFIG = {
    "background": "white",
    "view": {"stroke": None},
    "axis": {
        "labelColor": _INK,
        "titleColor": _INK,
        "gridColor": _GRID,
        "domainColor": _GRID,
        "tickColor": _GRID,
    },
    "legend": {"labelColor": _INK, "titleColor": _INK},
}


def render(spec: dict[str, Any], kind: Literal["png", "svg"]) -> bytes:
    """A picture, dark on white; `spec` is one of `draw_plan`."""
    own = copy.deepcopy(spec) | {"width": WIDTH, "config": _CONFIG}
    text = json.dumps(own)
    if kind == "svg":
        told = f'<svg role="img" aria-label="{escape(spec.get("description", ""))}" '
        return vl_convert.vegalite_to_svg(text).replace("<svg ", told, 1).encode()
    return bytes(vl_convert.vegalite_to_png(text, scale=SCALE))


def write_pictures(
    folder: Path, specs: dict[str, dict[str, Any]], kind: Literal["png", "svg"]
) -> list[str]:
    """Write each picture into a folder, which takes the place of an older one; names of files.

    Pictures of the other kind that are there stay, where they are of this plan's names.

    Raises
    ------
    InputError
        If the folder cannot be written to.
    """
    made = {f"{name}.{kind}": render(spec, kind) for name, spec in specs.items()}
    others = {f"{name}.{other}" for name in specs for other in ("png", "svg")} - made.keys()
    kept = {
        path.name: path.read_bytes()
        for path in (folder.iterdir() if folder.is_dir() else ())
        if path.name in others
    }

    def fill(new: Path) -> None:
        for name, content in (kept | made).items():
            write_atomic(new / name, content)

    put_in_place(folder, fill, "Choose a run that you may write to.")
    return sorted(made)
