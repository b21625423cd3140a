"""Certificates of an authority that exists for one test run: made by the openssl program, valid for a day."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
HERE = "subjectAltName=IP:127.0.0.1"


@dataclass(frozen=True)
class Pair:
    """A certificate and its private key, both PEM."""

    certificate: Path
    key: Path

    def as_keystore(self) -> Path:
        """Both in one file, as Kafka's PEM keystore wants them."""
        store = self.key.with_suffix(".store")
        store.write_text(self.key.read_text() + self.certificate.read_text())
        return store


@dataclass(frozen=True)
class Authority:
    """Signs certificates; `pair.certificate` is what has to be trusted."""

    directory: Path
    pair: Pair

    def issue(self, name: str, password: str | None = None) -> Pair:
        """A pair for CN=`name` and 127.0.0.1, its key encrypted if there is a password."""
        made = _pair(self.directory, name)
        secrecy = ["-passout", f"pass:{password}"] if password else ["-noenc"]
        signed = ["-CA", self.pair.certificate, "-CAkey", self.pair.key]
        extensions = ["-addext", HERE, "-addext", "basicConstraints=critical,CA:FALSE"]
        _openssl("req", "-x509", *_into(made), "-subj", f"/CN={name}", *extensions, *signed, *secrecy)
        return made


def new_authority(directory: Path, name: str) -> Authority:
    """An authority of its own; its files are in `directory`."""
    pair = _pair(directory, name)
    _openssl("req", "-x509", *_into(pair), "-subj", f"/CN={name}", "-noenc")
    return Authority(directory, pair)


def _pair(directory: Path, name: str) -> Pair:
    return Pair(directory / f"{name}.crt", directory / f"{name}.key")


def _into(pair: Pair) -> list[str | Path]:
    return [*KEY, "-days", "1", "-keyout", pair.key, "-out", pair.certificate]


def _openssl(*arguments: str | Path) -> None:
    done = subprocess.run(["openssl", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
