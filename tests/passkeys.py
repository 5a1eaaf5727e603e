"""A passkey in software: answers what a browser would, from the options that a page gives."""

import json
import secrets

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.utils import sha256, websafe_encode
from fido2.webauthn import Aaguid, AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

SITE = "testserver"


class Passkey:
    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = secrets.token_bytes(32)

    def register(self, options: str, *, origin: str = f"https://{SITE}") -> str:
        """What `navigator.credentials.create` gives, as the page's script writes it."""
        public = AttestedCredentialData.create(Aaguid.NONE, self.id, ES256.from_cryptography_key(self.key.public_key()))
        flags = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.AT
        data = AuthenticatorData.create(sha256(SITE.encode()), flags, 0, public)
        said = self.client_data(CollectedClientData.TYPE.CREATE, options, origin)
        return self.answer(clientDataJSON=said, attestationObject=AttestationObject.create("none", data, {}))

    def show(self, options: str, *, origin: str = f"https://{SITE}") -> str:
        """What `navigator.credentials.get` gives."""
        data = AuthenticatorData.create(sha256(SITE.encode()), AuthenticatorData.FLAG.UP, 1)
        said = self.client_data(CollectedClientData.TYPE.GET, options, origin)
        signature = self.key.sign(bytes(data) + sha256(said), ec.ECDSA(hashes.SHA256()))
        return self.answer(clientDataJSON=said, authenticatorData=data, signature=signature)

    def client_data(self, kind, options: str, origin: str) -> CollectedClientData:
        challenge = json.loads(options)["publicKey"]["challenge"]
        return CollectedClientData.create(type=kind, challenge=challenge, origin=origin)

    def answer(self, **parts: bytes) -> str:
        name = websafe_encode(self.id)
        response = {part: websafe_encode(value) for part, value in parts.items()}
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response})

    def as_stored(self) -> dict:
        """A registration for a challenge that nobody asked for."""
        return json.loads(self.register(json.dumps({"publicKey": {"challenge": "AAAA"}})))
