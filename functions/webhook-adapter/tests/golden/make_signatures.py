"""Makes signatures.json: what the Standard Webhooks specification asks for, for src/signature.rs to compare with.

    python make_signatures.py > signatures.json

Python's standard library alone; the secrets are made up.
"""

import base64
import hashlib
import hmac
import json


def secret(first, size):
    return "whsec_" + base64.b64encode(bytes((first + n) % 256 for n in range(size))).decode()


ID = "product_01JD00000000000000000000A4/shop:3"
BODY = json.dumps({"type": "ping", "merchant_id": "merchant_01JD0000000000000000000001"})
CASES = [
    {"name": "shortest secret", "secret": secret(0, 24), "id": ID, "timestamp": "1763695474", "body": BODY},
    {"name": "longest secret", "secret": secret(200, 64), "id": ID, "timestamp": "1763695474", "body": BODY},
    {"name": "empty body", "secret": secret(1, 32), "id": "ping_1", "timestamp": "0", "body": ""},
    {"name": "not ASCII", "secret": secret(2, 32), "id": ID + "@7", "timestamp": "4102444800", "body": '{"name": "Lámpara 灯 \\u0000"}'},
    {"name": "two live secrets", "secret": {"current": secret(3, 32), "previous": secret(4, 24)}, "id": ID, "timestamp": "1763695474", "body": BODY},
    # The example of the specification's reference libraries.
    {"name": "reference", "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "timestamp": "1614265330", "body": '{"test": 2432232314}'},
]


def sign(text, case):
    key = base64.b64decode(text.removeprefix("whsec_"))
    content = f"{case['id']}.{case['timestamp']}.{case['body']}".encode()
    return "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()


def vector(case):
    live = case["secret"]
    secrets = [live] if isinstance(live, str) else [live["current"], live["previous"]]
    return {**case, "signature": " ".join(sign(text, case) for text in secrets)}


print(json.dumps([vector(case) for case in CASES], indent=2, ensure_ascii=False))
