"""The notebooks run from top to bottom, are stored without what they print, and show results."""

import json
from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).parents[1] / "docs" / "notebooks").glob("*.ipynb"))
SLOW = {"plan"}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_is_stored_without_outputs(path: Path) -> None:
    code = [cell for cell in json.loads(path.read_text("utf-8"))["cells"]
            if cell["cell_type"] == "code"]  # fmt: skip
    assert code
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, marks=[pytest.mark.slow] if path.stem in SLOW else [], id=path.stem)
        for path in NOTEBOOKS
    ],
)
def test_notebook_runs(path: Path, tmp_path: Path) -> None:
    nbformat = pytest.importorskip("nbformat")
    client = pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    notebook = nbformat.read(path, as_version=4)
    client.NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": tmp_path}}
    ).execute()
    shown = "".join(
        output.get("data", {}).get("text/html", "")
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
    )
    assert "<h4>" in shown and "<table" in shown  # the extension, not what Python says of itself
    if path.stem == "plan":
        assert "Plan of acme" in shown
        assert (tmp_path / "report.html").stat().st_size > 500_000


class Formatter:
    """Stands in for IPython's: remembers what it was told."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, str], object] = {}

    def for_type_by_name(self, module: str, name: str, show: object) -> None:
        self.known[module, name] = show


class Shell:
    def __init__(self) -> None:
        self.display_formatter = self
        self.formatters = {"text/html": Formatter()}


def test_extension_shows_results_that_hold_markup(tmp_path: Path) -> None:
    from importlib import import_module

    import beachhead as bh

    shell = Shell()
    bh.load_ipython_extension(shell)
    known = shell.formatters["text/html"].known
    for module, name in known:  # a name that is none would never be shown
        assert getattr(import_module(module), name).__module__ == module
    case = bh.Case.load("small-exporter").model_copy(update={"title": "<b>bold</b>"})
    show = known[type(case).__module__, "Case"]
    assert callable(show)
    assert "&lt;b&gt;bold" in show(case)
    assert not hasattr(case, "_repr_html_")


def test_table_of_a_ranking_by_both_libraries() -> None:
    import beachhead as bh

    case = bh.Case.load("small-exporter")
    ranking = bh.screen(case, bh.load_panel(as_of=case.as_of))
    one, other = bh.tabulate(ranking), bh.tabulate(ranking, "pandas")
    assert one.columns == list(other.columns)
    assert one["iso3"].to_list() == list(other["iso3"])
    with pytest.raises(TypeError, match="no table of a int"):
        bh.tabulate(3)  # type: ignore[arg-type]
