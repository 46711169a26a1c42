"""``restante config``: shows, checks and documents the configuration."""

from __future__ import annotations

import click

from restante.cli.options import Group, loaded, shared_options
from restante.config import ConfigError, Loaded, Problem
from restante.config import reference as settings_reference


@click.group(cls=Group)
@shared_options
def config() -> None:
    """Show, check and document the configuration."""


@config.command()
@click.option("--changed", is_flag=True, help="Only what is not by default.")
@shared_options
def show(*, changed: bool) -> None:
    """Print the effective settings, as TOML, and where each came from."""
    click.echo(settings_reference.effective(loaded(), changed=changed), nl=False)


@config.command()
@shared_options
def check() -> None:
    """Say what is wrong with the configuration, with file and line."""
    found = loaded()
    _check_certificate(found)
    _check_event_loop(found)
    _check_libraries(found)
    click.echo(f"{found.file or 'the configuration'} is good")


@config.command()
@click.argument("page", type=click.Choice(["settings", "commands", "standards"]), default="settings")
@shared_options
def reference(page: str) -> None:
    """Print the reference of all settings, of all commands, or of the standards spoken, in Markdown."""
    # Imported late: the commands' page walks the whole command line, of which this module is a part, and the standards'
    # page brings in the protocols.
    from restante.cli import reference as commands_reference
    from restante.imap import standards

    pages = {
        "settings": settings_reference.markdown,
        "commands": commands_reference.markdown,
        "standards": standards.markdown,
    }
    click.echo(pages[page](), nl=False)


def _check_event_loop(found: Loaded) -> None:
    # Imported late: it brings in asyncio.
    from restante.server.event_loop import NoSuchLoop, factory

    try:
        factory(found.config.process.event_loop)
    except NoSuchLoop as error:
        raise ConfigError([Problem(str(found.origins["process.event_loop"]), str(error))]) from error


def _check_libraries(found: Loaded) -> None:
    if not found.config.search.attachments:
        return
    # Imported late: few have attachments searched.
    from restante.documents.libraries import missing

    problems = [
        Problem(
            str(found.origins["search.attachments"]),
            f"search.attachments is on, but {kind.value.upper()} cannot be read: the package {library} is not installed",
        )
        for kind, library in missing().items()
    ]
    if problems:
        raise ConfigError(problems)


def _check_certificate(found: Loaded) -> None:
    tls = found.config.tls
    if tls.certificate is None or tls.key is None:
        return
    # Imported late: OpenSSL takes a while to load, and no other command here needs it.
    from restante.server.certificate import BadCertificate, CertificatePaths, verify

    try:
        verify(CertificatePaths(tls.certificate, tls.key))
    except BadCertificate as error:
        raise ConfigError([Problem(str(found.origins["tls.certificate"]), str(error))]) from error
