"""A mail server of our own, which takes everything and remembers it."""

import asyncio
import email
import email.policy
from collections import Counter
from typing import Any

from aiosmtpd.controller import Controller

from rigs.processes import HOST


class Postbox:
    """Keeps its port while it is stopped and started."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.message_ids: list[str] = []
        self.controller: Controller | None = None
        self.seconds_per_mail = 0.0

    def start(self) -> None:
        self.controller = Controller(self, hostname=HOST, port=self.port)
        self.controller.start()

    def stop(self) -> None:
        if self.controller:
            self.controller.stop()
            self.controller = None

    def __enter__(self) -> "Postbox":
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    @property
    def copies(self) -> Counter:
        """How often each Message-ID was taken."""
        return Counter(self.message_ids)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        await asyncio.sleep(self.seconds_per_mail)
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.message_ids.append(str(message["Message-ID"]))
        return "250 OK"
