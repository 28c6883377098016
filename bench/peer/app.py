"""`GET /v1/products/{id}` on FastAPI, Mangum and PyMongo: the same request, checks, query and answer as Tola's API.

It is written as FastAPI's documentation shows it, with Pydantic models for what is read and for what is answered: Tola
too reads documents into types that check them. Where the stack leaves a choice besides, this takes the one that is
quick: no thread pool, telemetry and documentation off, and a signing key that is derived once an hour.
"""

import os
import re
import time
from dataclasses import dataclass
from typing import Annotated

import orjson
from fastapi import Depends, FastAPI, Header, Request, Response
from mangum import Mangum
from pymongo import MongoClient
from starlette.exceptions import HTTPException

from documents import Product
from links import Links
from views import ProductView

ULID = "[0-7][0-9A-HJKMNP-TV-Z]{25}"
MERCHANT_ID = re.compile(f"merchant_{ULID}")
PRODUCT_ID = re.compile(f"product_{ULID}")
ROLES = {"admin", "merchant", "viewer"}
SUBJECT = re.compile(r"[\x20-\x7e]{1,128}")
SANE_ID = re.compile(r"[A-Za-z0-9\-_.:/=+@]{1,128}")
READ_PRODUCT = "/v1/products/{product_id}"

client = MongoClient(
    os.environ["MONGODB_URI"],
    appname="peer",
    maxPoolSize=4,
    maxIdleTimeMS=60_000,
    connectTimeoutMS=3_000,
    serverSelectionTimeoutMS=3_000,
)
products = client[os.environ["MONGODB_DATABASE"]].products
links = Links.of_environment(os.environ)

app = FastAPI(
    openapi_url=None,
    telemetry={"tracing": False, "metrics": False, "logs": False, "operation_spans": False},
)


@dataclass(slots=True)
class Caller:
    merchant_id: str
    role: str
    subject: str


class ApiError(Exception):
    def __init__(self, status: int, code: str, message: str, pointer: str | None = None):
        detail = {"pointer": pointer, "code": code, "message": message}
        self.status, self.code, self.message = status, code, message
        self.details = [detail] if pointer else []


NOT_FOUND = ApiError(404, "RESOURCE_NOT_FOUND", "There is no such thing.")


async def identify(
    x_merchant_id: Annotated[str, Header()] = "",
    x_role: Annotated[str, Header()] = "",
    x_subject: Annotated[str | None, Header()] = None,
) -> Caller:
    """Believes the headers, as `AUTH_MODE=header` does."""
    if not MERCHANT_ID.fullmatch(x_merchant_id):
        raise ApiError(401, "UNAUTHENTICATED", "send X-Merchant-Id, a merchant's id", "/headers/x-merchant-id")
    if x_role not in ROLES:
        raise ApiError(401, "UNAUTHENTICATED", "send X-Role: admin, merchant or viewer", "/headers/x-role")
    if x_subject is not None and not SUBJECT.fullmatch(x_subject):
        raise ApiError(401, "UNAUTHENTICATED", "X-Subject has 1 to 128 characters", "/headers/x-subject")
    return Caller(x_merchant_id, x_role, x_subject or x_role)


@app.get(READ_PRODUCT, response_model=ProductView)
async def read_product(
    product_id: str,
    request: Request,
    response: Response,
    caller: Annotated[Caller, Depends(identify)],
    if_none_match: Annotated[str, Header()] = "",
):
    # A Lambda has one request at a time: to wait right here is quicker than a detour through a thread pool.
    if request.scope["query_string"]:
        raise ApiError(400, "INVALID_PARAMETER", "this route takes no parameters", "/query")
    if not PRODUCT_ID.fullmatch(product_id):
        raise NOT_FOUND
    document = products.find_one({"_id": product_id, "merchant_id": caller.merchant_id})
    product = document and Product.model_validate(document)
    if product is None or product.deleting is not None:
        raise NOT_FOUND
    etag = f'"{product.revision}.{product.version}"'
    known = (tag.strip().removeprefix("W/") for tag in if_none_match.split(","))
    if any(tag in ("*", etag) for tag in known):
        return Response(status_code=304, headers={"etag": etag})
    response.headers["etag"] = etag
    return ProductView.of(product, links.at(time.time()))


@app.exception_handler(ApiError)
async def tell(request: Request, error: ApiError) -> Response:
    body = {
        "code": error.code,
        "message": error.message,
        "request_id": request.scope["request_id"],
        "details": error.details,
    }
    return Response(orjson.dumps({"error": body}), status_code=error.status, media_type="application/json")


@app.exception_handler(HTTPException)
async def unknown_route(request: Request, error: HTTPException) -> Response:
    code = "METHOD_NOT_ALLOWED" if error.status_code == 405 else "ROUTE_NOT_FOUND"
    return await tell(request, ApiError(error.status_code, code, error.detail))


class RequestLog:
    """Gives a request its ids, on the answer too, and its line in the log."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        began = time.perf_counter()
        request_id = scope["request_id"] = scope["aws.event"]["requestContext"]["requestId"]
        given = dict(scope["headers"]).get(b"x-correlation-id", b"").decode("latin-1")
        correlation_id = given if SANE_ID.fullmatch(given) else request_id
        status = 500

        async def send_with_ids(message):
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] += [
                    (b"x-request-id", request_id.encode()),
                    (b"x-correlation-id", correlation_id.encode()),
                ]
            await send(message)

        await self.app(scope, receive, send_with_ids)
        line = {
            "level": "INFO",
            "message": "answered a request",
            "http.method": scope["method"],
            "http.route": READ_PRODUCT,
            "http.status": status,
            "duration_ms": (time.perf_counter() - began) * 1_000,
            "merchant.id": dict(scope["headers"]).get(b"x-merchant-id", b"").decode("latin-1"),
            "request_id": request_id,
            "correlation_id": correlation_id,
        }
        print(orjson.dumps(line).decode(), flush=True)


app.add_middleware(RequestLog)
handler = Mangum(app, lifespan="off")
