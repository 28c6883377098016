"""What Schemathesis can't know by the contract: what the merchants have, and which refusals of a well-formed request are right.

Ids in paths are taken from what there is most of the time: a generated one is of nothing, and a run that sees nothing but 404
holds nothing against the contract. One in eight is the other merchant's.
"""

import json
import os
import re
import zlib

import schemathesis

TENANT = os.environ["TOLA_TENANT"]
with open(os.environ["TOLA_HAS"], encoding="utf-8") as file:
    HAS = json.load(file)
OTHER = next(name for name in HAS if name != TENANT)

# What a parameter of a path names, by the path up to it.
NAMED = [
    (re.compile(r"^/v1/products/by-sku/\{sku\}"), "sku", "skus"),
    (re.compile(r"^/v1/products/by-slug/\{slug\}"), "slug", "slugs"),
    (re.compile(r"^/v1/(public/)?products/\{id\}"), "id", "products"),
    (re.compile(r"^/v1/products/\{id\}/channels/\{channel_id\}"), "channel_id", "channels"),
    (re.compile(r"^/v1/categories/\{id\}"), "id", "categories"),
    (re.compile(r"^/v1/channels/\{id\}"), "id", "channels"),
    (re.compile(r"^/v1/images/\{id\}"), "id", "images"),
    (re.compile(r"^/v1/operations/\{id\}"), "id", "operations"),
    (re.compile(r"^/v1/public/merchants/\{id\}"), "id", "merchants"),
]
# Generated values of these forms are of nothing; anything else was made wrong on purpose and stays as it is.
FORM = {
    "skus": re.compile(r"[!-~]{1,64}"),
    "slugs": re.compile(r"[a-z0-9]+(-[a-z0-9]+)*"),
    "categories": re.compile(r"[a-z0-9_-]{1,64}"),
    "channels": re.compile(r"[a-z0-9_-]{1,40}"),
    "products": re.compile(r"product_[0-9A-HJKMNP-TV-Z]{26}"),
    "images": re.compile(r"image_[0-9A-HJKMNP-TV-Z]{26}"),
    "operations": re.compile(r"operation_[0-9A-HJKMNP-TV-Z]{26}"),
    "merchants": re.compile(r"merchant_[0-9A-HJKMNP-TV-Z]{26}"),
}


# Products that nobody changes or deletes, so that to the end there are some to be read and published as they are, and one
# that was unpublished, which can be asked for again.
KEPT = slice(6, 9)
FOR = {"read": slice(6, 8), "publish": slice(6, 8), "unpublish": slice(8, 9)}


