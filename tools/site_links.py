"""Makes the pages, which are written for the repository, a site: a hook of MkDocs.

Links that lead out of `docs/`, to code or to CONTRIBUTING.md, lead to a copy within the site, so
that none has to be written twice and none leaves it.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files, InclusionLevel

ROOT = Path(__file__).resolve().parents[1]
PLACE = "repository"  # folder of the site with what stands outside docs/
LINK = re.compile(r"\]\(([^)\s#]+)(#[^)\s]*)?\)")
FENCE = re.compile(r"(^```.*?^```)", re.MULTILINE | re.DOTALL)
WORDS = {".py": "python", ".toml": "toml", ".csv": "text", ".ipynb": "json", ".yml": "yaml"}


def on_files(files: Files, config: Any) -> Files:
    """Add whatever the pages link to, and what that links to, from outside docs/."""
    waiting = [path for file in files.documentation_pages() for path in _list_outer(file.src_uri)]
    done: set[str] = set()
    while waiting:
        path = waiting.pop()
        if path in done:
            continue
        done.add(path)
        files.append(
            File.generated(
                config, _place(path), content=_show(path), inclusion=InclusionLevel.NOT_IN_NAV
            )
        )
        waiting += _list_outer(_place(path))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """Turn the links of a page to what stands outside docs/."""
    here = page.file.src_uri

    def turn(link: re.Match[str]) -> str:
        target = _resolve(here, link[1])
        if target is None:
            return link[0]
        inside = target.startswith("docs/") and Path(target).suffix not in (".ipynb", ".toml")
        there = target.removeprefix("docs/") if inside else _place(target)
        return f"]({posixpath.relpath(there, posixpath.dirname(here) or '.')}{link[2] or ''})"

    parts = FENCE.split(markdown)
    parts[::2] = [LINK.sub(turn, part) for part in parts[::2]]
    return "".join(parts)


def _list_outer(uri: str) -> list[str]:
    """Files outside docs/, or that are no pages of it, to which a page links."""
    if not uri.endswith(".md"):
        return []
    own = uri.startswith(f"{PLACE}/")
    source = ROOT / (_origin(uri) if own else f"docs/{uri}")
    if own and source.suffix != ".md":
        return []
    text = "".join(FENCE.split(source.read_text("utf-8"))[::2])
    targets = {_resolve(uri, link[1]) for link in LINK.finditer(text)}
    return sorted(
        target
        for target in targets
        if target is not None
        and (not target.startswith("docs/") or Path(target).suffix in (".ipynb", ".toml"))
    )


def _resolve(uri: str, link: str) -> str | None:
    """A link of a page as a path in the repository; None where it leads elsewhere or nowhere."""
    if re.match(r"[a-z]+:", link):
        return None
    origin = _origin(uri) if uri.startswith(f"{PLACE}/") else f"docs/{uri}"
    path = posixpath.normpath(posixpath.join(posixpath.dirname(origin), link))
    return path if (ROOT / path).is_file() else None


def _place(path: str) -> str:
    """Where a file of the repository stands in the site."""
    return f"{PLACE}/{path}" if path.endswith(".md") else f"{PLACE}/{path}.md"


def _origin(uri: str) -> str:
    """The file of the repository that stands at a place of the site."""
    path = uri.removeprefix(f"{PLACE}/")
    return path if (ROOT / path).is_file() else path.removesuffix(".md")


def _show(path: str) -> str:
    """A file as a page: pages as they are, all else as a block of code."""
    text = (ROOT / path).read_text("utf-8")
    if path.endswith(".md"):
        return text
    fence = "`" * (3 + max((len(run) for run in re.findall(r"`{3,}", text)), default=0))
    return f"# {path}\n\n{fence}{WORDS.get(Path(path).suffix, 'text')}\n{text}\n{fence}\n"
