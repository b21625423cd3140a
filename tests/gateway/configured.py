"""Configurations of the gateway: its file, its mappings and its secrets in a directory."""

from pathlib import Path
from textwrap import dedent, indent

MAPPINGS = Path(__file__).parents[2] / "mappings"

ZAMMAD = """\
mapping: {mappings}/zammad.yaml
signature: {{header: X-Hub-Signature, algorithm: sha1, encoding: hex, prefix: "sha1=", signed: [body]}}
secrets: [zammad.secret]
"""
JIRA = """\
mapping: {mappings}/jira.yaml
signature: {{header: X-Hub-Signature, algorithm: sha256, encoding: hex, prefix: "sha256=", signed: [body]}}
secrets: [jira.secret]
"""
ZENDESK = """\
mapping: {mappings}/zendesk.yaml
signature:
  header: X-Zendesk-Webhook-Signature
  algorithm: sha256
  encoding: base64
  signed: ["header:X-Zendesk-Webhook-Signature-Timestamp", body]
  timestamp: {{header: X-Zendesk-Webhook-Signature-Timestamp, format: iso}}
secrets: [zendesk.secret]
"""
GLPI = """\
mapping: {mappings}/zammad.yaml
signature:
  header: X-GLPI-signature
  algorithm: sha256
  encoding: hex
  signed: [body, "header:X-GLPI-timestamp"]
  timestamp: {{header: X-GLPI-timestamp, format: unix, tolerance: none}}
  challenge: crc_token
secrets: glpi.secret
"""
DESKS = {"zammad": ZAMMAD, "jira": JIRA, "zendesk": ZENDESK, "glpi": GLPI}
SECRETS = {name: f"made-up-{name}" for name in DESKS}


def write(folder: Path, sources: dict[str, str] = DESKS, name: str = "gateway.yaml") -> Path:
    """A file of sources: by endpoint the fields as YAML, and the secrets beside it."""
    for desk, secret in SECRETS.items():
        (folder / f"{desk}.secret").write_text(secret + "\n")
    path = folder / name
    text = "sources:\n"
    for endpoint, fields in sources.items():
        text += f"  {endpoint}:\n" + indent(dedent(fields.format(mappings=MAPPINGS)), "    ")
    path.write_text(text, encoding="utf-8")
    return path
