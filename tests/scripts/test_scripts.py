"""Plays every transcript under this folder, each against a fresh server."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.dialogue import Unmet, play
from tests.support.imap_server import serve_in_process
from tests.support.transcript import parse

FOLDER = Path(__file__).parent
SCRIPTS = sorted(FOLDER.glob("*/*.imap"))


def sample_messages() -> dict[str, bytes]:
    """The messages in ``mail/``, which is kept with LF line ends, as they go over the wire."""
    return {path.name: path.read_bytes().replace(b"\n", b"\r\n") for path in sorted((FOLDER / "mail").glob("*.eml"))}


@pytest.fixture(scope="module")
def samples() -> dict[str, bytes]:
    return sample_messages()


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: f"{path.parent.name}/{path.stem}")
async def test_script(path: Path, samples: dict[str, bytes]) -> None:
    scenario = parse(path, samples)
    async with serve_in_process({scenario.user: scenario.password}, tls=scenario.tls, limits=scenario.limits) as server:
        try:
            await play(scenario, server)
        except Unmet as reason:
            pytest.skip(str(reason))
