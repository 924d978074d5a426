"""An authority and the certificates it signs, for one test."""

import datetime as dt
import ipaddress
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class Authority:
    """Signs certificates for this machine."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.path = folder / f"{name}.pem"
        own = self._build(self.name, self.key.public_key(), authority=True)
        self.path.write_bytes(own.public_bytes(serialization.Encoding.PEM))

    def context(
        self, purpose: ssl.Purpose, trusted: "Authority | None" = None, name: str = "somebody"
    ) -> ssl.SSLContext:
        """A context with a fresh certificate of this authority, which trusts one authority."""
        key = ec.generate_private_key(ec.SECP256R1())
        named = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        found = self._build(named, key.public_key(), authority=False)
        path = self.folder / f"{found.serial_number}.pem"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + found.public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.create_default_context(purpose, cafile=str((trusted or self).path))
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_cert_chain(path)
        return context

    def write(self, folder: Path, name: str) -> None:
        """Write what a program of a house finds in its folder `tls`."""
        folder.mkdir(exist_ok=True)
        (folder / "authority.pem").write_bytes(self.path.read_bytes())
        key = ec.generate_private_key(ec.SECP256R1())
        named = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        found = self._build(named, key.public_key(), authority=False)
        (folder / f"{name}.pem").write_bytes(found.public_bytes(serialization.Encoding.PEM))
        (folder / f"{name}.key").write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )

    def _build(
        self, name: x509.Name, public: ec.EllipticCurvePublicKey, *, authority: bool
    ) -> x509.Certificate:
        now = dt.datetime.now(dt.UTC)
        local = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self.name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + dt.timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([local]), critical=False)
        )
        return builder.sign(self.key, hashes.SHA256())
