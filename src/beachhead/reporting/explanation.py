"""An equation or a parameter of the model, with where it stands in the code."""

from __future__ import annotations

import ast
import inspect
import pkgutil
from collections.abc import Iterable
from functools import cache
from importlib import import_module
from pathlib import Path

from beachhead import mechanisms
from beachhead.errors import InputError, Problem, suggest
from beachhead.mechanisms.measures import LEVERS
from beachhead.quantities import Parameter

EVIDENCE = {
    "O": "opened",
    "O2": "second-hand",
    "M": "from memory of the literature",
    "D": "derived",
    "J": "judgement",
}


def explain_name(name: str) -> str:
    """Text about a mechanism (by name or equation, such as E5) or a parameter.

    Raises
    ------
    InputError
        If nothing has this name; near names are suggested.
    """
    table, equations = mechanisms.table(), _list_equations()
    if name in table:
        return _explain_parameter(table[name])
    if name.upper() in equations:
        name = equations[name.upper()]
    if name in _list_modules():
        return _explain_mechanism(name, table)
    same = [repr(full) for full in table if full.partition(".")[2] == name]
    hint = (
        f"Did you mean {' or '.join(same)}?" if same else suggest(name, [*table, *_list_modules()])
    )
    fix = f"{hint} 'beachhead explain' lists all.".lstrip()
    raise InputError(Problem(f"no mechanism or parameter {name!r}", "", fix))


def list_parameters(evidence: Iterable[str] = ()) -> str:
    """Every mechanism with its parameters, or those whose evidence tag is among `evidence`.

    Raises
    ------
    InputError
        For a tag that does not exist.
    """
    wanted = [tag.upper() for tag in evidence] or list(EVIDENCE)
    if unknown := [tag for tag in wanted if tag not in EVIDENCE]:
        known = ", ".join(f"{tag} ({words})" for tag, words in EVIDENCE.items())
        raise InputError(
            *(Problem(f"no evidence {tag!r}", "", f"Known: {known}.") for tag in unknown)
        )
    shown = [p for p in mechanisms.table().values() if p.tag in wanted]
    lines = [f"{'parameter':<32}{'default':>10} {'unit':<14}{'tag':<4}what it is"]
    for p in shown:
        lines.append(f"{p.name:<32}{p.default:>10.4g} {p.unit:<14}{p.tag:<4}{p.words}")
    tags = "; ".join(f"{tag} {words}" for tag, words in EVIDENCE.items())
    lines += ["", f"{len(shown)} parameters. Evidence: {tags}."]
    others = [f"{equation} {module}" for equation, module in _list_equations().items()]
    return "\n".join([*lines, f"Equations: {', '.join(others)}."])


@cache
def _list_modules() -> tuple[str, ...]:
    return tuple(found.name for found in pkgutil.iter_modules(mechanisms.__path__))


@cache
def _list_equations() -> dict[str, str]:
    """Equation ids such as E5, which begin a mechanism's docstring, and their modules."""
    heads = {name: _read_doc(name).split(maxsplit=1)[0] for name in _list_modules()}
    return {head: name for name, head in sorted(heads.items(), key=lambda h: (len(h[1]), h[1]))
            if head[:1] == "E" and head[1:].isdigit()}  # fmt: skip


def _read_doc(module: str) -> str:
    return inspect.cleandoc(import_module(f"{mechanisms.__name__}.{module}").__doc__ or "")


def _find_file(module: str) -> Path:
    return Path(str(import_module(f"{mechanisms.__name__}.{module}").__file__))


def _explain_mechanism(module: str, table: dict[str, Parameter]) -> str:
    path = _find_file(module)
    own = [p for p in table.values() if p.name.partition(".")[0] == module]
    lines = [_read_doc(module), "", f"{path}:1"]
    if own:
        lines.append("")
    for p in own:
        lines += [
            f"{p.name} = {p.default:g} {p.unit} [{p.tag}, {EVIDENCE[p.tag]}]",
            f"  {p.words}; {p.prior}",
            f"  {p.bounds[0]:g} to {p.bounds[1]:g}, neutral {_neutral(p)}; {p.source}",
            f"  {path}:{_find_line(path, p.name.partition('.')[2])}",
        ]
    if module == "measures":
        lines += ["", "What a measure may change (changes of [[measures]]):"]
        lines += [
            f"  {name}: {lever.kind} from {lever.least:g} to {lever.most:g}, {lever.words}"
            for name, lever in LEVERS.items()
        ]
    return "\n".join(lines)


def _explain_parameter(p: Parameter) -> str:
    module, _, field = p.name.partition(".")
    path = _find_file(module)
    drawn = "one value a world" if p.level == "world" else "one value a market and world"
    return "\n".join(
        [
            f"{p.name}: {p.words}",
            f"  default   {p.default:g} {p.unit}",
            f"  neutral   {_neutral(p)}",
            f"  bounds    {p.bounds[0]:g} to {p.bounds[1]:g}",
            f"  spread    {p.prior}, {drawn}",
            f"  evidence  {p.tag}, {EVIDENCE[p.tag]}",
            f"  source    {p.source}",
            f"  stands in {path}:{_find_line(path, field)}",
            f"  equation  beachhead explain {module}",
        ]
    )


def _neutral(p: Parameter) -> str:
    return "none of its own" if p.neutral is None else f"{p.neutral:g}"


def _find_line(path: Path, field: str) -> int:
    """Line on which a mechanism declares a parameter."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == field:
            return node.lineno
    return 1
