"""Configurations of the gateway: its file, its mappings and its secrets in a directory."""

from pathlib import Path
from textwrap import dedent, indent

from tests.gateway.schemes import ENDPOINTS

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
GITLAB = """\
mapping: {mappings}/gitlab.yaml
signature:
  header: webhook-signature
  algorithm: sha256
  encoding: base64
  prefix: "v1,"
  separator: " "
  signed: ["header:webhook-id", ".", "header:webhook-timestamp", ".", body]
  timestamp: {{header: webhook-timestamp, format: unix}}
  secret_encoding: base64
secrets: [gitlab.secret]
"""
GITLAB_TOKEN = """\
mapping: {mappings}/gitlab.yaml
token: {{header: X-Gitlab-Token}}
secrets: [gitlab-token.secret]
"""
CHATWOOT = """\
mapping: {mappings}/chatwoot.yaml
signature:
  header: X-Chatwoot-Signature
  algorithm: sha256
  encoding: hex
  prefix: "sha256="
  signed: ["header:X-Chatwoot-Timestamp", ".", body]
  timestamp: {{header: X-Chatwoot-Timestamp, format: unix}}
secrets: [chatwoot.secret]
"""
GLPI = """\
mapping: {mappings}/glpi.yaml
signature:
  header: X-GLPI-signature
  algorithm: sha256
  encoding: hex
  signed: [body, "header:X-GLPI-timestamp"]
  timestamp: {{header: X-GLPI-timestamp, format: unix, tolerance: none}}
  challenge: crc_token
secrets: glpi-ticket.secret
"""
SERVICENOW = """\
mapping: {mappings}/servicenow.yaml
token: {{header: Authorization, prefix: "Basic ", encoding: base64}}
secrets: [servicenow.secret]
"""
FRESHDESK = """\
mapping: {mappings}/freshdesk.yaml
token: {{header: X-Desk-Token}}
secrets: [freshdesk.secret]
"""
FRAPPE = """\
mapping: {mappings}/frappe.yaml
signature: {{header: X-Frappe-Webhook-Signature, algorithm: sha256, encoding: base64, signed: [body]}}
secrets: [frappe.secret]
"""
GENERIC = GITLAB.replace("gitlab", "generic")
DESKS = {
    "zammad": ZAMMAD,
    "jira": JIRA,
    "zendesk": ZENDESK,
    "gitlab": GITLAB,
    "gitlab-token": GITLAB_TOKEN,
    "chatwoot": CHATWOOT,
    "glpi-ticket": GLPI,
    "glpi-other": GLPI,
    "servicenow": SERVICENOW,
    "freshdesk": FRESHDESK,
    "frappe": FRAPPE,
    "generic": GENERIC,
}
SECRETS = {name: ENDPOINTS[name].secret for name in DESKS}


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
