"""A product as its merchant sees it: the fields of Tola's own view, in the same order."""

from pydantic import BaseModel

from documents import (
    AttributeValue,
    Command,
    Image,
    ImageStatus,
    Listing,
    Missing,
    Money,
    Observed,
    Placeholder,
    Problem,
    Product,
    Status,
    Stock,
)


class RenditionView(BaseModel):
    name: str
    url: str
    content_type: str
    width: int
    height: int
    bytes: int


class ImageView(BaseModel):
    image_id: str
    alt: str | None
    position: int
    status: ImageStatus
    placeholder: Placeholder | None
    renditions: list[RenditionView]
    rejected: str | None

    @classmethod
    def of(cls, image: Image, link) -> "ImageView":
        return cls(
            image_id=image.image_id,
            alt=image.alt,
            position=image.position,
            status=image.status,
            placeholder=image.placeholder,
            renditions=[
                RenditionView(
                    name=rendition.name,
                    url=link(rendition.key),
                    content_type=rendition.content_type,
                    width=rendition.width,
                    height=rendition.height,
                    bytes=rendition.bytes,
                )
                for rendition in image.renditions
            ],
            rejected=image.rejected,
        )


class StockView(BaseModel):
    tracked: bool
    on_hand: int | None
    low_stock_threshold: int | None
    level: str | None

    @classmethod
    def of(cls, stock: Stock) -> "StockView":
        return cls(
            tracked=stock.on_hand is not None,
            on_hand=stock.on_hand,
            low_stock_threshold=stock.low_threshold,
            level=stock.level,
        )


class CommandView(BaseModel):
    kind: str
    revision: int
    state: str
    problem: Problem | None

    @classmethod
    def of(cls, command: Command) -> "CommandView":
        return cls(kind=command.kind, revision=command.revision, state=command.state, problem=command.problem)


class ListingView(BaseModel):
    desired: str
    overrides: dict[str, str]
    observed: Observed
    command: CommandView | None

    @classmethod
    def of(cls, listing: Listing) -> "ListingView":
        return cls(
            desired=listing.desired,
            overrides=listing.overrides,
            observed=listing.observed,
            command=listing.command and CommandView.of(listing.command),
        )


class CompletenessView(BaseModel):
    score: int
    missing: list[Missing]


class ProductView(BaseModel):
    id: str
    merchant_id: str
    sku: str | None
    slug: str
    status: Status
    revision: int
    version: int
    name: str
    description: str | None
    price: Money | None
    category_id: str | None
    brand: str | None
    attributes: dict[str, AttributeValue]
    tags: list[str]
    images: list[ImageView]
    stock: StockView
    channels: dict[str, ListingView]
    live_on: list[str]
    completeness: CompletenessView
    last_operation: dict[str, str]
    created_at: str
    updated_at: str

    @classmethod
    def of(cls, product: Product, link) -> "ProductView":
        canonical = product.canonical
        return cls(
            id=product.id,
            merchant_id=product.merchant_id,
            sku=product.sku,
            slug=product.slug,
            status=product.status,
            revision=product.revision,
            version=product.version,
            name=canonical.name,
            description=canonical.description,
            price=canonical.price,
            category_id=canonical.category_id,
            brand=canonical.brand,
            attributes=canonical.attributes,
            tags=canonical.tags,
            images=[ImageView.of(image, link) for image in product.images],
            stock=StockView.of(product.stock),
            channels={channel: ListingView.of(listing) for channel, listing in product.channels.items()},
            live_on=product.live_on,
            completeness=CompletenessView(score=product.completeness.score, missing=product.completeness.missing),
            last_operation=product.last_operation,
            created_at=product.created_at,
            updated_at=product.updated_at,
        )
