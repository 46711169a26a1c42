"""Mail that a client keeps the same in two places: what is there first, what changes on the server, and how both end."""

from __future__ import annotations

from collections.abc import Mapping

from tests.support.maildir import Letter
from tests.support.probe import Probe, Stored
from tests.support.sample_mail import alternative, attachment, forwarded, mails, plain, unicode_text

LARGE = "<large@mail.example.test>"


def fill(probe: Probe, drafts: str) -> None:
    """Every sample mail in INBOX, the large one seen, and a draft in the new mailbox *drafts*."""
    for mail in mails():
        probe.append(mail.raw, flags=[r"\Seen"] if mail.name == "large" else [])
    probe.create(drafts)
    probe.append(forwarded().raw, drafts, [r"\Draft"])


def change_there(probe: Probe) -> None:
    """On the server a mail arrives, one is answered, one is unread again, one is deleted."""
    there = probe.by_id()
    probe.append(plain("arrived-there", "Arrived there").raw)
    probe.store("INBOX", there[forwarded().message_id].uid, r"+FLAGS (\Answered)")
    probe.store("INBOX", there[LARGE].uid, r"-FLAGS (\Seen)")
    probe.delete("INBOX", there[attachment().message_id].uid)


def meet(here: Mapping[str, Letter], there: Mapping[str, Stored]) -> None:
    """Both have what :func:`change_there` changed, and what was done here: a mail seen, one flagged, one gone."""
    assert set(here) == set(there)
    assert {alternative().message_id, attachment().message_id}.isdisjoint(there)
    assert there[unicode_text().message_id].flags == {r"\Flagged", r"\Seen"}
    assert there["<written-here@mail.example.test>"].flags == {r"\Seen"}
    assert here[forwarded().message_id].flags == {"R"}
    assert here[LARGE].flags == frozenset()
