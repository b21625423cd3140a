"""Kafka as a company runs it: TLS, users, and an authorizer that allows nothing that was not granted."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from aiokafka.client import AIOKafkaClient
from aiokafka.protocol.admin import CreateAclsRequest, DeleteAclsRequest, DescribeAclsRequest

from service.demo import broker_config as kraft
from service.demo.maven_broker import maven_broker
from tests.security.certificates import Authority, Pair, new_authority
from tests.security.scram import AddUser

USER = "timer"  # of SCRAM and of the client certificate alike, so one table of rights is for both
PASSWORD = "correct-horse-battery-staple"
KEY_PASSWORD = "key-of-the-timer"

RESOURCES = {"topic": 2, "group": 3, "transactional-id": 5}
OPERATIONS = {"Read": 3, "Write": 4, "Create": 5, "Describe": 8, "DescribeConfigs": 10}
LITERAL, PREFIXED, ANY = 3, 4, 1
ALLOW = 3


@dataclass(frozen=True)
class Grant:
    """One line of an access control list, for our user; `prefixed`: of all resources that begin so."""

    resource: str
    name: str
    operation: str
    prefixed: bool = False

    def _fields(self) -> tuple[int, str, int, str, str, int, int]:
        pattern = PREFIXED if self.prefixed else LITERAL
        operation = OPERATIONS[self.operation]
        return RESOURCES[self.resource], self.name, pattern, f"User:{USER}", "*", operation, ALLOW


@dataclass(frozen=True)
class SecuredBroker:
    """`admin` may do all without a password, `scram` is SASL_SSL, `mtls` asks for a certificate."""

    admin: str
    scram: str
    mtls: str
    directory: Path
    authority: Authority
    client: Pair

    def by_scram(self, **changes: str) -> dict[str, str]:
        """The settings of the service for SASL_SSL."""
        return {
            "KAFKA_BOOTSTRAP_SERVERS": self.scram,
            "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
            "KAFKA_SASL_MECHANISM": "SCRAM-SHA-512",
            "KAFKA_SASL_USERNAME": USER,
            "KAFKA_SASL_PASSWORD_FILE": self.file("password", PASSWORD),
            "KAFKA_SSL_CA_FILE": str(self.authority.pair.certificate),
        } | changes

    def by_certificate(self, **changes: str) -> dict[str, str]:
        """The settings of the service for mTLS."""
        return {
            "KAFKA_BOOTSTRAP_SERVERS": self.mtls,
            "KAFKA_SECURITY_PROTOCOL": "SSL",
            "KAFKA_SSL_CA_FILE": str(self.authority.pair.certificate),
            "KAFKA_SSL_CERT_FILE": str(self.client.certificate),
            "KAFKA_SSL_KEY_FILE": str(self.client.key),
            "KAFKA_SSL_KEY_PASSWORD_FILE": self.file("key-password", KEY_PASSWORD),
        } | changes

    def file(self, name: str, content: str) -> str:
        """A new file with this content."""
        path = self.directory / name
        path.write_text(content + "\n", encoding="utf-8")
        return str(path)

    async def grant(self, grants: Iterable[Grant]) -> None:
        """Returns when the broker goes by them."""
        async with self._client() as client:
            for grant in grants:
                answer = await client.send(1, CreateAclsRequest(*grant._fields()))
                assert not answer.creation_responses[0][0], answer
                while not await _known(client, grant):
                    pass

    async def withdraw(self, grant: Grant) -> None:
        """Returns when the broker goes by it."""
        async with self._client() as client:
            answer = await client.send(1, DeleteAclsRequest(*grant._fields()))
            assert len(answer.filter_responses[0][2]) == 1, answer
            while await _known(client, grant):
                pass

    async def add_user(self) -> None:
        """USER with PASSWORD."""
        async with self._client() as client:
            answer = await client.send(1, AddUser(USER, PASSWORD))
            assert not answer.results[0][1], answer

    @asynccontextmanager
    async def _client(self) -> AsyncIterator[AIOKafkaClient]:
        client = AIOKafkaClient(bootstrap_servers=self.admin)
        await client.bootstrap()
        try:
            yield client
        finally:
            await client.close()


async def _known(client: AIOKafkaClient, grant: Grant) -> bool:
    answer = await client.send(1, DescribeAclsRequest(*grant._fields()))
    assert not answer.error_code, answer
    return bool(answer.resources)


@contextmanager
def secured_broker(directory: Path) -> Iterator[SecuredBroker]:
    """One node. Its superuser is whoever comes without a name, to a door that the service is not told of."""
    authority = new_authority(directory, "authority")
    store = authority.issue("broker").as_keystore()
    admin, scram, mtls, controller = (f"127.0.0.1:{port}" for port in kraft.free_ports(4))
    doors = f"ADMIN://{admin},SCRAM://{scram},MTLS://{mtls}"
    properties = {
        "controller.quorum.voters": f"1@{controller}",
        "listeners": f"{doors},CONTROLLER://{controller}",
        "advertised.listeners": doors,
        "listener.security.protocol.map": "ADMIN:PLAINTEXT,SCRAM:SASL_SSL,MTLS:SSL,CONTROLLER:PLAINTEXT",
        "inter.broker.listener.name": "ADMIN",
        "sasl.enabled.mechanisms": "SCRAM-SHA-512",
        "listener.name.scram.scram-sha-512.sasl.jaas.config": (
            "org.apache.kafka.common.security.scram.ScramLoginModule required;"
        ),
        "listener.name.mtls.ssl.client.auth": "required",
        "ssl.principal.mapping.rules": "RULE:^CN=([^,]+)$/$1/",
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(store),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(authority.pair.certificate),
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": "User:ANONYMOUS",
    }
    client = authority.issue(USER, KEY_PASSWORD)
    broker = SecuredBroker(admin, scram, mtls, directory, authority, client)
    with maven_broker(properties=properties):
        asyncio.run(broker.add_user())
        yield broker
