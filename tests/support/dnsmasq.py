"""A name server for this network, by /etc/resolv.conf: dnsmasq at 127.0.0.53 asks that of the test's zones, and validates. For
programs that trust the AD bit (RFC 4035). Only in a network of the test's own."""
import pathlib
import subprocess

from tests.support.mailstead import greets, wait_for

ADDRESS = "127.0.0.53"


def start_dnsmasq(directory, zones):
    """The process, to be ended by the caller."""
    directory = pathlib.Path(directory)
    subprocess.run(["ip", "address", "add", ADDRESS + "/8", "dev", "lo"], check=True, timeout=60)
    tag, algorithm, kind, digest = zones.anchor.read_text().split(";")[0].split("DS")[1].split()[:4]
    config = directory / "dnsmasq.conf"
    # dnsmasq does not start without an anchor for the root: it is asked for nothing above "test".
    config.write_text(f"no-resolv\nno-hosts\nlisten-address={ADDRESS}\nbind-interfaces\nserver=/test/127.0.0.1\ndnssec\n"
                      f"trust-anchor=.,1,8,2,{digest}\n"
                      f"trust-anchor=test,{tag},{algorithm},{kind},{digest}\n")
    dns = subprocess.Popen(["dnsmasq", "--keep-in-foreground", "--user=root", "--pid-file=", f"--conf-file={config}"],
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(lambda: greets(ADDRESS, 53), what="dnsmasq answers")
    resolv = directory / "resolv.conf"
    resolv.write_text(f"nameserver {ADDRESS}\noptions trust-ad edns0\n")
    subprocess.run(["mount", "--bind", resolv, "/etc/resolv.conf"], check=True, timeout=60)
    return dns
