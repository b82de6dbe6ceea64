"""A server that sends exactly the bytes a test wants, and closes exactly as the test wants; plain or with TLS."""

import asyncio
import datetime as dt
import ipaddress
import os
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from yarl import URL

from omniroute.upstream.client import Endpoint, UpstreamClient


class Peer:
    """The server's end of one connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        self.reader = reader
        self.writer = writer
        self.number = number

    async def request(self) -> bytes:
        """Read one request: head and body."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        fields = dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:-2])
        return head + await self.reader.readexactly(int(fields.get(b"content-length", b"0")))

    async def send(self, data: bytes, *, cut_at: tuple[int, ...] = ()) -> None:
        """Send bytes, in several segments where the cuts are."""
        for begin, end in zip((0, *cut_at), (*cut_at, len(data)), strict=True):
            self.writer.write(data[begin:end])
            await self.writer.drain()
            if cut_at:
                await asyncio.sleep(0)

    async def gone(self) -> bytes:
        """Wait until the client closes; return what it sent until then."""
        try:
            return await self.reader.read()
        except ConnectionError:
            return b""

    def reset(self) -> None:
        """Close with a TCP reset."""
        raw = self.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


@dataclass(kw_only=True)
class Served:
    """A running server."""

    port: int
    tls: bool
    connections: int = 0
    open: int = 0
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def endpoint(self, host: str = "127.0.0.1", path: str = "/v1/chat/completions", **more: object) -> Endpoint:
        url = URL(f"{'https' if self.tls else 'http'}://{host}:{self.port}{path}", encoded=True)
        return Endpoint(**{"url": url, "headers": {}, "local": True, **more})  # type: ignore[arg-type]

    async def emptied(self) -> None:
        """Wait until no connection is open."""
        async with asyncio.timeout(5):
            while self.open:
                self.changed.clear()
                await self.changed.wait()


Play = Callable[[Peer], Awaitable[None]]


@asynccontextmanager
async def served(play: Play, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> AsyncIterator[Served]:
    """Run a server that plays `play` on each connection, and closes it then."""
    tasks: set[asyncio.Task[None]] = set()
    errors: list[BaseException] = []
    state = Served(port=0, tls=tls is not None)

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        state.connections += 1
        state.open += 1
        try:
            await play(Peer(reader, writer, state.connections))
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # the client left
        except Exception as error:  # noqa: BLE001 - shown when the server stops
            errors.append(error)
        finally:
            state.open -= 1
            state.changed.set()
            writer.close()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(accept(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(connected, host, 0, ssl=tls, backlog=2000)
    state.port = server.sockets[0].getsockname()[1]
    try:
        yield state
    finally:
        server.close()
        for task in tuple(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()
        await asyncio.sleep(0)  # transports that were closed just now say so to their owners
        if errors:
            raise errors[0]


def answer(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    """Spell an answer with a length."""
    lines = (f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}")
    return "\r\n".join((*lines, "", "")).encode("latin-1") + body


def chunked(*pieces: bytes, headers: tuple[str, ...] = ()) -> bytes:
    """Spell a whole answer in chunks."""
    head = "\r\n".join(("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", *headers, "", "")).encode()
    return head + b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def always(data: bytes) -> Play:
    """Answer every request with these bytes."""

    async def play(peer: Peer) -> None:
        while True:
            await peer.request()
            await peer.send(data)

    return play


def once(data: bytes) -> Play:
    """Answer one request with these bytes and close the connection."""

    async def play(peer: Peer) -> None:
        await peer.request()
        await peer.send(data)

    return play


async def ask(client: UpstreamClient, endpoint: Endpoint, body: bytes = b"{}", limit: int = 2**24) -> bytes:
    """Return the body of an answer."""
    got = await client.post(endpoint, body)
    try:
        return await got.read(limit)
    finally:
        got.close()


def open_sockets() -> int:
    """Count this process's sockets."""
    count = 0
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208 - links that may be gone when asked
        try:
            count += str(Path("/proc/self/fd", name).readlink()).startswith("socket:")
        except FileNotFoundError:
            continue
    return count


@dataclass(frozen=True, kw_only=True)
class Authority:
    """A certificate authority of the test's own."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    folder: Path

    @property
    def file(self) -> Path:
        return self.folder / "ca.pem"

    def context(self, *names: str, days: int = 1) -> ssl.SSLContext:
        """Return a server's TLS settings with a certificate for `names`."""
        key = ec.generate_private_key(ec.SECP256R1())
        kinds = [_general_name(name) for name in names]
        made = (
            _certificate(names[0], self.certificate.subject, key.public_key(), days)
            .add_extension(x509.SubjectAlternativeName(kinds), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
            .sign(self.key, hashes.SHA256())
        )
        file = self.folder / "server.pem"
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        context.set_alpn_protocols(["h2", "http/1.1"])
        return context


def authority(folder: Path) -> Authority:
    """Make a certificate authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test authority")])
    usage = x509.KeyUsage(
        digital_signature=True, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    made = (
        _certificate("test authority", name, key.public_key(), 1)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    found = Authority(key=key, certificate=made, folder=folder)
    found.file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return found


def _certificate(name: str, issuer: x509.Name, key: ec.EllipticCurvePublicKey, days: int) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=2))
        .not_valid_after(now + dt.timedelta(days=days))
    )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
