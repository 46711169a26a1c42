"""Who is at the other end of a connection."""

from __future__ import annotations

import asyncio
import ipaddress
from functools import lru_cache


def peer(transport: asyncio.BaseTransport) -> tuple[str, bool]:
    """The peer's address, and whether the connection stays on this machine."""
    name = transport.get_extra_info("peername")
    if not isinstance(name, tuple) or not name:
        return "local", True
    return _address(str(name[0]).partition("%")[0])


@lru_cache(maxsize=1024)
def _address(address: str) -> tuple[str, bool]:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address, False
    mapped = getattr(parsed, "ipv4_mapped", None)
    return str(mapped or parsed), bool((mapped or parsed).is_loopback)
