"""A product as the database holds it, with what makes it valid: read through these models, as Tola reads through its own."""

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

Text = Annotated[str, StringConstraints(min_length=1)]
Key = Annotated[str, StringConstraints(pattern="^[a-z0-9_]{1,64}$")]
ChannelId = Annotated[str, StringConstraints(pattern="^[a-z0-9_-]{1,40}$")]
Time = Annotated[str, StringConstraints(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}T.*Z$")]
Natural = Annotated[int, Field(ge=0)]
AttributeValue = bool | int | float | str | list[str]


class Status(StrEnum):
    DRAFT = "DRAFT"
    READY = "READY"
    ACTIVE = "ACTIVE"
    INACTIVE = "INACTIVE"


class ImageStatus(StrEnum):
    PENDING = "PENDING"
    READY = "READY"
    REJECTED = "REJECTED"


class Money(BaseModel):
    amount: Natural
    currency: Annotated[str, StringConstraints(pattern="^[A-Z]{3}$")]


class Canonical(BaseModel):
    name: Annotated[Text, StringConstraints(max_length=200)]
    description: Annotated[str, StringConstraints(max_length=20_000)] | None = None
    price: Money | None = None
    category_id: Text | None = None
    attributes: dict[Key, AttributeValue]
    tags: list[Text]
    brand: Text | None = None


class Stock(BaseModel):
    on_hand: Natural | None = None
    low_threshold: Natural | None = None
    level: str | None = None


class Rendition(BaseModel):
    name: str
    key: str
    content_type: str
    width: Natural
    height: Natural
    bytes: Natural


class Placeholder(BaseModel):
    blurhash: str
    colour: str


class Image(BaseModel):
    image_id: Annotated[str, StringConstraints(pattern="^image_[0-7][0-9A-HJKMNP-TV-Z]{25}$")]
    alt: Text | None = None
    position: Natural
    placeholder: Placeholder | None = None
    renditions: list[Rendition]
    rejected: str | None = None

    @property
    def status(self) -> ImageStatus:
        if self.rejected is not None:
            return ImageStatus.REJECTED
        return ImageStatus.READY if self.renditions else ImageStatus.PENDING


class Problem(BaseModel, serialize_by_alias=True):
    class_: str = Field(alias="class")
    code: str
    message: str
    pointer: str | None
    remedy: str | None


class Observed(BaseModel):
    presence: str
    external_id: str | None = None
    published_revision: Natural | None = None


class Command(BaseModel):
    kind: str
    revision: Natural
    fence: Natural
    state: str
    problem: Problem | None = None


class Listing(BaseModel):
    desired: str
    overrides: dict[str, str] = {}
    observed: Observed
    command: Command | None = None


class Missing(BaseModel):
    pointer: str
    rule: str
    message: str
    channel: str | None = None


class Completeness(BaseModel):
    score: Annotated[int, Field(ge=0, le=100)]
    missing: list[Missing]


class Product(BaseModel):
    id: Annotated[str, Field(alias="_id"), StringConstraints(pattern="^product_[0-7][0-9A-HJKMNP-TV-Z]{25}$")]
    merchant_id: Annotated[str, StringConstraints(pattern="^merchant_[0-7][0-9A-HJKMNP-TV-Z]{25}$")]
    sku: Text | None = None
    slug: Text
    status: Status
    deleting: dict | None = None
    revision: Natural
    version: Natural
    canonical: Canonical
    stock: Stock = Stock()
    images: list[Image]
    channels: dict[ChannelId, Listing]
    live_on: list[ChannelId]
    completeness: Completeness
    last_operation: dict[str, str]
    created_at: Time
    updated_at: Time
