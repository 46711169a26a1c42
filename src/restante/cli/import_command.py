"""``restante import``: takes mail in from files."""

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
from restante.ops.importing.batch import Limits
from restante.ops.importing.detect import Form, find_source
from restante.ops.importing.model import NoMail, Source
from restante.ops.importing.run import Import, Imported

_FORMS: Final = [form.value for form in Form]


@click.command("import")
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--account", metavar="NAME", help="Whose mail it is; may be left out if there is one account only.")
@click.option("--into", metavar="MAILBOX", help="The mailbox to import into, or below which folders go.")
@click.option("--format", "form", type=click.Choice(_FORMS), default="auto", help="What PATH is; auto looks.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@shared_options
def import_(path: Path, account: str | None, into: str | None, form: str, *, dry_run: bool) -> None:
    """Take mail in from PATH: a Maildir, an mbox, messages in files, or directories of them.

    Flags, dates and folders are kept. What is in the account already is not added again, so an import that was stopped is
    taken up by running it again.
    """
    config = loaded().config
    done = Imported()
    try:
        asyncio.run(_import(config, account, path, Form(form), _mailbox(into), done, dry_run=dry_run))
    except NoMail as error:
        raise Failure(str(error)) from error
    if done.refused:
        raise Failure(f"{count(len(done.refused), 'item')} could not be imported; see above")


def _mailbox(text: str | None) -> MailboxName | None:
    try:
        return None if text is None else mailbox_name(text)
    except BadMailboxName as error:
        raise click.BadParameter(str(error), param_hint="--into") from error


async def _import(
    config: Config,
    account: str | None,
    path: Path,
    form: Form,
    into: MailboxName | None,
    done: Imported,
    *,
    dry_run: bool,
) -> None:
    # Imported late: it brings in the engines.
    from restante import app

    async with app.open_mail(config) as mail:
        owner = await whose(mail.accounts, account)
        source = await asyncio.to_thread(find_source, path, form)
        click.echo(_found(path, source), err=True)
        limits = Limits(largest=max(config.limits.append, config.delivery.message_size))
        watch = Stopwatch()
        try:
            with progress() as bar:
                bar.start(source.size)
                use = Import(mail.store, asyncio.to_thread, bar, limits, dry_run=dry_run)
                await use.run(owner.id, source, into, done)
        finally:
            # Also where it was stopped: what is told as imported is on disk.
            _tell(done, watch, dry_run=dry_run)


def _found(path: Path, source: Source) -> str:
    return f"{path}: {source.kind}, {count(len(source.folders), 'folder')}, {size(source.size)}"


def _tell(done: Imported, watch: Stopwatch, *, dry_run: bool) -> None:
    for refusal in done.refused:
        click.echo(f"refused {refusal.place}: {refusal.reason}", err=True)
    for note in done.notes:
        click.echo(f"note: {note}", err=True)
    parts = [f"{count(done.messages, 'message')} {'to import' if dry_run else 'imported'} ({size(done.octets)})"]
    made = f"{done.mailboxes} mailbox{'' if done.mailboxes == 1 else 'es'} {'to create' if dry_run else 'created'}"
    parts += [made] if done.mailboxes else []
    parts += [f"{done.here} already there"] if done.here else []
    parts += [f"{done.elsewhere} already in another mailbox"] if done.elsewhere else []
    parts += [f"{done.left_out} left out as deleted or no mail"] if done.left_out else []
    parts += [f"{len(done.refused)} refused"] if done.refused else []
    click.echo(f"{', '.join(parts)}; {watch}", err=True)
