"""Whether the tests notice a wrong equation: `python tests/mutations.py [MECHANISM ...]`.

Every sign, factor, power, bound and comparison in the functions of a mechanism is changed, one at
a time, in a copy of the package. The tests that the mechanism's docstring names as its proof run
on that copy, and then the comparison with the slow oracle. A change that none of them notices
survives; the exit status is then 1.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import multiprocessing
import os
import re
import shutil
import sys
import tempfile
import warnings
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "beachhead"
ORACLE = "tests/simulation/test_oracle.py"
# What every test loads first, and what no mutation touches.
LOADED = ["jax", "jax.numpy", "hypothesis", "polars", "pydantic", "pytest", "scipy.stats"]

SWAPS: dict[type, type] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.Gt: ast.LtE,
    ast.GtE: ast.Lt,
    ast.Lt: ast.GtE,
    ast.LtE: ast.Gt,
    ast.Eq: ast.NotEq,
}
NAMES = {"minimum": "maximum", "maximum": "minimum", "min": "max", "max": "min", "exp": "expm1"}


class Mutation(NamedTuple):
    """A mechanism's file with one part of an equation changed."""

    mechanism: str
    line: int
    was: str
    now: str
    text: str

    def __str__(self) -> str:
        return f"{self.mechanism}.py:{self.line:<4} {self.was}  ->  {self.now}"


def list_mutations(file: Path) -> list[Mutation]:
    """Every change of one operator, sign or bound within the functions of a file."""
    text = file.read_text("utf-8")
    lines = text.splitlines(keepends=True)
    starts = [sum(map(len, lines[:n])) for n in range(len(lines))]

    def place(line: int, column: int) -> int:
        return starts[line - 1] + len(lines[line - 1].encode()[:column].decode())

    found = []
    for node in _equations(ast.parse(text)):
        for changed in _change(node):
            begin = place(node.lineno, node.col_offset)
            end = place(node.end_lineno or 0, node.end_col_offset or 0)
            was, now = text[begin:end], ast.unparse(changed)
            mutated = f"{text[:begin]}({now}){text[end:]}"
            found.append(Mutation(file.stem, node.lineno, " ".join(was.split()), now, mutated))
    return found


def _equations(tree: ast.Module) -> Iterator[ast.expr]:
    """Expressions in the bodies of functions, those within others too."""
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef):
            for statement in function.body:
                yield from (node for node in ast.walk(statement) if isinstance(node, ast.expr))


def _change(node: ast.expr) -> Iterator[ast.expr]:
    new = copy.deepcopy(node)
    match new:
        case ast.BinOp(op=op) if type(op) in SWAPS:
            new.op = SWAPS[type(op)]()
            yield new
        case ast.Compare(ops=[op]) if type(op) in SWAPS:
            new.ops = [SWAPS[type(op)]()]
            yield new
        case ast.UnaryOp(op=ast.USub()):
            yield new.operand
        case ast.Call(func=ast.Attribute(attr=name) as function) if name in NAMES:
            function.attr = NAMES[name]
            yield new


def find_proofs(file: Path) -> list[str]:
    """Tests that the docstring of a mechanism names as its proof."""
    docstring = ast.get_docstring(ast.parse(file.read_text("utf-8"))) or ""
    return re.findall(r"tests/[\w/]+\.py", docstring.partition("Proof:")[2])


def survives(mutation: Mutation, tests: list[str]) -> bool:
    """Whether all of the tests pass on a copy of the package with the mutation.

    Runs in a process of its own, in which nothing of the package has been loaded yet.
    """
    import pytest

    with tempfile.TemporaryDirectory() as folder:
        package = Path(folder) / "beachhead"
        package.mkdir()
        for part in PACKAGE.iterdir():
            if part.name != "mechanisms":
                (package / part.name).symlink_to(part)
        shutil.copytree(PACKAGE / "mechanisms", package / "mechanisms")
        (package / "mechanisms" / f"{mutation.mechanism}.py").write_text(mutation.text, "utf-8")
        os.chdir(ROOT)
        sys.path.insert(0, folder)
        sys.dont_write_bytecode = True
        with (
            Path(os.devnull).open("w") as nowhere,
            contextlib.redirect_stdout(nowhere),
            contextlib.redirect_stderr(nowhere),
        ):
            status = pytest.main(["-x", "-q", "-p", "no:cacheprovider", *tests])
    if status not in (
        pytest.ExitCode.OK,
        pytest.ExitCode.TESTS_FAILED,
        pytest.ExitCode.INTERRUPTED,
    ):
        raise RuntimeError(f"the tests ended with {status!r} on {mutation}")
    return status == pytest.ExitCode.OK


def main(names: list[str]) -> int:
    """Print a line for each mutation; 1 if one survives or a proof fails as it stands."""
    files = sorted((PACKAGE / "mechanisms").glob("[!_]*.py"))
    files = [file for file in files if not names or file.stem in names]
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(LOADED)
    warnings.filterwarnings("ignore", message=r"os\.fork")
    work: list[tuple[Mutation, list[str]]] = []
    for file in files:
        tests = [*find_proofs(file), ORACLE]
        text = file.read_text("utf-8")
        # A proof that fails anyway would notice everything.
        work.append((Mutation(file.stem, 1, "as it stands", "unchanged", text), tests))
        work += [(mutation, tests) for mutation in list_mutations(file)]
    bad = 0
    with ProcessPoolExecutor(os.cpu_count(), context, max_tasks_per_child=1) as pool:
        for (mutation, _), alive in zip(
            work, pool.map(survives, *zip(*work, strict=True)), strict=True
        ):
            is_bad = alive != (mutation.now == "unchanged")
            bad += is_bad
            word = "survived" if alive else "killed"
            print(f"{'!!' if is_bad else '  '} {word:<9} {mutation}", flush=True)
    print(
        f"{len(work) - len(files)} changes of {len(files)} mechanisms, {bad} not as they should be"
    )
    return int(bad > 0)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
