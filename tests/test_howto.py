"""The how-to says what the program says: its commands run from top to bottom, in one folder."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[1] / "docs" / "howto.md"
PYTHON_PAGE = PAGE.with_name("python.md")
QUICK = ("screen", "data", "new")  # commands that ask for no futures


def read_blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text("utf-8"), re.M | re.S)


def read_commands() -> list[tuple[str, list[str]]]:
    """Each command of the page with the lines that it shall print, '...' for any number of them."""
    commands: list[tuple[str, list[str]]] = []
    for line in "".join(read_blocks(PAGE, "console")).splitlines():
        if line.startswith("$ "):
            commands.append((line[2:], []))
        else:
            commands[-1][1].append(line)
    return commands


def is_quick(command: str) -> bool:
    return any(command.startswith(f"beachhead {word} ") for word in QUICK) or (
        command.startswith("beachhead check") and "limits.by" in command  # refused at once
    )


def run_all(commands: list[tuple[str, list[str]]], folder: Path, beachhead) -> None:
    """The program runs in this process, what else is typed in a shell."""
    (case,) = read_blocks(PAGE, "toml")
    (folder / "acme.toml").write_text(case, encoding="utf-8")
    for command, expected in commands:
        program, *arguments = shlex.split(command)
        if program == "beachhead":
            answer = beachhead(*arguments, folder=folder)
            status, out, err = answer.status, answer.out, answer.err
        else:
            done = subprocess.run(
                ["bash", "-c", command], cwd=folder, capture_output=True, text=True, check=False
            )
            status, out, err = done.returncode, done.stdout, done.stderr
        shown = [line.rstrip() for line in (out + err).splitlines()]
        fails = any(line.startswith("error:") for line in expected)
        assert status == int(fails), f"{command}\n{err}"
        compare(command, expected, shown)


def compare(command: str, expected: list[str], shown: list[str]) -> None:
    """Lines follow one another as on the page; what '...' stands for may be anything."""
    at, anywhere = 0, False
    for line in expected:
        if line == "...":
            anywhere = True
            continue
        rest = shown[at:] if anywhere else shown[at : at + 1]
        assert line in rest, f"{command}\nprints no {line!r} where the page has it:\n" + "\n".join(
            shown
        )
        at += rest.index(line) + 1
        anywhere = False
    assert anywhere or at == len(shown), f"{command} prints more than the page says: {shown[at:]}"


def test_comparison_sees_what_differs() -> None:
    compare("x", ["a", "...", "d"], ["a", "b", "c", "d"])
    for expected in (["a", "d"], ["a", "b", "c"], ["...", "e"], ["b", "..."]):
        with pytest.raises(AssertionError):
            compare("x", expected, ["a", "b", "c", "d"])


def test_quick_commands_of_the_page(tmp_path: Path, beachhead) -> None:
    commands = [pair for pair in read_commands() if is_quick(pair[0])]
    assert len(commands) >= 4
    run_all(commands, tmp_path, beachhead)


@pytest.mark.slow
def test_all_commands_of_the_page(tmp_path: Path, beachhead) -> None:
    run_all(read_commands(), tmp_path, beachhead)


def test_python_of_the_reference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    code = "\n".join(read_blocks(PYTHON_PAGE, "python"))
    exec(compile(code, str(PYTHON_PAGE), "exec"), {})
