"""The command that serves the page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def serve(
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Port; 0 for any free one.")] = 8765,
    host: Annotated[
        str, typer.Option(help="Where to listen; beyond this machine a token is demanded.")
    ] = "127.0.0.1",
    folder: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Folder of the runs; nothing else is read.")
    ] = Path("runs"),
    jobs: Annotated[int, typer.Option(min=1, max=64, help="Plans that are made at once.")] = 1,
    time_limit: Annotated[
        float, typer.Option(min=10.0, metavar="SECONDS", help="Most time that a plan may take.")
    ] = 7200.0,
) -> None:
    """Serve the page: edit a case, plan it, look at plans, change, compare and track them."""
    from beachhead.web import Settings
    from beachhead.web.app import make_app
    from beachhead.web.server import listen, serve
    from beachhead.web.settings import demand_token

    settings = Settings(folder, host, port, at_once=jobs, seconds=time_limit)
    settings = demand_token(settings)
    with listen(settings) as ear:
        app = make_app(settings)
        name = f"[{host}]" if ":" in host else host
        address = f"http://{name}:{ear.getsockname()[1]}/"
        key = f"?token={settings.token}" if settings.token else ""
        print(f"The page is at {address}{key}", flush=True)
        print(f"Runs are in {folder.resolve()}. Ctrl-C ends it; plans go on.", flush=True)
        serve(app, ear)
