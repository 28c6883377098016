"""Makes presigned.json: what boto3 signs at a fixed time, for src/presign/golden.rs to compare with.

    pip install boto3 && python make_presigned.py > presigned.json

The keys are made up; nothing is called over the network.
"""

import datetime
import json
from unittest import mock

import boto3
from botocore.config import Config

ACCESS_KEY = "AKIAIOSFODNN7EXAMPLE"
SECRET_KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
TOKEN = "IQoJb3JpZ2luX2VjE/+Example//Token=="
BUCKET = "tola-images"
TAGGING = "<Tagging><TagSet><Tag><Key>upload</Key><Value>unused</Value></Tag></TagSet></Tagging>"

CASES = [
    {"name": "aws", "region": "eu-west-1", "endpoint": None, "token": None, "now": "2026-01-31T23:59:30Z"},
    {"name": "aws-token", "region": "sa-east-1", "endpoint": None, "token": TOKEN, "now": "2026-02-28T12:00:00Z"},
    {"name": "local", "region": "us-east-1", "endpoint": "http://localhost:4566", "token": None, "now": "2026-07-01T00:00:01Z"},
    {"name": "local-token", "region": "us-east-1", "endpoint": "https://s3.example.test:9443", "token": TOKEN, "now": "2027-12-31T23:59:59Z"},
]
POST = {"key": "uploads/merchant_01J0/image_01J1", "content_type": "image/jpeg", "max_bytes": 20 * 1024 * 1024, "seconds": 300}
GETS = [
    {"key": "images/merchant_01J0/3f2a/640.webp", "seconds": 3600},
    {"key": "images/á b+c~d=e&f/(1).jpg", "seconds": 604800},
]


def client(case):
    style = "path" if case["endpoint"] else "virtual"
    return boto3.client(
        "s3",
        region_name=case["region"],
        endpoint_url=case["endpoint"],
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
        aws_session_token=case["token"],
        config=Config(signature_version="s3v4", s3={"addressing_style": style}),
    )


def at(now, call):
    """Calls with botocore's clock standing still. Its two modules look the time up by name."""
    moment = datetime.datetime.fromisoformat(now.replace("Z", "+00:00"))

    def clock(remove_tzinfo=True):
        return moment.replace(tzinfo=None) if remove_tzinfo else moment

    with mock.patch("botocore.auth.get_current_datetime", clock), mock.patch("botocore.signers.get_current_datetime", clock):
        return call()


def vector(case):
    s3 = client(case)
    post = at(case["now"], lambda: s3.generate_presigned_post(
        BUCKET,
        POST["key"],
        Fields={"Content-Type": POST["content_type"], "tagging": TAGGING},
        Conditions=[
            {"Content-Type": POST["content_type"]},
            {"tagging": TAGGING},
            ["content-length-range", 1, POST["max_bytes"]],
        ],
        ExpiresIn=POST["seconds"],
    ))
    gets = [
        {**get, "url": at(case["now"], lambda: s3.generate_presigned_url("get_object", {"Bucket": BUCKET, "Key": get["key"]}, ExpiresIn=get["seconds"]))}
        for get in GETS
    ]
    return {**case, "post": {**POST, **post}, "gets": gets}


print(json.dumps({
    "access_key_id": ACCESS_KEY,
    "secret_access_key": SECRET_KEY,
    "bucket": BUCKET,
    "cases": [vector(case) for case in CASES],
}, indent=2, ensure_ascii=False))
