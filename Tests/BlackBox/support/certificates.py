"""Keys and certificates of a test, made by the `openssl` command, and clients of TLS made of them."""

import shutil
import ssl
import subprocess

from support.program import environment

HERE = "subjectAltName=IP:127.0.0.1,DNS:localhost"


def openssl(*arguments, succeeds=True, stdin=b""):
    done = subprocess.run(
        ["openssl", *map(str, arguments)], input=stdin, capture_output=True, timeout=60, env=environment(), check=False
    )
    assert done.returncode == 0 or not succeeds, (arguments, done.stderr)
    return (done.stdout + done.stderr).decode(errors="replace")


class Certificates:
    """A directory with `NAME.pem` and `NAME.key` for each name. Everything is valid for two days."""

    def __init__(self, directory):
        self.directory = directory
        self.authority("ca")
        self.authority("other-ca")
        self.certificate("server", HERE)

    def pem(self, name):
        return self.directory / f"{name}.pem"

    def key(self, name):
        return self.directory / f"{name}.key"

    def authority(self, name):
        self._make_key(name)
        openssl("req", "-x509", "-new", "-key", self.key(name), "-days", 2, "-subj", f"/CN=Test {name}",
                "-out", self.pem(name))  # fmt: skip

    def certificate(self, name, extensions="", by="ca", days=2):
        self._make_key(name)
        request, lines = self.directory / f"{name}.csr", self.directory / f"{name}.ext"
        lines.write_text(extensions)
        openssl("req", "-new", "-key", self.key(name), "-subj", f"/CN=Test {name}", "-out", request)
        openssl("x509", "-req", "-in", request, "-CA", self.pem(by), "-CAkey", self.key(by), "-CAcreateserial",
                "-days", days, "-extfile", lines, "-out", self.pem(name))  # fmt: skip

    def lock_key(self, name, copy):
        openssl("pkey", "-in", self.key(name), "-aes256", "-passout", "pass:secret", "-out", self.key(copy))

    def _make_key(self, name):
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", self.key(name))

    def install(self, name, certificate, key=None):
        """Puts a certificate, and its key unless told otherwise, in the place of those called `name`."""
        shutil.copy(self.pem(certificate), self.pem(name))
        shutil.copy(self.key(key or certificate), self.key(name))

    def expiry(self, name):
        """In seconds since 1970."""
        line = openssl("x509", "-in", self.pem(name), "-noout", "-enddate")
        return ssl.cert_time_to_seconds(line.strip().removeprefix("notAfter="))

    def der(self, name):
        return ssl.PEM_cert_to_DER_cert(self.pem(name).read_text())

    def secrets(self, *names):
        """Lines of keys, none of which may be printed."""
        lines = [line for name in names for line in self.key(name).read_text().splitlines()]
        return [line for line in lines if not line.startswith("-")]

    # Two sides

    def flags(self, name="server", client_ca=None, names=None):
        """Of a gateway whose listener speaks TLS."""
        flags = [f"--listen-tls-cert-file={self.pem(name)}", f"--listen-tls-key-file={self.key(name)}"]
        flags += [f"--listen-tls-client-ca-file={self.pem(client_ca)}"] if client_ca else []
        return flags + ([f"--listen-tls-client-names={names}"] if names else [])

    def client(self, showing=None, trusting="ca", version=None, alpn=()):
        """A context for `Gateway.client`. `version`: "1.2" or "1.3", else both."""
        context = ssl.create_default_context(cafile=str(self.pem(trusting)))
        if showing:
            context.load_cert_chain(self.pem(showing), self.key(showing))
        if version:
            exact = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}[version]
            context.minimum_version = context.maximum_version = exact
        if alpn:
            context.set_alpn_protocols(alpn)
        return context
