"""pair.py - a certificate of its own making and its key, as files."""
import ssl
import subprocess


class Pair:
    def __init__(self, directory):
        self.certificate, self.key = directory / "certificate.pem", directory / "key.pem"
        self.renew("one.test")

    def renew(self, name):
        """Puts a new pair in place, the key first, as some tools do."""
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-days", "2", "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}",
                        "-keyout", self.key, "-out", self.certificate], check=True, capture_output=True)

    def context(self):
        """Believes this certificate, now as it is, and nothing else."""
        return ssl.create_default_context(cafile=self.certificate)

    def der(self):
        return ssl.PEM_cert_to_DER_cert(self.certificate.read_text())

    @property
    def settings(self):
        """Of a program that shows it."""
        return {"http.tls_certificate": self.certificate, "http.tls_key": self.key}
