"""Dovecot of Debian's packages, set up to be fast: sdbox, processes kept and used again, passwords in the clear.

Strategy: the settings its own documentation gives for speed: login processes that serve many (service_count 0), IMAP
processes that serve one connection after the other and stay, a login cache. What it syncs to disk is left at its default,
which keeps the same promise as Restante: mail that was taken is on disk.
"""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from bench.compare.servers.server import PASSWORD, Server

OWNER: Final = "nobody"
"""Whose mail it is, where the bench runs as root: Dovecot serves no mail of root's."""

_SETTINGS: Final = """\
protocols = imap lmtp
listen = 127.0.0.1
base_dir = {directory}/run
state_dir = {directory}/state
log_path = {directory}/log
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain
auth_cache_size = 10 M
auth_username_format = %Ln
mail_location = sdbox:~/mail
mail_max_userip_connections = 1000
postmaster_address = postmaster@example.org
default_process_limit = 1024
default_client_limit = 4096
default_idle_kill = 1 hour
default_vsz_limit = 1 G
{users}
namespace inbox {{
  inbox = yes
  separator = /
}}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={directory}/home/%n allow_all_users=yes
}}
service imap-login {{
  service_count = 0
  process_min_avail = 2
  {chroot}
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service imap {{
  service_count = 0
  client_limit = 1
  process_limit = 1024
}}
service lmtp {{
  service_count = 0
  inet_listener lmtp {{
    port = {lmtp}
  }}
}}
"""


def installed() -> bool:
    """Whether there is a Dovecot with IMAP and LMTP."""
    found = shutil.which("dovecot", path=os.defpath + ":/usr/sbin")
    return found is not None and Path("/usr/lib/dovecot/lmtp").exists()


class Dovecot(Server):
    """The server of the packages dovecot-imapd and dovecot-lmtpd."""

    name = "Dovecot"

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self._program = shutil.which("dovecot", path=os.defpath + ":/usr/sbin") or "dovecot"
        self._file = directory / "dovecot.conf"

    def version(self) -> str:
        """What it says."""
        return subprocess.run([self._program, "--version"], capture_output=True, text=True, check=True).stdout.split()[
            0
        ]

    def settings(self) -> str:
        """Its configuration file."""
        root = os.geteuid() == 0
        owner = pwd.getpwnam(OWNER) if root else pwd.getpwuid(os.geteuid())
        group = grp.getgrgid(owner.pw_gid).gr_name
        users = (
            f"default_internal_user = {owner.pw_name}\ndefault_internal_group = {group}\n"
            f"default_login_user = {owner.pw_name}\nservice anvil {{\n  chroot =\n}}\n"
        )
        return _SETTINGS.format(
            directory=self.directory,
            password=PASSWORD,
            uid=owner.pw_uid,
            gid=owner.pw_gid,
            users="" if root else users,
            chroot="" if root else "chroot =",
            imap=self.imap,
            lmtp=self.lmtp,
        )

    def prepare(self, accounts: Iterable[str]) -> None:
        """Write the configuration; accounts need no making. May be called again, for more accounts."""
        self._file.write_text(self.settings())
        for name in ("run", "state", "home"):
            (self.directory / name).mkdir(mode=0o755, exist_ok=True)
        if os.geteuid() == 0:
            shutil.chown(self.directory / "home", OWNER)

    def line(self) -> Sequence[str]:
        """In the foreground, with this configuration only."""
        return (self._program, "-F", "-c", str(self._file))
