"""The settings of searching: whether attachments are searched, and what reading one may cost.

The rule it protects: a document that somebody sent is read only where an administrator asked for it, and within bounds.
"""

from __future__ import annotations

from typing import Annotated

from restante.config.setting import Section, setting


class Search(Section, frozen=True, kw_only=True):
    """What searches look at."""

    attachments: Annotated[
        bool,
        setting(
            "Whether SEARCH BODY and TEXT look into attachments: PDF, Office (.docx, .xlsx, .pptx, .odt, .ods, .odp), RTF, and "
            "text of other types than text/*. Changed, the indexes are made anew as accounts are used."
        ),
    ] = False
    attachment_size: Annotated[
        int,
        setting(
            "The largest document that is read; of a larger text, so much of it.",
            unit="octets",
            at_least=1024,
            at_most=1 << 30,
        ),
    ] = 16 << 20
    attachment_characters: Annotated[
        int,
        setting("Characters that are searched of a message's attachments together.", at_least=1000, at_most=16 << 20),
    ] = 1 << 20
    attachment_count: Annotated[
        int, setting("Attachments that are read of one message.", at_least=1, at_most=10_000)
    ] = 32
    attachment_time: Annotated[
        float,
        setting(
            "CPU time that one document may take; those of a message together may take three times that.",
            unit="seconds",
            at_least=1,
            at_most=600,
        ),
    ] = 10.0
    attachment_memory: Annotated[
        int,
        setting("Memory that one document may take.", unit="octets", at_least=32 << 20, at_most=16 << 30),
    ] = 256 << 20
    attachment_processes: Annotated[
        int,
        setting(
            "Documents read at once, each in a process; there are none while nothing is to be read.",
            at_least=1,
            at_most=64,
        ),
    ] = 2
