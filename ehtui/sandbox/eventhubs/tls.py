"""A certificate made at start, so that clients' real TLS path is used."""

from __future__ import annotations

import datetime
import ipaddress
import shutil
import ssl
import tempfile
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

_VALID = datetime.timedelta(days=30)
_ISSUER = "ehtui sandbox"


class Certificate:
    """A self-signed certificate for a loopback host, in a private folder until `remove()`."""

    def __init__(self, host: str) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="ehtui-tls-"))
        self.ca_file = self._folder / "ca.pem"
        self._key_file = self._folder / "key.pem"
        key = ec.generate_private_key(ec.SECP256R1())
        self.ca_file.write_bytes(_certificate(host, key))
        self._key_file.touch(mode=0o600)
        self._key_file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )

    def server_context(self) -> ssl.SSLContext:
        """What the server listens with."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self.ca_file, self._key_file)
        return context

    def remove(self) -> None:
        """Delete certificate and key."""
        shutil.rmtree(self._folder, ignore_errors=True)


def _certificate(host: str, key: ec.EllipticCurvePrivateKey) -> bytes:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, _ISSUER)])
    now = datetime.datetime.now(datetime.UTC)
    names: list[x509.GeneralName] = [x509.DNSName("localhost")]

    try:
        names.append(x509.IPAddress(ipaddress.ip_address(host)))
    except ValueError:
        names.append(x509.DNSName(host))

    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + _VALID)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    )
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