def chosen(kind, value, action="read"):
    """Something there is instead of a generated value, the same for the same one."""
    if not isinstance(value, str) or not FORM[kind].fullmatch(value):
        return value
    number = zlib.crc32(value.encode())
    of = HAS[OTHER if number % 8 == 1 else TENANT][kind]
    kept = HAS[TENANT][kind][KEPT]
    changes = kind in ("products", "skus") and action not in FOR
    if changes and value in kept:
        of = HAS[TENANT][kind]
    elif number % 8 == 0 or not of or any(value in tenant[kind] for tenant in HAS.values()):
        return value
    if changes:
        of = [item for item in of if item not in kept]
    elif kind in ("skus", "slugs"):
        of = of[FOR["read"]] or of
    elif kind == "products" and action != "read" and number % 2 == 0:
        of = HAS[TENANT][kind][FOR[action]] or of
    return of[number // 8 % len(of)]


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    for path, name, kind in NAMED:
        if path_parameters and name in path_parameters and path.match(context.operation.path):
            action = "read" if context.operation.method.lower() == "get" else context.operation.path.rsplit("/")[-1]
            path_parameters[name] = chosen(kind, path_parameters[name], action)
    return path_parameters


@schemathesis.check
def the_other_merchants_things_are_unknown(ctx, response, case):
    """Whatever is asked with an id of the other merchant's is refused as if nothing had it."""
    if case.operation.path.startswith("/v1/public/"):
        return
    theirs = {item for kind in ("products", "images", "operations") for item in HAS[OTHER][kind]}
    if not any(value in theirs for value in (case.path_parameters or {}).values()):
        return
    status, code = response.status_code, code_of(response)
    # These tell how it stands; but a key may have been used for another request before.
    tells = status < 400 or (status in (409, 412, 428) and not code.startswith("IDEMPOTENCY_KEY"))
    if tells:
        raise AssertionError(f"{status} {code} for something of the other merchant's")


def code_of(response):
    try:
        return response.json()["error"]["code"]
    except (ValueError, KeyError, TypeError):
        return ""


# What this merchant has deleted.
GONE = set()


@schemathesis.hook
def after_call(context, case, response):
    if response.status_code >= 300 or not case.path_parameters:
        return
    if case.operation.path in ("/v1/categories/{id}", "/v1/channels/{id}", "/v1/images/{id}"):
        name = case.path_parameters.get("id")
        if case.method.lower() == "delete":
            GONE.add(name)
        elif case.method.lower() == "put":
            GONE.discard(name)


@schemathesis.hook
def map_headers(context, headers):
    if headers and "X-Merchant-Id" in headers:
        headers["X-Merchant-Id"] = chosen("merchants", headers["X-Merchant-Id"])
    return headers


@schemathesis.hook
def map_query(context, query):
    if query and "merchant" in query:
        query["merchant"] = chosen("merchants", query["merchant"])
    if query and "category" in query:
        query["category"] = chosen("categories", query["category"])
    return query


@schemathesis.hook
def map_body(context, body):
    """Channels and images that are named in a body. The SKU that a path names, too, is most of the time left out."""
    if isinstance(body, dict):
        if context.operation.path == "/v1/products/by-sku/{sku}" and zlib.crc32(str(body.get("sku")).encode()) % 8:
            body.pop("sku", None)
        if isinstance(body.get("channels"), list):
            body["channels"] = [chosen("channels", channel) for channel in body["channels"]]
        if "image_id" in body:
            body["image_id"] = chosen("images", body["image_id"])
        free = list(HAS[TENANT]["images"])
        for image in body["images"] if isinstance(body.get("images"), list) else []:
            if isinstance(image, dict) and (of := chosen("images", image.get("image_id"))) in free:
                free.remove(of)
                image["image_id"] = of
    return body


def value_at(case, pointer):
    """What a detail of an error points at."""
    _, *path = pointer.split("/")
    if path[:1] == ["headers"]:
        return {name.lower(): value for name, value in (case.headers or {}).items()}.get(path[1])
    if path[:1] in (["query"], ["path"]):
        return ((case.query if path[0] == "query" else case.path_parameters) or {}).get(path[1])
    value = case.body
    for part in path:
        part = part.replace("~1", "/").replace("~0", "~")
        try:
            value = value[int(part)] if isinstance(value, list) else value[part]
        except (KeyError, IndexError, TypeError):
            # It points at what is not there.
            return None
    return value


def is_there(kind):
    return lambda value, case, pointer: value in HAS[TENANT][kind] and value not in GONE


def is_seen(value, case, pointer):
    """Shoppers see no category that is not active, and none of another merchant's."""
    return not case.operation.path.startswith("/v1/public/") and is_there("categories")(value, case, pointer)


def is_there_once(value, case, pointer):
    return value_at(case, pointer.rsplit("/", 1)[0]).count(value) == 1


def never(value, case, pointer):
    return False


def kind(case, pointer):
    """The type of the attribute of which it points at something."""
    return value_at(case, pointer.rsplit("/", 1)[0] + "/type")


ETAGS = re.compile(r'(\*|"[0-9]{1,18}(\.[0-9]{1,18})?"( ?, ?"[0-9]{1,18}(\.[0-9]{1,18})?")*)')
# A ULID has 128 bits, and 26 of its letters have 130.
TOO_MUCH_FOR_A_ULID = re.compile(r"[a-z]+_[89A-HJKMNP-TV-Z][0-9A-HJKMNP-TV-Z]{25}")


def may_be_an_id(value, case, pointer):
    return not (isinstance(value, str) and TOO_MUCH_FOR_A_ULID.fullmatch(value))


# Which refusals of a request that is of the contract's form are right: the error's code, what it points at, and what would make
# it wrong.
RIGHT = [
    # Only an admin may choose the merchant.
    ("FORBIDDEN", r"/headers/x-merchant-id|/query/merchant", is_there("merchants")),
    # What there is changes, and no contract can list it.
    ("UNKNOWN_CHANNEL", r"/channels/.*", is_there("channels")),
    ("UNKNOWN_IMAGE", r"(/images/\d+)?/image_id", is_there("images")),
    ("IMAGE_REJECTED", r"/image_id", never),
    # What an image shows is told of one.
    ("INVALID_BODY", r"/image_alt", lambda value, case, _: case.body.get("image_id") is not None),
    # Whether it is there, and not part of what is to be part of it.
    ("INVALID_BODY", r"/parent_id", never),
    ("INVALID_CURSOR", r"/query/cursor", never),
    ("IDEMPOTENCY_KEY_REUSED", r"/headers/idempotency-key", never),
    # An adjustment needs a key, and nothing else does.
    ("IDEMPOTENCY_KEY_REQUIRED", r"/headers/idempotency-key", lambda value, case, _: value or "adjust" not in case.body),
    # How many there are decides how many more there may be.
    ("INVALID_BODY", r"/adjust", lambda value, *_: isinstance(value, int) and value < 0),
    # It may be left out for a deletion that has begun, and for none else.
    ("PRECONDITION_REQUIRED", r"/headers/if-match", lambda value, *_: value is not None),
    # It is the one that the path names.
    ("INVALID_BODY", r"/sku", lambda value, case, _: value == (case.path_parameters or {}).get("sku", value)),
    # Headers of well-formed requests are not always so.
    ("INVALID_PARAMETER", r"/headers/if-match", lambda value, *_: ETAGS.fullmatch(value or "")),
    ("INVALID_PARAMETER", r".*", may_be_an_id),
    ("INVALID_BODY", r".*_id", may_be_an_id),
    # What is searched for: a category that is there, words, and texts that are not blank.
    ("UNKNOWN_CATEGORY", r"/query/category", is_seen),
    ("INVALID_PARAMETER", r"/query/category", lambda value, *_: value != "tree"),
    ("INVALID_PARAMETER", r"/query/q", lambda value, *_: re.fullmatch(r"[A-Za-z0-9]+", value or "")),
    # Some parameters say nothing without another, or against it.
    ("INVALID_PARAMETER", r"/query/channel", lambda value, *_: value is not None),
    ("INVALID_PARAMETER", r"/query/currency", lambda value, *_: value in ("EUR", "MXN", "USD")),
    ("INVALID_PARAMETER", r"/query/price_max|/query/updated_(since|before)", never),
    # Sets, written as lists.
    ("INVALID_BODY", r".*/(tags|channels)/\d+", is_there_once),
    ("INVALID_BODY", r"/images/\d+/image_id", lambda value, case, _: str(case.body["images"]).count(value) == 1),
    # Choices are of texts, and each is there once, without the spaces around it; units are of numbers.
    ("INVALID_BODY", r"/attributes/[^/]+/choices/\d+", never),
    ("INVALID_BODY", r"/attributes/[^/]+/choices", lambda value, case, pointer: kind(case, pointer) in ("text", "texts")),
    ("INVALID_BODY", r"/attributes/[^/]+/unit", lambda value, case, pointer: kind(case, pointer) in ("integer", "decimal")),
    # Three letters are not always a currency.
    ("INVALID_BODY", r".*/price/currency", lambda value, *_: value in ("EUR", "MXN", "USD")),
    # There is no floating point here, though JSON Schema takes 12.0 for an integer.
    ("INVALID_BODY", r".*/price/amount|/position|/set|/low_stock_threshold", lambda value, *_: isinstance(value, int)),
    # Which types of channels there are is the deployment's, and what their configurations look like is theirs.
    ("INVALID_BODY", r"/type", lambda value, *_: value == "sandbox"),
    ("INVALID_BODY", r"/config(/.*)?", lambda value, case, _: case.body["config"] == {}),
]


def is_right(case, code, pointer):
    value = value_at(case, pointer)
    matching = (unless for of, where, unless in RIGHT if code == of and re.fullmatch(where, pointer))
    return any(not unless(value, case, pointer) for unless in matching)


# What it is called that one sees what another owns.
OF_ANOTHER = "ObjectLevelAuthorizationViolation"


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Keeps a failure, unless it says that a request was refused, and that is right; or that two merchants ask the same of
    categories that they call the same, which are each one's own all the same: what of them is one's own, the tenancy tests say."""
    if type(failure).__name__ == OF_ANOTHER:
        return not case.operation.path.startswith("/v1/categories/{id}/")
    if type(failure).__name__ != "RejectedPositiveData":
        return True
    details = response.json().get("error", {}).get("details", [])
    return not details or not all(is_right(case, detail["code"], detail["pointer"]) for detail in details)
