"""A certificate authority for a test, and a certificate by it."""
import subprocess

KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]


def make_certificates(folder, names):
    """The files of the authority's certificate, of the server's for these DNS names or IPv4 addresses, and of the server's key."""
    def openssl(*arguments):
        done = subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, text=True, timeout=60)
        if done.returncode != 0:
            raise AssertionError(f"openssl {' '.join(arguments)}: {done.stderr}")
    openssl("req", "-x509", *KEY, "-days", "30", "-subj", "/CN=Test authority", "-keyout", "ca.key", "-out", "ca.pem",
            "-addext", "keyUsage=critical,keyCertSign")
    (folder / "extensions").write_text("subjectAltName=" + ",".join(("IP:" if name[0].isdigit() else "DNS:") + name for name in names) + "\nextendedKeyUsage=serverAuth\n")
    openssl("req", *KEY, "-subj", "/CN=" + names[0], "-keyout", "key.pem", "-out", "request")
    openssl("x509", "-req", "-in", "request", "-CA", "ca.pem", "-CAkey", "ca.key", "-days", "30", "-extfile", "extensions", "-out", "cert.pem")
    return folder / "ca.pem", folder / "cert.pem", folder / "key.pem"
