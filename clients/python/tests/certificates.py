# SPDX-License-Identifier: Apache-2.0
"""Certificates for tests: of an authority, a server at localhost, and a client."""

from datetime import datetime, timedelta, timezone
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class Certificates:
    """Files in a folder: ``authorities.pem``, and ``server`` and ``client`` with ``.pem`` and
    ``.key``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority")])

    @staticmethod
    def made_in(folder: Path) -> "Certificates":
        """Makes them."""
        made = Certificates(folder)
        authority = made._builder(made._name, made._key.public_key())
        constraints = x509.BasicConstraints(ca=True, path_length=None)
        made._write("authorities", authority.add_extension(constraints, critical=True))
        names = x509.SubjectAlternativeName(
            [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
        )
        for who in ("server", "client"):
            key = ec.generate_private_key(ec.SECP256R1())
            name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, who)])
            builder = made._builder(name, key.public_key())
            made._write(who, builder.add_extension(names, critical=False))
            (folder / f"{who}.key").write_bytes(
                key.private_bytes(
                    serialization.Encoding.PEM,
                    serialization.PrivateFormat.PKCS8,
                    serialization.NoEncryption(),
                )
            )
        return made

    def path(self, name: str) -> str:
        """One of the files."""
        return str(self.folder / name)

    def _builder(self, name: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        now = datetime.now(timezone.utc)
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
        )

    def _write(self, name: str, builder: x509.CertificateBuilder) -> None:
        signed = builder.sign(self._key, hashes.SHA256())
        self._pem(name).write_bytes(signed.public_bytes(serialization.Encoding.PEM))

    def _pem(self, name: str) -> Path:
        return self.folder / f"{name}.pem"
