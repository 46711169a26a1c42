"""The first start on an empty data directory: an account with a generated password, and a message to greet its owner.

The rule it protects: nothing is asked, and what a person must know is told once, plainly.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from restante.auth.password import generate
from restante.model.dates import MailDate
from restante.model.mailbox_name import INBOX
from restante.ops.accounts import Accounts
from restante.store.api import Store
from restante.store.model import NewMessage


@dataclass(frozen=True, slots=True)
class FirstAccount:
    """The account that was made, and the one time its password is known."""

    name: str
    password: str = field(repr=False)


_WELCOME: Final = """\
Welcome to Restante.

This is your mailbox. It lives in the data directory of the server that you
just started, and every mail program that speaks IMAP can read it.

What to do next:

  - Bring your mail:       restante import PATH
    (Maildir, mbox, a folder of .eml files)
  - Let mail arrive:       point Postfix or Exim at the LMTP listener,
    or pipe a message into restante deliver NAME
  - Add people:            restante account add NAME
  - Open it to the world:  see "Going live" in the README

Drafts, Sent, Junk, Trash and Archive are made and marked, so your mail
program will find them by itself.
"""


async def first_account(accounts: Accounts, store: Store, name: str, now: int) -> FirstAccount:
    """Make the account *name* with its greeting. Raises what :meth:`Accounts.add` and the store raise."""
    password = generate()
    record = await accounts.add(name, password)
    account = await store.account(record.id)
    inbox = await account.mailbox(INBOX)
    date = MailDate(now)
    await inbox.append([NewMessage(welcome(name, date), date)])
    return FirstAccount(name, password)


def welcome(name: str, date: MailDate) -> bytes:
    """The greeting, as a message."""
    # Imported late: it takes as long to load as the store, and a server greets once in its life.
    from email.message import EmailMessage
    from email.policy import SMTP
    from email.utils import format_datetime, make_msgid

    message = EmailMessage(policy=SMTP)
    message["From"] = "Restante <postmaster@localhost>"
    message["To"] = f"{name}@localhost" if "@" not in name else name
    message["Subject"] = "Welcome to Restante"
    message["Date"] = format_datetime(date.datetime())
    message["Message-ID"] = make_msgid("welcome", "localhost")
    message.set_content(_WELCOME)
    return message.as_bytes()
