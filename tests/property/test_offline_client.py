"""A disconnected client, cut off wherever it hurts, always comes to hold what the store holds (RFC 4549).

Every scenario is told by its seed, which its name shows; see ``tests/support/offline_life.py``.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.offline_life import stage
from tests.support.selected_folder import Style
from tests.support.store import Engine, engines

PLANS = {
    "plain": [Style.PLAIN] * 4,
    "condstore": [Style.CONDSTORE] * 4,
    "qresync": [Style.QRESYNC] * 4,
    "uidonly": [Style.UIDONLY] * 4,
    "each in turn": [Style.QRESYNC, Style.PLAIN, Style.UIDONLY, Style.CONDSTORE, Style.QRESYNC],
}


@pytest.mark.parametrize("seed", range(9))
@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize("engine", engines(), ids=lambda engine: engine.name)
async def test_ends_with_what_the_store_holds(engine: Engine, plan: str, seed: int, tmp_path: Path) -> None:
    busy = engine.name == "memory" and seed % 2 == 1
    scenario = await stage(engine, tmp_path, seed, orderly=seed % 3 == 0, busy=busy)
    try:
        await scenario.live(PLANS[plan])
        await scenario.judge()
    except AssertionError as error:
        error.add_note(b"\n".join(scenario.client.log).decode("ascii", "replace")[-12_000:])
        raise
    finally:
        await scenario.there.close()
