"""nsd.py - an NSD of our own on a loopback port, with the zones it is given."""
import subprocess
from pathlib import Path

from nameserver import answers
from program import until

CONFIG = """
server:
    ip-address: 127.0.0.1@{port}
    username: ""
    chroot: ""
    database: ""
    server-count: 1
    zonesdir: "{work}"
    pidfile: "{work}/nsd.pid"
    zonelistfile: "{work}/zone.list"
    xfrdfile: "{work}/xfrd.state"
    xfrdir: "{work}"
    logfile: "{work}/nsd.log"
remote-control:
    control-enable: no
"""

START_OF_ZONE = "$TTL 60\n@ SOA ns.hub.test. hostmaster.hub.test. 1 3600 600 86400 60\n@ NS ns.hub.test.\n"


class NSD:
    """`zones` maps a zone's name to its lines, in the words of a zone file."""

    def __init__(self, work, port, zones):
        self.work, self.port, self.zones = Path(work), port, zones
        config = CONFIG.format(work=work, port=port)
        for name, lines in zones.items():
            (self.work / f"{name}.zone").write_text(START_OF_ZONE + "\n".join(lines) + "\n")
            config += f'zone:\n    name: "{name}"\n    zonefile: "{name}.zone"\n'
        (self.work / "nsd.conf").write_text(config)
        self.process = None

    def start(self):
        self.process = subprocess.Popen(["nsd", "-d", "-c", self.work / "nsd.conf"], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if not until(lambda: answers(self.port, next(iter(self.zones))), 10):
            log = self.work / "nsd.log"
            raise SystemExit(f"NSD did not start: {log.read_text() if log.exists() else 'it wrote no log'}")

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(10)
