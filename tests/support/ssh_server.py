"""An SSH server of a test's own: on the loopback, with keys that nobody else has."""

from __future__ import annotations

import getpass
import os
import shutil
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path

__all__ = ["Server", "missing"]

_CONFIG = """\
ListenAddress 127.0.0.1
Port {port}
HostKey {folder}/host_key
PidFile {folder}/sshd.pid
AuthorizedKeysFile {folder}/authorized_keys
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PubkeyAuthentication yes
PermitRootLogin prohibit-password
AllowUsers {user}
AcceptEnv IMBTUI_* HOME XDG_* TERM LANG PYTHONPATH
PrintMotd no
PrintLastLog no
UseDNS no
LogLevel VERBOSE
"""


def _program(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


def missing() -> str:
    """Say what there is not for a server; empty if there is all."""
    absent = [n for n in ("sshd", "ssh", "ssh-keygen") if _program(n) is None]
    return f"there is no {' and no '.join(absent)} here" if absent else ""


class Server:
    """A server that runs until it is stopped.

    Parameters
    ----------
    folder : Path
        For its keys and its log.

    Raises
    ------
    OSError
        If it cannot be started; the error says why.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._log = folder / "sshd.log"
        folder.mkdir(mode=0o700)
        for name in ("host_key", "user_key"):
            made = [_program("ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-f"]
            subprocess.run([*made, folder / name], check=True, stdin=subprocess.DEVNULL)
        keys = folder / "authorized_keys"
        keys.write_text((folder / "user_key.pub").read_text())
        keys.chmod(0o600)
        if os.getuid() == 0:
            # Where it gives up its rights before a user has logged in.
            with suppress(OSError):
                Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        for _ in range(5):
            # Between asking for a free port and taking it, another user may.
            self.port = _free_port()
            self._start()
            if self._listens():
                return
            self.stop()
        raise OSError(f"sshd does not start: {self.said()}")

    def _start(self) -> None:
        config = self.folder / "sshd_config"
        config.write_text(
            _CONFIG.format(port=self.port, folder=self.folder, user=getpass.getuser())
        )
        self._process = subprocess.Popen(
            [str(_program("sshd")), "-D", "-f", config, "-E", self._log],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
        )

    def _listens(self) -> bool:
        for _ in range(200):
            if self._process.poll() is not None:
                return False
            with suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return True
            time.sleep(0.05)
        return False

    def said(self) -> str:
        """The end of its log."""
        with suppress(OSError):
            return self._log.read_text(errors="replace")[-1500:]
        return ""

    def command(self, words: str, *passed: str) -> list[str]:
        """Return the command of a client that logs in with a terminal.

        Parameters
        ----------
        words : str
            For the shell on the other side.
        *passed : str
            Names of variables that go along.
        """
        options = {
            "IdentityFile": self.folder / "user_key",
            "IdentitiesOnly": "yes",
            "StrictHostKeyChecking": "no",
            "UserKnownHostsFile": self.folder / "known_hosts",
            "LogLevel": "ERROR",
            "SendEnv": " ".join(passed),
        }
        given = [f"-o{name}={value}" for name, value in options.items()]
        place = (f"-p{self.port}", f"{getpass.getuser()}@127.0.0.1")
        return [str(_program("ssh")), "-F", "none", "-tt", *given, *place, words]

    def sessions(self) -> list[int]:
        """Return the server's own processes, one or two for each that logged in."""
        found, parents = [], {self._process.pid}
        for entry in sorted(Path("/proc").glob("[0-9]*"), key=lambda e: int(e.name)):
            with suppress(OSError):
                name, _, rest = (entry / "stat").read_text().rpartition(")")
                parent = int(rest.split()[1])
                if "(sshd" in name and parent in parents:
                    found.append(int(entry.name))
                    parents.add(int(entry.name))
        return found

    def stop(self) -> None:
        """End it, and who is still logged in."""
        for pid in self.sessions():
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        self._process.kill()
        self._process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
