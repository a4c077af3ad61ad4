"""The README's Python runs as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from beachhead.planning.search import EFFORT

README = Path(__file__).parents[1] / "README.md"


@pytest.mark.slow
def test_python_of_the_readme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(EFFORT, "quick", 640)  # it is about the calls, not about the plan
    names: dict[str, object] = {}
    exec(compile(code, str(README), "exec"), names)
    assert (tmp_path / "report.html").stat().st_size > 100_000
    assert names["plan"].status == "complete"  # type: ignore[attr-defined]
