"""The command that explains the model's equations and numbers."""

from __future__ import annotations

from typing import Annotated

import typer


def explain(
    name: Annotated[
        str | None,
        typer.Argument(
            help="A mechanism, an equation such as E5, or a parameter; all if left out."
        ),
    ] = None,
    evidence: Annotated[
        list[str] | None,
        typer.Option(help="Only parameters with this evidence: O, O2, M, D or J; may be repeated."),
    ] = None,
) -> None:
    """Explain an equation or a parameter: source, file, line."""
    from beachhead.reporting.explanation import explain_name, list_parameters

    print(list_parameters(evidence or ()) if name is None else explain_name(name))
