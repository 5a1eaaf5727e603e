"""A scanner that speaks clamd's protocol, or whatever else a test tells it to."""

import contextlib
import socketserver
import struct
import threading
import time

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR" + rb"-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


class FakeClamd:
    """Finds EICAR. `address` is what the setting holds; `scanned` are the streams that came whole.

    `pong`: what it says to PING, None for silence. `answer`: said to every stream in the place of a verdict, None for
    silence. `hangs_up_after`: bytes of a stream after which it says `farewell` and closes. `meet`: a barrier that every
    PING waits at.
    """

    def __init__(self, path: str = "") -> None:
        self.pong: bytes | None = b"PONG\0"
        self.answer: bytes | None = b"verdict"
        self.hangs_up_after = -1
        self.farewell = b""
        self.reads = True
        self.seconds_per_byte = 0.0
        self.meet: threading.Barrier | None = None
        self.pings = 0
        self.scanned: list[bytes] = []
        self.ended = threading.Event()
        kind = socketserver.ThreadingUnixStreamServer if path else socketserver.ThreadingTCPServer
        self.server = kind(path or ("127.0.0.1", 0), self.handler())
        self.server.daemon_threads, self.server.block_on_close = True, False
        self.address = path or self.server.server_address
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Hang up and refuse connections from now on; done twice it changes nothing."""
        self.ended.set()
        self.server.shutdown()
        self.server.server_close()

    def handler(self):
        clamd = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                with contextlib.suppress(OSError, struct.error):
                    clamd.serve(self.rfile, self.wfile)

        return Handler

    def serve(self, received, sent) -> None:
        command = b""
        while not command.endswith(b"\0"):
            command += received.read(1)
        if command == b"zPING\0":
            self.pings += 1
            if self.meet:
                self.meet.wait(5)
            self.say(self.pong, sent)
        elif not self.reads:
            self.ended.wait()
        else:
            self.take_stream(received, sent)

    def take_stream(self, received, sent) -> None:
        body = b""
        while (length := struct.unpack("!I", received.read(4))[0]) > 0:
            body += received.read(length)
            if 0 <= self.hangs_up_after <= len(body):
                sent.write(self.farewell)
                return
        self.scanned.append(body)
        verdict = b"stream: Eicar-Signature FOUND\0" if EICAR in body else b"stream: OK\0"
        self.say(verdict if self.answer == b"verdict" else self.answer, sent)

    def say(self, words: bytes | None, sent) -> None:
        if words is None:
            self.ended.wait()
            return
        for byte in [words] if not self.seconds_per_byte else (bytes([byte]) for byte in words):
            sent.write(byte)
            time.sleep(self.seconds_per_byte)
