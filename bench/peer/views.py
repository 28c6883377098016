"""A product as its merchant sees it: the fields of Tola's own view, in the same order."""


def product_view(product, link):
    canonical = product["canonical"]
    return {
        "id": product["_id"],
        "merchant_id": product["merchant_id"],
        "sku": product.get("sku"),
        "slug": product["slug"],
        "status": product["status"],
        "revision": product["revision"],
        "version": product["version"],
        "name": canonical["name"],
        "description": canonical.get("description"),
        "price": canonical.get("price"),
        "category_id": canonical.get("category_id"),
        "brand": canonical.get("brand"),
        "attributes": canonical["attributes"],
        "tags": canonical["tags"],
        "images": [image_view(image, link) for image in product["images"]],
        "channels": {channel: listing_view(listing) for channel, listing in product["channels"].items()},
        "live_on": product["live_on"],
        "completeness": product["completeness"],
        "last_operation": product["last_operation"],
        "created_at": product["created_at"],
        "updated_at": product["updated_at"],
    }


def image_view(image, link):
    rejected, renditions = image.get("rejected"), image["renditions"]
    return {
        "image_id": image["image_id"],
        "alt": image.get("alt"),
        "position": image["position"],
        "status": "REJECTED" if rejected is not None else "READY" if renditions else "PENDING",
        "renditions": [
            {
                "name": rendition["name"],
                "url": link(rendition["key"]),
                "content_type": rendition["content_type"],
                "width": rendition["width"],
                "height": rendition["height"],
                "bytes": rendition["bytes"],
            }
            for rendition in renditions
        ],
        "rejected": rejected,
    }


def listing_view(listing):
    command = listing.get("command")
    return {
        "desired": listing["desired"],
        "overrides": listing.get("overrides", {}),
        "observed": listing["observed"],
        "command": command
        and {
            "kind": command["kind"],
            "revision": command["revision"],
            "state": command["state"],
            "problem": command.get("problem"),
        },
    }
