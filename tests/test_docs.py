"""The pages that are made from the code are as the code would make them now, and the written ones name what there is."""

from __future__ import annotations

import itertools
import re
import shlex
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest

import restante
from restante.cli import reference as commands
from restante.cli.main import cli
from restante.config import load
from restante.config import reference as settings
from restante.config.model import SECTIONS
from restante.config.model import settings as all_settings
from restante.imap import standards

ROOT = Path(__file__).parent.parent
PAGES = ROOT / "docs" / "reference"
WRITTEN = sorted((*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "tests" / "clients" / "README.md"))

_FENCE = re.compile(r"^( *)(```+)([a-z]*)[^\n]*\n(.*?)^\1\2[ ]*$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_COMMAND = re.compile(r"(?:^|(?<!-[a-z])[\s(]|\./|bin/)restante(?=\s+[a-z-])")
_SETTING = re.compile(rf"(?<![\w./-])({'|'.join(SECTIONS)})\.([a-z][a-z0-9_]*)(?![\w/(]|\.\w)")
_VARIABLE = re.compile(r"\bRESTANTE_[A-Z0-9_]+\b")
_FILE_SUFFIXES = {"py", "md", "db", "toml", "log", "sh"}


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


each_page = pytest.mark.parametrize("page", WRITTEN, ids=_name)


@pytest.mark.parametrize(
    ("name", "make"),
    [("settings", settings.markdown), ("commands", commands.markdown), ("standards", standards.markdown)],
)
def test_page_is_up_to_date(name: str, make: Callable[[], str]) -> None:
    path = PAGES / f"{name}.md"
    found = path.read_text() if path.exists() else ""
    assert found == make(), f"run: restante config reference {name} > docs/reference/{name}.md"


def test_every_standard_names_a_module_there_is() -> None:
    package = Path(restante.__file__).parent
    rows = [row for _, group in standards.OTHERS for row in group]
    assert rows
    assert [row.module for row in rows if not (package / row.module).exists()] == []


@each_page
def test_relative_links_lead_somewhere(page: Path) -> None:
    text = _FENCE.sub("", page.read_text())
    broken = [target for target in _LINK.findall(_SPAN.sub("", text)) if not _leads_somewhere(page, target)]
    assert broken == []


def _leads_somewhere(page: Path, target: str) -> bool:
    if re.match(r"[a-z]+:", target):
        return True
    path, _, anchor = target.partition("#")
    there = (page.parent / path).resolve() if path else page
    if not there.exists():
        return False
    return not anchor or there.suffix != ".md" or anchor in _anchors(there.read_text())


def _anchors(text: str) -> set[str]:
    """What headings are linked by: lower case, no punctuation, hyphens for spaces."""
    headings = re.findall(r"^#+ +(.+)$", _FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@each_page
def test_commands_shown_exist_with_their_options(page: Path) -> None:
    wrong = [f"{line}: {reason}" for line in _shown(page.read_text()) for reason in _mistakes(line)]
    assert wrong == []


def _shown(text: str) -> Iterator[str]:
    """What follows ``restante`` wherever a page shows a command, up to the end of the line or code."""
    lines = [
        line for _, _, kind, body in _FENCE.findall(text) if kind in ("sh", "ini", "") for line in body.splitlines()
    ]
    for code in [*lines, *_SPAN.findall(_FENCE.sub("", text))]:
        yield from (code[found.end() :].strip() for found in _COMMAND.finditer(code))


def _mistakes(line: str) -> Iterator[str]:
    """What is wrong with a command line, as far as names go."""
    command: click.Command = cli
    options: dict[str, click.Parameter | None] = {"-h": None, "--help": None}
    words = iter(_words(line))
    for word in words:
        options |= {name: parameter for parameter in command.params for name in parameter.opts}
        if word.startswith("-"):
            name, equals, _ = word.partition("=")
            if name not in options:
                yield f"no option {name} in {command.name}"
            elif _takes_value(options[name]) and not equals:
                next(words, None)
        elif isinstance(command, click.Group) and not word.isupper():
            found = command.get_command(click.Context(command), word)
            if found is None:
                yield f"no command {word} in {command.name}"
                return
            command = found


def _words(line: str) -> list[str]:
    """The words of the first command on *line*; brackets and dots stand for what a reader may leave out or add."""
    lexer = shlex.shlex(re.sub(r"[…\[\]]", " ", line), posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    return list(itertools.takewhile(lambda word: not set(word) <= set("|&;<>()"), lexer))


def _takes_value(option: click.Parameter | None) -> bool:
    return isinstance(option, click.Option) and not option.is_flag


@each_page
def test_settings_named_exist(page: Path) -> None:
    text = page.read_text()
    known = {setting.path for setting in all_settings()}
    named = {f"{section}.{name}" for code in _SPAN.findall(text) for section, name in _SETTING.findall(code)}
    assert {path for path in named - known if path.partition(".")[2] not in _FILE_SUFFIXES} == set()
    variables = {setting.environment for setting in all_settings()}
    assert set(_VARIABLE.findall(text)) - variables <= {"RESTANTE_CONFIG", "RESTANTE_COMPILE"}


@each_page
def test_defaults_shown_are_the_defaults(page: Path) -> None:
    reference = settings.markdown()
    known = {setting.path for setting in all_settings()}
    rows = re.findall(r"^\| `([a-z_]+\.[a-z0-9_]+)` \| ([^|`]+?) \|", page.read_text(), re.MULTILINE)
    for path, shown in (row for row in rows if row[0] in known):
        section = reference[reference.index(f"### {path}\n") :]
        default = re.search(r"^- Default: `(.*)`$", section, re.MULTILINE)
        assert default is not None
        assert shown == default[1].strip('[]"'), path


@each_page
def test_configuration_shown_is_good(page: Path, tmp_path: Path) -> None:
    file = tmp_path / "restante.toml"
    for _, _, kind, body in _FENCE.findall(page.read_text()):
        if kind == "toml" and tomllib.loads(body).keys() <= SECTIONS.keys():
            file.write_text(body)
            assert load(file, environ={}).file == file


def test_the_comparison_says_what_the_registry_says() -> None:
    rows = re.findall(r"^\| ([^|]*`[^|]*) \| (yes|no) \|", (ROOT / "README.md").read_text(), re.MULTILINE)
    announced = set(standards.capabilities())
    for name, says in rows:
        assert {one in announced for one in _SPAN.findall(name)} == {says == "yes"}, f"mend README.md: {name}"


def test_the_worked_example_is_the_code() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    assert (ROOT / "src/restante/imap/extensions/status_size.py").read_text() in text
    assert (ROOT / "tests/scripts/rfc9051/status-size.imap").read_text() in text


def test_every_design_note_is_in_the_index() -> None:
    notes = ROOT / "docs" / "design"
    index = set(_LINK.findall((notes / "README.md").read_text()))
    assert {path.name for path in notes.glob("*.md")} - {"README.md"} - index == set()
