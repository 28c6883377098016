"""Renditions by Pillow, in a Lambda function without a framework.

The quick way: a large JPEG is decoded at a reduced scale, each size is made from the next larger one, and the picture is
turned when it is small.
"""

import http.client
import io
import json
import os
from urllib.parse import urlsplit

from PIL import Image, ImageOps

RUNTIME = "/2018-06-01/runtime"
LANCZOS = Image.Resampling.LANCZOS
ORIENTATION = 0x0112

connections = {}


def request(method, host, path, body=None):
    if host not in connections:
        connections[host] = http.client.HTTPConnection(host)
    connections[host].request(method, path, body)
    answer = connections[host].getresponse()
    content = answer.read()
    if answer.status >= 300:
        raise RuntimeError(f"{method} {path}: {answer.status}")
    return answer.headers, content


def at(method, url, body=None):
    parts = urlsplit(url)
    return request(method, parts.netloc, parts.path, body)[1]


def opened(data, width, height):
    """The picture upright, in this size."""
    image = Image.open(io.BytesIO(data))
    stored = (height, width) if image.getexif().get(ORIENTATION, 1) >= 5 else (width, height)
    image.draft("RGB", stored)
    return ImageOps.exif_transpose(image.resize(stored, LANCZOS))


def encoded(image, format, encoders):
    target = io.BytesIO()
    if format == "webp":
        image.save(target, "WEBP", quality=encoders["webp"]["quality"], method=encoders["webp"]["effort"], exif=b"")
    else:
        if image.mode == "RGBA":
            flat = Image.new("RGB", image.size, "white")
            flat.paste(image, mask=image.getchannel("A"))
            image = flat
        image.save(target, "JPEG", quality=encoders["jpeg"]["quality"], subsampling="4:2:0", optimize=True)
    return target.getvalue()


def render(event):
    data = at("GET", event["source"])
    largest = last = None
    # They come in sizes, the largest first, and squares last: those are cut from the largest.
    for rendition in event["renditions"]:
        size = (rendition["width"], rendition["height"])
        if last is None:
            largest = last = opened(data, *size)
        elif last.size != size:
            last = ImageOps.fit(largest, size, LANCZOS) if rendition["square"] else last.resize(size, LANCZOS)
        at("PUT", rendition["url"], encoded(last, rendition["format"], event["encoders"]))


def main():
    api = os.environ["AWS_LAMBDA_RUNTIME_API"]
    while True:
        headers, body = request("GET", api, f"{RUNTIME}/invocation/next")
        call = f"{RUNTIME}/invocation/{headers['lambda-runtime-aws-request-id']}"
        try:
            render(json.loads(body))
            request("POST", api, f"{call}/response", b"{}")
        except Exception as error:  # whatever it is, whoever drives this process has to hear of it
            failure = {"errorType": type(error).__name__, "errorMessage": str(error)}
            request("POST", api, f"{call}/error", json.dumps(failure).encode())


main()
