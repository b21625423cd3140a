"""How help desks sign, as data, and a second program that signs: what a product would send."""

import base64
import hashlib
import hmac
from dataclasses import dataclass, field

from schemas.instant import written
from service.gateway.signature import SharedToken, SignatureScheme, SignedTime

MINUTE = 60_000  # ms


@dataclass(frozen=True)
class Scheme:
    """A product: its scheme, a made-up secret as it stands in the file, and the key as bytes."""

    proof: SignatureScheme | SharedToken
    secret: str
    key: bytes = field(default=b"")

    @property
    def by(self) -> bytes:
        """The key."""
        return self.key or self.secret.encode()


ZAMMAD = Scheme(SignatureScheme("X-Hub-Signature", "sha1", "hex", "sha1="), "made-up-zammad")
ZENDESK = Scheme(
    SignatureScheme(
        "X-Zendesk-Webhook-Signature",
        "sha256",
        "base64",
        signed=("header:X-Zendesk-Webhook-Signature-Timestamp", "body"),
        timestamp=SignedTime("X-Zendesk-Webhook-Signature-Timestamp", "iso", 5 * MINUTE),
    ),
    "made-up-zendesk",
)
JIRA = Scheme(SignatureScheme("X-Hub-Signature", "sha256", "hex", "sha256="), "made-up-jira")
STANDARD = Scheme(  # GitLab, and whatever follows Standard Webhooks
    SignatureScheme(
        "webhook-signature",
        "sha256",
        "base64",
        "v1,",
        " ",
        ("header:webhook-id", ".", "header:webhook-timestamp", ".", "body"),
        SignedTime("webhook-timestamp", "unix", 5 * MINUTE),
        "base64",
    ),
    "whsec_" + base64.b64encode(b"made-up-gitlab-key-of-32-bytes!!").decode(),
    b"made-up-gitlab-key-of-32-bytes!!",
)
GITLAB_TOKEN = Scheme(SharedToken("X-Gitlab-Token"), "made-up-gitlab-token")
CHATWOOT = Scheme(
    SignatureScheme(
        "X-Chatwoot-Signature",
        "sha256",
        "hex",
        "sha256=",
        signed=("header:X-Chatwoot-Timestamp", ".", "body"),
        timestamp=SignedTime("X-Chatwoot-Timestamp", "unix", 5 * MINUTE),
    ),
    "made-up-chatwoot",
)
GLPI = Scheme(  # its time stamp is that of queueing: no window
    SignatureScheme(
        "X-GLPI-signature",
        "sha256",
        "hex",
        signed=("body", "header:X-GLPI-timestamp"),
        timestamp=SignedTime("X-GLPI-timestamp", "unix", None),
        challenge="crc_token",
    ),
    "made-up-glpi",
)
FREESCOUT = Scheme(  # its key is the hex MD5 of the application's key and `webhook_key`
    SignatureScheme("X-FreeScout-Signature", "sha1", "base64"),
    hashlib.md5(b"base64:made-up-app-keywebhook_key", usedforsecurity=False).hexdigest(),
)
FRAPPE = Scheme(SignatureScheme("X-Frappe-Webhook-Signature", "sha256", "base64"), "made-up-frappe")
BEARER = Scheme(SharedToken("Authorization", "Bearer "), "made-up-bearer")
BASIC = Scheme(SharedToken("Authorization", "Basic ", "base64"), "desk:made-up-password")  # ServiceNow
FRESHDESK = Scheme(SharedToken("X-Desk-Token"), "made-up-freshdesk")

SCHEMES = {
    "zammad": ZAMMAD,
    "zendesk": ZENDESK,
    "jira": JIRA,
    "standard webhooks": STANDARD,
    "gitlab, token": GITLAB_TOKEN,
    "chatwoot": CHATWOOT,
    "glpi": GLPI,
    "freescout": FREESCOUT,
    "frappe": FRAPPE,
    "bearer": BEARER,
    "basic": BASIC,
    "freshdesk": FRESHDESK,
}
# The schemes by the endpoint to which the tests send.
ENDPOINTS = {
    "zammad": ZAMMAD,
    "jira": JIRA,
    "zendesk": ZENDESK,
    "gitlab": STANDARD,
    "gitlab-token": GITLAB_TOKEN,
    "chatwoot": CHATWOOT,
    "glpi-ticket": GLPI,
    "glpi-other": GLPI,
    "servicenow": BASIC,
    "freshdesk": FRESHDESK,
    "frappe": FRAPPE,
    "generic": STANDARD,
}
SIGNED = {name: one for name, one in SCHEMES.items() if isinstance(one.proof, SignatureScheme)}
STAMPED = {name: one for name, one in SIGNED.items() if one.proof.timestamp and one.proof.timestamp.tolerance}


def sent_headers(scheme: Scheme, body: bytes, at: int, key: bytes | None = None) -> dict[str, str]:
    """The headers that a product sends with a body at an instant (ms), signed with `key`."""
    key = scheme.by if key is None else key
    proof = scheme.proof
    if isinstance(proof, SharedToken):
        said = base64.b64encode(key) if proof.encoding == "base64" else key
        return {proof.header: proof.prefix + said.decode()}
    headers = {"webhook-id": "msg_1"} if "header:webhook-id" in proof.signed else {}
    if proof.timestamp:
        second = at // 1_000
        iso = written(second * 1_000).replace(".000Z", "Z")
        headers[proof.timestamp.header] = iso if proof.timestamp.format == "iso" else str(second)
    text = b""
    for part in proof.signed:
        if part == "body":
            text += body
        elif part.startswith("header:"):
            text += headers[part.partition(":")[2]].encode()
        else:
            text += part.encode()
    mac = hmac.new(key, text, getattr(hashlib, proof.algorithm)).digest()
    said = mac.hex() if proof.encoding == "hex" else base64.b64encode(mac).decode()
    return headers | {proof.header: proof.prefix + said}


def raw(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    """Headers as a server gives them."""
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
