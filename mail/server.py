"""The conversation with the mail server: one connection for many mails, and what its answers mean for us."""

import contextlib
import smtplib
import socket
import ssl
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.mail.utils import DNS_NAME

from mail.messages import Envelope

# What a server answers to a client that it does not believe; on any command, not only at log-in.
NOT_LOGGED_IN = {530, 534, 535, 538}
TOO_LARGE = 552


class Unavailable(Exception):
    """Nobody's mail can leave now: the server is not reached or does not take us."""

    delays: tuple[timedelta, ...] = (timedelta(seconds=15), timedelta(seconds=30), timedelta(minutes=1))


class LoginRefused(Unavailable):
    """Our user name or password is wrong; asking often would lock the account."""

    delays = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1))


class Refused(Exception):
    """The server never takes this mail for this recipient."""


class PutOff(Exception):
    """The server takes this mail later, or nobody knows whether it took it."""


class ConnectionLost(PutOff):
    """The server fell silent or hung up in the middle of this mail."""


class MailServer:
    """The server that `config` names, as in `settings.MAIL_SERVER`; a context, which hangs up at the end."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        self.config = config
        self.line: smtplib.SMTP | None = None

    def __enter__(self) -> "MailServer":
        return self

    def __exit__(self, *_error) -> None:
        self.hang_up()

    def get_ready(self) -> None:
        """Have a line that works; one that the server closed meanwhile is opened anew. Raises `Unavailable`."""
        if self.line and still_answers(self.line):
            return
        self.hang_up()
        try:
            self.line = connected(self.config)
        except smtplib.SMTPAuthenticationError as error:
            raise LoginRefused(said(error)) from error
        except (OSError, ValueError) as error:
            raise Unavailable(said(error)) from error

    def send(self, envelope: Envelope) -> None:
        """Hand over one mail after `get_ready`, or raise its fate: `Refused`, `PutOff` or `Unavailable`."""
        if self.line is None:
            raise ConnectionLost("There is no connection to the mail server.")
        options = ["BODY=8BITMIME"] if self.line.has_extn("8bitmime") else []
        try:
            self.line.sendmail(envelope.sender, [envelope.recipient], envelope.content, mail_options=options)
        except smtplib.SMTPRecipientsRefused as error:
            raise fate(*error.recipients[envelope.recipient]) from error
        except smtplib.SMTPSenderRefused as error:
            raise fate(error.smtp_code, error.smtp_error, final=error.smtp_code == TOO_LARGE) from error
        except smtplib.SMTPResponseException as error:
            raise fate(error.smtp_code, error.smtp_error) from error
        except OSError as error:
            self.hang_up()
            raise ConnectionLost(said(error)) from error

    def hang_up(self) -> None:
        line, self.line = self.line, None
        if line:
            with contextlib.suppress(OSError):
                line.quit()
            line.close()


def connected(config: Mapping[str, Any]) -> smtplib.SMTP:
    """A line to the server, encrypted and logged in as configured."""
    kind = PunctualSMTPOverTLS if config.get("EMAIL_USE_SSL") else PunctualSMTP
    line = kind(
        config["EMAIL_HOST"],
        config["EMAIL_PORT"] or 0,
        local_hostname=DNS_NAME.get_fqdn(),
        timeout=settings.MAIL_TIMEOUT,
    )
    try:
        if config.get("EMAIL_USE_TLS"):
            line.starttls(context=ssl.create_default_context())
        if config["EMAIL_HOST_USER"]:
            line.login(config["EMAIL_HOST_USER"], config["EMAIL_HOST_PASSWORD"] or "")
        line.ehlo_or_helo_if_needed()
    except BaseException:
        line.close()
        raise
    return line


def still_answers(line: smtplib.SMTP) -> bool:
    try:
        code, _words = line.noop()
    except OSError:
        return False
    return code == 250


def fate(code: int, words: bytes | str, *, final: bool = True) -> Exception:
    """What an answer means: 5xx is final where the mail or its recipient is to blame, else it is tried again."""
    text = f"{code} {decoded(words)}"
    if code in NOT_LOGGED_IN:
        return LoginRefused(text)
    return Refused(text) if code >= 500 and final else PutOff(text)


def said(error: Exception) -> str:
    """What the server or the system said, in one line for staff."""
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {decoded(error.smtp_error)}"
    return str(error) or type(error).__name__


def decoded(words: bytes | str) -> str:
    return words.decode("utf-8", "replace") if isinstance(words, bytes) else words


class PunctualReader:
    """Reads a server's answer, which must be complete in time: a socket's own time-out begins anew with each byte."""

    def __init__(self, sock: socket.socket, within: float) -> None:
        self.sock = sock
        self.deadline = time.monotonic() + within

    def readline(self, limit: int) -> bytes:
        line = bytearray()
        while not line.endswith(b"\n"):
            left = self.deadline - time.monotonic()
            if left <= 0 or len(line) >= limit:
                raise TimeoutError("The answer did not end in time.")
            self.sock.settimeout(left)
            byte = self.sock.recv(1)
            if not byte:
                break
            line += byte
        return bytes(line)

    def close(self) -> None:
        """The socket belongs to the connection."""


class PunctualSMTP(smtplib.SMTP):
    def getreply(self):
        if self.sock is not None:
            self.file = PunctualReader(self.sock, self.timeout)
        try:
            return super().getreply()
        finally:
            if self.sock is not None:
                self.sock.settimeout(self.timeout)


class PunctualSMTPOverTLS(PunctualSMTP, smtplib.SMTP_SSL):
    """The same, encrypted from the first byte."""
