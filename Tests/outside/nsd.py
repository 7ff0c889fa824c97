"""nsd.py - an NSD of our own on a loopback port, with the zones it is given."""
import signal
import subprocess
from pathlib import Path

from nameserver import answers, serial
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

START_OF_ZONE = """$TTL {ttl}
@ SOA ns.hub.test. hostmaster.hub.test. {serial} 3600 600 86400 {ttl}
@ NS ns.hub.test.
"""


class NSD:
    """`zones` maps a zone's name to its lines, in the words of a zone file. Answers may be kept for `ttl` seconds."""

    def __init__(self, work, port, zones, ttl=60):
        self.work, self.port, self.zones, self.ttl, self.serial = Path(work), port, zones, ttl, 1
        config = CONFIG.format(work=work, port=port)
        for name, lines in zones.items():
            self._write(name, lines)
            config += f'zone:\n    name: "{name}"\n    zonefile: "{name}.zone"\n'
        (self.work / "nsd.conf").write_text(config)
        self.process = None

    def _write(self, name, lines):
        start = START_OF_ZONE.format(ttl=self.ttl, serial=self.serial)
        (self.work / f"{name}.zone").write_text(start + "\n".join(lines) + "\n")

    def change(self, name, lines):
        """Replaces what a zone holds and waits until it is served."""
        self.serial += 1
        self._write(name, lines)
        self.process.send_signal(signal.SIGHUP)
        if not until(lambda: serial(self.port, name) == self.serial, 10):
            raise SystemExit(f"NSD did not take the new {name}: {(self.work / 'nsd.log').read_text()}")

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
