"""``restante export``: gives mail back as files."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

import click

from restante.cli.options import loaded, shared_options
from restante.cli.outcome import Failure
from restante.cli.transfer import Stopwatch, count, progress, size, whose
from restante.config import Config
from restante.model.mailbox_name import BadMailboxName, MailboxName, mailbox_name
from restante.ops.exporting.mbox import MboxTarget
from restante.ops.exporting.model import Target
from restante.ops.exporting.one_file_each import EmlTarget, MaildirTarget
from restante.ops.exporting.run import Export, Exported, NotEmpty, check_empty

_FORMS: Final = ["maildir", "maildir++", "mbox", "mbox.gz", "eml"]


@click.command()
@click.argument("path", type=click.Path(file_okay=False, path_type=Path))
@click.option("--account", metavar="NAME", help="Whose mail; may be left out if there is one account only.")
@click.option("--mailbox", "mailboxes", metavar="NAME", multiple=True, help="Only this mailbox. Repeatable.")
@click.option(
    "--format", "form", type=click.Choice(_FORMS), default="maildir", show_default=True, help="What to write."
)
@click.option("--merge", is_flag=True, help="Add to what is at PATH.")
@click.option("--mbox-flags/--no-mbox-flags", default=True, help="Whether fields for flags are put above each message.")
@shared_options
def export(
    path: Path, account: str | None, mailboxes: tuple[str, ...], form: str, *, merge: bool, mbox_flags: bool
) -> None:
    """Write an account's mail to the directory PATH, with flags, dates and folders."""
    config = loaded().config
    target = make_target(form, path, mbox_flags=mbox_flags)
    watch, done = Stopwatch(), Exported()
    try:
        if not merge:
            check_empty(path)
        asyncio.run(_export(config, account, _names(mailboxes), target, done))
    except NotEmpty as error:
        raise Failure(str(error)) from error
    _tell(done, watch)
    if done.refused:
        raise Failure(f"{count(len(done.refused), 'item')} could not be exported; see above")


def make_target(form: str, path: Path, *, mbox_flags: bool = True) -> Target:
    """The target of that *form* at *path*."""
    if form in ("maildir", "maildir++"):
        return MaildirTarget(path, plus=form == "maildir++")
    if form in ("mbox", "mbox.gz"):
        return MboxTarget(path, packed=form == "mbox.gz", flags=mbox_flags)
    return EmlTarget(path)


def _names(texts: tuple[str, ...]) -> list[MailboxName]:
    try:
        return [mailbox_name(text) for text in texts]
    except BadMailboxName as error:
        raise click.BadParameter(str(error), param_hint="--mailbox") from error


async def _export(
    config: Config, account: str | None, names: list[MailboxName], target: Target, done: Exported
) -> None:
    # Imported late: it brings in the engines.
    from restante import app

    async with app.open_mail(config) as mail:
        owner = await whose(mail.accounts, account)
        with progress() as bar:
            use = Export(mail.store, asyncio.to_thread, bar)
            chosen = await use.choose(owner.id, names)
            bar.start(sum(record.status.size for record in chosen))
            await use.run(owner.id, chosen, target, done)


def _tell(done: Exported, watch: Stopwatch) -> None:
    for reason in done.refused:
        click.echo(f"refused: {reason}", err=True)
    for note in done.notes:
        click.echo(f"note: {note}", err=True)
    parts = [f"{count(done.messages, 'message')} exported ({size(done.octets)})"]
    parts += [f"{done.here} already there"] if done.here else []
    click.echo(f"{', '.join(parts)}; {watch}", err=True)
