"""``restante serve``: runs the server."""

from __future__ import annotations

import sys

import click

from restante.cli.options import loaded, shared_options
from restante.cli.outcome import Exit, Failure
from restante.config import Flag


@click.command()
@click.option("--imap", metavar="HOST:PORT", help="Where IMAP with STARTTLS is taken; '' for nowhere.")
@click.option("--imaps", metavar="HOST:PORT", help="Where IMAP under TLS is taken; '' for nowhere.")
@click.option("--lmtp", metavar="HOST:PORT", help="Where LMTP is taken; '' for nowhere.")
@click.option("--lmtp-socket", metavar="PATH", help="UNIX socket on which LMTP is taken; '' for none.")
@shared_options
def serve(imap: str | None, imaps: str | None, lmtp: str | None, lmtp_socket: str | None) -> None:
    """Run the server until it is told to stop (SIGTERM, or Ctrl-C)."""
    given = {"imap": imap, "imaps": imaps, "lmtp": lmtp, "lmtp_socket": lmtp_socket}
    flags = [
        Flag(f"listen.{name}", text, f"--{name.replace('_', '-')}") for name, text in given.items() if text is not None
    ]
    config = loaded(flags).config
    # Imported late: it brings in the engines, which most commands do without.
    from restante import life
    from restante.server.certificate import BadCertificate
    from restante.server.event_loop import NoSuchLoop

    try:
        status = life.serve(config, lambda: loaded(flags).config)
    except (BadCertificate, NoSuchLoop) as error:
        raise Failure(str(error), Exit.CONFIG) from error
    sys.exit(status)
